"""
What can be wrong with an index file, and the SQL that mends it.

Each check looks and returns what it found, in words, empty if all is well; each mend is safe to run twice. What needs
a model (embedding again) is the business of `rag.doctor`, what is wrong with the tables themselves of `shape.py`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing

import apsw

from rag import onpage
from rag.errors import DatabaseError
from rag.store import checksums, faults
from rag.store.database import Database
from rag.store.documents import SEAL, SHORT, seal
from rag.store.engine import Store
from rag.store.hashes import hashed
from rag.store.vectors import ORPHAN, fits

SAFE_SQLITE = (3, 51, 3)  # older ones can corrupt a WAL file that two programs write to
FORGET = "update document set hash = '', stamp = '', seal = '' where id = ?"  # the next `rag index` reads it again
JSON = {
    "setting": ("value",), "source": ("settings",), "document": ("meta",), "answer": ("object", "settings", "history"),
    "job": ("schema", "settings"), "job_row": ("data", "evidence"), "eval_run": ("settings", "provenance"),
    "eval_outcome": ("expected", "output"),
}  # fmt: skip


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
    except (apsw.CorruptError, apsw.SQLError) as error:
        return f"the index of words does not fit the passages ({error})"
    except apsw.Error as error:
        raise DatabaseError(f"the index of words cannot be checked: {error}") from error
    return ""


def mend_words(db: Database) -> None:
    db.execute("insert into passage_fts(passage_fts) values ('rebuild')")


def spans(db: Store) -> str:
    """Every passage stands in its document where it says."""
    wrong = len(_wrong_spans(db))
    return f"{wrong} documents have passages that do not stand where they say" if wrong else ""


def _wrong_spans(db: Store) -> list[int]:
    suspect = db.execute(
        "select distinct d.id from passage_whole p join document d on d.id = p.document_id"
        ' where substr(d.text, p.start + 1, p."end" - p.start) is distinct from p.text or p.start < 0'
        ' or length(p.text) is distinct from p."end" - p.start'
    )
    return [number for (number,) in list(suspect) if _is_wrong(db, number)]


def _is_wrong(db: Store, number: int) -> bool:
    """The same of one document, counted here: SQLite stops at a NUL."""
    whole = db.value("select text from document where id = ?", (number,))
    passages = db.execute('select start, "end", text from passage_whole where document_id = ?', (number,))
    return not isinstance(whole, str) or any(
        start < 0 or whole[start:end] != text or end - start != len(text) for start, end, text in passages
    )


def mend_spans(db: Store) -> None:
    """Forget what is known of these documents: the next `rag index` reads and cuts them again."""
    with db.transaction():
        for number in _wrong_spans(db):
            db.execute(FORGET, (number,))
            db.execute("delete from passage where document_id = ?", (number,))


def hashes(db: Store) -> str:
    """A window of a passage that another program edited still has the vector of its old text; so has a title."""
    passages, titles = len(set(_stale_passages(db))), len(list(_stale_titles(db)))
    parts = [f"{passages} passages"] if passages else []
    parts += [f"{titles} titles"] if titles else []
    return f"{' and '.join(parts)} were edited elsewhere since they were embedded" if parts else ""


def _stale_passages(db: Store) -> Iterator[int]:
    for number, text, start, end, key in db.execute(
        'select p.id, p.text, w.start, w."end", w.hash'
        " from passage_whole p join passage_window w on w.passage_id = p.id"
    ):
        if hashed(text[start:end]) != key:  # cut here: SQLite stops at a NUL
            yield number
    for (number,) in db.execute("select id from passage where id not in (select passage_id from passage_window)"):
        yield number


def _stale_titles(db: Store) -> Iterator[tuple[int, str]]:
    for number, title, key in db.execute("select id, title, title_hash from document"):
        # A title that was stored before there were vectors of titles has none.
        if key and (hashed(title) if title.strip() else "") != key:
            yield number, hashed(title) if title.strip() else ""


def mend_hashes(db: Store) -> None:
    with db.transaction():
        for number in sorted(set(_stale_passages(db))):
            text = db.value("select text from passage_whole where id = ?", (number,))
            db.execute("delete from passage_window where passage_id = ?", (number,))
            db.execute(
                'insert into passage_window (passage_id, seq, start, "end", hash) values (?, 0, 0, ?, ?)',
                (number, len(text), hashed(text)),
            )
        for number, key in list(_stale_titles(db)):
            db.execute("update document set title_hash = ? where id = ?", (key, number))


def edited(db: Store, expected: Callable[[int], set[str]]) -> str:
    """
    Whether anything of a document is another than what was stored: a heading, a title, a date, an author, a window.

    `expected` gives the hashes that a document's row may have; it is asked where there is no seal yet.
    """
    wrong = list(_edited(db, expected))
    return f"{len(wrong)} documents are not as they were stored: {_named(db, wrong)}" if wrong else ""


def _edited(db: Store, expected: Callable[[int], set[str]]) -> Iterator[int]:
    for number, key, stored in db.execute("select id, hash, seal from document where hash != ''"):
        if (stored and stored[:SEAL] != seal(db, number)) or key[:SHORT] not in expected(number):
            yield number


def _named(db: Store, numbers: list[int], most: int = 3) -> str:
    names = [str(db.value("select key from document where id = ?", (number,))) for number in numbers[:most]]
    return ", ".join(names) + (" …" if len(numbers) > most else "")


def mend_edited(db: Store, expected: Callable[[int], set[str]]) -> None:
    with db.transaction():
        for number in list(_edited(db, expected)):
            db.execute(FORGET, (number,))


def damaged(db: Store) -> str:
    """Vectors whose bytes are not the ones that were written."""
    count = len(_damaged(db))
    return f"{count} vectors are damaged" if count else ""


def _damaged(db: Store) -> list[int]:
    sizes: dict[int, int] = dict(db.execute("select id, dimensions from model"))
    return [
        number
        for number, model, blob, checksum in db.execute("select id, model_id, data, checksum from vector")
        if not isinstance(blob, bytes) or not fits(blob, checksum) or _misshapen(blob, sizes.get(model))
    ]


def _misshapen(blob: bytes, dimensions: int | None) -> bool:
    """Whether it has neither the length of float16 nor that of float32."""
    return dimensions is not None and len(blob) not in (2 * dimensions, 4 * dimensions)


def mend_damaged(db: Store) -> None:
    with db.transaction():
        db.executemany("delete from vector where id = ?", [(number,) for number in _damaged(db)])


def records(db: Database) -> str:
    """Rows are as they were written; JSON can be read, and an answer's columns say what its object says."""
    found = [f"{table} {number}" for table, number in _changed(db)]
    found += [f"{table} {number}" for table, number in _broken_json(db)]
    for number, *both in db.execute(
        "select id, question, json_extract(object, '$.question'), answer, json_extract(object, '$.answer') from answer"
        " where json_valid(object, 3)"
    ):
        if both[0] != both[1] or both[2] != both[3]:
            found.append(f"answer {number}")
    found = sorted(set(found))
    return f"what is stored in {', '.join(found[:5])}{' …' if len(found) > 5 else ''} is damaged" if found else ""


