"""
What names are of, told by the names that they are nearest to in meaning: a person, a place, an organisation, a product.

`known_names.txt` has some names of each kind. A linear reading of their vectors and the nearest three of each kind are
counted together. No context is looked at: "Washington" is what most call so. Nothing here asks a model that writes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Matrix = NDArray[np.float32]

KNOWN = Path(__file__).parent / "known_names.txt"  # kind: names
NEAREST = 3
RIDGE = 1.0


class Likenesses:
    """The kinds of names; `embed` gives the unit vectors of texts."""

    def __init__(self, embed: Callable[[Sequence[str]], Matrix]) -> None:
        self._embed = embed
        lines = KNOWN.read_text(encoding="utf-8").splitlines()[1:]
        self._known = {kind: names.split(" | ") for kind, _, names in (line.partition(": ") for line in lines)}

    def of(self, names: Sequence[str]) -> dict[str, dict[str, float]]:
        """How much more each name is of each kind than of any other: below 0 for all kinds but one."""
        import numpy as np

        if not names:
            return {}
        vectors, (weights, groups) = self._embed(names), self._read
        sums = vectors @ weights
        for column, group in enumerate(groups):
            sums[:, column] += np.sort(vectors @ group.T, axis=1)[:, -NEAREST:].mean(axis=1)
        order = np.sort(sums, axis=1)
        best, second = order[:, -1:], order[:, -2:-1]
        apart = sums - np.where(sums == best, second, best)
        return {
            name: dict(zip(self._known, map(float, row), strict=True)) for name, row in zip(names, apart, strict=True)
        }

    @cached_property
    def _read(self) -> tuple[Matrix, Sequence[Matrix]]:
        """The weights of a ridge regression onto the kinds, and the vectors of each kind's names."""
        import numpy as np

        groups = [self._embed(names) for names in self._known.values()]
        every = np.concatenate(groups)
        kinds = np.repeat(np.eye(len(groups), dtype=every.dtype), [len(group) for group in groups], axis=0)
        square = every @ every.T + RIDGE * np.eye(len(every), dtype=every.dtype)
        return every.T @ np.linalg.solve(square, kinds), groups


def kind_of(likeness: Mapping[str, float]) -> str:
    """The kind that a name is most of."""
    return max(likeness, key=lambda kind: likeness[kind])


__all__ = ["Likenesses", "kind_of"]
