"""
Vectors: plain little-endian float32 blobs in the main file.

A blob is addressed by the hash of its text and the model, so text that moved or repeats is never embedded twice. Every
blob carries a checksum. Searching them is the business of `sidecar.py`.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rag.errors import DatabaseError, ModelError
from rag.store.database import Database

if TYPE_CHECKING:
    from rag.types import Vectors

# Vectors of chosen passages. CROSS JOIN fixes the order: left alone, the planner walks all vectors for each passage.
CHOSEN = (
    "v.data, v.checksum from json_each(?) chosen cross join passage p on p.id = chosen.value"
    " cross join vector v on v.hash = p.hash and v.model_id = ?"
)


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

    rows = db.execute(f"select p.id, {CHOSEN}", (json.dumps(list(numbers)), model))
    return {number: np.frombuffer(sound(db, blob, checksum), dtype="<f4") for number, blob, checksum in rows}


def sound(db: Database, blob: bytes, checksum: int) -> bytes:
    """The blob, if its bytes are those that were written."""
    if zlib.crc32(blob) != checksum:
        raise DatabaseError(f"{db.path} holds a damaged vector", f"Mend it: rag doctor --fix -d {db.path}")
    return blob
