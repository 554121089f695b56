"""
Who may come in: host, origin, token, size and pace of every request, and what every reply forbids the browser.

A pure ASGI layer around the whole application, so that no route can forget it. Without a token the user whose server it
is may search and read, and only when it listens on this machine alone.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlsplit

from rag.store.tokens import Token
from rag.web import peers

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

COOKIE = "rag_session"
SAFE = ("GET", "HEAD", "OPTIONS")
LOCAL = ("localhost", "127.0.0.1", "::1")
ANYONE = Token(0, "anyone", ("read",))
EVERYBODY = Token(0, "anyone", ("read", "ask"))
NOBODY = Token(-1, "nobody", ())
OPEN = ("/-/health", "/-/login", "/static/", "/favicon.ico")  # served to everybody: they hold nothing of the index
CLIENTS = 4096  # whose pace is remembered


@dataclass(frozen=True, slots=True)
class Limits:
    """What one client may use. Pace is in requests a minute; 0: no limit."""

    body: int = 10_000_000  # bytes
    body_seconds: float = 30.0  # from the first to the last byte of a body
    pace: int = 6000  # of one token
    frame: str = "'none'"  # who may show the page in a frame (a Content-Security-Policy source)


@dataclass(slots=True)
class Gate:
    """Who may come in. `check` finds the token of a secret; `hosts` are the names that the server answers to."""

    app: App
    check: Callable[[str], Awaitable[Token | None]]
    hosts: tuple[str, ...]
    anonymous: Token  # who comes without a token: ANYONE (of this user) may read, EVERYBODY ask, too, NOBODY nothing
    limits: Limits = field(default_factory=Limits)
    _pace: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        sending = self._guarded(send, scope)
        if refusal := self._refuse(scope, headers):
            await _reply(sending, *refusal)
            return
        token, presented = await self._who(headers, scope)
        open_ = scope["path"].startswith(OPEN)
        if not open_ and not token.may("read"):
            why = "this token is unknown, expired or revoked" if presented else "a token is needed"
            if scope["method"] == "GET" and not presented and "text/html" in headers.get("accept", ""):
                await _redirect(sending, scope)
            else:
                await _reply(
                    sending, 401, "unauthorized", why, "Make one: rag token create NAME; send it as Bearer token."
                )
            return
        if wait := self._too_fast(token, scope):
            text = "too many requests"
            await _reply(sending, 429, "too_many_requests", text, f"Wait {wait} s.", {"retry-after": str(wait)})
            return
        scope["token"], scope["presented"] = token, presented
        await self.app(scope, self._bounded(receive), sending)

    def _refuse(self, scope: Scope, headers: dict[str, str]) -> tuple[int, str, str, str] | None:
        """Why a request is turned away before anything is looked up; None if it is not."""
        host = headers.get("host", "")
        if _name(host) not in self.hosts and "*" not in self.hosts:
            hint = "Say under which name it may be reached: rag serve --allow-host NAME"
            return 421, "wrong_host", "this server does not answer to that host name", hint
        if scope["method"] not in SAFE:
            origin, site = headers.get("origin"), headers.get("sec-fetch-site", "same-origin")
            if site not in ("same-origin", "none") or (origin is not None and urlsplit(origin).netloc != host):
                return (
                    403,
                    "wrong_origin",
                    "the request comes from another site",
                    "Send it without Origin, or from the page.",
                )
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > self.limits.body:
            return 413, "too_large", f"more than {self.limits.body} bytes", "Send less at a time."
        return None

    async def _who(self, headers: dict[str, str], scope: Scope) -> tuple[Token, bool]:
        """The token of a request, and whether one was presented at all (a wrong one is never taken for none)."""
        kind, _, secret = headers.get("authorization", "").partition(" ")
        secret = secret.strip() if kind.lower() == "bearer" else ""
        cookie = False
        if not secret and "cookie" in headers:
            secret, cookie = _cookie(headers["cookie"]), True
        if secret:
            found = await self.check(secret)
            if found is not None and found.state == "valid":
                return found, True
            if not cookie:
                return NOBODY, True
        if self.anonymous is ANYONE and not peers.ours(scope.get("client"), scope.get("server")):
            return NOBODY, False
        return self.anonymous, False

    def _too_fast(self, token: Token, scope: Scope) -> int:
        """Seconds to wait; 0 if there is room. A bucket a token that fills evenly and holds a minute's worth."""
        pace = self.limits.pace
        if not pace or token is ANYONE:  # this machine's own
            return 0
        key = f"token {token.id}" if token.id else str((scope.get("client") or ("",))[0])
        now = time.monotonic()
        room, at = self._pace.pop(key, (float(pace), now))
        room = min(float(pace), room + (now - at) * pace / 60)
        self._pace[key] = (max(room - 1, 0.0), now)
        if len(self._pace) > CLIENTS:
            self._pace.popitem(last=False)
        return 0 if room >= 1 else max(1, round(60 / pace))

    def _bounded(self, receive: Receive) -> Receive:
        """The body, refused where it is too large or too slow."""
        size, until = 0, 0.0

        async def receiving() -> MutableMapping[str, Any]:
            nonlocal size, until
            if until == 0.0:
                until = time.monotonic() + self.limits.body_seconds
            if until < 0:  # the body is whole: what comes now is that the client went away
                return await receive()
            try:
                message = await asyncio.wait_for(receive(), max(until - time.monotonic(), 0.001))
            except TimeoutError:
                raise BodyRefused(408, "the body came too slowly") from None
            size += len(message.get("body", b""))
            if size > self.limits.body:
                raise BodyRefused(413, f"more than {self.limits.body} bytes")
            if not message.get("more_body"):
                until = -1.0
            return message

        return receiving

    def _guarded(self, send: Send, scope: Scope) -> Send:
        """Every reply says what the browser may not do with it."""
        policy = (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
            f" font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors {self.limits.frame}"
        )
        fixed = {
            "content-security-policy": policy,
            "x-content-type-options": "nosniff",
            "referrer-policy": "no-referrer",
            "cross-origin-opener-policy": "same-origin",
            "cross-origin-resource-policy": "same-origin",
            "permissions-policy": "camera=(), microphone=(), geolocation=()",
        }
        if not scope["path"].startswith("/static/"):
            fixed["cache-control"] = "no-store"

        async def sending(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                have = {name.lower() for name, _ in message.get("headers", [])}
                more = [(n.encode(), v.encode()) for n, v in fixed.items() if n.encode() not in have]
                message = {**message, "headers": [*message.get("headers", []), *more]}
            await send(message)

        return sending


class BodyRefused(Exception):
    """A body that is too large or too slow; `status` is what the client gets."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def hosts(listen: str, also: tuple[str, ...] = ()) -> tuple[str, ...]:
    """The names that a server which listens there answers to; "*" among `also` means every name."""
    given = tuple(name.lower().strip("[]") for name in also)
    return tuple(dict.fromkeys((*LOCAL, listen.lower().strip("[]"), *given)))


def is_loopback(host: str) -> bool:
    """Can nobody but this machine reach an address?"""
    import ipaddress

    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _name(host: str) -> str:
    """A Host header without its port."""
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.rpartition(":")[0].lower() if host.count(":") == 1 else host.lower()


def _cookie(header: str) -> str:
    try:
        morsel = SimpleCookie(header).get(COOKIE)
    except Exception:  # a cookie of somebody else that is none
        return ""
    return morsel.value if morsel else ""


async def _redirect(send: Send, scope: Scope) -> None:
    from urllib.parse import quote

    there = quote(
        scope["path"] + (f"?{scope['query_string'].decode('latin-1')}" if scope["query_string"] else ""), safe=""
    )
    headers = [(b"location", f"/-/login?next={there}".encode()), (b"content-length", b"0")]
    await send({"type": "http.response.start", "status": 303, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


async def _reply(
    send: Send, status: int, code: str, message: str, hint: str, more: dict[str, str] | None = None
) -> None:
    body = json.dumps({"error": {"code": code, "message": message, "hint": hint}}).encode()
    headers = {"content-type": "application/json", "content-length": str(len(body)), **(more or {})}
    if status == 401:
        headers["www-authenticate"] = 'Bearer realm="rag"'
    listed = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": listed})
    await send({"type": "http.response.body", "body": body})
