"""
The contrary of a schema, as schemas: what admits nothing of it, and whether that is all the rest.

Everything here errs on the safe side: a contrary admits nothing of what its schema admits. Nothing here writes grammar.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rag.grammar.regular.formats import CHECKED, PATTERNS
from rag.grammar.regular.laws import machine_of
from rag.grammar.regular.regex import BadPattern, Unsupported
from rag.grammar.schema.constraints import ALL, EXCLUDED, MASK, NULL, TYPES, UNLIKE
from rag.grammar.schema.document import Document
from rag.types import JSON

PAIRS = 15  # of branches of a oneOf that may hold at once
REMARKS = frozenset(
    (
        "title",
        "description",
        "default",
        "examples",
        "example",
        "$comment",
        "$id",
        "id",
        "$schema",
        "deprecated",
        "readOnly",
    )
) | {
    "writeOnly",
    "definitions",
    "$defs",
    "$anchor",
    "contentEncoding",
    "contentMediaType",
    "then",
    "else",
    "markdownDescription",
}


class Contraries:
    """Negates the schemas of one document."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.old = document.dialect < 2019
        self._negated: dict[int, tuple[list[JSON], bool]] = {}

    def negate(self, node: JSON, depth: int = 0) -> tuple[list[JSON], bool]:
        """Schemas that admit nothing of what `node` admits, and whether they admit all the rest."""
        if isinstance(node, bool):
            return ([], True) if node else ([True], True)
        self.document.checked(node)
        if depth > 8:
            return _PARTLY
        if id(node) not in self._negated:
            self._negated[id(node)] = _PARTLY
            self._negated[id(node)] = self._negate(node, depth)
        return self._negated[id(node)]

    def _negate(self, node: JSON, depth: int) -> tuple[list[JSON], bool]:
        out: list[JSON] = []
        exact = True
        if "$ref" in node:
            part, exact = self.negate(self.document.resolve(node["$ref"], node), depth + 1)
            if self.old:
                return part, exact
            out = list(part)
        for key, value in node.items():
            if key in REMARKS or key == "$ref" or key.startswith("x-"):
                continue
            contrary, all_of_it = self._contrary(key, value, node, depth) or _PARTLY
            out += [self.document.make(one, node) if isinstance(one, dict) else one for one in contrary]
            exact = exact and all_of_it
        return out, exact

    def _contrary(self, key: str, value: Any, node: JSON, depth: int) -> tuple[list[JSON], bool] | None:
        if key in _SIMPLE:
            return _SIMPLE[key](value, node)
        if key == "type":
            names = value if isinstance(value, list) else [value]
            mask = 0
            for name in names:
                if not isinstance(name, str) or name not in TYPES:
                    return None
                mask |= TYPES[name]
            if node.get("nullable") is True and self.document.nullable:
                mask |= NULL
            return [{MASK: ALL & ~mask}], True
        if key in ("const", "enum"):
            values = [value] if key == "const" else value
            if not isinstance(values, list):
                return None
            return [{EXCLUDED: values}], True
        if key == "required" and isinstance(value, list):
            return [{"type": "object", "properties": {name: False}} for name in value], True
        if key == "properties" and isinstance(value, dict):
            return self._properties(value, depth)
        if key in ("pattern", "format"):
            if key == "format" and value not in PATTERNS:
                return ([], True) if value not in CHECKED else None
            try:
                machine_of(key, value, False)
            except (BadPattern, Unsupported):
                return None
            return [{"type": "string", UNLIKE: (key, value)}], True
        if key == "not":
            return [value], True
        if key in ("allOf", "anyOf") and isinstance(value, list):
            known = [self.negate(one, depth + 1) for one in value]
            exact = all(part[1] for part in known)
            if key == "allOf":
                return [one for part in known for one in part[0]], exact
            if any(not part[0] for part in known):
                return [], any(part == ([], True) for part in known)
            ors = [part[0][0] if len(part[0]) == 1 else {"anyOf": part[0]} for part in known]
            self.document.kept.extend(ors)
            return [{"allOf": ors}], exact
        if key == "oneOf" and isinstance(value, list):
            return self._several(value, depth)
        if key == "if":
            return self._condition(value, node.get("then", True), node.get("else", True), depth)
        if key in _ARRAYS and isinstance(value, dict | bool):
            return self._elements(key, value, node, depth)
        if key in _OBJECTS and isinstance(value, dict | bool):
            return self._keys(key, value, node, depth)
        if key == "dependentRequired" and isinstance(value, dict):
            pairs = [(name, other) for name, wanted in value.items() for other in wanted]
            return [{"type": "object", "required": [a], "properties": {b: False}} for a, b in pairs], True
        return None

    def _several(self, branches: list[JSON], depth: int) -> tuple[list[JSON], bool]:
        """The contrary of oneOf: none of the branches, or two at once."""
        contrary, exact = self._contrary("anyOf", branches, {}, depth) or _PARTLY
        pairs = [(one, other) for i, other in enumerate(branches) for one in branches[:i]]
        if len(pairs) > PAIRS:
            return contrary, False
        return [*contrary, *[{"allOf": [one, other]} for one, other in pairs]], exact

    def _condition(self, if_: JSON, then: JSON, else_: JSON, depth: int) -> tuple[list[JSON], bool]:
        """The contrary of if: the condition with what is no then, or its contrary with what is no else."""
        not_if, exact = self.negate(if_, depth + 1)
        not_then, exact_then = self.negate(then, depth + 1)
        not_else, exact_else = self.negate(else_, depth + 1)
        out: list[JSON] = [{"allOf": [if_, part]} for part in not_then]
        out += [{"allOf": [part, other]} for part in not_if for other in not_else]
        return out, (exact or not not_else) and exact_then and exact_else

    def _elements(self, key: str, value: JSON, node: JSON, depth: int) -> tuple[list[JSON], bool]:
        contrary, exact = self.negate(value, depth + 1)
        if key == "items":
            return [{"type": "array", "minItems": 1, "prefixItems": [one]} for one in contrary], False
        none: JSON = contrary[0] if len(contrary) == 1 else {"anyOf": contrary} if contrary else False
        self.document.kept.append(none)
        return [{"type": "array", "items": none}], exact and node.get(
            "minContains", 1
        ) == 1 and "maxContains" not in node

    def _keys(self, key: str, value: JSON, node: JSON, depth: int) -> tuple[list[JSON], bool]:
        """Objects in which every key (or every further one) is wrong: some, and all of them where none are named."""
        contrary, _ = self.negate(value, depth + 1)
        named = node.get("properties", {}) if key == "additionalProperties" else {}
        if (
            not contrary
            or not isinstance(named, dict)
            or (key == "additionalProperties" and "patternProperties" in node)
        ):
            return [], not contrary and value is True
        some: dict[str, JSON] = {"type": "object", "minProperties": len(named) + 1}
        if value is not False:
            wrong: JSON = contrary[0] if len(contrary) == 1 else {"anyOf": contrary}
            self.document.kept.append(wrong)
            some |= {key: wrong, "properties": dict.fromkeys(named, True)}
        return [some], value is False and not named

    def _properties(self, value: dict[str, JSON], depth: int) -> tuple[list[JSON], bool]:
        out: list[JSON] = []
        exact = True
        for name, part in value.items():
            contrary, all_of_it = self.negate(part, depth + 1)
            exact = exact and all_of_it
            out += [{"type": "object", "required": [name], "properties": {name: one}} for one in contrary]
        return out, exact


