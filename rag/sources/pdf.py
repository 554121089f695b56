"""
PDF to text, page by page, through pypdfium2. `meta["pages"]` holds the offset at which each page begins.

Lines are put together into paragraphs, larger type becomes a heading, running heads and page numbers are left out. No
picture is read: a page without text is counted, and a file without any is refused as scanned.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from rag.errors import InputError
from rag.sources.text import CONTROL, iso_date, words_of
from rag.types import Document

MAX_PAGES = 20_000
MONO = (b"mono", b"courier", b"consol", b"cmtt", b"typewriter", b"fixed")  # in names of fonts
WORD = re.compile(r"[^\W_]+(?:-[^\W_]+)*")
# A word divided at the end of a line: pdfium shows a hyphen there as U+FFFE, other divisions stand as they were set.
SOFT_HYPHEN = re.compile(r"([^\W\d_][^\W_]*)(?:\ufffe\n?|[-\u00ad\u2010]\n)([a-zà-öø-ÿ][^\W_]*)")
BULLET = re.compile(r"^(?:[-•◦▪‣*–]|\(?\d{1,3}[.)]|[a-z][.)])\s+")
NUMBER = re.compile(r"^\W*(?:page\s*)?\d{1,5}(?:\s*(?:/|of)\s*\d{1,5})?\W*$", re.IGNORECASE)


@dataclass(slots=True)
class Line:
    """A line of a page: its text, the size of its type, and where it begins (size 0 if that is not known)."""

    text: str
    size: float = 0.0
    left: float = 0.0
    base: float = 0.0  # height of the base line above the foot of the page
    foot: float = 0.0  # and that of its last character: pdfium joins two lines over a divided word
    mono: bool = False


def read(data: bytes, key: str, source: str) -> list[Document]:
    """A PDF file as one document of kind "markdown"."""
    try:
        import pypdfium2
    except ImportError as error:
        raise InputError(f"{key} is a PDF file", "To read it: pip install 'chapterverse[pdf]'") from error
    try:
        pdf = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            raise InputError(f"{key} is protected by a password", "Save a copy without one, and index that.") from error
        raise InputError(f"{key} is not a PDF file, or damaged: {error}") from error
    try:
        return _document(pdf, key, source)
    except pypdfium2.PdfiumError as error:
        raise InputError(f"{key} is damaged: {error}") from error
    finally:
        pdf.close()


def _document(pdf: Any, key: str, source: str) -> list[Document]:
    count = len(pdf)
    if count > MAX_PAGES:
        raise InputError(f"{key} has {count:,} pages, more than {MAX_PAGES:,}", "Split it.")
    pages = [_lines(pdf, number) for number in range(count)]
    if not any(pages):
        raise InputError(
            f"{key} has {count} pages and no text: it is scanned", "Read it first: ocrmypdf IN.pdf OUT.pdf"
        )
    repeated = _running_heads(pages)
    body = _body_size(pages)
    usual = _usual_pitch(pages, body)
    words = Counter(word.lower() for lines in pages for line in lines for word in _words(line.text))
    texts = [
        "\n\n".join(_written(block, body, words) for block in _blocks(lines, body, usual, repeated)) for lines in pages
    ]
    starts, text = [], ""
    for page in texts:
        text += _between(text, page)
        starts.append(len(text))
        text += page
    about = {name: str(value).strip() for name, value in _metadata(pdf).items() if value}
    meta: dict[str, Any] = {"pages": starts}
    if empty := [number for number, lines in enumerate(pages, 1) if not lines]:
        meta["pages_without_text"] = empty
    title = about.get("Title", "")
    if not title or re.search(r"\.(docx?|tex|dvi|indd|pdf|md)$|^untitled|^microsoft word", title, re.IGNORECASE):
        title = next((line[2:] for line in text.split("\n") if line.startswith("# ")), "") or words_of(key)
    date = _date(about.get("CreationDate", ""))
    return [Document(source, key, text, title, "", about.get("Author", ""), date, meta, "markdown")]


def _between(before: str, page: str) -> str:
    """What joins two pages: a space within a sentence, else an empty line."""
    if not before or not page:
        return ""
    last = before.rsplit("\n\n", 1)[-1]
    goes_on = page[0].islower() and last[-1] not in ".!?:;|`" and not last.startswith(("#", "|", "```"))
    return " " if goes_on else "\n\n"


def _metadata(pdf: Any) -> dict[str, str]:
    found: dict[str, str] = pdf.get_metadata_dict(skip_empty=True)
    return {name: CONTROL.sub("", value) for name, value in found.items()}


def _date(text: str) -> str:
    """D:20240301120000+02'00' and its shorter forms; the time is left out."""
    found = re.match(r"(?:D:)?(\d{4})(\d\d)?(\d\d)?", text)
    return iso_date("-".join(part for part in found.groups() if part)) if found else ""


def _lines(pdf: Any, number: int) -> list[Line]:
    """The lines of a page in the order of the file."""
    page = pdf[number]
    try:
        textpage = page.get_textpage()
        try:
            text = textpage.get_text_range()
            return list(_measured(textpage, text))
        finally:
            textpage.close()
    finally:
        page.close()


def _measured(textpage: Any, text: str) -> Iterator[Line]:
    """The lines of a page's text with the place and size of each, read off its first character."""
    import pypdfium2.raw as raw

    at = 0
    for text_line in text.split("\n"):
        start, at = at, at + len(text_line) + 1
        shown = CONTROL.sub("", text_line.replace("\r", "")).strip()
        if not shown.strip("\ufffe"):
            continue
        first = start + len(text_line) - len(text_line.lstrip())
        if first >= textpage.count_chars() or raw.FPDFText_GetUnicode(textpage, first) != ord(text_line.lstrip()[0]):
            yield Line(shown)  # the offsets do not fit (rare characters): the text is good, its place unknown
            continue
        left, base = _origin(textpage, first)
        foot = _origin(textpage, start + len(text_line.rstrip()) - 1)[1]
        yield Line(shown, round(_size(textpage, first), 1), left, base, foot, _mono(textpage, first))


