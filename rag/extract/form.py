"""
The shape of a document's reply, and whether a reply keeps to it.

A bridge to `rag.grammar`: a schema is compiled once, or once a window where values must be verbatim text of it.
"""

from __future__ import annotations

from typing import Any, Protocol

from rag import grammar
from rag.errors import OutputError
from rag.extract.examples import is_verbatim
from rag.grammar import Limits, base, checking
from rag.types import Shape

JSON = Any
LIMITS = Limits(string=300, items=30)  # where the schema sets no end
BYTES_A_TOKEN = 3.0  # what is usual; the last attempt counts with one


class Form(Protocol):
    """What a reply must be, whether it is, and what the next attempt may say."""

    def shape(self, text: str) -> Shape:
        """For a window of this text."""
        ...

    def check(self, reply: str, text: str | None = None) -> JSON:
        """The value of a reply. Raises OutputError if it does not fit (its verbatim strings: this text)."""
        ...

    def narrow(self, text: str, attempt: int, reply: str) -> Shape | None:
        """For this further attempt, after a reply that did not fit; None if there is nothing to try."""
        ...


class SchemaForm:
    """
    The form that a JSON Schema says. `max_tokens` is what a reply may take, `attempts` how often it may be asked.

    A reply that was cut is asked again with shorter strings and lists; in the last attempt even the longest reply has
    room. Raises InputError for a schema that cannot be compiled.
    """

    def __init__(self, schema: JSON, max_tokens: int, attempts: int = 3) -> None:
        self.schema = schema
        self.max_tokens = max_tokens
        self.attempts = attempts
        self._verbatim = is_verbatim(schema)
        self._general = grammar.compile(schema, source="some text" if self._verbatim else None, limits=LIMITS)

    def shape(self, text: str) -> Shape:
        return grammar.compile(self.schema, source=text, limits=LIMITS) if self._verbatim else self._general

    def check(self, reply: str, text: str | None = None) -> JSON:
        value = checking.parse(reply)
        for problem in checking.check(value, self.schema, text if self._verbatim else None):
            raise OutputError(f"the reply does not fit the schema: {problem}", raw=reply)
        return value

    def narrow(self, text: str, attempt: int, reply: str) -> Shape | None:
        source = text if self._verbatim else None
        room = self.max_tokens * (BYTES_A_TOKEN if attempt < self.attempts else 1)
        shape, tighter = self.shape(text), LIMITS.tighter()
        while tighter is not None and (shape.longest is None or shape.longest > room):
            shape = grammar.compile(self.schema, source=source, limits=tighter)
            tighter = tighter.tighter()
        return shape


class GrammarForm:
    """The form that a hand-written grammar says (a name or a path); what it admits must be JSON."""

    def __init__(self, name: str) -> None:
        self._shape = base.shape(name)
        self.text = self._shape.grammar

    def shape(self, text: str) -> Shape:
        return self._shape

    def check(self, reply: str, text: str | None = None) -> JSON:
        return checking.parse(reply)

    def narrow(self, text: str, attempt: int, reply: str) -> Shape | None:
        return None
