"""
Records that are written as labels with their values: blocks of YAML, lines of a log, questions with their answers,
terms with what they mean; and items that have as many parts as an element has fields.

Nothing here asks a model.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

from rag.extract.fields import Field
from rag.extract.items import Row
from rag.extract.layout import Cell, Layout, Line
from rag.extract.lexicon import alike, units
from rag.extract.lists import below, sections

ALIKE = 0.5
FEW, MANY = 2, 30


def labelled(text: str, layout: Layout, wanted: Sequence[Field]) -> list[Row]:
    """The records of the first of these forms that a text has; none if it has none."""
    for form in (_blocks, _logged, _answered, _defined, _parted):
        if rows := form(text, layout, wanted):
            return rows[:MANY]
    return []


def _blocks(text: str, layout: Layout, wanted: Sequence[Field]) -> list[Row]:
    """Below the list's name, items that begin with a field and go on with others: "- name: leek", "  amount: 2"."""
    for above, lines in sections(layout):
        if alike(wanted[0].parent, units(above)) < ALIKE or not any(line.marked for line in lines):
            continue
        blocks: list[list[Cell]] = []
        for line in lines:
            if line.marked:
                blocks.append([])
            if blocks:
                blocks[-1] += [cell for cell in line.cells if cell.label]
        rows = [_filled(text, block, wanted) for block in blocks]
        if len(blocks) >= FEW and all(2 * len(row) >= len(wanted) and len(row) > 1 for row in rows):
            return rows
    return []


def blocks(text: str, layout: Layout, wanted: Sequence[Field]) -> list[Row]:
    """Paragraphs of labels with values, of which several have the same: "Species: …", "Site: …", and a blank line."""
    found: list[list[Cell]] = [[]]
    at = 0
    for line in layout.lines:
        apart, at = "\n\n" in text[at : line.start].replace(" ", ""), line.end
        cells = [cell for cell in line.cells if cell.label]
        if found[-1] and (apart or (cells and cells[0].label == found[-1][0].label)):
            found.append([])
        found[-1] += cells
    rows = [row for cells in found if len(cells) > 1 and (row := _filled(text, cells, wanted))]
    whole = [row for row in rows if len(row) > 1 and 2 * len(row) >= len(wanted)]
    named = sum(wanted[0].key[1] in row for row in whole)
    return whole[:MANY] if len(whole) >= FEW and 2 * named > len(whole) else []


def _logged(text: str, layout: Layout, wanted: Sequence[Field]) -> list[Row]:
    """The lines of a log."""
    named = [pair for pair in layout.pairs if pair.label]
    lines = itertools.groupby(sorted(named, key=lambda pair: pair.start), lambda pair: text.count("\n", 0, pair.start))
    rows = [_filled(text, list(pairs), wanted) for _, pairs in lines]
    rows = [row for row in rows if 2 * len(row) >= len(wanted) and len(row) > 1]
    return rows if len(rows) >= FEW else []


def _filled(text: str, cells: Sequence[Cell], wanted: Sequence[Field]) -> Row:
    """What these labels say of the fields, each value once."""
    pairs = [(_sureness(one, cell.label), -n, one.key[1]) for one in wanted for n, cell in enumerate(cells)]
    row: Row = {}
    used: set[int] = set()
    for sureness, place, name in sorted(pairs, reverse=True):
        if sureness >= ALIKE and name not in row and place not in used:
            used.add(place)
            row[name] = [text[cells[-place].start : cells[-place].end].strip()]
    return row


def _sureness(one: Field, label: str) -> float:
    return 1.0 if label.casefold() == one.key[1].casefold() else alike(one.units, units(label))


def _two(wanted: Sequence[Field]) -> bool:
    return len(wanted) == FEW and all(one.kind == "text" and not one.wants for one in wanted)


def _answered(text: str, layout: Layout, wanted: Sequence[Field]) -> list[Row]:
    """Headings that ask, with the paragraph below each."""
    if not _two(wanted):
        return []
    asked = [cell for cell in layout.paragraphs if cell.label.endswith(("?", "？"))]
    names = [one.key[1] for one in wanted]
    rows = [{names[0]: [cell.label], names[1]: [text[cell.start : cell.end]]} for cell in asked]
    return rows if len(rows) >= FEW else []


def _defined(text: str, layout: Layout, wanted: Sequence[Field]) -> list[Row]:
    """Lines that begin with a term in bold and a colon."""
    if not _two(wanted):
        return []
    bold = [line.cells[0] for line in layout.lines if line.cells[0].label and text[line.start - 2 : line.start] == "**"]
    names = [one.key[1] for one in wanted]
    rows = [{names[0]: [cell.label], names[1]: [text[cell.start : cell.end].strip()]} for cell in bold]
    return rows if len(rows) >= FEW else []


def _parted(text: str, layout: Layout, wanted: Sequence[Field]) -> list[Row]:
    """Items below the list's name in cells and between commas, of which each has as many parts as there are fields."""
    if len(wanted) < FEW or any(one.kind not in ("text", "date") for one in wanted):
        return []
    _, lines = below(text, layout, wanted[0].parent)
    parts = [_parts(text, line) for line in lines if len(line.cells) > 1]
    if not parts or len(parts) != len(lines) or any(len(found) != len(wanted) for found in parts):
        return []
    return [{one.key[1]: [part] for one, part in zip(wanted, found, strict=True)} for found in parts]


def _parts(text: str, line: Line) -> list[str]:
    return [part.strip() for cell in line.cells for part in re.split(r",\s", text[cell.start : cell.end])]
