"""
What the writers of one grammar share: the schema's document and reader, the rules so far, the residual.

`Compiler` fills in how a value is written; the writers of objects and arrays ask for it here.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from rag.gbnf.expressions import Expr, Rules
from rag.grammar.limits import Limits
from rag.grammar.schema.choices import Choices
from rag.grammar.schema.constraints import Constraints, mask_of
from rag.grammar.schema.document import Document
from rag.grammar.schema.keywords import Reader
from rag.grammar.writers.strings import Strings
from rag.types import JSON

ENUM = 50_000  # values of one enum


class Context(ABC):
    """One schema on its way to a grammar."""

    def __init__(self, schema: JSON, limits: Limits) -> None:
        self.limits = limits
        self.document = Document(schema)
        self.reader = Reader(self.document, self.report_residual, limits.closed)
        self.choices = Choices(self.reader, self.report_residual)
        self.rules = Rules()
        self.strings = Strings(self.rules, limits)
        self.here: JSON = schema
        self.keys: dict[tuple[tuple[str, ...], ...], dict[Any, Expr | None]] = {}  # by names and patterns: what is left
        self._residual: dict[tuple[str, int], tuple[JSON, str]] = {}
        self._faults: list[tuple[JSON, str, str]] = []

    @abstractmethod
    def value(self, nodes: tuple[JSON, ...], hint: str) -> Expr:
        """What fits all of these schemas."""

    def report_residual(self, keyword: str, node: JSON, why: str) -> None:
        """Something that the grammar does not enforce."""
        self._residual.setdefault((keyword, id(node)), (node, why))

    def note_unsatisfiable(self, node: JSON, keyword: str, why: str) -> None:
        """Something that nothing fits: the reason, should the whole turn out to be impossible."""
        self._faults.append((node if node is not None else self.here, keyword, why))

    def enum_values(self, constraints: Constraints) -> list[JSON]:
        """The values of an enum that the rest of the schema lets through."""
        assert constraints.enum is not None
        node = constraints.source.get("enum", self.here)
        if len(constraints.enum) > ENUM:
            raise self.document.fault(node, "enum", f"an enum of {len(constraints.enum):,} values; {ENUM:,} are taken")
        rest = constraints.copy()
        rest.enum = None
        if not (constraints.speaks_of() or constraints.excluded or constraints.groups):
            return [value for value in constraints.enum if mask_of(value) & constraints.mask]
        verdicts = [self.choices.fits(value, rest) for value in constraints.enum]
        if None in verdicts:
            self.report_residual("enum", node, "whether a value fits the rest of the schema is seen afterwards")
        return [value for value, fits in zip(constraints.enum, verdicts, strict=True) if fits is not False]
