"""How many cells a question looks into is measured on some questions, and is to be enough for others."""

from __future__ import annotations

import numpy as np

from rag.store import cells

WANTED = 0.97


def test_questions_that_were_not_measured_find_the_share_that_is_wanted_too() -> None:
    chance = np.random.default_rng(1)

    def around(centres: np.ndarray, count: int, spread: float) -> np.ndarray:
        made = centres[chance.integers(0, len(centres), count)] + chance.normal(size=(count, 16)) * spread
        return (made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float32)

    centres = around(np.zeros((1, 16)), 100, 1.0)
    rows, fresh = around(centres, 12_000, 0.2), around(centres, 1000, 0.3)
    centroids = cells.learn(rows[::4], 80)
    placed = cells.assign(rows, centroids)
    nearest = np.argpartition(-(fresh @ rows.T), 10, axis=1)[:, :10]
    order = np.argsort(-(fresh @ centroids.T), axis=1)
    rank = np.argsort(order, axis=1)
    needed = np.take_along_axis(rank, placed[nearest], 1)
    enough, counts = 0, []
    for _ in range(20):
        count, found = cells.probes([(rows, placed)], around(centres, 200, 0.3), centroids, WANTED)
        assert found >= WANTED
        enough += float((needed < count).mean()) >= WANTED
        counts.append(count)
    assert enough >= 17  # of 20; where the share was that of the sample, half of them
    assert max(counts) < 60
    assert cells.probes([(rows, placed)], around(centres, 200, 0.3), centroids, 1.0)[1] == 1.0
    assert cells.probes([], around(centres, 5, 0.3), centroids, 0.99) == (1, 1.0)
