"""
PDF to text, page by page, through pypdfium2. `meta["pages"]` holds the offset at which each page begins.

Lines are put together into paragraphs; larger type, and what the bookmarks name, becomes a heading, type of fixed width
becomes code; running heads and page numbers are left out. No picture is read: a page without text is counted, and a
file without any is refused as scanned.
"""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import islice, pairwise
from typing import Any

from rag.errors import InputError
from rag.sources import about, ocr
from rag.sources.encodings import CONTROL
from rag.sources.items import Left, untold
from rag.sources.pdf_blocks import BULLET, LEADER, Block, blocks
from rag.sources.pdf_line import Line
from rag.sources.pdf_lines import lines
from rag.sources.text import iso_date, words_of
from rag.types import Document

MAX_PAGES = 20_000
MAX_BOOKMARKS = 20_000
WORD = re.compile(r"[^\W_]+(?:-[^\W_]+)*")
# A word divided at the end of a line: pdfium shows a hyphen there as U+FFFE, other divisions stand as they were set.
SOFT_HYPHEN = re.compile(r"([^\W\d_][^\W_]{0,99})(?:\ufffe\n?|[-\u00ad\u2010]\n)([^\W\d_][^\W_]*)")
BROKEN_URL = re.compile(r"(https?://\S{0,2000}[/\-_.?&=])\n(?=[\w/?&=#%-]*[/\-_.?&=#%\d])")
SLASH = re.compile(r"(?<=[\w.-]/)\n(?=[\w.])")  # a path that was broken behind its "/"
NUMBER = re.compile(r"^\W*(?:page\s*)?\d{1,5}(?:\s*(?:/|of)\s*\d{1,5})?\W*$", re.IGNORECASE)
SMALL = 0.93  # of the size of the text: smaller type is that of notes
OUTER = 0.05  # of the page's height, at its top and foot: text in smaller type there is not the author's
NUMBERED = re.compile(
    r"^\W*(?:(?:chapter|section|appendix|part)\s+)?(?:\d+|[a-z](?=[.\s]))?(?:\.\d+)*[.:)]?\s+", re.IGNORECASE
)
DIVIDED = re.compile(r"([^\W\d_][^\W_]{0,99})[-\u00ad\u2010\ufffe]$")
FIRST = re.compile(r"[^\W\d_][^\W_]*")
MARKED = re.compile(r"(?:\d{1,3}|[*†‡§]|[⁰¹²³⁴⁵⁶⁷⁸⁹]+)\s*[^\W\d]")  # as notes begin
END = "\0"  # stands behind a line that ends where it was meant to
Head = tuple[str | int, int]  # what stands there, and how high


def read(data: bytes, key: str, source: str, left: Left = untold, *, language: str = "") -> list[Document]:
    """A PDF file as one document of kind "markdown"; pages without text are read by OCR if a language is given."""
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
        return _document(pdf, key, source, left, language)
    except pypdfium2.PdfiumError as error:
        raise InputError(f"{key} is damaged: {error}") from error
    finally:
        pdf.close()


def _document(pdf: Any, key: str, source: str, left: Left, language: str) -> list[Document]:
    count = len(pdf)
    if count > MAX_PAGES:
        raise InputError(f"{key} has {count:,} pages, more than {MAX_PAGES:,}", "Split it.")
    if pdf.get_formtype():
        logging.getLogger("pypdfium2").setLevel(logging.ERROR)  # it would ask for another pdfium for each form of XFA
        pdf.init_forms()
    pages = [_drawn(lines(pdf, number), number, left) for number in range(count)]
    scanned = [number for number, found in enumerate(pages, 1) if not found]
    if language:
        for number in scanned:
            pages[number - 1] = ocr.lines_of_page(pdf[number - 1], f"{key}, page {number}", language)
    if not any(pages):
        hint = "Read it by OCR: rag index … --ocr" if not language else "It may be blank, or of another --ocr-language."
        raise InputError(f"{key} has {count} pages and no text: it is scanned", hint)
    text, starts = text_of(pages, _outline(pdf))
    said = {name: str(value).strip() for name, value in _metadata(pdf).items() if value}
    meta: dict[str, Any] = {"pages": starts}
    if read := [number for number in scanned if pages[number - 1]]:
        meta["ocr"], meta["ocr_pages"] = language, read
    if empty := [number for number in scanned if not pages[number - 1]]:
        meta["pages_without_text"] = empty
        for number in empty:
            left("pages without text", f"page {number}" + ("" if language else "; --ocr reads scans"))
    heading = next((line[2:] for line in text.split("\n") if line.startswith("# ")), "")
    title = about.title(said.get("Title", "")) or heading or words_of(key)
    date, saved = about.date(text, title, key, _date(said.get("CreationDate", "")))
    meta |= about.saved(saved)
    return [Document(source, key, text, title, "", about.author(said.get("Author", "")), date, meta, "markdown")]


