"""
Measures of character ranges: how much of what should be found lies in what was found.

A range is (document id, start, end), end exclusive. Ranges may overlap; every character counts once. For retrieval
over passages the found ranges are those of the top passages. Nothing here cuts a text.
"""

from __future__ import annotations

from collections.abc import Iterable

Range = tuple[str, int, int]


def merged(ranges: Iterable[Range]) -> list[Range]:
    """The same characters as ranges that neither touch nor overlap, in order."""
    result: list[Range] = []
    for document, start, end in sorted(ranges):
        if start >= end:
            continue
        if result and result[-1][0] == document and start <= result[-1][2]:
            result[-1] = (document, result[-1][1], max(end, result[-1][2]))
        else:
            result.append((document, start, end))
    return result


def length(ranges: Iterable[Range]) -> int:
    """How many characters; every character once."""
    return sum(end - start for _, start, end in merged(ranges))


def overlap(left: Iterable[Range], right: Iterable[Range]) -> int:
    """How many characters are in both."""
    a, b, i, j, total = merged(left), merged(right), 0, 0, 0
    while i < len(a) and j < len(b):
        if a[i][0] == b[j][0]:
            total += max(0, min(a[i][2], b[j][2]) - max(a[i][1], b[j][1]))
        if (a[i][0], a[i][2]) <= (b[j][0], b[j][2]):
            i += 1
        else:
            j += 1
    return total


def recall(found: Iterable[Range], gold: Iterable[Range]) -> float:
    """The share of the gold characters that were found."""
    gold = merged(gold)
    return overlap(found, gold) / length(gold) if gold else 0.0


def precision(found: Iterable[Range], gold: Iterable[Range]) -> float:
    """The share of the found characters that are gold."""
    found = merged(found)
    return overlap(found, gold) / length(found) if found else 0.0


def iou(found: Iterable[Range], gold: Iterable[Range]) -> float:
    """Characters in both, divided by characters in either."""
    found, gold = merged(found), merged(gold)
    both = overlap(found, gold)
    either = length(found) + length(gold) - both
    return both / either if either else 0.0
