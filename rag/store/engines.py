"""Choose the engine: open an index by what was given after -d, and search the vectors of one that is open."""

from __future__ import annotations

from pathlib import Path

from rag import files
from rag.errors import DatabaseError
from rag.store.database import Database
from rag.store.engine import Neighbours, Store


def opened(address: Path | str, *, create: bool = False, readonly: bool = False, immutable: bool = False) -> Store:
    """
    The index at an address: a file. `create` makes it if it is missing; `readonly` never writes, and if it is
    `immutable` nobody does.

    Raises DatabaseError if it cannot be used.
    """
    return Database(files.home(address), create=create, readonly=readonly, immutable=immutable)


def file_of(db: Store, hint: str) -> Database:
    """The same, if it is a file. Raises DatabaseError with the hint if it is not."""
    if not isinstance(db, Database):
        raise DatabaseError(f"{db.path} is no file", hint)
    return db


def neighbours(db: Store, model: int, dimensions: int) -> Neighbours:
    """What searches the vectors of a model."""
    from rag.store.sidecar import Sidecar

    assert isinstance(db, Database)
    return Sidecar(db, model, dimensions)
