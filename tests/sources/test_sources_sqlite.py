"""Rows of SQLite files; with the real sqlite-chronicle and the real sqlite-utils beside us."""

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import sqlite_chronicle

from rag.errors import InputError
from rag.sources.columns import Columns
from rag.sources.items import Walk
from rag.sources.sqlite import sqlite

UTILS = Path(sys.executable).with_name("sqlite-utils")


@pytest.fixture
def blog(tmp_path: Path) -> Iterator[tuple[Path, sqlite3.Connection]]:
    path = tmp_path / "blog.db"
    db = sqlite3.connect(path)
    db.execute("create table entry (id integer primary key, title text, body text, created text, draft integer)")
    db.executemany(
        "insert into entry values (?, ?, ?, '2024-01-02', 0)", [(n, f"Title {n}", f"Body {n}") for n in range(1, 6)]
    )
    db.commit()
    yield path, db
    db.close()


def state(walk: Walk) -> dict[str, str]:
    return {item.key: "".join(document.text for document in item.read()) for item in walk}


def test_a_table(blog: tuple[Path, sqlite3.Connection]) -> None:
    path, _ = blog
    columns = Columns(text=("body",), url="https://x.org/{id}")
    document = next(iter(sqlite(path, "s", columns, table="entry"))).read()[0]
    assert (document.key, document.title, document.text) == ("1", "Title 1", "Body 1")
    assert (document.url, document.date, document.meta) == ("https://x.org/1", "2024-01-02", {"draft": 0})


def test_a_query_and_a_view(blog: tuple[Path, sqlite3.Connection]) -> None:
    path, db = blog
    db.execute("create view v as select 'k' || id as k, body from entry where id > 3")
    assert (
        state(sqlite(path, table="v")) == state(sqlite(path, sql="select * from v")) == {"k4": "Body 4", "k5": "Body 5"}
    )


def test_html_columns(blog: tuple[Path, sqlite3.Connection]) -> None:
    path, db = blog
    db.execute("update entry set body = '<h2>H</h2><p>a &amp; b</p><pre>x\n y</pre>' where id = 1")
    db.commit()
    columns = Columns(text=("body",), html=("body",))
    document = next(iter(sqlite(path, "s", columns, table="entry"))).read()[0]
    assert (document.text, document.kind) == ("## H\n\na & b\n\n```\nx\n y\n```", "markdown")


