"""
Vectors: plain little-endian float16 or float32 blobs in the main file, as the index was told when it was made.

A blob is addressed by the hash of its text (a window of a passage, or a title) and the model, so text that moved or
repeats is never embedded twice. Every blob carries a checksum. Searching them is the business of `sidecar.py`.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from rag.errors import DatabaseError, InputError, ModelError
from rag.files import typed
from rag.store.engine import Store

if TYPE_CHECKING:
    from rag.types import Vectors

STEP = 5000  # hashes or documents in one statement
STORED = "store_vectors"  # setting: the form of new vectors; an index of before there was a choice has none
FORMS = {"f16": "<f2", "f32": "<f4"}
FORM = "f16"  # of a new index: measured to find the same (docs/performance.md)
SHORT = (1 << 23) - 1  # of a CRC-32, what is kept
NORMAL = 2.0**-14  # a float16 below is not of normal form: it is stored as zero
# The first six characters are what the index of windows holds of a hash.
ORPHAN = (
    "not exists (select 1 from passage_window w where substr(w.hash, 1, 6) = substr(vector.hash, 1, 6)"
    " and w.hash = vector.hash) and not exists (select 1 from document d where d.title_hash = vector.hash"
    " and d.title_hash != '')"
)
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
    norms = np.linalg.norm(np.asarray(vectors, dtype=np.float32), axis=1)
    if not np.isfinite(norms).all() or np.abs(norms - 1).max() > 1e-2:
        raise ModelError("the embedder returned a vector that is not finite or not of unit length")
    blobs = encoded(vectors, form(db))
    db.executemany(
        "insert into vector (hash, model_id, data, checksum) values (?, ?, ?, ?) on conflict do nothing",
        [(key, model, blob, checksum(blob)) for key, blob in zip(hashes, blobs, strict=True)],
    )


def form(db: Store) -> str:
    """The form in which vectors are stored, f16 or f32."""
    return str(db.setting(STORED, "f32"))


def check_form(db: Store, name: str) -> None:
    """Raises InputError if there is no such form, DatabaseError if the index has another; an empty name is any."""
    if name and name not in FORMS:
        raise InputError(f"vectors cannot be stored as {name!r}", f"Choose {' or '.join(FORMS)}.")
    if name and db.setting("embedder") and name != form(db):
        raise DatabaseError(
            f"{db.path} stores vectors as {form(db)}, not {name}",
            f"rag optimize --store-vectors {name} -d {typed(db.path)}",
        )


def kept(db: Store, vectors: Vectors) -> Any:
    """The vectors as they will be stored, which may be half as large."""
    import numpy as np

    with np.errstate(over="ignore"):  # what is too large is refused when it is stored
        return np.asarray(vectors, dtype=FORMS[form(db)])


def encoded(vectors: Any, name: str) -> list[bytes]:
    """float (n, dimensions) as blobs of this form."""
    import numpy as np

    made = np.ascontiguousarray(vectors, dtype=FORMS[name])
    if name == "f16":
        made[np.abs(made) < NORMAL] = 0
    return [row.tobytes() for row in made]


def prune(db: Store, hashes: Iterable[str] | None = None) -> int:
    """Drop the vectors (of these hashes, or any) that no window and no title has any more, unless others write now."""
    if not db.alone():
        return 0
    if hashes is None:
        return db.run(f"delete from vector where {ORPHAN}")
    listed, count = list(hashes), 0
    for first in range(0, len(listed), STEP):
        count += db.run(
            "delete from vector where model_id in (select id from model)"
            f" and hash in (select value from json_each(?)) and {ORPHAN}",
            (json.dumps(listed[first : first + STEP]),),
        )
    return count


def hashes_of(db: Store, numbers: Sequence[int]) -> set[str]:
    """The hashes that documents' vectors are found by: of their windows and titles."""
    found: set[str] = set()
    for first in range(0, len(numbers), STEP):
        listed = json.dumps(list(numbers[first : first + STEP]))
        rows = db.execute(
            "select w.hash from passage p cross join passage_window w on w.passage_id = p.id"
            " where p.document_id in (select value from json_each(?))"
            " union select title_hash from document where id in (select value from json_each(?))",
            (listed, listed),
        )
        found.update(hash_ for (hash_,) in rows)
    return found


def of_document(db: Store, model: int, number: int) -> tuple[Any, Any]:
    """
    A document's windows: their passages (n,) and their vectors (n, dimensions).

    Windows that have no vector are left out. Raises DatabaseError on a damaged blob.
    """
    import numpy as np

    rows = list(
        db.execute(
            f"select p.id, v.data, v.checksum from {EMBEDDED} where p.document_id = :document order by p.seq, w.seq",
            {"model": model, "document": number},
        )
    )
    size = dimensions(db, model)
    made = [decoded(sound(db, blob, checksum), size) for _, blob, checksum in rows]
    passages = np.array([row[0] for row in rows], dtype=np.int64)
    return passages, np.array(made, dtype=np.float32).reshape(len(rows), size)


def decoded(blob: bytes, dimensions: int) -> Any:
    """The float32 numbers of a blob, stored as float32 or float16: its length tells which."""
    import numpy as np

    return np.frombuffer(blob, dtype="<f4" if len(blob) == 4 * dimensions else "<f2")


def checksum(blob: bytes) -> int:
    """Of three bytes in the file: with one of four, four rows of 384 float16 fill a page of 4 KB, and not five."""
    return zlib.crc32(blob) & SHORT


def fits(blob: bytes, stored: int) -> bool:
    """Whether a blob is what was written; older rows have all of the CRC-32."""
    return stored in ((made := zlib.crc32(blob)), made & SHORT)


def sound(db: Store, blob: bytes, stored: int) -> bytes:
    """The blob, if its bytes are those that were written."""
    if not fits(blob, stored):
        raise DatabaseError(f"{db.path} holds a damaged vector", f"Mend it: rag doctor --fix -d {typed(db.path)}")
    return blob
