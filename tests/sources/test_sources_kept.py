"""What seems lost by accident stays in the index: an unmounted disk, a failed export; and how to say it is right."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from test_sources import Shell, lines


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


def notes(shell: Shell, count: int) -> Path:
    folder = shell.folder / "notes"
    folder.mkdir(exist_ok=True)
    for number in range(count):
        (folder / f"{number}.md").write_text(f"note {number}")
    return folder


def test_an_empty_folder_prunes_nothing_until_it_is_told_to(shell: Shell) -> None:
    folder = notes(shell, 3)
    shell.index("notes", "--source", "n")
    moved = folder.rename(shell.folder / "elsewhere")
    folder.mkdir()  # the place where the disk would be
    told = shell.run("index", "--all")
    assert "n: 3 of 3 documents are gone, and were kept: is a disk not mounted?" in told.stderr
    assert "--prune" in told.stderr
    assert "0 removed" in told.stdout
    assert len(shell.texts()) == 3
    (source,) = shell.json("sources")
    assert "3 of 3 documents are gone" in source["error"]
    assert source["refreshed"]
    assert shell.index("--all", "--dry-run")[2] == 0
    shell.run("index", "--all", "--strict", ok=False)
    folder.rmdir()
    moved.rename(folder)
    assert shell.index("--all") == (0, 0, 0, 3, 0)
    assert shell.json("sources")[0]["error"] == ""


def test_a_missing_folder_removes_nothing(shell: Shell) -> None:
    folder = notes(shell, 2)
    shell.index("notes", "--source", "n")
    folder.rename(shell.folder / "elsewhere")
    assert "there is no file or folder" in shell.run("index", "--all", ok=False).stderr
    assert len(shell.texts()) == 2


def test_prune_removes_what_is_gone(shell: Shell) -> None:
    folder = notes(shell, 3)
    shell.index("notes")
    for path in folder.iterdir():
        path.unlink()
    assert shell.index("notes") == (0, 0, 0, 0, 0)
    assert shell.index("notes", "--prune") == (0, 0, 3, 0, 0)
    assert shell.texts() == {}


def test_a_few_or_less_than_half_may_go_and_renamed_ones_too(shell: Shell) -> None:
    folder = notes(shell, 30)
    shell.index("notes")
    for number in range(14):
        (folder / f"{number}.md").unlink()
    assert shell.index("notes")[2] == 14
    (folder / "archive").mkdir()
    for path in list(folder.glob("*.md"))[1:]:
        path.rename(folder / "archive" / path.name)
    assert shell.index("notes") == (15, 0, 15, 1, 0)
    for path in list((folder / "archive").glob("*.md"))[:13]:
        path.unlink()
    assert shell.index("notes")[2] == 0  # 13 of 16
    for number in range(13):
        (folder / f"new {number}.md").write_text(f"another {number}")
    assert shell.index("notes")[:3] == (13, 0, 13)


def test_an_empty_export_removes_nothing(shell: Shell) -> None:
    rows = lines(*({"id": number, "text": f"row {number}"} for number in range(3)))
    shell.index("-", "--source", "rows", input=rows)
    assert "3 of 3 documents are gone" in shell.run("index", "-", "--source", "rows", input="").stderr
    with sqlite3.connect(shell.folder / "x.db") as db:
        db.execute("create table t (id integer primary key, body text)")
        db.executemany("insert into t values (?, ?)", [(number, f"text {number}") for number in range(3)])
    shell.index("x.db", "--table", "t")
    with sqlite3.connect(shell.folder / "x.db") as db:
        db.execute("delete from t")
    assert "3 of 3 documents are gone" in shell.run("index", "x.db", "--table", "t").stderr
    assert [row["documents"] for row in shell.json("sources")] == [3, 3]


def test_settings_that_could_not_be_used_are_not_remembered(shell: Shell) -> None:
    with sqlite3.connect(shell.folder / "x.db") as db:
        db.execute("create table t (id integer primary key, body text)")
        db.execute("insert into t values (1, 'a text')")
    shell.run("index", "x.db", "--table", "nope", ok=False)
    shell.run("index", "x.db", "--sql", "delete from t", "--source", "s", ok=False)
    assert shell.json("sources") == []
    shell.index("x.db", "--table", "t", "--source", "s", "--text", "body")
    assert (
        "no column 'bod'"
        in shell.run("index", "x.db", "--table", "t", "--source", "s", "--text", "bod", ok=False).stderr
    )
    (source,) = shell.json("sources")
    assert (source["documents"], "no column 'bod'" in source["error"]) == (1, True)
    assert shell.index("--all") == (0, 0, 0, 1, 0)
    assert shell.json("sources")[0]["error"] == ""
