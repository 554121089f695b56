"""Sources end to end, through the real command: remembered, refreshed, watched; and the faults of llm embed-multi."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlite_chronicle
from typer.testing import CliRunner

from rag import Index
from rag.cli import app
from rag.errors import InputError, RagError
from rag.sources.columns import Columns
from rag.sources.kinds import complete, walk
from rag.sources.settings import Settings, from_json
from rag.store import Database
from rag.store import sources as store

RAG = [sys.executable, "-c", "from rag.cli import main; main()"]
SYMBEX = Path(sys.executable).with_name("symbex")


@dataclass
class Done:
    stdout: str
    stderr: str


class Shell:
    """The command `rag` in a folder of its own, with the embedder that needs no weights."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {**os.environ, "RAG_EMBEDDER": "hash:64", "NO_COLOR": "1"}

    def run(self, *arguments: str, input: str = "", ok: bool = True) -> Done:
        before = Path.cwd()
        os.chdir(self.folder)
        try:
            done = CliRunner().invoke(app, list(arguments), input=input.encode(), env={"RAG_EMBEDDER": "hash:64"})
        finally:
            os.chdir(before)
        assert done.exception is None or isinstance(done.exception, RagError | SystemExit), done.exception
        assert (done.exception is None) == ok, done.exception
        return Done(done.stdout, done.stderr + getattr(done.exception, "message", ""))

    def json(self, *arguments: str, input: str = "", ok: bool = True) -> Any:
        return json.loads(self.run(*arguments, "--format", "json", input=input, ok=ok).stdout)

    def index(self, *arguments: str, input: str = "", ok: bool = True) -> tuple[int, int, int, int, int]:
        row = self.json("index", *arguments, input=input, ok=ok)
        return row["added"], row["changed"], row["removed"], row["unchanged"], row["embedded"]

    def texts(self) -> dict[str, str]:
        with sqlite3.connect(self.folder / "rag.db") as db:
            return dict(db.execute("select key, text from document"))


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


def lines(*rows: dict[str, Any]) -> str:
    return "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)


# -- what llm embed-multi gets wrong -----------------------------------------------------------------------------------


def test_utf8_files_are_not_mojibake(shell: Shell) -> None:
    (shell.folder / "docs").mkdir()
    (shell.folder / "docs" / "a.txt").write_text("Café — 東京", "utf-8")
    shell.index("docs")
    assert shell.texts() == {"a.txt": "Café — 東京"}


def test_swapped_texts_are_noticed_and_cost_no_embedding(shell: Shell) -> None:
    p, q = "The text of p.", "The text of q."
    assert shell.index("-", "--source", "s", input=lines({"id": "p", "t": p}, {"id": "q", "t": q}))[4] == 2
    counts = shell.index("-", "--source", "s", input=lines({"id": "p", "t": q}, {"id": "q", "t": p}))
    assert counts == (0, 2, 0, 0, 0)
    assert shell.texts() == {"p": q, "q": p}


def test_a_second_id_with_the_same_text_is_kept(shell: Shell) -> None:
    rows = lines({"id": "a", "t": "Same text."}, {"id": "b", "t": "Same text."})
    assert shell.index("-", "--source", "s", input=rows) == (2, 0, 0, 0, 1)
    assert shell.texts() == {"a": "Same text.", "b": "Same text."}


def test_a_change_of_metadata_alone_is_stored(shell: Shell) -> None:
    shell.index("-", "--source", "s", "--text", "t", input=lines({"id": "a", "t": "Text.", "tag": "old"}))
    counts = shell.index("-", "--source", "s", "--text", "t", input=lines({"id": "a", "t": "Text.", "tag": "new"}))
    assert counts == (0, 1, 0, 0, 0)
    assert shell.json("search", "text", "--words")[0]["metadata"] == {"tag": "new"}


def test_symbex_ids_that_moved_a_line_cost_nothing(shell: Shell) -> None:
    source = shell.folder / "module.py"
    source.write_text("def one():\n    return 1\n\n\nclass Two:\n    def three(self):\n        return 3\n")

    def symbols() -> str:
        command = [SYMBEX, "*", "*.*", "--nl"]
        return subprocess.run(command, capture_output=True, text=True, check=True, cwd=shell.folder).stdout

    added = shell.index("-", "--source", "code", input=symbols())
    assert (added[0], added[4]) == (3, 3)
    source.write_text("import os\n" + source.read_text())
    moved = shell.index("-", "--source", "code", input=symbols())
    assert moved[4] == 0
    assert sorted(shell.texts()) == ["module.py:2", "module.py:6", "module.py:7"]


