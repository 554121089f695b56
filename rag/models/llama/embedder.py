"""
`llama:PATH.gguf` as an embedder: an embedding model in GGUF, run by llama.cpp.

The model's own pooling, one text at a time (a batch of texts costs as much on a processor), unit vectors. It does not
rerank and does not write: `generator` does that.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.errors import ModelError
from rag.models.llama.threads import default_threads
from rag.models.prefixes import english, prefixes, wants_windows

if TYPE_CHECKING:
    from rag.types import Vectors

SMALLEST = 512
LARGEST = 8192  # tokens of one text; attention costs the square of it
MEAN, RANK = 1, 4  # LLAMA_POOLING_TYPE_*


class LlamaEmbedder:
    """An embedding model in a GGUF. `close` frees it; closing twice is safe."""

    threshold = 0.0

    def __init__(self, path: str | Path, threads: int | None = None, name: str = "") -> None:
        from rag.models.llama.model import Model, fingerprint, located

        self.path = located(path)
        self.name = name or f"llama:{path}"
        self._threads, self._lock = threads, threading.Lock()
        self._context: Any = None
        self._room = 0
        self._model: Any = Model(self.path)
        if not self._model.is_embedder() or self._model.pooling == str(RANK):
            self.close()
            raise ModelError(
                f"{self.path}: is no embedding model", "Use it as the generator, or name an embedding model: minilm"
            )
        found = prefixes(called := f"{self._model.meta('general.name')} {self.path.name}")
        self.prefixes = {"query": found.query, "passage": found.passage}
        self.windows, self.english = wants_windows(called), english(called)
        self.dimensions = int(self._model.lib.llama_model_n_embd_out(self._model.pointer))
        self.max_tokens = min(self._model.trained_context or SMALLEST, LARGEST)
        self.fingerprint = f"{fingerprint(self.path)[:32]}-{found.family or 'plain'}-{self.max_tokens}"

    def close(self) -> None:
        """Free the model's memory."""
        if self._context is not None:
            self._model.lib.llama_free(self._context)
            self._context = None
        if self._model is not None:
            self._model.close()
            self._model = None

    def __del__(self) -> None:
        if getattr(self, "_model", None) is not None:
            self.close()

    def embed(self, texts: Sequence[str], kind: str = "passage") -> Vectors:
        """float32 of shape (len(texts), dimensions), each row of length 1."""
        import numpy as np

        if self._model is None:
            raise ModelError(f"{self.name}: was closed", "Open the model again.")
        rows = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        prefix = self.prefixes.get(kind, "")
        with self._lock:
            for row, text in zip(rows, texts, strict=True):
                row[:] = self._vector(self._tokens(prefix + text))
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        if not np.isfinite(rows).all() or (lengths == 0).any():
            raise ModelError(f"{self.name}: gave a vector that is zero or not finite", "The file may be damaged.")
        rows /= lengths
        return rows

    def _tokens(self, text: str) -> list[int]:
        """With the model's first and last special tokens, cut in the middle if there are too many."""
        tokens: list[int] = self._model.tokens(text, begin=True)
        return tokens if len(tokens) <= self.max_tokens else [*tokens[: self.max_tokens - 1], tokens[-1]]

    def _vector(self, tokens: list[int]) -> Any:
        import numpy as np

        lib = self._model.lib
        context = self._ready(len(tokens))
        if (memory := lib.llama_get_memory(context)) is not None:
            lib.llama_memory_clear(memory, False)
        array = (lib.llama_token * len(tokens))(*tokens)
        run = lib.llama_decode if memory is not None else lib.llama_encode
        if run(context, lib.llama_batch_get_one(array, len(tokens))):
            raise ModelError(f"{self.name}: llama.cpp could not embed: {lib.rag_log.take()}", "Try a shorter text.")
        vector = lib.llama_get_embeddings_seq(context, 0)
        if not vector:
            raise ModelError(f"{self.name}: gave no vector for a text", "Use another embedding model.")
        return np.ctypeslib.as_array(vector, (self.dimensions,))

    def _ready(self, tokens: int) -> Any:
        """A context that takes so many tokens at once: without a causal mask a text cannot be decoded in pieces."""
        if self._context is None or self._room < tokens:
            lib, room = self._model.lib, SMALLEST
            while room < tokens:
                room *= 2
            if self._context is not None:
                lib.llama_free(self._context)
                self._context = None
            params = lib.llama_context_default_params()
            params.n_ctx = params.n_batch = params.n_ubatch = room
            params.embeddings = True
            if self._model.pooling in ("", "0"):
                params.pooling_type = MEAN
            params.n_threads = params.n_threads_batch = self._threads or default_threads(lib.rag_asleep)
            params.no_perf = True
            self._context = lib.llama_init_from_model(self._model.pointer, params)
            if not self._context:
                self._context = None
                raise ModelError(f"{self.name}: no context of {room} tokens: {lib.rag_log.take()}", "Free some memory.")
            self._room = room
        return self._context
