"""
Bring a source up to date: read what changed, cut it, embed what is new, remove what is gone.

What a source is and how documents are cut and stored is the business of others; nothing here searches.
"""

from __future__ import annotations

import json
import logging
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from typing import TYPE_CHECKING

from rag import chunking, folding
from rag.errors import InputError, RagError
from rag.index.batch import UNPRUNED, Batch, title_hash
from rag.store import Store, documents, settle, sources, vectors
from rag.store.documents import Chunk, Entry, Known
from rag.store.hashes import hashed
from rag.types import Document, Embedder, Item, Passage, Walk

if TYPE_CHECKING:
    pass

TARGET = chunking.TARGET
log = logging.getLogger(__name__)
BATCH = 64  # texts that are given to the embedder at a time, if it does not say how many it likes (`batch`)
TEXTS = ("key", "text", "title", "url", "author", "date")  # of a document
HALVES = "halves of characters"  # surrogates alone; U+FFFD stands in their place
FEW = 10  # documents that may go at once, however few stay
LOST = (
    "{lost} of {all} documents are gone, and were kept: is a disk not mounted? If they are to go: rag index … --prune"
)


@dataclass(slots=True)
class _Listed:
    """Items that are all of a source, as a walk."""

    items: Iterable[Item]
    problems: list[tuple[str, str]] = field(default_factory=list)
    partial: bool = False
    removed: list[str] = field(default_factory=list)
    steady: bool = False
    cursor: str = ""

    def __iter__(self) -> Iterator[Item]:
        return iter(self.items)

    def gone(self, known: Iterable[str]) -> list[str]:
        return list(known)


@dataclass(slots=True)
class Summary:
    """
    What a run of indexing did, counted in documents.

    `embedded` counts the passages of which all or a part was given to the model (a new title is, too, and not counted).
    """

    added: int = 0
    changed: int = 0
    removed: int = 0
    unchanged: int = 0
    reread: int = 0  # of these: the item is as it was, its reader is newer
    embedded: int = 0
    passages: int = 0
    problems: list[tuple[str, str]] = field(default_factory=list)
    skipped: dict[str, int] = field(default_factory=dict)  # what was not read, by the reason
    left: dict[str, int] = field(default_factory=dict)  # what was left out of documents that were read, by its kind
    notes: list[str] = field(default_factory=list)  # what the user should know and need not mend
    named: list[tuple[str, str]] = field(default_factory=list)  # both, one by one: (what, why)
    placed: int = 0  # documents that the vector index took in so far
    placing: int = 0  # … of so many; 0: it is not being brought up to date
    seconds: float = 0.0
    unread: list[str] = field(default_factory=list)  # sources of which nothing could be looked at: gone, not reachable

    @property
    def read(self) -> int:
        """Documents that could be read, or need not be."""
        return self.added + self.changed + self.unchanged


