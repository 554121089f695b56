"""`rag duplicates`, and one of a group in `rag search`."""

from __future__ import annotations

import random
from difflib import SequenceMatcher
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shell import Shell, built

from rag.types import Document
from rag.understand import differences, near

RELEASE = (
    "Version 2.4 of the printer driver was released on Monday. It mends the paper jam in the left tray, "
    "and the light that never went out. Install it from the shelf, and restart the printer twice."
)


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    documents = [
        Document("notes", "one.md", RELEASE, title="Driver"),
        Document("notes", "two.md", RELEASE, title="Copy"),
        Document("notes", "three.md", RELEASE.replace("2.4", "2.5").replace("twice", "once"), title="Later"),
        Document("notes", "garden.md", "Plant garlic in October and water it rarely, for it does not like wet feet."),
        Document("notes", "short.md", "Yes."),
        Document("notes", "brief.md", "Yes."),
    ]
    return Shell(built(tmp_path / "x.db", documents), capsys, monkeypatch)


def test_a_group_has_its_oldest_first_and_what_differs(shell: Shell) -> None:
    for what in ([], ["--documents"]):
        rows = shell.json("duplicates", *what)
        assert [(row["group"], row["key"]) for row in rows] == [(1, "one.md"), (1, "two.md"), (1, "three.md")]
        assert [row["differences"] for row in rows] == [
            [], [], [{"first": "2.4", "this": "2.5"}, {"first": "twice", "this": "once"}],
        ]  # fmt: skip
        assert rows[2]["similarity"] == pytest.approx(1 - 2 / len(RELEASE.split()), abs=0.001)
    shown = shell("duplicates")
    assert "2.4 → 2.5" in shown
    assert "2 with fewer than 8 words were passed over" in shell.err


def test_front_matter_that_pages_have_alike_is_no_find(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    head = (
        "---\nsubtitle: Travel guide\nquestions:\n  - travel\n  - text: Book office hours with the travel team\n---\n\n"
    )
    bodies = (
        "# Receipts\n\nKeep each receipt above 75 dollars.",
        "# Trains\n\nBook the train two weeks before you go.",
    )
    pages = [Document("s", f"{number}.md", head + body, kind="markdown") for number, body in enumerate(bodies, 1)]
    asked = Shell(built(tmp_path / "y.db", pages), capsys, monkeypatch)
    assert asked.json("duplicates", "--least", "0.9") == []


def test_only_equal_texts_short_ones_and_a_filter(shell: Shell) -> None:
    assert {row["key"] for row in shell.json("duplicates", "--least", "1")} == {"one.md", "two.md"}
    assert {row["key"] for row in shell.json("duplicates", "--words", "1")} >= {"short.md", "brief.md"}
    assert shell.json("duplicates", "--prefix", "t") == shell.json("duplicates", "--source", "notes", "--prefix", "t")
    assert {row["key"] for row in shell.json("duplicates", "--prefix", "t")} == {"two.md", "three.md"}
    assert shell("duplicates", "--least", "3", code=2) == ""


def test_a_search_shows_one_of_a_group(shell: Shell) -> None:
    rows = shell.json("search", "paper jam in the left tray", "--words", "--distinct", "-k", "2")
    assert (rows[0]["key"], sorted(other["key"] for other in rows[0]["also"])) == (
        rows[0]["key"], sorted({"one.md", "two.md", "three.md"} - {rows[0]["key"]}),
    )  # fmt: skip
    assert "also: " in shell("search", "paper jam", "--words", "--distinct")
    assert len(shell.json("search", "paper jam", "--words")) == 3


def test_groups_are_those_of_an_exhaustive_comparison() -> None:
    """Among 300 texts, some of them altered copies: the pairs that comparing all with all finds."""
    rng = random.Random(5)
    words = [f"w{number}" for number in range(400)]
    texts = [" ".join(rng.choices(words, k=rng.randrange(12, 60))) for _ in range(220)]
    for text in texts[:80]:
        parts = text.split()
        for _ in range(rng.randrange(1, 1 + len(parts) // 10)):
            parts[rng.randrange(len(parts))] = rng.choice(words)
        texts.append(" ".join(parts))
    rng.shuffle(texts)
    found = {(group.first, other) for group in near.groups(texts, 0.9) for other, _ in group.others}
    wanted = {
        (a, b)
        for a, b in combinations(range(len(texts)), 2)
        if SequenceMatcher(None, texts[a].split(), texts[b].split(), autojunk=False).ratio() >= 0.9
    }
    assert found <= wanted
    assert len(wanted - found) <= 1  # MinHash may miss one
    assert len(wanted) > 70


TEXT = st.lists(st.sampled_from(["a", "b", "and", "c.", "d\n", "1.5", "don't"]), max_size=30).map(" ".join)


@settings(max_examples=150, deadline=None)
@given(TEXT, TEXT)
def test_pieces_joined_are_the_two_texts(before: str, after: str) -> None:
    found = differences.pieces(before, after)
    assert "".join(text for sign, text in found if sign != "+") == before
    assert "".join(text for sign, text in found if sign != "-") == after
    assert (differences.changes(before, after) == []) == (
        before.split() == after.split() or before.strip() == after.strip()
    )


def test_long_texts_are_compared_by_lines_and_words() -> None:
    lines = [f"Line {number} says that thing {number} is kept in box {number * 7}." for number in range(900)]
    after = [*lines[:400], "A new line.", *lines[401:]]
    after[800] = after[800].replace("kept", "lost")
    one, other = "\n".join(lines), "\n".join(after)
    assert differences.changes(one, other) == [(lines[400].strip("."), "A new line"), ("kept", "lost")]
    assert 0.99 < differences.similarity(one, other) < 1
