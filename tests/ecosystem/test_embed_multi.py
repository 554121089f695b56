"""
What goes wrong in everyday use of `llm embed-multi`, shown on the real one, and what we do with the same data.

When a release of llm mends one of these, its half of the test fails: then the sentence in docs/ecosystem.md goes, too.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import llm
import llm.cli
import pytest
import sqlite_utils
from click.testing import CliRunner

from rag import Index
from rag.app.refresh import refresh, sources_of
from rag.models import embedder


class Counted(llm.EmbeddingModel):
    """A model that counts what it is given, and takes no more than 4,000 characters, as many real ones."""

    model_id = "lab-counted"
    given = 0

    def embed_batch(self, items: Iterable[str | bytes]) -> Iterator[list[float]]:
        texts = [str(item) for item in items]
        if any(len(text) > 4000 for text in texts):
            raise ValueError("the text is too long")
        type(self).given += len(texts)
        yield from (row.tolist() for row in embedder("hash:64").embed(texts))


class Plugin:
    @llm.hookimpl
    def register_embedding_models(self, register: Any) -> None:
        register(Counted())


@pytest.fixture(scope="module", autouse=True)
def plugin() -> Iterator[None]:
    llm.plugins.pm.register(Plugin(), name="counted")
    yield
    llm.plugins.pm.unregister(name="counted")


def theirs(folder: Path, rows: list[dict[str, object]], ok: bool = True) -> dict[str, str]:
    """The rows through `llm embed-multi`: id -> text of what it has afterwards."""
    command = [
        "embed-multi",
        "notes",
        "-",
        "--format",
        "json",
        "-m",
        "lab-counted",
        "-d",
        str(folder / "e.db"),
        "--store",
    ]
    done = CliRunner().invoke(llm.cli.cli, command, input=json.dumps(rows))
    assert (done.exit_code == 0) is ok, done.output
    db = sqlite_utils.Database(folder / "e.db")
    found = {row["id"]: row["content"] for row in db.query("select id, content from embeddings")}
    db.close()
    return found


def ours(folder: Path, rows: list[dict[str, object]]) -> dict[str, str]:
    """The same rows through `rag index`."""
    (folder / "rows.json").write_text(json.dumps(rows))
    with Index(folder / "rag.db", "llm:lab-counted", create=True) as index:
        Counted.given = 0
        (source,) = sources_of([str(folder / "rows.json")], name="notes")
        refresh(index, source)
        return dict(index.db.execute("select d.key, d.text from document d"))


def rows(**texts: str) -> list[dict[str, object]]:
    return [{"id": key, "text": text} for key, text in texts.items()]


def test_two_ids_with_one_text(tmp_path: Path) -> None:
    same = rows(a="Bees dance for flowers.", b="Bees dance for flowers.", c="Bread needs salt.")
    assert ours(tmp_path, same) == {"a": same[0]["text"], "b": same[1]["text"], "c": same[2]["text"]}
    assert Counted.given == 1 + 2  # a first text asks for the dimensions
    for key in "ab":
        command = ["embed", "notes", key, "-c", str(same[0]["text"]), "-m", "lab-counted", "--store"]
        assert CliRunner().invoke(llm.cli.cli, [*command, "-d", str(tmp_path / "e.db")]).exit_code == 0
    db = sqlite_utils.Database(tmp_path / "e.db")
    assert [row["id"] for row in db.query("select id from embeddings")] == ["a"]  # b is silently not stored
    db.close()


def test_two_texts_that_change_places(tmp_path: Path) -> None:
    before, after = rows(p="One about bees.", q="Two about bread."), rows(p="Two about bread.", q="One about bees.")
    ours(tmp_path, before)
    assert ours(tmp_path, after) == {"p": "Two about bread.", "q": "One about bees."}
    assert Counted.given <= 1  # nothing is embedded again
    theirs(tmp_path, before)
    assert theirs(tmp_path, after) == {"p": "One about bees.", "q": "Two about bread."}  # nothing is updated


def test_ids_that_move_and_rows_that_are_gone(tmp_path: Path) -> None:
    before = [{"id": f"a.py:{n}", "code": f"def function_{n}(): return {n}"} for n in range(1, 6)]
    after = [{"id": f"a.py:{n + 1}", "code": row["code"]} for n, row in enumerate(before, 1)]
    ours(tmp_path, before)
    assert set(ours(tmp_path, after)) == {row["id"] for row in after}
    assert Counted.given <= 2  # for the dimensions, and the one name that was never there: no text
    theirs(tmp_path, before)
    assert len(theirs(tmp_path, after)) > len(after)  # what moved is there twice


def test_one_long_text_among_others(tmp_path: Path) -> None:
    mixed = rows(a="Bees dance.", b="long " * 5000, c="Bread needs salt.")
    assert set(ours(tmp_path, mixed)) == {"a", "b", "c"}
    assert theirs(tmp_path, mixed, ok=False) == {}  # one fails, none is stored


def test_a_number_in_a_column(tmp_path: Path) -> None:
    numbered: list[dict[str, object]] = [{"id": 1, "year": 1843, "text": "Ada wrote the first program."}]
    assert ours(tmp_path, numbered) == {"1": "Ada wrote the first program."}
    with pytest.raises(AssertionError):
        theirs(tmp_path, numbered)


def test_letters_beyond_ascii_in_files(tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "a.txt").write_text("Café in 東京\n", encoding="utf-8")
    with Index(tmp_path / "rag.db", "hash:64", create=True) as index:
        refresh(index, sources_of([str(tmp_path / "notes")])[0])
        assert index.db.value("select text from document") == "Café in 東京\n"
    command = ["embed-multi", "n", "--files", str(tmp_path / "notes"), "*.txt", "-m", "lab-counted", "--store"]
    done = CliRunner().invoke(llm.cli.cli, [*command, "-d", str(tmp_path / "e.db")])
    assert done.exit_code == 0, done.output
    db = sqlite_utils.Database(tmp_path / "e.db")
    (row,) = db.query("select content from embeddings")
    db.close()
    assert row["content"].startswith("CafÃ©")


def test_a_prefix_is_taken_as_it_is_written(tmp_path: Path) -> None:
    texts = rows(a_b="Bees dance.", aXb="Bread needs salt.")
    ours(tmp_path, texts)
    with Index(tmp_path / "rag.db") as index:
        from rag.app.open import filters

        found = index.search("bees bread", 5, filters=filters(prefix="a_b"))
    assert [hit.passage.document.key for hit in found] == ["a_b"]
    theirs(tmp_path, texts)
    db = sqlite_utils.Database(tmp_path / "e.db")
    assert {entry.id for entry in llm.Collection("notes", db).similar("bees", prefix="a_b")} == {"a_b", "aXb"}
    db.close()
