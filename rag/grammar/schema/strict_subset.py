"""
A schema in the strict subset of OpenAI structured outputs, and the exact way back.

The subset wants an object at the root, every key required and no others. So an optional key becomes one that may be
null, a map of free keys a list of {"key", "value"}, a value of any kind a text that holds JSON, and a root that is
no object the only key of one. What the subset does not know (allOf is merged, oneOf becomes anyOf) moves into the
description, in words. The way back undoes each of these; whether the result fits the schema is for `check` to say.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from rag.errors import InputError
from rag.grammar.schema.document import Document
from rag.types import JSON

PROPERTIES, LEVELS, ENUM, CHARACTERS = 5000, 10, 1000, 120_000
LONG_ENUM, ENUM_CHARACTERS = 250, 15_000
KEPT = {
    "string": ("pattern", "format", "enum", "const"),
    "number": ("multipleOf", "maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum", "enum", "const"),
    "integer": ("multipleOf", "maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum", "enum", "const"),
    "boolean": ("enum", "const"),
    "null": (),
    "array": ("minItems", "maxItems"),
}
FORMATS = {"date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"}
SAID = {
    "$ref",
    "$defs",
    "definitions",
    "$schema",
    "$id",
    "id",
    "title",
    "description",
    "default",
    "examples",
    "$comment",
    "type",
}
WRAP = "value"
Back = Callable[[JSON], JSON]


@dataclass(slots=True)
class _Counts:
    properties: int = 0
    enum: int = 0
    characters: int = 0


@dataclass(slots=True)
class _Normaliser:
    document: Document
    defs: dict[str, JSON] = field(default_factory=dict)
    backs: dict[str, Back] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)
    counts: _Counts = field(default_factory=_Counts)

    def node(self, node: JSON, pointer: str, level: int) -> tuple[JSON, Back]:
        """One schema in the subset, and the way back for its values."""
        if level > LEVELS:
            raise _over(pointer, "levels of nesting", LEVELS)
        if node is False:
            raise InputError(f"schema at {pointer or '/'}: false admits nothing", "Leave the key out of the schema.")
        if node is True or not isinstance(node, dict):
            return self._anything({})
        if "$ref" in node:
            return self._reference(node, pointer, level)
        merged = self._merged(node)
        for key in ("anyOf", "oneOf"):
            if isinstance(merged.get(key), list):
                return self._union(merged, key, pointer, level)
        kinds = _kinds(merged)
        if isinstance(kinds, list):
            branches = [{**merged, "type": kind} for kind in kinds]
            return self._either([_only(branch) for branch in branches], _about(node), pointer, level)
        if kinds == "object":
            return self._object(merged, pointer, level)
        if kinds == "array":
            return self._array(merged, pointer, level)
        if kinds is None and "enum" not in merged and "const" not in merged:
            return self._anything(merged)
        return self._scalar(merged, kinds, pointer), _same

    def _reference(self, node: dict[str, JSON], pointer: str, level: int) -> tuple[JSON, Back]:
        target = self.document.resolve(node["$ref"], node)
        name = self.names.get(id(target))
        if name is None:
            tail = str(node["$ref"]).rpartition("/")[2]
            name = "".join(c if c.isalnum() else "_" for c in tail) or "root"
            while name in self.defs:
                name += "_"
            self.names[id(target)] = name
            self.defs[name] = {}
            self.defs[name], self.backs[name] = self.node(target, f"{pointer}/$ref", 1)
            self.counts.characters += len(name)
        return {"$ref": f"#/$defs/{name}"}, lambda data: self.backs[name](data)

    def _merged(self, node: dict[str, JSON]) -> dict[str, JSON]:
        """allOf folded into its siblings: keys joined, everything else kept where it does not clash."""
        if not isinstance(node.get("allOf"), list):
            return node
        out = {key: value for key, value in node.items() if key != "allOf"}
        for part in node["allOf"]:
            for _ in range(20):
                if isinstance(part, dict) and "$ref" in part:
                    part = self.document.resolve(part["$ref"], part)
            if not isinstance(part, dict):
                continue
            for key, value in self._merged(part).items():
                if key == "properties" and isinstance(out.get(key), dict):
                    out[key] = {**value, **out[key]}
                elif key == "required" and isinstance(out.get(key), list):
                    out[key] = [*out[key], *[name for name in value if name not in out[key]]]
                else:
                    out.setdefault(key, value)
        return out

    def _anything(self, node: dict[str, JSON]) -> tuple[JSON, Back]:
        text = "Any JSON value, written as JSON text in this string."
        about = node.get("description")
        return {"type": "string", "description": f"{about} {text}" if about else text}, _unpacked

    def _union(self, node: dict[str, JSON], key: str, pointer: str, level: int) -> tuple[JSON, Back]:
        rest = {name: value for name, value in node.items() if name != key}
        branches = []
        for branch in node[key]:
            if isinstance(branch, dict) and "$ref" in branch and rest.keys() <= SAID - {"type"}:
                branches.append(branch)
            elif isinstance(branch, dict):
                branches.append({"allOf": [rest, branch]} if rest.keys() - {"description", "title"} else branch)
            elif branch is True:
                branches.append(rest)
        return self._either(branches, _about(node), pointer, level)

    def _either(self, branches: list[JSON], about: dict[str, JSON], pointer: str, level: int) -> tuple[JSON, Back]:
        made = [(branch, *self.node(branch, f"{pointer}/{i}", level)) for i, branch in enumerate(branches)]
        shapes = [(strict, back) for _, strict, back in made]

        def back(data: JSON) -> JSON:
            for strict, way in shapes:
                if _fits(data, strict, self.defs):
                    return way(data)
            return data

        return {"anyOf": [strict for strict, _ in shapes], **about}, back

    def _object(self, node: dict[str, JSON], pointer: str, level: int) -> tuple[JSON, Back]:
        named = node.get("properties")
        named = named if isinstance(named, dict) else {}
        required = node.get("required")
        required = required if isinstance(required, list) else []
        rest = node.get("additionalProperties", True)
        if not named and not required and rest is not False:
            return self._map(node, rest, pointer, level)
        keys = {**named, **{name: True for name in required if name not in named}}
        properties: dict[str, JSON] = {}
        ways: dict[str, tuple[Back, bool]] = {}
        for name, part in keys.items():
            if part is False:
                continue
            strict, back = self.node(part, f"{pointer}/properties/{name}", level + 1)
            missing = name not in required
            nullable = _takes_null(strict, self.defs)
            properties[name] = strict if not missing or nullable else _nullable(strict)
            ways[name] = (back, missing and not nullable)
            self.counts.properties += 1
            self.counts.characters += len(name)
        if self.counts.properties > PROPERTIES:
            raise _over(pointer, "properties", PROPERTIES)

        def back_object(data: JSON) -> JSON:
            if not isinstance(data, dict):
                return data
            out = {}
            for name, value in data.items():
                way, missing = ways.get(name, (_same, False))
                if value is None and missing:
                    continue
                out[name] = way(value)
            return out

        strict_node = {
            "type": "object",
            "properties": properties,
            "required": list(properties),
            "additionalProperties": False,
        }
        said = _said(node, {"properties", "required", "additionalProperties"})
        return {**strict_node, **_described(node, said)}, back_object

    def _map(self, node: dict[str, JSON], rest: JSON, pointer: str, level: int) -> tuple[JSON, Back]:
        """An object of free keys: a list of keys and values."""
        value, back = self.node(rest, f"{pointer}/additionalProperties", level + 2)
        pair = {
            "type": "object",
            "properties": {"key": {"type": "string"}, "value": value},
            "required": ["key", "value"],
            "additionalProperties": False,
        }
        self.counts.properties += 2

        def back_map(data: JSON) -> JSON:
            if not isinstance(data, list):
                return data
            return {
                str(item["key"]): back(item["value"])
                for item in data
                if isinstance(item, dict) and "key" in item and "value" in item
            }

        said = _said(node, {"additionalProperties", "properties", "required"})
        return {"type": "array", "items": pair, **_described(node, ["one entry for each key", *said])}, back_map

    def _array(self, node: dict[str, JSON], pointer: str, level: int) -> tuple[JSON, Back]:
        items = node.get("items", True)
        prefix = node.get("prefixItems", items if isinstance(items, list) else None)
        if isinstance(prefix, list):  # each place may hold what any of them says
            last = node.get("additionalItems", True) if isinstance(items, list) else items
            parts = [*prefix, *([last] if last not in (True, False) else [])]
            items = parts[0] if len(parts) == 1 else {"anyOf": parts}
        strict, back = self.node(items, f"{pointer}/items", level + 1)
        out = {"type": "array", "items": strict}
        out |= {key: node[key] for key in KEPT["array"] if key in node}
        said = _said(node, {"items", *KEPT["array"]})
        return {
            **out,
            **_described(node, said),
        }, lambda data: [back(one) for one in data] if isinstance(data, list) else data

    def _scalar(self, node: dict[str, JSON], kind: str | None, pointer: str) -> JSON:
        keep = KEPT.get(kind or "", ("enum", "const"))
        out = {"type": kind} if kind else {}
        for key in keep:
            if (
                key in node
                and not (key == "format" and node[key] not in FORMATS)
                and not isinstance(node[key], bool | None)
            ):
                out[key] = node[key]
        if isinstance(node.get("const"), bool) or ("const" in node and node["const"] is None):
            out["const"] = node["const"]
        values = out.get("enum")
        if isinstance(values, list):
            self.counts.enum += len(values)
            size = sum(len(value) for value in values if isinstance(value, str))
            self.counts.characters += size
            if self.counts.enum > ENUM:
                raise _over(pointer, "enum values", ENUM)
            if len(values) > LONG_ENUM and size > ENUM_CHARACTERS:
                raise _over(pointer, f"characters in an enum of more than {LONG_ENUM} values", ENUM_CHARACTERS)
        return {**out, **_described(node, _said(node, set(out)))}


def strict(schema: JSON) -> tuple[JSON, Back]:
    """The schema in the strict subset, and what turns a reply to it into one for the schema. Raises InputError."""
    made = _Normaliser(Document(schema))
    out, back = made.node(schema, "", 1)
    wrapped = not (isinstance(out, dict) and out.get("type") == "object")
    if wrapped:
        out = {"type": "object", "properties": {WRAP: out}, "required": [WRAP], "additionalProperties": False}
    if made.counts.characters > CHARACTERS:
        raise _over("", "characters in names and enums", CHARACTERS)
    if made.defs:
        out = {**out, "$defs": made.defs}

    def restore(data: JSON) -> JSON:
        if not wrapped:
            return back(data)
        return back(data[WRAP]) if isinstance(data, dict) and data.keys() == {WRAP} else back(data)

    return out, restore


def _over(pointer: str, what: str, most: int) -> InputError:
    return InputError(
        f"schema at {pointer or '/'}: more than {most:,} {what}, too many for the strict subset of hosted models",
        "Cut the schema down, or use a local model: its grammar has no such limit.",
    )


def _same(data: JSON) -> JSON:
    return data


def _unpacked(data: JSON) -> JSON:
    if isinstance(data, str):
        try:
            return json.loads(data)
        except ValueError:
            return data
    return data


def _kinds(node: dict[str, JSON]) -> str | list[str] | None:
    kind = node.get("type")
    if isinstance(kind, list):
        return kind[0] if len(kind) == 1 else list(kind)
    if isinstance(kind, str):
        return kind
    if any(key in node for key in ("properties", "required", "additionalProperties", "patternProperties")):
        return "object"
    if any(key in node for key in ("items", "prefixItems", "minItems", "maxItems")):
        return "array"
    if any(key in node for key in ("pattern", "format", "minLength", "maxLength")):
        return "string"
    return "number" if any(key in node for key in ("minimum", "maximum", "multipleOf")) else None


def _only(node: dict[str, JSON]) -> dict[str, JSON]:
    """A schema of one type without what speaks of other types (an enum is cut down to that type)."""
    kind = node["type"]
    tests: dict[str, Callable[[Any], bool]] = {
        "null": lambda v: v is None,
        "boolean": lambda v: isinstance(v, bool),
        "integer": lambda v: isinstance(v, int) and not isinstance(v, bool),
        "number": lambda v: isinstance(v, int | float) and not isinstance(v, bool),
        "string": lambda v: isinstance(v, str),
    }
    out = {key: value for key, value in node.items() if key not in ("description", "title", "default", "examples")}
    if isinstance(out.get("enum"), list) and kind in tests:
        out["enum"] = [value for value in out["enum"] if tests[kind](value)]
        if kind == "null" or not out["enum"]:
            del out["enum"]
    return out


def _about(node: dict[str, JSON]) -> dict[str, JSON]:
    return {"description": node["description"]} if isinstance(node.get("description"), str) else {}


def _said(node: dict[str, JSON], kept: set[str]) -> list[str]:
    """The keywords that the subset does not know, in words for the description."""
    return [
        f"{key}: {json.dumps(value, ensure_ascii=False)[:300]}"
        for key, value in node.items()
        if key not in kept | SAID and key != "allOf"
    ]


def _described(node: dict[str, JSON], said: list[str]) -> dict[str, JSON]:
    about = node.get("description")
    parts = ([about] if isinstance(about, str) and about else []) + ([f"({'; '.join(said)})"] if said else [])
    return {"description": " ".join(parts)} if parts else {}


def _nullable(node: JSON) -> JSON:
    if isinstance(node, dict) and isinstance(node.get("type"), str) and not {"enum", "const"} & node.keys():
        return {**node, "type": [node["type"], "null"]}
    if isinstance(node, dict) and isinstance(node.get("anyOf"), list):
        return {**node, "anyOf": [*node["anyOf"], {"type": "null"}]}
    return {"anyOf": [node, {"type": "null"}]}


def _takes_null(node: JSON, defs: dict[str, JSON], depth: int = 0) -> bool:
    if not isinstance(node, dict) or depth > 8:
        return False
    if "$ref" in node:
        return _takes_null(defs.get(node["$ref"].rpartition("/")[2]), defs, depth + 1)
    if isinstance(node.get("anyOf"), list):
        return any(_takes_null(one, defs, depth + 1) for one in node["anyOf"])
    if "enum" in node or "const" in node:
        return None in node.get("enum", [node.get("const", 0)])
    kind = node.get("type")
    return kind == "null" or (isinstance(kind, list) and "null" in kind)


def _fits(data: JSON, node: JSON, defs: dict[str, JSON]) -> bool:
    from rag.grammar.schema.validation import check

    return not check(data, {**node, "$defs": defs} if defs else node)
