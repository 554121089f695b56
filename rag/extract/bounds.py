"""
What ended because our bound ended it, lists that went round in circles, null said in words, elements that say nothing.

A schema that sets no end gets ours (`Limits`), so that every reply ends. A value that reached it may be only a part of
what the model would have said: that is noted with the row, never silent. A list that ends in the same few texts or
objects again and again, as those of small models do, keeps them once. Nothing here knows a schema or asks a model.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rag.extract.evidence import find
from rag.grammar import Limits

JSON = Any
NOTHING = {"null", "none", "nil", "n/a", "not specified", "not mentioned", "not provided", "not stated", "unspecified"}
ROUNDS = 3  # as often must the end of a list be repeated before it is a circle


def straight(value: JSON) -> JSON:
    """The value with every list that ends in circles cut to its first round."""
    if isinstance(value, Mapping):
        return {key: straight(part) for key, part in value.items()}
    if isinstance(value, list):
        return [straight(part) for part in value[: _first_round(value)]]
    return value


def circles(value: JSON, pointer: str = "") -> Iterator[str]:
    """Which lists end in circles, as JSON pointers; "the list" if it is the whole value."""
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield from circles(part, f"{pointer}/{key}")
    elif isinstance(value, list):
        first = _first_round(value)
        if first < len(value):
            yield pointer or "the list"
        for number, part in enumerate(value[:first]):
            yield from circles(part, f"{pointer}/{number}")


def nothing(value: JSON, text: str) -> JSON:
    """The value with null for what only says that there is nothing, as "N/A" does, if the document does not say it."""
    if isinstance(value, Mapping):
        return {key: nothing(part, text) for key, part in value.items()}
    if isinstance(value, list):
        return [nothing(part, text) for part in value]
    if isinstance(value, str) and value.strip(" .").casefold() in NOTHING and find(value, text) is None:
        return None
    return value


def saying(value: JSON) -> JSON:
    """The value without the objects of its lists that say nothing: all of their fields are null or empty."""
    if isinstance(value, Mapping):
        return {key: saying(part) for key, part in value.items()}
    if isinstance(value, list):
        return [saying(part) for part in value if not (isinstance(part, Mapping) and part and _is_empty(part))]
    return value


def _is_empty(value: JSON) -> bool:
    parts = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return value is None or (isinstance(value, Mapping | list) and all(map(_is_empty, parts)))


def _first_round(elements: list[JSON]) -> int:
    """How many elements stand there before the end repeats itself; all of them if it does not."""
    size = len(elements)
    for length in range(1, size // ROUNDS + 1):
        start = size - length
        while start > 0 and elements[start - 1] == elements[start - 1 + length]:
            start -= 1
        if size - start >= ROUNDS * length and any(isinstance(one, str | Mapping) for one in elements[start:]):
            return start + length
    return size


def reached(value: JSON, limits: Limits, pointer: str = "") -> Iterator[str]:
    """What of a value is as long as it may be where the schema sets no end: "/items has 30 elements"."""
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield from reached(part, limits, f"{pointer}/{key}")
    elif isinstance(value, list):
        if len(value) == limits.items:
            yield f"{pointer or 'the list'} has {len(value)} elements, the most without a maxItems"
        for number, part in enumerate(value):
            yield from reached(part, limits, f"{pointer}/{number}")
    elif isinstance(value, int | float) and not isinstance(value, bool) and abs(value) >= 10 ** (limits.digits - 1):
        yield f"{pointer or 'the number'} has {limits.digits} digits, the most without a maximum"
    elif isinstance(value, str) and len(value) == limits.string:
        yield f"{pointer or 'the text'} has {len(value)} characters, the most without a maxLength"
