"""
The KNN index beside the main file: `NAME.db-index`, a sqlite-vec table with one row a window, which can be lost.

A row is a window's vector in its context (`context.py`); a passage is as near as its nearest window. It is caught up
from the main file's blobs whenever it lags behind, a document at a time, and built anew (under another name, then moved
into place) when it has been churned or does not fit. Exact up to `CELLS_FROM` windows; beyond that a question looks
into some cells only (`cells.py`), unless exactness is asked for.

One process writes it at a time, and what it wrote is sealed (`seal.py`): a file that is not as it was written is built
anew before it is searched. Where it cannot be had at all, the blobs of the main file are searched instead.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import apsw

from rag import files
from rag.errors import DatabaseError
from rag.store import faults, seal
from rag.store.database import Database
from rag.store.filling import Rows
from rag.store.filters import Filters

MAPPED = 1 << 30  # bytes of the file that are read without copying
MOST = 4096  # sqlite-vec's limit of k
FORMAT = 3  # of the sidecar
CELLS_FROM = 200_000  # windows; up to here a scan of all is fast enough
WINDOWS = 3  # asked for each passage that is wanted, at first
OFTEN = 20  # questions after which a program (an evaluation, a server) keeps the vectors in memory: five times faster


class Sidecar:
    """The KNN index of one main file and one model: `nearest` catches up first. Close it when done."""

    def __init__(self, db: Database, model: int, dimensions: int, cells_from: int = CELLS_FROM) -> None:
        self.db, self.model, self.dimensions = db, model, dimensions
        self.rows = Rows(db, model, dimensions, cells_from)
        self.path = db.beside("-index")
        self.connection: apsw.Connection | None = None
        self._sealed: seal.Identity | None = None  # of the file that is open and known to be sound
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
        for again in (False, True):
            try:
                self._fresh(anew=again)
                return self._nearest(vector, k, filters, exact)
            except (apsw.Error, OSError, ValueError, TypeError):
                self.close()  # it can be lost: built anew once, and done without if that fails
        return self._scan(vector, k, filters)

    def _nearest(self, vector: Any, k: int, filters: Filters, exact: bool) -> list[tuple[int, float]]:
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
            self._memory = passages, first, self.rows.matrix([blob for _, blob in rows])
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
        self._sealed = self._memory = None
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def problem(self, documents: Sequence[int] | None = None) -> str:
        """
        What is wrong with the sidecar, read whole; the rows of these documents (or all) are made again and compared.

        It is not wrong to have none yet, or one that lags behind or whose writer was killed: a search sees to that.
        """
        if not self.path.exists():
            return ""
        try:
            self.close()
            lags = self._stamp() != self._wanted()
            if not seal.holds(self.path, self._seal()):
                return "" if seal.is_open(self._seal()) else f"{self.path} is not as it was written"
            (rows,) = next(self._open().execute("select count(*) from vec"))
            (entries,) = next(self._open().execute("select count(*) from entry"))
            if rows != entries:
                return f"{self.path} has {rows} vectors for {entries} windows"
            listed = list(self.rows.documents()) if documents is None else documents
            wrong = 0 if lags else sum(not self._same(number) for number in listed)
        except (apsw.Error, OSError, ValueError, TypeError) as error:
            return f"{self.path} cannot be used: {error}"
        return f"{self.path} has other vectors than the index for {wrong} documents" if wrong else ""

    def _same(self, document: int) -> bool:
        """Whether the rows of a document are those that the main file gives."""
        windows, passages, vectors = self.rows.placed(document)
        rows = self._open().execute(
            "select e.id, e.passage_id, v.embedding from entry e cross join vec v on v.rowid = e.id"
            " where e.document_id = ?", (document,)
        )  # fmt: skip
        stored = {number: (passage, blob) for number, passage, blob in rows}
        made = zip(windows, passages.tolist(), (vector.tobytes() for vector in vectors), strict=True)
        return stored == {number: (passage, blob) for number, passage, blob in made}

    def rebuild(self) -> None:
        """Build it anew, whatever there is. Raises DatabaseError if it cannot be written."""
        try:
            self._fresh(anew=True)
        except (apsw.Error, OSError) as error:
            raise DatabaseError(
                f"cannot write {self.path}: {error}", "Free some space, or check the folder."
            ) from error

    def _wanted(self) -> list[Any]:
        """What the sidecar must have seen to be fresh; the last is the version of the main file."""
        return [FORMAT, self.db.setting("uuid"), self.model, self.dimensions, self.db.setting("version", 0)]

    def _stamp(self) -> list[Any]:
        with suppress(apsw.SQLError):
            for (value,) in self._open().execute("select value from stamp"):
                return list(json.loads(value))
        return []

    def _seal(self) -> Path:
        return self.db.beside("-index-seal")

    def _fresh(self, *, anew: bool = False) -> None:
        """
        Make sure that the open file is sound and has seen what the main file has: check it, catch up or build anew.

        Who finds another process at it waits for that one, and then takes what it made. Raises apsw.Error or OSError.
        """
        wanted = self._wanted()
        if not anew and self._sound(wanted):
            return
        if not os.access(self.path.parent, os.W_OK):
            if not anew and self.path.exists() and self._stamp() == wanted and seal.holds(self.path, self._seal()):
                self._sealed = seal.identity(self.path)
                return
            raise OSError(f"{self.path} is not as it should be, and cannot be written")
        with files.locked(self._seal(), self.db.real, seconds=faults.BUSY_SECONDS) as held:
            if held is None:
                raise OSError(f"another process has been writing {self.path} for {faults.BUSY_SECONDS} s")
            self.close()
            stamp = [] if anew else self._checked(wanted)
            if stamp != wanted:
                seal.begin(held)
                if not stamp or not self._caught_up(wanted):
                    self._build(wanted)
            self._sealed = seal.close(self.path, held)

    def _sound(self, wanted: list[Any]) -> bool:
        """Whether the file is the one that was sealed, by its identity alone, and fresh."""
        there = seal.identity(self.path)
        if there is None or (there != self._sealed and not seal.fits(there, self._seal())):
            return False
        if there != self._sealed:
            self.close()
        if self._stamp() != wanted:
            return False
        self._sealed = there
        return True

    def _checked(self, wanted: list[Any]) -> list[Any]:
        """The stamp of the file if it is whole and of this index and model, else nothing. The lock is held."""
        try:
            stamp = self._stamp() if self.path.exists() else []  # a run that was killed is rolled back by reading
            return stamp if stamp[:-1] == wanted[:-1] and seal.holds(self.path, self._seal()) else []
        except (apsw.Error, ValueError, TypeError):
            return []  # damaged, or of another format

    def _caught_up(self, wanted: list[Any]) -> bool:
        try:
            return self._catch_up(wanted)
        except (apsw.Error, ValueError, TypeError):
            return False

    def _open(self) -> apsw.Connection:
        if self.connection is None:
            self.connection = self._connect(self.path)
        return self.connection

    def _connect(self, path: Path) -> apsw.Connection:
        flags = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE | apsw.SQLITE_OPEN_URI
        if not os.access(path.parent, os.W_OK):
            flags = apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI
        else:
            files.make(path, self.db.real)
        connection = apsw.Connection(f"file:{quote(os.fsencode(path))}", flags)
        try:
            connection.set_busy_timeout(30_000)
            connection.enable_load_extension(True)
            connection.load_extension(_extension())
            connection.enable_load_extension(False)
            connection.pragma("synchronous", "off")  # it can be lost
            connection.pragma("mmap_size", MAPPED)  # every search reads all of it
            options = self.db.options or "?mode=ro"
            if "unix-none" in options:
                connection.pragma("locking_mode", "exclusive")
            connection.execute("attach ? as main_file", (self.db.address().removesuffix(self.db.options) + options,))
        except BaseException:
            connection.close()
            raise
        return connection

    # -- filling --------------------------------------------------------------------------------------------------

    def _catch_up(self, wanted: list[Any]) -> bool:
        """Take in what changed. False if so much did, or was deleted before, that building anew is better."""
        connection = self._open()
        known = {number: tuple(rest) for number, *rest in connection.execute("select * from source")}
        current = self.rows.documents()
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
            self.rows.stage(connection, new)
            self.rows.insert(connection, {number: current[number] for number in new})
            connection.execute("update churn set value = ?", (churn,))
            connection.execute("update stamp set value = ?", (json.dumps(wanted),))
            connection.execute("commit")
        except BaseException:
            connection.execute("rollback")
            raise
        return True

    def _build(self, wanted: list[Any]) -> None:
        """Build it under another name, which is ours alone while the lock is held, and move it into place."""
        self.close()
        fresh = self.db.beside("-index-part")
        left = [self.db.beside(f"-index-part{suffix}") for suffix in ("", "-journal", "-wal", "-shm")]
        try:
            for file in (*left, *self._unfinished()):  # of a run that was killed
                file.unlink(missing_ok=True)
            connection = self._connect(fresh)
            try:
                connection.pragma("journal_mode", "off", schema="main")
                self.rows.fill(connection, wanted)
            finally:
                connection.close()
            self.db.beside("-index-journal").unlink(missing_ok=True)  # it is not of this file
            os.replace(fresh, self.path)
        finally:
            for file in left:
                with suppress(OSError):
                    file.unlink(missing_ok=True)

    def _unfinished(self) -> list[Path]:
        """What older versions left when they were killed: exactly their names, and no process of that number lives."""
        number = re.compile(re.escape(f"{self.path.name}.") + r"([0-9]{1,9})", re.ASCII)
        found = [(file, number.fullmatch(file.name)) for file in self.path.parent.iterdir()]
        return [file for file, match in found if match and not _alive(int(match[1]))]

    def _cells(self, vector: Any) -> list[int]:
        """The cells to look into; none if this sidecar has no cells."""
        connection = self._open()
        centroids = self.rows.centroids(connection)
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
        for document in self.rows.documents():
            _, passages, vectors = self.rows.placed(document)
            for passage, score in zip(passages.tolist(), (vectors @ vector).tolist(), strict=True):
                if passage in allowed:
                    found[passage] = max(found.get(passage, -1.0), score)
        return _best(found, k)


def _best(found: dict[int, float], k: int) -> list[tuple[int, float]]:
    """The k best of passage id -> score; ties by passage id, so that the order is always the same."""
    return sorted(found.items(), key=lambda entry: (-entry[1], entry[0]))[:k]


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _extension() -> str:
    """The library of sqlite-vec, without importing its package (which imports numpy)."""
    spec = importlib.util.find_spec("sqlite_vec")
    if spec is None or spec.origin is None:
        raise DatabaseError("sqlite-vec is not installed", "Install it: pip install 'sqlite-vec>=0.1.9,<0.1.10'")
    return str(Path(spec.origin).parent / "vec0")
