"""
One character of a JSON string: as itself, or behind a backslash where JSON wants it so.

Each character has exactly one spelling here, so that what is excluded cannot come back as an escape. Nothing here
names rules.
"""

from __future__ import annotations

from functools import lru_cache

from rag.gbnf.expressions import Expr, alt, char_class, lit, seq
from rag.gbnf.ranges import ANY, Ranges, common, union, without

RAW: Ranges = ((0x20, 0x21), (0x23, 0x5B), (0x5D, 0xD7FF), (0xE000, 0x10FFFF))  # stands for itself in a JSON string
SHORT = {8: "b", 9: "t", 10: "n", 12: "f", 13: "r", 34: '"', 92: "\\"}
OTHER = tuple(point for point in range(32) if point not in SHORT)  # controls that only \u00.. can say
FEW = 64  # a set of so many characters was meant one by one: its controls are written, too


@lru_cache(maxsize=8192)
def spell(ranges: Ranges, closed: bool) -> Expr:
    """One character of `ranges`. A `closed` grammar leaves out controls that are seldom meant."""
    parts = [char_class(common(ranges, RAW))]
    points = [point for point in SHORT if _holds(ranges, point)]
    if points:
        letters = union(tuple((ord(SHORT[point]), ord(SHORT[point])) for point in points))
        parts.append(seq(lit("\\"), char_class(letters)))
    others = [point for point in OTHER if _holds(ranges, point)]
    if others and (not closed or sum(high - low for low, high in ranges) < FEW):
        for high in (0, 1):
            digits = [f"{point & 15:x}" for point in others if point >> 4 == high]
            if digits:
                both = {ord(c) for d in digits for c in (d, d.upper())}
                parts.append(seq(lit(f"\\u00{high}"), char_class(union(tuple((c, c) for c in both)))))
    return alt(parts)


@lru_cache(maxsize=8192)
def spell_away(chars: str, closed: bool) -> Expr:
    """One character, but none of these."""
    return spell(without(ANY, union(tuple((ord(c), ord(c)) for c in chars))), closed)


@lru_cache(maxsize=1024)
def spell_one(char: str) -> Expr:
    return spell(((ord(char), ord(char)),), True)


def _holds(ranges: Ranges, point: int) -> bool:
    return any(low <= point <= high for low, high in ranges)
