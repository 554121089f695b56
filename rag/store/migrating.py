"""Bring a file to the schema of today, each step whole or not at all; refuse one from the future, or not ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path

import apsw

from rag import files
from rag.errors import DatabaseError
from rag.store import faults
from rag.store.engine import Store, now
from rag.store.reach import SEALED
from rag.store.schema import MIGRATIONS, lend, script

APPLIED = "select name from _sqlite_migrations where migration_set = 'rag'"
FOREIGN = "select 1 from sqlite_schema where name in ('passage', 'document')"  # tables of ours that are not ours


def upgrade(db: Store, connection: apsw.Connection, readonly: bool, path: Path) -> bool:
    """
    Apply what is missing, each step in one transaction with its record; whether anything was.

    A file that holds an index is upgraded by who has its lock: an older version that writes to it knows nothing of what
    is new.
    """
    done = _applied(db)
    known = set(MIGRATIONS)
    if ahead := done - known:
        raise _newer(db, ahead, "was made")
    if done == known:
        return False
    if readonly:
        raise DatabaseError(f"{db.path} was made by an older version of rag, and cannot be upgraded here", SEALED)
    lend(connection)
    with _alone(path) if done else nullcontext():
        for name in MIGRATIONS:
            with db.transaction():
                if name in _applied(db):  # another process was first
                    continue
                db.execute(
                    "create table if not exists _sqlite_migrations"
                    " (id integer primary key, migration_set text, name text, applied_at text)"
                )
                db.execute(script(name))
                sql = "insert into _sqlite_migrations (migration_set, name, applied_at) values ('rag', ?, ?)"
                db.execute(sql, (name, now()))
    return True


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    try:
        with files.locked(path.with_name(path.name + "-lock"), path, seconds=faults.BUSY_SECONDS) as ours:
            if not ours:
                wait = "Wait until it has ended, then run this again."
                raise DatabaseError(f"another rag is writing to {path}, which is to be upgraded", wait)
            yield
    except OSError as error:
        raise faults.beside(path, error) from error


def _newer(db: Store, ahead: set[str], what: str) -> DatabaseError:
    names = ", ".join(sorted(ahead))
    return DatabaseError(
        f"{db.path} {what} by a newer version of rag (it has {names})", "Upgrade: pip install -U chapterverse"
    )


def still(db: Store, connection: apsw.Connection, seen: int) -> int:
    """
    The number of the schema of a file that is open, `seen` before, to be handed in again.

    Raises DatabaseError if a newer version upgraded it since: what is asked and written here would no longer fit.
    """
    with suppress(apsw.Error):  # what is damaged is told by whoever meets it
        if (number := int(connection.pragma("schema_version"))) == seen:
            return seen
        names = {name for (name,) in connection.execute(APPLIED)}
        if ahead := names - set(MIGRATIONS):
            raise _newer(db, ahead, "was upgraded while it was open,")
        return number
    return seen


def is_index(connection: apsw.Connection) -> bool:
    """By the driver's own errors: whoever opens the file in another way tells them."""
    table = "select 1 from sqlite_schema where name = '_sqlite_migrations'"
    ours = "select 1 from _sqlite_migrations where migration_set = 'rag' limit 1"
    return all(connection.execute(sql).fetchone() for sql in (table, ours))


def _applied(db: Store) -> set[str]:
    if not db.value("select 1 from sqlite_schema where name = '_sqlite_migrations'"):
        if db.value(FOREIGN):
            raise DatabaseError(f"{db.path} is a SQLite file, but not an index of rag", "Choose another -d FILE.")
        return set()
    return {name for (name,) in db.execute(APPLIED)}
