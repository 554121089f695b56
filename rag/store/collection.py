"""Everything of one kind that a collection has, read in one pass: texts and vectors of passages and of documents."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rag.store.database import Database
from rag.store.documents import Filters
from rag.store.vectors import sound

KINDS = ("passages", "documents")


@dataclass(frozen=True, slots=True)
class Text:
    """A passage or a document by number; `hash` is that of its text (a document's: of all that is stored of it)."""

    id: int
    document: int
    hash: str
    text: str


def texts(db: Database, kind: str, filters: Filters = Filters()) -> Iterator[Text]:  # noqa: B008 (frozen)
    """The texts of passages or documents that may be found, in the order in which they were added."""
    condition, values = _where(filters)
    if kind == "documents":
        what = "d.id, d.id, d.hash, d.text from document d join source s on s.id = d.source_id"
        order = "d.id"
    else:
        what = (
            "p.id, p.document_id, p.hash, p.text from passage p join document d on d.id = p.document_id"
            " join source s on s.id = d.source_id"
        )
        order = "p.id"
    for row in db.execute(f"select {what} {condition} order by {order}", values):
        yield Text(*row)


def vectors(db: Database, model: int, filters: Filters = Filters()) -> tuple[Any, Any, Any]:  # noqa: B008 (frozen)
    """
    Of every window with a vector: passage (n,), document (n,), vector (n, dimensions), in the order of the passages.

    Raises DatabaseError on a damaged blob.
    """
    import numpy as np

    condition, values = _where(filters)
    passages: list[int] = []
    owners: list[int] = []
    blobs = bytearray()
    rows = db.execute(
        "select p.id, p.document_id, v.data, v.checksum from passage p cross join document d on d.id = p.document_id"
        " cross join source s on s.id = d.source_id cross join passage_window w on w.passage_id = p.id"
        f" cross join vector v on v.hash = w.hash and v.model_id = :model {condition} order by p.id, w.seq",
        {**values, "model": model},
    )
    for passage, document, blob, checksum in rows:
        passages.append(passage)
        owners.append(document)
        blobs += sound(db, blob, checksum)
    made = np.frombuffer(blobs, dtype="<f4")
    return (
        np.array(passages, dtype=np.int64),
        np.array(owners, dtype=np.int64),
        made.reshape(len(passages), -1) if passages else made.reshape(0, 0),
    )


def _where(filters: Filters) -> tuple[str, dict[str, Any]]:
    condition, values = filters.where()
    found: dict[str, Any] = {**values}
    parts = [condition] if condition else []
    if filters.after:
        parts.append("p.id > :after")
        found["after"] = filters.after
    return (f"where {' and '.join(parts)}" if parts else ""), found
