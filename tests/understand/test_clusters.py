"""`rag cluster`: groups, their names, what is kept, the map."""

from __future__ import annotations

import csv
import io
import json
import random
import re
import sqlite3
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scripted_server import completion, serving
from shell import Shell, built, items

from rag.app import clusters as app
from rag.index import Index
from rag.store import Database
from rag.store.documents import Filters
from rag.types import Document
from rag.understand import kmeans, naming, projection
from rag.understand.keywords import keywords

TOPICS = {
    "garden": "garlic tomato compost seedling soil watering spade frost pruning harvest",
    "kitchen": "oven flour butter dough recipe whisk simmer salt roasting pan",
    "boats": "sail rudder mast harbour tide anchor keel knot wind deck",
    "music": "violin chord melody tempo orchestra choir rhythm piano bass concert",
}


def texts(each: int = 25, seed: int = 1) -> list[Document]:
    rng = random.Random(seed)
    found = []
    for topic, words in TOPICS.items():
        for number in range(each):
            said = " ".join(rng.choices(words.split(), k=30))
            found.append(
                Document("notes", f"{topic}/{number:03}.md", f"The {said}.", title=f"{topic} {number}", url="")
            )
    rng.shuffle(found)
    return found


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(tmp_path_factory.mktemp("clusters") / "x.db", texts(), embedder="hash:256")


@pytest.fixture
def shell(database: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    return Shell(database, capsys, monkeypatch)


def test_groups_are_the_topics_in_the_shape_of_llm_cluster(shell: Shell) -> None:
    found = shell.json("cluster", "4", "--anew")
    assert sorted(len({item["id"].split("/")[0] for item in one["items"]}) for one in found) == [1, 1, 1, 1]
    for one in found:
        assert {"id", "items", "summary", "size", "cohesion", "keywords", "exemplars"} == set(one)
        assert (one["size"], one["exemplars"]) == (25, [item["id"] for item in one["items"][:5]])
        topic = one["items"][0]["id"].split("/")[0]
        assert set(one["keywords"]) <= set(TOPICS[topic].split()) | {
            f"{a} {b}" for a in TOPICS[topic].split() for b in TOPICS[topic].split()
        }
        assert all(len(item["content"]) <= 100 for item in one["items"])
        similar = [item["similarity"] for item in one["items"]]
        assert similar == sorted(similar, reverse=True)
        assert one["cohesion"] == pytest.approx(sum(similar) / 25, abs=1e-3)
    assert len({one["summary"] for one in found}) == 4
    rows = list(csv.DictReader(io.StringIO(shell("cluster", "4", "--format", "csv"))))
    assert len(rows) == 100
    assert "100 documents in 4 groups" in shell("cluster", "4")


def test_two_runs_are_equal_whatever_the_order_of_the_documents(tmp_path: Path) -> None:
    documents = texts(20)
    made = []
    for number, order in enumerate((documents, documents[::-1])):
        with Database(built(tmp_path / f"{number}.db", order, embedder="hash:64")) as db:
            made.append(app.rows(db, app.cluster(db, app.ClusterRequest(6))))
            assert app.rows(db, app.cluster(db, app.ClusterRequest(6, anew=True))) == made[-1]
    assert made[0] == made[1]


def test_the_number_is_chosen_and_reasons_are_given_for_what_cannot_be(shell: Shell) -> None:
    assert len(shell.json("cluster", "--anew")) == 4
    for wrong in ("1", "many", "1000"):
        shell("cluster", wrong, code=2)
    shell("cluster", "--prefix", "nowhere", code=2)
    assert len(shell.json("cluster", "2", "--prefix", "boats")) == 2
    assert shell.json("cluster", "4", "--passages")[0]["items"][0]["id"].endswith("#0")


@pytest.mark.parametrize("groups", [12, 15])
def test_as_many_groups_are_chosen_as_overlapping_topics_there_are(groups: int) -> None:
    draws = np.random.default_rng(1)
    centres = draws.normal(size=(groups, 40))
    centres /= np.linalg.norm(centres, axis=1)[:, None]
    vectors = np.repeat(centres, 20, 0) + 1.3 / np.sqrt(40) * draws.normal(size=(groups * 20, 40))
    vectors /= np.linalg.norm(vectors, axis=1)[:, None]
    keys = np.arange(1, len(vectors) + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    assert kmeans.choose(vectors.astype(np.float32), keys) == groups


def test_a_few_more_documents_move_few(tmp_path: Path) -> None:
    """One in a hundred is new: hardly any of the others change their group, however badly the groups fit."""
    rng = random.Random(2)
    words = [f"word{number}" for number in range(120)]
    documents = [Document("n", f"{n}", " ".join(rng.choices(words, k=25))) for n in range(303)]
    path = built(tmp_path / "x.db", documents[:300], "n")
    with Index(path) as index:
        before = groups_of(index.db, app.ClusterRequest(8))
        index.add("n", items(documents), prune=False)
        after = groups_of(index.db, app.ClusterRequest(8))
    assert len(after) == 303
    assert sum(before[key] != after[key] for key in before) <= 6


def groups_of(db: Database, request: app.ClusterRequest) -> dict[str, str]:
    return {item["id"]: one["id"] for one in app.rows(db, app.cluster(db, request)) for item in one["items"]}


def test_an_index_that_cannot_be_written_is_grouped_all_the_same(tmp_path: Path) -> None:
    path = built(tmp_path / "x.db", texts(5))
    with Database(path, readonly=True) as db:
        made = app.cluster(db, app.ClusterRequest(2))
    assert (len(made.clusters), made.made) == (2, "")


def test_datasette_can_facet_what_is_kept(database: Path, shell: Shell) -> None:
    shell("cluster", "4")
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as db:
        rows = db.execute(
            "select cluster, count(*) from clustered where filters = '{}' and items = 'documents' group by 1"
        ).fetchall()
    db.close()
    assert sorted(count for _, count in rows) == [25] * 4


def test_removing_a_document_takes_it_out_of_its_group(tmp_path: Path) -> None:
    with Index(built(tmp_path / "x.db", texts(5))) as index:
        app.cluster(index.db, app.ClusterRequest(2))
        index.add("notes", [], prune=True)
        assert index.db.value("select count(*) from cluster_item") == 0


def test_a_hosted_model_names_and_no_two_alike(tmp_path: Path) -> None:
    path = built(tmp_path / "x.db", texts(8))
    with serving(lambda _: completion(json.dumps({"name": "Things"}))) as server, Database(path) as db:
        from rag.app.open import open_generator

        generator = open_generator("openai:test", server.url)
        made = app.cluster(db, app.ClusterRequest(4, name=True), generator)
        names = [one.name for one in made.clusters]
        assert len(set(names)) == 4
        assert all(name.startswith("Things") and len(name) <= 60 for name in names)
        again = app.cluster(db, app.ClusterRequest(4, name=True), None)
        assert [one.name for one in again.clusters] == names


@pytest.mark.model
def test_the_bundled_model_chooses_among_the_telling_words() -> None:
    from rag.app.open import open_generator

    generator = open_generator("smollm2")
    assert generator
    group = naming.Described(["Plant garlic in October.", "Water the tomatoes."], ["garlic", "tomato", "compost"])
    one = naming.name(group, [], generator, capable=False)
    other = naming.name(group, [one], generator, capable=False)
    assert one in naming.candidates(group)
    assert other in set(naming.candidates(group)) - {one}


def test_the_map_is_one_file_that_asks_for_nothing(tmp_path: Path, shell: Shell) -> None:
    page = tmp_path / "map.html"
    shell("cluster", "4", "--html", page)
    text = page.read_text()
    data = json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)[1])  # type: ignore[index]
    assert len(data["points"]) == 100
    assert all(0 <= point["x"] <= 1 and 0 <= point["y"] <= 1 for point in data["points"])
    assert not re.search(r"(?:src|href)=[\"']?(?:https?:)?//|@import|url\(", text)
    assert "default-src 'none'" in text
    shell("cluster", "4", "--html", page)
    assert page.read_text() == text
    (tmp_path / "mine.html").write_text("my own page")
    shell("cluster", "4", "--html", tmp_path / "mine.html", code=2)


