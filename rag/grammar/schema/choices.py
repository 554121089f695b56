"""
The choices of a schema: anyOf, oneOf, not, if and dependencies as a list of alternatives without choices.

Everything here errs on the safe side: an alternative admits no more than the schema, or the keyword is told as
residual. Nothing here writes grammar.
"""

from __future__ import annotations

from collections.abc import Callable

from rag.grammar.regular import automaton
from rag.grammar.regular.laws import machine_of
from rag.grammar.regular.regex import BadPattern, Unsupported
from rag.grammar.schema.constraints import (
    ARR,
    MISSING,
    NUM,
    OBJ,
    STR,
    Constraints,
    same,
)
from rag.grammar.schema.contraries import Contraries
from rag.grammar.schema.keywords import Reader
from rag.grammar.schema.values import Values, item_nodes, key_nodes
from rag.types import JSON

ALTERNATIVES = 128  # alternatives of one value


class Choices:
    """Opens the groups of constraints of one document."""

    def __init__(self, reader: Reader, report_residual: Callable[[str, JSON, str], None]) -> None:
        self.reader = reader
        self.document = reader.document
        self.fits = Values(reader).fits
        self.report_residual = report_residual
        self.negate = Contraries(reader.document).negate

    # alternatives

    def alternatives(self, constraints: Constraints) -> list[Constraints]:
        """The constraints without groups, one for each way to choose."""
        done: list[Constraints] = []
        todo = [constraints]
        opened = 0
        while todo:
            one = todo.pop()
            if one.impossible:
                continue
            if not one.groups:
                done.append(one)
                continue
            kind, branches, node = one.groups[0]
            one.groups = one.groups[1:]
            opened += 1
            crowd = len(todo) + len(done)
            if crowd and (crowd + len(branches) > ALTERNATIVES or opened > 4 * ALTERNATIVES):
                self.report_residual(
                    kind if kind != "depends" else "dependentRequired", node, "too many choices together with others"
                )
                todo.append(one)
                continue
            ways = self.opened(one, kind, branches, node)
            todo.extend(reversed([way for way in ways if not crowd or not self.contradictory(way)]))
        return done

    def contradictory(self, constraints: Constraints) -> bool:
        """Whether a required key is surely without a value: cuts off combinations of branches early."""
        if len(constraints.objects) < 2 or constraints.mask & ~OBJ:
            return False
        for name in constraints.required:
            nodes = key_nodes(constraints, name)
            if len(nodes) > 1:
                part = self.reader.constraints(tuple(nodes))
                if part.impossible or (
                    part.enum is not None and all(any(same(a, b) for b in part.excluded) for a in part.enum)
                ):
                    return True
        return False

    def opened(self, constraints: Constraints, kind: str, branches: list[JSON], node: JSON) -> list[Constraints]:
        """One group opened: the constraints joined with each of its branches."""
        if kind == "not":
            return self._not(constraints, branches[0], node)
        if kind == "if":
            return self._if(constraints, branches, node)
        joined = [self.joined(constraints, branch) for branch in branches]
        pairs = [(branch, one) for branch, one in zip(branches, joined, strict=True) if not one.impossible]
        if kind != "oneOf":
            return [one for _, one in pairs]
        return self._one_of(constraints, pairs, node)

    def joined(self, constraints: Constraints, *nodes: JSON) -> Constraints:
        out = constraints.copy()
        for node in nodes:
            self.reader.absorb(out, node)
        return out

    def _not(self, constraints: Constraints, wrong: JSON, node: JSON) -> list[Constraints]:
        contrary, exact = self.negate(wrong)
        if not exact:
            if self.disjoint(constraints, self.reader.constraints((wrong,))):
                return [constraints]
            self.report_residual("not", node, "its contrary cannot be written as a schema")
            return [constraints]
        self._loose(constraints, "not", node)
        return [one for one in (self.joined(constraints, part) for part in contrary) if not one.impossible]

    def _loose(self, constraints: Constraints, keyword: str, node: JSON) -> None:
        """A contrary names keys that nobody has evaluated: what is said of the others is then not exact."""
        if constraints.rest_keys is not MISSING or constraints.rest_items is not MISSING:
            self.report_residual(keyword, node, "beside unevaluatedProperties or unevaluatedItems")

    def _if(self, constraints: Constraints, parts: list[JSON], node: JSON) -> list[Constraints]:
        if_, then, else_ = parts
        contrary, exact = self.negate(if_)
        self._loose(constraints, "if", node)
        out = [self.joined(constraints, if_, then)]
        out += [self.joined(constraints, part, else_) for part in contrary]
        if not exact:
            out.append(self.joined(constraints, then, else_))  # right whatever the condition says
        return [one for one in out if not one.impossible]

    def _one_of(self, constraints: Constraints, pairs: list[tuple[JSON, Constraints]], node: JSON) -> list[Constraints]:
        if len(pairs) < 2 or self.distinct([one for _, one in pairs]):
            return [one for _, one in pairs]
        clashes: dict[int, list[int]] = {}
        for i, (_, one) in enumerate(pairs):
            for j in range(i):
                if not self.disjoint(one, pairs[j][1]):
                    clashes.setdefault(i, []).append(j)
                    clashes.setdefault(j, []).append(i)
        out = []
        for i, (branch, one) in enumerate(pairs):
            others = [pairs[j][0] for j in clashes.get(i, [])]
            if others:
                narrowed = self._without(one, others, branch)
                if narrowed is None:
                    self.report_residual("oneOf", node, "two of its branches may fit at once")
                else:
                    self._loose(constraints, "oneOf", node)
                    one = narrowed
            out.append(one)
        return [one for one in out if not one.impossible]

    def _without(self, constraints: Constraints, others: list[JSON], branch: JSON) -> Constraints | None:
        """The constraints where none of the others holds; None if that cannot be said."""
        out = constraints.copy()
        for other in others:
            contrary, exact = self.negate(other)
            if not exact:
                return None
            if contrary:
                out.groups = (*out.groups, ("anyOf", contrary, other if isinstance(other, dict) else branch))
            else:
                out.mask = 0
        return out

    # apart

    def distinct(self, several: list[Constraints]) -> bool:
        """Whether one required key with constants of its own tells all of them apart."""
        masks = [one.mask for one in several]
        if all(mask == OBJ for mask in masks):
            for name in several[0].required:
                seen: list[JSON] = []
                for one in several:
                    values = self._constants(one, name) if name in one.required else None
                    if values is None or any(same(value, other) for value in values for other in seen):
                        break
                    seen += values
                else:
                    return True
        return False

    def _constants(self, constraints: Constraints, name: str) -> list[JSON] | None:
        for properties, _, _ in constraints.objects:
            part = properties.get(name)
            for _ in range(5):
                if isinstance(part, dict) and "$ref" in part:
                    part = self.document.resolve(part["$ref"], part)
            if isinstance(part, dict):
                if "const" in part:
                    return [part["const"]]
                if isinstance(part.get("enum"), list):
                    return list(part["enum"])
        return None

    def disjoint(self, one: Constraints, other: Constraints, depth: int = 0) -> bool:
        """Whether surely no value fits both."""
        mask = one.mask & other.mask
        if not mask or one.impossible or other.impossible:
            return True
        for a, b in ((one, other), (other, one)):
            if a.enum is not None:
                return all(self.fits(value, b, 4) is False for value in a.enum)
        if depth > 3:
            return False
        if mask & ~(NUM | STR | ARR | OBJ):
            return False
        tests = ((NUM, _numbers_apart), (STR, _strings_apart), (ARR, self._arrays_apart), (OBJ, self._objects_apart))
        return all(test(one, other, depth) for bits, test in tests if mask & bits)

    def _arrays_apart(self, one: Constraints, other: Constraints, depth: int) -> bool:
        for a, b in ((one, other), (other, one)):
            if a.max_items is not None and a.max_items < b.min_items:
                return True
        if max(one.min_items, other.min_items) < 1:
            return False
        first = [self.reader.constraints(tuple(item_nodes(constraints, 0))) for constraints in (one, other)]
        return self.disjoint(first[0], first[1], depth + 1)

    def _objects_apart(self, one: Constraints, other: Constraints, depth: int) -> bool:
        for a, b in ((one, other), (other, one)):
            if a.max_keys is not None and a.max_keys < max(b.min_keys, len(b.required)):
                return True
        for name in one.required | other.required:
            nodes = [key_nodes(constraints, name) for constraints in (one, other)]
            if any(node is False for part in nodes for node in part):
                return True
            if nodes[0] and nodes[1]:
                constraints = [self.reader.constraints(tuple(part)) for part in nodes]
                if self.disjoint(constraints[0], constraints[1], depth + 1):
                    return True
        return False


def _numbers_apart(one: Constraints, other: Constraints, depth: int) -> bool:
    for a, b in ((one, other), (other, one)):
        if (
            a.high is not None
            and b.low is not None
            and (a.high < b.low or (a.high == b.low and (a.exclusive_max or b.exclusive_min)))
        ):
            return True
    return False


def _strings_apart(one: Constraints, other: Constraints, depth: int) -> bool:
    for a, b in ((one, other), (other, one)):
        if a.max_length is not None and a.max_length < b.min_length:
            return True
    if one.laws and other.laws:
        try:
            laws = dict.fromkeys(one.laws + other.laws)
            return automaton.meet(*[machine_of(*law, "upper") for law in laws]).empty
        except (BadPattern, Unsupported):
            return False
    return False
