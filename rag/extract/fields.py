"""
The fields of a schema that a text, a number or a choice goes into, each with what its name says it is.

What a name says is told by its words ("brand", "city": a name is wanted; "tone": a judgement). Nothing here reads a
document.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rag.extract.plan import resolved

JSON = Any
Key = tuple[int, str]  # of a schema's node, and the name of the field that it is of
PHRASE = 3  # words of a description from which a value may be a phrase as well
NAMES = (
    "name title brand author artist writer composer person people company corporation organisation organization"
    " manufacturer maker vendor seller customer client sender recipient contact city town country place location near"
    " venue street address region state band group team club product event work creative head tail subject entity"
)
JUDGEMENTS = (
    "tone sentiment mood category topic priority urgency kind class language severity genre intent emotion stance label"
)
NAMING, JUDGING = (frozenset(word.rstrip("s") for word in words.split()) for words in (NAMES, JUDGEMENTS))


@dataclass(frozen=True, slots=True)
class Field:
    """A place of a schema that a text ("text"), a number ("number") or one of some values ("choice") goes into."""

    key: Key
    label: str  # its name in words, and how it is described
    words: frozenset[str]  # of its name, without a plural's s
    kind: str
    nullable: bool
    beside: int  # fields of one object have the same
    phrase: bool  # described at length: a value may be a phrase
    values: tuple[str, ...] = ()

    @property
    def naming(self) -> bool:
        """Whether it asks for a name, which no meaning tells from another."""
        return bool(self.words & NAMING)

    @property
    def judged(self) -> bool:
        """Whether it asks what to think of the whole text, which need not say so anywhere."""
        return bool(self.words & JUDGING)


def fields_of(schema: JSON) -> Iterator[Field]:
    """The fields of a schema, each object's once."""
    yield from _fields(schema, schema, "", "", 0, set())


def _fields(node: JSON, root: JSON, name: str, about: str, beside: int, seen: set[int]) -> Iterator[Field]:
    node = resolved(node, root, "#")
    if not isinstance(node, Mapping):
        return
    properties = node.get("properties")
    if isinstance(properties, Mapping):
        if id(node) not in seen:
            seen.add(id(node))
            for key, part in properties.items():
                told = resolved(part, root, "#")
                said = str(told.get("description", "")) if isinstance(told, Mapping) else ""
                yield from _fields(part, root, str(key), said, id(node), seen)
    elif "items" in node:
        yield from _fields(node["items"], root, name, about, beside, seen)
    elif name and (kind := _kind(node)):
        words = in_words(name)
        enum = node["enum"] if isinstance(node.get("enum"), list) else []
        values = tuple(value for value in enum if isinstance(value, str))
        stems = frozenset(word.rstrip("s") for word in words.split())
        label = f"{words}. {about}" if about else words
        nullable = "null" in _types(node) or None in enum
        yield Field((id(node), name), label, stems, kind, nullable, beside, len(about.split()) >= PHRASE, values)


def _kind(node: Mapping[str, JSON]) -> str:
    if isinstance(node.get("enum"), list):
        return "choice"
    if {"integer", "number"} & _types(node):
        return "number"
    free = "string" in _types(node) and not {"format", "pattern", "const", "x-verbatim"} & set(node)
    return "text" if free else ""


def _types(node: Mapping[str, JSON]) -> set[str]:
    kinds = node.get("type")
    return {kind for kind in (kinds if isinstance(kinds, list) else [kinds]) if isinstance(kind, str)}


def in_words(name: str) -> str:
    """A name as words: "paid_eur" is "paid eur", "eatType" is "eat type"."""
    return " ".join(re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", re.sub(r"[\W_]+", " ", name)).split()).lower()
