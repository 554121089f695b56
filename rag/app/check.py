"""Whether an index is sound, what is in it, a copy of it: as rows."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Any

from rag.doctor import Finding, examine
from rag.errors import DatabaseError
from rag.index import Index
from rag.store import Store
from rag.store import documents as store
from rag.store.backup import backup as copy
from rag.store.engine import Progress


def check(db: Store, *, fix: bool = False, deep: bool = False) -> list[Finding]:
    """Run every check, mending what is found with `fix`; see `rag.doctor`."""
    with db.writer() if fix else nullcontext():
        return examine(db, fix=fix, deep=deep)


def backup(
    db: Store, out: Path, progress: Progress | None = None, placing: Progress | None = None
) -> tuple[dict[str, int], str]:
    """
    Copy an index to a new file, with a vector index of its own: table -> rows, and what was in the way of the latter.

    Raises what `rag.store.backup.backup` raises.
    """
    counts = copy(db, out, progress)
    with Index(out) as made:
        try:
            made.catch_up(placing)
        except DatabaseError as error:
            return counts, error.message
    return counts, ""


def info(db: Store) -> dict[str, Any]:
    """What is in an index and how it was built."""
    counts = store.counts(db)
    return {
        "database": str(db.path),
        "bytes": db.size(),
        "documents": counts.documents,
        "passages": counts.passages,
        "vectors": counts.vectors,
        "embedder": db.setting("embedder"),
        "fingerprint": db.setting("fingerprint"),
        "target": db.setting("target"),
        "vector_index": Index(db).described(),
        "sources": dict(counts.sources),
    }


def documents(db: Store) -> list[dict[str, Any]]:
    """The documents of an index, without their texts."""
    return [
        {"source": one.source, "key": one.key, "title": one.title, "date": one.date, "characters": len(one.text)}
        for one in store.all_documents(db)
    ]
