"""
The rows nearest to a vector, in the segments of a side file: a coarse scan, then the exact score of the best.

Only what a question needs is read: the cells that it looks into, and single rows of the fine plane. What is found is
what exact scores of all rows that were looked at give, whatever the coarse ones say. Nothing here knows SQL.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from rag.store import codes, segments
from rag.store.segments import Segment

Array = Any
BLOCK = 2048  # rows whose vectors are read at a time: they stay in the cache of a processor
MANY = 65_536  # rows of which it is seen at once whether they count
FEW = 8  # rows in a segment for each that is allowed, from which on single rows are read and not all
FIRST = 1.25  # rows looked at exactly for each passage that is wanted, at first
MORE = 4  # times as many, if they were of too few passages


@dataclass(slots=True)
class _Looked:
    """Coarse scores of rows: of which segment, where in it, whose, how coarse; parallel arrays."""

    segment: list[Array] = field(default_factory=list)
    position: list[Array] = field(default_factory=list)
    passage: list[Array] = field(default_factory=list)
    scale: list[Array] = field(default_factory=list)
    score: list[Array] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Search:
    """A question to the rows of an open side file. `allowed`: ascending ids of passages that may be found, or None."""

    descriptor: int
    parts: Sequence[Segment]
    vector: Array  # float32 (d,), unit
    cells: Array | None = None  # to look into, where there are some
    allowed: Array | None = None
    gone: Array = field(default_factory=lambda: np.empty(0, np.uint32))  # documents that count in no segment
    masks: dict[str, Array] = field(default_factory=dict)  # what is allowed, and what is gone of each segment

    def best(self, k: int) -> dict[int, float]:
        """passage id -> cosine of its nearest row; at least the k best of those that were looked at."""
        looked = _Looked()
        for number, part in enumerate(self.parts):
            for first, last in self._ranges(part):
                self._scan(looked, number, first, last)
        if not looked.score:
            return {}
        columns = [np.concatenate(getattr(looked, name)) for name in ("segment", "position", "passage", "scale")]
        segment, position, passage, scale = columns
        score = np.concatenate(looked.score)
        slack = codes.slack(self.vector) * scale
        exact = np.full(len(score), -np.inf)
        wanted = min(int(FIRST * k) + 1, len(score))
        while True:
            chosen = np.argpartition(-score, wanted - 1)[:wanted]
            self._refine(exact, chosen, segment, position, scale, score)
            least = _kth(passage[chosen], exact[chosen], k)
            if least is not None or wanted == len(score):
                break
            wanted = min(MORE * wanted, len(score))
        if least is not None:  # what could still be better than the k-th
            self._refine(exact, np.flatnonzero(score + slack >= least), segment, position, scale, score)
        known = np.flatnonzero(exact > -np.inf)
        return _by_passage(passage[known], exact[known])

    def _ranges(self, part: Segment) -> Iterable[tuple[int, int]]:
        """Rows to look at, from and to."""
        if part.starts is None or self.cells is None or self.allowed is not None:
            for first in range(0, part.rows, MANY):
                yield first, min(first + MANY, part.rows)
            return
        chosen = np.sort(self.cells)
        begins, ends = part.starts[chosen], part.starts[chosen + 1]
        apart = np.flatnonzero(begins[1:] != ends[:-1]) + 1  # cells that lie side by side are read at once
        for first, last in zip(begins[np.r_[0, apart]], ends[np.r_[apart - 1, -1]], strict=True):
            yield int(first), int(last)

    def _scan(self, looked: _Looked, number: int, first: int, last: int) -> None:
        part = self.parts[number]
        positions, passage = self._counting(number, first, last)
        if not len(positions):
            return
        if len(positions) * FEW < last - first:
            scale = segments.picked(self.descriptor, part.record, "scale", positions)
            plane = segments.picked(self.descriptor, part.record, "coarse", positions)
            products = codes.products(plane, self.vector)
        else:
            scale = self._read(part, "scale", first, last)
            products = np.empty(last - first, dtype=np.float32)
            for at in range(first, last, BLOCK):
                plane = self._read(part, "coarse", at, min(at + BLOCK, last))
                products[at - first : at - first + len(plane)] = codes.products(plane, self.vector)
            if len(positions) < last - first:
                scale, products = scale[positions - first], products[positions - first]
        looked.score.append(products * scale)
        looked.segment.append(np.full(len(positions), number))
        looked.position.append(positions)
        looked.passage.append(passage)
        looked.scale.append(scale)

    def _counting(self, number: int, first: int, last: int) -> tuple[Array, Array]:
        """Positions and passages of the rows that count."""
        part = self.parts[number]
        passage = self._read(part, "passages", first, last)
        keep = None if self.allowed is None else segments.marked(self._mask("allowed", self.allowed), passage)
        if len(part.gone) or len(self.gone):
            gone = self._mask(f"gone {number}", part.gone, self.gone)
            live = ~segments.marked(gone, self._read(part, "documents", first, last))
            keep = live if keep is None else keep & live
        if keep is None:
            return np.arange(first, last), passage
        inside = np.flatnonzero(keep)
        return first + inside, passage[inside]

    def _refine(self, exact: Array, chosen: Array, segment: Array, position: Array, scale: Array, score: Array) -> None:
        """Exact scores of these rows, where they are not known yet."""
        chosen = chosen[exact[chosen] == -np.inf]
        chosen = chosen[np.lexsort((position[chosen], segment[chosen]))]
        # np.unique would import numpy.ma, a twentieth of what a search by command takes.
        for number in np.flatnonzero(np.bincount(segment[chosen])).tolist():
            rows = chosen[segment[chosen] == number]
            fine = segments.picked(self.descriptor, self.parts[number].record, "fine", position[rows])
            exact[rows] = score[rows] + codes.products(fine, self.vector) * scale[rows] / codes.FINE

    def _mask(self, name: str, *listed: Array) -> Array:
        """What is listed as marks by number, made once."""
        if name not in self.masks:
            self.masks[name] = segments.marks(*listed)
        return self.masks[name]

    def _read(self, part: Segment, name: str, first: int, last: int) -> Array:
        return segments.array(self.descriptor, part.record, name, first, last)


def _by_passage(passages: Array, scores: Array) -> dict[int, float]:
    order = np.lexsort((scores, passages))
    passages, scores = passages[order], scores[order]
    last = np.r_[passages[1:] != passages[:-1], True] if len(passages) else np.zeros(0, bool)
    return dict(zip(passages[last].tolist(), scores[last].tolist(), strict=True))


def _kth(passages: Array, scores: Array, k: int) -> float | None:
    """The k-th best score of a passage; None if there are fewer."""
    found = _by_passage(passages, scores)
    return sorted(found.values(), reverse=True)[k - 1] if len(found) >= k else None
