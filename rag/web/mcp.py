"""
The index for agents, by the Model Context Protocol: search, ask, read a document by offsets, list sources.

The protocol itself is the official SDK's. Over HTTP the tools do what the token of the request may; over standard input
and output (`rag mcp`) the one who started it may read and ask.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations
from pydantic import ValidationError

from rag.__about__ import __version__
from rag.app import documents as app
from rag.errors import RagError
from rag.index import Index
from rag.store.tokens import Token
from rag.terminal import shortened
from rag.web import messages, schemas
from rag.web.access import EVERYBODY, App, Receive, Scope, Send
from rag.web.api.asking import asking
from rag.web.api.documents import filters, seen
from rag.web.api.searching import shown
from rag.web.api.sources import source_rows
from rag.web.desk import Desk, visible
from rag.web.routes import error_object

INSTRUCTIONS = (
    "These are the user's own documents. `search` finds passages, `read_document` gives more of the text around one by"
    " its offsets, `ask` answers from them with verbatim quotes. Quote what you find exactly, and name its document."
)
LONGEST = 20_000  # characters of a document in one reply
READING = ToolAnnotations(read_only_hint=True, open_world_hint=False)
KINDS = {"string": "a text", "integer": "a whole number", "null": "null"}
who: ContextVar[Token] = ContextVar("who", default=EVERYBODY)


def server(desk: Desk) -> Server:
    """The server with its tools and resources."""
    made = Server(
        "rag", title=desk.settings.title or "rag", instructions=INSTRUCTIONS, version=__version__, log_level="WARNING"
    )
    tools = Tools(desk)
    for tool in (tools.search, tools.ask, tools.read_document, tools.list_sources):
        made.tool(annotations=READING)(tool)
    made.resource("rag://document/{number}", name="document", description="The text of a document")(tools.document)
    return made


class Server(MCPServer):
    """The SDK's server; what is wrong with a call is told in one line; no argument and no message is passed over."""

    async def run_stdio_async(self) -> None:
        async with messages.over_stdio() as (reading, writing):
            inner = self._lowlevel_server
            await inner.run(reading, writing, inner.create_initialization_options())

    async def call_tool(self, name: str, arguments: dict[str, Any], context: Any = None) -> Any:
        tools = {tool.name: tool.input_schema["properties"] for tool in await self.list_tools()}
        if name not in tools:
            raise ToolError(f"there is no tool {_shown(name)}; there are: {', '.join(tools)}")
        for given in arguments:
            if given not in tools[name]:
                raise ToolError(f"{name} has no argument {_shown(given)}; it has: {', '.join(tools[name]) or 'none'}")
        try:
            return await super().call_tool(name, arguments, context)
        except ToolError as error:
            if not isinstance(error.__cause__, ValidationError):
                raise
            found = error.__cause__.errors(include_url=False, include_context=False)
            raise ToolError("; ".join(_wrong(name, tools[name], one) for one in found)) from None


def _wrong(tool: str, arguments: Mapping[str, Any], error: Any) -> str:
    """What is wrong with an argument, and what to give instead."""
    name = str(error["loc"][0]) if error["loc"] else ""
    about = arguments.get(name, {})
    kinds = [one.get("type", "") for one in about.get("anyOf", [about])]
    wanted = " or ".join(KINDS.get(kind, kind) for kind in kinds)
    if error["type"] == "missing":
        return f"{tool} needs the argument {name!r}: {wanted}"
    return f"{tool}: {name!r} cannot be {_shown(error['input'])}: give {wanted}"


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else f"{text[:50]}… ({len(text)} characters)"


@dataclass(frozen=True, slots=True)
class Tools:
    """What an agent can do."""

    desk: Desk

    async def search(
        self, query: str, limit: int = 8, source: str = "", since: str = "", until: str = "", where: str = ""
    ) -> dict[str, Any]:
        """
        Find passages by words and by meaning, best first.

        Each has its document's number, title, start and end offsets, score and text. `since` and `until` are ISO dates;
        `where` is a condition over metadata: status = "draft" and year >= 2020 and #tag.
        """
        limit, token, query = min(max(limit, 1), 50), who.get(), _bounded(query)

        def work(index: Index) -> dict[str, Any]:
            wanted = visible(index, token, filters({"since": since, "until": until, "where": where}), source)
            hits = index.search(query, limit, filters=wanted)
            return {"passages": shown(index, hits), **({"respelled": hits.respelled} if hits.respelled else {})}

        return await self._told(self.desk.readers.run(work))

    async def ask(self, question: str, source: str = "") -> dict[str, Any]:
        """Answer a question from the documents: `answer`, `answerable`, and `citations`, each a verbatim quote."""
        token = who.get()
        if not token.may("ask"):
            raise ToolError("this token may not ask; use search")
        body = {"question": _bounded(question), "source": source}
        return await self._told(self.desk.line.run(f"mcp {token.id}", asking(self.desk, token, body, None)))

    async def read_document(self, number: int, start: int = 0, end: int | None = None) -> dict[str, Any]:
        """A part of a document's text: from `start` to `end`, offsets in characters, 20,000 at most at a time."""
        token = who.get()

        def work(index: Index) -> dict[str, Any]:
            found = seen(index, token, number)
            last = min(start + LONGEST, end if end is not None else start + LONGEST)
            return {"title": found["title"], "key": found["key"], "url": found["url"], **app.part(found, start, last)}

        return await self._told(self.desk.readers.run(work))

    async def list_sources(self) -> dict[str, Any]:
        """What the index is made from, with how many documents each source has."""
        token = who.get()
        return await self._told(self.desk.readers.run(lambda index: {"sources": source_rows(index, token)}))

    async def document(self, number: str) -> str:
        """The text of a document, 20,000 characters at most."""
        if not number.isascii() or not number.isdigit() or len(number) > 15:
            raise ToolError(f"there is no document {number[:20]!r}")
        found = await self.read_document(int(number))
        return str(found["text"])

    async def _told(self, work: Awaitable[dict[str, Any]]) -> dict[str, Any]:
        """What went wrong is told to the agent, which may try otherwise."""
        try:
            return await work
        except RagError as error:
            told = error_object(error)["error"]
            raise ToolError(f"{shortened(told['message'])}. {told['hint']}".rstrip(". ")) from None


def _bounded(question: str) -> str:
    """The question, no longer than the API takes it."""
    if len(question) > (most := schemas.QUESTION["maxLength"]):
        raise ToolError(f"the question has {len(question):,} characters, and {most:,} are the most")
    return question


def over_http(made: MCPServer) -> App:
    """The ASGI application of a server; who asks is known to its tools."""
    from mcp.server.transport_security import TransportSecuritySettings

    checked_before = TransportSecuritySettings(enable_dns_rebinding_protection=False)  # by the gate
    inner = messages.answered(
        made.streamable_http_app(
            streamable_http_path="/", stateless_http=True, json_response=True, transport_security=checked_before
        )
    )

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        scope["path_template"] = "/mcp"
        mark = who.set(scope["token"])
        try:
            await inner(scope, receive, send)
        finally:
            who.reset(mark)

    return application
