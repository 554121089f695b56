"""
One request to an endpoint and what comes back, bounded in time and in size.

httpx is imported only when the first request is sent; every read also has the time that is left of the whole exchange
(`rag.bounded`). Redirects are followed within the same origin only, because the request carries
the user's text and key. Nothing here knows what the JSON means.
"""

from __future__ import annotations

import codecs
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from rag.bounded import Budget, bind

if TYPE_CHECKING:
    import httpx

MOST = 64 << 20  # bytes of a reply, unpacked
WHOLE = 10  # times the timeout: the longest that a whole reply may take
REDIRECTS = 3


class TooMuch(Exception):
    """A reply is larger than `MOST`, or takes longer than all patience."""


class Elsewhere(Exception):
    """The server sends us to another origin; `str` names it."""


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
        bind(self._client, self._budget)

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
