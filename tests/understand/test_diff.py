"""`rag diff`: two indexes, one since a version or a date, and the answers of the log."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shell import Shell, built, items

from rag.app import differences
from rag.index import Index
from rag.store import Database, past, sources
from rag.types import Document

PORTS = "The server listens on port 8080 and nothing else. Restart it on Mondays.\n\nA second paragraph stays as it is."


def note(key: str, text: str, title: str = "") -> Document:
    return Document("notes", key, text, title=title)


BEFORE = [
    note("a.md", PORTS, "Ports"),
    note("b.md", "Plant garlic in October."),
    note("c.md", "This text moves, whole."),
]
NOW = [
    note("a.md", PORTS.replace("8080", "9090"), "Ports"),
    note("d.md", "This text moves, whole."),
    note("e.md", "Peas."),
]


def turned(path: Path) -> None:
    """The second state, out of the first."""
    with Index(path) as index:
        index.add("notes", items(NOW), prune=True)


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    path = built(tmp_path / "x.db", BEFORE)
    shutil.copy(path, tmp_path / "old.db")
    return Shell(path, capsys, monkeypatch)


def test_two_indexes(shell: Shell) -> None:
    turned(shell.database)
    rows = shell.json("diff", shell.database.with_name("old.db"), shell.database)
    assert [(row["change"], row["key"], row["was"]) for row in rows] == [
        ("changed", "a.md", ""), ("gone", "b.md", ""), ("moved", "d.md", "c.md"), ("added", "e.md", ""),
    ]  # fmt: skip
    assert [piece for piece in rows[0]["passages"][0]["pieces"] if piece[0] != "="] == [["-", "8080"], ["+", "9090"]]
    assert rows[1]["passages"] == [{"change": "gone", "before": "Plant garlic in October.", "now": "", "pieces": []}]
    shown = shell("diff", shell.database.with_name("old.db"), shell.database)
    assert "port [-8080-]{+9090+} and nothing" in shown
    assert "4 documents: 1 added, 1 changed, 1 gone, 1 moved" in shown
    assert shell("diff", shell.database, shell.database) == "nothing differs\n"


def test_since_a_version_says_the_same_as_the_two_indexes(shell: Shell) -> None:
    with Database(shell.database) as db:
        version = sources.version(db)
    assert shell.json("diff", "--since", str(version)) == []
    turned(shell.database)
    wanted = shell.json("diff", shell.database.with_name("old.db"), shell.database)
    assert shell.json("diff", "--since", str(version)) == wanted
    assert [row["change"] for row in shell.json("diff", "--since", "2020-01-01", "--brief")] == ["added"] * 3
    assert shell.json("diff", "--since", "2099") == []
    turned(shell.database)
    assert shell.json("diff", "--since", str(version)) == wanted


def test_what_is_not_kept_any_more_is_said(shell: Shell) -> None:
    with Database(shell.database) as db:
        version = sources.version(db)
    turned(shell.database)
    assert shell("diff", "--forget").startswith("dropped 3 earlier texts")
    rows = shell.json("diff", "--since", str(version))
    assert [(row["change"], row["key"], row["known"]) for row in rows] == [
        ("changed", "a.md", False), ("gone", "b.md", False), ("gone", "c.md", False), ("added", "d.md", True),
        ("added", "e.md", True),
    ]  # fmt: skip
    assert "not kept any more" in shell("diff", "--since", str(version))


def test_a_source_that_is_removed_leaves_no_text(shell: Shell) -> None:
    turned(shell.database)
    shell("sources", "remove", "notes")
    with Database(shell.database) as db:
        assert db.value("select count(*) from document_past") == 0


def test_what_is_carried_away_has_no_earlier_texts(shell: Shell, tmp_path: Path) -> None:
    turned(shell.database)
    shell("export", "space", tmp_path / "space")
    with Database(tmp_path / "space" / "index.db", readonly=True) as db:
        assert db.value("select count(*) from document_past") == 0
        assert db.value("select count(*) from document") == 3


def test_flags_that_fit_nothing_are_refused(shell: Shell) -> None:
    for words in ([], [shell.database], ["--since", "yesterday"], ["--since", "v1.5"], ["--since", "2024-13-45"]):
        shell("diff", *words, code=2)
    assert past.moment("2024-03") == past.moment("2024-03-01T00:00:00Z") == 1709251200000


def test_answers_of_the_log_are_asked_again_without_a_model(shell: Shell) -> None:
    shell("ask", "Which port does the server listen on?", "--model", "none")
    assert [row["same"] for row in shell.json("diff", "--answers")] == [True]
    turned(shell.database)
    rows = shell.json("diff", "--answers", code=1)
    assert [row["same"] for row in rows] == [False]
    assert "8080" in rows[0]["gone"][0]["quote"]
    assert "9090" in rows[0]["came"][0]["quote"]
    assert "1 with other excerpts" in shell("diff", "--answers", code=1)
    old = shell.database.with_name("old.db")
    assert [row["same"] for row in shell.json("diff", shell.database, old, "--answers")] == [True]


TEXTS = st.lists(st.sampled_from(["one two three", "one two four", "five", "six seven", "eight nine ten"]), max_size=6)


@settings(max_examples=100, deadline=None)
@given(TEXTS, TEXTS)
def test_passages_that_changed_lead_from_one_text_to_the_other(before: list[str], now: list[str]) -> None:
    found = differences.passages(before, now)
    gone = sorted(one.before for one in found if one.before)
    came = sorted(one.now for one in found if one.now)
    left = list(before)
    for text in gone:
        left.remove(text)
    assert sorted([*left, *came]) == sorted(now)
    assert all(one.before != one.now for one in found)
    assert (found == []) == (sorted(before) == sorted(now))
