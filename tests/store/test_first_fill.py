"""An empty file is filled with a journal: written once, read beside, rolled back by whoever comes after a kill."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from shell import built

from rag.doctor import examine
from rag.errors import DatabaseError
from rag.index import Index, batch
from rag.sources import Item
from rag.store import Database, reach
from rag.types import Document

COUNT = "select count(*) from document"
LOOKUP = "select count(*) from sqlite_schema where name = 'passage_window_hash'"
PARTS = "select count(distinct segid) from passage_fts_idx"
USUAL = {"automerge": 4, "crisismerge": 16, "hashsize": 4194304, "version": 4}  # of FTS5, in an index that is filled
FILLED = """
import os, signal, sys
from rag.index import Index, batch
from rag.sources import Item
from rag.types import Document
batch.BYTES = 1
def items():
    for number in range(6):
        if number == 4:
            os.kill(os.getpid(), signal.SIGKILL)
        text = f"common word{number}"
        yield Item(f"{number}.txt", "", lambda: [Document("notes", f"{number}.txt", text)])
with Index(sys.argv[1], "hash:16", create=True) as index:
    index.add("notes", items())
"""
KILLED = """
import os, signal, sys, apsw
db = apsw.Connection(sys.argv[1])
assert db.pragma("journal_mode", "delete") == "delete"
db.execute("pragma cache_size = 5; begin immediate; update document set text = 'lost' || zeroblob(9000)")
for number in range(300):
    db.execute("insert into document (source_id, key, text, hash, indexed) values (1, ?, ?, '', '')",
               (f"k{number}", "x" * 9000))
os.kill(os.getpid(), signal.SIGKILL)
"""


def written() -> int:
    """Bytes that this process gave to files so far."""
    return int(Path("/proc/self/io").read_text().split("wchar: ")[1].split()[0])


def document(number: int, words: int = 60) -> Document:
    return Document("notes", f"{number}.txt", " ".join(f"word{number * words + place}" for place in range(words)))


def test_others_read_while_an_empty_file_is_filled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who only reads sees each commit; who may write makes it a WAL, and the writer goes on with that."""
    monkeypatch.setattr(batch, "BYTES", 1)  # each document is committed alone
    path = tmp_path / "x.db"
    modes: list[str] = []
    with Index(path, "hash:16", create=True) as index:

        def items() -> Iterator[Item]:
            for number in range(6):
                if number:
                    modes.append(index.db.value("pragma journal_mode"))
                    with Database(path, readonly=number < 4) as other:
                        assert other.value(COUNT) == number
                yield Item(f"{number}.txt", "", lambda number=number: [document(number)])  # type: ignore[misc]

        index.add("notes", items())
        assert index.db.value("pragma journal_mode") == "wal"
    assert modes == ["delete", "delete", "delete", "delete", "wal"]
    with Index(path) as index:
        assert index.db.value(COUNT) == 6
        assert not [one for one in examine(index.db) if one.problem and one.check != "sidecar"]
        index.add("notes", [Item("7.txt", "", lambda: [document(7)])], prune=False)
        assert index.db.value("pragma journal_mode") == "wal"


