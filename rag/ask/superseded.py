"""
What an excerpt must not be read without: the line in the head of its document that says it does not hold (a draft,
withdrawn, superseded), and what takes its place or what it says to look at.

Both are excerpts, word for word. Which documents are called so is among the hits (`rag.index`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rag import status
from rag.ask.excerpts import Weighed
from rag.ask.joined import cited
from rag.ask.words import stems, telling
from rag.types import Citation

BESIDE = 150  # characters between that line and an excerpt which are shown with them
MOST = 2  # excerpts that are shown besides


def completed(question: str, shown: Sequence[Citation], weighed: Weighed) -> list[Citation]:
    """The excerpts, with these."""
    made: list[Citation] = []
    more: list[Citation] = []
    told: set[tuple[str, str]] = set()
    for number, one in enumerate(shown):
        origin = one.passage.document.source, one.passage.document.key
        line = status.line(one.passage.document.text) if origin not in told else None
        told.add(origin)
        if number == 0:
            more += _others(status.referred(one.quote), one, [*shown, *more], weighed, telling(question))
        if line:
            names = status.referred(one.passage.document.text[slice(*line)])
            if not any(other.passage.document == one.passage.document and _holds(other, line) for other in shown):
                one, apart = _with_line(one, line)
                more = [*apart, *more]
            more += _others(names, one, [*shown, *more], weighed)
        made.append(one)
    return [*made[:1], *more[:MOST], *made[1:]]


def _holds(one: Citation, line: tuple[int, int]) -> bool:
    return one.start <= line[0] and line[1] <= one.end


def _with_line(one: Citation, line: tuple[int, int]) -> tuple[Citation, list[Citation]]:
    """An excerpt that begins with the line if that stands right above it; else it, and the line as an excerpt."""
    text = one.passage.document.text
    between = text[line[1] : one.start]
    if line[1] <= one.start and len(between) <= BESIDE and "\n#" not in between:
        return _cut(one, line[0], one.end), []
    alone = replace(one.passage, heading="")
    return one, [_cut(replace(one, passage=alone, highlights=()), *line)]


def _cut(one: Citation, start: int, end: int) -> Citation:
    text = one.passage.document.text
    first, last = min(one.passage.start, start), max(one.passage.end, end)
    passage = replace(one.passage, start=first, end=last, text=text[first:last])
    return replace(one, passage=passage, quote=text[start:end], start=start, end=end)


def _others(
    names: Sequence[str], one: Citation, shown: Sequence[Citation], weighed: Weighed, asked: set[str] | None = None
) -> list[Citation]:
    """
    The best piece of each document that is called so, and of which nothing is shown yet; one with a word that was
    `asked` for, if these are given.
    """
    known = {(cite.passage.document.source, cite.passage.document.key) for cite in (one, *shown)}
    found: list[Citation] = []
    order = sorted(range(len(weighed.pieces)), key=lambda i: -weighed.scores[i])
    for name in names:
        for i in order:
            piece = weighed.pieces[i]
            document = piece.passage.document
            if asked is not None and not asked & set(stems(piece.text)):
                continue
            if piece.origin not in known and not piece.bare and status.is_called(name, document.title, document.key):
                known.add(piece.origin)
                found.append(cited(piece))
                break
    return found
