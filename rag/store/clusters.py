"""
Groups of passages or documents as they were last made: tables that Datasette can facet, and centres to begin with.

One grouping is kept for each kind of item and filter; making it again replaces it whole, in one transaction.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rag.errors import DatabaseError
from rag.store.engine import Store, now


@dataclass(frozen=True, slots=True)
class Item:
    """One of a group: passage (0: the whole document), document, cosine with the centre, place on the map if drawn."""

    document: int
    passage: int
    similarity: float
    x: float | None = None
    y: float | None = None


@dataclass(slots=True)
class Cluster:
    """A group; `centre` is little-endian float32, `exemplars` places in `items` of those nearest the centre."""

    number: int
    name: str
    keywords: Sequence[str]
    cohesion: float
    centre: bytes
    items: Sequence[Item] = ()
    named: bool = False  # by a model


@dataclass(frozen=True, slots=True)
class Grouping:
    """All groups of one kind of item under some filters, and what they were made from."""

    kind: str
    filters: Mapping[str, str]
    fingerprint: str  # of the embedder
    inputs: str  # hash of all that decides the groups
    seed: int
    auto: bool
    cohesion: float
    clusters: Sequence[Cluster] = field(default_factory=list)
    made: str = ""


def get(db: Store, kind: str, filters: Mapping[str, str]) -> Grouping | None:
    """The grouping of this kind and filter as it was last made; None if there is none, or the engine keeps none."""
    if "clustering" not in db.tables():
        return None
    row = db.one(
        "select id, fingerprint, inputs, seed, auto, cohesion, made from clustering where items = ? and filters = ?",
        (kind, _text(filters)),
    )
    if row is None:
        return None
    number, fingerprint, inputs, seed, auto, cohesion, made = row
    clusters = _clusters(db, number)
    return Grouping(kind, filters, fingerprint, inputs, seed, bool(auto), cohesion, clusters, made)


def _clusters(db: Store, number: int) -> list[Cluster]:
    found: dict[int, Cluster] = {}
    items: dict[int, list[Item]] = {}
    for id_, *row, keywords, cohesion, centre, named in db.execute(
        "select id, number, name, keywords, cohesion, centre, named from cluster where clustering_id = ?"
        " order by number",
        (number,),
    ):
        found[id_] = Cluster(row[0], row[1], db.parsed(keywords), cohesion, centre, (), bool(named))
        items[id_] = []
    for cluster, document, passage, similarity, x, y in db.execute(
        "select i.cluster_id, i.document_id, coalesce(i.passage_id, 0), i.similarity, i.x, i.y from cluster_item i"
        " join cluster c on c.id = i.cluster_id where c.clustering_id = ? order by i.id",
        (number,),
    ):
        items[cluster].append(Item(document, passage, similarity, x, y))
    for id_, cluster in found.items():
        cluster.items = items[id_]
    return list(found.values())


def put(db: Store, grouping: Grouping) -> None:
    """
    Keep a grouping in the place of the last one of its kind and filter.

    Raises DatabaseError where none can be kept: the index cannot be written, or is on a server.
    """
    if "clustering" not in db.tables():
        raise DatabaseError(f"{db.path} keeps no groups", "Groups are kept in files: rag move")
    with db.transaction():
        key = (grouping.kind, _text(grouping.filters))
        db.execute("delete from clustering where items = ? and filters = ?", key)
        number = db.insert(
            "insert into clustering (items, filters, fingerprint, inputs, seed, auto, cohesion, made)"
            " values (?, ?, ?, ?, ?, ?, ?, ?)",
            (*key, grouping.fingerprint, grouping.inputs, grouping.seed, int(grouping.auto), grouping.cohesion, now()),
        )
        for one in grouping.clusters:
            cluster = db.insert(
                "insert into cluster (clustering_id, number, name, size, cohesion, keywords, centre, named)"
                " values (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    number,
                    one.number,
                    one.name,
                    len(one.items),
                    one.cohesion,
                    _text(one.keywords),
                    one.centre,
                    int(one.named),
                ),
            )
            db.executemany(
                "insert into cluster_item (cluster_id, document_id, passage_id, similarity, x, y)"
                " values (?, ?, ?, ?, ?, ?)",
                [(cluster, i.document, i.passage or None, i.similarity, i.x, i.y) for i in one.items],
            )


def kept(db: Store) -> list[dict[str, Any]]:
    """Every grouping that is kept: kind, filters, number of groups, when it was made."""
    rows = db.execute(
        "select g.items, g.filters, count(c.id), g.made from clustering g left join cluster c on c.clustering_id = g.id"
        " group by g.id order by g.made desc"
    )
    return [
        {"items": kind, "filters": json.loads(filters), "clusters": count, "made": made}
        for kind, filters, count, made in rows
    ]


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=isinstance(value, dict))
