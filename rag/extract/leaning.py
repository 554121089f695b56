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
from collections.abc import Mapping, Sequence
from typing import Any

from rag.extract.choosing import ROWS, WAYS
from rag.extract.lexicon import notions, units
from rag.extract.near import ANY, MORE, NOTHING, Near, spelled
from rag.extract.plan import resolved
from rag.extract.sense import Sense
from rag.extract.similar import SOLID

JSON = Any
SHORTEST = 3  # characters of a value; "S" or "no" stands in too many texts
# That one of these stands in a text says nothing about a value.
COMMON = {"yes", "true", "false", "not", "none", "other", "unknown", "null", "n/a", "any", "all", "both"}
UNSPACED = re.compile(f"[{SOLID}]")
BETWEEN = re.compile(r"[\s_\-\u2010-\u2015]+")  # "city_centre" is said as "city centre"


LEAN = 4.0  # nats for a value of an enum that stands in the document
WORTH = 8.0  # nats of a value from which a field that may be missing is written
MEANT = 8.0  # for one whose meaning does: "EUR" of "€"
NAMED = 12.0  # nats against keys that a schema does not name, where it does not say whether there are any
SAID = 13.5  # nats from which a label says it, so that another field may say the same
OTHERS = {"additionalProperties", "patternProperties", "unevaluatedProperties", "propertyNames"}  # what speaks of them
Ways = dict[str, float]  # how a reply may go on -> nats


