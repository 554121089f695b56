"""
An OpenAI-compatible endpoint: where it is, how fast it may be asked, and how long we try.

Retries wait as long as the provider asks and share one pace over all threads. The key is read from the environment and
never stands in a message, whatever the provider echoes. Nothing here knows prompts, schemas or vectors.
"""

from __future__ import annotations

import base64
import json
import os
import random
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit, urlunsplit

from rag import folding, waiting
from rag.errors import ModelError
from rag.models.hosted import completion, problems
from rag.models.hosted.exchange import WHOLE, Elsewhere, Exchanger, Incoming, TooMuch
from rag.models.hosted.problems import Refused
from rag.types import JSON

OPENAI = "https://api.openai.com/v1"
KEYS = ("RAG_API_KEY", "OPENAI_API_KEY")
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
AT_FIRST = 2  # retries of the first request, if nobody answers or what answers is no such endpoint
NEVER, OUTAGE = 90.0, 600.0  # seconds that all requests may fail: of an endpoint that never answered, of one that did
SECRET = 7  # characters; a shorter key ("none", "ollama") is a word like others
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of an endpoint one run may use. `rpm` and `tpm` are requests and tokens a minute."""

    concurrency: int = 8
    rpm: float | None = None
    tpm: float | None = None
    retries: int = 5
    timeout: float = 120.0  # seconds until a reply begins, and without a byte of it; it may take ten times that in all
    patience: float = 120.0  # the longest single wait; a provider that asks for more is an error at once

    @property
    def told(self) -> str:
        return f"it may take {self.timeout:g} s to begin, {WHOLE * self.timeout:g} s in all"


class Unreachable(ModelError):
    """Nobody answers at this address. If nobody ever did, the address may be wrong, and long patience is no help."""


class NoReply(ModelError):
    """What came is no reply of an endpoint. If none ever did, the address may be that of something else."""


class Pace:
    """
    When the next request may go: evenly spread over the minute, none while the provider asked everybody to wait.

    Shared by all threads of a run. `clock` gives seconds.
    """

    def __init__(self, rpm: float | None, tpm: float | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._apart = 60 / rpm if rpm else 0.0
        self._token = 60 / tpm if tpm else 0.0
        self._clock = clock
        self._lock = threading.Lock()
        self._next_request = self._next_tokens = self._held = float("-inf")

    def reserve(self, tokens: int) -> float:
        """Take the next place in the queue for a request of so many tokens; the seconds to wait for it."""
        with self._lock:
            now = self._clock()
            start = max(now, self._next_request, self._next_tokens, self._held)
            self._next_request = start + self._apart
            self._next_tokens = start + self._token * tokens
            return start - now

    def settle(self, difference: int) -> None:
        """The request took so many tokens more (or fewer) than were reserved."""
        with self._lock:
            self._next_tokens += self._token * difference

    def hold(self, seconds: float) -> None:
        """Nobody sends anything for so long."""
        with self._lock:
            self._held = max(self._held, self._clock() + seconds)


class Endpoint:
    """
    One base URL with its key and its limits. `wait` sleeps, `clock` tells the time (tests have others).

    `keys` are the variables that its key may stand in, the first one first; `direct` asks no proxy. A query of the URL
    is sent with every request; a password in it, the query and the key are never shown.
    """

    def __init__(
        self,
        base_url: str | None = None,
        limits: Limits = Limits(),
        wait: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        *,
        keys: Sequence[str] = KEYS,
        direct: bool = False,
    ) -> None:
        self._keys, self._direct = keys, direct
        self.url = (base_url or os.environ.get("OPENAI_BASE_URL") or OPENAI).strip()
        self._parts = _parsed(self.url)
        host = self._parts.netloc.rpartition("@")[2]
        self.shown = urlunsplit((self._parts.scheme, host, self._parts.path, "", ""))
        self.limits = limits
        self.pace = Pace(limits.rpm, limits.tpm, clock)
        self._wait, self._clock = wait, clock
        self._failing: float | None = None  # since when no request has succeeded
        self._exchanger: Exchanger | None = None
        self._answered = False
        self._lock = threading.Lock()

    def __del__(self) -> None:
        if exchanger := getattr(self, "_exchanger", None):
            exchanger.close()

    def ask(self, path: str, body: Mapping[str, JSON], model: str) -> JSON:
        """POST a body, read a JSON answer. Raises ModelError, OutputError, Refused."""
        with self.exchange(path, body, model) as incoming:
            return completion.read(incoming.text())

    def get(self, path: str) -> JSON:
        """What stands at a path of the server (not of the base URL). Raises ModelError, OutputError."""
        root = urlunsplit((self._parts.scheme, self._parts.netloc.rpartition("@")[2], f"/{path}", "", ""))
        with self._errors(path), self._opened().send("GET", root, self._headers()) as incoming:
            if incoming.status != 200:
                raise ModelError(f"{self.shown} has nothing at /{path} ({incoming.status})")
            return completion.read(incoming.text())

    @contextmanager
    def exchange(self, path: str, body: Mapping[str, JSON], model: str) -> Iterator[Incoming]:
        """POST a body; a reply that is no error. What goes wrong while it is read is mapped too."""
        data = json.dumps(body, ensure_ascii=False, allow_nan=False).encode("utf-8", "replace")
        with self._errors(model), self._opened().send("POST", self._address(path), self._headers(), data) as incoming:
            if incoming.status >= 400 or incoming.status < 200:
                raise self._problem(model, incoming.status, incoming.text(), incoming.headers)
            yield incoming

    def patiently(self, call: Callable[[], T], tokens: int, spent: Callable[[T], int], fresh: Callable[[], bool]) -> T:
        """
        `call` until it succeeds, fails for good, or the retries are used up.

        `tokens` is what the call will cost about, `spent` what it has cost; after a failure it is only called again
        while `fresh()` (a stream that already wrote something must not start over).
        """
        began = self._clock()
        for attempt in range(self.limits.retries + 1):
            self._pause(self.pace.reserve(tokens))
            try:
                with waiting.watched(self.shown, self.limits.told, fresh):
                    result = call()
            except ModelError as error:
                pause = backoff(attempt, error.after, self.limits.patience)
                self._failing = failing = began if self._failing is None else self._failing
                lost = isinstance(error, Unreachable | NoReply) and not self._answered and attempt >= AT_FIRST
                longest = OUTAGE if self._answered or error.after else NEVER
                over = self._clock() + pause - failing > longest and (attempt or self._clock() - began > longest)
                last = attempt == self.limits.retries or lost or over or not fresh()
                if last or not error.retry or (error.after or 0) > self.limits.patience:
                    raise
                again = f"asking again in {waiting.seconds(pause)}, retry {attempt + 1} of {self.limits.retries}"
                waiting.tell(self.shown, f"{error.message}; {again}")
                if error.after:
                    self.pace.hold(error.after)
                self._pause(pause)
            else:
                self._answered, self._failing = True, None
                self.pace.settle(spent(result) - tokens)
                return result
        raise AssertionError("the last attempt returns or raises")

    def malformed(self, why: str) -> ModelError:
        return NoReply(f"{self.shown} sent something that is not a reply: {self.clean(why)}", retry=True)

    def broken(self, why: str) -> ModelError:
        return ModelError(
            f"the reply of {self.shown} broke off: {self.clean(why)}", "Its own log may say why.", retry=True
        )

    def clean(self, text: str) -> str:
        """Short, on one line, and without the key, whatever the provider echoes."""
        for secret in self._secrets():
            text = text.replace(secret, "…")
        text = " ".join(folding.mended(text).split())
        return text if len(text) <= 300 else text[:300] + "…"

    def _secrets(self) -> list[str]:
        """What must not be shown, longest first."""
        given = [os.environ.get(name, "") for name in self._keys]
        given += [value for _, value in parse_qsl(self._parts.query)]
        urls = [self.url, *(os.environ.get(name, os.environ.get(name.lower(), "")) for name in PROXIES)]
        given += [_parsed_or_none(url).password or "" for url in urls if _parsed_or_none(url)]  # type: ignore[union-attr]
        forms = {form for one in given for form in (one, one.strip(), unquote(one))}
        return sorted((form for form in forms if len(form) >= SECRET), key=len, reverse=True)

    def _address(self, path: str) -> str:
        host = self._parts.netloc.rpartition("@")[2]
        return urlunsplit((self._parts.scheme, host, f"{self._parts.path}/{path}", self._parts.query, ""))

    def _headers(self) -> dict[str, str]:
        from rag.__about__ import __version__

        headers = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
        headers |= {"Accept-Encoding": "gzip, deflate", "User-Agent": f"chapterverse/{__version__}"}
        key, user = self._key(), self._parts.username
        if key or user is None:
            headers["Authorization"] = f"Bearer {key or 'none'}"
        else:
            pair = f"{unquote(user)}:{unquote(self._parts.password or '')}"
            headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
        if "api-version=" in self._parts.query:  # Azure
            headers["api-key"] = key or "none"
        return headers

    def _key(self) -> str:
        name, key = next(((name, key) for name in self._keys if (key := os.environ.get(name, "").strip())), ("", ""))
        if not key and self._parts.hostname == urlsplit(OPENAI).hostname:
            raise ModelError(f"{self.shown} needs a key and none is set", "export OPENAI_API_KEY=… (or RAG_API_KEY)")
        wrong = next((at for at, char in enumerate(key, 1) if not "\x21" <= char <= "\x7e"), 0)
        if wrong:
            raise ModelError(
                f"the key in {name} cannot be sent: its character {wrong} is no letter, digit or sign of ASCII",
                f"Copy it again: export {name}=…",
            )
        return key

    def _opened(self) -> Exchanger:
        """The connections, made on first use."""
        with self._lock:
            if self._exchanger is None:
                try:
                    self._exchanger = Exchanger(self.limits.timeout, direct=self._direct)
                except ImportError as error:
                    raise ModelError(
                        "a SOCKS proxy is set (ALL_PROXY) and the package for it is not installed",
                        "pip install 'httpx[socks]', or unset ALL_PROXY",
                    ) from error
                except OSError as error:
                    raise ModelError(
                        f"the certificates in {_certificates()} cannot be read: {error.strerror or error}",
                        "Correct SSL_CERT_FILE or SSL_CERT_DIR, or unset it.",
                    ) from error
                except ValueError as error:  # also of httpx: an unknown scheme of a proxy
                    raise ModelError(
                        f"a proxy of the environment cannot be used: {self.clean(str(error))}",
                        "It looks like http://HOST:PORT: see HTTP_PROXY, HTTPS_PROXY and ALL_PROXY.",
                    ) from None
            return self._exchanger

    def _pause(self, seconds: float) -> None:
        if seconds > 0:
            self._wait(seconds)

    @contextmanager
    def _errors(self, model: str) -> Iterator[None]:
        """Whatever goes wrong between us and the endpoint, as ModelError (or Refused, where another form may do)."""
        try:
            yield
        except completion.Failed as failed:  # an error that came with status 200
            problem = problems.said({"error": failed.error})
            if problem.status is None:
                raise self.malformed(problem.text) from None
            raise self._problem(model, problem.status, json.dumps({"error": failed.error}), {}) from None
        except completion.Malformed as error:
            raise self.malformed(str(error)) from None
        except TooMuch as error:
            raise ModelError(f"the reply of {self.shown} is too large: {error}") from None
        except Elsewhere as error:
            raise ModelError(
                f"{self.shown} sends us on to {error}, and your text does not go to another host unasked",
                "Give the address that answers itself: --base-url, or OPENAI_BASE_URL.",
            ) from None
        except Exception as error:
            if (mapped := self._mapped(error)) is None:
                raise
            raise mapped from None  # the original would show the request and its headers in a traceback

    def _problem(self, model: str, status: int, text: str, headers: Mapping[str, str]) -> Exception:
        try:
            body = json.loads(text)
        except (ValueError, RecursionError):
            body = None
        found = problems.said(body, text)
        found = problems.Said(self.clean(found.text) or problems.NOTHING, found.code, found.status, found.after)
        return problems.problem(self.shown, model, status, found, headers)

    def _mapped(self, error: Exception) -> Exception | None:
        if type(error).__module__.partition(".")[0] not in ("httpx", "httpcore", "h11", "zlib", "ssl"):
            return None
        import httpx

        causes = "; ".join(dict.fromkeys(str(one) for one in problems.walk_causes(error) if str(one)))
        if isinstance(error, httpx.ConnectTimeout | httpx.ConnectError | httpx.ProxyError | httpx.UnsupportedProtocol):
            hint = "Is it running? The address is --base-url, or OPENAI_BASE_URL."
            if "CERTIFICATE" in causes.upper():
                hint = "Its certificate is not trusted here: name the one to trust in SSL_CERT_FILE."
            why = self.clean(str(error) or "no answer")
            return Unreachable(f"{self.shown} cannot be reached: {why}", hint, retry=True)
        if isinstance(error, httpx.TimeoutException):
            text = f"{self.shown} gave no answer for {self.limits.timeout:g} s"
            if "whole exchange" in causes:
                text = f"{self.shown} did not come to an end in {self.limits.timeout:g} s"
            return ModelError(text, "Is it still at work? rag extract takes a longer --timeout.", retry=True)
        return self.broken(str(error) or type(error).__name__)


def backoff(attempt: int, after: float | None, longest: float) -> float:
    """Seconds before the next attempt: what the provider asks, else doubling from one second; spread by chance."""
    if after:
        return min(after * random.uniform(1.0, 1.1), longest)
    return min(2.0**attempt, 60.0, longest) * random.uniform(0.5, 1.0)


def _parsed(url: str) -> SplitResult:
    """A base URL in its parts, without what the requests add to it. Raises ModelError if it is none."""
    parts = _parsed_or_none(url)
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
        shown = re.sub(r"//[^/@]*@", "//…@", url).partition("?")[0]
        raise ModelError(f"{shown!r} is not the URL of an endpoint", "It looks like http://127.0.0.1:8000/v1")
    path = parts.path.rstrip("/").removesuffix("/chat/completions").removesuffix("/embeddings")
    return parts._replace(path=path.rstrip("/"), fragment="")


def _parsed_or_none(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _ = parts.port, parts.hostname
    except ValueError:
        return None
    return None if any(char.isspace() or ord(char) < 32 for char in url) else parts


def _certificates() -> str:
    given = {name: os.environ[name] for name in ("SSL_CERT_FILE", "SSL_CERT_DIR") if os.environ.get(name)}
    wrong = {name: path for name, path in given.items() if not os.access(path, os.R_OK)} or given
    return " and ".join(f"{name}={path}" for name, path in wrong.items()) or "this installation"


__all__ = ["Endpoint", "Limits", "NoReply", "Pace", "Refused", "Unreachable", "backoff"]
