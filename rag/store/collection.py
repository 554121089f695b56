"""Everything of one kind that a collection has, read in one pass: texts and vectors of passages and of documents."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rag.store.engine import Store
from rag.store.filters import Filters
from rag.store.hashes import digest
from rag.store.vectors import decoded, dimensions, sound

KINDS = ("passages", "documents")


@dataclass(frozen=True, slots=True)
class Text:
    """A passage or a document by number."""

    id: int
    document: int
    text: str


def texts(db: Store, kind: str, filters: Filters = Filters()) -> Iterator[Text]:  # noqa: B008 (frozen)
    """The texts of passages or documents that may be found, in the order in which they were added."""
    condition, values = _where(filters)
    if kind == "documents":
        what = "d.id, d.id, d.text from document d join source s on s.id = d.source_id"
        order = "d.id"
    else:
        what = (
            "p.id, p.document_id, p.text from passage_whole p join document d on d.id = p.document_id"
            " join source s on s.id = d.source_id"
        )
        order = "p.id"
    for row in db.execute(f"select {what} {condition} order by {order}", values):
        yield Text(*row)


def vectors(db: Store, model: int, filters: Filters = Filters()) -> tuple[Any, Any, Any]:  # noqa: B008 (frozen)
    """
    Of every window with a vector: passage (n,), document (n,), vector (n, dimensions), in the order of the passages.

    Raises DatabaseError on a damaged blob.
    """
    import numpy as np

    condition, values = _where(filters)
    passages: list[int] = []
    owners: list[int] = []
    size = dimensions(db, model)
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
        blobs += decoded(sound(db, blob, checksum), size).astype("<f4").tobytes()
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


def hashes(db: Store, kind: str, filters: Filters = Filters()) -> dict[int, str]:  # noqa: B008 (frozen)
    """number -> 32 hex digits that name it: a passage by its text, a document by its source and key."""
    condition, values = _where(filters)
    if kind == "documents":
        rows = db.execute(
            f"select d.id, s.name, d.key from document d join source s on s.id = d.source_id {condition}", values
        )
        return {number: digest(source, key) for number, source, key in rows}
    rows = db.execute(
        "select p.id, p.text from passage_whole p join document d on d.id = p.document_id"
        f" join source s on s.id = d.source_id {condition}",
        values,
    )
    return {number: digest(text) for number, text in rows}


def texts_of(db: Store, kind: str, numbers: Sequence[int], most: int = 0) -> Iterator[tuple[int, str]]:
    """(number, text) of these passages or documents, of each at most so many characters (0: all)."""
    table = "passage_whole" if kind == "passages" else "document"
    text = "substr(t.text, 1, :most)" if most else "t.text"
    rows = db.execute(
        f"select t.id, {text} from {table} t where t.id in (select value from json_each(:numbers))",
        {"numbers": json.dumps(list(numbers)), "most": most},
    )
    yield from rows


def names(db: Store) -> dict[int, tuple[str, str, str]]:
    """document number -> source, key, title."""
    rows = db.execute("select d.id, s.name, d.key, d.title from document d join source s on s.id = d.source_id")
    return {number: (source, key, title) for number, source, key, title in rows}


def places(db: Store) -> dict[int, int]:
    """passage number -> its place in its document, as `llm` sees it in `embeddings`."""
    return dict(db.execute("select id, seq from passage"))


def newest(db: Store, filters: Filters = Filters(), limit: int = 50) -> list[tuple[int, str]]:  # noqa: B008 (frozen)
    """(number, when it was indexed) of the documents that were indexed last, the newest first."""
    condition, values = _where(filters)
    rows = db.execute(
        f"select d.id, d.indexed from document d join source s on s.id = d.source_id {condition}"
        " order by d.indexed desc, d.id desc limit :limit",
        {**values, "limit": limit},
    )
    return list(rows)
