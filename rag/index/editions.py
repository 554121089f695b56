"""
What other editions of the documents found first say of the same, and what errata say of them.

The edition that holds may be worded otherwise, and so not be found, or too low. Its title is that of the other but for
version and year: it is looked for as a phrase.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import islice

from rag import editions, folding, messages, ranking
from rag.store import Store, documents
from rag.types import Document, Hit, Passage, Via

FIRST = 6  # passages whose documents may have other editions
WORKS = 3  # documents that are looked for, of the first ones
MOST = 6  # other editions of each, and errata
AROUND = 40  # passages of another edition, before and after the one that was found
SHARE = 0.95  # of the score of a passage, which has what another edition says of the same
COMMON = 2000  # passages with a title of one word, above which it is not looked for
ALIKE = 0.35  # of the words of two passages, of the shorter, that are on one matter
ERRATA = 3  # passages of errata, the first
WORD = re.compile(r"[^\W\d_]{3,}")
Find = Callable[[str], Sequence[int]]  # passages that hold a phrase, by their numbers


def with_editions(db: Store, hits: Sequence[Hit], find: Find) -> list[Hit]:
    """The hits, and below them what other editions say of the same, with `via["edition"]` and a score near theirs."""
    first: dict[tuple[str, str], Document] = {}
    for hit in hits[:FIRST]:
        document = hit.passage.document
        if not messages.is_message(document) and len(first) < WORKS:
            first.setdefault((document.source, document.key), document)
    found: dict[int, tuple[float, Passage]] = {}
    for origin, document in first.items():
        own = [hit for hit in hits[:FIRST] if (hit.passage.document.source, hit.passage.document.key) == origin]
        for other in _others(db, document, find):
            for hit in own:
                errata = editions.amends(other[0].document, document)
                for passage in other[:ERRATA] if errata else _like(hit.passage, other):
                    score = 0.0 if errata else SHARE * hit.score
                    found[passage.id] = max(score, found[passage.id][0] if passage.id in found else 0.0), passage
    known = {hit.passage.id for hit in hits}
    made = [_raised(hit, found[hit.passage.id][0]) if hit.passage.id in found else hit for hit in hits]
    more = sorted((one for number, one in found.items() if number not in known), key=_score, reverse=True)
    return [
        *made,
        *(Hit(passage, score, {"edition": Via(rank, score)}) for rank, (score, passage) in enumerate(more, 1)),
    ]


def _score(one: tuple[float, Passage]) -> float:
    return one[0]


def _raised(hit: Hit, score: float) -> Hit:
    score = max(hit.score, score)
    return Hit(hit.passage, score, {**hit.via, "edition": Via(1, score)})


def _others(db: Store, document: Document, find: Find) -> list[list[Passage]]:
    """The passages of each other edition of a document, and of its errata."""
    parts = _parts(db, document.title)
    numbers = [number for part in parts for phrase in ranking.asked(f'"{part}"').phrases for number in find(phrase)]
    titles = documents.titles(db, list(dict.fromkeys(numbers)))
    called = [_plain(part) for part in parts]
    likely: dict[int, int] = {}  # a document -> a passage of it
    for number, (other, title) in titles.items():
        said = _plain(title)
        if other not in likely and any(one in said for one in called) and editions.may_be(document, title):
            likely[other] = number
    around = [documents.around(db, number, AROUND) for number in islice(likely.values(), MOST)]
    return [passages for passages in around if passages and _belongs(passages[0].document, document)]


def _belongs(one: Document, other: Document) -> bool:
    return editions.same_work(one, other) or editions.amends(one, other)


def _parts(db: Store, title: str) -> list[str]:
    """The parts of a title that are looked for, but a word that stands everywhere."""
    parts = [part.replace('"', " ") for part in editions.phrases(title)]
    terms = [[term for _, term in db.tokens(folding.fold(part))] for part in parts]
    return [
        part
        for part, own in zip(parts, terms, strict=True)
        if len(own) > 1 or sum(db.frequencies(own).values()) <= COMMON
    ]


def _plain(title: str) -> str:
    return " ".join(re.findall(r"\w+", title.casefold()))


def _like(passage: Passage, others: Sequence[Passage]) -> list[Passage]:
    """The passage of another edition that is about what one says: that with most words in common, if it has enough."""
    own = _words(passage)
    shares = [(len(own & words) / max(1, min(len(own), len(words))), one) for one in others if (words := _words(one))]
    share, best = max(shares, key=lambda one: one[0], default=(0.0, passage))
    return [best] if share >= ALIKE else []


def _words(passage: Passage) -> set[str]:
    return set(WORD.findall(folding.fold(f"{passage.heading} {passage.text}")))
