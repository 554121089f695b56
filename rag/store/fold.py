"""Every row of a side file that counts, written anew into another: in cells learnt from them, if they are many."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from rag.store import cells, codes, segments

if TYPE_CHECKING:
    from rag.store.seal import Summed
    from rag.store.side import SideFile, State

Array = Any
BLOCK = 8192  # rows moved at a time


class Fold:
    """Rows are never all in memory: their places are, and they are moved in the new order some at a time."""

    def __init__(
        self, side: SideFile, state: State, mark: str, progress: Callable[[int, int], None], learn: bool = True
    ) -> None:
        self.side, self.state, self.mark, self.progress = side, state, mark, progress
        self.learn = learn or state.centroids is None  # else the cells stay, and with them what was measured
        found = []
        self.last = 0  # the largest number of a document
        for number, part in enumerate(state.parts):
            documents = segments.array(state.descriptor, part.record, "documents")
            positions = np.flatnonzero(~np.isin(documents, part.gone))
            self.last = max(self.last, int(documents.max(initial=0)))
            found.append((np.full(len(positions), number, np.int32), positions))
        self.part = np.concatenate([np.empty(0, np.int32), *(number for number, _ in found)])
        self.position = np.concatenate([np.empty(0, np.int64), *(positions for _, positions in found)])

    def write(self, file: Summed) -> None:
        """The whole file."""
        header: dict[str, Any] = {"kind": "begin", "stamp": self.state.stamp, "mark": self.mark}
        segments.write(file, header, {})
        rows, starts = len(self.part), {}
        if rows >= self.side.cells_from:
            centroids = self._centroids(rows) if self.learn else self.state.centroids
            segments.write(file, {"kind": "cells", "mark": self.mark}, {"centroids": centroids})
            placed = np.concatenate([self._placed(some, centroids) for some in self._steps(2)])
            order, begins = cells.sorted_by(placed, len(centroids))
            self.part, self.position, starts = self.part[order], self.position[order], {"starts": begins}
        width = self.side.dimensions
        arrays = {
            "documents": segments.Stream("<u4", (rows,), self._moved("documents")),
            "passages": segments.Stream("<u4", (rows,), self._moved("passages")),
            "scale": segments.Stream("<f4", (rows,), self._moved("scale")),
            "coarse": segments.Stream("|i1", (rows, width), self._moved("coarse")),
            "fine": segments.Stream("|u1", (rows, codes.half(width)), self._moved("fine")),
            "removed": np.empty(0, np.uint32),
            **starts,
        }
        seen, through = self.state.seen, self.state.through
        header = {"kind": "rows", "rows": rows, "seen": seen, "through": through, "joins": 0, "last": self.last}
        segments.write(file, {**header, "mark": self.mark}, arrays)
        if starts and not self.learn:
            segments.write(file, {"kind": "probes", "mark": self.mark, "probes": self.state.probes}, {})

    def _placed(self, places: Array, centroids: Array) -> Array:
        """The cells of these rows: those that they are in, if they are."""
        found = np.full(len(places), -1)
        for number in [] if self.learn else np.unique(self.part[places]).tolist():
            if (starts := self.state.parts[number].starts) is not None:
                inside = self.part[places] == number
                found[inside] = np.searchsorted(starts, self.position[places][inside], side="right") - 1
        if len(left := np.flatnonzero(found < 0)):
            found[left] = cells.assign(self._vectors(places[left]), centroids)
        return found

    def _centroids(self, rows: int) -> Array:
        count = cells.count(rows)
        chosen = np.random.default_rng(0).choice(rows, min(rows, count * cells.SAMPLE), replace=False)
        return cells.learn(self._vectors(np.sort(chosen)), count)

    def _steps(self, of: int) -> Iterator[Array]:
        """Places some thousand at a time; what is done is told in halves: dividing, and moving."""
        rows = len(self.part)
        for first in range(0, rows, BLOCK):
            yield np.arange(first, min(first + BLOCK, rows))
            self.progress(min(first + BLOCK, rows) // of, rows)

    def _moved(self, name: str) -> Iterator[Array]:
        for first in range(0, len(self.part), BLOCK):
            yield self._rows(name, np.arange(first, min(first + BLOCK, len(self.part))))

    def _vectors(self, places: Array) -> Array:
        return codes.decode(*(self._rows(name, places) for name in ("coarse", "fine", "scale")))

    def _rows(self, name: str, places: Array) -> Array:
        """These rows of an array, in the order of the places."""
        part, position = self.part[places], self.position[places]
        order = np.lexsort((position, part))
        found = [
            segments.picked(self.state.descriptor, self.state.parts[number].record, name, position[order][inside])
            for number in np.unique(part).tolist()
            for inside in [part[order] == number]
        ]
        rows = np.concatenate(found)
        back = np.empty(len(order), np.int64)
        back[order] = np.arange(len(order))
        return rows[back]
