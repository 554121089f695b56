"""
Documents one by one: list them, read a part, write, change and remove them through a face.

What a face writes goes into sources of its own: a document that was read from a file is changed in its file, or the
next refresh would bring the old text back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rag.errors import InputError, NotFoundError
from rag.index import Index
from rag.store import documents as store
from rag.store import pages, sources, vectors
from rag.types import Document

WRITTEN = "written"  # the kind of a source that a face writes into
FIELDS = ("text", "title", "url", "author", "date", "meta", "kind")
KINDS = ("text", "markdown", "code")
LARGEST = 5_000_000  # characters of a document
UNTITLED = "untitled"


class NotWritable(InputError):
    """A document that came from elsewhere: it must be changed there."""


@dataclass(frozen=True, slots=True)
class _Item:
    """A document in hand as something that the index can read."""

    document: Document
    stamp: str = ""

    @property
    def key(self) -> str:
        return self.document.key

    @property
    def read(self) -> Callable[[], list[Document]]:
        return lambda: [self.document]


def get(index: Index, number: int) -> dict[str, Any]:
    """A document with its text. Raises NotFoundError."""
    found = pages.document(index.db, number)
    if found is None:
        raise NotFoundError(f"there is no document {number}", "List them: rag info --documents")
    return found


def part(found: Mapping[str, Any], start: int = 0, end: int | None = None) -> dict[str, Any]:
    """A part of a document's text by its offsets, cut to what is there: start, end, text, length of the whole."""
    text = found["text"]
    start = min(max(start, 0), len(text))
    end = len(text) if end is None else min(max(end, start), len(text))
    return {"start": start, "end": end, "text": text[start:end], "length": len(text)}


def put(index: Index, source: str, documents: Sequence[Document]) -> list[dict[str, Any]]:
    """
    Write documents into a source, each in the place of what had its key; all are stored when this returns.

    Rows of id, key and change ("added", "changed", "unchanged"). Raises NotWritable for a source of files, InputError
    for a document that cannot be stored.
    """
    _check(documents)
    _writable(index, source)
    rows = []
    for document in documents:
        done = index.add(source, [_Item(document)], prune=False, kind=WRITTEN)
        if done.problems:
            raise InputError(f"{document.key}: {done.problems[0][1]}")
        change = "added" if done.added else "changed" if done.changed else "unchanged"
        rows.append({"id": pages.document_id(index.db, source, document.key), "key": document.key, "change": change})
    return rows


def change(index: Index, number: int, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Change some fields of a document; the others stay. Raises NotFoundError, NotWritable, InputError."""
    found = get(index, number)
    values = {name: fields.get(name, found[name]) for name in FIELDS}
    document = Document(found["source"], found["key"], **values)
    return put(index, found["source"], [document])[0]


def remove(index: Index, number: int) -> None:
    """Remove a document that a face wrote. Raises NotFoundError, NotWritable."""
    found = get(index, number)
    _writable(index, found["source"])
    with index.db.writer(), index.db.transaction():
        store.remove(index.db, [number])
        vectors.prune(index.db)
        index.db.changed()


def _writable(index: Index, source: str) -> None:
    kind = sources.kind(index.db, source)
    if kind is None and (not source.strip() or source.startswith("/") or len(source) > 200):
        raise NotWritable(f"{source[:50]!r} is not a name for a source", "Use a short word, like page.")
    if kind not in (None, WRITTEN):
        raise NotWritable(
            "this document was read from a file or address, and is changed there",
            "Change the file and refresh its source; or write into a source of your own.",
        )


def _check(documents: Sequence[Document]) -> None:
    for document in documents:
        if not document.key.strip():
            raise InputError("a document has no key", "Give each a key that stays the same, like its path.")
        if not document.text.strip():
            raise InputError(f"the document {document.key!r} is empty", "Write something, or remove it.")
        if len(document.text) > LARGEST:
            raise InputError(f"the document {document.key!r} has more than {LARGEST} characters", "Write it in parts.")
        if document.kind not in KINDS:
            raise InputError(f"{document.key}: there is no kind {document.kind!r}", f"The kinds: {', '.join(KINDS)}")
