"""Some documents from one engine to another, each with all of its rows, numbered as they are."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence

from rag.store.engine import Row, Store

DOCUMENT = (
    "id, source_id, key, title, url, author, date, kind, meta, text, hash, title_hash, item, stamp, indexed, seal"
)
BELOW = {  # a document's rows, found by its number
    "passage_whole": ('id, document_id, seq, start, "end", title, heading, text, identifiers, folded', "document_id"),
    "passage_window": ('id, passage_id, seq, start, "end", hash', "passage_id"),
    "document_name": ("id, document_id, name", "document_id"),
    "document_link": ("id, document_id, name", "document_id"),
}
VECTOR = "hash, model_id, data, checksum"


def cut(numbers: Sequence[int], size: int) -> Iterator[list[int]]:
    """The numbers, so many at a time."""
    for first in range(0, len(numbers), size):
        yield list(numbers[first : first + size])


def copy(old: Store, new: Store, numbers: list[int]) -> None:
    """Load documents with what lies below them, and the vectors that they need and are not there yet."""
    new.execute("delete from _chronicle_document where id in (select value from json_each(?))", (json.dumps(numbers),))
    new.load("document", DOCUMENT, rows_of(old, "document", DOCUMENT, "id", numbers))
    passages: list[int] = []
    for table, (columns, by) in BELOW.items():
        rows = rows_of(old, table, columns, by, passages if by == "passage_id" else numbers)
        if table == "passage_whole":
            passages = [row[0] for row in rows]
            new.load("passage", columns.replace(" text,", f" {new.passage_text},"), rows)
        else:
            new.load(table, columns, rows)
    hashes = {row[-1] for row in rows_of(old, "passage_window", "hash", "passage_id", passages)}
    hashes |= {row[0] for row in rows_of(old, "document", "title_hash", "id", numbers)}
    names = VECTOR.split(", ")
    listed = json.dumps(sorted(hashes))
    stored = old.execute(f"select {VECTOR} from vector where hash in (select value from json_each(?))", (listed,))
    there = {
        (hash_, model)
        for hash_, model in new.execute(
            "select hash, model_id from vector where hash in (select value from json_each(?))", (listed,)
        )
    }
    new.load("vector", ", ".join(names), [row for row in stored if (row[0], row[1]) not in there])


def rows_of(db: Store, table: str, columns: str, by: str, numbers: Iterable[int]) -> list[Row]:
    """The rows of a table of which a column is one of these numbers, in order."""
    order = "id" if "id" in columns.split(", ") else by
    return list(
        db.execute(
            f"select {columns} from {table} where {by} in (select value from json_each(?)) order by {order}",
            (json.dumps(list(numbers)),),
        )
    )
