"""
Tables, views and queries of SQLite files. Each row is an item; the file is opened read-only.

If the real `sqlite-chronicle` tracks the table, only rows that changed since the last run are read, and only after its
triggers were seen to stand: `sqlite-utils transform` and other rebuilds of a table drop them in silence, and a column
that was added later is not watched. Else, and once a week, every row is read and compared by its hash. The driver is
the standard library's: nothing here needs an extension, and nothing is written.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from hashlib import blake2b
from itertools import chain, islice
from pathlib import Path
from urllib.parse import quote

from rag.errors import InputError
from rag.sources import rows
from rag.sources.columns import Columns
from rag.sources.items import Item, Walk
from rag.sources.rows import Row

SWEEP_SECONDS = 7 * 86400  # chronicle does not see a changed primary key, so everything is compared now and then
BUSY_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Cursor:
    """Up to where a table was read: the version of its chronicle, what it was made for, when all was compared."""

    version: int = 0
    made_for: str = ""
    swept: float = 0.0


def sqlite(
    path: str | Path,
    source: str = "",
    columns: Columns | None = None,
    *,
    table: str = "",
    sql: str = "",
    cursor: str = "",
    full: bool = False,
) -> Walk:
    """
    The rows of a table, a view or a query of a SQLite file. `full` compares every row, whatever the chronicle says.

    Raises InputError: missing, not a SQLite file, no such table or column, wrong SQL, locked. A query's first column
    is the key; a table's is its primary key.
    """
    if bool(table) == bool(sql):
        tables = ", ".join(_tables(Path(path)))
        raise InputError(
            f"{path} is a SQLite file: say which of its rows",
            f"--table NAME or --sql 'select id, text from …'; its tables: {tables}",
        )
    opened(Path(path)).close()
    given = partial(_items, path=Path(path), source=source, columns=columns or Columns())
    return Walk(partial(given, table=table, sql=sql), since=cursor, full=full)


def opened(path: Path) -> sqlite3.Connection:
    """The file, read-only. Raises InputError if it is missing, no SQLite file, or an index of ours."""
    if not path.is_file():
        if path.is_dir():
            raise InputError(f"{path} is a folder, not a SQLite file", "Index it without --table and --sql.")
        raise InputError(f"there is no file {path}")
    uri = f"file:{quote(str(path.absolute()))}?mode=ro"
    with reading(path):
        db = sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None)
        db.set_authorizer(_authorized)
        db.text_factory = lambda data: data.decode("utf-8", "replace")
        try:
            sets = db.execute("select 1 from sqlite_master where name = '_sqlite_migrations'").fetchone()
            if sets and db.execute("select 1 from _sqlite_migrations where migration_set = 'rag'").fetchone():
                raise InputError(f"{path} is an index of rag, not a source", "Search it: rag search … -d " + str(path))
        except BaseException:
            db.close()
            raise
    return db


def _authorized(action: int, *_: object) -> int:
    """`attach` and `vacuum into` make files, whatever the mode of the one that is open."""
    return sqlite3.SQLITE_DENY if action == sqlite3.SQLITE_ATTACH else sqlite3.SQLITE_OK


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Errors of sqlite3 as ours."""
    try:
        yield
    except UnicodeDecodeError as error:  # of a message of SQLite that quotes what is damaged
        raise InputError(f"{path} is not a SQLite file, or damaged") from error
    except sqlite3.Error as error:
        text = str(error)
        if "locked" in text or "busy" in text:
            raise InputError(f"{path} is locked by another program", "Wait, then run this again.") from error
        if "not a database" in text or "malformed" in text:
            raise InputError(f"{path} is not a SQLite file, or damaged: {text}") from error
        if "readonly" in text:
            hint = "Is --sql a select? A file in WAL mode can be read only where its folder can be written."
            raise InputError(f"{path} is opened for reading only: {text}", hint) from error
        if "not authorized" in text:
            raise InputError(f"{path}: this SQL may not open or make another file", "Give a select.") from error
        if "unable to open" in text:
            raise InputError(f"{path} cannot be opened: {text}", "Check the rights of the file.") from error
        raise InputError(f"{path}: {text}") from error


def _tables(path: Path) -> list[str]:
    with closing(opened(path)) as db, reading(path):
        listed = db.execute("select name from sqlite_master where type in ('table', 'view') order by name")
        hidden = ("sqlite_", "_chronicle", "_sqlite")
        return [name for (name,) in listed if not name.startswith(hidden)]


def _items(walk: Walk, path: Path, source: str, columns: Columns, table: str, sql: str) -> Iterator[Item]:
    with closing(opened(path)) as db, reading(path):
        db.execute("begin")  # one moment of the file, however long the reading takes
        if sql:
            listed = _query(db, sql, path)
            head = list(islice(listed, 1))
            if head and not columns.key:  # the first column, also where another one is named id
                name = next(iter(head[0][1]))
                columns = replace(columns, key=name, told=name.lower() in rows.KEYS)
            yield from rows.items(chain(head, listed), walk, source, columns)
            return
        names, keys = _shape(db, table, path)
        columns.check(names, f"the table {table} of {path}")
        by_key = bool(keys) and columns.key in ("", *(keys if len(keys) == 1 else ()))
        if by_key:
            columns = replace(columns, key="", keys=tuple(keys))
        if not keys and not columns.key:
            columns, rowid = _without_key(db, table, names, columns, walk)
        else:
            rowid = ""
        order = f" order by {', '.join(map(_name, keys))}" if keys else ""
        listed = _query(db, f"select {rowid}* from {_name(table)}{order}", path)
        latest = _chronicle(db, walk, table, names, keys, columns)
        if latest is None:
            yield from rows.items(listed, walk, source, columns)
            return
        old = _cursor(walk.since)
        fresh = time.time() - old.swept < SWEEP_SECONDS
        walk.partial = fresh and not walk.full and old.made_for == latest.made_for and old.version <= latest.version
        walk.cursor = json.dumps([latest.version, latest.made_for, old.swept if walk.partial else time.time()])
        if walk.partial:
            listed = _changes(db, walk, table, keys, old.version, path)
        yield from rows.items(listed, walk, source, columns)


