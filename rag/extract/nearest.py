"""
One place for each value of a record. What stands in one place only stands there; of several it is one that no other
value has, and of those the nearest to its field's name or, in a list, to what else its element says. Work that grows
with the record, not with its square. Nothing here reads a text.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping

Span = tuple[int, int]


class Spans:
    """Parts of a text, and how far another is from the nearest of them."""

    def __init__(self, spans: list[Span] | None = None) -> None:
        self._starts: list[int] = []
        self._reach: list[int] = []  # the last end of it and of those before it
        for span in spans or []:
            self.add(span)

    def __bool__(self) -> bool:
        return bool(self._starts)

    def add(self, span: Span) -> None:
        at = bisect_right(self._starts, span[0])
        self._starts.insert(at, span[0])
        self._reach.insert(at, max(span[1], self._reach[at - 1]) if at else span[1])
        for later in range(at + 1, len(self._reach)):
            if self._reach[later] >= span[1]:
                break
            self._reach[later] = span[1]

    def away(self, span: Span) -> int:
        """Characters between it and the nearest; 0 if they touch, or if there is none."""
        at = bisect_right(self._starts, span[1])
        before = [max(span[0] - self._reach[at - 1], 0)] if at else []
        behind = [self._starts[at] - span[1]] if at < len(self._starts) else []
        return min([*before, *behind], default=0)


def nearest(found: Mapping[str, list[Span]], text: str, places: Callable[[str], list[Span]]) -> dict[str, Span | None]:
    """JSON pointer -> one of its places; `places` are those of the name of a field in the text."""
    fixed: dict[str, Span | None] = dict.fromkeys(found)
    taken = bytearray(len(text))
    around: defaultdict[str, Spans] = defaultdict(Spans)  # pointer of an object or a list -> what was found in it
    named: dict[str, Spans] = {}
    for pointer, spans in sorted(found.items(), key=lambda one: len(one[1])):
        if not spans:
            continue
        chosen = spans[0]
        if len(spans) > 1:
            name = _name(pointer)
            if name not in named:
                named[name] = Spans(places(name))
            near = _near(pointer, named[name], around)
            chosen = min(spans, key=lambda span: (taken.find(1, *span) >= 0, near.away(span), span[0]))
        fixed[pointer] = chosen
        taken[slice(*chosen)] = b"\1" * (chosen[1] - chosen[0])
        for outer in _outer(pointer):
            around[outer].add(chosen)
    return fixed


def _name(pointer: str) -> str:
    """The name of the field that a value is of, in words."""
    name = next((part for part in reversed(pointer.split("/")) if part and not part.isdecimal()), "")
    return re.sub(r"[_-]+", " ", name)


def _near(pointer: str, named: Spans, around: Mapping[str, Spans]) -> Spans:
    """What a value should stand near: in a list the rest of its element, else the name of its field."""
    if named and not any(map(str.isdecimal, pointer.split("/"))):
        return named
    return next((around[outer] for outer in _outer(pointer) if around.get(outer)), named)


def _outer(pointer: str) -> Iterator[str]:
    """The pointers of the objects and lists around a value, from the inside."""
    while "/" in pointer:
        pointer = pointer.rpartition("/")[0]
        yield pointer