def test_a_file_that_others_have_open_is_filled_with_a_wal(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    with Database(path, create=True) as db, Database(path) as other:
        other.value(COUNT)
        with db.writer():
            assert db.value("pragma journal_mode") == "wal"


def test_it_is_written_once(tmp_path: Path) -> None:
    with Index(tmp_path / "x.db", "hash:64", create=True) as index:
        before = written()
        with index.db.writer():
            mode = index.db.value("pragma journal_mode")
            assert isinstance(index.db, Database)
            source = index.db.insert("insert into source (name) values ('s')")
            with index.db.transaction():
                index.db.executemany(
                    "insert into document (source_id, key, text, hash, indexed) values (?, ?, ?, '', '')",
                    [(source, str(number), "x" * 20_000) for number in range(500)],
                )
        spent = written() - before
    assert mode == "delete"
    assert spent < 1.2 * (tmp_path / "x.db").stat().st_size


def test_what_was_not_committed_is_rolled_back_for_whoever_only_reads(tmp_path: Path) -> None:
    path = built(tmp_path / "x.db", [document(1), document(2)])
    done = subprocess.run([sys.executable, "-c", KILLED, path], check=False)
    assert done.returncode == -signal.SIGKILL
    assert path.with_name("x.db-journal").stat().st_size
    assert list(reach.sealed(path)) == [""]  # nobody reads it as it lies
    assert not reach.settled(path)
    assert os.access(path, os.W_OK)
    with Database(path, readonly=True) as db:
        assert db.value(COUNT) == 2
        assert db.value("pragma integrity_check") == "ok"


def test_what_a_first_fill_does_without_is_made_by_who_writes_after_a_kill(tmp_path: Path) -> None:
    """The lookup of hashes is made at the end, and words are merged then; until then everything is found."""
    path = tmp_path / "x.db"
    done = subprocess.run([sys.executable, "-c", FILLED, path], check=False)
    assert done.returncode == -signal.SIGKILL
    with Index(path) as index:
        assert (index.db.value(LOOKUP), index.db.value(PARTS)) == (0, 4)
        assert not [one for one in examine(index.db) if one.problem and one.check != "sidecar"]
        assert {hit.passage.document.key for hit in index.search("common")} == {f"{n}.txt" for n in range(4)}
        index.add("notes", [Item("5.txt", "", lambda: [Document("notes", "5.txt", "common word5")])], prune=False)
        assert (index.db.value(LOOKUP), index.db.value(PARTS)) == (1, 2)
        assert not [one for one in examine(index.db) if one.problem]
        assert dict(index.db.execute("select k, v from passage_fts_config")) == USUAL
        assert {hit.passage.document.key for hit in index.search("common")} == {f"{n}.txt" for n in (0, 1, 2, 3, 5)}


def test_what_a_first_fill_does_without_is_there_at_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "BYTES", 1)
    with Index(tmp_path / "x.db", "hash:16", create=True) as index:
        before = index.db.value(LOOKUP)
        index.add("notes", [Item(f"{n}.txt", "", lambda n=n: [document(n)]) for n in range(5)])  # type: ignore[misc]
        assert (before, index.db.value(LOOKUP), index.db.value(PARTS)) == (1, 1, 1)
        assert dict(index.db.execute("select k, v from passage_fts_config")) == USUAL
        assert not [one for one in examine(index.db) if one.problem]


def test_words_of_many_documents_are_written_together(tmp_path: Path) -> None:
    """One part for all that are new, and those that are changed are as they would be one by one."""
    with Index(tmp_path / "x.db", "hash:16", create=True) as index:
        schema = set(index.db.execute("select name, sql from sqlite_schema"))
        index.add("notes", [Item(f"{n}.txt", "", lambda n=n: [document(n)]) for n in range(60)])  # type: ignore[misc]
        assert index.db.value(PARTS) == 1
        assert set(index.db.execute("select name, sql from sqlite_schema")) == schema
        rows = [
            (n, replace(document(n), text=f"other{n}\n\n{document(n).text} {'long ' * 400}")) for n in range(30, 100)
        ]
        index.add("notes", [Item(f"{n}.txt", "", lambda one=one: [one]) for n, one in rows], prune=False)  # type: ignore[misc]
        assert set(index.db.execute("select name, sql from sqlite_schema")) == schema
        assert not [one for one in examine(index.db) if one.problem]
        for word in ("word300", "word2100", "other35", "word5700"):
            assert len(index.db.holding(f'"{word}"', 9)) == 1
        index.add("notes", [Item("35.txt", "", lambda: [document(35)])], prune=False)
        assert not index.db.holding('"other35"', 9)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to another user")
@pytest.mark.parametrize("suffix", ["-wal", "-journal", "-shm"])
def test_what_another_user_put_beside_a_file_is_not_taken_for_a_part_of_it(tmp_path: Path, suffix: str) -> None:
    path = built(tmp_path / "x.db", [document(1)])
    planted = path.with_name(path.name + suffix)
    planted.write_bytes(b"whatever")
    os.chown(planted, 65534, 65534)
    for readonly in (False, True):
        with pytest.raises(DatabaseError, match="belongs to somebody"):
            Database(path, readonly=readonly)
    assert planted.read_bytes() == b"whatever"
    os.chown(path, 65534, 65534)  # now it is its owner's
    assert reach.foreign(path) is None
    os.chown(path, 0, 0)
    path.chmod(0o660)  # several write to it: each makes such files
    assert reach.foreign(path) is None
