"""
One llama.cpp context that several replies are decoded in at once.

A slot is a sequence of the context with the tokens that its part of the KV cache holds. Each step decodes one batch:
the last token of every reply under way and pieces of new prompts. A new prompt takes the longest beginning that any
slot already holds (copied, which costs nothing in a unified cache) and decodes the rest only. It chooses no token and
knows no text: `sampler` does that, and `generator` wires the two.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rag.errors import ModelError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from rag.models.llama.model import Model

BATCH = 512


@dataclass(slots=True)
class Slot:
    """A sequence. `held` are the tokens in the cache, `want` those that the reply under way needs there."""

    sequence: int
    held: list[int] = field(default_factory=list)
    want: list[int] = field(default_factory=list)
    live: bool = False
    cells: list[int] = field(default_factory=list)  # which cells of the cache, to count what is free

    @property
    def pending(self) -> int:
        return len(self.want) - len(self.held)


class Context:
    """The cache and the batch. Not for two threads at once."""

    def __init__(self, model: Model, cells: int, slots: int, threads: int, rows: int = 0) -> None:
        """`rows`: of logits that one batch may give, if more than one a slot."""
        import numpy as np

        self.model, self.lib, self.np = model, model.lib, np
        self.cells = cells
        params = self.lib.llama_context_default_params()
        params.n_ctx, params.n_batch, params.n_ubatch = cells, BATCH, BATCH
        params.n_seq_max, params.kv_unified = slots, True
        params.n_threads = params.n_threads_batch = threads
        params.n_outputs_max = max(slots, rows)
        params.no_perf = True
        if not self.lib.llama_supports_gpu_offload():
            # On processors it is not faster, and it sums in half precision: logits then differ by .3 to .7 between
            # batches of other sizes, and not at all without it (except for batches of one token).
            params.flash_attn_type = 0
        self.lib.rag_log.take()
        self.pointer: Any = self.lib.llama_init_from_model(model.pointer, params)
        if not self.pointer:
            why = self.lib.rag_log.take() or "not enough memory?"
            raise ModelError(f"{model.path.name}: no context of {cells} tokens: {why}", "Ask for a smaller context.")
        self.memory = self.lib.llama_get_memory(self.pointer)
        # A recurrent state cannot be cut: only whole sequences are forgotten, and nothing is shared.
        self.divisible = not (
            self.lib.llama_model_is_recurrent(model.pointer) or self.lib.llama_model_is_hybrid(model.pointer)
        )
        self.slots = [Slot(number) for number in range(slots)]
        self._cell = 0
        self._make_batch()

    def _make_batch(self) -> None:
        np = self.np
        self._token, self._pos = np.zeros(BATCH, np.int32), np.zeros(BATCH, np.int32)
        self._count, self._seq, self._out = (
            np.ones(BATCH, np.int32),
            np.zeros(BATCH, np.int32),
            np.zeros(BATCH, np.int8),
        )
        self._seqs = (self._seq.ctypes.data + 4 * np.arange(BATCH + 1, dtype=np.uint64)).astype(np.uint64)
        self._seqs[-1] = 0
        batch = self.lib.llama_batch()
        for name, array in (
            ("token", self._token),
            ("pos", self._pos),
            ("n_seq_id", self._count),
            ("seq_id", self._seqs),
            ("logits", self._out),
        ):
            kind = dict(self.lib.llama_batch._fields_)[name]
            setattr(batch, name, ctypes.cast(array.ctypes.data, kind))
        self._batch = batch

    def close(self) -> None:
        if self.pointer:
            self.lib.llama_free(self.pointer)
            self.pointer = self.memory = None

    def set_threads(self, threads: int) -> None:
        self.lib.llama_set_n_threads(self.pointer, threads, threads)

    def clear(self) -> None:
        """Forget everything; the next tokens go to the first cells, as in a new context."""
        if self.pointer:
            self.lib.llama_memory_clear(self.memory, False)
        for slot in self.slots:
            slot.held, slot.want, slot.cells, slot.live = [], [], [], False

    def keep(self, slot: Slot, length: int) -> None:
        """Keep the first `length` tokens of a slot in the cache."""
        if length < len(slot.held):
            if not self.lib.llama_memory_seq_rm(self.memory, slot.sequence, length, -1):
                self.lib.llama_memory_seq_rm(self.memory, slot.sequence, -1, -1)
                length = 0
            del slot.held[length:], slot.cells[length:]

    def copy(self, donor: Slot, slot: Slot, length: int) -> None:
        """The first `length` tokens of another slot."""
        self.keep(slot, 0)
        self.lib.llama_memory_seq_cp(self.memory, donor.sequence, slot.sequence, 0, length)
        slot.held, slot.cells = donor.held[:length], donor.cells[:length]

    def shared(self, slot: Slot, tokens: Sequence[int]) -> int:
        """How many of these tokens a slot holds already, in the cache and from the beginning on."""
        return common(slot.held, tokens) if self.divisible else 0

    def used(self) -> int:
        """Cells of the cache that hold something."""
        return len(set().union(*(slot.cells for slot in self.slots)))

    def decode(self, parts: Sequence[tuple[Slot, int]], tails: Sequence[int] = ()) -> NDArray[np.float32]:
        """
        Decode so many of the wanted tokens of each slot. A row of logits, in the order of `parts`, for each slot that
        then holds all it wants, or for its last `tails` tokens. The rows are llama.cpp's memory: valid until the next
        call.
        """
        if not self.pointer:
            raise ModelError(f"{self.model.path.name}: was closed", "Open the model again.")
        at = rows = 0
        for number, (slot, count) in enumerate(parts):
            begin = len(slot.held)
            end = at + count
            self._token[at:end] = slot.want[begin : begin + count]
            self._pos[at:end] = self.np.arange(begin, begin + count)
            self._seq[at:end] = slot.sequence
            self._out[at:end] = 0
            if count == slot.pending:
                tail = tails[number] if tails else 1
                self._out[end - tail : end] = 1
                rows += tail
            at = end
        self._batch.n_tokens = at
        code = self.lib.llama_decode(self.pointer, self._batch)
        if code:
            self.clear()
            why = "the cache is full" if code == 1 else self.lib.rag_log.take() or f"code {code}"
            raise ModelError(f"{self.model.path.name}: llama.cpp could not decode: {why}", "Ask for a smaller context.")
        for slot, count in parts:
            slot.held += slot.want[len(slot.held) : len(slot.held) + count]
            slot.cells += range(self._cell, self._cell + count)
            self._cell += count
        if not rows:
            return self.np.zeros((0, self.model.size), self.np.float32)
        logits = self.lib.llama_get_logits(self.pointer)
        view: NDArray[np.float32] = self.np.ctypeslib.as_array(logits, (rows, self.model.size))
        return view


def common(left: Sequence[int], right: Sequence[int]) -> int:
    """Length of the common beginning."""
    size = min(len(left), len(right))
    at, step = 0, 64
    while at < size and left[at : at + step] == right[at : at + step]:
        at += step
    return next((n for n in range(at, min(at + step, size)) if left[n] != right[n]), size)
