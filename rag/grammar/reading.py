"""
Schemas read into facts, keyword by keyword.

What a keyword says is added to what was said before; a keyword that is wrong in itself is refused by name and pointer.
Nothing here writes grammar.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from rag.grammar import evaluated
from rag.grammar.document import Document
from rag.grammar.facts import ALL, BUT, MASK, MISSING, SINCE, TYPES, UNLIKE, Facts, same
from rag.grammar.formats import CHECKED, PATTERNS
from rag.types import JSON


class Reader:
    """Reads schemas of one document into facts."""

    def __init__(self, document: Document, told: Callable[[str, JSON, str], None], closed: bool = True) -> None:
        self.document = document
        self.told = told  # (keyword, schema, why): what nobody enforces
        self.old = document.dialect < 2019
        self.readers, self.rests = _known(document.dialect, closed)

    def facts(self, nodes: tuple[JSON, ...]) -> Facts:
        facts = Facts()
        for node in nodes:
            self.absorb(facts, node, len(nodes) == 1)
        return facts

    def absorb(self, facts: Facts, node: JSON, alone: bool = False) -> None:
        """Add what one schema says; `alone` if nothing else is said of the value."""
        if node is True:
            return
        if node is False:
            facts.mask = 0
            facts.bare = False
            return
        if type(node) is not dict:
            self.document.checked(node)
        if id(node) in facts.seen:
            return
        facts.seen.add(id(node))
        before = None if self.rests.isdisjoint(node) else evaluated.mark(facts)
        if "$ref" in node:
            self.absorb(facts, self.document.resolve(node["$ref"], node))
            if self.old:
                return  # beside a $ref nothing counted up to draft 7
        readers = self.readers
        for key, value in node.items():
            reader = readers.get(key)
            if reader is not None:
                reader(self, facts, value, node)
        if before is not None:
            evaluated.close(self, facts, node, before, alone)

    # keywords of any type

    def type(self, facts: Facts, value: JSON, node: JSON) -> None:
        mask = 0
        for name in value if type(value) is list else [value]:
            if type(name) is dict and self.document.dialect == 3:
                mask = ALL
            elif type(name) is not str or name not in TYPES:
                raise self.document.fault(node, "type", f"unknown type {name!r}")
            else:
                mask |= TYPES[name]
        facts.mask &= mask
        facts.typed = facts.typed or mask != ALL
        facts.bare = False
        facts.source["type"] = node

    def mask(self, facts: Facts, value: JSON, node: JSON) -> None:
        facts.mask &= value
        facts.bare = False

    def enum(self, facts: Facts, value: JSON, node: JSON) -> None:
        values = self.document.schemas(value, node, "enum")
        if facts.enum is not None:
            values = [one for one in facts.enum if any(same(one, other) for other in values)]
        facts.enum = values
        facts.bare = False
        facts.source.setdefault("enum", node)

    def const(self, facts: Facts, value: JSON, node: JSON) -> None:
        facts.enum = [value] if facts.enum is None or any(same(value, one) for one in facts.enum) else []
        facts.bare = False
        facts.source.setdefault("enum", node)

    def but_not(self, facts: Facts, value: JSON, node: JSON) -> None:
        facts.but = (*facts.but, *value)
        facts.bare = False

    def all_of(self, facts: Facts, value: JSON, node: JSON) -> None:
        for part in self.document.schemas(value, node, "allOf"):
            self.absorb(facts, part)

    def extends(self, facts: Facts, value: JSON, node: JSON) -> None:
        if self.document.dialect == 3:
            self.all_of(facts, value if type(value) is list else [value], node)

    def not_(self, facts: Facts, value: JSON, node: JSON) -> None:
        facts.groups = (*facts.groups, ("not", [value], node))

    def if_(self, facts: Facts, value: JSON, node: JSON) -> None:
        if "then" in node or "else" in node or not self.rests.isdisjoint(node):
            facts.groups = (*facts.groups, ("if", [value, node.get("then", True), node.get("else", True)], node))

    def dynamic(self, facts: Facts, value: JSON, node: JSON) -> None:
        target = self.document.dynamic(value, node)
        if target is None:
            keyword = "$dynamicRef" if "$dynamicRef" in node else "$recursiveRef"
            self.told(keyword, node, "what it means depends on the way that leads to it")
        else:
            self.absorb(facts, target)

    # numbers

    def minimum(self, facts: Facts, value: JSON, node: JSON) -> None:
        self.lower(facts, value, node, "minimum", node.get("exclusiveMinimum") is True)

    def above(self, facts: Facts, value: JSON, node: JSON) -> None:
        if type(value) is not bool:
            self.lower(facts, value, node, "exclusiveMinimum", True)

    def lower(self, facts: Facts, value: JSON, node: JSON, keyword: str, out: bool) -> None:
        low = self.document.decimal(value, node, keyword)
        if facts.low is None or (low is not None and (low, out) > (facts.low, facts.low_out)):
            facts.low, facts.low_out = low, out
        facts.bare = False

    def maximum(self, facts: Facts, value: JSON, node: JSON) -> None:
        self.upper(facts, value, node, "maximum", node.get("exclusiveMaximum") is True)

    def below(self, facts: Facts, value: JSON, node: JSON) -> None:
        if type(value) is not bool:
            self.upper(facts, value, node, "exclusiveMaximum", True)

    def upper(self, facts: Facts, value: JSON, node: JSON, keyword: str, out: bool) -> None:
        high = self.document.decimal(value, node, keyword)
        if facts.high is None or (high is not None and (high, not out) < (facts.high, not facts.high_out)):
            facts.high, facts.high_out = high, out
        facts.bare = False

    def multiple(self, facts: Facts, value: JSON, node: JSON) -> None:
        step = self.document.decimal(value, node, "multipleOf")
        if step is None or step <= 0:
            raise self.document.fault(node, "multipleOf", f"multipleOf must be above 0, not {value!r}")
        if step not in facts.multiples:
            facts.multiples = (*facts.multiples, step)
        facts.bare = False
        facts.source["multipleOf"] = node

    # strings

    def min_length(self, facts: Facts, value: JSON, node: JSON) -> None:
        facts.least = max(facts.least, self.document.count(value, node, "minLength"))
        facts.bare = False
        facts.source["minLength"] = node

    def max_length(self, facts: Facts, value: JSON, node: JSON) -> None:
        most = self.document.count(value, node, "maxLength")
        facts.most = most if facts.most is None else min(facts.most, most)
        facts.bare = False
        facts.source["maxLength"] = node

    def max_chars(self, facts: Facts, value: JSON, node: JSON) -> None:
        chars = self.document.count(value, node, "x-max-chars")
        facts.chars = chars if facts.chars is None else min(facts.chars, chars)
        facts.bare = False

    def pattern(self, facts: Facts, value: JSON, node: JSON) -> None:
        if type(value) is not str:
            raise self.document.fault(node, "pattern", f"a pattern is a text, not {value!r}")
        self.law(facts, ("pattern", value, True), node)

    def format(self, facts: Facts, value: JSON, node: JSON) -> None:
        if type(value) is not str:
            return
        if value in PATTERNS:
            self.law(facts, ("format", value, True), node)
        elif value in CHECKED:
            self.told("format", node, f"the format {value!r} is not regular")

    def unlike(self, facts: Facts, value: JSON, node: JSON) -> None:
        self.law(facts, (*value, False), node)

    def law(self, facts: Facts, law: tuple[str, str, bool], node: JSON) -> None:
        if law not in facts.laws:
            facts.laws = (*facts.laws, law)
        facts.source[law[1]] = node
        facts.bare = False

    def verbatim(self, facts: Facts, value: JSON, node: JSON) -> None:
        if value is True:
            facts.verbatim = node
            facts.bare = False

    # arrays

    def prefix_items(self, facts: Facts, value: JSON, node: JSON) -> None:
        rest = node.get("items", MISSING)
        facts.arrays = (
            *facts.arrays,
            (self.document.schemas(value, node, "prefixItems"), rest if type(rest) is not list else MISSING),
        )
        facts.bare = False

    def items(self, facts: Facts, value: JSON, node: JSON) -> None:
        if type(value) is list:
            facts.arrays = (*facts.arrays, (value, node.get("additionalItems", MISSING)))
        elif "prefixItems" not in node:
            facts.arrays = (*facts.arrays, ([], value))
        facts.bare = False
        facts.source["items"] = node

    def min_items(self, facts: Facts, value: JSON, node: JSON) -> None:
        facts.min_items = max(facts.min_items, self.document.count(value, node, "minItems"))
        facts.bare = False
        facts.source["minItems"] = node

    def max_items(self, facts: Facts, value: JSON, node: JSON) -> None:
        most = self.document.count(value, node, "maxItems")
        facts.max_items = most if facts.max_items is None else min(facts.max_items, most)
        facts.bare = False
        facts.source["maxItems"] = node

    def unique(self, facts: Facts, value: JSON, node: JSON) -> None:
        if value is True:
            facts.unique = True
            facts.bare = False
            facts.source["uniqueItems"] = node

    def contains(self, facts: Facts, value: JSON, node: JSON) -> None:
        least = self.document.count(node.get("minContains", 1), node, "minContains")
        most = node.get("maxContains")
        facts.contains = (
            *facts.contains,
            (value, least, None if most is None else self.document.count(most, node, "maxContains")),
        )
        facts.bare = False
        facts.source["contains"] = node

    # objects

    def required(self, facts: Facts, value: JSON, node: JSON) -> None:
        if type(value) is bool:
            return  # draft 3, where it stood in the property
        for name in self.document.schemas(value, node, "required"):
            if type(name) is not str:
                raise self.document.fault(node, "required", f"required names keys, not {name!r}")
            facts.required.setdefault(name, node)
        facts.bare = False

    def properties(self, facts: Facts, value: JSON, node: JSON) -> None:
        named = self.document.named(value, node, "properties")
        patterns = self.document.named(node.get("patternProperties", {}), node, "patternProperties")
        facts.objects = (*facts.objects, (named, patterns, node.get("additionalProperties", MISSING)))
        facts.bare = False
        facts.source.setdefault("properties", node)
        if self.document.dialect == 3:
            for key, part in named.items():
                if type(part) is dict and part.get("required") is True:
                    facts.required.setdefault(key, node)

    def pattern_properties(self, facts: Facts, value: JSON, node: JSON) -> None:
        facts.source["patternProperties"] = node
        if "properties" not in node:
            patterns = self.document.named(value, node, "patternProperties")
            facts.objects = (*facts.objects, ({}, patterns, node.get("additionalProperties", MISSING)))
            facts.bare = False

    def additional(self, facts: Facts, value: JSON, node: JSON) -> None:
        facts.source["additionalProperties"] = node
        if "properties" not in node and "patternProperties" not in node:
            facts.objects = (*facts.objects, ({}, {}, value))
            facts.bare = False

    def min_keys(self, facts: Facts, value: JSON, node: JSON) -> None:
        facts.min_keys = max(facts.min_keys, self.document.count(value, node, "minProperties"))
        facts.bare = False
        facts.source["minProperties"] = node

    def max_keys(self, facts: Facts, value: JSON, node: JSON) -> None:
        most = self.document.count(value, node, "maxProperties")
        facts.max_keys = most if facts.max_keys is None else min(facts.max_keys, most)
        facts.bare = False
        facts.source["maxProperties"] = node

    def names(self, facts: Facts, value: JSON, node: JSON) -> None:
        facts.names = (*facts.names, value)
        facts.bare = False
        facts.source["propertyNames"] = node

    def dependencies(self, facts: Facts, value: JSON, node: JSON) -> None:
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
            facts.groups = (*facts.groups, ("depends", [without_key, with_key], node))


def _choice(kind: str) -> Callable[[Reader, Facts, JSON, JSON], None]:
    def read(reader: Reader, facts: Facts, value: JSON, node: JSON) -> None:
        if value == []:
            raise reader.document.fault(node, kind, f"{kind} must hold at least one schema")
        facts.groups = (*facts.groups, (kind, reader.document.schemas(value, node, kind), node))

    return read


READERS: dict[str, Callable[[Reader, Facts, JSON, JSON], None]] = {
    "type": Reader.type,
    MASK: Reader.mask,
    BUT: Reader.but_not,
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
def _known(dialect: int, closed: bool) -> tuple[dict[str, Callable[[Reader, Facts, JSON, JSON], None]], frozenset[str]]:
    """For reading, a keyword that its draft does not know says nothing; for writing, what was meant counts."""
    young = frozenset() if closed else frozenset(key for key, draft in SINCE.items() if draft > dialect)
    return {key: reader for key, reader in READERS.items() if key not in young}, frozenset(evaluated.KEYWORDS) - young
