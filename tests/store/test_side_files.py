"""The file beside an index: built by one of many at once, damaged in any way, lost, sealed, out of reach."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from processes import NOBODY, built, notes, rag, start

from rag import Index, doctor
from rag.app.optimize import optimize
from rag.ranking import Ranked
from rag.store import Database, backup, documents, mapping, vectors

CLOSE = 6e-4  # of a score, of vectors of few dimensions, and of four digits
QUESTION = "where is thing7 kept"


def search(database: Path, before: list[str] | None = None) -> list[tuple[str, float]]:
    done = rag("search", QUESTION, "-d", database, "--vectors", "--format", "json", before=before)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return rows(done.stdout)


def rows(text: str) -> list[tuple[str, float]]:
    return [(row["key"], round(row["score"], 4)) for row in json.loads(text)]


def same(found: Ranked, expected: Ranked) -> None:
    """The side file keeps 12 bits of a number: scores, and so the order, are the same as far as that goes."""
    scores, places = dict(expected), dict(found)
    assert list(places.values()) == pytest.approx(list(scores.values()), abs=CLOSE)
    assert {n: places[n] for n in places.keys() & scores} == pytest.approx(
        {n: scores[n] for n in places.keys() & scores}, abs=CLOSE
    )
    least = min(scores.values())
    assert all(places.get(n, scores.get(n, 0)) <= least + 2 * CLOSE for n in places.keys() ^ scores)


def test_a_search_builds_nothing_and_indexes_at_the_same_time_leave_one_file(tmp_path: Path) -> None:
    database = built(tmp_path, 200)
    expected = search(database)
    for _ in range(3):
        (tmp_path / "x.db-index").unlink()
        running = [start("search", QUESTION, "-d", database, "--vectors", "--format", "json") for _ in range(2)]
        for process in running:
            out, err = process.communicate()
            assert process.returncode == 0
            assert "the vector index is behind by 200 documents" in err
            same(rows(out), expected)
        assert not (tmp_path / "x.db-index").exists()
        for process in [start("index", tmp_path / "notes", "-d", database) for _ in range(3)]:
            _, err = process.communicate()
            assert process.returncode == 0 or "another rag" in err
        assert search(database) == expected
        left = {file.name for file in tmp_path.glob("x.db*")} - {"x.db-wal", "x.db-shm"}  # SQLite's own
        assert left == {"x.db", "x.db-index", "x.db-index-seal", "x.db-lock"}


def damage(path: Path, chance: random.Random, kind: str) -> None:
    data = bytearray(path.read_bytes())
    place = chance.randrange(len(data))
    if kind == "bit":
        data[place] ^= 1 << chance.randrange(8)
    elif kind == "page":
        start_ = place // 4096 * 4096
        data[start_ : start_ + 4096] = bytes(4096)
    elif kind == "cut":
        del data[place:]
    elif kind == "noise":
        data[place : place + 64] = chance.randbytes(64)
    path.write_bytes(data)


@pytest.mark.parametrize("kind", ["bit", "page", "cut", "noise"])
def test_a_damaged_side_file_is_done_without_and_never_lies(tmp_path: Path, kind: str) -> None:
    from rag import Index

    database = built(tmp_path, 60)
    side, chance = tmp_path / "x.db-index", random.Random(kind)
    with Index(database) as index:
        expected = index.by_vectors(QUESTION, 20)
    whole = side.read_bytes()
    for _ in range(40):
        damage(side, chance, kind)
        damaged = side.read_bytes()
        with Index(database) as index:
            same(index.by_vectors(QUESTION, 20), expected)
            assert (index.behind > 0) == (damaged != whole)
            index.catch_up() if damaged == whole else index.rebuild()
        whole = side.read_bytes()


def test_damaged_while_it_is_open_it_is_done_without(tmp_path: Path) -> None:
    from rag import Index

    database = built(tmp_path, 60)
    with Index(database) as index:
        expected = index.by_vectors(QUESTION, 20)
        for seed in range(10):
            damage(tmp_path / "x.db-index", random.Random(seed), "page")
            same(index.by_vectors(QUESTION, 20), expected)
            assert index.behind == 60
            index.rebuild()
            assert index.by_vectors(QUESTION, 20) == expected
            assert index.behind == 0


def test_doctor_sees_a_damaged_side_file_and_mends_it(tmp_path: Path) -> None:
    database = built(tmp_path, 60)
    expected = search(database)
    for seed, kind in enumerate(["bit", "page", "cut", "noise"]):
        damage(tmp_path / "x.db-index", random.Random(seed + 10), kind)
        found = rag("doctor", "-d", database)
        assert found.returncode == 4
        assert "PROBLEM  sidecar" in found.stdout
        assert rag("doctor", "--fix", "-d", database).returncode == 0
        assert rag("doctor", "-d", database).returncode == 0
        assert search(database) == expected


def test_a_side_file_that_lags_or_is_missing_is_no_fault(tmp_path: Path) -> None:
    database = built(tmp_path)
    search(database)
    (tmp_path / "notes" / "new.md").write_text("Something new.\n")
    assert rag("index", tmp_path / "notes", "-d", database).returncode == 0
    assert rag("doctor", "-d", database).returncode == 0
    (tmp_path / "x.db-index").unlink()
    assert rag("doctor", "-d", database).returncode == 0


def test_without_room_for_the_side_file_a_search_still_finds(tmp_path: Path) -> None:
    database = built(tmp_path)
    expected = [key for key, _ in search(database)]
    (tmp_path / "x.db-index").unlink()
    (tmp_path / "x.db-index").mkdir()  # what cannot be written, whoever one is
    (tmp_path / "x.db-index" / "file").write_text("")
    done = rag("search", QUESTION, "-d", database, "--vectors", "--format", "json")
    assert [key for key, _ in rows(done.stdout)] == expected


@pytest.fixture
def shared() -> Iterator[Path]:
    """A folder that other users may enter, which pytest's own are not."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o755)
        yield Path(name)


