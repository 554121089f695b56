"""
An index whose documents are divided among servers: `Shards`, a `Store`.

Numbers are those of one index: one transaction writes at a time, held by the first shard, and whichever shard is
written goes on counting where the others are. What is on the first shard is committed last. There is no snapshot over
several servers; a document lies on one, so none is ever half there.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any, Self, TypeVar

from rag.address import Address
from rag.errors import DatabaseError
from rag.store import vectors
from rag.store.documents import Entry
from rag.store.engine import Row, Settings, Values
from rag.store.filters import Filters
from rag.store.postgres import Postgres, connecting, storing, words
from rag.store.shards import family, statements
from rag.store.shards.gathering import gathered
from rag.store.shards.routing import Allowed, Routes

T = TypeVar("T")
SEQUENCES = (
    "document_id_seq", "passage_id_seq", "passage_window_id_seq", "document_name_id_seq", "document_link_id_seq",
    "document_past_id_seq", "document_clock_id_seq", "version",
)  # fmt: skip


class Shards(Settings):
    """
    The index on several servers. `create` makes it on servers that are empty; `partial` does without those that are
    down, which `missing` names, and then nothing is written to documents.

    Raises DatabaseError, which names the server: not reachable, missing, of another index, with another embedder.
    """

    def __init__(
        self, address: Address, *, create: bool = False, readonly: bool = False, partial: bool = False
    ) -> None:
        self.path = address
        self.missing: list[Address] = []
        parts = address.parts
        self._pool = ThreadPoolExecutor(len(parts), "shard")
        opening = [self._pool.submit(Postgres, part, create=create, readonly=readonly) for part in parts]
        found: list[Postgres] = []
        wrong: list[DatabaseError] = []
        for part, future in zip(parts, opening, strict=True):
            try:
                found.append(future.result())
            except DatabaseError as error:
                wrong.append(error)
                self.missing.append(part)
        self.parts = found
        try:
            if wrong and not (partial and any(map(family.leads, found))):
                raise _down(wrong[0], partial=partial)
            if create and not wrong and all(map(family.free, found)):
                family.founded(found)
            self.parts, self.members, self.whole = family.ordered(address, found, partial=bool(wrong))
        except BaseException:
            self.close()
            raise
        self.first = self.parts[0]
        self.first.steady()
        self._stack: ExitStack | None = None
        self._begun: list[Postgres] = []
        self._turn: Postgres | None = None
        self._routes = Routes(len(self.parts))

    # -- whom to ask --------------------------------------------------------------------------------------------------

    def each(self, ask: Callable[[Postgres], T]) -> list[T]:
        """What every shard answers, asked all at once."""
        return list(self._pool.map(ask, self.parts))

    def home(self, key: str) -> Postgres:
        """The shard that a document with this key belongs on."""
        return self.parts[family.home(self.members, key)]

    def execute(self, sql: str, values: Values = ()) -> Iterator[Row]:
        sql = sql.strip()
        where = statements.place(sql)
        if where == "first":
            return self.first.execute(sql, values)
        if where == "copied":
            self._everywhere(sql, values)
            return iter(())
        if where == "together":
            return iter(gathered(self.parts, self.first, sql, values))
        if not statements.reads(sql):
            self.run(sql, values)
            return iter(())
        plan = statements.plan(sql)
        answers = self.each(lambda db: list(db.execute(plan.sql, values)))
        return iter(statements.merged(plan, answers, values))

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        where, given = statements.place(sql), list(rows)
        if where == "first":
            self.first.executemany(sql, given)
        elif where == "divided" and sql.lstrip().startswith("insert into vector "):
            self._routes.keep(given)
        elif where == "divided" and not sql.lstrip().startswith("insert"):
            self._write(lambda db: db.executemany(sql, given))
        elif where == "copied":
            with self.transaction():
                self.first.executemany(sql, given)
                self._copied(sql)
        else:
            raise statements.refused(sql)

    def run(self, sql: str, values: Values = ()) -> int:
        where = statements.place(sql)
        if where == "first":
            return self.first.run(sql, values)
        if where == "copied":
            return self._everywhere(sql, values)
        if where == "together" or sql.lstrip().startswith("insert"):
            raise statements.refused(sql)
        return sum(self._write(lambda db: db.run(sql, values)))

    def insert(self, sql: str, values: Values = ()) -> int:
        where = statements.place(sql)
        if where not in ("first", "copied"):
            raise statements.refused(sql)
        with self.transaction():
            number = self.first.insert(sql, values)
            if where == "copied":
                self._copied(sql)
        return number

    def one(self, sql: str, values: Values = ()) -> Row | None:
        return next(self.execute(sql, values), None)

    def value(self, sql: str, values: Values = ()) -> Any:
        row = self.one(sql, values)
        return row[0] if row else None

    # -- writing ------------------------------------------------------------------------------------------------------

    @contextmanager
    def transaction(self) -> Iterator[None]:
        if self._stack is not None:
            yield
            return
        with ExitStack() as stack:
            stack.enter_context(self.first.transaction())
            self._stack, self._begun, self._turn = stack, [self.first], None
            try:
                yield
            finally:
                self._stack = None
                self._routes.clear()

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """What is read in the block is of one moment, on all shards."""
        with ExitStack() as stack:
            with self.first.still():  # which every transaction over several shards holds until all is committed
                for db in reversed(self.parts):
                    stack.enter_context(db.snapshot())
            yield

    def turn(self, db: Postgres) -> None:
        """The next numbers are given by this shard, after those of all others; inside a transaction."""
        assert self._stack is not None
        if not self.whole:
            listed = ", ".join(self.missing)
            raise DatabaseError(f"{self.path} cannot be written: {listed} is missing", "Start it, then run this again.")
        if db not in self._begun:
            self._stack.enter_context(db.transaction())
            self._begun.append(db)
        if db is self._turn:
            return
        counted = self.each(lambda one: one.counted(SEQUENCES))
        last = {name: max(one.get(name, 0) for one in counted) for name in SEQUENCES}
        own = counted[self.parts.index(db)]
        db.count_on({name: number for name, number in last.items() if number > own.get(name, 0)})
        self._turn = db

    @contextmanager
    def turned(self, db: Postgres) -> Iterator[None]:
        """One shard is written in the block, directly."""
        with self.transaction():
            self.turn(db)
            yield

    def _write(self, write: Callable[[Postgres], T]) -> list[T]:
        """On every shard, one after the other."""
        done = []
        with self.transaction():
            for db in self.parts:
                self.turn(db)
                done.append(write(db))
        return done

    def _everywhere(self, sql: str, values: Values) -> int:
        """Change what all shards have a copy of."""
        with self.transaction():
            count = self.first.run(sql, values)
            self._copied(sql)
        return count

    def _copied(self, sql: str) -> None:
        for table in statements.tables(sql) & statements.COPIED:
            for db in self.parts[1:]:
                self.turn(db)
                family.copied(self.first, db, table)

    def put(self, source: int, entries: Sequence[Entry]) -> None:
        """Store documents, each whole on its shard."""
        homes = [family.home(self.members, entry.document.key) for entry in entries]
        with self.transaction():
            self.turn(self.first)
            ids = storing.reserved(self.first, "document", len(entries))
            steps: dict[int, storing.Putting] = {}
            for home in sorted(set(homes)):
                db = self.parts[home]
                own = [number for number, other in enumerate(homes) if other == home]
                steps[home] = storing.Putting(db, source, [entries[number] for number in own])
                self.turn(db)
                self._vectors(db, _hashes(steps[home].entries))
                steps[home].begin([ids[number] for number in own])
            made = {home: iter(step.made) for home, step in steps.items()}
            storing.numbered(self.first, [next(made[home]) for home in homes])
            for home, step in steps.items():
                self.turn(self.parts[home])
                step.finish()
            storing.compounds(self.first, entries)

    def _vectors(self, db: Postgres, hashes: set[str]) -> None:
        """Have a shard hold what was made, or lies on another shard, of these vectors."""
        self._routes.give(db, hashes, [other for other in self.parts if other is not db])

    def load(self, table: str, columns: str, rows: Iterable[Sequence[Any]]) -> int:
        given = list(rows)
        with self.transaction():
            if table == "vector":
                self._routes.keep(given)
            elif table in statements.COPIED:
                self._write(lambda db: db.load(table, columns, given))
            elif table not in statements.DIVIDED:
                self.first.load(table, columns, given)
            else:
                for number, part in enumerate(self._routes.divided(table, columns, given, self.members)):
                    if part:
                        self.turn(self.parts[number])
                        self.parts[number].load(table, columns, part)
        return len(given)

    def loaded(self, numbers: Sequence[int]) -> None:
        """After documents were loaded as they are: give each shard the vectors, and what finds its passages."""
        for db in self.parts:
            if db in self._begun:
                self._vectors(db, vectors.hashes_of(db, numbers))
                storing.loaded(db, numbers)

    # -- what the index remembers, and who writes ---------------------------------------------------------------------

    def remember(self, key: str, value: Any) -> None:
        with self.transaction():
            if key in family.BROADCAST:
                self._write(lambda db: db.remember(key, value))
            else:
                self.first.remember(key, value)

    def changed(self) -> None:
        self.first.changed()

    @contextmanager
    def writer(self, source: str = "") -> Iterator[None]:
        if self.setting(family.UNBALANCED):
            raise DatabaseError(
                f"a shard was added to {self.path}, and the documents are not divided anew",
                f"Divide them: rag shards rebalance -d {self.path}",
            )
        with self.first.writer(source):
            yield

    def claim(self, suffix: str, number: int) -> AbstractContextManager[bool]:
        return self.first.claim(suffix, number)

    def alone(self) -> bool:
        return self.first.alone()

    # -- words --------------------------------------------------------------------------------------------------------

    def by_words(self, match: str, limit: int, filters: Filters, weights: Sequence[float]) -> list[tuple[int, float]]:
        assert tuple(weights) in ((), words.WEIGHTS)
        only = self.local(filters)
        asked = words.strings(match)
        counted = self.each(lambda db: words.counted(db.ask, asked, only))
        together = sum((counts for counts, _ in counted), words.Counts())
        each = [(db, held) for db, (_, held) in zip(self.parts, counted, strict=True)]

        def score(rare: Collection[str]) -> words.Rows:
            found = self._pool.map(
                lambda one: words.scored(one[0].ask, asked, rare, together, one[1], limit, only), each
            )
            return [row for rows in found for row in rows]

        return words.in_turn(asked, together, limit, score)

    def local(self, filters: Filters) -> Filters:
        """The same filters, as one shard can hold them: where links count, as the documents that they allow."""
        condition, values = filters.where()
        if not statements.ACROSS.search(condition):
            return filters
        sql = f"select d.id from document d join source s on s.id = d.source_id where {condition}"
        return Allowed(after=filters.after, numbers=tuple(number for (number,) in self.execute(sql, values)))

    def holding(self, match: str, limit: int, author: str = "") -> list[int]:
        found = self.each(lambda db: db.holding(match, limit, author))
        return sorted({number for numbers in found for number in numbers})[:limit]

    def frequencies(self, terms: Sequence[str]) -> dict[str, int]:
        found: dict[str, int] = {}
        for one in self.each(lambda db: db.frequencies(terms)):
            for term, count in one.items():
                found[term] = found.get(term, 0) + count
        return found

    def tokens(self, text: str) -> list[tuple[str, str]]:
        return self.first.tokens(text)

    def compounds(self, stems: Sequence[str]) -> list[tuple[str, str]]:
        return self.first.compounds(stems)

    # -- chores -------------------------------------------------------------------------------------------------------

    def passages(self) -> int:
        return sum(self.each(Postgres.passages))

    def last_passage(self) -> int:
        return max(self.each(Postgres.last_passage))

    def tables(self) -> dict[str, str]:
        return self.first.tables()

    def columns(self, table: str) -> list[tuple[str, str]]:
        return self.first.columns(table)

    def counters(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for one in self.each(Postgres.counters):
            for table, last in one.items():
                found[table] = max(last, found.get(table, 0))
        return found

    def count_from(self, counters: Mapping[str, int]) -> None:
        for db in self.parts:
            db.count_from(counters)

    def unfit(self, text: str) -> str:
        return self.first.unfit(text)

    def size(self) -> int:
        return sum(self.each(Postgres.size))

    def map(self) -> None: ...

    def close(self) -> None:
        for db in self.parts:
            db.close()
        self._pool.shutdown()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def best(found: Iterable[Sequence[tuple[int, float]]], limit: int) -> list[tuple[int, float]]:
    """One ranking of those of all shards: best first, ties by number."""
    scores = {number: score for ranked in found for number, score in ranked}
    return sorted(scores.items(), key=lambda entry: (-entry[1], entry[0]))[:limit]


def _hashes(entries: Sequence[Entry]) -> set[str]:
    """Of all vectors that these documents need."""
    found = {entry.title_hash for entry in entries if entry.title_hash}
    for chunk in (chunk for entry in entries for chunk in entry.chunks):
        found.update(window[2] for window in chunk.windows) if chunk.windows else found.add(chunk.hash)
    return found


def _down(error: DatabaseError, *, partial: bool) -> DatabaseError:
    if partial:
        return DatabaseError(error.message, "The first shard has the settings and answers: start it.")
    if error.hint.startswith(connecting.NEW):
        return DatabaseError(error.message, "Is it the right address? One more server is taken in by: rag shards add")
    more = "To do without it where one only asks: --partial"
    return DatabaseError(error.message, f"{error.hint.rstrip('.')}. {more}" if error.hint else more)
