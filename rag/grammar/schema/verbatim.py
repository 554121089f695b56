"""Which strings of a schema must be text of a source (`x-verbatim`), and how long they may be."""

from __future__ import annotations

from collections.abc import Mapping

from rag.types import JSON


def at_most(schema: JSON, characters: int) -> JSON:
    """The schema with its verbatim strings held to so many characters."""
    if isinstance(schema, list):
        return [at_most(part, characters) for part in schema]
    if not isinstance(schema, Mapping):
        return schema
    inner = {key: at_most(value, characters) for key, value in schema.items()}
    if schema.get("x-verbatim") is True:
        inner["x-max-chars"] = min(characters, schema.get("x-max-chars", characters))
    return inner


def is_verbatim(schema: JSON) -> bool:
    """Whether some string of the schema must be text of the source."""
    if isinstance(schema, list):
        return any(map(is_verbatim, schema))
    if not isinstance(schema, Mapping):
        return False
    return schema.get("x-verbatim") is True or any(is_verbatim(value) for value in schema.values())
