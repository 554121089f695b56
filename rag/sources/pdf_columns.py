"""
The order in which the lines of a PDF page are read: column by column, where a page has columns of prose.

Most files have their text in that order already; those that draw line by line across the columns are put in order.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from statistics import median

from rag.sources import scripts
from rag.sources.pdf_line import Line

FEWEST = 3  # lines of a column
FLOW = 0.3  # of the lines of prose begin within a sentence, at least
PROSE = 18  # characters of a line of prose in a column, half of them have more: cells of tables are shorter


def rejoined(found: list[Line]) -> list[Line]:
    """Lines that a raised or lowered character has broken in two, as one; a raised digit alone joins its word."""
    joined: list[Line] = []
    for line in found:
        before = joined[-1] if joined else None
        if before is None or not line.size or not before.size or before.table or line.table:
            joined.append(line)
            continue
        near = -0.5 * line.size < line.left - before.right < 1.8 * before.size
        level = abs(line.base - before.base) < 0.1 * before.size
        broken = abs(before.foot - before.base) > 0.12 * before.size
        away = line.base - before.base
        if near and level and broken:
            apart = line.spaced or line.left - before.right > 0.58 * before.size
            text = before.text + (" " if apart else "") + line.text
            joined[-1] = replace(before, text=text, right=line.right, foot=line.foot)
        elif near and 0.12 * before.size < abs(away) < 0.8 * before.size and re.fullmatch(r"[\d+−-]{1,4}", line.text):
            shown = (scripts.high if away > 0 else scripts.low)(line.text)
            joined[-1] = replace(before, text=before.text + shown, right=line.right, foot=line.base)
        else:
            joined.append(line)
    return joined


def in_order(found: list[Line]) -> list[Line]:
    """The lines, column by column between the lines that go over all columns; as they are if they are so already."""
    edges = _edges(found)
    if len(edges) < 2:
        return found
    places = [_column(line, edges) for line in found]
    columns = [
        [line for line, place in zip(found, places, strict=True) if place == number] for number in range(len(edges))
    ]
    if not all(_flows(lines) for lines in columns):
        return found
    across = sum(place is None for place in places)
    switches = sum(a != b and a is not None and b is not None for a, b in pairwise(places))
    if switches <= 2 * (across + len(edges)):  # they are in order already
        return found
    ordered: list[Line] = []
    band: list[tuple[int, Line]] = []
    for line, place in sorted(zip(found, places, strict=True), key=lambda entry: -entry[0].base):
        if place is not None:
            band.append((place, line))
            continue
        ordered += [one for _, one in sorted(band, key=lambda entry: entry[0])]
        ordered.append(line)
        band = []
    return ordered + [one for _, one in sorted(band, key=lambda entry: entry[0])]


def _flows(lines: list[Line]) -> bool:
    """Whether the lines of a column are prose, each going on where the one above it ends, and not cells of a table."""
    if len(lines) < FEWEST or median(len(line.text) for line in lines) < PROSE:
        return False
    falling = sorted(lines, key=lambda line: -line.base)
    goes_on = sum(not line.text[0].isupper() and line.text[0].isalpha() for line in falling[1:])
    return goes_on >= FLOW * (len(falling) - 1)


def _end(line: Line) -> float:
    return line.right + 0.6 * line.size


def _edges(found: list[Line]) -> list[float]:
    """Where the columns of a page begin: at which many lines do, with nothing of the others running over it."""
    if len(found) < 2 * FEWEST:
        return []
    width = max(map(_end, found)) - min(line.left for line in found)
    counts = Counter(round(line.left / 4) for line in found)
    edges: list[float] = []
    for place, count in sorted(counts.items()):
        if count >= FEWEST and (not edges or place * 4 - edges[-1] > 0.2 * width):
            over = sum(line.left < place * 4 - 6 and _end(line) > place * 4 for line in found)
            if not edges or over <= 0.2 * len(found):
                edges.append(place * 4.0)
    return edges


def _column(line: Line, edges: list[float]) -> int | None:
    """The number of the column that a line stands in; None if it goes over more than one."""
    for number, edge in enumerate(edges):
        after = edges[number + 1] if number + 1 < len(edges) else float("inf")
        if edge - 6 <= line.left < after - 6:
            return number if _end(line) < after + 2 else None
    return None
