"""What is printed steers no terminal, whatever a document, its name or its file holds; what is written harms nobody."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import re
import stat
import subprocess
from pathlib import Path

import pytest
from processes import ENVIRONMENT, RAG, rag

STEERS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
EVIL = "a\x1b[31mred\x1b[2J\x1b]0;title\x07 c1\x9b31m del\x7f \u202eesrever\u202c \u2066iso\u2069 \u200frlm\u061c end"
OWN = re.compile(r"\x1b\[[0-9;]*[mGK]")


@pytest.fixture
def evil(tmp_path: Path) -> Path:
    """An index in which everything is evil: texts, titles, names of files and of sources, an alert, an answer."""
    folder = tmp_path / "evil\x1b[31m\u202efolder"
    folder.mkdir()
    (folder / "one\x1b[2J\u202e.md").write_text(f"# Title {EVIL}\n\nThe word bees and {EVIL}.\n")
    (folder / "two.md").write_text("# Two\n\nThe word wasps.\n")
    (folder / "bad\x1b[5m.pdf").write_bytes(b"%PDF-1.4 no pdf at all")
    table = tmp_path / "t.csv"
    table.write_text("id,text\n=1+1,The word =cmd()\n@sum,The word\n-5,The word\n")
    database = tmp_path / "x.db"
    assert rag("index", folder, "-d", database).returncode == 0
    assert rag("index", table, "--text", "text", "-d", database).returncode == 0
    assert rag("alert", "add", f"alert {EVIL}", "bees", "--all", "-d", database).returncode == 0
    assert rag("ask", f"what is with bees {EVIL}?", "-m", "none", "-d", database).returncode == 0
    return database


COMMANDS = [
    ["search", "word bees", "--explain"], ["search", "word"], ["similar", "two.md"], ["info"], ["info", "--documents"],
    ["status"], ["changes"], ["sources"], ["alert", "list"], ["alert", "run"], ["answers"], ["show", "1"], ["doctor"],
    ["ask", "bees?", "-m", "none"], ["index", "--all"], ["jobs"], ["models"], ["search", f"what {EVIL}"],
    ["sources", "remove", f"no {EVIL}"], ["similar", f"no {EVIL}"], ["index", f"/no/{EVIL[:30].replace(chr(0), '')}"],
]  # fmt: skip


@pytest.mark.parametrize(
    "command", COMMANDS, ids=lambda command: " ".join(command)[:20].encode("ascii", "ignore").decode()
)
def test_nothing_that_is_printed_steers_a_terminal(evil: Path, command: list[str]) -> None:
    for form in ("text", "json", "jsonl", "csv"):
        done = rag(*command, "-d", evil, "-f", form)
        assert "Traceback" not in done.stderr
        for stream in (done.stdout, done.stderr):
            assert STEERS.search(stream) is None, (form, STEERS.search(stream), stream)


def test_json_holds_exactly_what_is_stored(evil: Path) -> None:
    (row,) = json.loads(rag("search", "bees", "-d", evil, "-f", "json", "-k", "1", "--words").stdout)
    text = row["content"]
    assert EVIL in text
    assert row["key"] == "one\x1b[2J\u202e.md"


def test_on_a_terminal_only_our_own_sequences_are_seen(evil: Path) -> None:
    for command in (
        ["search", "word bees", "--explain"],
        ["info", "--documents"],
        ["show", "1"],
        ["index", "--all", "--full"],
    ):
        master, slave = pty.openpty()
        environment = {**ENVIRONMENT, "TERM": "xterm-256color", "COLUMNS": "100"}
        process = subprocess.Popen([*RAG, *command, "-d", evil], stdout=slave, stderr=slave, env=environment)
        os.close(slave)
        seen = b""
        try:
            while part := os.read(master, 65536):
                seen += part
        except OSError:  # how Linux ends a terminal
            pass
        process.wait()
        os.close(master)
        text = seen.decode().replace("\r\n", "\n")
        if command[0] == "search":
            assert OWN.search(text)
        for evil_part in ("\x1b[31m", "\x1b[2J", "\x1b]0", "\x07", "\x9b", "\u202e", "\u2066"):
            assert evil_part not in text, (command, evil_part)


def test_a_stream_that_lacks_a_character_gets_an_escape(evil: Path, tmp_path: Path) -> None:
    (tmp_path / "more.md").write_text("The word zürich 🍞.\n")
    assert rag("index", tmp_path / "more.md", "-d", evil).returncode == 0
    environment = {**ENVIRONMENT, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    for form in ("text", "json", "csv"):
        done = subprocess.run(
            [*RAG, "search", "zürich", "-d", evil, "-f", form, "-k", "1"],
            capture_output=True,
            env=environment,
            check=True,
        )
        assert b"z\\u00fcrich \\ud83c\\udf5e" in done.stdout
        if form == "json":
            assert "zürich 🍞" in json.loads(done.stdout)[0]["content"]


def test_cells_of_csv_are_no_formulas(evil: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(rag("search", "word", "-d", evil, "-f", "csv", "-k", "20").stdout)))
    keys = {row["key"] for row in rows}
    assert {"'=1+1", "'@sum", "-5"} <= keys
    assert not any(cell.startswith(("=", "+", "@")) for row in rows for cell in row.values())


def test_files_are_for_their_owner_alone_and_keep_the_mode_they_have(evil: Path, tmp_path: Path) -> None:
    folder = tmp_path / "private"
    folder.mkdir()
    before = os.umask(0)
    try:
        database = folder / "p.db"
        assert rag("index", tmp_path / "t.csv", "--text", "text", "-d", database).returncode == 0
        assert rag("search", "word", "-d", database).returncode == 0
        assert rag("ask", "word?", "-m", "none", "-d", database).returncode == 0
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()}
        assert set(modes) >= {"p.db", "p.db-index", "p.db-index-seal", "p.db-lock"}
        assert set(modes.values()) == {0o600}, modes
        database.chmod(0o640)
        for name in set(modes) - {"p.db"}:
            (folder / name).unlink()
        assert rag("index", tmp_path / "more", tmp_path / "t.csv", "--text", "text", "-d", database).returncode in (
            0,
            2,
        )
        assert rag("index", "--all", "-d", database).returncode == 0
        assert stat.S_IMODE(database.stat().st_mode) == 0o640
        assert stat.S_IMODE((folder / "p.db-index").stat().st_mode) == 0o640
    finally:
        os.umask(before)


def test_a_name_of_several_lines_is_shown_in_one(tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "new\nrag: forged.md").write_text("# Cats\n\nThe cat is called Tom.\n")
    (tmp_path / "notes" / "bad\nrag: forged.pdf").write_bytes(b"%PDF-1.4 no pdf at all")
    database = tmp_path / "x.db"
    for words in (
        ["index", tmp_path / "notes"], ["search", "cat"], ["search", "cat", "-f", "grep"], ["status"], ["show"],
        ["ask", "what is the cat called?", "-m", "none"], ["changes", "-f", "text"], ["duplicates"], ["cluster", "2"],
        ["answers"], ["sources"], ["diff", "--since", "2020"],
    ):  # fmt: skip
        done = rag(*words, "-d", database)
        assert not re.search(r"^rag: forged", done.stdout + done.stderr, re.MULTILINE), (words, done.stdout)
