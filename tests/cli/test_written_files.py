"""Files that commands write: whole, private, in the place of nothing that is not theirs; names of every kind."""

from __future__ import annotations

import fcntl
import json
import os
import re
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from processes import ENVIRONMENT, RAG, built, rag

from rag import files
from rag.errors import InputError, RagError
from rag.store import Database, runs

SUITE = """
task = "retrieval"
cases = "s.jsonl"
[systems.words]
mode = "words"
"""


ON_A_FULL_DISK = """
mount -t tmpfs -o size=4m tmpfs "$1" || exit 77
cp x.db "$1/x.db"; head -c 5000000 /dev/zero > "$1/fill" 2> /dev/null
for tried in "index notes -d $1/x.db" "index notes -d $1/new.db" "backup $1/b.db -d x.db" \\
    "doctor --recover $1/r.db -d x.db" "ask thing -m none -d $1/x.db"
do echo "== $tried"; "$2" -m rag $tried 2>&1; done
echo "== left"; ls "$1"; rm "$1/fill"; "$2" -m rag index notes -d "$1/x.db" -q
"$2" -m rag doctor -d "$1/x.db" | grep -vc ^ok
"""


def test_on_a_full_disk_that_is_what_is_said_and_nothing_half_is_left(tmp_path: Path) -> None:
    """ "cannot write to x.db: attempt to write a readonly database: check the rights", of a small file system."""
    built(tmp_path, 3)
    (tmp_path / "notes" / "more.md").write_text("More.\n")
    (tmp_path / "small").mkdir()
    command = ["unshare", "-rm", "bash", "-c", ON_A_FULL_DISK, "bash", str(tmp_path / "small"), sys.executable]
    try:
        done = subprocess.run(command, cwd=tmp_path, env=ENVIRONMENT, capture_output=True, text=True, timeout=300)
    except FileNotFoundError:
        pytest.skip("no unshare")
    if done.returncode in (1, 77) and "== left" not in done.stdout:
        pytest.skip(f"no file system of our own: {done.stderr}")
    index, new, backup, recover, ask, left = done.stdout.split("== ")[1:]
    assert "x.db keeps what was written before" in index
    for tried in (index, new, backup, recover):
        assert "the disk is full: " in tried
    assert "b.db was not written" in backup
    assert "r.db was not written" in recover
    assert "Thing" in ask
    assert "the answer was not logged: the disk is full" in ask
    assert re.sub(r"(x|new)\.db-\w+\n", "", left) == "left\nfill\nnew.db\nx.db\n0\n"
    assert "Traceback" not in done.stdout


def test_a_file_is_written_whole_or_not_at_all_and_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "out.json"
    with files.whole(path) as file:
        file.write("one")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o644)

    def fail() -> None:
        with files.whole(path) as file:
            file.write("two")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert (path.read_text(), os.listdir(tmp_path)) == ("one", ["out.json"])
    with files.whole(path) as file:
        file.write("three")
    assert (path.read_text(), stat.S_IMODE(path.stat().st_mode)) == ("three", 0o644)


@pytest.mark.parametrize("kind", ["symbolic", "hard", "pipe", "left"])
def test_what_lies_at_the_temporary_name_is_not_followed(tmp_path: Path, kind: str) -> None:
    victim, part = tmp_path / "victim", tmp_path / ".out.json.part"
    victim.write_text("mine")
    match kind:
        case "symbolic":
            part.symlink_to(victim)
        case "hard":
            part.hardlink_to(victim)
        case "pipe":
            os.mkfifo(part)
        case "left":
            part.write_text("half of what a run that was killed wrote")
    with files.whole(tmp_path / "out.json") as file:
        file.write("new")
    assert (victim.read_text(), (tmp_path / "out.json").read_text()) == ("mine", "new")
    assert not part.exists()


def test_a_link_stays_one_and_two_writers_do_not_mix(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "real.txt")
    with files.whole(tmp_path / "link") as file:
        file.write("first")
        with pytest.raises(RagError, match="another process is writing it"), files.whole(tmp_path / "real.txt"):
            pass
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real.txt").read_text() == "first"


def test_a_database_and_what_others_wrote_are_never_replaced(tmp_path: Path) -> None:
    database = built(tmp_path, 3)
    (tmp_path / "letter.txt").write_text("Dear reader")
    with pytest.raises(InputError, match="is a database"):
        files.refuse(database, force=True)
    with pytest.raises(InputError, match="rag did not write it"):
        files.refuse(tmp_path / "letter.txt")
    files.refuse(tmp_path / "letter.txt", force=True)
    files.refuse(Path("/dev/null"))


