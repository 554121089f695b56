"""
The rows of the KNN index: made from the main file's blobs, staged, divided into cells when they are many, inserted.

When they are made, and where, is the business of `sidecar.py`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import apsw

from rag.store.database import Database
from rag.store.vectors import EMBEDDED, of_document

BLOCK = 4096  # vectors in memory at a time
MADE = "create temp table made (id integer primary key, passage_id, document_id, cell integer, data blob)"


@dataclass(frozen=True, slots=True)
class Rows:
    """What fills a KNN index of one model; from `cells_from` windows on with cells."""

    db: Database
    model: int
    dimensions: int
    cells_from: int

    def documents(self) -> dict[int, tuple[str, int, int]]:
        """document id -> what its rows depend on: its hash, how many windows have a vector, and the last of them."""
        rows = self.db.execute(
            "select d.id, d.hash, count(*), max(w.id) from document d cross join"
            f" {EMBEDDED} where p.document_id = d.id group by d.id order by d.id",
            {"model": self.model},
        )
        return {number: (hash_, count, last) for number, hash_, count, last in rows}

    def fill(self, connection: apsw.Connection, wanted: list[Any]) -> None:
        documents = self.documents()
        large = sum(count for _, count, _ in documents.values()) >= self.cells_from
        cell = "cell integer partition key, " if large else ""
        chunk = ", chunk_size=256" if large else ""
        connection.execute(
            f"begin; create virtual table vec using vec0({cell}embedding float[{self.dimensions}]{chunk});"
            " create table entry (id integer primary key, passage_id integer not null, document_id integer not null);"
            " create table source (document_id integer primary key, hash text, windows integer, last integer);"
            " create table centroid (cell integer primary key, data blob not null);"
            " create table probes (value integer);"
            " create table churn (value integer); insert into churn values (0);"
            " create table stamp (value text)"
        )
        self.stage(connection, list(documents))
        if large:
            self._learn(connection)
        self.insert(connection, documents)
        # Filled first, indexed then: sorting once is cheaper.
        connection.execute(
            "create index entry_passage on entry(passage_id); create index entry_document on entry(document_id)"
        )
        connection.execute("insert into stamp values (?)", (json.dumps(wanted),))
        connection.execute("commit")

    def stage(self, connection: apsw.Connection, documents: Sequence[int]) -> None:
        """Put the rows of these documents into a temporary table: they are needed more than once."""
        connection.execute(f"drop table if exists temp.made; {MADE}")
        for number in documents:
            windows, passages, vectors = self.placed(number)
            connection.executemany(
                "insert into made (id, passage_id, document_id, data) values (?, ?, ?, ?)",
                [
                    (window, int(passage), number, vector.tobytes())
                    for window, passage, vector in zip(windows, passages, vectors, strict=True)
                ],
            )

    def placed(self, document: int) -> tuple[list[int], Any, Any]:
        """ids of a document's windows, their passages, what is searched for each: float32 (n, dimensions)."""
        from rag.store import context

        windows, passages, vectors, title = of_document(self.db, self.model, document)
        return windows, passages, context.placed(vectors, passages, title) if windows else vectors

    def insert(self, connection: apsw.Connection, documents: dict[int, Any]) -> None:
        """Take over what was staged."""
        centroids = self.centroids(connection)
        if centroids is None:
            connection.execute("insert into vec (rowid, embedding) select id, data from made order by id")
        else:
            from rag.store import cells

            for block in self._blocks(connection):
                numbers, vectors = zip(*block, strict=True)
                placed = cells.assign(self.matrix(vectors), centroids).tolist()
                connection.executemany("update made set cell = ? where id = ?", zip(placed, numbers, strict=True))
            # vec0 fills its chunks cell by cell: in any other order this is ten times slower.
            connection.execute(
                "insert into vec (rowid, cell, embedding) select id, cell, data from made order by cell, id"
            )
        connection.execute("insert into entry select id, passage_id, document_id from made; drop table made")
        connection.executemany(
            "insert into source values (?, ?, ?, ?)", [(key, *rest) for key, rest in documents.items()]
        )

    def _blocks(self, connection: apsw.Connection) -> Iterator[list[tuple[int, bytes]]]:
        """What was staged, (id, vector), some thousand at a time."""
        last = 0
        while block := list(
            connection.execute("select id, data from made where id > ? order by id limit ?", (last, BLOCK))
        ):
            last = block[-1][0]
            yield block

    def matrix(self, blobs: Sequence[bytes]) -> Any:
        import numpy as np

        return np.frombuffer(b"".join(blobs), dtype="<f4").reshape(len(blobs), self.dimensions)

    def _learn(self, connection: apsw.Connection) -> None:
        """Centroids, and how many cells a question must look into, measured on this index."""
        from rag.store import cells

        def blocks() -> Iterator[Any]:
            for block in self._blocks(connection):
                yield self.matrix([blob for _, blob in block])

        (count,) = next(connection.execute("select count(*) from made"))
        centroids = cells.learn(blocks, count, cells.count(count))
        connection.executemany(
            "insert into centroid values (?, ?)", [(cell, row.tobytes()) for cell, row in enumerate(centroids)]
        )
        connection.execute("insert into probes values (?)", (cells.probes(blocks, count, centroids),))

    def centroids(self, connection: apsw.Connection) -> Any:
        """float32 (cells, dimensions), or None if this sidecar has no cells."""
        found = [blob for (blob,) in connection.execute("select data from centroid order by cell")]
        return self.matrix(found) if found else None
