"""
Vectors: kept as plain little-endian float32 blobs in the main file, searched through a sidecar that can be lost.

A blob is addressed by the hash of its text and the model, so text that moved or repeats is never embedded twice. The
sidecar `NAME.db-index` holds a sqlite-vec table with one row a passage; it is caught up from the blobs whenever it
lags behind, and built anew (under another name, then moved into place) when it has been churned or does not fit.
"""

from __future__ import annotations

import importlib.util
import json
import os
import zlib
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import apsw

from rag.errors import DatabaseError, ModelError
from rag.store.database import Database
from rag.store.documents import Filters

if TYPE_CHECKING:
    from rag.types import Vectors

MOST = 4096  # sqlite-vec's limit of k
FORMAT = 1  # of the sidecar


def model_id(db: Database, name: str, fingerprint: str, dimensions: int, *, create: bool = False) -> int:
    """The number of an embedder in this index; 0 if it has never embedded anything here."""
    found = db.value("select id from model where name = ? and fingerprint = ?", (name, fingerprint))
    if found is None and create:
        db.execute(
            "insert into model (name, fingerprint, dimensions) values (?, ?, ?)", (name, fingerprint, dimensions)
        )
        found = db.connection.last_insert_rowid()
    return int(found or 0)


def missing(db: Database, model: int, hashes: Sequence[str]) -> set[str]:
    """Those of the hashes that have no vector of this model."""
    rows = db.execute(
        "select hash from vector where model_id = ? and hash in (select value from json_each(?))",
        (model, json.dumps(list(hashes))),
    )
    return set(hashes) - {value for (value,) in rows}


def put(db: Database, model: int, hashes: Sequence[str], vectors: Vectors) -> None:
    """Store vectors; one that is not finite or not of unit length is the model's fault and is refused."""
    import numpy as np

    if len(hashes) == 0:
        return
    norms = np.linalg.norm(vectors, axis=1)
    if not np.isfinite(norms).all() or np.abs(norms - 1).max() > 1e-2:
        raise ModelError("the embedder returned a vector that is not finite or not of unit length")
    blobs = [row.tobytes() for row in np.ascontiguousarray(vectors, dtype="<f4")]
    db.executemany(
        "insert or ignore into vector (hash, model_id, data, checksum) values (?, ?, ?, ?)",
        [(key, model, blob, zlib.crc32(blob)) for key, blob in zip(hashes, blobs, strict=True)],
    )


def prune(db: Database) -> int:
    """Drop the vectors that no passage has any more; how many."""
    db.execute("delete from vector where hash not in (select hash from passage)")
    return int(db.connection.changes())


def get(db: Database, model: int, numbers: Sequence[int]) -> dict[int, Any]:
    """passage id -> its vector (float32), for those that have one. Raises DatabaseError on a damaged blob."""
    import numpy as np

    rows = db.execute(
        "select p.id, v.data, v.checksum from passage p join vector v on v.hash = p.hash and v.model_id = ?"
        " where p.id in (select value from json_each(?))",
        (model, json.dumps(list(numbers))),
    )
    return {number: np.frombuffer(_sound(db, blob, checksum), dtype="<f4") for number, blob, checksum in rows}


def _sound(db: Database, blob: bytes, checksum: int) -> bytes:
    if zlib.crc32(blob) != checksum:
        raise DatabaseError(f"{db.path} holds a damaged vector", f"Mend it: rag doctor --fix -d {db.path}")
    return blob


