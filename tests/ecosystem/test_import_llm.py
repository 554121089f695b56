"""The real llm writes an embeddings database; we take it over without one call of a model, and find what it finds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import llm
import pytest
import sqlite_utils
from typer.testing import CliRunner

from rag import Index
from rag.cli import app
from rag.errors import DatabaseError, InputError
from rag.models import embedder
from rag.store import sources as store

TEXTS = {f"note-{n}": text for n, text in enumerate(
    ["Bees dance for flowers.", "Bread needs a starter.", "Onions make soup sweet.", "Garlic grows in winter.",
     "A hive has one queen.", "Flour, water and salt.", "Soup of leeks.", "The starter is fed each day.",
     "Honey never spoils.", "Salt keeps bread fresh.", "Queens live for years.", "Winter is long."])}  # fmt: skip


class Hash(llm.EmbeddingModel):
    """An embedding model of a plugin; it counts what it is asked for."""

    model_id = "lab-hash"
    asked = 0

    def embed_batch(self, items: Iterable[str | bytes]) -> Iterator[list[float]]:
        texts = [item if isinstance(item, str) else item.decode() for item in items]
        Hash.asked += len(texts)
        yield from (row.tolist() for row in embedder("hash:64").embed(texts))


class Plugin:
    @llm.hookimpl
    def register_embedding_models(self, register: Iterable[object]) -> None:
        register(Hash())  # type: ignore[operator]


@pytest.fixture(autouse=True)
def plugin() -> Iterator[None]:
    llm.plugins.pm.register(Plugin(), name="lab-hash")
    yield
    llm.plugins.pm.unregister(name="lab-hash")


def collection(path: Path, name: str = "notes", prefix: str = "", store: bool = True) -> llm.Collection:
    made = llm.Collection(name, sqlite_utils.Database(path), model=Hash())
    made.embed_multi_with_metadata(
        [(key, prefix + text, {"length": len(text)}) for key, text in TEXTS.items()], store=store
    )
    return made


def run(*arguments: object, ok: bool = True) -> str:
    done = CliRunner().invoke(app, ["import-llm", *map(str, arguments)])
    if not ok and done.exception:
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.output


def test_the_same_neighbours_without_a_call(tmp_path: Path) -> None:
    made = collection(tmp_path / "e.db")
    before = Hash.asked
    assert "notes: 12 documents" in run(tmp_path / "e.db", "-d", tmp_path / "rag.db")
    assert Hash.asked == before
    with Index(tmp_path / "rag.db") as index:
        hits = index.search("the queen of the bees", 10, mode="vectors")
        assert [hit.passage.document.key for hit in hits] == [
            one.id for one in made.similar("the queen of the bees", 10)
        ]
        assert hits[0].passage.document.meta == {"length": len(hits[0].passage.text)}
        assert index.search("soup", mode="words")[0].passage.document.source == "notes"


def test_again_follows_what_changed(tmp_path: Path) -> None:
    made = collection(tmp_path / "e.db")
    run(tmp_path / "e.db", "-d", tmp_path / "rag.db")
    made.db.execute("delete from embeddings where id = 'note-1'")
    made.db.conn.commit()
    made.embed("note-2", "Entirely new.", store=True)
    run(tmp_path / "e.db", "notes", "-d", tmp_path / "rag.db")
    with Index(tmp_path / "rag.db") as index:
        assert store.status(index.db, 12) == {"notes": {"added": 0, "changed": 1, "removed": 1}}


def test_a_prefix_is_taken_off(tmp_path: Path) -> None:
    collection(tmp_path / "e.db", prefix="passage: ")
    assert "'passage: '" in run(tmp_path / "e.db", "-d", tmp_path / "rag.db")
    with Index(tmp_path / "rag.db") as index:
        texts = {text for (text,) in index.db.execute("select text from document")}
    assert texts == set(TEXTS.values())


def test_what_cannot_be_taken_over(tmp_path: Path) -> None:
    collection(tmp_path / "e.db", store=False)
    with pytest.raises(InputError, match="has no text"):
        run(tmp_path / "e.db", "-d", tmp_path / "rag.db", ok=False)
    with pytest.raises(InputError, match="no collection 'other'"):
        run(tmp_path / "e.db", "other", "-d", tmp_path / "rag.db", ok=False)
    sqlite_utils.Database(tmp_path / "x.db")["t"].insert({"id": 1})  # type: ignore[union-attr]
    with pytest.raises(InputError, match="not an embeddings database"):
        run(tmp_path / "x.db", "-d", tmp_path / "rag.db", ok=False)
    collection(tmp_path / "f.db")
    with Index(tmp_path / "own.db", "hash:64", create=True) as index:
        index.add("s", [])
    with pytest.raises(DatabaseError, match="built with the embedder hash:64"):
        run(tmp_path / "f.db", "-d", tmp_path / "own.db", ok=False)


def test_a_vector_that_cannot_be_used_costs_no_other(tmp_path: Path) -> None:
    made = collection(tmp_path / "e.db")
    nan = b"\0\0\xc0\x7f" * 64
    for key, blob in (
        ("note-0", b"abc"),
        ("note-1", b"\0" * 256),
        ("note-2", nan),
        ("note-3", b"\0\0\x80\x3f"),
        ("note-4", 5),
    ):
        made.db.execute("update embeddings set embedding = ? where id = ?", (blob, key))
    made.db.execute("update embeddings set metadata = ? where id = 'note-5'", ("[" * 100_000,))
    made.db.conn.commit()
    told = run(tmp_path / "e.db", "-d", tmp_path / "rag.db")
    assert "notes: 7 documents" in told
    assert [f"notes, note-{n}: its vector" in told for n in range(6)] == [True] * 5 + [False]
