"""
Models behind an OpenAI-compatible endpoint.

A shape goes out as a strict `json_schema` response format. An endpoint that refuses this gets `json_object` with the
schema beside it, then without, then nothing of the kind, each time with the schema in the prompt; what it takes is
remembered. Whether the reply fits the shape is not checked here: that is the caller's guarantee loop. Tokens are
counted with tiktoken, offline.
"""

from __future__ import annotations

import json
import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rag.errors import ModelError, OutputError, RagError
from rag.models.endpoint import Endpoint, Limits, Refused
from rag.models.tiktokens import count_messages, count_text
from rag.types import JSON, Message, Reply, Request, Sampling, Shape

if TYPE_CHECKING:
    from rag.types import Vectors

CONTEXT = 128_000  # no endpoint says how much its model takes; --context does
FORMATS = ("json_schema", "json_object with schema", "json_object", "text")  # how a shape is asked for, best first
OPTIONAL = ("temperature", "seed", "stream_options")  # what some models refuse and all can do without
Normalise = Callable[[JSON], tuple[JSON, Callable[[JSON], JSON]]]


class HostedGenerator:
    """
    A chat model. `normalise` turns a schema into the subset that strict providers take, and gives the way back.

    Raises ModelError: unreachable, wrong key, unknown model, rate limits and failures (`retry`), a broken reply.
    """

    constrained = False
    parameters: int | None = None

    def __init__(
        self,
        model: str,
        endpoint: Endpoint | str | None = None,
        *,
        context: int = CONTEXT,
        normalise: Normalise | None = None,
    ) -> None:
        if not model:
            raise ModelError("openai: needs the name of a model", "--model openai:gpt-4o-mini")
        self.endpoint = endpoint if isinstance(endpoint, Endpoint) else Endpoint(endpoint)
        self.model = model
        self.name = f"openai:{model}"
        self.fingerprint = f"{self.endpoint.shown} {model}"
        self.context = context
        self._normalise = normalise
        self._format = 0  # the first of FORMATS that the endpoint has not refused
        self._dropped: set[str] = set()
        self._limit_name = "max_tokens"

    def count(self, messages: Sequence[Message]) -> int:
        return count_messages(messages)

    def generate(
        self,
        messages: Sequence[Message],
        shape: Shape | None = None,
        sampling: Sampling = Sampling(),  # noqa: B008 (frozen)
        on_text: Callable[[str], None] | None = None,
    ) -> Reply:
        prompt = self.count(messages)
        if prompt >= self.context:
            raise ModelError(
                f"the prompt has {prompt} tokens, {self.name} takes {self.context}",
                "Give it less text, or --context N if the model takes more.",
            )
        written = False

        def pass_on(piece: str) -> None:
            nonlocal written
            written = True
            assert on_text is not None
            on_text(piece)

        return self.endpoint.patiently(
            lambda: self._negotiate(Request(messages, shape, sampling), pass_on if on_text else None),
            tokens=prompt + min(sampling.max_tokens, 512),  # the reply's share is settled when it is there
            spent=lambda reply: reply.tokens_in + reply.tokens_out,
            fresh=lambda: not written,
        )

    def generate_many(self, requests: Iterable[Request]) -> Iterator[tuple[int, Reply | Exception]]:
        """Several at a time, each in a thread; the threads die with the process, so Ctrl-C ends it at once."""
        waiting: queue.SimpleQueue[tuple[int, Request] | None] = queue.SimpleQueue()
        finished: queue.SimpleQueue[tuple[int, Reply | Exception]] = queue.SimpleQueue()

        def work() -> None:
            while (job := waiting.get()) is not None:
                index, request = job
                try:
                    finished.put((index, self.generate(request.messages, request.shape, request.sampling)))
                except Exception as error:
                    finished.put((index, error))

        many = max(1, self.endpoint.limits.concurrency)
        for _ in range(many):
            threading.Thread(target=work, daemon=True).start()
        running = 0
        try:
            for job in enumerate(requests):
                waiting.put(job)
                running += 1
                if running == many:
                    yield _known(finished.get())
                    running -= 1
            while running:
                yield _known(finished.get())
                running -= 1
        finally:
            for _ in range(many):
                waiting.put(None)

    def body(self, request: Request, format: int | None = None) -> dict[str, JSON]:
        """What is sent: also a line of a batch file carries it."""
        messages = [{"role": message.role, "content": message.content} for message in request.messages]
        sampling = request.sampling
        body: dict[str, JSON] = {"model": self.model, "messages": messages}
        body[self._limit_name] = sampling.max_tokens
        body |= {
            k: v for k, v in (("temperature", sampling.temperature), ("seed", sampling.seed)) if k not in self._dropped
        }
        if request.shape is None:
            return body
        asked = FORMATS[self._format if format is None else format]
        if asked == "json_schema":
            schema, _ = self._normalised(request.shape)
            body["response_format"] = {
                "type": "json_schema",
                "json_schema": {"name": "reply", "strict": True, "schema": schema},
            }
            return body
        if asked == "json_object with schema":  # llama-cpp-python's server, Together, Fireworks
            body["response_format"] = {"type": "json_object", "schema": request.shape.schema}
        elif asked == "json_object":
            body["response_format"] = {"type": "json_object"}
        body["messages"] = _told(messages, request.shape.schema)
        return body

    def _normalised(self, shape: Shape) -> tuple[JSON, Callable[[JSON], JSON]]:
        return self._normalise(shape.schema) if self._normalise else (shape.schema, lambda data: data)

    def _negotiate(self, request: Request, on_text: Callable[[str], None] | None) -> Reply:
        """Ask in the best form that the endpoint takes; what it refuses is remembered."""
        format = self._format
        for _ in range(len(FORMATS) + len(OPTIONAL) + 2):
            body = self.body(request, format)
            try:
                with self.endpoint.errors(self.model):
                    return self._once(body, request.shape, on_text)
            except Refused as refused:
                format = self._learn(refused, body, format)
        raise ModelError(f"{self.endpoint.shown} refuses every form of the request", "Is it OpenAI-compatible?")

    def _learn(self, refused: Refused, body: Mapping[str, JSON], format: int) -> int:
        """The format to try next, other wishes of the model noted; raises if there is nothing to change."""
        text, client_error = refused.text.lower(), refused.status < 500
        if client_error and "max_completion_tokens" in text and "max_tokens" in body:
            self._limit_name = "max_completion_tokens"
            return format
        about_format = "response_format" in body and ("response_format" in text or "json_" in text)
        if about_format or (client_error and "response_format" in body and "schema" in text):
            if "invalid schema" not in text:  # else it is this schema that it does not take, not schemas
                self._format = max(self._format, format + 1)
            return format + 1
        for name in OPTIONAL:
            if client_error and name in text and name in body:
                self._dropped.add(name)
                return format
        raise refused.problem from None

    def _once(self, body: dict[str, JSON], shape: Shape | None, on_text: Callable[[str], None] | None) -> Reply:
        started = time.monotonic()
        completions = self.endpoint.client().chat.completions
        if on_text is None:
            answer = json.loads(completions.with_raw_response.create(**body).text)
            reply = self.read(answer, shape, body)
        else:
            options = {} if "stream_options" in self._dropped else {"stream_options": {"include_usage": True}}
            body |= options
            with completions.create(**body, stream=True) as stream:
                reply = self._finish(*_gather(stream, on_text, self.endpoint), shape, body)
        return _replace_seconds(reply, time.monotonic() - started)

    def read(self, answer: JSON, shape: Shape | None, body: Mapping[str, JSON]) -> Reply:
        """A chat completion as a Reply. Raises ModelError if it is none."""
        try:
            choice = answer["choices"][0]
            message = choice["message"]
            text, refusal = message.get("content"), message.get("refusal")
            reason, usage = choice.get("finish_reason"), answer.get("usage") or {}
        except (KeyError, IndexError, TypeError, AttributeError):
            said = answer.get("error", answer) if isinstance(answer, dict) else answer
            raise self.endpoint.malformed(json.dumps(said, ensure_ascii=False)) from None
        return self._finish(text, refusal, reason, usage, shape, body)

    def _finish(
        self, text: Any, refusal: Any, reason: Any, usage: JSON, shape: Shape | None, body: Mapping[str, JSON]
    ) -> Reply:
        if refusal or reason == "content_filter":
            raise OutputError(f"{self.name} refused to answer: {refusal or 'content filter'}", raw=text or "")
        if not isinstance(text, str):
            raise self.endpoint.malformed("a reply without text")
        cut = reason == "length"
        if shape is not None and not cut:
            text = self._restored(text, shape, body)
        prompt = " ".join(m["content"] for m in body["messages"])
        return Reply(
            text,
            tokens_in=_number(usage, "prompt_tokens") or count_text(prompt),
            tokens_out=_number(usage, "completion_tokens") or count_text(text),
            stopped="length" if cut else "done",
        )

    def _restored(self, text: str, shape: Shape, body: Mapping[str, JSON]) -> str:
        """The reply in the form that the shape asks for: out of its code fence, out of the provider's subset."""
        asked = body.get("response_format", {}).get("type", "text")
        if asked != "json_schema":
            return bare_json(text)
        if self._normalise is None:
            return text
        _, restore = self._normalise(shape.schema)
        try:
            return json.dumps(restore(json.loads(text)), ensure_ascii=False)
        except ValueError:
            return text


