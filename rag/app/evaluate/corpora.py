"""
What a system searches: the user's index, or a corpus that is indexed once for its content and settings.

The indexed corpora lie in a cache that can be deleted at any time.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag import chunking, folding, models, ranking
from rag import index as searching
from rag.app.evaluate.settings import SEARCH
from rag.app.open import open_index
from rag.ask import Exchange, standalone
from rag.errors import InputError
from rag.evaluate.cases import Case, Data, digest
from rag.evaluate.provenance import code_hash
from rag.index import Index
from rag.index.hits import Hits
from rag.store import documents
from rag.store.cache import CachedEmbedder
from rag.types import Document, Embedder, Hit

FURTHER = 200  # passages that are looked at for those of excluded documents
Find = Callable[[Case], Hits]


@dataclass(frozen=True, slots=True)
class Corpora:
    """Where they are: the user's index (for suites that have cases only) and the cache of indexed corpora."""

    database: Path
    cache: Path
    note: Callable[[str], None] = lambda text: None

    def index(self, data: Data, settings: Mapping[str, Any]) -> tuple[Index, dict[str, Any]]:
        """The index that a system searches, and what it depends on."""
        ranked = {"ranking": code_hash(searching, ranking)}
        if not data.documents:
            index = open_index(self.database)
            return index, {"index": {"path": str(self.database), "version": index.db.setting("version")}, **ranked}
        embedder = self.embedder(str(settings.get("embedder", models.DEFAULT_EMBEDDER)))
        target = int(settings.get("target") or chunking.TARGET)
        made = {"embedder": embedder.fingerprint, "target": target, "chunking": code_hash(chunking, folding)}
        path = self.cache / f"{digest([data.hashes['documents'], made])}.db"  # by its content, whatever its name
        return self._indexed(path, embedder, target, data.documents), {"index": made, **ranked}

    def embedder(self, name: str) -> Embedder:
        """An embedder that remembers what it embedded."""
        return CachedEmbedder(models.embedder(name), self.cache / "vectors.db")

    def _indexed(self, path: Path, embedder: Embedder, target: int, corpus: Sequence[Document]) -> Index:
        """The cached index of a corpus, built or finished if it is not complete."""
        path.parent.mkdir(parents=True, exist_ok=True)
        index = Index(path, embedder, create=True, target=target)
        index.db.map()  # it is read from end to end, by this process alone
        if index.db.setting("complete") != len(corpus):
            name = corpus[0].source
            self.note(f"indexing {len(corpus):,} documents of {name} (once for these settings)")
            index.add(name, [_Item(document) for document in corpus], kind="evaluation")
            index.db.remember("complete", len(corpus))
        return index


@dataclass(frozen=True, slots=True)
class _Item:
    """A document of a corpus as something to index."""

    document: Document

    @property
    def key(self) -> str:
        return self.document.key

    @property
    def stamp(self) -> str:
        return "1"  # the file is named after the content: it never changes

    @property
    def read(self) -> Callable[[], list[Document]]:
        return lambda: [self.document]


class Texts(Mapping[str, str]):
    """The documents' texts of an index, read when they are asked for."""

    def __init__(self, index: Index) -> None:
        self.index = index

    def __getitem__(self, key: str) -> str:
        try:
            return documents.find(self.index.db, key)[1].text
        except InputError as error:
            raise KeyError(key) from error

    def __iter__(self) -> Iterator[str]:
        return (document.key for document in documents.all_documents(self.index.db))

    def __len__(self) -> int:
        return sum(1 for _ in self)


def search_options(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Those of `Index.search`."""
    return {key: settings[key] for key in SEARCH if key in settings}


def searched(index: Index, settings: Mapping[str, Any], k: int) -> Find:
    """The passages that a search for a case's question finds, without those of documents that it excludes."""
    options, k = search_options(settings), int(settings.get("k", k))

    def find(case: Case) -> Hits:
        hits = index.search(alone(case), k + (FURTHER if case.exclude else 0), **options)
        kept = [hit for hit in hits if hit.passage.document.key not in case.exclude][:k]
        return Hits(kept, hits.question, hits.respelled)

    return find


def exchanges(case: Case) -> list[Exchange]:
    """The earlier turns of a case's conversation."""
    return [Exchange(question, answer) for question, answer in case.history]


def alone(case: Case) -> str:
    """The question as it is searched for: with what it leans on of the turns before it."""
    return standalone(case.question, exchanges(case))


def ready(index: Index, cases: Sequence[Case], settings: Mapping[str, Any]) -> None:
    """Embed all questions now: otherwise the first system of a run pays for what the others find in the cache."""
    if settings.get("mode", "hybrid") != "words" and isinstance(index.embedder, CachedEmbedder):
        index.embedder.embed(list(dict.fromkeys(map(alone, cases))), "query")


def given(data: Data) -> Find:
    """The passages that came with the question, in their order: nothing is searched."""
    texts = {document.key: document for document in data.documents}

    def find(case: Case) -> Hits:
        found = [passage for key in case.given for passage in chunking.split(texts[key])]
        return Hits(Hit(passage, 1 / rank) for rank, passage in enumerate(found, 1))

    return find


def default_cache() -> Path:
    """Where indexed corpora are kept: RAG_EVAL_CACHE, else the user's cache folder."""
    if own := os.environ.get("RAG_EVAL_CACHE"):
        return Path(own)
    home = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(home).expanduser() / "chapterverse" / "eval"
