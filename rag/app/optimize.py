"""Make an index small and quick again, and say what it came to: bytes and cells before and after."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rag.errors import InputError
from rag.index import Index
from rag.store import documents, file_of, forms, side, size

FILE = "Its server keeps it compact; only a file is optimized: rag optimize -d FILE.db"
Progress = Callable[[int, int], None]


def optimize(
    index: Index, *, recall: float | None = None, store_vectors: str = "", progress: Progress | None = None
) -> list[dict[str, Any]]:
    """
    Compact the main file, merge the index of words, write the vector index anew and measure it.

    `recall` is the share of the true neighbours that a question is to find from now on, `store_vectors` the form in
    which vectors are kept from now on, f16 or f32. Rows: what, before, after.
    """
    if recall is not None and not 0.5 <= recall <= 1:
        raise InputError(f"the recall is {recall}", "A share of the nearest passages: --recall 0.99")
    with index.db.writer():
        before = measured(index)
        if recall is not None:
            with index.db.transaction():
                index.db.remember(side.RECALL, recall)
        converted = bool(store_vectors) and forms.convert(index.db, store_vectors) > 0
        size.compact(file_of(index.db, FILE), whole=converted)
        index.optimize(progress)
        after = measured(index)
    return [{"what": name, "before": before.get(name, 0), "after": value} for name, value in after.items()]


def measured(index: Index) -> dict[str, float]:
    """Bytes of each part, in all and a passage; of the vector index how it is searched."""
    db = file_of(index.db, FILE)
    found: dict[str, float] = {f"bytes of {name}": value for name, value in size.files(db).items()}
    passages = documents.passage_count(index.db) or 1
    each = {**size.parts(db), "vector index": found["bytes of vector index"]}
    found |= {f"bytes a passage: {name}": round(value / passages, 1) for name, value in each.items()}
    found["bytes a passage: all"] = round(sum(each.values()) / passages, 1)
    shown = index.described()
    for name, key in (("rows", "rows"), ("cells", "cells"), ("cells looked into", "probes"), ("recall", "recall")):
        if shown.get(key):
            found[name] = round(shown[key], 4)
    return found