def _changed(db: Database) -> list[tuple[str, int]]:
    with faults.told(db.path):
        return list(checksums.changed(db.connection))


def _broken_json(db: Database) -> Iterator[tuple[str, int]]:
    for table, columns in JSON.items():
        test = " or ".join(f"({column} is not null and not json_valid({column}, 3))" for column in columns)
        for (number,) in db.execute(f"select id from {table} where {test}"):
            yield table, number


def mend_records(db: Database) -> None:
    """Ask for a job's row again, read a document again; what cannot be had again is kept as it is, and named once."""
    with db.transaction():
        for table, number in _changed(db):
            if table == "document":
                db.execute(FORGET, (number,))
            db.execute(f"update {table} set checksum = null where id = ?", (number,))
        for table, number in list(_broken_json(db)):
            if table == "job_row":
                db.execute(
                    "update job_row set status = 'pending', data = null, evidence = null where id = ?", (number,)
                )
            if table == "document":
                db.execute("update document set meta = '{}' where id = ?", (number,))
                db.execute(FORGET, (number,))


def orphans(db: Store) -> str:
    count = db.value(f"select count(*) from vector where {ORPHAN}")
    return f"{count} vectors belong to no passage" if count else ""


def unembedded(db: Store, model: int) -> list[tuple[str, str]]:
    """(hash, what is embedded of it) of the windows and titles that this model has not embedded, each text once."""
    known = "hash not in (select hash from vector where model_id = ?)"
    found = {
        hash_: onpage.words(text[start:end], kind)  # cut here: SQLite stops at a NUL
        for hash_, text, start, end, kind in db.execute(
            'select w.hash, p.text, w.start, w."end", d.kind from passage_window w'
            " join passage_whole p on p.id = w.passage_id"
            f" join document d on d.id = p.document_id and d.kind != 'picture' where w.{known}",
            (model,),
        )
    }
    found |= db.execute(f"select title_hash, title from document where title_hash != '' and title_{known}", (model,))
    return sorted(found.items())


def read_again(db: Store) -> None:
    """Sources with something forgotten are read from their beginning: from where they were left it would not come."""
    found = [number for (number,) in db.execute("select distinct source_id from document where hash = ''")]
    db.execute("update source set cursor = null where id in (select value from json_each(?))", (json.dumps(found),))


def unseen(db: Store, model: int) -> list[int]:
    """The documents that are pictures without a vector, and are not to be read again already."""
    rows = db.execute(
        "select distinct d.id from document d join passage p on p.document_id = d.id"
        " join passage_window w on w.passage_id = p.id where d.kind = 'picture' and d.hash != ''"
        " and w.hash not in (select hash from vector where model_id = ?)",
        (model,),
    )
    return [number for (number,) in rows]


def mend_unseen(db: Store, model: int) -> None:
    """Nobody here has the pictures: the next `rag index` reads them again."""
    with db.transaction():
        db.executemany(FORGET, [(number,) for number in unseen(db, model)])
