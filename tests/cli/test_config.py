"""rag.toml: the folder's before the user's, the environment before both, a flag before all; and what is wrong in it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

MAIN = [sys.executable, "-c", "from rag.cli import main; main()"]


def run(folder: Path, *words: str, code: int = 0, **environment: str) -> str:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RAG_")}
    kept["XDG_CONFIG_HOME"] = str(folder / "config")
    done = subprocess.run(
        [*MAIN, *words], cwd=folder / "work", env={**kept, **environment}, capture_output=True, text=True, check=False
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout if not code else done.stderr


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "work").mkdir()
    (tmp_path / "config" / "chapterverse").mkdir(parents=True)
    for number in range(4):
        (tmp_path / "work" / f"{number}.md").write_text(f"# Bee {number}\n\nA bee dances number {number}.\n")
    return tmp_path


def test_what_is_typed_goes_before_the_environment_before_the_folder_before_the_user(folder: Path) -> None:
    user, here = folder / "config" / "chapterverse" / "rag.toml", folder / "work" / "rag.toml"
    user.write_text('database = "../../own.db"\nembedder = "hash:64"\nk = 1\n')
    run(folder, "index", ".", "-q")
    assert (folder / "own.db").is_file()
    assert len(json.loads(run(folder, "search", "bee", "--json"))) == 1
    here.write_text("k = 2\n")
    assert len(json.loads(run(folder, "search", "bee", "--json"))) == 2
    assert len(json.loads(run(folder, "search", "bee", "--json", "-k", "3"))) == 3
    assert "no index at none.db" in run(folder, "search", "bee", code=4, RAG_DB="none.db")
    held = {row["setting"]: (row["value"], row["from"]) for row in json.loads(run(folder, "config", "--json"))}
    assert held["k"] == (2, str(here))
    assert held["embedder"] == ("hash:64", str(user))
    assert held["model"] == ("smollm2", "default")
    assert held["base_url"] == (None, "default")
    named = json.loads(run(folder, "config", "--json", RAG_MODEL="none"))
    assert {"setting": "model", "value": "none", "from": "RAG_MODEL"}.items() <= named[1].items()


def test_the_defaults_that_are_shown_are_those_of_the_commands(folder: Path) -> None:
    import inspect

    from rag import models
    from rag.cli import ask, common, search

    asked, found = inspect.signature(ask.ask).parameters, inspect.signature(search.search).parameters
    held = {row["setting"]: row["value"] for row in json.loads(run(folder, "config", "--json"))}
    for name in ("model", "k", "citations"):
        assert held[name] == asked[name].default
    assert (held["database"], held["embedder"]) == (str(common.DEFAULT_DATABASE), models.DEFAULT_EMBEDDER)
    table = run(folder, "config", "-d", "other.db")
    assert "other.db" in table
    assert "minilm" in table
    assert f"by default {found['k'].default} of search" in table


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("colour = 1\n", "there is no setting 'colour'"),
        ('k = "many"\n', "k is 'many', not a whole number"),
        ("k = 0\n", "k is 0"),
        ("k = true\n", "k is True"),
        ("model = 7\n", "model is 7, not a text"),
        ("model = \n", "is not TOML"),
    ],
)
def test_what_is_wrong_in_it_is_said_by_its_place(folder: Path, text: str, said: str) -> None:
    (folder / "work" / "rag.toml").write_text(text)
    message = run(folder, "search", "bee", code=2)
    assert said in message
    assert str(folder / "work" / "rag.toml") in message


def test_a_suite_chooses_its_own_models(folder: Path) -> None:
    (folder / "work" / "rag.toml").write_text('model = "none"\ndatabase = "runs.db"\n')
    run(folder, "index", ".", "-q", "--embedder", "hash:64")
    assert json.loads(run(folder, "eval", "history", "--json")) == []


def test_models_say_which_the_file_names(folder: Path) -> None:
    (folder / "work" / "rag.toml").write_text('model = "none"\nrerank = "fastembed:own"\n')
    told = {row["name"]: row["default"] for row in json.loads(run(folder, "models", "--json"))}
    assert told["none"].endswith("work/rag.toml names it")
    assert told["fastembed:own"].endswith("work/rag.toml names it")
    assert told["smollm2"] == ""
    told = {row["name"]: row["default"] for row in json.loads(run(folder, "models", "--json", RAG_MODEL="smollm2"))}
    assert told["smollm2"] == "RAG_MODEL names it"
