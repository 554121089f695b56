"""`rag verify`: a text's quotations against an index."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shell import Shell, built

from rag.app.verify import verify
from rag.errors import InputError
from rag.store import Database
from rag.types import Document

URL = "https://news.example.org/item?id="
SAID = {
    "alice": "I have used SQLite in production for ten years and it never lost a row. Backups are just file copies.",
    "bob": "That's wrong: copying a live file is not a backup. Use the backup API instead, it takes 2.5 seconds.",
    "carol": "Postgres isn't that hard to run. We moved in a week — and the extensions are worth it.\n\nNobody cared.",
    "dave": "Ich habe „nie“ Daten verloren. 日本語の文章も検索できます。",
}
FOUR = """# What people say

- One: "I have used SQLite in production for ten years and it never lost a row." — alice
- Two: "copying a live file is a perfectly good backup" — bob
- Three: "Backups are just file copies." — carol
- Four: "The licence of Postgres changed last year and nobody noticed."
"""


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    documents = [
        Document(
            "thread", str(number), text, title="Which database?", url=f"{URL}{number}", author=author, kind="markdown"
        )
        for number, (author, text) in enumerate(SAID.items(), 1)
    ]
    return built(tmp_path_factory.mktemp("verify") / "x.db", documents, "thread")


@pytest.fixture
def shell(database: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    return Shell(database, capsys, monkeypatch)


def test_of_four_quotations_one_is_kept_and_three_are_reported(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "ANSWER.md").write_text(FOUR)
    rows = shell.json("verify", tmp_path / "ANSWER.md", code=1)
    assert [row["status"] for row in rows] == ["verbatim", "altered", "misattributed", "not found"]
    assert [row["kept"] for row in rows] == [True, False, False, False]
    assert [row["line"] for row in rows] == [3, 4, 5, 6]
    kept, altered, misattributed, missing = rows
    assert (kept["url"], kept["author"], kept["stands"]) == (f"{URL}1", "alice", SAID["alice"][: kept["end"]])
    assert altered["changes"] == [{"stands": "not a", "quoted": "a perfectly good"}]
    assert "“a perfectly good” stands for “not a”" in altered["reason"]
    assert misattributed["reason"] == "it is by alice, not by carol"
    assert missing["reason"] == "nothing like it stands in the index"
    shown = shell("verify", tmp_path / "ANSWER.md", code=1)
    assert shown.endswith("4 quotations: 1 verbatim, 1 altered, 1 misattributed, 1 not found\n")
    assert "line 5: misattributed: it is by alice, not by carol" in shown
    assert shell("verify", tmp_path / "ANSWER.md", "--wrong", code=1).count("line ") == 3


def test_a_text_whose_quotations_are_all_true_ends_well(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "true.md").write_text(
        "> Postgres isn’t that hard\n> to run.\n>\n> — carol\n\n“never lost a row,” wrote alice."
    )
    rows = shell.json("verify", tmp_path / "true.md")
    assert [row["differences"] for row in rows] == [["apostrophes", "white space"], ["end punctuation"]]
    (tmp_path / "none.md").write_text("Nothing is quoted here.")
    assert shell.json("verify", tmp_path / "none.md") == []


def statuses(database: Path, text: str) -> list[str]:
    with Database(database) as db:
        return [one.status for one in verify(db, text).checked]


def test_a_quotation_may_go_over_two_paragraphs_and_be_in_any_language(database: Path) -> None:
    text = "“are worth it. Nobody cared.” and „Ich habe ‚nie‘ Daten verloren“ and 「日本語の文章も検索」"
    assert statuses(database, text) == ["verbatim"] * 3


def test_short_quotations_and_titles(database: Path) -> None:
    assert statuses(database, "“Which database?” “backup API” “restore API” “2.5 seconds” “25 seconds”") == [
        "verbatim", "verbatim", "not found", "verbatim", "not found",
    ]  # fmt: skip


def test_who_wrote_it_may_be_told_by_key_title_or_address(database: Path) -> None:
    one = "“Use the backup API instead”"
    right = [f"{one} (2)", f"{one} ([there]({URL}2))", f"{one} — Bob", f"{one} — Which database?"]
    wrong = [f"{one} (3)", f"{one} ([there]({URL}3))", f"{one} — Zed", f"Mary Major said {one}."]
    assert statuses(database, "\n\n".join(right)) == ["verbatim"] * 4
    assert statuses(database, "\n\n".join(wrong)) == ["misattributed"] * 4


def test_a_block_may_begin_with_its_author(database: Path) -> None:
    assert statuses(database, "> alice: Backups are just file copies.") == ["verbatim"]
    assert statuses(database, "> **carol**: Backups are just file copies.") == ["misattributed"]


def test_what_somebody_quotes_is_not_theirs(tmp_path: Path) -> None:
    documents = [
        Document("t", "1", "Backups are just file copies.", author="alice"),
        Document("t", "2", "> Backups are just file copies.\n\nThey are not.", author="bob", kind="markdown"),
    ]
    made = built(tmp_path / "x.db", documents, "t")
    text = "“Backups are just file copies.” — alice\n\n“Backups are just file copies.” — bob\n\n“They are not.” — bob"
    assert statuses(made, text) == ["verbatim", "misattributed", "verbatim"]


def test_nobody_is_blamed_where_the_index_knows_no_author(tmp_path: Path) -> None:
    made = built(tmp_path / "x.db", [Document("notes", "a.md", "The printer needs a firm push on the left.")])
    assert statuses(made, "As Simon Miller says, “The printer needs a firm push”.") == ["verbatim"]


def test_what_stands_in_many_passages_is_found_in_the_right_one(tmp_path: Path) -> None:
    documents = [Document("t", str(n), f"I think that this is what it is. {n}", author=f"u{n}x") for n in range(150)]
    made = built(tmp_path / "x.db", documents, "t")
    text = "“I think that this is what it is.” — u149x\n\n“I think that this is what it is.” — u7x\n\n"
    text += "“that is what this is” — u7x"
    assert statuses(made, text) == ["verbatim", "verbatim", "altered"]


def test_an_index_without_passages_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        Database(tmp_path / "x.db", create=True) as db,
        pytest.raises(InputError, match="is empty: nothing has"),
    ):
        verify(db, "“x”")
    Shell(tmp_path / "x.db", capsys, monkeypatch)("verify", tmp_path / "missing.md", code=2)


MARKS = ("“”", "„“", "«»", "‹›", '""', "「」")


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.data())
def test_any_words_of_the_index_in_any_marks_are_verbatim(database: Path, data: st.DataObject) -> None:
    """And with a word of it replaced by one that stands nowhere, they are not."""
    author = data.draw(st.sampled_from(["alice", "bob"]))
    words = SAID[author].split()
    start = data.draw(st.integers(0, len(words) - 4))
    end = data.draw(st.integers(start + 3, len(words)))
    marks = data.draw(st.sampled_from(MARKS))
    run = words[start:end]
    assert statuses(database, f"{author}: {marks[0]}{' '.join(run)}{marks[1]}") == ["verbatim"]
    run[data.draw(st.integers(0, len(run) - 1))] = "xylophone"
    assert statuses(database, f"{author}: {marks[0]}{' '.join(run)}{marks[1]}")[0] in ("altered", "not found")


def test_an_answer_of_the_log_is_verbatim(database: Path, tmp_path: Path, shell: Shell) -> None:
    """What `rag ask` shows as quotes, pasted."""
    answer = shell.json("ask", "How do I back up a live file?", "--model", "none", "--no-log")
    (tmp_path / "pasted.md").write_text("\n\n".join(f"> {one['quote']}" for one in answer["citations"]))
    assert all(row["kept"] for row in shell.json("verify", tmp_path / "pasted.md"))
    assert json.dumps(answer)
