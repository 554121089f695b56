"""
Vectors as two planes of int8: a coarse one that is scanned, and a fine one that is read for the best candidates alone.

A row is `scale · (coarse + fine / 254)`: 16 bits a dimension, of which a scan reads 8. How far a coarse score can be
from the fine one has a bound, so that the best rows are found for certain. Pure numpy: no SQL, no files.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Array = Any
FINE = 254.0  # steps of the fine plane in one of the coarse plane
CHUNK = 512  # rows that are turned into float32 at a time: they stay in the processor's cache


def encode(vectors: Array) -> tuple[Array, Array, Array]:
    """float32 (n, d) to coarse int8 (n, d), fine int8 (n, d), scale float32 (n,)."""
    scale = (np.abs(vectors).max(axis=1, initial=0) / 127).astype(np.float32)
    scale[scale == 0] = 1
    parts = vectors / scale[:, None]
    coarse = np.rint(parts)
    fine = np.rint((parts - coarse) * FINE)
    return coarse.astype(np.int8), np.clip(fine, -127, 127).astype(np.int8), scale


def decode(coarse: Array, fine: Array, scale: Array) -> Array:
    """The float32 rows again, each number within scale / 508."""
    return (coarse + fine * np.float32(1 / FINE)).astype(np.float32) * scale[:, None]


class Products:
    """Int8 rows times a vector. Memory that stays: asked for anew each time, it is cleared page by page first."""

    def __init__(self, vector: Array) -> None:
        self.vector = vector
        self.buffer = np.empty((CHUNK, len(vector)), dtype=np.float32)

    def of(self, plane: Array) -> Array:
        """float32 (n,): each row times the vector."""
        out = np.empty(len(plane), dtype=np.float32)
        for first in range(0, len(plane), CHUNK):
            part = plane[first : first + CHUNK]
            self.buffer[: len(part)] = part
            np.dot(self.buffer[: len(part)], self.vector, out=out[first : first + len(part)])
        return out


def slack(vector: Array) -> float:
    """How much at most, in units of a row's scale, the fine plane adds to or takes from a coarse score."""
    return float(np.abs(vector).sum()) * (127 / FINE)
