"""The nearest windows on several servers: those of each, merged."""

from __future__ import annotations

from typing import Any

from rag.store.engine import Progress
from rag.store.filters import Filters
from rag.store.postgres import near
from rag.store.shards.shards import Shards, best
from rag.store.side import Asking


class NearOfAll(near.KeptByServer):
    """The vectors of one model on all shards: `nearest`."""

    def __init__(self, db: Shards, model: int, dimensions: int, asking: Asking | None = None) -> None:
        self.db = db
        self._near = {id(one): near.Near(one, model, dimensions, asking) for one in db.parts}

    def nearest(
        self,
        vector: Any,
        k: int,
        filters: Filters = Filters(),  # noqa: B008 (frozen)
        *,
        exact: bool = False,
    ) -> list[tuple[int, float]]:
        only = self.db.local(filters)
        return best(self.db.each(lambda one: self._near[id(one)].nearest(vector, k, only, exact=exact)), k)

    def settle(self) -> None:
        settle(self.db)

    def catch_up(self, progress: Progress | None = None) -> int:
        self.db.each(lambda one: self._near[id(one)].catch_up())
        return 0

    def rebuild(self, progress: Progress | None = None) -> None:
        self.db.each(lambda one: self._near[id(one)].rebuild())

    def described(self) -> dict[str, Any]:
        """Of all shards together; of what differs between them the worst."""
        each = self.db.each(lambda one: self._near[id(one)].described())
        worst = {name: min(one[name] for one in each if name in one) for name in set().union(*each)}
        return worst | {name: sum(one[name] for one in each) for name in ("rows", "bytes")}


def settle(db: Shards) -> None:
    """After a long write: index what has become many on any shard."""
    db.each(near.settle)
