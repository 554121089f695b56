"""`rag merge`: three sites that are edited apart, with clocks that lie, come to the same content."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shell import Shell, built, items

from rag.doctor import examine
from rag.errors import DatabaseError
from rag.index import Index
from rag.models.hashing import HashingEmbedder
from rag.store import Database, answers, documents, jobs, sources, vectors
from rag.store.answers import Logged
from rag.store.merging import content, merge
from rag.types import Document

COUNTED = ("added", "changed", "removed", "touched", "vectors", "answers", "jobs", "rows")
KEYS = ("a", "b", "c", "d")
STEP = st.tuples(
    st.integers(0, 2),  # the site
    st.sampled_from(["put", "put", "remove", "source", "answer", "job", "thumb", "merge"]),
    st.sampled_from(KEYS),
    st.integers(0, 5),  # what is said, or the other site
    st.integers(0, 40),  # what its clock says, in milliseconds
)


class Counting(HashingEmbedder):
    """How many texts it was asked for."""

    asked = 0

    def embed(self, texts: Sequence[str], kind: str = "passage") -> Any:
        Counting.asked += len(texts)
        return super().embed(texts, kind)


def said(key: str, version: int) -> Document:
    text = f"Note {key} says {version}.\n\nIt is kept in box {version % 3}.\n\nAnd {key} ends."
    return Document("notes" if version % 2 else "more", key, text, title=f"T{version % 2}", meta={"v": version})


def answer(question: str) -> Logged:
    given = {"answerable": True, "citations": [], "model": "none", "trace": {}}
    return Logged(question, f"because {question}", given, {"k": 8})


def site(path: Path) -> Index:
    index = Index(path, Counting(16), create=True, target=30)
    assert isinstance(index.db, Database)
    index.db.connection.create_scalar_function("unixepoch", lambda *_: clock[0] / 1000)
    return index


clock = [0]


def play(indexes: list[Index], steps: Sequence[tuple[int, str, str, int, int]]) -> None:
    """A history: each site writes by its own clock, which may go back, and takes over what others have."""
    for number, what, key, value, time in steps:
        index, clock[0] = indexes[number], time
        db = index.db
        if what == "put":
            document = said(key, value)
            index.add(document.source, items([document]), prune=False)
        elif what == "remove":
            gone = [number for (number,) in db.execute("select id from document where key = ?", (key,))]
            with db.transaction():
                documents.remove(db, gone)
                vectors.prune(db)
                db.changed()
        elif what == "source":
            if db.value("select 1 from source where name = 'more'"):
                sources.remove(db, "more")
        elif what == "answer":
            answers.add(db, answer(f"{key}{value}?"))
        elif what == "thumb":
            db.execute("update answer set thumb = ? where question like ?", (value % 3 - 1, f"{key}%"))
        elif what == "job":
            job = jobs.begin(db, jobs.Job(f"hash{key}", {"type": "object"}, "s", "p", "ph", "none", "f"))
            jobs.register(db, job, [jobs.Entry(0, "notes", key, f"h{value}")])
            if value % 2:
                jobs.save(db, job, [jobs.Result(f"h{value}", "done" if value > 2 else "failed", {"v": value}, {})])
        else:
            other = indexes[(number + 1 + value % 2) % 3]
            merge(db, other.db)


@settings(max_examples=12, deadline=None)
@given(st.lists(STEP, min_size=3, max_size=24))
def test_three_sites_come_to_the_same_content(steps: list[tuple[int, str, str, int, int]]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        indexes = [site(folder / f"{number}.db") for number in range(3)]
        try:
            play(indexes, steps)
            for index in indexes:
                index.db.execute("pragma wal_checkpoint(truncate)")
            asked = Counting.asked
            for one in range(3):
                for copy in ("x", "y"):
                    shutil.copy(folder / f"{one}.db", folder / f"{one}{copy}.db")
            made: dict[str, str] = {}
            for order in ("012", "021", "102", "210"):  # associative and commutative: (a + b) + c
                made[order] = summed(folder, order)
            left, right = site(folder / "1x.db"), site(folder / "2x.db")
            merge(left.db, right.db)  # a + (b + c)
            first = site(folder / "0x.db")
            merge(first.db, left.db)
            made["0(12)"] = content(first.db)
            assert len(set(made.values())) == 1, made
            again = merge(first.db, left.db)  # idempotent
            assert not any(getattr(again, name) for name in COUNTED)
            assert content(first.db) == made["012"]
            problems = [one.problem for one in examine(first.db) if one.problem]
            assert [one for one in problems if "answer" not in one] == []  # these are made up
            assert Counting.asked == asked  # nothing was embedded
            for index in (left, right, first):
                index.close()
            spread(indexes, made["012"])
        finally:
            for index in indexes:
                index.close()


def summed(folder: Path, order: str) -> str:
    """The content of the first site after it has taken over the others, in this order."""
    path = folder / f"{order}.db"
    shutil.copy(folder / f"{order[0]}y.db", path)
    index = site(path)
    for number in order[1:]:
        other = site(folder / f"{number}y.db")
        merge(index.db, other.db)
        other.close()
    found = content(index.db)
    index.close()
    return found


def spread(indexes: list[Index], wanted: str) -> None:
    """A server gathers from all and everyone takes over from it: all have the same."""
    merge(indexes[0].db, indexes[1].db)
    merge(indexes[0].db, indexes[2].db)
    merge(indexes[1].db, indexes[0].db)
    merge(indexes[2].db, indexes[0].db)
    assert {content(index.db) for index in indexes} == {wanted}


def test_two_laptops_and_a_server(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    one = built(
        tmp_path / "one.db",
        [Document("n", "a.md", "Plant garlic in October."), Document("n", "b.md", "Old text.")],
        "n",
    )
    shutil.copy(one, tmp_path / "two.db")
    with Index(one) as index:
        index.add("n", items([Document("n", "b.md", "New text about tomatoes.")]), prune=False)
    with Index(tmp_path / "two.db") as index:
        index.add("n", items([Document("n", "c.md", "A third note about peas.")]), prune=False)
        passage = index.db.value("select id from passage_whole where text like 'Plant%'")
    shell = Shell(tmp_path / "server.db", capsys, monkeypatch)
    tried = shell.json("merge", one, "--dry-run")[0]
    rows = shell.json("merge", one, tmp_path / "two.db")
    assert (tried["added"], rows[0]["added"], rows[1]["added"], rows[1]["changed"]) == (2, 2, 1, 0)
    laptop = Shell(tmp_path / "two.db", capsys, monkeypatch)
    assert laptop.json("merge", tmp_path / "server.db")[0]["content"] == rows[1]["content"]
    assert laptop.json("search", "tomatoes", "--words")[0]["key"] == "b.md"
    assert laptop.json("search", "garlic", "--words")[0]["id"] == passage  # what stays keeps its number
    assert shell.json("search", "note about peas", "--vectors")[0]["key"] == "c.md"
    assert laptop.json("search", "text about tomatoes", "--vectors")[0]["key"] == "b.md"
    assert "nothing new" in laptop("merge", tmp_path / "server.db")
    with Database(tmp_path / "server.db") as db:
        assert [one.problem for one in examine(db) if one.problem] == []


def test_a_conversation_stays_together(tmp_path: Path) -> None:
    paths = [built(tmp_path / f"{n}.db", [Document("n", "a.md", "Text.")], "n") for n in range(2)]
    with Database(paths[0]) as one, Database(paths[1]) as other:
        answers.add(one, answer("mine?"))
        first = answers.add(other, answer("first?"))
        answers.add(other, Logged("second?", "so", answer("x").object, {}, (("first?", "so"),), first))
        assert merge(one, other).answers == 2
        rows = {row["question"]: row for row in answers.listed(one)}
        assert rows["second?"]["conversation"] == rows["first?"]["id"] != rows["mine?"]["id"]
        assert merge(one, other).answers == 0


def test_what_cannot_be_merged_is_refused(tmp_path: Path) -> None:
    one = built(tmp_path / "one.db", [Document("n", "a.md", "Text.")], "n")
    other = built(tmp_path / "other.db", [Document("n", "a.md", "Text.")], "n", "hash:32")
    with Database(one) as db, Database(other) as there, pytest.raises(DatabaseError, match="cannot stand side by side"):
        merge(db, there)
    with Database(one) as db, pytest.raises(DatabaseError, match="is the index itself"):
        merge(db, db)
