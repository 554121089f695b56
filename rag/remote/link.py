"""HTTP to one place: the token in its header and nowhere else, redirects not followed, what is busy asked again."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import httpx

from rag import waiting
from rag.bounded import Budget, bind
from rag.errors import InputError, ModelError
from rag.types import Document, Passage

Given = tuple[str, Document, Sequence[Passage]]  # what a source is called there, a document, and its passages
TRIES = 5
SECONDS = 120  # without a byte
WHOLE = 600  # and for one exchange, however slowly it goes on
LONGEST_WAIT = 60.0  # seconds that a place may ask us to wait


class Refused(InputError):
    """What was sent is not taken; `status` is that of HTTP."""

    def __init__(self, status: int, message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.status = status


class Link:
    """Raises InputError for what is no address."""

    def __init__(self, address: str, token: str) -> None:
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise InputError(f"{address!r} is not an address", "Write https://host or http://127.0.0.1:8000")
        if "@" in parts.netloc or parts.query or parts.fragment:
            raise InputError("the address holds a password, a query or a fragment", "Give the secret with --token.")
        self.address = address.rstrip("/")
        headers = {"accept": "application/json"} | ({"authorization": f"Bearer {token}"} if token else {})
        self._client = httpx.Client(headers=headers, timeout=SECONDS, follow_redirects=False)
        self._budget = Budget()
        bind(self._client, self._budget)

    def look(self, path: str) -> Any:
        """What a path shows; None if it shows no JSON. Raises InputError if the token is not let in."""
        reply = self._send("GET", path, None)
        if reply.status_code in (401, 403):
            raise _refused(reply)
        return _json(reply) if reply.status_code == 200 else None

    def send(self, path: str, method: str, body: Any = None) -> Any:
        """The JSON of the reply. Raises Refused, ModelError."""
        reply = self._send(method, path, body)
        if reply.status_code >= 300:
            raise _refused(reply)
        return _json(reply)

    def _send(self, method: str, path: str, body: Any) -> httpx.Response:
        for last in (*[False] * (TRIES - 1), True):
            try:
                self._budget.end = time.monotonic() + WHOLE
                with waiting.watched(self.address, f"it may take {WHOLE} s"):
                    reply = self._client.request(method, self.address + path, json=body)
            except httpx.HTTPError as error:
                told = ModelError(f"{self.address} cannot be reached: {error}", "Is it running?")
                if last or not isinstance(error, httpx.ConnectError | httpx.RemoteProtocolError | httpx.ReadError):
                    raise told from error
                self._again(told.message, 1.0)
                continue
            if last or (reply.status_code not in (429, 502, 503, 504) and not _writing(reply)):
                return reply
            what = "is busy" if reply.status_code in (409, 429) else f"failed ({reply.status_code})"
            self._again(f"{self.address} {what}", _wait(reply))
        raise AssertionError("the last try returns")

    def _again(self, why: str, seconds: float) -> None:
        seconds = min(seconds, LONGEST_WAIT)
        waiting.tell(self.address, f"{why}; asking again in {waiting.seconds(seconds)}")
        time.sleep(seconds)

    def close(self) -> None:
        self._client.close()


def _writing(reply: httpx.Response) -> bool:
    """Whether a server of ours says that another is writing now, which ends."""
    told = _json(reply) if reply.status_code == 409 else None
    error = told.get("error") if isinstance(told, dict) else None
    return isinstance(error, dict) and error.get("code") == "writing"


def _wait(reply: httpx.Response) -> float:
    try:
        return max(0.0, float(reply.headers.get("retry-after", "1")))
    except ValueError:
        return 1.0


def _json(reply: httpx.Response) -> Any:
    try:
        return reply.json()
    except ValueError:
        return None


def _refused(reply: httpx.Response) -> Refused:
    """What the place says, in its words: ours has error.message, Datasette a list of errors."""
    told = _json(reply)
    said = hint = ""
    if isinstance(told, dict):
        error = told.get("error")
        if isinstance(error, dict):
            said, hint = str(error.get("message", "")), str(error.get("hint", ""))
        else:
            listed = told.get("errors")
            said = "; ".join(map(str, listed)) if isinstance(listed, list) else str(error or "")
    if reply.is_redirect:
        said, hint = f"it leads to {reply.headers.get('location')}", "Give that address: a token is sent to no other."
    if reply.status_code in (401, 403) and not hint:
        hint = "Give a token that may write: --token, or RAG_PUSH_TOKEN."
    host = urlsplit(str(reply.url)).netloc
    return Refused(reply.status_code, f"{host} refused ({reply.status_code}): {said or reply.reason_phrase}", hint)
