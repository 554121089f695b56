"""
Chat models behind an OpenAI-compatible endpoint.

A shape goes out as a strict `json_schema` response format. An endpoint that refuses this gets `json_object` with the
schema beside it, then without, then nothing of the kind, each time with the schema in the prompt; what it takes and
keeps to is remembered (`manners`). The whole value that fits is taken out of the reply (`value`); whether there is one
is in the end for the caller's guarantee loop. Tokens are counted with tiktoken, offline.
"""

from __future__ import annotations

import json
import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from rag import folding
from rag.errors import ModelError, OutputError, RagError
from rag.models.hosted import completion
from rag.models.hosted.completion import Completion
from rag.models.hosted.endpoint import Endpoint, Limits, Refused
from rag.models.hosted.manners import FORMATS, OPTIONAL, Manners
from rag.models.hosted.tiktokens import count_messages, count_text
from rag.models.hosted.value import Taken, whole_value, without_thoughts
from rag.types import JSON, Message, Reply, Request, Sampling, Shape

CONTEXT = 128_000  # no endpoint says how much its model takes; --context does
Normalise = Callable[[JSON], tuple[JSON, Callable[[JSON], JSON]]]
Check = Callable[[JSON, JSON], Sequence[object]]
MISSING, LEAST = 1500, (0.6, 0.25)  # tokens missing from a prompt, and the share that must be there: English, others


