"""
A window's vector with what it stands in: its passage, the passages around it, the title of the document.

A few sentences are embedded alone, so that what they say is not drowned in a long text; but alone they may not say what
they are about. So each vector that is searched is the sum of three directions, made from vectors that are stored
anyway: no model is asked. Pure numpy: no SQL, no models. Why three, and these: docs/decisions.md.
"""

from __future__ import annotations

from typing import Any

import numpy as np

SURROUNDINGS = 4  # passages on each side that count as what a passage stands in
TITLE = 0.5  # share of the title's vector beside that of the surroundings


def placed(windows: Any, owners: Any, title: Any = None) -> Any:
    """
    float32 (n, dimensions), unit rows: what is searched for each window.

    `windows` are the unit vectors (n, dimensions) of a document's windows in order, `owners` (n,) says which passage
    each belongs to (any numbers, equal for the windows of one), `title` is the title's unit vector, if there is one.
    """
    first = np.flatnonzero(np.r_[True, owners[1:] != owners[:-1]])
    passage_of = np.repeat(np.arange(len(first)), np.diff(np.r_[first, len(owners)]))
    sums = np.add.reduceat(windows.astype(np.float64), first, axis=0)
    before = np.vstack([np.zeros_like(sums[:1]), np.cumsum(sums, axis=0)])
    numbers = np.arange(len(sums))
    around = unit(
        before[np.minimum(numbers + SURROUNDINGS + 1, len(sums))] - before[np.maximum(numbers - SURROUNDINGS, 0)]
    )
    if title is not None:
        around = unit(around + TITLE * title)
    return unit(windows + (unit(sums) + around)[passage_of]).astype(np.float32)


def unit(rows: Any) -> Any:
    """Each row at length 1."""
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
