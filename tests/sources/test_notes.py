"""Folders of Obsidian and Logseq as they are: tags, aliases, properties, links and backlinks, found and filtered by."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from rag import Index
from rag.app.open import filters
from rag.app.search import rows
from rag.cli import app
from rag.doctor import examine
from rag.sources import files
from rag.sources.text import markdown
from rag.store import documents, links

VAULT = {
    "Projects/Search.md": """\
---
status: draft
tags: [project/search, SQLite]
aliases: Search engine, Finder
lead: "[[Ada Lovelace]]"
team: [[Bob]]
---
# Search

With [[sqlite#FTS5|full text]] and #fts, ![[picture.png]]; see #123, #fff and <b>#this</b>.

```sh
echo #no [[No]]
```
Not `#code` nor `[[Code]]`.
""",
    "People/Ada Lovelace.md": "---\ntags: person  mathematician\n---\nWorks on [[FINDER]].",
    "Daily/2024-03-01.md": "- Met [Ada](<../People/Ada Lovelace.md>)\n- #meeting #Äpfel\n",
    "SQLite.md": "One file. status:: no property here\nrating:: 5\n",
    "pages/a___b.md": "type:: [[Idea]]\ntags:: #x, [[y z]]\nid:: 64\n\n"
    "- first #[[long tag]]\n  done:: true\n- [[SQLite]]\n"
    "  owner:: nobody\n",
    "Über.md": "links to [[a/b]] and [[über]]",
}


def meta(name: str, text: str | None = None) -> dict[str, Any]:
    return dict(markdown((text if text is not None else VAULT[name]).encode(), name, "s")[0].meta)


def test_what_a_note_says_of_itself() -> None:
    assert meta("Projects/Search.md") == {
        "status": "draft", "lead": "Ada Lovelace", "team": "Bob", "tags": ["project/search", "SQLite", "fts"],
        "aliases": ["Search engine", "Finder"], "links": ["Ada Lovelace", "Bob", "sqlite", "picture.png"],
    }  # fmt: skip
    assert meta("People/Ada Lovelace.md") == {"tags": ["person", "mathematician"], "links": ["FINDER"]}
    assert meta("Daily/2024-03-01.md") == {"tags": ["meeting", "Äpfel"], "links": ["../People/Ada Lovelace.md"]}
    assert meta("SQLite.md") == {"rating": 5}


def test_properties_of_logseq_are_those_of_the_page() -> None:
    assert meta("pages/a___b.md") == {
        "type": "Idea", "tags": ["x", "y z", "long tag"], "links": ["Idea", "y z", "long tag", "SQLite"],
    }  # fmt: skip


@pytest.mark.parametrize(
    "text", ["# Title\n\nC# and F#; a#b", "#include <x>\n", "##  \n#\n# #\n[[]] [[ ]]", "a:: \n::b"]
)
def test_what_is_no_tag_is_none(text: str) -> None:
    assert set(meta("x.md", text).get("tags", [])) <= {"include"}
    assert "links" not in meta("x.md", text)


@pytest.fixture(scope="module")
def vault(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("notes")
    for name, text in VAULT.items():
        place = folder / "vault" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    (folder / "vault" / ".obsidian").mkdir()
    with Index(folder / "rag.db", "hash:64", create=True) as index:
        index.add("vault", files([folder / "vault"]))
    return folder


def listed(index: Index, where: str = "", *tags: str) -> list[str]:
    return [one.key for one in documents.all_documents(index.db, filters(where=where, tags=tags))]


def test_links_lead_both_ways_by_any_name(vault: Path) -> None:
    with Index(vault / "rag.db") as index:
        assert listed(index, 'backlinks = "daily/2024-03-01"') == ["People/Ada Lovelace.md"]
        assert listed(index, 'backlinks = "Search engine"') == ["People/Ada Lovelace.md", "SQLite.md"]
        assert listed(index, 'links = "Projects/Search.md"') == ["People/Ada Lovelace.md"]
        assert listed(index, 'links = "sqlite"') == ["Projects/Search.md", "pages/a___b.md"]
        assert listed(index, "not links") == ["SQLite.md"]
        assert listed(index, "backlinks and not tags") == ["SQLite.md"]
        assert listed(index, "", "project", "sqlite") == ["Projects/Search.md"]
        (row,) = rows(index, index.search("One file", 1, mode="words"))
        assert row["metadata"]["backlinks"] == ["Projects/Search.md", "pages/a___b.md"]
        assert [one.problem for one in examine(index.db) if one.check == "links"] == [""]
        number = documents.find(index.db, "SQLite.md")[0]
        index.db.execute("delete from document_name where document_id = ?", (number,))
        assert links.wrong(index.db) == [number]
        links.mend(index.db)
        assert links.wrong(index.db) == []


def test_the_command_finds_only_what_is_asked_for(vault: Path) -> None:
    def run(*arguments: str, code: int = 0) -> str:
        done = CliRunner().invoke(app, [*arguments, "-d", str(vault / "rag.db")])
        assert done.exit_code == code, done.output
        return done.stdout

    found = json.loads(run("search", "a file", "--words", "--where", 'status = "draft"', "--tag", "fts", "--json"))
    assert {row["key"] for row in found} <= {"Projects/Search.md"}
    answer = json.loads(run("ask", "What is in one file?", "-m", "none", "--where", "rating = 5", "--json"))
    assert {one["document"] for one in answer["passages"]} == {"SQLite.md"}
    again = json.loads(run("show", str(answer.get("id", 1)), "--json"))
    assert again["passages"] == answer["passages"]
    assert "the same answer" in run("replay")
    assert run("search", "file", "--words", "--format", "grep", "--tag", "none", code=1) == ""  # there is no such tag
    assert run("search", "unheard", "--words", "--format", "grep", "--tag", "fts").strip() == ""
    grep = run("search", "one file", "--words", "--format", "grep", "--where", "rating").splitlines()
    assert [line.split(":")[0] for line in grep] == ["SQLite.md"]


def test_a_note_that_is_gone_links_nowhere(vault: Path, tmp_path: Path) -> None:
    (tmp_path / "v").mkdir()
    (tmp_path / "v/a.md").write_text("[[b]]")
    (tmp_path / "v/b.md").write_text("text")
    with Index(tmp_path / "rag.db", "hash:64", create=True) as index:
        index.add("v", files([tmp_path / "v"]))
        assert links.backlinks(index.db, [("v", "b.md")]) == {("v", "b.md"): ["a.md"]}
        (tmp_path / "v/a.md").unlink()
        index.add("v", files([tmp_path / "v"]), prune=True)
        assert links.backlinks(index.db, [("v", "b.md")]) == {}
        assert index.db.value("select count(*) from document_link") == 0
