"""
Word and PowerPoint files, through mammoth and python-pptx, as Markdown-like text.

Headings, lists, tables, formulas, text boxes and notes are kept; pictures, comments and what is hidden or deleted are
not read, and told.
"""

from __future__ import annotations

import io
import re
from dataclasses import replace

from rag.errors import InputError
from rag.sources import about, archives, html, word, word_lists
from rag.sources import slides as slides_
from rag.sources.encodings import CONTROL
from rag.sources.html_parts import CELLS
from rag.sources.items import Left, untold
from rag.sources.text import bounded, words_of
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
# lists whose level is in the name of their style alone
STYLES += "\n".join(
    f"p[style-name='List {kind} {level}'] => {'ul|ol > li > ' * (level - 1)}{tag} > li:fresh"
    for kind, tag in (("Bullet", "ul"), ("Number", "ol"))
    for level in range(2, 6)
)
STYLES += f"\n{word_lists.MAP}"
PROPERTIES = ("docProps/core.xml", "meta.xml")
UNREAD = re.compile(r"An unrecognised element was ignored: (.*)")
INSTALL = "To read it: pip install 'chapterverse[office]'"


def docx(data: bytes, key: str, source: str, left: Left = untold) -> list[Document]:
    """A Word file as one document."""
    try:
        import mammoth
    except ImportError as error:
        raise InputError(f"{key} is a Word file", INSTALL) from error
    check(data, key)
    ready = word.prepared(data, key, left)
    try:
        no_picture = mammoth.images.img_element(lambda image: {})
        done = mammoth.convert_to_html(io.BytesIO(ready), convert_image=no_picture, style_map=STYLES)
    except (Exception, RecursionError) as error:  # mammoth raises what its helpers raise: KeyError, ExpatError, …
        raise InputError(f"{key} cannot be read as a Word file: {_why(error)}") from error
    for message in done.messages:
        if found := UNREAD.match(message.message):
            left("parts of Word files", found[1])
    page = done.value.replace("<table>", f'<table {CELLS}="">')
    return document(word_lists.tight(html.fragment(page, left)), data, key, source)


def pptx(data: bytes, key: str, source: str, left: Left = untold) -> list[Document]:
    """A presentation as one document; `meta["slides"]` holds the offset at which each slide begins."""
    try:
        import pptx as library
    except ImportError as error:
        raise InputError(f"{key} is a presentation", INSTALL) from error
    check(data, key)
    word.main_part(data, key, "ppt/presentation.xml")
    try:
        found = library.Presentation(io.BytesIO(data)).slides
        slides = [[bounded(block, left) for block in slides_.blocks(slide, left)] for slide in found]
    except (Exception, RecursionError) as error:  # as above
        raise InputError(f"{key} cannot be read as a presentation: {_why(error)}") from error
    starts, text = [], ""
    for number, blocks in enumerate(slides, 1):
        text += "\n\n" if text else ""
        starts.append(len(text))
        text += CONTROL.sub("", "\n\n".join(blocks)).strip() or f"## Slide {number}"
    found = document(text if any(slides) else "", data, key, source)
    return [replace(document, meta={**document.meta, "slides": starts}) for document in found]


def _why(error: BaseException) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"


def check(data: bytes, key: str) -> None:
    """Raises InputError for what is no office file of today, or would unfold without bound."""
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise InputError(f"{key} is protected by a password, or of the old binary format", "Save it anew without one.")
    archives.parts(data, key)


def document(text: str, data: bytes, key: str, source: str) -> list[Document]:
    """The document of a text that was read from an office file, with what its properties say."""
    text = CONTROL.sub("", text).strip("\n")
    if not text.strip():
        raise InputError(f"{key} has no text")
    said = _properties(data, key)
    heading = next((line[2:] for line in text.split("\n") if line.startswith("# ")), "")
    title = about.title(said.get("title", "")) or heading or words_of(key)
    date, saved = about.date(text, title, key, said.get("modified", ""), said.get("created", ""))
    meta, author = about.saved(saved), about.author(said.get("creator", ""))
    return [Document(source, key, text, title, "", author, date, meta, "markdown")]


def _properties(data: bytes, key: str) -> dict[str, str]:
    """What the file says of itself, as far as it can be read."""
    if data.startswith(b"PK"):
        with archives.opened(data, key) as archive:
            part = next((name for name in PROPERTIES if name in archive.namelist()), "")
            core = archives.member(archive, part, key).decode("utf-8", "replace") if part else ""
    else:  # a flat file of OpenDocument says it at its head
        core = data[:20_000].decode("utf-8", "replace")
    fields = re.findall(r"<(?:dc|dcterms|cp|meta):([\w-]+)[^>]{0,300}>([^<]{1,500})<", core)
    from html import unescape

    known = {"date": "modified", "creation-date": "created"}  # as OpenDocument has it
    return {known.get(name, name): unescape(value).strip() for name, value in fields}
