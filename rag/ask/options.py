"""
Options that a question names ("ls -S", "what does --retry do"), the item of a list that says what one does, and the
synopsis of a command, which does not.

Capital and small letters are two options; what only mentions one says less than what begins with it. Pure functions.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from rag import folding
from rag.ask.pieces import Piece
from rag.types import Document, Hit

OPTION = re.compile(r"(?<![^\s`'\"(])--?[A-Za-z][\w-]*(?![\w/])")
NAMES = re.compile(r"[\w.+-]*\w")
BEGINS = r"^[-*+•][ \t]+`*(?:(?:-|\[)[^\n]{{0,60}}[\s,|`])?{option}(?![\w-])"  # alone, or after its other forms
BODY = re.compile(r"[^\n]*(?:\n(?=[ \t]+\S|[ \t]*\n[ \t]+\S)[^\n]*)*")  # the lines of an item that are set further in
SYNOPSIS = re.compile(r"\W*synopsis\b", re.IGNORECASE)
SYNTAX = re.compile(r"\b(?:syntax|synopsis|usage|arguments?)\b", re.IGNORECASE)  # what asks for a synopsis
LONGEST = 2000  # characters of one that is looked for outside of what was found


def named(question: str) -> list[str]:
    """The options that a question names, as it writes them."""
    return [one.rstrip("-") for one in OPTION.findall(question)]


def told(question: str, hits: Sequence[Hit], every: Sequence[Piece]) -> tuple[list[Piece], list[bool]]:
    """
    The items that begin with an option of the question in the documents found and are no pieces yet; and which of all
    pieces, these last, say what it does: those of a document that the question names, if it names one.
    """
    asked = named(question)
    if not asked:
        return [], [False] * len(every)
    documents: dict[tuple[str, str], Hit] = {}
    for hit in hits:
        documents.setdefault((hit.passage.document.source, hit.passage.document.key), hit)
    words = {folding.fold(one) for one in NAMES.findall(question)}
    called = {origin for origin, hit in documents.items() if _stem(hit.passage.document) in words}
    begins = [re.compile(BEGINS.format(option=re.escape(one)), re.MULTILINE) for one in asked]
    made: list[Piece] = []
    for origin, hit in documents.items():
        if origin in called or not called:
            made += [one for one in _items(hit, begins) if not any(_within(one, other) for other in every)]
    fits = [
        (piece.origin in called or not called) and any(one.search(piece.text) for one in begins)
        for piece in (*every, *made)
    ]
    return made, fits


def synopsis(piece: Piece) -> bool:
    """Does it tell how a command is typed, and not what that does (nor what happens in a novel)?"""
    return SYNOPSIS.match(piece.passage.heading) is not None and ("code" in piece.kinds or "[" in piece.text)


def _stem(document: Document) -> str:
    """What a document is called: the name of its file as far as the first point."""
    return folding.fold(document.key.rpartition("/")[2].partition(".")[0])


def _items(hit: Hit, begins: Sequence[re.Pattern[str]]) -> list[Piece]:
    text, made = hit.passage.document.text, list[Piece]()
    for one in begins:
        for found in one.finditer(text):
            start, end = found.start(), BODY.match(text, found.end()).end()  # type: ignore[union-attr]
            if end - start <= LONGEST and hit.passage.document.kind != "code":
                passage = replace(hit.passage, start=start, end=end, text=text[start:end])
                made.append(Piece(passage, 1, hit.score, start, end, ("list",), text[start:end], start, end))
    return made


def _within(one: Piece, other: Piece) -> bool:
    return one.origin == other.origin and other.start < one.end and one.start < other.end
