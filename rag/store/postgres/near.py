"""
The nearest windows on a server: an index of half-precision vectors (HNSW) proposes, full precision decides.

Up to `HNSW_FROM` windows, and whenever exactness is asked for, all of them are compared. Filters hold before ranking:
few passages are compared all, of many the index gives the nearest until enough are allowed (`strict_order`).
"""

from __future__ import annotations

import json
from typing import Any

from rag.store.engine import Progress
from rag.store.filters import Filters
from rag.store.postgres.server import Postgres
from rag.store.postgres.words import lists, named

HNSW_FROM = 20_000  # windows; up to here comparing all takes a few milliseconds
LINKS, CANDIDATES = 32, 128  # of each vector in the index, and how many are looked at to choose them
SAMPLE = 20  # stored vectors that are asked for to measure it
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
        self.rebuild()

    def rebuild(self, progress: Progress | None = None) -> None:
        raise NotImplementedError

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
        self.db.steady()
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

    def rebuild(self, progress: Progress | None = None) -> None:
        """Make the index anew, with the links of today, while others go on asking the old one; and measure it."""
        build(self.db, self.model, self.dimensions, again=True)
        self._indexed = None
        if self._has_index():
            said = json.dumps({"recall": self._recall()})
            self.db.ask(f"comment on index near_{self.model} is '{said}'")  # so it goes with what it is said of

    def _recall(self) -> float:
        """The share of the ten nearest that it finds, stored vectors being asked for."""
        import numpy as np

        ((last,),) = self.db.ask("select coalesce(max(id), 0) from near")
        numbers = [1 + last * place // SAMPLE for place in range(SAMPLE)]
        rows = self.db.ask(
            "select (select embedding::real[] from near where id >= n and model_id = %s order by id limit 1)"
            " from unnest(%s::bigint[]) n",
            (self.model, numbers),
        )
        shares = []
        for (values,) in rows:
            if values is not None:
                vector = np.array(values, dtype=np.float32)
                quick, exact = ({n for n, _ in self.nearest(vector, 10, exact=way)} for way in (False, True))
                shares.append(len(quick & exact) / (len(exact) or 1))
        return round(float(np.mean(shares)), 4) if shares else 1.0

    def described(self) -> dict[str, Any]:
        ((rows, size),) = self.db.ask(
            "select count(*), pg_total_relation_size('near') from near where model_id = %s", (self.model,)
        )
        found = self.db.ask(
            "select c.reloptions, obj_description(c.oid) from pg_class c join pg_index i on i.indexrelid = c.oid"
            " where c.oid = to_regclass(%s) and i.indisvalid",
            (f"near_{self.model}",),
        )
        if not found:
            return {"rows": rows, "bytes": size, "cells": 0}
        options = dict(option.split("=") for option in found[0][0] or [])
        links = {"links": int(options.get("m", 16)), "candidates": int(options.get("ef_construction", 64))}
        return {"rows": rows, "bytes": size, "cells": 0, **links, **json.loads(found[0][1] or "{}")}


def indexed(db: Postgres, model: int) -> bool:
    """Whether the vectors of a model have an index that is ready."""
    return bool(
        db.ask(
            "select 1 from pg_index i join pg_class c on c.oid = i.indexrelid join pg_namespace n on"
            " n.oid = c.relnamespace where n.nspname = %s and c.relname = %s and i.indisvalid",
            (db.schema, f"near_{model}"),
        )
    )


def build(db: Postgres, model: int, dimensions: int, *, again: bool = False) -> bool:
    """
    Index the vectors of a model, if they are many; nobody's reading or writing is stopped meanwhile. `again`: one that
    is there is used until the new one is ready, and then dropped.
    """
    with db.claim("-near", model) as ours:  # else another process is at it
        return ours and (again or not indexed(db, model)) and dimensions <= WIDEST and _build(db, model, dimensions)


def _build(db: Postgres, model: int, dimensions: int) -> bool:
    ((count,),) = db.ask("select count(*) from near where model_id = %s", (model,))
    if count < HNSW_FROM:
        return False
    new, old = f"near_{model}_new", f"near_{model}"
    db.ask(f"drop index if exists {new}")  # what a run left that was killed
    kilobytes = min(2 * count * (2 * dimensions + 300) // 1024 + 65536, 8 << 20)
    with db.patient():
        db.ask(f"set maintenance_work_mem = {kilobytes}")
        db.ask(
            f"create index concurrently {new} on near using hnsw ((embedding::halfvec({dimensions})) halfvec_ip_ops)"
            f" with (m = {LINKS}, ef_construction = {CANDIDATES}) where model_id = {model}"
        )
        db.ask(f"drop index if exists {old}; alter index {new} rename to {old}")  # both or none
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
