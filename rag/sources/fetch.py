"""
One GET at a time, safely and politely: public addresses only, robots.txt, a pause between requests, limits.

The address that was checked is the one that is connected to, so a name cannot lead elsewhere a moment later; every
redirect is checked like the first address. No cookies, no proxies, no scripts.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import SplitResult, quote, urljoin, urlsplit
from urllib.robotparser import RobotFileParser

from rag import waiting
from rag.errors import InputError

AGENT = "chapterverse"
MAX_BYTES = 20_000_000
TIMEOUT = 20.0  # seconds without a byte
DEADLINE = 90.0  # seconds in all
REDIRECTS = 5
LONGEST_DELAY = 30.0
SAFE = "/%:@!$&'()*+,;=~-._[]"


class FetchError(InputError):
    """An address that cannot be fetched. `status` is the server's answer, 0 if it gave none."""

    def __init__(self, message: str, hint: str = "", *, status: int = 0) -> None:
        super().__init__(message, hint)
        self.status = status


@dataclass(frozen=True, slots=True)
class Response:
    """What a server answered with 200 or 304 (then without a body)."""

    url: str  # where the redirects led
    status: int
    body: bytes = b""
    kind: str = ""  # the media type, "text/html"
    charset: str = ""
    etag: str = ""
    modified: str = ""