def test_a_compound_key(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "a.db") as db:
        db.execute("create table t (lang text, slug text, body text, primary key (slug, lang))")
        db.executemany("insert into t values (?, ?, ?)", [("de", "a,b", "x"), ("b,de", "a", "y"), ("en", "c", "z")])
    assert state(sqlite(tmp_path / "a.db", table="t")) == {"a%2Cb,de": "x", "a,b%2Cde": "y", "c,en": "z"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"table": "nothing"}, "no table 'nothing'"),
        ({"table": "entry", "columns": Columns(text=("txt",))}, "no column 'txt'"),
        ({"sql": "select nowhere from entry"}, "no such column"),
        ({"sql": "select 1 as a, 2 as a"}, "two columns of one name"),
        ({"sql": "delete from entry"}, "readonly|read-only|gives no rows"),
        ({}, "say which of its rows"),
    ],
)
def test_what_cannot_be_read(blog: tuple[Path, sqlite3.Connection], options: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        state(sqlite(blog[0], **options))  # type: ignore[arg-type]
    assert blog[1].execute("select count(*) from entry").fetchone() == (5,)


def test_files_that_are_no_source(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("this is not a database, though it is long enough to look like one" * 20)
    for path in (tmp_path / "text.db", tmp_path / "missing.db", tmp_path):
        with pytest.raises(InputError):
            sqlite(path, table="t")


def test_a_damaged_schema_is_told_even_if_it_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with closing(sqlite3.connect(path)) as db:
        db.execute("create table t (id integer primary key, body text)")
        db.commit()
    path.write_bytes(path.read_bytes().replace(b"CREATE TABLE", b"CREAT\xf9 TABLE"))
    with pytest.raises(InputError, match="is not a SQLite file, or damaged"):
        sqlite(path, table="t")


def test_a_locked_database_is_told(blog: tuple[Path, sqlite3.Connection], monkeypatch: pytest.MonkeyPatch) -> None:
    path, db = blog
    monkeypatch.setattr("rag.sources.sqlite.BUSY_SECONDS", 0.01)
    db.execute("begin exclusive")
    with pytest.raises(InputError, match="locked by another program"):
        state(sqlite(path, table="entry"))
    db.rollback()
    assert len(state(sqlite(path, table="entry"))) == 5


class Reader:
    """What an index does with a table: it keeps documents and the cursor."""

    def __init__(self, path: Path) -> None:
        self.path, self.cursor = path, ""
        self.stored: dict[str, tuple[str, str]] = {}

    def run(self, **options: bool) -> Walk:
        walk = sqlite(self.path, table="entry", columns=Columns(text=("body",)), cursor=self.cursor, **options)
        given: set[str] = set()
        self.read = 0
        for item in walk:
            given.add(item.key)
            if self.stored.get(item.key, ("",))[0] != item.stamp:
                self.stored[item.key] = item.stamp, item.read()[0].text
                self.read += 1
        self.given = len(given)
        for key in walk.gone([key for key in self.stored if key not in given]):
            del self.stored[key]
        self.cursor = walk.cursor
        return walk

    def check(self, db: sqlite3.Connection) -> None:
        expected = {str(key): body for key, body in db.execute("select id, body from entry")}
        assert {key: text for key, (_, text) in self.stored.items()} == expected


def change(db: sqlite3.Connection) -> None:
    db.execute("insert into entry (id, body) values (6, 'New 6')")
    db.execute("update entry set body = 'Changed 2' where id = 2")
    db.execute("delete from entry where id = 4")
    db.commit()


@pytest.mark.parametrize("chronicle", [True, False])
def test_changes_are_followed(blog: tuple[Path, sqlite3.Connection], chronicle: bool) -> None:
    path, db = blog
    if chronicle:
        sqlite_chronicle.enable_chronicle(db, "entry")
    reader = Reader(path)
    reader.run()
    change(db)
    walk = reader.run()
    reader.check(db)
    assert walk.partial == chronicle
    assert (reader.read, reader.given) == (2, 2 if chronicle else 5)
    assert (walk.removed == ["4"]) == chronicle
    reader.run()
    reader.check(db)
    assert (reader.read, reader.given) == (0, 0 if chronicle else 5)


def test_triggers_that_transform_dropped_are_missed(blog: tuple[Path, sqlite3.Connection]) -> None:
    """`sqlite-utils transform` drops them in silence, and sqlite-chronicle still says that it is on."""
    path, db = blog
    sqlite_chronicle.enable_chronicle(db, "entry")
    reader = Reader(path)
    reader.run()
    subprocess.run([UTILS, "transform", path, "entry", "--drop", "draft"], check=True)
    assert sqlite_chronicle.is_chronicle_enabled(db, "entry")
    change(db)
    walk = reader.run()
    reader.check(db)
    assert not walk.partial
    assert "its triggers are gone" in walk.notes[0]


def test_a_column_that_chronicle_does_not_watch(blog: tuple[Path, sqlite3.Connection]) -> None:
    path, db = blog
    sqlite_chronicle.enable_chronicle(db, "entry")
    db.execute("alter table entry add column extra text")
    walk = Reader(path).run()
    assert "does not watch extra" in walk.notes[0]


def test_another_file_in_the_place_of_the_old_one(blog: tuple[Path, sqlite3.Connection], tmp_path: Path) -> None:
    path, db = blog
    sqlite_chronicle.enable_chronicle(db, "entry")
    reader = Reader(path)
    reader.run()
    db.executescript("drop table entry; drop table _chronicle_entry")
    db.execute("create table entry (id integer primary key, title text, body text, created text, draft integer)")
    sqlite_chronicle.enable_chronicle(db, "entry")
    db.execute("insert into entry (id, body) values (1, 'Other')")
    db.commit()
    assert not reader.run().partial
    reader.check(db)


def test_a_changed_primary_key_is_found_by_a_full_run(blog: tuple[Path, sqlite3.Connection]) -> None:
    """sqlite-chronicle has no event for it."""
    path, db = blog
    sqlite_chronicle.enable_chronicle(db, "entry")
    reader = Reader(path)
    reader.run()
    db.execute("update entry set id = 77 where id = 1")
    db.commit()
    reader.run(full=True)
    reader.check(db)


def test_an_index_is_not_a_source(tmp_path: Path) -> None:
    from rag.store import Database

    Database(tmp_path / "rag.db", create=True).close()
    with pytest.raises(InputError, match="is an index of rag"):
        sqlite(tmp_path / "rag.db", table="passage")
