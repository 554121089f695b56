"""
JSON Schema to GBNF, citation grammars, and judging what came back.

The face of the package: what is heavy is imported on use.

    shape = compile(schema)                      the grammar, its residual, its longest text
    produced = produce(generator, messages, schema)   data that fits, or OutputError
    check(parse(text), schema)                   what is wrong with a text, if anything
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from rag.grammar.limits import READING, WRITING, Limits
from rag.types import JSON, Generator, Message, Sampling, Shape

if TYPE_CHECKING:
    from rag.grammar.attempts import Attempts, Produced
    from rag.grammar.schema.validation import Problem

LAZY = {"Attempts": "attempts", "Produced": "attempts", "Problem": "schema.validation"}


def compile(
    schema: JSON,
    *,
    source: str | None = None,
    strict: bool = False,
    limits: Limits = WRITING,
    also: Sequence[JSON] = (),
) -> Shape:
    """
    The grammar of a JSON Schema, what it leaves to be checked, and how long its longest text is.

    `source` is the text that `x-verbatim` strings must be a part of. `limits` bound what the schema leaves open:
    WRITING (everything ends, objects are closed) or READING (what the schema says, no more). `strict` refuses a
    schema with a residual. `also` are further schemas that the whole value must fit; their references mean parts of
    `schema`. Raises InputError for what is no schema, or what nothing can fit.
    """
    from rag.grammar.writers.compiler import compile_schema

    return compile_schema(schema, source=source, strict=strict, limits=limits, also=also)


def parse(text: str) -> JSON:
    """The value of a JSON text, strictly: no key twice, no NaN, nothing infinite, no half of a surrogate pair."""
    from rag.grammar.schema import validation

    return validation.parse(text)


def check(data: JSON, schema: JSON, source: str | None = None) -> list[Problem]:
    """What is wrong with a value; empty if it fits."""
    from rag.grammar.schema import validation

    return validation.check(data, schema, source)


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
    from rag.grammar import attempts

    return attempts.produce(generator, messages, form, sampling, k=k, source=source, limits=limits, on_text=on_text)


def strict(schema: JSON) -> tuple[JSON, Callable[[JSON], JSON]]:
    """The schema in the strict subset of hosted models, and the way back for what they reply."""
    from rag.grammar.schema import strict_subset

    return strict_subset.strict(schema)


def shorthand(text: str, multi: bool = False) -> JSON:
    """The schema of `name, age int, bio: a short text`."""
    from rag.grammar.schema import shorthand as shorthand_

    return shorthand_.shorthand(text, multi)


def load_check(gbnf: str) -> None:
    """Load a GBNF through llama.cpp in a process of its own. Raises InputError with line and column."""
    from rag.gbnf import loading

    loading.load_check(gbnf)


def __getattr__(name: str) -> Any:
    if name in LAZY:
        from importlib import import_module

        return getattr(import_module(f"rag.grammar.{LAZY[name]}"), name)
    raise AttributeError(name)


__all__ = [
    "READING",
    "WRITING",
    "Attempts",
    "Limits",
    "Problem",
    "Produced",
    "check",
    "compile",
    "load_check",
    "parse",
    "produce",
    "shorthand",
    "strict",
]
