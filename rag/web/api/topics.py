"""Groups of documents that are alike, as `rag cluster` made them last."""

from __future__ import annotations

from typing import Any

from rag.app import cluster_map
from rag.errors import NotFoundError
from rag.index import Index
from rag.store import clusters, collection
from rag.store.clusters import Cluster
from rag.web import schemas
from rag.web.desk import labels
from rag.web.routes import Call, Route

NEAREST = 5  # documents that stand for a group


async def list_topics(call: Call) -> Any:
    call.unlimited()

    def work(index: Index) -> Any:
        made = clusters.get(index.db, "documents", {})
        known, own = collection.names(index.db), labels(index)
        groups = [] if made is None else [_group(one, known, own, NEAREST) for one in made.clusters]
        return {"items": sorted(groups, key=lambda one: -one["size"]), "made": made.made if made else ""}

    return await call.state.readers.run(work)


async def read_topic(call: Call) -> Any:
    call.unlimited()
    number = call.path("number")

    def work(index: Index) -> Any:
        made = clusters.get(index.db, "documents", {})
        one = next((one for one in made.clusters if one.number == number), None) if made else None
        if one is None:
            raise NotFoundError(f"there is no topic {number}", "Make topics: rag cluster")
        return _group(one, collection.names(index.db), labels(index), len(one.items))

    return await call.state.readers.run(work)


def drawn(index: Index, title: str) -> str:
    """The map as a page of its own. Raises NotFoundError if nothing is grouped."""
    made = clusters.get(index.db, "documents", {})
    if made is None:
        raise NotFoundError("there are no topics", "Make some: rag cluster")
    return cluster_map.page(cluster_map.map_of(index.db, made), title or index.db.path.stem)


def _group(one: Cluster, known: dict[int, tuple[str, str, str]], own: dict[str, str], most: int) -> dict[str, Any]:
    members = []
    for item in one.items[:most]:
        source, key, title = known.get(item.document, ("", "", ""))
        row = {"document": item.document, "source": own.get(source, ""), "key": key, "title": title}
        members.append({**row, "similarity": round(item.similarity, 4)})
    return {
        "number": one.number, "name": one.name, "size": len(one.items), "cohesion": round(one.cohesion, 4),
        "keywords": list(one.keywords), "documents": members,
    }  # fmt: skip


MEMBER = schemas.object_(
    {
        "document": schemas.ID, "source": schemas.TEXT, "key": schemas.TEXT, "title": schemas.TEXT,
        "similarity": {"type": "number"},
    }
)  # fmt: skip
TOPIC = schemas.object_(
    {
        "number": schemas.NUMBER, "name": schemas.TEXT, "size": schemas.NUMBER, "cohesion": {"type": "number"},
        "keywords": schemas.list_(schemas.TEXT), "documents": schemas.list_(MEMBER),
    }
)  # fmt: skip
ROUTES = [
    Route(
        "GET", "/api/topics", list_topics, "Groups of documents that are alike, the largest first (rag cluster)",
        returns=schemas.object_({"items": schemas.list_(TOPIC), "made": schemas.TEXT}),
    ),
    Route("GET", "/api/topics/{number:int}", read_topic, "A group with all its documents", returns=TOPIC),
]  # fmt: skip
