"""
What the passages found first name: another document, by its title.

A passage about a band says who sang in it, and the singer has a document of his own; a note says "see Release
checklist". A question about the one is often about the other too, though the two share hardly a word with each other.
Titles of documents are known, so nothing is learned and no model is asked. What it gains: docs/decisions.md.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable

from rag import folding, languages, ranking
from rag.store import Store, documents

NAMED = 0.15  # of the score of a passage, which another gains whose document it names
FIRST = 5  # passages that are read for names
NEAR = 100  # passages whose titles are looked for in them
SHORTEST = 4  # characters of a title that is one word
LONGEST = 300  # characters of a title that a text may name

WORD = re.compile(r"[^\W_]+")
ASIDE = re.compile(r"\([^()]*\)|（[^（）]*）")  # "Mercury (planet)" is called Mercury


def raised(db: Store, fused: list[tuple[int, float]]) -> list[tuple[int, float]]:
    """
    The ranking, in which the best passage of each document gains that one of the first ones names by its title.

    A title that several documents have names none. The first passage stays the first.
    """
    if len(fused) < 3:
        return fused
    scores, first = dict(fused), [number for number, _ in fused[:FIRST]]
    of = documents.titles(db, [number for number, _ in fused[:NEAR]])
    texts = documents.texts(db, [number for number in first if number in of])
    folded = {number: _words(text) for number, text in texts.items()}
    best = {of[number][0]: number for number, _ in reversed(fused[:NEAR]) if number in of}
    bearers = Counter(folding.fold(of[number][1]) for number in best.values())
    gained = dict(scores)
    for document, number in best.items():
        title = of[number][1]
        if number == first[0] or bearers[folding.fold(title)] > 1:
            continue
        says = _saying(title)
        by = [scores[n] for n, text in texts.items() if of[n][0] != document and says(text, folded[n])]
        if by:
            gained[number] = max(scores[number], min(scores[number] + NAMED * max(by), fused[0][1] * 0.999))
    return ranking.ordered(gained)


def _words(text: str) -> str:
    return f" {' '.join(WORD.findall(folding.fold(text)))} "


def _saying(title: str) -> Callable[[str, str], bool]:
    """Does a text, with these words, say the title? One that is a single word only as it is written, with a capital."""
    called = ASIDE.sub(" ", title).strip() if len(title) <= LONGEST else ""
    words = _words(called)
    if words.count(" ") > 2:
        telling = set(words.split()) - languages.function_words(words)
        return lambda _, said: bool(telling) and words in said
    if len(called) < SHORTEST or called.islower():
        return lambda *_: False
    if folding.unspaced(called):
        return lambda text, _: called in text
    alone = re.compile(rf"(?<!\w){re.escape(called)}(?!\w)")
    return lambda text, _: called in text and alone.search(text) is not None
