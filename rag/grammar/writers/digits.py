"""
Digits as trees: whole numbers and decimals between two ends, without a sign.

Nothing here knows what a schema says of a number.
"""

from __future__ import annotations

from rag.grammar.regular.regex import DIGIT, Node

NONE: Node = ("alt", [])
NIL: Node = ("cat", [])
LONG = 40  # digits of an end that are told one by one


def text_of(text: str) -> Node:
    return ("cat", [("set", ((ord(c), ord(c)),)) for c in text])


def digit(low: int, high: int) -> Node:
    return ("set", ((48 + low, 48 + high),)) if low <= high else NONE


def digits_of(least: int, most: int) -> Node:
    return NIL if most <= 0 else ("rep", ("set", DIGIT), least, most)


def fraction_of(most: int) -> Node:
    return ("rep", ("cat", [text_of("."), digits_of(1, most)]), 0, 1) if most > 0 else NIL


def row(*items: Node) -> Node:
    return NONE if any(item == NONE for item in items) else ("cat", list(items))


def any_of(*items: Node) -> Node:
    kept = [item for item in items if item != NONE]
    return kept[0] if len(kept) == 1 else ("alt", kept)


def whole(first: str, last: str) -> Node:
    """The integers from `first` to `last`, both 0 or more; between ends of very many digits only the rounder ones."""
    if int(first) > int(last):
        return NONE
    if len(last) > LONG:
        start, end = _rounded(first, 1), _rounded(last, -1)
        if (start, end) != (first, last):
            return any_of(*map(text_of, sorted({first, last})), whole(start, end))
    parts = []
    size = len(first)
    while size <= len(last):
        start = first if size == len(first) else "1" + "0" * (size - 1)
        if size < len(last) and start.strip("0") in ("1", "") and start != "0":
            # all numbers of these lengths at once
            parts.append(row(digit(1, 9), digits_of(size - 1, len(last) - 2)))
            size = len(last)
            continue
        end = last if size == len(last) else "9" * size
        parts.append(_same_length(start, end))
        size += 1
    return any_of(*parts)


def _rounded(number: str, way: int) -> str:
    """The number, or the next (way 1) or last (way -1) one that needs few rules."""
    if len(number) <= LONG:
        return number
    unit = 10 ** (len(number) - LONG // 2)
    if int(number) % unit == (0 if way > 0 else unit - 1):
        return number
    return str((int(number) // unit + 1) * unit if way > 0 else int(number) // unit * unit - 1)


def _same_length(low: str, high: str) -> Node:
    size = len(low)
    if not size:
        return NIL
    if low == high:
        return text_of(low)
    if low == "0" * size and high == "9" * size:
        return digits_of(size, size)
    a, b = int(low[0]), int(high[0])
    if a == b:
        return row(text_of(low[0]), _same_length(low[1:], high[1:]))
    rest = size - 1
    parts = []
    if low[1:].strip("0"):
        parts.append(row(text_of(low[0]), _same_length(low[1:], "9" * rest)))
        a += 1
    top: Node = NONE
    if high[1:].strip("9"):
        top = row(text_of(high[0]), _same_length("0" * rest, high[1:]))
        b -= 1
    if a <= b:
        parts.append(row(digit(a, b), digits_of(rest, rest)))
    return any_of(*parts, top)


def part(low: str, exclusive_min: bool, high: str | None, exclusive_max: bool, most: int) -> Node:
    """The digits behind a point (and the point), from 0.`low` to 0.`high`; high None: below 1."""
    none_fits = not low and not exclusive_min and not (high == "" and exclusive_max)
    tree = _from(low, exclusive_min, most) if high is None else _inside(low, exclusive_min, high, exclusive_max, most)
    some = NONE if tree == NONE else row(text_of("."), tree)
    return any_of(NIL, some) if none_fits else some


def _from(low: str, out: bool, most: int) -> Node:
    """Digits (at least one) that say 0.`low` or more."""
    if most <= 0:
        return NONE
    if not low:
        if not out:
            return digits_of(1, most)
        half = most // 2
        return row(("rep", text_of("0"), 0, half), digit(1, 9), digits_of(0, most - 1 - half))
    d = int(low[0])
    above = row(digit(d + 1, 9), digits_of(0, most - 1)) if d < 9 else NONE
    return any_of(above, row(text_of(low[0]), _or_end(_from(low[1:], out, most - 1), not low[1:] and not out)))


def _or_end(tree: Node, may_end: bool) -> Node:
    if not may_end:
        return tree
    return NIL if tree == NONE else ("alt", [NIL, tree])


def _upto(high: str, out: bool, most: int) -> Node:
    """Digits (at least one) that say 0.`high` or less."""
    if most <= 0:
        return NONE
    if not high:
        return NONE if out else ("rep", text_of("0"), 1, most)
    d = int(high[0])
    below = row(digit(0, d - 1), digits_of(0, most - 1)) if d else NONE
    may_end = bool(high[1:]) or not out
    return any_of(below, row(text_of(high[0]), _or_end(_upto(high[1:], out, most - 1), may_end)))


def _inside(low: str, exclusive_min: bool, high: str, exclusive_max: bool, most: int) -> Node:
    """Digits (at least one) between 0.`low` and 0.`high`."""
    if most <= 0:
        return NONE
    if not low and not exclusive_min:
        return _upto(high, exclusive_max, most)
    if not high and not low:
        return NONE
    a, b = int(low[:1] or 0), int(high[:1] or 0)
    if a > b:
        return NONE
    if a == b:
        end = not low[1:] and not exclusive_min and (bool(high[1:]) or not exclusive_max)
        return row(text_of(str(a)), _or_end(_inside(low[1:], exclusive_min, high[1:], exclusive_max, most - 1), end))
    first = row(text_of(str(a)), _or_end(_from(low[1:], exclusive_min, most - 1), not low[1:] and not exclusive_min))
    middle = row(digit(a + 1, b - 1), digits_of(0, most - 1)) if a + 1 <= b - 1 else NONE
    last = row(text_of(str(b)), _or_end(_upto(high[1:], exclusive_max, most - 1), bool(high[1:]) or not exclusive_max))
    return any_of(first, middle, last)
