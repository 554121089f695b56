"""
The nearest windows on a server: an index of half-precision vectors (HNSW) proposes, full precision decides.

Up to `HNSW_FROM` windows, whenever exactness is asked for, and where the index was measured to find too few of the
nearest, all of them are compared. Filters hold before ranking: few passages are compared all, of many the index gives
the nearest until enough are allowed (`strict_order`).
"""

from __future__ import annotations

import json
import random
from contextlib import suppress
from typing import Any

from rag.errors import RagError
from rag.store.engine import Progress
from rag.store.filling import piece
from rag.store.filters import Filters
from rag.store.postgres.server import Postgres
from rag.store.postgres.words import lists, named
from rag.store.side import DEFAULT_RECALL, Asking

HNSW_FROM = 20_000  # windows; up to here comparing all takes a few milliseconds
LINKS, CANDIDATES = 32, 128  # of each vector in the index, and how many are looked at to choose them
SAMPLE = 40  # questions that it is measured with
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

    def __init__(self, db: Postgres, model: int, dimensions: int, asking: Asking | None = None) -> None:
        self.db, self.model, self.dimensions, self.asking = db, model, dimensions, asking
        self._finds: float | None = None  # the share of the nearest that the index finds; 0: there is none

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
        quick = not exact and self._found() >= DEFAULT_RECALL
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

    def _found(self) -> float:
        """The share of the nearest that the index finds; 1 if that was not measured yet, 0 if there is no index."""
        if not self._finds:
            options = indexed(self.db, self.model)
            self._finds = 0.0 if options is None else float(options.get("recall", 1.0))
        return self._finds

    def settle(self) -> None:
        settle(self.db)

    def rebuild(self, progress: Progress | None = None) -> None:
        """Make the index anew, with the links of today, while others go on asking the old one; and measure it."""
        build(self.db, self.model, self.dimensions, again=True)
        self.measure()

    def catch_up(self, progress: Progress | None = None) -> int:
        """The server does; an index that was made since is measured."""
        if (indexed(self.db, self.model) or {"recall": 0}).get("recall") is None:
            self.measure()
        return 0

    def measure(self) -> None:
        """Say of the index what it finds, if there is one; too little, and it is not asked from now on."""
        if indexed(self.db, self.model) is not None:
            self._finds = 1.0  # so that it is asked, whatever it finds
            recall, asked = self._recall()
            said = json.dumps({"recall": recall, "wanted": DEFAULT_RECALL, "asked": asked})
            self.db.ask(f"comment on index near_{self.model} is '{said}'")  # so it goes with what it is said of
        self._finds = None

    def _recall(self) -> tuple[float, str]:
        """The share of the ten nearest that it finds, and of what they were the nearest: `Growing._questions`."""
        import numpy as np

        vectors, asked = self._questions()
        shares = []
        for vector in vectors:
            quick, exact = ({n for n, _ in self.nearest(vector, 10, exact=way)} for way in (False, True))
            shares.append(len(quick & exact) / (len(exact) or 1))
        return (round(float(np.mean(shares)), 4) if shares else 1.0), asked

    def _questions(self) -> tuple[Any, str]:
        """Some words of passages, embedded; without an embedder, vectors that are stored."""
        import numpy as np

        if self.asking is not None and (pieces := self._pieces()):
            with suppress(RagError):
                return self.asking(pieces), "pieces"
        ((last,),) = self.db.ask("select coalesce(max(id), 0) from near")
        rows = self.db.ask(
            "select (select embedding::real[] from near where id >= n and model_id = %s order by id limit 1)"
            " from unnest(%s::bigint[]) n",
            (self.model, [1 + last * place // SAMPLE for place in range(SAMPLE)]),
        )
        return [np.array(values, dtype=np.float32) for (values,) in rows if values is not None], "passages"

    def _pieces(self) -> list[str]:
        chance = random.Random(1)
        ((last,),) = self.db.ask("select coalesce(max(id), 0) from passage")
        rows = self.db.ask(
            "select (select text from passage where id >= n order by id limit 1) from unnest(%s::bigint[]) n",
            ([chance.randint(1, max(1, last)) for _ in range(SAMPLE)],),
        )
        return [piece(text.split(), chance) for (text,) in rows if text and text.strip()]

    def described(self) -> dict[str, Any]:
        ((rows, size),) = self.db.ask(
            "select count(*), pg_total_relation_size('near') from near where model_id = %s", (self.model,)
        )
        found = indexed(self.db, self.model)
        return {"rows": rows, "bytes": size, "cells": 0, **(found or {})}


def indexed(db: Postgres, model: int) -> dict[str, Any] | None:
    """The index of the vectors of a model, if it is ready: its links and candidates, what it was measured to find."""
    found = db.ask(
        "select c.reloptions, obj_description(c.oid) from pg_index i join pg_class c on c.oid = i.indexrelid"
        " join pg_namespace n on n.oid = c.relnamespace where n.nspname = %s and c.relname = %s and i.indisvalid",
        (db.schema, f"near_{model}"),
    )
    if not found:
        return None
    options = dict(option.split("=") for option in found[0][0] or [])
    links = {"links": int(options.get("m", 16)), "candidates": int(options.get("ef_construction", 64))}
    return {**links, **json.loads(found[0][1] or "{}")}


def build(db: Postgres, model: int, dimensions: int, *, again: bool = False) -> bool:
    """
    Index the vectors of a model, if they are many; nobody's reading or writing is stopped meanwhile. `again`: one that
    is there is used until the new one is ready, and then dropped.
    """
    with db.claim("-near", model) as ours:  # else another process is at it
        return ours and (again or indexed(db, model) is None) and dimensions <= WIDEST and _build(db, model, dimensions)


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
