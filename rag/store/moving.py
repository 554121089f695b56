"""
An index from one engine to another: every row with its number, nothing embedded again, and what arrived compared.

Documents go some at a time, each with its passages, windows, names, links and vectors, in one transaction; so a move
that was stopped goes on where it was, and what changed in the source meanwhile is taken over again. The rest (settings,
answers, jobs, runs, tokens, saved searches, the log of changes) is written last, in one transaction that also takes the
mark of a half-done move away.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from rag.errors import DatabaseError
from rag.store import blocks, documents, engines
from rag.store.engine import Row, Store
from rag.store.vectors import ORPHAN

PAGE = 5000  # rows that are compared at a time
BLOCK = 200  # documents between two commits
FIRST = {  # what documents refer to
    "source": "id, name, kind, settings, cursor, refreshed, error",
    "model": "id, name, fingerprint, dimensions",
}
LAST = {
    "compound": "id, word",
    "_chronicle_document": "id, __added_ms, __updated_ms, __version, __deleted, added_version, source, key",
    "document_past": "id, source, key, title, text, version, ms",
    "document_clock": "id, source, key, stamp, deleted",
    "source_clock": "id, name, stamp, deleted",
    "clustering": "id, items, filters, fingerprint, inputs, seed, auto, cohesion, made",
    "cluster": "id, clustering_id, number, name, size, cohesion, keywords, centre, named",
    "cluster_item": "id, cluster_id, document_id, passage_id, similarity, x, y",
    "token": "id, name, hash, scopes, sources, created, expires, used, revoked",
    "answer": "id, conversation, question, answer, answerable, citations, model, fingerprint, prompt_hash,"
    " grammar_hash, seconds, object, settings, history, created, short, thumb, asked_by",
    "job": "id, hash, schema, schema_hash, prompt, prompt_hash, model, fingerprint, settings, runs, created, used",
    "job_row": "id, job_id, hash, status, data, evidence, raw, error, note, attempts, windows, tokens_in, tokens_out,"
    " seconds, finished",
    "job_document": "id, job_id, seq, source, key, hash",
    "eval_run": "id, suite, system, task, fingerprint, settings, provenance, cases, state, started, finished",
    "eval_outcome": "id, run_id, case_id, question, expected, output, error, seconds, tokens_in, tokens_out",
    "eval_score": "id, outcome_id, measure, value, weight",
    "push": "id, url, kind, sent",
    "pushed": "id, push_id, source, key, hash, names",
    "alert": "id, name, query, min_score, source, seen, created, run",
}
MARK = engines.MOVING


@dataclass(slots=True)
class Moved:
    """What was moved: documents in this run, those that were there already, and rows by table; `digest` of it all."""

    documents: int = 0
    there: int = 0
    rows: dict[str, int] = field(default_factory=dict)
    digest: str = ""


@contextmanager
def both(old: Path | str, new: Path | str) -> Iterator[tuple[Store, Store]]:
    """Open the two; the second is made, or is what an earlier run left."""
    with engines.opened(old) as source, engines.opened(new, create=True, moving=True) as target:
        yield source, target


def move(old: Store, new: Store, progress: Callable[[int, int], None] | None = None, *, use: bool = False) -> Moved:
    """
    Make `new`, which is empty or what an earlier run left, the same as `old`. Nobody else may write to either, but to
    an `old` that is in `use` on a server: then it is taken as it is now.

    Where all of it is there already (it was stopped after its last commit) nothing is done. Raises DatabaseError if
    `new` is another index already, or if what arrived is not what was sent.
    """
    origin = {"uuid": old.setting("uuid"), "from": str(old.path)}
    marked = new.setting(MARK)
    if marked is None and (done := _moved_already(old, new)):
        return done
    if (marked or {}).get("uuid", "") != origin["uuid"]:
        if marked is not None or documents.counts(new).documents or new.setting("uuid"):
            raise DatabaseError(f"{new.path} is an index already", "Name one that is not there yet.")
        new.remember(MARK, origin)
    with engines.snapshot(old) if use or not old.writable else old.writer(), new.writer():
        moved = Moved()
        with new.transaction():
            for table, columns in FIRST.items():
                _again(old, new, table, columns)
        _documents(old, new, moved, progress)
        with new.transaction():
            for table, columns in LAST.items():
                moved.rows[table] = _whole(old, new, table, columns)
            _tables(old, new)
            new.count_from(old.counters())
            moved.digest = _compared(old, new)
            new.execute("delete from setting")
            for key, value in old.execute("select key, value from setting order by id"):
                new.execute("insert into setting (key, value) values (?, ?)", (key, value))
        engines.settle(new)
    return moved


def _moved_already(old: Store, new: Store) -> Moved | None:
    """What a move that came to its end reports, if both hold the same; None for another index, or one that went on."""
    if not new.setting("uuid") or new.setting("uuid") != old.setting("uuid"):
        return None
    try:
        with old.writer() if old.writable else engines.snapshot(old), new.writer():
            digest = _compared(old, new)
    except DatabaseError:
        return None
    engines.settle(new)
    return Moved(there=documents.counts(new).documents, digest=digest)


def _again(old: Store, new: Store, table: str, columns: str) -> None:
    """Rows that others refer to: updated where they are, so that nothing below them goes."""
    names = columns.split(", ")
    again = ", ".join(f"{name} = excluded.{name}" for name in names[1:])
    marks = ", ".join("?" * len(names))
    rows = list(old.execute(f"select {columns} from {table} order by id"))
    new.executemany(f"insert into {table} ({columns}) values ({marks}) on conflict (id) do update set {again}", rows)
    kept = json.dumps([row[0] for row in rows])
    new.execute(f"delete from {table} where id not in (select value from json_each(?))", (kept,))


def _whole(old: Store, new: Store, table: str, columns: str) -> int:
    new.execute(f"delete from {table}")
    return new.load(table, columns, old.execute(f"select {columns} from {table} order by id"))


def _documents(old: Store, new: Store, moved: Moved, progress: Callable[[int, int], None] | None) -> None:
    sent, there = _sealed(old), _sealed(new)
    gone = [number for number, seal in there.items() if sent.get(number) != seal]
    for part in blocks.cut(gone, BLOCK):
        with new.transaction():
            documents.remove(new, part)
    left = [number for number, seal in sent.items() if there.get(number) != seal]
    moved.there = len(sent) - len(left)
    for part in blocks.cut(left, BLOCK):
        with new.transaction():
            blocks.copy(old, new, part)
            engines.loaded(new, part)
        moved.documents += len(part)
        if progress:
            progress(moved.there + moved.documents, len(sent))


def _sealed(db: Store) -> dict[int, tuple[str, ...]]:
    """number -> what changes when anything of a document does."""
    return {
        number: (seal or documents.seal(db, number), stamp, item)
        for number, seal, stamp, item in db.execute("select id, seal, stamp, item from document order by id")
    }


def _tables(old: Store, new: Store) -> None:
    """The tables that jobs wrote for the user."""
    for name in old.setting("job_tables", []):
        quoted = '"' + name.replace('"', '""') + '"'
        columns = old.columns(name)
        listed = ", ".join('"' + column.replace('"', '""') + '"' for column, _ in columns)
        new.execute(f"drop table if exists {quoted}")
        kinds = ", ".join(f'"{column.replace(chr(34), chr(34) * 2)}" {kind}' for column, kind in columns)
        new.execute(f"create table {quoted} ({kinds})")
        new.load(quoted, listed, old.execute(f"select {listed} from {quoted}"))


def _compared(old: Store, new: Store) -> str:
    """The digest of everything that was to be moved. Raises DatabaseError if the two have not the same."""
    below = {table: columns for table, (columns, _) in blocks.BELOW.items()}
    tables = {"document": blocks.DOCUMENT} | below | FIRST | LAST
    made = hashlib.sha256()
    for table, columns in tables.items():
        one, other = (_digest(_paged(db, table, columns)) for db in (old, new))
        made.update(_same(old, new, table, one, other))
    one, other = (_digest(_vectors(db)) for db in (old, new))
    made.update(_same(old, new, "vector", one, other))
    return made.hexdigest()


def _paged(db: Store, table: str, columns: str) -> Iterator[Row]:
    """All rows, some at a time."""
    last = -1
    while rows := list(db.execute(f"select {columns} from {table} where id > ? order by id limit ?", (last, PAGE))):
        last = rows[-1][0]
        yield from rows


def _vectors(db: Store) -> Iterator[Row]:
    """What there is of the vectors that a window or a title has."""
    last = ("", 0)
    while rows := list(
        db.execute(
            f"select hash, model_id, checksum from vector where (hash, model_id) > (?, ?) and not ({ORPHAN})"
            " order by hash, model_id limit ?",
            (*last, PAGE),
        )
    ):
        last = rows[-1][0], rows[-1][1]
        yield from rows


def _same(old: Store, new: Store, table: str, one: bytes, other: bytes) -> bytes:
    if one != other:
        raise DatabaseError(
            f"the table {table} of {new.path} is not what was sent from {old.path}",
            "Did somebody write meanwhile? Run the same command again: it takes over what is different.",
        )
    return one


def _digest(rows: Iterable[Row]) -> bytes:
    made = hashlib.sha256()
    for row in rows:
        made.update(repr(tuple(row)).encode("utf-8", "surrogatepass"))
    return made.digest()
