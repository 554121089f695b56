"""
The shape of a document's reply, and whether a reply keeps to it.

A bridge to `rag.grammar`: a schema is compiled once, or once a window where values must be verbatim text of it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Protocol

from rag import grammar
from rag.errors import OutputError
from rag.extract import leaning
from rag.extract.examples import at_most, is_verbatim
from rag.gbnf import library as base
from rag.grammar import Limits
from rag.grammar.schema import narrowing
from rag.grammar.schema.validation import DuplicateKey
from rag.types import Message, Shape

JSON = Any
LIMITS = Limits(string=300, items=30)  # where the schema sets no end
BYTES_A_TOKEN = 3.0  # what is usual; the last attempt counts with one


@dataclass(frozen=True, slots=True)
class Try:
    """
    What is asked of one window: the shape, what was ruled out so far, what was said about the last reply, and the
    limits that hold a reply where the schema sets none (None: nothing but the schema does).
    """

    shape: Shape
    ruled_out: tuple[JSON, ...] = ()
    said: tuple[Message, ...] = ()
    limits: Limits | None = None


class Form(Protocol):
    """What a reply must be, whether it is, and what the next attempt may say."""

    def first(self, text: str) -> Try:
        """What to ask about a window of this text. Raises InputError if no reply about it can fit."""
        ...

    def check(self, reply: str, text: str | None = None) -> JSON:
        """The value of a reply. Raises OutputError if it does not fit (its verbatim strings: this text)."""
        ...

    def again(self, last: Try, text: str, attempt: int, reply: str) -> Try | None:
        """What to ask after a reply that did not fit; `attempt` counts from 1. None if there is nothing to try."""
        ...


class SchemaForm:
    """
    The form that a JSON Schema says. `max_tokens` is what a reply may take, `attempts` how often it may be asked.

    What failed is ruled out in the next attempt; a reply that was cut is asked again with shorter strings and lists,
    and in the last attempt even the longest reply has room. A model that no grammar holds is `told` what was wrong.
    Raises InputError for a schema that cannot be compiled.
    """

    def __init__(self, schema: JSON, max_tokens: int, attempts: int = 3, *, told: bool = False) -> None:
        self.schema = schema
        self.max_tokens = max_tokens
        self.attempts = attempts
        self.told = told
        self._verbatim = is_verbatim(schema)
        self._limits = None if told else LIMITS
        self._general = grammar.compile(schema, source="some text" if self._verbatim else None, limits=LIMITS)

    def first(self, text: str) -> Try:
        shape = self._general
        if self._verbatim:
            shape = grammar.compile(self.schema, source=text, limits=LIMITS)
        return Try(self._leant(shape, text), limits=self._limits)

    def _leant(self, shape: Shape, text: str) -> Shape:
        """The shape with a leaning towards what the text speaks of, for a model that a grammar holds."""
        return shape if self.told else replace(shape, leaning=leaning.of(self.schema, text))

    def check(self, reply: str, text: str | None = None) -> JSON:
        value = grammar.parse(reply)
        for problem in grammar.check(value, self.schema, text if self._verbatim else None):
            raise OutputError(f"the reply does not fit the schema: {problem}", raw=reply)
        return value

    def again(self, last: Try, text: str, attempt: int, reply: str) -> Try | None:
        source = text if self._verbatim else None
        wrong, cut, what = [], False, ""
        try:
            value = grammar.parse(reply)
            problems = grammar.check(value, self.schema, source)
            wrong = narrowing.narrow(value, problems)
            what = "; ".join(map(str, problems[:5]))
        except DuplicateKey as error:
            wrong, what = narrowing.once(reply), error.message
        except OutputError as error:
            cut, what = True, error.message
        if self.told and not cut:  # it may break anything, and nothing but words holds it
            return Try(last.shape, (), _correction(reply, what))
        ruled_out = (*last.ruled_out, *wrong)
        shape, limits = grammar.compile(self.schema, source=source, limits=LIMITS, also=ruled_out), LIMITS
        if cut or attempt == self.attempts:
            room = self.max_tokens * (BYTES_A_TOKEN if attempt < self.attempts else 1)
            shape, limits = self._shorter(shape, source, ruled_out, room)
        return Try(self._leant(shape, text), ruled_out, limits=limits if self._limits else None)

    def _shorter(
        self, shape: Shape, source: str | None, ruled_out: tuple[JSON, ...], room: float
    ) -> tuple[Shape, Limits]:
        """A shape whose longest text is at most `room` bytes, as far as strings and lists can be shortened for it."""
        limits = LIMITS
        while (shape.longest is None or shape.longest > room) and (tighter := limits.tighter()) is not None:
            limits = tighter
            schema = at_most(self.schema, limits.string or 400) if self._verbatim else self.schema
            shape = grammar.compile(schema, source=source, limits=limits, also=ruled_out)
        return shape, limits


class GrammarForm:
    """The form that a hand-written grammar says (a name or a path); what it admits must be JSON."""

    def __init__(self, name: str) -> None:
        self._first = Try(base.shape(name))
        self.text = self._first.shape.grammar

    def first(self, text: str) -> Try:
        return self._first

    def check(self, reply: str, text: str | None = None) -> JSON:
        return grammar.parse(reply)

    def again(self, last: Try, text: str, attempt: int, reply: str) -> Try | None:
        return None


def _correction(reply: str, wrong: str) -> tuple[Message, ...]:
    told = f"That does not fit the schema: {wrong}. Reply with the corrected JSON only."
    return Message("assistant", reply), Message("user", told)
