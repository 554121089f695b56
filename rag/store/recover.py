"""
Save what can be read of a damaged file into a new one: answers and jobs first, and a count of what was lost.

The rows are read from the pages as they lie (`leaves.py`), never through SQLite, which stops at the first bad page. The
new file has today's tables; what was deleted does not come back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import apsw

from rag import files
from rag.errors import DatabaseError, InputError
from rag.store import checks, faults, putting, shape
from rag.store.database import Database
from rag.store.hashes import short
from rag.store.leaves import Pages, Record, Value

FIRST = (
    "answer", "job", "job_row", "job_document", "eval_run", "eval_outcome", "eval_score", "alert", "token", "setting",
    "model", "source", "document", "passage", "passage_window", "vector",
)  # fmt: skip
HASHES = {"document": ("hash", "title_hash", "seal"), "passage_window": ("hash",), "vector": ("hash",)}  # were longer
RENAMED = {("passage", "text"): "own"}  # columns of older files
LEFT = ("_sqlite_migrations",)  # the new file has its own
KINDS: dict[str, tuple[type, ...]] = {
    "integer": (int,), "text": (str,), "real": (float, int), "blob": (bytes,), "": (int, float, str, bytes),
}  # fmt: skip


@dataclass(slots=True)
class Saved:
    """What was saved of a table. `lost` counts rows and pages that could not be read, or that refer to lost rows."""

    table: str
    rows: int = 0
    lost: int = 0


def recover(damaged: Path, out: Path) -> list[Saved]:
    """
    Write every row that can be read into a new file.

    Raises InputError if `out` is there already or `damaged` is no file, DatabaseError if nothing can be read of it.
    """
    if out.exists():
        raise InputError(f"{out} is there already", "Name a new file: rag doctor --recover NEW.db")
    if what := files.special(damaged):
        raise InputError(f"{damaged} {what}, no index", "Name a file: -d FILE.db")
    try:
        pages = Pages.read(files.real(damaged))
    except OSError as error:
        raise InputError(f"{damaged} cannot be read: {error.strerror}") from error
    try:
        with Database(out, create=True) as db:
            found = _save(pages, db)
    except BaseException as error:
        for suffix in ("", "-journal", "-wal", "-shm"):
            out.with_name(out.name + suffix).unlink(missing_ok=True)
        if isinstance(error.__cause__, apsw.Error):
            raise faults.of(error.__cause__, out, new=True) from error.__cause__
        raise
    return found


def _save(pages: Pages, db: Database) -> list[Saved]:
    db.connection.pragma("foreign_keys", False)
    db.connection.config(apsw.SQLITE_DBCONFIG_ENABLE_TRIGGER, 0)  # their tables are copied, too
    seen: set[int] = set()
    tables = _tables(pages, seen)
    ours = [*FIRST, *(name for name in shape.columns() if name not in (*FIRST, *LEFT))]
    found = {name: Saved(name) for name in ours}
    with db.transaction():
        for name in ours:
            root, sql = tables.pop(name, (0, ""))
            before = pages.lost
            for leaf in pages.leaves(root, seen) if root else ():
                _insert(db, found[name], pages.rows(leaf), _columns(sql, name))
            found[name].lost += pages.lost - before
        for name, (root, sql) in tables.items():
            found |= _foreign(pages, db, name, root, sql, seen)
        before = pages.lost
        _unreached(pages, db, found, seen)
        lost = pages.lost - before
        _refer(db, found)
        putting.once(db, [number for (number,) in db.execute("select id from document")])
        _numbers(pages, db, tables)
    db.connection.config(apsw.SQLITE_DBCONFIG_ENABLE_TRIGGER, 1)
    checks.mend_words(db)
    db.changed()
    saved = [one for one in found.values() if one.rows or one.lost]
    if not any(one.rows for one in saved):
        raise DatabaseError(f"nothing can be read: no page of {len(pages)} holds a row of an index")
    return saved + ([Saved("(pages of no table)", 0, lost)] if lost else [])


def _tables(pages: Pages, seen: set[int]) -> dict[str, tuple[int, str]]:
    """name -> (root page, SQL) of the tables, as far as the schema can be read; indexes and FTS are made anew."""
    found: dict[str, tuple[int, str]] = {}
    for leaf in pages.leaves(1, seen):
        for _, values in pages.rows(leaf):
            match values:
                case ["table", str(name), str(), int(root), str(sql)] if root:
                    found[name] = (root, sql)
    for name in list(found):
        if name.startswith("passage_fts"):
            for _ in pages.leaves(found.pop(name)[0], seen):
                pass
    pages.lost = 0  # what was damaged so far is made anew
    return found


def _columns(sql: str, name: str) -> list[str]:
    """The columns in the order in which a row holds them: a table may have been made by an older version."""
    with suppress(apsw.Error), closing(apsw.Connection(":memory:")) as scratch:
        scratch.execute(sql)
        if made := [row[1] for row in scratch.execute(f"pragma table_info({_quoted(name)})")]:
            return made
    return [column for column, _ in shape.columns().get(name, [])]


def _insert(db: Database, saved: Saved, rows: Iterable[Record], columns: list[str]) -> None:
    known = {column for column, _ in shape.columns().get(saved.table, [])} or set(columns)
    for rowid, values in rows:
        named = [RENAMED.get((saved.table, name), name) for name in columns]
        row = {name: value for name, value in zip(named, values, strict=False) if name in known}
        if "id" in row:
            row["id"] = rowid
        for name in HASHES.get(saved.table, ()):
            if isinstance(hash_ := row.get(name), str):
                row[name] = short(hash_)[: 11 if name == "seal" else None]
        names = ", ".join(_quoted(name) for name in row)
        try:
            db.connection.execute(
                f"insert or ignore into {_quoted(saved.table)} ({names}) values ({', '.join('?' * len(row))})",
                list(row.values()),
            )
        except (apsw.ConstraintError, apsw.MismatchError, apsw.TooBigError):
            saved.lost += 1
        else:
            changed = db.connection.changes()
            saved.rows += changed


def _foreign(pages: Pages, db: Database, name: str, root: int, sql: str, seen: set[int]) -> dict[str, Saved]:
    """A table that is not ours: `rag extract --table` makes them."""
    leaves = list(pages.leaves(root, seen))
    if name.startswith("sqlite_") or name in LEFT:
        return {}
    saved = Saved(name)
    try:
        db.connection.execute(sql)
    except apsw.Error:
        saved.lost += len(leaves)
        return {name: saved}
    before = pages.lost
    for leaf in leaves:
        _insert(db, saved, pages.rows(leaf), _columns(sql, name))
    saved.lost += pages.lost - before
    return {name: saved}


def _unreached(pages: Pages, db: Database, found: dict[str, Saved], seen: set[int]) -> None:
    """The leaves that no tree leads to any more; the shape of a row says which table it is of."""
    free = pages.free()
    for number in range(1, len(pages) + 1):
        if number in seen or number in free or not pages.is_leaf(number):
            continue
        for rowid, values in pages.rows(number):
            if name := _table_of(values):
                _insert(db, found[name], [(rowid, values)], [column for column, _ in shape.columns()[name]])


def _table_of(values: list[Value]) -> str:
    """The only table of ours that a row fits: as many columns, each of its kind, NULL for the number of the row."""
    fitting = [
        name
        for name, columns in shape.columns().items()
        if name not in LEFT
        and len(columns) == len(values)
        and values[0] is None
        and all(
            value is None or isinstance(value, KINDS.get(kind.lower(), (object,)))
            for value, (_, kind) in zip(values, columns, strict=True)
        )
    ]
    return fitting[0] if len(fitting) == 1 else ""


def _refer(db: Database, found: dict[str, Saved]) -> None:
    """A document whose source is lost gets one; what else refers to lost rows is lost with them."""
    db.connection.execute(
        "insert into source (id, name) select distinct source_id, 'recovered-' || source_id from document"
        " where source_id not in (select id from source)"
    )
    while broken := list(db.connection.execute("pragma foreign_key_check")):
        for table, rowid, *_ in broken:
            db.connection.execute(f"delete from {_quoted(table)} where rowid = ?", (rowid,))
            if db.connection.changes() and table in found:
                found[table].rows -= 1
                found[table].lost += 1


def _numbers(pages: Pages, db: Database, tables: dict[str, tuple[int, str]]) -> None:
    """Numbers that were given are never given again, also of what is deleted or lost."""
    root, _ = tables.get("sqlite_sequence", (0, ""))
    for leaf in pages.leaves(root, set()) if root else ():
        for _, values in pages.rows(leaf):
            match values:
                case [str(name), int(last)]:
                    db.connection.execute(
                        "insert into sqlite_sequence (name, seq) select :name, :last where :name not in"
                        " (select name from sqlite_sequence) and :name in (select name from sqlite_schema)",
                        {"name": name, "last": last},
                    )
                    db.connection.execute("update sqlite_sequence set seq = max(seq, ?) where name = ?", (last, name))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def counted(saved: Iterable[Saved]) -> Iterator[dict[str, Any]]:
    """As rows."""
    for one in saved:
        yield {"table": one.table, "saved": one.rows, "lost": one.lost}
