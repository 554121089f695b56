"""
An OpenAI-compatible endpoint: where it is, how fast it may be asked, and what its errors mean.

The `openai` package is imported here only, and only when the first request is sent (it costs a second of CPU). Its own
retries are off: ours are counted, wait as long as the provider asks, and share one pace over all threads. The key is
read from the environment and never stands in a message. Nothing here knows prompts, schemas or vectors.
"""

from __future__ import annotations

import json
import os
import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

from rag.errors import ModelError

OPENAI = "https://api.openai.com/v1"
AT_FIRST = 2  # retries of the first request, if nobody answers
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of an endpoint one run may use. `rpm` and `tpm` are requests and tokens a minute."""

    concurrency: int = 8
    rpm: float | None = None
    tpm: float | None = None
    retries: int = 5
    timeout: float = 120.0  # seconds without a byte from the endpoint
    patience: float = 120.0  # the longest single wait; a provider that asks for more is an error at once


class Refused(Exception):
    """The provider does not take the request as it is; perhaps it takes another form of it."""

    def __init__(self, status: int, text: str, problem: ModelError) -> None:
        super().__init__(text)
        self.status = status
        self.text = text
        self.problem = problem  # what to raise if there is no other form


class Unreachable(ModelError):
    """Nobody answers at this address. If nobody ever did, the address may be wrong, and long patience is no help."""


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
    """One base URL with its key and its limits. `wait` sleeps, `clock` tells the time (tests have others)."""

    def __init__(
        self,
        base_url: str | None = None,
        limits: Limits = Limits(),
        wait: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.url = (base_url or os.environ.get("OPENAI_BASE_URL") or OPENAI).rstrip("/")
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ModelError(f"{self.url!r} is not the URL of an endpoint", "It looks like http://127.0.0.1:8000/v1")
        host = parts.netloc.rpartition("@")[2]
        self.shown = urlunsplit((parts.scheme, host, parts.path, "", ""))  # without a password
        self.limits = limits
        self.pace = Pace(limits.rpm, limits.tpm, clock)
        self._wait = wait
        self._client: Any = None
        self._answered = False
        self._lock = threading.Lock()

    def client(self) -> Any:
        """The library's client, made on first use."""
        with self._lock:
            if self._client is None:
                import openai

                self._client = openai.OpenAI(
                    api_key=self._key(), base_url=self.url, max_retries=0, timeout=self.limits.timeout
                )
            return self._client

    def _key(self) -> str:
        key = os.environ.get("RAG_API_KEY") or os.environ.get("OPENAI_API_KEY")
        if not key and urlsplit(self.url).hostname == urlsplit(OPENAI).hostname:
            raise ModelError(f"{self.shown} needs a key and none is set", "export OPENAI_API_KEY=… (or RAG_API_KEY)")
        return key or "none"

    def patiently(self, call: Callable[[], T], tokens: int, spent: Callable[[T], int], fresh: Callable[[], bool]) -> T:
        """
        `call` until it succeeds, fails for good, or the retries are used up.

        `tokens` is what the call will cost about, `spent` what it has cost; after a failure it is only called again
        while `fresh()` (a stream that already wrote something must not start over).
        """
        for attempt in range(self.limits.retries + 1):
            self._pause(self.pace.reserve(tokens))
            try:
                result = call()
            except ModelError as error:
                lost = isinstance(error, Unreachable) and not self._answered and attempt >= AT_FIRST
                last = attempt == self.limits.retries or lost or not fresh()
                if last or not error.retry or (error.after or 0) > self.limits.patience:
                    raise
                if error.after:
                    self.pace.hold(error.after)
                self._pause(backoff(attempt, error.after, self.limits.patience))
            else:
                self._answered = True
                self.pace.settle(spent(result) - tokens)
                return result
        raise AssertionError("the last attempt returns or raises")

    def _pause(self, seconds: float) -> None:
        if seconds > 0:
            self._wait(seconds)

    @contextmanager
    def errors(self, model: str) -> Iterator[None]:
        """Whatever goes wrong between us and the endpoint, as ModelError (or Refused, where another form may do)."""
        try:
            yield
        except (ModelError, Refused):
            raise
        except Exception as error:
            if (mapped := self._mapped(error, model)) is None:
                raise
            raise mapped from None  # the original would show the request and its headers in a traceback

    def _mapped(self, error: Exception, model: str) -> Exception | None:
        import openai

        if isinstance(error, openai.APITimeoutError):
            return ModelError(
                f"{self.shown} gave no answer for {self.limits.timeout:g} s", "Try a longer --timeout.", retry=True
            )
        if isinstance(error, openai.APIStatusError):
            return self._status(error, model)
        if isinstance(error, openai.APIConnectionError):
            return Unreachable(
                f"{self.shown} cannot be reached: {self._clean(str(error.__cause__ or error))}",
                "Is it running? The address is --base-url, or OPENAI_BASE_URL.",
                retry=True,
            )
        if isinstance(error, json.JSONDecodeError | UnicodeDecodeError | openai.APIResponseValidationError):
            return self.malformed(str(error))
        if isinstance(error, openai.OpenAIError):
            return ModelError(f"{self.shown}: {self._clean(str(error))}", retry=isinstance(error, openai.APIError))
        if type(error).__module__.partition(".")[0] in ("httpx", "httpx2", "httpcore", "httpcore2"):
            if "timeout" in type(error).__name__.lower():
                return ModelError(f"{self.shown} stopped in the middle of its reply", retry=True)
            return self.broken(str(error))
        return None

    def _status(self, error: Any, model: str) -> Exception:
        status, text = int(error.status_code), self._clean(_detail(error))
        if status in (401, 403):
            return ModelError(
                f"{self.shown} refused the key ({status})",
                "Check OPENAI_API_KEY (or RAG_API_KEY), and that it may use this model.",
            )
        if status == 404 and "response_format" not in text:
            return ModelError(
                f"{self.shown} has no model {model!r}, or is no OpenAI-compatible endpoint (404: {text})",
                f"See what it has: curl {self.shown}/models",
            )
        if status == 429 and getattr(error, "code", None) == "insufficient_quota":
            return ModelError(f"the quota at {self.shown} is used up", "Check the plan and the bill at the provider.")
        if status in (408, 409, 429) or status >= 500:
            why = "asks us to slow down" if status == 429 else "failed"
            problem = ModelError(
                f"{self.shown} {why} ({status}: {text})",
                "Lower --concurrency or set --rpm/--tpm." if status == 429 else "Try again later.",
                retry=True,
                after=retry_after(error.response.headers),
            )
            return Refused(status, text, problem) if status in (500, 501) else problem
        return Refused(status, text, ModelError(f"{self.shown} refused the request ({status}: {text})"))

    def malformed(self, why: str) -> ModelError:
        return ModelError(f"{self.shown} sent something that is not a reply: {self._clean(why)}", retry=True)

    def broken(self, why: str) -> ModelError:
        return ModelError(f"the reply of {self.shown} broke off: {self._clean(why)}", retry=True)

    def _clean(self, text: str) -> str:
        """Short, on one line, and without the key, whatever the provider echoes."""
        for name in ("RAG_API_KEY", "OPENAI_API_KEY"):
            if key := os.environ.get(name):
                text = text.replace(key, "…")
        text = " ".join(text.split())
        return text if len(text) <= 300 else text[:300] + "…"


def backoff(attempt: int, after: float | None, longest: float) -> float:
    """Seconds before the next attempt: what the provider asks, else doubling from one second; spread by chance."""
    if after:
        return min(after * random.uniform(1.0, 1.1), longest)
    return min(2.0**attempt, 60.0, longest) * random.uniform(0.5, 1.0)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that the provider asks us to wait: `retry-after-ms`, or `retry-after` in seconds or as a date."""
    try:
        if value := headers.get("retry-after-ms"):
            return max(0.0, float(value) / 1000)
        if not (value := headers.get("retry-after")):
            return None
        if value.strip().replace(".", "", 1).isdigit():
            return float(value)
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except ValueError:
        return None


def _detail(error: Any) -> str:
    """What the provider says of its error."""
    body = error.body
    if isinstance(body, dict):
        inner = body.get("error", body)
        inner = inner if isinstance(inner, dict) else {"message": inner}
        said = inner.get("message") or inner.get("detail") or inner
        param = inner.get("param")
        return f"{said} [{param}]" if param else str(said)
    return str(body or error.message)