@dataclass(slots=True)
class Fetcher:
    """Fetches addresses, each host no faster than `delay` seconds or its robots.txt allow."""

    allow_private: bool = False
    delay: float = 1.0
    max_bytes: int = MAX_BYTES
    last: dict[str, float] = field(default_factory=dict)
    robots: dict[str, RobotFileParser] = field(default_factory=dict)

    def get(self, url: str, etag: str = "", modified: str = "") -> Response:
        """
        What is at an address; a 304 if it is what `etag` or `modified` say.

        Raises FetchError: not a public address, forbidden by robots.txt, too large, too slow, an error of the server.
        """
        headers = {"If-None-Match": etag, "If-Modified-Since": modified}
        with waiting.watched(url, f"it may take {DEADLINE:.0f} s"):
            given = {name: value for name, value in headers.items() if value}
            return self._follow(url, given, time.monotonic() + DEADLINE, check_robots=True)

    def _follow(self, url: str, headers: dict[str, str], deadline: float, *, check_robots: bool) -> Response:
        at = url
        for _ in range(REDIRECTS + 1):
            if check_robots:
                self._allowed(at, deadline)
            answer, response, connection = self._request(at, headers, deadline)
            try:
                if answer in (301, 302, 303, 307, 308) and (location := response.getheader("Location")):
                    at = _joined(at, location)
                    continue
                if answer not in (200, 304):
                    raise FetchError(f"{url} answered {answer} {response.reason}", status=answer)
                return self._read(at, answer, response, deadline)
            except (OSError, http.client.HTTPException, zlib.error) as error:
                raise FetchError(f"{url} could not be read: {_why(error)}") from error
            finally:
                connection.close()
        raise FetchError(f"{url} redirects more than {REDIRECTS} times")

    def _request(
        self, url: str, headers: dict[str, str], deadline: float
    ) -> tuple[int, http.client.HTTPResponse, http.client.HTTPConnection]:
        parts = _parts(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise FetchError(f"{url} is not an http address")
        try:
            port = parts.port or (443 if parts.scheme == "https" else 80)
            host = parts.hostname.encode("idna").decode("ascii") if not parts.hostname.isascii() else parts.hostname
        except ValueError as error:
            raise FetchError(f"{url} is not an http address: {error}") from error
        address = self._address(url, host, port)
        self._wait(host)
        kind = _Secure if parts.scheme == "https" else _Plain
        connection = kind(host, port, timeout=TIMEOUT)
        connection.address = address
        query = "?" + quote(parts.query, safe=SAFE + "?") if parts.query else ""
        path = quote(parts.path or "/", safe=SAFE) + query  # nothing in it can end the line
        try:
            with _deadline(connection, deadline):
                connection.request("GET", path, headers={"User-Agent": AGENT, "Accept-Encoding": "gzip", **headers})
                response = connection.getresponse()
        except (OSError, http.client.HTTPException, ValueError) as error:
            connection.close()
            raise FetchError(f"{url} could not be reached: {_why(error)}") from error
        return response.status, response, connection

    def _address(self, url: str, host: str, port: int) -> tuple[Any, ...]:
        """The first address of a host, if all of its addresses are public."""
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise FetchError(f"{url}: no such host {host!r}") from error
        for *_, address in found:
            ip = ipaddress.ip_address(str(address[0]).split("%")[0])
            if not self.allow_private and not public(ip):
                raise FetchError(
                    f"{url} leads to {ip}, which is not a public address", "If it is yours: --allow-private"
                )
        family, _, _, _, address = found[0]
        return (family, address)

    def _wait(self, host: str) -> None:
        delay = self.delay
        if (rules := self.robots.get(host)) and (asked := rules.crawl_delay(AGENT)):
            delay = max(delay, min(float(asked), LONGEST_DELAY))
        pause = self.last.get(host, 0.0) + delay - time.monotonic()
        if pause > 0:
            time.sleep(pause)
        self.last[host] = time.monotonic()

    def _allowed(self, url: str, deadline: float) -> None:
        """Raise FetchError if robots.txt forbids the address, or cannot be had because its server is ill."""
        parts = _parts(url)
        host = parts.netloc
        if host not in self.robots:
            rules = RobotFileParser()
            try:
                page = self._follow(f"{parts.scheme}://{host}/robots.txt", {}, deadline, check_robots=False)
                rules.parse(page.body.decode("utf-8", "replace").splitlines())
            except FetchError as error:
                if not 400 <= error.status < 500:
                    raise
                rules.parse([])
            self.robots[host] = rules
        if not self.robots[host].can_fetch(AGENT, url):
            raise FetchError(f"{url} is forbidden by the robots.txt of {host}")

    def _read(self, url: str, status: int, response: http.client.HTTPResponse, deadline: float) -> Response:
        unpack = zlib.decompressobj(31) if response.getheader("Content-Encoding") == "gzip" else None
        body = bytearray()
        while status == 200 and (piece := response.read1(65536)):
            if time.monotonic() > deadline:
                raise FetchError(f"{url} takes longer than {DEADLINE:.0f} s")
            body += unpack.decompress(piece, self.max_bytes + 1 - len(body)) if unpack else piece
            if len(body) > self.max_bytes:
                raise FetchError(f"{url} is larger than {self.max_bytes:,} bytes")
        length = response.getheader("Content-Length")
        if response.length and length:  # the connection ended early
            raise FetchError(f"{url} was cut off {response.length} bytes before its end")
        kind = response.headers.get_content_type() if response.getheader("Content-Type") else ""
        return Response(
            url,
            status,
            bytes(body),
            kind,
            str(response.headers.get_content_charset() or ""),
            response.getheader("ETag") or "",
            response.getheader("Last-Modified") or "",
        )


def public(ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Whether an address is on the open Internet; an IPv4 address written as IPv6 is taken for what it is."""
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is None and ip in ipaddress.ip_network("64:ff9b::/96"):  # NAT64
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return public(inner)
    return ip.is_global and not ip.is_multicast


@contextmanager
def _deadline(connection: http.client.HTTPConnection, deadline: float) -> Iterator[None]:
    """Cut a connection whose server keeps talking (`100 Continue` without end) and never comes to an answer."""

    def cut() -> None:
        if connection.sock is not None:
            with suppress(OSError):
                connection.sock.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(max(0.0, deadline - time.monotonic()), cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


class _Headed(http.client.HTTPResponse):
    """A response whose headers were whole: http.client takes a connection that ends among them for their end."""

    def begin(self) -> None:
        self.fp = lines = _Lines(self.fp)  # type: ignore[assignment]
        super().begin()
        self.fp = lines.inner
        if lines.last not in (b"\r\n", b"\n"):
            raise http.client.RemoteDisconnected("the connection ended within the headers")


class _Lines:
    """A file that remembers its last line."""

    def __init__(self, inner: Any) -> None:
        self.inner, self.last = inner, b""

    def readline(self, *limit: int) -> bytes:
        self.last = line = self.inner.readline(*limit)
        return bytes(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


class _Plain(http.client.HTTPConnection):
    """Connects to the address that was checked, whatever the name means by now."""

    address: tuple[Any, ...]
    response_class = _Headed

    def connect(self) -> None:
        family, address = self.address
        self.sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            self.sock.settimeout(self.timeout)
            self.sock.connect(address)
        except BaseException:
            self.sock.close()
            raise


class _Secure(_Plain):
    def connect(self) -> None:
        super().connect()
        self.sock = ssl.create_default_context().wrap_socket(self.sock, server_hostname=self.host)


def _why(error: BaseException) -> str:
    return "no answer in time" if isinstance(error, TimeoutError) else str(error) or type(error).__name__


def _parts(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError as error:
        raise FetchError(f"{url} is not an http address: {error}") from error


def _joined(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError as error:
        raise FetchError(f"{url} redirects to {location[:200]!r}, which is not an address") from error
