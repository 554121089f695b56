"""
The nearest windows on a server: an index of half-precision vectors (HNSW) proposes, full precision decides.

Up to `HNSW_FROM` windows, and whenever exactness is asked for, all of them are compared. Filters hold before ranking:
few passages are compared all, of many the index gives the nearest until enough are allowed (`strict_order`).
"""

from __future__ import annotations

from typing import Any

from rag.store.engine import Progress
from rag.store.filters import Filters
from rag.store.postgres.server import WAIT, Postgres
from rag.store.postgres.words import lists, named

HNSW_FROM = 20_000  # windows; up to here comparing all takes a few milliseconds
WIDEST = 4_000  # dimensions that the index can hold in half precision
WINDOWS = 3  # asked for each passage that is wanted, at first
MOST = 4096


class KeptByServer:
    """What `Neighbours` asks of an index of vectors that a server keeps up to date by itself; `settle` is the rest."""

    behind = 0

    def settle(self) -> None:
        raise NotImplementedError

    def catch_up(self, progress: Progress | None = None) -> int:
        return 0

    def optimize(self, progress: Progress | None = None) -> None:
        self.settle()

    def rebuild(self, progress: Progress | None = None) -> None:
        self.settle()

    def described(self) -> dict[str, Any]:
        return {}

    def close(self) -> None:
        pass


class Near(KeptByServer):
    """The vectors of one model in one index: `nearest`."""

    def __init__(self, db: Postgres, model: int, dimensions: int) -> None:
        self.db, self.model, self.dimensions = db, model, dimensions
        self._indexed: bool | None = None

    def nearest(
        self,
        vector: Any,
        k: int,
        filters: Filters = Filters(),  # noqa: B008 (frozen)
        *,
        exact: bool = False,
    ) -> list[tuple[int, float]]:
        subquery, values = filters.ids()
        given = lists(values)
        only = ""
        if subquery:
            only = f"and passage_id = any (array({named(subquery)}))"
            exact = exact or self._few(named(subquery), given)
        quick = not exact and self._has_index()
        given["v"] = "[" + ",".join(map(str, vector.astype("<f4").tolist())) + "]"
        asked = min(WINDOWS * k, MOST)
        while True:
            rows = self.db.ask(self._statement(only, quick=quick), {**given, "model": self.model, "asked": asked})
            found: dict[int, float] = {}
            for passage, product in rows:
                found[passage] = max(found.get(passage, -2.0), -product)
            if len(found) >= k or len(rows) < asked or asked == MOST:
                return sorted(found.items(), key=lambda entry: (-entry[1], entry[0]))[:k]
            asked = min(4 * asked, MOST)

    def _statement(self, only: str, *, quick: bool) -> str:
        d, vector = self.dimensions, self.db.vector
        by = f"embedding::halfvec({d}) <#> %(v)s::halfvec({d})" if quick else f"embedding <#> %(v)s::{vector}"
        return (
            f"select passage_id, embedding <#> %(v)s::{vector} from near where model_id = %(model)s {only}"
            f" order by {by} limit %(asked)s"
        )

    def _few(self, subquery: str, given: dict[str, Any]) -> bool:
        ((count,),) = self.db.ask(f"select count(*) from ({subquery} limit {HNSW_FROM + 1}) x", given)
        return bool(count <= HNSW_FROM)

    def _has_index(self) -> bool:
        if not self._indexed:
            self._indexed = indexed(self.db, self.model)
        return self._indexed

    def settle(self) -> None:
        settle(self.db)


def indexed(db: Postgres, model: int) -> bool:
    """Whether the vectors of a model have an index that is ready."""
    return bool(
        db.ask(
            "select 1 from pg_index i join pg_class c on c.oid = i.indexrelid join pg_namespace n on"
            " n.oid = c.relnamespace where n.nspname = %s and c.relname = %s and i.indisvalid",
            (db.schema, f"near_{model}"),
        )
    )


def build(db: Postgres, model: int, dimensions: int) -> bool:
    """Index the vectors of a model, if they are many; nobody's reading or writing is stopped meanwhile."""
    with db.claim("-near", model) as ours:  # else another process is at it
        return ours and not indexed(db, model) and dimensions <= WIDEST and _build(db, model, dimensions)


def _build(db: Postgres, model: int, dimensions: int) -> bool:
    ((count,),) = db.ask("select count(*) from near where model_id = %s", (model,))
    if count < HNSW_FROM:
        return False
    db.ask(f"drop index if exists near_{model}")  # what a run left that was killed
    kilobytes = min(2 * count * (2 * dimensions + 300) // 1024 + 65536, 8 << 20)
    db.ask(f"set maintenance_work_mem = {kilobytes}; set lock_timeout = 0")  # it waits for whoever reads
    db.ask(
        f"create index concurrently near_{model} on near using hnsw"
        f" ((embedding::halfvec({dimensions})) halfvec_ip_ops) with (m = 32, ef_construction = 128)"
        f" where model_id = {model}"
    )
    db.ask(f"reset maintenance_work_mem; set lock_timeout = '{WAIT}'")
    return True


def settle(db: Postgres) -> None:
    """After a long write: index what has become many, and let the planner count."""
    for model, dimensions in db.ask("select id, dimensions from model"):
        build(db, model, dimensions)
    ((there, counted),) = db.ask(
        "select passages, (select greatest(reltuples, 0) from pg_class where oid = 'passage'::regclass) from total"
    )
    if not counted / 2 <= there <= counted * 2:  # the server sees to smaller changes itself
        db.ask("analyze document, passage, passage_window, words, near")
