"""What a stranger types in the first hour: files that cannot be read, an empty index, wrong paths, senseless values."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import tempfile
from contextlib import closing
from pathlib import Path

import pytest
from processes import ENVIRONMENT, NOBODY, RAG, built, notes, rag

from rag import ranking
from rag.errors import InputError
from rag.models.llama.threads import default_threads

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4
UNREADABLE = os.fsdecode(b"\xff\xfebad")
FULL = b"rag: the disk is full\nhint: Free some space, run the same command again.\n"


def told(*args: str | Path, cwd: Path, code: int) -> str:
    """What is said on stderr; the command ends with this code, and with no traceback."""
    done = rag(*args, cwd=cwd)
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


def test_where_nothing_could_be_read_nothing_is_said_to_be_indexed(tmp_path: Path) -> None:
    (tmp_path / "blob.bin").write_bytes(PNG[8:])
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "a.png").write_bytes(PNG)
    for name in ("blob.bin", "pictures", "*.zzz"):
        said = told("index", name, cwd=tmp_path, code=2)
        assert "rag: nothing was indexed\nhint: What can be read: text, Markdown" in said
        assert "the rest is indexed" not in said
    assert "blob.bin: is binary" in told("index", "blob.bin", "--strict", cwd=tmp_path, code=2)
    assert told("sources", cwd=tmp_path, code=0) == "no sources yet\n"  # that they are read again would be no help
    for asked in (
        ["search", "a"],
        ["ask", "a?"],
        ["themes"],
        ["chat"],
        ["similar", "a"],
        ["duplicates"],
        ["verify", "-"],
    ):
        said = told(*asked, cwd=tmp_path, code=4)
        assert said == "rag: rag.db is empty: nothing has been indexed yet\nhint: rag index FOLDER -d rag.db\n"


def test_one_bad_file_beside_a_good_one_is_named_and_the_rest_is_indexed(tmp_path: Path) -> None:
    (tmp_path / "good.md").write_text("Bees dance.")
    (tmp_path / "bad.pdf").write_text("%PDF-1.4 no")
    assert "1 problem; the rest is indexed" in told("index", ".", cwd=tmp_path, code=0)
    assert "1 problem, and --strict allows none" in told("index", ".", "--strict", cwd=tmp_path, code=6)
    assert "nothing was indexed" in told("index", "bad.pdf", "-d", "other.db", cwd=tmp_path, code=2)


def test_a_file_that_is_no_index_is_not_made_one_by_asking(tmp_path: Path) -> None:
    (tmp_path / "zero.db").touch()
    with closing(sqlite3.connect(tmp_path / "alien.db")) as db:
        db.execute("create table t (a)")
        db.commit()
    for name, what in (("zero.db", "an empty file, no index"), ("alien.db", "a SQLite file that holds no index")):
        before = (tmp_path / name).read_bytes()
        for asked in (["search", "a"], ["info"], ["changes"], ["doctor"], ["index", "--all"]):
            said = told(*asked, "-d", name, cwd=tmp_path, code=4)
            assert said == f"rag: {name} is {what}\nhint: Make one in it: rag index PATH… -d {name}\n"
        assert (tmp_path / name).read_bytes() == before
    (tmp_path / "a.md").write_text("Bees dance.")
    told("index", "a.md", "-d", "alien.db", cwd=tmp_path, code=0)  # that is how one is made beside other tables
    assert "there is no index at no.db" in told("merge", "no.db", "-d", "new.db", cwd=tmp_path, code=4)
    assert not (tmp_path / "new.db").exists()


@pytest.mark.parametrize("command", [["index"], ["watch"], ["extract", "--schema", "a"]])
def test_an_empty_path_is_not_the_folder_one_is_in(tmp_path: Path, command: list[str]) -> None:
    (tmp_path / "a.md").write_text("Bees dance.")
    assert "rag: a path is empty\n" in told(*command, "", cwd=tmp_path, code=2)
    said = told(*command, "ftp://a.b/c", cwd=tmp_path, code=2)
    assert "nothing is read from ftp: ftp://a.b/c\nhint: Addresses begin with http:// or https://" in said


def test_values_of_no_sense_are_told_in_one_line(tmp_path: Path) -> None:
    built(tmp_path, 3)
    huge = "1" + "0" * 30
    for typed in (["search", "a", "-k", huge], ["answers", "--limit", huge], ["cluster", "--seed", huge]):
        assert f"{huge} is too large a number." in told(*typed, "-d", "x.db", cwd=tmp_path, code=2)
    for typed in (
        ["search", "a", "--prefix"],
        ["similar"],
        ["ask", "a?", "-m", "none", "--base-url"],
        ["token", "create"],
    ):
        said = told(*typed, UNREADABLE, "-d", "x.db", cwd=tmp_path, code=2)
        assert "cannot be used: it cannot be written in UTF-8" in said
    long = told("cluster", "--html", "a" * 300, "-d", "x.db", cwd=tmp_path, code=1)
    assert long == f"rag: {'a' * 300}: File name too long\n"
    said = told("search", "a", "--source", "b" * 90_000, "-d", "x.db", cwd=tmp_path, code=2)
    assert len(said) < 1000
    said = told("cluster", "--html", "no/such/x.html", "-d", "x.db", cwd=tmp_path, code=1)
    assert said.endswith("was not written: there is no folder no/such\nhint: mkdir -p no/such\n")
    assert "Errno" not in told("push", "http://127.0.0.1:9", "-d", "x.db", cwd=tmp_path, code=3)


def test_a_flag_that_would_do_nothing_is_told(tmp_path: Path) -> None:
    database = built(tmp_path, 3)
    for flag in (["--key", "id"], ["--text", "body"], ["--as", "poem"]):
        said = told("index", "notes", *flag, "-d", database, cwd=tmp_path, code=2)
        assert f"{tmp_path / 'notes'} is no table, and has no columns\nhint: Omit --key" in said
    assert "rag: the saved search has no name\n" in told("alert", "add", "", "x", "-d", database, cwd=tmp_path, code=2)


def test_a_file_without_end_and_an_argument_of_many_characters_end_soon(tmp_path: Path) -> None:
    for typed in (["grammar", "name", "--source"], ["grammar", "--check"], ["eval", "run"]):
        assert "File too large" in told(*typed, "/dev/zero", cwd=tmp_path, code=2)
    for typed in (["show"], ["jobs", "show"], ["completion"]):
        assert len(told(*typed, "a" * 100_000, cwd=tmp_path, code=2)) < 1000


def test_a_full_disk_behind_stdout_is_told(tmp_path: Path) -> None:
    database = built(tmp_path, 3)
    with open("/dev/full", "w") as full:
        done = subprocess.run([*RAG, "info", "-d", str(database)], stdout=full, stderr=subprocess.PIPE, env=ENVIRONMENT)
    assert (done.returncode, done.stderr) == (1, FULL)


def test_a_question_is_read_once() -> None:
    """100,000 letters took more than 40 seconds: what is a name was tried from each of them."""
    assert ranking.asked("a" * 3_000_000).names == ()
    assert ranking.asked("where is a.b_c and foo_bar-x. in é_è?").names == ('"a.b_c"', '"foo_bar-x"', '"e_e"')


@pytest.mark.parametrize(("streams", "code"), [(">&-", 0), ("2>&-", 0), ("<&-", 0), (">&- 2>&- <&-", 0)])
def test_a_stream_that_is_closed_is_an_empty_one(tmp_path: Path, streams: str, code: int) -> None:
    database = built(tmp_path, 3)
    line = f'"$0" -m rag search thing1 -d "$1" {streams}'
    done = subprocess.run(["sh", "-c", line, RAG[0], str(database)], capture_output=True, text=True, env=ENVIRONMENT)
    assert (done.returncode, done.stderr) == (code, "")
    asked = subprocess.run(
        ["sh", "-c", '"$0" -m rag ask - -m none -d "$1" <&-', RAG[0], str(database)],
        capture_output=True, text=True, env=ENVIRONMENT,
    )  # fmt: skip
    assert (asked.returncode, asked.stderr.splitlines()[0]) == (2, "rag: the question is empty")


def test_the_folder_one_is_in_may_be_gone(tmp_path: Path) -> None:
    line = 'mkdir gone && cd gone && rmdir ../gone && exec "$0" -m rag search a'
    done = subprocess.run(["sh", "-c", line, RAG[0]], cwd=tmp_path, capture_output=True, text=True, env=ENVIRONMENT)
    assert (done.returncode, done.stderr) == (
        1,
        "rag: the folder you are in is not there any more\nhint: cd to another\n",
    )


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("setpriv"), reason="only root can become another user")
def test_what_may_not_be_read_or_written_is_told_and_what_is_new_is_shown() -> None:
    with tempfile.TemporaryDirectory() as name:  # pytest's own folders are closed to others
        folder = Path(name)
        folder.chmod(0o777)
        for part in ("open", "closed"):
            notes(folder / part, 3)
        (folder / "closed").chmod(0)
        said = rag("index", "closed/notes", "open", cwd=folder, before=NOBODY)
        assert said.returncode == 2
        assert "closed/notes" in said.stderr
        said = rag("index", "closed", cwd=folder, before=NOBODY)
        assert (said.returncode, said.stderr.splitlines()[1]) == (2, "rag: nothing was indexed")
        assert said.stderr.startswith(f"{folder / 'closed'}: cannot be read: Permission denied")
        assert rag("index", "open", "-d", "y.db", cwd=folder).returncode == 0
        for path in folder.glob("y.db*"):
            path.chmod(0o644)
        folder.chmod(0o755)
        for looked in (["status"], ["digest"]):
            shown = rag(*looked, "-d", "y.db", cwd=folder, before=NOBODY)
            assert (shown.returncode, shown.stderr) == (0, "")
            assert "3 added" in shown.stdout or "Thing" in shown.stdout
        said = rag("optimize", "-d", "y.db", cwd=folder, before=NOBODY)
        assert said.stderr.splitlines()[1].startswith("hint: Its folder must be yours to write")


def test_what_is_set_and_not_used_yet_is_checked_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built(tmp_path, 3)
    asked = ("ask", "where is thing1?", "-d", "x.db")
    assert "there is no prompt nope\nhint: Bundled are: ask" in told(*asked, "--prompt", "nope", cwd=tmp_path, code=2)
    for wrong in ("many", "0", "-1", "1.5", "100000"):
        monkeypatch.setenv("RAG_THREADS", wrong)
        with pytest.raises(InputError, match=f"RAG_THREADS='{wrong}' is no number of threads"):
            default_threads()
