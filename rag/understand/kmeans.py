"""
Spherical k-means++ on unit vectors: groups whose members point the same way, and how many groups there are.

    vectors --choose--> k --cluster--> a centre and a cosine for every vector

Dhillon and Modha 2001 (spherical k-means), Arthur and Vassilvitskii 2007 (seeding). What is drawn at random is drawn
for each vector from its own key, not from its place: the same vectors give the same groups in whatever order they come,
and a few more vectors change few draws. numpy alone, one matrix product a round.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

Array = Any
SAMPLE = 16_384  # vectors on which groups are sought before all take part
ROUNDS = 60  # of Lloyd's algorithm on a sample, at most …
LAST = 12  # … and on all, where there are more
STARTS, MORE = 4, 10  # seedings, of which the best is taken; of at most `FEW` vectors more
SETTLED = 0.0005  # of the vectors change their group: it is done, where there are more than the sample
BLOCK = 8192  # vectors in one product
FEWEST, MOST = 2, 100  # groups that are tried by themselves …
FEW = 4096  # … on so many vectors
SURE = 1024  # vectors at most of which each number is tried as often as groups are made: one seeding says little of few


@dataclass(frozen=True, slots=True)
class Clustering:
    """`centres` (k, dimensions) of unit length, `labels` (n,) of the nearest, `cosines` (n,) with it."""

    centres: Array
    labels: Array
    cosines: Array

    @property
    def cohesion(self) -> float:
        """The mean cosine of a vector with its centre, which is what spherical k-means makes large."""
        return float(self.cosines.mean())


def cluster(vectors: Array, k: int, keys: Array, *, seed: int = 0, start: Array | None = None) -> Clustering:
    """
    k groups of float32 unit vectors (n, dimensions), k <= n; `keys` (n,) uint64 say which vector is which.

    `start` are centres to begin with (those of the last time): then few vectors change their group.
    """
    k = min(k, len(vectors))
    if start is not None and len(start) == k:
        return _lloyd(vectors, np.asarray(start, dtype=np.float32), ROUNDS if len(vectors) <= SAMPLE else LAST)
    few = _sample(keys, SAMPLE, seed)
    some, own = (vectors, keys) if len(few) == len(vectors) else (vectors[few], keys[few])
    starts = MORE if len(some) <= FEW else STARTS
    best = _tried(some, k, own, starts, seed)
    return best if len(some) == len(vectors) else _lloyd(vectors, best.centres, LAST)


def _tried(vectors: Array, k: int, keys: Array, starts: int, seed: int) -> Clustering:
    """The most cohesive of groups that begin at so many seedings."""
    found = [_lloyd(vectors, seeds(vectors, k, keys, seed * MORE + number), ROUNDS) for number in range(starts)]
    return max(found, key=lambda one: one.cohesion)


def seeds(vectors: Array, k: int, keys: Array, seed: int) -> Array:
    """
    k of the vectors: of a few that are drawn with a chance that grows with their distance (1 - cosine) from those
    before, the one that brings all nearest (greedy k-means++).
    """
    tries = 2 + int(np.log(k))
    chosen: list[int] = []
    far = np.ones(len(vectors), dtype=np.float32)
    for step in range(k):
        waits = -np.log(_uniform(keys, seed * 1_000_003 + step)) / np.maximum(far, 1e-12)
        waits[chosen] = np.inf
        few = np.argpartition(waits, min(tries, len(waits) - 1))[:tries] if chosen else waits.argmin(keepdims=True)
        near = np.minimum(far, 1 - vectors[few] @ vectors.T)
        sums = near.sum(axis=1, dtype=np.float64)
        best = int(np.lexsort((waits[few], sums))[0])
        if not np.isfinite(waits[few[best]]):  # all the others were drawn already
            best = int(waits[few].argmin())
        chosen.append(int(few[best]))
        far = near[best]
    return vectors[chosen].copy()


def assign(vectors: Array, centres: Array) -> tuple[Array, Array]:
    """The nearest centre of each vector (int64) and the cosine with it (float32)."""
    labels = np.empty(len(vectors), dtype=np.int64)
    cosines = np.empty(len(vectors), dtype=np.float32)
    for first in range(0, len(vectors), BLOCK):
        products = vectors[first : first + BLOCK] @ centres.T
        nearest = products.argmax(axis=1)
        labels[first : first + BLOCK] = nearest
        cosines[first : first + BLOCK] = np.take_along_axis(products, nearest[:, None], 1)[:, 0]
    return labels, cosines


def _lloyd(vectors: Array, centres: Array, rounds: int) -> Clustering:
    labels, cosines = assign(vectors, centres)
    settled = 0 if len(vectors) <= SAMPLE else SETTLED * len(vectors)
    for _ in range(rounds):
        centres = _means(vectors, labels, cosines, centres)
        before = labels
        labels, cosines = assign(vectors, centres)
        if np.count_nonzero(labels != before) <= settled:
            break
    return Clustering(centres, labels, cosines)


def _means(vectors: Array, labels: Array, cosines: Array, centres: Array) -> Array:
    """The direction of each group; one that is empty begins again at the vector that is farthest from its centre."""
    k = len(centres)
    order = np.argsort(labels, kind="stable")
    counts = np.bincount(labels, minlength=k)
    made = np.zeros_like(centres)
    edges = np.concatenate([[0], np.cumsum(counts)])
    for group in np.flatnonzero(counts):
        made[group] = vectors[order[edges[group] : edges[group + 1]]].sum(axis=0)
    far = iter(np.argsort(cosines, kind="stable"))
    for group in np.flatnonzero(counts == 0):
        made[group] = vectors[next(far)]
    return made / np.maximum(np.linalg.norm(made, axis=1, keepdims=True), 1e-12)


def _uniform(keys: Array, salt: int) -> Array:
    """A number in (0, 1] for each key (splitmix64)."""
    with np.errstate(over="ignore"):
        mixed = keys + np.uint64((salt * 0x9E3779B97F4A7C15 + 0x9E3779B97F4A7C15) % 2**64)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        mixed ^= mixed >> np.uint64(31)
    return (mixed >> np.uint64(11)).astype(np.float64) / 2**53 + 2.0**-54


def _sample(keys: Array, size: int, seed: int) -> Array:
    """Places of at most `size` vectors, in their order: those whose draw is smallest."""
    if len(keys) <= size:
        return np.arange(len(keys))
    draws = _uniform(keys, seed ^ 0x5EED)
    return np.sort(np.argpartition(draws, size)[:size])


def choose(vectors: Array, keys: Array, *, seed: int = 0, most: int = MOST) -> int:
    """
    How many groups: the number with the best information criterion of Akaike of spherical Gaussians of one variance,
    and no more groups than each has members.

    The likelihood is that of X-means (Pelleg and Moore 2000), in as many dimensions as the vectors use (the
    participation ratio of the eigenvalues of their covariance), on at most `FEW` of them, among numbers that grow by a
    fifth. Their Bayesian criterion asks for the true number where there is one; topics have none, and it gives few
    groups that say little.
    """
    few = _sample(keys, FEW, seed)
    some, own = vectors[few], keys[few]
    n = len(some)
    used = _participation(some)
    tried = sorted({round(FEWEST * 1.2**step) for step in range(40)})
    best, found = -np.inf, 1
    for k in (number for number in tried if number <= min(most, max(int(n**0.5), FEWEST), n // 3)):
        one = _tried(some, k, own, MORE if n <= SURE else 1, seed)
        spread = float((1 - one.cosines).sum()) / max(n - k, 1)
        if spread <= 1e-9:
            return k
        counts = np.bincount(one.labels, minlength=k)
        counts = counts[counts > 0]
        likelihood = float((counts * np.log(counts / n)).sum()) - n * used / 2 * np.log(spread)
        criterion = likelihood - k * (used + 1)
        if criterion > best:
            best, found = criterion, k
    return found


def _participation(vectors: Array) -> float:
    """How many dimensions vectors use: (sum of the eigenvalues of their covariance)^2 / sum of their squares."""
    centred = vectors - vectors.mean(axis=0)
    covariance = (centred.T @ centred) / len(vectors)
    return float(np.trace(covariance) ** 2 / max(float((covariance**2).sum()), 1e-24))
