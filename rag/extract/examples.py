"""
Examples and shapes that the user gives: few-shot files, `multi`, `x-verbatim` everywhere.

Nothing here asks a model.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from rag import files
from rag.errors import InputError, OutputError
from rag.extract.plan import Example

JSON = Any


def read_examples(path: Path, check: Callable[[str], JSON]) -> tuple[Example, ...]:
    """
    Examples from JSON lines of {"text": …, "data": …}, or a list of them; `check` says whether data fit the schema.

    Raises InputError with the line that cannot be used: an example that breaks the schema would teach to break it.
    """
    found = []
    for where, value in _values(path, text_of(path)):
        if not isinstance(value, Mapping) or not isinstance(value.get("text"), str) or "data" not in value:
            raise InputError(f"{where} is no example", 'It should be like {"text": "…", "data": {…}}')
        try:
            found.append(Example(value["text"], check(json.dumps(value["data"], ensure_ascii=False))))
        except OutputError as error:
            raise InputError(f"{where}: its data do not fit the schema: {error.message}", error.hint) from error
    if not found:
        raise InputError(f"{path} holds no examples", 'One a line: {"text": "…", "data": {…}}')
    return tuple(found)


def text_of(path: Path) -> str:
    """The text of a file of examples. Raises InputError if it cannot be read."""
    try:
        return files.text(path)
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"the examples {path} cannot be read: {error}", "They are JSON lines in UTF-8.") from error


def _values(path: Path, content: str) -> list[tuple[str, JSON]]:
    if content.lstrip().startswith("["):
        try:
            return [(f"{path}, example {n}", value) for n, value in enumerate(json.loads(content), 1)]
        except ValueError as error:
            raise InputError(f"{path} is not JSON: {error}") from error
    values = []
    for number, line in enumerate(content.split("\n"), 1):
        if not line.strip():
            continue
        try:
            values.append((f"{path}, line {number}", json.loads(line)))
        except ValueError as error:
            raise InputError(f"{path}, line {number} is not JSON: {error}") from error
    return values


def many(schema: JSON) -> JSON:
    """The schema of a reply with many records: an object whose `items` are a list of them."""
    inner = dict(_moved(schema)) if isinstance(schema, Mapping) else schema
    outer: dict[str, JSON] = {
        "type": "object",
        "additionalProperties": False,
        "required": ["items"],
        "properties": {"items": {"type": "array", "items": inner}},
    }
    if isinstance(inner, dict):
        for keyword in ("$schema", "$defs", "definitions"):  # references are written from the root
            if keyword in inner:
                outer[keyword] = inner.pop(keyword)
    return outer


def _moved(schema: JSON) -> JSON:
    """The schema with its references written for its new place; those to definitions stay."""
    if isinstance(schema, list):
        return [_moved(part) for part in schema]
    if not isinstance(schema, Mapping):
        return schema
    moved = {key: value if key in ("enum", "const") else _moved(value) for key, value in schema.items()}
    reference = schema.get("$ref")
    if isinstance(reference, str) and (reference == "#" or reference.startswith("#/")):
        kept = reference.startswith(("#/$defs/", "#/definitions/"))
        moved["$ref"] = reference if kept else f"#/properties/items/items{reference[1:]}"
    return moved


def verbatim(schema: JSON) -> JSON:
    """The schema with `x-verbatim` on every free string of it: no enum, const, format or pattern decides it."""
    if isinstance(schema, list):
        return [verbatim(part) for part in schema]
    if not isinstance(schema, Mapping):
        return schema
    kinds = schema.get("type")
    free = "string" in (kinds if isinstance(kinds, list) else [kinds])
    decided = any(keyword in schema for keyword in ("enum", "const", "format", "pattern", "x-verbatim"))
    marked = {"x-verbatim": True} if free and not decided else {}
    inner = {key: _inside(key, value) for key, value in schema.items()}
    return {**inner, **marked}


def _inside(keyword: str, value: JSON) -> JSON:
    if keyword in ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas"):
        return {name: verbatim(part) for name, part in value.items()} if isinstance(value, Mapping) else value
    if keyword in ("items", "prefixItems", "additionalProperties", "allOf", "anyOf", "oneOf", "if", "then", "else"):
        return verbatim(value)
    return value
