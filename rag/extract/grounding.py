"""
Which values of a record stand nowhere in its document, and a record without them.

What a field lets a model choose (an enum, a constant, true or false) is a judgement and stands nowhere by its nature;
it is not counted. All other texts and numbers are. Nothing here reads a document: `evidence` says where values stand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rag import pointers
from rag.extract.evidence import leaves
from rag.extract.plan import resolved

JSON = Any


def nowhere(data: JSON, found: Mapping[str, JSON] | None, schema: JSON) -> list[str]:
    """The JSON pointers of what was said, should stand in the document, and does not."""
    return [
        pointer
        for pointer, value in leaves(data)
        if counted(pointer, value, schema) and (found or {}).get(pointer) is None
    ]


def counted(pointer: str, value: JSON, schema: JSON) -> bool:
    """Whether a value should stand in its document: a text or a number that the schema leaves open."""
    if value is None or value == "" or isinstance(value, bool):
        return False
    return not any(_chosen(node, value) for node in _nodes(schema, pointer))


def grounded(data: JSON, without: Sequence[str], pointer: str = "") -> JSON:
    """The record with null in place of what stands at these pointers; from a list it is left out."""
    missing = set(without)
    if isinstance(data, Mapping):
        names = {key: f"{pointer}/{pointers.step(key)}" for key in data}
        return {key: None if names[key] in missing else grounded(data[key], without, names[key]) for key in data}
    if isinstance(data, list):
        kept = [(f"{pointer}/{number}", part) for number, part in enumerate(data)]
        return [grounded(part, without, name) for name, part in kept if name not in missing]
    return None if pointer in missing else data


def _chosen(node: JSON, value: JSON) -> bool:
    if not isinstance(node, Mapping):
        return False
    return value in [*node.get("enum", []), *([node["const"]] if "const" in node else [])]


def _nodes(schema: JSON, pointer: str) -> list[JSON]:
    """The schemas that speak of the value at a pointer, as far as properties, items and alternatives lead there."""
    nodes = list(_alternatives(schema, schema))
    for part in pointer.split("/")[1:]:
        name = pointers.key_of(part)
        inner = [inside for node in nodes if (inside := _inside(node, name)) is not None]
        nodes = [found for one in inner for found in _alternatives(one, schema)]
    return nodes


def _inside(node: JSON, name: str) -> JSON:
    if not isinstance(node, Mapping):
        return None
    properties = node.get("properties")
    if isinstance(properties, Mapping) and name in properties:
        return properties[name]
    if name.isdecimal() and ("items" in node or "prefixItems" in node):
        first = node.get("prefixItems") or []
        return first[int(name)] if int(name) < len(first) else node.get("items")
    return node.get("additionalProperties")


def _alternatives(node: JSON, root: JSON, depth: int = 0) -> Iterator[JSON]:
    """A schema and what it is put together from."""
    node = resolved(node, root, "#")
    yield node
    if isinstance(node, Mapping) and depth < 6:
        for keyword in ("anyOf", "oneOf", "allOf"):
            for part in node.get(keyword) or [] if isinstance(node.get(keyword), list) else []:
                yield from _alternatives(part, root, depth + 1)
