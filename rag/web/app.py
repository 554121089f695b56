"""
The application: routes, errors, the gate around them, and what happens at its start and end.

`create` gives an ASGI application; `serve` runs it. Nothing here knows what a route does.
"""

from __future__ import annotations

import json
import logging
import socket
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount
from starlette.routing import Route as Path_
from starlette.staticfiles import StaticFiles

from rag.errors import RagError
from rag.store.tokens import Token
from rag.web import access, openapi
from rag.web.access import BodyRefused, Gate, Limits
from rag.web.api import ROUTES
from rag.web.desk import Desk, Settings
from rag.web.routes import Route, answer, error_object, status_of
from rag.web.workers import Busy, Gone

STATIC = Path(__file__).parent / "static"
log = logging.getLogger("rag.web")


def create(
    settings: Settings,
    *,
    hosts: tuple[str, ...] = access.LOCAL,
    anonymous: Token = access.ANYONE,
    limits: Limits = Limits(),  # noqa: B008 (frozen)
) -> Gate:
    """The ASGI application. `hosts` are the names it answers to; `anonymous` is who comes without a token."""
    from rag.web import chat, page

    desk = Desk(settings)

    agents = _agents(desk)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            if agents:
                await stack.enter_async_context(agents.session_manager.run())
            yield
        await desk.close()

    made = openapi.describe(ROUTES, settings.title)
    app = Starlette(
        routes=[
            *_grouped(ROUTES),
            Path_("/openapi.json", lambda request: JSONResponse(made)),
            Path_("/-/health", health),
            Path_("/-/metrics", metrics),
            *chat.ROUTES,
            *page.ROUTES,
            *_mounted(agents),
            Mount("/static", StaticFiles(directory=STATIC)),
        ],
        exception_handlers={
            RagError: on_problem, BodyRefused: on_refused, Gone: on_gone, ClientDisconnect: on_gone,
            404: on_missing, 405: on_method, Exception: on_fault,
        },
        lifespan=lifespan,
    )  # fmt: skip
    app.state.desk = desk
    return Gate(Told(app, desk), desk.check, hosts, anonymous, limits)


def _agents(desk: Desk) -> Any:
    """The MCP server, where its library is installed."""
    if find_spec("mcp") is None:
        return None
    from rag.web import mcp

    return mcp.server(desk)


def _mounted(agents: Any) -> list[Mount]:
    if agents is None:
        return []
    from rag.web import mcp

    return [Mount("/mcp", mcp.over_http(agents))]


def _grouped(routes: list[Route]) -> list[Path_]:
    """One Starlette route a path, so that a wrong method is told with those that there are."""
    by_path: dict[str, dict[str, Route]] = {}
    for route in routes:
        by_path.setdefault(route.path, {})[route.method] = route
    return [Path_(path, _endpoint(found), methods=list(found)) for path, found in by_path.items()]


def _endpoint(found: dict[str, Route]) -> Any:
    async def endpoint(request: Request) -> Response:
        request.scope["path_template"] = next(iter(found.values())).path
        return await answer(found["GET" if request.method == "HEAD" else request.method], request)

    return endpoint


async def health(request: Request) -> Response:
    """Is the index readable?"""
    from rag.store import sources

    desk: Desk = request.app.state.desk
    await desk.readers.run(lambda index: sources.version(index.db))
    return JSONResponse({"status": "ok"})


async def metrics(request: Request) -> Response:
    """Counters in the text format of Prometheus. They say how much, never what."""
    desk: Desk = request.app.state.desk
    lines = ["# TYPE rag_requests_total counter"]
    for (kind, method, route, status), count in sorted(desk.counters.items()):
        if kind == "requests":
            lines.append(f'rag_requests_total{{method="{method}",route="{route}",status="{status}"}} {count}')
    lines += ["# TYPE rag_request_seconds_total counter"]
    lines += [
        f'rag_request_seconds_total{{route="{route}"}} {spent:.6f}' for route, spent in sorted(desk.seconds.items())
    ]
    lines += ["# TYPE rag_asks_waiting gauge", f"rag_asks_waiting {len(desk.line)}"]
    lines += ["# TYPE rag_uptime_seconds gauge", f"rag_uptime_seconds {time.time() - desk.started:.0f}", ""]
    return PlainTextResponse("\n".join(lines), media_type="text/plain; version=0.0.4")


# -- errors ------------------------------------------------------------------------------------------------------------


async def on_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, RagError)
    status, _ = status_of(error)
    if status >= 500 or status == 409:
        log.error("%s %s", type(error).__name__, error.message)
    headers = {"retry-after": str(error.wait)} if isinstance(error, Busy) else {}
    if status == 401:
        headers["www-authenticate"] = 'Bearer realm="rag"'
    return _failed(request, status, error_object(error), headers)


async def on_refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, BodyRefused)
    code = "too_large" if error.status == 413 else "too_slow"
    return _failed(request, error.status, _error(code, str(error)), {"connection": "close"})


async def on_gone(request: Request, error: Exception) -> Response:
    return Response(status_code=499)  # nobody reads it


async def on_missing(request: Request, error: Exception) -> Response:
    return _failed(request, 404, _error("not_found", "there is nothing at this address", "The API: /openapi.json"))


async def on_method(request: Request, error: Exception) -> Response:
    headers = dict(getattr(error, "headers", None) or {})
    return _failed(request, 405, _error("method_not_allowed", f"{request.method} is not possible here"), headers)


async def on_fault(request: Request, error: Exception) -> Response:
    log.error("a fault in the server", exc_info=error)
    return _failed(request, 500, _error("fault", "the server made a mistake", "Its log says more."))


def _error(code: str, message: str, hint: str = "") -> dict[str, Any]:
    return {"error": {"code": code, "message": message, "hint": hint}}


def _failed(request: Request, status: int, body: dict[str, Any], headers: dict[str, str] | None = None) -> Response:
    if not request.url.path.startswith(("/api/", "/v1/", "/-/")) and "text/html" in request.headers.get("accept", ""):
        from rag.web.page import failed

        return failed(request, status, body["error"], headers)
    return JSONResponse(body, status, headers)


class Told:
    """Counts and logs every request: what was asked for, how it ended, how long it took. No question, no key."""

    def __init__(self, app: Starlette, desk: Desk) -> None:
        self.app, self.desk = app, desk

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, status = time.monotonic(), 500

        async def sending(message: Any) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, sending)
        finally:
            spent = time.monotonic() - began
            route = scope.get("path_template", "other")
            self.desk.counters["requests", scope["method"], route, str(status)] += 1
            self.desk.seconds[route] += spent
            if log.isEnabledFor(logging.INFO):
                row = {"method": scope["method"], "route": route, "status": status, "ms": round(1000 * spent, 1)}
                log.info(json.dumps({**row, "token": scope["token"].id}))


def serve(app: Gate, listening: socket.socket, *, quiet: bool = False) -> None:
    """Run on a socket that listens, until Ctrl-C or SIGTERM; what is being answered is finished first."""
    import uvicorn

    logging.basicConfig(
        stream=sys.stderr, level=logging.WARNING if quiet else logging.INFO, format="%(message)s", force=True
    )
    for name in ("httpx", "openai", "mcp"):
        logging.getLogger(name).setLevel(logging.WARNING)
    config = uvicorn.Config(
        app, log_config=None, log_level="error", access_log=False, server_header=False, timeout_graceful_shutdown=20,
        timeout_keep_alive=20, h11_max_incomplete_event_size=32_768, ws="none",
    )  # fmt: skip
    uvicorn.Server(config).run(sockets=[listening])
