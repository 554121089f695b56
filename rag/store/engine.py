"""
What an engine must do to hold an index: `Store`. SQLite is one (`database.py`), PostgreSQL another (`postgres/`).

The tables are the same on every engine, and so is the SQL over them, in the dialect that `execute` takes: SQLite's, of
which only what the standard has too may be used. What engines do each in their own way stands here as a method, or is
chosen by `engines.py`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any, Protocol, Self

from rag.errors import DatabaseError
from rag.files import typed
from rag.store.filters import Filters

Row = tuple[Any, ...]
Values = Sequence[Any] | Mapping[str, Any]


def now() -> str:
    """The present second, UTC, ISO 8601."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Store(Protocol):
    """
    An index that is open. Close it when done; it is used by one thread at a time.

    Every method raises DatabaseError when the engine cannot do it: locked, full, damaged, not reachable any more.
    """

    @property
    def path(self) -> Any:
        """As one names it after -d, without any password."""

    @property
    def passage_text(self) -> str:
        """The column of `passage` that takes a text which is loaded; `passage_whole` gives it in any case."""

    @property
    def writable(self) -> bool:
        """Whether it can be written where it lies, as far as was known when it was opened."""

    # -- rows ---------------------------------------------------------------------------------------------------------

    def execute(self, sql: str, values: Values = ()) -> Iterator[Row]:
        """Run one statement, now, with values for its `?` or `:name`; iterate the result for its rows."""

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run one statement for each of the rows of values."""

    def run(self, sql: str, values: Values = ()) -> int:
        """Run one statement; how many rows it changed."""

    def insert(self, sql: str, values: Values = ()) -> int:
        """Insert one row; the `id` that it was given."""

    def one(self, sql: str, values: Values = ()) -> Row | None:
        """The first row, or None."""

    def value(self, sql: str, values: Values = ()) -> Any:
        """The first column of the first row, or None."""

    def transaction(self) -> AbstractContextManager[None]:
        """All of the block or nothing, and nobody else writes meanwhile. Inside another it is a part of that one."""

    def load(self, table: str, columns: str, rows: Iterable[Sequence[Any]]) -> int:
        """Write many rows as they are, with their numbers; how many."""

    # -- what the index remembers -------------------------------------------------------------------------------------

    def setting(self, key: str, default: Any = None) -> Any:
        """What the index remembers of how it was built (JSON)."""

    def remember(self, key: str, value: Any) -> None: ...

    def parsed(self, text: str) -> Any:
        """JSON that this program wrote. Raises DatabaseError if it is damaged."""

    def changed(self) -> None:
        """The content is another: what was made from it lags behind from now on."""

    def doctor(self, flag: str = "") -> str:
        """The hint to look, or to mend."""

    # -- one at a time ------------------------------------------------------------------------------------------------

    def writer(self, source: str = "") -> AbstractContextManager[None]:
        """
        Hold a source, or all of the index, for a long write; an engine for one writer holds all of it.

        A second writer gets a DatabaseError at once.
        """

    def claim(self, suffix: str, number: int) -> AbstractContextManager[bool]:
        """Hold one of many things, named by a suffix and a number; False if another process has it."""

    def alone(self) -> bool:
        """Whether nobody else holds a source for a long write; the caller does, or holds all."""

    # -- words --------------------------------------------------------------------------------------------------------

    def by_words(self, match: str, limit: int, filters: Filters, weights: Sequence[float]) -> list[tuple[int, float]]:
        """
        (passage id, BM25 score: larger is better), best first, ties by id; the same scores on every engine.
        Where its words stand in very many passages, an engine may leave out some that hold only the commonest of them.

        `weights` are of title, heading, text, identifiers; none: the engine's own. `match` is strings in double quotes,
        each a word, or a phrase, or with `*` behind it a prefix, with OR between them.
        """

    def holding(self, match: str, limit: int, author: str = "") -> list[int]:
        """
        Passages that hold all strings of `match`, which has AND between them, in the order of their numbers; of this
        author's documents only, if one is named.
        """

    def frequencies(self, terms: Sequence[str]) -> dict[str, int]:
        """term (as the tokenizer writes it) -> in how many passages it stands, those that stand in none left out."""

    def tokens(self, text: str) -> list[tuple[str, str]]:
        """(word, its term as the index stores it: stemmed) of every word of a folded text, in order."""

    def compounds(self, stems: Sequence[str]) -> list[tuple[str, str]]:
        """(word, stem) of the words written together, kept for this, in which one of the stems stands."""

    # -- chores -------------------------------------------------------------------------------------------------------

    def passages(self) -> int:
        """How many passages can be found by words; for every question, so it is not counted."""

    def last_passage(self) -> int:
        """The number of the newest passage; numbers are never given twice."""

    def tables(self) -> dict[str, str]:
        """Every table that is there, by its name in lower case."""

    def columns(self, table: str) -> list[tuple[str, str]]:
        """(name, type) of the columns of a table that a job made."""

    def counters(self) -> dict[str, int]:
        """table -> the last number that was given in it, for the tables that never give one twice."""

    def count_from(self, counters: Mapping[str, int]) -> None:
        """Go on after these numbers, and after those that are there."""

    def unfit(self, text: str) -> str:
        """Why the engine cannot keep a text of whole characters; "" if it can."""

    def size(self) -> int:
        """Bytes that the index takes."""

    def map(self) -> None:
        """It is going to be read from end to end, by this process alone."""

    def close(self) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


Progress = Callable[[int, int], None]  # documents done, of how many


class Settings:
    """What every engine does alike with the JSON that an index remembers."""

    path: Any
    passage_text = "text"
    writable = True  # as far as is known when it is opened

    def value(self, sql: str, values: Any = ()) -> Any:
        """The first value of a query's first row; the engine's own."""
        raise NotImplementedError

    def setting(self, key: str, default: Any = None) -> Any:
        """What the index remembers of how it was built (JSON)."""
        text = self.value("select value from setting where key = ?", (key,))
        return default if text is None else self.parsed(text)

    def parsed(self, text: str) -> Any:
        """JSON that this program wrote. Raises DatabaseError if it is damaged."""
        try:
            return json.loads(text)
        except (ValueError, TypeError, RecursionError) as error:
            raise DatabaseError(f"{self.path} holds JSON that is damaged: {error}", self.doctor()) from error

    def doctor(self, flag: str = "") -> str:
        """The hint to look, or to mend."""
        return f"See what is damaged: rag doctor {flag + ' ' if flag else ''}-d {typed(self.path)}"


class Neighbours(Protocol):
    """Nearest passages of one index and model. Close it when done."""

    def nearest(self, vector: Any, k: int, filters: Filters = ..., *, exact: bool = False) -> list[tuple[int, float]]:
        """(passage id, cosine of its nearest window), best first, ties by id. `vector` is float32 of unit length."""

    @property
    def behind(self) -> int:
        """Documents that the last question had to compare one by one; 0 where there is nothing to catch up."""

    def catch_up(self, progress: Progress | None = None) -> int:
        """Take in what changed; how many documents. Stopped at any moment, the next call goes on."""

    def optimize(self, progress: Progress | None = None) -> None:
        """Make it small and quick again."""

    def rebuild(self, progress: Progress | None = None) -> None:
        """Make it anew from the vectors that are stored."""

    def described(self) -> dict[str, Any]:
        """What is known of it: rows, bytes, cells, probes, recall, wanted; {} if there is none."""

    def close(self) -> None: ...
