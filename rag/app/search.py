"""Search results as rows, and hits with the text around them. How passages are found is the business of `rag.index`."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from rag import files
from rag.app.locate import Locator
from rag.errors import InputError, NotFoundError
from rag.index import Index
from rag.sources.items import MAX_BYTES
from rag.store import documents, links
from rag.store.documents import row_of
from rag.store.filters import Filters
from rag.types import Document, Hit


def rows(
    index: Index, hits: Iterable[Hit], context: int = 0, like: Mapping[int, Sequence[Hit]] | None = None
) -> list[dict[str, Any]]:
    """
    The hits as plain data, each with up to `context` passages on each side of it, the notes that link to it, and the
    line of its file that it begins in, where it has one.

    `like` are hits that were left out for those that they are like, by the passage shown; given, every row names them.
    """
    listed = list(hits)
    back = links.backlinks(index.db, [(hit.passage.document.source, hit.passage.document.key) for hit in listed])
    locator = Locator(index.db)
    found = [
        _linked(row_of(hit), back) | {"line": locator.hit(hit).line or None} | _context(index, hit, context)
        for hit in listed
    ]
    if like:
        names = ("id", "key", "source", "url", "score")
        for row in found:
            row["also"] = [{name: row_of(other)[name] for name in names} for other in like.get(row["id"], ())]
    return found


def _linked(row: dict[str, Any], back: dict[tuple[str, str], list[str]]) -> dict[str, Any]:
    """A row with the notes that link to its document, if there are any, in its metadata."""
    others = back.get((row["source"], row["key"]))
    return row | {"metadata": row["metadata"] | {"backlinks": others}} if others else row


def passed_over(index: Index, filters: Filters) -> str:
    """What is to be said of documents without a date where only some dates are asked for; "" if nothing."""
    count = documents.undated(index.db, filters)
    one = "document has" if count == 1 else "documents have"
    return f"{count:,} {one} no date and cannot be found with --since or --until" if count else ""


def picture(path: str) -> bytes:
    """The bytes of a picture's file. Raises InputError if it is none."""
    from rag.sources.pictures import whole

    try:
        data = files.data(Path(path).expanduser(), MAX_BYTES)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error
    whole(data, path, "")
    return data


def indexed_picture(index: Index, found: Mapping[str, Any]) -> bytes:
    """The bytes of the picture that a document (of `pages.document`) is. Raises NotFoundError: another, or gone."""
    document = Document(found["source"], found["key"], found["text"], meta=found["meta"], kind=found["kind"])
    path = Locator(index.db).spot(document, 0).path if found["kind"] == "picture" else None
    try:
        data = path.read_bytes() if path and path.stat().st_size <= MAX_BYTES else b""
    except OSError:
        data = b""
    if not data or hashlib.sha256(data).hexdigest() != found["meta"].get("picture"):
        raise NotFoundError("the picture is not there any more as it was indexed", "Refresh its source.")
    return data


def _context(index: Index, hit: Hit, count: int) -> dict[str, Any]:
    if not count:
        return {}
    around = index.around(hit.passage, count)
    return {"context": [{"id": one.id, "start": one.start, "end": one.end, "content": one.text} for one in around]}


def widened(index: Index, hit: Hit, context: int) -> Hit:
    """The hit with its neighbours' text around its own, still a span of the document."""
    around = index.around(hit.passage, context)
    start, end = around[0].start, around[-1].end
    text = hit.passage.document.text[start:end]
    return replace(hit, passage=replace(hit.passage, start=start, end=end, text=text))
