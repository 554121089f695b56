"""
A Word file made ready for mammoth: what that does not read is turned into what it reads, before it looks.

Formulas become text, text boxes follow the paragraph they hang on, hidden and deleted text is taken out and told, and
so is what stands beside the text: comments, heads and feet of pages, diagrams.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from typing import TYPE_CHECKING

from rag.errors import InputError
from rag.sources import archives, scripts, word_lists
from rag.sources.books import xml
from rag.sources.items import Left

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
STRICT = (
    b"http://purl.oclc.org/ooxml/wordprocessingml/main",
    b"http://schemas.openxmlformats.org/wordprocessingml/2006/main",
)
SPACE = "{http://www.w3.org/XML/1998/namespace}space"
OFF = ("0", "false", "off")
AROUND = {
    "comments": "comments", "header": "page headers", "footer": "page footers", "data": "diagrams", "chart": "charts",
}  # fmt: skip
UNWRAPPED = tuple(W + name for name in ("customXml", "bdo", "dir", "moveTo", "fldSimple", "smartTag"))


def main_part(data: bytes, key: str, usual: str) -> str:
    """The name of the part that holds the text; `usual` where the file does not say."""
    with archives.opened(data, key) as archive:
        names = archive.namelist()
        if "_rels/.rels" in names:
            for link in xml(archives.member(archive, "_rels/.rels", key), key):
                if (link.get("Type") or "").endswith("/officeDocument"):
                    usual = (link.get("Target") or usual).lstrip("/")
    if usual not in names:
        raise InputError(f"{key} is a zip file without {usual}: it is not what its name says")
    return usual


def prepared(data: bytes, key: str, left: Left) -> bytes:
    """The file, ready to be read."""
    main = main_part(data, key, "word/document.xml")
    folder = posixpath.dirname(main)
    texts = {main, f"{folder}/footnotes.xml", f"{folder}/endnotes.xml"}
    saved, numbering = io.BytesIO(), f"{folder}/numbering.xml"
    with archives.opened(data, key) as old, zipfile.ZipFile(saved, "w") as new:
        numbers = word_lists.numbers(archives.member(old, numbering, key) if numbering in old.namelist() else b"")
        for name in old.namelist():
            if name.startswith((f"{folder}/media/", f"{folder}/embeddings/", f"{folder}/fonts/")) or name.endswith("/"):
                continue
            part = archives.member(old, name, key)
            if name in texts:
                part = _ready(part.replace(*STRICT), f"{key}#{name}", left, numbers)
            elif found := re.fullmatch(rf"{re.escape(folder)}/(?:\w+/)?([a-z]+)\d*\.xml", name):
                _told(part, f"{key}#{name}", AROUND.get(found[1], ""), left)
            new.writestr(name, part)
    return saved.getvalue()


def _told(part: bytes, key: str, kind: str, left: Left) -> None:
    """Tell a part that stands beside the text, if it has words; comments one by one."""
    if not kind:
        return
    tree = xml(part, key)
    for one in tree if kind == "comments" else [tree]:
        words = " ".join("".join(piece.text or "" for piece in one.iter() if _local(piece) in ("t", "v")).split())
        if words and not re.fullmatch(r"[\d\W]+", words):
            left(kind, words)


def _local(element: Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _ready(part: bytes, key: str, left: Left, numbers: frozenset[str]) -> bytes:
    from lxml import etree

    tree = xml(part, key)
    for element in list(tree.iter(M + "oMathPara", M + "oMath")):
        if not any(up.tag == M + "oMath" or up.tag == M + "oMathPara" for up in element.iterancestors()):
            _replace(element, [_run(element, f" {scripts.formula(element)} ")])
    for element in list(tree.iter(W + "ruby")):
        base, above = ("".join(element.find(W + name).itertext()) for name in ("rubyBase", "rt"))
        _replace(element, [_text(element, f"{base}({above})")])
    _boxes(tree)
    _nested(tree)
    _not_shown(tree, left)
    word_lists.marked(tree, numbers)
    for element in list(tree.iter(*UNWRAPPED)):
        _replace(element, list(element))
    for element in list(tree.iter(W + "tblHeader")):  # Google Docs says it of each row; mammoth does not ask how
        if (element.get(W + "val") or "").lower() in OFF:
            element.getparent().remove(element)
    for element in tree.iter(W + "cr"):
        element.tag = W + "br"
    for element in tree.iter(W + "position"):
        raised = (element.get(W + "val") or "").strip()
        if re.fullmatch(r"-?\d+", raised) and int(raised) and element.getparent().find(W + "vertAlign") is None:
            element.tag = W + "vertAlign"
            element.set(W + "val", "subscript" if raised.startswith("-") else "superscript")
    made: bytes = etree.tostring(tree, xml_declaration=True, encoding="UTF-8")
    return made


def _replace(element: Element, new: list[Element]) -> None:
    """Put other elements in the place of one; its tail stays."""
    parent = element.getparent()
    place = parent.index(element)
    parent[place : place + 1] = new


def _text(near: Element, words: str) -> Element:
    text = near.makeelement(W + "t", {SPACE: "preserve"})
    text.text = words
    return text


def _run(near: Element, words: str) -> Element:
    run = near.makeelement(W + "r")
    run.append(_text(near, words))
    return run


def _boxes(tree: Element) -> None:
    """Put the paragraphs of each text box behind the paragraph that it hangs on; of two ways to draw one, the first."""
    for box in list(tree.iter(W + "txbxContent")):
        ups = list(box.iterancestors())
        host = next((up for up in ups if up.tag == W + "p"), None)
        again = any(_local(up) == "Fallback" and _has_box(up.getparent()) for up in ups)
        if not again and host is not None:
            parent = host.getparent()
            place = parent.index(host) + 1
            while place < len(parent) and parent[place].get("box"):
                place += 1
            for block in list(box):
                block.set("box", "1")
                parent.insert(place, block)
                place += 1
        box.getparent().remove(box)
    for block in tree.iter(W + "p", W + "tbl", W + "sdt"):
        block.attrib.pop("box", None)


def _nested(tree: Element) -> None:
    """Write a table in a cell of another as lines, a row each: "brown, 2"; a cell of Markdown holds no table."""
    inner = [one for one in tree.iter(W + "tbl") if any(up.tag == W + "tc" for up in one.iterancestors())]
    for table in reversed(inner):  # the innermost first
        lines = []
        for row in table.iter(W + "tr"):
            cells = (" ".join("".join(part.itertext()) for part in cell.iter(W + "p")) for cell in row.iter(W + "tc"))
            if text := ", ".join(filter(None, (" ".join(cell.split()) for cell in cells))):
                lines.append(text)
        made = []
        for number, line in enumerate(lines):
            paragraph = table.makeelement(W + "p")
            paragraph.append(_run(table, line + (";" if number + 1 < len(lines) else "")))
            made.append(paragraph)
        _replace(table, made)


def _has_box(alternate: Element) -> bool:
    """Whether the first of two ways to draw something had a text box."""
    for choice in alternate:
        if _local(choice) == "Choice":
            return any(_local(part) in ("txbx", "txbxContent") for part in choice.iter())
    return False


def _not_shown(tree: Element, left: Left) -> None:
    """Take out what is hidden, deleted or moved away, and tell it."""
    gone = [(one, "deleted text") for one in tree.iter(W + "del", W + "moveFrom")]
    gone += [
        (mark.getparent().getparent(), "hidden text")
        for mark in tree.iter(W + "vanish")
        if mark.get(W + "val") not in OFF and mark.getparent().getparent().tag == W + "r"
    ]
    gone += [(one, "embedded files") for one in tree.iter(W + "altChunk")]
    for element, kind in gone:
        words = "".join(part.text or "" for part in element.iter(W + "t", W + "delText"))
        if (words.strip() or kind == "embedded files") and element.getparent() is not None:
            left(kind, words)
        if element.getparent() is not None:
            element.getparent().remove(element)
