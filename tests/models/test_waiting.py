"""Who waits for a network is told so, outside a terminal too, and no run waits for ever: real servers on loopback."""

from __future__ import annotations

import logging
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from processes import ENVIRONMENT, RAG
from scripted_server import Answer, completion, serving

from rag import waiting
from rag.errors import ModelError
from rag.models.hosted import Endpoint, HostedEmbedder, HostedGenerator, Limits
from rag.models.hosted.endpoint import NEVER, OUTAGE
from rag.remote import link
from rag.sources.fetch import Fetcher, FetchError
from rag.types import Message

HELLO = [Message("user", "hello")]
RESET = struct.pack("ii", 1, 0)


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "rag.waiting")  # a command with -q leaves it at errors
    for name in ("OPENAI_BASE_URL", "HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-for-nobody-else")
    monkeypatch.setattr(waiting, "_told", {})


class Clock:
    """Time that passes only while something is waited for."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        self.now += seconds


@contextmanager
def breaking(way: Callable[[socket.socket], object]) -> Iterator[str]:
    """A server that does this to whoever connects, and then closes."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                try:
                    connection.recv(65536)
                    way(connection)
                except OSError:  # the client has gone
                    pass

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join(5)


def heard(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "rag.waiting"]


WAYS: dict[str, Callable[[socket.socket], object]] = {
    "closed": lambda to: None,
    "reset": lambda to: to.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET),
    "half": lambda to: to.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\ndata: {"choices":'),
    "within the headers": lambda to: to.sendall(b"HTTP/1.1 200 OK\r\nX-"),
    "500": lambda to: to.sendall(b"HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n"),
    "429": lambda to: to.sendall(b"HTTP/1.1 429 X\r\nContent-Length: 0\r\n\r\n"),
    "garbage": lambda to: to.sendall(bytes(range(256)) * 9),
    "a page": lambda to: to.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n<html>hello>"),
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_a_server_that_breaks_every_reply_is_told_at_once_and_left_soon(
    way: Callable[[socket.socket], object], caplog: pytest.LogCaptureFixture
) -> None:
    clock = Clock()
    with breaking(way) as url:
        endpoint = Endpoint(f"{url}/v1", Limits(retries=1000), clock.wait, clock)
        with pytest.raises(ModelError):
            HostedGenerator("m", endpoint).generate(HELLO)
        with pytest.raises(ModelError):  # the next document of the same run
            HostedGenerator("m", endpoint).generate(HELLO)
    assert clock.now <= NEVER + 1  # that one is asked once more, after a second at most
    (line,) = heard(caplog)  # the clock of the lines is the real one, in which next to no time passed
    assert url in line
    assert "asking again in" in line
    assert "sk-for-nobody-else" not in line


def test_one_that_answered_before_is_given_more_time_and_what_it_asks_for(caplog: pytest.LogCaptureFixture) -> None:
    clock, good = Clock(), [completion("Yes.")]

    def answer(body: dict[str, Any]) -> Answer:
        return good.pop() if good else Answer(503, headers={"Retry-After": "30"})

    with serving(answer) as server:
        model = HostedGenerator("m", Endpoint(server.url, Limits(retries=1000), clock.wait, clock))
        assert model.generate(HELLO).text == "Yes."
        with pytest.raises(ModelError, match="503"):
            model.generate(HELLO)
    assert OUTAGE - 2 * 40 < clock.now <= OUTAGE
    assert "asking again in 3" in heard(caplog)[0]


def test_an_embedder_says_it_too(caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock()
    with breaking(WAYS["closed"]) as url, pytest.raises(ModelError):
        HostedEmbedder("m", Endpoint(url, wait=clock.wait, clock=clock))
    assert url in heard(caplog)[0]


def test_lines_about_the_same_come_ever_more_seldom(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    clock = Clock()
    monkeypatch.setattr(waiting.time, "monotonic", clock)
    for second in range(1000):
        clock.now = float(second)
        waiting.tell("a", f"a failed at {second}")
    lines = heard(caplog)
    assert [int(line.split()[4]) for line in lines] == [0, 10, 30, 70, 150, 310, 630]
    assert lines[0] == "rag: a failed at 0"
    assert lines[1].endswith("(9 more like it since the last line)")
    waiting.tell("b", "another\nfailed\x1b[2J")
    assert heard(caplog)[-1] == "rag: another�failed�[2J"
    clock.now += 2 * waiting.LONGEST  # long quiet: the next outage is news
    caplog.clear()
    for _ in range(30):
        waiting.tell("a", "a failed")
        clock.now += 1
    assert len(heard(caplog)) == 2


class Heard(logging.Handler):
    """Lets a server answer once it was said that it is waited for."""

    def __init__(self, gate: threading.Event) -> None:
        super().__init__()
        self.gate = gate

    def emit(self, record: logging.LogRecord) -> None:
        self.gate.set()


def test_who_waits_long_is_told_before_the_reply_is_there(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(waiting, "SLOW", 0.01)
    gate, slow = threading.Event(), completion("Yes.")
    slow.gate = gate
    handler = Heard(gate)
    logging.getLogger().addHandler(handler)  # after that of `caplog`, which has then heard it
    try:
        with serving(slow) as server:
            assert HostedGenerator("m", Endpoint(server.url)).generate(HELLO).text == "Yes."
    finally:
        logging.getLogger().removeHandler(handler)
    assert f"still waiting for {server.url}" in heard(caplog)[0]


@pytest.mark.parametrize("quiet", [[], ["-q"]])
def test_a_log_says_it_while_the_command_runs(tmp_path: Path, quiet: list[str]) -> None:
    (tmp_path / "a.md").write_text("Ada wrote to Bob.")
    words = ["extract", "a.md", "-d", "x.db", "--schema", "name", "-m", "openai:m", *quiet]
    with breaking(WAYS["closed"]) as url:
        environment = {**ENVIRONMENT, "OPENAI_BASE_URL": f"{url}/v1"}
        process = subprocess.Popen(
            [*RAG, *words], cwd=tmp_path, env=environment, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
        )
        assert process.stderr
        line = next(one for one in process.stderr if not one.startswith("x.db is made"))
        still = process.poll() is None
        process.kill()
        process.communicate()
    assert still
    assert line.startswith(f"rag: the reply of {url}/v1 broke off")


def test_a_terminal_is_told_on_a_line_of_its_own() -> None:
    code = (
        "import logging, sys; from rag import terminal, waiting; terminal.guard()\n"
        "logging.lastResort = waiting.Shown(); sys.stderr.isatty = lambda: True\n"
        "print('searching', end='', file=sys.stderr); waiting.tell('a', 'it failed')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=ENVIRONMENT, check=True)
    assert done.stderr == "searching\x1b[1G\x1b[Krag: it failed\n"


def test_pushing_to_a_server_that_never_ends_its_headers_ends(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(link, "WHOLE", 0.2)
    over = threading.Event()

    def drip(to: socket.socket) -> None:
        to.sendall(b"HTTP/1.1 200 OK\r\nX-")
        while not over.wait(0.01):
            to.sendall(b"a")

    with breaking(drip) as url, pytest.raises(ModelError, match="cannot be reached"):
        link.Link(url, "").look("/")
    monkeypatch.setattr(link.time, "sleep", lambda seconds: None)
    with breaking(WAYS["closed"]) as url, pytest.raises(ModelError):
        link.Link(url, "").look("/")
    assert "asking again in 1 s" in heard(caplog)[0]


def test_a_page_whose_headers_are_cut_is_not_an_empty_page() -> None:
    robots = iter([b"HTTP/1.1 404 N\r\nContent-Length: 0\r\n\r\n"])
    cut = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nX-"
    with breaking(lambda to: to.sendall(next(robots, cut))) as url, pytest.raises(FetchError, match="headers"):
        Fetcher(allow_private=True, delay=0).get(f"{url}/page")
