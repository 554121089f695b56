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
