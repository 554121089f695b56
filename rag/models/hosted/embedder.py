"""Embedding models behind an OpenAI-compatible endpoint."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rag.errors import ModelError
from rag.models.hosted.endpoint import Endpoint, Refused
from rag.models.hosted.tiktokens import count_text

if TYPE_CHECKING:
    from rag.types import Vectors


class HostedEmbedder:
    """
    An embedding model. The dimensions are asked for with a first request if they are not given.

    Raises ModelError: as HostedGenerator, and if the vectors are not what they should be.
    """

    max_tokens = 8191
    windows = True
    threshold = 0.0
    english = False

    def __init__(
        self,
        model: str,
        endpoint: Endpoint | str | None = None,
        *,
        dimensions: int | None = None,
        prefixes: Mapping[str, str] | None = None,  # kind -> what the model wants before a text of this kind
        batch: int = 64,
        name: str = "",
    ) -> None:
        if not model:
            raise ModelError("openai: needs the name of a model", "--embedder openai:text-embedding-3-small")
        self.endpoint = endpoint if isinstance(endpoint, Endpoint) else Endpoint(endpoint)
        self.model = model
        self.name = name or f"openai:{model}"
        self._prefixes = dict(prefixes or {})
        self._batch = batch
        told = "".join(f" {kind}={prefix!r}" for kind, prefix in sorted(self._prefixes.items()))
        self.fingerprint = f"{self.endpoint.shown} {model}{told}"
        self.dimensions = dimensions or len(self._vectors(["dimensions"])[0])

    def embed(self, texts: Sequence[str], kind: str = "passage") -> Vectors:
        import numpy as np

        rows = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        prefix = self._prefixes.get(kind, "")
        for at in range(0, len(texts), self._batch):
            part = [prefix + text or " " for text in texts[at : at + self._batch]]  # an empty text is refused
            vectors = np.asarray(self._vectors(part), dtype=np.float32)
            if vectors.shape != (len(part), self.dimensions):
                raise self.endpoint.malformed(f"vectors of {vectors.shape}, not {(len(part), self.dimensions)}")
            length = np.linalg.norm(vectors, axis=1, keepdims=True)
            if not np.isfinite(vectors).all() or not length.all():
                raise self.endpoint.malformed("a vector that is zero or not finite")
            rows[at : at + len(part)] = vectors / length
        return rows

    def _vectors(self, texts: Sequence[str]) -> list[list[float]]:
        return self.endpoint.patiently(
            lambda: self._once(texts), sum(map(count_text, texts)), spent=lambda _: 0, fresh=lambda: True
        )

    def _once(self, texts: Sequence[str]) -> list[list[float]]:
        body = {"model": self.model, "input": list(texts), "encoding_format": "float"}
        try:
            answer = self.endpoint.ask("embeddings", body, self.model)
        except Refused as refused:
            raise refused.problem from None
        try:
            rows = [list(map(float, row["embedding"])) for row in sorted(answer["data"], key=lambda row: row["index"])]
        except (KeyError, TypeError, ValueError, OverflowError):
            raise self.endpoint.malformed("no vectors") from None
        if len(rows) != len(texts) or len({len(row) for row in rows}) > 1:
            raise self.endpoint.malformed(f"{len(rows)} vectors for {len(texts)} texts")
        return rows
