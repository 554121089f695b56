"""Two processes of `rag serve` over one PostgreSQL server: what one writes the other knows."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator

import httpx
import psycopg
import pytest
from test_contract import Given

from rag import Index
from rag.store import opened, tokens

Pair = tuple[httpx.Client, httpx.Client]


@pytest.fixture
def both(schema: Callable[[], str]) -> Iterator[Pair]:
    where = schema()
    with Index(opened(where, create=True), "hash:64") as index:
        items = [Given("coffee.md", "Coffee is ground fine."), Given("tea.md", "Tea is leaves.")]
        index.add("notes", items, kind="table")
        secret = tokens.create(index.db, "all", ("admin",))
    command = [sys.executable, "-m", "rag", "serve", "-d", where, "--port", "0", "-m", "none"]
    processes = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    try:
        urls = [address(process) for process in processes]
        headers = {"authorization": f"Bearer {secret}"}
        one, other = (httpx.Client(base_url=url, headers=headers, timeout=60) for url in urls)
        with one, other:
            yield one, other
    finally:
        for process in processes:
            process.terminate()
            process.wait(60)
            assert process.stderr
            process.stderr.close()


def address(process: subprocess.Popen[str]) -> str:
    assert process.stderr
    for line in process.stderr:
        if found := re.search(r" at (http://\S+)/", line):
            threading.Thread(target=process.stderr.read, daemon=True).start()  # or it waits when the pipe is full
            return found[1]
    raise AssertionError("the server has not begun")


def test_two_processes_share_everything_and_survive_a_restart_of_the_database(both: Pair, server: str) -> None:
    one, other = both
    number = one.post("/api/ask", json={"question": "How fine is coffee ground?"}).json()["id"]
    assert other.get(f"/api/answers/{number}").json()["question"] == "How fine is coffee ground?"
    body = {"documents": [{"key": "new", "text": "A walrus is a big animal."}]}
    assert one.post("/api/documents", json=body).status_code < 300
    assert other.get("/api/search", params={"q": "walrus"}).json()["items"][0]["key"] == "new"
    with psycopg.connect(server, autocommit=True) as connection:  # what a restart does to who is connected
        connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where pid != pg_backend_pid() and backend_type = 'client backend'"
        )
    for client in both:
        replies = [client.get("/api/search", params={"q": "walrus"}) for _ in range(20)]  # by every thread
        assert replies[-1].json()["items"][0]["key"] == "new"
