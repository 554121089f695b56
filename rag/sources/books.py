"""EPUB books: their chapters in reading order."""

from __future__ import annotations

import posixpath
import re
import unicodedata
import zipfile
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import unquote

from rag.errors import InputError
from rag.sources import archives, html
from rag.sources.encodings import CONTROL, decode
from rag.sources.items import Left, untold
from rag.sources.text import CHARSET_XML, iso_date, words_of
from rag.types import Document

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

CONTAINER, ENCRYPTION = "META-INF/container.xml", "META-INF/encryption.xml"
RULE = re.compile(r"<hr\b[^<>]*>(?:\s*</hr>)?", re.IGNORECASE)
BREAK = "* * *"  # between two scenes
OBFUSCATED = ("http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC")  # ways to hide fonts, not texts


def epub(data: bytes, key: str, source: str, left: Left = untold) -> list[Document]:
    """A book as one document."""
    with archives.opened(data, key) as archive:
        container = xml(archives.member(archive, CONTAINER, key), f"{key}#{CONTAINER}")
        path = next((root.get("full-path") or "" for root in _named(container, "rootfile")), "")
        package = xml(archives.member(archive, path, key), f"{key}#{path}")
        locked = _locked(archive, key)
        asides = _asides(package, posixpath.dirname(path))
        chapters: list[str] = []
        for name in _spine(package, posixpath.dirname(path)):
            if (member := _found(archive, name)) is None:
                left("chapters that are not in the file", name)
            elif member in locked:
                raise InputError(f"{key} is protected (DRM)", "Index a copy without protection.")
            else:
                page = _page(archives.member(archive, member, key), f"{key}#{name}")
                chapters.append(_chapter(page, name in asides, left))
    text = CONTROL.sub("", "\n\n".join(filter(None, chapters)))
    if not text:
        raise InputError(f"{key} has no text")
    about = {name: _text(package, name) for name in ("title", "creator", "date")}
    title = about["title"] or words_of(key)
    return [Document(source, key, text, title, "", about["creator"], iso_date(about["date"]), {}, "markdown")]


def _chapter(page: str, aside: bool, left: Left) -> str:
    """The text of a chapter, with the rules between its scenes; "" for a page of contents."""
    tree = html.parse(page, "HTML") if aside else None
    if tree is not None:
        linked = sum(len("".join(link.itertext()).strip()) for link in tree.iter("a"))
        if 2 * linked > sum(len(piece.strip()) for piece in tree.itertext()):
            left("pages of contents", " ".join("".join(tree.itertext()).split()))
            return ""
    text = html.fragment(RULE.sub(f"<p>{BREAK}</p>", page), left)
    lines = text.split("\n\n")
    while lines and lines[-1] == BREAK:
        lines.pop()
    while lines and lines[0] == BREAK:
        lines.pop(0)
    return "\n\n".join(lines)


def _asides(package: Element, folder: str) -> set[str]:
    """The pages that may be the contents of the book: they call themselves so, or are out of its order."""
    items = {item.get("id"): item for item in _named(package, "item")}
    found = [one.get("href") or "" for one in items.values() if "nav" in (one.get("properties") or "").split()]
    found += [one.get("href") or "" for one in _named(package, "reference") if one.get("type") == "toc"]
    for one in _named(package, "itemref"):
        if one.get("linear") == "no" and (item := items.get(one.get("idref"))) is not None:
            found.append(item.get("href") or "")
    return {posixpath.normpath(posixpath.join(folder, unquote(name).split("#")[0])) for name in found if name}


def _locked(archive: zipfile.ZipFile, key: str) -> set[str]:
    """The members that are encrypted; fonts that are only obfuscated are not."""
    if ENCRYPTION not in archive.namelist():
        return set()
    found: set[str] = set()
    for one in _named(xml(archives.member(archive, ENCRYPTION, key), f"{key}#{ENCRYPTION}"), "EncryptedData"):
        method = next((part.get("Algorithm") or "" for part in _named(one, "EncryptionMethod")), "")
        if method not in OBFUSCATED:
            found |= {unquote(part.get("URI") or "") for part in _named(one, "CipherReference")}
    return found


def _found(archive: zipfile.ZipFile, name: str) -> str | None:
    """The member of a name, also if it is written in other letters (É as one character or two, A for a)."""
    if name in archive.NameToInfo:
        return name
    wanted = unicodedata.normalize("NFC", name).casefold()
    return next((one for one in archive.namelist() if unicodedata.normalize("NFC", one).casefold() == wanted), None)


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