def test_one_item_that_is_far_too_long_does_not_stop_the_others(shell: Shell) -> None:
    rows = [{"id": n, "t": f"Short text {n}."} for n in range(20)]
    rows.insert(7, {"id": "long", "t": "word " * 20_000})
    added = shell.index("-", "--source", "s", input=lines(*rows))
    assert added[0] == 21
    assert shell.texts()["long"] == "word " * 20_000


def test_columns_of_any_type(shell: Shell) -> None:
    rows = lines({"id": 1, "n": 5, "t": "Text.", "x": None, "y": [1, 2], "z": True}, {"id": 2, "n": 7})
    assert shell.index("-", "--source", "s", input=rows)[0] == 2
    assert shell.texts()["2"] == "n: 7"


def test_a_prefix_is_no_part_of_the_text(shell: Shell) -> None:
    """It belongs to the model; what is stored and cited is what was given."""
    shell.index("-", "--source", "s", input=lines({"id": "a", "t": "Text."}))
    with sqlite3.connect(shell.folder / "rag.db") as db:
        assert db.execute("select text from passage_whole").fetchall() == [("Text.",)]


def test_a_prefix_of_keys_is_literal(shell: Shell) -> None:
    shell.index("-", "--source", "s", input=lines({"id": "a_b1", "t": "One text."}, {"id": "aXb1", "t": "Two text."}))
    found = shell.json("search", "text", "--words", "--prefix", "a_b")
    assert [row["key"] for row in found] == ["a_b1"]


# -- sources are remembered --------------------------------------------------------------------------------------------


def test_all_sources_are_refreshed_from_any_folder(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.md").write_text("# A\n\nText a.")
    (tmp_path / "rows.csv").write_text("slug,body,n\nx,Text x.,1\n")
    with sqlite3.connect(tmp_path / "blog.db") as db:
        db.execute("create table entry (id integer primary key, body text)")
        db.execute("insert into entry values (1, 'Text 1.')")
    sqlite_chronicle.enable_chronicle(db, "entry")
    shell.index("docs")
    shell.index("rows.csv", "--text", "body", "--source", "rows")
    shell.index("blog.db", "--table", "entry", "--url", "https://x.org/{id}")
    shell.index("-", "--source", "piped", input=lines({"id": 1, "t": "Piped."}))
    assert shell.index("--all") == (0, 0, 0, 2, 0)  # the table gives only what changed

    (tmp_path / "docs" / "b.md").write_text("# B\n\nText b.")
    (tmp_path / "rows.csv").write_text("slug,body,n\nx,Text x.,2\n")
    db.execute("update entry set body = 'Text 1 changed.'")
    db.execute("insert into entry values (2, 'Text 2.')")
    db.commit()
    elsewhere = Shell(tmp_path / "docs")
    assert elsewhere.index("--all", "-d", "../rag.db")[:3] == (2, 2, 0)
    assert "standard input" in shell.run("index", "--all").stderr
    listed = {row["name"]: (row["kind"], row["documents"], row["error"]) for row in shell.json("sources")}
    assert listed == {
        str(tmp_path / "docs"): ("files", 2, ""),
        "rows": ("table", 1, ""),
        f"{tmp_path}/blog.db#entry": ("sqlite", 2, ""),
        "piped": ("table", 1, ""),
    }
    table = next(row["settings"] for row in shell.json("sources") if row["kind"] == "sqlite")
    assert (table["table"], table["columns"]) == ("entry", {"url": "https://x.org/{id}"})
    db.execute("delete from entry where id = 2")
    db.commit()
    db.close()
    assert shell.index("--all")[:3] == (0, 0, 1)


def test_a_source_that_fails_keeps_what_it_had_and_the_others_go_on(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,t\n1,Text.\n")
    (tmp_path / "b.md").write_text("# B\n\nText.")
    shell.index("a.csv", "b.md")
    (tmp_path / "a.csv").write_text("[1, 2")
    (tmp_path / "a.csv").rename(tmp_path / "gone.csv")
    (tmp_path / "b.md").write_text("# B\n\nText changed.")
    assert shell.index("--all", "--strict", ok=False)[:3] == (0, 1, 0)
    assert sorted(shell.texts()) == ["1", "b.md"]
    errors = {row["name"]: row["error"] for row in shell.json("sources")}
    assert "there is no file" in errors[str(tmp_path / "a.csv")]
    (tmp_path / "gone.csv").write_text("id,t\n1,Text.\n")
    (tmp_path / "gone.csv").rename(tmp_path / "a.csv")
    shell.index("--all")
    assert [row["error"] for row in shell.json("sources")] == ["", ""]


def test_a_source_is_removed_with_its_documents(shell: Shell) -> None:
    shell.index("-", "--source", "one", input=lines({"id": 1, "t": "Text one."}))
    shell.index("-", "--source", "two", input=lines({"id": 1, "t": "Text two."}))
    shell.run("sources", "remove", "one")
    assert [row["source"] for row in shell.json("search", "text")] == ["two"]
    assert "no source 'one'" in shell.run("sources", "remove", "one", ok=False).stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere.csv"], "no file"),
        (["a.csv", "--text", "body"], "no column 'body'"),
        (["a.csv", "b.csv", "--source", "s"], "cannot be one source"),
        (["a.csv", "--as", "poem"], "unknown kind"),
        (["a.db"], "say which of its rows"),
        ([], "name what to index"),
        (["--all"], "there is no index"),
    ],
)
def test_what_cannot_be_indexed(shell: Shell, arguments: list[str], message: str) -> None:
    (shell.folder / "a.csv").write_text("id,t\n1,x\n")
    (shell.folder / "b.csv").write_text("id,t\n1,x\n")
    sqlite3.connect(shell.folder / "a.db").execute("create table t (id integer primary key, b text)").connection.close()
    assert message in shell.run("index", *arguments, ok=False).stderr