def _drawn(found: list[Line], page: int, left: Left) -> list[Line]:
    """The lines of a page but for those that are not drawn, if these are the lesser part: else they are a scan's."""
    hidden = [line for line in found if not line.seen]
    if not hidden or 2 * sum(len(line.text) for line in hidden) > sum(len(line.text) for line in found):
        return found
    for line in hidden:
        left("hidden text", f"page {page + 1}: {line.text}")
    return [line for line in found if line.seen]


def _metadata(pdf: Any) -> dict[str, str]:
    found: dict[str, str] = pdf.get_metadata_dict(skip_empty=True)
    return {name: CONTROL.sub("", value) for name, value in found.items()}


def _date(text: str) -> str:
    """D:20240301120000+02'00' and its shorter forms; the time is left out."""
    found = re.match(r"(?:D:)?(\d{4})(\d\d)?(\d\d)?", text)
    return iso_date("-".join(part for part in found.groups() if part)) if found else ""


def _outline(pdf: Any) -> dict[tuple[int, str], int]:
    """(page, heading) -> level from 1, as the bookmarks of the file tell."""
    found: dict[tuple[int, str], int] = {}
    for mark in islice(pdf.get_toc(), MAX_BOOKMARKS):
        if (place := mark.get_dest()) is not None and (page := place.get_index()) is not None:
            found.setdefault((page, _bare(mark.get_title())), min(mark.level + 1, 6))
    return found


def _bare(heading: str) -> str:
    """A heading without its number, for comparing."""
    return " ".join(NUMBERED.sub("", CONTROL.sub("", heading)).casefold().split())


def text_of(pages: list[list[Line]], outline: Mapping[tuple[int, str], int] = {}) -> tuple[str, list[int]]:
    """The text of all pages, and the offset at which each begins."""
    if not any(pages):
        return "", [0] * len(pages)
    body, repeated = _body_size(pages), _running_heads(pages)
    usual = _usual_pitch(pages, body)
    words = Counter(word.lower() for found in pages for line in found for word in _words(line.text))
    text, starts, before, head = "", [], Block(), ""
    own = [_own(found, page, body, repeated) for page, found in enumerate(pages)]
    blocks_of = _notes_before([list(blocks(found, body, usual)) for found in (own if any(own) else pages)], body)
    for page, placed in enumerate(blocks_of):
        for number, block in enumerate(placed):
            joint, written = "\n\n" if text else "", _written(block, body, words)
            if level := outline.get((page, _bare(written.lstrip("# ")[:300]))):
                written = "#" * level + " " + written.lstrip("# ")
            again = not number or _jumps(before, block)  # another page, or another column
            if again and before and _is_code(before) and _is_code(block):  # a listing goes on over two pages
                text, joint = text.removesuffix("\n```"), "\n"
                written = _code(block, min(line.left for line in before)).removeprefix("```\n")
            elif not number and before and before[0].table and _width(before[0].text) == _width(block[0].text):
                joint, written = "\n", _rows_below(block[0].text, head)  # a table goes on over two pages
            elif again and before and _goes_on(before, block, body):
                text, joint, written = _over(text, written, words)
            if not number:
                starts.append(len(text + joint))
            head = head if joint == "\n" else written.split("\n", 1)[0]
            text += joint + written
            before = block
        if not placed:
            starts.append(len(text))
    return text, starts


