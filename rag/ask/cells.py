"""
Where in a row of a table an answer may stand: in the column that the question names, else beside what names the row.

A row alone says "| Garden room | £9/h | £22/h |"; which of the two is asked for, its head knows. Pure functions.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, replace

from rag.ask import rivals
from rag.ask.words import stems
from rag.blocks import TABLE_RULE
from rag.types import Citation

ROWS = 500  # lines above a row in which its head is looked for
CELL = re.compile(r"(?<=\|)(?:[^|\\]|\\.)*(?=\|)|(?<=\|)(?:[^|\\]|\\.)+$")


@dataclass(frozen=True, slots=True)
class Cell:
    """A place in the row, and what stands above it in the head."""

    start: int
    end: int
    head: str


def is_row(row: Citation) -> bool:
    """Is a citation a row of a table?"""
    return row.quote.lstrip().startswith("|") and "\n" not in row.quote.strip()


def asked(words: Collection[str], row: Citation) -> tuple[list[Cell], bool] | None:
    """
    The cells in which what these stems of a question ask for may stand, and whether the question names their column.

    None if the citation is no row of a table.
    """
    if not is_row(row):
        return None
    names = heads(row)
    cells = [
        Cell(match.start(), match.end(), names[place] if place < len(names) else "")
        for place, match in enumerate(CELL.finditer(row.quote))
    ]
    free = [one for one in cells if not set(stems(row.quote[one.start : one.end])).intersection(words)]
    named = [len(set(stems(cell.head)).intersection(words)) for cell in free]
    most = max(named, default=0)
    if not most:
        return free, False
    return [cell for cell, count in zip(free, named, strict=True) if count == most], named.count(most) == 1


def meant(words: Collection[str], row: Citation) -> Citation | None:
    """
    The row of a table that these stems of a question name, looked for in all that its passage has of the table: that
    with most of them, and of several that with the fewest others beside them. None if no row is the only one.

    "Win" is named by "a win", and not "Win after golden goal".
    """
    start, end = row.start, row.end
    text, first, last = row.passage.document.text, row.passage.start, row.passage.end
    while start > first and text[text.rfind("\n", 0, start - 1) + 1 : start].startswith("|"):
        start = text.rfind("\n", 0, start - 1) + 1
    while end < last and text.startswith("\n|", end):
        end = min(at for at in (text.find("\n", end + 1), len(text)) if at >= 0)
    every, at = [], start
    for line in text[max(start, first) : min(end, last)].split("\n"):
        every.append(replace(row, quote=line, start=at, end=at + len(line)))
        at += len(line) + 1
    ruled = next((place + 1 for place, one in enumerate(every) if TABLE_RULE.match(one.quote.rstrip())), 0)
    ranks = [_named(words, one.quote) for one in every[ruled:]]
    best = max(ranks, default=(0, 0))
    return every[ruled + ranks.index(best)] if ranks.count(best) == 1 and (best[0] or len(ranks) == 1) else None


def _named(words: Collection[str], row: str) -> tuple[int, int]:
    """How many of the words a row has, and how many others beside them in the same cells (less is more)."""
    numbers = [word for word in words if word[0].isdecimal()]
    cells = [{*stems(cell), *rivals.covered(cell, numbers)} for cell in CELL.findall(row)]
    hit = [cell for cell in cells if cell.intersection(words)]
    return len(set[str]().union(*hit).intersection(words)), -sum(len(cell.difference(words)) for cell in hit)


def heads(row: Citation) -> list[str]:
    """The heads of the columns of a row; none if it has none."""
    above = row.passage.document.text[: row.start].rstrip("\n").split("\n")[-ROWS:]
    for at in range(len(above) - 1, 0, -1):
        if TABLE_RULE.match(above[at].rstrip()):
            return [one.strip() for one in CELL.findall(above[at - 1])]
        if "|" not in above[at]:
            break
    return []
