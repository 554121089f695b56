"""
Cells: an inverted file over vectors (k-means), for indexes too large to scan whole.

The vectors are divided among the nearest of about √n centroids; a question looks only into the cells whose centroids
are nearest to it. How many cells that must be is measured on the index itself when it is built, not guessed: real
embeddings need more than synthetic ones. Pure numpy; the SQL is in `vectors.py`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

Array = Any
Blocks = Callable[[], Iterator[Array]]  # the vectors again and again, some thousand rows (float32, unit) at a time

SAMPLE = 64  # vectors a centroid is learnt from
ROUNDS = 8  # of Lloyd's algorithm
QUERIES = 200  # stand-ins for questions, to find how many cells to look into
NEIGHBOURS = 10
RECALL = 0.98  # of the true neighbours, that must be found


def count(rows: int) -> int:
    """How many cells for so many vectors: the square root, at most 4096."""
    return max(2, min(4096, math.isqrt(rows)))


def learn(blocks: Blocks, rows: int, cells: int, seed: int = 0) -> Array:
    """Centroids (cells, dimensions), unit rows: spherical k-means on a sample."""
    rng = np.random.default_rng(seed)
    sample = _sample(blocks, rows, cells * SAMPLE, rng)
    centroids = sample[rng.choice(len(sample), min(cells, len(sample)), replace=False)].copy()
    for _ in range(ROUNDS):
        nearest = assign(sample, centroids)
        sums = np.zeros_like(centroids)
        np.add.at(sums, nearest, sample)
        norms = np.linalg.norm(sums, axis=1)
        empty = norms < 1e-9
        sums[empty] = sample[rng.choice(len(sample), int(empty.sum()))]
        norms[empty] = 1
        centroids = sums / norms[:, None]
    return centroids.astype(np.float32)


def assign(vectors: Array, centroids: Array) -> Array:
    """The nearest centroid of each vector (int64)."""
    out = np.empty(len(vectors), dtype=np.int64)
    for first in range(0, len(vectors), 4096):
        out[first : first + 4096] = (vectors[first : first + 4096] @ centroids.T).argmax(axis=1)
    return out


def probes(blocks: Blocks, rows: int, centroids: Array, seed: int = 1) -> int:
    """The smallest number of cells that finds `RECALL` of the true neighbours of vectors of this index."""
    rng = np.random.default_rng(seed)
    queries = _sample(blocks, rows, QUERIES, rng)
    best = np.full((len(queries), NEIGHBOURS + 1), -2.0, dtype=np.float32)
    where = np.zeros((len(queries), NEIGHBOURS + 1), dtype=np.int64)
    for block in blocks():
        scores = np.concatenate([best, queries @ block.T], axis=1)
        cell = np.concatenate([where, np.broadcast_to(assign(block, centroids), (len(queries), len(block)))], axis=1)
        top = np.argpartition(-scores, NEIGHBOURS, axis=1)[:, : NEIGHBOURS + 1]
        best, where = np.take_along_axis(scores, top, 1), np.take_along_axis(cell, top, 1)
    # The rank of each neighbour's cell among all cells, by nearness to the query (0 is the nearest).
    order = np.argsort(-(queries @ centroids.T), axis=1)
    rank = np.empty_like(order)
    np.put_along_axis(rank, order, np.broadcast_to(np.arange(len(centroids)), order.shape), axis=1)
    needed = np.sort(np.take_along_axis(rank, where, 1).ravel()[best.ravel() > -2])
    return int(needed[min(len(needed) - 1, int(np.ceil(RECALL * len(needed))) - 1)]) + 1


def nearest(vector: Array, centroids: Array, cells: int) -> list[int]:
    """The cells to look into."""
    return [int(cell) for cell in np.argsort(-(centroids @ vector))[:cells]]


def _sample(blocks: Blocks, rows: int, size: int, rng: Any) -> Array:
    chosen = np.sort(rng.choice(rows, min(size, rows), replace=False))
    parts, first = [], 0
    for block in blocks():
        inside = chosen[(chosen >= first) & (chosen < first + len(block))] - first
        parts.append(block[inside])
        first += len(block)
    return np.concatenate(parts)
