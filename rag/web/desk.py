"""
What the server holds: the index in several threads, the line of asks, the models, names that may be shown, counters.

Everything that a route needs and that outlives a request stands here. Nothing here knows HTTP.
"""

from __future__ import annotations

import hmac
import threading
import time
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag import models
from rag.app.open import open_database, open_generator
from rag.app.sources import called, filled
from rag.app.sources import labels as named
from rag.errors import NotFoundError
from rag.index import Index
from rag.store import tokens
from rag.store.filters import Filters
from rag.store.tokens import Token
from rag.web.workers import Line, Workers

if TYPE_CHECKING:
    from rag.types import Embedder, Generator, Vectors

QUESTIONS = 1024  # whose vectors are kept
FRESH = 5.0  # seconds for which a token is not looked up again; one that is revoked is out after them
WRITTEN_HERE = "page"  # the source of documents that are written through the server
OWNER = Token(-2, "owner", ("read", "ask", "write", "admin"))  # who has the link that the server printed


@dataclass(frozen=True, slots=True)
class Settings:
    """How to serve. `model` answers every question: a client cannot choose another."""

    database: Path
    model: str = models.DEFAULT_GENERATOR
    base_url: str = ""
    readers: int = 2  # threads that search
    waiting: int = 64  # asks that wait at a time
    waiting_each: int = 16  # of one client
    readonly: bool = False
    secret: str = ""  # opens everything while this server runs: it is in the link that `rag serve` prints
    title: str = ""
    public: bool = False  # everybody may read and ask


class Desk:
    """Raises DatabaseError at once where there is no usable index."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.started = time.time()
        self.counters: Counter[tuple[str, ...]] = Counter()
        self.seconds: dict[str, float] = defaultdict(float)
        self.jobs: dict[int, threading.Event] = {}  # extractions that run here: set to stop them
        self.job_errors: dict[int, str] = {}  # why one that ran here stopped
        self._embedder: Embedder | None = None
        self._generator: Generator | None = None
        self.extractor: Generator | None = None  # the same model, for many documents at a time
        self.loading = threading.RLock()
        self._known: OrderedDict[str, tuple[float, Token | None]] = OrderedDict()
        with open_database(settings.database, readonly=settings.readonly) as db:
            name = db.setting("embedder")
        self._embedder_name = name or models.DEFAULT_EMBEDDER
        self.readers = Workers(self._open, settings.readers, "read")
        self.writers = Workers(self._open, 1, "write")
        self.askers = Workers(self._open, 1, "ask")
        self.line = Line(self.askers, settings.waiting, settings.waiting_each)

    def _open(self) -> Index:
        readonly = self.settings.readonly
        return Index(open_database(self.settings.database, readonly=readonly, immutable=readonly), self.embedder())

    async def called(self, token: Token) -> str:
        """The name at the top of the page: the one that was given, else that of the sources that a token may see."""
        if self.settings.title:
            return self.settings.title
        known = await self.readers.run(labels)
        names = [shown for name, shown in known.items() if not token.sources or name in token.sources]
        return called([name for name in names if name != WRITTEN_HERE] or names)

    def embedder(self) -> Embedder:
        """The embedder of the index, one for all threads."""
        with self.loading:
            if self._embedder is None:
                self._embedder = Remembering(models.embedder(self._embedder_name))
            return self._embedder

    def generator(self) -> Generator | None:
        """The model that answers, loaded when it is needed first; None for "none"."""
        with self.loading:
            if self._generator is None and self.settings.model != "none":
                self._generator = open_generator(self.settings.model, self.settings.base_url)
            return self._generator

    async def check(self, secret: str) -> Token | None:
        """The token of a secret. What was found is kept for some seconds, so that a request costs no look-up."""
        if self.settings.secret and hmac.compare_digest(secret.encode(), self.settings.secret.encode()):
            return OWNER
        now = time.monotonic()
        at, token = self._known.get(secret, (0.0, None))
        if now - at > FRESH:
            token = await self.readers.run(lambda index: tokens.find(index.db, secret))
            self._known[secret] = (now, token)
            if len(self._known) > QUESTIONS:
                self._known.popitem(last=False)
            if token and token.state == "valid" and not self.settings.readonly:
                found = token
                await self.writers.run(lambda index: tokens.used(index.db, found))
        return token

    async def close(self) -> None:
        """What runs is finished, what waits is told; every connection is closed."""
        for stop in self.jobs.values():
            stop.set()
        await self.line.close()
        for workers in (self.readers, self.askers, self.writers):
            workers.close()


class Remembering:
    """An embedder that keeps the vectors of the last questions: people reload, and programs ask again."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._vectors: OrderedDict[str, Vectors] = OrderedDict()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._embedder, name)

    def embed(self, texts: Sequence[str], kind: str = "passage") -> Vectors:
        if kind != "query" or len(texts) != 1:
            return self._embedder.embed(texts, kind)
        found = self._vectors.get(texts[0])
        if found is None:
            found = self._vectors[texts[0]] = self._embedder.embed(texts, kind)
            if len(self._vectors) > QUESTIONS:
                self._vectors.popitem(last=False)
        return found


def labels(index: Index) -> dict[str, str]:
    """Source -> the name that is shown for it, without the folders of this machine."""
    return named(index.db)


def visible(index: Index, token: Token, wanted: Filters, label: str = "") -> Filters:
    """
    The filters with the sources that a token may see; `label` is the source that was asked for.

    Raises NotFoundError if there is no such source, or the token may not see it: the two are told alike. EmptyError if
    nothing is indexed at all.
    """
    filled(index.db)
    if label:
        named = [name for name, shown in labels(index).items() if shown == label]
        allowed = [name for name in named if not token.sources or name in token.sources]
        if not allowed:
            raise NotFoundError(f"there is no source {label!r}", "The list of sources names those that there are.")
        return replace(wanted, source=allowed[0])
    return replace(wanted, sources=token.sources) if token.sources else wanted
