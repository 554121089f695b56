"""EPUB books (their chapters in reading order) and Jupyter notebooks (text and code, not what the code printed)."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from rag.errors import InputError
from rag.sources import archives, html
from rag.sources.tables import load
from rag.sources.text import CHARSET_XML, CONTROL, decode, first_heading, iso_date, lines, words_of
from rag.types import Document

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

CONTAINER = "META-INF/container.xml"


def epub(data: bytes, key: str, source: str) -> list[Document]:
    """A book as one document."""
    with archives.opened(data, key) as archive:
        if "META-INF/encryption.xml" in archive.namelist() and b"EncryptedData" in archives.member(
            archive, "META-INF/encryption.xml", key
        ):
            raise InputError(f"{key} is protected (DRM)", "Index a copy without protection.")
        container = xml(archives.member(archive, CONTAINER, key), f"{key}#{CONTAINER}")
        path = next((root.get("full-path") or "" for root in _named(container, "rootfile")), "")
        package = xml(archives.member(archive, path, key), f"{key}#{path}")
        chapters = [
            html.fragment(_page(archives.member(archive, name, key), f"{key}#{name}"))
            for name in _spine(package, posixpath.dirname(path))
            if name in archive.namelist()
        ]
    text = CONTROL.sub("", "\n\n".join(chapter for chapter in chapters if chapter))
    if not text:
        raise InputError(f"{key} has no text")
    about = {name: _text(package, name) for name in ("title", "creator", "date")}
    title = about["title"] or words_of(key)
    return [Document(source, key, text, title, "", about["creator"], iso_date(about["date"]), {}, "markdown")]


def _page(data: bytes, key: str) -> str:
    found = CHARSET_XML.match(data[:200])
    return decode(data, key, found.group(1).decode("ascii") if found else "")


def xml(data: bytes, key: str) -> Element:
    """An XML tree, entities and other files left alone."""
    from lxml import etree

    archives.no_entities(data, key)
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, recover=True, remove_comments=True
    )
    try:
        tree = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise InputError(f"{key} is not XML: {error}") from error
    if tree is None:
        raise InputError(f"{key} is not XML")
    return tree


def _named(tree: Element, name: str) -> Iterator[Element]:
    """Elements of this name in any namespace."""
    return (element for element in tree.iter() if isinstance(element.tag, str) and element.tag.endswith("}" + name))


def _text(tree: Element, name: str) -> str:
    return next((" ".join((element.text or "").split()) for element in _named(tree, name)), "")


def _spine(package: Element, folder: str) -> list[str]:
    """The names of the chapters in reading order, each once."""
    manifest = {item.get("id"): unquote(item.get("href") or "") for item in _named(package, "item")}
    found = (manifest.get(reference.get("idref")) for reference in _named(package, "itemref"))
    names = (posixpath.normpath(posixpath.join(folder, name.split("#")[0])) for name in found if name)
    return list(dict.fromkeys(names))


def notebook(data: bytes, key: str, source: str) -> list[Document]:
    """A Jupyter notebook as one document."""
    content = load(decode(data, key), key)
    cells = content.get("cells") if isinstance(content, dict) else None
    if not isinstance(cells, list):
        raise InputError(f"{key} is not a notebook: it has no list of cells")
    meta = content.get("metadata")
    language = _language(meta if isinstance(meta, dict) else {})
    text = "\n\n".join(block for cell in cells if isinstance(cell, dict) and (block := _cell(cell, language)))
    if not text.strip():
        return []
    title = first_heading(text) or words_of(key)
    return [Document(source, key, text, title, meta={"language": language} if language else {}, kind="markdown")]


def _language(meta: dict[str, Any]) -> str:
    for name in ("language_info", "kernelspec"):
        about = meta.get(name)
        if isinstance(about, dict) and isinstance(found := about.get("language") or about.get("name"), str):
            return found
    return ""


def _cell(cell: dict[str, Any], language: str) -> str:
    written = cell.get("source")
    written = "".join(map(str, written)) if isinstance(written, list) else str(written or "")
    written = lines(CONTROL.sub("", written).encode("utf-8", "replace").decode()).strip("\n")
    if not written.strip() or cell.get("cell_type") != "code":
        return written
    fence = "```"
    while fence in written:
        fence += "`"
    return f"{fence}{language}\n{written}\n{fence}"
