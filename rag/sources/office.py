"""
Word and PowerPoint files, through mammoth and python-pptx, as Markdown-like text.

Headings, lists, tables and notes are kept; pictures, comments and tracked changes are not read.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any

from rag.errors import InputError
from rag.sources import archives, html
from rag.sources.text import CONTROL, iso_date, words_of
from rag.types import Document

# styles beyond those that mammoth knows: what Word, LibreOffice and pandoc call titles, listings and quotations
STYLES = """
p[style-name='Title'] => h1:fresh
p[style-name='Source Code'] => pre:separator('\\n')
p[style-name='HTML Preformatted'] => pre:separator('\\n')
p[style-name='Preformatted Text'] => pre:separator('\\n')
p[style-name='Code'] => pre:separator('\\n')
r[style-name='Verbatim Char'] => code
r[style-name='HTML Code'] => code
r[style-name='Source Text'] => code
p[style-name='Quote'] => blockquote > p:fresh
p[style-name='Block Text'] => blockquote > p:fresh
"""
INSTALL = "To read it: pip install 'chapterverse[office]'"


def docx(data: bytes, key: str, source: str) -> list[Document]:
    """A Word file as one document."""
    try:
        import mammoth
    except ImportError as error:
        raise InputError(f"{key} is a Word file", INSTALL) from error
    _check(data, key, "word/document.xml")
    try:
        no_picture = mammoth.images.img_element(lambda image: {})
        page = mammoth.convert_to_html(io.BytesIO(data), convert_image=no_picture, style_map=STYLES).value
    except (Exception, RecursionError) as error:  # mammoth raises what its helpers raise: KeyError, ExpatError, …
        raise InputError(f"{key} cannot be read as a Word file: {_why(error)}") from error
    text = html.fragment(page)
    return _document(text, data, key, source)


def pptx(data: bytes, key: str, source: str) -> list[Document]:
    """A presentation as one document; `meta["slides"]` holds the offset at which each slide begins."""
    try:
        import pptx as library
    except ImportError as error:
        raise InputError(f"{key} is a presentation", INSTALL) from error
    _check(data, key, "ppt/presentation.xml")
    try:
        slides = [list(_slide(slide)) for slide in library.Presentation(io.BytesIO(data)).slides]
    except (Exception, RecursionError) as error:  # as above
        raise InputError(f"{key} cannot be read as a presentation: {_why(error)}") from error
    starts, text = [], ""
    for number, blocks in enumerate(slides, 1):
        text += "\n\n" if text else ""
        starts.append(len(text))
        text += "\n\n".join(blocks) or f"## Slide {number}"
    found = _document(text if any(slides) else "", data, key, source)
    return [_with(document, slides=starts) for document in found]


def _with(document: Document, **meta: Any) -> Document:
    from dataclasses import replace

    return replace(document, meta={**document.meta, **meta})


def _why(error: BaseException) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"


def _check(data: bytes, key: str, main: str) -> None:
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise InputError(f"{key} is protected by a password, or of the old binary format", "Save it anew without one.")
    archives.parts(data, key)
    with archives.opened(data, key) as archive:
        if main not in archive.namelist():
            raise InputError(f"{key} is a zip file without {main}: it is not what its name says")


def _document(text: str, data: bytes, key: str, source: str) -> list[Document]:
    text = CONTROL.sub("", text).strip()
    if not text:
        raise InputError(f"{key} has no text")
    about = _properties(data, key)
    heading = next((line[2:] for line in text.split("\n") if line.startswith("# ")), "")
    title = about.get("title") or heading or words_of(key)
    date = iso_date(about.get("modified") or about.get("created"))
    return [Document(source, key, text, title, "", about.get("creator", ""), date, {}, "markdown")]


def _properties(data: bytes, key: str) -> dict[str, str]:
    """What docProps/core.xml says, as far as it can be read."""
    with archives.opened(data, key) as archive:
        if "docProps/core.xml" not in archive.namelist():
            return {}
        core = archives.member(archive, "docProps/core.xml", key).decode("utf-8", "replace")
    fields = re.findall(r"<(?:dc|dcterms|cp):(\w+)[^>]{0,100}>([^<]{1,500})<", core)
    from html import unescape

    return {name: unescape(value).strip() for name, value in fields}


def _slide(slide: Any) -> Iterator[str]:
    title = slide.shapes.title
    if title is not None and title.has_text_frame and title.text_frame.text.strip():
        yield "## " + " ".join(title.text_frame.text.split())
    for shape in _shapes(slide.shapes):
        if title is not None and shape.shape_id == title.shape_id:
            continue
        if shape.has_text_frame:
            yield from _paragraphs(shape.text_frame)
        elif getattr(shape, "has_table", False) and shape.has_table:
            yield _table(shape.table)
    if slide.has_notes_slide and (frame := slide.notes_slide.notes_text_frame) is not None:
        yield from _paragraphs(frame)


def _shapes(shapes: Any, depth: int = 0) -> Iterator[Any]:
    for shape in shapes:
        if hasattr(shape, "shapes") and depth < 20:
            yield from _shapes(shape.shapes, depth + 1)
        else:
            yield shape


def _paragraphs(frame: Any) -> Iterator[str]:
    """One paragraph as it is, several as a list: on slides they are the points."""
    found = [(part.level, " ".join(part.text.split())) for part in frame.paragraphs if part.text.strip()]
    if len(found) == 1:
        yield found[0][1]
    elif found:
        yield "\n".join("  " * level + "- " + text for level, text in found)


def _table(table: Any) -> str:
    rows = [[" ".join(cell.text.split()).replace("|", r"\|") for cell in row.cells] for row in table.rows]
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([*lines[:1], "|" + " --- |" * len(rows[0]), *lines[1:]]) if rows else ""