def _origin(textpage: Any, index: int) -> tuple[float, float]:
    import ctypes

    import pypdfium2.raw as raw

    x, y = ctypes.c_double(), ctypes.c_double()
    raw.FPDFText_GetCharOrigin(textpage, index, x, y)
    return x.value, y.value


def _size(textpage: Any, index: int) -> float:
    """The size of a character as it is seen: fonts are often set at size 1 and scaled."""
    import pypdfium2.raw as raw

    size = float(raw.FPDFText_GetFontSize(textpage, index))
    matrix = raw.FS_MATRIX()
    if raw.FPDFText_GetMatrix(textpage, index, matrix):
        size *= (matrix.c**2 + matrix.d**2) ** 0.5 or 1.0
    return size


def _mono(textpage: Any, index: int) -> bool:
    import ctypes

    import pypdfium2.raw as raw

    flags = ctypes.c_int()
    name = ctypes.create_string_buffer(100)
    raw.FPDFText_GetFontInfo(textpage, index, name, 100, flags)
    return bool(flags.value & 1) or any(word in name.value.lower() for word in MONO)


def _running_heads(pages: list[list[Line]]) -> set[str]:
    """First and last lines that stand on many pages, digits aside."""
    edges = Counter(
        text for lines in pages for text in {_without_digits(line.text) for line in (*lines[:2], *lines[-2:])}
    )
    return {text for text, count in edges.items() if count >= 3}


def _without_digits(text: str) -> str:
    return re.sub(r"\d+", "#", text)


def _body_size(pages: list[list[Line]]) -> float:
    sizes = Counter[float]()
    for lines in pages:
        for line in lines:
            sizes[line.size] += len(line.text)
    return sizes.most_common(1)[0][0] if sizes else 0.0


def _usual_pitch(pages: list[list[Line]], body: float) -> float:
    """The distance between two lines of a paragraph: a low one of all that are seen."""
    pitches = sorted(
        a.foot - b.base
        for lines in pages
        for a, b in pairwise(lines)
        if a.size == b.size == body and not a.mono and 0 < a.foot - b.base < 3 * body
    )
    return pitches[len(pitches) // 5] if pitches else 1.2 * body


def _blocks(lines: list[Line], body: float, usual: float, repeated: set[str]) -> Iterator[list[Line]]:
    """The lines of a page in blocks: paragraphs, headings, items of lists, code."""
    edges = {0, 1, len(lines) - 2, len(lines) - 1}
    block: list[Line] = []
    for number, line in enumerate(lines):
        if number in edges and (NUMBER.match(line.text) or _without_digits(line.text) in repeated):
            continue
        if block and _ends(block, line, usual, body):
            yield block
            block = []
        block.append(line)
    if block:
        yield block


def _ends(block: list[Line], line: Line, usual: float, body: float) -> bool:
    """Whether a line begins a new block: other type, a wider gap, another column, a new item."""
    before = block[-1]
    if not line.size or not before.size:
        return False
    pitch = before.foot - line.base
    if abs(line.size - before.size) > 0.6 or line.mono != before.mono or pitch < -before.size:
        return True
    if line.mono:
        return pitch > 4 * line.size
    if pitch > usual * line.size / max(body, 1) + 0.35 * line.size:
        return True
    return bool(BULLET.match(line.text)) and line.left <= block[0].left + 0.5 * line.size


def _written(block: list[Line], body: float, words: Counter[str]) -> str:
    """A block as Markdown."""
    if block[0].mono and len(block) > 1:
        return _code(block)
    text = SOFT_HYPHEN.sub(lambda found: _joined(found, words), "\n".join(line.text for line in block))
    text = " ".join(text.replace("\ufffe", "-").split())
    size = block[0].size
    if body and size > body * 1.15 and len(text) < 200 and not text.endswith((".", ",", ";")):
        return f"{'#' if size > body * 1.7 else '##' if size > body * 1.35 else '###'} {text}"
    return re.sub(r"^[•◦▪‣–]\s+", "- ", text)


def _words(text: str) -> Iterator[str]:
    """The words of a line; of a word with hyphens each two neighbours."""
    for word in WORD.findall(text):
        parts = word.split("-")
        yield from map("-".join, pairwise(parts)) if len(parts) > 1 else parts


def _joined(found: re.Match[str], words: Counter[str]) -> str:
    """A word that was divided at the end of a line: with its hyphen if the text has it so elsewhere, else without."""
    whole, hyphened = found[1] + found[2], f"{found[1]}-{found[2]}"
    return hyphened if words[hyphened.lower()] > words[whole.lower()] else whole


def _code(block: list[Line]) -> str:
    left = min(line.left for line in block)
    step = max(block[0].size * 0.6, 1)
    lines: list[str] = []
    for number, line in enumerate(block):
        if number and block[number - 1].base - line.base > 1.8 * line.size:
            lines.append("")
        text = line.text.replace("\ufffe", "-").replace("```", "'''")
        lines.append(" " * min(round((line.left - left) / step), 80) + text)
    return "```\n" + "\n".join(lines) + "\n```"
