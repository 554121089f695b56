"""
The shape of a document's reply, and whether a reply keeps to it.

A bridge to the guarantee of `rag.grammar`: a schema is compiled once, or once a window where values must stand in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

from rag import grammar
from rag.errors import OutputError
from rag.extract import leaning
from rag.extract.asked import asked, given
from rag.extract.choosing import chosen, told
from rag.extract.doubts import doubted
from rag.extract.formed import optional
from rag.extract.fronted import Fronted, fronted
from rag.extract.plan import compact
from rag.extract.reading import read
from rag.extract.sense import Sense
from rag.extract.telling import Told
from rag.extract.together import together
from rag.gbnf import library as base
from rag.grammar import Limits
from rag.grammar.attempts import Guarantee, Misfit, Try
from rag.types import Embedder, Scorer, Shape

JSON = Any
LIMITS = Limits(string=600, items=30, silent=12)  # where the schema sets no end
CLOSED = replace(LIMITS, silent=0)  # for models that choose, and those that no grammar holds


class Form(Protocol):
    """What a reply must be, whether it is, and what the next attempt may say."""

    def first(self, text: str) -> Try:
        """What to ask about a window of this text. Raises InputError if no reply about it can fit."""
        ...

    def check(self, reply: str, text: str | None = None) -> JSON:
        """The value of a reply. Raises OutputError if it does not fit (its verbatim strings: this text)."""
        ...

    def likely(self, text: str) -> str:
        """The lists that a reply about this text surely holds, as JSON; "" where nothing is sure."""
        ...

    def known(self, text: str) -> Fronted:
        """What a document says of fields by their names in its front matter; nothing where a model does not choose."""
        ...

    def together(self, value: JSON, text: str) -> JSON:
        """The value without the objects that were put together from what stands apart in the text."""
        ...

    def read(self, value: JSON, text: str) -> Mapping[str, Told]:
        """JSON pointer -> what rules read in this text, where the value says the same."""
        ...

    def doubted(self, value: JSON, text: str) -> list[str]:
        """The JSON pointers of what hardly stands for its field."""
        ...

    def record(self, value: JSON) -> JSON:
        """The value without keys that are null because they were asked for. Raises OutputError if it misfits."""
        ...

    def again(self, last: Try, wrong: Misfit, attempt: int, text: str) -> Try | None:
        """What to ask after a reply that did not fit; `attempt` counts from 1. None if there is nothing to try."""
        ...


class SchemaForm(Guarantee):
    """
    The form that a JSON Schema says. `max_tokens` is what a reply may take, `attempts` how often it may be asked.

    A model that a grammar holds leans towards what the text speaks of; with an `embedder` it chooses among what stands
    in the text near a field, or null, and a `judge` is asked whether that stands for the field.

    Raises InputError for a schema that cannot be compiled.
    """

    def __init__(
        self,
        schema: JSON,
        max_tokens: int,
        attempts: int = 3,
        *,
        told: bool = False,
        embedder: Embedder | None = None,
        judge: Scorer | None = None,
    ) -> None:
        limits = CLOSED if told or embedder is not None else LIMITS
        self._given = schema
        schema = asked(optional(schema)) if embedder is not None and not told else schema
        super().__init__(schema, max_tokens, attempts, told=told, limits=limits)
        self._sense = Sense(schema, embedder) if embedder is not None and not told else None
        self._judge = judge
        self._held: tuple[str, JSON] = ("", schema)  # the last text, and what the schema admits for it
        self._general = grammar.compile(schema, source="some text" if self.verbatim else None, limits=limits)

    def narrowed(self, source: str | None) -> JSON:
        if self._sense is None or not source:
            return self.schema
        if self._held[0] != source:
            self._held = (source, chosen(self.schema, self._sense.of(source)))
        return self._held[1]

    def likely(self, text: str) -> str:
        """The rows and elements that rules tell of this text."""
        if self._sense is None or not any(one.listed or one.element for one in self._sense.fields.values()):
            return ""
        return compact(told(self.narrowed(text)))

    def known(self, text: str) -> Fronted:
        """What the front matter of a document says, where a model chooses."""
        return Fronted() if self._sense is None else fronted(text, self.schema)

    def together(self, value: JSON, text: str) -> JSON:
        """The value without items that a model which chooses put together where no rule told them."""
        if self._sense is None:
            return value
        rows = self._sense.of(text).rows
        return together(value, [one for one in self._sense.items if not rows.get(one.beside)], text)

    def read(self, value: JSON, text: str) -> Mapping[str, Told]:
        """What rules read in this text, where the value says the same; nothing where a model does not choose."""
        return {} if self._sense is None else read(value, self.schema, self._sense.of(text))

    def doubted(self, value: JSON, text: str) -> list[str]:
        """Of a model that chooses: the texts that the judge thinks unlikely."""
        if self._sense is None or self._judge is None:
            return []
        return doubted(value, self.schema, self._sense, text, self._judge)

    def record(self, value: JSON) -> JSON:
        if self._sense is None:
            return value
        record = given(value, self._given)
        if record != value and (wrong := grammar.check(record, self._given)):
            raise OutputError(f"without the keys that are null, the record does not fit: {wrong[0]}")
        return record

    def _shape(self, source: str | None, limits: Limits, also: Sequence[JSON] = ()) -> Shape:
        if self._sense is None and not self.verbatim and limits == self.limits and not also:
            shape = self._general
        else:
            shape = super()._shape(source, limits, also)
        return (
            shape if self.told else replace(shape, leaning=leaning.of(self.narrowed(source), source or "", self._sense))
        )


class GrammarForm:
    """The form that a hand-written grammar says (a name or a path); what it admits must be JSON."""

    def __init__(self, name: str) -> None:
        self._first = Try(base.shape(name))
        self.text = self._first.shape.grammar

    def first(self, text: str) -> Try:
        return self._first

    def check(self, reply: str, text: str | None = None) -> JSON:
        return grammar.parse(reply)

    def likely(self, text: str) -> str:
        return ""

    def known(self, text: str) -> Fronted:
        return Fronted()

    def together(self, value: JSON, text: str) -> JSON:
        return value

    def read(self, value: JSON, text: str) -> Mapping[str, Told]:
        return {}

    def doubted(self, value: JSON, text: str) -> list[str]:
        return []

    def record(self, value: JSON) -> JSON:
        return value

    def again(self, last: Try, wrong: Misfit, attempt: int, text: str) -> Try | None:
        return None


__all__ = ["Form", "GrammarForm", "SchemaForm", "Try"]
