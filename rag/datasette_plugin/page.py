"""The page /-/rag: search an index, ask it, see what is similar to a row; as JSON at /-/rag.json."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote, urlencode

from rag import models
from rag.datasette_plugin.access import may_see
from rag.datasette_plugin.indexes import call, indexes
from rag.datasette_plugin.workers import Refused

LONGEST = 4000  # characters of a question
K = 20
LINK = """{
  const link = document.createElement("a");
  link.href = HREF;
  link.textContent = "Similar rows";
  const line = document.createElement("p");
  line.append(link);
  document.querySelector("h1")?.after(line);
}"""


async def view(datasette: Any, request: Any) -> Any:
    from datasette.utils.asgi import Forbidden, Response

    shown = await visible(datasette, request.actor)
    if not shown:
        if indexes(datasette):
            raise Forbidden("view-table")
        return Response.text("none of these databases is an index of rag", status=404)
    given = {name: request.args.get(name) or "" for name in ("q", "where", "like", "database", "ask")}
    database = given["database"] or shown[0]
    if database not in shown:
        raise Forbidden("view-table")
    found: dict[str, Any] = {"database": database, "q": given["q"][:LONGEST], "where": given["where"], "hits": []}
    status = 200
    try:
        found |= await _found(datasette, database, given)
    except Refused as error:
        found["error"], status = str(error), 400
    if request.url_vars["form"]:
        return Response.json(found, status=status)
    for hit in found["hits"]:
        hit["href"] = await _place(datasette, database, hit)
    said = found.get("answer", {})
    for cited in said.get("citations") or said.get("nearest", []):
        cited["href"] = datasette.urls.row(database, "document", str(cited["id"])) if cited["id"] else ""
    context = {**found, "databases": shown, "asked": bool(given["ask"]), "action": datasette.urls.path("/-/rag")}
    return Response.html(await datasette.render_template("rag.html", context, request=request), status=status)


async def visible(datasette: Any, actor: Any) -> list[str]:
    """The names of the indexes that an actor may see."""
    return [name for name in indexes(datasette) if await may_see(datasette, actor, name)]


async def similar_to(datasette: Any, actor: Any, database: str, table: str, keys: Sequence[Any]) -> str:
    """The address of what is similar to a row; "" if no index that the actor may see has the row."""
    path = os.path.abspath(datasette.get_database(database).path or "")
    for name in await visible(datasette, actor):
        try:
            if name == database and table == "document":
                number = int(keys[0])
            else:
                number = await call(datasette, name, "row", path=path, table=table, keys=list(map(str, keys)))
        except (Refused, ValueError):
            continue
        if number:
            return str(datasette.urls.path("/-/rag?" + urlencode({"database": name, "like": number})))
    return ""


async def _found(datasette: Any, database: str, given: dict[str, str]) -> dict[str, Any]:
    where, question = given["where"], given["q"][:LONGEST].strip()
    if given["like"].isascii() and given["like"].isdigit() and len(given["like"]) < 16:
        like = await call(datasette, database, "document", number=int(given["like"]))
        if not like:
            raise Refused(f"there is no document {given['like']}")
        return {"like": like, "hits": await call(datasette, database, "similar", number=like["id"], k=K)}
    if not question:
        return {}
    if given["ask"]:
        model = (datasette.plugin_config("rag") or {}).get("model", models.DEFAULT_GENERATOR)
        return {"answer": await call(datasette, database, "ask", question=question, where=where, model=model)}
    return {"hits": await call(datasette, database, "search", question=question, where=where, k=K)}


async def _place(datasette: Any, database: str, hit: dict[str, Any]) -> str:
    """Where a hit is shown: the row that it was read from, if Datasette has it; else the document."""
    for one in (await call(datasette, database, "about"))["tables"]:
        if one["label"] != hit["source"]:
            continue
        for name, other in datasette.databases.items():
            if other.path and os.path.abspath(other.path) == one["path"]:
                keys = await other.primary_keys(one["table"])
                return str(datasette.urls.row(name, one["table"], _row_path(hit["key"], len(keys))))
    return str(datasette.urls.row(database, "document", str(hit["document"])))


def _row_path(key: str, parts: int) -> str:
    from datasette.utils import tilde_encode

    several = map(unquote, key.split(",")) if parts > 1 else [key]
    return ",".join(map(tilde_encode, several))
