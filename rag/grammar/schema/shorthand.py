"""
The short way to write a schema: `name, age int, bio: a short text`.

The notation of `llm`: fields with commas or, where a description holds a comma, one a line; `int`, `float`, `bool`
and `str` behind the name; what follows a colon describes the field. Everything is required and in the order given.
"""

from __future__ import annotations

from rag.errors import InputError
from rag.types import JSON

TYPES = {
    "int": "integer",
    "integer": "integer",
    "float": "number",
    "number": "number",
    "bool": "boolean",
    "boolean": "boolean",
    "str": "string",
    "string": "string",
    "text": "string",
}
HINT = 'Write fields like: rag schema "name, age int, bio: a short text"'


def shorthand(text: str, multi: bool = False) -> JSON:
    """The JSON Schema of a shorthand; with `multi`, of a list of such objects under "items"."""
    lines = text.split("\n") if "\n" in text.strip() else text.split(",")
    properties: dict[str, JSON] = {}
    for line in lines:
        line = line.strip()
        if not line:
            continue
        field, _, description = line.partition(":")
        words = field.split()
        if not words:
            raise InputError(f"a field without a name: {line!r}", HINT)
        name, kind = words[0], words[1].lower() if len(words) > 1 else "str"
        if len(words) > 2 or kind not in TYPES:
            known = ", ".join(sorted({"int", "float", "bool", "str"}))
            raise InputError(
                f"the field {field.strip()!r}: {' '.join(words[1:])!r} is no type; known are {known}", HINT
            )
        if name in properties:
            raise InputError(f"the field {name!r} stands there twice", HINT)
        properties[name] = {"type": TYPES[kind]}
        if description.strip():
            properties[name]["description"] = description.strip()
    if not properties:
        raise InputError("the shorthand names no field", HINT)
    schema = {"type": "object", "properties": properties, "required": list(properties)}
    if not multi:
        return schema
    return {"type": "object", "properties": {"items": {"type": "array", "items": schema}}, "required": ["items"]}
