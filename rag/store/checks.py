"""
What can be wrong with an index file, and the SQL that mends it.

Each check looks and returns what it found, in words, empty if all is well; each mend is safe to run twice. What needs
a model (embedding again) is the business of `rag.doctor`.
"""

from __future__ import annotations

import re
import zlib
from contextlib import closing

import apsw

from rag.store.database import Database
from rag.store.documents import digest
from rag.store.schema import MIGRATIONS
from rag.store.vectors import ORPHAN

SAFE_SQLITE = (3, 51, 3)  # older ones can corrupt a WAL file that two programs write to


def sqlite() -> str:
    version = apsw.sqlite_lib_version()
    if tuple(int(part) for part in version.split(".")) < SAFE_SQLITE:
        return f"SQLite {version} can corrupt a file that two programs write to; 3.51.3 and later cannot"
    return ""


def structure(db: Database) -> str:
    """The pages of the file and the references between its tables."""
    found = [row[0] for row in db.execute("pragma integrity_check(3)")]
    if found != ["ok"]:
        return f"the file is damaged: {'; '.join(str(line) for line in found)}"
    broken = list(db.execute("pragma foreign_key_check"))
    return f"{len(broken)} rows refer to rows that are gone" if broken else ""


def mend_structure(db: Database) -> None:
    with db.transaction():
        for table, rowid, *_ in list(db.execute("pragma foreign_key_check")):
            db.execute(f'delete from "{table}" where rowid = ?', (rowid,))


def _triggers() -> dict[str, str]:
    script = "\n".join(script for _, script in MIGRATIONS)
    return {match[1]: match[0] for match in re.finditer(r"create trigger (\w+) .*?\bend;", script, flags=re.DOTALL)}


def triggers(db: Database) -> str:
    """`sqlite-utils transform` drops a table's triggers in silence; new rows are then never found."""
    there = {name for (name,) in db.execute("select name from sqlite_schema where type = 'trigger'")}
    missing = sorted(set(_triggers()) - there)
    return f"triggers are missing: {', '.join(missing)}" if missing else ""


def mend_triggers(db: Database) -> None:
    with db.transaction():
        there = {name for (name,) in db.execute("select name from sqlite_schema where type = 'trigger'")}
        for name, sql in _triggers().items():
            if name not in there:
                db.execute(sql)
        mend_words(db)


def words(db: Database) -> str:
    """The full-text index against the passages."""
    check = "insert into passage_fts(passage_fts, rank) values ('integrity-check', 1)"
    try:
        if db.connection.readonly("main"):  # the check is a statement that writes, though it writes nothing
            with closing(apsw.Connection("")) as copy:  # a file of its own, that goes with it
                with copy.backup("main", db.connection, "main") as backup:
                    backup.step()
                copy.execute(check)
        else:
            db.connection.execute(check)
    except apsw.Error as error:
        return f"the index of words does not fit the passages ({error})"
    return ""


def mend_words(db: Database) -> None:
    db.execute("insert into passage_fts(passage_fts) values ('rebuild')")


def spans(db: Database) -> str:
    """Every passage stands in its document where it says."""
    wrong = len(_wrong_documents(db))
    return f"{wrong} documents have passages that do not stand where they say" if wrong else ""


def _wrong_documents(db: Database) -> list[int]:
    return [
        number
        for (number,) in db.execute(
            "select distinct d.id from passage p join document d on d.id = p.document_id"
            ' where substr(d.text, p.start + 1, p."end" - p.start) is not p.text'
        )
    ]


def mend_spans(db: Database) -> None:
    """Forget what is known of these documents: the next `rag index` reads and cuts them again."""
    with db.transaction():
        for number in _wrong_documents(db):
            db.execute("update document set hash = '', stamp = '' where id = ?", (number,))
            db.execute("delete from passage where document_id = ?", (number,))


def hashes(db: Database) -> str:
    """A passage edited by another program still has the vector of its old text."""
    stale = sum(digest(text) != key for text, key in db.execute("select text, hash from passage"))
    return f"{stale} passages were edited elsewhere since they were embedded" if stale else ""


def mend_hashes(db: Database) -> None:
    with db.transaction():
        for number, text, key in list(db.execute("select id, text, hash from passage")):
            if digest(text) != key:
                db.execute("update passage set hash = ? where id = ?", (digest(text), number))
                db.execute("delete from passage_window where passage_id = ?", (number,))
                db.execute(
                    'insert into passage_window (passage_id, seq, start, "end", hash) values (?, 0, 0, ?, ?)',
                    (number, len(text), digest(text)),
                )


def damaged(db: Database) -> str:
    """Vectors whose bytes are not the ones that were written."""
    count = len(_damaged(db))
    return f"{count} vectors are damaged" if count else ""


def _damaged(db: Database) -> list[int]:
    return [
        number
        for number, blob, checksum in db.execute("select id, data, checksum from vector")
        if zlib.crc32(blob) != checksum
    ]


def mend_damaged(db: Database) -> None:
    with db.transaction():
        db.executemany("delete from vector where id = ?", [(number,) for number in _damaged(db)])


def orphans(db: Database) -> str:
    count = db.value(f"select count(*) from vector where {ORPHAN}")
    return f"{count} vectors belong to no passage" if count else ""


def unembedded(db: Database, model: int) -> list[tuple[str, str]]:
    """(hash, text) of the windows and titles that this model has not embedded, each text once."""
    return list(
        db.execute(
            "select hash, min(text) from ("
            ' select w.hash, substr(p.text, w.start + 1, w."end" - w.start) as text from passage_window w'
            " join passage p on p.id = w.passage_id"
            " union all select title_hash, title from document where title_hash != '')"
            " where hash not in (select hash from vector where model_id = ?) group by hash",
            (model,),
        )
    )
