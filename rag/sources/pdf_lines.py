"""
The lines of a PDF page through pdfium: their text, place and type, from top to bottom. What they mean is not known.
"""

from __future__ import annotations

import ctypes
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Any

from rag.sources import pdf_columns, pdf_letters, pdf_notes, pdf_tables, pdf_torn, pdf_words, scripts
from rag.sources.encodings import CONTROL
from rag.sources.pdf_line import Line, finite

MONO = re.compile(
    rb"mono(?!type)|courier|consol|cmtt|cmsltt|typewriter|fixed|nimbusmon|menlo|sourcecode"
)  # in names of fonts
MARKS = frozenset("•◦▪‣●○■–-*")
NEAR = 20  # lines on one height that a mark may belong to
SAMPLES = 5  # characters of a line that are asked for their font
RAISED = frozenset("0123456789+-−")
DIGIT = re.compile(r"[0-9+\-−]")
LONGEST, FEWEST = 12, 3  # lines that are asked for the gap between columns, and how many it takes


def lines(pdf: Any, number: int) -> list[Line]:
    """The lines of a page in reading order; what is typed into its forms and onto it stands where it is seen."""
    page = pdf[number]
    try:
        textpage = page.get_textpage()
        try:
            left, foot, right, top = map(finite, page.get_cropbox())
            textpage.turn = turn = pdf_words.turn(page)  # a page may be shown on its side
            if turn:
                left, foot, right, top = pdf_words.box_of(turn, left, foot, right, top)
            found = pdf_columns.rejoined(list(_all(page, textpage, right - left)))
        finally:
            textpage.close()
        found = pdf_notes.placed(found, page, pdf.formenv)
    finally:
        page.close()
    tall = max(top - foot, 1.0)
    return _ordered([replace(line, height=(line.base - foot) / tall) if line.size else line for line in found])


def _all(page: Any, textpage: Any, width: float) -> Iterator[Line]:
    """The lines of a page's text, its tables each as one where they begin."""
    text = pdf_torn.mended(textpage, pdf_letters.marked(textpage, textpage.get_text_range()))
    listed, at = list[tuple[int, str]](), 0
    for line in text.split("\n"):
        listed.append((at, line))
        at += len(line) + 1
    made = list(_tables(page, textpage, text))
    taken = sorted(word for _, words in made for word in words)
    tables = sorted(((min(words)[0], line) for line, words in made), key=lambda entry: entry[0])
    for start, one in _measured(textpage, _divided(textpage, list(_left(listed, taken)), width)):
        while tables and tables[0][0] < start:
            yield tables.pop(0)[1]
        yield one
    yield from (line for _, line in tables)


def _tables(page: Any, textpage: Any, text: str) -> Iterator[tuple[Line, list[tuple[int, int]]]]:
    """The tables of a page, each with the offsets of its words."""
    found = pdf_words.words(textpage, text)
    for table in pdf_tables.tables(found, *pdf_words.rules(page, textpage.turn)) if found else ():
        cells = [[_cell(textpage, text, cell) for cell in row] for row in table]
        lines = [line for row in cells for cell in row for line in cell]
        if not lines or not all(line.seen and line.size for line in lines):
            continue  # what is not drawn is told as lines
        words = [word for row in table for cell in row for word in cell]
        size = Counter(line.size for line in lines).most_common(1)[0][0]
        left, right = min(word.left for word in words), max(word.right for word in words)
        written = pdf_tables.markdown([[" ".join(line.text for line in cell) for cell in row] for row in cells])
        base, foot = (level(line.base for line in lines) for level in (max, min))
        yield (
            Line(written, size, left, right - 0.5 * size, base, foot, table=True),
            sorted({(word.start, word.end) for word in words}),
        )


def _cell(textpage: Any, text: str, cell: list[pdf_words.Word]) -> list[Line]:
    """What stands in a cell, as lines."""
    runs: list[list[int]] = []
    for word in cell:
        if runs and 0 <= word.start - runs[-1][1] <= 1 and text[word.start - 1] != "\n":
            runs[-1][1] = word.end
        else:
            runs.append([word.start, word.end])
    measured = _measured(textpage, [(start, text[start:end]) for start, end in runs], 1)
    return pdf_columns.rejoined([line for _, line in measured])


def _left(listed: list[tuple[int, str]], taken: list[tuple[int, int]]) -> Iterator[tuple[int, str]]:
    """Lines without the words that are taken, in as many pieces as are left of them."""
    number = 0
    for start, text in listed:
        at, end = start, start + len(text)
        while number < len(taken) and taken[number][0] < end:
            first, last = taken[number]
            if text[at - start : first - start].strip():
                yield at, text[at - start : first - start]
            at, number = last, number + 1
        if at == start or text[at - start :].strip():
            yield at, text[at - start :]