class HostedEmbedder:
    """
    An embedding model. The dimensions are asked for with a first request if they are not given.

    Raises ModelError: as HostedGenerator, and if the vectors are not what they should be.
    """

    max_tokens = 8191
    windows = True
    threshold = 0.0

    def __init__(
        self,
        model: str,
        endpoint: Endpoint | str | None = None,
        *,
        dimensions: int | None = None,
        prefixes: Mapping[str, str] | None = None,  # kind -> what the model wants before a text of this kind
        batch: int = 64,
    ) -> None:
        if not model:
            raise ModelError("openai: needs the name of a model", "--embedder openai:text-embedding-3-small")
        self.endpoint = endpoint if isinstance(endpoint, Endpoint) else Endpoint(endpoint)
        self.model = model
        self.name = f"openai:{model}"
        self._prefixes = dict(prefixes or {})
        self._batch = batch
        told = "".join(f" {kind}={prefix!r}" for kind, prefix in sorted(self._prefixes.items()))
        self.fingerprint = f"{self.endpoint.shown} {model}{told}"
        self.dimensions = dimensions or len(self._vectors(["dimensions"])[0])

    def embed(self, texts: Sequence[str], kind: str = "passage") -> Vectors:
        import numpy as np

        rows = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        prefix = self._prefixes.get(kind, "")
        for at in range(0, len(texts), self._batch):
            part = [prefix + text or " " for text in texts[at : at + self._batch]]  # an empty text is refused
            vectors = np.asarray(self._vectors(part), dtype=np.float32)
            if vectors.shape != (len(part), self.dimensions):
                raise self.endpoint.malformed(f"vectors of {vectors.shape}, not {(len(part), self.dimensions)}")
            length = np.linalg.norm(vectors, axis=1, keepdims=True)
            if not np.isfinite(vectors).all() or not length.all():
                raise self.endpoint.malformed("a vector that is zero or not finite")
            rows[at : at + len(part)] = vectors / length
        return rows

    def _vectors(self, texts: Sequence[str]) -> list[list[float]]:
        return self.endpoint.patiently(
            lambda: self._once(texts), sum(map(count_text, texts)), spent=lambda _: 0, fresh=lambda: True
        )

    def _once(self, texts: Sequence[str]) -> list[list[float]]:
        try:
            with self.endpoint.errors(self.model):
                create = self.endpoint.client().embeddings.with_raw_response.create
                answer = json.loads(create(model=self.model, input=list(texts), encoding_format="float").text)
        except Refused as refused:
            raise refused.problem from None
        try:
            rows = [list(map(float, row["embedding"])) for row in sorted(answer["data"], key=lambda row: row["index"])]
        except (KeyError, TypeError, ValueError):
            raise self.endpoint.malformed("no vectors") from None
        if len(rows) != len(texts) or len({len(row) for row in rows}) > 1:
            raise self.endpoint.malformed(f"{len(rows)} vectors for {len(texts)} texts")
        return rows


