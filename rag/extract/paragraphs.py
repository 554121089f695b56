"""
What stands behind a label to the end of its paragraph: further sentences, and the lines that go on with it.

Nothing here knows fields or models.
"""

from __future__ import annotations

import bisect

from rag.extract.layout import FURTHER_SENTENCE, LONGEST, PARAGRAPH, Cell, Layout


def whole(layout: Layout, cell: Cell) -> int:
    """Where what stands behind a label ends; 0 if it is a single sentence in a line."""
    number = bisect.bisect_left(layout.lines, cell.end, key=lambda line: line.end)
    end = cell.end
    if layout.lines[number : number + 1] and layout.lines[number].cells[-1] is cell:
        end = _going_on(layout, number)
    said = layout.text[cell.start : end]
    return cell.start + len(said.rstrip()) if FURTHER_SENTENCE.search(said) and len(said) <= LONGEST else 0


def _going_on(layout: Layout, number: int) -> int:
    """Where the paragraph ends of which a line is the first: each line but the last is long."""
    last = layout.lines[number]
    for line in layout.lines[number + 1 :]:
        apart = layout.text[last.end : line.start]
        full = last.end - layout.text.rfind("\n", 0, last.start) > PARAGRAPH
        plain = len(line.cells) == 1 and not line.cells[0].label and not line.marked
        if not full or not plain or apart.count("\n") != 1 or apart.strip() or layout.titles(line):
            break
        last = line
    return last.end


__all__ = ["whole"]
