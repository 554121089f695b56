"""
Bring a source up to date: read what changed, cut it, embed what is new, remove what is gone.

What a source is and how documents are cut and stored is the business of others; nothing here searches.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import TYPE_CHECKING

from rag import chunking, ranking
from rag.errors import RagError
from rag.store import Database, documents, sources, vectors
from rag.store.documents import Chunk, Known
from rag.types import Document, Embedder, Item, Walk

if TYPE_CHECKING:
    from rag.types import Vectors

BATCH = 64  # texts embedded between two commits
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
    embedded: int = 0
    passages: int = 0
    problems: list[tuple[str, str]] = field(default_factory=list)
    skipped: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)  # what the user should know and need not mend
    seconds: float = 0.0


@dataclass(slots=True)
class _Pending:
    """A document that is read and cut, and waits for its vectors."""

    document: Document
    chunks: list[Chunk]
    item: str
    stamp: str
    hash: str


@dataclass(frozen=True, slots=True)
class Adding:
    """What adding needs: the file, the embedder (`embedder()` loads it, if anything is new), the size of a passage."""

    db: Database
    embedder: Callable[[], Embedder]
    target: int

    def add(
        self,
        source: str,
        items: Walk | Iterable[Item],
        *,
        prune: bool | None = None,
        kind: str = "files",
        dry_run: bool = False,
        progress: Callable[[Summary], None] | None = None,
    ) -> Summary:
        """See `Index.add`."""
        began, summary = time.monotonic(), Summary()
        walk = items if isinstance(items, Walk) else _Listed(items)
        number = documents.source_id(self.db, source, kind, create=not dry_run)
        given, known = self._known(number, walk)
        dropped: list[Known] = []
        if dry_run:
            for _ in self._changed(known, dropped, given, summary, dry_run=True):
                pass
        else:
            with self.db.writer(), self._progressing(source, walk):
                self._remember()
                self._write(number, self._changed(known, dropped, given, summary), summary, progress)
        missing = [entry for key in walk.gone(known) for entry in known[key]] if prune is not False else []
        stay = summary.added + summary.changed + summary.unchanged
        if prune is None and not walk.partial and len(missing) > (max(stay, FEW) if stay else 0):
            summary.problems.append((source, LOST.format(lost=len(missing), all=len(missing) + stay)))
            missing = []
        gone = [entry.id for entry in (*dropped, *missing)]
        summary.removed += len(gone)
        if not dry_run and (gone or summary.added or summary.changed or summary.removed):
            with self.db.writer(), self.db.transaction():
                documents.remove(self.db, gone)
                vectors.prune(self.db)
                self.db.changed()
        if not dry_run:
            self._finish(source, walk, summary)
        summary.seconds = time.monotonic() - began
        return summary

    def _known(self, number: int, walk: Walk) -> tuple[Iterable[Item], dict[str, list[Known]]]:
        """The items, and what the index has of them; a walk says only when it has begun whether it is partial."""
        listed = iter(walk)
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
        with self.db.transaction():
            if self.db.setting("uuid") is None:
                self.db.remember("uuid", uuid.uuid4().hex)
            if self.db.setting("embedder") is None:
                self.db.remember("embedder", self.embedder().name)
                self.db.remember("fingerprint", self.embedder().fingerprint)
            self.db.remember("target", self.target)

    def _changed(
        self,
        known: dict[str, list[Known]],
        dropped: list[Known],
        items: Iterable[Item],
        summary: Summary,
        *,
        dry_run: bool = False,
    ) -> Iterator[_Pending]:
        """What is new or different. Items seen are taken out of `known`; documents that they lost are `dropped`."""
        settings = f"{self.target}"
        for item in items:
            stamp = f"{item.stamp} {settings}" if item.stamp else ""
            before = {entry.key: entry for entry in known.pop(item.key, [])}
            if before and stamp and all(entry.stamp == stamp for entry in before.values()):
                summary.unchanged += len(before)
                continue
            try:
                found = item.read()
            except RagError as error:
                summary.problems.append((item.key, error.message))
                continue
            for document in found:
                entry = before.pop(document.key, None)
                hash_ = documents.document_hash(document, settings)
                if entry and entry.hash == hash_:
                    summary.unchanged += 1
                    if not dry_run and entry.stamp != stamp:
                        documents.touch(self.db, entry.id, stamp)
                    continue
                if entry:
                    summary.changed += 1
                else:
                    summary.added += 1
                if not dry_run:
                    yield _Pending(document, self._chunks(document), item.key, stamp, hash_)
            dropped += before.values()

    def _chunks(self, document: Document) -> list[Chunk]:
        return [
            Chunk(
                passage,
                documents.digest(passage.text),
                ranking.identifiers(passage.text),
                [(start, end, documents.digest(passage.text[start:end])) for start, end in chunking.windows(passage)],
            )
            for passage in chunking.split(document, self.target)
        ]

    def _write(
        self,
        source: int,
        changed: Iterator[_Pending],
        summary: Summary,
        progress: Callable[[Summary], None] | None,
    ) -> None:
        model = 0
        waiting: list[_Pending] = []
        texts: dict[str, str] = {}

        def flush() -> None:
            made = self._embed(texts)
            with self.db.transaction():
                vectors.put(self.db, model, list(texts), made)
                for entry in waiting:
                    documents.put(
                        self.db, source, entry.document, entry.chunks, item=entry.item, stamp=entry.stamp,
                        hash_=entry.hash, title_hash=_title(entry.document),
                    )  # fmt: skip
                    summary.passages += len(entry.chunks)
                self.db.changed()
            waiting.clear()
            texts.clear()
            if progress:
                progress(summary)

        for entry in changed:
            model = model or self._model()
            wanted = {
                hash_: chunk.passage.text[start:end] for chunk in entry.chunks for start, end, hash_ in chunk.windows
            }
            if title := _title(entry.document):
                wanted[title] = entry.document.title
            new = vectors.missing(self.db, model, list(wanted)) - texts.keys()
            texts |= {hash_: text for hash_, text in wanted.items() if hash_ in new}
            summary.embedded += sum(any(window[2] in new for window in chunk.windows) for chunk in entry.chunks)
            waiting.append(entry)
            if len(texts) >= BATCH or len(waiting) >= 10 * BATCH:
                flush()
        if waiting:
            flush()

    def _model(self) -> int:
        embedder = self.embedder()
        return vectors.model_id(self.db, embedder.name, embedder.fingerprint, embedder.dimensions, create=True)

    def _embed(self, texts: dict[str, str]) -> Vectors:
        import numpy as np

        if not texts:
            return np.zeros((0, self.embedder().dimensions), dtype=np.float32)
        return self.embedder().embed(list(texts.values()), "passage")


def _title(document: Document) -> str:
    """The hash that a title's vector is found by; empty if there is no title."""
    return documents.digest(document.title) if document.title.strip() else ""