def bare_json(text: str) -> str:
    """The JSON in a text that may stand in a code fence or among other words; the text itself if there is none."""
    read = json.JSONDecoder().raw_decode
    for opening in "{[":
        at = text.find(opening)
        while at >= 0:
            try:
                return text[at : read(text, at)[1]]
            except ValueError:
                at = text.find(opening, at + 1)
    return text.strip()


def _gather(stream: Any, on_text: Callable[[str], None], endpoint: Endpoint) -> tuple[str, str, str, JSON]:
    """(text, refusal, why it ended, usage) of a stream, passing on each piece. Raises ModelError if it breaks off."""
    pieces: list[str] = []
    refusal, reason, usage = "", "", {}
    for chunk in stream:
        if getattr(chunk, "usage", None):
            usage = {"prompt_tokens": chunk.usage.prompt_tokens, "completion_tokens": chunk.usage.completion_tokens}
        for choice in getattr(chunk, "choices", None) or ():
            if piece := getattr(choice.delta, "content", None):
                pieces.append(piece)
                on_text(piece)
            refusal += getattr(choice.delta, "refusal", None) or ""
            reason = choice.finish_reason or reason
    if not reason:
        raise endpoint.broken("the stream ended without a finish_reason")
    return "".join(pieces), refusal, reason, usage


def _told(messages: list[dict[str, str]], schema: JSON) -> list[dict[str, str]]:
    """The messages with the schema in words, for endpoints that do not hold the model to it."""
    text = "Reply with one JSON value and nothing else. It must fit this JSON Schema:\n"
    text += json.dumps(schema, ensure_ascii=False)
    if messages and messages[0]["role"] == "system":
        return [{"role": "system", "content": f"{messages[0]['content']}\n\n{text}"}, *messages[1:]]
    return [{"role": "system", "content": text}, *messages]


def _known(result: tuple[int, Reply | Exception]) -> tuple[int, Reply | Exception]:
    """A RagError is a result; anything else that a thread raised is a bug and is raised here."""
    if isinstance(result[1], Exception) and not isinstance(result[1], RagError):
        raise result[1]
    return result


def _number(usage: JSON, name: str) -> int:
    value = usage.get(name) if isinstance(usage, dict) else None
    return value if isinstance(value, int) else 0


def _replace_seconds(reply: Reply, seconds: float) -> Reply:
    return Reply(reply.text, reply.tokens_in, reply.tokens_out, reply.stopped, seconds)


__all__ = ["HostedEmbedder", "HostedGenerator", "Limits", "bare_json"]
