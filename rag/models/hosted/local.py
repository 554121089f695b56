"""
Servers of models on this machine, found when they run: `ollama:NAME`, `lmstudio:NAME`, `llamaserver:`.

They speak the protocol of `openai:` and say more of their models, each in its own way: how many tokens fit, how many
weights there are, a digest of them. No key but their own goes to them, and no proxy is asked.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rag.errors import ModelError, RagError
from rag.models.hosted.embedder import HostedEmbedder
from rag.models.hosted.endpoint import Endpoint, Limits
from rag.models.hosted.generator import HostedGenerator
from rag.models.prefixes import english, prefixes, wants_windows
from rag.types import JSON

SOON = 3.0  # seconds in which a server of this machine says what it has
UNITS = {"K": 1e3, "M": 1e6, "B": 1e9}


@dataclass(frozen=True, slots=True)
class Server:
    """A kind of server. `variable` in the environment says where it is, if not at `url`."""

    scheme: str
    title: str
    url: str
    variable: str
    start: str  # what to type to start it
    get: str  # … and to get a model
    context: int  # tokens that fit where it does not say it


@dataclass(frozen=True, slots=True)
class Served:
    """A model that a server has."""

    name: str
    digest: str = ""
    parameters: int | None = None
    context: int | None = None
    megabytes: int | None = None


SERVERS: Mapping[str, Server] = {
    "ollama": Server(
        "ollama", "Ollama", "http://127.0.0.1:11434", "OLLAMA_HOST", "ollama serve", "ollama pull NAME", 4096
    ),
    "lmstudio": Server(
        "lmstudio", "LM Studio", "http://127.0.0.1:1234", "LMSTUDIO_HOST", "lms server start", "lms get NAME", 4096
    ),
    "llamaserver": Server(
        "llamaserver",
        "llama-server",
        "http://127.0.0.1:8080",
        "LLAMASERVER_HOST",
        "llama-server -m FILE.gguf",
        "llama-server -m FILE.gguf",
        4096,
    ),
}


def ollama(model: str, **options: Any) -> HostedGenerator:
    return _generator(SERVERS["ollama"], model, **options)


def lmstudio(model: str, **options: Any) -> HostedGenerator:
    return _generator(SERVERS["lmstudio"], model, **options)


def llamaserver(model: str = "", **options: Any) -> HostedGenerator:
    """The model that the server was started with; `model` need not be named."""
    return _generator(SERVERS["llamaserver"], model, **options)


def ollama_embedder(model: str) -> HostedEmbedder:
    return _embedder(SERVERS["ollama"], model)


def lmstudio_embedder(model: str) -> HostedEmbedder:
    return _embedder(SERVERS["lmstudio"], model)


def llamaserver_embedder(model: str = "") -> HostedEmbedder:
    return _embedder(SERVERS["llamaserver"], model)


def running() -> list[tuple[Server, list[Served]]]:
    """The servers of this machine that answer, with what they have."""
    found = []
    for server in SERVERS.values():
        try:
            found.append((server, served(server)))
        except RagError:
            continue
    return found


def served(server: Server, endpoint: Endpoint | None = None) -> list[Served]:
    """The models of a server. Raises ModelError if it does not run, or is none."""
    endpoint = endpoint or _endpoint(server, Limits(timeout=SOON, retries=0))
    answer = endpoint.get("v1/models")
    rows = answer.get("data") if isinstance(answer, Mapping) else None
    found = {str(row["id"]): row for row in rows or () if isinstance(row, Mapping) and row.get("id")}
    if server.scheme == "ollama":
        return _ollama(endpoint, list(found))
    if server.scheme == "lmstudio":
        return _lmstudio(endpoint, list(found))
    context = _at(_maybe(endpoint, "props"), "default_generation_settings", "n_ctx")
    return [
        Served(name, parameters=_count(_at(row, "meta", "n_params")), context=_count(context))
        for name, row in found.items()
    ]


def _generator(
    server: Server, model: str, *, limits: Limits | None = None, context: int | None = None, **options: Any
) -> HostedGenerator:
    found = _find(server, model)
    made = HostedGenerator(
        found.name,
        _endpoint(server, limits or Limits()),
        context=context or found.context or server.context,
        name=f"{server.scheme}:{model}",
        **options,
    )
    made.parameters = found.parameters
    if found.digest:
        made.fingerprint = f"{server.scheme} {found.name} {found.digest}"
    return made


def _embedder(server: Server, model: str) -> HostedEmbedder:
    found = _find(server, model)
    family = prefixes(found.name)
    before = {"query": family.query, "passage": family.passage} if family.family else {}
    made = HostedEmbedder(found.name, _endpoint(server, Limits()), prefixes=before, name=f"{server.scheme}:{model}")
    made.windows, made.english = wants_windows(found.name), english(found.name)
    if found.digest:
        made.fingerprint = f"{server.scheme} {found.name} {found.digest} {family.family}".strip()
    return made


def _find(server: Server, model: str) -> Served:
    """The model of this name. Raises ModelError: the server does not run, or does not have it."""
    try:
        have = served(server)
    except ModelError as error:
        raise ModelError(
            f"{server.title} does not answer: {error.message}",
            f"Start it: {server.start}; elsewhere than at {server.url}: {server.variable}=HOST:PORT",
        ) from None
    if not model and have:
        return have[0]
    for one in have:
        if model and one.name in (model, f"{model}:latest"):
            return one
    names = ", ".join(one.name for one in have[:12]) or "none"
    raise ModelError(f"{server.title} has no model {model!r}; it has: {names}", server.get.replace("NAME", model))


def _endpoint(server: Server, limits: Limits) -> Endpoint:
    return Endpoint(f"{_address(server)}/v1", limits, keys=(f"{server.scheme.upper()}_API_KEY",), direct=True)


def _address(server: Server) -> str:
    """Where the server is. What it listens on everywhere ("0.0.0.0") is reached on this machine."""
    given = os.environ.get(server.variable, "").strip().rstrip("/")
    if not given:
        return server.url
    given = given if "://" in given else f"http://{given}"
    given = re.sub(r"//(0\.0\.0\.0|\[::\])(?=[:/]|$)", "//127.0.0.1", given).removesuffix("/v1")
    port = server.url.rpartition(":")[2]
    return given if re.search(r":\d+$", given) or given.startswith("https://") else f"{given}:{port}"


def _ollama(endpoint: Endpoint, names: list[str]) -> list[Served]:
    tags = {str(row.get("name")): row for row in _rows(_maybe(endpoint, "api/tags"), "models")}
    loaded = {str(row.get("name")): row.get("context_length") for row in _rows(_maybe(endpoint, "api/ps"), "models")}
    told = os.environ.get("OLLAMA_CONTEXT_LENGTH", "")
    allowed = int(told) if told.isascii() and told.isdigit() else None
    return [
        Served(
            name,
            str(tags.get(name, {}).get("digest") or "")[:16],
            _count(_at(tags.get(name), "details", "parameter_size")),
            _count(loaded.get(name)) or allowed,
            (_count(tags.get(name, {}).get("size")) or 0) // 1_000_000 or None,
        )
        for name in names
    ]


def _lmstudio(endpoint: Endpoint, names: list[str]) -> list[Served]:
    rows = {str(row.get("id")): row for row in _rows(_maybe(endpoint, "api/v0/models"), "data")}
    return [Served(name, context=_count(_at(rows.get(name), "loaded_context_length")) or None) for name in names]


def _maybe(endpoint: Endpoint, path: str) -> JSON:
    """What stands at a path beside the protocol; None if nothing does."""
    try:
        return endpoint.get(path)
    except RagError:
        return None


def _rows(answer: JSON, name: str) -> list[Mapping[str, JSON]]:
    rows = answer.get(name) if isinstance(answer, Mapping) else None
    return [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []


def _at(value: JSON, *path: str) -> JSON:
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _count(value: JSON) -> int | None:
    """A positive number, also as "494.03M" or "1.5B"."""
    if isinstance(value, str) and (found := re.fullmatch(r"(\d{1,6}(?:\.\d{1,6})?)\s*([KMB])", value.strip().upper())):
        return int(float(found[1]) * UNITS[found[2]])
    whole = isinstance(value, int) and not isinstance(value, bool) and 0 < value < 1 << 50
    return value if whole else None


__all__ = ["SERVERS", "Served", "Server", "running", "served"]
