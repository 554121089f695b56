"""
Which values of an enum a document speaks of: a local model leans towards them while it writes.

Small models take the first value of an enum, whatever the document says. A value that stands in the document, as words
of it, is likelier than one that does not. It is no law: the model's own opinion is added to it, and wins if it is
strong. That no value stands there says nothing: "negative" is not a word of most complaints.

Nothing here asks a model. A schema and a document make a `Leaning`, and it follows a reply as it is written.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rag.extract.plan import resolved
from rag.extract.similar import SOLID

JSON = Any
SHORTEST = 3  # characters of a value; "S" or "no" stands in too many texts
# That one of these stands in a text says nothing about a value.
COMMON = {"yes", "true", "false", "not", "none", "other", "unknown", "null", "n/a", "any", "all", "both"}
UNSPACED = re.compile(f"[{SOLID}]")
BETWEEN = re.compile(r"[\s_\-\u2010-\u2015]+")  # "city_centre" is said as "city centre"


class Leaning:
    """What replies about `text` that fit `schema` should rather say. Follows one reply at a time."""

    def __init__(self, schema: JSON, text: str) -> None:
        self.schema = schema
        self.text = _plain(text)
        self._told: dict[int, list[str]] = {}
        self._begin()

    def _begin(self) -> None:
        self._reply = ""
        self._stack: list[_Inside] = []
        self._node: JSON = self.schema  # of the value that comes next or is being written
        self._at = "value"
        self._part = ""  # of the string that is being written, as it is spelled

    def after(self, reply: str) -> list[str]:
        """The texts with which a reply that begins so should rather go on; none where it does not matter."""
        if not reply.startswith(self._reply):
            self._begin()
        for char in reply[len(self._reply) :]:
            self._read(char)
        self._reply = reply
        return list(self._next())

    def _next(self) -> Iterator[str]:
        inside = self._stack[-1] if self._stack else None
        if self._at == "value":
            yield from self._values(self._node, inside)
        elif self._at == "string":
            begun = '"' + self._part
            yield from (text[len(begun) :] for text in self._values(self._node, inside) if text.startswith(begun))
        elif self._at in ("key", "colon") and inside:
            names = [name for name in inside.properties if _spelled(name)[1:].startswith(self._part)]
            if self._at == "colon":
                names = [name for name in names if _spelled(name) == f'"{self._part}"']
            if len(names) == 1:
                lead = _spelled(names[0])[1 + len(self._part) :] + ":" if self._at == "key" else ":"
                yield from (lead + text for text in self._values(inside.properties[names[0]], None))
        elif self._at == "after" and inside and inside.listed and (standing := self._standing(inside.items)):
            yield from (f",{text}" for text in standing if text not in inside.held)

    def _values(self, node: JSON, inside: _Inside | None) -> list[str]:
        """What a value of this schema should rather be, as JSON; in a list, what it does not hold yet."""
        standing = self._standing(node)
        if inside is not None and inside.listed:
            return [text for text in standing if text not in inside.held]
        node = resolved(node, self.schema, "#")
        if isinstance(node, Mapping) and "items" in node:
            return [f"[{text}" for text in self._standing(node["items"])]
        return standing

    def _standing(self, node: JSON) -> list[str]:
        """The values of an enum that stand in the text, as JSON."""
        if id(node) not in self._told:
            text, found = self.text, set()
            for word in sorted(filter(_worth, self._enum(node) or []), key=len, reverse=True):
                way = _way(word)
                if way.search(text):
                    found.add(_spelled(word))
                    text = way.sub("\n", text)  # "York" does not stand in "New York", if that is a value, too
            self._told[id(node)] = [text for text in map(_spelled, self._enum(node) or []) if text in found]
        return self._told[id(node)]

    def _enum(self, node: JSON, depth: int = 0) -> list[JSON] | None:
        """The constants that a schema admits, if it admits nothing else."""
        node = resolved(node, self.schema, "#")
        if not isinstance(node, Mapping) or depth > 4:
            return None
        if isinstance(node.get("enum"), list):
            return list(node["enum"])
        if "const" in node:
            return [node["const"]]
        if node.get("type") == "null":
            return [None]
        for keyword in ("anyOf", "oneOf"):
            if isinstance(node.get(keyword), list):
                parts = [self._enum(part, depth + 1) for part in node[keyword]]
                return None if None in parts else [value for part in parts for value in part or []]
        return None

    # the reply so far

    def _read(self, char: str) -> None:
        if self._at in ("string", "key"):
            if char == '"' and not _escaped(self._part):
                if self._at == "string" and self._stack and self._stack[-1].listed:
                    self._stack[-1].held.add(f'"{self._part}"')
                self._at = "after" if self._at == "string" else "colon"
            else:
                self._part += char
        elif char in "{[":
            self._stack.append(_Inside(resolved(self._node, self.schema, "#"), char == "["))
            self._at, self._node = ("value", self._stack[-1].items) if char == "[" else ("before", True)
        elif char in "}]":
            if self._stack:
                self._stack.pop()
            self._at = "after"
        elif char == '"':
            self._part = ""
            self._at = "string" if self._at == "value" else "key"
        elif char == ":" and self._stack:
            self._node = self._stack[-1].properties.get(json.loads(f'"{self._part}"'), True)
            self._at = "value"
        elif char == "," and self._stack:
            inside = self._stack[-1]
            self._at, self._node = ("value", inside.items) if inside.listed else ("before", True)
        elif not char.isspace():
            self._at = "after"


class _Inside:
    """An object or a list that is being written: its schema, and the texts that a list holds."""

    def __init__(self, node: JSON, listed: bool) -> None:
        known: Mapping[str, JSON] = node if isinstance(node, Mapping) else {}
        self.listed = listed
        self.items: JSON = known.get("items", True) if "prefixItems" not in known else True
        properties = known.get("properties")
        self.properties: Mapping[str, JSON] = properties if isinstance(properties, Mapping) else {}
        self.held: set[str] = set()


def _plain(text: str) -> str:
    return BETWEEN.sub(" ", text.casefold())


def _worth(value: JSON) -> bool:
    """Whether it says something that a value stands in a text, or does not."""
    return (
        isinstance(value, str)
        and (len(value) >= SHORTEST or (len(value) > 1 and UNSPACED.search(value) is not None))
        and value.casefold() not in COMMON
    )


def _way(word: str) -> re.Pattern[str]:
    """Where a value stands: whole words, but in scripts that put no blanks between them."""
    word = _plain(word).strip()
    before, after = (r"(?<!\w)", r"(?!\w)") if not UNSPACED.search(word) else ("", "")
    return re.compile(before + re.escape(word) + after)


def _spelled(value: JSON) -> str:
    return json.dumps(value, ensure_ascii=False)


def _escaped(part: str) -> bool:
    """Whether what comes next is escaped: an odd number of backslashes before it."""
    return (len(part) - len(part.rstrip("\\"))) % 2 == 1


def of(schema: JSON, text: str) -> Leaning | None:
    """The leaning of replies about a text; None for a schema that has no enum to lean in."""
    return Leaning(schema, text) if _has_enum(schema) else None


def _has_enum(node: JSON) -> bool:
    if isinstance(node, Mapping):
        return isinstance(node.get("enum"), list) or any(map(_has_enum, node.values()))
    return isinstance(node, Sequence) and not isinstance(node, str) and any(map(_has_enum, node))


__all__ = ["Leaning", "of"]
