"""
Texts that are nearly the same, among very many: MinHash to find pairs, then word by word whether they are.

    texts --shingles of three words, 72 minima, 24 bands of 3--> pairs --words in common--> groups

Broder 1997 (MinHash), Leskovec, Rajaraman and Ullman 2014, chapter 3 (bands). Two texts of which half of the shingles
are shared come to be compared with a chance of 96 %, of 70 % with 99.99 %. What is compared is exact: a group's members
each have at least so many words in common with its first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any
from zlib import crc32

import numpy as np

from rag.understand.differences import LONG, similarity

Array = Any
SHINGLE = 3  # words
BANDS, ROWS = 24, 3
LEADERS = 6  # texts of one bucket that others are compared with
BLOCK = 1 << 19  # shingles at a time
WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Group:
    """Places of texts that are nearly the same: the first, and the others with the share of words in common with it."""

    first: int
    others: tuple[tuple[int, float], ...]


def groups(texts: Sequence[str], least: float = 0.9) -> list[Group]:
    """
    The groups of at least two texts, by the place of their first; every text is in one group at most.

    Equal texts are always found; others if at least a share of `least` of their words is the same, in the same order.
    """
    same: dict[str, list[int]] = {}
    for place, text in enumerate(texts):
        same.setdefault(text, []).append(place)
    distinct = [places[0] for places in same.values()]
    near = _near([texts[place] for place in distinct], least) if least < 1 else {}
    found = {place: [(other, 1.0) for other in same[texts[place]][1:]] for place in distinct}
    for number, (leader, share) in near.items():
        place = distinct[number]
        found[distinct[leader]] += [(other, share) for other in same[texts[place]]]
        found.pop(place)
    return [Group(first, tuple(sorted(others))) for first, others in sorted(found.items()) if others]


def alike(one: str, other: str, least: float) -> float:
    """The share of words in common, or 0 if it is below `least`."""
    if one == other:
        return 1.0
    a, b = one.split(), other.split()
    if 2 * min(len(a), len(b)) < least * (len(a) + len(b)):
        return 0.0
    if len(a) + len(b) <= LONG and SequenceMatcher(None, a, b, autojunk=False).quick_ratio() < least:
        return 0.0
    share = similarity(one, other)
    return share if share >= least else 0.0


def _near(texts: Sequence[str], least: float) -> dict[int, tuple[int, float]]:
    """place -> (the first of its group, share of words in common with it), for texts that differ."""
    compared: dict[tuple[int, int], float] = {}
    linked: dict[int, set[int]] = {}

    def like(first: int, other: int) -> float:
        pair = (first, other) if first < other else (other, first)
        if pair not in compared:
            compared[pair] = alike(texts[pair[0]], texts[pair[1]], least)
        return compared[pair]

    for bucket in _buckets(signatures(texts)):
        leaders: list[int] = []
        for place in bucket:
            near = next((one for one in leaders if like(one, place)), None)
            if near is not None:
                linked.setdefault(near, set()).add(place)
                linked.setdefault(place, set()).add(near)
            elif len(leaders) < LEADERS:
                leaders.append(place)
    found: dict[int, tuple[int, float]] = {}
    for component in _components(linked):
        for place in component:
            if place not in found:
                found |= {
                    other: (place, share)
                    for other in component
                    if other > place and other not in found and (share := like(place, other))
                }
    return found


def _components(linked: dict[int, set[int]]) -> Iterator[list[int]]:
    """What hangs together, each in order."""
    seen: set[int] = set()
    for place in sorted(linked):
        if place in seen:
            continue
        component, waiting = {place}, [place]
        while waiting:
            new = linked[waiting.pop()] - component
            component |= new
            waiting += new
        seen |= component
        yield sorted(component)


def _buckets(minima: Array) -> Iterator[list[int]]:
    """Places of texts that agree in all rows of a band, at least two, in their order."""
    for band in range(BANDS):
        rows = minima[:, band * ROWS : (band + 1) * ROWS].astype(np.uint64)
        keys = (rows[:, 0] * np.uint64(0x9E3779B97F4A7C15)) ^ (rows[:, 1] * np.uint64(0xC2B2AE3D27D4EB4F)) ^ rows[:, 2]
        order = np.argsort(keys, kind="stable")
        edges = np.flatnonzero(np.r_[True, keys[order][1:] != keys[order][:-1], True])
        for at in np.flatnonzero(np.diff(edges) > 1):
            yield order[edges[at] : edges[at + 1]].tolist()


def signatures(texts: Iterable[str]) -> Array:
    """MinHash: uint32 (n, BANDS * ROWS), the smallest of each hash over the shingles of a text."""
    codes: dict[str, int] = {}
    parts: list[Array] = []
    made: list[Array] = []
    waiting = 0
    for text in texts:
        words = WORD.findall(text.lower())
        numbers = [
            codes.get(word) or codes.setdefault(word, crc32(word.encode("utf-8", "replace")) | 1) for word in words
        ]
        parts.append(_shingles(np.array(numbers or [0], dtype=np.uint64)))
        waiting += len(parts[-1])
        if waiting >= BLOCK:
            made.append(_minima(parts))
            parts, waiting = [], 0
    if parts:
        made.append(_minima(parts))
    return np.concatenate(made) if made else np.zeros((0, BANDS * ROWS), dtype=np.uint32)


def _shingles(words: Array) -> Array:
    """A hash of every run of three words; of a shorter text one of all of it."""
    with np.errstate(over="ignore"):
        if len(words) < SHINGLE:
            return np.array([(words * np.uint64(0x9E3779B97F4A7C15)).sum()], dtype=np.uint64)
        first, second, third = words[:-2], words[1:-1], words[2:]
        mixed = first * np.uint64(0x9E3779B97F4A7C15) + second * np.uint64(0xC2B2AE3D27D4EB4F)
        mixed += third * np.uint64(0x165667B19E3779F9)
        return mixed ^ (mixed >> np.uint64(29))


def _minima(parts: Sequence[Array]) -> Array:
    starts = np.concatenate([[0], np.cumsum([len(part) for part in parts])[:-1]])
    shingles = np.concatenate(parts)
    rng = np.random.default_rng(0x17)
    factors = rng.integers(1, 2**63, BANDS * ROWS, dtype=np.uint64) | np.uint64(1)
    made = np.empty((len(parts), BANDS * ROWS), dtype=np.uint32)
    with np.errstate(over="ignore"):
        for column, factor in enumerate(factors):
            hashed = ((shingles * factor) >> np.uint64(32)).astype(np.uint32)
            made[:, column] = np.minimum.reduceat(hashed, starts)
    return made
