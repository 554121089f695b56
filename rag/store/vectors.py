"""
Vectors: plain little-endian float32 blobs in the main file.

A blob is addressed by the hash of its text (a window of a passage, or a title) and the model, so text that moved or
repeats is never embedded twice. Every blob carries a checksum. Searching them is the business of `sidecar.py`.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rag.errors import DatabaseError, ModelError
from rag.store.engine import Store

if TYPE_CHECKING:
    from rag.types import Vectors

ORPHAN = "hash not in (select hash from passage_window) and hash not in (select title_hash from document)"
# CROSS JOIN fixes the order: left alone, the planner walks all vectors for each passage.
EMBEDDED = (
    "passage p cross join passage_window w on w.passage_id = p.id"
    " cross join vector v on v.hash = w.hash and v.model_id = :model"
)


def model_id(db: Store, name: str, fingerprint: str, dimensions: int, *, create: bool = False) -> int:
    """The number of an embedder in this index; 0 if it has never embedded anything here."""
    found = db.value("select id from model where name = ? and fingerprint = ?", (name, fingerprint))
    if found is None and create:
        found = db.insert(
            "insert into model (name, fingerprint, dimensions) values (?, ?, ?)", (name, fingerprint, dimensions)
        )
    return int(found or 0)


def dimensions(db: Store, model: int) -> int:
    """Of the vectors of a model."""
    return int(db.value("select dimensions from model where id = ?", (model,)))


def forget_others(db: Store, fingerprint: str) -> None:
    """Remove the vectors of every model but the one with this fingerprint."""
    db.execute("delete from vector where model_id in (select id from model where fingerprint != ?)", (fingerprint,))


def missing(db: Store, model: int, hashes: Sequence[str]) -> set[str]:
    """Those of the hashes that have no vector of this model."""
    rows = db.execute(
        "select hash from vector where model_id = ? and hash in (select value from json_each(?))",
        (model, json.dumps(list(hashes))),
    )
    return set(hashes) - {value for (value,) in rows}


def put(db: Store, model: int, hashes: Sequence[str], vectors: Vectors) -> None:
    """Store vectors; one that is not finite or not of unit length is the model's fault and is refused."""
    import numpy as np

    if len(hashes) == 0:
        return
    norms = np.linalg.norm(vectors, axis=1)
    if not np.isfinite(norms).all() or np.abs(norms - 1).max() > 1e-2:
        raise ModelError("the embedder returned a vector that is not finite or not of unit length")
    blobs = [row.tobytes() for row in np.ascontiguousarray(vectors, dtype="<f4")]
    db.executemany(
        "insert into vector (hash, model_id, data, checksum) values (?, ?, ?, ?) on conflict do nothing",
        [(key, model, blob, zlib.crc32(blob)) for key, blob in zip(hashes, blobs, strict=True)],
    )


def prune(db: Store) -> int:
    """Drop the vectors that no window and no title has any more, unless others write now; how many."""
    if not db.alone():
        return 0
    return db.run(f"delete from vector where {ORPHAN}")


def of_document(db: Store, model: int, number: int) -> tuple[list[int], Any, Any, Any]:
    """
    A document's windows: their ids, their passages (n,), their vectors (n, dimensions), and the title's vector or None.

    Windows that have no vector are left out. Raises DatabaseError on a damaged blob.
    """
    import numpy as np

    rows = list(
        db.execute(
            f"select w.id, p.id, v.data, v.checksum from {EMBEDDED} where p.document_id = :document"
            " order by p.seq, w.seq",
            {"model": model, "document": number},
        )
    )
    made = np.frombuffer(b"".join(sound(db, blob, checksum) for *_, blob, checksum in rows), dtype="<f4")
    title = db.one(
        "select v.data, v.checksum from document d cross join vector v on v.hash = d.title_hash and v.model_id = ?"
        " where d.id = ?",
        (model, number),
    )
    return (
        [row[0] for row in rows],
        np.array([row[1] for row in rows], dtype=np.int64),
        made.reshape(len(rows), -1) if rows else made.reshape(0, 0),
        np.frombuffer(sound(db, *title), dtype="<f4") if title else None,
    )


def sound(db: Store, blob: bytes, checksum: int) -> bytes:
    """The blob, if its bytes are those that were written."""
    if zlib.crc32(blob) != checksum:
        raise DatabaseError(f"{db.path} holds a damaged vector", f"Mend it: rag doctor --fix -d {db.path}")
    return blob