def committed_in_wal(folder: Path) -> Path:
    """An index whose last change, a deletion, is in its WAL only, as a killed program leaves it."""
    database = built(folder)
    search(database)
    copy = folder / "sealed"
    copy.mkdir()
    with Database(database) as db:
        db.connection.pragma("wal_autocheckpoint", 0)
        with db.transaction():
            documents.remove(db, [documents.find(db, "0007.md")[0]])
            vectors.prune(db)
            db.changed()
        for file in folder.glob("x.db*"):
            shutil.copy2(file, copy / file.name)
    assert (copy / "x.db-wal").stat().st_size > 0
    return copy / "x.db"


@pytest.mark.skipif(os.geteuid() != 0 or shutil.which("setpriv") is None, reason="needs root and setpriv")
@pytest.mark.parametrize("without", [(), ("-shm",), ("-shm", "-index"), ("-shm", "-index", "-index-seal")])
def test_in_a_folder_that_cannot_be_written_what_the_wal_holds_is_read(shared: Path, without: tuple[str, ...]) -> None:
    database = committed_in_wal(shared)
    for suffix in without:
        Path(f"{database}{suffix}").unlink()
    for file in database.parent.iterdir():
        file.chmod(0o444)
    database.parent.chmod(0o555)
    before = {file.name: file.read_bytes() for file in database.parent.iterdir()}
    found = rag("search", QUESTION, "-d", database, "--format", "json", before=NOBODY)
    assert found.returncode == 0, found.stderr
    keys = {row["key"] for row in json.loads(found.stdout)}
    assert "0007.md" not in keys
    assert keys
    assert rag("doctor", "-d", database, before=NOBODY).returncode == 0
    told = rag("index", shared / "notes", "-d", database, before=NOBODY)
    assert told.returncode == 4
    assert "hint:" in told.stderr
    assert {file.name: file.read_bytes() for file in database.parent.iterdir()} == before


