"""
`llm:ID`: any model of a plugin of the `llm` command, as generator or embedder.

Keys, aliases and options are those that `llm` knows (`llm keys set …`, `llm models`). Plugins differ in what they take:
a schema is passed on where the plugin supports schemas and asked for in words elsewhere, and earlier turns are written
into the prompt. So the reply may not fit the shape; whoever asked checks it. Nothing is logged to llm's database.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rag import waiting
from rag.errors import ModelError
from rag.models.prefixes import english, prefixes, wants_windows
from rag.types import Message, Reply, Sampling, Shape

if TYPE_CHECKING:
    from rag.types import Vectors

CONTEXT = 32_000  # no plugin says how much its model takes
# A picture of one dot, for models that take no text.
DOT = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360f8cfc0000003010100c9fe92ef"
    "0000000049454e44ae426082"
)
CHARACTERS = 4  # of English text in a token, about
ASK = "\n\nReply with one JSON object, no other text. It must fit this JSON Schema:\n"


class LLMGenerator:
    """A chat or completion model of a plugin."""

    constrained = False
    parameters: int | None = None

    def __init__(self, model: str, *, context: int = CONTEXT) -> None:
        self._llm = _library()
        with _errors(f"llm:{model}"):
            self._model: Any = self._llm.get_model(model)
        self.name = f"llm:{model}"
        self.fingerprint = f"llm {self._model.model_id}"
        self.context = context

    def count(self, messages: Sequence[Message]) -> int:
        """An estimate: plugins do not count."""
        return sum(len(message.content) // CHARACTERS + 4 for message in messages)

    def generate(
        self,
        messages: Sequence[Message],
        shape: Shape | None = None,
        sampling: Sampling = Sampling(),  # noqa: B008 (frozen)
        on_text: Callable[[str], None] | None = None,
    ) -> Reply:
        from rag.models.hosted.value import whole_value

        began = time.perf_counter()
        system = "\n\n".join(message.content for message in messages if message.role == "system")
        prompt = _turns([message for message in messages if message.role != "system"])
        options = self._options(sampling)
        if shape is not None and self._model.supports_schema:
            options["schema"] = shape.schema
        elif shape is not None:
            prompt += ASK + json.dumps(shape.schema, ensure_ascii=False)
        pieces: list[str] = []
        with _errors(self.name), waiting.watched(self.name, wanted=lambda: not (on_text and pieces)):
            response = self._model.prompt(prompt, system=system or None, stream=bool(on_text), **options)
            for piece in response:
                pieces.append(piece)
                if on_text:
                    on_text(piece)
            usage = response.usage()
        text = "".join(pieces)
        return Reply(
            whole_value(text, lambda value: True, shape.schema).text if shape else text,
            usage.input or self.count(messages),
            usage.output or len(text) // CHARACTERS,
            "done",
            time.perf_counter() - began,
        )

    def _options(self, sampling: Sampling) -> dict[str, Any]:
        """What the plugin's model takes of our sampling; most take a temperature, few a seed."""
        wanted = {"temperature": sampling.temperature, "max_tokens": sampling.max_tokens, "seed": sampling.seed}
        known = self._model.Options.model_fields
        return {name: value for name, value in wanted.items() if name in known}


class LLMEmbedder:
    """
    An embedding model of a plugin. The dimensions are asked for with a first text.

    What its family wants before a question and a passage is put there, unless the model is one of ours, which knows.
    """

    max_tokens = 512  # no plugin says it; small models of this kind take 512
    threshold = 0.0

    def __init__(self, model: str) -> None:
        llm = _library()
        with _errors(f"llm:{model}"):
            self._model: Any = llm.get_embedding_model(model)
        self.name = f"llm:{model}"
        own = getattr(self._model, "name", "") if self._model.model_id.startswith("rag-") else ""
        found = prefixes("" if own else self._model.model_id)
        self._prefixes = {"query": found.query, "passage": found.passage}
        self.windows, self.english = wants_windows(own or self._model.model_id), english(own or self._model.model_id)
        self.fingerprint = fingerprint("" if own else self._model.model_id) or f"llm {self._model.model_id}"
        if self._model.supports_binary:
            self.embed_pictures = self._embed_pictures
        with _errors(self.name):
            probe = "dimensions" if self._model.supports_text else DOT
            self.dimensions = len(list(next(iter(self._model.embed_multi([probe])))))

    def embed(self, texts: Sequence[str], kind: str = "passage") -> Vectors:
        """float32 of shape (len(texts), dimensions), each row of length 1."""
        before = self._prefixes.get(kind, "")
        return self._unit(self._vectors([before + text for text in texts], kind))

    def _embed_pictures(self, pictures: Sequence[bytes]) -> Vectors:
        """As `embed`, where the model takes binaries."""
        return self._unit(self._vectors(pictures))

    def _unit(self, vectors: Sequence[Sequence[float]]) -> Vectors:
        import numpy as np

        rows = np.zeros((len(vectors), self.dimensions), dtype=np.float32)
        if vectors:
            rows[:] = vectors
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        if not np.isfinite(rows).all() or (lengths == 0).any():
            raise ModelError(f"{self.name}: gave a vector that is zero or not finite", "Use another embedding model.")
        rows /= lengths
        return rows

    def _vectors(self, texts: Sequence[str | bytes], kind: str = "passage") -> list[list[float]]:
        """As `llm` itself does: what is looked for one by one, what is kept in batches."""
        with _errors(self.name), waiting.watched(self.name):
            if kind == "query":
                return [list(self._model.embed(text)) for text in texts]
            return [list(vector) for vector in self._model.embed_multi(texts)]


def fingerprint(model: str) -> str:
    """Of an embedding model of a plugin: it changes with what is put before its texts; "" for a nameless one."""
    return " ".join(filter(None, ("llm", model, prefixes(model).family))) if model else ""


def _library() -> Any:
    try:
        import llm
    except ImportError as error:
        raise ModelError(
            f"llm: cannot be imported: {error}", "pip install llm, and the plugin of your model"
        ) from error
    return llm


@contextmanager
def _errors(name: str) -> Iterator[None]:
    """Plugins raise what they like: all of it becomes a ModelError that names the model."""
    try:
        yield
    except ModelError:
        raise
    except Exception as error:
        kind = type(error).__name__
        if kind == "UnknownModelError":
            raise ModelError(f"{name}: no installed llm plugin has this model", "List them with: llm models") from error
        if kind == "NeedsKeyException":
            raise ModelError(f"{name}: {error}", "Store the key with: llm keys set NAME") from error
        raise ModelError(f"{name}: {kind}: {error}", "Try it by itself: llm -m ID 'hello'") from error


def _turns(messages: Sequence[Message]) -> str:
    """One turn as it is; a conversation with who said what, ending where the model goes on."""
    if len(messages) == 1:
        return messages[0].content
    return "\n\n".join(f"{message.role.capitalize()}: {message.content}" for message in messages)
