"""
An OpenAI-compatible endpoint that says what a test tells it to: the stdlib's HTTP server on loopback.

A script is a list of answers, one a request; the last one is repeated. What was asked is in `seen`.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Answer:
    """What goes back. `promised` is the Content-Length if it is not the true one; `gate` holds the answer back."""

    status: int = 200
    body: str | bytes = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    promised: int | None = None
    gate: threading.Event | None = None


def completion(text: Any, reason: str = "stop", **message: Any) -> Answer:
    choice = {"index": 0, "finish_reason": reason, "message": {"role": "assistant", "content": text, **message}}
    usage = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}
    return Answer(body=json.dumps({"id": "x", "object": "chat.completion", "choices": [choice], "usage": usage}))


def refusal(status: int, message: str, **error: Any) -> Answer:
    return Answer(status, json.dumps({"error": {"message": message, **error}}))


def stream(*pieces: str, reason: str | None = "stop", end: bool = True) -> Answer:
    chunks = [{"choices": [{"index": 0, "delta": {"content": piece}, "finish_reason": None}]} for piece in pieces]
    if reason:
        chunks.append({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})
        chunks.append({"choices": [], "usage": {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}})
    lines = "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks) + ("data: [DONE]\n\n" if end else "")
    return Answer(body=lines, headers={"Content-Type": "text/event-stream"})


class Scripted:
    def __init__(self, script: list[Answer] | Callable[[dict[str, Any]], Answer]) -> None:
        self.script = script
        self.seen: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.paths: list[str] = []
        self.url = ""
        self._lock = threading.Lock()

    def answer(self, body: dict[str, Any], key: str, path: str = "") -> Answer:
        with self._lock:
            self.paths.append(path)
            self.seen.append(body)
            self.keys.append(key)
            if not callable(self.script):
                return self.script.pop(0) if len(self.script) > 1 else self.script[0]
        return self.script(body)


@contextmanager
def serving(*script: Answer | Callable[[dict[str, Any]], Answer]) -> Iterator[Scripted]:
    scripted = Scripted(script[0] if callable(script[0]) else list(script))  # type: ignore[arg-type]

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            answer = scripted.answer(body, self.headers.get("Authorization", ""), self.path)
            if answer.gate:
                answer.gate.wait(30)
            data = answer.body.encode() if isinstance(answer.body, str) else answer.body
            try:
                self.send_response(answer.status)
                for name, value in {"Content-Type": "application/json", **answer.headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(data) if answer.promised is None else answer.promised))
                self.end_headers()
                self.wfile.write(data)
            except (BrokenPipeError, ConnectionResetError):  # the client gave up, as it should
                pass

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True, kwargs={"poll_interval": 0.01})
    thread.start()
    scripted.url = f"http://127.0.0.1:{server.server_port}/v1"
    try:
        yield scripted
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
