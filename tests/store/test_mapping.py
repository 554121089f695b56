"""Reading a file without copying it: the same is found, and whoever would cut the file waits."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rag.store import codes, mapping, near, segments

ROWS, DIMENSIONS = 3000, 32
pytestmark = pytest.mark.skipif(not mapping.LEASES, reason="only Linux has leases")


@pytest.fixture
def parts(tmp_path: Path) -> tuple[Path, list[segments.Segment], np.ndarray]:
    """A side file of two parts, whose arrays begin anywhere in a page, and its vectors."""
    chance = np.random.default_rng(1)
    vectors = chance.normal(size=(ROWS, DIMENSIONS)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    path = tmp_path / "x.db-index"
    with path.open("wb") as file:
        for first, last in ((0, 2000), (2000, ROWS)):
            coarse, fine, scale = codes.encode(vectors[first:last])
            numbers = np.arange(first, last, dtype=np.uint32)
            arrays = {"documents": numbers, "passages": numbers, "scale": scale, "coarse": coarse, "fine": fine}
            segments.write(file, {"kind": "rows", "mark": "m"}, arrays)
    descriptor = os.open(path, os.O_RDONLY)
    records = segments.records(descriptor, path.stat().st_size)
    os.close(descriptor)
    made = [segments.Segment(r, r.places["scale"][1][0], np.empty(0, np.uint32)) for r in records]
    return path, made, vectors


def best(path: Path, parts: list[segments.Segment], vector: Any, **given: Any) -> list[tuple[int, float]]:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        with mapping.leased(descriptor) as lease:
            assert lease is not None
            found = near.Search(descriptor, parts, vector, lease=lease, **given).best(10)
        return sorted(found.items(), key=lambda entry: (-entry[1], entry[0]))[:10]
    finally:
        os.close(descriptor)


def test_what_is_mapped_is_what_is_copied(parts: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    path, made, vectors = parts
    monkeypatch.setattr(near, "MANY", 700)
    copied = [best(path, made, vector) for vector in vectors[:20]]
    monkeypatch.setattr(mapping, "LEAST", 100)
    mapped = []
    rows = mapping.rows
    monkeypatch.setattr(mapping, "rows", lambda *given: mapped.append(given[3:]) or rows(*given))
    allowed = np.arange(0, ROWS, 2)
    for vector, expected in zip(vectors[:20], copied, strict=True):
        assert best(path, made, vector) == expected
        assert {number % 2 for number, _ in best(path, made, vector, allowed=allowed)} == {0}
        exact = np.argsort(-(vectors @ vector))[:10]
        assert len({number for number, _ in expected} & set(exact.tolist())) >= 9
    assert set(mapped) == {(0, 700), (700, 1400), (1400, 2000), (700, 1000)}


def test_where_the_system_brings_nothing_into_memory_it_is_copied(parts: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    path, made, vectors = parts
    expected = best(path, made, vectors[3])
    monkeypatch.setattr(mapping, "LEAST", 100)
    monkeypatch.setattr(mapping, "POPULATE", 1 << 20)  # as a kernel before 5.14 answers
    assert best(path, made, vectors[3]) == expected
    os.truncate(path, made[1].record.places["coarse"][2] + 100)  # between two searches; a copy says so
    with pytest.raises(OSError, match="ends at byte"):
        best(path, made, vectors[3])


def test_nobody_cuts_a_file_that_is_being_read_and_its_reader_lives(parts: Any) -> None:
    path, made, vectors = parts
    cut = f"import os; os.truncate({str(path)!r}, 10)"
    open_ = f"import os; os.open({str(path)!r}, os.O_RDWR | os.O_NONBLOCK)"
    descriptor = os.open(path, os.O_RDONLY)
    with mapping.leased(descriptor) as lease:
        assert lease is not None
        rows = mapping.rows(lease, made[0].record, "coarse", 5, 2000)
        waiting = subprocess.Popen([sys.executable, "-c", cut])
        refused = subprocess.run([sys.executable, "-c", open_], capture_output=True, text=True, check=False)
        assert f"Errno {errno.EAGAIN}" in refused.stderr
        assert path.stat().st_size > 10
        assert rows.tolist() == codes.encode(vectors[:2000])[0][5:].tolist()
        del rows
    assert waiting.wait(60) == 0
    assert path.stat().st_size == 10
    with mapping.leased(descriptor) as lease, pytest.raises(OSError, match="cut"):
        mapping.rows(lease or 0, made[0].record, "coarse", 5, 2000)
    os.close(descriptor)


def test_what_somebody_writes_to_is_not_mapped(parts: Any) -> None:
    path, _, _ = parts
    descriptor = os.open(path, os.O_RDONLY)
    with path.open("r+b"), mapping.leased(descriptor) as lease:
        assert lease is None
    with mapping.leased(descriptor) as lease:
        assert lease is not None
    os.close(descriptor)
