"""Words of a question that look like options: taken as words where that is sure, and else one is told what to type."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import typer
from shell import built

import rag.cli
from rag.cli.words import kept
from rag.types import Document


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("words")
    built(made / "rag.db", [Document("", "a.md", "# Lamp\n\nlamp --glow prints html if the oil is out.")])
    return made


def said(folder: Path, *words: str) -> tuple[int, str, str]:
    command = [sys.executable, "-c", "from rag.cli import main; main()", *words]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(
    "words",
    [
        ["ask", "lamp", "--glow", "prints", "html", "why", "--model", "none", "--no-log"],
        ["ask", "--model=none", "--no-log", "--glow prints html why"],  # in quotation marks
        ["search", "when", "does", "--glow", "print", "html"],
    ],
)
def test_an_option_within_a_question_is_a_word_of_it(folder: Path, words: list[str]) -> None:
    code, out, error = said(folder, *words)
    assert (code, error) == (0, "")
    assert "if the oil is out" in out


@pytest.mark.parametrize(
    "words",
    [
        ["ask", "when", "does", "it", "glow", "--modle", "none", "of", "all"],  # a slip of --model
        ["ask", "when", "does", "it", "glow", "--limit", "5"],
        ["ask", "--glow", "when"],
        ["search", "what", "is", "--glow"],
    ],
)
def test_another_is_a_mistake_and_one_is_told_what_to_type(folder: Path, words: list[str]) -> None:
    code, out, error = said(folder, *words)
    assert (code, out) == (2, "")
    assert f"put -- before them: rag {words[0]} -- …" in error


def test_options_of_the_command_stay_what_they_are() -> None:
    params = typer.main.get_command(rag.cli.app.only("ask")).commands["ask"].params  # type: ignore[attr-defined]
    plain = ["what", "is", "-k", "3", "it", "--since=2024", "-c", "--tag", "--x", "--", "--y"]
    assert kept(plain, params) == plain  # --x is what --tag has
    mixed = ["-k3", "what", "-k", "4", "does", "-v", "do", "--no-log", "now", "--", "--y"]
    assert kept(mixed, params) == ["-k3", "-k", "4", "--no-log", "--", "what", "does", "-v", "do", "now", "--y"]
    assert kept(["what", "are", "-5", "degrees"], params) == ["--", "what", "are", "-5", "degrees"]
    assert kept(["-"], params) == ["-"]
