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
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

from rag.store import fts5
from rag.store.engine import Row
from rag.store.filters import Filters

K1, B = 1.2, 0.75
WEIGHTS = (2.0, 1.5, 1.0, 0.5)  # of title, heading, text, identifiers: what `frequency` was made with
STRING = re.compile(r'"((?:[^"]|"")*)"(\s*\*)?')
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
class Counts:
    """What the scores of an expression are made of beside the passages: those of several engines are added."""

    passages: int = 0
    length: int = 0  # of all passages, in terms
    terms: Mapping[str, int] = field(default_factory=dict)  # term asked for -> in how many passages it stands
    phrases: tuple[int, ...] = ()  # the same of each phrase

    def __add__(self, other: Counts) -> Counts:
        terms = {term: self.terms.get(term, 0) + other.terms.get(term, 0) for term in {*self.terms, *other.terms}}
        phrases = tuple(map(sum, zip_longest(self.phrases, other.phrases, fillvalue=0)))
        return Counts(self.passages + other.passages, self.length + other.length, terms, phrases)


Held = Sequence[Mapping[int, float]]  # for each phrase: passage -> how often it stands there, weighted


def ranked(ask: Ask, match: str, limit: int, filters: Filters, weights: Sequence[float]) -> list[tuple[int, float]]:
    """See `Store.by_words`."""
    assert tuple(weights) in ((), WEIGHTS)
    counts, held = counted(ask, match)
    return scored(ask, match, counts, held, limit, filters)


def counted(ask: Ask, match: str) -> tuple[Counts, Held]:
    """What an expression's scores are made of on this engine, and where its phrases stand."""
    ((passages, length),) = ask("select passages, terms from total")
    terms, phrases = _strings(match)
    counts: dict[Any, Any] = (
        dict(ask("select term, passages from term where term = any (%s)", (terms,))) if terms and passages else {}
    )
    held = [_holding(ask, phrase, prefix) if passages else {} for phrase, prefix in phrases]
    return Counts(passages, length, counts, tuple(map(len, held))), held


def scored(ask: Ask, match: str, counts: Counts, held: Held, limit: int, filters: Filters) -> list[tuple[int, float]]:
    """The passages of this engine, best first, by `counts` of all engines and what is `held` on this one."""
    if not counts.passages:
        return []
    terms, _ = _strings(match)
    asked = [(term, _idf(counts.passages, counts.terms[term])) for term in terms if counts.terms.get(term)]
    mean = counts.length / counts.passages
    subquery, values = filters.ids()
    only = f"and id = any (array({named(subquery)}))" if subquery else ""
    if not any(held):
        return _best(ask, asked, mean, limit, only, values)
    scores = dict(_best(ask, asked, mean, 1 << 40, only, values))
    numbers = list({number for holders in held for number in holders})
    sql = f"select id, length from words where id = any (%(numbers)s) {only}"
    lengths: dict[Any, Any] = dict(ask(sql, {**lists(values), "numbers": numbers}))
    for holders, holding in zip(held, counts.phrases, strict=True):
        idf = _idf(counts.passages, holding)
        for number, frequency in holders.items():
            if number in lengths:
                norm = K1 * (1 - B + B * lengths[number] / mean)
                scores[number] = scores.get(number, 0.0) + idf * frequency * (K1 + 1) / (frequency + norm)
    return sorted(scores.items(), key=lambda entry: (-entry[1], entry[0]))[:limit]


def _strings(match: str) -> tuple[list[str], list[tuple[tuple[str, ...], bool]]]:
    """The single terms of an expression, and its (terms of a phrase, is it a prefix)."""
    terms: list[str] = []
    phrases: list[tuple[tuple[str, ...], bool]] = []
    for string, prefix in STRING.findall(match):
        found = tuple(term for _, term in fts5.tokens(fts5.alone(), string.replace('""', '"')))
        if len(found) == 1 and not prefix:
            terms.append(found[0])
        elif found:
            phrases.append((found, bool(prefix)))
    return terms, phrases


def holding(ask: Ask, match: str, limit: int, author: str) -> list[int]:
    """See `Store.holding`."""
    terms, phrases = _strings(match)
    every = [*terms, *(term for phrase, prefix in phrases for term in (phrase[:-1] if prefix else phrase))]
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


def _best(
    ask: Ask, asked: Sequence[tuple[str, float]], mean: float, limit: int, only: str, values: dict[str, Any]
) -> list[tuple[int, float]]:
    """The passages with any of the terms, scored where they lie."""
    if not asked:
        return []
    given = lists(values) | {"limit": limit, "terms": list(dict.fromkeys(term for term, _ in asked))}
    parts = []
    for place, (term, idf) in enumerate(asked):
        given[f"t{place}"] = term
        weight = idf * (K1 + 1)
        parts.append(f"coalesce({weight!r} / (1 + norm / ((frequency -> %(t{place})s)::float8 / 2)), 0)")
    return [
        (number, score)
        for number, score in ask(
            f"select id, {' + '.join(parts)} as score from (select id, frequency,"
            f" {K1!r} * ({1 - B!r} + {B!r} * length / {mean!r}) as norm"
            f" from words where frequency ?| %(terms)s {only} offset 0) w order by score desc, id limit %(limit)s",
            given,
        )
    ]


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
