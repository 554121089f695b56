"""
unevaluatedProperties and unevaluatedItems: what the rest of the same schema has not spoken of.

Such a keyword sees its own schema with all that is joined into it, never its neighbours. Where that is known at once
it becomes plain `additionalProperties` or `items`; where choices are still to be opened it waits in the constraints,
and what is then not exact is told as residual. Nothing here writes grammar.
"""

from __future__ import annotations

from collections.abc import Callable

from rag.grammar.schema.constraints import MISSING, Constraints
from rag.types import JSON

KEYWORDS = ("unevaluatedProperties", "unevaluatedItems")
Mark = tuple[int, int, int, int]
Report = Callable[[str, JSON, str], None]  # keyword, schema, why


def mark(constraints: Constraints) -> Mark:
    """What was known before a schema was read."""
    return len(constraints.objects), len(constraints.arrays), len(constraints.groups), len(constraints.contains)


def close(
    report: Report, constraints: Constraints, node: dict[str, JSON], before: Mark, alone: bool, draft: int
) -> None:
    """Read the keywords of a schema that has been read otherwise; `alone` if nothing is joined to it."""
    constraints.bare = False
    open_ = len(constraints.groups) > before[2]
    if "unevaluatedProperties" in node:
        _keys(report, constraints, node, before[0], open_, alone)
    if "unevaluatedItems" in node:
        _items(report, constraints, node, before, open_, alone, draft)


def _keys(
    report: Report, constraints: Constraints, node: dict[str, JSON], start: int, open_: bool, alone: bool
) -> None:
    value, own = node["unevaluatedProperties"], constraints.objects[start:]
    constraints.source["unevaluatedProperties"] = node
    if any(rest is not MISSING for _, _, rest in own):
        return
    if value is True or value == {}:
        constraints.objects = (*constraints.objects, ({}, {}, True))
    elif not open_:
        names: dict[str, JSON] = dict.fromkeys((key for named, _, _ in own for key in named), True)
        patterns: dict[str, JSON] = dict.fromkeys((key for _, named, _ in own for key in named), True)
        constraints.objects = (*constraints.objects, (names, patterns, value))
    else:
        if not alone or constraints.rest_keys is not MISSING:
            report("unevaluatedProperties", node, "which keys it is about depends on choices beside it")
        if constraints.rest_keys is MISSING:
            constraints.rest_keys = value


def _items(
    report: Report, constraints: Constraints, node: dict[str, JSON], before: Mark, open_: bool, alone: bool, draft: int
) -> None:
    value, own = node["unevaluatedItems"], constraints.arrays[before[1] :]
    constraints.source["unevaluatedItems"] = node
    if any(rest is not MISSING for _, rest in own):
        return
    if value is True or value == {}:
        constraints.arrays = (*constraints.arrays, ([], True))
    elif len(constraints.contains) > before[3] and draft >= 2020:
        report("unevaluatedItems", node, "what contains has found counts as evaluated")
    elif not open_:
        size = max((len(prefix) for prefix, _ in own), default=0)
        constraints.arrays = (*constraints.arrays, ([True] * size, value))
    else:
        if not alone or constraints.rest_items is not MISSING:
            report("unevaluatedItems", node, "which elements it is about depends on choices beside it")
        if constraints.rest_items is MISSING:
            constraints.rest_items = value
