"""
An index on a PostgreSQL server with pgvector: `Postgres`, a `Store`.

Its tables lie in a schema of their own (`rag`, or `?schema=NAME` in the address). One transaction writes at a time, as
in a file, so that numbers and versions grow in the order in which they are committed; readers never wait. A source has
one writer, held by an advisory lock, which goes with the connection of whoever dies.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Self
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import psycopg
from psycopg import errors, sql

from rag.address import Address
from rag.errors import DatabaseError
from rag.store import fts5
from rag.store.engine import Row, Settings, Values, now
from rag.store.filters import Filters
from rag.store.postgres import adapting, faults, words
from rag.store.postgres.dialect import translated
from rag.store.postgres.schema import MIGRATIONS

SERVER = 140000  # the oldest version that is known to do
PGVECTOR = (0, 8)  # the first that goes on searching until enough is found
WAIT = "30s"  # for another transaction that writes
WRITING, HELD, CLAIMED = 1, 2, 3  # what an advisory lock is about
MAKE = "Make one: rag index PATH… -d {}"


class Postgres(Settings):
    """
    One index on one server. `create=True` makes its tables if they are missing; `readonly=True` never writes.

    Raises DatabaseError: not reachable, no rights, no pgvector, too old, made by a newer version.
    """

    def __init__(self, address: Address | str, *, create: bool = False, readonly: bool = False) -> None:
        self.path = address if isinstance(address, Address) else Address(address)
        self._readonly, self._depth, self._held = readonly, 0, 0
        self._conninfo, self.schema = _parted(self.path.secret)
        self._connection = self._connect(create)

    # -- the connection -----------------------------------------------------------------------------------------------

    def _connect(self, create: bool) -> psycopg.Connection[Row]:
        try:
            made = psycopg.connect(self._conninfo, autocommit=True, client_encoding="utf8", connect_timeout=10)
        except psycopg.Error as error:
            raise faults.unreachable(error, self.path) from error
        try:
            with faults.told(self.path):
                self._prepare(made, create)
        except BaseException:
            made.close()
            raise
        return made

    def _prepare(self, made: psycopg.Connection[Row], create: bool) -> None:
        if made.info.server_version < SERVER:
            version = made.info.server_version // 10000
            raise DatabaseError(f"{self.path} is PostgreSQL {version}, which is too old", "Upgrade it to 14 or later.")
        made.execute("set client_min_messages = warning")
        made.execute("set lock_timeout = '" + WAIT + "'")
        made.execute(sql.SQL("set search_path = {}, public").format(sql.Identifier(self.schema)))
        there = made.execute("select to_regclass('setting')").fetchone()
        if there == (None,) or not _extension(made):
            if not create or self._readonly:
                raise DatabaseError(f"there is no index at {self.path}", MAKE.format(self.path))
            self._found(made)
        where = _check_vector(made, self.path)
        made.execute(sql.SQL("set search_path = {}, public, {}").format(*map(sql.Identifier, (self.schema, where))))
        self.vector = f'"{where}".vector'  # there is a table of that name, too
        adapting.register(made)
        made.execute("set hnsw.iterative_scan = strict_order")
        made.execute("set hnsw.ef_search = 200")
        made.execute("set hnsw.max_scan_tuples = 1000000")
        self._migrate(made)
        if self._readonly:
            made.execute("set default_transaction_read_only = on")

    def _found(self, made: psycopg.Connection[Row]) -> None:
        """Make what the tables lie in and need."""
        if not _extension(made):
            try:
                made.execute("create extension if not exists vector")
            except (errors.FeatureNotSupported, errors.UndefinedFile) as error:
                raise DatabaseError(
                    f"the server of {self.path} has no pgvector",
                    "Install it there (Debian: apt install postgresql-17-pgvector), or name another server.",
                ) from error
            except errors.InsufficientPrivilege as error:
                raise DatabaseError(
                    f"you have no right to add pgvector to {self.path}",
                    f"Let its administrator type: create extension vector; in the database {self.path.stem}.",
                ) from error
            except errors.UniqueViolation:  # another process was first
                pass
        try:
            made.execute(sql.SQL("create schema if not exists {}").format(sql.Identifier(self.schema)))
        except errors.InsufficientPrivilege as error:
            raise DatabaseError(
                f"you have no right to make tables in {self.path}",
                f"Let its administrator type: grant create on database {self.path.stem} to {made.info.user};",
            ) from error
        except errors.UniqueViolation:
            pass

    def _migrate(self, made: psycopg.Connection[Row]) -> None:
        done = _applied(made)
        known = {name for name, _ in MIGRATIONS}
        if ahead := sorted(done - known):
            raise DatabaseError(
                f"{self.path} was made by a newer version of rag (it has {', '.join(ahead)})",
                "Upgrade: pip install -U chapterverse",
            )
        if done == known:
            return
        if self._readonly:
            raise DatabaseError(f"{self.path} was made by an older version of rag", "Open it once to write: rag info")
        with made.transaction():
            made.execute("select pg_advisory_xact_lock(%s, %s)", (WRITING, self._key("")))
            made.execute("create table if not exists migration (name text primary key, applied_at text not null)")
            for name, script in MIGRATIONS:
                if name not in _applied(made):
                    script = script.replace("VECTOR", self.vector)
                    made.execute(re.sub(r"\bTEXT\b", 'text collate "C"', script).encode())
                    made.execute("insert into migration values (%s, %s)", (name, now()))

    def _open(self) -> psycopg.Connection[Row]:
        """The connection; one that was lost is had again, unless something depends on the old one."""
        if self._connection.closed and not self._depth and not self._held:
            self._connection = self._connect(create=False)
        return self._connection

    def _key(self, text: str) -> int:
        """A number for an advisory lock, of this schema alone."""
        return zlib.crc32(f"{self.schema}/{text}".encode("utf-8", "surrogatepass")) - (1 << 31)

    # -- rows ---------------------------------------------------------------------------------------------------------

    def ask(self, statement: str, values: Any = None) -> list[Row]:
        """Run a statement in PostgreSQL's own dialect (`%s`); its rows."""
        with faults.told(self.path):
            cursor = psycopg.ClientCursor(self._open())
            cursor.execute(statement.encode(), values)
            return cursor.fetchall() if cursor.description else []

    def send(self, statement: str, values: Sequence[Any]) -> list[Row]:
        """The same with the values apart and in binary form: for many of them, and bytes."""
        with faults.told(self.path), self._open().cursor(binary=True) as cursor:
            cursor.execute(statement.encode(), values)
            return cursor.fetchall() if cursor.description else []

    def execute(self, sql: str, values: Values = ()) -> Iterator[Row]:
        return iter(self.ask(*translated(sql, values)))

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        given = list(rows)
        if not given:
            return
        statement, _ = translated(sql, given[0])
        with faults.told(self.path), self._open().cursor() as cursor:
            cursor.executemany(statement.encode(), given)

    def run(self, sql: str, values: Values = ()) -> int:
        with faults.told(self.path):
            cursor = psycopg.ClientCursor(self._open())
            statement, given = translated(sql, values)
            cursor.execute(statement.encode(), given)
            return cursor.rowcount

    def insert(self, sql: str, values: Values = ()) -> int:
        return int(next(self.execute(f"{sql} returning id", values))[0])

    def one(self, sql: str, values: Values = ()) -> Row | None:
        return next(self.execute(sql, values), None)

    def value(self, sql: str, values: Values = ()) -> Any:
        row = self.one(sql, values)
        return row[0] if row else None

    def copy(self, table: str, columns: str, rows: Iterable[Sequence[Any]], types: Sequence[str]) -> None:
        """Write many rows at once, in binary form."""
        with faults.told(self.path), self._open().cursor() as cursor:
            statement = f"copy {table} ({columns}) from stdin (format binary)"
            with cursor.copy(statement.encode()) as copy:
                copy.set_types(types)
                for row in rows:
                    copy.write_row(row)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        if self._depth:
            yield
            return
        connection = self._open()
        with faults.told(self.path), connection.transaction():
            connection.execute("select pg_advisory_xact_lock(%s, %s)", (WRITING, self._key("")))
            self._depth += 1
            try:
                yield
            finally:
                self._depth -= 1

    # -- what the index remembers -------------------------------------------------------------------------------------

    def remember(self, key: str, value: Any) -> None:
        self.execute(
            "insert into setting (key, value) values (?, ?) on conflict (key) do update set value = excluded.value",
            (key, json.dumps(value)),
        )

    def changed(self) -> None:
        self.remember("version", self.setting("version", 0) + 1)

    # -- one at a time ------------------------------------------------------------------------------------------------

    @contextmanager
    def writer(self, source: str = "") -> Iterator[None]:
        """A source, while others are written by others; or all of the index, while nobody else writes."""
        with self._lock(HELD, self._key(""), shared=bool(source)) as alone:
            if not alone:
                raise self._busy()
            if not source:
                yield
                return
            with self._lock(HELD, self._key(source)) as ours:
                if not ours:
                    raise self._busy(source)
                yield

    def _busy(self, source: str = "") -> DatabaseError:
        what = f"the source {source} of {self.path}" if source else f"{self.path}"
        return DatabaseError(f"another rag is writing to {what}", "Wait until it has ended, then run this again.")

    @contextmanager
    def claim(self, suffix: str, number: int) -> Iterator[bool]:
        with self._lock(CLAIMED, self._key(f"{suffix}/{number}")) as ours:
            yield ours

    @contextmanager
    def _lock(self, about: int, key: int, *, shared: bool = False) -> Iterator[bool]:
        kind = "_shared" if shared else ""
        ((got,),) = self.ask(f"select pg_try_advisory_lock{kind}(%s, %s)", (about, key))
        self._held += bool(got)
        try:
            yield bool(got)
        finally:
            self._held -= bool(got)
            if got and not self._connection.closed and not self._connection.broken:
                self.ask(f"select pg_advisory_unlock{kind}(%s, %s)", (about, key))

    def alone(self) -> bool:
        """Whether nobody else is writing to any source; the caller holds one of them, or all."""
        with self._lock(HELD, self._key("")) as alone:
            return alone

    # -- words --------------------------------------------------------------------------------------------------------

    def by_words(self, match: str, limit: int, filters: Filters, weights: Sequence[float]) -> list[tuple[int, float]]:
        return words.ranked(self.ask, match, limit, filters, weights)

    def holding(self, match: str, limit: int, author: str = "") -> list[int]:
        return words.holding(self.ask, match, limit, author)

    def frequencies(self, terms: Sequence[str]) -> dict[str, int]:
        rows = self.ask("select term, passages from term where term = any (%s) and passages > 0", (list(terms),))
        return {term: count for term, count in rows}  # noqa: C416 (rows are tuples of anything)

    def tokens(self, text: str) -> list[tuple[str, str]]:
        return fts5.tokens(fts5.alone(), text)

    def compounds(self, stems: Sequence[str]) -> list[tuple[str, str]]:
        return [
            (word, stem)
            for word, stem in self.ask(
                "select c.word, s from unnest(%s::text[]) s join compound c on strpos(c.word, s) > 0", (list(stems),)
            )
        ]

    # -- chores -------------------------------------------------------------------------------------------------------

    def passages(self) -> int:
        return int(self.value("select count(*) from passage"))

    def last_passage(self) -> int:
        return int(self.ask("select case when is_called then last_value else 0 end from passage_id_seq")[0][0])

    def tables(self) -> dict[str, str]:
        rows = self.ask("select table_name from information_schema.tables where table_schema = %s", (self.schema,))
        return {name.lower(): name for (name,) in rows}

    def load(self, table: str, columns: str, rows: Iterable[Sequence[Any]]) -> int:
        count = 0
        statement = f"copy {table} ({columns}) from stdin".encode()
        with faults.told(self.path), self._open().cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
                count += 1
        return count

    def columns(self, table: str) -> list[tuple[str, str]]:
        rows = self.ask(
            "select column_name, data_type from information_schema.columns where table_schema = %s and table_name = %s"
            " order by ordinal_position",
            (self.schema, table),
        )
        names = {"bigint": "integer", "double precision": "real"}
        return [(name, names.get(kind) or kind) for name, kind in rows]

    def counters(self) -> dict[str, int]:
        rows = self.ask(
            "select sequencename, last_value from pg_sequences where schemaname = %s and last_value is not null",
            (self.schema,),
        )
        return {name.removesuffix("_id_seq"): last for name, last in rows if name.endswith("_id_seq")}

    def count_from(self, counters: Mapping[str, int]) -> None:
        ((changes,),) = self.ask("select coalesce(max(__version), 0) from _chronicle_document")
        wanted = {"version": changes}
        for (sequence,) in self.ask("select sequencename from pg_sequences where schemaname = %s", (self.schema,)):
            table = sequence.removesuffix("_id_seq")
            if table != sequence:
                ((there,),) = self.ask(f'select coalesce(max(id), 0) from "{table}"')
                wanted[sequence] = max(there, counters.get(table, 0))
        for sequence, last in wanted.items():
            if last:
                self.ask("select setval(%s, greatest(%s, nextval(%s)))", (f'"{sequence}"', last, f'"{sequence}"'))

    def unfit(self, text: str) -> str:
        return "holds the character U+FFFF, which a server cannot keep" if adapting.STANDS_FOR_NUL in text else ""

    def size(self) -> int:
        rows = self.ask(
            "select coalesce(sum(pg_total_relation_size(c.oid)), 0) from pg_class c"
            " join pg_namespace n on n.oid = c.relnamespace where n.nspname = %s and c.relkind = 'r'",
            (self.schema,),
        )
        return int(rows[0][0])

    def map(self) -> None: ...

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _parted(secret: str) -> tuple[str, str]:
    """What libpq is given, and the schema."""
    parts = urlsplit(secret)
    options = dict(parse_qsl(parts.query))
    schema = options.pop("schema", "rag")
    if not re.fullmatch(r"[a-z_][a-z0-9_]{0,62}", schema):
        raise DatabaseError(f"{schema!r} is no name for a schema", "Use small letters, digits and _: ?schema=notes")
    return urlunsplit(parts._replace(query=urlencode(options))), schema


def _extension(made: psycopg.Connection[Row]) -> bool:
    return made.execute("select 1 from pg_extension where extname = 'vector'").fetchone() is not None


def _check_vector(made: psycopg.Connection[Row], path: Address) -> str:
    """The schema that pgvector is in."""
    row = made.execute(
        "select extversion, extnamespace::regnamespace::text from pg_extension where extname = 'vector'"
    ).fetchone()
    version, where = (str(row[0]), str(row[1]).strip('"')) if row else ("0", "")
    if tuple(int(part) for part in version.split(".")[:2]) < PGVECTOR:
        raise DatabaseError(
            f"{path} has pgvector {version}, which is too old: 0.8 is needed",
            "Upgrade it, then type in the database: alter extension vector update",
        )
    return where


def _applied(made: psycopg.Connection[Row]) -> set[str]:
    if made.execute("select to_regclass('migration')").fetchone() == (None,):
        return set()
    return {str(name) for (name,) in made.execute("select name from migration")}
