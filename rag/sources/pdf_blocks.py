"""
The lines of a PDF page in blocks: paragraphs, headings, items of lists, code, tables. What they become is not known.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

from rag.sources.pdf_line import FARTHEST, Line
from rag.sources.pdf_lines import beside

BULLET = re.compile(r"^(?:[-•◦▪‣●○■*–]|\(?\d{1,3}[.)]|[a-z][.)])\s+")
NEAR = 100  # lines of a page that tell how wide its text is: all of them, in most cases
LEADER = re.compile(r"(?:\s?\.){5,}\s*")  # from a title to its page, in a table of contents
LABEL = re.compile(r"[^\W\d_][^:]{0,40}: ")  # of a line of a form
BESIDE = 0.25  # of the lines of a page with columns stand beside another, at least
RAISED = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹₀-₉]")
Block = list[Line]


def blocks(found: list[Line], body: float, usual: float) -> Iterator[Block]:
    """The lines of a page in blocks: paragraphs, headings, items of lists, code."""
    columns = beside(found) > BESIDE * len(found)
    found = _line_by_line(found, body, usual, columns)
    block: Block = []
    for number, line in enumerate(found):
        if block and line.mono and _within(block[-1], line, usual):
            line = replace(line, mono=False, size=block[-1].size)
        # of columns, only the paragraph itself tells how wide they are
        column = block[-NEAR:] if columns else found[max(number - NEAR, 0) : number + NEAR]
        text = line.size <= 1.15 * body
        if block and (
            _ends(block, line, usual, body) or (text and not block[-1].ends and _stops_short(block, line, column))
        ):
            yield block
            block = []
        block.append(line)
    if block:
        yield block


def _line_by_line(found: list[Line], body: float, usual: float, columns: bool) -> list[Line]:
    """The lines of a page; of those that stand together and would all have had room for more, it is said."""
    marked, first = list(found), 0
    for number in range(1, len(found) + 1):
        if number < len(found) and not _ends([found[number - 1]], found[number], usual, body):
            continue
        group, one = found[first:number], found[first]
        first = number
        alike = all(abs(line.left - one.left) < 2 and line.size and not line.mono for line in group)
        if len(group) < 2 or not alike or one.size > 1.15 * body:
            continue
        edge = _edge(one, group if columns else found[max(number - len(group) - NEAR, 0) : number + NEAR])
        if all(LABEL.match(line.text) for line in group):
            edge = FARTHEST
        full = sum(not _has_room(above, line, edge) for above, line in pairwise(group))
        if full <= (len(group) > 3):
            marked[number - len(group) : number - 1] = [replace(line, ends=True) for line in group[:-1]]
    return marked


def _edge(line: Line, column: list[Line]) -> float:
    """Where the lines of a column end that are set like this one."""
    near = [one.right for one in column if -5 < line.left - one.left < 60 and abs(one.size - line.size) < 0.6]
    return max(near, default=0.0)


def _has_room(before: Line, line: Line, edge: float) -> bool:
    """Whether the word that begins a line would have had room at the end of the one before it."""
    return before.right + (len(line.text.split()[0]) + 4) * 0.5 * line.size < edge


def _within(before: Line, line: Line, usual: float) -> bool:
    """Whether a line of code stands in a paragraph: it is set like the paragraph's other lines."""
    return not before.mono and abs(before.foot - line.base - usual) < 0.1 * usual and abs(line.left - before.left) < 1


def _ends(block: Block, line: Line, usual: float, body: float) -> bool:
    """Whether a line begins a new block: other type, a wider gap, another column, a new item."""
    before = block[-1]
    if before.table or line.table:
        return True
    if not line.size or not before.size:
        return False
    pitch = before.foot - line.base
    if abs(line.size - before.size) > 0.6 or line.mono != before.mono or pitch < -before.size:
        return True
    if line.right < before.left - 2 * line.size:
        return True  # what stands left of it, and below
    if line.mono:
        return pitch > 4 * line.size
    if LEADER.search(before.text):
        return True
    slack = 0.8 if RAISED.search(before.text) or RAISED.search(line.text) else 0.35  # they push lines apart
    if pitch > usual * line.size / max(body, 1) + slack * line.size:
        return True
    return bool(BULLET.match(line.text)) and line.left <= block[0].left + 0.5 * line.size


def _stops_short(block: Block, line: Line, column: list[Line]) -> bool:
    """Whether the line before leaves room for the word that begins this one, or this one is set in or out anew."""
    before = block[-1]
    if not line.size or line.mono:
        return False
    if _has_room(before, line, _edge(line, column)):
        return True
    step = line.left - before.left
    if len(block) == 1 and 0.8 * line.size < step < 4 * line.size and before.text[-1] in ".!?":
        lefts = Counter(round(one.left) for one in column if abs(one.left - line.left) < 6 * line.size)
        return abs(lefts.most_common(1)[0][0] - before.left) < 2  # the last line of a paragraph, and the first of one
    if len(block) < 2 or abs(step) < 0.8 * line.size or BULLET.match(block[0].text):
        return False
    return step > 0 or (abs(line.left - block[0].left) < 1 and block[1].left > block[0].left)
