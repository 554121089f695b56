"""
unevaluatedProperties and unevaluatedItems: what the rest of the same schema has not spoken of.

Such a keyword sees its own schema with all that is joined into it, never its neighbours. Where that is known at once
it becomes plain `additionalProperties` or `items`; where choices are still to be opened it waits in the facts, and
what is then not exact is told as residual. Nothing here writes grammar.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rag.grammar.facts import MISSING, Facts
from rag.types import JSON

if TYPE_CHECKING:
    from rag.grammar.reading import Reader

KEYWORDS = ("unevaluatedProperties", "unevaluatedItems")
Mark = tuple[int, int, int, int]


def mark(facts: Facts) -> Mark:
    """What was known before a schema was read."""
    return len(facts.objects), len(facts.arrays), len(facts.groups), len(facts.contains)


def close(reader: Reader, facts: Facts, node: dict[str, JSON], before: Mark, alone: bool) -> None:
    """Read the keywords of a schema that has been read otherwise; `alone` if nothing is joined to it."""
    facts.bare = False
    open_ = len(facts.groups) > before[2]
    if "unevaluatedProperties" in node:
        _keys(reader, facts, node, before[0], open_, alone)
    if "unevaluatedItems" in node:
        _items(reader, facts, node, before, open_, alone)


def _keys(reader: Reader, facts: Facts, node: dict[str, JSON], start: int, open_: bool, alone: bool) -> None:
    value, own = node["unevaluatedProperties"], facts.objects[start:]
    facts.source["unevaluatedProperties"] = node
    if any(rest is not MISSING for _, _, rest in own):
        return
    if value is True or value == {}:
        facts.objects = (*facts.objects, ({}, {}, True))
    elif not open_:
        names: dict[str, JSON] = dict.fromkeys((key for named, _, _ in own for key in named), True)
        patterns: dict[str, JSON] = dict.fromkeys((key for _, named, _ in own for key in named), True)
        facts.objects = (*facts.objects, (names, patterns, value))
    else:
        if not alone or facts.rest_keys is not MISSING:
            reader.told("unevaluatedProperties", node, "which keys it is about depends on choices beside it")
        if facts.rest_keys is MISSING:
            facts.rest_keys = value


def _items(reader: Reader, facts: Facts, node: dict[str, JSON], before: Mark, open_: bool, alone: bool) -> None:
    value, own = node["unevaluatedItems"], facts.arrays[before[1] :]
    facts.source["unevaluatedItems"] = node
    if any(rest is not MISSING for _, rest in own):
        return
    if value is True or value == {}:
        facts.arrays = (*facts.arrays, ([], True))
    elif len(facts.contains) > before[3] and reader.document.dialect >= 2020:
        reader.told("unevaluatedItems", node, "what contains has found counts as evaluated")
    elif not open_:
        size = max((len(prefix) for prefix, _ in own), default=0)
        facts.arrays = (*facts.arrays, ([True] * size, value))
    else:
        if not alone or facts.rest_items is not MISSING:
            reader.told("unevaluatedItems", node, "which elements it is about depends on choices beside it")
        if facts.rest_items is MISSING:
            facts.rest_items = value
