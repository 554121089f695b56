"""
The tables of a PDF page that are ruled: cells between lines that meet, with the words that stand in them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rag.sources.pdf_words import NUMBER, Cells, Rule, Word, on, rows_of, said, without_empty

NEAR = 3.0  # points within which ruling lines meet
LONG_CELL = 400  # characters; what is longer is a page that was laid out in a grid
MOST_RULES = 1000


@dataclass(frozen=True, slots=True)
class Grid:
    """Ruling lines that hang together: where the columns and rows begin and end, rows from the top."""

    xs: list[float]
    ys: list[float]
    across: list[Rule]
    upright: list[Rule]

    def parted(self, row: int, column: int, *, below: bool) -> bool:
        """Whether a line stands between a cell and the one below it, or right of it."""
        if below:
            middle, at, lines = (self.xs[column] + self.xs[column + 1]) / 2, self.ys[row + 1], self.across
        else:
            middle, at, lines = (self.ys[row] + self.ys[row + 1]) / 2, self.xs[column + 1], self.upright
        return any(abs(line.at - at) <= NEAR and line.start - 1 <= middle <= line.end + 1 for line in lines)


def grids(across: Sequence[Rule], upright: Sequence[Rule]) -> Iterator[Grid]:
    """The grids of at least two columns; each of lines that meet."""
    if len(across) < 2 or len(upright) < 3 or len(across) + len(upright) > MOST_RULES:
        return
    flat, up = _joined(across), _joined(upright)
    group = list(range(len(flat) + len(up)))

    def root(one: int) -> int:
        while group[one] != one:
            group[one] = group[group[one]]
            one = group[one]
        return one

    for number, line in enumerate(flat):
        for other, post in enumerate(up, len(flat)):
            if line.start - NEAR <= post.at <= line.end + NEAR and post.start - NEAR <= line.at <= post.end + NEAR:
                group[root(other)] = root(number)
    members: dict[int, tuple[list[Rule], list[Rule]]] = {}
    for number, line in enumerate(flat + up):
        members.setdefault(root(number), ([], []))[number >= len(flat)].append(line)
    for lines, posts in members.values():
        xs, ys = _places(post.at for post in posts), _places(line.at for line in lines)[::-1]
        if len(xs) > 2 and len(ys) > 1:
            yield Grid(xs, ys, lines, posts)


def _joined(lines: Sequence[Rule]) -> list[Rule]:
    """Lines at one place that touch, as one."""
    made: list[Rule] = []
    for line in sorted(lines, key=lambda line: (round(line.at), line.start)):
        last = made[-1] if made else None
        if last and abs(last.at - line.at) <= 1 and line.start <= last.end + NEAR:
            made[-1] = Rule(last.at, last.start, max(last.end, line.end))
        else:
            made.append(line)
    return made


def _places(values: Iterator[float]) -> list[float]:
    """Places in rising order, those that nearly are one as one."""
    made: list[float] = []
    for value in sorted(values):
        if not made or value - made[-1] > NEAR:
            made.append(value)
    return made


def filled(grid: Grid, found: Sequence[Word]) -> Cells | None:
    """The words in a grid by row and column; None if it is no table: a frame, a chart, a page in boxes."""
    rows, columns = len(grid.ys) - 1, len(grid.xs) - 1
    cells: Cells = [[[] for _ in range(columns)] for _ in range(rows)]
    for word in found:
        x, y = (word.left + word.right) / 2, word.middle
        if grid.xs[0] <= x <= grid.xs[-1] and grid.ys[-1] <= y <= grid.ys[0]:
            row = next(number for number in range(rows) if y >= grid.ys[number + 1])
            column = next(number for number in range(columns) if x <= grid.xs[number + 1])
            cells[row][column].append(word)
    cells = [part for row, line in enumerate(_spread(grid, cells)) for part in _parted(line, row, rows)]
    cells = without_empty(cells)
    told = [sum(map(bool, row)) for row in cells]
    if sum(count > 1 for count in told) < 2 or sum(told) < 0.3 * len(cells) * len(cells[0]):
        return None
    longest = max(sum(word.end - word.start for word in cell) for row in cells for cell in row)
    return cells if longest <= LONG_CELL else None


def _spread(grid: Grid, cells: Cells) -> Cells:
    """A cell over several rows stands in each of them, one over several columns in the first."""
    rows, columns = len(cells), len(cells[0])
    group = {(row, column): (row, column) for row in range(rows) for column in range(columns)}

    def root(one: tuple[int, int]) -> tuple[int, int]:
        while group[one] != one:
            one = group[one]
        return one

    for row in range(rows):
        for column in range(columns):
            if column + 1 < columns and not grid.parted(row, column, below=False):
                _unite(group, root((row, column)), root((row, column + 1)))
            if row + 1 < rows and not grid.parted(row, column, below=True):
                _unite(group, root((row, column)), root((row + 1, column)))
    whole: dict[tuple[int, int], list[Word]] = {}
    for place in group:
        whole.setdefault(root(place), []).extend(cells[place[0]][place[1]])
    made: Cells = [[[] for _ in range(columns)] for _ in range(rows)]
    for place in group:
        top = root(place)
        if place[1] == top[1]:
            made[place[0]][place[1]] = _read(whole[top])
    return made


def _unite(group: dict[tuple[int, int], tuple[int, int]], one: tuple[int, int], other: tuple[int, int]) -> None:
    group[max(one, other)] = min(one, other)


def _read(found: list[Word]) -> list[Word]:
    """The words of a cell, line by line."""
    return [word for row in rows_of(found) for run in row.runs for word in run]


def _parted(row: list[list[Word]], number: int, rows: int) -> Cells:
    """A row of a grid, or its lines where it holds all rows of a table: only its columns are ruled."""
    if rows > 2 or (rows == 2 and number == 0):
        return [row]
    lines = rows_of([word for cell in row for word in cell])
    if len(lines) < 2:
        return [row]
    placed = [[[word for word in cell if on(line, word)] for cell in row] for line in lines]
    filled = [sum(map(bool, line)) for line in placed]
    if len(lines) == 2:  # two rows, or one whose cells have two lines
        alike = filled[0] == filled[1] == sum(map(bool, row))
        return placed if alike and any(NUMBER.fullmatch(said(cell)) for cell in placed[1]) else [row]
    return placed if sum(count > 1 for count in filled) > 0.7 * len(filled) else [row]
