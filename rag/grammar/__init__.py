"""
JSON Schema to GBNF, citation grammars, and judging what came back.

The face of the package: what is heavy is imported on use.
"""

from __future__ import annotations

from rag.errors import InputError
from rag.grammar.limits import READING, WRITING, Limits
from rag.types import JSON, Shape


def compile(schema: JSON, *, source: str | None = None, strict: bool = False, limits: Limits = WRITING) -> Shape:
    """
    The grammar of a JSON Schema, what it leaves to be checked, and how long its longest text is.

    `source` is the text that `x-verbatim` strings must be a part of. `limits` bound what the schema leaves open:
    WRITING (everything ends, objects are closed) or READING (what the schema says, no more). `strict` refuses a schema
    with a residual. Raises InputError for what is no schema, or what nothing can fit.
    """
    from rag.grammar.compiler import Compiler

    try:
        shape = Compiler(schema, limits, source).shape()
    except RecursionError as error:
        raise InputError("the schema's choices are nested too deep", "Flatten it.") from error
    if strict and shape.residual:
        first = shape.residual[0]
        raise InputError(
            f"a grammar cannot enforce {first.keyword} at {first.pointer or '/'}: {first.why}",
            "Leave out --strict: it is then checked after decoding.",
        )
    return shape


__all__ = ["READING", "WRITING", "Limits", "compile"]
