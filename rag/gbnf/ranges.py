"""
Sets of characters as ranges: pairs of (first, last), sorted and apart. Nothing here knows grammars or patterns.
"""

from __future__ import annotations

Ranges = tuple[tuple[int, int], ...]
TOP = 0x10FFFF
ANY: Ranges = ((0, 0xD7FF), (0xE000, TOP))  # a surrogate alone is no character


def union(*sets: Ranges) -> Ranges:
    out: list[list[int]] = []
    for low, high in sorted(pair for ranges in sets for pair in ranges):
        if out and low <= out[-1][1] + 1:
            out[-1][1] = max(out[-1][1], high)
        else:
            out.append([low, high])
    return tuple((low, high) for low, high in out)


def without(ranges: Ranges, gone: Ranges) -> Ranges:
    """The characters of `ranges` that are not in `gone` (both sorted and apart)."""
    out = []
    for low, high in ranges:
        for first, last in gone:
            if last < low:
                continue
            if first > high:
                break
            if first > low:
                out.append((low, first - 1))
            low = last + 1
            if low > high:
                break
        if low <= high:
            out.append((low, high))
    return tuple(out)


def common(one: Ranges, other: Ranges) -> Ranges:
    return without(one, without(((0, TOP),), other))
