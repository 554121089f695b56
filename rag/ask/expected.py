"""
How that speaks which answers: a question for a default is answered by what says "default", one that tells of a want by
"instead", one that tells of trouble by what begins with "if".

What merely has the words of a question does not speak so. An item of a list that does is a piece of its own. Tables of
words, to add to; nothing here knows how near a piece is otherwise.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from rag.ask.pieces import Piece, item_ends

LONGEST = 400  # characters of an item that is a piece of its own


@dataclass(frozen=True, slots=True)
class Way:
    """What a question of a kind says, and what answers it."""

    asks: re.Pattern[str]
    tells: re.Pattern[str]


def _way(asks: str, tells: str) -> Way:
    flags = re.IGNORECASE | re.MULTILINE
    return Way(re.compile(asks, flags), re.compile(tells, flags))


NOT = r"(?:do not|don['’]?t|does not|doesn['’]?t)"
INSTEAD = (  # in other languages, of a question and of what answers it
    r"(?:an)?statt (?:de[rsmn]|die|das|ein\w*)|stattdessen|anstelle|ersatz\w*|ersetz\w+|au lieu|à la place|remplac\w+"
    r"|en (?:vez|lugar)|sustitu\w+|invece|sostitu\w+|in plaats|vervang\w+"
)
WAYS = (
    _way(  # what holds if nothing is said
        r"\b(?:defaults?|normally|usually|ordinarily|out of the box|unless|otherwise|standardmäßig|normalerweise"
        r"|voreinge\w+|vorgabe\w*|par défaut|normalement|por defecto|normalmente|di default|standaard)\b"
        rf"|\bif (?:i|you|one|we) {NOT} (?:say|set|give|specify|choose|change|name|tell|configure)\b"
        r"|\b(?:when|if) (?:not|nothing is) (?:set|given|said|specified)\b",
        r"\b(?:defaults?|normally|usually|unless (?:\w+ ){0,4}(?:otherwise|specified|given|set)|standardmäßig"
        r"|normalerweise|voreinge\w+|vorgabe\w*|par défaut|normalement|por defecto|normalmente|predefinit\w+"
        r"|standaard)\b",
    ),
    _way(  # what does as well, where something is missing or not wanted
        r"\b(?:use|take|put|add|cook|eat|serve|buy)\b.*\binstead\b|\binstead\W*$"
        r"|\b(?:substitut\w*|alternativ\w*|replac\w*|swap(?:s|ped|ping)?|vegetarian|vegan|leftovers?"
        rf"|(?:have|has|got) (?:no|none)|{NOT} (?:have|own|eat|like|want)|what else|{INSTEAD})\b"
        r"|^(?!\W*(?:how|wie|comment|c[oó]mo|come|hoe)\b).*\b(?:without|ohne|sans|sin|senza|zonder)\b",
        r"\b(?:instead|substitut\w*|alternativ\w*|alternate|replac\w*|swap(?:s|ped)?|vegetarian|vegan|leftovers?"
        rf"|in (?:place|lieu) of|{NOT} have|if you (?:lack|have no)|(?:will|would) (?:do|suffice)|works? too|or else"
        rf"|otherwise|omit|leave out|left out|optional(?:ly)?|{INSTEAD})\b",
    ),
    _way(  # what is done about it, where something goes wrong
        r"\b(?:what (?:if|now|then)|nobody|no one|was (?:wenn|nun)|et si|y si|e se|wat als)\b"
        r"|\bbut\b.*\b(?:not|no|nothing|can['’]?t|cannot|\w+n['’]?t)\b"
        r"|^(?!\W*(?:is|are|was|were|do|does|did|has|have|am|ist|sind|war|est)\b).*"
        r"\b(?:too \w+|zu (?:viel|wenig)|trop|demasiad\w+|troppo|te veel)\b",
        r"(?:^|[.;:!?)]\s+|^[ \t]*(?:[-*+•]|\d{1,3}[.)])[ \t]+(?:\([^()\n]{1,20}\) )?)[*_]{0,2}"
        r"(?:(?:if|in case|should|unless|wenn|falls|sollten?|si|s['’]ils?|se)\b|for (?!the\b)(?:an? )?\w+(?: \w+)?,)",
    ),
)


def ways(question: str) -> list[Way]:
    """The ways in which that may speak which answers a question."""
    asked = " ".join(question.split())  # in one line: what looks from each line's start would look again from all
    return [way for way in WAYS if way.asks.search(asked)]


def items(ways: Sequence[Way], every: Sequence[Piece]) -> list[Piece]:
    """The items of lists that speak in one of the ways, of pieces that hold more than the item."""
    made: list[Piece] = []
    for piece in every if ways else []:
        text = piece.passage.document.text
        for start, end in _items(piece):
            if end - start <= LONGEST and any(way.tells.search(text[start:end]) for way in ways):
                one = replace(piece, start=start, end=end, kinds=("list",), prose=text[start:end])
                made.append(replace(one, least=start, most=end))
    return made


def _items(piece: Piece) -> list[tuple[int, int]]:
    """Where the items of a list stand in its document, from their mark to their end."""
    if piece.kinds[-1] != "list" or set(piece.kinds) - {"list", "prose", "heading"}:
        return []
    document = piece.passage.document.text
    begin = item_ends(document[piece.start : piece.end])
    found = []
    for first, last in itertools.pairwise([0, *begin, piece.end - piece.start]):
        item = document[piece.start + first : piece.start + last]
        left = len(item) - len(item.lstrip("\r\n"))
        found.append((piece.start + first + left, piece.start + first + len(item.rstrip())))
    return found if len(found) > 1 else []


def speaks(ways: Sequence[Way], piece: Piece) -> bool:
    """Does a piece speak in one of them?"""
    return any(way.tells.search(piece.text) for way in ways)
