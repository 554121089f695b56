"""
One request to an endpoint and what comes back, bounded in time and in size.

httpx is imported here only, and only when the first request is sent. Its own timeouts hold for one read each, so that
a server which drips its headers or says "100 Continue" for ever would hold us for ever: here every read also has the
time that is left of the whole exchange. Redirects are followed within the same origin only, because the request carries
the user's text and key. Nothing here knows what the JSON means.
"""

from __future__ import annotations

import codecs
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

if TYPE_CHECKING:
    import httpx

MOST = 64 << 20  # bytes of a reply, unpacked
WHOLE = 10  # times the timeout: the longest that a whole reply may take
REDIRECTS = 3


class TooMuch(Exception):
    """A reply is larger than `MOST`, or takes longer than all patience."""


class Elsewhere(Exception):
    """The server sends us to another origin; `str` names it."""


class Budget(threading.local):
    """The time that the exchange of a thread may still take. `end` is in seconds of the monotonic clock."""

    end = float("inf")

    def left(self, timeout: float | None) -> float:
        return max(0.0, min(self.end - time.monotonic(), float("inf") if timeout is None else timeout))


class Incoming:
    """A reply whose headers are there and whose body is read on demand."""

    def __init__(self, response: httpx.Response) -> None:
        self.status = response.status_code
        self.headers: Mapping[str, str] = response.headers
        self._response = response

    def lines(self) -> Iterator[str]:
        """The lines of the body as they come, without their ends. Raises TooMuch."""
        begun: list[str] = []  # the pieces of a line that has no end yet
        for piece in self._pieces():
            first, *more = piece.split("\n")
            begun.append(first)
            for line in more:
                yield "".join(begun).removesuffix("\r")
                begun = [line]
        if any(begun):
            yield "".join(begun)

    def text(self) -> str:
        return "".join(self._pieces())

    def _pieces(self) -> Iterator[str]:
        decoder, size = codecs.getincrementaldecoder("utf-8-sig")("replace"), 0
        for data in self._response.iter_bytes():
            size += len(data)
            if size > MOST:
                raise TooMuch(f"more than {MOST >> 20} MB")
            yield decoder.decode(data)
        yield decoder.decode(b"", True)


class Exchanger:
    """
    Sends requests, from any number of threads. `timeout`: seconds until the headers are there, and for each read.
    `direct` asks no proxy of the environment.
    """

    def __init__(self, timeout: float, *, direct: bool = False) -> None:
        import httpx

        self._timeout = timeout
        self._budget = Budget()
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=32)
        self._client = httpx.Client(timeout=timeout, limits=limits, follow_redirects=False, trust_env=not direct)
        for transport in (self._client._transport, *self._client._mounts.values()):
            _bound(transport, self._budget)

    def close(self) -> None:
        self._client.close()

    @contextmanager
    def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None) -> Iterator[Incoming]:
        """Raises httpx's errors, TooMuch, Elsewhere."""
        began = time.monotonic()
        self._budget.end = began + self._timeout
        try:
            for _ in range(REDIRECTS + 1):
                request = self._client.build_request(method, url, headers=dict(headers), content=body)
                response = self._client.send(request, stream=True)
                try:
                    if (target := _target(response, url)) is None:
                        self._budget.end = began + self._timeout * (WHOLE + 1)
                        yield Incoming(response)
                        return
                    url = target
                finally:
                    response.close()
            raise Elsewhere("a circle")
        finally:
            self._budget.end = float("inf")


def _target(response: httpx.Response, url: str) -> str | None:
    """Where a redirect within the same origin leads; None if the response is none. Raises Elsewhere."""
    if response.status_code not in (301, 302, 303, 307, 308):
        return None
    target: str = urljoin(url, str(response.headers.get("location", "")))
    here, there = urlsplit(url), urlsplit(target)
    if response.status_code not in (307, 308) or (here.scheme, here.netloc) != (there.scheme, there.netloc):
        raise Elsewhere(f"{there.scheme}://{there.netloc.rpartition('@')[2]}{there.path}")
    return target


def _bound(transport: Any, budget: Budget) -> None:
    """Make the connections of a transport keep to a budget."""
    pool = getattr(transport, "_pool", None)
    if pool is not None:
        pool._network_backend = _bounded(pool._network_backend, budget)


def _bounded(backend: Any, budget: Budget) -> Any:
    """httpx's way to the network, each read and write of which has the time that is left."""
    import httpcore

    class Stream(httpcore.NetworkStream):
        def __init__(self, inner: httpcore.NetworkStream) -> None:
            self._inner = inner

        def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
            left = budget.left(timeout)
            if not left:
                raise httpcore.ReadTimeout("the time of the whole exchange is over")
            return self._inner.read(max_bytes, left)

        def write(self, buffer: bytes, timeout: float | None = None) -> None:
            self._inner.write(buffer, budget.left(timeout))

        def close(self) -> None:
            self._inner.close()

        def start_tls(self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None) -> Any:
            return Stream(self._inner.start_tls(ssl_context, server_hostname, budget.left(timeout)))

        def get_extra_info(self, info: str) -> Any:
            return self._inner.get_extra_info(info)

    class Backend(httpcore.NetworkBackend):
        def connect_tcp(
            self,
            host: str,
            port: int,
            timeout: float | None = None,
            local_address: str | None = None,
            socket_options: Iterable[Any] | None = None,
        ) -> httpcore.NetworkStream:
            return Stream(backend.connect_tcp(host, port, budget.left(timeout), local_address, socket_options))

        def connect_unix_socket(
            self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
        ) -> httpcore.NetworkStream:
            return Stream(backend.connect_unix_socket(path, budget.left(timeout), socket_options))

        def sleep(self, seconds: float) -> None:
            backend.sleep(seconds)

    return Backend()
