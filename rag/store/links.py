"""
Which note links to which: the names that notes go by, and the names that they link to, joined when one asks.

So a link to a note that comes later, or is renamed, is right without anybody going over the others again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from rag import wikilinks
from rag.store.engine import Store


def put(db: Store, number: int, key: str, meta: Mapping[str, Any]) -> None:
    """Keep the names and the links of a document, in the place of those it had."""
    for table, names in (("document_name", wikilinks.names(key, meta)), ("document_link", wikilinks.links(key, meta))):
        db.execute(f"delete from {table} where document_id = ?", (number,))
        db.executemany(f"insert into {table} (document_id, name) values (?, ?)", [(number, name) for name in names])


def backlinks(db: Store, places: Sequence[tuple[str, str]]) -> dict[tuple[str, str], list[str]]:
    """(source, key) -> the keys of the documents of the same source that link to it, for those that have any."""
    wanted = set(places)
    rows = db.execute(
        "select distinct s.name, d.key, o.key from document d join source s on s.id = d.source_id"
        " join document_name n on n.document_id = d.id join document_link l on l.name = n.name"
        " join document o on o.id = l.document_id and o.source_id = d.source_id and o.id != d.id"
        " where d.key in (select value from json_each(?)) order by o.key",
        (json.dumps([key for _, key in places]),),
    )
    found: dict[tuple[str, str], list[str]] = {}
    for source, key, other in rows:
        if (source, key) in wanted:
            found.setdefault((source, key), []).append(other)
    return found


def wrong(db: Store) -> list[int]:
    """The documents whose names or links are not those that their key and metadata say."""
    return [number for number, *_ in _differing(db)]


def mend(db: Store) -> None:
    with db.transaction():
        for number, key, meta in _differing(db):
            put(db, number, key, meta)


def _differing(db: Store) -> list[tuple[int, str, dict[str, Any]]]:
    there: dict[str, dict[int, set[str]]] = {"document_name": {}, "document_link": {}}
    for table, named in there.items():
        for number, name in db.execute(f"select document_id, name from {table}"):
            named.setdefault(number, set()).add(name)
    found = []
    for number, key, meta in db.execute("select id, key, meta from document"):
        fields = {} if meta == "{}" else db.parsed(meta)
        names, links = wikilinks.names(key, fields), wikilinks.links(key, fields)
        if set(names) != there["document_name"].get(number, set()) or set(links) != there["document_link"].get(
            number, set()
        ):
            found.append((number, key, fields))
    return found
