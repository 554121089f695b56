"""
The lines of a PDF page through pdfium: their text, place and type, from top to bottom. What they mean is not known.
"""

from __future__ import annotations

import ctypes
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from rag.sources.encodings import CONTROL

MONO = re.compile(
    rb"mono(?!type)|courier|consol|cmtt|cmsltt|typewriter|fixed|nimbusmon|menlo|sourcecode"
)  # in names of fonts
MARKS = frozenset("•◦▪‣●○■–-*")
NEAR = 20  # lines on one height that a mark may belong to
SAMPLES = 5  # characters of a line that are asked for their font


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a page: its text, the size of its type, and where it stands (size 0 if that is not known)."""

    text: str
    size: float = 0.0
    left: float = 0.0
    right: float = 0.0  # where its last character begins
    base: float = 0.0  # height of the base line above the foot of the page
    foot: float = 0.0  # and that of its last character: pdfium joins two lines over a divided word
    mono: bool = False
    height: float = 0.5  # where on the page it stands: 0 at its foot, 1 at its top


def lines(pdf: Any, number: int) -> list[Line]:
    """The lines of a page; in the order of the file where columns stand side by side."""
    page = pdf[number]
    try:
        textpage = page.get_textpage()
        try:
            _, foot, _, top = page.get_cropbox()
            found = list(_measured(textpage, textpage.get_text_range()))
        finally:
            textpage.close()
    finally:
        page.close()
    tall = max(top - foot, 1.0)
    return _ordered([replace(line, height=(line.base - foot) / tall) if line.size else line for line in found])


def _measured(textpage: Any, text: str) -> Iterator[Line]:
    """The lines of a page's text with the place and type of each, read off some of its characters."""
    import pypdfium2.raw as raw

    at, count = 0, textpage.count_chars()
    for text_line in text.split("\n"):
        start, at = at, at + len(text_line) + 1
        shown = CONTROL.sub("", text_line.replace("\r", "")).strip()
        if not shown.strip("\ufffe"):
            continue
        first = start + len(text_line) - len(text_line.lstrip())
        last = start + len(text_line.rstrip()) - 1
        if first >= count or raw.FPDFText_GetUnicode(textpage, first) != ord(text_line.lstrip()[0]):
            yield Line(shown)  # the offsets do not fit (rare characters): the text is good, its place unknown
            continue
        (left, base), (right, foot) = _origin(textpage, first), _origin(textpage, last)
        places = [place for place in range(start, last + 1) if not text_line[place - start].isspace()]
        size, mono = _type(textpage, places[:: max(len(places) // SAMPLES, 1)] + places[-1:])
        yield Line(shown, size, left, right, base, foot, mono)


def _type(textpage: Any, places: list[int]) -> tuple[float, bool]:
    """(size, whether all is of fixed width) of some characters: code within a sentence is not the line's type."""
    fonts = [_font(textpage, place) for place in places]
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
    return round(size, 1), bool(flags.value & 1) or MONO.search(name.value.lower()) is not None


def _origin(textpage: Any, index: int) -> tuple[float, float]:
    import pypdfium2.raw as raw

    x, y = ctypes.c_double(), ctypes.c_double()
    raw.FPDFText_GetCharOrigin(textpage, index, x, y)
    return x.value, y.value


def side_by_side(found: list[Line]) -> bool:
    """Whether two lines of a page stand side by side: it has columns, or a table."""
    falling = sorted(found, key=lambda line: -line.base)
    return any(above.foot - below.base < 0.5 * below.size for above, below in pairwise(falling))


def _ordered(found: list[Line]) -> list[Line]:
    """From top to bottom, if there are no columns; marks of lists that were drawn apart join their items."""
    if not all(line.size for line in found):
        return found
    found = _marked(found)
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
