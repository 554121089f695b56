"""What every command has in common: -h, --json, questions as they are typed, the last answer without its number."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

import rag.cli

BEES = "# Bees\n\nA bee dances to tell the others where the flowers are.\n"


def members(command: Any, *path: str) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command and group with the words that call it."""
    yield path, command
    for name, member in getattr(command, "commands", {}).items():
        yield from members(member, *path, name)


ALL = dict(members(typer.main.get_command(rag.cli.app)))


def test_building_only_what_is_asked_for_gives_the_same_command() -> None:
    whole = typer.main.get_command(rag.cli.app)
    assert isinstance(whole, typer.core.TyperGroup)
    for name, member in whole.commands.items():
        built = typer.main.get_command(rag.cli.app.only(name))
        assert isinstance(built, typer.core.TyperGroup)
        assert list(built.commands) == [name]
        assert sorted(path for path, _ in members(built.commands[name])) == sorted(path for path, _ in members(member))
    assert rag.cli.app.only("no-such-command") is rag.cli.app


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "bees.md").write_text(BEES)
    said(tmp_path, "index", "bees.md", "--embedder", "hash:64", "-q")
    return tmp_path


def said(folder: Path, *words: str, typed: bytes = b"", code: int = 0) -> str:
    command = [sys.executable, "-c", "from rag.cli import main; main()", *words]
    done = subprocess.run(command, cwd=folder, input=typed, capture_output=True, check=False)
    assert done.returncode == code, done.stderr.decode()
    return (done.stdout if not code else done.stderr).decode()


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_every_command_has_short_help(path: tuple[str, ...]) -> None:
    shown = CliRunner().invoke(rag.cli.app, [*path, "-h"])
    assert shown.exit_code == 0
    assert re.search(r"^  -h, --help ", shown.stdout, re.MULTILINE)
    options = {option for one in ALL[path].params for option in one.opts}
    assert ("--json" in options) == ("--format" in options)


def test_json_is_short_for_its_format(folder: Path) -> None:
    for words in (["sources"], ["jobs"], ["search", "bee"], ["info"], ["answers"], ["alert", "list"], ["models"]):
        assert json.loads(said(folder, *words, "--json")) == json.loads(said(folder, *words, "--format", "json"))
    assert "A bee dances" in said(folder, "search", "--", "bee", "--json")  # a word to look for, not a flag


def test_questions_need_no_quotation_marks(folder: Path) -> None:
    one = json.loads(said(folder, "ask", "What does a bee do?", "-m", "none", "--json"))
    many = json.loads(said(folder, "ask", "-m", "none", "What", "does", "a", "--json", "bee", "do?"))
    typed = json.loads(said(folder, "ask", "-", "-m", "none", "--json", typed=b"What does a bee do?\n"))
    assert one["question"] == many["question"] == typed["question"] == "What does a bee do?"
    assert "A bee dances" in said(folder, "search", "bee", "flowers")
    odd = json.loads(said(folder, "ask", "-", "-m", "none", "--json", typed=b"caf\xe9 bee"))
    assert odd["question"] == "caf� bee"
    assert "question is empty" in said(folder, "ask", "-", "-m", "none", code=2)


def test_the_last_answer_needs_no_number(folder: Path) -> None:
    assert "no answers yet" in said(folder, "show", code=2)
    for question in ("What does a bee do?", "Where are the flowers?"):
        said(folder, "ask", question, "-m", "none")
    assert said(folder, "show") == said(folder, "show", "2")
    assert json.loads(said(folder, "replay", "--json"))["id"] == 2
