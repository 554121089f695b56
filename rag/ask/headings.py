"""
How much of a question the headings say that a piece stands under: "how do I get into Sentry" and "Getting access to
Sentry".

What the title of the document or the headings above say already tells its sections apart no more, so it counts on
neither side. Pure functions over pieces.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from rag.ask.pieces import Piece
from rag.ask.words import stems, telling

LEAST = 0.4  # below which a heading has only some words of the question, as any may
WHOLE = 0.3  # what a heading has then that says nothing else
LATER = 0.7  # of what the first piece of a section gains, for those below it, and for a section one level further in
INTERROGATIVES = (  # of a question and of a heading: each says the same in the languages that questions are read in
    r"when|wann|quand|cu[aá]ndo|quando|wanneer",
    r"why|warum|wieso|weshalb|pourquoi|por qué|perch[eé]|waarom",
    r"where|wo|wohin|où|d[oó]nde|dove|onde|waar",
    r"who|wer|qui|qui[eé]n(?:es)?|chi|quem|wie",
    r"what|was|qu['’]est-ce|qu[eé]|(?:che )?cosa|wat",
)
KINDS = ("when?", "why?", "where?", "who?", "what?")  # no words of a text
BEGINS = tuple(re.compile(rf"\W*(?:\d+[.)]?\s+)?(?:{one})\b", re.IGNORECASE) for one in INTERROGATIVES)
ASKS = tuple(re.compile(rf"\b(?:{one})\b", re.IGNORECASE) for one in INTERROGATIVES)


def said(question: str, every: Sequence[Piece]) -> list[float]:
    """For each piece 0 to 1: how much of the question its headings say, and of them the question; 1 if all of both."""
    asked = _bare(telling(question)) | {
        name for name, pattern in zip(KINDS, ASKS, strict=True) if pattern.search(question)
    }
    places = [(*piece.origin, piece.passage.document.title, piece.passage.heading) for piece in every]
    paths = {place: _words(*place[2:]) for place in places}
    count = Counter(word for path in paths.values() for word in set().union(*path))
    rare = {word: math.log(1 + len(paths) / (0.5 + count[word])) for word in asked | set(count)}
    told = {place: _said(asked, path, rare) for place, path in paths.items()}
    first: dict[tuple[str, ...], int] = {}
    for place, piece in zip(places, every, strict=True):
        if not piece.bare:
            first[place] = min(first.get(place, piece.start), piece.start)
    return [
        told[place] * (1.0 if piece.start <= first.get(place, piece.start) else LATER)
        for place, piece in zip(places, every, strict=True)
    ]


def _bare(found: Iterable[str]) -> set[str]:
    """Stems without what forms of a word differ in at the end, too: "dislike" and "dislik", "gett" and "get"."""
    return {re.sub(r"(?<=\w\w\w)[ey]$|(?<=\w\w)([bcdfgkmnpqrstvwx])(?=\1$)|(?<=\w\w\w)ie?$", "", one) for one in found}


def _words(title: str, heading: str) -> list[set[str]]:
    """The words of a title, and of the headings below it; of a heading that begins with one also what it asks for."""
    return [_bare(stems(title))] + [
        _bare(stems(one)) | {name for name, pattern in zip(KINDS, BEGINS, strict=True) if pattern.match(one)}
        for one in (heading.split(" > ") if heading else [])
    ]


def _said(asked: set[str], path: Sequence[set[str]], rare: Mapping[str, float]) -> float:
    """The best of the headings of a path, each without what is said above it."""

    def weight(words: set[str]) -> float:
        return sum(rare[word] for word in words)

    above, best = path[0], 0.0
    for depth, words in enumerate(path[1:], 2):
        own, rest = words - above, asked - above
        if own & rest:
            best = max(best, 2 * weight(own & rest) / (weight(own) + weight(rest)) * LATER ** (len(path) - depth))
        above = above | words
    return best if best >= LEAST else WHOLE * (len(path) > 1 and bool(path[-1]) and path[-1] <= asked)
