"""Search, and documents that are like one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rag import places
from rag.index import Index
from rag.index.hits import Hits
from rag.store import pages
from rag.types import Hit
from rag.web import schemas
from rag.web.api.documents import filters, seen
from rag.web.desk import labels, visible
from rag.web.routes import Call, Route

DEEPEST = 200  # hits that can be paged through


async def search(call: Call) -> Any:
    query = call.query

    def work(index: Index) -> Any:
        wanted = visible(index, call.token, filters(query), query["source"])
        first, size = int(query["cursor"] or 0), query["size"]
        last = min(first + size, DEEPEST)
        hits = index.search(query["q"], last + 1, mode=query["mode"], filters=wanted) if first < DEEPEST else Hits()
        items = shown(index, hits[first:last], explain=query["explain"])
        after = str(last) if len(hits) > last and last < DEEPEST else None
        return {"items": items, "next": after, "respelled": hits.respelled}

    return await call.state.readers.run(work)


async def similar(call: Call) -> Any:
    number, size = call.path("number"), call.query["size"]

    def work(index: Index) -> Any:
        found = seen(index, call.token, number)
        wanted = visible(index, call.token, filters({}))
        hits = index.similar(found["key"], size, source=found["source"], filters=wanted)
        return {"items": shown(index, hits), "next": None}

    return await call.state.readers.run(work)


def shown(index: Index, hits: Sequence[Hit], *, explain: bool = False) -> list[dict[str, Any]]:
    """Hits as plain data: document numbers instead of paths, a label instead of the folder of a source."""
    names = labels(index)
    ids = pages.ids_of(index.db, [(h.passage.document.source, h.passage.document.key) for h in hits])
    rows = []
    for hit in hits:
        passage, document = hit.passage, hit.passage.document
        if (document.source, document.key) not in ids:  # it was removed since it was found
            continue
        row: dict[str, Any] = {
            "document": ids[document.source, document.key], "passage": passage.id, "key": document.key,
            "source": names[document.source], "title": document.title, "heading": passage.heading,
            "start": passage.start, "end": passage.end, "score": round(hit.score, 6), "content": passage.text,
        }  # fmt: skip
        spot = places.place(document, passage.start, passage.end)
        kind = document.kind if document.kind == "picture" else ""
        known = {"url": document.url, "author": document.author, "date": document.date, "place": spot, "kind": kind}
        row |= {name: value for name, value in known.items() if value}
        if explain:
            row["via"] = {name: {"rank": via.rank, "score": round(via.score, 6)} for name, via in hit.via.items()}
        rows.append(row)
    return rows


QUERY = {
    "q": schemas.QUESTION,
    "mode": {"type": "string", "enum": ["hybrid", "words", "vectors"], "default": "hybrid"},
    "explain": schemas.FLAG,
    **schemas.FILTERS,
    "size": {**schemas.SIZE, "default": 10, "maximum": 100},
    "cursor": schemas.CURSOR,
}
ROUTES = [
    Route(
        "GET", "/api/search", search, "Search by words and by meaning", query=QUERY, required=("q",),
        returns=schemas.SEARCHED,
    ),
    Route(
        "GET", "/api/documents/{number:int}/similar", similar, "Documents that are like one",
        query={"size": {**schemas.SIZE, "default": 10, "maximum": 50}}, returns=schemas.page(schemas.HIT),
    ),
]  # fmt: skip
