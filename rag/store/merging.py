"""
Take over into one index what another has: documents, passages and vectors, sources, the log of answers, jobs.

Documents and sources are registers of which the last writer wins, a deletion too (Shapiro et al. 2011): the order is
(stamp, deleted, hash, …), total over all that a row says, so that merging is commutative, associative and idempotent.
Stamps come from a clock that never goes back (`document_stamp`); clocks that lie cost nothing but the wrong winner of
two edits that did not know of each other. Vectors are a set by the hash of their text. All of it is one transaction.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from rag.errors import DatabaseError
from rag.store import faults, merging_log, vectors
from rag.store.database import Database
from rag.store.hashes import digest

COLUMNS = "title, url, author, date, kind, meta, text, hash, title_hash, seal, item, stamp, indexed"
PASSAGE = 'seq, start, "end", title, heading, own, identifiers, folded'
# What of two documents decides the winner, behind stamp and deleted; all that is not the same number everywhere.
ORDER = "hash, seal, item, stamp, indexed"


@dataclass(slots=True)
class Merged:
    """How many of each came, changed or went; `content` names the whole: equal on every site that has merged all."""

    added: int = 0
    changed: int = 0
    removed: int = 0
    touched: int = 0  # the same text, but another file's date
    vectors: int = 0
    sources: int = 0
    answers: int = 0
    jobs: int = 0
    rows: int = 0  # of jobs
    content: str = ""


def merge(db: Database, other: Database, *, dry_run: bool = False) -> Merged:
    """
    Take over what `other` has and this index has not, or has older. `dry_run` counts and keeps nothing.

    Raises DatabaseError: built with different embedders, or one is damaged.
    """
    _check(db, other)
    done = Merged()
    with db.writer(), attached(db, other):
        try:
            with faults.told(db.path), db.transaction():
                _adopt(db, other)
                _sources(db, done)
                _documents(db, done)
                _vectors(db, done)
                merging_log.answers(db, done)
                merging_log.jobs(db, done)
                done.content = content(db)
                if any((done.added, done.changed, done.removed, done.touched, done.vectors)):
                    db.changed()
                if dry_run:
                    raise _Enough
        except _Enough:
            pass
        finally:
            for name in ("incoming", "sources_in", "stamps", "theirs_at", "ours_at", "pairs", "kept", "fresh"):
                db.execute(f"drop table if exists temp.{name}")
    return done


class _Enough(Exception):
    """Nothing is to be kept."""


@contextmanager
def attached(db: Database, other: Database) -> Iterator[None]:
    """The other index as `theirs`, to be read."""
    db.execute("attach ? as theirs", (other.address().removesuffix(other.options) + (other.options or "?mode=ro"),))
    try:
        yield
    finally:
        with suppress(DatabaseError):
            db.execute("detach theirs")


def _check(db: Database, other: Database) -> None:
    if db.real == other.real:
        raise DatabaseError(f"{other.path} is the index itself", "Name another.")
    ours, theirs = db.setting("fingerprint"), other.setting("fingerprint")
    if ours and theirs and ours != theirs:
        raise DatabaseError(
            f"{db.path} was built with {ours}, {other.path} with {theirs}: their vectors cannot stand side by side",
            f"Build one anew with the other's embedder: rag index … --embedder {db.setting('embedder')} -d NEW.db",
        )


def _adopt(db: Database, other: Database) -> None:
    """An index that is empty is built as the other was; each keeps a name of its own."""
    for key in ("embedder", "fingerprint", "target", vectors.STORED):
        if db.setting(key) is None and other.setting(key) is not None:
            db.remember(key, other.setting(key))
    if db.setting("uuid") is None:
        db.remember("uuid", digest(str(db.real), str(other.setting("uuid")))[:32])
    db.execute(
        "insert or ignore into model (name, fingerprint, dimensions)"
        " select name, fingerprint, dimensions from theirs.model"
    )


def _sources(db: Database, done: Merged) -> None:
    """Sources that are newer there. `stamps` is when each was last changed, of both; triggers write others between."""
    fields = "coalesce({0}.settings, ''), coalesce({0}.kind, ''), coalesce({0}.refreshed, ''), coalesce({0}.cursor, '')"
    db.execute(
        "create temp table sources_in as select t.name, t.stamp, t.deleted from theirs.source_clock t"
        " left join theirs.source ts on ts.name = t.name left join main.source_clock o on o.name = t.name"
        " left join main.source os on os.name = t.name"
        f" where o.id is null or (t.stamp, t.deleted, {fields.format('ts')})"
        f" > (o.stamp, o.deleted, {fields.format('os')})"
    )
    db.execute(
        "create temp table stamps as select name, stamp, deleted from sources_in union all"
        " select name, stamp, deleted from main.source_clock where name not in (select name from sources_in)"
    )
    db.execute("insert or ignore into source (name) select name from sources_in where not deleted")
    db.execute(
        "update source set (kind, settings, cursor, refreshed, error) ="
        " (select t.kind, t.settings, t.cursor, t.refreshed, t.error from theirs.source t where t.name = source.name)"
        " where name in (select name from sources_in where not deleted)"
    )
    done.sources = int(db.value("select count(*) from sources_in"))


def _documents(db: Database, done: Merged) -> None:
    """Documents that are newer there, and those that are gone there."""
    old, new = (", ".join(f"coalesce({side}.{name}, '')" for name in ORDER.split(", ")) for side in ("od", "td"))
    for name, schema in (("theirs_at", "theirs"), ("ours_at", "main")):
        db.execute(
            f"create temp table {name} as select * from {schema}.document_stamp;"
            f" create unique index temp.{name}_key on {name}(source, key)"
        )
    db.execute(
        "create temp table incoming as select t.source, t.key, t.stamp, t.deleted, td.id as theirs, od.id as ours,"
        " coalesce(td.hash = od.hash and td.seal = od.seal, 0) as same"
        " from theirs_at t"
        " left join theirs.source ts on ts.name = t.source"
        " left join theirs.document td on td.source_id = ts.id and td.key = t.key"
        " left join ours_at o on o.source = t.source and o.key = t.key"
        " left join main.source os on os.name = t.source"
        " left join main.document od on od.source_id = os.id and od.key = t.key"
        f" where o.stamp is null or (t.stamp, t.deleted, {new}) > (o.stamp, o.deleted, {old})"
    )
    counts = "select count(*) from incoming where "
    done.removed = int(db.value(counts + "theirs is null and ours is not null"))
    done.added = int(db.value(counts + "theirs is not null and ours is null"))
    done.changed = int(db.value(counts + "theirs is not null and ours is not null and not same"))
    done.touched = int(db.value(counts + "theirs is not null and ours is not null and same"))
    gone = "(select ours from incoming where theirs is null and ours is not null)"
    db.execute(f"delete from passage where document_id in {gone}")
    db.execute(f"delete from document where id in {gone}")
    _rows(db)
    _passages(db)
    for table in ("document_name", "document_link"):
        db.execute(f"delete from {table} where document_id in (select ours from pairs)")
        db.execute(
            f"insert into {table} (document_id, name) select m.ours, t.name from pairs m"
            f" cross join theirs.{table} t on t.document_id = m.theirs order by t.id"
        )
    db.execute("insert or ignore into compound (word) select word from theirs.compound")
    _clocks(db)


def _rows(db: Database) -> None:
    """The rows of the documents that come; `pairs` says which number they have there and here."""
    db.execute(
        "insert or ignore into source (name) select source from incoming where theirs is not null"
    )  # one that is gone there, or here, and has a document all the same
    columns = ", ".join(f"t.{name}" for name in COLUMNS.split(", "))
    db.execute(
        f"update document set ({COLUMNS}) = (select {columns} from incoming i join theirs.document t on t.id = i.theirs"
        " where i.ours = document.id) where id in (select ours from incoming where theirs is not null)"
    )
    db.execute(
        f"insert into document (source_id, key, {COLUMNS}) select s.id, i.key, {columns} from incoming i"
        " join theirs.document t on t.id = i.theirs join main.source s on s.name = i.source"
        " where i.ours is null order by i.source, i.key"
    )
    db.execute(
        "create temp table pairs as select i.theirs as theirs, d.id as ours, i.ours is null as fresh from incoming i"
        " join main.source s on s.name = i.source join main.document d on d.source_id = s.id and d.key = i.key"
        " where i.theirs is not null and not i.same"
    )
    db.execute("create index temp.pairs_theirs on pairs(theirs)")


def _passages(db: Database) -> None:
    """The passages of documents that come: one whose text stays keeps its number, with what is new around it."""
    db.execute(
        "create temp table kept as with t as (select p.id, m.ours as document, p.text,"
        " row_number() over (partition by m.ours, p.text order by p.seq) as nth from pairs m"
        " cross join theirs.passage_whole p on p.document_id = m.theirs where not m.fresh),"
        " o as (select p.id, p.document_id as document, p.text,"
        " row_number() over (partition by p.document_id, p.text order by p.seq) as nth from pairs m"
        " cross join main.passage_whole p on p.document_id = m.ours where not m.fresh)"
        " select t.id as theirs, o.id as ours from t join o using (document, text, nth)"
    )
    db.execute("create index temp.kept_theirs on kept(theirs); create index temp.kept_ours on kept(ours)")
    db.execute(
        "delete from passage where document_id in (select ours from pairs where not fresh)"
        " and id not in (select ours from kept)"
    )
    columns = ", ".join(f"t.{name}" for name in PASSAGE.split(", "))
    db.execute(
        f"update passage set ({PASSAGE}) = (select {columns} from kept k join theirs.passage t on t.id = k.theirs"
        " where k.ours = passage.id) where id in (select ours from kept)"
    )
    base = db.last_passage()
    db.execute(
        "create temp table fresh as select p.id as theirs, m.ours as document,"
        " ? + row_number() over (order by m.ours, p.seq) as ours from pairs m"
        " cross join theirs.passage p on p.document_id = m.theirs where p.id not in (select theirs from kept)",
        (base,),
    )
    db.execute(
        f"insert into passage (id, document_id, {PASSAGE}) select f.ours, f.document, {columns} from fresh f"
        " cross join theirs.passage t on t.id = f.theirs order by f.ours"
    )
    db.execute("delete from passage_window where passage_id in (select ours from kept)")
    for table in ("kept", "fresh"):
        db.execute(
            'insert into passage_window (passage_id, seq, start, "end", hash)'
            f' select f.ours, w.seq, w.start, w."end", w.hash from {table} f'
            " cross join theirs.passage_window w on w.passage_id = f.theirs order by f.ours, w.seq"
        )


def _clocks(db: Database) -> None:
    """What came keeps the stamp that it came with; a source that is gone goes, unless documents came to it later."""
    db.execute(
        "insert into document_clock (source, key, stamp, deleted)"
        " select source, key, stamp, deleted from incoming where true"
        " on conflict (source, key) do update set stamp = excluded.stamp, deleted = excluded.deleted"
    )
    gone = "name in (select name from stamps where deleted)"
    db.execute(
        f"delete from source where {gone} and not exists (select 1 from document d where d.source_id = source.id)"
    )
    db.execute(
        "update source set kind = 'files', settings = '{}', cursor = null, refreshed = null, error = null"
        f" where {gone}"
    )
    db.execute("delete from source_clock")
    db.execute("insert into source_clock (name, stamp, deleted) select name, stamp, deleted from stamps order by name")


def _vectors(db: Database, done: Merged) -> None:
    """The vectors of the texts that are wanted and that this index has not, by model; those that nobody wants go."""
    before = db.value("select count(*) from vector")
    db.execute(
        "insert or ignore into vector (hash, model_id, data, checksum) select t.hash, o.id, t.data, t.checksum"
        " from theirs.vector t join theirs.model m on m.id = t.model_id"
        " join main.model o on o.name = m.name and o.fingerprint = m.fingerprint"
        " where t.hash in (select hash from passage_window union select title_hash from document)"
    )
    done.vectors = int(db.value("select count(*) from vector")) - int(before)
    vectors.prune(db)


def content(db: Database) -> str:
    """A name of all that merging brings together, whatever the numbers of rows: 32 hex digits."""
    parts: list[str] = []
    for sql in (
        "select c.source, c.key, c.stamp, c.deleted, coalesce(d.hash, ''), coalesce(d.seal, ''), coalesce(d.item, ''),"
        " coalesce(d.stamp, ''), coalesce(d.indexed, '') from document_stamp c left join source s on s.name = c.source"
        " left join document d on d.source_id = s.id and d.key = c.key order by c.source, c.key",
        "select name, stamp, deleted from source_clock order by name",
        "select name, kind, settings, coalesce(cursor, ''), coalesce(refreshed, '') from source order by name",
        "select distinct m.fingerprint, v.hash from vector v join model m on m.id = v.model_id order by 1, 2",
        "select word from compound order by word",
    ):
        for row in db.execute(sql):
            parts += map(str, row)
        parts.append("")
    return digest(*parts, *merging_log.content(db))