class HostedGenerator:
    """
    A chat model. `normalise` turns a schema into the subset that strict providers take, and gives the way back;
    `check` lists what is wrong with a value (value, schema); `notice` gets what the user should know, once. `name` is
    what it is known by here, if not openai:MODEL.

    Raises ModelError: unreachable, wrong key, unknown model, rate limits and failures (`retry`), a broken reply.
    Raises OutputError: this text is refused, or was cut by the endpoint (`final`: asking again gives the same).
    """

    constrained = False
    parameters: int | None = None

    def __init__(
        self,
        model: str,
        endpoint: Endpoint | str | None = None,
        *,
        limits: Limits | None = None,
        context: int = CONTEXT,
        normalise: Normalise | None = None,
        check: Check | None = None,
        notice: Callable[[str], None] = lambda text: None,
        name: str = "",
    ) -> None:
        if not model:
            raise ModelError("openai: needs the name of a model", "--model openai:gpt-4o-mini")
        self.endpoint = endpoint if isinstance(endpoint, Endpoint) else Endpoint(endpoint, limits or Limits())
        self.model = model
        self.name = name or f"openai:{model}"
        self.fingerprint = f"{self.endpoint.shown} {model}"
        self.context = context
        self._normalise, self._check = normalise, check
        self._manners = Manners(self.endpoint.shown, model, notice)
        self._untaught = Manners(self.endpoint.shown, model, notice)

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
        passing = _Passing(on_text, shaped=shape is not None) if on_text else None
        return self.endpoint.patiently(
            lambda: self._negotiate(Request(messages, shape, sampling), passing),
            tokens=prompt + min(sampling.max_tokens, 512),  # the reply's share is settled when it is there
            spent=lambda reply: reply.tokens_in + reply.tokens_out,
            fresh=lambda: passing is None or not passing.passed,
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

    def batch_body(self, request: Request) -> dict[str, JSON]:
        """What a line of a batch file carries: the same whatever was learned meanwhile."""
        return self._body(request, self._untaught)

    def _body(self, request: Request, manners: Manners, level: int | None = None) -> dict[str, JSON]:
        """What is sent. `level` is a place in FORMATS."""
        sampling, shape = request.sampling, request.shape
        messages = [{"role": message.role, "content": message.content} for message in request.messages]
        body: dict[str, JSON] = {"model": self.model, "messages": messages}
        body[manners.limit_name] = manners.limit(sampling.max_tokens)
        wishes = (("temperature", sampling.temperature), ("seed", sampling.seed))
        body |= {name: value for name, value in wishes if name not in manners.dropped}
        if shape is None:
            return body
        asked = FORMATS[manners.level(shape.schema) if level is None else level]
        schema = shape.schema
        if asked == "json_schema":
            schema, _ = self._normalised(schema)
            strict = {"name": "reply", "strict": True, "schema": schema}
            body["response_format"] = {"type": "json_schema", "json_schema": strict}
        elif asked == "json_object with schema":  # llama-cpp-python's server, Together, Fireworks
            body["response_format"] = {"type": "json_object", "schema": schema}
        elif asked == "json_object":
            body["response_format"] = {"type": "json_object"}
        if asked != "json_schema" or manners.in_words:
            body["messages"] = _told(messages, schema)
        return body

    def _normalised(self, schema: JSON) -> tuple[JSON, Callable[[JSON], JSON]]:
        return self._normalise(schema) if self._normalise else (schema, lambda data: data)

    def _negotiate(self, request: Request, passing: _Passing | None) -> Reply:
        """Ask in the best form that the endpoint takes; what it refuses and what it does not keep to is remembered."""
        schema = request.shape.schema if request.shape else None
        level = self._manners.level(schema)
        refusals: dict[int, Refused] = {}
        otherwise: dict[str, JSON] = {}
        for _ in range(len(FORMATS) + len(OPTIONAL) + 5):
            body = self._body(request, self._manners, level) | otherwise
            body = {name: value for name, value in body.items() if value is not None}
            try:
                started = time.monotonic()
                found = self._once(body, passing)
            except Refused as refused:
                refusals.setdefault(level, refused)
                level, changed = self._manners.refused(refused, body, level)
                otherwise |= changed
                continue
            if request.shape is not None:
                self._manners.took(level, schema, refusals)
            if self._thought_too_long(found, passing):
                continue
            reply = self._reply(found, request.shape, body)
            if passing:
                passing.end(reply.text)
            return replace(reply, seconds=time.monotonic() - started)
        raise ModelError(f"{self.endpoint.shown} refuses every form of the request", "Is it OpenAI-compatible?")

    def _once(self, body: dict[str, JSON], passing: _Passing | None) -> Completion:
        if passing is None:
            answer = self.endpoint.exchange("chat/completions", body, self.model)
            with answer as incoming:
                return completion.gather(incoming.lines(), lambda text: None)
        options = {} if "stream_options" in self._manners.dropped else {"stream_options": {"include_usage": True}}
        with self.endpoint.exchange("chat/completions", {**body, "stream": True, **options}, self.model) as incoming:
            return completion.gather(incoming.lines(), passing.feed)

    def _thought_too_long(self, found: Completion, passing: _Passing | None) -> bool:
        """Whether nothing but thoughts came, and more tokens, which it then gets, may help."""
        silent = found.cut and bool(found.thoughts) and not found.said.strip() and not (passing and passing.passed)
        return silent and self._manners.thought_too_long()

    def read(self, answer: JSON, shape: Shape | None, body: Mapping[str, JSON]) -> Reply:
        """A chat completion as a Reply. Raises ModelError if it is none."""
        try:
            found = completion.whole(answer)
        except completion.Failed as failed:
            raise self.endpoint.malformed(json.dumps(failed.error, ensure_ascii=False)) from None
        except completion.Malformed as error:
            raise self.endpoint.malformed(str(error)) from None
        return self._reply(found, shape, body)

    def _reply(self, found: Completion, shape: Shape | None, body: Mapping[str, JSON]) -> Reply:
        said = folding.mended(found.said)
        if found.refusal or found.filtered:
            why = self.endpoint.clean(found.refusal) if found.refusal else "content filter"
            raise OutputError(f"{self.name} refused to answer: {why}", raw=said, final=True)
        self._check_prompt(found, body)
        text, cut = said, found.cut
        if not cut:
            if not said and not found.thoughts and not found.text:
                raise self.endpoint.malformed("a reply without text")
            text, whole, cut = self._spoken(found, shape, body)
            if not found.finished and not whole:
                raise self.endpoint.broken("the stream ended without a finish_reason")
        return Reply(
            text,
            tokens_in=found.usage.get("prompt_tokens") or count_text(_prompt(body)),
            tokens_out=found.usage.get("completion_tokens") or count_text(text),
            stopped="length" if cut else "done",
        )

    def _spoken(self, found: Completion, shape: Shape | None, body: Mapping[str, JSON]) -> tuple[str, bool, bool]:
        """(the text of a reply that was not cut by length, whether it is surely whole, whether it breaks off)."""
        if shape is None:
            said = folding.mended(found.said)
            return (without_thoughts(said).strip() if said.strip() else folding.mended(found.thoughts)), False, False
        taken, text = self._taken(found, shape, body)
        format = body.get("response_format") or {}
        if format.get("type") == "json_schema":
            sent = format["json_schema"]["schema"]
            if not taken.alone or (self._check and self._check(taken.value, sent)):
                self._manners.broke()
        return text, taken.fits, taken.cut and not found.reason

    def _taken(self, found: Completion, shape: Shape, body: Mapping[str, JSON]) -> tuple[Taken, str]:
        """The value that was found, and its text in the form that the shape asks for."""
        restore: Callable[[JSON], JSON] = lambda data: data  # noqa: E731
        if (body.get("response_format") or {}).get("type") == "json_schema":
            _, restore = self._normalised(shape.schema)

        def own(value: JSON) -> JSON:
            """The value as the user's schema wants it: out of the provider's subset, unless it is so already."""
            try:
                restored = restore(value)
                return restored if self._fits(restored, shape.schema) else value
            except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
                return value

        def fits(value: JSON) -> bool:
            return self._fits(own(value), shape.schema)

        said = folding.mended(found.said)
        taken = whole_value(said, fits, shape.schema)
        if not said.strip() and found.thoughts:  # a server that took all of the reply for thoughts
            inner = whole_value(thoughts := folding.mended(found.thoughts), fits, shape.schema)
            alone = without_thoughts(thoughts).strip().removeprefix("```json").strip("` \n")
            taken = replace(inner, alone=False) if inner.fits and alone == inner.text else Taken("", False)
        if not taken.fits or (restored := own(taken.value)) == taken.value:
            return taken, taken.text
        return taken, json.dumps(restored, ensure_ascii=False)

    def _fits(self, value: JSON, schema: JSON) -> bool:
        try:
            return not (self._check and self._check(value, schema))
        except RecursionError:
            return False

    def _check_prompt(self, found: Completion, body: Mapping[str, JSON]) -> None:
        """Raises OutputError if the endpoint read much less than it was sent: such a reply is not about the text."""
        read = found.usage.get("prompt_tokens", 0) + found.usage.get("cached_tokens", 0)
        prompt = _prompt(body)
        sent = count_text(prompt)
        share = LEAST[0] if len(prompt.encode("utf-8", "replace")) < 1.1 * len(prompt) else LEAST[1]
        if read and sent - read > MISSING and read < share * sent:
            raise OutputError(
                f"{self.endpoint.shown} cut the prompt: it read {read} tokens of some {sent}",
                "Let the server take more (Ollama: OLLAMA_CONTEXT_LENGTH, llama-server: -c), or cut documents into"
                f" windows that fit: --context {read}",
                raw=found.said,
                final=True,
            )


class _Passing:
    """Passes a stream on as it comes; thoughts and what stands around the JSON are held back, and the reply shown."""

    def __init__(self, on_text: Callable[[str], None], *, shaped: bool) -> None:
        self._on_text, self._opening = on_text, "{" if shaped else ""
        self._seen = ""
        self._live: bool | None = None  # not known while there is only white space
        self.passed = False

    def feed(self, piece: str) -> None:
        self._seen += piece
        start = self._seen.lstrip()
        if self._live is None and start:
            self._live = start.startswith(self._opening) if self._opening else start[0] not in "<[◁"
            piece = self._seen
        if self._live and piece:
            self.passed = True
            self._on_text(folding.mended(piece))

    def end(self, text: str) -> None:
        if not self.passed and text:
            self.passed = True
            self._on_text(text)


def _prompt(body: Mapping[str, Any]) -> str:
    return " ".join(message["content"] for message in body["messages"])


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
