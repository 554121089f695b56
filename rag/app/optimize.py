"""Make an index small and quick again, and say what it came to: bytes and cells before and after."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from rag.errors import InputError
from rag.index import Index
from rag.store import Database, Store, compact, documents, forms, parts, side, size, sizes

SHOWN = {  # of a vector index: what a user reads, and what it is called where it is described
    "rows": "rows", "cells": "cells", "cells looked into": "probes", "links": "links", "candidates": "candidates",
    "recall": "recall",
}  # fmt: skip
Progress = Callable[[int, int], None]


def optimize(
    index: Index, *, recall: float | None = None, store_vectors: str = "", progress: Progress | None = None
) -> list[dict[str, Any]]:
    """
    Compact the main file, merge the index of words, write the vector index anew and measure it.

    `recall` is the share of the true neighbours that a question is to find from now on, `store_vectors` the form in
    which vectors are kept from now on, f16 or f32. Rows: what, before (None if it was not
    known), after.
    """
    if recall is not None and not 0.5 <= recall <= 1:
        raise InputError(f"the recall is {recall}", "A share of the nearest passages: --recall 0.99")
    if recall is not None and not isinstance(index.db, Database):
        raise InputError(
            f"the recall of {index.db.path} is not chosen: its index is made with as many links as it takes",
            "See what it is: rag optimize, rag info. To compare all vectors: --exact",
        )
    with index.db.writer():
        before = measured(index)
        if recall is not None:
            with index.db.transaction():
                index.db.remember(side.RECALL, recall)
        converted = False
        if store_vectors:
            converted = sum(forms.convert(one, store_vectors) for _, one in parts(index.db)) > 0
        compact(index.db, whole=converted)
        index.optimize(progress)
        after = measured(index)
    return [{"what": name, "before": before.get(name), "after": value} for name, value in after.items()]


def measured(index: Index) -> dict[str, float]:
    """Bytes of each part, in all and a passage; of the vector index how it is searched."""
    each = sizes(index.db)
    found: dict[str, float] = {f"bytes of {name}": value for name, value in _files(index.db, each).items()}
    passages = documents.passage_count(index.db) or 1
    found |= {f"bytes a passage: {name}": round(value / passages, 1) for name, value in each.items()}
    found["bytes a passage: all"] = round(sum(each.values()) / passages, 1)
    shown = index.described()
    return found | {name: round(shown[key], 4) for name, key in SHOWN.items() if shown.get(key)}


def _files(db: Store, each: Mapping[str, int]) -> dict[str, int]:
    return size.files(db) if isinstance(db, Database) else {"tables": sum(each.values())}
