"""
The objects of a list that a model put together from what stands apart: an item whose name is a customer's, and whose
price another line's.

Only lists of things with a number or a price, and only where no rule told their rows. Nothing here asks a model.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from rag.extract.evidence import Places, Span, leaves
from rag.extract.fields import Field
from rag.extract.lexicon import bag

JSON = Any
THINGS = bag("price amount total subtotal quantity unit")  # what an item's numbers ask for
NEAR = 200  # characters in which the values of one item stand


@dataclass(frozen=True, slots=True)
class Items:
    """The fields of the elements of such a list, and those of its numbers."""

    beside: int
    names: frozenset[str]
    numbers: frozenset[str]


def lists_of_items(fields: Iterable[Field]) -> list[Items]:
    """The lists of a schema that are of things with numbers or prices."""
    groups: dict[int, list[Field]] = {}
    for one in fields:
        if one.element and not one.listed:
            groups.setdefault(one.beside, []).append(one)
    found = [
        Items(
            beside,
            frozenset(one.key[1] for one in group),
            frozenset(one.key[1] for one in group if one.kind == "number" and one.units & THINGS),
        )
        for beside, group in groups.items()
        if any(one.kind == "text" for one in group)
    ]
    return [one for one in found if one.numbers]


def together(value: JSON, lists: Iterable[Items], text: str) -> JSON:
    """The value without the items that have no number, or whose values do not stand near one another."""
    known, places = list(lists), Places(text)

    def kept(part: JSON) -> bool:
        items = next((one for one in known if isinstance(part, Mapping) and set(part) == one.names), None)
        return items is None or (any(part[name] is not None for name in items.numbers) and _near(part, places))

    def without(part: JSON) -> JSON:
        if isinstance(part, Mapping):
            return {key: without(inner) for key, inner in part.items()}
        return [without(inner) for inner in part if kept(inner)] if isinstance(part, list) else part

    return without(value) if known else value


def _near(item: JSON, places: Places) -> bool:
    """Whether all values of an item stand in one paragraph, near one another."""
    found = [spans for _, value in leaves(item) if value is not None and (spans := places.of(value))]
    if not found:
        return True
    first, *others = sorted(found, key=len)
    return any(all(any(_beside(one, other, places.text) for other in spans) for spans in others) for one in first)


def _beside(one: Span, other: Span, text: str) -> bool:
    start, end = min(one[0], other[0]), max(one[1], other[1])
    return end - start <= NEAR and "\n\n" not in text[start:end]


__all__ = ["Items", "lists_of_items", "together"]
