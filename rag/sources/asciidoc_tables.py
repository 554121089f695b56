"""The tables of AsciiDoc: cells with their marks, in lines of any length, to rows."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence

CELL = re.compile(r"(?:^|(?<=[\s|]))(?P<times>\d{1,2}\*)?(?P<wide>\d{1,2})?(?P<down>\.\d{1,3})?(?P<plus>\+)?"
                  r"(?P<look>[<^>.]{0,3}[adehlmsv]?)\|")  # fmt: skip
COLUMNS = re.compile(r"""cols\s*=\s*(?:"([^"]*)"|'([^']*)'|([^,\]\s]+))""")
MOST_COLUMNS = 200


def columns_of(style: str) -> int:
    """How many columns the style above a table says that it has; 0 if it does not."""
    found = COLUMNS.search(style)
    if not found:
        return 0
    count = 0
    for part in re.split(r"[,;]", next(one for one in found.groups() if one is not None)):
        times = re.match(r"\s*(\d{1,3})\*", part)
        count += int(times[1]) if times else 1
    return min(count, MOST_COLUMNS)


def grid(lines: Sequence[str], sign: str, columns: int, style: str) -> list[list[str]]:
    """The rows of a table; the first names its columns, or stands there for want of names."""
    if sign in ",:" or re.search(r"format\s*=\s*\W?(?:csv|dsv|tsv)", style):
        rows = list(csv.reader([line for line in lines if line.strip()], delimiter="," if sign != ":" else ":"))
        return [[cell.strip() for cell in row] for row in rows]
    cells: list[tuple[str, int, int]] = []  # text, columns, rows
    first = 0  # cells of the first line that has some
    for line in lines:
        found = [one for one in CELL.finditer(line) if line[one.end() - 2 : one.end() - 1] != "\\"]
        before = line[: found[0].start()] if found else line
        if cells and before.strip():
            text, wide, down = cells[-1]
            cells[-1] = (f"{text} {before.strip()}".strip(), wide, down)
        for number, one in enumerate(found):
            stop = found[number + 1].start() if number + 1 < len(found) else len(line)
            times = int(one["times"][:-1]) if one["times"] else 1
            wide = int(one["wide"] or 1) if one["plus"] else 1
            down = int(one["down"][1:]) if one["plus"] and one["down"] else 1
            text = " ".join(line[one.end() : stop].replace("\\|", "|").split())
            cells += [(text, max(min(wide, MOST_COLUMNS), 1), max(down, 1))] * times
        first = first or sum(wide for _, wide, _ in cells)
    return _rows(cells, columns or min(first, MOST_COLUMNS) or 1)


def _rows(cells: Sequence[tuple[str, int, int]], columns: int) -> list[list[str]]:
    rows: list[list[str]] = []
    row: list[str] = []
    hanging: dict[int, tuple[int, str]] = {}  # column: rows that a cell still goes down, its text

    def fill() -> None:
        while len(row) < columns and len(row) in hanging:
            down, text = hanging.pop(len(row))
            if down > 1:
                hanging[len(row)] = (down - 1, text)
            row.append(text)

    for text, wide, down in cells:
        fill()
        if len(row) >= columns:
            rows.append(row)
            row = []
            fill()
        if down > 1:
            hanging[len(row)] = (down - 1, text)
        row += [text, *[""] * (min(wide, columns - len(row)) - 1)]
    fill()
    return [*rows, row] if row else rows
