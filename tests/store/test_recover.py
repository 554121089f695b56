"""What can be read of a damaged file is saved, answers and jobs first; a backup is whole, or there is none."""

from __future__ import annotations

import json
import random
import sqlite3
from contextlib import closing
from pathlib import Path

import apsw
import pytest
from processes import built, rag

from rag.errors import DatabaseError, InputError
from rag.store import Database, bulk, shape
from rag.store.backup import backup
from rag.store.leaves import Pages
from rag.store.recover import recover


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index with answers and a table of the user's, some of it deleted again, its last changes in the WAL."""
    folder = tmp_path_factory.mktemp("whole")
    database = built(folder, 120)
    for number in range(20):
        assert rag("ask", f"where is thing{number}?", "-m", "none", "-d", database).returncode == 0
    for number in range(30):
        (folder / "notes" / f"{number:04}.md").unlink()
    (folder / "notes" / "long.md").write_text(
        "# Long\n\n" + "\n\n".join(f"Line {n} of a long text." for n in range(3000))
    )
    assert rag("index", folder / "notes", "-d", database, "--prune", "-q").returncode == 0
    with Database(database) as db:
        db.execute("create table mine (name text, size real)")
        db.executemany("insert into mine values (?, ?)", [(f"é{n}" * n, n / 3) for n in range(200)])
    return database


def rows(path: Path, table: str) -> set[tuple[object, ...]]:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        return set(connection.execute(f'select * from "{table}"'))


TABLES = ["answer", "document", "passage", "passage_window", "vector", "source", "setting", "mine"]


