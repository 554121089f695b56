"""Servers of models on this machine: found when they run, and believed in what they say of their models."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from scripted_server import completion

from rag import models
from rag.errors import ModelError
from rag.models.hosted import HostedGenerator, local
from rag.types import Message

OLLAMA = {
    "/v1/models": {"data": [{"id": "qwen2.5:0.5b"}, {"id": "nomic-embed-text:latest"}]},
    "/api/tags": {
        "models": [
            {
                "name": "qwen2.5:0.5b",
                "digest": "a8b0c51577010a279d933d14c2a8ab4b268079d44c5c8830c0a93900f1827c67",
                "size": 397_821_319,
                "details": {"parameter_size": "494.03M"},
            },
            {"name": "nomic-embed-text:latest", "digest": "0a109f42", "details": {"parameter_size": "137M"}},
        ]
    },
    "/api/ps": {"models": [{"name": "qwen2.5:0.5b", "context_length": 8192}]},
}
LLAMA = {
    "/v1/models": {"data": [{"id": "/models/smollm2.gguf", "meta": {"n_params": 134_515_008}}]},
    "/props": {"default_generation_settings": {"n_ctx": 2048}},
}
LMSTUDIO = {
    "/v1/models": {"data": [{"id": "qwen2.5-7b-instruct"}]},
    "/api/v0/models": {"data": [{"id": "qwen2.5-7b-instruct", "loaded_context_length": 16384}]},
}


@contextmanager
def serving(pages: dict[str, Any]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A server of these pages that also chats and embeds; "host:port", and what it was sent."""
    seen: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append({"path": self.path, "key": self.headers.get("Authorization")})
            self._send(404 if self.path not in pages else 200, json.dumps(pages.get(self.path, {"error": "no"})))

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            seen.append({"path": self.path, "key": self.headers.get("Authorization"), "body": body})
            if self.path.endswith("/embeddings"):
                rows = [{"index": n, "embedding": [1.0, len(text)]} for n, text in enumerate(body["input"])]
                self._send(200, json.dumps({"data": rows}))
            else:
                self._send(200, str(completion("hello").body))

        def _send(self, status: int, text: str) -> None:
            data = text.encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}", seen
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(autouse=True)
def _nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """No server runs, a key that is not theirs is set, and a proxy that would be asked by others."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nowhere = f"127.0.0.1:{free.getsockname()[1]}"
    for server in local.SERVERS.values():
        monkeypatch.setenv(server.variable, nowhere)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-not-for-you")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    monkeypatch.delenv("OLLAMA_CONTEXT_LENGTH", raising=False)


def test_a_model_of_ollama_is_known_by_what_ollama_says_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(OLLAMA) as (host, seen):
        monkeypatch.setenv("OLLAMA_HOST", f"0.0.0.0:{host.rpartition(':')[2]}")  # where it listens, as its users set it
        model = models.generator("ollama:qwen2.5:0.5b")
        assert isinstance(model, HostedGenerator)
        assert (model.name, model.context, model.parameters) == ("ollama:qwen2.5:0.5b", 8192, 494_030_000)
        assert model.fingerprint == "ollama qwen2.5:0.5b a8b0c51577010a27"
        assert not model.constrained
        assert model.generate([Message("user", "hi")]).text == "hello"
        assert seen[-1]["body"]["model"] == "qwen2.5:0.5b"
    assert {one["key"] for one in seen} == {"Bearer none"}


def test_an_embedder_of_ollama_has_its_prefixes(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(OLLAMA) as (host, seen):
        monkeypatch.setenv("OLLAMA_HOST", f"http://{host}/")
        embedder = models.embedder("ollama:nomic-embed-text")
        assert embedder.embed(["ferry"], kind="query").shape == (1, 2)
    assert seen[-1]["body"]["input"] == ["search_query: ferry"]
    assert embedder.fingerprint == "ollama nomic-embed-text:latest 0a109f42 nomic-embed"


def test_the_model_of_llama_server_needs_no_name(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(LLAMA) as (host, _):
        monkeypatch.setenv("LLAMASERVER_HOST", host)
        model = models.generator("llamaserver:")
        assert model is not None
        assert (model.context, model.parameters) == (2048, 134_515_008)
        assert models.generator("llamaserver:", context=512).context == 512  # type: ignore[union-attr]


def test_a_model_of_lm_studio_says_what_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(LMSTUDIO) as (host, _):
        monkeypatch.setenv("LMSTUDIO_HOST", host)
        assert models.generator("lmstudio:qwen2.5-7b-instruct").context == 16384  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("name", "start"), [("ollama:x", "ollama serve"), ("lmstudio:x", "lms"), ("llamaserver:", "-m")]
)
def test_a_server_that_does_not_run_is_said_with_how_to_start_it(name: str, start: str) -> None:
    with pytest.raises(ModelError, match="does not answer") as caught:
        models.generator(name)
    assert start in caught.value.hint


def test_a_model_that_a_server_has_not_is_said_with_those_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(OLLAMA) as (host, _):
        monkeypatch.setenv("OLLAMA_HOST", host)
        with pytest.raises(ModelError, match=r"no model 'llama3'; it has: qwen2\.5:0\.5b, nomic") as caught:
            models.generator("ollama:llama3")
    assert caught.value.hint == "ollama pull llama3"


def test_another_server_at_the_port_is_no_server_of_models(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving({"/v1/models": "hello"}) as (host, _):
        monkeypatch.setenv("OLLAMA_HOST", host)
        with pytest.raises(ModelError, match="Ollama has no model 'x'; it has: none"):
            models.generator("ollama:x")


def test_those_that_run_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    assert local.running() == []
    with serving(OLLAMA) as (host, _):
        monkeypatch.setenv("OLLAMA_HOST", host)
        ((server, have),) = local.running()
    assert (server.scheme, [one.name for one in have]) == ("ollama", ["qwen2.5:0.5b", "nomic-embed-text:latest"])
