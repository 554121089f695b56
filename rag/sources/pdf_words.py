"""
The words and the ruling lines of a PDF page through pdfium, with their places: what `pdf_tables` looks for tables in.
"""

from __future__ import annotations

import ctypes
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, NamedTuple

from rag.sources.pdf_line import finite

WORD = re.compile(r"\S+")
GAP = 0.8  # of the height of a line: wider white space parts two cells
NUMBER = re.compile(r"[\W_]*(?:[A-Z]{3}\s*)?[\d.,'’\s/:+−–-]*\d[\d.,'’\s/:%+−–-]*(?:[A-Za-z%€$£°]{0,4}\W*)", re.ASCII)
THIN = 3.0  # points: what is thinner is a line, drawn as a surface
SHORTEST = 4.0  # points of a ruling line
MOST_PATHS = 3000  # drawings of a page; one with more is no table
MOST_SEGMENTS = 400  # of one drawing
DEEPEST = 4  # forms in forms


Matrix = tuple[float, float, float, float, float, float]
Point = tuple[float, float]
SAME: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


class Word(NamedTuple):
    """A word from one offset of a page's text to another, and where it stands, in points from the lower left corner."""

    text: str
    start: int
    end: int
    left: float
    right: float
    foot: float
    top: float

    @property
    def middle(self) -> float:
        return (self.foot + self.top) / 2

    @property
    def tall(self) -> float:
        return self.top - self.foot


class Rule(NamedTuple):
    """A straight line: at `at` across, or up, the page, from `start` to `end` along it."""

    at: float
    start: float
    end: float


@dataclass(slots=True)
class Row:
    """What stands on one height: runs of words without wide space between them."""

    middle: float
    tall: float
    runs: list[list[Word]] = field(default_factory=list)


Cells = list[list[list[Word]]]  # words by row and column, in the order in which they are read


def words(textpage: Any, text: str) -> list[Word]:
    """The words of a text whose offsets are those of the page's characters; none if they are not."""
    import pypdfium2.raw as raw

    if not text or len(text) > textpage.count_chars() + 2 or max(text) > "\uffff":
        return []
    box, found = raw.FS_RECTF(), list[Word]()
    reference, page, read = ctypes.byref(box), textpage.raw, raw.FPDFText_GetLooseCharBox
    for match in WORD.finditer(text):
        start, end = match.span()
        if not read(page, start, reference):
            continue
        left, foot, top, right = box.left, box.bottom, box.top, box.right
        if end - start > 1 and read(page, end - 1, reference):
            right = box.right
        if textpage.turn:
            left, foot, right, top = box_of(textpage.turn, left, foot, right, top)
            right = box_of(textpage.turn, *textpage.get_charbox(end - 1))[2]  # a loose one is measured on the level
        if right > left and top > foot and abs(right) < 1e6:
            found.append(Word(match[0], start, end, left, right, foot, top))
    return found


def turn(page: Any) -> Matrix | None:
    """How places of a page are turned to where they are seen; None if they stand there."""
    left, foot, right, top = map(finite, page.get_cropbox())
    return {
        90: (0.0, -1.0, 1.0, 0.0, -foot, right),
        180: (-1.0, 0.0, 0.0, -1.0, right, top),
        270: (0.0, 1.0, -1.0, 0.0, top, -left),
    }.get(page.get_rotation())


def turned(by: Matrix, x: float, y: float) -> tuple[float, float]:
    """A place as it is seen on a page that is turned."""
    a, b, c, d, e, f = by
    return a * x + c * y + e, b * x + d * y + f


def box_of(by: Matrix, left: float, foot: float, right: float, top: float) -> tuple[float, float, float, float]:
    """(left, foot, right, top) of a rectangle as it is seen."""
    (x0, y0), (x1, y1) = turned(by, left, foot), turned(by, right, top)
    return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)


def rules(page: Any, outer: Matrix | None = None) -> tuple[list[Rule], list[Rule]]:
    """(those across, those up and down): lines, thin surfaces, and the edges of larger ones."""
    import pypdfium2.raw as raw

    across, upright = list[Rule](), list[Rule]()
    for number, (path, matrix) in enumerate(
        _paths(page.raw, raw.FPDFPage_CountObjects, raw.FPDFPage_GetObject, outer or SAME)
    ):
        if number >= MOST_PATHS:
            return [], []
        for (x0, y0), (x1, y1) in _sides(path, matrix):
            if abs(y0 - y1) <= 1 and abs(x0 - x1) >= SHORTEST:
                across.append(Rule((y0 + y1) / 2, min(x0, x1), max(x0, x1)))
            elif abs(x0 - x1) <= 1 and abs(y0 - y1) >= SHORTEST:
                upright.append(Rule((x0 + x1) / 2, min(y0, y1), max(y0, y1)))
    return across, upright


