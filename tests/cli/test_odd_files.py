"""What is no file where one is named, files without end, and names that a shell reads otherwise."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import socket
import subprocess
import tempfile
from pathlib import Path

import pytest
from processes import ENVIRONMENT, NOBODY, RAG, built, notes, rag

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


def test_problems_do_not_fill_the_screen(tmp_path: Path) -> None:
    notes(tmp_path, 2)
    for number in range(40):
        (tmp_path / "notes" / f"{number:02}.docx").write_text("no Word file")
    said = rag("index", tmp_path / "notes", "-d", tmp_path / "x.db").stderr.splitlines()
    assert (len(said), said[-2:]) == (22, ["and 20 more like these; -v names them", "40 problems; the rest is indexed"])
    assert len(rag("index", tmp_path / "notes", "-v", "-d", tmp_path / "x.db").stderr.splitlines()) > 40


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("setpriv"), reason="only root can become another user")
def test_a_watch_goes_on_beside_what_it_may_not_read_and_when_its_folder_is_another() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o777)
        docs = notes(folder, 1)
        (docs / "closed").mkdir(mode=0)
        with subprocess.Popen(
            [*NOBODY, *RAG, "watch", "notes", "--debounce", "50", "-d", "x.db"],
            cwd=folder, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        ) as process:  # fmt: skip
            assert process.stdout
            assert process.stderr
            try:
                assert process.stdout.readline().split()[1:] == ["+", "0000.md"]
                while not (line := process.stderr.readline()).startswith("watching "):
                    assert "closed" in line, line + process.stderr.read()
                docs.rename(folder / "old")
                docs.mkdir()
                (docs / "other.md").write_text("# Other\n\nText of the other folder.")
                while process.stdout.readline().split()[1:] != ["+", "other.md"]:
                    assert process.poll() is None
                (docs / "more.md").write_text("# More\n\nText.")
                while process.stdout.readline().split()[1:] != ["+", "more.md"]:
                    assert process.poll() is None
                process.send_signal(signal.SIGINT)
                assert process.wait(60) == 130
            finally:
                process.kill()


@pytest.mark.parametrize("command", ["--help", "eval -h", "search thing7", "search thing7 --json", "models", "doctor"])
def test_whoever_reads_may_go_away(index: Path, command: str) -> None:
    words = [*command.split(), *(["-d", str(index)] if command.startswith(("search", "doctor")) else [])]
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [*RAG, *words], stdout=writing, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT, check=False
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, "")


@pytest.mark.parametrize("name", ["-lock", "-index", "-index-seal", "-index-part"])
def test_what_lies_at_the_names_beside_an_index_is_not_followed(tmp_path: Path, name: str) -> None:
    database = built(tmp_path, 3)
    (tmp_path / "precious").write_text("precious")
    beside = tmp_path / f"x.db{name}"
    for lies in (lambda: beside.symlink_to("precious"), lambda: beside.symlink_to("none"), lambda: os.mkfifo(beside),
                 lambda: beside.symlink_to("/dev/zero")):  # fmt: skip
        beside.unlink(missing_ok=True)
        lies()
        for words in (["search", "thing2"], ["index", "--all", "--full"], ["optimize"], ["search", "thing2"]):
            done = rag(*words, "-d", database, before=["bash", "-c", 'ulimit -v 4000000; exec "$@"', "-"], timeout=120)
            assert done.returncode == 0, done.stderr
        assert (tmp_path / "precious").read_text() == "precious"
        assert not (tmp_path / "none").exists()
