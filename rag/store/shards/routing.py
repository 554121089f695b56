"""What goes to which shard: rows to the one of their document, vectors to all that have a text of theirs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from rag.store.blocks import VECTOR
from rag.store.conditions import Values
from rag.store.engine import Row
from rag.store.filters import Filters
from rag.store.postgres import Postgres
from rag.store.shards import family

TYPES = ("text", "int8", "bytea", "int8")  # of the columns of VECTOR, as they are copied
OWNED = {"passage": "document_id", "document_name": "document_id", "document_link": "document_id",
         "passage_window": "passage_id"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Allowed(Filters):
    """Only these documents: a filter that one shard cannot hold alone, held already."""

    numbers: tuple[int, ...] = ()

    def where(self, schema: str = "") -> tuple[str, Values]:
        return "d.id in (select value from json_each(:documents))", {"documents": json.dumps(self.numbers)}


@dataclass(slots=True)
class Routes:
    """Of one transaction: vectors that wait for their documents, and on which shard rows were put, by number."""

    shards: int
    waiting: dict[tuple[str, int], Row] = field(default_factory=dict)
    documents: dict[int, int] = field(default_factory=dict)
    passages: dict[int, int] = field(default_factory=dict)

    def clear(self) -> None:
        self.waiting.clear()
        self.documents.clear()
        self.passages.clear()

    def keep(self, rows: Sequence[Sequence[Any]]) -> None:
        """Vectors, in the columns of VECTOR, until a document needs them."""
        self.waiting |= {(row[0], row[1]): tuple(row) for row in rows}

    def give(self, db: Postgres, hashes: set[str], others: Sequence[Postgres]) -> None:
        """Put on a shard those of these vectors that wait or lie elsewhere, and it has not."""
        listed = sorted(hashes)
        there = set(db.ask("select hash, model_id from vector where hash = any (%s)", (listed,)))
        found = {place: row for place, row in self.waiting.items() if place[0] in hashes and place not in there}
        if without := hashes - {hash_ for hash_, _ in (*there, *found)}:
            for other in others:
                rows = other.send(f"select {VECTOR} from vector where hash = any (%s)", [sorted(without)])
                found |= {(str(row[0]), int(row[1])): row for row in rows}
        if found:
            db.copy("vector", VECTOR, found.values(), TYPES)

    def divided(
        self, table: str, columns: str, rows: Sequence[Sequence[Any]], members: Sequence[str]
    ) -> list[list[Sequence[Any]]]:
        """The rows of each shard, in order."""
        names = columns.split(", ")
        made: list[list[Sequence[Any]]] = [[] for _ in members]
        if table in OWNED:
            owner = names.index(OWNED[table])
            known = self.passages if OWNED[table] == "passage_id" else self.documents
            places = [known[row[owner]] for row in rows]
        else:
            key = names.index("key")
            places = [family.home(members, row[key]) for row in rows]
        for row, place in zip(rows, places, strict=True):
            made[place].append(row)
        if table in ("document", "passage"):
            number = names.index("id")
            there = self.documents if table == "document" else self.passages
            there |= {row[number]: place for row, place in zip(rows, places, strict=True)}
        return made
