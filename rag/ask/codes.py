"""
Codes that a question asks for ("E:17", "F7", "ERR-204", "61.40"), and the row or line that begins with one.

A code is one thing whatever its signs: what begins with it says what it means, what only mentions it does not. Pure
functions on text and pieces.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.ask import questions
from rag.ask.pieces import Piece

LETTERED = r"[A-Za-z]{1,5}[-./:]?\d\w{0,5}(?:[-./:]\w{1,6}){0,3}"  # E:17, F7, ERR-204, U-0.3, P0420, X7.3
NUMBERED = r"\d{1,4}(?:[.:/-]\d{1,4}){1,3}"  # 61.40, 4.118.20
CODE = re.compile(rf"(?<![\w.:/@-])(?:{LETTERED}|{NUMBERED})(?![\w/@]|[.:-]\w)")
DAY = re.compile(r"\d{4}-\d\d(?:-\d\d)?|\d{1,2}[./]\d{1,2}[./]\d{2,4}|\d{1,2}:\d\d|(?:19|20)\d\d[/-]\d{2,4}")
MEANS = re.compile(  # what asks what a code means, and not after something else that has it
    r"\b(?:mean(?:s|ing)?|stands? for|codes?|errors?|faults?|alarms?|messages?|warnings?|shows?|displays?"
    r"|blink\w*|flash\w*|bedeutet|bedeutung|heißt|fehler\w*|meldung|störung|zeigt|anzeige|signifie|code|erreur|significa|codice|código)\b",
    re.IGNORECASE,
)
IS = re.compile(r"\s*(?:what(?:['’]s| is)|was ist|and|und)\s+(?:an? |the )?\S+\s*\??\s*", re.IGNORECASE)
BEGINS = r"^[\W_]{{0,6}}{code}(?![\w/@]|[.:-]\w)"  # behind marks of lists, tables, code and emphasis
FEW = 4  # words of a question that is a code and little else
ROW, SHARED = 7.0, 0.4  # what a piece gains with such a row; what the row of another document may lack


def codes(question: str) -> list[str]:
    """The codes that a question names, as it writes them; dates and times are none."""
    return [one for one in CODE.findall(question) if not DAY.fullmatch(one)]


def meant(question: str) -> bool:
    """Does it ask what a code means: is it one and a few words, or does it speak of errors and their like?"""
    few = len(question.split()) <= FEW and questions.wants(question) in ("", "thing")
    return bool(codes(question)) and (few or _only(question))


def _only(question: str) -> bool:
    """Does it ask what a code means in so many words, so that nothing without the code answers it?"""
    return bool(MEANS.search(question) or IS.fullmatch(question))


def begins(text: str, code: str) -> bool:
    """Has a text a line, or a row, that begins with the code?"""
    return re.search(BEGINS.format(code=re.escape(code)), text, re.IGNORECASE | re.MULTILINE) is not None


def holds(text: str, code: str) -> bool:
    """Does the code stand in a text, as it is and not as a part of another?"""
    return re.search(rf"(?<![\w.:/-]){re.escape(code)}(?!\w|[.:/-]\w)", text, re.IGNORECASE) is not None


def leading(asked: Sequence[str], piece: Piece) -> list[str]:
    """The codes with which a row of the piece, or the heading above it, begins."""
    told = "" if "code" in piece.kinds else piece.text
    return [one for one in asked if begins(told, one) or begins(piece.under, one)]


def raised(question: str, every: Sequence[Piece], scores: Sequence[float]) -> tuple[list[float], bool | None]:
    """
    The scores, those of the pieces raised that say what a code of the question means, and whether one does.

    None if it is not after one; False if no piece has it. Where the question names no document by another code (a
    model), those of other documents are raised as far as the best.
    """
    asked = codes(question) if meant(question) else []
    found = [leading(asked, piece) for piece in every]
    if not asked or not any(found):
        missing = _only(question) and any(not any(holds(piece.placed, one) for piece in every) for one in asked)
        return list(scores), False if missing else None
    models = [one for one in asked if not any(one in own for own in found)]
    named = [all(holds(f"{piece.placed} {piece.passage.document.key}", one) for one in models) for piece in every]
    fits = [bool(own) and (of or not any(named)) for own, of in zip(found, named, strict=True)]
    if not any(fits):
        return list(scores), False
    made = [score + ROW * fit for score, fit in zip(scores, fits, strict=True)]
    best = max((i for i in range(len(every)) if fits[i]), key=lambda i: made[i])
    for origin in {every[i].origin for i in range(len(every)) if fits[i]} - {every[best].origin}:
        first = max((i for i in range(len(every)) if fits[i] and every[i].origin == origin), key=lambda i: made[i])
        made[first] = max(made[first], made[best] - SHARED)
    return made, True
