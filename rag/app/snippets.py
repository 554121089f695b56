"""The few lines of a passage that say why it was found."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence
from itertools import pairwise

from rag import markup, onpage
from rag.blocks import TABLE_RULE, blocks
from rag.languages import function_words
from rag.sentences import FENCE

MOST = 4  # lines of a snippet
COLUMNS = re.compile(r"(?:\S(?: {3,}|\t)|[^\s.!?] {2})\S")  # what a line of a table of plain text has
BLANKS = re.compile(r"(?<=\S )[ \t]+(?=\S)")  # of a justified line, but for the first of each run
GONE = "\u2060"  # stands for a character that is not shown, until a line is written
JUSTIFIED = 3  # lines of the same length, at least, with runs of blanks: one that was widened is no table
NARROWEST = 45  # characters of a line that is full
BREAK = re.compile(r"(?:\\| {2}|<br\s*/?>)$")  # a line of Markdown that ends where it ends


def wanted(question: str) -> list[str]:
    """The words of a question that are looked for, as they begin: without function words and endings."""
    words, idle = [word.casefold() for word in re.findall(r"\w+", question)], function_words(question)
    telling = [word for word in words if word not in idle] or words
    return [word[: max(4, len(word) - 2)] for word in dict.fromkeys(telling)]


def snippet(
    text: str, words: Sequence[str], width: int = 100, kind: str = "text", fenced: bool = False
) -> tuple[int, list[str]]:
    """
    At most MOST lines around what matches best, and how many characters of the text stand before the first of them.

    Prose is wrapped to `width` characters, lines of code, lists and tables stand as they are. `kind` is the document's;
    `fenced` says that the text begins inside a code fence.
    """
    page = onpage.page(text, fenced) if kind == "markdown" else onpage.Page(text)
    pieces = _pieces(page.text, width, kind, fenced)
    if not pieces:
        return 0, []
    scores = [_score(piece, words) for _, piece in pieces]
    said = [set().union(*scores[at : at + MOST]) for at in range(len(pieces))]
    best = max(range(len(pieces)), key=lambda at: (len(said[at]), len(scores[at]), -at))
    first = max(0, min(best, len(pieces) - MOST))
    if scores[best] and first == best and best and len(said[best - 1]) == len(said[best]):
        first -= 1  # the line before it, where no line that matches is lost for it
    chosen = pieces[first : first + MOST]
    return page.written(chosen[0][0]), [piece for _, piece in chosen]


def best_line(text: str, words: Sequence[str]) -> tuple[int, str]:
    """The line that matches best, and how many characters stand before it."""
    lines = [(at, line) for at, line in _lines(text) if line.strip()]
    lines = [one for one in lines if not FENCE.match(one[1])] or lines
    return max(lines, key=lambda line: len(_score(line[1], words)), default=(0, ""))


def _lines(text: str) -> list[tuple[int, str]]:
    found, at = [], 0
    for line in text.split("\n"):
        found.append((at, line.rstrip()))
        at += len(line) + 1
    return found


def _pieces(text: str, width: int, kind: str, fenced: bool) -> list[tuple[int, str]]:
    """The lines of a text with their places, empty ones, fences and rules left out; prose is wrapped anew."""
    joined = list(text)
    found_blocks = blocks(text, kind, fenced)
    prose = [(block.start, block.end) for block in found_blocks if block.kind == "prose"]
    code = [(block.start, block.end) for block in found_blocks if block.kind in ("code", "list")]
    table = [(block.start, block.end) for block in found_blocks if block.kind == "table"]
    listing = [(block.start, block.end) for block in found_blocks if block.kind == "code"]
    listing += _fenced(text, fenced) if kind == "markdown" else []
    for start, end in prose:
        for at in _wraps(text, start, end, kind):
            joined[at] = " "
            below = len(text[at + 1 : end]) - len(text[at + 1 : end].lstrip(" \t"))
            joined[at + 1 : at + 1 + below] = GONE * below  # how far in the line begins says nothing then
        for blanks in BLANKS.finditer(text, start, end) if _justified(text[start:end]) else ():
            joined[slice(*blanks.span())] = GONE * len(blanks[0])
    found: list[tuple[int, str]] = []
    for at, line in _lines("".join(joined)):
        fence = (
            kind != "code" and (markup.FENCE if kind == "markdown" else FENCE).match(line) and _within(at, line, code)
        )
        if not line.strip() or fence or (TABLE_RULE.match(line) and _within(at, line, table)):
            continue
        told = markup.told(line) if kind == "markdown" and not _within(at, line, listing) else None
        if told is not None:
            found += [(at, told)] if told else []
            continue
        if kind == "markdown" and not _within(at, line, listing):
            line = markup.read(line).rstrip()
            line = markup.PADDING.sub(" ", line) if len(line) > width and _within(at, line, table) else line
            if not line:
                continue
        if not _within(at, line, prose) or COLUMNS.search(line):
            found.append((at, line.replace(GONE, "")))
            continue
        place = 0
        for part in textwrap.wrap(line, width, break_on_hyphens=False):
            place = max(place, line.find(part.split()[0], place))
            found.append((at + place, part.replace(GONE, "")))
    return found


def _fenced(text: str, fenced: bool) -> Iterator[tuple[int, int]]:
    at = 0
    for line, code in onpage.lines(text, fenced):
        if code:
            yield at, at + len(line)
        at += len(line) + 1


def _within(at: int, line: str, places: Sequence[tuple[int, int]]) -> bool:
    return any(start < at + len(line) and at < end for start, end in places)


def _wraps(text: str, start: int, end: int, kind: str) -> Iterator[int]:
    """
    The line ends of a paragraph that are there because the line was full.

    Another one was meant: that of Markdown says so; in plain text the next word would have had room before it; and
    lines with columns in them stand below each other.
    """
    lines = text[start:end].split("\n")
    longest, columns = max(len(line.rstrip()) for line in lines), not _justified(text[start:end])
    at = start
    for line, below in pairwise(lines):
        at += len(line)
        narrow = longest < NARROWEST or (kind != "markdown" and _had_room(line, below, longest))
        meant = narrow or (kind == "markdown" and BREAK.search(line))
        tags = kind == "markdown" and (markup.told(line) is not None or markup.told(below) is not None)
        if not (meant or tags or (columns and (COLUMNS.search(line) or COLUMNS.search(below)))):
            yield at
        at += 1


def _justified(paragraph: str) -> bool:
    """Are the lines of a paragraph, but for the last, made equally long by blanks between their words?"""
    *lines, _ = [line.rstrip() for line in paragraph.split("\n")]
    lengths = {len(line) for line in lines[1:]}  # the first may begin further in, and be stripped
    wide = sum(COLUMNS.search(line) is not None for line in lines)
    return len(lines) >= JUSTIFIED and len(lengths) == 1 and min(lengths) >= NARROWEST and 2 * wide >= len(lines)


def _had_room(line: str, below: str, longest: int) -> bool:
    return len(line.rstrip()) + 1 + len((below.split() or [""])[0]) <= longest


def _score(line: str, words: Sequence[str]) -> set[str]:
    """Which of the words begin a word of the line, or of a name in it ("PermissionError", "denied_by")."""
    said = re.findall(r"\w+", line.casefold()) + re.findall(
        r"[^\W_]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", line).casefold()
    )
    return {word for word in words if any(one.startswith(word) for one in said)}
