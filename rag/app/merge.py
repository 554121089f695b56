"""Bring another index into this one. How rows of both become one is the business of `rag.store.merging`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rag.app.open import open_database
from rag.index import Index
from rag.store import file_of
from rag.store.merging import Merged
from rag.store.merging import merge as joined

FILE = "Merge what is in files: rag merge OTHER.db -d rag.db"


def merge(index: Index, others: Sequence[Path], *, dry_run: bool = False) -> list[dict[str, Any]]:
    """
    Take over what other indexes have, one after the other, and bring the vector index up to date; a row each.

    Raises DatabaseError: missing, damaged, built with another embedder; what was merged before stays.
    """
    rows = []
    for path in others:
        with open_database(path) as other:
            done: Merged = joined(file_of(index.db, FILE), file_of(other, FILE), dry_run=dry_run)
        rows.append({"index": str(path), **asdict(done)})
    if not dry_run:
        index.catch_up()
    return rows