def _cursor(text: str) -> Cursor:
    try:
        return Cursor(*json.loads(text))
    except (ValueError, TypeError):
        return Cursor()


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _shape(db: sqlite3.Connection, table: str, path: Path) -> tuple[list[str], list[str]]:
    """The columns of a table, and those of its primary key in order."""
    info = db.execute("select name, pk from pragma_table_xinfo(?) where hidden in (0, 2, 3)", (table,)).fetchall()
    if not info:
        raise InputError(f"{path} has no table {table!r}", f"Its tables: {', '.join(_tables(path)) or 'none'}")
    keys = [name for name, _ in sorted((entry for entry in info if entry[1]), key=lambda entry: int(entry[1]))]
    return [name for name, _ in info], keys


def _without_key(
    db: sqlite3.Connection, table: str, names: list[str], columns: Columns, walk: Walk
) -> tuple[Columns, str]:
    """The columns of a table or view without a primary key, and what is read before them: its rowid, or nothing."""
    for name in [name for name in names if name.lower() in rows.KEYS] + names[:1]:
        column = _name(name)
        count, different = db.execute(f"select count(*), count(distinct {column}) from {_name(table)}").fetchone()
        if count == different:
            return replace(columns, key=name, told=name.lower() in rows.KEYS), ""
    try:
        db.execute(f"select rowid from {_name(table)} limit 1").fetchone()
        is_table = db.execute("select 1 from sqlite_master where type = 'table' and name = ?", (table,)).fetchone()
    except sqlite3.OperationalError:
        is_table = None
    if not is_table or "rowid" in map(str.lower, names):
        return columns, ""
    walk.notes.append(f"{table}: has no primary key, and no column tells its rows apart; they are named by their rowid")
    return replace(columns, key="rowid", told=True), 'rowid as "rowid", '


def _query(db: sqlite3.Connection, sql: str, path: Path) -> Iterator[tuple[str, Row]]:
    found = db.execute(sql)
    if found.description is None:
        raise InputError(f"the SQL gives no rows: {sql[:80]!r}", "It should be a select whose first column is the key.")
    names = [column[0] for column in found.description]
    if len(set(names)) != len(names):
        raise InputError(f"the query gives two columns of one name: {', '.join(names)}", "Rename one: … as other")
    for number, values in enumerate(found, 1):
        yield f"{path}, row {number}", dict(zip(names, values, strict=True))


def _chronicle(
    db: sqlite3.Connection, walk: Walk, table: str, names: Sequence[str], keys: Sequence[str], columns: Columns
) -> Cursor | None:
    """Where the chronicle of a table stands; None, with a note, if there is none or it cannot be trusted."""
    shadow = f"_chronicle_{table}"
    if not db.execute("select 1 from sqlite_master where type = 'table' and name = ?", (shadow,)).fetchone():
        return None
    triggers = dict(
        db.execute("select name, sql from sqlite_master where type = 'trigger' and tbl_name = ?", (table,)).fetchall()
    )
    found = {
        end: triggers.get(f"chronicle_{table}_{end}") or triggers.get(f"_chronicle_{table}_{end}") for end in TRIGGERS
    }
    missing = [f"{table}_{end}" for end in TRIGGERS if not found[end]]
    update = found["au"] or ""
    unwatched = [name for name in names if name not in keys and f'OLD."{name}"' not in update]
    why = ""
    if missing:
        why = f"its triggers are gone ({', '.join(missing)})"
    elif unwatched:
        why = f"it does not watch {', '.join(unwatched)}"
    elif not columns.keys:
        why = f"the key {columns.key} is not the primary key"
    if why:
        walk.notes.append(f"{table}: sqlite-chronicle is not used, since {why}; every row was compared instead")
        if not why.startswith("the key"):
            walk.notes.append(f"{table}: to mend it: sqlite-chronicle FILE {table} --disable, then without --disable")
        return None
    (version,) = db.execute(f"select coalesce(max(__version), 0) from {_name(shadow)}").fetchone()
    (made,) = db.execute("select sql from sqlite_master where name = ?", (table,)).fetchone()
    made_for = blake2b(f"{made} {update} {columns} {rows.READER}".encode(), digest_size=8).hexdigest()
    return Cursor(int(version), made_for)


TRIGGERS = ("ai", "au", "ad")


def _changes(
    db: sqlite3.Connection, walk: Walk, table: str, keys: Sequence[str], since: int, path: Path
) -> Iterator[tuple[str, Row]]:
    """Rows that changed after a version; those that are gone go to `walk.removed`."""
    shadow, names = _name(f"_chronicle_{table}"), ", ".join(f"c.{_name(key)}" for key in keys)
    join = " and ".join(f"t.{_name(key)} = c.{_name(key)}" for key in keys)
    found = db.execute(
        f"select c.__deleted, {names}, t.* from {shadow} c left join {_name(table)} t on {join}"
        " where c.__version > ? order by c.__version",
        (since,),
    )
    columns = [column[0] for column in found.description][1 + len(keys) :]
    for deleted, *values in found:
        key, row = rows.join_key(values[: len(keys)]), values[len(keys) :]
        if deleted or row[columns.index(keys[0])] is None:
            walk.removed.append(key)
        else:
            yield f"{path}, {table} {key}", dict(zip(columns, row, strict=True))
