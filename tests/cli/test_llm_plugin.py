"""The real `llm` reads our file and finds what we find; our index gives it fragments and a tool."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from rag import Index
from rag.sources import files

pytestmark = pytest.mark.model


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("llm")
    (folder / "notes").mkdir()
    for name, text in {
        "bees": "Bees dance to show where the flowers are.",
        "bread": "Sourdough bread needs a starter and a hot oven.",
        "sqlite": "SQLite keeps a whole database in one file.",
    }.items():
        (folder / "notes" / f"{name}.md").write_text(f"# {name.title()}\n\n{text}\n")
    with Index(folder / "rag.db", create=True) as index:
        index.add("notes", files([folder / "notes"]))
    return folder / "rag.db"


def llm(database: Path, *args: str) -> str:
    env = {**os.environ, "LLM_USER_PATH": str(database.parent / "user"), "RAG_DB": str(database)}
    run = subprocess.run([sys.executable, "-m", "llm", *args], capture_output=True, text=True, env=env, check=False)
    assert run.returncode == 0, run.stderr
    return run.stdout


def test_llm_reads_the_vectors_of_our_texts(database: Path) -> None:
    listed = json.loads(llm(database, "collections", "list", "--json", "-d", str(database)))
    assert [(row["name"], row["num_embeddings"]) for row in listed] == [("notes", 3)]
    rows = [json.loads(line) for line in llm(
        database, "similar", "notes", "-d", str(database), "-c", "how do I bake?", "-n", "3"
    ).splitlines()]  # fmt: skip
    with Index(database) as index:
        best = index.search("how do I bake?", 1, mode="vectors")[0].passage.text
        query = index.embedder.embed(["how do I bake?"], "query")[0]
        made = index.embedder.embed([row["content"] for row in rows])
    assert (rows[0]["id"], rows[0]["content"]) == ("bread.md#0", best)
    for row, vector in zip(rows, made, strict=True):
        assert row["score"] == pytest.approx(float(vector @ query), abs=1e-5)


def test_our_index_is_a_tool_and_a_source_of_fragments(database: Path) -> None:
    assert "rag_search" in llm(database, "tools", "list")
    assert "rag:" in llm(database, "fragments", "loaders")
    shown = llm(database, "fragments", "show", "rag:SQLite database file")
    assert "SQLite keeps a whole database in one file." in shown
