"""
The KNN index beside the main file: `NAME.db-index`, a sqlite-vec table with one row a passage, which can be lost.

It is caught up from the main file's blobs whenever it lags behind, and built anew (under another name, then moved into
place) when it has been churned or does not fit. Exact up to `CELLS_FROM` passages; beyond that a question looks into
some cells only (`cells.py`), unless exactness is asked for.
"""

from __future__ import annotations

import importlib.util
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import quote

import apsw

from rag.errors import DatabaseError
from rag.store.database import Database
from rag.store.documents import Filters
from rag.store.vectors import CHOSEN, get, sound

MOST = 4096  # sqlite-vec's limit of k
FORMAT = 2  # of the sidecar
CELLS_FROM = 200_000  # passages; up to here a scan of all is fast enough
BLOCK = 4096  # vectors in memory at a time
EMBEDDED = "from passage p join vector v on v.hash = p.hash and v.model_id = ?"
Row = tuple[int, str, bytes]  # passage id, hash, vector


class Sidecar:
    """The KNN index of one main file and one model: `nearest` catches up first. Close it when done."""

    def __init__(self, db: Database, model: int, dimensions: int, cells_from: int = CELLS_FROM) -> None:
        self.db, self.model, self.dimensions, self.cells_from = db, model, dimensions, cells_from
        self.path = Path(f"{db.path}-index")
        self.connection: apsw.Connection | None = None

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
        subquery, values = filters.ids("main_file")
        only = f"and rowid in ({subquery})" if subquery else ""
        if not exact and not subquery and (chosen := self._cells(vector)):
            only = f"and cell in ({', '.join(map(str, chosen))})"  # gives k rows for each cell
        with self.db.errors():
            rows = self._open().execute(
                f"select rowid, distance from vec where embedding match :vector and k = :k {only}",
                {**values, "vector": vector.astype("<f4").tobytes(), "k": min(k, MOST)},
            )
            # Unit vectors: |a - b|^2 = 2 - 2 cos.
            found = [(number, 1 - distance * distance / 2) for number, distance in rows]
        return sorted(found, key=lambda entry: (-entry[1], entry[0]))[:k]

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
            if stamp == wanted or (stamp[:-1] == wanted[:-1] and self._catch_up(wanted)):
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
        connection.execute("attach ? as main_file", (f"file:{quote(str(self.db.path.absolute()))}?mode=ro",))
        return connection

    # -- filling --------------------------------------------------------------------------------------------------

    def _catch_up(self, wanted: list[Any]) -> bool:
        """Take in what changed. False if so much did, or was deleted before, that building anew is better."""
        connection = self._open()
        rows = dict(connection.execute("select passage_id, hash from entry"))
        current = dict(self.db.execute(f"select p.id, p.hash {EMBEDDED}", (self.model,)))
        gone = [number for number, key in rows.items() if current.get(number) != key]
        new = [number for number, key in current.items() if rows.get(number) != key]
        (churn,) = next(connection.execute("select value from churn"))
        if churn + len(gone) + len(new) > max(1000, len(current) // 2):
            return False
        connection.execute("begin immediate")
        try:
            connection.executemany("delete from vec where rowid = ?", [(number,) for number in gone])
            connection.executemany("delete from entry where passage_id = ?", [(number,) for number in gone])
            self._insert(connection, self._rows(new), self._centroids(connection))
            connection.execute("update churn set value = value + ?", (len(gone) + len(new),))
            connection.execute("update stamp set value = ?", (json.dumps(wanted),))
            connection.execute("commit")
        except BaseException:
            connection.execute("rollback")
            raise
        return True

    def _build(self, wanted: list[Any]) -> None:
        self.close()
        fresh = self.path.with_name(f"{self.path.name}.{os.getpid()}")
        try:
            for left in self.path.parent.glob(f"{self.path.name}.[0-9]*"):
                left.unlink(missing_ok=True)  # by a run that was killed
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

    def _fill(self, connection: apsw.Connection, wanted: list[Any]) -> None:
        numbers = [number for (number,) in self.db.execute(f"select p.id {EMBEDDED} order by p.id", (self.model,))]
        large = len(numbers) >= self.cells_from
        cell = "cell integer partition key, " if large else ""
        chunk = ", chunk_size=256" if large else ""
        connection.execute(
            f"begin; create virtual table vec using vec0({cell}embedding float[{self.dimensions}]{chunk});"
            " create table entry (passage_id integer primary key, hash text not null);"
            " create table centroid (cell integer primary key, data blob not null);"
            " create table probes (value integer);"
            " create table churn (value integer); insert into churn values (0);"
            " create table stamp (value text)"
        )
        if large:
            self._learn(connection, numbers)
        self._insert(connection, self._rows(numbers), self._centroids(connection))
        connection.execute("insert into stamp values (?)", (json.dumps(wanted),))
        connection.execute("commit")

    def _insert(self, connection: apsw.Connection, rows: Iterator[Row], centroids: Any) -> None:
        if centroids is None:
            sql = "insert into vec (rowid, embedding) values (?, ?)"
            for number, key, blob in rows:
                connection.execute(sql, (number, blob))
                connection.execute("insert into entry values (?, ?)", (number, key))
            return
        import numpy as np

        from rag.store import cells

        placed = []
        while part := list(islice(rows, BLOCK)):
            vectors = np.frombuffer(b"".join(blob for *_, blob in part), dtype="<f4").reshape(len(part), -1)
            placed += [
                (int(cell), number) for cell, (number, *_) in zip(cells.assign(vectors, centroids), part, strict=True)
            ]
            connection.executemany("insert into entry values (?, ?)", [(number, key) for number, key, _ in part])
        placed.sort()  # vec0 fills its chunks cell by cell: in any other order this is ten times slower
        for first in range(0, len(placed), BLOCK):
            part_of = placed[first : first + BLOCK]
            blobs = {number: blob for number, _, blob in self._rows([number for _, number in part_of])}
            connection.executemany(
                "insert into vec (rowid, cell, embedding) values (?, ?, ?)",
                [(number, cell, blobs[number]) for cell, number in part_of],
            )

    def _rows(self, numbers: Sequence[int]) -> Iterator[Row]:
        """(passage id, hash, checked blob)."""
        for first in range(0, len(numbers), 1000):
            part = json.dumps(list(numbers[first : first + 1000]))
            for number, key, blob, checksum in self.db.execute(f"select p.id, p.hash, {CHOSEN}", (part, self.model)):
                yield number, key, sound(self.db, blob, checksum)

    # -- cells ----------------------------------------------------------------------------------------------------

    def _learn(self, connection: apsw.Connection, numbers: Sequence[int]) -> None:
        """Centroids, and how many cells a question must look into, measured on this index."""
        import numpy as np

        from rag.store import cells

        def blocks() -> Iterator[Any]:
            for first in range(0, len(numbers), BLOCK):
                part = b"".join(blob for *_, blob in self._rows(numbers[first : first + BLOCK]))
                yield np.frombuffer(part, dtype="<f4").reshape(-1, self.dimensions)

        centroids = cells.learn(blocks, len(numbers), cells.count(len(numbers)))
        connection.executemany(
            "insert into centroid values (?, ?)", [(cell, row.tobytes()) for cell, row in enumerate(centroids)]
        )
        connection.execute("insert into probes values (?)", (cells.probes(blocks, len(numbers), centroids),))

    def _centroids(self, connection: apsw.Connection) -> Any:
        """float32 (cells, dimensions), or None if this sidecar has no cells."""
        found = [blob for (blob,) in connection.execute("select data from centroid order by cell")]
        if not found:
            return None
        import numpy as np

        return np.frombuffer(b"".join(found), dtype="<f4").reshape(-1, self.dimensions)

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
        import numpy as np

        subquery, values = filters.ids()
        every = self.db.execute(subquery or "select id from passage", values)
        made = get(self.db, self.model, [number for (number,) in every])
        if not made:
            return []
        numbers = np.array(list(made))
        scores = np.stack(list(made.values())) @ vector
        best = np.lexsort((numbers, -scores))[:k]
        return [(int(numbers[i]), float(scores[i])) for i in best]


def _extension() -> str:
    """The library of sqlite-vec, without importing its package (which imports numpy)."""
    spec = importlib.util.find_spec("sqlite_vec")
    if spec is None or spec.origin is None:
        raise DatabaseError("sqlite-vec is not installed", "Install it: pip install 'sqlite-vec>=0.1.9,<0.1.10'")
    return str(Path(spec.origin).parent / "vec0")
