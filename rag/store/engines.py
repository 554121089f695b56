"""
Choose the engine: open an index by what was given after -d, and do there what each engine does in its own way.

Only this module knows which engines there are; the driver of a server is loaded when one is named.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rag import files
from rag.address import Address, place
from rag.errors import DatabaseError, InputError
from rag.store import documents
from rag.store.database import Database
from rag.store.documents import Entry
from rag.store.engine import Neighbours, Store
from rag.store.sidecar import Sidecar

MOVING = "moving"  # the setting of an index that is half there: what it is moved from

if TYPE_CHECKING:
    from rag.store.postgres.server import Postgres


def opened(
    address: Path | str, *, create: bool = False, readonly: bool = False, immutable: bool = False, moving: bool = False
) -> Store:
    """
    The index at an address: a file, or postgresql://…. `create` makes it if it is missing; `readonly` never writes,
    and if a file is `immutable` nobody does. One that is half moved is opened only by what is `moving` it.

    Raises DatabaseError if it cannot be used, InputError if what it takes is not installed.
    """
    where = place(address)
    if isinstance(where, Address):
        db = _server(where, create=create, readonly=readonly)
    else:
        db = Database(files.home(address), create=create, readonly=readonly, immutable=immutable)
    if not moving and (half := db.setting(MOVING)):
        db.close()
        raise DatabaseError(f"{where} is half moved", f"Go on with it: rag move {half['from']} {where}")
    return db


def _server(where: Address, *, create: bool, readonly: bool) -> Store:
    try:
        from rag.store.postgres.server import Postgres
    except ImportError as error:
        raise InputError(
            f"{where} is a server, and what speaks with servers is not installed: {error}",
            "pip install 'chapterverse[postgres]'",
        ) from None
    return Postgres(where, create=create, readonly=readonly)


def file_of(db: Store, hint: str) -> Database:
    """The same, if it is a file. Raises DatabaseError with the hint if it is not."""
    if not isinstance(db, Database):
        raise DatabaseError(f"{db.path} is no file", hint)
    return db


def _server_of(db: Store) -> Postgres:
    from rag.store.postgres.server import Postgres

    assert isinstance(db, Postgres)
    return db


def put(db: Store, source: int, entries: Sequence[Entry]) -> None:
    """Store documents, each whole, in the place of what had its key; inside a transaction of the caller's."""
    if not isinstance(db, Database):
        from rag.store.postgres import storing

        storing.put(_server_of(db), source, entries)
        return
    for one in entries:
        documents.put(
            db, source, one.document, one.chunks, item=one.item, stamp=one.stamp, hash_=one.hash,
            title_hash=one.title_hash,
        )  # fmt: skip


def neighbours(db: Store, model: int, dimensions: int) -> Neighbours:
    """What searches the vectors of a model."""
    if not isinstance(db, Database):
        from rag.store.postgres.near import Near

        return Near(_server_of(db), model, dimensions)
    return Sidecar(db, model, dimensions)


def loaded(db: Store, numbers: Sequence[int]) -> None:
    """After rows were loaded as they are: make what finds these documents, where nothing else does."""
    if not isinstance(db, Database):
        from rag.store.postgres import storing

        storing.loaded(_server_of(db), numbers)


def settle(db: Store) -> None:
    """After a long write: make what searches need and writers do not keep up."""
    if not isinstance(db, Database):
        from rag.store.postgres import near

        near.settle(_server_of(db))


def searched(db: Store) -> list[tuple[str, Callable[[], str], Callable[[], None]]]:
    """What can be wrong with what finds passages on a server: the name of a check, what looks, what mends."""
    from rag.store.postgres import checks

    server = _server_of(db)
    return [
        ("words", lambda: checks.words(server), lambda: checks.mend_words(server)),
        ("near", lambda: checks.near(server), lambda: checks.mend_near(server)),
    ]
