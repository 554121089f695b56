"""
The index: on disk one SQLite file that opens anywhere, and a sidecar of vectors that can be thrown away.

All the SQL of the project is in this package. A `Store` is an index that is open (`engine.py`); `opened` makes one from
what was given after -d, on the engine that this names. The other modules are plain functions over it, one module a
group of tables. Nothing here knows chunking, models or prompts.
"""

from rag.store.database import Database
from rag.store.engine import Store
from rag.store.engines import (
    compact,
    file_of,
    missing,
    neighbours,
    opened,
    parts,
    placed,
    put,
    searched,
    settle,
    shaped,
    sizes,
    snapshot,
)

__all__ = [
    "Database",
    "Store",
    "compact",
    "file_of",
    "missing",
    "neighbours",
    "opened",
    "parts",
    "placed",
    "put",
    "searched",
    "settle",
    "shaped",
    "sizes",
    "snapshot",
]
