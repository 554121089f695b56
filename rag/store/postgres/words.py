"""
Passages by words on a server, scored by BM25 as SQLite's FTS5 scores them, from what is stored: the same numbers.

score = sum over the words and phrases asked for of  idf · f · (k1 + 1) / (f + k1 · (1 - b + b · length / mean length)),
f how often it stands in the passage, each place weighted by its field, idf = ln((N - n + ½) / (n + ½)), at least 1e-6
(Robertson, Zaragoza 2009, "The probabilistic relevance framework"; constants of FTS5: k1 = 1.2, b = 0.75).
The terms of a passage are in `words.frequency` (JSON: term -> 2 f) under an index that says which passages hold one;
phrases are looked for in `words.stream`, where each term has a space on both sides and "|" parts the four fields.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

from rag.store import fts5, rarity
from rag.store.engine import Row
from rag.store.filters import Filters

K1, B = 1.2, 0.75
WEIGHTS = (2.0, 1.5, 1.0, 0.5)  # of title, heading, text, identifiers: what `frequency` was made with
LISTS = ("sources", "documents")  # values that are JSON lists, of which one must be one
Ask = Callable[..., list[Row]]


def row(number: int, fields: Sequence[str]) -> tuple[int, int, str, str]:
    """(id, length, frequency, stream) of a passage: of its title, heading, text and identifiers, folded."""
    counted: dict[str, int] = {}
    streams, length = [], 0
    for text, weight in zip(fields, WEIGHTS, strict=True):
        terms = fts5.terms(text) if text else []
        length += len(terms)
        for term, times in Counter(terms).items():
            counted[term] = counted.get(term, 0) + times * int(2 * weight)
        streams.append(spaced(terms))
    return number, length, json.dumps(counted, ensure_ascii=False), "|".join(streams)


def spaced(terms: Sequence[str]) -> str:
    """Each with a space on both sides, so that those of two neighbours touch."""
    return "".join(f" {term} " for term in terms)


@dataclass(frozen=True, slots=True)
class String:
    """One of an expression: its terms; whether it is the beginning of a word."""

    text: str
    terms: tuple[str, ...]
    prefix: bool

    @property
    def single(self) -> bool:
        return len(self.terms) == 1 and not self.prefix


@dataclass(frozen=True, slots=True)
class Counts:
    """What the scores of an expression are made of beside the passages: those of several engines are added."""

    passages: int = 0
    length: int = 0  # of all passages, in terms
    terms: Mapping[str, int] = field(default_factory=dict)  # term asked for -> in how many passages it stands
    phrases: tuple[int, ...] = ()  # the same of each phrase
    allowed: int = 0  # passages that filters leave, counted up to some more than are scored

    def __add__(self, other: Counts) -> Counts:
        terms = {term: self.terms.get(term, 0) + other.terms.get(term, 0) for term in {*self.terms, *other.terms}}
        phrases = tuple(map(sum, zip_longest(self.phrases, other.phrases, fillvalue=0)))
        return Counts(
            self.passages + other.passages, self.length + other.length, terms, phrases, self.allowed + other.allowed
        )


Held = Sequence[Mapping[int, float]]  # for each phrase: passage -> how often it stands there, weighted
Ranked = list[tuple[int, float]]
Rows = Sequence[tuple[int, float, str]]  # passage, score, the word if it holds one alone


def ranked(ask: Ask, match: str, limit: int, filters: Filters, weights: Sequence[float]) -> Ranked:
    """See `Store.by_words`."""
    assert tuple(weights) in ((), WEIGHTS)
    asked = strings(match)
    counts, held = counted(ask, asked, filters)
    return in_turn(asked, counts, limit, lambda rare: scored(ask, asked, rare, counts, held, limit, filters))


def in_turn(asked: Sequence[String], counts: Counts, limit: int, score: Callable[[Collection[str]], Rows]) -> Ranked:
    """The ranking of what `score` finds of the passages with one of the rare strings; of as few as is enough."""
    names = [one.text for one in asked]
    known = {one.text: counts.terms.get(one.terms[0], 0) for one in asked if one.single}
    few = counts.allowed <= rarity.POSTINGS  # no more are scored
    found: Ranked = []
    for part in [rarity.Division(names)] if few else rarity.divisions(names, known, counts.passages):
        rows = sorted(score(part.rare), key=lambda row: (-row[1], row[0]))
        found = [(number, score) for number, score, word in rows if not word][:limit] if part.alone else []
        if left := part.left(found, limit):
            found = [(number, score) for number, score, word in rows if not word or word in left][:limit]
        if part.enough(found):
            break
    return found


def counted(ask: Ask, asked: Sequence[String], filters: Filters) -> tuple[Counts, Held]:
    """What an expression's scores are made of on this engine, and where its phrases stand."""
    terms = [one.terms[0] for one in asked if one.single]
    rows = ask(
        "select null, passages, terms from total union all select term, passages, null from term where term = any (%s)",
        (terms,),
    )
    ((_, passages, length),) = (row for row in rows if row[0] is None)
    held = [_holding(ask, one.terms, one.prefix) if passages else {} for one in asked if not one.single]
    counts: dict[Any, Any] = {term: count for term, count, _ in rows if term is not None and passages}
    return Counts(passages, length, counts, tuple(map(len, held)), _allowed(ask, filters, passages)), held