def _width(table: str) -> int:
    """The columns of a table of Markdown; 0 if it is none."""
    rule = table.split("\n", 2)[1:2]
    return rule[0].count("---") if rule and table.startswith("| ") else 0


def _rows_below(table: str, head: str) -> str:
    """The rows of a table that goes on, without the names of its columns if they are said again."""
    first, _, *others = table.split("\n")
    return "\n".join(others if first == head and others else [first, *others])


def _over(text: str, written: str, words: Counter[str]) -> tuple[str, str, str]:
    """(text, what joins them, what goes on): a word that was divided over two columns or pages is put together."""
    first, rest = DIVIDED.search(text), FIRST.match(written)
    if not first or not rest:
        return text, " ", written
    whole, hyphened = first[1] + rest[0], f"{first[1]}-{rest[0]}"
    word = hyphened if words[hyphened.lower()] > words[whole.lower()] else whole
    return text[: first.start()] + word, "", written[rest.end() :]


def _notes_before(pages: list[list[Block]], body: float) -> list[list[Block]]:
    """
    The blocks of all pages. Notes in smaller type at the foot of a column or page, between the two parts of a
    paragraph, are put before it: what is read on is put together.
    """
    flat = [(page, block) for page, blocks in enumerate(pages) for block in blocks]
    for at in range(1, len(flat)):
        after = at
        while after < len(flat) and _is_note(flat[after][1], flat[after - 1][1], body):
            after += 1
        if after in (at, len(flat)) or flat[at - 1][1][0].size < SMALL * body:
            continue
        (page, block), (next_page, next_block) = flat[at - 1], flat[after]
        again = next_page != page or _jumps(block, next_block)
        if again and page == flat[after - 1][0] and not _is_code(block) and _goes_on(block, next_block, body):
            flat[at - 1 : after] = [*flat[at:after], flat[at - 1]]
    return [[block for number, block in flat if number == page] for page in range(len(pages))]


def _is_note(block: Block, before: Block, body: float) -> bool:
    """Whether a block is a note: in smaller type, or with the mark of one and apart from what is before it."""
    first, last = block[0], before[-1]
    if not first.size or first.mono or first.table:
        return False
    return first.size < SMALL * body or (bool(MARKED.match(first.text)) and last.foot - first.base > 2 * first.size)


def _jumps(before: Block, block: Block) -> bool:
    """Whether a block begins a new column: right of the one before, and above its end."""
    last, first = before[-1], block[0]
    return bool(last.size and first.size) and first.base > last.base + first.size and first.left > before[0].left


def _goes_on(before: Block, block: Block, body: float) -> bool:
    """Whether a paragraph goes on over the end of a page: its last line is not the end of a sentence."""
    last, first = before[-1], block[0]
    if (
        last.mono
        or first.mono
        or last.table
        or first.table
        or abs(last.size - first.size) > 0.6
        or BULLET.match(first.text)
    ):
        return False
    if last.text[-1] in ".!?:;|" or (body and last.size > 1.15 * body):
        return False
    full = max(line.right for line in before) - last.right < 0.1 * (last.right - last.left)
    return first.text[0].islower() or (len(before) > 1 and full)


def _running_heads(pages: list[list[Line]]) -> set[Head]:
    """What stands at one height at the edge of many pages, or of both if there are two."""
    edges = Counter(
        head
        for page, found in enumerate(pages)
        for head in {
            head for number in _edges(found) if not found[number].table for head in _heads(found[number], page)
        }
    )
    return {head for head, count in edges.items() if count >= min(3, max(len(pages), 2))}


def _heads(line: Line, page: int) -> Iterator[Head]:
    """What a line has in common with running heads: its text, digits aside; a number that counts with the pages."""
    height = round(line.base / 5)
    yield re.sub(r"\d+", "#", line.text), height
    for found in re.finditer(r"^\d{1,5}\b|\b\d{1,5}$", line.text):
        yield int(found[0]) - page, height


