"""
A schema for one document: its texts are what stands near their fields, its numbers those that stand in it, or null.

What a schema admits for a document is a part of what it admits at all, so a reply that fits it fits the schema. Nothing
here asks a model.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rag.extract.plan import resolved
from rag.extract.sense import Near

JSON = Any
DEEP = 8


def chosen(schema: JSON, near: Near) -> JSON:
    """The schema with its open texts and numbers held to what the document has."""
    return _chosen(schema, schema, near, "", 0)


def _chosen(node: JSON, root: JSON, near: Near, name: str, depth: int) -> JSON:
    real = resolved(node, root, "#")
    if not isinstance(real, Mapping) or depth > DEEP:
        return node
    if isinstance(real.get("properties"), Mapping):
        inner = {key: _chosen(part, root, near, str(key), depth + 1) for key, part in real["properties"].items()}
        return node if inner == real["properties"] else {**real, "properties": inner}
    if "items" in real:
        return {**real, "items": _chosen(real["items"], root, near, name, depth + 1)}
    return _held(real, near, name) or node


def _held(node: Mapping[str, JSON], near: Near, name: str) -> JSON:
    """A text or a number held to the document; None if it may be anything."""
    if "enum" in node or "const" in node or "anyOf" in node or "oneOf" in node:
        return None
    kinds = node.get("type")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    null = [None] if "null" in kinds else []
    if {"integer", "number"} & set(kinds):
        values = [value for value in near.numbers if "number" in kinds or isinstance(value, int)]
        return {**node, "enum": [*values, *null]} if values or null else None
    if "string" not in kinds or {"format", "pattern", "x-verbatim"} & set(node):
        return None
    texts = near.texts((id(node), name))
    if texts is None:
        return {**node, "x-verbatim": True}
    return {**node, "enum": [*texts, *null]}