def _allowed(ask: Ask, filters: Filters, passages: int) -> int:
    subquery, values = filters.ids()
    if not subquery:
        return int(passages)
    most = rarity.POSTINGS + 1
    ((count,),) = ask(f"select count(*) from ({named(subquery)} limit {most}) x", lists(values))
    return int(count)


def scored(
    ask: Ask,
    asked: Sequence[String],
    rare: Collection[str],
    counts: Counts,
    held: Held,
    limit: int,
    filters: Filters,
) -> Rows:
    """
    Of the passages of this engine with one of the `rare` strings those that score best by all of them, by `counts` of
    all engines and what is `held` on this one: `limit` of those with each word alone, and of the others.
    """
    if not counts.passages:
        return []
    single = [one for one in asked if one.single and counts.terms.get(one.terms[0])]
    weights = [(one.terms[0], _idf(counts.passages, counts.terms[one.terms[0]])) for one in single]
    mean = counts.length / counts.passages
    subquery, values = filters.ids()
    only = f"and id = any (array({named(subquery)}))" if subquery else ""
    having = {"having": list(dict.fromkeys(one.terms[0] for one in single if one.text in rare))}
    best = _scored(ask, weights, mean, limit, f"frequency ?| %(having)s {only}", lists(values) | having)
    words = ["", *(one.text for one in single)]
    found = {number: (number, score, words[place]) for number, score, _, place in best if having["having"]}
    if not any(held):
        return list(found.values())
    numbers = {"numbers": list({number for holders in held for number in holders})}
    for number, score, norm, _ in _scored(
        ask, weights, mean, None, f"id = any (%(numbers)s) {only}", lists(values) | numbers
    ):
        for holders, holding in zip(held, counts.phrases, strict=True):
            if frequency := holders.get(number):
                score += _idf(counts.passages, holding) * frequency * (K1 + 1) / (frequency + norm)
        found[number] = number, score, ""
    return list(found.values())


def strings(match: str) -> list[String]:
    """The strings of an expression that have a term at all."""
    found = []
    for text in rarity.STRING.findall(match):
        written = text.rstrip("*")[1:-1].replace('""', '"')
        terms = tuple(term for _, term in fts5.tokens(fts5.alone(), written))
        if terms:
            found.append(String(text, terms, text.endswith("*")))
    return found


