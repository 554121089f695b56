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


def put(db: Database, key: str, made: np.ndarray, title: str = "") -> None:
    """A document of ten passages for every twenty vectors: each has two windows."""
    for first in range(0, len(made), 20):
        part = made[first : first + 20]
        name = f"{key}{first}"
        pieces = [f"{name} {title} {number:04}" for number in range(len(part))]
        text = " ".join(pieces)
        document = Document("s", name, text, title)
        starts = range(0, len(text), len(pieces[0]) + 1)
        hashes = [documents.digest(piece) for piece in pieces]
        chunks = []
        for number in range(0, len(part), 2):
            start, end = starts[number], starts[min(number + 1, len(part) - 1)] + len(pieces[0])
            windows = [
                (starts[n] - start, starts[n] - start + len(pieces[n]), hashes[n])
                for n in range(number, min(number + 2, len(part)))
            ]
            whole = text[start:end]
            chunks.append(Chunk(Passage(document, start, end, whole), documents.digest(whole), windows=windows))
        with db.transaction():
            vectors.put(db, MODEL, hashes, part)
            title_hash = documents.digest(title) if title else ""
            if title:
                vectors.put(db, MODEL, [title_hash], clustered(1, 77))
            documents.put(
                db, documents.source_id(db, key[0]), document, chunks,
                item=name, stamp="", hash_=documents.digest(text), title_hash=title_hash,
            )  # fmt: skip
            db.remember("version", db.setting("version", 0) + 1)


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    with Database(tmp_path / "x.db", create=True) as opened:
        vectors.model_id(opened, "test", "test", D, create=True)
        put(opened, "a", clustered(3000, 1))
        put(opened, "b", clustered(300, 2))
        yield opened


def unit(vector: np.ndarray) -> np.ndarray:
    return vector / np.linalg.norm(vector)


def searched(db: Database) -> dict[int, list[np.ndarray]]:
    """passage -> the vectors that it is found by, as docs/how-it-works.md says it, one passage at a time."""
    rows = db.execute("select hash, data from vector where model_id = ?", (MODEL,))
    stored = {key: np.frombuffer(blob, dtype="<f4").astype(float) for key, blob in rows}
    windows: dict[int, list[np.ndarray]] = {}
    for passage, key in db.execute("select passage_id, hash from passage_window order by passage_id, seq"):
        windows.setdefault(passage, []).append(stored[key])
    found: dict[int, list[np.ndarray]] = {}
    for document, title_hash in list(db.execute("select id, title_hash from document")):
        passages = [p for (p,) in db.execute("select id from passage where document_id = ? order by seq", (document,))]
        for place, passage in enumerate(passages):
            around = unit(sum(sum(windows[p]) for p in passages[max(place - 4, 0) : place + 5]))
            if title_hash:
                around = unit(around + 0.5 * stored[title_hash])
            found[passage] = [unit(one + unit(sum(windows[passage])) + around) for one in windows[passage]]
    return found


def brute(db: Database, query: np.ndarray, k: int, filters: Filters = Filters()) -> list[int]:  # noqa: B008
    subquery, values = filters.ids()
    allowed = {row[0] for row in db.execute(subquery or "select id from passage", values)}
    made = {number: rows for number, rows in searched(db).items() if number in allowed}
    return sorted(made, key=lambda number: (-max(float(row @ query) for row in made[number]), number))[:k]


def recall(sidecar: Sidecar, db: Database) -> float:
    queries = clustered(40, 1)
    made = searched(db)
    scores = {number: (np.stack(rows) @ queries.T).max(axis=0) for number, rows in made.items()}
    best = [sorted(made, key=lambda number: -scores[number][place])[:10] for place in range(len(queries))]
    found = [{n for n, _ in sidecar.nearest(query, 10)} & set(near) for query, near in zip(queries, best, strict=True)]
    return sum(map(len, found)) / 400


def test_without_cells_it_is_exact(db: Database) -> None:
    sidecar = Sidecar(db, MODEL, D)
    assert recall(sidecar, db) == 1
    sidecar.close()


def test_asked_often_it_answers_from_memory_the_same(db: Database) -> None:
    sidecar = Sidecar(db, MODEL, D)
    query = clustered(1, 5)[0]
    only = Filters(source="b")
    before = sidecar.nearest(query, 10), sidecar.nearest(query, 10, only), sidecar.nearest(query, 10**4)
    assert recall(sidecar, db) == 1
    assert sidecar._memory is not None
    after = sidecar.nearest(query, 10), sidecar.nearest(query, 10, only), sidecar.nearest(query, 10**4)
    for old, new in zip(before, after, strict=True):
        assert [number for number, _ in new][: len(old)] == [number for number, _ in old]
        np.testing.assert_allclose([s for _, s in new][: len(old)], [s for _, s in old], atol=1e-5)
    put(db, "c", np.stack([query, query]))
    assert documents.passages(db, [sidecar.nearest(query, 1)[0][0]]).popitem()[1].document.key == "c0"
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
    put(db, "c", np.stack([query, query]))
    number, score = sidecar.nearest(query, 1)[0]
    assert documents.passages(db, [number])[number].document.key == "c0"
    assert score == pytest.approx(1, abs=1e-6)
    (gone,) = (row[0] for row in db.execute("select id from document where key = 'c0'"))
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
        put(db, "b", clustered(300, 100 + round_), f"round {round_}")
        assert vectors.prune(db) >= 300
        query = clustered(1, 5)[0]
        assert [number for number, _ in sidecar.nearest(query, 10)] == brute(db, query, 10)
    assert (tmp_path / "x.db-index").stat().st_size < 1.6 * size
    sidecar.close()


def test_of_two_models_only_the_asked_ones_vectors_are_found(db: Database) -> None:
    other = vectors.model_id(db, "other", "other", D, create=True)
    query = clustered(1, 5)[0]
    key = db.value("select hash from passage_window where passage_id = 7")
    vectors.put(db, other, [key], query[None])
    assert [number for number, _ in Sidecar(db, other, D).nearest(query, 5)] == [7]


@pytest.mark.parametrize("name", ["notes[draft.db", "notes[0-9].db", "a*b?.db", "notes].db", "a+(b).db"])
def test_a_name_that_is_a_pattern_removes_nothing_of_the_users(tmp_path: Path, name: str) -> None:
    made = f"{name}-index"
    others = ["notes.md", "notes3", "notesd", "notes1.db-index.5", "axb1.db-index.7"]
    users = [*others, f"{made}.5.md", f"{made}.5a", f"{made}.٣"]
    for user in users:
        (tmp_path / user).write_text("mine")
    left = tmp_path / f"{made}.12345"  # by a run that was killed
    left.write_text("half")
    with Database(tmp_path / name, create=True) as db:
        vectors.model_id(db, "test", "test", D, create=True)
        put(db, "a", clustered(40, 1))
        query = clustered(1, 2)[0]
        assert Sidecar(db, MODEL, D).nearest(query, 3)
    assert not left.exists()
    assert {user: (tmp_path / user).read_text() for user in users} == dict.fromkeys(users, "mine")
