"""`rag eval topics`: which kinds of questions fail."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from evaluation import lines, toml
from shell import built

from rag.errors import InputError
from rag.types import Document

PLANTS = ["garlic", "tomatoes", "beans", "carrots", "lettuce", "onions", "peas", "pumpkins", "spinach", "radishes"]
SHIPS = ["ferry", "yacht", "tanker", "tugboat", "canoe", "frigate", "trawler", "barge", "schooner", "submarine"]
SUITE = """
task = "retrieval"
data = "two"
measures = ["nDCG@10", "R@1"]
[settings]
embedder = "hash:64"
[[system]]
name = "words"
mode = "words"
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Questions on plants, of which every right document is found, and on ships, of which none is."""
    folder = tmp_path / "two"
    folder.mkdir()
    documents = [{"id": one, "title": one, "text": f"How {one} grow in a garden bed with compost."} for one in PLANTS]
    documents += [{"id": one, "title": one, "text": f"The {one} sails out of the harbour."} for one in SHIPS]
    lines(folder / "corpus.jsonl", [*documents, {"id": "none", "title": "", "text": "Nobody finds this."}])
    asked = [{"id": one, "text": f"How do I grow {one} in my garden?"} for one in PLANTS]
    asked += [{"id": one, "text": f"Where does the {one} sail from the harbour?"} for one in SHIPS]
    lines(folder / "queries.jsonl", asked)
    rows = [f"{one}\t{one if one in PLANTS else 'none'}\t1" for one in PLANTS + SHIPS]
    (folder / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\n" + "\n".join(rows) + "\n")
    return folder


@pytest.mark.model
def test_the_topic_that_fails_comes_first(cli: Any, data: Path, tmp_path: Path) -> None:
    cli("eval", "run", toml(tmp_path, SUITE), "--data", tmp_path)
    rows = json.loads(cli("eval", "topics", "1", "-k", "2", "--json"))
    assert [(row["cases"], row["mean"], row["worse"]) for row in rows] == [(10, 0.0, True), (10, 1.0, False)]
    assert "harbour" in rows[0]["topic"]
    assert "garden" in rows[1]["topic"]
    assert all("sail" in question for question in rows[0]["lowest"])
    assert rows[0]["all"] == pytest.approx(0.5)
    shown = cli("eval", "topics", "1", "-k", "2", "--measure", "R@1")
    assert "worse than the whole" in shown.splitlines()[0]
    with pytest.raises(InputError, match="no measure"):
        cli("eval", "topics", "1", "--measure", "BLEU")


def test_the_groups_of_an_index_are_topics(cli: Any, data: Path, tmp_path: Path) -> None:
    cli("eval", "run", toml(tmp_path, SUITE), "--data", tmp_path)
    documents = [Document("n", one, f"How to grow {one} in a garden.") for one in PLANTS]
    documents += [Document("n", one, f"The {one} can sail from the harbour.") for one in SHIPS]
    index = built(tmp_path / "index.db", documents, "n", "hash:256")
    with pytest.raises(InputError, match="no groups yet"):
        cli("eval", "topics", "1", "--groups", index)
    cli("cluster", "2", "-d", index)
    rows = json.loads(cli("eval", "topics", "1", "--groups", index, "--json"))
    assert [(row["cases"], row["mean"]) for row in rows] == [(10, 0.0), (10, 1.0)]
