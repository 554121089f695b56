"""
Gold records in the form that their schema asks for.

A set may say all names of a thing ("names": ["Ada Lovelace", "Ada"]) where its schema asks for one ("name"), and more
about an element than the schema has. Nothing here reads files or scores.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

JSON = Any


def as_asked(gold: JSON, schema: JSON, left: set[str]) -> JSON:
    """
    A gold record as the schema can say it: one of several names where it asks for one, wherever one of them stands, and
    no keys that it forbids; those go to `left`.
    """
    alike = {name: names for names in _named(gold, schema) for name in names}
    return _as_asked(gold, schema, alike, left) if _differs(gold, schema) else gold


def _properties(schema: JSON) -> Mapping[str, JSON]:
    found = schema.get("properties") if isinstance(schema, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _items(schema: JSON) -> JSON:
    return schema.get("items") if isinstance(schema, Mapping) else None


def _forbidden(gold: Mapping[str, JSON], schema: JSON) -> set[str]:
    closed = isinstance(schema, Mapping) and schema.get("additionalProperties") is False
    return set(gold) - set(_properties(schema)) if closed else set()


def _differs(gold: JSON, schema: JSON) -> bool:
    """Whether a gold record has keys that its schema forbids, or lists where it asks for one text."""
    if isinstance(gold, Mapping):
        inner = _properties(schema)
        return bool(_forbidden(gold, schema)) or any(_differs(value, inner.get(key)) for key, value in gold.items())
    if isinstance(gold, list):
        return _is_single(gold, schema) or any(_differs(value, _items(schema)) for value in gold)
    return False


def _is_single(gold: Sequence[JSON], schema: JSON) -> bool:
    """Whether a list stands where the schema asks for one text: the ways to say it."""
    kinds = schema.get("type") if isinstance(schema, Mapping) else None
    return bool(gold) and "string" in (kinds if isinstance(kinds, list) else [kinds])


def _plural(gold: Mapping[str, JSON], schema: JSON) -> Iterator[tuple[str, str]]:
    """The keys with all names of what the schema asks one name of: ("names", "name")."""
    for key in _forbidden(gold, schema):
        one = key.removesuffix("s")
        if one != key and one in _properties(schema) and one not in gold and isinstance(gold[key], list) and gold[key]:
            yield key, one


def _named(gold: JSON, schema: JSON) -> Iterator[Sequence[JSON]]:
    """The names of each thing that has several."""
    if isinstance(gold, Mapping):
        yield from (gold[key] for key, _ in _plural(gold, schema))
        for key, value in gold.items():
            yield from _named(value, _properties(schema).get(key))
    elif isinstance(gold, list):
        for value in gold:
            yield from _named(value, _items(schema))


def _as_asked(gold: JSON, schema: JSON, alike: Mapping[str, Sequence[str]], left: set[str]) -> JSON:
    if isinstance(gold, Mapping):
        plural = dict(_plural(gold, schema))
        forbidden = _forbidden(gold, schema) - set(plural)
        left |= forbidden
        told: dict[str, JSON] = {}
        for key, value in gold.items():
            if key in plural:
                told[plural[key]] = {"any": list(value)}
            elif key not in forbidden:
                told[key] = _as_asked(value, _properties(schema).get(key), alike, left)
        return told
    if isinstance(gold, list):
        if _is_single(gold, schema):
            return {"any": list(gold)}
        return [_as_asked(value, _items(schema), alike, left) for value in gold]
    if isinstance(gold, str) and gold in alike and not (isinstance(schema, Mapping) and "enum" in schema):
        return {"any": list(alike[gold])}
    return gold


__all__ = ["as_asked"]
