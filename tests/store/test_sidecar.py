"""The KNN index: exact without cells, nearly exact with them, right under churn and filters, never a loss."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rag import store
from rag.errors import ModelError
from rag.store import Database, documents, segments, vectors
from rag.store.documents import Chunk, Entry, Filters
from rag.store.hashes import hashed
from rag.store.sidecar import Sidecar
from rag.types import Document, Passage

D, MODEL = 16, 1
CLOSE = 4e-4  # of a score, which the side file has from 12 bits of a number


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
        hashes = [hashed(piece) for piece in pieces]
        chunks = []
        for number in range(0, len(part), 2):
            start, end = starts[number], starts[min(number + 1, len(part) - 1)] + len(pieces[0])
            windows = [
                (starts[n] - start, starts[n] - start + len(pieces[n]), hashes[n])
                for n in range(number, min(number + 2, len(part)))
            ]
            whole = text[start:end]
            chunks.append(Chunk(Passage(document, start, end, whole), hashed(whole), windows=windows))
        with db.transaction():
            vectors.put(db, MODEL, hashes, part)
            title_hash = hashed(title) if title else ""
            if title:
                vectors.put(db, MODEL, [title_hash], clustered(1, 77))
            entry = Entry(document, chunks, name, "", hashed(text), title_hash)
            store.put(db, documents.source_id(db, key[0]), [entry])
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
    sidecar.catch_up()
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


@pytest.mark.parametrize("cells_from", [1000, 10_000])
def test_a_search_that_the_side_file_lags_behind_finds_the_same_and_says_so(db: Database, cells_from: int) -> None:
    sidecar = Sidecar(db, MODEL, D, cells_from=cells_from)
    queries, only = clustered(5, 5), Filters(source="b")

    def asked() -> list[list[tuple[int, float]]]:
        return [
            sidecar.nearest(q, k, f, exact=True) for q in queries for k, f in ((10, Filters()), (9, only), (9999, only))
        ]

    def same(old: list[list[tuple[int, float]]], new: list[list[tuple[int, float]]]) -> None:
        for before, after in zip(old, new, strict=True):
            assert dict(after).keys() == dict(before).keys()
            np.testing.assert_allclose([s for _, s in after], [s for _, s in before], atol=CLOSE)

    nothing = asked()
    assert sidecar.behind == db.value("select count(*) from document")
    assert not sidecar.file.path.exists()  # no search builds it
    sidecar.catch_up()
    same(nothing, asked())
    assert sidecar.behind == 0
    put(db, "c", np.stack([queries[0], queries[0]]))
    put(db, "b", clustered(40, 50), "changed")
    with db.transaction():
        documents.remove(db, [db.value("select id from document where key = 'a20'")])
    lagging = asked()
    assert sidecar.behind == 3
    assert documents.passages(db, [lagging[0][0][0]]).popitem()[1].document.key == "c0"
    assert sidecar.catch_up() == 3
    same(lagging, asked())
    assert sidecar.problem() == ""
    sidecar.optimize()
    same(lagging, asked())
    assert sidecar.problem() == ""
    sidecar.close()


def test_killed_at_any_part_it_goes_on_and_a_restored_main_file_finds_the_part_that_fits(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rag.store import growing

    monkeypatch.setattr(growing, "PART", 300)
    monkeypatch.setattr(growing, "STEP", 10)
    query = clustered(1, 5)[0]
    expected = brute(db, query, 20)

    class Killed(BaseException):
        pass

    def kill(done: int, total: int) -> None:
        assert 0 < done <= total
        if done % 40 == 0 and len(seen) < 3:
            seen.append(done)
            raise Killed

    seen: list[int] = []
    marks = []
    while True:
        sidecar = Sidecar(db, MODEL, D)
        try:
            sidecar.catch_up(kill)
            break
        except Killed:
            assert [n for n, _ in sidecar.nearest(query, 20, exact=True)] == expected
            marks.append((db.setting("vectors"), db.setting("vectors_seen")))
    assert len(seen) == 3
    size = sidecar.file.path.stat().st_size
    assert sidecar.nearest(query, 20)
    assert sidecar.behind == 0
    for mark, position in marks[1:]:  # as a main file from a backup has it
        with db.transaction():
            db.remember("vectors", mark)
            db.remember("vectors_seen", position)
        again = Sidecar(db, MODEL, D)
        assert [n for n, _ in again.nearest(query, 20, exact=True)] == expected
        assert again.behind > 0
        again.catch_up()
        assert again.problem() == ""
        assert again.file.path.stat().st_size <= 1.1 * size
        assert [n for n, _ in again.nearest(query, 20, exact=True)] == expected


def test_many_small_changes_are_joined(db: Database) -> None:
    sidecar = Sidecar(db, MODEL, D)
    for number in range(120):
        put(db, f"d{number}-", clustered(20, number))
        sidecar.catch_up()
    query = clustered(1, 5)[0]
    assert [n for n, _ in sidecar.nearest(query, 20)] == brute(db, query, 20)
    state = sidecar.file.usable()
    assert state is not None
    assert len(state.parts) <= 20
    assert sidecar.problem() == ""


@pytest.mark.parametrize("told", [True, False])
def test_rows_are_compared_with_those_gone_only_where_they_can_be_of_them(
    db: Database, monkeypatch: pytest.MonkeyPatch, told: bool
) -> None:
    """A part tells its largest document; one that an older version wrote does not."""
    sidecar = Sidecar(db, MODEL, D)
    with monkeypatch.context() as older:
        if not told:
            write = segments.write

            def silent(file: Any, header: dict[str, Any], arrays: Any) -> None:
                write(file, {name: value for name, value in header.items() if name != "last"}, arrays)

            older.setattr(segments, "write", silent)
        sidecar.catch_up()
        sidecar.optimize()
    query = clustered(1, 5)[0]

    def compared() -> int:
        state = sidecar.file.usable()
        assert state is not None
        assert [n for n, _ in sidecar.nearest(query, 20)] == brute(db, query, 20)
        return len(state.parts[0].gone)

    put(db, "c", np.stack([query, query]))
    assert compared() == 0
    sidecar.catch_up()
    assert compared() == (0 if told else 1)
    put(db, "b", clustered(300, 60), "changed")
    assert compared() == (0 if told else 1)
    sidecar.catch_up()
    assert compared() == (15 if told else 16)
    assert sidecar.problem() == ""
    sidecar.close()


def test_with_cells_it_finds_nearly_all_and_exact_finds_all(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    sidecar = Sidecar(db, MODEL, D, cells_from=1000)
    assert recall(sidecar, db) == 1  # so few rows are all compared
    monkeypatch.setattr("rag.store.side.APART", 0)
    assert recall(sidecar, db) >= 0.95
    query = clustered(1, 9)[0]
    assert [number for number, _ in sidecar.nearest(query, 10, exact=True)] == brute(db, query, 10)
    found = sidecar.described()
    assert found["rows"] == 3300
    assert found["cells"] == 114
    assert 1 <= found["probes"] < 114
    assert found["recall"] >= found["wanted"] == 0.99
    sidecar.close()


def test_cells_are_measured_with_pieces_of_passages_if_they_can_be_embedded(db: Database) -> None:
    asked: list[str] = []

    def asking(texts: Sequence[str]) -> np.ndarray:
        asked.extend(texts)
        return clustered(len(texts), 99)  # of other clusters: as far from the rows as they can be

    def failing(texts: Sequence[str]) -> np.ndarray:
        raise ModelError("no weights")

    found = {}
    for name, one in (("pieces", asking), ("passages", failing)):
        sidecar = Sidecar(db, MODEL, D, cells_from=1000, asking=one)
        sidecar.catch_up()
        sidecar.optimize()
        found[name] = sidecar.described()
        assert found[name]["asked"] == name
        sidecar.close()
    assert found["pieces"]["probes"] > found["passages"]["probes"]
    texts = [" ".join(text.split()) for (text,) in db.execute("select text from passage_whole")]
    assert len(asked) >= 200
    assert all(any(piece in text for text in texts) for piece in asked)


@pytest.mark.parametrize("cells_from", [1000, 10_000])
def test_filters_are_exact_however_few_rows_they_leave(db: Database, cells_from: int) -> None:
    sidecar = Sidecar(db, MODEL, D, cells_from=cells_from)
    sidecar.catch_up()
    for number, query in enumerate(clustered(10, 7)):
        only = Filters(source="b") if number % 2 else Filters(prefix="b")
        wanted = brute(db, query, 11, only)
        found = [n for n, _ in sidecar.nearest(query, 10, only)]
        scores = {n: max(float(row @ query) for row in rows) for n, rows in searched(db).items() if n in wanted}
        assert [scores[n] for n in found] == pytest.approx([scores[n] for n in wanted[:10]], abs=CLOSE)
    sidecar.close()


@pytest.mark.parametrize("cells_from", [1000, 10_000])
def test_it_follows_changes(db: Database, cells_from: int) -> None:
    sidecar = Sidecar(db, MODEL, D, cells_from=cells_from)
    query = clustered(1, 5)[0]
    sidecar.catch_up()
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
    sidecar.catch_up()
    size = (tmp_path / "x.db-index").stat().st_size
    for round_ in range(15):
        put(db, "b", clustered(300, 100 + round_), f"round {round_}")
        assert vectors.prune(db) >= 300
        query = clustered(1, 5)[0]
        sidecar.catch_up()
        assert [number for number, _ in sidecar.nearest(query, 10)] == brute(db, query, 10)
    assert (tmp_path / "x.db-index").stat().st_size < 1.6 * size
    sidecar.close()


def test_of_two_models_only_the_asked_ones_vectors_are_found(db: Database) -> None:
    other = vectors.model_id(db, "other", "other", D, create=True)
    query = clustered(1, 5)[0]
    key = db.value("select hash from passage_window where passage_id = 7")
    vectors.put(db, other, [key], query[None])
    assert [number for number, _ in Sidecar(db, other, D).nearest(query, 5)] == [7]


@pytest.mark.parametrize("apart", [0, 400])
def test_many_parts_in_cells_are_joined_where_a_question_looks_into_cells(
    db: Database, monkeypatch: pytest.MonkeyPatch, apart: int
) -> None:
    """Joined, they are in the cells that they were in, of which as many are looked into."""
    for name, value in (("SMALL", 200), ("LARGE", 2), ("SPREAD", 100)):
        monkeypatch.setattr(f"rag.store.growing.{name}", value)
    monkeypatch.setattr("rag.store.side.APART", apart)
    sidecar = Sidecar(db, MODEL, D, cells_from=1000)
    sidecar.catch_up()
    sizes = []
    before = sidecar.described()
    for seed in (3, 4):
        put(db, f"more {seed}", clustered(300, seed))
        sidecar.catch_up()
        state = sidecar.file.usable()
        assert state is not None
        sizes.append([part.rows for part in state.parts if part.rows])
    assert len(sizes[0]) == 2
    assert sizes[1] == ([3300, 300, 300] if apart else [3900])
    assert {name: sidecar.described()[name] for name in ("cells", "probes")} == {
        name: before[name] for name in ("cells", "probes")
    }
    assert sidecar.problem() == ""
    query = clustered(1, 9)[0]
    assert [number for number, _ in sidecar.nearest(query, 10, exact=True)] == brute(db, query, 10)
    sidecar.close()