@dataclass(frozen=True, slots=True)
class Adding:
    """What adding needs: the file, the embedder (`embedder()` loads it, if anything is new), the size of a passage."""

    db: Store
    embedder: Callable[[], Embedder]
    target: int
    keys: bool = True  # whether documents are found by the words of their keys, too
    form: str = vectors.FORM  # of the vectors of a new index
    loose: set[str] = field(default_factory=set)  # hashes of vectors that nothing may need any more

    def add(
        self,
        source: str,
        items: Walk | Iterable[Item],
        *,
        prune: bool | None = None,
        kind: str = "files",
        full: bool = False,
        dry_run: bool = False,
        progress: Callable[[Summary], None] | None = None,
    ) -> Summary:
        """See `Index.add`."""
        began, summary = time.monotonic(), Summary()
        walk = items if isinstance(items, Walk) else _Listed(items)
        number = documents.source_id(self.db, source, kind, create=not dry_run)
        killed = bool(self.db.setting(UNPRUNED))
        given, known = self._known(number, walk)
        dropped: list[Known] = []
        changed = self._changed(known, dropped, given, summary, full=full, dry_run=dry_run)
        if dry_run:
            for _ in changed:
                pass
        else:
            with self.db.writer(source), self._progressing(source, walk):
                self._remember()
                self._write(number, changed, summary, progress)
        missing = [entry for key in walk.gone(known) for entry in known[key]] if prune is not False else []
        stay = summary.added + summary.changed + summary.unchanged
        lost = [entry for entry in missing if not _is_gone(entry.item, walk.removed)]
        if prune is None and not walk.partial and len(lost) > (max(stay, FEW) if stay else 0):
            summary.problems.append((source, LOST.format(lost=len(lost), all=len(lost) + stay)))
            missing = [entry for entry in missing if entry not in lost]
        gone = [entry.id for entry in (*dropped, *missing)]
        summary.removed += len(gone)
        if not dry_run and (gone or self.loose or self.db.setting(UNPRUNED)):
            with self.db.writer(source), self.db.transaction():
                self.loose.update(vectors.hashes_of(self.db, gone))
                documents.remove(self.db, gone)
                vectors.prune(self.db, None if killed else self.loose)
                self.db.remember(UNPRUNED, False)
                self.db.changed()
        if not dry_run:
            settle(self.db)
            self._finish(source, walk, summary)
        summary.seconds = time.monotonic() - began
        return summary

    def _known(self, number: int, walk: Walk) -> tuple[Iterable[Item], dict[str, list[Known]]]:
        """The items, and what the index has of them; a walk says only when it has begun whether it is partial."""
        listed = _guarded(walk)
        first = list(islice(listed, 1))
        if not walk.partial:
            return chain(first, listed), documents.known(self.db, number) if number else {}
        given = [*first, *listed]
        keys = [item.key for item in given] + walk.removed
        return given, documents.known(self.db, number, keys)

    @contextmanager
    def _progressing(self, source: str, walk: Walk) -> Iterator[None]:
        """If the run is stopped, a walk whose cursor holds even then has it kept."""
        try:
            yield
        except BaseException:
            if walk.steady:
                sources.progressed(self.db, source, walk.cursor)
            raise

    def _finish(self, source: str, walk: Walk, summary: Summary) -> None:
        """Remember how far the source was read, if all of it could be; else what was in the way."""
        problems = [*summary.problems, *walk.problems]
        with self.db.transaction():
            if problems:
                if walk.steady:
                    sources.progressed(self.db, source, walk.cursor)
                more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
                sources.failed(self.db, source, f"{problems[0][0]}: {problems[0][1]}{more}", ended=True)
            else:
                sources.finished(self.db, source, walk.cursor)

    def _remember(self) -> None:
        if self.db.setting("uuid") and self.db.setting("embedder") and self.db.setting("target") == self.target:
            return
        with self.db.transaction():
            if self.db.setting("uuid") is None:
                self.db.remember("uuid", uuid.uuid4().hex)
            if self.db.setting("embedder") is None:
                self.db.remember("embedder", self.embedder().name)
                self.db.remember("fingerprint", self.embedder().fingerprint)
                self.db.remember(vectors.STORED, self.form)
            self.db.remember("target", self.target)

    def _changed(
        self,
        known: dict[str, list[Known]],
        dropped: list[Known],
        items: Iterable[Item],
        summary: Summary,
        *,
        full: bool = False,
        dry_run: bool = False,
    ) -> Iterator[Entry]:
        """What is new or different. Items seen are taken out of `known`; documents that they lost are `dropped`."""
        taken: dict[str, str] = {}  # key of a document: the item that it is of
        for item in _apart(items):
            same = f"{item.stamp} {self.target}"
            stamp = f"{same} {getattr(item, 'reader', '')}" if item.stamp else ""
            before = {entry.key: entry for entry in known.pop(item.key, [])}
            if before and stamp and not full and all(entry.stamp == stamp for entry in before.values()):
                summary.unchanged += len(before)
                taken |= dict.fromkeys(before, item.key)
                continue
            found = self._read(item, taken, summary)
            if found is None:
                taken |= dict.fromkeys(before, item.key)
                continue
            if item.stamp and any(entry.stamp != stamp and entry.stamp.startswith(same) for entry in before.values()):
                summary.reread += len(before)
            for document in found:
                entry = before.pop(document.key, None)
                hash_ = documents.document_hash(document, chunking.manner(document, self.target))
                if entry and entry.hash[: documents.SHORT] == hash_:
                    summary.unchanged += 1
                    if not dry_run and entry.stamp != stamp:
                        documents.touch(self.db, entry.id, stamp)
                    continue
                if (chunks := self._cut(document, summary)) is None:
                    continue
                if entry:
                    summary.changed += 1
                else:
                    summary.added += 1
                if not dry_run:
                    replaced = entry.id if entry else 0
                    yield Entry(document, chunks, item.key, stamp, hash_, title_hash(document), replaced)
            dropped += before.values()

    def _read(self, item: Item, taken: dict[str, str], summary: Summary) -> list[Document] | None:
        """
        The documents of an item, each with a key of its own; None if it cannot be read.

        Whatever a reader raises is the problem of what it read: it is named, and the rest goes on.
        """
        try:
            found = []
            for document in item.read():
                document = self._storable(document, summary)
                if (key := _own_key(document.key, item.key, taken)) != document.key:
                    document = replace(document, key=key)
                taken[key] = item.key
                found.append(document)
        except Exception as error:
            summary.problems.append((item.key, _problem(item.key, error)))
            return None
        return found

    def _storable(self, document: Document, summary: Summary) -> Document:
        """
        The document, with U+FFFD for halves of characters, which is told.

        Raises InputError for a character that the engine cannot keep, and for metadata that is none to JSON.
        """
        try:
            meta = json.dumps(dict(document.meta), ensure_ascii=False, allow_nan=False, default=str)
            texts = {name: getattr(document, name) for name in TEXTS}
            read = {name: folding.whole(text) for name, text in texts.items()}
            if read != texts or folding.whole(meta) != meta:
                document = replace(document, **read, meta=json.loads(folding.whole(meta)))
                summary.left[HALVES] = summary.left.get(HALVES, 0) + 1
                summary.named.append((document.key, HALVES))
            for text in texts.values():
                if problem := self.db.unfit(text):
                    raise InputError(f"{document.key!r} {problem}")
        except ValueError as error:
            raise InputError(
                f"{document.key!r} has metadata that JSON cannot hold: infinity, or what is no number"
            ) from error
        return document

    def _cut(self, document: Document, summary: Summary) -> list[Chunk] | None:
        """The chunks of a document; None, and a problem, if its text cannot be cut."""
        try:
            return self._chunks(document)
        except Exception as error:
            summary.problems.append((document.key, _problem(document.key, error)))
            return None

    def _chunks(self, document: Document) -> list[Chunk]:
        return [
            Chunk(
                passage,
                hashed(passage.text),
                folding.named(passage.text, document.title, passage.heading, document.key if self.keys else ""),
                [(start, end, hashed(passage.text[start:end])) for start, end in self._windows(passage)],
            )
            for passage in chunking.split(document, self.target)
        ]

    def _windows(self, passage: Passage) -> list[tuple[int, int]]:
        """What is embedded of a passage: its windows, or all of it in one where the embedder does better so."""
        return chunking.windows(passage) if self.embedder().windows else [(0, len(passage.text))]

    def _write(
        self,
        source: int,
        changed: Iterator[Entry],
        summary: Summary,
        progress: Callable[[Summary], None] | None,
    ) -> None:
        batch = Batch(self.db, source, self._model, self.loose)

        def commit() -> None:
            batch.embed(self.embedder())
            summary.passages += batch.commit()
            if progress:
                progress(summary)

        for entry in changed:
            new = batch.take(entry)
            summary.embedded += sum(any(window[2] in new for window in chunk.windows) for chunk in entry.chunks)
            if batch.texts and len(batch.texts) >= getattr(self.embedder(), "batch", BATCH):
                batch.embed(self.embedder())
                if progress:
                    progress(summary)
            if batch.full():
                commit()
        if batch.waiting:
            commit()

    def _model(self) -> int:
        embedder = self.embedder()
        return vectors.model_id(self.db, embedder.name, embedder.fingerprint, embedder.dimensions, create=True)