def _typed(kind: str, **more: Any) -> tuple[list[JSON], bool]:
    return [{"type": kind, **more}], True


_ARRAYS, _OBJECTS = ("items", "contains"), ("additionalProperties", "propertyNames")
_PARTLY: tuple[list[JSON], bool] = ([], False)  # a contrary of which nothing can be written
_SIMPLE: dict[str, Callable[[Any, JSON], tuple[list[JSON], bool]]] = {
    "minLength": lambda n, _: _typed("string", maxLength=n - 1) if n > 0 else ([], True),
    "maxLength": lambda n, _: _typed("string", minLength=n + 1),
    "minItems": lambda n, _: _typed("array", maxItems=n - 1) if n > 0 else ([], True),
    "maxItems": lambda n, _: _typed("array", minItems=n + 1),
    "minProperties": lambda n, _: _typed("object", maxProperties=n - 1) if n > 0 else ([], True),
    "maxProperties": lambda n, _: _typed("object", minProperties=n + 1),
    "minimum": lambda n, node: _typed(
        "number", **({"maximum": n} if node.get("exclusiveMinimum") is True else {"exclusiveMaximum": n})
    ),
    "maximum": lambda n, node: _typed(
        "number", **({"minimum": n} if node.get("exclusiveMaximum") is True else {"exclusiveMinimum": n})
    ),
    "exclusiveMinimum": lambda n, _: ([], True) if isinstance(n, bool) else _typed("number", maximum=n),
    "exclusiveMaximum": lambda n, _: ([], True) if isinstance(n, bool) else _typed("number", minimum=n),
}
