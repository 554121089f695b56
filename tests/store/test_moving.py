"""An index from a file to a server and back: the same rows, killed in the middle or not, and nothing embedded again."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from test_contract import Given

from rag import Index
from rag.errors import DatabaseError
from rag.store import answers, blocks, documents, jobs, moving, opened, shape, sources, tokens

KILLED = """
import os, sys
from rag.store import moving
moving.BLOCK = 5
def kill(done, total):
    if done >= 20:
        os.kill(os.getpid(), 9)
with moving.both(*sys.argv[1:]) as (old, new):
    moving.move(old, new, kill)
"""


@pytest.fixture
def made(tmp_path: Path) -> str:
    """An index in a file with some of everything."""
    path = str(tmp_path / "old.db")
    with Index(path, "hash:64", create=True) as index:
        items = [Given(f"{n}.md", f"Note {n}\0 says 東京 number {n}. Links.", title=f"N{n}") for n in range(50)]
        index.add("notes", items, kind="table")
        index.add(
            "notes", [*items[:40], Given("new.md", "Die Dampfschifffahrt ist und war.")], kind="table", prune=True
        )
        given = {"answerable": True, "citations": [], "model": "none", "question": "q", "answer": "a", "trace": {}}
        answers.add(index.db, answers.Logged("q", "a", given, {}))
        sources.add_alert(index.db, "new", "number", 0.1)
        tokens.create(index.db, "laptop", ("read",))
        job = jobs.begin(index.db, jobs.Job("h", {}, "s", "p", "ph", "m", "f"))
        jobs.register(index.db, job, [jobs.Entry(0, "notes", "k", "hash")])
        jobs.write_table(index.db, "people", [("name", "text"), ("age", "integer")], [("Ada", 36)])
    return path


def test_there_and_back_killed_in_the_middle(made: str, schema: Callable[[], str], tmp_path: Path) -> None:
    where, again = schema(), str(tmp_path / "again.db")
    digests = []
    for old, new in ((made, where), (where, again)):
        killed = subprocess.run([sys.executable, "-c", KILLED, old, new], check=False)
        assert killed.returncode == -9
        with pytest.raises(DatabaseError, match="half moved"):
            opened(new)
        with moving.both(old, new) as (source, target):
            moved = moving.move(source, target)
        assert (moved.there, moved.documents) == (20, 21)
        digests.append(moved.digest)
    assert digests[0] == digests[1]
    with Index(made) as one, Index(opened(where)) as other, Index(again) as last:
        for question in ("number 7", "東京", "Dampfschiff", '"says number"'):
            expected, *others = (
                {hit.passage.id: hit.score for hit in index.search(question, 100)} for index in (one, other, last)
            )
            for found in others:
                assert found == pytest.approx(expected, abs=1e-3), question
        assert list(other.db.execute('select name, age from "people"')) == [("Ada", 36)]
        newest = one.db.last_passage()
        for index in (one, other, last):
            done = index.add("more", [Given("x.md", "Note 7 again, and more.")], kind="table")
            assert (done.added, index.search("again more", 1)[0].passage.id) == (1, newest + 1)
            assert [row["key"] for row in sources.changes(index.db, sources.version(index.db) - 1)] == ["x.md"]


def test_what_changed_meanwhile_is_taken_over(made: str, schema: Callable[[], str]) -> None:
    where = schema()
    subprocess.run([sys.executable, "-c", KILLED, made, where], check=False)
    with Index(made) as index:
        index.add("notes", [Given("0.md", "Another text."), Given("fresh.md", "Fresh.")], kind="table", prune=False)
    with moving.both(made, where) as (source, target):
        assert moving.move(source, target).there == 19
    with opened(where) as db:
        assert documents.find(db, "0.md")[1].text == "Another text."


def test_a_move_that_was_stopped_after_its_last_commit_is_done(made: str, schema: Callable[[], str]) -> None:
    """It said that there is an index already, and left one to wonder."""
    where = schema()
    with moving.both(made, where) as (source, target):
        first = moving.move(source, target)
    with moving.both(made, where) as (source, target):
        again = moving.move(source, target)
    assert (again.documents, again.there, again.digest) == (0, first.documents, first.digest)
    with Index(where) as index:
        index.add("more", [Given("x.md", "What came since.")], kind="table")
    with moving.both(made, where) as (source, target), pytest.raises(DatabaseError, match="is an index already"):
        moving.move(source, target)
    with opened(where) as db:
        assert documents.find(db, "x.md")[1].text == "What came since."


def test_another_index_is_never_overwritten(made: str, schema: Callable[[], str], tmp_path: Path) -> None:
    where = schema()
    with Index(opened(where, create=True), "hash:64") as index:
        index.add("mine", [Given("mine.md", "Mine.")], kind="table")
    with moving.both(made, where) as (source, target), pytest.raises(DatabaseError, match="is an index already"):
        moving.move(source, target)
    with opened(where) as db:
        assert documents.counts(db).documents == 1


def test_no_table_is_forgotten(schema: Callable[[], str]) -> None:
    """Whoever adds a table to a file adds it to servers and to moves, with all of its columns."""
    moved = {"document": blocks.DOCUMENT, "vector": blocks.VECTOR, **moving.FIRST, **moving.LAST}
    moved |= {table: columns for table, (columns, _) in blocks.BELOW.items()}
    with opened(schema(), create=True) as db:
        for table, columns in shape.columns().items():
            if table in ("setting", "_sqlite_migrations"):  # moved last, and made anew
                continue
            if table == "passage":  # moved with its texts, which a file has elsewhere
                columns = [(db.passage_text if name == "own" else name, kind) for name, kind in columns]
                moved[table] = moved["passage_whole"]
            assert table in moved, table
            rest = {"id", "checksum"} if table != "vector" else {"id"}  # of a row: made anew, and by a file alone
            names = {name for name, _ in columns} - rest
            assert names <= {name.strip('"') for name in moved[table].split(", ")}, table
            assert names == {name for name, _ in db.columns(table)} - rest, table
