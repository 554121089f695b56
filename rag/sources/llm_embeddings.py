"""
An embeddings database of `llm`: the texts, their metadata and their vectors, as it stored them.

Rows without text (`llm embed` without `--store`) cannot be cited and are counted. A prefix that every text begins with
("passage: ") was typed for the model's sake: it is taken off. The file is opened read-only; no model is called.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag.errors import InputError
from rag.sources.encodings import CONTROL, lines
from rag.sources.sqlite import opened, reading
from rag.types import Document

PREFIX = re.compile(r"^[a-z_]{3,30}: ")


@dataclass(frozen=True, slots=True)
class Collection:
    """A collection, and what can be taken over of it."""

    name: str
    model: str
    rows: int
    stored: int  # with text
    prefix: str


def collections(path: Path) -> list[Collection]:
    """The collections of the file. Raises InputError if it is no such database."""
    with closing(opened(path)) as db, reading(path):
        try:
            listed = db.execute("select id, name, model from collections order by name").fetchall()
            return [_collection(db, *row) for row in listed]
        except sqlite3.OperationalError as error:
            if "no such" in str(error):
                raise InputError(f"{path} is not an embeddings database of llm: {error}") from error
            raise


def _collection(db: sqlite3.Connection, number: int, name: str, model: str) -> Collection:
    rows, stored = db.execute(
        "select count(*), count(content) from embeddings where collection_id = ?", (number,)
    ).fetchone()
    (first,) = db.execute(
        "select coalesce((select content from embeddings where collection_id = ? and content is not null limit 1), '')",
        (number,),
    ).fetchone()
    found = PREFIX.match(first)
    prefix = found.group(0) if found else ""
    if prefix:
        (others,) = db.execute(
            "select count(*) from embeddings where collection_id = ? and content is not null"
            " and substr(content, 1, ?) != ?",
            (number, len(prefix), prefix),
        ).fetchone()
        prefix = "" if others or stored < 2 else prefix
    return Collection(name, model, rows, stored, prefix)


def usual_size(path: Path, collection: Collection) -> int:
    """The bytes of a vector, as most rows of a collection have it; 0 if it is empty."""
    with closing(opened(path)) as db, reading(path):
        found = db.execute(
            "select length(e.embedding) from embeddings e join collections c on c.id = e.collection_id"
            " where c.name = ? and e.content is not null group by 1 order by count(*) desc, 1 desc limit 1",
            (collection.name,),
        ).fetchone()
    return int(found[0] or 0) if found else 0


def documents(path: Path, collection: Collection, source: str) -> Iterator[tuple[Document, bytes]]:
    """Every text with its vector (little-endian float32)."""
    with closing(opened(path)) as db, reading(path):
        rows = db.execute(
            "select e.id, e.content, e.metadata, e.embedding from embeddings e join collections c"
            " on c.id = e.collection_id where c.name = ? and e.content is not null order by e.id",
            (collection.name,),
        )
        for key, content, metadata, blob in rows:
            text = lines(CONTROL.sub(" ", str(content)))[len(collection.prefix) :]
            if text.strip():
                yield Document(source, str(key), text, meta=_meta(metadata)), blob


def _meta(text: str | None) -> dict[str, Any]:
    try:
        found = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
