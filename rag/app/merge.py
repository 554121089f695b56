"""Bring another index into this one. How rows of both become one is the business of `rag.store.merging`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rag.app.open import open_database
from rag.index import Index
from rag.store import Database, file_of
from rag.store.backup import backup
from rag.store.merging import Merged
from rag.store.merging import merge as joined


def merge(index: Index, others: Sequence[Path], *, dry_run: bool = False) -> list[dict[str, Any]]:
    """
    Take over what other indexes have, one after the other, and bring the vector index up to date; a row each. One on a
    server is copied into a file for it, which goes again.

    Raises DatabaseError: missing, damaged, built with another embedder, to be merged into a server; what was merged
    before stays.
    """
    into = file_of(index.db, into_file(index.db.path))
    rows = []
    for path in others:
        with _in_file(path) as other:
            done: Merged = joined(into, other, dry_run=dry_run)
        rows.append({"index": str(path), **asdict(done)})
    if not dry_run:
        index.catch_up()
    return rows


def into_file(address: object) -> str:
    """What to type instead of merging into a server."""
    return (
        f"Merge in a file, and put that in its place: rag backup all.db -d {address}; rag merge OTHER.db -d all.db;"
        " rag move all.db postgresql://… (a new database or ?schema=…)"
    )


@contextmanager
def _in_file(path: Path) -> Iterator[Database]:
    with open_database(path) as other:
        if isinstance(other, Database):
            yield other
            return
        with TemporaryDirectory(prefix="rag-merge-") as folder:
            copy = Path(folder) / "copy.db"
            backup(other, copy)
            with Database(copy) as copied:
                yield copied
