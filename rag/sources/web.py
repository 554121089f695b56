"""
Feeds (RSS, Atom), sitemaps, lists of addresses and single pages, from the web or from a file.

Only what changed is fetched: conditional requests, and the dates of a sitemap. A feed shows only its latest entries, so
those it no longer shows stay; a page that is gone (404, 410) is removed; one that fails keeps what was indexed of it.
"""

from __future__ import annotations

import io
import json
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag import files
from rag.errors import InputError
from rag.sources import archives
from rag.sources.encodings import CONTROL, decode
from rag.sources.fetch import MAX_BYTES, Fetcher, FetchError, Response
from rag.sources.formats import kind_of, reader
from rag.sources.html import CHARSET, fragment, page
from rag.sources.items import Item, Left, Walk
from rag.sources.rows import stamp_of
from rag.sources.text import iso_date
from rag.types import Document

if TYPE_CHECKING:
    from rag.sources.settings import Settings

READER = "web.2"  # raised whenever a page or an entry gives another document
WEB = ("http://", "https://")
FIRST = re.compile(rb"<(urlset|sitemapindex|rss|feed|rdf:rdf|html|!doctype html)\b")
READERS = {
    "application/pdf": "pdf",
    "text/plain": "text",
    "text/markdown": "markdown",
    "application/epub+zip": "epub",
}
PAGES = ("text/html", "application/xhtml+xml", "")


@dataclass(slots=True)
class Visit:
    """A walk under way: what is remembered of every address, and what was seen."""

    walk: Walk
    source: str
    fetcher: Fetcher
    max_pages: int
    old: dict[str, dict[str, str]]
    new: dict[str, dict[str, str]] = field(default_factory=dict)
    feeds: int = 0
    several: bool = False  # feeds or pages under one source: their entries may have the same names
    given: dict[str, str] = field(default_factory=dict)  # id of an entry: its stamp

    def state(self, url: str) -> dict[str, str]:
        """What is remembered of an address; nothing if it was read by an older reader: it is to be read again."""
        found = self.old.get(url, {})
        return found if found.get("reader") == READER else {name: found[name] for name in ("form",) if name in found}

    def keep(self) -> None:
        self.walk.cursor = json.dumps({**self.old, **self.new})


def web(settings: Settings, source: str = "", *, cursor: str = "", full: bool = False) -> Walk:
    """
    The entries or pages behind these addresses and files, one item each.

    Raises InputError if a file is missing; the walk raises FetchError if the only address cannot be had.
    """
    for path in settings.paths:
        if not path.startswith(WEB) and not Path(path).is_file():
            raise InputError(f"there is no file {path}")
    return Walk(partial(_items, settings=settings, source=source), steady=True, since=cursor, full=full)


