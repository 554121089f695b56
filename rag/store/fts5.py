"""The full text index of SQLite: passages by BM25, how often a word stands, the tokenizer that every engine uses."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any
from weakref import WeakKeyDictionary

import apsw

from rag.store import rarity
from rag.store.conditions import Values
from rag.store.filters import Filters

TOKENIZER = ["unicode61", "remove_diacritics", "2", "categories", "L* N* Co M*"]  # under porter; as in migrations

K1, B = 1.2, 0.75  # of FTS5's BM25
INSERTS = "passage_fts_insert"  # the trigger
TERMS = 10_000  # whose frequencies are remembered
_counted: WeakKeyDictionary[apsw.Connection, tuple[tuple[int, int], dict[str, int]]] = WeakKeyDictionary()


def by_words(
    connection: apsw.Connection, match: str, limit: int, filters: Filters, weights: Sequence[float]
) -> list[tuple[int, float]]:
    """
    (passage id, BM25 score: larger is better), best first. `match` is an FTS5 expression: strings with OR between them.

    Where the words stand in very many passages, those that hold one of the rarer words are scored (`rarity`), and what
    the commonest add is counted in the texts of the best.
    """
    allowed = _allowed(connection, filters)
    few = allowed is not None and allowed.count <= rarity.POSTINGS  # no more are scored

    def add(expressions: Sequence[str]) -> list[tuple[int, float]]:
        for expression in expressions:
            for number, score in _scored(connection, expression, limit, allowed, weights):
                found[number] = max(score, found.get(number, score))  # the largest is by all strings
        return sorted(found.items(), key=lambda entry: (-entry[1], entry[0]))[:limit]

    strings, counts, total = ([match], {}, 0) if few else _counts(connection, match)
    idle = rarity.idle(counts, total)
    strings, known = [s for s in strings if s not in idle], {s: counts[s] for s in counts if s not in idle}
    for part in [rarity.Division(strings)] if few else rarity.divisions(strings, known, total):
        found: dict[int, float] = {}
        rare = " OR ".join(part.rare)
        common = [f"({rare}) AND ({' OR '.join(part.common)})"] if part.common else []
        whole = [" OR ".join(part.whole)] if part.whole else []
        ranked = add([*common, *_pairs(part.rare), *whole]) if part.alone else []
        if left := part.left(ranked, limit):
            ranked = add([" OR ".join(left), *([] if part.alone else common)])
        if part.enough(ranked):
            break
    return _more(connection, ranked, {string: counts[string] for string in idle}, weights) if idle else ranked


def _pairs(strings: Sequence[str]) -> list[str]:
    """Expressions for what holds two of the strings: each with those after it, so that none is in one twice."""
    return [f"({strings[n]}) AND ({' OR '.join(strings[n + 1 :])})" for n in range(len(strings) - 1)]


@dataclass(frozen=True, slots=True)
class _Allowed:
    """The passages that may be found, as a subquery; how many they are, and between which numbers."""

    subquery: str
    values: Values
    count: int
    low: int
    high: int


def _allowed(connection: apsw.Connection, filters: Filters) -> _Allowed | None:
    """None: all may be found."""
    subquery, values = filters.ids()
    if not subquery:
        return None
    sql = f"select count(*), coalesce(min(id), 0), coalesce(max(id), 0) from ({subquery})"
    ((count, low, high),) = connection.execute(sql, values)
    return _Allowed(subquery, values, count, low, high)


def _scored(
    connection: apsw.Connection, match: str, limit: int, allowed: _Allowed | None, weights: Sequence[float]
) -> list[tuple[int, float]]:
    only = ""
    values: Values = {}
    if allowed is not None:
        # The plus: the words are looked up once and what they find is checked, not once for each passage that may be
        # found; but the words are looked up from the first of these to the last.
        only = f"and rowid between :low and :high and +rowid in ({allowed.subquery})"
        values = {**allowed.values, "low": allowed.low, "high": allowed.high}
    numbers = "".join(f", {float(weight)}" for weight in weights)
    return list(
        connection.execute(
            f"select rowid, -bm25(passage_fts{numbers}) as score from passage_fts"
            f" where passage_fts match :match {only} order by score desc, rowid limit :limit",
            {**values, "match": match, "limit": limit},
        )
    )


def _counts(connection: apsw.Connection, match: str) -> tuple[list[str], dict[str, int], int]:
    """An expression's strings; in how many passages those that are words stand, if it may matter; of how many."""
    strings, total = rarity.STRING.findall(match), rows(connection)
    counts: dict[str, int] = {}
    if len(strings) > 1 and total > rarity.POSTINGS:
        terms = {string: _terms(connection, string) for string in strings}
        single = {s: terms[s][0] for s in strings if len(terms[s]) == 1 and not s.endswith("*")}
        found = frequencies(connection, list(single.values()))
        counts = {string: found.get(term, 0) for string, term in single.items()}
    return strings, counts, total


def _terms(connection: apsw.Connection, string: str) -> list[str]:
    return [term for _, term in tokens(connection, string.rstrip("*")[1:-1].replace('""', '"'))]


