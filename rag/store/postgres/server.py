"""
An index on a PostgreSQL server with pgvector: `Postgres`, a `Store`.

Its tables lie in a schema of their own (`rag`, or `?schema=NAME` in the address). One transaction writes at a time, as
in a file, so that numbers and versions grow in the order in which they are committed; readers never wait. A source has
one writer, held by an advisory lock, which goes with the connection of whoever dies.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Self

import psycopg

from rag.address import Address
from rag.errors import DatabaseError
from rag.store import fts5
from rag.store.engine import Row, Settings, Values
from rag.store.filters import Filters
from rag.store.postgres import adapting, connecting, faults, words
from rag.store.postgres.dialect import translated

WAIT = "30s"  # for another transaction that writes
TRIES = 10  # a tenth of a second apart: the server may not know yet that who held it was killed
HELD, CLAIMED = 2, 3  # what an advisory lock is about, beside connecting.WRITING


class Postgres(Settings):
    """
    One index on one server. `create=True` makes its tables if they are missing; `readonly=True` never writes.

    Raises DatabaseError: not reachable, no rights, no pgvector, too old, made by a newer version.
    """

    def __init__(self, address: Address | str, *, create: bool = False, readonly: bool = False) -> None:
        self.path = address if isinstance(address, Address) else Address(address)
        self._readonly, self._depth, self._held = readonly, 0, 0
        self._members: list[str] | None = None
        self._conninfo, self.schema = connecting.parted(self.path.secret)
        self._connection = self._connect(create)

    # -- the connection -----------------------------------------------------------------------------------------------

    def _connect(self, create: bool) -> psycopg.Connection[Row]:
        made, self.vector = connecting.connected(
            self._conninfo, self.path, self.schema, WAIT, create=create, readonly=self._readonly
        )
        return made

    def _open(self) -> psycopg.Connection[Row]:
        """The connection; one that was lost is had again, unless something depends on the old one."""
        if self._connection.closed and not self._depth and not self._held:
            self._connection = self._connect(create=False)
        return self._connection

    def _key(self, text: str) -> int:
        return connecting.key(self.schema, text)

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
        with self._within() as connection:
            connection.execute("select pg_advisory_xact_lock(%s, %s)", (connecting.WRITING, self._key("")))
            yield

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """What is read in the block is as of now, whoever writes meanwhile; nothing can be written in it."""
        with self._within() as connection:
            connection.execute("set transaction isolation level repeatable read, read only")
            connection.execute("select 1 from total")  # now
            yield

    @contextmanager
    def _within(self) -> Iterator[psycopg.Connection[Row]]:
        """A transaction; those that begin inside it are a part of it."""
        connection = self._open()
        with faults.told(self.path), connection.transaction():
            self._depth += 1
            try:
                yield connection
            finally:
                self._depth -= 1

    @contextmanager
    def still(self) -> Iterator[None]:
        """Nobody else is in the middle of a transaction that writes; waited for."""
        self.ask("select pg_advisory_lock(%s, %s)", (connecting.WRITING, self._key("")))
        try:
            yield
        finally:
            if not self._connection.closed and not self._connection.broken:
                self.ask("select pg_advisory_unlock(%s, %s)", (connecting.WRITING, self._key("")))

    @contextmanager
    def patient(self) -> Iterator[None]:
        """Chores wait as long as it takes for whoever reads, and have the memory that they need."""
        self.ask("set lock_timeout = 0")
        try:
            yield
        finally:
            if not self._connection.closed and not self._connection.broken:
                self.ask(f"reset maintenance_work_mem; set lock_timeout = '{WAIT}'")

    # -- what the index remembers -------------------------------------------------------------------------------------

    def remember(self, key: str, value: Any) -> None:
        self.execute(
            "insert into setting (key, value) values (?, ?) on conflict (key) do update set value = excluded.value",
            (key, json.dumps(value)),
        )

    def changed(self) -> None:
        self.remember("version", self.setting("version", 0) + 1)

    def steady(self) -> None:
        """
        Raises DatabaseError if this index is on other servers than when this was first called: a server was added by
        somebody, and documents moved there.
        """
        rows = self.ask("select members from shard")
        members = [name for _, name in json.loads(rows[0][0] or "[]")] if rows else []
        now = members if len(members) > 1 else []
        if self._members is not None and now != self._members:
            listed = Address(",".join(now))
            raise DatabaseError(
                f"{self.path} is now one of {len(now)} servers of its index", f"Name them all: -d {listed}"
            )
        self._members = now

    # -- one at a time ------------------------------------------------------------------------------------------------

    @contextmanager
    def writer(self, source: str = "") -> Iterator[None]:
        """A source, while others are written by others; or all of the index, while nobody else writes."""
        with self._lock(HELD, self._key(""), shared=bool(source), tries=TRIES) as alone:
            if not alone:
                raise self._busy()
            self.steady()
            if not source:
                yield
                return
            with self._lock(HELD, self._key(source), tries=TRIES) as ours:
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
    def _lock(self, about: int, key: int, *, shared: bool = False, tries: int = 1) -> Iterator[bool]:
        kind, got = "_shared" if shared else "", False
        while not got and tries:
            ((got,),) = self.ask(f"select pg_try_advisory_lock{kind}(%s, %s)", (about, key))
            tries -= 1
            if not got and tries:
                self.ask("select pg_sleep(0.1)")
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
        self.steady()
        return int(self.value("select passages from total"))

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

    def counted(self, names: Sequence[str]) -> dict[str, int]:
        """The last numbers that these sequences gave."""
        rows = self.ask(
            "select sequencename, last_value from pg_sequences where schemaname = %s and sequencename = any (%s)"
            " and last_value is not null",
            (self.schema, list(names)),
        )
        return {name: last for name, last in rows}  # noqa: C416 (rows are tuples of anything)

    def count_on(self, last: Mapping[str, int]) -> None:
        """Have these sequences go on after these numbers."""
        if last:
            calls = ", ".join(f"setval('\"{name}\"', {number})" for name, number in last.items())
            self.ask(f"select {calls}")

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
