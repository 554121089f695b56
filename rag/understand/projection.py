"""
Vectors as points of a plane, so that what is near there was near before: the layout of UMAP, in numpy.

    vectors --nearest neighbours--> a graph --attract along it, repel at random--> points in the unit square

McInnes, Healy and Melville 2018, with a fixed number of neighbours of equal weight. It begins at the two principal
directions and draws from a fixed seed: the same vectors give the same picture. Distances in it mean little, who is
whose neighbour means much.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Array = Any
NEIGHBOURS = 12
ROUNDS = 220
TOGETHER = 0.04  # what a neighbour of the same group is nearer than it is
REPELLED = 4  # others, for each neighbour and round
A, B = 0.583, 1.334  # of UMAP's curve for a least distance of 0.5
STEP = 0.35
FARTHEST = 4.0  # that a point is moved by one other in a round
BLOCK = 2048


def project(vectors: Array, labels: Array | None = None, seed: int = 0) -> Array:
    """float32 (n, 2) in [0, 1]: where each of the unit vectors (n, dimensions) lies; `labels` pull groups together."""
    n = len(vectors)
    if n < 4:
        return np.array([[0.5, 0.5], [0.2, 0.2], [0.8, 0.8]], dtype=np.float32)[:n]
    rng = np.random.default_rng(seed)
    points = _principal(vectors) * 10
    heads, tails = _edges(vectors, labels)
    for number in range(ROUNDS):
        step = STEP * (1 - number / ROUNDS)
        points += step * np.clip(_pull(points, heads, tails), -FARTHEST, FARTHEST)
        others = rng.integers(0, n, len(heads) * REPELLED)
        points += step * np.clip(_push(points, np.repeat(heads, REPELLED), others), -FARTHEST, FARTHEST)
    low, high = np.percentile(points, [0.5, 99.5], axis=0)
    middle, half = (low + high) / 2, float(max((high - low).max() / 2, 1e-9))
    return np.clip(0.5 + (points - middle) / half * 0.46, 0, 1).astype(np.float32)


def _principal(vectors: Array) -> Array:
    """The two directions in which the vectors differ most, brought to one scale; signs are fixed."""
    centred = (vectors - vectors.mean(axis=0)).astype(np.float64)
    _, directions = np.linalg.eigh(centred.T @ centred)
    two = directions[:, -2:][:, ::-1]
    two = two * np.sign(two[np.abs(two).argmax(axis=0), [0, 1]])
    made = centred @ two
    return made / max(float(np.abs(made).max()), 1e-12)


def _edges(vectors: Array, labels: Array | None) -> tuple[Array, Array]:
    """Both directions of every pair of which one is among the nearest of the other."""
    n = len(vectors)
    most = min(NEIGHBOURS, n - 1)
    heads, tails = [], []
    for first in range(0, n, BLOCK):
        near = vectors[first : first + BLOCK] @ vectors.T
        rows = np.arange(len(near))
        near[rows, first + rows] = -2
        if labels is not None:
            near += TOGETHER * (labels[first : first + BLOCK, None] == labels[None, :])
        chosen = np.argpartition(-near, most - 1, axis=1)[:, :most]
        heads.append(np.repeat(first + rows, most))
        tails.append(chosen.ravel())
    one, other = np.concatenate(heads), np.concatenate(tails)
    codes = np.unique(np.concatenate([one * n + other, other * n + one]))
    return codes // n, codes % n


def _pull(points: Array, heads: Array, tails: Array) -> Array:
    away = points[heads] - points[tails]
    far = np.maximum((away**2).sum(axis=1), 1e-6)
    force = -2 * A * B * far ** (B - 1) / (1 + A * far**B)
    return _summed(heads, away * force[:, None], len(points)) / NEIGHBOURS * 2


def _push(points: Array, heads: Array, others: Array) -> Array:
    away = points[heads] - points[others]
    far = (away**2).sum(axis=1)
    force = 2 * B / ((0.05 + far) * (1 + A * far**B))
    force[heads == others] = 0
    return _summed(heads, away * force[:, None], len(points)) / NEIGHBOURS


def _summed(places: Array, moves: Array, n: int) -> Array:
    return np.stack([np.bincount(places, weights=moves[:, axis], minlength=n) for axis in (0, 1)], axis=1)