def holding(ask: Ask, match: str, limit: int, author: str) -> list[int]:
    """See `Store.holding`."""
    asked = strings(match)
    phrases = [(one.terms, one.prefix) for one in asked if not one.single]
    every = [term for one in asked for term in (one.terms[:-1] if one.prefix else one.terms)]
    given: dict[str, Any] = {"terms": list(dict.fromkeys(every)), "limit": limit, "author": author}
    parts = ["w.frequency ?& %(terms)s"] if every else []
    for place, (phrase, prefix) in enumerate(phrases):
        given[f"p{place}"] = _like(_text(phrase, prefix))
        parts.append(f"w.stream like %(p{place})s")
    by = "join passage p on p.id = w.id join document d on d.id = p.document_id and d.author = %(author)s"
    if not parts:
        return []
    rows = ask(
        f"select w.id from words w {by if author else ''} where {' and '.join(parts)} order by w.id limit %(limit)s",
        given,
    )
    return [number for (number,) in rows]


def _idf(passages: int, holding: int) -> float:
    return max(math.log((passages - holding + 0.5) / (holding + 0.5)), 0.0) or 1e-6


def named(subquery: str) -> str:
    """A subquery of `Filters` with the placeholders of psycopg."""
    return re.sub(
        r":(\w+)", r"%(\1)s", re.sub(r"in \(select value from json_each\((:\w+)\)\)", r"= any (\1)", subquery)
    )


def lists(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of `Filters` as psycopg takes them."""
    return {name: json.loads(value) if name in LISTS else value for name, value in values.items()}


def _scored(
    ask: Ask, weights: Sequence[tuple[str, float]], mean: float, limit: int | None, where: str, values: dict[str, Any]
) -> list[tuple[int, float, float, int]]:
    """
    (passage, score by single terms, norm of its length, which term it holds alone, from 1 on, or 0) of those that
    `where` allows, scored where they lie: `limit` of those with each term alone, and of the others.
    """
    given = {**values, "limit": limit}
    parts, terms, places = ["0"], ["0"], ["0"]
    for place, (term, idf) in enumerate(weights):
        given[f"t{place}"] = term
        # in halves, as they are stored, because a server makes whole numbers of JSON many times faster than others
        parts.append(f"coalesce({idf * (K1 + 1)!r} / (1 + 2 * norm / (frequency -> %(t{place})s)::int4), 0)")
        terms.append(f"(frequency ? %(t{place})s)::int4")
        places.append(f"{place + 1} * {terms[-1]}")
    best = "(select * from scored where alone = {} order by score desc, id limit %(limit)s)"
    rows = ask(
        f"with scored as materialized (select id, ({' + '.join(parts)})::float8 as score, norm,"
        f" case when {' + '.join(terms)} > 1 then 0 else {' + '.join(places)} end as alone from (select id, frequency,"
        f" ({K1!r} * ({1 - B!r} + {B!r} * length / {mean!r}))::float8 as norm from words where {where} offset 0) w) "
        + " union all ".join(best.format(place) for place in range(len(weights) + 1)),
        given,
    )
    return [(number, score, norm, alone) for number, score, norm, alone in rows]


def _holding(ask: Ask, phrase: tuple[str, ...], prefix: bool) -> dict[int, float]:
    """passage -> how often it holds a phrase, weighted; the last term of a `prefix` may go on."""
    whole = phrase[:-1] if prefix else phrase
    text = _text(phrase, prefix)
    has = "frequency ?& %(terms)s and" if whole else ""
    rows = ask(
        f"select id, stream from words where {has} stream like %(like)s",
        {"terms": list(dict.fromkeys(whole)), "like": _like(text)},
    )
    return {number: _times(stream, text) for number, stream in rows}


def _text(phrase: Sequence[str], prefix: bool) -> str:
    """What a stream that holds the phrase has in it."""
    return spaced(phrase)[:-1] if prefix else spaced(phrase)


def _like(text: str) -> str:
    return "%" + text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"


def _times(stream: str, text: str) -> float:
    """Every place in every field counts, those that overlap, too."""
    found = 0.0
    for part, weight in zip(stream.split("|"), WEIGHTS, strict=True):
        at = part.find(text)
        while at >= 0:
            found += weight
            at = part.find(text, at + 1)
    return found
