"""
What stands in a list that a label or a heading speaks of: "Skills: Python, SQL and R", or the items below "## Skills".

Rules only; nothing here asks a model.
"""

from __future__ import annotations

import re

from rag.extract.layout import Cell, Layout, Line
from rag.extract.lexicon import alike, units

ALIKE = 0.5  # from which a label speaks of a field
LONGEST, MOST = 80, 40  # characters of an element; elements
BETWEEN = re.compile(
    r"\s*(?:[,;、，؛•|·]|(?<=\s)(?:and|und|et|y|e|sowie)(?=\s)|\s[–—]\s)\s*(?:(?:and|und|et|y)\s)?(?![^(]*\))",
    re.IGNORECASE,
)
NOTE = re.compile(r"\s*[(（][^()（）]*[)）]\s*\Z")


def said_in_list(text: str, layout: Layout, asked: frozenset[str]) -> list[str]:
    """The elements of the list whose label says what is asked, as they are written; none if there is none."""
    best: tuple[float, list[str]] = (0.0, [])
    for line in layout.lines:
        for cell in line.cells:
            sureness = alike(asked, units(cell.label)) if cell.label else 0.0
            if sureness >= ALIKE and sureness > best[0] and (values := _divided(text, cell)):
                best = (sureness, values)
    for above in dict.fromkeys(line.above for line in layout.lines if line.above):
        sureness = alike(asked, units(above))
        below = [
            line for line in layout.lines if line.above == above and text[line.start : line.end].strip("*: ") != above
        ]
        plain = not any(line.marked for line in below)
        items = [
            _stripped(text[line.start : line.end]) for line in below if line.marked or (plain and _is_item(text, line))
        ]
        items = [item for item in items if item and len(item) <= LONGEST]
        if sureness >= ALIKE and sureness > best[0] and items:
            best = (sureness, items)
    return list(dict.fromkeys(best[1]))[:MOST]


def _is_item(text: str, line: Line) -> bool:
    """Whether a line without a mark may be an item: no sentence, no label."""
    return text[line.start - 2 : line.start] != "  " and not line.cells[0].label and text[line.end - 1] not in ".!?"


def _divided(text: str, cell: Cell) -> list[str]:
    parts = BETWEEN.split(text[cell.start : cell.end].split(". ")[0])
    return [said for part in parts if part and (said := _stripped(part)) and len(said) <= LONGEST]


def _stripped(part: str) -> str:
    return NOTE.sub("", part.strip().rstrip(".;,")).strip()
