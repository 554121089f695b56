"""The official client of the Model Context Protocol, over HTTP and over standard input and output."""

from __future__ import annotations

import os
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import httpx
import pytest
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from serving import NOTES, Served

ROOT = Path(__file__).parents[2]


def stdio(served: Served) -> StdioServerParameters:
    arguments = ["-m", "rag", "mcp", "-d", str(served.database), "-m", "none"]
    return StdioServerParameters(command=sys.executable, args=arguments, env={**os.environ, "PYTHONPATH": str(ROOT)})


@asynccontextmanager
async def over_http(served: Served, secret: str):
    async with (
        httpx.AsyncClient(headers={"authorization": f"Bearer {secret}"}, timeout=60) as http,
        streamable_http_client(f"{served.url}/mcp/", http_client=http) as streams,
    ):
        yield streams


async def use(client: Client) -> None:
    names = {tool.name for tool in (await client.list_tools()).tools}
    assert names == {"search", "ask", "read_document", "list_sources"}
    found = (await client.call_tool("search", {"query": "turn on WAL mode", "limit": 2})).structured_content["passages"]
    assert found[0]["key"] == "wal.md"
    number, start, end = (found[0][name] for name in ("document", "start", "end"))
    part = (await client.call_tool("read_document", {"number": number, "start": start, "end": end})).structured_content
    assert part["text"] == NOTES["wal.md"][start:end] == found[0]["content"]
    answer = (await client.call_tool("ask", {"question": "How do I turn on WAL mode?"})).structured_content
    assert answer["citations"][0]["quote"] in NOTES["wal.md"]
    sources = (await client.call_tool("list_sources", {})).structured_content["sources"]
    assert {one["name"] for one in sources} >= {"notes", "secret"}
    resource = await client.read_resource(f"rag://document/{number}")
    assert resource.contents[0].text == NOTES["wal.md"]
    wrong = await client.call_tool("read_document", {"number": 10**6})
    assert wrong.is_error
    assert "no document" in wrong.content[0].text


@pytest.mark.parametrize("way", ["stdio", "http"])
def test_an_agent_searches_asks_and_reads(served: Served, way: str) -> None:
    async def run() -> None:
        async with Client(stdio(served) if way == "stdio" else over_http(served, served.secret)) as client:
            await use(client)

    anyio.run(run)


def test_an_agent_may_what_its_token_may(served: Served) -> None:
    notes = str(served.database.parent / "notes")
    secret = served.token("agent", "read", sources=(notes,))

    async def run() -> None:
        async with Client(over_http(served, secret)) as client:
            asked = await client.call_tool("ask", {"question": "x"})
            assert asked.is_error
            assert "may not ask" in asked.content[0].text
            found = await client.call_tool("search", {"query": "treasure buried under the oak"})
            assert "oak" not in str(found.structured_content)
            listed = (await client.call_tool("list_sources", {})).structured_content["sources"]
            assert [one["name"] for one in listed] == ["notes"]

    anyio.run(run)


MANY = '["a", "a", "a", "a", "a", "a", "a", "a", "a", "a",… (450 characters)'
WRONG = [
    ("search", {}, "search needs the argument 'query': a text"),
    ("search", {"query": "a", "limit": "many"}, "search: 'limit' cannot be \"many\": give a whole number"),
    ("search", {"query": ["a"] * 90}, f"search: 'query' cannot be {MANY}: give a text"),
    ("search", {"quey": "a"}, 'search has no argument "quey"; it has: query, limit, source, since, until, where'),
    ("read_document", {"number": 1.5, "end": []}, "read_document: 'number' cannot be 1.5: give a whole number; "
     "read_document: 'end' cannot be []: give a whole number or null"),
    ("list_sources", {"a": 1}, 'list_sources has no argument "a"; it has: none'),
    ("serach", {}, 'there is no tool "serach"; there are: search, ask, read_document, list_sources'),
    ("search", {"query": "a", "since": "soon"}, "Error executing tool search: --since 'soon' is not an ISO date. "
     "Write 2024, 2024-03 or 2024-03-01"),
]  # fmt: skip


def test_a_wrong_argument_is_told_in_one_line(served: Served) -> None:
    """The SDK tells it in several, with an address of pydantic's, and passes over arguments that it does not know."""

    async def run() -> None:
        async with Client(over_http(served, served.secret)) as client:
            for tool, arguments, told in WRONG:
                wrong = await client.call_tool(tool, arguments)
                assert wrong.is_error
                assert wrong.content[0].text == told

    anyio.run(run)
