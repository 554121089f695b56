"""
The KNN index beside the main file: `NAME.db-index`, a sqlite-vec table with one row a window, which can be lost.

A row is a window's vector in its context (`context.py`); a passage is as near as its nearest window. It is caught up
from the main file's blobs whenever it lags behind, a document at a time, and built anew (under another name, then moved
into place) when it has been churned or does not fit. Exact up to `CELLS_FROM` windows; beyond that a question looks
into some cells only (`cells.py`), unless exactness is asked for.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import apsw

from rag.errors import DatabaseError
from rag.store.database import Database
from rag.store.documents import Filters
from rag.store.vectors import EMBEDDED, of_document

MAPPED = 1 << 30  # bytes of the file that are read without copying
MOST = 4096  # sqlite-vec's limit of k
FORMAT = 3  # of the sidecar
CELLS_FROM = 200_000  # windows; up to here a scan of all is fast enough
WINDOWS = 3  # asked for each passage that is wanted, at first
OFTEN = 20  # questions after which a program (an evaluation, a server) keeps the vectors in memory: five times faster
BLOCK = 4096  # vectors in memory at a time
MADE = "create temp table made (id integer primary key, passage_id, document_id, cell integer, data blob)"


class Sidecar:
    """The KNN index of one main file and one model: `nearest` catches up first. Close it when done."""

    def __init__(self, db: Database, model: int, dimensions: int, cells_from: int = CELLS_FROM) -> None:
        self.db, self.model, self.dimensions, self.cells_from = db, model, dimensions, cells_from
        self.path = Path(f"{db.path}-index")
        self.connection: apsw.Connection | None = None
        self._questions = 0
        self._memory: tuple[Any, Any, Any] | None = None  # passages, the first row of each, all rows

    def nearest(
        self,
        vector: Any,
        k: int,
        filters: Filters = Filters(),  # noqa: B008 (frozen)
        *,
        exact: bool = False,
    ) -> list[tuple[int, float]]:
        """(passage id, cosine), best first. `vector` is float32 of unit length; under filters it is always exact."""
        try:
            self._fresh()
        except DatabaseError:
            if os.access(self.path.parent, os.W_OK):
                raise
            return self._scan(vector, k, filters)
        self._questions += 1
        if self._questions > OFTEN and not list(self._open().execute("select 1 from centroid limit 1")):
            return self._remembered(vector, k, filters)
        subquery, values = filters.ids("main_file")
        only = f"and rowid in (select id from entry where passage_id in ({subquery}))" if subquery else ""
        if not exact and not subquery and (chosen := self._cells(vector)):
            only = f"and cell in ({', '.join(map(str, chosen))})"  # gives k rows for each cell
        asked = min(WINDOWS * k, MOST)
        while True:
            found, rows = self._passages(only, {**values, "vector": vector.astype("<f4").tobytes(), "k": asked})
            if len(found) >= k or rows < asked or asked == MOST:
                return _best(found, k)
            asked = min(4 * asked, MOST)

    def _passages(self, only: str, values: dict[str, Any]) -> tuple[dict[int, float], int]:
        """passage id -> the cosine of its nearest window, among so many windows."""
        found: dict[int, float] = {}
        rows = 0
        with self.db.errors():
            for number, distance in self._open().execute(
                "with near as materialized (select rowid as id, distance from vec"
                f" where embedding match :vector and k = :k {only})"
                " select e.passage_id, near.distance from near cross join entry e on e.id = near.id",
                values,
            ):
                rows += 1
                # Unit vectors: |a - b|^2 = 2 - 2 cos.
                found[number] = max(found.get(number, -1.0), 1 - distance * distance / 2)
        return found, rows

    def _remembered(self, vector: Any, k: int, filters: Filters) -> list[tuple[int, float]]:
        """The same from memory: all vectors at once, exact."""
        import numpy as np

        if self._memory is None:
            rows = list(
                self._open().execute(
                    "select e.passage_id, v.embedding from entry e cross join vec v on v.rowid = e.id"
                    " order by e.passage_id"
                )
            )
            passages, first = np.unique([number for number, _ in rows], return_index=True)
            self._memory = passages, first, self._matrix([blob for _, blob in rows])
        passages, first, made = self._memory
        if not len(passages):
            return []
        scores = np.maximum.reduceat(made @ vector, first)
        subquery, values = filters.ids()
        if subquery:
            allowed = np.isin(passages, [number for (number,) in self.db.execute(subquery, values)])
            passages, scores = passages[allowed], scores[allowed]
        best = np.lexsort((passages, -scores))[:k]
        return list(zip(passages[best].tolist(), scores[best].tolist(), strict=True))

    def close(self) -> None:
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def problem(self) -> str:
        """What is wrong with the sidecar; it is not wrong to have none yet."""
        if not self.path.exists():
            return ""
        try:
            if self._stamp() != self._wanted():
                return f"{self.path} lags behind the index"
            (rows,) = next(self._open().execute("select count(*) from vec"))
            (entries,) = next(self._open().execute("select count(*) from entry"))
        except apsw.Error as error:
            return f"{self.path} cannot be used: {error}"
        return "" if rows == entries else f"{self.path} has {rows} vectors for {entries} passages"

    def rebuild(self) -> None:
        self._build(self._wanted())

    def _wanted(self) -> list[Any]:
        """What the sidecar must have seen to be fresh; the last is the version of the main file."""
        return [FORMAT, self.db.setting("uuid"), self.model, self.dimensions, self.db.setting("version", 0)]

    def _stamp(self) -> list[Any]:
        with suppress(apsw.SQLError):
            for (value,) in self._open().execute("select value from stamp"):
                return list(json.loads(value))
        return []

    def _fresh(self) -> None:
        """Catch up with the main file, or build anew."""
        wanted = self._wanted()
        try:
            stamp = self._stamp() if self.path.exists() else []
            if stamp == wanted:
                return
            self._memory = None
            if stamp[:-1] == wanted[:-1] and self._catch_up(wanted):
                return
        except (apsw.Error, DatabaseError):
            pass  # damaged, or of another format: it can be lost
        self._build(wanted)

    def _open(self) -> apsw.Connection:
        if self.connection is None:
            self.connection = self._connect(self.path)
        return self.connection

    def _connect(self, path: Path) -> apsw.Connection:
        flags = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE | apsw.SQLITE_OPEN_URI
        connection = apsw.Connection(str(path), flags)
        connection.set_busy_timeout(30_000)
        connection.enable_load_extension(True)
        connection.load_extension(_extension())
        connection.enable_load_extension(False)
        connection.execute("pragma synchronous = off")  # it can be lost
        connection.execute(f"pragma mmap_size = {MAPPED}")  # every search reads all of it
        connection.execute("attach ? as main_file", (f"file:{quote(str(self.db.path.absolute()))}?mode=ro",))
        return connection

    # -- filling --------------------------------------------------------------------------------------------------

    def _catch_up(self, wanted: list[Any]) -> bool:
        """Take in what changed. False if so much did, or was deleted before, that building anew is better."""
        connection = self._open()
        known = {number: tuple(rest) for number, *rest in connection.execute("select * from source")}
        current = self._documents()
        gone = [number for number in known if known[number] != current.get(number)]
        new = [number for number in current if known.get(number) != current[number]]
        (churn,) = next(connection.execute("select value from churn"))
        churn += sum(known[number][1] for number in gone) + sum(current[number][1] for number in new)
        if churn > max(1000, sum(count for _, count, _ in current.values()) // 2):
            return False
        connection.execute("begin immediate")
        try:
            listed = json.dumps(gone)
            of_gone = "from entry where document_id in (select value from json_each(?))"
            connection.execute(f"delete from vec where rowid in (select id {of_gone})", (listed,))
            connection.execute(f"delete {of_gone}", (listed,))
            connection.executemany("delete from source where document_id = ?", [(number,) for number in gone])
            self._stage(connection, new)
            self._insert(connection, {number: current[number] for number in new}, self._centroids(connection))
            connection.execute("update churn set value = ?", (churn,))
            connection.execute("update stamp set value = ?", (json.dumps(wanted),))
            connection.execute("commit")
        except BaseException:
            connection.execute("rollback")
            raise
        return True

    def _documents(self) -> dict[int, tuple[str, int, int]]:
        """document id -> what its rows depend on: its hash, how many windows have a vector, and the last of them."""
        rows = self.db.execute(
            "select d.id, d.hash, count(*), max(w.id) from document d cross join"
            f" {EMBEDDED} where p.document_id = d.id group by d.id order by d.id",
            {"model": self.model},
        )
        return {number: (hash_, count, last) for number, hash_, count, last in rows}

    def _build(self, wanted: list[Any]) -> None:
        self.close()
        fresh = self.path.with_name(f"{self.path.name}.{os.getpid()}")
        try:
            for left in self._unfinished():
                left.unlink(missing_ok=True)
            with self.db.errors():
                connection = self._connect(fresh)
                try:
                    self._fill(connection, wanted)
                finally:
                    connection.close()
            os.replace(fresh, self.path)
        except OSError as error:
            raise DatabaseError(f"cannot write {self.path}: {error.strerror}") from error
        finally:
            with suppress(OSError):
                fresh.unlink(missing_ok=True)

    def _unfinished(self) -> list[Path]:
        """What runs that were killed left: exactly our own temporary names. A database may be called `notes[1.db`."""
        number = re.compile(re.escape(f"{self.path.name}.") + r"[0-9]+", re.ASCII)
        return [file for file in self.path.parent.iterdir() if number.fullmatch(file.name)]

    def _fill(self, connection: apsw.Connection, wanted: list[Any]) -> None:
        documents = self._documents()
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
        self._stage(connection, list(documents))
        if large:
            self._learn(connection)
        self._insert(connection, documents, self._centroids(connection))
        # Filled first, indexed then: sorting once is cheaper.
        connection.execute(
            "create index entry_passage on entry(passage_id); create index entry_document on entry(document_id)"
        )
        connection.execute("insert into stamp values (?)", (json.dumps(wanted),))
        connection.execute("commit")

    def _stage(self, connection: apsw.Connection, documents: Sequence[int]) -> None:
        """Put the rows of these documents into a temporary table: they are needed more than once."""
        connection.execute(f"drop table if exists temp.made; {MADE}")
        for number in documents:
            windows, passages, vectors = self._placed(number)
            connection.executemany(
                "insert into made (id, passage_id, document_id, data) values (?, ?, ?, ?)",
                [
                    (window, int(passage), number, vector.tobytes())
                    for window, passage, vector in zip(windows, passages, vectors, strict=True)
                ],
            )

    def _placed(self, document: int) -> tuple[list[int], Any, Any]:
        """ids of a document's windows, their passages, what is searched for each: float32 (n, dimensions)."""
        from rag.store import context

        windows, passages, vectors, title = of_document(self.db, self.model, document)
        return windows, passages, context.placed(vectors, passages, title) if windows else vectors

    def _insert(self, connection: apsw.Connection, documents: dict[int, Any], centroids: Any) -> None:
        """Take over what was staged."""
        if centroids is None:
            connection.execute("insert into vec (rowid, embedding) select id, data from made order by id")
        else:
            from rag.store import cells

            for block in self._blocks(connection):
                numbers, vectors = zip(*block, strict=True)
                placed = cells.assign(self._matrix(vectors), centroids).tolist()
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

    def _matrix(self, blobs: Sequence[bytes]) -> Any:
        import numpy as np

        return np.frombuffer(b"".join(blobs), dtype="<f4").reshape(len(blobs), self.dimensions)

    # -- cells ----------------------------------------------------------------------------------------------------

    def _learn(self, connection: apsw.Connection) -> None:
        """Centroids, and how many cells a question must look into, measured on this index."""
        from rag.store import cells

        def blocks() -> Iterator[Any]:
            for block in self._blocks(connection):
                yield self._matrix([blob for _, blob in block])

        (count,) = next(connection.execute("select count(*) from made"))
        centroids = cells.learn(blocks, count, cells.count(count))
        connection.executemany(
            "insert into centroid values (?, ?)", [(cell, row.tobytes()) for cell, row in enumerate(centroids)]
        )
        connection.execute("insert into probes values (?)", (cells.probes(blocks, count, centroids),))

    def _centroids(self, connection: apsw.Connection) -> Any:
        """float32 (cells, dimensions), or None if this sidecar has no cells."""
        found = [blob for (blob,) in connection.execute("select data from centroid order by cell")]
        return self._matrix(found) if found else None

    def _cells(self, vector: Any) -> list[int]:
        """The cells to look into; none if this sidecar has no cells."""
        connection = self._open()
        centroids = self._centroids(connection)
        if centroids is None:
            return []
        from rag.store import cells

        (probes,) = next(connection.execute("select value from probes"))
        return cells.nearest(vector, centroids, probes)

    def _scan(self, vector: Any, k: int, filters: Filters) -> list[tuple[int, float]]:
        """The same without a sidecar, straight from the blobs: for an index in a folder that cannot be written."""
        subquery, values = filters.ids()
        allowed = {number for (number,) in self.db.execute(subquery or "select id from passage", values)}
        found: dict[int, float] = {}
        for document in self._documents():
            _, passages, vectors = self._placed(document)
            for passage, score in zip(passages.tolist(), (vectors @ vector).tolist(), strict=True):
                if passage in allowed:
                    found[passage] = max(found.get(passage, -1.0), score)
        return _best(found, k)


def _best(found: dict[int, float], k: int) -> list[tuple[int, float]]:
    """The k best of passage id -> score; ties by passage id, so that the order is always the same."""
    return sorted(found.items(), key=lambda entry: (-entry[1], entry[0]))[:k]


def _extension() -> str:
    """The library of sqlite-vec, without importing its package (which imports numpy)."""
    spec = importlib.util.find_spec("sqlite_vec")
    if spec is None or spec.origin is None:
        raise DatabaseError("sqlite-vec is not installed", "Install it: pip install 'sqlite-vec>=0.1.9,<0.1.10'")
    return str(Path(spec.origin).parent / "vec0")
