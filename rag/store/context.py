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


def placed(windows: Any, owners: Any, documents: Any, titles: Any) -> Any:
    """
    float32 (n, dimensions), unit rows: what is searched for each window.

    `windows` are the unit vectors (n, dimensions) of the windows of some documents in order, `owners` (n,) says which
    passage each belongs to and `documents` (n,) which document (any numbers, equal for what belongs together), `titles`
    (n, dimensions) are the unit vectors of the documents' titles; rows of zeros where there is none.
    """
    if not len(windows):
        return windows
    first = np.flatnonzero(np.r_[True, owners[1:] != owners[:-1]])
    passage_of = np.repeat(np.arange(len(first)), np.diff(np.r_[first, len(owners)]))
    sums = np.add.reduceat(windows.astype(np.float64), first, axis=0)
    before = np.vstack([np.zeros_like(sums[:1]), np.cumsum(sums, axis=0)])
    numbers, inside = np.arange(len(sums)), documents[first]
    begins = np.flatnonzero(np.r_[True, inside[1:] != inside[:-1]])
    lengths = np.diff(np.r_[begins, len(inside)])
    low, high = np.repeat(begins, lengths), np.repeat(begins + lengths, lengths)
    around = unit(
        before[np.minimum(numbers + SURROUNDINGS + 1, high)] - before[np.maximum(numbers - SURROUNDINGS, low)]
    )
    around = unit(around + TITLE * titles[first])
    return unit(windows + (unit(sums) + around)[passage_of]).astype(np.float32)


def unit(rows: Any) -> Any:
    """Each row at length 1."""
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
