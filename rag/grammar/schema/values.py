"""
Whether a single value fits constraints: for the values of an enum, for keys, for telling branches apart.

Three answers: yes, no, and "no telling without a validator". Nothing here writes grammar.
"""

from __future__ import annotations

from decimal import Decimal

from rag.grammar.regular import automaton
from rag.grammar.regular.regex import BadPattern, Unsupported
from rag.grammar.schema.constraints import MISSING, Constraints, mask_of, multiple, same
from rag.grammar.schema.format_checks import FORMATS
from rag.grammar.schema.keywords import Reader
from rag.types import JSON


class Values:
    """Judges values by the schemas of one document."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader

    def fits(self, value: JSON, constraints: Constraints, depth: int = 12) -> bool | None:
        """Whether a value fits constraints; None if there is no telling without a validator."""
        if not mask_of(value) & constraints.mask:
            return False
        if constraints.enum is not None and not any(same(value, one) for one in constraints.enum):
            return False
        if any(same(value, one) for one in constraints.excluded):
            return False
        if isinstance(value, str):
            verdict = _string_fits(value, constraints)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            verdict = _number_fits(value, constraints)
        elif isinstance(value, dict | list):
            verdict = None if depth <= 0 else self._inside_fits(value, constraints, depth - 1)
        else:
            verdict = True
        if verdict is False:
            return False
        for kind, branches, _ in constraints.groups:
            found = self._group_fits(value, kind, branches, depth - 1)
            if found is False:
                return False
            verdict = None if found is None else verdict
        return verdict

    def _fits_nodes(self, value: JSON, nodes: list[JSON], depth: int) -> bool | None:
        return self.fits(value, self.reader.constraints(tuple(nodes)), depth) if nodes else True

    def _group_fits(self, value: JSON, kind: str, branches: list[JSON], depth: int) -> bool | None:
        if depth <= 0:
            return None
        verdicts = [self._fits_nodes(value, [branch], depth) for branch in branches]
        if kind in ("anyOf", "depends"):
            return True if True in verdicts else None if None in verdicts else False
        if None in verdicts:
            return None
        if kind == "not":
            return not verdicts[0]
        if kind == "if":
            return verdicts[1] if verdicts[0] else verdicts[2]
        return verdicts.count(True) == 1

    def _inside_fits(self, value: JSON, constraints: Constraints, depth: int) -> bool | None:
        if isinstance(value, list):
            if len(value) < constraints.min_items or (
                constraints.max_items is not None and len(value) > constraints.max_items
            ):
                return False
            if constraints.unique and any(same(a, b) for i, a in enumerate(value) for b in value[:i]):
                return False
            if constraints.contains or constraints.rest_items is not MISSING:
                return None
            verdicts = [self._fits_nodes(item, item_nodes(constraints, i), depth) for i, item in enumerate(value)]
        else:
            if any(name not in value for name in constraints.required) or len(value) < constraints.min_keys:
                return False
            if constraints.max_keys is not None and len(value) > constraints.max_keys:
                return False
            if constraints.rest_keys is not MISSING:
                return None
            verdicts = [self._fits_nodes(item, key_nodes(constraints, key), depth) for key, item in value.items()]
            verdicts += [self._fits_nodes(key, list(constraints.names), depth) for key in value]
        return False if False in verdicts else None if None in verdicts else True


def item_nodes(constraints: Constraints, index: int) -> list[JSON]:
    """The schemas of one element of an array."""
    out = []
    for prefix, rest in constraints.arrays:
        node = prefix[index] if index < len(prefix) else rest
        if node is not MISSING:
            out.append(node)
    return out


def key_nodes(constraints: Constraints, name: str) -> list[JSON]:
    """The schemas of the value of one key."""
    out = []
    for properties, patterns, rest in constraints.objects:
        found = False
        if name in properties:
            out.append(properties[name])
            found = True
        for pattern, node in patterns.items():
            try:
                hit = automaton.search(pattern, "exact").matches(name)
            except (BadPattern, Unsupported):
                continue
            if hit:
                out.append(node)
                found = True
        if not found and rest is not MISSING:
            out.append(rest)
    return out


def _string_fits(value: str, constraints: Constraints) -> bool | None:
    if len(value) < constraints.min_length or (
        constraints.max_length is not None and len(value) > constraints.max_length
    ):
        return False
    try:
        return all(
            holds == (FORMATS[text](value) if kind == "format" else automaton.search(text, "exact").matches(value))
            for kind, text, holds in constraints.laws
        )
    except (BadPattern, Unsupported):
        return None


def _number_fits(value: float, constraints: Constraints) -> bool | None:
    exact = Decimal(repr(value))
    if not exact.is_finite():
        return False
    if constraints.low is not None and (
        exact < constraints.low or (constraints.exclusive_min and exact == constraints.low)
    ):
        return False
    if constraints.high is not None and (
        exact > constraints.high or (constraints.exclusive_max and exact == constraints.high)
    ):
        return False
    return all(multiple(exact, step) for step in constraints.multiples)
