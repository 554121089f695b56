"""
Vectors by the text they belong to, in a file of their own: evaluation embeds the same texts under many settings.

The same tables as in an index, without passages, so nothing is ever pruned. It can be lost at any time. Nothing here
embeds.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rag.store import vectors
from rag.store.database import Database
from rag.store.hashes import hashed
from rag.types import Embedder

if TYPE_CHECKING:
    from rag.types import Vectors


class CachedEmbedder:
    """An embedder that remembers, under the name of the one it asks; equal texts are embedded once, ever."""

    def __init__(self, embedder: Embedder, path: Path) -> None:
        self.embedder = embedder
        self.name, self.fingerprint = embedder.name, embedder.fingerprint
        self.dimensions, self.max_tokens = embedder.dimensions, embedder.max_tokens
        self.windows, self.threshold = embedder.windows, embedder.threshold
        self.english = getattr(embedder, "english", False)  # one of a user's own need not say
        self.embedded = 0  # texts that the model was asked for
        path.parent.mkdir(parents=True, exist_ok=True)
        self.db = Database(path, create=True)
        with self.db.transaction():
            self.model = vectors.model_id(self.db, self.name, self.fingerprint, self.dimensions, create=True)

    def embed(self, texts: Sequence[str], kind: str = "passage") -> Vectors:
        import numpy as np

        keys = [hashed(kind, text) for text in texts]
        known = self._known(keys)
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
        if missing:
            made = self.embedder.embed(list(missing.values()), kind)
            self.embedded += len(missing)
            with self.db.transaction():
                vectors.put(self.db, self.model, list(missing), made)
            known |= dict(zip(missing, made, strict=True))
        if not texts:
            return np.zeros((0, self.dimensions), dtype=np.float32)
        return np.stack([known[key] for key in keys])

    def _known(self, keys: Sequence[str]) -> dict[str, Vectors]:
        import numpy as np

        rows = self.db.execute(
            "select hash, data from vector where model_id = ? and hash in (select value from json_each(?))",
            (self.model, json.dumps(list(keys))),
        )
        return {key: np.frombuffer(data, dtype="<f4") for key, data in rows}

    def close(self) -> None:
        self.db.close()
