"""
Which values of a record stand nowhere in its document, and a record without them.

What a field lets a model choose (an enum, a constant, true or false) is a judgement and stands nowhere by its nature;
it is not counted. All other texts and numbers are. Nothing here reads a document: `evidence` says where values stand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rag import pointers
from rag.extract.evidence import evidence, leaves
from rag.extract.plan import Example, Plan, resolved

JSON = Any


def nowhere(data: JSON, found: Mapping[str, JSON] | None, schema: JSON) -> list[str]:
    """The JSON pointers of what was said, should stand in the document, and does not."""
    return [
        pointer
        for pointer, value in leaves(data)
        if counted(pointer, value, schema) and (found or {}).get(pointer) is None
    ]


def unfounded(data: JSON, found: Mapping[str, JSON] | None, plan: Plan) -> list[str]:
    """What of a record is not to be taken, as JSON pointers: it stands nowhere, and should."""
    if not (plan.grounded or plan.taught):
        return []
    missing = nowhere(data, found, plan.schema)
    return missing if plan.grounded else [pointer for pointer in missing if _of_any(pointer) not in plan.judged]


def judgements(examples: Sequence[Example]) -> frozenset[str]:
    """The fields whose values in examples mostly stand nowhere in their texts: an opinion, a name of our own for it."""
    counts: dict[str, int] = {}
    for example in examples:
        for pointer, span in evidence(example.data, example.text).items():
            if span is not None or _said(example.data, pointer):
                counts[_of_any(pointer)] = counts.get(_of_any(pointer), 0) + (1 if span is None else -1)
    return frozenset(pointer for pointer, more in counts.items() if more > 0)


def loosened(schema: JSON, judged: frozenset[str], pointer: str = "") -> JSON:
    """The schema in which those fields may say what they like."""
    if not isinstance(schema, Mapping):
        return schema
    made = dict(schema)
    if isinstance(schema.get("properties"), Mapping):
        parts = schema["properties"].items()
        made["properties"] = {key: loosened(part, judged, f"{pointer}/{pointers.step(key)}") for key, part in parts}
    if "items" in schema:
        made["items"] = loosened(schema["items"], judged, f"{pointer}/*")
    kinds = schema.get("type")
    is_text = "string" in (kinds if isinstance(kinds, list) else [kinds]) and "enum" not in schema
    return {**made, "x-verbatim": False} if pointer in judged and is_text else made


def _of_any(pointer: str) -> str:
    """The pointer with a star for each place in a list."""
    return "/".join("*" if part.isdecimal() else part for part in pointer.split("/"))


def _said(data: JSON, pointer: str) -> bool:
    value = dict(leaves(data)).get(pointer)
    return value is not None and value != "" and not isinstance(value, bool)


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
