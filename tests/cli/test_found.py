"""What a hit shows: lines that stand as they are written, and a line of the file only where the file has it."""

from __future__ import annotations

import json
import re
import textwrap
import zipfile
from pathlib import Path

import pytest
from test_places import run

from rag.app.snippets import snippet, wanted
from rag.blocks import blocks, groups
from rag.cli.answered import excerpt

STEPS = (
    "Set up:\n\n{0} Get it.\n{1} Run it:\n\n{2}\nfrob install\n{2}\n\n{1} Restart the machine.\n\nThe light is green."
)


@pytest.mark.parametrize("marks", [("1.", "2.", "```"), ("-", "-", "```"), ("a)", "b)", "~~~"), ("*", "*", "````")])
def test_a_fence_behind_a_list_is_code_and_what_follows_it_is_not(marks: tuple[str, str, str]) -> None:
    text = STEPS.format(*marks)
    kinds = [(block.kind, text[block.start : block.end]) for block in blocks(text, "markdown")]
    assert ("code", f"{marks[2]}\nfrob install\n{marks[2]}") in kinds
    assert [kind for kind, said in kinds if "Restart" in said or "green" in said] == ["list", "prose"]
    whole = [[text[one.start : one.end] for one in group] for group in groups(text, blocks(text, "markdown"))]
    assert ("Restart" in whole[0][-1]) is (marks[0] == "1.")  # a list whose numbers go on is one
    at, lines = snippet(text, wanted("run frob"), kind="markdown")
    assert lines == [f"{marks[0]} Get it.", f"{marks[1]} Run it:", "frob install", f"{marks[1]} Restart the machine."]
    assert text[at:].startswith(lines[0])


def test_an_excerpt_that_begins_in_code_is_not_turned_inside_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rag.render.colours", lambda stream=None: True)
    quote = "frob install\nfrob start\n```\n\nThe light is green."
    lines = list(excerpt({"quote": quote, "start": 0, "kind": "markdown"}))
    assert ["33m" in line for line in lines] == [True, True, False, False, False]


TABLE = (
    "Keys\n\nGate:      every member, a second one costs 25 euros at the office\nHouse:     the board\n"
    "Shed:      ask Jens\n"
)


def test_lines_that_were_meant_stand_as_they_are() -> None:
    assert snippet(TABLE, wanted("shed"))[1] == TABLE.replace("\n\n", "\n").strip().split("\n")
    address = "Anna Berg\n12 Mill Lane\nWhitby"
    assert snippet(address, [])[1] == address.split("\n")
    prose = textwrap.fill("The lines of this paragraph were broken by a program where they were full. " * 3, 70)
    assert snippet(prose, [], width=200)[1] == textwrap.wrap(prose, 200)
    verse = "A first line that ends where it ends\\\nand a second one that is quite a bit longer, too."
    assert len(snippet(verse, [], width=200, kind="markdown")[1]) == 2


INDENTED = "The leader may decide while the secretary is\n   unavailable and nobody has been told of it, until"
JUSTIFIED = (
    "The leader   may decide while  the secretary is\nabroad and nobody has  been told of it, until a\n"
    "meeting of  the members, where  it can be told.\nThen not."
)


@pytest.mark.parametrize("text", [INDENTED, JUSTIFIED])
def test_prose_with_runs_of_blanks_is_wrapped_without_them(text: str) -> None:
    assert " ".join(snippet(text, [], width=60)[1]) == " ".join(text.split())
    table = "Beans        3 crowns\nPeas         4 crowns\nLeek         1 crown"
    assert snippet(table, [])[1] == table.split("\n")


def test_the_line_that_matches_is_in_the_snippet() -> None:
    lines = ["docker run it", "One.", "Two.", "Three fails with PermissionError and is denied"]
    text = "Before.\n\n" + "\n\n".join(lines)
    assert snippet(text, wanted("docker permission denied"))[1] == lines


