"""
How likely a model thinks that a text goes on in given ways. It writes nothing.

The text is decoded once and each way from a copy of its part of the cache, several in one batch.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rag.models.llama.context import BATCH

if TYPE_CHECKING:
    from rag.models.llama.context import Context, Slot
    from rag.models.llama.model import Model

WAYS = 16  # that are decoded in one batch
ROWS = 96  # of logits in one batch
LONGEST, LEAD = 40, 100  # tokens of a way that are looked at, and of what leads to it
Way = tuple[list[int], list[int]]  # the tokens that lead to it, its own


def likelihoods(context: Context, model: Model, text: str, ways: Sequence[tuple[str, str]]) -> list[float]:
    """The log-likelihood in nats of the second part of each way, behind the text and the way's first part."""
    context.clear()
    stem, *others = context.slots
    stem.want = model.tokens(text)[: context.cells - BATCH]
    while stem.pending:
        context.decode([(stem, min(stem.pending, BATCH))])
    wanted = [(model.tokens(lead)[-LEAD:], model.tokens(way)[:LONGEST]) for lead, way in ways]
    found: list[float] = []
    for part in _batches(wanted, len(others)):
        found += _judged(context, stem, list(zip(others, part, strict=False)))
    return found


def _batches(ways: Sequence[Way], most: int) -> Iterator[list[Way]]:
    """As many ways at a time as there are sequences, and places in a batch."""
    part: list[Way] = []
    for way in ways:
        more = [*part, way]
        rows, tokens = sum(len(own) + 1 for _, own in more), sum(len(lead) + len(own) for lead, own in more)
        if part and (len(part) == most or rows > ROWS or tokens > BATCH):
            yield part
            part = []
        part.append(way)
    if part:
        yield part


def _judged(context: Context, stem: Slot, ways: Sequence[tuple[Slot, Way]]) -> list[float]:
    np = context.np
    for slot, (lead, way) in ways:
        context.copy(stem, slot, len(stem.held))
        slot.want = stem.held + lead + way
    logits = context.decode([(slot, slot.pending) for slot, _ in ways], [len(way) + 1 for _, (_, way) in ways])
    found, at = [], 0
    for slot, (_, way) in ways:
        own = logits[at : at + len(way)].astype(np.float64)
        at += len(way) + 1
        said = own[np.arange(len(way)), way] - np.logaddexp.reduce(own, axis=1)
        found.append(float(said.sum()))
        context.keep(slot, 0)
    return found
