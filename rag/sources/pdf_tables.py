"""
The tables of a PDF page: words in rows and columns, told by ruling lines where there are any, else by white space.

Nothing is read here, and nothing is written: a table is words by row and column. What could be prose in columns, a
form, a list or code is no table: a table that is missed is read line by line, prose that is cut up is lost.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from statistics import median

from rag.sources.pdf_grid import NEAR, filled, grids
from rag.sources.pdf_words import NUMBER, Cells, Row, Rule, Word, rows_of, said, without_empty

FAR = 2.6  # heights of a line between two rows of a table without lines
PROSE = 18  # characters: half of the lines of prose in a column have more
FLOW = 0.25  # of the lines of a column begin within a sentence: it is prose
FORM = 0.5  # of the cells at the left end in a colon: it is a form
MOST_TRIES = 4  # beginnings of a table that are tried
SENTENCE = re.compile(r"[?!]\Z|\w \w.*\.\Z")
LABEL = 32  # characters of a label that its value stands beside
SHORT = 40  # characters of a number with its unit
DIVIDED = re.compile(r"\ufffe\s*(\S?)")
MARK = re.compile(r"[\W_]{1,3}|\(?\w{1,3}[.)\]]|\[\w{1,4}\]")


def tables(found: Sequence[Word], across: Sequence[Rule], upright: Sequence[Rule]) -> list[Cells]:
    """The tables of a page, none of which has a word of another."""
    ruled = [cells for grid in grids(across, upright) if (cells := filled(grid, found))]
    taken = {word.start for cells in ruled for row in cells for cell in row for word in cell}
    return ruled + list(_open([word for word in found if word.start not in taken], across))


def markdown(rows: Sequence[Sequence[str]]) -> str:
    """Cells as a table of Markdown; words that were divided in them are put together."""
    from rag.sources.html import table_of

    return table_of([[DIVIDED.sub(_undivided, cell).replace("|", r"\|") for cell in row] for row in rows])


def _undivided(found: re.Match[str]) -> str:
    return found[1] if found[1].islower() else f"-{found[1]}"


# -- by white space ----------------------------------------------------------------------------------------------------


def _open(found: Sequence[Word], across: Sequence[Rule]) -> Iterator[Cells]:
    """Tables whose columns are ruled by white space."""
    rows = rows_of(found)
    at = tried = 0
    while at < len(rows):
        end = _block(rows, at, _reach(rows, at)) if len(rows[at].runs) > 1 else at
        if end - at > 1 and not _is_prose(rows[at:end]):
            if cells := _laid_out(rows[at:end], across):
                yield cells
            elif tried < MOST_TRIES:  # it may begin below
                end, tried = at + 1, tried + 1
            else:
                tried = 0
        at = max(end, at + 1)


def _block(rows: list[Row], start: int, end: int) -> int:
    """Where lines end that are labels with their values and stand right above a table of more columns; else `end`."""
    at = start
    while at < end and len(rows[at].runs) == 2:
        at += 1
    wide = sum(len(row.runs) > 2 for row in rows[at:end])
    labels = wide > 1 and 2 * wide >= end - at and _are_labels([row.runs for row in rows[start:at]])
    return at if labels else end


def _is_prose(rows: list[Row]) -> bool:
    """Whether most of what stands side by side are lines of prose, at a glance."""
    runs = [run for row in rows for run in row.runs if len(row.runs) > 1]
    long = sum(len(run) for run in runs if len(run) > 3)
    figures = sum(run[-1].text[-1].isdecimal() for run in runs)
    return 2 * long > sum(map(len, runs)) and figures < 0.2 * len(runs) and not _are_labels([row.runs for row in rows])


Space = tuple[float, float]


def _reach(rows: list[Row], start: int) -> int:
    """The end of the rows below a first one that leave some space empty between their runs, all of them the same."""
    spaces = _between(rows[start])
    end = last = start + 1
    while end < len(rows):
        above, row = rows[end - 1], rows[end]
        if above.middle - row.middle > FAR * row.tall or not 0.6 < row.tall / rows[start].tall < 1.7:
            break
        left = _narrowed(spaces, row)
        if not left or (len(row.runs) == 1 and len(left) < len(spaces)):
            break
        spaces, end = left, end + 1
        near = last == end - 1 and above.middle - row.middle < 1.6 * row.tall
        last = end if len(row.runs) > 1 or near else last
    return last


def _between(row: Row) -> list[Space]:
    return [(one[-1].right, other[0].left) for one, other in pairwise(row.runs)]


def _narrowed(spaces: list[Space], row: Row) -> list[Space]:
    """What a row leaves of spaces, as far as it is wide enough."""
    for run in row.runs:
        left, right = run[0].left, run[-1].right
        cut: list[Space] = []
        for start, end in spaces:
            if right <= start or left >= end:
                cut.append((start, end))
            else:
                cut += [piece for piece in ((start, left), (right, end)) if piece[1] - piece[0] > 0.4 * row.tall]
        spaces = cut
    return spaces


def _laid_out(rows: list[Row], across: Sequence[Rule]) -> Cells | None:
    """The cells of rows between the spaces that all of them leave; None if they are no table."""
    while len(rows) > 1:
        columns = _columns(rows)
        if len(_columns(rows[1:])) <= len(columns) or len(rows) < 3:
            break
        rows = rows[1:]  # a first row that goes over the columns is none of the table
    cells = _united([_placed(row, columns) for row in rows])
    parted = _parted_by(rows, across)
    cells = _logical(rows, cells, parted)
    return without_empty(cells) if _is_table(cells, ruled=2 * sum(parted) >= len(cells)) else None


def _parted_by(rows: list[Row], across: Sequence[Rule]) -> list[bool]:
    """Whether a line is drawn between each two rows, all the way."""
    left, right = min(row.runs[0][0].left for row in rows), max(row.runs[-1][-1].right for row in rows)
    ruled = [line.at for line in across if line.start < left + 6 and line.end > right - 6]
    return [any(row.middle < at < above.middle for at in ruled) for above, row in pairwise(rows)]


def _columns(rows: list[Row]) -> list[float]:
    """Where columns end: in the middle of each space that all of the rows leave empty."""
    runs = sorted((run[0].left, run[-1].right) for row in rows for run in row.runs)
    ends, reached = list[float](), runs[0][1]
    for left, right in runs:
        if left - reached > 0.4 * rows[0].tall:
            ends.append((left + reached) / 2)
        reached = max(reached, right)
    return ends


def _placed(row: Row, ends: list[float]) -> list[list[Word]]:
    made: list[list[Word]] = [[] for _ in range(len(ends) + 1)]
    for run in row.runs:
        for word in run:
            made[sum(word.left > end for end in ends)].append(word)
    return made


def _united(cells: Cells) -> Cells:
    """
    The cells with columns put together that are one: figures at the right beside their head at the left; of lines that
    are all a label with one value, the values at the left and those at the right.
    """
    pairs = all(row[0] and sum(map(bool, row)) == 2 for row in cells)
    at = 0
    while at + 1 < len(cells[0]):
        headed = _heads(cells, at, at + 1) or _heads(cells, at + 1, at)
        if headed or (pairs and at > 0):
            cells = [[*row[:at], row[at] + row[at + 1], *row[at + 2 :]] for row in cells]
        else:
            at += 1
    return cells


def _heads(cells: Cells, column: int, other: int) -> bool:
    """Whether a column is no more than the head of the figures in another."""
    head, figures = ([row[at] for row in cells] for at in (column, other))
    below = [cell for cell in figures[1:] if cell]
    return bool(head[0]) and not any(head[1:]) and not figures[0] and bool(below) and _share(below, NUMBER) >= 0.5


def _is_table(cells: Cells, *, ruled: bool) -> bool:
    """Whether rows and columns are a table; `ruled` says that lines are drawn between the rows."""
    width = len(cells[0])
    full = [row for row in cells if sum(map(bool, row)) > 1]
    if width < 2 or len(full) < (3 if width == 2 else 2) or len(full) < 0.5 * len(cells):
        return False
    columns = [[cell for row in cells if (cell := row[number])] for number in range(width)]
    filled = sum(len(column) for column in columns) >= 0.5 * width * len(full)
    filled = filled and sum(2 * len(column) >= len(full) for column in columns) >= max(2, 0.6 * width)
    figures = [_share(column, NUMBER) for column in columns]
    prose = max(figures) < 0.5 and not ruled and any(map(_flows, columns))
    if not filled or prose or not all(map(_aligned, columns)):
        return False
    if _share(columns[0], MARK) >= 0.5 and not _share(columns[0], NUMBER) >= 0.5:
        return False
    if width > 2:
        return max(figures[1:]) >= 0.5 or len(full) > 2
    form = sum(said(cell).endswith((":", "：")) for cell in columns[0]) >= FORM * len(columns[0])
    return ruled or (not form and (figures[1] >= 0.6 or _are_labels(cells)))


def _are_labels(rows: Sequence[list[list[Word]]]) -> bool:
    """Whether rows are each a short label with its value, of which most begin at one place, and no lines of prose."""
    if len(rows) < 3 or not all(len(row) == 2 and row[0] and row[1] for row in rows):
        return False
    lefts = [row[1][0].left for row in rows]
    labels = [said(row[0]) for row in rows]
    short = all(len(label) <= LABEL and label[0].isupper() and not SENTENCE.search(label) for label in labels)
    begin = sum(abs(left - median(lefts)) < NEAR for left in lefts) >= 0.6 * len(lefts)
    return short and begin and not any(_flows([cell for row in rows if (cell := row[column])]) for column in (0, 1))


def _share(column: list[list[Word]], pattern: re.Pattern[str]) -> float:
    texts = [said(cell) for cell in column]
    return sum(len(text) <= SHORT and pattern.fullmatch(text) is not None for text in texts) / max(len(texts), 1)


def _flows(column: list[list[Word]]) -> bool:
    """Whether the lines of a column are prose, each going on where the one above it ends."""
    texts = [said(cell) for cell in column]
    if len(texts) < 3 or median(map(len, texts)) < PROSE:
        return False
    return sum(text[0].islower() for text in texts[1:]) >= FLOW * (len(texts) - 1)


def _aligned(column: list[list[Word]]) -> bool:
    """Whether most cells of a column begin, end or have their middle at one place."""
    if len(column) < 3:
        return True
    lefts = [min(word.left for word in cell) for cell in column]
    rights = [max(word.right for word in cell) for cell in column]
    middles = [(left + right) / 2 for left, right in zip(lefts, rights, strict=True)]
    return any(
        sum(abs(place - median(places)) < NEAR for place in places) >= 0.5 * len(places)
        for places in (lefts, rights, middles)
    )


def _logical(rows: list[Row], cells: Cells, parted: list[bool]) -> Cells:
    """Rows of a table from its lines: a cell may have several."""
    steps = [above.middle - row.middle for above, row in pairwise(rows)]
    columns = [[cell for row in cells if (cell := row[number])] for number in range(len(cells[0]))]
    numbers = [_share(column, NUMBER) >= 0.5 for column in columns]
    made = [cells[0]]
    for row, step, line in zip(cells[1:], steps, parted, strict=True):
        if not line and (sum(parted) > len(rows) / 3 or _goes_on(made[-1], row, step, steps, numbers)):
            made[-1] = [above + cell for above, cell in zip(made[-1], row, strict=True)]
        else:
            made.append(row)
    return made


def _goes_on(
    above: list[list[Word]], row: list[list[Word]], step: float, steps: list[float], numbers: list[bool]
) -> bool:
    """Whether a line holds more of the cells of the row above it, and no cells of its own."""
    filled = [number for number, cell in enumerate(row) if cell]
    if any(not above[number] or numbers[number] for number in filled) or 2 * len(filled) > len(row):
        return False
    if step > 1.15 * min(steps):
        return False
    return bool(not row[0]) or said(row[0])[0].islower() or step < 0.8 * max(steps)
