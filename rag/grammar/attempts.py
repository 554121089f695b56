"""
The loop that never returns an invalid object.

    compile -> check the token bound -> decode -> parse strictly -> validate -> narrow by what failed, and decode
    again

`Attempts` is the loop without a model: it says what to ask next and is fed the replies, so that a batch runner which
works on many documents at a time uses the same loop as a single answer. `produce` runs it on one generator. Nothing
here knows prompts.

    attempts = Attempts(schema, messages, Sampling(max_tokens=300))
    while (request := attempts.request) is not None:
        attempts.feed(generator.generate(request.messages, request.shape, request.sampling))
    produced = attempts.result()                      # or OutputError, with the last raw text
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from rag.errors import InputError, OutputError
from rag.grammar.limits import WRITING, Limits
from rag.grammar.schema import narrowing
from rag.grammar.schema.validation import DuplicateKey, Problem, check, parse
from rag.grammar.writers.compiler import compile_schema
from rag.types import JSON, Generator, Message, Reply, Request, Sampling, Shape


@dataclass(frozen=True, slots=True)
class Produced:
    """Data that fits its schema, and what it took. `raw` is the text it was read from."""

    data: JSON
    raw: str
    attempts: int
    tokens_in: int
    tokens_out: int
    shape: Shape


class Attempts:
    """
    What to ask next until a reply fits. `request` is None once it is over; then `result` gives the data or raises.

    `form` is a schema, or a Shape that was made already. A schema is compiled within `limits`, and with tighter ones
    after a reply was cut; a Shape is taken as it is, so its longest text must fit into `sampling.max_tokens`.
    `source` is the text that `x-verbatim` strings must stand in. `told` says to the model what was wrong with its
    last reply.
    """

    def __init__(
        self,
        form: JSON | Shape,
        messages: Sequence[Message],
        sampling: Sampling = Sampling(),  # noqa: B008 (frozen)
        *,
        k: int = 3,
        source: str | None = None,
        limits: Limits = WRITING,
        told: bool = False,
    ) -> None:
        self.messages = list(messages)
        self.sampling = sampling
        self.k = max(1, k)
        self.source = source
        self.told = told
        self.replies: list[Reply] = []
        self.problems: list[Problem] = []
        self._given = form if isinstance(form, Shape) else None
        self._schema: JSON = form.schema if isinstance(form, Shape) else form
        self._limits = limits
        self._also: list[JSON] = []
        self._produced: Produced | None = None
        self._failure = ""
        self.shape = self._given or self._compiled(limits)
        self._bounded()
        self.request: Request | None = Request(self.messages, self.shape, sampling)

    def feed(self, reply: Reply) -> None:
        """The reply to `request`: done, or another request, or the end of all attempts."""
        if self.request is None:
            raise RuntimeError("this attempt is over")
        self.replies.append(reply)
        self.problems = []
        try:
            why = self._judged(reply)
            if why and len(self.replies) < self.k and not self._stuck(reply):
                self.request = self._next(reply, why)
                return
        except InputError as error:  # narrowed until nothing is left
            why = f"{why}; {error.message}" if why else error.message
        self._failure = why
        self.request = None

    def result(self) -> Produced:
        """The data. Raises OutputError with the raw text if no attempt gave any that fits."""
        if self._produced is not None:
            return self._produced
        if self.request is not None:
            raise RuntimeError("this attempt is not over")
        count = len(self.replies)
        raise OutputError(
            f"after {count} attempt{'s' * (count != 1)} the reply does not fit the schema: {self._failure}",
            "Allow more tokens or attempts, simplify the schema, or take a larger model.",
            raw=self.replies[-1].text if self.replies else "",
        )

    def _judged(self, reply: Reply) -> str:
        """What is wrong with a reply; empty if nothing is."""
        if reply.stopped == "length":
            return f"it was cut after {reply.tokens_out or self.sampling.max_tokens} tokens"
        try:
            data = parse(reply.text)
        except DuplicateKey as error:
            self._also += narrowing.once(reply.text)
            return error.message
        except OutputError as error:
            return error.message
        self.problems = check(data, self._schema, self.source)
        if self.problems:
            self._also += narrowing.narrow(data, self.problems)
            return str(self.problems[0])
        self._produced = Produced(
            data,
            reply.text,
            len(self.replies),
            sum(one.tokens_in for one in self.replies),
            sum(one.tokens_out for one in self.replies),
            self.shape,
        )
        return ""

    def _stuck(self, reply: Reply) -> bool:
        """Whether the same would only come again: a given grammar, greedily decoded."""
        return self._given is not None and not self._also and not self.told and self.sampling.temperature == 0

    def _next(self, reply: Reply, why: str) -> Request:
        if reply.stopped == "length" and self._given is None:
            self._limits = self._fitting()
        if self._given is None or self._also:
            try:
                self.shape = self._compiled(self._limits)
            except InputError:  # nothing is left; but who is told what was wrong can still do better
                if not self.told:
                    raise
                self._also.clear()
        messages = self.messages
        if self.told:
            messages = [*messages, Message("assistant", reply.text), Message("user", _correction(why, self.problems))]
        sampling = replace(self.sampling, seed=self.sampling.seed + len(self.replies))
        return Request(messages, self.shape, sampling)

    def _compiled(self, limits: Limits) -> Shape:
        return compile_schema(self._schema, source=self.source, limits=limits, also=self._also)

    def _bounded(self) -> None:
        """Refuse what can only be cut."""
        room = self.sampling.max_tokens
        if self._given is not None:
            if self.shape.longest is not None and self.shape.longest > room:
                raise InputError(
                    f"the longest text of this shape has {self.shape.longest} bytes; {room} tokens are allowed",
                    f"Allow {self.shape.longest} tokens, or give the schema: its open ends are then fitted.",
                )
        elif self.shape.longest is None or self.shape.longest > room:
            self._fitting()

    def _fitting(self) -> Limits:
        """The widest limits whose longest text fits into the tokens allowed, at one byte a token."""
        limits: Limits | None = self._limits
        shortest = None
        while limits is not None:
            shape = self._compiled(limits)
            if shape.longest is not None:
                if shape.longest <= self.sampling.max_tokens:
                    return limits
                shortest = shape.longest
            limits = limits.tighter()
        raise InputError(
            f"a text that fits this schema may need {shortest} tokens even with its open ends cut short;"
            f" {self.sampling.max_tokens} are allowed",
            f"Allow {shortest} tokens, or set maxLength and maxItems in the schema.",
        )


def produce(
    generator: Generator,
    messages: Sequence[Message],
    form: JSON | Shape,
    sampling: Sampling = Sampling(),  # noqa: B008 (frozen)
    *,
    k: int = 3,
    source: str | None = None,
    limits: Limits = WRITING,
    on_text: Callable[[str], None] | None = None,
) -> Produced:
    """Data that fits, out of one generator. Raises OutputError with the raw text after `k` attempts."""
    told = not generator.constrained  # what no grammar holds is told what was wrong
    attempts = Attempts(form, messages, sampling, k=k, source=source, limits=limits, told=told)
    while (request := attempts.request) is not None:
        attempts.feed(generator.generate(request.messages, request.shape, request.sampling, on_text))
    return attempts.result()


def _correction(why: str, problems: Sequence[Problem]) -> str:
    listed = "\n".join(f"- {problem}" for problem in problems[:5]) or f"- {why}"
    return f"That does not fit the schema:\n{listed}\nReply with the corrected JSON only."