RST = "Install\n=======\n\nBefore.\n\n#. Stop the workers with ``frob stop``.\n#. Start them anew.\n"
WORD = (
    '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r><w:t>The'
    " landlord keeps the roof.</w:t></w:r></w:p></w:body></w:document>"
)
PAGE = "<html><body>\n<h1>Care</h1>\n<p>Oil the <b>table</b> once a year.</p>\n</body></html>\n"


def test_a_line_is_told_where_the_file_has_it_and_nowhere_else(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    notes.mkdir()
    (notes / "install.rst").write_text(RST)
    (notes / "care.html").write_text(PAGE)
    (notes / "whole.html").write_text(PAGE.replace("\n", "").replace("Oil", "Paint the fence. " * 90 + "Oil"))
    (tmp_path / "stock.csv").write_text('id,what,bay\n1,"Oak, two\nlines",3\n2,Ash boards,4\n')
    with zipfile.ZipFile(notes / "lease.docx", "w", zipfile.ZIP_STORED) as word:
        word.writestr("word/document.xml", WORD)
    run(tmp_path, "index", "notes", "--embedder", "hash:64", "-q")
    run(tmp_path, "index", "stock.csv", "-q")
    found = {}
    for words in ("stop workers", "start anew", "oil table", "landlord", "ash", "oak"):
        line = run(tmp_path, "search", words, "-k", "1", "-f", "grep").strip()
        found[words] = re.match(r"([^:]*)(?::(\d+))?:", line).groups()  # type: ignore[union-attr]
    assert found["landlord"] == ("notes/lease.docx", None)
    assert found["ash"] == ("stock.csv", "4")
    assert found["oak"] == ("stock.csv", "2")
    assert found["stop workers"] == ("notes/install.rst", "6")
    assert found["start anew"] == ("notes/install.rst", "7")
    assert found["oil table"] == ("notes/care.html", "3")
    assert re.match(r"notes/whole.html:\D", run(tmp_path, "search", "fence", "-k", "1", "-f", "grep"))
    assert "stock.csv:4 · Ash boards\n" in run(tmp_path, "search", "ash", "-k", "1")


def test_the_index_itself_is_no_document(tmp_path: Path) -> None:
    """Neither the one that is written, with what lies beside it, nor another one in the folder."""
    (tmp_path / "a.md").write_text("# A\n\nBees live in hives.\n")
    (tmp_path / "other.db").write_bytes(b"SQLite format 3\0 of another program")
    for words in (["."], ["."], [".", "-d", "second.db"]):
        said = json.loads(run(tmp_path, "index", *words, "--embedder", "hash:64", "-f", "json"))
        assert said["skipped"] == {"binary": 1}


def test_a_file_that_cannot_be_read_is_not_said_to_be_read_already(tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "a.md").write_text("# A\n\nBees.\n")
    (tmp_path / "notes" / "b.parquet").write_bytes(b"PAR1\0\0")
    run(tmp_path, "index", "notes", "--embedder", "hash:64", "-q")
    assert "read already" not in run(tmp_path, "index", "notes/b.parquet", code=2)


def test_a_table_that_is_named_by_itself_is_read_row_by_row_and_once(tmp_path: Path) -> None:
    (tmp_path / "f").mkdir()
    (tmp_path / "f" / "stock.csv").write_text("id,what\n1,Oak boards\n2,Ash boards\n")
    (tmp_path / "f" / "a.md").write_text("# A\n\nBees.\n")
    assert json.loads(run(tmp_path, "index", "f", "--embedder", "hash:64", "-f", "json"))["added"] == 2
    assert json.loads(run(tmp_path, "index", "f/stock.csv", "-f", "json"))["added"] == 2
    said = json.loads(run(tmp_path, "index", "f", "-f", "json"))
    assert (said["removed"], said["skipped"]) == (1, {"read already": 1})
    found = run(tmp_path, "search", "boards", "-f", "grep").splitlines()
    assert sorted(line.split(":")[1] for line in found if "stock" in line) == ["2", "3"]
