"""The official client of the Model Context Protocol, over HTTP and over standard input and output."""

from __future__ import annotations

import json
import os
import subprocess
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
    ("search", {"query": "w " * 3000}, "Error executing tool search: the question has 6,000 characters, and 4,000 are "
     "the most"),
    ("ask", {"question": "who wrote it? " * 90_000}, "Error executing tool ask: the question has 1,260,000 characters, "
     "and 4,000 are the most"),
    ("read_document", {"number": -(10**30)}, f"Error executing tool read_document: there is no document -{10**30}"),
    ("search", {"query": "a", "source": "x" * 90_000}, "Error executing tool search: there is no source "
     f"'{'x' * 199}…. The list of sources names those that there are"),
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


NO_MESSAGES = [  # what is sent, and what its error begins with: the id, the code
    ("garbage", None, -32700),
    ('{"jsonrpc": "2.0", "id": 8, "method": "ping"', 8, -32700),
    ('{"jsonrpc": "2.0", "id": "h", "method": "ping", "params": {"a": "\\ud800"}}', "h", -32700),
    ('{"id": 9, "params": {"a": ' + "[" * 50_000, 9, -32700),
    ("[" * 50_000, None, -32700),
    ("5", None, -32600),
    ('[{"jsonrpc": "2.0", "id": 1, "method": "ping"}]', None, -32600),
    ('{"jsonrpc": "1.0", "id": 2, "method": "ping"}', 2, -32600),
    ('{"jsonrpc": "2.0", "id": "a"}', "a", -32600),
    ('{"jsonrpc": "2.0", "id": 3, "method": 5}', 3, -32600),
    ('{"jsonrpc": "2.0", "id": 4, "method": "ping", "params": [1]}', 4, -32600),
    ('{"jsonrpc": "2.0", "id": 1.5, "method": "ping"}', None, -32600),
    ('{"jsonrpc": "2.0", "id": null, "method": "ping"}', None, -32600),
    ('{"jsonrpc": "2.0", "id": true, "method": "ping"}', None, -32600),
]
PING = '{"jsonrpc": "2.0", "id": "last", "method": "ping"}'


def refused(reply: dict) -> tuple[object, int]:
    assert len(reply["error"]["message"]) < 120
    assert "pydantic" not in reply["error"]["message"]
    return reply["id"], reply["error"]["code"]


def test_every_message_that_is_none_is_answered_over_standard_output(served: Served) -> None:
    """The SDK says nothing, and who asked waits for ever; what comes after them is answered as ever."""
    lines = [
        *(sent for sent, *_ in NO_MESSAGES),
        "x" * 10_000_001,
        "",
        '{"jsonrpc": "2.0", "id": 5, "result": 5}',
        PING,
    ]
    server = stdio(served)
    told = subprocess.run(
        [server.command, *server.args],
        input="\n".join(lines),
        env=server.env,
        capture_output=True,
        text=True,
        timeout=300,
    )
    replies = [json.loads(line) for line in told.stdout.splitlines()]
    assert [refused(one) for one in replies[:-1]] == [
        *((number, code) for _, number, code in NO_MESSAGES),
        (None, -32600),
    ]
    assert replies[-1] == {"jsonrpc": "2.0", "id": "last", "result": {}}


def test_an_agent_that_goes_away_leaves_no_traceback(served: Served) -> None:
    server = stdio(served)
    with subprocess.Popen(
        [server.command, *server.args], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env=server.env, text=True,
    ) as running:  # fmt: skip
        assert running.stdin
        assert running.stdout
        assert running.stderr
        running.stdin.write(f"{PING}\n")
        running.stdin.flush()
        assert json.loads(running.stdout.readline())["id"] == "last"
        running.stdout.close()
        running.stdin.write(f"{PING}\n")
        running.stdin.close()
        assert running.wait(300) in (141, 0)  # 0: it saw the end of what is asked before it answered
        assert running.stderr.read() == ""


def test_every_message_that_is_none_is_answered_over_http(served: Served) -> None:
    """The SDK takes some for notifications, and tells of others in the words of a library."""
    accept = "application/json, text/event-stream"
    headers = {"authorization": f"Bearer {served.secret}", "content-type": "application/json", "accept": accept}
    with httpx.Client(headers=headers, timeout=300) as http:
        for sent, number, code in NO_MESSAGES:
            reply = http.post(f"{served.url}/mcp/", content=sent)
            assert (reply.status_code, *refused(reply.json())) == (400, number, code)
        assert http.post(f"{served.url}/mcp/", content=PING).json()["id"] == "last"