def _more(
    connection: apsw.Connection, ranked: Sequence[tuple[int, float]], counts: dict[str, int], weights: Sequence[float]
) -> list[tuple[int, float]]:
    """Add to BM25 scores what these words add, counted in the texts of the passages."""
    passages, *sizes = _averages(connection)
    mean = sum(sizes) / passages
    rare = {
        _terms(connection, string)[0]: max(math.log((passages - count + 0.5) / (count + 0.5)), 1e-6)
        for string, count in counts.items()
    }
    tokenizer = connection.fts5_tokenizer("porter", TOKENIZER)
    added = dict(ranked)
    columns = "id, title, heading, text, identifiers"
    for number, *texts in connection.execute(
        f"select {columns} from passage_searched where id in (select value from json_each(?))",
        (json.dumps(list(added)),),
    ):
        words: list[Any] = [
            tokenizer(text.encode("utf-8", "replace"), 1, None, include_offsets=False, include_colocated=False)
            for text in texts
        ]
        norm = K1 * (1 - B + B * sum(map(len, words)) / mean)
        for term, rarity_of in rare.items():
            often = sum(weight * found.count(term) for weight, found in zip(weights, words, strict=True))
            added[number] += rarity_of * often * (K1 + 1) / (often + norm)
    return sorted(added.items(), key=lambda entry: (-entry[1], entry[0]))


def holding(connection: apsw.Connection, match: str, limit: int, author: str) -> list[int]:
    """Passages that fit an FTS5 expression, in the order of their numbers; of this author's documents, if named."""
    by = "join passage p on p.id = f.rowid join document d on d.id = p.document_id and d.author = :author"
    rows = connection.execute(
        f"select f.rowid from passage_fts f {by if author else ''} where passage_fts match :match limit :limit",
        {"match": match, "limit": limit, "author": author},
    )
    return [number for (number,) in rows]


def rows(connection: apsw.Connection) -> int:
    """How many passages are indexed."""
    return next(iter(_averages(connection)), 0)


def _averages(connection: apsw.Connection) -> list[int]:
    """FTS5's record of averages: how many rows, how many tokens in each column; varints, so that nothing is counted."""
    found, value = [], 0
    for (block,) in connection.execute("select block from passage_fts_data where id = 1"):
        for byte in block:
            value = value << 7 | byte & 127
            if byte < 128:
                found.append(value)
                value = 0
    return found


def frequencies(connection: apsw.Connection, terms: Sequence[str]) -> dict[str, int]:
    """
    term (as the tokenizer writes it) -> in how many passages it stands.

    They are asked for twice a question, and looked up once while nothing changes; not in a transaction, which may be
    taken back.
    """
    state = (connection.pragma("data_version"), connection.total_changes())
    counted = _counted.get(connection)
    if counted is None or counted[0] != state or connection.in_transaction or len(counted[1]) > TERMS:
        counted = (state, {})
    if not connection.in_transaction:
        _counted[connection] = counted
    if unknown := [term for term in terms if term not in counted[1]]:
        connection.execute(
            "create virtual table if not exists temp.passage_terms using fts5vocab(main, passage_fts, row)"
        )
        found = dict(
            connection.execute(
                "select term, doc from temp.passage_terms where term in (select value from json_each(?))",
                (json.dumps(unknown),),
            )
        )
        counted[1].update({term: found.get(term, 0) for term in unknown})
    return {term: count for term in terms if (count := counted[1][term])}


def tokens(connection: apsw.Connection, text: str) -> list[tuple[str, str]]:
    """(word, its term as the index stores it: stemmed) of every word of a folded text, in order."""
    raw = text.encode("utf-8", "replace")
    tokenizer = connection.fts5_tokenizer("porter", TOKENIZER)
    found: Iterable[Any] = tokenizer(raw, 1, None, include_colocated=False)
    return [(raw[start:end].decode("utf-8", "replace"), term) for start, end, term in found]


def terms(text: str) -> list[str]:
    """The terms alone, by a connection to nothing."""
    found: list[str] = _alone()(
        text.encode("utf-8", "replace"), 1, None, include_offsets=False, include_colocated=False
    )
    return found


@cache
def _alone() -> Any:
    return alone().fts5_tokenizer("porter", TOKENIZER)


@cache
def alone() -> apsw.Connection:
    """A connection to nothing, for the tokenizer of engines that have none."""
    return apsw.Connection(":memory:")


@contextmanager
def gathered(connection: apsw.Connection) -> Iterator[None]:
    """
    The words of passages that are new are written together at the end of the block, in a transaction of the caller's.

    By the trigger FTS5 makes a part of its own for each passage, and merges them: before each statement that could be
    undone alone, as one with a trigger can, it writes what it has gathered. A passage of the block must stay as it is.
    """
    made = connection.execute("select sql from sqlite_schema where type = 'trigger' and name = ?", (INSERTS,)).get
    last = connection.execute("select seq from sqlite_sequence where name = 'passage'").get
    if made is None:  # another program took it away: doctor mends all of it
        yield
        return
    connection.execute(f"drop trigger {INSERTS}")
    yield
    connection.execute(
        "insert into passage_fts(rowid, title, heading, text, identifiers)"
        " select id, title, heading, text, identifiers from passage_searched where id > ? order by id",
        (last or 0,),
    )
    connection.execute(made)


def compounds(connection: apsw.Connection, stems: Sequence[str]) -> list[tuple[str, str]]:
    """(word, stem) of the words written together in which one of the stems stands."""
    return list(
        connection.execute(
            "select c.word, s.value from json_each(?) s cross join compound c where instr(c.word, s.value)",
            (json.dumps(list(stems)),),
        )
    )
