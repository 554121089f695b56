"""One exchange with an endpoint, bounded in time, in size, and in whom the text goes to: raw sockets on loopback."""

from __future__ import annotations

import gzip
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from scripted_server import Answer, completion, serving

from rag.errors import ModelError
from rag.models.hosted import Endpoint, HostedGenerator, Limits, exchange
from rag.types import Message

HELLO = [Message("user", "hello")]
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_BASE_URL", "HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-for-one-host-only")


@contextmanager
def endless(first: bytes, then: bytes) -> Iterator[str]:
    """A server that says `first`, then `then` again and again for as long as anybody listens."""
    server, over = socket.create_server(("127.0.0.1", 0)), threading.Event()

    def talk() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                try:
                    connection.recv(65536)
                    connection.sendall(first)
                    while not over.wait(0.01):
                        connection.sendall(then)
                except OSError:  # the client has gone, as it should
                    pass

    thread = threading.Thread(target=talk, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/v1"
    finally:
        over.set()
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join(5)


@pytest.mark.parametrize(
    ("first", "then"),
    [
        (b"HTTP/1.1 200 OK\r\nX-", b"a"),  # a header that never ends
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),  # a body of white space
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n1;", b"a"),  # the extension of a chunk
        (b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n", b": ping\n\n"),
    ],
    ids=["header", "continue", "body", "extension", "pings"],
)
def test_a_server_that_never_ends_is_left(first: bytes, then: bytes) -> None:
    with endless(first, then) as url, pytest.raises(ModelError) as caught:
        HostedGenerator("m", Endpoint(url, Limits(retries=0, timeout=0.2))).generate(HELLO)
    assert url in caught.value.message


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "packed"])
def test_a_reply_that_is_too_large_is_left(monkeypatch: pytest.MonkeyPatch, pack: Callable[[bytes], bytes]) -> None:
    monkeypatch.setattr(exchange, "MOST", 1 << 20)
    body = pack(json.dumps({"choices": [], "x": "y" * (2 << 20)}).encode())
    headers = {} if pack is bytes else {"Content-Encoding": "gzip"}
    with serving(Answer(body=body, headers=headers)) as server, pytest.raises(ModelError, match="too large: more than"):
        HostedGenerator("m", Endpoint(server.url, Limits(retries=0))).generate(HELLO)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_neither_text_nor_key_follows_to_another_host(status: int) -> None:
    with serving(completion("caught")) as other:
        moved = Answer(status, headers={"Location": f"{other.url}/chat/completions"})
        with serving(moved) as server, pytest.raises(ModelError, match="sends us on to") as caught:
            HostedGenerator("m", server.url).generate(HELLO)
        assert other.url in caught.value.message
        assert not other.seen


def test_within_the_same_origin_a_redirect_is_followed_and_a_circle_is_not() -> None:
    with serving(Answer(308, headers={"Location": "/other"}), completion("hello")) as server:
        assert HostedGenerator("m", server.url).generate(HELLO).text == "hello"
    assert server.paths == ["/v1/chat/completions", "/other"]
    with serving(Answer(307, headers={"Location": "/other"})) as server, pytest.raises(ModelError, match="circle"):
        HostedGenerator("m", server.url).generate(HELLO)
    assert len(server.seen) < 8
