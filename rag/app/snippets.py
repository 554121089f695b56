"""The few lines of a passage that say why it was found."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence

from rag.blocks import blocks
from rag.ranking import function_words

MOST = 4  # lines of a snippet


def wanted(question: str) -> list[str]:
    """The words of a question that are looked for, as they begin: without function words and endings."""
    words = [word.casefold() for word in re.findall(r"\w+", question)]
    telling = [word for word in words if word not in function_words(words)] or words
    return [word[: max(4, len(word) - 2)] for word in dict.fromkeys(telling)]


def snippet(text: str, words: Sequence[str], width: int = 100, kind: str = "text") -> tuple[int, list[str]]:
    """
    At most MOST lines around what matches best, and how many characters of the text stand before the first of them.

    Prose is wrapped to `width` characters, lines of code, lists and tables stand as they are. `kind` is the document's.
    """
    pieces = _pieces(text, width, kind)
    if not pieces:
        return 0, []
    scores = [_score(piece, words) for _, piece in pieces]
    best = max(range(len(pieces)), key=lambda at: (len(set().union(*scores[at : at + MOST])), len(scores[at]), -at))
    first = max(0, min(best - (1 if scores[best] and best else 0), len(pieces) - MOST))
    chosen = pieces[first : first + MOST]
    return chosen[0][0], [piece for _, piece in chosen]


def best_line(text: str, words: Sequence[str]) -> tuple[int, str]:
    """The line that matches best, and how many characters stand before it."""
    lines = [(at, line) for at, line in _lines(text) if line.strip()]
    return max(lines, key=lambda line: len(_score(line[1], words)), default=(0, ""))


def _lines(text: str) -> list[tuple[int, str]]:
    found, at = [], 0
    for line in text.split("\n"):
        found.append((at, line.rstrip()))
        at += len(line) + 1
    return found


def _pieces(text: str, width: int, kind: str) -> list[tuple[int, str]]:
    """The lines of a text with their places, empty ones left out; prose is wrapped anew."""
    joined = list(text)
    prose = [(block.start, block.end) for block in blocks(text, kind) if block.kind == "prose"]
    for start, end in prose:
        joined[start:end] = text[start:end].replace("\n", " ")
    found: list[tuple[int, str]] = []
    for at, line in _lines("".join(joined)):
        if not line.strip():
            continue
        if not any(start < at + len(line) and at < end for start, end in prose):
            found.append((at, line))
            continue
        place = 0
        for part in textwrap.wrap(line, width, break_on_hyphens=False):
            place = max(place, line.find(part.split()[0], place))
            found.append((at + place, part))
    return found


def _score(line: str, words: Sequence[str]) -> set[str]:
    """Which of the words begin a word of the line."""
    said = re.findall(r"\w+", line.casefold())
    return {word for word in words if any(one.startswith(word) for one in said)}
