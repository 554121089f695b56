"""
A schema for one document: its texts are what stands near their fields, its numbers those that stand in it, or null.

What a schema admits for a document is a part of what it admits at all, so a reply that fits it fits the schema. Nothing
here asks a model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rag.extract.formed import fits
from rag.extract.near import SURELY, Near, spelled
from rag.extract.plan import resolved, types_of

JSON = Any
DEEP = 8
WAYS = "x-ways"  # what a field should rather say, as JSON -> nats
ROWS = "x-rows"  # a list whose elements are told one by one: the rows of a table, the items of a list
BOUNDED = {"minItems", "maxItems", "prefixItems", "uniqueItems", "contains"}


def chosen(schema: JSON, near: Near) -> JSON:
    """The schema with its open fields held to what the document has, and with what they should rather say."""
    held = _chosen(schema, schema, near, "", 0)
    if isinstance(held, Mapping) and held is not schema and isinstance(schema, Mapping):
        held = {**{key: schema[key] for key in ("$defs", "definitions") if key in schema}, **held}
    return held


def told(node: JSON) -> JSON:
    """What a schema that was held to a document says of its lists for sure; null for the rest."""
    if not isinstance(node, Mapping):
        return None
    if ROWS in node:
        return [told(part) for part in node["prefixItems"]]
    if isinstance(node.get("properties"), Mapping):
        return {name: told(part) for name, part in node["properties"].items()}
    return node["enum"][0] if WAYS in node and node.get("enum") else None


def _chosen(node: JSON, root: JSON, near: Near, name: str, depth: int) -> JSON:
    real = resolved(node, root, "#")
    if not isinstance(real, Mapping) or depth > DEEP:
        return node
    if isinstance(real.get("properties"), Mapping):
        inner = {key: _chosen(part, root, near, str(key), depth + 1) for key, part in real["properties"].items()}
        return node if inner == real["properties"] else {**real, "properties": inner}
    if "items" in real:
        element = resolved(real["items"], root, "#")
        rows = near.rows.get(id(element), [])
        if not rows and id(element) in near.related and not BOUNDED & set(real):
            return {**real, "maxItems": 0}
        if rows and not {"minItems", "maxItems", "prefixItems", "uniqueItems"} & set(real):
            parts = [_row(element, root, row) for row in rows]
            return {
                **real,
                "prefixItems": parts,
                "items": False,
                "minItems": len(parts),
                "maxItems": len(parts),
                ROWS: True,
            }
        said = near.lists.get((id(element), name), [])
        if said and not BOUNDED & set(real):
            return _exactly(real, [{**element, "enum": [value], WAYS: {}} for value in said])
        held = _chosen(real["items"], root, near, name, depth + 1)
        once = isinstance(held, Mapping) and held is not real["items"] and isinstance(held.get("enum"), list)
        return {**real, "items": held, **({"uniqueItems": True} if once else {})}
    return _held(real, near, name) or node


def _exactly(node: Mapping[str, JSON], parts: list[JSON]) -> JSON:
    """A list of just these elements."""
    size = len(parts)
    return {**node, "prefixItems": parts, "items": False, "minItems": size, "maxItems": size, ROWS: True}


def _each(element: JSON, root: JSON, values: Sequence[JSON]) -> list[JSON]:
    """The elements of a list within a row, each just its value."""
    node = resolved(element, root, "#")
    return [{**(node if isinstance(node, Mapping) else {}), "enum": [value], WAYS: {}} for value in values]


def _row(element: Mapping[str, JSON], root: JSON, row: Mapping[str, list[JSON]]) -> JSON:
    """An element that is a row of a table: its fields say what stands there, or null; what stands there is said."""
    parts, needed = {}, list(element.get("required", []))
    for key, part in element.get("properties", {}).items():
        node = resolved(part, root, "#")
        values = [value for value in row.get(key, []) if not isinstance(node, Mapping) or fits(value, node)]
        if isinstance(node, Mapping) and "items" in node:
            parts[key] = part if BOUNDED & set(node) else _exactly(node, _each(node["items"], root, values))
            needed += [key] if values and key not in needed else []
        elif not isinstance(node, Mapping) or "const" in node or not (values or _null(node)):
            parts[key] = part
        elif isinstance(node.get("enum"), list):
            said = [value for value in node["enum"] if value in values]
            parts[key] = {**node, WAYS: {spelled(value): SURELY for value in said}} if said else part
        else:
            parts[key] = {**node, "enum": [*values, *_null(node)], WAYS: {spelled(value): SURELY for value in values}}
            needed += [key] if values and key not in needed else []
    return {**element, "properties": parts, "required": needed}


def _held(node: Mapping[str, JSON], near: Near, name: str) -> JSON:
    """A field with what it may say and should rather say; None if it may say anything."""
    key = (id(node), name)
    field = near.fields.get(key)
    if field is None or {"const", "anyOf", "oneOf"} & set(node):
        return None
    if field.kind in ("choice", "flag"):
        ways = near.ways(key) if field.kind == "flag" or key in near.told else {}
        return {**node, WAYS: ways} if ways else None
    values, null = near.admitted(key), _null(node)
    values = None if values is None else [value for value in values if fits(value, node)]
    if values is None or not (values or null or field.listed):  # it may not be null: any run of words of the document
        return {**node, "x-verbatim": True, WAYS: near.ways(key)} if field.kind == "text" else None
    return {**node, "enum": [*values, *null], WAYS: near.ways(key)}


def _null(node: Mapping[str, JSON]) -> list[JSON]:
    return [None] if "null" in types_of(node) else []
