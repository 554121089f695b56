"""The KNN index: exact without cells, nearly exact with them, right under churn and filters, never a loss."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from rag.store import Database, documents, vectors
from rag.store.documents import Chunk, Filters
from rag.store.sidecar import Sidecar
from rag.types import Document, Passage

D, MODEL = 16, 1


def clustered(rows: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(20, D))
    made = centres[rng.integers(20, size=rows)] + 0.5 * rng.normal(size=(rows, D))
    return (made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float32)


def put(db: Database, key: str, made: np.ndarray) -> None:
    text = "\n\n".join(f"{key} {number}" for number in range(len(made)))
    document = Document("s", key, text)
    chunks, start = [], 0
    for number in range(len(made)):
        piece = f"{key} {number}"
        start = text.index(piece, start)
        chunks.append(Chunk(Passage(document, start, start + len(piece), piece), documents.digest(piece)))
    with db.transaction():
        vectors.put(db, MODEL, [chunk.hash for chunk in chunks], made)
        documents.put(db, documents.source_id(db, key[0]), document, chunks, item=key, stamp="", hash_=key)
        db.remember("version", db.setting("version", 0) + 1)


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    with Database(tmp_path / "x.db", create=True) as opened:
        vectors.model_id(opened, "test", "test", D, create=True)
        put(opened, "a", clustered(3000, 1))
        put(opened, "b", clustered(300, 2))
        yield opened


def brute(db: Database, query: np.ndarray, k: int, filters: Filters = Filters()) -> list[int]:  # noqa: B008
    subquery, values = filters.ids()
    numbers = [row[0] for row in db.execute(subquery or "select id from passage", values)]
    made = vectors.get(db, MODEL, numbers)
    return sorted(made, key=lambda number: (-float(made[number] @ query), number))[:k]


def recall(sidecar: Sidecar, db: Database) -> float:
    queries = clustered(40, 1)
    found = [{number for number, _ in sidecar.nearest(query, 10)} & set(brute(db, query, 10)) for query in queries]
    return sum(map(len, found)) / 400


def test_without_cells_it_is_exact(db: Database) -> None:
    sidecar = Sidecar(db, MODEL, D)
    assert recall(sidecar, db) == 1
    sidecar.close()


def test_with_cells_it_finds_nearly_all_and_exact_finds_all(db: Database) -> None:
    sidecar = Sidecar(db, MODEL, D, cells_from=1000)
    assert recall(sidecar, db) >= 0.95
    query = clustered(1, 9)[0]
    assert [number for number, _ in sidecar.nearest(query, 10, exact=True)] == brute(db, query, 10)
    cells = sidecar._cells(query)
    assert 1 <= len(cells) < 57  # some of the square root of 3300, not all
    sidecar.close()


@pytest.mark.parametrize("cells_from", [1000, 10_000])
def test_filters_are_exact_however_few_rows_they_leave(db: Database, cells_from: int) -> None:
    sidecar = Sidecar(db, MODEL, D, cells_from=cells_from)
    for number, query in enumerate(clustered(10, 7)):
        only = Filters(source="b") if number % 2 else Filters(prefix="b")
        assert [n for n, _ in sidecar.nearest(query, 10, only)] == brute(db, query, 10, only)
    sidecar.close()


@pytest.mark.parametrize("cells_from", [1000, 10_000])
def test_it_follows_changes(db: Database, cells_from: int) -> None:
    sidecar = Sidecar(db, MODEL, D, cells_from=cells_from)
    query = clustered(1, 5)[0]
    sidecar.nearest(query, 1)
    put(db, "c", np.stack([query, -query]))
    number, score = sidecar.nearest(query, 1)[0]
    assert documents.passages(db, [number])[number].text == "c 0"
    assert score == pytest.approx(1, abs=1e-6)
    (gone,) = (row[0] for row in db.execute("select id from document where key = 'c'"))
    with db.transaction():
        documents.remove(db, [gone])
        db.remember("version", db.setting("version") + 1)
    assert number not in {found for found, _ in sidecar.nearest(query, 50)}
    assert recall(sidecar, db) >= 0.95
    sidecar.close()


def test_under_churn_it_does_not_grow(db: Database, tmp_path: Path) -> None:
    sidecar = Sidecar(db, MODEL, D)
    sidecar.nearest(clustered(1, 5)[0], 1)
    size = (tmp_path / "x.db-index").stat().st_size
    for round_ in range(15):
        put(db, "b", clustered(300, 100 + round_))
        db.execute("delete from vector where hash not in (select hash from passage)")
        for (key,) in list(db.execute("select hash from passage where document_id = 2")):
            db.execute("update passage set hash = ? where hash = ?", (f"{round_}{key}", key))
            db.execute("update vector set hash = ? where hash = ?", (f"{round_}{key}", key))
        db.remember("version", db.setting("version") + 1)
        sidecar.nearest(clustered(1, 5)[0], 1)
    assert (tmp_path / "x.db-index").stat().st_size < 1.6 * size
    sidecar.close()


def test_of_two_models_only_the_asked_ones_vectors_are_found(db: Database) -> None:
    other = vectors.model_id(db, "other", "other", D, create=True)
    query = clustered(1, 5)[0]
    key = db.value("select hash from passage where id = 7")
    vectors.put(db, other, [key], query[None])
    assert [number for number, _ in Sidecar(db, other, D).nearest(query, 5)] == [7]
