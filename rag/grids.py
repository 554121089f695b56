"""
Tables of HTML that stand in Markdown: where they are, their rows and cells, by offsets.

Tags are found by their form, it is no parser: a row ends where the next begins, as HTML allows. A table in which code
or another table stands is a layout, and none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

BEGINS = re.compile(r"^[ ]{0,3}<table\b", re.IGNORECASE | re.MULTILINE)
WITHIN = re.compile(r"\s*</?(?:thead|tbody|tfoot|tr|td|th)\b[^<>]*>", re.IGNORECASE)  # of a text that begins in a table
TAG = re.compile(r"<(?P<end>/?)(?P<name>table|tr|td|th|caption)\b[^<>]*>", re.IGNORECASE)
FENCE = re.compile(r"^[ \t]*(?:>[ \t]?)*(`{3,}|~{3,})", re.MULTILINE)
LONGEST = 200_000  # characters of a table
MARKED = re.compile(
    r"\s*(?:<(?P<name>h[1-6]|b|strong)\b[^<>]*>.*?</(?P=name)>|\*\*[^*]+\*\*)?\s*", re.DOTALL | re.IGNORECASE
)
ITEMS = re.compile(r"<li\b[^<>]*>\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table from its tag to the end of it, and its cells without their tags; `head`: they name columns."""

    start: int
    end: int
    cells: tuple[tuple[int, int], ...]
    head: bool


@dataclass(frozen=True, slots=True)
class Grid:
    """A table: its span, its rows in order."""

    start: int
    end: int
    rows: tuple[Row, ...]


def has(text: str) -> bool:
    """May a table stand in a text?"""
    return "</t" in text or "</T" in text or "<tr" in text or "<TR" in text


def grids(text: str, at: int = 0) -> list[Grid]:
    """The tables of a text in order, from a place of it on; it may begin, and end, within one."""
    if not has(text):
        return []
    found: list[Grid] = []
    if inside := WITHIN.match(text, at):
        at, made = _read(text, inside.end() - len(inside[0].lstrip()), 0)
        found += made
    fences = _fenced(text)
    while begins := BEGINS.search(text, at):
        start = begins.end() - len("<table")
        end = next((last for first, last in fences if first <= start < last), 0)
        at, made = (end, []) if end else _read(text, start, 1)
        at = max(at, begins.end())
        found += made
    return found


def _read(text: str, start: int, depth: int) -> tuple[int, list[Grid]]:
    """(where to look for the next, the table that begins here, if it is one)."""
    rows: list[Row] = []
    cells: list[tuple[int, int]] = []
    heads, row, cell, end = [], -1 if depth else start, -1, start
    for tag in TAG.finditer(text, start + (6 if depth else 0), start + LONGEST):
        name, closes = tag["name"].lower(), bool(tag["end"])
        if name == "table" and not closes:
            return tag.end(), []
        if name == "caption":
            continue
        if cell >= 0:
            cells.append((cell, tag.start()))
            cell = -1
        if name in ("td", "th"):
            cell = tag.end() if not closes else -1
            row = tag.start() if row < 0 else row
            heads += [] if closes else [name == "th"]
        elif row >= 0 and (cells or not heads):
            if cells:
                rows.append(_row(text, row, tag.end() if closes and name == "tr" else tag.start(), cells, heads))
            cells, heads, row = [], [], -1
        end = tag.end()
        if name == "tr" and not closes:
            row = tag.start()
        if name == "table":
            break
    else:
        if cell >= 0 or cells:
            cells += [(cell, len(text))] if cell >= 0 else []
            rows.append(_row(text, max(row, start), len(text), cells, heads))
            end = len(text)
    grid = Grid(start, end, tuple(rows))
    return end, [grid] if rows and not FENCE.search(text, start, end) else []


def _row(text: str, start: int, end: int, cells: list[tuple[int, int]], heads: list[bool]) -> Row:
    end = start + len(text[start:end].rstrip())
    marked = all(head or MARKED.fullmatch(text, *cell) for head, cell in zip(heads, cells, strict=False))
    return Row(start, end, tuple(cells), bool(heads) and marked)


def _fenced(text: str) -> list[tuple[int, int]]:
    found, mark, start = [], "", 0
    for fence in FENCE.finditer(text):
        if not mark:
            mark, start = fence[1], fence.start()
        elif fence[1].startswith(mark):
            found.append((start, fence.end()))
            mark = ""
    return [*found, *([(start, len(text))] if mark else [])]


def headed(text: str) -> bool:
    """Has a text the head of a table, and none of its rows?"""
    found = grids(text)
    return bool(found) and all(row.head for one in found for row in one.rows)


def cells(text: str, row: Row) -> Iterator[str]:
    """What the cells of a row say, each on one line; the items of a list in it with a bullet."""
    from rag import markup

    for start, end in row.cells:
        said = ITEMS.sub(" • ", text[start:end])
        yield " ".join(markup.read(" ".join(said.split())).split()).replace("|", "\\|")


def shown(text: str, grid: Grid) -> str:
    """A table as Markdown writes one; that of which the head does not stand in the text has none."""
    if all(len(row.cells) < 2 for row in grid.rows):
        return "\n".join("".join(cells(text, row)) for row in grid.rows)
    lines = [f"| {' | '.join(cells(text, row))} |" for row in grid.rows]
    if grid.rows[0].head and len(lines) > 1:
        lines.insert(1, "|" + " --- |" * len(grid.rows[0].cells))
    return "\n".join(lines)


def columns(text: str, grid: Grid) -> str:
    """The names of a table's columns, as its first row has them; "" if it names none."""
    from rag import markup

    if not grid.rows[0].head:
        return ""
    return " | ".join(filter(None, (markup.bare(cell.replace("\\|", "|")) for cell in cells(text, grid.rows[0]))))
