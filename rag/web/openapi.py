"""The OpenAPI 3.1 description of the API, made from the table of routes: what is checked is what is described."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from rag.__about__ import __version__
from rag.web import schemas
from rag.web.routes import Route

JSON = Any
REASONS = {
    400: "A parameter or the body cannot be read", 401: "A token is needed", 403: "The token may not do this",
    404: "There is nothing of this name", 405: "There is no such method here", 408: "The body came too slowly",
    409: "It is being written already, or must be changed elsewhere",
    413: "The body is too large", 415: "The body is not JSON", 421: "Wrong host name",
    422: "The body does not fit its schema", 429: "Too many requests; Retry-After says how long to wait",
    500: "A fault of the server", 503: "The index or the model cannot be used now",
}  # fmt: skip


def describe(routes: Iterable[Route], title: str = "") -> JSON:
    """The description as a JSON object."""
    paths: dict[str, dict[str, JSON]] = {}
    for route in routes:
        path = re.sub(r"\{(\w+):\w+\}", r"{\1}", route.path)
        paths.setdefault(path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {"title": title or "chapterverse", "version": __version__, "description": "Search and ask one index."},
        "paths": paths,
        "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
    }


def _operation(route: Route) -> JSON:
    made: JSON = {
        "summary": route.summary,
        "operationId": route.handler.__name__,
        "security": [{"token": []}, *([{}] if route.scope == "read" else [])],
        "parameters": [*_path_parameters(route.path), *(_query_parameter(route, *one) for one in route.query.items())],
        "responses": {**_good(route), **_bad(route)},
    }
    if route.body is not None:
        made["requestBody"] = {"required": True, "content": {"application/json": {"schema": route.body}}}
    return made


def _path_parameters(path: str) -> list[JSON]:
    kinds = {"int": schemas.ID, "str": {"type": "string", "minLength": 1}, "path": {"type": "string", "minLength": 1}}
    return [
        {"name": name, "in": "path", "required": True, "schema": kinds[kind]}
        for name, kind in re.findall(r"\{(\w+):(\w+)\}", path)
    ]


def _query_parameter(route: Route, name: str, schema: JSON) -> JSON:
    return {"name": name, "in": "query", "required": name in route.required, "schema": schema}


def _good(route: Route) -> dict[str, JSON]:
    if route.returns is None:
        return {"204": {"description": "Done"}}
    content: JSON = {"application/json": {"schema": route.returns}}
    if route.stream:
        content["text/event-stream"] = {"schema": {"type": "string"}}
    return {str(route.status): {"description": "Good", "content": content}}


def _bad(route: Route) -> dict[str, JSON]:
    codes = {400, 401, 403, 421, 429, 500, 503, *route.errors}
    named = "{" in route.path or "source" in route.query or "source" in (route.body or {}).get("properties", {})
    codes |= {404} if named else set()
    codes |= {408, 413, 415, 422} if route.body is not None else set()
    content = {"application/json": {"schema": schemas.ERROR}}
    return {str(code): {"description": REASONS[code], "content": content} for code in sorted(codes)}