class Sidecar:
    """The KNN index of one main file and one model. Open, catch up, search; close."""

    def __init__(self, db: Database, model: int, dimensions: int) -> None:
        self.db, self.model, self.dimensions = db, model, dimensions
        self.path = Path(f"{db.path}-index")
        self.connection: apsw.Connection | None = None

    def nearest(self, vector: Any, k: int, filters: Filters = Filters()) -> list[tuple[int, float]]:  # noqa: B008
        """(passage id, cosine), best first, exact. `vector` is float32 of unit length."""
        try:
            self._fresh()
        except DatabaseError:
            if os.access(self.path.parent, os.W_OK):
                raise
            return self._scan(vector, k, filters)
        subquery, values = filters.ids("main_file")
        only = f"and rowid in ({subquery})" if subquery else ""
        with self.db.errors():
            rows = self._open().execute(
                f"select rowid, distance from vec where embedding match :vector and k = :k {only}",
                {**values, "vector": vector.astype("<f4").tobytes(), "k": min(k, MOST)},
            )
            # Unit vectors: |a - b|^2 = 2 - 2 cos.
            return [(number, 1 - distance * distance / 2) for number, distance in rows]

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

    def close(self) -> None:
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def problem(self) -> str:
        """What is wrong with the sidecar; it is not wrong to have none yet."""
        if not self.path.exists():
            return ""
        try:
            if self._stamp() != self.version():
                return f"{self.path} lags behind the index"
            (rows,) = next(self._open().execute("select count(*) from vec"))
            (entries,) = next(self._open().execute("select count(*) from entry"))
        except apsw.Error as error:
            return f"{self.path} cannot be used: {error}"
        return "" if rows == entries else f"{self.path} has {rows} vectors for {entries} passages"

    def rebuild(self) -> None:
        self._build(self.version())

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
        connection.execute("pragma synchronous = off")  # it can be lost; it is checked when it is opened
        connection.execute("attach ? as main_file", (f"file:{quote(str(self.db.path.absolute()))}?mode=ro",))
        return connection

    def version(self) -> str:
        """What the sidecar must have seen to be fresh."""
        return json.dumps([FORMAT, self.model, self.dimensions, self.db.setting("version", 0), self.db.setting("uuid")])

    def _fresh(self) -> None:
        """Catch up with the main file, or build anew."""
        wanted = self.version()
        try:
            if self.path.exists() and self._stamp() == wanted:
                return
            if self.path.exists() and self._stamp()[:2] == wanted[:2] and self._catch_up(wanted):
                return
        except (apsw.Error, DatabaseError):
            pass  # damaged, or of another format: it can be lost
        self._build(wanted)

    def _stamp(self) -> str:
        connection = self._open()
        with suppress(apsw.SQLError):
            for (value,) in connection.execute("select value from stamp"):
                return str(value)
        return ""

    def _catch_up(self, wanted: str) -> bool:
        """Take in what changed. False if so much did, or was deleted before, that building anew is better."""
        if (
            json.loads(wanted)[:3] != json.loads(self._stamp())[:3]
            or json.loads(wanted)[4] != json.loads(self._stamp())[4]
        ):
            return False
        connection = self._open()
        rows = dict(connection.execute("select passage_id, hash from entry"))
        current = dict(
            self.db.execute(
                "select p.id, p.hash from passage p join vector v on v.hash = p.hash and v.model_id = ?", (self.model,)
            )
        )
        gone = [number for number, key in rows.items() if current.get(number) != key]
        new = [number for number, key in current.items() if rows.get(number) != key]
        (churn,) = next(connection.execute("select value from churn"))
        if churn + len(gone) > max(1000, len(current) // 2):
            return False
        connection.execute("begin immediate")
        try:
            connection.executemany("delete from vec where rowid = ?", [(number,) for number in gone])
            connection.executemany("delete from entry where passage_id = ?", [(number,) for number in gone])
            self._insert(connection, new)
            connection.execute("update churn set value = value + ?", (len(gone),))
            connection.execute("update stamp set value = ?", (wanted,))
            connection.execute("commit")
        except BaseException:
            connection.execute("rollback")
            raise
        return True

    def _build(self, wanted: str) -> None:
        self.close()
        fresh = self.path.with_name(f"{self.path.name}.{os.getpid()}")
        fresh.unlink(missing_ok=True)
        try:
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
            fresh.unlink(missing_ok=True)

    def _fill(self, connection: apsw.Connection, wanted: str) -> None:
        connection.execute("begin")
        connection.execute(
            f"create virtual table vec using vec0(embedding float[{self.dimensions}]);"
            " create table entry (passage_id integer primary key, hash text not null);"
            " create table churn (value integer); insert into churn values (0);"
            " create table stamp (value text)"
        )
        numbers = [
            number
            for (number,) in self.db.execute(
                "select p.id from passage p join vector v on v.hash = p.hash and v.model_id = ? order by p.id",
                (self.model,),
            )
        ]
        self._insert(connection, numbers)
        connection.execute("insert into stamp values (?)", (wanted,))
        connection.execute("commit")

    def _insert(self, connection: apsw.Connection, numbers: Sequence[int]) -> None:
        for first in range(0, len(numbers), 1000):
            rows = self.db.execute(
                "select p.id, p.hash, v.data, v.checksum from passage p"
                " join vector v on v.hash = p.hash and v.model_id = ?"
                " where p.id in (select value from json_each(?))",
                (self.model, json.dumps(list(numbers[first : first + 1000]))),
            )
            for number, key, blob, checksum in rows:
                connection.execute(
                    "insert into vec (rowid, embedding) values (?, ?)", (number, _sound(self.db, blob, checksum))
                )
                connection.execute("insert into entry values (?, ?)", (number, key))


def _extension() -> str:
    """The library of sqlite-vec, without importing its package (which imports numpy)."""
    spec = importlib.util.find_spec("sqlite_vec")
    if spec is None or spec.origin is None:
        raise DatabaseError("sqlite-vec is not installed", "Install it: pip install 'sqlite-vec>=0.1.9,<0.1.10'")
    return str(Path(spec.origin).parent / "vec0")