def test_settings_survive_being_remembered() -> None:
    columns = Columns(key="a", text=("b", "c"), html=("c",), url="https://x.org/{a}")
    settings = complete(Settings(("/x/a.db",), columns=columns, table="t", max_pages=7))
    assert from_json(settings.to_json()) == settings
    assert from_json('{"paths": ["/x"], "of_the_future": 1}') == Settings(("/x",))


# -- what changed ------------------------------------------------------------------------------------------------------


def test_status_and_changes(shell: Shell) -> None:
    shell.index("-", "--source", "s", input=lines({"id": 1, "t": "One."}, {"id": 2, "t": "Two."}))
    assert shell.json("status") == [{"source": "s", "added": 2, "changed": 0, "removed": 0, "error": ""}]
    assert shell.json("status")[0]["added"] == 0
    rows = lines({"id": 2, "t": "Two changed."}, {"id": 3, "t": "Three."})
    shell.index("-", "--source", "s", input=rows)
    assert shell.json("status", "--peek") == shell.json("status")
    found = [(row["version"], row["change"], row["key"]) for row in shell.json("changes", "--since", "2")]
    assert found == [(3, "changed", "2"), (4, "added", "3"), (5, "removed", "1")]
    assert shell.json("changes", "--since", "5") == []


def test_the_change_table_is_read_by_the_real_sqlite_chronicle(shell: Shell) -> None:
    shell.index("-", "--source", "s", input=lines({"id": 1, "t": "One."}, {"id": 2, "t": "Two."}))
    shell.index("-", "--source", "s", input=lines({"id": 2, "t": "Two changed."}))
    with sqlite3.connect(shell.folder / "rag.db") as db:
        changes = list(sqlite_chronicle.updates_since(db, "document", 2))
    assert [(change.deleted, change.row.get("key")) for change in changes] == [(False, "2"), (True, None)]


def test_a_touched_file_is_no_change(shell: Shell) -> None:
    path = shell.folder / "a.md"
    path.write_text("# A\n\nText.")
    shell.index("a.md")
    os.utime(path, (1, 1))
    assert shell.index("a.md") == (0, 0, 0, 1, 0)
    assert len(shell.json("changes")) == 1


