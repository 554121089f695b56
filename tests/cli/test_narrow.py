"""What is printed can be read on a narrow screen, in a pipe, without colours; an error is in the words of a person."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from processes import ENVIRONMENT, RAG, built, rag, sent


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    database = built(tmp_path_factory.mktemp("narrow"), 12)
    assert rag("ask", "where is thing7 kept?", "-m", "none", "-d", database).returncode == 0
    return database


def on_terminal(*words: str | Path, **variables: str) -> str:
    """What a terminal of 40 columns is sent."""
    environment = {**ENVIRONMENT, "TERM": "xterm", **variables}
    environment.pop("COLUMNS", None)
    return sent([*RAG, *map(str, words)], environment).replace("\r\n", "\n")


@pytest.mark.parametrize("command", ["models", "answers", "config", "info --documents"])
def test_no_word_is_broken_that_fits(index: Path, command: str) -> None:
    words = [*command.split(), *(["-d", index] if command not in ("models", "config") else [])]
    said = on_terminal(*words, NO_COLOR="1")
    assert "\x1b" not in said
    for word in re.findall(r"(?<!\S)[\w:]{1,12}(?!\S)", rag(*words).stdout.partition("\n")[2]):
        assert re.search(rf"(?<!\S){word}(?!\S)", said), (word, said)


def test_a_row_below_the_other_leaves_nothing_out_but_what_is_empty(index: Path) -> None:
    said = on_terminal("answers", "-d", index, NO_COLOR="1")
    assert re.search(r"^model     none$", said, re.MULTILINE)
    assert re.search(r"^question  where is thing7 kept\?$", said, re.MULTILINE)


def test_in_a_pipe_no_line_ends_with_spaces(index: Path) -> None:
    for command in (["models"], ["answers", "-d", index], ["info", "--documents", "-d", index]):
        assert not re.search(r" +$", rag(*command).stdout, re.MULTILINE)


def test_bold_is_a_matter_of_terminals_that_want_it(index: Path) -> None:
    assert "\x1b[1m" in on_terminal("answers", "-d", index)
    for variables in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        assert "\x1b" not in on_terminal("answers", "-d", index, **variables)


def test_groups_that_nobody_names_show_no_naming(index: Path) -> None:
    assert "naming" not in on_terminal("cluster", "3", "-d", index)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("search x -k many", "'many' is not a whole number."),
        ("search x -k 0", "0 is under 1."),
        ("serve --port 99999", "99999 is not between 0 and 65535."),
        ("watch --every soon", "'soon' is not a number."),
        ("watch --every nan", "nan is no number to count with."),
    ],
)
def test_numbers_are_refused_in_plain_words(words: str, said: str) -> None:
    done = rag(*words.split())
    assert done.returncode == 2
    assert said in done.stderr


def test_a_file_that_is_no_text_is_named_in_plain_words(tmp_path: Path) -> None:
    place = tmp_path / "bad.txt"
    place.write_bytes(b"ab\xff\xfe")
    for words in (["grammar", "name", "--source", place], ["eval", "run", place]):
        done = rag(*words)
        assert done.returncode == 2
        assert "byte 2 is no UTF-8" in done.stderr
