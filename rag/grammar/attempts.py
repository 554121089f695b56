"""
The loop that never returns an invalid object.

    compile -> decode -> parse strictly -> validate -> narrow by what failed, and decode again

`Guarantee` is its policy: what to ask first, whether a reply fits, what to ask next. It has no state and asks no
model, so one answer and ten thousand documents at a time go through the same loop. `Attempts` follows one reply through
it, and `produce` does so with one generator. Nothing here knows prompts.

    attempts = Attempts(schema, messages, Sampling(max_tokens=300))
    while (request := attempts.request) is not None:
        attempts.feed(generator.generate(request.messages, request.shape, request.sampling))
    produced = attempts.result()                      # or OutputError, with the last raw text

The policy of bounds: a schema that sets no end is compiled within `limits`. A reply that was cut is asked again within
limits so tight that even the longest reply has room at `BYTES_A_TOKEN`, the last time at one byte a token, as far as
strings and lists can be shortened for it. Nothing is refused before it was tried, but a shape made by others that
cannot fit into its tokens.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from rag.errors import InputError, OutputError
from rag.grammar.limits import WRITING, Limits
from rag.grammar.schema import narrowing
from rag.grammar.schema.validation import DuplicateKey, check, parse
from rag.grammar.schema.verbatim import at_most, is_verbatim
from rag.grammar.writers.compiler import compile_schema
from rag.types import JSON, Generator, Message, Reply, Request, Sampling, Shape

MISFIT = "the reply does not fit the schema"
BYTES_A_TOKEN = 3.0  # what is usual; the last attempt counts with one


@dataclass(frozen=True, slots=True)
class Produced:
    """Data that fits its schema, and what it took. `raw` is the text it was read from."""

    data: JSON
    raw: str
    attempts: int
    tokens_in: int
    tokens_out: int
    shape: Shape


@dataclass(frozen=True, slots=True)
class Try:
    """
    What is asked for once: the shape, what was ruled out so far, what was said about the last reply, and the limits
    that hold a reply where the schema sets none (None: nothing but the schema does).
    """

    shape: Shape
    ruled_out: tuple[JSON, ...] = ()
    said: tuple[Message, ...] = ()
    limits: Limits | None = None


class Misfit(OutputError):
    """A reply that does not fit. `ruled_out` keeps the next one from the same; `cut` if it is no whole text."""

    def __init__(self, message: str, reply: str, ruled_out: Sequence[JSON] = (), *, cut: bool = False) -> None:
        super().__init__(message, raw=reply)
        self.ruled_out = tuple(ruled_out)
        self.cut = cut


class Guarantee:
    """
    The policy for replies that fit `schema`. `max_tokens` is what a reply may take, `attempts` how often it is asked.

    What failed is ruled out in the next attempt. A model that no grammar holds is `told` what was wrong. `source` is
    the text that `x-verbatim` strings must stand in. Raises InputError for a schema that cannot be compiled.
    """

    def __init__(
        self, schema: JSON, max_tokens: int, attempts: int = 3, *, told: bool = False, limits: Limits = WRITING
    ) -> None:
        self.schema = schema
        self.max_tokens = max_tokens
        self.attempts = attempts
        self.told = told
        self.limits = limits
        self.verbatim = is_verbatim(schema)

    def narrowed(self, source: str | None) -> JSON:
        """The schema for a reply about this text; one that admits a part of what `schema` admits."""
        return self.schema

    def first(self, source: str | None = None) -> Try:
        """What to ask for. Raises InputError if no reply can fit."""
        return Try(self._shape(source, self.limits), limits=None if self.told else self.limits)

    def check(self, reply: str, source: str | None = None) -> JSON:
        """The value of a reply. Raises Misfit if it does not fit (its verbatim strings: this text)."""
        try:
            value = parse(reply)
        except DuplicateKey as error:  # said of whole texts only
            raise Misfit(f"{MISFIT}: {error.message}", reply, narrowing.once(reply)) from None
        except OutputError as error:
            raise Misfit(f"{MISFIT}: {error.message}", reply, cut=True) from None
        if problems := check(value, self.schema, source if self.verbatim else None):
            listed = "; ".join(map(str, problems[:5]))
            raise Misfit(f"{MISFIT}: {listed}", reply, narrowing.narrow(value, problems))
        return value

    def again(self, last: Try, wrong: Misfit, attempt: int, source: str | None = None) -> Try | None:
        """What to ask for after a reply that did not fit, as this attempt; None: nothing else can be asked."""
        if self.told and not wrong.cut:  # it may break anything, and nothing but words holds it
            return Try(last.shape, (), _correction(wrong))
        ruled_out = (*last.ruled_out, *wrong.ruled_out)
        shape, limits = self._shape(source, self.limits, ruled_out), self.limits
        if wrong.cut or attempt == self.attempts:
            shape, limits = self._shorter(shape, source, ruled_out, attempt)
        return Try(shape, ruled_out, limits=None if self.told else limits)

    def _shape(self, source: str | None, limits: Limits, also: Sequence[JSON] = ()) -> Shape:
        schema = self.narrowed(source)
        schema = at_most(schema, limits.string or 400) if limits != self.limits else schema
        return compile_schema(schema, source=source, limits=limits, also=also)

    def _shorter(
        self, shape: Shape, source: str | None, ruled_out: Sequence[JSON], attempt: int
    ) -> tuple[Shape, Limits]:
        """A shape whose longest text has room, as far as strings and lists can be shortened for it."""
        room = self.max_tokens * (BYTES_A_TOKEN if attempt < self.attempts else 1)
        limits = self.limits
        while (shape.longest is None or shape.longest > room) and (tighter := limits.tighter()) is not None:
            limits = tighter
            shape = self._shape(source, limits, ruled_out)
        return shape, limits


class Given(Guarantee):
    """The policy for a shape that was made already: asked for as it is, narrowed only by what failed."""

    def __init__(self, shape: Shape, max_tokens: int, attempts: int = 3, *, told: bool = False) -> None:
        super().__init__(shape.schema, max_tokens, attempts, told=told)
        self._given = shape
        if shape.longest is not None and shape.longest > max_tokens:
            raise InputError(
                f"the longest text of this shape has {shape.longest} bytes; {max_tokens} tokens are allowed",
                f"Allow {shape.longest} tokens, or give the schema: its open ends are then fitted.",
            )

    def first(self, source: str | None = None) -> Try:
        return Try(self._given)

    def again(self, last: Try, wrong: Misfit, attempt: int, source: str | None = None) -> Try | None:
        if self.told or not wrong.ruled_out:
            return Try(last.shape, last.ruled_out, _correction(wrong) if self.told else ())
        ruled_out = (*last.ruled_out, *wrong.ruled_out)
        return Try(self._shape(source, self.limits, ruled_out), ruled_out)


class Attempts:
    """
    What to ask next until a reply fits. `request` is None once it is over; then `result` gives the data or raises.

    `form` is a schema, or a Shape that was made already.
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
        room, k = sampling.max_tokens, max(1, k)
        given = isinstance(form, Shape)
        self.policy = Given(form, room, k, told=told) if given else Guarantee(form, room, k, told=told, limits=limits)
        self.messages, self.sampling, self.k, self.source = list(messages), sampling, k, source
        self.replies: list[Reply] = []
        self._failure: Misfit | None = None
        self._data: JSON = None
        self._asked = self.policy.first(source)
        self.request: Request | None = self._request()

    @property
    def shape(self) -> Shape:
        """What was asked for last."""
        return self._asked.shape

    def feed(self, reply: Reply) -> None:
        """The reply to `request`: done, or another request, or the end of all attempts."""
        if self.request is None:
            raise RuntimeError("this attempt is over")
        self.replies.append(reply)
        self.request = self._failure = None
        try:
            self._data = self._judged(reply)
        except Misfit as wrong:
            self._failure = wrong
            with suppress(InputError):  # narrowed until nothing is left
                self._go_on(wrong)

    def result(self) -> Produced:
        """The data. Raises OutputError with the raw text if no attempt gave any that fits."""
        if self.request is not None:
            raise RuntimeError("this attempt is not over")
        count = len(self.replies)
        if self._failure is not None:
            raise OutputError(
                f"after {count} attempt{'s' * (count != 1)} {self._failure.message}",
                "Allow more tokens or attempts, simplify the schema, or take a larger model.",
                raw=self.replies[-1].text,
            )
        tokens_in = sum(one.tokens_in for one in self.replies)
        tokens_out = sum(one.tokens_out for one in self.replies)
        return Produced(self._data, self.replies[-1].text, count, tokens_in, tokens_out, self.shape)

    def _judged(self, reply: Reply) -> JSON:
        if reply.stopped == "length":
            raise was_cut(reply, self.sampling.max_tokens)
        return self.policy.check(reply.text, self.source)

    def _go_on(self, wrong: Misfit) -> None:
        asked = self._asked
        if len(self.replies) < self.k:
            following = self.policy.again(asked, wrong, len(self.replies) + 1, self.source)
            same = following is None or (following.shape is asked.shape and not following.said)
            if following is not None and not (same and self.sampling.temperature == 0):
                self._asked = following
                self.request = self._request()

    def _request(self) -> Request:
        sampling = replace(self.sampling, seed=self.sampling.seed + len(self.replies))
        return Request([*self.messages, *self._asked.said], self._asked.shape, sampling)


def was_cut(reply: Reply, allowed: int) -> Misfit:
    """That a reply ended because its tokens did, whatever it holds."""
    return Misfit(f"{MISFIT}: it was cut after {reply.tokens_out or allowed} tokens", reply.text, cut=True)


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
    told = not generator.constrained
    attempts = Attempts(form, messages, sampling, k=k, source=source, limits=limits, told=told)
    while (request := attempts.request) is not None:
        attempts.feed(generator.generate(request.messages, request.shape, request.sampling, on_text))
    return attempts.result()


def _correction(wrong: Misfit) -> tuple[Message, ...]:
    told = f"That does not fit the schema: {wrong.message}\nReply with the corrected JSON only."
    return Message("assistant", wrong.raw), Message("user", told)
