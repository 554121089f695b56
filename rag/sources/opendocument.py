"""
Texts and presentations of LibreOffice and OpenOffice (.odt, .odp, and their flat forms), as HTML and then as text.

Headings, lists, tables, text boxes, formulas, notes and what stands below a slide are kept; comments, deleted and
hidden text, pictures and tables of contents are not read, and told.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from html import escape
from typing import TYPE_CHECKING

from rag.errors import InputError
from rag.sources import archives, html, office, scripts
from rag.sources.books import xml
from rag.sources.items import Left, untold
from rag.sources.text import bounded
from rag.types import Document

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

NAMES = "urn:oasis:names:tc:opendocument:xmlns:"
TEXT, STYLE, TABLE, DRAW, OFFICE, SHOW = (
    f"{{{NAMES}{name}:1.0}}" for name in ("text", "style", "table", "drawing", "office", "presentation")
)
LINK = "{http://www.w3.org/1999/xlink}href"
DEEPEST = 60  # elements within each other; below, only the words are read
MOST = 1000  # columns and rows that one cell or row may stand for
LOOKS = {"Title": "title", "Quotations": "quote", "Preformatted_20_Text": "code", "Source_20_Text": "code"}
WITHOUT_WORDS = frozenset(
    f"{TEXT}{name}"
    for name in ("sequence-decls", "variable-decls", "user-field-decls", "soft-page-break", "bookmark", "change")
)


@dataclass(slots=True)
class Look:
    """How the text of a style looks, as far as it says something."""

    parent: str = ""
    marks: set[str] = field(default_factory=set)  # title quote code hidden sup sub strike


@dataclass(slots=True)
class File:
    """A file that is being read: its parts, its styles and what was noted in it."""

    key: str
    left: Left
    part: Callable[[str], bytes | None]
    looks: dict[str, Look] = field(default_factory=dict)
    numbered: dict[str, set[int]] = field(default_factory=dict)  # list style -> the levels that are counted
    notes: list[str] = field(default_factory=list)

    def look(self, name: str | None) -> set[str]:
        marks: set[str] = set()
        for _ in range(10):
            marks |= {LOOKS[name]} if name in LOOKS else set()
            if not name or name not in self.looks:
                break
            marks |= self.looks[name].marks
            name = self.looks[name].parent
        return marks


def odt(data: bytes, key: str, source: str, left: Left = untold) -> list[Document]:
    """A text as one document."""
    with _opened(data, key, left) as (file, root):
        body = next(root.iter(f"{OFFICE}text"), None)
        if body is None:
            raise InputError(f"{key} is no OpenDocument text: it has no body")
        written = "".join(_blocks(body, file, 0)).replace("</pre><pre>", "\n") + _noted(file)
    return office.document(bounded(html.fragment(written, left), left), data, key, source)


def odp(data: bytes, key: str, source: str, left: Left = untold) -> list[Document]:
    """A presentation as one document; `meta["slides"]` holds the offset at which each slide begins."""
    starts: list[int] = []
    text, empty = "", True
    with _opened(data, key, left) as (file, root):
        for number, page in enumerate(root.iter(f"{DRAW}page"), 1):
            said = bounded(html.fragment("".join(_slide(page, file)) + _noted(file), left), left)
            text += "\n\n" if text else ""
            starts.append(len(text))
            text += said or f"## Slide {number}"
            empty = empty and not said
    found = office.document("" if empty else text, data, key, source)
    return [replace(one, meta={**one.meta, "slides": starts}) for one in found]


@contextmanager
def _opened(data: bytes, key: str, left: Left) -> Iterator[tuple[File, Element]]:
    """The file with its styles and the tree of its content, of an archive or of one flat file."""
    if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        root = xml(data, key)
        file = File(key, left, lambda name: None)
        _learn(file, root)
        yield file, root
        return
    archives.parts(data, key)
    with archives.opened(data, key) as archive:

        def part(name: str) -> bytes | None:
            return archives.member(archive, name, key) if name in archive.namelist() else None

        if b"manifest:encryption-data" in (part("META-INF/manifest.xml") or b""):
            raise InputError(f"{key} is protected by a password", "Save it anew without one.")
        root = xml(archives.member(archive, "content.xml", key), f"{key}#content.xml")
        file = File(key, left, part)
        if styles := part("styles.xml"):
            _learn(file, xml(styles, f"{key}#styles.xml"))
        _learn(file, root)
        yield file, root


def _learn(file: File, tree: Element) -> None:
    """The styles of a part."""
    for one in tree.iter(f"{STYLE}style"):
        name, look = one.get(f"{STYLE}name") or "", Look(one.get(f"{STYLE}parent-style-name") or "")
        for about in one.iter(f"{STYLE}text-properties"):
            look.marks |= set(_marks(about))
        file.looks[name] = look
    for one in tree.iter(f"{TEXT}list-style"):
        levels = (level.get(f"{TEXT}level") for level in one.iter(f"{TEXT}list-level-style-number"))
        file.numbered[one.get(f"{STYLE}name") or ""] = {int(level) for level in levels if level and level.isdecimal()}


def _marks(about: Element) -> Iterator[str]:
    place = (about.get(f"{STYLE}text-position") or "").split()
    if place and place[0] in ("super", "sub"):
        yield place[0].replace("super", "sup")
    elif place and place[0].rstrip("%").lstrip("-").isdecimal() and place[0] not in ("0%", "-0%"):
        yield "sub" if place[0].startswith("-") else "sup"
    if any((about.get(f"{STYLE}text-line-through-{name}") or "none") != "none" for name in ("style", "type")):
        yield "strike"
    if about.get(f"{TEXT}display") == "none":
        yield "hidden"


def _noted(file: File) -> str:
    """The notes so far, as paragraphs."""
    notes, file.notes = file.notes, []
    return "".join(notes)


# -- blocks ------------------------------------------------------------------------------------------------------------


def _blocks(parent: Element, file: File, depth: int) -> Iterator[str]:
    """The blocks below an element as HTML."""
    if depth > DEEPEST:
        yield f"<p>{escape(''.join(parent.itertext()))}</p>"
        return
    for one in parent:
        name = one.tag if isinstance(one.tag, str) else ""
        if name == f"{TEXT}h":
            yield _heading(one, file, depth)
        elif name == f"{TEXT}p":
            yield _paragraph(one, file, depth)
        elif name == f"{TEXT}list":
            yield _list(one, file, depth)
        elif name == f"{TABLE}table":
            yield _table(one, file, depth)
        elif name == f"{TEXT}tracked-changes":
            _told(one, "deleted text", file)
        elif name == f"{TEXT}table-of-content" or name.endswith("-index"):
            _told(one, "tables of contents", file)
        elif name in (f"{OFFICE}forms", f"{TEXT}section-source"):
            continue
        elif name == f"{TEXT}section" and one.get(f"{TEXT}display") == "none":
            _told(one, "hidden text", file)
        elif name in (f"{DRAW}frame", f"{DRAW}custom-shape", f"{DRAW}rect", f"{DRAW}ellipse", f"{DRAW}line"):
            yield from _frame(one, file, depth)
        elif name not in WITHOUT_WORDS:
            yield from _blocks(one, file, depth + 1)


def _told(element: Element, kind: str, file: File) -> None:
    if words := " ".join(" ".join(element.itertext()).split()):
        file.left(kind, words)


def _heading(one: Element, file: File, depth: int) -> str:
    level = one.get(f"{TEXT}outline-level") or "1"
    rank = min(int(level) if level.isdecimal() and int(level) else 1, 6)
    boxes: list[str] = []
    return f"<h{rank}>{_running(one, file, depth, boxes)}</h{rank}>{''.join(boxes)}"


def _paragraph(one: Element, file: File, depth: int) -> str:
    """A paragraph as its style has it; the text boxes that hang on it stand below."""
    look, boxes = file.look(one.get(f"{TEXT}style-name")), list[str]()
    text = _running(one, file, depth, boxes)
    below = "".join(boxes)
    if "hidden" in look:
        _told(one, "hidden text", file)
        return ""
    if "title" in look:
        return f"<h1>{text}</h1>{below}"
    if "code" in look:
        return f"<pre>{text.replace('<br>', chr(10))}</pre>{below}"
    return f"<blockquote><p>{text}</p></blockquote>{below}" if "quote" in look else f"<p>{text}</p>{below}"


def _list(one: Element, file: File, depth: int, style: str = "", level: int = 1) -> str:
    style = one.get(f"{TEXT}style-name") or style
    tag = "ol" if level in file.numbered.get(style, ()) else "ul"
    items = []
    start = next((item.get(f"{TEXT}start-value") for item in one.iter(f"{TEXT}list-item")), None)
    for item in one:
        if item.tag not in (f"{TEXT}list-item", f"{TEXT}list-header") or depth > DEEPEST:
            continue
        inside: list[str] = []
        alone = sum(part.tag == f"{TEXT}p" for part in item) == 1
        for part in item:
            below = part.tag == f"{TEXT}list"
            inside += [_list(part, file, depth + 1, style, level + 1)] if below else _one(part, file, depth, alone)
        items.append(f"<li>{''.join(inside)}</li>")
    from_ = f' start="{start}"' if tag == "ol" and start and start.isdecimal() else ""
    if len(items) == 1 and "<h" in items[0][:7]:  # a heading that is counted
        return items[0].removeprefix("<li>").removesuffix("</li>")
    return f"<{tag}{from_}>{''.join(items)}</{tag}>" if items else ""


def _one(part: Element, file: File, depth: int, alone: bool = False) -> Iterator[str]:
    """A single element as blocks; the only paragraph of an item is no block of its own."""
    if part.tag == f"{TEXT}h":
        yield _heading(part, file, depth)
    elif part.tag == f"{TEXT}p":
        boxes: list[str] = []
        text = _running(part, file, depth, boxes)
        yield (text if alone else f"<p>{text}</p>") + "".join(boxes)
    else:
        yield from _blocks(part, file, depth + 1)


def _table(table: Element, file: File, depth: int) -> str:
    """A table; what one element says of several rows or columns is said for each."""
    rows = []
    for row in table.iter(f"{TABLE}table-row"):
        if next(row.iterancestors(f"{TABLE}table"), None) is not table:
            continue  # of a table within a cell
        cells = []
        for cell in row:
            if cell.tag == f"{TABLE}table-cell":
                wide, down = (_count(cell, f"number-{name}-spanned") for name in ("columns", "rows"))
                spans = f' colspan="{wide}" rowspan="{down}"'
                inside = "".join(_blocks(cell, file, depth + 1))
                cells += [f"<td{spans}>{inside}</td>"] * (_count(cell, "number-columns-repeated") if inside else 1)
        head = any(up.tag == f"{TABLE}table-header-rows" for up in list(row.iterancestors())[:2])
        line = "".join(cells)
        line = line.replace("<td", "<th").replace("</td>", "</th>") if head else line
        rows += [f"<tr>{line}</tr>"] * min(_count(row, "number-rows-repeated"), 20)
    return f"<table>{''.join(rows)}</table>" if rows else ""


def _count(element: Element, name: str) -> int:
    text = element.get(TABLE + name) or "1"
    return min(int(text), MOST) if text.isdecimal() and len(text) < 8 and int(text) else 1


def _frame(frame: Element, file: File, depth: int) -> Iterator[str]:
    """A text box, a table, a formula; a picture is told."""
    for part in frame:
        name = part.tag if isinstance(part.tag, str) else ""
        if name == f"{TABLE}table":
            yield _table(part, file, depth + 1)
        elif name == f"{DRAW}object":
            yield _formula(part, file)
        elif name == f"{DRAW}image":
            if frame.find(f"{DRAW}object") is None:
                file.left("pictures", frame.get(f"{DRAW}name") or "")
        elif name in (f"{TEXT}p", f"{TEXT}list"):  # of a shape
            yield from _one(part, file, depth) if name == f"{TEXT}p" else (_list(part, file, depth),)
        elif name == f"{DRAW}text-box":
            yield from _blocks(part, file, depth + 1)


def _formula(part: Element, file: File) -> str:
    """What an object says, if it is a formula."""
    inner = next((one for one in part.iter() if str(one.tag).endswith("}math")), None)
    if inner is None:
        name = posixpath.normpath(posixpath.join(part.get(LINK) or "", "content.xml"))
        if (data := file.part(name)) is None or b"math" not in data[:2000]:
            file.left("embedded files", name)
            return ""
        inner = xml(data, f"{file.key}#{name}")
    return f"<p>{escape(scripts.formula(inner))}</p>"


# -- running text ------------------------------------------------------------------------------------------------------


def _running(parent: Element, file: File, depth: int, boxes: list[str]) -> str:
    """The running text below an element; text boxes in it are put into `boxes`."""
    found = [escape(parent.text or "")]
    for one in parent:
        if isinstance(one.tag, str):
            found.append(_inline(one, file, depth + 1, boxes))
        found.append(escape(one.tail or ""))
    return "".join(found)


def _inline(one: Element, file: File, depth: int, boxes: list[str]) -> str:
    name = one.tag
    if depth > DEEPEST:
        return escape("".join(one.itertext()))
    if name == f"{TEXT}s":
        return " " * min(int(count) if (count := one.get(f"{TEXT}c") or "1").isdecimal() else 1, 200)
    if name in (f"{TEXT}tab", f"{TEXT}line-break"):
        return " " if name.endswith("tab") else "<br>"
    if name == f"{TEXT}note":
        return _note(one, file, depth)
    if name in (f"{OFFICE}annotation", f"{OFFICE}annotation-end"):
        _told(one, "comments", file)
        return ""
    if name == f"{TEXT}ruby":
        base, above = (_words(one, f"ruby-{end}") for end in ("base", "text"))
        return escape(f"{base}({above})" if above else base)
    if name in (f"{TEXT}hidden-text", f"{TEXT}hidden-paragraph") or name in WITHOUT_WORDS:
        return ""
    if name.startswith(DRAW):
        formula = one.find(f"{DRAW}object")
        if formula is not None and one.get(f"{TEXT}anchor-type") in (None, "as-char"):
            return " " + _formula(formula, file).removeprefix("<p>").removesuffix("</p>") + " "
        boxes.extend(_frame(one, file, depth) if name != f"{DRAW}g" else _blocks(one, file, depth))
        return ""
    text = _running(one, file, depth, boxes)
    if name != f"{TEXT}span" or not text.strip():
        return text
    look = file.look(one.get(f"{TEXT}style-name"))
    if "hidden" in look:
        _told(one, "hidden text", file)
        return ""
    tag = next((tag for mark, tag in (("sup", "sup"), ("sub", "sub"), ("strike", "s")) if mark in look), "")
    return f"<{tag}>{text}</{tag}>" if tag else text


def _words(one: Element, name: str) -> str:
    return "".join("".join(part.itertext()) for part in one.iter(f"{TEXT}{name}"))


def _note(one: Element, file: File, depth: int) -> str:
    """The mark of a note; what it says is put below."""
    mark = _words(one, "note-citation").strip() or "*"
    for body in one.iter(f"{TEXT}note-body"):
        said = "".join(_blocks(body, file, depth + 1))
        first = said.find("<p>")
        file.notes.append(f"{said[: first + 3]}[{escape(mark)}] {said[first + 3 :]}" if first >= 0 else said)
    return f'<sup><a href="#note">{escape(mark)}</a></sup>'


# -- slides ------------------------------------------------------------------------------------------------------------


def _slide(page: Element, file: File) -> Iterator[str]:
    """A slide: its title, what stands on it, and the speaker's notes."""
    for one in page:
        if one.get(f"{SHOW}class") == "title":
            words = " ".join("".join(f"{''.join(part.itertext())} " for part in one.iter(f"{TEXT}p")).split())
            if words:
                yield f"<h2>{escape(words)}</h2>"
    for one in page:
        if one.tag == f"{SHOW}notes":
            for frame in one:
                if frame.get(f"{SHOW}class") == "notes":
                    yield from _frame(frame, file, 1)
        elif one.get(f"{SHOW}class") == "title" or not isinstance(one.tag, str):
            continue
        elif one.tag == f"{DRAW}g":
            yield from _blocks(one, file, 1)
        elif one.tag.startswith(DRAW):
            yield from _frame(one, file, 1)
        elif one.tag == f"{OFFICE}annotation":
            _told(one, "comments", file)
