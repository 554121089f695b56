"""
Vectors as two planes: a coarse one of 8 bits a number that is scanned, and a fine one of 4 that is read for the best.

A row is `scale · (coarse + fine / 15)`: 12 bits a dimension, of which a scan reads 8. How far a coarse score can be
from the fine one has a bound, so that the best rows are found for certain. Pure numpy: no SQL, no files.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

try:
    import simsimd
except ImportError:  # no wheel for this system
    simsimd = None  # type: ignore[assignment]

Array = Any
FINE = 15  # steps of the fine plane in one of the coarse plane
MOST = 7  # of them to each side
CHUNK = 512  # rows that are turned into float32 at a time: they stay in the processor's cache
NEARLY = 1.0001  # for what float32 rounds


def encode(vectors: Array) -> tuple[Array, Array, Array]:
    """float32 (n, d) to coarse int8 (n, d), fine uint8 (n, half), scale float32 (n,)."""
    scale = (np.abs(vectors).max(axis=1, initial=0) / 127).astype(np.float32)
    scale[scale == 0] = 1
    parts = vectors / scale[:, None]
    coarse = np.rint(parts)
    width = half(vectors.shape[1])
    fine = np.full((len(vectors), 2 * width), MOST + 1, dtype=np.uint8)
    fine[:, : vectors.shape[1]] = np.clip(np.rint((parts - coarse) * FINE), -MOST, MOST) + (MOST + 1)
    return coarse.astype(np.int8), fine[:, :width] | fine[:, width:] << 4, scale


def half(dimensions: int) -> int:
    """Bytes of a row of the fine plane."""
    return (dimensions + 1) // 2


def unpacked(fine: Array, dimensions: int) -> Array:
    """The fine plane as int8 (n, d), -MOST to MOST."""
    width = half(dimensions)
    out = np.empty((len(fine), 2 * width), dtype=np.int8)
    out[:, :width] = fine & 15
    out[:, width:] = fine >> 4
    out -= MOST + 1
    return out[:, :dimensions]


def decode(coarse: Array, fine: Array, scale: Array) -> Array:
    """The float32 rows again, each number within scale / 30."""
    numbers = unpacked(fine, coarse.shape[1]) * np.float32(1 / FINE)
    return (coarse + numbers).astype(np.float32) * scale[:, None]


class Products:
    """
    Int8 rows times a vector: exactly, or as near as the vector in 8 bits comes, which takes a fifth of the time.

    Without SimSIMD both are the exact one.
    """

    def __init__(self, vector: Array) -> None:
        self.vector = vector
        # Memory that stays: asked for anew each time, it is cleared page by page first.
        self.buffer = np.empty((CHUNK, len(vector)), dtype=np.float32)
        self.step = float(np.abs(vector).max(initial=0)) / 127 or 1.0
        self.short = np.rint(vector / np.float32(self.step)).astype(np.int8)[None]
        rest = vector - self.short[0] * np.float32(self.step)
        self.rest = float(np.linalg.norm(rest)) * NEARLY if simsimd else 0.0

    def of(self, plane: Array) -> Array:
        """float32 (n,): each row times the vector."""
        out = np.empty(len(plane), dtype=np.float32)
        for first in range(0, len(plane), CHUNK):
            part = plane[first : first + CHUNK]
            self.buffer[: len(part)] = part
            np.dot(self.buffer[: len(part)], self.vector, out=out[first : first + len(part)])
        return out

    def rough(self, plane: Array) -> Array:
        """float32 (n,): about each row times the vector."""
        if simsimd is None:
            return self.of(plane)
        # Its `out` would spare a copy, and takes a reference to None that is not its own (6.5.3).
        return np.asarray(simsimd.cdist(self.short, plane, "dot", out_dtype="float32"))[0] * np.float32(self.step)

    def off(self, scale: Array) -> Array:
        """How far at most a rough score is from the exact one, of rows of unit length, a little more once coarse."""
        return self.rest * (1 + math.sqrt(len(self.vector)) / 2 * scale)


def slack(vector: Array) -> float:
    """How much at most, in units of a row's scale, the fine plane adds to or takes from a coarse score."""
    return float(np.abs(vector).sum()) * (MOST / FINE)