def _edges(found: list[Line]) -> set[int]:
    """The numbers of the first two and the last two lines of a page."""
    return {number for number in (0, 1, len(found) - 2, len(found) - 1) if 0 <= number < len(found)}


def _own(found: list[Line], page: int, body: float, repeated: set[Head]) -> list[Line]:
    """The lines of a page without those that are the page's: numbers, running heads, small type in its margin."""
    edges = _edges(found)

    def furniture(number: int, line: Line) -> bool:
        if line.table:
            return False
        margin = min(line.height, 1 - line.height) < OUTER
        if margin and line.size and line.size < 0.9 * body and not line.mono:
            return True
        return number in edges and (bool(NUMBER.match(line.text)) or not repeated.isdisjoint(_heads(line, page)))

    return [line for number, line in enumerate(found) if not furniture(number, line)]


def _body_size(pages: list[list[Line]]) -> float:
    """The size of most of the text; of most of the code, if there is nothing else."""
    sizes = Counter[tuple[bool, float]]()
    for found in pages:
        for line in found:
            sizes[line.mono, line.size] += len(line.text)
    prose = [(count, size) for (mono, size), count in sizes.items() if not mono]
    return max(prose or [(count, size) for (_, size), count in sizes.items()])[1]


def _usual_pitch(pages: list[list[Line]], body: float) -> float:
    """The distance between two lines of a paragraph: a low one of all that are seen."""
    pitches = sorted(
        a.foot - b.base
        for found in pages
        for a, b in pairwise(found)
        if a.size == b.size == body and not a.mono and 0 < a.foot - b.base < 3 * body
    )
    return pitches[len(pitches) // 5] if pitches else 1.2 * body


def _written(block: Block, body: float, words: Counter[str]) -> str:
    """A block as Markdown."""
    if _is_code(block):
        return _code(block, min(line.left for line in block))
    if block[0].table:
        return block[0].text
    text = SOFT_HYPHEN.sub(
        lambda found: _joined(found, words), "\n".join(line.text + END * line.ends for line in block)
    )
    text = " ".join(SLASH.sub("", BROKEN_URL.sub(r"\1", text)).replace("\ufffe", "-").split())
    text = text.replace(f"{END} ", "\n")
    if LEADER.search(text):
        return LEADER.sub(" … ", text)
    size = block[0].size
    if body and size > body * 1.15 and len(text) < 200 and not text.endswith((".", ",", ";")):
        return f"{'#' if size > body * 1.7 else '##' if size > body * 1.35 else '###'} {text}"
    return re.sub(r"^[•◦▪‣●○■–]\s+", "- ", text)


def _words(text: str) -> Iterator[str]:
    """The words of a line; of a word with hyphens each two neighbours."""
    for word in WORD.findall(text):
        parts = word.split("-")
        yield from map("-".join, pairwise(parts)) if len(parts) > 1 else parts


def _joined(found: re.Match[str], words: Counter[str]) -> str:
    """A word that was divided at the end of a line: with its hyphen if the text has it so elsewhere, else without."""
    whole, hyphened = found[1] + found[2], f"{found[1]}-{found[2]}"
    known, with_hyphen = words[whole.lower()], words[hyphened.lower()]
    if found[2][0].islower():
        return hyphened if with_hyphen > known else whole
    return whole if known > with_hyphen else hyphened


def _is_code(block: Block) -> bool:
    return all(line.mono for line in block)


def _code(block: Block, left: float) -> str:
    """A fenced block, indented as it is seen; `left` is where the listing begins."""
    step = max(block[0].size * 0.6, 1)
    pitches = [above.base - below.base for above, below in pairwise(block)]
    usual = min((pitch for pitch in pitches if pitch > 0), default=0.0)
    written: list[str] = []
    for number, line in enumerate(block):
        if number and pitches[number - 1] > 1.5 * max(usual, line.size):
            written.append("")
        text = line.text.replace("\ufffe", "-").replace("```", "'''")
        written.append(" " * min(max(round((line.left - left) / step), 0), 80) + text)
    return "```\n" + "\n".join(written) + "\n```"
