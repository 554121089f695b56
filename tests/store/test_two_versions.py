"""Two versions of the program at one file: neither writes what the other cannot read, and both say what is so."""

from __future__ import annotations

import fcntl
import gzip
import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import apsw
import pytest

from rag import Index
from rag.errors import DatabaseError
from rag.sources import files as of_files
from rag.store import Database, faults

ROOT = Path(__file__).parents[2]
SCHEMAS = ROOT / "eval" / "reliability" / "schemas"
FUTURE = """
begin immediate;
drop view passage_whole;
insert into _sqlite_migrations (migration_set, name) values ('rag', '999_future');
commit;
"""


def note(folder: Path, text: str) -> Path:
    (folder / "notes").mkdir(exist_ok=True)
    (folder / "notes" / "a.md").write_text(text)
    return folder / "notes"


def test_an_index_that_a_newer_version_upgraded_is_neither_read_nor_written_any_more(tmp_path: Path) -> None:
    notes, path = note(tmp_path, "Bees dance.\n"), tmp_path / "x.db"
    with Index(path, "hash:64", create=True) as opened:
        opened.add("notes", of_files([notes]))
        assert opened.search("bees", 1)
        other = apsw.Connection(str(path))
        other.execute(FUTURE)
        before = list(other.execute("select key, hash from document"))
        note(tmp_path, "Bees sing.\n")
        for work in (lambda: opened.search("bees", 1), lambda: opened.add("notes", of_files([notes]))):
            with pytest.raises(DatabaseError, match=r"newer version of rag \(it has 999_future\)") as told:
                work()
            assert told.value.hint == "Upgrade: pip install -U chapterverse"
        with pytest.raises(DatabaseError, match="newer version"), opened.db.transaction():
            opened.db.execute("insert into source (name) values ('other')")
        with pytest.raises(DatabaseError, match="newer version"):
            opened.db.execute("select text from passage_whole")
        assert list(other.execute("select key, hash from document")) == before
        assert [name for (name,) in other.execute("select name from source")] == ["notes"]
        other.close()


def old(path: Path) -> Path:
    path.write_bytes(gzip.decompress((SCHEMAS / "021.db.gz").read_bytes()))
    return path


def test_an_index_that_an_older_version_is_writing_to_is_not_upgraded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = old(tmp_path / "x.db")
    monkeypatch.setattr(faults, "BUSY_SECONDS", 0)
    with (tmp_path / "x.db-lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(DatabaseError, match=f"another rag is writing to {path}, which is to be upgraded"):
            Database(path).close()
        with closing(apsw.Connection(str(path))) as db:
            assert list(db.execute("select max(name) from _sqlite_migrations where migration_set = 'rag'")) == [
                ("021_shorter",)
            ]
    with Database(path) as db:
        assert db.value("select count(*) from document") == 3


def test_commands_that_find_an_old_index_at_the_same_time_all_answer(tmp_path: Path) -> None:
    old(tmp_path / "x.db")
    command = [sys.executable, "-m", "rag", "search", "where do bees dance", "-d", "x.db"]
    environment = {**os.environ, "RAG_EMBEDDER": "hash:64", "RAG_THREADS": "1", "PYTHONPATH": str(ROOT)}
    started = [
        subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(3)
    ]
    for process in started:
        out, errors = process.communicate()
        assert process.returncode == 0, errors.decode()
        assert b"Bees dance to tell where flowers are." in out