def _states(cursor: str) -> dict[str, dict[str, str]]:
    try:
        found = json.loads(cursor or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _items(walk: Walk, settings: Settings, source: str) -> Iterator[Item]:
    fetcher, paths = Fetcher(settings.allow_private, settings.delay), settings.paths
    old = {} if walk.full else _states(walk.since)
    visit = Visit(walk, source, fetcher, settings.max_pages, old, several=len(paths) > 1)
    visit.keep()
    for path in paths:
        yield from _entry(visit, path, alone=len(paths) == 1)
        visit.keep()
    if visit.feeds:
        walk.partial = True


def _entry(visit: Visit, path: str, *, alone: bool) -> Iterator[Item]:
    """What an address or a file leads to."""
    if not path.startswith(WEB):
        try:
            data = files.data(Path(path), MAX_BYTES)
        except OSError as error:
            raise InputError(f"{path} cannot be read: {error.strerror}") from error
        yield from _listed(visit, path, data, alone=alone)
        return
    state = visit.state(path)
    try:
        response = visit.fetcher.get(path, state.get("etag", ""), state.get("modified", ""))
    except FetchError as error:
        if alone:
            raise
        _failed(visit, path, error)
        return
    if response.status == 304 and state.get("form") == "feed":
        visit.walk.notes.append(f"{path}: not modified")
        visit.walk.partial = True
        visit.feeds += 1
    elif response.status == 304 and state.get("form") == "sitemap":
        yield from _listed(visit, path, visit.fetcher.get(path).body, alone=alone)
    elif response.status == 304:
        yield Item(path, state.get("stamp", ""), partial(_fetch_again, visit, path), READER)
    elif (form := _form(response.body)) == "page" and (expected := _expected(path, state)):
        why = InputError(f"{path} is a page, not a {expected}", "It may be moved, or out of order for a while.")
        if alone:
            raise why
        visit.walk.keep.append("")  # nobody knows what it would have named
        _failed(visit, path, why)
    elif form != "page":
        about = {"etag": response.etag, "modified": response.modified}
        visit.new[path] = {**about, "form": form, "reader": READER}
        yield from _listed(visit, path, response.body, alone=alone)
    else:
        yield from _page(visit, path, response, "")


def _form(data: bytes) -> str:
    """Whether a body is a feed, a sitemap or a page, by its first element that tells."""
    found = FIRST.search(data[:3000].replace(b"\0", b"").lower())
    name = found[1] if found else b""
    if data[:2] == b"\x1f\x8b" or name in (b"urlset", b"sitemapindex"):
        return "sitemap"
    return "feed" if name in (b"rss", b"feed", b"rdf:rdf") else "page"


def _expected(path: str, state: dict[str, str]) -> str:
    """What an address gave before, else what its name promises; "" if that may be a page."""
    named = path.split("?")[0].endswith((".rss", ".atom", ".xml"))
    return state.get("form", "") or ("feed or sitemap" if named else "")


def _listed(visit: Visit, path: str, data: bytes, *, alone: bool) -> Iterator[Item]:
    """The entries of a feed, or the pages of a sitemap or of a list of addresses."""
    form = _form(data)
    try:
        if form == "feed":
            visit.feeds += 1
            visit.walk.partial = True  # a feed shows its latest entries only: what it no longer shows is not gone
            yield from _feed(visit, path, data)
        elif form == "sitemap":
            yield from _pages(visit, list(_sitemap(visit, path, data, 0)))
        elif addresses := [line for line in decode(data, path).split() if line.startswith(WEB)]:
            if b"<html" in data[:3000].lower() or b"<!doctype html" in data[:3000].lower():
                raise InputError(f"{path} is an HTML page, not a feed", "Look in it for the address of the feed.")
            yield from _pages(visit, [(address, "") for address in addresses])
        else:
            raise InputError(f"{path} is neither a feed, nor a sitemap, nor a list of addresses")
    except InputError as error:
        if alone:
            raise
        _failed(visit, path, error)


def _failed(visit: Visit, url: str, error: InputError) -> None:
    if isinstance(error, FetchError) and error.status in (404, 410):
        visit.walk.skip("gone", url)
        visit.walk.removed.append(url)
        visit.old.pop(url, None)
        return
    visit.walk.problems.append((url, error.message))
    visit.walk.keep.append(url)


# -- feeds -------------------------------------------------------------------------------------------------------------


ABOUT_TYPES = ("NonXMLContentType", "CharacterEncodingOverride", "NoneType")  # complaints about the server's headers


def _feed(visit: Visit, path: str, data: bytes) -> Iterator[Item]:
    try:
        import feedparser
    except ImportError as error:
        raise InputError(f"{path} is a feed", "To read it: pip install 'chapterverse[web]'") from error
    archives.no_entities(data, path)
    try:
        found = feedparser.parse(io.BytesIO(data), response_headers={"content-location": path} if "//" in path else {})
    except (ValueError, LookupError, AttributeError, RecursionError, AssertionError) as error:
        raise InputError(f"{path} cannot be read as a feed: {error}") from error
    if not found.get("version") and not found.entries:
        raise InputError(f"{path} cannot be read as a feed: {found.get('bozo_exception', 'it has no entries')}")
    if found.get("bozo") and type(found.get("bozo_exception")).__name__ not in ABOUT_TYPES:
        visit.walk.notes.append(f"{path}: the feed is not well-formed; what could be read of it was")
    seen: set[str] = set()
    for entry in found.entries[: visit.max_pages]:
        left = visit.walk.leaving(f"{path}: {entry.get('id') or entry.get('link') or ''}")
        document = _entry_document(entry, visit.source, str(found.feed.get("author") or ""), left)
        if document is None:
            visit.walk.skip("empty", f"{path}: {entry.get('id') or entry.get('link') or 'an entry'}")
        elif document.key not in seen:
            seen.add(document.key)
            stamp = stamp_of({"": [document.text, document.title, document.author, document.date, document.url]})
            if visit.several:  # what is named "1" by one feed may be named so by another
                visit.walk.removed.append(document.key)
                if visit.given.setdefault(document.key + stamp, path) != path:
                    visit.walk.skip("in another feed, too", f"{path}: {document.key}")
                    continue
                document = replace(document, key=f"{path}#{document.key}")
            yield Item(document.key, stamp, partial(_given, document), READER)


def _given(document: Document) -> list[Document]:
    return [document]


def _entry_document(entry: Any, source: str, author: str, left: Left) -> Document | None:
    told = {name: str(entry.get(name) or "") for name in ("id", "link", "title", "summary", "author")}
    contents = [str(part.get("value") or "") for part in entry.get("content") or []] or [told["summary"]]
    text = fragment(max(contents, key=len), left) or fragment(told["title"])
    link = told["link"]
    key = told["id"] or link or stamp_of({"": text})
    if not text:
        return None
    tags = [str(tag.get("term")) for tag in entry.get("tags") or [] if tag.get("term")]
    title = " ".join(fragment(told["title"]).split())
    date = iso_date(entry.get("published") or entry.get("updated"))
    if not date and (parsed := entry.get("published_parsed") or entry.get("updated_parsed")):
        date = iso_date(datetime(*parsed[:6]).replace(tzinfo=UTC))
    author = CONTROL.sub("", told["author"] or author)
    meta = {"tags": tags} if tags else {}
    url = link if link.startswith(WEB) else ""
    return Document(source, CONTROL.sub("", key), text, title, url, author, date, meta, "markdown")


# -- sites -------------------------------------------------------------------------------------------------------------


def _sitemap(visit: Visit, path: str, data: bytes, depth: int) -> Iterator[tuple[str, str]]:
    """(address, when it was last changed) of a sitemap and of those that it names."""
    from rag.sources.books import xml

    if data[:2] == b"\x1f\x8b":
        try:
            data = zlib.decompressobj(31).decompress(data, MAX_BYTES)
        except zlib.error as error:
            raise InputError(f"{path} is not a sitemap: {error}") from error
    tree = xml(data, path)
    inner = str(tree.tag).endswith("sitemapindex")
    for place in tree:
        parts = {str(part.tag).rpartition("}")[2]: (part.text or "").strip() for part in place}
        address = parts.get("loc", "")
        if not address.startswith(WEB):
            continue
        if not inner:
            yield address, parts.get("lastmod", "")
        elif depth < 2:
            try:
                yield from _sitemap(visit, address, visit.fetcher.get(address).body, depth + 1)
            except InputError as error:
                visit.walk.problems.append((address, error.message))
                visit.walk.keep.append("")  # nobody knows which pages it would have named


def _pages(visit: Visit, listed: list[tuple[str, str]]) -> Iterator[Item]:
    """The pages at these addresses; one that failed is named and the others go on."""
    listed = list(dict(listed).items())
    if len(listed) > visit.max_pages:
        visit.walk.notes.append(f"{len(listed):,} pages are listed; the first {visit.max_pages:,} are read")
    for url, lastmod in listed[: visit.max_pages]:
        state = visit.state(url)
        if lastmod and state.get("lastmod") == lastmod and state.get("stamp"):
            yield Item(url, state["stamp"], partial(_fetch_again, visit, url), READER)
            continue
        try:
            response = visit.fetcher.get(url, state.get("etag", ""), state.get("modified", ""))
        except FetchError as error:
            _failed(visit, url, error)
            continue
        if response.status == 304:
            visit.new[url] = {**state, "lastmod": lastmod}
            visit.keep()
            yield Item(url, state.get("stamp", ""), partial(_fetch_again, visit, url), READER)
        else:
            yield from _page(visit, url, response, lastmod)


def _page(visit: Visit, url: str, response: Response, lastmod: str) -> Iterator[Item]:
    stamp = blake2b(response.body, digest_size=12).hexdigest()
    state = {"etag": response.etag, "modified": response.modified, "stamp": stamp, "lastmod": lastmod, "reader": READER}
    visit.new[url] = {name: value for name, value in state.items() if value}
    visit.keep()
    yield Item(url, stamp, partial(_read, response, url, visit.source, visit.walk.leaving(url)), READER)


def _fetch_again(visit: Visit, url: str) -> list[Document]:
    """The page has not changed, but the index does not have it: it was stopped before it was stored."""
    return _read(visit.fetcher.get(url), url, visit.source, visit.walk.leaving(url))


def _read(response: Response, url: str, source: str, left: Left) -> list[Document]:
    """A page as documents, by its media type, else by its name."""
    kind, named = READERS.get(response.kind), kind_of(url.split("?")[0].split("#")[0].rsplit("/", 1)[-1])
    if kind is None and response.kind in PAGES:
        documents = page(decode(response.body, url, response.charset or _charset(response.body)), url, source, left)
    else:
        # "plain" is what many servers say of all that is text; its name says more
        kind = named if kind is None or (kind == "text" and named) else kind
        if kind is None or kind == "zip":
            raise InputError(f"{url} is of the type {response.kind}, which is not read")
        documents = reader(kind)(response.body, url, source, left)
    if not documents:
        raise InputError(f"{url} has no text (it may be filled by a script)")
    return [_placed(document, url) for document in documents]


def _charset(data: bytes) -> str:
    found = CHARSET.search(data[:20_000])
    return found[1].decode("ascii") if found else ""


def _placed(document: Document, url: str) -> Document:
    return document if document.url else replace(document, url=url)