class Leaning:
    """What replies about `text` that fit `schema` should rather say. Follows one reply at a time."""

    def __init__(self, schema: JSON, text: str, near: Near | None = None) -> None:
        self.schema = schema
        self.text = _plain(text)
        self.near = near
        self._told: dict[tuple[int, str], Ways] = {}
        self._begin()

    def _begin(self) -> None:
        self._reply = ""
        self._stack: list[_Inside] = []
        self._node: JSON = self.schema  # of the value that comes next or is being written
        self._name = ""  # of the field that it is of
        self._at = "value"
        self._part = ""  # of the string that is being written, as it is spelled

    def after(self, reply: str) -> Ways:
        """The texts with which a reply that begins so should rather go on; none where it does not matter."""
        if not reply.startswith(self._reply):
            self._begin()
        for char in reply[len(self._reply) :]:
            self._read(char)
        self._reply = reply
        return self._next()

    def _next(self) -> Ways:
        return {**self._without_others(), **self._ways()}

    def _ways(self) -> Ways:
        inside = self._stack[-1] if self._stack else None
        if self._at == "value":
            return self._values(self._node, self._name, inside)
        if self._at == "string":
            begun = '"' + self._part
            ways = self._values(self._node, self._name, inside)
            longer = max(
                (nats for text, nats in ways.items() if text.startswith(begun) and text[len(begun) :] != '"'), default=0
            )
            better = longer > ways.get(begun + '"', 0.0)  # "Banana" of "Banana bread"
            if (closing := self._closing(inside)) and self._part and self._whole() and not better:
                return {'"' + text: nats for text, nats in closing.items()}
            return {text[len(begun) :]: nats for text, nats in ways.items() if text.startswith(begun)}
        if self._at == "bare":
            ways = self._values(self._node, self._name, inside)
            return {text[len(self._part) :]: nats for text, nats in ways.items() if _goes_on(text, self._part)}
        if self._at in ("key", "colon") and inside:
            more = NAMED if self._at == "key" and inside.silent and self.near is None else 0.0
            return {text: nats + more for text, nats in self._behind_key(inside).items()}
        if self._at == "after" and inside and inside.listed:
            return self._elements(inside)
        if self._at == "after":
            return self._closing(inside)
        return {}

    def _without_others(self) -> Ways:
        """Against keys that no schema names: towards those that it does name, or to no comma where none is left."""
        inside = self._stack[-1] if self._stack else None
        if self.near is not None or inside is None:
            return {}
        if self._at in ("before", "key"):
            begun = f'"{self._part}' if self._at == "key" else ""
            named = [f"{spelled(name)}:" for name in inside.left()] if inside.silent else []
            return {name[len(begun) :]: NAMED for name in named if name.startswith(begun)}
        if self._at not in ("string", "bare", "after"):
            return {}
        ways, end = {}, '"' if self._at == "string" else ""
        for around in reversed(self._stack):
            if around.silent and not around.left():
                ways[f"{end},"] = -NAMED
            end += "]" if around.listed else "}"
        return {**ways, end: 0.0} if ways else {}

    def _closing(self, inside: _Inside | None) -> Ways:
        """After the last field of an element: another element, while there are names that none has."""
        around = self._stack[-2] if len(self._stack) > 1 else None
        if self.near is None or inside is None:
            return {}
        if ways := self._optional(inside):
            return ways
        if around is None or not around.objects:
            return {}
        ready = len(inside.keys) == len(inside.properties) > 0
        return {"},{": MORE} if ready and set(self.near.names) - around.texts else {}

    def _optional(self, inside: _Inside) -> Ways:
        """After a field of an object: the next that may be missing, where the text says it."""
        names = list(inside.properties)
        last = max((names.index(key) for key in inside.keys if key in names), default=-1)
        for name in names[last + 1 :]:
            if name in inside.required:
                return {}
            ways = self._values(inside.properties[name], name, None)
            if any(nats >= WORTH and text != "null" for text, nats in ways.items()):
                return {f",{spelled(name)}:": WORTH}
        return {}

    def _whole(self) -> bool:
        """Whether the string that is being written is one of those that its field may be."""
        enum = self._enum(self._node)
        text = f'"{self._part}"'
        return any(text == spelled(value) for value in enum) if enum else text in self._standing(self._node, self._name)

    def _behind_key(self, inside: _Inside) -> Ways:
        names = [name for name in inside.properties if spelled(name)[1:].startswith(self._part)]
        if self._at == "colon":
            names = [name for name in names if spelled(name) == f'"{self._part}"']
        if len(names) != 1:
            return {}
        lead = spelled(names[0])[1 + len(self._part) :] + ":" if self._at == "key" else ":"
        ways = self._values(inside.properties[names[0]], names[0], None)
        return {lead + text: nats for text, nats in ways.items()}

    def _elements(self, inside: _Inside) -> Ways:
        """What a list should rather go on with: what it does not hold yet, or its end."""
        if inside.rows:
            return {}
        if self.near is not None and inside.objects:
            left = set(self.near.names) - inside.texts
            return {",{": MORE} if left else {"]": MORE}
        standing = self._standing(inside.items, inside.name)
        ways = {f",{text}": nats for text, nats in self._unused(standing).items() if text not in inside.held}
        if self.near is not None and standing and not any(nats > 0 for nats in ways.values()):
            ways["]"] = NOTHING
        return ways

    def _values(self, node: JSON, name: str, inside: _Inside | None) -> Ways:
        """What a value of this schema should rather be, as JSON; in a list, what it does not hold yet."""
        if inside is not None and inside.listed:
            standing = self._unused(self._standing(node, inside.name))
            return {text: nats for text, nats in standing.items() if text not in inside.held}
        node = resolved(node, self.schema, "#")
        if isinstance(node, Mapping) and ROWS in node:
            return {}  # its elements are the rows of a table
        if isinstance(node, Mapping) and "items" in node:
            return self._lists(node["items"], name)
        if isinstance(node, Mapping) and isinstance(node.get("properties"), Mapping):
            return self._objects(node)
        standing = self._standing(node, name)
        unused = self._unused(standing)
        if standing and unused != standing and not any(nats > 0 for nats in unused.values()):
            unused["null"] = LEAN  # what stands near it was said of another field
        return unused

    def _lists(self, items: JSON, name: str) -> Ways:
        real = resolved(items, self.schema, "#")
        if self.near is not None and isinstance(real, Mapping) and "properties" in real:
            return {"[{": ANY} if self.near.names else {}
        standing = self._standing(items, name)
        ways = {f"[{text}": nats for text, nats in self._unused(standing).items()}
        if self.near is not None and not any(nats > 0 for nats in ways.values()):
            ways["[]"] = LEAN
        return ways

    def _objects(self, node: Mapping[str, JSON]) -> Ways:
        """An object that may be null is none where the text says one of its fields."""
        if self.near is None or "null" not in (node.get("type") or ()):
            return {}
        inner = [self._standing(part, key) for key, part in node["properties"].items()]
        said = any(nats >= WORTH and text != "null" for ways in inner for text, nats in ways.items())
        return {"{": ANY} if said else {}

    def _unused(self, ways: Ways) -> Ways:
        """The ways, against those that say again what a field beside it says."""
        used = (
            {spelled(text) for inside in self._stack[-2:] for text in inside.said} if self.near is not None else set()
        )
        return {text: -LEAN if text in used and nats < SAID else nats for text, nats in ways.items()}

    def _standing(self, node: JSON, name: str) -> Ways:
        """The values of a field that stand in the text, as JSON, and null where nothing is near it."""
        node = resolved(node, self.schema, "#")
        key = (id(node), name)
        if key not in self._told:
            enum = self._enum(node)
            ways = node[WAYS] if isinstance(node, Mapping) and WAYS in node else self._named(enum) if enum else {}
            if enum and not ways and WAYS not in node and None in enum and self.near is not None:
                ways = self.near.ways_of_choice(key)
            self._told[key] = ways
        return self._told[key]

    def _named(self, enum: list[JSON]) -> Ways:
        """The values of an enum that stand in the text."""
        text, found = self.text, set()
        for word in sorted(filter(_worth, enum), key=len, reverse=True):
            way = _way(word)
            if way.search(text):
                found.add(spelled(word))
                text = way.sub("\n", text)  # "York" does not stand in "New York", if that is a value, too
        if not found:
            spoken = notions(self.text)  # "Vollzeit" speaks of "full-time"
            return {spelled(value): MEANT for value in enum if _worth(value) and units(value) & spoken}
        return {text: LEAN for text in map(spelled, enum) if text in found}

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
                if self._at == "string" and self._stack:
                    self._say()
                self._at = "after" if self._at == "string" else "colon"
            else:
                self._part += char
        elif self._at == "bare" and char not in ",]}" and not char.isspace():
            self._part += char
        elif char in "{[":
            self._stack.append(_Inside(resolved(self._node, self.schema, "#"), char == "[", self._name))
            self._at, self._node = ("value", self._stack[-1].following()) if char == "[" else ("before", True)
        elif char in "}]":
            if self._stack:
                self._stack.pop()
            self._at = "after"
        elif char == '"':
            self._part = ""
            self._at = "string" if self._at == "value" else "key"
        elif char == ":" and self._stack:
            self._name = json.loads(f'"{self._part}"')
            self._stack[-1].keys.add(self._name)
            self._node = self._stack[-1].properties.get(self._name, True)
            self._at = "value"
        elif char == "," and self._stack:
            inside = self._stack[-1]
            self._at, self._node = ("value", inside.following()) if inside.listed else ("before", True)
        elif not char.isspace():
            self._at, self._part = ("bare", char) if self._at == "value" else ("after", "")
        elif self._at == "bare":
            self._at = "after"

    def _say(self) -> None:
        """A string has ended: what holds it, and what that stands in, know of it."""
        inside, text = self._stack[-1], json.loads(f'"{self._part}"')
        if inside.listed:
            inside.held.add(f'"{self._part}"')
        node = resolved(self._node, self.schema, "#")
        if not self._enum(node) or WAYS in node:
            (self._stack[-2] if inside.listed and len(self._stack) > 1 else inside).said.add(text)
        for around in self._stack:
            around.texts.add(text)


