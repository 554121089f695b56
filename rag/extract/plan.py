"""
What is asked of every document: schema, prompt, examples, settings. All of it decides a result and is in the hash.

A plan is data. It says what the messages for a text are; it asks no model and stores nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from rag import pointers, prompts
from rag.errors import InputError
from rag.extract.about import about
from rag.extract.similar import Similar
from rag.types import Document, Message

JSON = Any
VERSION = 8  # of everything here that decides a result; a new one asks everything anew
RULES = (".py", ".txt")  # the files of this package, which say what of a document a small model may choose among
NAMES = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true or false", "null": "null"}


@dataclass(frozen=True, slots=True)
class Example:
    """A text with the record that it should give."""

    text: str
    data: JSON


@dataclass(frozen=True, slots=True)
class Plan:
    """`schema` is that of the whole reply; with `multi` it is an object whose `items` are the records."""

    schema: JSON
    template: prompts.Template
    examples: tuple[Example, ...] = ()
    grammar: str = ""  # GBNF written by hand, instead of one made from the schema
    window: int | None = None  # tokens of a window; None: as many as the model's context has room for
    overlap: float = 0.1  # of a window, shared with the next
    max_tokens: int = 1024  # of a reply
    temperature: float = 0.0
    seed: int = 0
    attempts: int = 3  # how often a window is asked before it has failed
    shots: int = 3  # examples that a document is shown; of more, those most like it
    grounded: bool = False  # what stands nowhere in the document is null
    free: bool = False  # a small local model may write what does not stand in the document
    taught: bool = False  # a small model that examples teach: what stands nowhere in the document is null here, too
    judged: frozenset[str] = frozenset()  # the fields whose values stand nowhere in the examples either
    near: str = ""  # the fingerprint of the embedder by which it chooses among what stands there
    judge: str = ""  # of the model that looks at what was chosen a second time
    rules: str = ""  # and of the rules that find what may be chosen
    _similar: Similar | None = field(init=False, repr=False, compare=False, default=None)

    def __post_init__(self) -> None:
        if "text" not in self.template.places:
            raise InputError(
                f"the prompt {self.template.name} has no place {{text}}", "Put it where the document belongs."
            )
        for name, value, least in (
            ("--max-tokens", self.max_tokens, 1),
            ("--window", self.window or 16, 16),
            ("--shots", self.shots, 0),
        ):
            if value < least:
                raise InputError(f"{name} {value} is too small", f"At least {least}.")
        if self.choosing:
            object.__setattr__(self, "_similar", Similar([example.text for example in self.examples]))
        if not 0 <= self.overlap <= 0.5:
            raise InputError(f"--overlap {self.overlap} is not a share of a window", "From 0 to 0.5.")

    @property
    def choosing(self) -> bool:
        """Whether each document is shown examples of its own."""
        return len(self.examples) > self.shots

    @property
    def prompt_hash(self) -> str:
        """Of the template and the examples."""
        return digest([self.template.hash, [[example.text, example.data] for example in self.examples]])

    @property
    def schema_hash(self) -> str:
        return digest([self.schema, self.grammar])

    @property
    def settings(self) -> dict[str, JSON]:
        """What else decides a result."""
        names = (
            "window",
            "overlap",
            "max_tokens",
            "temperature",
            "seed",
            "attempts",
            "shots",
            "grounded",
            "free",
            "taught",
            "near",
            "judge",
            "rules",
        )
        return {"version": VERSION} | {name: getattr(self, name) for name in names}

    def hash(self, fingerprint: str) -> str:
        """Of everything that decides a result, for a model of this fingerprint."""
        return digest([self.schema_hash, self.prompt_hash, self.settings, fingerprint])

    def shown(self, text: str) -> Sequence[Example]:
        """The examples for a text: all, if they are few, else those most like it, the best next to it."""
        return [self.examples[number] for number in self.order(text)]

    def order(self, text: str) -> tuple[int, ...]:
        """The numbers of those examples; documents that begin alike in this share the beginning of their prompts."""
        if self._similar is None:
            return tuple(range(len(self.examples)))
        return tuple(reversed(self._similar.nearest(text, self.shots)))

    def messages(self, text: str, title: str = "", shown: Sequence[Example] | None = None) -> list[Message]:
        """The prompt for a text: what all documents share comes first, so that it is decoded once."""
        values = {"fields": fields(self.schema), "schema": compact(self.schema), "title": title}
        *before, last = prompts.fill(self.template, {**values, "text": text or " "})
        turns: list[Message] = []
        for example in self.shown(text) if shown is None else shown:
            turn = prompts.fill(self.template, {**values, "title": "", "text": example.text})[-1]
            said = json.dumps(example.data, ensure_ascii=False, separators=(",", ":"))  # as grammars have it
            turns += [turn, Message("assistant", said)]
        return [*before, *turns, last]


@cache
def rules(folder: Path = Path(__file__).parent) -> str:
    """The fingerprint of the rules of this package: a job that another version of them began is another job."""
    found = sorted(path for path in folder.iterdir() if path.suffix in RULES)
    return digest([[path.name, hashlib.sha256(path.read_bytes()).hexdigest()] for path in found])


def document_hash(document: Document) -> str:
    """Of what of a document is asked about."""
    return digest([document.text, document.title, about(document)])


def digest(value: JSON) -> str:
    """A short name of a JSON value that changes when the value does."""
    text = json.dumps(value, ensure_ascii=True, sort_keys=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def compact(value: JSON) -> str:
    return json.dumps(value, ensure_ascii=False)


def fields(schema: JSON) -> str:
    """A schema in words, one field a line: shorter than the schema, and small models follow it better."""
    return "\n".join(_lines(schema, schema, 0)) or "- any"


def _lines(schema: JSON, root: JSON, depth: int) -> Iterator[str]:
    schema = resolved(schema, root)
    if depth > 6:
        return
    if _type(schema) == "array":
        yield from _lines(schema.get("items", True), root, depth)
        return
    if not isinstance(schema, Mapping):
        return
    for name, part in (schema.get("properties") or {}).items():
        told = resolved(part, root)
        about = told.get("description", "") if isinstance(told, Mapping) else ""
        yield f"{'  ' * depth}- {name}: {_kind(part, root)}" + (f". {about}" if about else "")
        yield from _lines(part, root, depth + 1)


def _kind(schema: JSON, root: JSON, depth: int = 0) -> str:
    """A type in words: "text or null", "one of: a, b", "list of texts"."""
    schema = resolved(schema, root)
    if not isinstance(schema, Mapping) or depth > 6:
        return "anything"
    if "const" in schema:
        return _value(schema["const"])
    if isinstance(schema.get("enum"), list):
        values = [value for value in schema["enum"] if value is not None]
        nullable = " or null" if len(values) < len(schema["enum"]) else ""
        return "one of: " + ", ".join(map(_value, values)) + nullable
    for keyword in ("anyOf", "oneOf"):
        if isinstance(schema.get(keyword), list):
            return " or ".join(dict.fromkeys(_kind(part, root, depth + 1) for part in schema[keyword]))
    listed = schema.get("type")
    kinds = listed if isinstance(listed, list) else [_type(schema)]
    return " or ".join(_named(kind, schema, root, depth) for kind in kinds)


def _named(kind: str, schema: Mapping[str, JSON], root: JSON, depth: int) -> str:
    if kind == "array":
        inner = _kind(schema.get("items", True), root, depth + 1)
        return {"text": "list of texts", "object": "list of objects"}.get(inner, f"list of {inner}")
    if kind == "string" and "format" in schema:
        return f"{schema['format']}"
    return NAMES.get(kind, kind)


def _type(schema: JSON) -> str:
    if not isinstance(schema, Mapping):
        return "anything"
    listed = schema.get("type")
    if isinstance(listed, list):
        return next((kind for kind in listed if kind != "null"), "null")
    if listed:
        return str(listed)
    return "object" if "properties" in schema else "array" if "items" in schema else "anything"


def resolved(schema: JSON, root: JSON, local: str = "#/") -> JSON:
    """Behind a `$ref` that begins like `local`; any other is left as it is."""
    for _ in range(8):
        reference = schema.get("$ref") if isinstance(schema, Mapping) else None
        if not isinstance(reference, str) or not reference.startswith(local):
            break
        target = root
        for part in reference.split("/")[1:]:
            target = target.get(pointers.key_of(part), {}) if isinstance(target, Mapping) else {}
        schema = target
    return schema


def types_of(node: Mapping[str, JSON]) -> set[str]:
    """The types that a schema says."""
    kinds = node.get("type")
    return {kind for kind in (kinds if isinstance(kinds, list) else [kinds]) if isinstance(kind, str)}


def _value(value: JSON) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
