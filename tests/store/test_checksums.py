"""A bit flipped in what is stored is seen by doctor; what another program changes on purpose is not wronged."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from pathlib import Path

import apsw
import pytest
from processes import built, rag

from rag import Index, doctor
from rag.errors import DatabaseError
from rag.store import Database, checksums, shape


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index with a row in every table that has checksums."""
    folder = tmp_path_factory.mktemp("whole")
    database = built(folder, 6)
    for command in (
        ["ask", "where is thing1?", "-m", "none"],
        ["alert", "add", "a", "thing"],
        ["token", "create", "me"],
    ):
        assert rag(*command, "-d", database).returncode == 0
    with Database(database) as db, db.transaction():
        for table, columns in checksums.COLUMNS.items():
            if not db.value(f"select count(*) from {table}"):
                kinds = {row[1]: row[2].lower() for row in db.execute(f"pragma table_info({table})")}
                names = columns.split()
                values = [
                    ("{}" if name in ("data", "evidence", "schema", "settings", "provenance", "expected", "output")
                     else "pending" if name == "status" else "done" if name == "state" else "text")
                    if kinds[name] == "text" else 1 if name.endswith("_id") else 0.1 if kinds[name] == "real" else 7
                    for name in names
                ]  # fmt: skip
                db.execute(f"insert into {table} ({', '.join(names)}) values ({', '.join('?' * len(names))})", values)
    with closing(apsw.Connection(str(database))) as connection:
        connection.pragma("journal_mode", "delete")
    return database


def problems(path: Path) -> dict[str, str]:
    with Database(path) as db:
        return {found.check: found.problem for found in doctor.examine(db) if found.problem}


def test_every_row_has_a_checksum_of_all_its_columns(whole: Path) -> None:
    for table, columns in checksums.COLUMNS.items():
        held = {"text"} if table == "document" else set()  # by its hash
        assert {name for name, _ in shape.columns()[table]} - {"id", "checksum"} - held == set(columns.split())
    with Database(whole) as db:
        for table in checksums.COLUMNS:
            assert db.value(f"select count(*) from {table}") > 0
            assert db.value(f"select count(*) from {table} where checksum is null") == 0
    assert problems(whole) == {}


def test_any_other_value_of_any_column_is_seen(whole: Path, tmp_path: Path) -> None:
    """The columns of one table after the other, written as damage writes: past the triggers."""
    path = tmp_path / "x.db"
    path.write_bytes(whole.read_bytes())
    with Database(path) as db:
        db.connection.config(apsw.SQLITE_DBCONFIG_ENABLE_TRIGGER, 0)
        db.connection.pragma("foreign_keys", False)
        for table, columns in checksums.COLUMNS.items():
            number = db.value(f"select max(id) from {table}")
            for column in columns.split():
                before = db.value(f"select {column} from {table} where id = ?", (number,))
                other = before + 2**-40 if isinstance(before, float) else before + 1 if isinstance(before, int) else (
                    "x" if not before else before[:-1] + chr(ord(before[-1]) ^ 1))  # fmt: skip
                with db.transaction():
                    db.execute("pragma ignore_check_constraints = 1")
                    db.execute(f"update {table} set {column} = ? where id = ?", (other, number))
                    assert list(checksums.changed(db.connection)) == [(table, number)], column
                    db.execute(f"update {table} set {column} = ? where id = ?", (before, number))
        assert list(checksums.changed(db.connection)) == []


@pytest.mark.parametrize("seed", range(3))
def test_a_flipped_bit_in_a_text_is_seen(whole: Path, tmp_path: Path, seed: int) -> None:
    """Of the answer, the source, the alert, a stamp, a setting: found in the bytes of the file, and flipped there."""
    path, chance = tmp_path / "x.db", random.Random(seed)
    with closing(sqlite3.connect(whole)) as db:
        texts = [
            db.execute(sql).fetchone()[0]
            for sql in (
                "select created from answer", "select refreshed from source", "select query from alert",
                "select stamp from document", "select value from setting where key = 'fingerprint'",
                "select scopes || sources || created from token",
            )
        ]  # fmt: skip
    for text in texts:
        data = bytearray(whole.read_bytes())
        at = data.rindex(text.encode())
        data[at + chance.randrange(len(text))] ^= 1 << chance.randrange(5)
        path.write_bytes(data)
        assert problems(path), text
        done = rag("doctor", "-d", path)
        assert (done.returncode, "Traceback" in done.stderr) == (4, False)
        assert rag("doctor", "--fix", "-d", path).returncode in (0, 4)


def test_who_changes_a_row_on_purpose_is_not_wronged_and_the_row_is_sealed_again(whole: Path, tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    path.write_bytes(whole.read_bytes())
    with closing(sqlite3.connect(path)) as other:  # knows no function of ours
        other.execute("update answer set thumb = -1")
        other.execute("update source set error = 'none'")
        other.execute("insert into setting (key, value) values ('mine', '1')")
        other.commit()
    assert problems(path) == {}
    with Database(path) as db:
        assert db.value("select count(*) from answer where checksum is null") == 1
        db.remember("more", 2)
        for table in checksums.COLUMNS:
            assert db.value(f"select count(*) from {table} where checksum is null") == 0
    assert problems(path) == {}


def test_an_error_of_damaged_rows_says_so_and_one_of_the_user_stays(whole: Path, tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    path.write_bytes(whole.read_bytes())
    with pytest.raises(ZeroDivisionError), Index(path):
        1 / 0  # noqa: B018
    with Database(path) as db:
        db.connection.config(apsw.SQLITE_DBCONFIG_ENABLE_TRIGGER, 0)
        db.execute("update model set dimensions = x'00ff'")
    with pytest.raises(DatabaseError, match="is damaged: model 1"), Index(path) as opened:
        opened.search("thing")
    done = rag("search", "thing", "-d", path)
    assert (done.returncode, "Traceback" in done.stderr) == (4, False)
    assert "--recover" in done.stderr
    assert rag("doctor", "-d", path).returncode == 4