def _guarded(items: Iterable[Item]) -> Iterator[Item]:
    """The items; what is raised while they are listed ends this source, not the run."""
    try:
        yield from items
    except RagError:
        raise
    except Exception as error:
        log.debug("the source could not be listed", exc_info=True)
        raise InputError(f"the source could not be read to its end: {_why(error)}") from error


def _problem(key: str, error: Exception) -> str:
    """What went wrong with one item, for the user; the traceback is for --debug."""
    log.debug("%s could not be read", key, exc_info=error)
    return error.message if isinstance(error, RagError) else f"could not be read: {_why(error)}"


def _why(error: Exception) -> str:
    """What was raised, as one line."""
    if isinstance(error, MemoryError):
        return "it needs more memory than there is"
    text = " ".join(str(error).split())[:200]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _apart(items: Iterable[Item]) -> Iterator[Item]:
    """The items with keys of their own: one whose key comes again (`b.zip#m.txt` beside `b.zip`) is `key#2`."""
    counts: Counter[str] = Counter()
    for item in items:
        counts[item.key] += 1
        if counts[item.key] > 1:
            item = _Again(f"{item.key}#{counts[item.key]}", item)
        yield item


@dataclass(frozen=True, slots=True)
class _Again:
    """An item under another key, and its documents with it."""

    key: str
    item: Item

    @property
    def stamp(self) -> str:
        return self.item.stamp

    @property
    def reader(self) -> str:
        return str(getattr(self.item, "reader", ""))

    def read(self) -> list[Document]:
        old = self.item.key
        return [
            replace(document, key=self.key + document.key.removeprefix(old))
            if document.key.startswith(old)
            else document
            for document in self.item.read()
        ]


def _is_gone(item: str, removed: list[str]) -> bool:
    """Whether an item, or the archive that it is in, is known to be gone, or to be of another source."""
    return item in removed or item.partition("#")[0] in removed


def _own_key(key: str, item: str, taken: dict[str, str]) -> str:
    """The key, or `key#2`, `key#3`, … if another item has a document of that key already."""
    number, own = 1, key
    while own in taken:
        number += 1
        own = f"{key}#{number}"
    return own
