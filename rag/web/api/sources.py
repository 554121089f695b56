"""Sources: what the index is made from, bring one up to date, what changed, saved searches."""

from __future__ import annotations

from typing import Any

from rag.app import documents as app
from rag.app import refresh
from rag.app.sources import new_for
from rag.errors import InputError
from rag.index import Index
from rag.sources.settings import from_json
from rag.store import sources as store
from rag.store.tokens import Token
from rag.web import schemas
from rag.web.desk import labels
from rag.web.routes import Call, Problem, Route


async def list_sources(call: Call) -> Any:
    items = await call.state.readers.run(lambda index: source_rows(index, call.token))
    return {"items": items, "next": None}


def source_rows(index: Index, token: Token) -> list[dict[str, Any]]:
    """The sources that a token may see."""
    names, numbers = labels(index), store.numbers(index.db)
    rows = []
    for one in store.sources(index.db):
        if one.name not in numbers or (token.sources and one.name not in token.sources):  # the first: it is new
            continue
        paths = from_json(one.settings).paths if one.kind not in ("llm", app.WRITTEN) else ()
        rows.append(
            {
                "id": numbers[one.name], "name": names[one.name], "kind": one.kind, "documents": one.documents,
                "refreshed": one.refreshed, "error": "it could not be read whole" if one.error else "",
                "refreshable": bool(paths) and paths != ("-",), "writable": one.kind == app.WRITTEN,
            }
        )  # fmt: skip
    return rows


async def refresh_source(call: Call) -> Any:
    number = call.path("number")
    call.writable()

    def work(index: Index) -> Any:
        name = next((name for name, known in store.numbers(index.db).items() if known == number), None)
        if name is None or (call.token.sources and name not in call.token.sources):
            raise Problem(404, "not_found", f"there is no source {number}")
        found = dict(refresh.remembered(index.db)[0]).get(name)
        if found is None:
            raise InputError("this source cannot be read again from here", "It was written by a program.")
        done = refresh.refresh(index, refresh.source(name, found))
        counted = ("added", "changed", "removed", "unchanged", "embedded", "passages")
        problems = [{"document": key, "problem": "it could not be read"} for key, _ in done.problems]
        return {**{one: getattr(done, one) for one in counted}, "problems": problems}

    return await call.state.writers.run(work)


async def list_changes(call: Call) -> Any:
    since, size = int(call.query["cursor"] or call.query["since"]), call.query["size"]

    def work(index: Index) -> Any:
        names = labels(index)
        rows = store.changes_page(index.db, since, size + 1, call.token.sources)
        items = [{**row, "source": names.get(row["source"], "")} for row in rows[:size]]
        return {"items": items, "next": str(items[-1]["version"]) if len(rows) > size else None}

    return await call.state.readers.run(work)


async def list_alerts(call: Call) -> Any:
    def work(index: Index) -> Any:
        names = labels(index)
        items = []
        mine = [one for one in store.alerts(index.db) if not call.token.sources or one.source in call.token.sources]
        for one in mine:
            new = sum(len(hits) for _, hits in new_for(index, [one.name], 50, peek=True))
            shown = {name: getattr(one, name) for name in ("name", "query", "min_score", "created", "run")}
            items.append({**shown, "source": names.get(one.source, ""), "new": new})
        return {"items": items, "next": None}

    return await call.state.readers.run(work)


ROUTES = [
    Route(
        "GET", "/api/alerts", list_alerts, "Saved searches, and how much is new for each", scope="log",
        returns=schemas.page(schemas.ALERT),
    ),
    Route("GET", "/api/sources", list_sources, "What the index is made from", returns=schemas.page(schemas.SOURCE)),
    Route(
        "POST", "/api/sources/{number:int}/refresh", refresh_source, "Bring a source up to date", scope="write",
        returns=schemas.REFRESHED, errors=(409,),
    ),
    Route(
        "GET", "/api/changes", list_changes, "Documents added, changed or removed after a version, oldest first",
        query={"since": {**schemas.NUMBER, "default": 0, "maximum": 2**53}, **schemas.PAGED},
        returns=schemas.page(schemas.CHANGE),
    ),
]  # fmt: skip
