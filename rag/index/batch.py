"""
Documents on their way into the index: gathered, embedded some texts at a time, committed together.

A transaction is as large as pays: each page of an index that many documents touch is then written once for all of them.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rag import onpage
from rag.index.query import PICTURES, takes_pictures
from rag.store import Store, put, vectors
from rag.store.documents import Entry
from rag.store.hashes import hashed
from rag.types import Document, Embedder, Picture

if TYPE_CHECKING:
    from rag.types import Vectors

# What is committed at once, whichever comes first: so much is done again by whoever was killed.
BYTES = 20 << 20  # of text: each page that many documents touch is written once for all of them
MODEL = 20.0  # CPU seconds of the embedder
SECONDS = 60.0  # by the clock, for what is slow to read
OVERHEAD = 100  # bytes of a document beside its text
UNPRUNED = "unpruned"  # setting: vectors came loose, and a run was killed before it looked after them


@dataclass(slots=True)
class Batch:
    """Documents that are read and cut, and what of them is embedded, until they are committed together."""

    db: Store
    source: int
    model_of: Callable[[], int]
    loose: set[str]
    model: int = 0
    waiting: list[Entry] = field(default_factory=list)
    texts: dict[str, str | bytes] = field(default_factory=dict)  # by hash: to be embedded
    made: list[tuple[list[str], Vectors]] = field(default_factory=list)  # hashes, and their vectors
    known: set[str] = field(default_factory=set)  # the hashes of all of these
    size: int = 0
    began: float = field(default_factory=time.monotonic)
    spent: float = 0.0  # CPU seconds of the embedder

    def take(self, entry: Entry) -> set[str]:
        """Add a document; the hashes of its texts that are new."""
        self.model = self.model or self.model_of()
        wanted: dict[str, str | bytes] = {
            hash_: chunk.passage.text[start:end] for chunk in entry.chunks for start, end, hash_ in chunk.windows
        }
        if isinstance(entry.document, Picture):  # its text names its content: what is embedded is the content
            wanted = dict.fromkeys(wanted, entry.document.data)
            self.size += len(entry.document.data)
        if title := entry.title_hash:
            wanted[title] = entry.document.title
        new = vectors.missing(self.db, self.model, list(wanted)) - self.known
        kind = entry.document.kind
        self.texts |= {
            hash_: onpage.words(text, kind) if isinstance(text, str) else text
            for hash_, text in wanted.items()
            if hash_ in new
        }
        self.known |= new
        self.waiting.append(entry)
        self.size += len(entry.document.text) + OVERHEAD
        return new

    def full(self) -> bool:
        """Whether so much waits that it is time to commit: much for the disk, or long work for the model."""
        return self.size >= BYTES or self.spent >= MODEL or time.monotonic() - self.began >= SECONDS

    def embed(self, embedder: Embedder) -> None:
        began = time.process_time()
        texts = {hash_: text for hash_, text in self.texts.items() if isinstance(text, str)}
        pictures = {hash_: data for hash_, data in self.texts.items() if isinstance(data, bytes)}
        if texts:
            self.made.append((list(texts), vectors.kept(self.db, embedder.embed(list(texts.values()), "passage"))))
        if pictures:
            self.made.append((list(pictures), takes_pictures(embedder).embed_pictures(list(pictures.values()))))
        self.texts = {}
        self.spent += time.process_time() - began

    def commit(self) -> int:
        """Write all of it, whole; how many passages."""
        with self.db.transaction():
            for hashes, made in self.made:
                vectors.put(self.db, self.model, hashes, made)
            replaced = [entry.replaces for entry in self.waiting if entry.replaces]
            if replaced:
                self.loose.update(vectors.hashes_of(self.db, replaced))
                self.db.remember(UNPRUNED, True)
            put(self.db, self.source, self.waiting)
            if any(isinstance(entry.document, Picture) for entry in self.waiting):
                self.db.remember(PICTURES, True)
            self.db.changed()
        passages = sum(len(entry.chunks) for entry in self.waiting)
        self.waiting, self.made, self.known, self.size = [], [], set(), 0
        self.began, self.spent = time.monotonic(), 0.0
        return passages


def title_hash(document: Document) -> str:
    """The hash that a title's vector is found by; empty if there is no title."""
    return hashed(document.title) if document.title.strip() else ""
