"""
Cells: an inverted file over vectors (k-means), for indexes too large to scan whole.

The vectors are divided among the nearest of about 2 √n centroids; a question looks only into the cells whose centroids
are nearest to it. How many cells that must be is measured on the index itself, not guessed: real embeddings need more
than synthetic ones. Pure numpy: no SQL, no files.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

Array = Any

SAMPLE = 30  # vectors a centroid is learnt from
ROUNDS = 6  # of Lloyd's algorithm
QUERIES = 200  # stand-ins for questions, to find how many cells to look into
NEIGHBOURS = 10
SURE = 1.645  # standard errors that the recall is to be above the one that is wanted


def count(rows: int) -> int:
    """How many cells for so many vectors: twice the square root, at most 4096."""
    return max(2, min(4096, 2 * math.isqrt(rows)))


def learn(sample: Array, cells: int, seed: int = 0) -> Array:
    """Centroids (cells, dimensions), unit rows: spherical k-means on a sample (n, dimensions)."""
    rng = np.random.default_rng(seed)
    centroids = sample[rng.choice(len(sample), min(cells, len(sample)), replace=False)].copy()
    for _ in range(ROUNDS):
        nearest = assign(sample, centroids)
        order = np.argsort(nearest, kind="stable")
        present, first = np.unique(nearest[order], return_index=True)
        sums = sample[rng.choice(len(sample), len(centroids))]  # for cells that nothing is nearest to
        sums[present] = np.add.reduceat(sample[order], first, axis=0)
        centroids = sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-12)
    return centroids.astype(np.float32)


def assign(vectors: Array, centroids: Array) -> Array:
    """The nearest centroid of each vector (int64)."""
    out = np.empty(len(vectors), dtype=np.int64)
    for first in range(0, len(vectors), 1024):
        out[first : first + 1024] = (vectors[first : first + 1024] @ centroids.T).argmax(axis=1)
    return out


def probes(blocks: Iterable[tuple[Array, Array]], queries: Array, centroids: Array, recall: float) -> tuple[int, float]:
    """
    The smallest number of cells that finds this share of true neighbours, with 19 chances in 20; and the share found.

    The queries are a sample: a number that found just the share would find less for every second sample of others.

    `blocks` are (vectors, their cells; -1 for what every question looks at).
    """
    best = np.full((len(queries), NEIGHBOURS), -2.0, dtype=np.float32)
    where = np.full((len(queries), NEIGHBOURS), -1, dtype=np.int64)
    for vectors, placed in blocks:
        scores = np.concatenate([best, queries @ vectors.T], axis=1)
        cell = np.concatenate([where, np.broadcast_to(placed, (len(queries), len(placed)))], axis=1)
        top = np.argpartition(-scores, NEIGHBOURS - 1, axis=1)[:, :NEIGHBOURS]
        best, where = np.take_along_axis(scores, top, 1), np.take_along_axis(cell, top, 1)
    # The rank of each neighbour's cell among all cells, by nearness to the query (0 is the nearest).
    order = np.argsort(-(queries @ centroids.T), axis=1)
    rank = np.empty_like(order)
    np.put_along_axis(rank, order, np.broadcast_to(np.arange(len(centroids)), order.shape), axis=1)
    ranks = np.where(where < 0, -1, np.take_along_axis(rank, np.maximum(where, 0), 1))
    there = best > -2
    counts = there.sum(axis=1)
    for wanted in sorted({max(1, rank + 1) for rank in ranks[there].tolist()}):
        found = ((ranks < wanted) & there).sum(axis=1)
        mean = found.sum() / counts.sum()
        # The error of a ratio of sums over the queries (Cochran 1977, 2.9).
        error = math.sqrt(((found - mean * counts) ** 2).sum()) / counts.sum()
        if mean - SURE * error >= recall:
            return wanted, float(mean)
    return 1, 1.0


def nearest(vector: Array, centroids: Array, cells: int) -> Array:
    """The cells to look into, nearest first."""
    return np.argsort(-(centroids @ vector))[:cells]


def sorted_by(placed: Array, cells: int) -> tuple[Array, Array]:
    """The order that brings rows cell by cell, and where each cell then begins (cells + 1,)."""
    order = np.argsort(placed, kind="stable")
    starts = np.zeros(cells + 1, dtype=np.int64)
    np.cumsum(np.bincount(placed, minlength=cells), out=starts[1:])
    return order, starts
