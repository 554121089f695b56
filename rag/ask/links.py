"""
What a page says itself, and what it only points at.

A list of links (bookmarks, further reading, "awesome" lists) says little: it answers which there are and what is worth
reading, and nothing else. Where somebody asks of themselves, a sentence in the first person answers (`rag.persons`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag import persons
from rag.ask import questions
from rag.ask.pieces import Piece
from rag.sentences import MARKER

WEIGHTS = {
    "points": -2.0,  # it is a list of links
    "points, own": -5.0,  # where somebody asks of themselves
    "own": 1.5,  # it speaks in the first person there
}
MOST = 2 / 3  # of the items of a list, that are links, where it is one of links
ITEM = re.compile(  # a link to elsewhere, and what is said of it: no sentence that begins with one
    rf"[*_]{{0,2}}(?=!?\[.{{0,150}}?\]\(https?:|<?https?:)(?:{persons.LINK.pattern})[*_]{{0,2}}(?=\s*(?:$|[^\w\s]))"
)
WORD = re.compile(r"[^\W\d_]{3}")
ASKS = re.compile(  # for what there is, or what is worth reading
    r"\b(?:are there|is there (?:an?|any)\b|links?|resources?|recommend\w*|further reading|bookmarks?|alternatives?"
    r"|where can (?:i|one|you|we) (?:read|learn|find|watch)|learn more|gibt es|empf(?:iehl|ehl|ohl)\w*|lesezeichen"
    r"|alternativen?|y a[- ]t[- ]il|existe[nt]?|liens?|ressources?|recommand\w*|hay|enlaces?|recursos?|recomend\w*"
    r"|ci sono|c['’]è|risorse|consigli\w*|há|zijn er|bronnen|aanbevol\w*|aanrad\w*)\b"
    r"|^\W*(?:good|best|great|nice|free|open[- ]source|gute|beste|bons?|bonnes?|meilleur\w*|buen[oa]s?|mejor(?:es)?"
    r"|migliori?|buon[ie]|goede)\b",
    re.IGNORECASE,
)


def promises(question: str, every: Sequence[Piece]) -> list[float]:
    """How much more likely each piece is to answer, by whether it points elsewhere and of whom it speaks."""
    says, wanted = persons.own(question), ASKS.search(question) is not None
    points = 0.0 if wanted else WEIGHTS["points, own" if says else "points"]
    how = questions.wants(question) == "how"  # what somebody did tells that, and not that they did it
    return [
        points * (points < 0 and lists(piece.text) and set(piece.kinds) <= {"list", "prose", "heading"})
        + WEIGHTS["own"] * (says is not None and not how and persons.speaks(piece.text, says))
        for piece in every
    ]


def lists(text: str) -> bool:
    """Is it a list of links to other places, each with no more than a remark?"""
    lines = [(MARKER.match(line), line) for line in text.splitlines()]
    items = [line[mark.end() :] for mark, line in lines if mark]
    return bool(items) and sum(ITEM.match(one) is not None for one in items) >= MOST * len(items)


def called(text: str) -> list[tuple[int, int]]:
    """Where a sentence that says no more has links: what others called a page is no fact."""
    mute = ITEM.match(text.lstrip()) is not None or not WORD.search(persons.LINK.sub(" ", text))
    return [one.span() for one in persons.LINK.finditer(text)] if mute else []
