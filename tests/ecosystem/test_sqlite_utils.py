"""The real sqlite-utils on our file: it searches, rebuilds and lists it; afterwards we find what we found before."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
import sqlite_chronicle

from rag import Index
from rag.app.refresh import refresh_all, refresh_these, sources_of
from rag.doctor import examine
from rag.sources import files
from rag.sources.settings import Settings

WORDS = [
    *["amber", "basil", "cedar", "delta", "ember", "fjord", "grove", "heron", "inlet", "jetty"],
    *["kelp", "larch", "maple", "nectar", "otter", "pebble", "quartz", "reed", "sable", "tundra"],
]


@pytest.fixture
def database(tmp_path: Path) -> Path:
    (tmp_path / "notes").mkdir()
    for n in range(20):
        text = " ".join(WORDS[(n * k) % 20] for k in range(1, 12))
        (tmp_path / "notes" / f"{n:02}.md").write_text(f"# {WORDS[n].title()}\n\n{text}.\n")
    with Index(tmp_path / "rag.db", "hash:128", create=True) as index:
        index.add("notes", files([tmp_path / "notes"]))
    return tmp_path / "rag.db"


def utils(*words: object) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "sqlite_utils", *map(str, words)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def ten(database: Path) -> list[tuple[str, float]]:
    with Index(database) as index:
        hits = index.search("otter and pebble near the jetty", 10)
        return [(hit.passage.document.key, round(hit.score, 9)) for hit in hits]


def test_it_searches_the_passages_without_being_told_how(database: Path) -> None:
    found = json.loads(utils("search", database, "passage", "quartz", "-c", "title", "--limit", "3"))
    with Index(database) as index:
        ours = {hit.passage.document.title for hit in index.search("quartz", 20, mode="words")}
    assert {row["title"] for row in found} <= ours
    assert len(found) == 3


def test_it_lists_our_migrations(database: Path, tmp_path: Path) -> None:
    (tmp_path / "m.py").write_text("from sqlite_utils import Migrations\nmigrations = Migrations('mine')\n")
    assert "012_views" in utils("query", database, "select name from _sqlite_migrations where migration_set = 'rag'")
    utils("migrate", database, tmp_path / "m.py", "--list")
    assert len(ten(database)) == 10


@pytest.mark.parametrize(
    "steps",
    [
        [["vacuum"]],
        [
            ["transform", "passage", "--rename", "heading", "place"],
            ["transform", "passage", "--rename", "place", "heading"],
        ],
        [["transform", "document"], ["transform", "passage_window"], ["vacuum"]],
        [["optimize"], ["analyze-tables", "passage"]],
    ],
    ids=["vacuum", "transform passage", "transform others", "optimize"],
)
def test_after_it_has_rebuilt_our_tables_we_find_the_same(database: Path, steps: list[list[str]]) -> None:
    """A dropped trigger is told and restored; new documents are found again afterwards."""
    before = ten(database)
    for command, *rest in steps:
        utils(command, database, *rest)
    with Index(database) as index:
        wrong = [one.check for one in examine(index.db) if one.problem]
        if steps[0][0] == "transform":
            assert "triggers" in wrong
        mended = [one for one in examine(index.db, fix=True) if one.problem]
        assert all(one.mended for one in mended), mended
        assert [one for one in examine(index.db) if one.problem] == []
    after = ten(database)
    assert [key for key, _ in after] == [key for key, _ in before]
    assert [score for _, score in after] == pytest.approx([score for _, score in before], abs=1e-4)
    (database.parent / "notes" / "new.md").write_text("# New\n\nA zeppelin over the jetty.\n")
    with Index(database) as index:
        index.add("notes", files([database.parent / "notes"]))
        assert [hit.passage.document.key for hit in index.search("zeppelin", 1, mode="words")] == ["new.md"]


def test_what_was_edited_comes_back_from_a_table_that_chronicle_watches(tmp_path: Path) -> None:
    """The chronicle knows of no change in the table; what was mended here must be read again all the same."""
    site, index_file = tmp_path / "site.db", tmp_path / "rag.db"
    with closing(sqlite3.connect(site)) as db:
        db.execute("create table post (id integer primary key, body text)")
        db.execute("insert into post values (1, 'Bees dance.'), (2, 'Bread needs salt.')")
        sqlite_chronicle.enable_chronicle(db, "post")
        db.commit()
    with Index(index_file, "hash:64", create=True) as index:
        refresh_these(index, sources_of([str(site)], Settings((), table="post")))
    utils("query", index_file, "update passage set own = 'Wasps sting.' where id = 1")
    with Index(index_file) as index:
        assert all(one.mended for one in examine(index.db, fix=True) if one.problem)
        refresh_all(index)
        found = sorted(hit.passage.text for hit in index.search("bees bread wasps", 5))
    assert found == ["Bees dance.", "Bread needs salt."]
