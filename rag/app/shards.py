"""An index on several servers: what lies where, a server more, and documents to where they belong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.address import Address, place
from rag.errors import InputError
from rag.store import opened

if TYPE_CHECKING:
    from rag.store.shards import Shards

FORM = "Name all servers: -d postgresql://a/x,postgresql://b/x"


def _several(database: Path | str) -> Shards:
    where = place(database)
    if not isinstance(where, Address) or len(where.parts) < 2:
        raise InputError(f"{where} is not on several servers", FORM)
    db = opened(where)
    from rag.store.shards import Shards

    assert isinstance(db, Shards)
    return db


def status(database: Path | str) -> list[dict[str, Any]]:
    """A row a server, the first first: address, documents, passages, bytes, and documents that belong elsewhere."""
    with _several(database) as db:
        from rag.store.shards import balance

        return [asdict(one) for one in balance.status(db)]


def add(database: Path | str, new: str) -> Address:
    """Make an empty server a shard; the address of all of them. Raises InputError: not the address of a server."""
    old, more = place(database), place(new)
    if not isinstance(old, Address):
        raise InputError(f"{old} is a file", f"Move it to a server first: rag move {old} postgresql://HOST/DATABASE")
    if not isinstance(more, Address) or len(more.parts) != 1:
        raise InputError(
            f"{more} is not the address of a server", "Name one: rag shards add postgresql://HOST/DATABASE"
        )
    opened(old).close()  # which says what is wrong with it
    from rag.store.shards import balance

    return balance.add(old, more)


def rebalance(database: Path | str, progress: Callable[[int, int], None] | None = None) -> int:
    """Bring every document to its server; how many. Stopped, the next call goes on."""
    with _several(database) as db:
        from rag.store.shards import balance

        return balance.rebalance(db, progress)
