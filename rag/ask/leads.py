"""
What a document or section says first of what it is called, and sentences that say what something is: where a question
asks what that is ("what is squid", "who is Marta?", "squid").

Pure functions over pieces.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag import subjects
from rag.ask import options
from rag.ask.pieces import Piece

WEIGHTS = {
    "titled": 6.0,  # its document is called what the question asks about
    "lead": 4.0,  # and it is the first paragraph that says something
    "headed": 2.0,  # the same, of a section that is called so
    "introduces": 5.0,  # it says that there is such a thing now, and what it is for
    "defines": 2.0,  # it says what the thing is
    "line": 6.0,  # and is no more than a line: "xz - compress files"
}
HEAD = 4000  # characters of a document in which its lead stands
LEAST = 20  # characters of a paragraph that says something
NOTE = re.compile(  # what stands above a lead, and is none
    r"\W*(?:note|notice|warning|caution|tip|important|attention|hinweis|achtung|wichtig|tipp|remarque|attention|nota"
    r"|aviso|avviso|attenzione|let op|related articles?|see also|siehe auch|voir aussi|contents)\b\W{0,6}(?::|\n|$)"
    r"|\s*(?:>\s*)?\[!\w+\]|\s*(?:!!!|\?\?\?|:::)",
    re.IGNORECASE,
)


def promises(question: str, every: Sequence[Piece]) -> list[float]:
    """How much more likely each piece is to say what the question asks about."""
    about = subjects.subject(question)
    own = _titled(about, every)
    pattern = subjects.defining(about) if own or subjects.asked(question) else None
    first = _first([piece for piece in every if piece.origin in own and piece.start < HEAD], ())
    under = {} if own or not about else _first([piece for piece in every if _headed(about, piece)], (1,))
    told = {piece.start: piece for piece in (*first.values(), *under.values())}
    made = []
    for piece in every:
        says = subjects.says(piece.text, pattern) if pattern else 0.0
        lead = told.get(piece.start) is piece
        mute = piece.bare and says < 1  # a title or link of it says nothing
        value = WEIGHTS["titled"] * (piece.origin in own and not mute) + WEIGHTS["defines"] * says
        value += WEIGHTS["introduces"] * (not own and subjects.introduces(piece.text, pattern))
        value += lead * WEIGHTS["lead" if own else "headed"] + WEIGHTS["line"] * (says == 1 and piece.bare)
        made.append(value)
    return made


def _titled(about: str, every: Sequence[Piece]) -> set[tuple[str, str]]:
    """The documents that are called so."""
    documents = {piece.origin: piece.passage.document for piece in every} if about else {}
    return {origin for origin, one in documents.items() if subjects.named(about, subjects.names(one.title, one.key))}


def _headed(about: str, piece: Piece) -> bool:
    return any(subjects.named(about, subjects.names(one)) for one in piece.passage.heading.split(" > ") if one)


def _first(some: Sequence[Piece], by: Sequence[int]) -> dict[tuple[str, ...], Piece]:
    """Of each document, or of each section, the first piece that says something."""
    found: dict[tuple[str, ...], Piece] = {}
    for piece in sorted(some, key=lambda one: one.start):
        if _says_something(piece):
            found.setdefault((*piece.origin, piece.passage.heading) if by else piece.origin, piece)
    return found


def _says_something(piece: Piece) -> bool:
    """Is it a paragraph, and no title, note, list of links or way to type a command?"""
    text = subjects.plain(piece.text).strip()
    plain = piece.kinds[0] == "prose" or (piece.kinds == ("field",) and piece.start == 0)
    return plain and len(text) >= LEAST and not (piece.bare or NOTE.match(text) or options.synopsis(piece))