def test_nothing_in_a_text_leaves_its_place_in_the_page(tmp_path: Path) -> None:
    from rag.app import cluster_map

    evil = "</script><script>alert(1)</script><!-- \u2028 {{data}}"
    page = cluster_map.page({"kind": "documents", "total": 1, "groups": [], "points": [{"t": evil}]}, evil)
    assert page.count("<script") == 2
    assert "alert(1)</script>" not in page


POINTS = st.integers(2, 40).flatmap(lambda n: st.tuples(st.just(n), st.integers(2, 6), st.integers(0, 1000)))


@settings(max_examples=25, deadline=None)
@given(POINTS)
def test_every_vector_is_in_the_group_whose_centre_is_nearest(given_: tuple[int, int, int]) -> None:
    n, k, seed = given_
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(n, 5)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    keys = rng.integers(0, 2**63, n).astype(np.uint64)
    made = kmeans.cluster(vectors, k, keys)
    products = vectors @ made.centres.T
    assert np.allclose(products.max(axis=1), made.cosines, atol=1e-6)
    assert np.allclose(np.linalg.norm(made.centres, axis=1), 1, atol=1e-5)
    order = rng.permutation(n)
    other = kmeans.cluster(vectors[order], k, keys[order])
    assert other.cohesion == pytest.approx(made.cohesion, abs=1e-5)
    places = projection.project(vectors)
    assert places.shape == (n, 2)
    assert np.isfinite(places).all()


def test_neighbours_stay_neighbours_on_the_map() -> None:
    rng = np.random.default_rng(3)
    middles = rng.normal(size=(5, 30))
    vectors = np.repeat(middles, 30, axis=0) + 0.4 * rng.normal(size=(150, 30))
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    places = projection.project(vectors)
    far = ((places[:, None] - places[None]) ** 2).sum(axis=2) + np.eye(150)
    assert (far.argmin(axis=1) // 30 == np.arange(150) // 30).mean() > 0.97


def test_telling_words_are_those_that_others_lack() -> None:
    found = keywords(
        [
            (0, "The cat sleeps. The cat eats."),
            (0, "A cat sleeps here."),
            (1, "The dog eats."),
            (1, "Dogs: the dog runs"),
        ]
    )
    assert found[0][0] == "cat sleeps"
    assert found[1][0] == "dog"
    assert "the" not in [word for words in found.values() for word in words]
    assert keywords([(0, "日本語の文章"), (0, "日本語"), (1, "中文的句子"), (1, "中文")])[0]


def test_items_of_a_filter_and_their_keys(database: Path) -> None:
    with Database(database) as db:
        found = app.items(db, "documents", Filters(prefix="boats/"))
        assert len(found) == 25
        assert len(set(found.keys.tolist())) == 25
        assert np.allclose(np.linalg.norm(found.vectors, axis=1), 1, atol=1e-5)
        assert app.items(db, "documents", Filters(prefix="boats/")).inputs == found.inputs != app.items(db).inputs
