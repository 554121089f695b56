"""
Open the file, keep its promises: migrations, explicit transactions, errors that say what to do next.

The driver is apsw, because the sqlite3 of many Pythons cannot load extensions and old SQLite corrupts WAL files.
Only this package imports it. Nothing here knows what the tables mean.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

import apsw

from rag import files
from rag.errors import DatabaseError, RagError
from rag.files import typed
from rag.store import bulk, checksums, faults, fts5, journal, migrating, reach
from rag.store.engine import Row, Settings, Values
from rag.store.filters import Filters

MAPPED = 1 << 30  # bytes that are read without copying, where that is asked for


class Database(Settings):
    """
    One index file. `create=True` makes it if it is missing; `readonly=True` never writes, not even migrations, and with
    `immutable=True` nobody does as long as it is open: no lock is taken, and nothing is looked at twice.

    Raises DatabaseError: missing, not a database, damaged, locked, read-only, disk full, made by a newer version.
    """

    passage_text = "own"

    def __init__(
        self, path: Path | str, *, create: bool = False, readonly: bool = False, immutable: bool = False
    ) -> None:
        self.path: Path = Path(path)
        self.real = files.real(path)  # what lies beside it is named by this, whatever link it was opened by
        try:
            missing = not self.path.exists()
        except OSError as error:
            hint = f"Look at the rights of its folder: ls -ld {typed(self.path.parent)}"
            raise DatabaseError(f"{self.path} cannot be reached: {error.strerror}", hint) from None
        if missing and not create:
            raise DatabaseError(f"there is no index at {self.path}", f"Make one: rag index PATH… -d {typed(self.path)}")
        if self.real.is_dir():
            raise DatabaseError(f"{self.path} is a folder", f"Name a file: -d {typed(self.path / 'rag.db')}")
        if what := files.special(self.real):
            raise DatabaseError(f"{self.path} {what}, no index", "Name a file: -d FILE.db")
        if create and not self.real.parent.is_dir():
            raise DatabaseError(
                f"there is no folder {self.path.parent} for the index", f"mkdir -p {typed(self.path.parent)}"
            )
        self._sealing, self._schema = False, -1  # until there is something to seal
        self._held, self._create = 0, create
        self.options = ""  # of its address, for whoever attaches it
        with faults.told(self.path):
            if create:
                try:
                    files.make(self.real)
                except OSError as error:
                    raise DatabaseError(f"cannot make {self.path}: {error.strerror}", "Pass another -d FILE.") from None
            self._open(readonly, immutable)

    def _open(self, readonly: bool, immutable: bool) -> None:
        """Open for writing where that can be; else in the way in which all that was committed is read."""
        if not os.access(self.real, os.R_OK):
            raise DatabaseError(
                f"you may not read {self.path}", f"Ask its owner, or make it yours: ls -l {typed(self.path)}"
            )
        if beside := reach.foreign(self.real):
            raise DatabaseError(
                f"{beside} belongs to somebody who may not write {self.path}, and would be taken for a part of it",
                f"Move the index into a folder of yours, or: rm {typed(beside)}",
            )
        if immutable and reach.settled(self.real):
            self._connect("immutable=1", True)
            return
        writable = os.access(self.real, os.W_OK) and os.access(self.real.parent, os.W_OK)
        if writable:
            if readonly:
                journal.roll_back(self.real)
            try:
                self._connect("", readonly)
                return
            except (apsw.FullError, apsw.IOError) as error:
                if self._create or not reach.full(error, self.real):
                    raise
        for options in reach.sealed(self.real):
            try:
                self._connect(options, True)
                return
            except (apsw.CantOpenError, apsw.ReadOnlyError, apsw.IOError, apsw.FullError) as error:
                failed = error
        hint = reach.SEALED.replace("it", "it and its -journal", 1) if reach.unfinished(self.real) else reach.SEALED
        raise DatabaseError(f"{self.path} cannot be read where it lies: {failed}", hint) from failed

    def _connect(self, options: str, readonly: bool) -> None:
        flags = apsw.SQLITE_OPEN_READONLY if readonly else apsw.SQLITE_OPEN_READWRITE
        self.options, self.writable = f"?{options}" if options else "", not readonly
        self.connection = apsw.Connection(self.address(), flags | apsw.SQLITE_OPEN_URI)
        try:
            there = self.real.stat()
            self._identity = (there.st_dev, there.st_ino)
            if "unix-none" in options:  # alone, the index of the WAL is kept in memory, not in a file beside it
                self.connection.pragma("locking_mode", "exclusive")
            self._prepare(readonly)
        except BaseException:
            self.connection.close()
            raise

    def address(self) -> str:
        """The URI that it was opened by; of bytes, since a name need not be UTF-8."""
        return f"file:{quote(os.fsencode(self.real))}{self.options}"

    def _prepare(self, readonly: bool) -> None:
        self.connection.set_busy_timeout(faults.BUSY_SECONDS * 1000)
        if not self._create and not migrating.is_index(self.connection):  # to be asked does not make a file one
            if self.connection.execute(migrating.FOREIGN).fetchone():
                raise DatabaseError(f"{self.path} is a SQLite file, but not an index of rag", "Choose another -d FILE.")
            what = "is a SQLite file that holds no index" if self.real.stat().st_size else "is an empty file, no index"
            raise DatabaseError(f"{self.path} {what}", f"Make one in it: rag index PATH… -d {typed(self.path)}")
        if not readonly:
            journal.wal(self.connection)
        for name, value in (("synchronous", "normal"), ("foreign_keys", "on"), ("recursive_triggers", "on")):
            self.connection.pragma(name, value)
        checksums.lend(self.connection)
        upgraded = migrating.upgrade(self, self.connection, readonly, self.real)
        self._sealing = True
        if upgraded:
            with self.transaction():  # which seals what was written before there was something to seal
                pass

    def execute(self, sql: str, values: Values = ()) -> Iterator[Row]:
        """Run one statement or a script, now; iterate the result for its rows (tuples)."""
        try:
            return self._rows(self.connection.execute(sql, values))
        except faults.FOREIGN as error:
            if isinstance(error, apsw.SQLError):
                self._still(-1)
            raise faults.of(error, self.path) from error

    def _rows(self, cursor: apsw.Cursor) -> Iterator[Row]:
        """A damaged page may be met at any row."""
        try:
            yield from cursor
        except faults.FOREIGN as error:
            raise faults.of(error, self.path) from error

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        with faults.told(self.path):
            self.connection.executemany(sql, rows)

    def run(self, sql: str, values: Values = ()) -> int:
        """Run one statement; how many rows it changed."""
        self.execute(sql, values)
        return int(self.connection.changes())

    def insert(self, sql: str, values: Values = ()) -> int:
        """Insert one row; the `id` that it was given."""
        self.execute(sql, values)
        return int(self.connection.last_insert_rowid())

    def one(self, sql: str, values: Values = ()) -> Row | None:
        """The first row, or None."""
        return next(iter(self.execute(sql, values)), None)

    def value(self, sql: str, values: Values = ()) -> Any:
        """The first column of the first row, or None."""
        row = self.one(sql, values)
        return row[0] if row else None

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of the block or nothing. IMMEDIATE: a deferred one fails at its first write when another has written."""
        with faults.told(self.path):
            if self.connection.in_transaction:
                yield  # the outer block decides
                return
            self._check_place()
            self.connection.execute("begin immediate")
            try:
                self._still(self._schema)
                yield
                if self._sealing:
                    checksums.seal(self.connection)
                self.connection.execute("commit")
            except BaseException:
                if self.connection.in_transaction:
                    self.connection.execute("rollback")
                raise

    def _still(self, seen: int) -> None:
        if self._sealing:  # it was opened
            self._schema = migrating.still(self, self.connection, seen)

    def _check_place(self) -> None:
        """A file that was removed or replaced while it is open still takes writes, and nobody would ever read them."""
        try:
            there = self.real.stat()
            same = (there.st_dev, there.st_ino) == self._identity
        except FileNotFoundError:
            same = False
        if not same:
            raise DatabaseError(f"{self.path} was removed or replaced while it was open", "Run the same command again.")

    def remember(self, key: str, value: Any) -> None:
        with self.transaction():
            self.execute(
                "insert into setting (key, value) values (?, ?) on conflict (key) do update set value = excluded.value",
                (key, json.dumps(value)),
            )

    def changed(self) -> None:
        """The content is another: what was made from it (the sidecar) lags behind from now on."""
        with self.transaction():
            self.remember("version", self.setting("version", 0) + 1)

    @contextmanager
    def writer(self, source: str = "") -> Iterator[None]:
        """Hold the index, whatever the source. A second writer gets a clear message at once, not a long wait."""
        if self._held:  # by us
            yield
            return
        self._check_place()
        with ExitStack() as stack:
            try:
                held = stack.enter_context(files.locked(self.beside("-lock"), self.real))
            except OSError as error:
                raise faults.beside(self.path, error) from error
            if held is None:
                raise DatabaseError(
                    f"another rag is writing to {self.path}", "Wait until it has ended, then run this again."
                )
            self._held += 1
            # Much is written: pages are kept until they are whole, and moved from the WAL less often. What a statement
            # may have to undo, which SQLite writes to a file once it is 64 KB, was nine tenths of all that was written.
            self.execute("pragma cache_size = -65536; pragma temp_store = memory; pragma wal_autocheckpoint = 32768")
            try:
                if self._unfilled():
                    with self._filling():
                        yield
                else:
                    if not self.connection.in_transaction:
                        with suppress(apsw.Error):  # what is damaged is not mended here, and a full disk is told later
                            bulk.finish(self.connection)
                    yield
            finally:
                self._held -= 1
                self.execute("pragma cache_size = -2000; pragma temp_store = default; pragma wal_autocheckpoint = 1000")

    @contextmanager
    def _filling(self) -> Iterator[None]:
        """What is put into an empty file is written once, and what a first fill does without is made at the end."""
        with journal.once(self.connection) as alone:
            if alone:
                bulk.begin(self.connection)
            yield
            with faults.told(self.path):
                bulk.finish(self.connection)

    def _unfilled(self) -> bool:
        """Whether nothing was ever put into the file."""
        return not self.connection.in_transaction and self.value("select 1 from _chronicle_document limit 1") is None

    def alone(self) -> bool:
        return True

    @contextmanager
    def claim(self, suffix: str, number: int) -> Iterator[bool]:
        """Hold one of the many things that a lock file beside the index stands for; False if another process has it."""
        place = self.beside(suffix)
        try:
            files.make(place, self.real)
            file = os.open(place, os.O_RDWR | os.O_CLOEXEC)
        except OSError as error:
            raise faults.beside(self.path, error) from error
        try:
            try:
                fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, number)
                ours = True
            except OSError:
                ours = False
            yield ours
        finally:
            os.close(file)

    def by_words(self, match: str, limit: int, filters: Filters, weights: Sequence[float]) -> list[tuple[int, float]]:
        with faults.read(self.path):
            self._still(self._schema)
            return fts5.by_words(self.connection, match, limit, filters, weights)

    def holding(self, match: str, limit: int, author: str = "") -> list[int]:
        with faults.read(self.path):
            return fts5.holding(self.connection, match, limit, author)

    def frequencies(self, terms: Sequence[str]) -> dict[str, int]:
        with faults.read(self.path):
            return fts5.frequencies(self.connection, terms)

    @contextmanager
    def gathered(self) -> Iterator[None]:
        """The words of passages that are new in the block are written together at its end."""
        with faults.told(self.path), fts5.gathered(self.connection):
            yield

    def tokens(self, text: str) -> list[tuple[str, str]]:
        return fts5.tokens(self.connection, text)

    def compounds(self, stems: Sequence[str]) -> list[tuple[str, str]]:
        with faults.read(self.path):
            return fts5.compounds(self.connection, stems)

    def passages(self) -> int:
        with faults.told(self.path):
            return fts5.rows(self.connection)

    def last_passage(self) -> int:
        """The number of the newest passage; numbers are never given twice."""
        return int(self.value("select coalesce(max(seq), 0) from sqlite_sequence where name = 'passage'") or 0)

    def tables(self) -> dict[str, str]:
        """Every name that is taken, by its lower case."""
        return {name.lower(): name for (name,) in self.execute("select name from sqlite_schema")}

    def load(self, table: str, columns: str, rows: Iterable[Sequence[Any]]) -> int:
        """Write many rows as they are, with their numbers; how many."""
        given = list(rows)
        self.executemany(f"insert into {table} ({columns}) values ({', '.join('?' * (columns.count(',') + 1))})", given)
        return len(given)

    def columns(self, table: str) -> list[tuple[str, str]]:
        """(name, type) of the columns of a table."""
        return [(name, kind) for name, kind in self.execute("select name, type from pragma_table_info(?)", (table,))]

    def counters(self) -> dict[str, int]:
        """table -> the last number that was given in it."""
        return dict(self.execute("select name, seq from sqlite_sequence"))

    def count_from(self, counters: Mapping[str, int]) -> None:
        for name, last in counters.items():
            there = self.value("select max(seq) from sqlite_sequence where name = ?", (name,))
            if there is None and self.value(
                "select 1 from sqlite_schema where name = ? and sql like '%autoincr%'", (name,)
            ):
                self.execute("insert into sqlite_sequence (name, seq) values (?, ?)", (name, last))
            elif there is not None:
                self.execute("update sqlite_sequence set seq = ? where name = ?", (max(last, there), name))

    def unfit(self, text: str) -> str:
        """SQLite keeps every text."""
        return ""

    def size(self) -> int:
        """Bytes of the file."""
        return self.path.stat().st_size

    def beside(self, suffix: str) -> Path:
        """A file that belongs to this one: `x.db-lock`."""
        return self.real.with_name(self.real.name + suffix)

    def map(self) -> None:
        """Read the file without copying: it is read from end to end, and by this process alone."""
        self.execute(f"pragma mmap_size = {MAPPED}")

    def close(self) -> None:
        """What was committed is on the disk before: where there is no room to tidy the WAL up, it stays as it is."""
        with suppress(apsw.FullError, apsw.IOError):
            self.connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        """An error that is none of ours may come of damage, which gives rows another shape: then that is said."""
        error = raised[1] if len(raised) > 1 else None
        try:
            if isinstance(error, faults.SHAPES) and not isinstance(error, RagError) and (damage := self.damage()):
                raise DatabaseError(f"{self.path} is damaged: {damage}", faults.save(self.path)) from error
        finally:
            self.close()

    def damage(self) -> str:
        """What is wrong with the pages, references and rows of the file; empty if they are as they were written."""
        try:
            for check in ("integrity_check(1)", "foreign_key_check"):
                for row in self.connection.execute(f"pragma {check}"):
                    if row != ("ok",):
                        return " ".join(map(str, row))
            return "".join(f"{table} {number}" for table, number in checksums.changed(self.connection))
        except faults.FOREIGN as error:
            return str(error)