def _measured(textpage: Any, listed: list[tuple[int, str]], samples: int = SAMPLES) -> Iterator[tuple[int, Line]]:
    """The lines of a page's text with the place and type of each, read off some of its characters."""
    import pypdfium2.raw as raw

    count = textpage.count_chars()
    for start, text_line in listed:
        shown = _shown(text_line)
        if not shown.strip("\ufffe"):
            continue
        first = start + len(text_line) - len(text_line.lstrip())
        last = start + len(text_line.rstrip()) - 1
        begins = text_line.lstrip()[0]
        known = ord(begins) in pdf_letters.WRITTEN or raw.FPDFText_GetUnicode(textpage, first) == ord(begins)
        if first >= count or not known:
            yield start, Line(shown)  # the offsets do not fit (rare characters): the text is good, its place unknown
            continue
        (left, base), (right, foot) = _origin(textpage, first), _origin(textpage, last)
        step = max((last + 1 - first) // samples, 1)
        places = [place for place in range(first, last + 1, step) if _drawn(text_line[place - start])]
        size, mono = _type(textpage, [*places[: samples + 1], last])
        if last > first and not mono:
            base, shown = _set(textpage, text_line, start, [*places, last], size, base) or (base, shown)
        yield start, Line(shown, size, left, right, base, foot, mono, text_line[:1] == " ", _seen(textpage, first))


def _drawn(letter: str) -> bool:
    return not letter.isspace() and letter != pdf_torn.JOINT


def _seen(textpage: Any, index: int) -> bool:
    """Whether a character is drawn: the text behind a scan is not."""
    import pypdfium2.raw as raw

    piece = raw.FPDFText_GetTextObject(textpage, index)
    return not piece or raw.FPDFTextObj_GetTextRenderMode(piece) != raw.FPDF_TEXTRENDERMODE_INVISIBLE


def _set(textpage: Any, text: str, start: int, places: list[int], size: float, base: float) -> tuple[float, str] | None:
    """(base line, text) of a line with raised or lowered digits: they stand for what they are; None if it has none."""
    digits = [start + found.start() for found in DIGIT.finditer(text)]
    edges = [place for place in digits if _at_edge(text, place - start)]
    if all(abs(_origin(textpage, place)[1] - base) < 0.03 * size for place in edges):
        return None
    heights = {place: _origin(textpage, place)[1] for place in digits}
    if all(abs(height - base) < 0.03 * size for height in heights.values()):
        return None
    others = [_origin(textpage, place)[1] for place in places]
    base = Counter(round(height, 1) for height in others).most_common(1)[0][0]
    written = list(text)
    for place in digits:
        away = heights[place] - base
        small = 0.03 * size < abs(away) < 0.12 * size and _font(textpage, place)[0] < 0.8 * size
        if small or 0.12 * size <= abs(away) < 0.8 * size:
            written[place - start] = (scripts.HIGH if away > 0 else scripts.LOW).get(
                text[place - start], text[place - start]
            )
    return base, _shown("".join(written))


def _shown(text: str) -> str:
    """A line as it is read."""
    return pdf_letters.written(CONTROL.sub("", text.replace("\r", "")).strip())


def _at_edge(text: str, at: int) -> bool:
    """Whether a digit begins or ends a run of them: raised ones stand there."""
    return text[at - 1 : at] not in RAISED or text[at + 1 : at + 2] not in RAISED or not at


def _divided(textpage: Any, listed: list[tuple[int, str]], width: float) -> list[tuple[int, str]]:
    """
    The lines, divided where they run over the gap between two columns: pdfium puts together what stands on one height.

    A gap is that of columns if it stands at one place in most of the longest lines of the page.
    """
    longest = sorted((line for line in listed if len(line[1]) > 30), key=lambda line: -len(line[1]))[:LONGEST]
    gaps = [gap for start, text in longest for gap in _gaps(textpage, start, text, width)]
    if len(longest) < FEWEST or len(gaps) < len(longest) // 2:
        return listed
    found: list[tuple[int, str]] = []
    columns = Counter(round(gap[1] / 8) for gap in gaps)
    usual = {
        place for place, count in columns.items() if count + columns[place - 1] + columns[place + 1] >= len(longest) / 2
    }
    if not usual:
        return listed
    for start, text in listed:
        at = 0
        for cut, place in _gaps(textpage, start, text, width) if len(text) > 10 else ():
            if round(place / 8) in usual:
                found.append((start + at, text[at:cut]))
                at = cut
        found.append((start + at, text[at:]))
    return found


def _gaps(textpage: Any, start: int, text: str, width: float) -> list[tuple[int, float]]:
    """(offset of the space, where the text goes on) of the wide gaps within a line."""
    found: list[tuple[int, float]] = []
    for space in re.finditer(r"(?<=\S) (?=\S)", text):
        (before, height), (after, other) = (
            _origin(textpage, start + space.start() - 1),
            _origin(textpage, start + space.end()),
        )
        if abs(height - other) < 2 and after - before > 0.035 * width and after > before:
            found.append((space.start(), after))
    return found


def _type(textpage: Any, places: list[int]) -> tuple[float, bool]:
    """(size, whether all is of fixed width) of some characters: code within a sentence is not the line's type."""
    import pypdfium2.raw as raw

    fonts, known = list[tuple[float, bool]](), dict[int, tuple[float, bool]]()
    for place in places:
        drawn = raw.FPDFText_GetTextObject(textpage, place)  # what is drawn at once is of one font
        key = ctypes.cast(drawn, ctypes.c_void_p).value or -1 - place
        if key not in known:
            known[key] = _font(textpage, place)
        fonts.append(known[key])
    mono = all(fixed for _, fixed in fonts)
    return Counter(size for size, fixed in fonts if mono or not fixed).most_common(1)[0][0], mono


def _font(textpage: Any, index: int) -> tuple[float, bool]:
    """(size, fixed width) of a character. Its size is as it is seen: fonts are often set at size 1 and scaled."""
    import pypdfium2.raw as raw

    size = float(raw.FPDFText_GetFontSize(textpage, index))
    matrix = raw.FS_MATRIX()
    if raw.FPDFText_GetMatrix(textpage, index, matrix):
        size *= (matrix.c**2 + matrix.d**2) ** 0.5 or 1.0
    flags = ctypes.c_int()
    name = ctypes.create_string_buffer(100)
    raw.FPDFText_GetFontInfo(textpage, index, name, 100, flags)
    return round(finite(size), 1), bool(flags.value & 1) or MONO.search(name.value.lower()) is not None


def _origin(textpage: Any, index: int) -> tuple[float, float]:
    import pypdfium2.raw as raw

    x, y = ctypes.c_double(), ctypes.c_double()
    raw.FPDFText_GetCharOrigin(textpage, index, x, y)
    if textpage.turn:
        return pdf_words.turned(textpage.turn, finite(x.value), finite(y.value))
    return finite(x.value), finite(y.value)


def side_by_side(found: list[Line]) -> bool:
    """Whether two lines of a page stand side by side: it has columns, or a table."""
    return beside(found) > 0


def beside(found: list[Line]) -> int:
    """How many lines of a page stand beside the one below them."""
    falling = sorted(found, key=lambda line: -line.base)
    return sum(above.foot - below.base < 0.5 * below.size for above, below in pairwise(falling))


def _ordered(found: list[Line]) -> list[Line]:
    """From top to bottom, column by column; marks of lists that were drawn apart join their items."""
    if not all(line.size for line in found):
        return found
    found = pdf_columns.in_order(_marked(found))
    return found if side_by_side(found) else sorted(found, key=lambda line: -line.base)


def _marked(found: list[Line]) -> list[Line]:
    """A mark of a list on a line of its own ("•", "3.") goes to the text that begins right of it on the same height."""
    marks = {number for number, line in enumerate(found) if _is_mark(line.text)}
    heights: dict[int, list[int]] = {}
    for number, line in enumerate(found):
        if number not in marks:
            heights.setdefault(round(line.base), []).append(number)
    texts = list(found)
    for number in sorted(marks):
        mark, height = found[number], round(found[number].base)
        near = [place for near in (height - 1, height, height + 1) for place in heights.get(near, ())[:NEAR]]
        beside = [(found[place].left - mark.right, place) for place in near if abs(found[place].base - mark.base) < 1]
        beside = [entry for entry in beside if 0 < entry[0] < 4 * mark.size]
        if beside:
            place = min(beside)[1]
            line = texts[place]
            texts[place] = replace(line, text=f"{mark.text} {line.text}", left=mark.left, mono=False)
        else:
            marks.discard(number)
    return [line for number, line in enumerate(texts) if number not in marks]


def _is_mark(text: str) -> bool:
    return text in MARKS or (len(text) < 5 and text[-1] in ".)" and text[:-1].lstrip("(").isdecimal())
