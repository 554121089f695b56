"""
Where in a row of a table an answer may stand: in the column that the question names, else beside what names the row.

A row alone says "| Garden room | £9/h | £22/h |"; which of the two is asked for, its head knows. Pure functions.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

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


def asked(words: Collection[str], row: Citation) -> tuple[list[Cell], bool] | None:
    """
    The cells in which what these stems of a question ask for may stand, and whether the question names their column.

    None if the citation is no row of a table.
    """
    if not row.quote.lstrip().startswith("|") or "\n" in row.quote.strip():
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


def heads(row: Citation) -> list[str]:
    """The heads of the columns of a row; none if it has none."""
    above = row.passage.document.text[: row.start].rstrip("\n").split("\n")[-ROWS:]
    for at in range(len(above) - 1, 0, -1):
        if TABLE_RULE.match(above[at].rstrip()):
            return [one.strip() for one in CELL.findall(above[at - 1])]
        if "|" not in above[at]:
            break
    return []
