"""Where things stand: paths and lines that are true, links on a terminal, grep's form, an editor that opens there."""

from __future__ import annotations

import gzip
import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from processes import sent

from rag.store import Database, answers

MAIN = [sys.executable, "-c", "from rag.cli import main; main()"]
NOTES = {
    "bees.md": "---\ntitle: Bees\n---\n\n# Bees\n\nBees live in hives.\n\n## Dances\n\nA bee dances to tell the others"
    " where the flowers are.\n\n```sh\nbees --dance\n```\n",
    "deep/owls.txt": "Owls fly without a sound.\r\n\r\nAn owl hunts mice at night, and sleeps in a barn by day.\r\n",
    "page.html": "<html><body><h1>Cats</h1><p>A cat purrs when it is content.</p></body></html>",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in NOTES.items():
        (tmp_path / "notes" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "notes" / name).write_text(text, newline="")
    run(tmp_path, "index", "notes", "--embedder", "hash:64", "-q")
    return tmp_path


def run(folder: Path, *words: str, code: int = 0, **environment: str) -> str:
    kept = {name: value for name, value in os.environ.items() if name not in ("EDITOR", "VISUAL")}
    done = subprocess.run(
        [*MAIN, *words], cwd=folder, env={**kept, **environment}, capture_output=True, text=True, check=False
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout if not code else done.stderr


def on_terminal(folder: Path, *words: str, **variables: str) -> str:
    """What a terminal of 40 columns is sent."""
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "40", **variables}
    environment.pop("NO_COLOR", None)
    return sent([*MAIN, *words], environment, folder)


def test_every_line_that_is_named_holds_what_is_said(folder: Path) -> None:
    for words in (["search", "dances flowers owl mice night"], ["ask", "What does a bee dance for?", "-m", "none"]):
        lines = run(folder, *words, "--format", "grep").splitlines()
        assert lines
        for line in lines:
            path, number, text = line.split(":", 2)
            if not path.endswith(".html"):
                assert text in (folder / path).read_text().splitlines()[int(number) - 1]
    here = run(folder / "notes", "search", "mice", "-d", "../rag.db", "-k", "1", "--format", "grep")
    assert here.startswith("deep/owls.txt:3:An owl hunts mice")


def test_a_hit_is_shown_in_a_few_lines_and_whole_if_asked(folder: Path) -> None:
    (folder / "notes" / "long.md").write_text(
        "# Long\n\n" + "Nothing is said here. " * 40 + "The zebra runs. " + "More. " * 60
    )
    run(folder, "index", "--all", "-q")
    few, whole = (run(folder, "search", "zebra", "-k", "1", *more) for more in ([], ["--full"]))
    assert "The zebra runs." in few
    assert len(few.strip().splitlines()) <= 5
    assert whole.count("Nothing is said here.") == 40
    assert re.match(r"1\. notes/long\.md:3 · Long", few)


def test_a_file_that_was_changed_since_is_not_given_a_wrong_line(folder: Path) -> None:
    path = folder / "notes" / "bees.md"
    path.write_text("A line more.\n\n" + path.read_text())
    assert run(folder, "search", "dances flowers", "-k", "1", "-f", "grep").startswith("notes/bees.md:13:A bee dances")
    path.write_text("All is another.\n")
    assert run(folder, "search", "dances flowers", "-k", "1").startswith("1. notes/bees.md · Bees")
    path.unlink()
    assert run(folder, "search", "dances flowers", "-k", "1").startswith("1. bees.md · Bees")


def test_a_terminal_gets_links_a_sign_of_life_and_no_line_too_long(folder: Path) -> None:
    said = on_terminal(folder, "ask", "What does a bee dance for?", "-m", "none")
    assert f"\x1b]8;;{(folder / 'notes' / 'bees.md').as_uri()}\x1b\\" in said
    assert said.index("searching") < said.index("found") < said.index("notes/bees.md:11")
    plain = re.sub(r"\x1b\]8;;[^\x1b]*\x1b\\|\x1b\[[0-9;]*[A-Za-z]", "", said)
    assert "\x1b" not in plain
    excerpts = [line for line in plain.splitlines() if line.startswith("    ")]
    assert excerpts
    assert max(map(len, excerpts)) <= 40
    found = on_terminal(folder, "search", "owl night")
    assert f"\x1b]8;;{(folder / 'notes' / 'deep' / 'owls.txt').as_uri()}\x1b\\" in found


def test_a_document_is_known_by_the_path_that_was_given_to_index_it_wherever_one_is(folder: Path) -> None:
    here = run(folder, "similar", "notes/bees.md", "--json")
    (folder / "else").mkdir()
    assert run(folder / "else", "similar", "notes/bees.md", "-d", "../rag.db", "--json") == here
    assert "no document 'notes/cows.md'" in run(folder / "else", "similar", "notes/cows.md", "-d", "../rag.db", code=2)


def test_an_editor_is_opened_at_the_line(folder: Path) -> None:
    run(folder, "ask", "What does a bee dance for?", "-m", "none")
    place = run(folder, "open", "1.1", "--print").strip()
    assert place == run(folder, "open", "--print").strip() == run(folder, "open", ".1", "--print").strip()
    path, line = place.split(":")
    told = folder / "told.json"
    editor = folder / "code"
    editor.write_text(f"#!{sys.executable}\nimport json, sys\njson.dump(sys.argv[1:], open({str(told)!r}, 'w'))\n")
    editor.chmod(0o755)
    run(folder, "open", "1", EDITOR=str(editor))
    assert json.loads(told.read_text()) == ["-g", f"{folder / path}:{line}"]
    run(folder, "open", "1", VISUAL=f'{sys.executable} -c \'import json,sys;json.dump(sys.argv[1:],open("v","w"))\'')
    assert json.loads((folder / "v").read_text()) == [str(folder / path)]  # what +LINE is to it nobody knows
    editor.rename(folder / "nano")
    run(folder, "open", "1", EDITOR=str(folder / "nano"))
    assert json.loads(told.read_text()) == [f"+{line}", str(folder / path)]


def test_a_packed_page_of_the_manual_and_a_page_of_the_web_are_opened_in_the_editor(folder: Path) -> None:
    page = ".TH YAK 1\n.SH NAME\nyak \\- shear the wool of yaks in the valley\n"
    (folder / "notes" / "yak.1.gz").write_bytes(gzip.compress(page.encode()))
    head = "<html><head><link rel='canonical' href='https://a.org/h'></head>"
    line = f"{head}<body{' ' * 1000}><p>A yak grazes high up on the hill.</body></html>"  # too long to be shown
    (folder / "notes" / "hill.html").write_text(line)
    run(folder, "index", "--all", "-q")
    editor = f'{sys.executable} -c \'import json,sys;json.dump(sys.argv[1:],open("v","w"))\''
    for question, name in (("yak wool valley", "yak.1.gz"), ("yak grazes hill", "hill.html")):
        run(folder, "ask", question, "-m", "none")
        run(folder, "open", VISUAL=editor)
        assert json.loads((folder / "v").read_text()) == [str(folder / "notes" / name)]


def test_what_is_nearest_is_opened_where_nothing_is_cited(folder: Path) -> None:
    """What stands on the screen under "The nearest is:" is an excerpt like any other."""
    run(folder, "ask", "What does a bee dance for?", "-m", "none")
    with Database(folder / "rag.db") as db:
        logged = answers.last(db)
        assert logged is not None
        found = dict(logged.object)
        unsure = {**found, "answerable": False, "citations": [], "nearest": found["citations"]}
        answers.add(db, replace(logged, object=unsure))
        answers.add(db, replace(logged, object={**unsure, "nearest": []}))
    assert run(folder, "open", "2", "--print") == run(folder, "open", "1", "--print")
    assert "answer 3 shows no excerpt" in run(folder, "open", "3", code=2)
    (folder / "notes" / "bees.md").unlink()
    assert "bees.md cannot be opened" in run(folder, "open", "2", code=2)


def test_what_cannot_be_opened_is_said(folder: Path) -> None:
    assert "no answers yet" in run(folder, "open", code=2)
    run(folder, "ask", "What does a bee dance for?", "-m", "none")
    assert "answer 1 shows 1 excerpt, so there is no 9" in run(folder, "open", "1.9", code=2)
    assert "'x' names no citation" in run(folder, "open", "x", code=2)
    assert "cannot be started" in run(folder, "open", "1", code=2, EDITOR="/no/such/editor")
    (folder / "notes" / "bees.md").unlink()
    assert "bees.md cannot be opened" in run(folder, "open", "1", code=2)


def test_what_is_longer_than_the_terminal_goes_through_the_pager(folder: Path) -> None:
    pager = folder / "pager"
    pager.write_text("#!/bin/sh\ncat > shown.txt\n")
    pager.chmod(0o755)
    words = ["search", "dances flowers owl mice night"]
    for form in ([], ["--full"]):
        assert not on_terminal(folder, *words, *form, RAG_PAGER=str(pager), LINES="5")
        shown = (folder / "shown.txt").read_text()
        assert "\x1b[1;33m" in shown  # the colours of a terminal
        assert shown == on_terminal(folder, *words, *form, RAG_PAGER="", LINES="5").replace("\r\n", "\n")
        assert on_terminal(folder, *words, *form, RAG_PAGER=str(pager), LINES="500")
    assert "bee" in on_terminal(folder, *words, PAGER="no-such-pager -x", RAG_PAGER="no-such", LINES="5").lower()
    assert on_terminal(folder, "ask", "What", "does a bee dance for?", "-m", "none", RAG_PAGER=str(pager), LINES="2")
    (folder / "shown.txt").unlink()
    assert "flowers" not in on_terminal(folder, "show", RAG_PAGER=str(pager), LINES="5")
    assert "flowers" in (folder / "shown.txt").read_text()


def test_the_lines_of_hits_are_data_and_a_source_that_is_gone_is_told(folder: Path) -> None:
    hits = json.loads(run(folder, "search", "mice night", "--words", "--json"))
    assert [(hit["key"], hit["line"]) for hit in hits] == [("deep/owls.txt", 1)]
    (folder / "more").mkdir()
    (folder / "more" / "a.txt").write_text("A goat eats maps.\n")
    run(folder, "index", "more", "--embedder", "hash:64", "-q")
    (folder / "more").rename(folder / "elsewhere")
    said = run(folder, "index", "--all", code=2)
    assert f"could not be read, and what the index has of it stays: {folder / 'more'}" in said
    assert "goat" in run(folder, "search", "goat")