@pytest.mark.skipif(os.geteuid() != 0 or shutil.which("setpriv") is None, reason="needs root and setpriv")
def test_a_wal_that_may_not_be_read_is_an_error(shared: Path) -> None:
    database = committed_in_wal(shared)
    Path(f"{database}-shm").unlink()
    database.chmod(0o444)
    Path(f"{database}-wal").chmod(0o400)
    database.parent.chmod(0o555)
    found = rag("search", QUESTION, "-d", database, before=NOBODY)
    assert (found.returncode, found.stdout) == (4, "")
    assert "cannot be read where it lies" in found.stderr
    assert "Traceback" not in found.stderr


def killed(work: Callable[[], object], at: int) -> int:
    """Do the work in a process of its own, killed before the file operation of this number at a side file."""
    child = os.fork()
    if not child:
        seen = count()

        def watch(event: str, arguments: tuple[object, ...]) -> None:
            ours = event in ("open", "os.truncate", "os.rename", "os.remove") and "x.db-index" in str(arguments[0])
            if ours and next(seen) >= at:
                os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(watch)
        work()
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.mark.parametrize("verb", ["catch_up", "optimize"])
def test_killed_at_any_of_its_own_operations_it_is_never_taken_for_damaged(tmp_path: Path, verb: str) -> None:
    """Catching up after a backup of the main file was put back (what is too much is cut off), and writing it anew."""
    begun, now = tmp_path / "begun", tmp_path / "now"
    database = built(begun, 10)
    with Database(database) as db:
        backup.backup(db, begun / "older.db")
    assert rag("index", notes(begun, 20), "-d", database).returncode == 0
    for suffix in ("-wal", "-shm"):
        database.with_name(f"x.db{suffix}").unlink(missing_ok=True)
    (begun / "older.db").rename(database)
    with Index(database) as index:
        expected = index.by_vectors(QUESTION, 5)

    def work() -> None:
        with Index(now / "x.db") as index:
            optimize(index) if verb == "optimize" else index.catch_up()

    for at in count():
        shutil.rmtree(now, ignore_errors=True)
        shutil.copytree(begun, now)
        ended = killed(work, at)
        with Index(now / "x.db") as index:
            assert not [one for one in doctor.examine(index.db) if one.problem], at
            same(index.by_vectors(QUESTION, 5), expected)
        if ended == 0:
            break
    assert at > 5


STOPPED = """
import os, signal, sys
from pathlib import Path
from rag import Index
from rag.store import mapping

mapping.LEAST = 1  # rows from which on they are read where they lie
rows = mapping.rows

def stopping(*given):
    made = rows(*given)
    if given[4] > 100:
        mapping.rows = rows
        os.kill(os.getpid(), signal.SIGSTOP)  # the last part is mapped whole, nothing of it was read
    return made

mapping.rows = stopping
with Index(Path(sys.argv[1])) as index:
    assert len(index.by_vectors("where is thing7 kept", 5)) == 5
"""


@pytest.mark.skipif(not mapping.LEASES, reason="only Linux has leases")
def test_a_search_that_was_stopped_reads_on_where_an_index_cut_off_what_it_reads(tmp_path: Path) -> None:
    """Its lease ends after 45 seconds; what it had mapped was cut off then, and it ended by SIGBUS."""
    database = built(tmp_path, 10)
    with Database(database) as db:
        backup.backup(db, tmp_path / "older.db")
    assert rag("index", notes(tmp_path, 300), "-d", database).returncode == 0
    beside = database.with_name("x.db-index")
    long = beside.stat().st_size
    reader = subprocess.Popen([sys.executable, "-c", STOPPED, database], stderr=subprocess.PIPE, text=True)
    assert os.WIFSTOPPED(os.waitpid(reader.pid, os.WUNTRACED)[1]), reader.communicate()
    for suffix in ("-wal", "-shm"):
        database.with_name(f"x.db{suffix}").unlink(missing_ok=True)
    (tmp_path / "older.db").replace(database)
    shutil.rmtree(tmp_path / "notes")
    assert rag("index", notes(tmp_path, 11), "-d", database).returncode == 0
    assert beside.stat().st_size < long
    reader.send_signal(signal.SIGCONT)
    said = reader.communicate()[1]
    assert (reader.returncode, said) == (0, "")
