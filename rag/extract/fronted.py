"""
What the front matter of a document says of fields by their names, so that no model need be asked: `title: …`.

Nothing here asks a model.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rag.extract.plan import resolved, types_of
from rag.frontmatter import LONGEST
from rag.grammar import check
from rag.sources.front import front_matter

JSON = Any


@dataclass(frozen=True, slots=True)
class Fronted:
    """Field -> its value; whether these are all fields of the schema; where the text begins that is no front matter."""

    values: Mapping[str, JSON] = field(default_factory=dict)
    complete: bool = False
    end: int = 0


def fronted(text: str, schema: JSON) -> Fronted:
    """What the front matter says by the name of a field that is not described, where it fits."""
    properties = schema.get("properties") if isinstance(schema, Mapping) else None
    if not isinstance(properties, Mapping) or not text.lstrip("\ufeff").startswith(("---", "+++")):
        return Fronted()
    fields, end = front_matter(text[: LONGEST + 1])
    said = {_plain(name): value for name, value in fields.items()}
    found: dict[str, JSON] = {}
    for name, part in properties.items():
        node = resolved(part, schema, "#")
        if isinstance(node, Mapping) and not node.get("description") and said.get(_plain(name)) is not None:
            value = _fitting(said[_plain(name)], node)
            if value is not None and not check(value, {**node, "$defs": schema.get("$defs", {})}):
                found[name] = value
    return Fronted(found, len(found) == len(properties) > 0, end)


def _plain(name: str) -> str:
    return name.strip().casefold().replace("-", "_").replace(" ", "_")


def _fitting(value: object, node: Mapping[str, JSON]) -> JSON:
    """A value of YAML or TOML as a field takes it; None if it is of another kind."""
    if isinstance(value, datetime.date):  # and a day with its hour
        return value.isoformat()[:10] if "string" in types_of(node) else None
    if isinstance(value, str):
        said = " ".join(value.split())
        return [said] if "array" in types_of(node) and said and "," not in said else said or None
    if isinstance(value, list):
        return [" ".join(one.split()) if isinstance(one, str) else one for one in value]
    return value if isinstance(value, bool | int | float) else None


__all__ = ["Fronted", "fronted"]
