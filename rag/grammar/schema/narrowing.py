"""
What the next attempt must avoid: a schema made narrower by the instance that failed.

The failing place gets an overlay, a schema that reaches down along the instance's own path, so that nothing else
changes: a branch of oneOf is pinned, the branch of an if is merged in, a repeated element or a value that failed is
excluded. Nothing here asks a model.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from rag.grammar.schema.validation import Problem
from rag.types import JSON

Path = tuple[str | int, ...]


def narrow(data: JSON, problems: Sequence[Problem]) -> list[JSON]:
    """Schemas that, said of the whole value beside its own schema, rule out what went wrong in `data`."""
    return [down(path, part) for problem in problems[:20] for path, part in _cures(problem, at(data, problem.path))]


def once(text: str) -> list[JSON]:
    """
    Schemas that name the keys which stand twice in an object of this text: a key that is named comes once.

    The text is whole JSON: `parse` has said DuplicateKey of it.
    """
    twice: list[tuple[Path, str]] = []
    todo: list[tuple[JSON, Path]] = [(json.loads(text, object_pairs_hook=_Pairs), ())]
    while todo:
        value, path = todo.pop()
        if isinstance(value, _Pairs):
            keys = [key for key, _ in value]
            twice.extend((path, key) for key in dict.fromkeys(keys) if keys.count(key) > 1)
            todo.extend((item, (*path, key)) for key, item in reversed(value))
        elif isinstance(value, list):
            todo.extend((item, (*path, i)) for i, item in reversed(list(enumerate(value))))
    return [down(path, {"properties": {key: True}}) for path, key in twice]


class _Pairs(list[Any]):
    """The keys and values of an object, as they stand in the text."""


def at(data: JSON, path: Path) -> JSON:
    for step in path:
        data = data[step]
    return data


def down(path: Path, part: JSON) -> JSON:
    """A schema that says `part` of what stands at `path`, and nothing of anything else."""
    for step in reversed(path):
        part = {"prefixItems": [*([True] * step), part]} if isinstance(step, int) else {"properties": {step: part}}
    return part


def _cures(problem: Problem, value: JSON) -> list[tuple[Path, JSON]]:
    """What to say where: (path, schema)."""
    schema = problem.schema if isinstance(problem.schema, dict) else {}
    keyword, path = problem.keyword, problem.path
    if keyword == "oneOf" and problem.branches:
        branches = schema["oneOf"]
        first = problem.branches[0]
        others = [branches[i] for i in problem.branches[1:]]
        return [(path, {"allOf": [branches[first]], "not": {"anyOf": others}}), (path, unlike(value))]
    if keyword == "uniqueItems" and isinstance(value, list):
        return _apart(path, value)
    if keyword == "contains" and isinstance(value, list):
        return [(path, {"minItems": 1, "prefixItems": [schema["contains"]]})]
    if keyword in ("dependentRequired", "dependencies", "dependentSchemas") and isinstance(value, dict):
        return _depending(path, schema.get(keyword, {}), value)
    if keyword == "propertyNames" and isinstance(value, str):
        return [(path, {"properties": {value: False}})]
    return [(path, unlike(value))]


def _depending(path: Path, rules: JSON, value: dict[str, JSON]) -> list[tuple[Path, JSON]]:
    out: list[tuple[Path, JSON]] = []
    for key, wanted in rules.items():
        if key in value:
            out.append((path, {"required": wanted} if isinstance(wanted, list) else wanted))
    return out


def _apart(path: Path, value: list[JSON]) -> list[tuple[Path, JSON]]:
    """Each element that repeats an earlier one must not be any of those before it."""
    out: list[tuple[Path, JSON]] = []
    for i, item in enumerate(value):
        if any(item == other and type(item) is type(other) for other in value[:i]):
            out.append(((*path, i), {"allOf": [unlike(other) for other in value[:i]]}))
    return out


def unlike(value: JSON) -> JSON:
    """Anything but this value. Of an object or a list: what differs from it in something that it holds."""
    if isinstance(value, dict):
        ways: list[JSON] = [{"properties": {key: unlike(item)}, "required": [key]} for key, item in value.items()]
        ways += [{"properties": {key: False}} for key in value]
        return {"type": "object", "anyOf": ways} if ways else {"type": "object", "minProperties": 1}
    if isinstance(value, list):
        size = len(value)
        ways = [{"prefixItems": [*[True] * i, unlike(item)], "minItems": i + 1} for i, item in enumerate(value)]
        ways.append({"minItems": size + 1})
        if size:
            ways.append({"maxItems": size - 1})
        return {"type": "array", "anyOf": ways}
    return {"not": {"const": value}}
