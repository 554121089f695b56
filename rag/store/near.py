"""
The rows nearest to a vector, in the segments of a side file: a coarse scan, then the exact score of the best.

Only what a question needs is read: the cells that it looks into, and single rows of the fine plane. What is found is
what exact scores of all rows that were looked at give, whatever the coarse ones say: a coarse score has a bound
(`codes.py`), and a row is let go once k passages are better for certain. Nothing here knows SQL.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from rag.store import codes, mapping, segments
from rag.store.segments import Runs, Segment

Array = Any
MANY = 65_536  # rows of which it is seen at once whether they count
FEW = 8  # rows in a segment for each that is allowed, from which on single rows are read and not all
FIRST = 1.25  # rows looked at exactly for each passage that is wanted, at first
LOWEST = -1e30  # less than any score, more than that of a row which does not count
MORE = 4  # times as many, if they were of too few passages


@dataclass(slots=True)
class _Best:
    """Rows that may be of the k best passages: of which segment, where in it, whose, how coarse; parallel arrays."""

    k: int
    slack: float  # how far a coarse score may be off, in units of a row's scale
    bound: float = LOWEST  # k passages score at least so
    rows: list[tuple[Array, ...]] = field(default_factory=list)  # segment, position, passage, scale, score
    sure: tuple[Array, Array] = (np.empty(0, np.uint32), np.empty(0, np.float32))  # passages, what they score at least
    fresh: int = 0  # rows that `sure` does not know of
    known: int = 0  # entries of `rows` that it knows

    def add(self, segment: int, position: Array, passage: Array, scale: Array, score: Array) -> None:
        """Take these rows."""
        self.rows.append((np.full(len(score), segment), position, passage, scale, score))
        self.fresh += len(score)
        if self.fresh > MORE * self.k:
            _, _, passage, scale, score = self.columns(self.known)
            self.see(passage, score - self.slack * scale)
            self.fresh, self.known = 0, len(self.rows)

    def see(self, passage: Array, least: Array) -> None:
        """Raise the bound by what rows score at least."""
        if len(least) > MORE * self.k:
            top = np.argpartition(-least, MORE * self.k)[: MORE * self.k]
            passage, least = passage[top], least[top]
        self.sure = _each(np.concatenate([self.sure[0], passage]), np.concatenate([self.sure[1], least]), self.k)
        if len(self.sure[0]) == self.k:
            self.bound = max(self.bound, float(self.sure[1][-1]))

    def columns(self, first: int = 0) -> list[Array]:
        """Of all rows, or of those that came later than `first` others."""
        return [np.concatenate(column) for column in zip(*self.rows[first:], strict=True)]


@dataclass(frozen=True)
class Search:
    """A question to the rows of an open side file. `allowed`: ascending ids of passages that may be found, or None."""

    descriptor: int
    parts: Sequence[Segment]
    vector: Array  # float32 (d,), unit
    cells: Array | None = None  # to look into, where there are some
    allowed: Array | None = None
    gone: Array = field(default_factory=lambda: np.empty(0, np.uint32))  # documents that count in no segment
    lease: int | None = None  # while which nobody can cut the file (`mapping.py`)
    masks: dict[str, Array] = field(default_factory=dict)  # what is allowed, and what is gone of each segment

    def best(self, k: int) -> dict[int, float]:
        """passage id -> cosine of its nearest row; at least the k best of those that were looked at."""
        slack = codes.slack(self.vector)
        best = _Best(k, slack)
        for number, part in enumerate(self.parts):
            for runs in self._blocks(part):
                self._scan(best, number, runs)
        if not best.rows:
            return {}
        segment, position, passage, scale, score = best.columns()
        exact = np.full(len(score), -np.inf)
        wanted = min(int(FIRST * k) + 1, len(score))
        while True:
            chosen = np.argpartition(-score, wanted - 1)[:wanted]
            self._refine(exact, chosen, segment, position, scale, score)
            found = _each(passage[chosen], exact[chosen], k)[1]
            if len(found) == k or wanted == len(score):
                break
            wanted = min(MORE * wanted, len(score))
        if len(found) == k:  # what could still be better than the k-th
            self._refine(exact, np.flatnonzero(score + slack * scale >= found[-1]), segment, position, scale, score)
        known = np.flatnonzero(exact > -np.inf)
        passages, scores = _each(passage[known], exact[known])
        return dict(zip(passages.tolist(), scores.tolist(), strict=True))

    def _blocks(self, part: Segment) -> Iterator[Runs]:
        """Rows to look at, from and to, at most MANY at a time."""
        if part.starts is None or self.cells is None or self.allowed is not None:
            yield from ([(first, min(first + MANY, part.rows))] for first in range(0, part.rows, MANY))
            return
        chosen = np.sort(self.cells)
        begins, ends = part.starts[chosen], part.starts[chosen + 1]
        apart = np.flatnonzero(begins[1:] != ends[:-1]) + 1  # cells that lie side by side are read at once
        block: list[tuple[int, int]] = []
        room = MANY
        for first, last in zip(begins[np.r_[0, apart]].tolist(), ends[np.r_[apart - 1, -1]].tolist(), strict=True):
            while first < last:
                block.append((first, min(last, first + room)))
                room -= block[-1][1] - first
                first = block[-1][1]
                if not room:
                    yield block
                    block, room = [], MANY
        if block:
            yield block

    def _scan(self, best: _Best, number: int, runs: Runs) -> None:
        record = self.parts[number].record
        passage, inside = self._counting(number, runs)
        if inside is not None and len(inside) * FEW < len(passage):
            positions = _positions(runs, inside)
            scale = segments.picked(self.descriptor, record, "scale", positions)
            score = self._products.of(segments.picked(self.descriptor, record, "coarse", positions)) * scale
            chosen = np.flatnonzero(score + best.slack * scale >= best.bound)
            if len(chosen):
                best.add(number, positions[chosen], passage[inside[chosen]], scale[chosen], score[chosen])
            return
        scale = segments.gathered(self.descriptor, record, "scale", runs)
        most = self._margin(best, scale.max(initial=0))
        counts = None
        if inside is not None:
            counts = np.zeros(len(passage), dtype=bool)
            counts[inside] = True
        at = 0
        for piece in self._pieces(record, runs):
            here = slice(at, at + len(piece))
            about = self._products.rough(piece) * scale[here]
            near = np.flatnonzero(about >= best.bound - most)
            if counts is not None:
                near = near[counts[here][near]]
            margin = self._margin(best, scale[here][near])
            if len(near) > best.k:
                best.see(passage[here][near], about[near] - margin)
            keep = about[near] + margin >= best.bound
            near = near[keep]
            if len(near):
                score = self._products.of(piece[near]) * scale[here][near]
                best.add(number, _positions(runs, at + near), passage[here][near], scale[here][near], score)
            at += len(piece)

    def _pieces(self, record: segments.Record, runs: Runs) -> Iterable[Array]:
        """The coarse rows of these runs, some at a time."""
        if self.lease is not None and len(runs) == 1 and mapping.worth(runs[0][1] - runs[0][0]):
            with suppress(OSError):  # copied, it says what is wrong
                return [mapping.rows(self.lease, record, "coarse", *runs[0])]
        return segments.pieces(self.descriptor, record, "coarse", runs)

    def _margin(self, best: _Best, scale: Array) -> Array:
        """How far a rough score may be off."""
        return self._products.off(scale) + best.slack * scale

    def _counting(self, number: int, runs: Runs) -> tuple[Array, Array | None]:
        """The passages of the rows, and which of them count (None: all)."""
        part = self.parts[number]
        passage = segments.gathered(self.descriptor, part.record, "passages", runs)
        keep = None if self.allowed is None else segments.marked(self._mask("allowed", self.allowed), passage)
        since = self.gone[self.gone <= part.last]
        if len(part.gone) or len(since):
            gone = self._mask(f"gone {number}", part.gone, since)
            live = ~segments.marked(gone, segments.gathered(self.descriptor, part.record, "documents", runs))
            keep = live if keep is None else keep & live
        return passage, None if keep is None else np.flatnonzero(keep)

    def _refine(self, exact: Array, chosen: Array, segment: Array, position: Array, scale: Array, score: Array) -> None:
        """Exact scores of these rows, where they are not known yet."""
        chosen = chosen[exact[chosen] == -np.inf]
        chosen = chosen[np.lexsort((position[chosen], segment[chosen]))]
        # np.unique would import numpy.ma, a twentieth of what a search by command takes.
        for number in np.flatnonzero(np.bincount(segment[chosen])).tolist():
            rows = chosen[segment[chosen] == number]
            packed = segments.picked(self.descriptor, self.parts[number].record, "fine", position[rows])
            fine = codes.unpacked(packed, len(self.vector))
            exact[rows] = score[rows] + self._products.of(fine) * scale[rows] / codes.FINE

    @cached_property
    def _products(self) -> codes.Products:
        return codes.Products(self.vector)

    def _mask(self, name: str, *listed: Array) -> Array:
        """What is listed as marks by number, made once."""
        if name not in self.masks:
            self.masks[name] = segments.marks(*listed)
        return self.masks[name]


def _positions(runs: Runs, chosen: Array) -> Array:
    """Where the rows lie that are `chosen` of those of the runs, one run after the other."""
    if len(runs) == 1:
        return chosen + runs[0][0]
    begins = np.array([first for first, _ in runs])
    before = np.concatenate([[0], np.cumsum([last - first for first, last in runs])])
    of = np.searchsorted(before, chosen, side="right") - 1
    return begins[of] + chosen - before[of]


def _each(passages: Array, scores: Array, k: int | None = None) -> tuple[Array, Array]:
    """Passages and the best score of each, best first; the first k."""
    order = np.lexsort((-scores, passages))
    passages, scores = passages[order], scores[order]
    first = np.r_[True, passages[1:] != passages[:-1]] if len(passages) else np.zeros(0, bool)
    passages, scores = passages[first], scores[first]
    ranked = np.argsort(-scores, kind="stable")[:k]
    return passages[ranked], scores[ranked]