class _Inside:
    """An object or a list that is being written: its schema, and the texts that a list holds."""

    def __init__(self, node: JSON, listed: bool, name: str) -> None:
        self.name = name
        known: Mapping[str, JSON] = node if isinstance(node, Mapping) else {}
        self.listed = listed
        self.rows: list[JSON] = known["prefixItems"] if ROWS in known else []
        self.items: JSON = known.get("items", True) if "prefixItems" not in known else True
        properties = known.get("properties")
        self.properties: Mapping[str, JSON] = properties if isinstance(properties, Mapping) else {}
        self.required: frozenset[str] = frozenset(known.get("required", []))
        self.silent = bool(self.properties) and OTHERS.isdisjoint(known)
        self.held: set[str] = set()
        self.keys: set[str] = set()
        self.said: set[str] = set()  # the open texts of its fields
        self.texts: set[str] = set()  # all texts in it, at whatever depth
        items = resolved(self.items, self.items, "#")
        self.objects = listed and isinstance(items, Mapping) and "properties" in items
        self._at = 0

    def left(self) -> list[str]:
        """The keys that may still come: those behind the last one that is there, and those that must be."""
        names = list(self.properties)
        last = max((number for number, name in enumerate(names) if name in self.keys), default=-1)
        return [
            name
            for number, name in enumerate(names)
            if name not in self.keys and (number > last or name in self.required)
        ]

    def following(self) -> JSON:
        """The schema of the element that comes next."""
        self._at += 1
        return self.rows[self._at - 1] if self._at <= len(self.rows) else self.items


def _goes_on(text: str, part: str) -> bool:
    """Whether a number or a word of JSON is this one as far as it is written, and not over."""
    return text.startswith(part) and len(text) > len(part)


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


def _escaped(part: str) -> bool:
    """Whether what comes next is escaped: an odd number of backslashes before it."""
    return (len(part) - len(part.rstrip("\\"))) % 2 == 1


def of(schema: JSON, text: str, sense: Sense | None = None) -> Leaning | None:
    """The leaning of replies about a text; None where there is nothing to lean on."""
    if sense is not None:
        return Leaning(schema, text, sense.of(text))
    return Leaning(schema, text) if _matters(schema) else None


def _matters(node: JSON) -> bool:
    """Whether a schema has an enum, or an object that may have other keys than those it names."""
    if isinstance(node, Mapping):
        silent = isinstance(node.get("properties"), Mapping) and OTHERS.isdisjoint(node)
        return silent or isinstance(node.get("enum"), list) or any(map(_matters, node.values()))
    return isinstance(node, Sequence) and not isinstance(node, str) and any(map(_matters, node))


__all__ = ["Leaning", "of"]