def _paths(holder: Any, count: Any, get: Any, outer: Matrix = SAME, depth: int = 0) -> Iterator[tuple[Any, Matrix]]:
    import pypdfium2.raw as raw

    for number in range(min(count(holder), 20 * MOST_PATHS)):
        one = get(holder, number)
        kind = raw.FPDFPageObj_GetType(one)
        if kind == raw.FPDF_PAGEOBJ_PATH:
            yield one, _times(_matrix(one), outer)
        elif kind == raw.FPDF_PAGEOBJ_FORM and depth < DEEPEST:
            inner = _times(_matrix(one), outer)
            yield from _paths(one, raw.FPDFFormObj_CountObjects, raw.FPDFFormObj_GetObject, inner, depth + 1)


def _matrix(one: Any) -> Matrix:
    import pypdfium2.raw as raw

    found = raw.FS_MATRIX()
    if not raw.FPDFPageObj_GetMatrix(one, found):
        return SAME
    return found.a, found.b, found.c, found.d, found.e, found.f


def _times(inner: Matrix, outer: Matrix) -> Matrix:
    a, b, c, d, e, f = inner
    g, h, i, j, k, m = outer
    return a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j, e * g + f * i + k, e * h + f * j + m


def _sides(path: Any, matrix: Matrix) -> Iterator[tuple[Point, Point]]:
    """The straight pieces of a path; of a surface that is thin, its middle."""
    import pypdfium2.raw as raw

    count = raw.FPDFPath_CountSegments(path)
    if not 2 <= count <= MOST_SEGMENTS:
        return
    x, y = ctypes.c_float(), ctypes.c_float()
    a, b, c, d, e, f = matrix
    shapes, closed = list[list[Point]](), False
    for number in range(count):
        piece = raw.FPDFPath_GetPathSegment(path, number)
        raw.FPDFPathSegment_GetPoint(piece, x, y)
        point = (finite(a * x.value + c * y.value + e), finite(b * x.value + d * y.value + f))
        kind = raw.FPDFPathSegment_GetType(piece)
        if kind == raw.FPDF_SEGMENT_MOVETO or not shapes:
            shapes.append([point])
        elif kind == raw.FPDF_SEGMENT_LINETO:
            shapes[-1].append(point)
        else:
            shapes.append([point])  # a curve rules nothing
        closed = bool(raw.FPDFPathSegment_GetClose(piece))
        if closed:
            shapes[-1].append(shapes[-1][0])
    for shape in shapes:
        xs, ys = [point[0] for point in shape], [point[1] for point in shape]
        wide, tall = max(xs) - min(xs), max(ys) - min(ys)
        if len(shape) > 2 and min(wide, tall) <= THIN:
            middle_x, middle_y = (max(xs) + min(xs)) / 2, (max(ys) + min(ys)) / 2
            if wide > tall:
                yield (min(xs), middle_y), (max(xs), middle_y)
            else:
                yield (middle_x, min(ys)), (middle_x, max(ys))
        else:
            yield from pairwise(shape)


def rows_of(found: Sequence[Word]) -> list[Row]:
    """Words by height, from the top, in runs from the left."""
    made: list[Row] = []
    for middle, _, word in sorted((-word.foot - word.top, word.start, word) for word in found):
        last = made[-1] if made else None
        if last and last.middle + middle / 2 < 0.5 * max(last.tall, word.top - word.foot):
            last.runs.append([word])
        else:
            made.append(Row(-middle / 2, word.top - word.foot, [[word]]))
    for row in made:
        wide = sum(run[0].right - run[0].left for run in row.runs) / sum(len(run[0].text) for run in row.runs)
        row.tall = max(row.tall, 2.2 * wide)  # some fonts say that they are less tall than they are
        runs: list[list[Word]] = []
        for (word,) in sorted(row.runs, key=lambda run: run[0].left):
            if runs and word.left - runs[-1][-1].right < GAP * row.tall:
                runs[-1].append(word)
            else:
                runs.append([word])
        row.runs = runs
    return made


def said(cell: Sequence[Word]) -> str:
    """The words of a cell."""
    return " ".join(word.text for word in cell)


def on(row: Row, word: Word) -> bool:
    return abs(row.middle - word.middle) < 0.5 * max(row.tall, word.tall)


def without_empty(cells: Cells) -> Cells:
    """Without rows and columns that hold nothing."""
    kept = [row for row in cells if any(row)]
    columns = [number for number in range(len(cells[0])) if any(row[number] for row in kept)]
    return [[row[number] for number in columns] for row in kept] or [[[]]]
