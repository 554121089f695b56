"""
What a follow-up is likely about: the passages of the documents that were just shown, and those beside them.

What answers "and how long does it take?" stands a paragraph on from what answered "how far is it to work?", and may
share no word with either. Which passages were shown is told by finding them again: a conversation keeps only texts.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.store import Store, documents
from rag.types import Hit, Passage, Via

FIRST = 3  # documents that were shown, of whose passages those beside count
BESIDE = 2  # passages before and after one that was shown
SHARE = 0.8  # of the score of the best passage, which those have
WORDS = 8  # words of a text that are enough to know it by


def with_shown(db: Store, hits: Sequence[Hit], earlier: Sequence[Hit], told: str) -> list[Hit]:
    """
    The hits, and below them the passages that `told`, the last answer, was taken from with those beside them; both have
    `via["shown"]` and a score near that of the best. `earlier` was found for the last question, best first.
    """
    found: dict[int, Passage] = {}
    for passage in _shown(earlier, told)[:FIRST]:
        found |= {one.id: one for one in documents.around(db, passage.id, BESIDE)}
    score = SHARE * max((hit.score for hit in hits), default=1.0)
    known = {hit.passage.id for hit in hits}
    made = [_raised(hit, score) if hit.passage.id in found else hit for hit in hits]
    more = [one for number, one in found.items() if number not in known]
    return [*made, *(Hit(one, score, {"shown": Via(rank, score)}) for rank, one in enumerate(more, 1))]


def _shown(earlier: Sequence[Hit], told: str) -> list[Passage]:
    """The passages that a text was taken from, the first of each document; else the best one found."""
    said = _words(told)
    having = [hit.passage for hit in earlier if _begins(_words(hit.passage.text), said)]
    first: dict[tuple[str, str], Passage] = {}
    for one in having or [hit.passage for hit in earlier[:1]]:
        first.setdefault((one.document.source, one.document.key), one)
    return list(first.values())


def _begins(text: str, said: str) -> bool:
    """Has a text the first words of what was said, or that the first words of it?"""
    return bool(said) and any(
        " ".join(one.split()[:WORDS]) in other for one, other in ((said, text), (text, said)) if one
    )


def _words(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))


def _raised(hit: Hit, score: float) -> Hit:
    score = max(hit.score, score)
    return Hit(hit.passage, score, {**hit.via, "shown": Via(1, score)})
