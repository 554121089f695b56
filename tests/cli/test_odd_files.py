"""What is no file where one is named, files without end, and names that a shell reads otherwise."""

from __future__ import annotations

import os
import shlex
import socket
from pathlib import Path

import pytest
from processes import built, rag

ENDLESS = ["bash", "-c", 'ulimit -v 4000000; exec "$@" </dev/zero', "-"]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(tmp_path_factory.mktemp("odd"), 5)


def test_an_index_is_a_file(tmp_path: Path, index: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(tmp_path / "sock"))
        for place, said in ((tmp_path / "pipe", "named pipe"), (tmp_path / "sock", "socket"), ("/dev/zero", "device")):
            for words in (
                ["search", "x", "-d", place],
                ["index", tmp_path, "-d", place],
                ["doctor", "--recover", tmp_path / "new.db", "-d", place],
                ["merge", place, "-d", index],
            ):
                done = rag(*words, timeout=60)
                assert done.returncode in (2, 4)
                assert f"{place} is a {said}, no index" in done.stderr
    assert not (tmp_path / "new.db").exists()
    done = rag("search", "x", "-d", "http://localhost/x")
    assert (done.returncode, "is an address, not an index" in done.stderr) == (2, True)


def test_what_has_no_end_is_not_read_until_the_memory_is_used_up(index: Path) -> None:
    for words in (
        ["search", "--like", "/dev/zero"],
        ["ask", "-", "-m", "none"],
        ["verify", "-"],
        ["extract", "-", "--schema", "name"],
        ["extract", index, "--schema", "-"],
    ):
        done = rag(*words, "-d", index, before=ENDLESS, timeout=120)
        assert done.returncode == 2, done.stderr
        assert "too large" in done.stderr or "standard input has more than 50,000,000 bytes" in done.stderr


@pytest.mark.parametrize("name", ["a b.db", "it's [1].db", "a;b$c.db"])
def test_what_is_to_be_typed_next_can_be_pasted(tmp_path: Path, name: str) -> None:
    place = tmp_path / name
    hint = rag("search", "x", "-d", place).stderr.splitlines()[1]
    assert shlex.split(hint.partition(": ")[2])[-1] == str(place)
