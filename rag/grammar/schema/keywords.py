"""
Schemas read into constraints, keyword by keyword.

What a keyword says is added to what was said before; a keyword that is wrong in itself is refused by name and pointer.
Nothing here writes grammar.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from rag.grammar.regular.formats import CHECKED, PATTERNS
from rag.grammar.schema import unevaluated
from rag.grammar.schema.constraints import ALL, EXCLUDED, MASK, MISSING, NULL, SINCE, TYPES, UNLIKE, Constraints, same
from rag.grammar.schema.document import Document
from rag.types import JSON


class Reader:
    """Reads schemas of one document into constraints."""

    def __init__(
        self, document: Document, report_residual: Callable[[str, JSON, str], None], closed: bool = True
    ) -> None:
        self.document = document
        self.report_residual = report_residual  # (keyword, schema, why): what nobody enforces
        self.old = document.dialect < 2019
        self.readers, self.rests = _known(document.dialect, closed)

    def constraints(self, nodes: tuple[JSON, ...]) -> Constraints:
        constraints = Constraints()
        for node in nodes:
            self.absorb(constraints, node, len(nodes) == 1)
        return constraints

    def absorb(self, constraints: Constraints, node: JSON, alone: bool = False) -> None:
        """Add what one schema says; `alone` if nothing else is said of the value."""
        if node is True:
            return
        if node is False:
            constraints.mask = 0
            constraints.bare = False
            return
        if type(node) is not dict:
            self.document.checked(node)
        if id(node) in constraints.seen:
            return
        constraints.seen.add(id(node))
        before = None if self.rests.isdisjoint(node) else unevaluated.mark(constraints)
        if "$ref" in node:
            self.absorb(constraints, self.document.resolve(node["$ref"], node))
            if self.old:
                return  # beside a $ref nothing counted up to draft 7
        readers = self.readers
        for key, value in node.items():
            reader = readers.get(key)
            if reader is not None:
                reader(self, constraints, value, node)
        if before is not None:
            unevaluated.close(self.report_residual, constraints, node, before, alone, self.document.dialect)

    # keywords of any type

    def type(self, constraints: Constraints, value: JSON, node: JSON) -> None:
        mask = 0
        for name in value if type(value) is list else [value]:
            if type(name) is dict and self.document.dialect == 3:
                mask = ALL
            elif type(name) is not str or name not in TYPES:
                raise self.document.fault(node, "type", f"unknown type {name!r}")
            else:
                mask |= TYPES[name]
        if node.get("nullable") is True and self.document.nullable:
            mask |= NULL
        constraints.mask &= mask
        constraints.typed = constraints.typed or mask != ALL
        constraints.bare = False
        constraints.source["type"] = node

    def mask(self, constraints: Constraints, value: JSON, node: JSON) -> None:
        constraints.mask &= value
        constraints.bare = False

    def enum(self, constraints: Constraints, value: JSON, node: JSON) -> None:
        values = self.document.schemas(value, node, "enum")
        if constraints.enum is not None:
            values = [one for one in constraints.enum if any(same(one, other) for other in values)]
        constraints.enum = values
        constraints.bare = False
        constraints.source.setdefault("enum", node)

    def const(self, constraints: Constraints, value: JSON, node: JSON) -> None:
        constraints.enum = (
            [value] if constraints.enum is None or any(same(value, one) for one in constraints.enum) else []
        )
        constraints.bare = False
        constraints.source.setdefault("enum", node)

    def exclude(self, constraints: Constraints, value: JSON, node: JSON) -> None:
        constraints.excluded = (*constraints.excluded, *value)
        constraints.bare = False

    def all_of(self, constraints: Constraints, value: JSON, node: JSON) -> None:
        for part in self.document.schemas(value, node, "allOf"):
            self.absorb(constraints, part)

    def extends(self, constraints: Constraints, value: JSON, node: JSON) -> None:
        if self.document.dialect == 3:
            self.all_of(constraints, value if type(value) is list else [value], node)

    def not_(self, constraints: Constraints, value: JSON, node: JSON) -> None:
        constraints.groups = (*constraints.groups, ("not", [value], node))

    def if_(self, constraints: Constraints, value: JSON, node: JSON) -> None:
        if "then" in node or "else" in node or not self.rests.isdisjoint(node):
            constraints.groups = (
                *constraints.groups,
                ("if", [value, node.get("then", True), node.get("else", True)], node),
            )

    def dynamic(self, constraints: Constraints, value: JSON, node: JSON) -> None:
        target = self.document.dynamic(value, node)
        if target is None:
            keyword = "$dynamicRef" if "$dynamicRef" in node else "$recursiveRef"
            self.report_residual(keyword, node, "what it means depends on the way that leads to it")
        else:
            self.absorb(constraints, target)

    # numbers

    def minimum(self, constraints: Constraints, value: JSON, node: JSON) -> None:
        self.lower(constraints, value, node, "minimum", node.get("exclusiveMinimum") is True)

    def above(self, constraints: Constraints, value: JSON, node: JSON) -> None:
        if type(value) is not bool:
            self.lower(constraints, value, node, "exclusiveMinimum", True)

    def lower(self, constraints: Constraints, value: JSON, node: JSON, keyword: str, out: bool) -> None:
        low = self.document.decimal(value, node, keyword)
        if constraints.low is None or (low is not None and (low, out) > (constraints.low, constraints.exclusive_min)):
            constraints.low, constraints.exclusive_min = low, out
        constraints.bare = False

    def maximum(self, constraints: Constraints, value: JSON, node: JSON) -> None:
        self.upper(constraints, value, node, "maximum", node.get("exclusiveMaximum") is True)

    def below(self, constraints: Constraints, value: JSON, node: JSON) -> None:
        if type(value) is not bool:
            self.upper(constraints, value, node, "exclusiveMaximum", True)

    def upper(self, constraints: Constraints, value: JSON, node: JSON, keyword: str, out: bool) -> None:
        high = self.document.decimal(value, node, keyword)
        if constraints.high is None or (
            high is not None and (high, not out) < (constraints.high, not constraints.exclusive_max)
        ):
            constraints.high, constraints.exclusive_max = high, out
        constraints.bare = False

    def multiple(self, constraints: Constraints, value: JSON, node: JSON) -> None:
        step = self.document.decimal(value, node, "multipleOf")
        if step is None or step <= 0:
            raise self.document.fault(node, "multipleOf", f"multipleOf must be above 0, not {value!r}")
        if step not in constraints.multiples:
            constraints.multiples = (*constraints.multiples, step)
        constraints.bare = False
        constraints.source["multipleOf"] = node

    # strings

    def min_length(self, constraints: Constraints, value: JSON, node: JSON) -> None:
        constraints.min_length = max(constraints.min_length, self.document.count(value, node, "minLength"))
        constraints.bare = False
        constraints.source["minLength"] = node

    def max_length(self, constraints: Constraints, value: JSON, node: JSON) -> None:
        most = self.document.count(value, node, "maxLength")
        constraints.max_length = most if constraints.max_length is None else min(constraints.max_length, most)
        constraints.bare = False
        constraints.source["maxLength"] = node

    def max_chars(self, constraints: Constraints, value: JSON, node: JSON) -> None:
        chars = self.document.count(value, node, "x-max-chars")
        constraints.max_chars = chars if constraints.max_chars is None else min(constraints.max_chars, chars)
        constraints.bare = False

    def pattern(self, constraints: Constraints, value: JSON, node: JSON) -> None:
        if type(value) is not str:
            raise self.document.fault(node, "pattern", f"a pattern is a text, not {value!r}")
        self.law(constraints, ("pattern", value, True), node)

    def format(self, constraints: Constraints, value: JSON, node: JSON) -> None:
        if type(value) is not str:
            return
        if value in PATTERNS:
            self.law(constraints, ("format", value, True), node)
        elif value in CHECKED:
            self.report_residual("format", node, f"the format {value!r} is not regular")

    def unlike(self, constraints: Constraints, value: JSON, node: JSON) -> None:
        self.law(constraints, (*value, False), node)

    def law(self, constraints: Constraints, law: tuple[str, str, bool], node: JSON) -> None:
        if law not in constraints.laws:
            constraints.laws = (*constraints.laws, law)
        constraints.source[law[1]] = node
        constraints.bare = False

    def verbatim(self, constraints: Constraints, value: JSON, node: JSON) -> None:
        if value is True:
            constraints.verbatim = node
            constraints.bare = False

    # arrays

    def prefix_items(self, constraints: Constraints, value: JSON, node: JSON) -> None:
        rest = node.get("items", MISSING)
        constraints.arrays = (
            *constraints.arrays,
            (self.document.schemas(value, node, "prefixItems"), rest if type(rest) is not list else MISSING),
        )
        constraints.bare = False

    def items(self, constraints: Constraints, value: JSON, node: JSON) -> None:
        if type(value) is list:
            constraints.arrays = (*constraints.arrays, (value, node.get("additionalItems", MISSING)))
        elif "prefixItems" not in node:
            constraints.arrays = (*constraints.arrays, ([], value))
        constraints.bare = False
        constraints.source["items"] = node

    def min_items(self, constraints: Constraints, value: JSON, node: JSON) -> None:
        constraints.min_items = max(constraints.min_items, self.document.count(value, node, "minItems"))
        constraints.bare = False
        constraints.source["minItems"] = node

    def max_items(self, constraints: Constraints, value: JSON, node: JSON) -> None:
        most = self.document.count(value, node, "maxItems")
        constraints.max_items = most if constraints.max_items is None else min(constraints.max_items, most)
        constraints.bare = False
        constraints.source["maxItems"] = node

    def unique(self, constraints: Constraints, value: JSON, node: JSON) -> None:
        if value is True:
            constraints.unique = True
            constraints.bare = False
            constraints.source["uniqueItems"] = node

    def contains(self, constraints: Constraints, value: JSON, node: JSON) -> None:
        least = self.document.count(node.get("minContains", 1), node, "minContains")
        most = node.get("maxContains")
        constraints.contains = (
            *constraints.contains,
            (value, least, None if most is None else self.document.count(most, node, "maxContains")),
        )
        constraints.bare = False
        constraints.source["contains"] = node

    # objects

    def required(self, constraints: Constraints, value: JSON, node: JSON) -> None:
        if type(value) is bool:
            return  # draft 3, where it stood in the property
        for name in self.document.schemas(value, node, "required"):
            if type(name) is not str:
                raise self.document.fault(node, "required", f"required names keys, not {name!r}")
            constraints.required.setdefault(name, node)
        constraints.bare = False

    def properties(self, constraints: Constraints, value: JSON, node: JSON) -> None:
        named = self.document.named(value, node, "properties")
        patterns = self.document.named(node.get("patternProperties", {}), node, "patternProperties")
        constraints.objects = (*constraints.objects, (named, patterns, node.get("additionalProperties", MISSING)))
        constraints.bare = False
        constraints.source.setdefault("properties", node)
        if self.document.dialect == 3:
            for key, part in named.items():
                if type(part) is dict and part.get("required") is True:
                    constraints.required.setdefault(key, node)

    def pattern_properties(self, constraints: Constraints, value: JSON, node: JSON) -> None:
        constraints.source["patternProperties"] = node
        if "properties" not in node:
            patterns = self.document.named(value, node, "patternProperties")
            constraints.objects = (*constraints.objects, ({}, patterns, node.get("additionalProperties", MISSING)))
            constraints.bare = False

    def additional(self, constraints: Constraints, value: JSON, node: JSON) -> None:
        constraints.source["additionalProperties"] = node
        if "properties" not in node and "patternProperties" not in node:
            constraints.objects = (*constraints.objects, ({}, {}, value))
            constraints.bare = False

    def min_keys(self, constraints: Constraints, value: JSON, node: JSON) -> None:
        constraints.min_keys = max(constraints.min_keys, self.document.count(value, node, "minProperties"))
        constraints.bare = False
        constraints.source["minProperties"] = node

    def max_keys(self, constraints: Constraints, value: JSON, node: JSON) -> None:
        most = self.document.count(value, node, "maxProperties")
        constraints.max_keys = most if constraints.max_keys is None else min(constraints.max_keys, most)
        constraints.bare = False
        constraints.source["maxProperties"] = node

    def names(self, constraints: Constraints, value: JSON, node: JSON) -> None:
        constraints.names = (*constraints.names, value)
        constraints.bare = False
        constraints.source["propertyNames"] = node

    def dependencies(self, constraints: Constraints, value: JSON, node: JSON) -> None:
        for key, wanted in self.document.named(value, node, "dependencies").items():
            if type(wanted) is str:
                wanted = [wanted]
            if type(wanted) is list:
                if not wanted or all(name == key for name in wanted):
                    continue
                wanted = {"required": wanted}
            if wanted is True or wanted == {}:
                continue
            make = self.document.make
            without_key = make({"properties": {key: False}}, node)
            with_key = make(
                {"required": [key], "allOf": [make(wanted, node) if type(wanted) is dict else wanted]}, node
            )
            if type(wanted) is dict:
                self.document.kept.append(wanted)
            constraints.groups = (*constraints.groups, ("depends", [without_key, with_key], node))


def _choice(kind: str) -> Callable[[Reader, Constraints, JSON, JSON], None]:
    def read(reader: Reader, constraints: Constraints, value: JSON, node: JSON) -> None:
        if value == []:
            raise reader.document.fault(node, kind, f"{kind} must hold at least one schema")
        constraints.groups = (*constraints.groups, (kind, reader.document.schemas(value, node, kind), node))

    return read


READERS: dict[str, Callable[[Reader, Constraints, JSON, JSON], None]] = {
    "type": Reader.type,
    MASK: Reader.mask,
    EXCLUDED: Reader.exclude,
    UNLIKE: Reader.unlike,
    "enum": Reader.enum,
    "const": Reader.const,
    "allOf": Reader.all_of,
    "extends": Reader.extends,
    "anyOf": _choice("anyOf"),
    "oneOf": _choice("oneOf"),
    "not": Reader.not_,
    "if": Reader.if_,
    "$dynamicRef": Reader.dynamic,
    "$recursiveRef": Reader.dynamic,
    "minimum": Reader.minimum,
    "exclusiveMinimum": Reader.above,
    "maximum": Reader.maximum,
    "exclusiveMaximum": Reader.below,
    "multipleOf": Reader.multiple,
    "minLength": Reader.min_length,
    "maxLength": Reader.max_length,
    "x-max-chars": Reader.max_chars,
    "pattern": Reader.pattern,
    "format": Reader.format,
    "x-verbatim": Reader.verbatim,
    "prefixItems": Reader.prefix_items,
    "items": Reader.items,
    "minItems": Reader.min_items,
    "maxItems": Reader.max_items,
    "uniqueItems": Reader.unique,
    "contains": Reader.contains,
    "required": Reader.required,
    "properties": Reader.properties,
    "patternProperties": Reader.pattern_properties,
    "additionalProperties": Reader.additional,
    "minProperties": Reader.min_keys,
    "maxProperties": Reader.max_keys,
    "propertyNames": Reader.names,
    "dependencies": Reader.dependencies,
    "dependentRequired": Reader.dependencies,
    "dependentSchemas": Reader.dependencies,
}


@cache
def _known(
    dialect: int, closed: bool
) -> tuple[dict[str, Callable[[Reader, Constraints, JSON, JSON], None]], frozenset[str]]:
    """For reading, a keyword that its draft does not know says nothing; for writing, what was meant counts."""
    young = frozenset() if closed else frozenset(key for key, draft in SINCE.items() if draft > dialect)
    return {key: reader for key, reader in READERS.items() if key not in young}, frozenset(unevaluated.KEYWORDS) - young
