"""
Open the file, keep its promises: migrations, explicit transactions, errors that say what to do next.

The driver is apsw, because the sqlite3 of many Pythons cannot load extensions and old SQLite corrupts WAL files.
Only this package imports it. Nothing here knows what the tables mean.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import apsw

from rag.errors import DatabaseError
from rag.store.schema import MIGRATIONS

BUSY_SECONDS = 30
Row = tuple[Any, ...]


class Database:
    """
    One index file. `create=True` makes it if it is missing; `readonly=True` never writes, not even migrations.

    Raises DatabaseError: missing, not a database, damaged, locked, read-only, disk full, made by a newer version.
    """

    def __init__(self, path: Path | str, *, create: bool = False, readonly: bool = False) -> None:
        self.path = Path(path)
        if not create and not self.path.exists():
            raise DatabaseError(f"there is no index at {self.path}", "Make one: rag index PATH… -d " + str(self.path))
        if create and not self.path.parent.is_dir():
            raise DatabaseError(f"there is no folder {self.path.parent} for the index", f"mkdir -p {self.path.parent}")
        # A file in WAL mode cannot even be read in a folder that cannot be written, unless it is said not to change.
        sealed = self.path.exists() and not os.access(self.path.parent, os.W_OK)
        readonly = readonly or sealed
        flags = apsw.SQLITE_OPEN_READONLY if readonly else apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE
        name = f"file:{quote(str(self.path.absolute()))}" + ("?immutable=1" if sealed else "")
        with self.errors():
            self.connection = apsw.Connection(name, flags | apsw.SQLITE_OPEN_URI)
            try:
                self._prepare(readonly)
            except BaseException:
                self.connection.close()
                raise

    def _prepare(self, readonly: bool) -> None:
        self.connection.set_busy_timeout(BUSY_SECONDS * 1000)
        if not readonly:
            self.execute("pragma journal_mode = wal")
        self.execute("pragma synchronous = normal")
        self.execute("pragma foreign_keys = on")
        self.execute("pragma recursive_triggers = on")
        self._migrate(readonly)

    def _migrate(self, readonly: bool) -> None:
        """Apply what is missing, each step in one transaction with its record; refuse a file from the future."""
        done = self._applied()
        known = {name for name, _ in MIGRATIONS}
        if ahead := sorted(done - known):
            raise DatabaseError(
                f"{self.path} was made by a newer version of rag (it has {', '.join(ahead)})",
                "Upgrade: pip install -U chapterverse",
            )
        if readonly or done == known:
            return
        for name, script in MIGRATIONS:
            with self.transaction():
                if name in self._applied():  # another process was first
                    continue
                self.execute(
                    "create table if not exists _sqlite_migrations"
                    " (id integer primary key, migration_set text, name text, applied_at text)"
                )
                self.execute(script)
                self.execute(
                    "insert into _sqlite_migrations (migration_set, name, applied_at) values ('rag', ?, ?)",
                    (name, now()),
                )

    def _applied(self) -> set[str]:
        if not self.value("select 1 from sqlite_schema where name = '_sqlite_migrations'"):
            if self.value("select 1 from sqlite_schema where name in ('passage', 'document')"):
                raise DatabaseError(f"{self.path} is a SQLite file, but not an index of rag", "Choose another -d FILE.")
            return set()
        return {name for (name,) in self.execute("select name from _sqlite_migrations where migration_set = 'rag'")}

    def execute(self, sql: str, values: Sequence[Any] | dict[str, Any] = ()) -> apsw.Cursor:
        """Run one statement or a script; iterate the result for its rows (tuples)."""
        with self.errors():
            return self.connection.execute(sql, values)

    def executemany(self, sql: str, rows: Iterator[Sequence[Any]] | Sequence[Sequence[Any]]) -> None:
        with self.errors():
            self.connection.executemany(sql, rows)

    def one(self, sql: str, values: Sequence[Any] = ()) -> Row | None:
        """The first row, or None."""
        return next(iter(self.execute(sql, values)), None)

    def value(self, sql: str, values: Sequence[Any] = ()) -> Any:
        """The first column of the first row, or None."""
        row = self.one(sql, values)
        return row[0] if row else None

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of the block or nothing. IMMEDIATE: a deferred one fails at its first write when another has written."""
        with self.errors():
            if self.connection.in_transaction:  # the outer block decides
                yield
                return
            self.connection.execute("begin immediate")
            try:
                yield
                self.connection.execute("commit")
            except BaseException:
                if self.connection.in_transaction:
                    self.connection.execute("rollback")
                raise

    def setting(self, key: str, default: Any = None) -> Any:
        """What the index remembers of how it was built (JSON)."""
        text = self.value("select value from setting where key = ?", (key,))
        return default if text is None else json.loads(text)

    def remember(self, key: str, value: Any) -> None:
        self.execute(
            "insert into setting (key, value) values (?, ?) on conflict (key) do update set value = excluded.value",
            (key, json.dumps(value)),
        )

    def changed(self) -> None:
        """The content is another: what was made from it (the sidecar) lags behind from now on."""
        self.remember("version", self.setting("version", 0) + 1)

    @contextmanager
    def writer(self) -> Iterator[None]:
        """Hold the index for a long write. A second writer gets a clear message at once instead of a long wait."""
        import fcntl

        try:
            lock = open(f"{self.path}-lock", "a")  # noqa: SIM115 (closing it is what releases the lock)
        except OSError as error:
            raise DatabaseError(f"cannot write beside {self.path}: {error.strerror}") from error
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise DatabaseError(
                    f"another rag is writing to {self.path}", "Wait until it has ended, then run this again."
                ) from None
            yield

    def close(self) -> None:
        self.connection.close()

    def __enter__(self) -> Database:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def errors(self) -> Iterator[None]:
        """apsw's errors as ours."""
        try:
            yield
        except apsw.BusyError as error:
            raise DatabaseError(
                f"{self.path} is locked by another program for more than {BUSY_SECONDS} s", "Wait, then run this again."
            ) from error
        except (apsw.NotADBError, apsw.CorruptError) as error:
            raise DatabaseError(
                f"{self.path} is damaged or not a SQLite file: {error}",
                f"Look: rag doctor -d {self.path}; or index into a new file: rag index PATH… -d NEW.db",
            ) from error
        except apsw.FullError as error:
            raise DatabaseError(
                f"the disk is full: {self.path} was not changed", "Free some space, run again."
            ) from error
        except (apsw.ReadOnlyError, apsw.CantOpenError, apsw.PermissionsError) as error:
            raise DatabaseError(
                f"cannot write to {self.path}: {error}",
                "Check the rights of the file and of its folder, or pass -d FILE.",
            ) from error
        except apsw.IOError as error:
            raise DatabaseError(f"reading or writing {self.path} failed: {error}", "Check the disk.") from error


def now() -> str:
    """The present second, UTC, ISO 8601."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
