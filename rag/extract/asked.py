"""
A schema as it is asked of a model that chooses: each optional key stands there or is null, and null is left out again.

A small model ends an object as soon as it may, so that keys which may be left out are, whatever the document says.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rag.extract.formed import or_null
from rag.extract.lexicon import bag
from rag.extract.plan import resolved, types_of

JSON = Any
# Where these stand beside the properties, whether a key is there says something by itself.
TELLING = bag(
    "minProperties maxProperties patternProperties propertyNames dependentRequired dependentSchemas dependencies"
    " if not anyOf oneOf allOf unevaluatedProperties"
)
NODES = frozenset({"$defs", "definitions", "properties"})  # of which each value is a schema


def asked(schema: JSON) -> JSON:
    """The schema with each optional key required and null for what is not there, where that says nothing else."""
    return _asked(schema, schema)


def _asked(node: JSON, root: JSON) -> JSON:
    if not isinstance(node, Mapping):
        return node
    made = dict(node)
    for key in NODES & set(node):
        if isinstance(node[key], Mapping):
            made[key] = {name: _asked(part, root) for name, part in node[key].items()}
    if "items" in node:
        made["items"] = _asked(node["items"], root)
    if not isinstance(made.get("properties"), Mapping) or TELLING & set(node):
        return made
    needed = list(made.get("required", []))
    for name in [name for name in made["properties"] if name not in needed]:
        if (part := _nullable(made["properties"][name], root)) is not None:
            made["properties"][name] = part
            needed.append(name)
    ordered = [name for name in made["properties"] if name in needed]
    return {**made, "required": list(dict.fromkeys([*ordered, *needed]))} if needed else made


def _nullable(node: JSON, root: JSON) -> JSON | None:
    """The schema, and null; None where it cannot be told whether null is meant."""
    real = resolved(node, root, "#")
    if not isinstance(real, Mapping):
        return None
    if admits_null(real) or (real.get("type") == "array" and not real.get("minItems")):  # an empty list says so, too
        return node
    return None if "$ref" in node else or_null(real)


def admits_null(node: Mapping[str, JSON]) -> bool:
    """Whether a schema that says its types or its values has null among them."""
    typed = "null" in types_of(node)
    return None in node["enum"] and (typed or "type" not in node) if "enum" in node else typed


def given(value: JSON, schema: JSON) -> JSON:
    """A value of `asked(schema)` without the keys that are null only because they were asked for."""
    return _given(value, schema, schema)


def _given(value: JSON, node: JSON, root: JSON) -> JSON:
    real = resolved(node, root, "#")
    if not isinstance(real, Mapping):
        return value
    if isinstance(value, list) and "items" in real:
        return [_given(part, real["items"], root) for part in value]
    properties = real.get("properties")
    if not isinstance(value, dict) or not isinstance(properties, Mapping):
        return value
    optional = set(properties) - set(real.get("required", [])) if not TELLING & set(real) else set()
    return {
        name: _given(part, properties.get(name), root)
        for name, part in value.items()
        if part is not None or name not in optional or _may_be_null(properties[name], root)
    }


def _may_be_null(node: JSON, root: JSON) -> bool:
    real = resolved(node, root, "#")
    return not isinstance(real, Mapping) or admits_null(real)


__all__ = ["asked", "given"]