@pytest.mark.parametrize("victim", ["x.db", "letter.html", "letter.json"])
def test_reports_baselines_and_records_take_no_file_of_the_users(tmp_path: Path, victim: str) -> None:
    database = built(tmp_path, 3)
    (tmp_path / "s.toml").write_text(f'{SUITE}index = "x.db"\n')
    (tmp_path / "s.jsonl").write_text('{"question": "where is thing1", "relevant": ["0001.md"]}\n')
    for name in ("letter.html", "letter.json"):
        (tmp_path / name).write_text('{"mine": "<html>"}')
    path = tmp_path / victim
    before = path.read_bytes()
    for command in (
        ["eval", "run", tmp_path / "s.toml", "-d", tmp_path / "e.db", "--html", path],
        ["eval", "run", tmp_path / "s.toml", "-d", tmp_path / "e.db", "--baseline", path],
        ["eval", "history", "-d", database, "--html", path],
        ["extract", tmp_path / "notes", "--schema", "name", "-d", database, "-o", path, "-m", "none"],
    ):
        done = rag(*command)
        assert done.returncode == 2, done.stderr
        assert "Traceback" not in done.stderr
    done = rag(
        "extract", tmp_path / "notes", "--schema", "name", "-d", database, "-o", database, "--force", "-f", "json"
    )
    assert done.returncode == 2, done.stderr
    assert path.read_bytes() == before


NAMES = [b"file:x.db", b"~x.db", b"~root.db", b"a?mode=memory.db", b"b#c%41.db", b"caf\xe9.db", b":memory:", b"n\n1.db"]


@pytest.mark.parametrize("name", NAMES)
def test_a_database_may_have_any_name(tmp_path: Path, name: bytes) -> None:
    (tmp_path / "one.md").write_text("Bees dance.\n")

    def run(*args: str | bytes) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run([*RAG, *args], capture_output=True, env=ENVIRONMENT, cwd=tmp_path, check=False)

    for command in (
        ["index", "one.md"],
        ["search", "bees"],
        ["search", "bees"],
        ["doctor"],
        ["info"],
        ["index", "one.md"],
    ):
        done = run(*command, "-d", name)
        assert done.returncode == 0, done.stderr
    found = json.loads(run("search", "bees", "-f", "json", "-d", name).stdout)
    assert [row["key"] for row in found] == ["one.md"]
    made = {os.fsencode(entry) for entry in os.listdir(tmp_path)} - {b"one.md"}
    assert made == {name, name + b"-index", name + b"-index-seal", name + b"-lock"}


def test_locks_go_by_the_file_and_not_by_the_name_of_a_link(tmp_path: Path) -> None:
    database = built(tmp_path, 3)
    other = tmp_path / "elsewhere"
    other.mkdir()
    (other / "link.db").symlink_to(database)
    with open(f"{database}-lock", "a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        (tmp_path / "notes" / "new.md").write_text("New.\n")
        done = rag("index", tmp_path / "notes", "-d", other / "link.db")
    assert done.returncode == 4
    assert "another rag is writing" in done.stderr
    assert rag("search", "thing1", "-d", other / "link.db").returncode == 0
    assert [file.name for file in other.iterdir()] == ["link.db"]


@pytest.mark.parametrize("sql", ["attach 'made.db' as x", "vacuum into 'made.db'", "vacuum main into 'made.db'"])
def test_the_sql_of_a_source_makes_no_file(tmp_path: Path, sql: str) -> None:
    with closing(sqlite3.connect(tmp_path / "t.sqlite")) as table:
        table.execute("create table t (id, text)")
    done = rag("index", tmp_path / "t.sqlite", "--sql", sql, "-d", tmp_path / "x.db", cwd=tmp_path)
    assert done.returncode in (2, 6) or "problem" in done.stderr, done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "made.db").exists()


def test_an_address_with_a_password_is_refused_and_not_repeated(tmp_path: Path) -> None:
    for address in ("http://me:hunter2@127.0.0.1:9/", "https://hunter2@[::1/feed"):
        done = rag("index", address, "-d", tmp_path / "x.db", "--allow-private")
        assert (done.returncode, "Traceback" in done.stderr) == (2, False), done.stderr
        assert "hunter2" not in done.stdout + done.stderr
    assert not (tmp_path / "x.db").exists()


def test_a_suite_that_runs_already_is_not_asked_twice(tmp_path: Path) -> None:
    (tmp_path / "s.toml").write_text(SUITE)
    database = built(tmp_path, 3)
    with Database(database) as db, runs.claimed(db, "s"):
        held = subprocess.run(
            [sys.executable, "-c", CLAIM, database], env=ENVIRONMENT, capture_output=True, text=True, check=False
        )
        assert held.stdout.split() == ["other", "refused"], held.stderr
    held = subprocess.run(
        [sys.executable, "-c", CLAIM, database], env=ENVIRONMENT, capture_output=True, text=True, check=False
    )
    assert held.stdout.split() == ["other", "taken"], held.stderr


CLAIM = """
import sys
from rag.errors import DatabaseError
from rag.store import Database, runs
with Database(sys.argv[1]) as db:
    with runs.claimed(db, "t"):
        print("other")
    try:
        with runs.claimed(db, "s"):
            print("taken")
    except DatabaseError:
        print("refused")
"""
