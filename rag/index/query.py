"""An embedder that knows the last question: it is searched for, then its sentences are compared with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rag.errors import InputError
from rag.types import Embedder, PictureEmbedder

if TYPE_CHECKING:
    from rag.types import Vectors

PICTURES = "pictures"  # setting: there are some, so it is searched by vectors alone


class QueryMemo:
    """As the embedder that it asks, but the last question, and the own words of a follow-up, are embedded once."""

    def __init__(self, embedder: Embedder) -> None:
        self.inner = embedder
        self.name, self.fingerprint = embedder.name, embedder.fingerprint
        self.dimensions, self.max_tokens = embedder.dimensions, embedder.max_tokens
        self.windows, self.threshold = embedder.windows, embedder.threshold
        self.english = getattr(embedder, "english", False)  # one of a user's own need not say
        self._last: dict[str, Vectors] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def embed(self, texts: Sequence[str], kind: str = "passage") -> Vectors:
        if kind != "query" or len(texts) != 1:
            return self.inner.embed(texts, kind)
        known = self._last.get(texts[0])
        if known is None:
            known = self.inner.embed(texts, kind)
            self._last = dict([*self._last.items()][-1:]) | {texts[0]: known}
        return known.copy()


def takes_pictures(embedder: Embedder) -> PictureEmbedder:
    """The embedder, if pictures can be given to it. Raises InputError."""
    if not isinstance(embedder, PictureEmbedder):
        raise InputError(
            f"{embedder.name} takes no pictures",
            "Make an index of their own with a model of llm that does: --embedder llm:clip -d pictures.db",
        )
    return embedder
