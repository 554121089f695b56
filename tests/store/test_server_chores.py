"""Chores on servers: a backup in a file, optimizing, merging from one, exporting from one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rag import Index
from rag.app.check import check, info
from rag.app.optimize import optimize
from rag.cli import main
from rag.errors import DatabaseError, InputError
from rag.store import backup, documents, moving, opened, parts
from rag.store.postgres import near
from rag.types import Document
from rag.web import export

Schema = Callable[[], str]


class Given:
    def __init__(self, key: str, text: str) -> None:
        self.key, self.stamp, self.text = key, "", text

    def read(self) -> list[Document]:
        return [Document("notes", self.key, self.text)]


def given(change: str = "") -> list[Given]:
    return [Given(f"{n}.md", f"Shelf {n} has {n} jars of {change or 'plum'} jam {n * 7919}.") for n in range(12)]


@pytest.fixture(params=["postgres", "shards"])
def where(request: pytest.FixtureRequest, schema: Schema) -> str:
    return schema() if request.param == "postgres" else f"{schema()},{schema()}"


@pytest.fixture
def index(where: str) -> Iterator[Index]:
    with Index(opened(where, create=True), "hash:64") as made:
        made.add("notes", given(), kind="table")
        yield made


def rag(*words: str) -> int:
    """The exit code of the command, in this process."""
    with pytest.raises(SystemExit) as ended:
        main(list(words))
    return int(str(ended.value.code or 0))


def found(db: Any) -> list[tuple[Any, ...]]:
    return list(db.execute("select id, key, text, seal from document order by id"))


def test_a_backup_is_of_one_moment_and_opens_as_a_file(index: Index, where: str, tmp_path: Path) -> None:
    out, before = tmp_path / "b.db", found(index.db)

    def changes(done: int, total: int) -> None:  # by another, while it is copied
        with Index(opened(where), "hash:64") as other:
            other.add("notes", given(f"{done} quince"), kind="table")

    counts = backup.backup(index.db, out, changes)
    assert counts["document"] == 12
    assert found(index.db) != before
    with Index(opened(out), "hash:64") as copy:
        assert found(copy.db) == before
        assert [finding for finding in check(copy.db) if finding.problem] == []
        assert copy.search("jars on shelf 7", 1)[0].passage.document.key == "7.md"
    with pytest.raises(InputError, match="is there already"):
        backup.backup(index.db, out)
    assert [path.name for path in tmp_path.iterdir() if ".part" in path.name] == []


def test_a_backup_that_was_stopped_goes_on(
    index: Index, where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moving, "BLOCK", 4)
    out, copied = tmp_path / "b.db", []

    def stops(done: int, total: int) -> None:
        copied.append(done)
        if len(copied) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        backup.backup(index.db, out, stops)
    assert not out.exists()
    index.add("notes", [Given("0.md", "Shelf 0 is empty now.")])
    seen: list[int] = []
    assert backup.backup(index.db, out, lambda done, total: seen.append(done))["document"] == 12
    assert len(seen) == 2  # of three steps one was kept, less what changed meanwhile
    with opened(out) as copy:
        assert found(copy) == found(index.db)


def test_an_index_of_old_links_is_made_anew_and_measured(
    index: Index, where: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(near, "HNSW_FROM", 2)
    for _, one in parts(index.db):
        one.execute(
            "create index near_1 on near using hnsw ((embedding::halfvec(64)) halfvec_ip_ops) where model_id = 1"
        )
    assert info(index.db)["vector_index"]["links"] == 16
    expected = [hit.passage.document.key for hit in index.search("jars on shelf 7", 5, exact=True)]
    rows = {row["what"]: row for row in optimize(index, store_vectors="f32")}
    assert (rows["links"]["before"], rows["links"]["after"], rows["recall"]["after"]) == (16, 32, 1)
    assert rows["bytes a passage: vectors"]["after"] > 0
    assert [hit.passage.document.key for hit in index.search("jars on shelf 7", 5)] == expected
    assert [finding for finding in check(index.db) if finding.problem] == []
    widths = {len(data) for _, one in parts(index.db) for (data,) in one.execute("select data from vector")}
    assert widths == {64 * np.dtype(np.float32).itemsize}
    assert rag(*["info", "-d", where]) == 0
    assert "32 links of 128 candidates (HNSW), recall 1.000 with pieces of passages" in capsys.readouterr().out
    for _, one in parts(index.db):
        one.execute("""comment on index near_1 is '{"recall": 0.9, "wanted": 0.99, "asked": "pieces"}'""")
    assert rag(*["info", "-d", where]) == 0
    assert "a search compares all of them, since 32 links of 128 candidates (HNSW) find too few, recall 0.900" in (
        capsys.readouterr().out
    )
    for _, one in parts(index.db):
        one.execute("comment on index near_1 is null")
    index.catch_up()  # as at the end of every index run
    assert info(index.db)["vector_index"]["recall"] == 1
    with pytest.raises(InputError, match="is not chosen"):
        optimize(index, recall=0.9)


def test_what_a_server_has_is_merged_into_a_file_and_exported(
    index: Index, where: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert rag(*["merge", where, "-d", str(tmp_path / "all.db")]) == 0
    assert "12 added" in capsys.readouterr().out
    with opened(tmp_path / "all.db") as merged:
        assert documents.counts(merged).documents == 12
    assert export.space(index, tmp_path / "space", "Shelves") == 12
    with opened(tmp_path / "space" / "index.db", readonly=True) as carried:
        assert [row[1:] for row in found(carried)] == [row[1:] for row in found(index.db)]
    assert rag(*["diff", str(tmp_path / "all.db"), where]) == 0
    assert "nothing differs" in capsys.readouterr().out


def test_what_a_server_cannot_do_is_said_before_anything_is_made(
    schema: Schema, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    empty = schema()
    assert rag(*["merge", str(tmp_path / "x.db"), "-d", empty]) == 4
    assert "rag backup all.db -d " in capsys.readouterr().err
    assert rag(*["doctor", "--recover", str(tmp_path / "r.db"), "-d", empty]) == 2
    assert "is a server" in capsys.readouterr().err
    with pytest.raises(DatabaseError, match="there is no index at"):
        opened(empty)