def test_of_a_sound_file_everything_is_saved_and_nothing_that_was_deleted(original: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.db"
    saved = {one.table: one for one in recover(original, out)}
    for table in TABLES:
        expected = {row for row in rows(original, table) if table != "setting" or row[1] != "version"}
        found = {row for row in rows(out, table) if table != "setting" or row[1] != "version"}
        assert found == expected
        assert (saved[table].rows, saved[table].lost) == (len(rows(original, table)), 0)
    done = rag("doctor", "-d", out)
    assert done.returncode == 0, done.stdout
    with Database(out) as db:
        assert db.value("select seq from sqlite_sequence where name = 'document'") == 121


def test_the_pages_hold_what_sqlite_reads_of_them(tmp_path: Path) -> None:
    path, chance = tmp_path / "any.db", random.Random(1)
    for size in (512, 1024, 4096, 65536):
        path.unlink(missing_ok=True)
        with closing(apsw.Connection(str(path))) as connection:
            connection.pragma("page_size", size)
            connection.pragma("journal_mode", "wal")
            connection.pragma("wal_autocheckpoint", 0)
            connection.execute("create table t (a, b, c)")
            for first in range(0, 300, 100):
                with connection:
                    for number in range(first, first + 100):
                        made = chance.choice(
                            [None, 0, 1, -1, 127, -(2**62), 2.5, "x" * number, "ü" * 7000, b"\0" * number]
                        )
                        connection.execute(
                            "insert into t (rowid, a, b) values (?, ?, ?)", ((number - 50) * 7**15, made, "b")
                        )
                if first == 100:
                    connection.pragma("wal_checkpoint")
            expected = [(number, [*rest]) for number, *rest in connection.execute("select rowid, * from t")]
            pages = Pages.read(path)
            roots = [values[3] for leaf in pages.leaves(1, set()) for _, values in pages.rows(leaf)]
            found = [row for leaf in pages.leaves(roots[0], set()) for row in pages.rows(leaf)]  # type: ignore[arg-type]
            assert found == expected
            assert pages.lost == 0


@pytest.mark.parametrize("seed", range(8))
def test_of_a_damaged_file_all_rows_of_whole_pages_are_saved(original: Path, tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    path = tmp_path / "damaged.db"
    with Database(original) as db:
        db.connection.pragma("wal_checkpoint", "truncate")
    data = bytearray(original.read_bytes())
    damaged = chance.sample(range(len(data) // 4096), 3)
    for page in damaged:
        data[page * 4096 : page * 4096 + 4096] = chance.randbytes(4096) if seed % 2 else bytes(4096)
    path.write_bytes(data)
    out = tmp_path / "out.db"
    looked = rag("doctor", "-d", path)
    assert looked.returncode == 4, looked.stdout
    assert "Traceback" not in looked.stderr
    assert "--recover" in looked.stdout + looked.stderr
    try:
        saved = {one.table: one for one in recover(path, out)}
    except DatabaseError:
        assert not out.exists()
        raise
    for table in ("answer", "document", "mine"):
        there = table != "mine" or table in saved  # what a table of the user's is, stands on the pages of the schema
        kept, whole = rows(out, table) if there else set(), rows(original, table)
        assert kept <= whole
        assert saved.get(table) is None or saved[table].rows == len(kept)
    if 0 not in damaged:  # without the first page there is no telling what a table of the user's is
        assert len(rows(out, "answer")) >= 20 - 3 * 20 // 4
    assert sum(one.lost for one in saved.values()) > 0 or rows(out, "document") == rows(original, "document")
    done = rag("doctor", "--fix", "-d", out)
    assert rag("doctor", "-d", out).returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("content", [b"", b"x", b"no database " * 999, b"SQLite format 3\0", bytes(8192)])
def test_what_is_no_index_is_an_error_and_leaves_no_file(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.db").write_bytes(content)
    done = rag("doctor", "--recover", tmp_path / "out.db", "-d", tmp_path / "x.db")
    assert done.returncode == 4
    assert "nothing can be read" in done.stderr
    assert not (tmp_path / "out.db").exists()


def test_a_backup_is_whole_while_others_write_and_takes_no_place(original: Path, tmp_path: Path) -> None:
    out = tmp_path / "copy.db"
    with Database(original) as db, Database(original) as other:
        with other.transaction():
            other.execute("insert into mine values ('not yet', 0)")
            counts = backup(db, out)
        assert counts["mine"] == 200
        with pytest.raises(InputError, match="is there already"):
            backup(db, out)
        other.execute("delete from mine where name = 'not yet'")
    assert [file.name for file in tmp_path.iterdir()] == ["copy.db"]
    for table in TABLES:
        assert rows(out, table) == rows(original, table)
    assert out.stat().st_mode & 0o777 == 0o600
    assert rag("search", "thing50", "-d", out).returncode == 0
    told = rag("backup", tmp_path / "second.db", "-d", original)
    assert "the copy is sound" in told.stdout
    found = rag("search", "thing50", "-d", tmp_path / "second.db")  # "the vector index is behind by 200 documents"
    assert (found.returncode, found.stderr) == (0, "")
    assert "thing50" in found.stdout.lower()


def test_a_damaged_index_is_not_backed_up(original: Path, tmp_path: Path) -> None:
    data = bytearray(original.read_bytes())
    data[8 * 4096 : 9 * 4096] = bytes(4096)
    (tmp_path / "x.db").write_bytes(data)
    done = rag("backup", tmp_path / "copy.db", "-d", tmp_path / "x.db")
    assert done.returncode == 4
    assert "hint:" in done.stderr
    assert not (tmp_path / "copy.db").exists()


def test_the_shape_of_a_new_file_is_what_is_wanted(tmp_path: Path) -> None:
    with Database(tmp_path / "x.db", create=True) as db:
        assert (shape.schema(db), shape.triggers(db)) == ("", "")
        for kind, name in shape.wanted():
            if kind == "table" or name == bulk.LOOKUP:  # that is made when the first filling ends
                continue
            with db.transaction():
                db.execute(f'drop {kind} "{name}"')
                assert name in shape.schema(db) + shape.triggers(db)
                shape.mend_schema(db)
                shape.mend_triggers(db)
                assert (shape.schema(db), shape.triggers(db)) == ("", "")


def test_json_output_of_recovering_counts(original: Path, tmp_path: Path) -> None:
    done = rag("doctor", "--recover", tmp_path / "out.db", "-d", original, "-f", "json")
    assert done.returncode == 0
    assert {row["table"]: row["saved"] for row in json.loads(done.stdout)}["answer"] == 20
