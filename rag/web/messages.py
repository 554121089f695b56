"""
Messages to the MCP server that are none: each is answered in one line, so that nobody waits for ever.

The SDK answers none of them over standard input, takes a request with an id of another kind for one that wants no
answer, and over HTTP tells what pydantic says. What is a message goes to the SDK as it came.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from io import TextIOWrapper
from typing import Any

import mcp_types as types
from anyio import to_thread
from mcp.server.stdio import stdio_server
from mcp.shared.message import SessionMessage
from pydantic import ValidationError

from rag.terminal import shortened
from rag.web.access import App, Receive, Scope, Send

LONGEST = 10_000_000  # characters of a message, as many as `rag serve` takes bytes
NO_JSON, NO_MESSAGE = -32700, -32600  # JSON-RPC 2.0, section 5.1
OPENING = re.compile(  # an id that stands before whatever is broken
    r'\s*\{(?:\s*"(?:jsonrpc|method)"\s*:\s*"[^"\\]*"\s*,)*\s*"id"\s*:\s*(-?\d{1,18}|"[^"\\\x00-\x1f]{0,200}")\s*[,}]'
)
PARTS = {
    "jsonrpc": '"jsonrpc" must be "2.0"',
    "method": '"method" must be a text',
    "params": '"params" must be an object',
    "id": '"id" must be a text or a whole number',
}


def refusal(text: str) -> types.JSONRPCError | None:
    """The error that a text is answered with; None if it is a message, or a reply, which nobody waits for."""
    try:
        message = json.loads(text)
    except (ValueError, RecursionError) as error:
        found = OPENING.match(text)
        why = f"this is no JSON: {error}" if isinstance(error, ValueError) else "this JSON is nested too deeply"
        return _refused(NO_JSON, why, json.loads(found[1]) if found else None)
    if not isinstance(message, dict):
        return _refused(NO_MESSAGE, "a message is one JSON object", None)
    known = message.get("id")
    known = known if isinstance(known, str | int) and not isinstance(known, bool) else None
    if "method" not in message and ("result" in message or "error" in message):
        return None
    if "id" in message and known is None:
        return _refused(NO_MESSAGE, PARTS["id"], None)
    try:
        types.jsonrpc_message_adapter.validate_json(text, by_name=False)
    except ValidationError as error:
        problem = error.errors(include_url=False, include_context=False, include_input=False)[0]
        name = str(problem["loc"][1]) if len(problem["loc"]) > 1 else ""
        code = NO_JSON if problem["type"] == "json_invalid" else NO_MESSAGE
        return _refused(code, PARTS.get(name) or shortened(problem["msg"]), known)
    return None


def _refused(code: int, message: str, number: str | int | None) -> types.JSONRPCError:
    if isinstance(number, str):
        number = number.encode("utf-8", "replace").decode()  # half a character cannot be sent back
    return types.JSONRPCError(jsonrpc="2.0", id=number, error=types.ErrorData(code=code, message=message))


class _Lines:
    """The lines of standard input that are messages; `answer` is given what the others are answered with."""

    def __init__(self) -> None:
        self.answer: Callable[[SessionMessage], Awaitable[None]]
        own = os.dup(0)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)  # who else reads standard input gets nothing of it
        os.close(nothing)
        self._file = TextIOWrapper(os.fdopen(own, "rb"), encoding="utf-8", errors="replace")

    async def __aiter__(self) -> AsyncIterator[str]:
        while line := await self._read():
            refused = refusal(line) if line.strip() else None
            if len(line) == LONGEST:
                refused = _refused(NO_MESSAGE, f"a message has at most {LONGEST:,} characters", None)
            while len(line) == LONGEST:  # the rest of it
                line = await self._read()
            if refused:
                await self.answer(SessionMessage(refused))
            elif line.strip():
                yield line

    async def _read(self) -> str:
        return await to_thread.run_sync(self._file.readline, LONGEST)


@asynccontextmanager
async def over_stdio() -> AsyncIterator[Any]:
    """The SDK's streams over standard input and output, for a server to run on, until the input ends."""
    lines: Any = _Lines()
    async with stdio_server(stdin=lines) as (reading, writing):
        lines.answer = writing.send
        yield reading, writing


def answered(inner: App) -> App:
    """The application, given messages alone: the others are answered with status 400."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        body = await _body(receive) if scope["method"] == "POST" else b""
        if scope["method"] != "POST" or (refused := refusal(body.decode("utf-8", "replace"))) is None:
            await inner(scope, _again(body, receive), send)
            return
        head = {"type": "http.response.start", "status": 400, "headers": [(b"content-type", b"application/json")]}
        await send(head)
        await send({"type": "http.response.body", "body": refused.model_dump_json().encode()})

    return application


async def _body(receive: Receive) -> bytes:
    body, more = bytearray(), True
    while more:
        event = await receive()
        body += event.get("body", b"")
        more = event.get("more_body", False)
    return bytes(body)


def _again(body: bytes, receive: Receive) -> Receive:
    """A body that was read once, to be read again; then what comes of the connection."""
    waiting = [{"type": "http.request", "body": body, "more_body": False}]

    async def given() -> Any:
        return waiting.pop() if waiting else await receive()

    return given
