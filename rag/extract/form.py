"""
The shape of a document's reply, and whether a reply keeps to it.

A bridge to `rag.grammar`: shapes are compiled once a schema, or once a window where values must be verbatim text of it.
"""

from __future__ import annotations

from typing import Any, Protocol

from rag.types import Shape

JSON = Any


class Form(Protocol):
    """What a reply must be. `shape` for a text, `check` what came back, `narrow` to what the next attempt may say."""

    def shape(self, text: str) -> Shape: ...

    def check(self, reply: str, shape: Shape | None = None) -> JSON:
        """The value of a reply. Raises OutputError if it does not fit (the schema, if no shape is given)."""
        ...

    def narrow(self, shape: Shape, reply: str) -> Shape | None:
        """A shape that still fits the schema and does not admit this reply; None if there is nothing to try."""
        ...
