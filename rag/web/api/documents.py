"""Documents: list, read with offsets, write, change, remove."""

from __future__ import annotations

from typing import Any

from rag.app import documents as app
from rag.app.open import filters as app_filters
from rag.errors import NotFoundError
from rag.index import Index
from rag.store import links, pages
from rag.store.filters import Filters
from rag.store.tokens import Token
from rag.types import Document
from rag.web import schemas
from rag.web.desk import WRITTEN_HERE, labels, visible
from rag.web.routes import Call, Problem, Route


async def list_documents(call: Call) -> Any:
    query = call.query

    def work(index: Index) -> Any:
        names = labels(index)
        wanted = visible(index, call.token, filters(query), query["source"])
        after, size = int(query["cursor"] or 0), query["size"]
        rows = pages.documents(index.db, wanted, query["words"], after, size + 1)
        items = [{**row, "source": names[row["source"]]} for row in rows[:size]]
        return {"items": items, "next": str(items[-1]["id"]) if len(rows) > size else None}

    return await call.state.readers.run(work)


async def read_document(call: Call) -> Any:
    number, start, end = call.path("number"), call.query["start"], call.query.get("end")

    def work(index: Index) -> Any:
        found = seen(index, call.token, number)
        shown = {
            name: found[name] for name in ("id", "key", "title", "url", "author", "date", "kind", "indexed", "passages")
        }
        place = found["source"], found["key"]
        backlinks = links.backlinks(index.db, [place]).get(place)
        meta = found["meta"] | ({"backlinks": backlinks} if backlinks else {})
        named = {"source": labels(index)[found["source"]], "meta": meta}
        return {**shown, **named, "writable": found["source_kind"] == app.WRITTEN, **app.part(found, start, end)}

    return await call.state.readers.run(work)


async def upsert_documents(call: Call) -> Any:
    source = call.body.get("source", WRITTEN_HERE)
    given = [
        Document(source, one["key"], **{name: v for name, v in one.items() if name != "key"})
        for one in call.body["documents"]
    ]
    _may_write(call.token, source)
    call.writable()
    return {"documents": await call.state.writers.run(lambda index: app.put(index, source, given))}


async def change_document(call: Call) -> Any:
    number, fields = call.path("number"), call.body
    call.writable()

    def work(index: Index) -> Any:
        seen(index, call.token, number)
        return app.change(index, number, fields)

    return await call.state.writers.run(work)


async def delete_document(call: Call) -> None:
    number = call.path("number")
    call.writable()

    def work(index: Index) -> None:
        seen(index, call.token, number)
        app.remove(index, number)

    await call.state.writers.run(work)


def filters(query: dict[str, Any]) -> Filters:
    """The filters of a query; the source is resolved where the index is at hand. Raises InputError."""
    said = {name: query.get(name, "") for name in ("prefix", "since", "until", "where")}
    return app_filters(**said, tags=[query["tag"]] if query.get("tag") else [])


def seen(index: Index, token: Token, number: int) -> dict[str, Any]:
    """A document that a token may see; one that it may not is told like one that is not there."""
    if not 0 < number <= schemas.ID["maximum"]:
        raise NotFoundError(f"there is no document {number}")
    found = app.get(index, number)
    if token.sources and found["source"] not in token.sources:
        raise NotFoundError(f"there is no document {number}")
    return found


def _may_write(token: Token, source: str) -> None:
    if token.sources and source not in token.sources:
        raise Problem(403, "forbidden", f"this token may not write into {source!r}")


OFFSET = {**schemas.NUMBER, "maximum": 2**53}
WORDS = {**schemas.SHORT, "default": ""}
ROUTES = [
    Route(
        "GET", "/api/documents", list_documents, "List the documents",
        query={**schemas.FILTERS, "words": WORDS, **schemas.PAGED}, returns=schemas.page(schemas.DOCUMENT_ROW),
    ),
    Route(
        "POST", "/api/documents", upsert_documents, "Write documents, each in the place of what had its key",
        scope="write", body=schemas.UPSERT, returns=schemas.object_({"documents": schemas.list_(schemas.WRITTEN)}),
        errors=(409,),
    ),
    Route(
        "GET", "/api/documents/{number:int}", read_document, "Read a document, or a part of it by its offsets",
        query={"start": {**OFFSET, "default": 0}, "end": OFFSET},
        returns=schemas.DOCUMENT,
    ),
    Route(
        "PATCH", "/api/documents/{number:int}", change_document, "Change some fields of a document", scope="write",
        body=schemas.PATCH, returns=schemas.WRITTEN, errors=(409,),
    ),
    Route(
        "DELETE", "/api/documents/{number:int}", delete_document, "Remove a document", scope="write", status=204,
        errors=(409,),
    ),
]  # fmt: skip