def test_alerts_print_what_is_new_once(shell: Shell) -> None:
    first, second = {"id": 1, "t": "Full text search in SQLite."}, {"id": 2, "t": "Text search is full of wonders."}
    shell.index("-", "--source", "s", input=lines(first))
    shell.run("alert", "add", "fts", "full text search")
    shell.run("alert", "add", "old", "full text search", "--all")
    assert [row["key"] for row in shell.json("alert", "run", "--peek")] == ["1"]
    assert [(row["alert"], row["key"]) for row in shell.json("alert", "run")] == [("old", "1")]
    shell.index("-", "--source", "s", input=lines(first, second, {"id": 3, "t": "Bees dance."}))
    assert [(row["alert"], row["key"]) for row in shell.json("alert", "run", "fts")] == [("fts", "2")]
    assert shell.json("alert", "run", "fts") == []
    shell.run("alert", "remove", "fts")
    assert "no alert 'fts'" in shell.run("alert", "run", "fts", ok=False).stderr
    assert "already" in shell.run("alert", "add", "old", "x", ok=False).stderr


def test_watch_follows_files_and_survives_errors(shell: Shell) -> None:
    docs = shell.folder / "docs"
    docs.mkdir()
    (docs / "a.md").write_text("# A\n\nText.")
    command = [*RAG, "watch", "docs", "--debounce", "50"]
    with subprocess.Popen(
        command, cwd=shell.folder, env=shell.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        assert process.stderr
        try:
            assert process.stdout.readline().split()[1:] == ["+", "a.md"]
            assert process.stderr.readline().startswith("watching ")
            (docs / "b.docx").write_text("no Word file")
            assert "b.docx is a damaged" in process.stderr.readline()
            (docs / "c.md").write_text("# C\n\nText c.")
            assert process.stdout.readline().split()[1:] == ["+", "c.md"]
            (docs / "a.md").unlink()
            assert process.stdout.readline().split()[1:] == ["-", "a.md"]
            process.send_signal(signal.SIGINT)
            assert process.wait(20) == 130
        finally:
            process.kill()


# -- threads -----------------------------------------------------------------------------------------------------------

STORY = {
    "id": 1, "author": "ann", "title": "A story", "url": "https://x.org", "text": None, "points": 9,
    "created_at": "2024-03-01T10:00:00.000Z", "children": [
        {"id": 2, "author": "bob", "text": "<p>I &quot;agree&quot;.<p>Truly.", "parent_id": 1, "children": [
            {"id": 3, "author": None, "text": None, "parent_id": 2, "children": [
                {"id": 4, "author": "cy", "text": "Why?", "parent_id": 3, "children": []}]}]}],
}  # fmt: skip


def test_a_hacker_news_thread(tmp_path: Path) -> None:
    (tmp_path / "t.json").write_text(json.dumps(STORY))
    found = walk(Settings((str(tmp_path / "t.json"),)), "hn")
    documents = {document.key: document for item in found for document in item.read()}
    assert {key: document.text for key, document in documents.items()} == {
        "1": "A story",
        "2": 'I "agree".\n\nTruly.',
        "4": "Why?",
    }
    assert [documents[key].author for key in "124"] == ["ann", "bob", "cy"]
    assert documents["2"].meta == {"place": "1", "parent": 1, "parent_author": "ann"}
    assert documents["4"].meta["place"] == "1.1.1"
    assert documents["4"].url == "https://news.ycombinator.com/item?id=4"
    assert documents["4"].title == "A story"
    assert found.skipped == {"deleted": 1}


def test_a_thread_that_is_a_thousand_levels_deep(tmp_path: Path) -> None:
    comment: dict[str, Any] = {"id": 0, "author": "a", "text": "Last.", "children": []}
    for number in range(1, 300):
        comment = {"id": number, "author": "a", "text": f"Text {number}.", "children": [comment]}
    (tmp_path / "t.json").write_text(json.dumps(comment))
    assert len(list(walk(Settings((str(tmp_path / "t.json"),))))) == 300


@pytest.mark.parametrize("form", ["gh", "rest"])
def test_github_issues(tmp_path: Path, form: str) -> None:
    if form == "gh":
        issue: Any = {
            "number": 7, "title": "Broken", "body": "It is **broken**.", "author": {"login": "ann"},
            "createdAt": "2024-03-01T10:00:00Z", "url": "https://github.com/x/y/issues/7", "labels": [{"name": "bug"}],
            "comments": [{"id": "c1", "author": {"login": "bob"}, "body": "Done.", "createdAt": "2024-03-02"}],
        }  # fmt: skip
    else:
        issue = {
            "issue": {"number": 7, "title": "Broken", "body": "It is **broken**.", "user": {"login": "ann"},
                      "created_at": "2024-03-01T10:00:00Z", "html_url": "https://github.com/x/y/issues/7",
                      "labels": [{"name": "bug"}], "comments": 1},
            "comments": [{"id": "c1", "user": {"login": "bob"}, "body": "Done.", "created_at": "2024-03-02"}],
        }  # fmt: skip
    (tmp_path / "t.json").write_text(json.dumps(issue))
    first, second = [document for item in walk(Settings((str(tmp_path / "t.json"),))) for document in item.read()]
    assert (first.key, first.author, first.text, first.title) == ("7", "ann", "It is **broken**.", "Broken")
    assert (first.url, first.meta) == ("https://github.com/x/y/issues/7", {"labels": ["bug"]})
    assert (second.key, second.author, second.text, second.meta) == ("7#c1", "bob", "Done.", {"parent": "7"})
    assert second.date == "2024-03-02"


def test_a_picture_in_an_issue_is_cut(tmp_path: Path) -> None:
    issue = {
        "number": 1,
        "title": "T",
        "author": {"login": "ann"},
        "body": f"See ![p](data:image/png;base64,{'A' * 9000}).",
    }
    (tmp_path / "a.json").write_text(json.dumps(issue))
    from rag.sources.threads import thread

    (document,) = [document for item in thread(tmp_path / "a.json") for document in item.read()]
    assert document.text == "See ![p](data:image/png;base64,…)."


def test_json_that_is_no_thread_is_a_table(tmp_path: Path) -> None:
    (tmp_path / "t.json").write_text('[{"id": 1, "body": "Text", "login": "x"}]')
    assert complete(Settings((str(tmp_path / "t.json"),))).kind == "table"
    with pytest.raises(InputError, match="holds no thread"):
        list(walk(Settings((str(tmp_path / "t.json"),), kind="thread")))


def test_a_stopped_run_keeps_the_cursor_of_a_walk_that_is_steady(tmp_path: Path) -> None:
    """A site that was half fetched is not fetched again from the start."""
    from rag.sources import Item, Walk
    from rag.types import Document

    def items(found: Walk) -> Any:
        found.cursor = "one"
        yield Item("1", "s", lambda: [Document("s", "1", "Text.")])
        found.cursor = "two"
        raise KeyboardInterrupt

    with Index(Database(tmp_path / "x.db", create=True), "hash:64") as index:
        with pytest.raises(KeyboardInterrupt):
            index.add("s", Walk(items, steady=True))
        assert store.source(index.db, "s").cursor == "two"


def test_a_quote_says_who_said_it_and_on_which_page(shell: Shell) -> None:
    from test_sources_formats import body, pdf

    (shell.folder / "t.json").write_text(json.dumps(STORY))
    (shell.folder / "a.pdf").write_bytes(pdf([body("Garlic likes sun.")], [body("Onions grow in any soil.")]))
    shell.index("t.json", "a.pdf")
    found = shell.json("search", "onions soil", "--words")[0]
    assert (found["place"], found["metadata"]) == ("pages 1-2", {"saved": found["metadata"]["saved"]})
    cited = shell.json("ask", "Where do onions grow?", "--model", "none", "--source", str(shell.folder / "a.pdf"))
    assert "page 2" in [citation["place"] for citation in cited["citations"]]
    answer = shell.json("ask", "Who agrees?", "--model", "none", "--source", str(shell.folder / "t.json"))
    assert {passage["author"] for passage in answer["passages"]} >= {"bob", "cy"}
    (shell.folder / "a.pdf").write_bytes(pdf([body("Leeks need deep soil.")]))
    assert shell.json("search", "leeks", "--words", "--fresh")[0]["content"] == "Leeks need deep soil."
