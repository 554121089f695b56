"""
A schema as a document: which draft it speaks, what its references mean, where a part of it stands.

References are resolved inside the document only, and to the meta-schemas that jsonschema carries; nothing is ever
fetched. Nothing here knows grammars.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from rag import pointers
from rag.errors import InputError
from rag.types import JSON

PARTS = 60_000  # subschemas and keywords of one schema
DEEP = 800  # levels of nesting; an object in an object is two
# below these keywords stand values, not schemas
VALUES = frozenset(("enum", "const", "default", "examples", "example", "required", "type", "description", "title"))
HINT = "Give a schema that stands on its own: references are never fetched."


class Document:
    """One schema, and what can be found in it."""

    def __init__(self, schema: JSON) -> None:
        if not isinstance(schema, dict | bool):
            raise InputError(
                f"a JSON Schema is an object or true or false, not {_kind(schema)}",
                "See docs/grammar.md, or try `rag schema`.",
            )
        self.schema = schema
        self.resources: dict[str, JSON] = {"": schema}
        self.anchors: dict[str, JSON] = {}
        self.dynamics: dict[str, list[JSON]] = {}  # $dynamicAnchor: who has it; the whole schema's own comes first
        self.base: dict[int, str] = {}  # of the parts that stand below an $id of their own
        self.origin: dict[int, JSON] = {}  # parts that we made: what they were made from
        self.kept: list[JSON] = []  # keeps them alive: parts are known by their id()
        self._known: dict[str, JSON] = {}
        self._pointers: dict[int, str] | None = None
        hints = self._walk() if isinstance(schema, dict) else set()
        self.dialect = dialect(schema, hints)
        # OpenAPI 3.0 has `nullable`; a schema that names a draft of JSON Schema means nothing by it
        self.nullable = isinstance(schema, dict) and "$schema" not in schema

    def _walk(self) -> set[str]:
        """One look at every part: ids, anchors, signs of an older draft; refuses what is too large."""
        hints: set[str] = set()
        old = dialect(self.schema) < 2019
        todo: list[tuple[Any, str, int]] = [(self.schema, "", 0)]
        count = 0
        while todo:
            node, base, deep = todo.pop()
            count += 1
            if type(node) is dict:
                count += len(node)
                name = node.get("$id", node.get("id"))
                if old and "$ref" in node:
                    name = None  # beside a $ref nothing counted up to draft 7
                if type(name) is str and name and node is not self.schema:
                    base = self._resource(name, node, base)
                elif type(name) is str and node is self.schema:
                    self.resources[name.rstrip("#")] = node
                if base:
                    self.base[id(node)] = base
                for key, value in node.items():
                    kind = type(value)
                    if (kind is dict or kind is list) and key not in VALUES:
                        todo.append((value, base, deep + 1))
                    elif kind is bool and key in ("exclusiveMinimum", "exclusiveMaximum"):
                        hints.add("draft4")
                    elif kind is str and key in ("$anchor", "$dynamicAnchor"):
                        self.anchors[f"{base}#{value}"] = node
                        if key == "$dynamicAnchor":
                            self.dynamics.setdefault(value, []).insert(0 if not base else PARTS, node)
                    elif value is True and key == "$recursiveAnchor":
                        self.dynamics.setdefault("", []).insert(0 if node is self.schema else PARTS, node)
                items = node.get("items")
                if type(items) is list or "additionalItems" in node or "dependencies" in node:
                    hints.add("draft7")
            else:
                todo.extend((value, base, deep + 1) for value in node if type(value) is dict or type(value) is list)
            if count > PARTS:
                raise InputError(f"the schema has more than {PARTS:,} parts", "Cut it down to what you extract.")
            if deep > DEEP:
                raise InputError(f"the schema is nested more than {DEEP} levels deep", "Flatten it.")
        return hints

    def _resource(self, name: str, node: JSON, base: str) -> str:
        if name.startswith("#"):  # how drafts 4 to 7 say $anchor
            self.anchors[base + name] = node
            return base
        address, _, anchor = self._joined(base, name).partition("#")
        if anchor:
            self.anchors[f"{base}#{anchor}"] = node
            return base
        self.resources[address] = node
        return address

    def _joined(self, base: str, address: str) -> str:
        from urllib.parse import urljoin

        try:
            return urljoin(base or self._home(), address)
        except ValueError as error:
            raise InputError(f"the schema has an address that is none: {address!r} ({error})", HINT) from error

    def _home(self) -> str:
        """The address of the whole document, as it gives it."""
        name = self.schema.get("$id", self.schema.get("id")) if isinstance(self.schema, dict) else None
        return name if isinstance(name, str) else ""

    def resolve(self, reference: JSON, node: JSON) -> JSON:
        """The part of the document that a reference in `node` means."""
        if type(reference) is not str:
            raise self.fault(node, "$ref", f"a $ref must be a text, not {_kind(reference)}")
        base = self.base.get(id(node), "")
        key = f"{base} {reference}"
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._resolve(reference, base, node)
        return found

    def dynamic(self, reference: JSON, node: JSON) -> JSON:
        """What a $dynamicRef or $recursiveRef means; None where that depends on the way that leads to it."""
        target = self.resolve(reference, node)
        name = str(reference).rpartition("#")[2]
        if not isinstance(target, dict) or not (
            target.get("$dynamicAnchor") == name or target.get("$recursiveAnchor") is True
        ):
            return target
        known = self.dynamics.get(name, [])
        if known and (len(known) == 1 or not self.base.get(id(known[0]))):
            return known[0]  # every way begins at the whole schema
        return None

    def _resolve(self, reference: str, base: str, node: JSON) -> JSON:
        address, _, fragment = reference.partition("#")
        if address:
            full = self._joined(base, address)
            base = next((place for place in (full, address) if self._loaded(place)), address)
        if base not in self.resources:
            raise self.fault(node, "$ref", f"$ref {reference!r} lies outside of the schema")
        target = self.resources[base]
        if not fragment:
            return target
        if not fragment.startswith("/"):
            for place in (f"{base}#{fragment}", f"#{fragment}"):
                if place in self.anchors:
                    return self.anchors[place]
            raise self.fault(node, "$ref", f"$ref {reference!r}: no anchor has this name")
        return self._step(target, fragment, reference, node)

    def _loaded(self, address: str) -> bool:
        """Whether there is something at an address; the parts of a meta-schema refer to each other, not to ours."""
        if address in self.resources:
            return True
        meta = _metaschema(address)
        if meta is None:
            return False
        self.resources[address] = meta
        todo = [meta]
        while todo:
            part = todo.pop()
            if isinstance(part, dict):
                self.base[id(part)] = address
                todo.extend(part.values())
                name = part.get("$dynamicAnchor")
                if isinstance(name, str):
                    self.anchors[f"{address}#{name}"] = part
                    self.dynamics.setdefault(name, []).append(part)
            elif isinstance(part, list):
                todo.extend(part)
        return True

    def _step(self, target: JSON, fragment: str, reference: str, node: JSON) -> JSON:
        if "%" in fragment:
            from urllib.parse import unquote

            fragment = unquote(fragment)
        for part in fragment[1:].split("/"):
            part = pointers.key_of(part)
            if type(target) is dict and part in target:
                target = target[part]
            elif type(target) is list and part.isdecimal() and int(part) < len(target):
                target = target[int(part)]
            else:
                raise self.fault(node, "$ref", f"$ref {reference!r} leads nowhere")
        if not isinstance(target, dict | bool):
            raise self.fault(node, "$ref", f"$ref {reference!r} leads to {_kind(target)}, not to a schema")
        return target

    # what a keyword must be

    def checked(self, node: JSON) -> JSON:
        if type(node) is not dict and type(node) is not bool:
            raise self.fault({}, "", f"a schema is an object or true or false, not {str(node)[:40]!r}")
        return node

    def count(self, value: JSON, node: JSON, keyword: str) -> int:
        if type(value) is float and value.is_integer():
            value = int(value)
        if type(value) is not int or value < 0:
            raise self.fault(node, keyword, f"{keyword} must be a whole number of 0 or more, not {value!r}")
        return value

    def decimal(self, value: JSON, node: JSON, keyword: str) -> Decimal | None:
        if type(value) is int or type(value) is float:
            try:
                # above 2**53 a float is the whole number that it is, not the one that its few digits say
                found = Decimal(value) if abs(value) > 2**53 else Decimal(repr(value))
            except InvalidOperation:  # pragma: no cover
                found = Decimal("NaN")
            if found.is_finite() and abs(found.adjusted()) < 400:
                return found
        raise self.fault(node, keyword, f"{keyword} must be a number, not {value!r}")

    def schemas(self, value: JSON, node: JSON, keyword: str) -> list[JSON]:
        if type(value) is not list:
            raise self.fault(node, keyword, f"{keyword} must be a list of schemas, not {str(value)[:40]!r}")
        return value

    def named(self, value: JSON, node: JSON, keyword: str) -> dict[str, JSON]:
        if type(value) is not dict:
            raise self.fault(node, keyword, f"{keyword} must be an object of schemas, not {str(value)[:40]!r}")
        return value

    def pointer(self, node: JSON, keyword: str = "") -> str:
        """Where a part stands, as a JSON pointer."""
        for _ in range(100):
            if id(node) not in self.origin:
                break
            node = self.origin[id(node)]
        if self._pointers is None:
            self._pointers = _pointers(self.schema)
        here = self._pointers.get(id(node), "")
        if not keyword or not isinstance(node, dict) or keyword not in node:
            return here
        return f"{here}/{pointers.step(keyword)}"

    def make(self, schema: JSON, origin: JSON) -> JSON:
        """A part of our own; what is wrong with it will be said of `origin`."""
        self.kept.append(schema)
        self.origin[id(schema)] = origin
        base = self.base.get(id(origin))
        if base:
            self.base[id(schema)] = base
        return schema

    def fault(self, node: JSON, keyword: str, why: str) -> InputError:
        return InputError(
            f"schema at {self.pointer(node, keyword) or '/'}: {why}",
            HINT if keyword == "$ref" else "Correct the schema.",
        )


def dialect(schema: JSON, hints: set[str] | None = None) -> int:
    """The draft that a schema speaks: 3, 4, 6, 7, 2019 or 2020. Where it does not say, by what it uses."""
    name = schema.get("$schema") if isinstance(schema, dict) else None
    if isinstance(name, str):
        for mark, draft in (("draft-03", 3), ("draft-04", 4), ("draft-06", 6), ("draft-07", 7), ("2019-09", 2019)):
            if mark in name:
                return draft
        if "2020-12" in name:
            return 2020
    hints = hints or set()
    return 4 if "draft4" in hints else 7 if "draft7" in hints else 2020


def _metaschema(address: str) -> JSON:
    if "json-schema.org/draft" not in address:
        return None
    from jsonschema_specifications import REGISTRY  # type: ignore[import-untyped]

    known = REGISTRY.get(address)
    return None if known is None else known.contents


def _pointers(schema: JSON) -> dict[int, str]:
    out: dict[int, str] = {}
    todo: list[tuple[JSON, str]] = [(schema, "")]
    while todo:
        node, here = todo.pop()
        if type(node) is dict:
            out[id(node)] = here
            for key, value in node.items():
                if type(value) is dict or type(value) is list:
                    todo.append((value, f"{here}/{pointers.step(key) if '~' in key or '/' in key else key}"))
        elif type(node) is list:
            todo += [(value, f"{here}/{index}") for index, value in enumerate(node) if type(value) in (dict, list)]
    return out


def _kind(value: JSON) -> str:
    names = {dict: "an object", list: "an array", str: "a text", bool: "a truth value", type(None): "null"}
    return names.get(type(value), "a number")
