"""Bring a file to the schema of today, each step whole or not at all; refuse one from the future, or not ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rag.errors import DatabaseError
from rag.store.engine import Store, now
from rag.store.reach import SEALED
from rag.store.schema import MIGRATIONS, lend, script

if TYPE_CHECKING:
    import apsw

FOREIGN = "select 1 from sqlite_schema where name in ('passage', 'document')"  # tables of ours that are not ours


def upgrade(db: Store, connection: apsw.Connection, readonly: bool) -> bool:
    """Apply what is missing, each step in one transaction with its record; whether anything was."""
    done = _applied(db)
    known = set(MIGRATIONS)
    if ahead := sorted(done - known):
        raise DatabaseError(
            f"{db.path} was made by a newer version of rag (it has {', '.join(ahead)})",
            "Upgrade: pip install -U chapterverse",
        )
    if done == known:
        return False
    if readonly:
        raise DatabaseError(f"{db.path} was made by an older version of rag, and cannot be upgraded here", SEALED)
    lend(connection)
    for name in MIGRATIONS:
        with db.transaction():
            if name in _applied(db):  # another process was first
                continue
            db.execute(
                "create table if not exists _sqlite_migrations"
                " (id integer primary key, migration_set text, name text, applied_at text)"
            )
            db.execute(script(name))
            db.execute(
                "insert into _sqlite_migrations (migration_set, name, applied_at) values ('rag', ?, ?)", (name, now())
            )
    return True


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
    return {name for (name,) in db.execute("select name from _sqlite_migrations where migration_set = 'rag'")}
