"""
`Index`: add documents (only what changed), search their passages (words and vectors, fused).

It wires sources, chunking, the embedder and the store; how each does its work is theirs. Nothing here writes answers
or prints.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from rag import chunking, models, ranking
from rag.errors import DatabaseError, InputError, RagError
from rag.store import Database, documents, sidecar, sources, vectors
from rag.store.documents import Chunk, Filters, Known
from rag.types import Document, Embedder, Hit, Passage

if TYPE_CHECKING:
    from rag.types import Vectors

FIELD_WEIGHTS = (2.0, 1.5, 1.0, 0.5)  # BM25 of title, heading, text, identifiers
WORDS_WEIGHT = 0.5  # of BM25 in the fused score; the rest is the vectors'
DEPTH = 200  # candidates by words
NEAR = 150  # candidates by vectors: more cost time and find nothing
COMMON = 0.3  # a word in more than this share of the passages says nothing
BATCH = 64  # texts embedded between two commits
FEW = 10  # documents that may go at once, however few stay
LOST = (
    "{lost} of {all} documents are gone, and were kept: is a disk not mounted? If they are to go: rag index … --prune"
)


class Item(Protocol):
    """Something that may become documents, not read yet (see rag.sources)."""

    @property
    def key(self) -> str: ...
    @property
    def stamp(self) -> str: ...
    @property
    def read(self) -> Callable[[], list[Document]]: ...


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
    seconds: float = 0.0


@dataclass(slots=True)
class _Pending:
    """A document that is read and cut, and waits for its vectors."""

    document: Document
    chunks: list[Chunk]
    item: str
    stamp: str
    hash: str


class Index:
    """
    An index file with its embedder.

        with Index("blog.db") as index:
            index.add("blog", files(["~/blog"]))
            for hit in index.search("how do I export bookmarks?"):
                print(hit.score, hit.passage.document.key, hit.passage.text)

    The embedder is the one that the file was built with, else `embedder` (a name or an object), else minilm.
    Raises DatabaseError if the file was built with another one.
    """

    def __init__(
        self,
        database: Database | Path | str,
        embedder: Embedder | str | None = None,
        *,
        create: bool = False,
        target: int | None = None,
    ) -> None:
        self.db = database if isinstance(database, Database) else Database(Path(database).expanduser(), create=create)
        self.target: int = target or self.db.setting("target") or chunking.TARGET
        self._given = embedder
        self._embedder: Embedder | None = None if isinstance(embedder, str) else embedder
        self._sidecar: sidecar.Sidecar | None = None
        self._check_name()

    def _check_name(self) -> None:
        built = self.db.setting("embedder")
        name = self._given if isinstance(self._given, str) else getattr(self._given, "name", None)
        if built and name and name != built:
            raise DatabaseError(
                f"{self.db.path} was built with the embedder {built}, not {name}",
                f"Leave --embedder away, or build a new index: rag index PATH… --embedder {name} -d NEW.db",
            )

    @property
    def embedder(self) -> Embedder:
        """The embedder, loaded now; its fingerprint must be the one that the vectors were made with."""
        if self._embedder is None:
            name = self._given if isinstance(self._given, str) else None
            self._embedder = models.embedder(name or self.db.setting("embedder") or models.DEFAULT_EMBEDDER)
        built = self.db.setting("fingerprint")
        if built and built != self._embedder.fingerprint:
            raise DatabaseError(
                f"{self.db.path} was built with {built}, but {self._embedder.name} is now {self._embedder.fingerprint}",
                f"Embed everything again: rag doctor --fix -d {self.db.path}",
            )
        return self._embedder

    # -- adding ---------------------------------------------------------------------------------------------------

    def add(
        self,
        source: str,
        items: Iterable[Item],
        *,
        prune: bool | None = None,
        kind: str = "files",
        dry_run: bool = False,
        progress: Callable[[Summary], None] | None = None,
    ) -> Summary:
        """
        Bring a source up to date: read what changed, embed what is new, remove what is gone.

        An item with the stamp of the last run is not even opened. Every document is committed whole, with its
        vectors, some at a time: killed at any moment, the index is usable and the next run goes on. An item that
        cannot be read is counted in `problems`, and what was indexed of it stays. A walk that is `partial` gives only
        what changed, and names what is gone; its cursor is kept once everything is stored.

        What is gone is removed, but if more documents would go than stay, that is a problem and they are kept: an
        empty folder may be a disk that is not mounted. `prune=True` removes them all the same, False none at all.
        """
        began, summary = time.monotonic(), Summary()
        number = documents.source_id(self.db, source, kind, create=not dry_run)
        given, known = self._known(number, items)
        dropped: list[Known] = []
        if dry_run:
            for _ in self._changed(known, dropped, given, summary, dry_run=True):
                pass
        else:
            with self.db.writer(), self._progressing(source, items):
                self._remember()
                self._write(number, self._changed(known, dropped, given, summary), summary, progress)
        tell_gone = getattr(items, "gone", list)  # a walk knows what it could not look at
        missing = [entry for key in tell_gone(known) for entry in known[key]] if prune is not False else []
        stay = summary.added + summary.changed + summary.unchanged
        if prune is None and not getattr(items, "partial", False) and len(missing) > (max(stay, FEW) if stay else 0):
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
            self._finish(source, items, summary)
        summary.seconds = time.monotonic() - began
        return summary

    def _known(self, number: int, items: Iterable[Item]) -> tuple[Iterable[Item], dict[str, list[Known]]]:
        """The items, and what the index has of them; a walk says only when it has begun whether it is partial."""
        listed = iter(items)
        first = list(islice(listed, 1))
        if not getattr(items, "partial", False):
            return chain(first, listed), documents.known(self.db, number) if number else {}
        given = [*first, *listed]
        keys = [item.key for item in given] + list(getattr(items, "removed", ()))
        return given, documents.known(self.db, number, keys)

    @contextmanager
    def _progressing(self, source: str, items: Iterable[Item]) -> Iterator[None]:
        """If the run is stopped, a walk whose cursor holds even then has it kept."""
        try:
            yield
        except BaseException:
            if getattr(items, "steady", False):
                sources.progressed(self.db, source, getattr(items, "cursor", ""))
            raise

    def _finish(self, source: str, items: Iterable[Item], summary: Summary) -> None:
        """Remember how far the source was read, if all of it could be; else what was in the way."""
        problems = [*summary.problems, *getattr(items, "problems", ())]
        with self.db.transaction():
            if problems:
                if getattr(items, "steady", False):
                    sources.progressed(self.db, source, getattr(items, "cursor", ""))
                more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
                sources.failed(self.db, source, f"{problems[0][0]}: {problems[0][1]}{more}", ended=True)
            else:
                sources.finished(self.db, source, getattr(items, "cursor", ""))

    def _remember(self) -> None:
        with self.db.transaction():
            if self.db.setting("uuid") is None:
                self.db.remember("uuid", uuid.uuid4().hex)
            if self.db.setting("embedder") is None:
                self.db.remember("embedder", self.embedder.name)
                self.db.remember("fingerprint", self.embedder.fingerprint)
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
            model = model or vectors.model_id(
                self.db, self.embedder.name, self.embedder.fingerprint, self.embedder.dimensions, create=True
            )
            wanted = {
                hash_: chunk.passage.text[start:end] for chunk in entry.chunks for start, end, hash_ in chunk.windows
            }
            if title := _title(entry.document):
                wanted[title] = entry.document.title
            new = vectors.missing(self.db, model, list(wanted)) - texts.keys()
            texts |= {hash_: wanted[hash_] for hash_ in new}
            summary.embedded += sum(any(window[2] in new for window in chunk.windows) for chunk in entry.chunks)
            waiting.append(entry)
            if len(texts) >= BATCH or len(waiting) >= 10 * BATCH:
                flush()
        if waiting:
            flush()

    def _embed(self, texts: dict[str, str]) -> Vectors:
        import numpy as np

        if not texts:
            return np.zeros((0, self.embedder.dimensions), dtype=np.float32)
        return self.embedder.embed(list(texts.values()), "passage")

    # -- searching ------------------------------------------------------------------------------------------------

    def search(
        self,
        question: str,
        k: int = 10,
        *,
        mode: str = "hybrid",
        filters: Filters = Filters(),  # noqa: B008 (frozen)
        weight: float = WORDS_WEIGHT,
    ) -> list[Hit]:
        """
        The k best passages, best first. `mode` is "hybrid", "words" or "vectors"; `weight` is the words' share.

        Raises InputError for an empty question.
        """
        if not question.strip():
            raise InputError("the question is empty", 'Ask something: rag search "how do I …?"')
        if k < 1:
            raise InputError(f"k is {k}", "Ask for at least one passage: -k 10")
        rankings: dict[str, ranking.Ranked] = {}
        if mode in ("hybrid", "words"):
            rankings["words"] = self.by_words(question, max(DEPTH, k), filters)
        if mode in ("hybrid", "vectors"):
            rankings["vectors"] = self.by_vectors(question, max(NEAR, k), filters)
        if not rankings:
            raise InputError(f"there is no way of searching named {mode!r}", "Choose hybrid, words or vectors.")
        weights = {"words": weight, "vectors": 1 - weight} if len(rankings) > 1 else dict.fromkeys(rankings, 1.0)
        explained = ranking.via(rankings)
        fused = ranking.fuse(rankings, weights)[:k]
        return documents.hits(self.db, [(number, score, explained[number]) for number, score in fused])

    def by_words(self, question: str, limit: int, filters: Filters = Filters()) -> ranking.Ranked:  # noqa: B008
        """BM25 over an OR of the question's words, those that stand nearly everywhere left out."""
        words = self._words(question)
        phrases = ranking.phrases(question)
        if not words and not phrases:
            return []
        match = ranking.match_expression(words, phrases)
        return documents.by_words(self.db, match, limit, filters, FIELD_WEIGHTS)

    def _words(self, question: str) -> list[str]:
        """The words worth looking for: in the index at all, and not in too many passages (but at least one)."""
        words = documents.words(self.db, f"{question} {ranking.identifiers(question)}")
        total = self.db.value("select count(*) from passage") or 1
        frequency = documents.document_frequencies(self.db, list(words.values()))
        known = {word: frequency[term] for word, term in words.items() if term in frequency}
        rare = [word for word, count in known.items() if count <= max(COMMON * total, 10)]
        return rare or sorted(known, key=lambda word: known[word])[:3]

    def by_vectors(self, question: str, limit: int, filters: Filters = Filters()) -> ranking.Ranked:  # noqa: B008
        """Cosine of the question's vector with every passage that may be found."""
        model = self._model()
        if not model:
            return []
        vector = self.embedder.embed([question], "query")[0]
        return self._near(vector, limit, filters, model)

    def similar(self, key: str, k: int = 10, *, source: str = "", filters: Filters = Filters()) -> list[Hit]:  # noqa: B008
        """
        Documents related to one: for each, its passage nearest to the mean of the given document's vectors.

        Raises InputError if no document has the key.
        """
        import numpy as np

        number, _ = documents.find(self.db, key, source)
        model = self._model()
        _, passages, made, _ = vectors.of_document(self.db, model, number)
        if not len(passages):
            return []
        mean = made.mean(axis=0)
        mean /= max(float(np.linalg.norm(mean)), 1e-12)
        own = set(passages.tolist())
        ranked = self._near(mean, min(sidecar.MOST, 20 * k + len(own)), filters, model)
        explained = ranking.via({"vectors": ranked})
        hits = documents.hits(self.db, [(n, score, explained[n]) for n, score in ranked])
        best: dict[tuple[str, str], Hit] = {}
        for hit in hits:
            document = hit.passage.document
            if hit.passage.id not in own:
                best.setdefault((document.source, document.key), hit)
        return list(best.values())[:k]

    def around(self, passage: Passage, count: int) -> list[Passage]:
        """A passage with up to `count` neighbours on each side."""
        return documents.around(self.db, passage.id, count)

    def _model(self) -> int:
        name, fingerprint = self.db.setting("embedder"), self.db.setting("fingerprint")
        return vectors.model_id(self.db, name, fingerprint, 0) if name else 0

    def _near(self, vector: Any, limit: int, filters: Filters, model: int) -> Sequence[tuple[int, float]]:
        if self._sidecar is None:
            dimensions = int(self.db.value("select dimensions from model where id = ?", (model,)))
            self._sidecar = sidecar.Sidecar(self.db, model, dimensions)
        return self._sidecar.nearest(vector, limit, filters)

    # -- the rest -------------------------------------------------------------------------------------------------

    def close(self) -> None:
        if self._sidecar:
            self._sidecar.close()
        self.db.close()

    def __enter__(self) -> Index:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _title(document: Document) -> str:
    """The hash that a title's vector is found by; empty if there is no title."""
    return documents.digest(document.title) if document.title.strip() else ""
