"""
`rag` inside Datasette (0.65 and 1.0): functions for SQL, a page to ask and search, links to similar rows.

    select j.value ->> 'title', j.value ->> 'content' from json_each(rag_search(:q, 10)) j
    select key, rag_cosine(v.data, rag_embed(:q)) as score from vector v …

They work on each database that is an index. The settings of the plugin (`plugins: rag:`): `model`, which answers on the
page /-/rag. Datasette reads this file at every start: nothing heavy at the top.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

from datasette import hookimpl

from rag.datasette_plugin import page
from rag.datasette_plugin.indexes import call, indexes, worker
from rag.datasette_plugin.workers import Refused
from rag.store import glance

MOST = 200  # passages that a query can ask for


@hookimpl  # type: ignore[untyped-decorator]
def startup(datasette: Any) -> Callable[[], Any]:
    """The model is loaded now: a query has a second, and the first would not be done in it."""

    async def start() -> None:
        for database in indexes(datasette):
            try:
                await call(datasette, database, "search", question="warm up", k=1)
            except Refused as error:  # said once here, and again where somebody asks
                print(f"rag: {error}", file=sys.stderr)

    return start


@hookimpl  # type: ignore[untyped-decorator]
def prepare_connection(conn: Any, database: str | None, datasette: Any) -> None:
    path = indexes(datasette).get(database or "")
    if path is None:
        return
    functions: list[tuple[str, tuple[int, ...], Callable[..., Any]]] = [
        ("rag_embed", (1,), partial(_embed, path)),
        ("rag_cosine", (2,), _cosine),
        ("rag_search", (1, 2, 3), partial(_search, path)),
    ]
    for name, counts, function in functions:
        for count in counts:  # deterministic: with the same arguments it is called once a query, not once a row
            conn.create_function(name, count, partial(_raising, name, function), deterministic=True)


@hookimpl  # type: ignore[untyped-decorator]
def register_routes() -> list[tuple[str, Any]]:
    return [(r"^/-/rag(?P<form>\.json)?$", page.view)]


@hookimpl  # type: ignore[untyped-decorator]
def menu_links(datasette: Any, actor: Any) -> Any:
    async def links() -> list[dict[str, str]]:
        shown = await page.visible(datasette, actor)
        return [{"href": datasette.urls.path("/-/rag"), "label": "Ask and search"}] if shown else []

    return links


@hookimpl(optionalhook=True)  # type: ignore[untyped-decorator]
def row_actions(datasette: Any, actor: Any, database: str, table: str, row: Any) -> Any:
    """Of 1.0."""

    async def actions() -> list[dict[str, str]]:
        keys = await datasette.get_database(database).primary_keys(table)
        href = await page.similar_to(datasette, actor, database, table, [row[key] for key in keys or ["rowid"]])
        return (
            [{"href": href, "label": "Similar rows", "description": "Rows whose text means the like"}] if href else []
        )

    return actions


@hookimpl  # type: ignore[untyped-decorator]
def extra_body_script(view_name: str, request: Any, datasette: Any) -> Any:
    """Of 0.65, whose row pages have no actions: the link is put under the heading."""
    if view_name != "row" or hasattr(datasette, "allowed") or request is None:
        return None

    async def script() -> str:
        from datasette.utils import tilde_decode, urlsafe_components

        named = {name: tilde_decode(request.url_vars[name]) for name in ("database", "table")}
        keys = urlsafe_components(request.url_vars["pks"])
        href = await page.similar_to(datasette, request.actor, **named, keys=keys)
        said = json.dumps(href).replace("<", "\\u003c")
        return page.LINK.replace("HREF", said) if href else ""

    return script


@hookimpl(optionalhook=True)  # type: ignore[untyped-decorator]
def actors_from_ids(datasette: Any, actor_ids: Iterable[str | int]) -> Any:
    """The numbers of our tokens (`asked_by` of an answer) by their names; None if no index knows one of them."""
    wanted = list(actor_ids)
    names: dict[str, str] = {}
    for path in indexes(datasette).values():
        names |= glance.tokens(Path(path))
    if not any(str(one) in names for one in wanted):
        return None
    return {one: {"id": one} | ({"name": names[str(one)]} if str(one) in names else {}) for one in wanted}


def _raising(name: str, function: Callable[..., Any], *arguments: Any) -> Any:
    """SQLite says only that a function failed: why stands in Datasette's log."""
    try:
        return function(*arguments)
    except Exception as error:
        print(f"{name}: {error}", file=sys.stderr)
        raise


def _embed(path: str, text: str | None) -> bytes | None:
    return None if text is None else bytes.fromhex(worker(path).call("embed", text=str(text)))


def _search(path: str, question: str | None, k: int = 10, where: str = "") -> str | None:
    """The best passages as a JSON array, to be unfolded with json_each."""
    if question is None or not str(question).strip():
        return "[]"
    if not isinstance(k, int) or not 1 <= k <= MOST:
        raise ValueError(f"the second argument is {k!r}: it is how many passages are wanted, 1 to {MOST}")
    return json.dumps(worker(path).call("search", question=str(question), k=k, where=where or ""), ensure_ascii=False)


def _cosine(one: bytes | None, other: bytes | None) -> float | None:
    import numpy as np

    if one is None or other is None:
        return None
    first, second = (_numbers(blob) for blob in (one, other))
    if first is None or second is None or len(first) != len(second):
        raise ValueError(
            "rag_cosine takes two vectors of one length, as rag_embed and the column vector.data give them"
        )
    length = float(np.linalg.norm(first) * np.linalg.norm(second))
    return float(first @ second) / length if length else None


def _numbers(blob: object) -> Any:
    """float64 of a blob of float32 or float16: a vector that an index keeps is of unit length as one of them."""
    import numpy as np

    if not isinstance(blob, bytes) or not blob or len(blob) % 2:
        return None
    if len(blob) % 4:
        return np.frombuffer(blob, dtype="<f2").astype(np.float64)
    made, half = (np.frombuffer(blob, dtype=kind).astype(np.float64) for kind in ("<f4", "<f2"))
    with np.errstate(all="ignore"):
        short = abs(float(np.linalg.norm(half)) - 1) < 1e-2 and not abs(float(np.linalg.norm(made)) - 1) < 1e-2
    return half if short else made
