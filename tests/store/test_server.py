"""An index on a real server: the command from end to end, and what it says when something is in the way."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import psycopg
import pytest
from test_contract import Given

from rag import Index
from rag.address import Address, place
from rag.doctor import examine
from rag.errors import DatabaseError
from rag.store import documents, neighbours, opened
from rag.store.postgres import Postgres
from rag.types import Document

Schema = Callable[[], str]


def rag(*words: str, code: int = 0) -> SimpleNamespace:
    command = [sys.executable, "-m", "rag", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    return SimpleNamespace(out=done.stdout, err=done.stderr)


def test_the_command_works_as_on_a_file(schema: Schema, tmp_path: Path) -> None:
    where = schema()
    (tmp_path / "bees.md").write_text("# Bees\n\nBees dance to show where the flowers are.\n")
    (tmp_path / "soup.md").write_text("# Soup\n\nOnions make the soup sweet.\n")
    assert "2 added" in rag("index", str(tmp_path), "-d", where, "--embedder", "hash:64").out
    assert "2 unchanged" in rag("index", "--all", "-d", where).out
    (hit,) = json.loads(rag("search", "where are the flowers", "-k", "1", "-f", "json", "-d", where).out)
    assert (hit["key"], hit["content"]) == ("bees.md", "Bees dance to show where the flowers are.")
    assert "Onions make the soup sweet." in rag("ask", "What makes the soup sweet?", "-m", "none", "-d", where).out
    assert "What makes the soup" in rag("answers", "-d", where).out
    assert "PROBLEM" not in rag("doctor", "-d", where).out
    assert json.loads(rag("info", "-f", "jsonl", "-d", where).out)["documents"] == 2
    assert "2 documents, 1 answers; the copy is sound" in rag("backup", str(tmp_path / "copy.db"), "-d", where).out


def test_a_password_is_shown_nowhere() -> None:
    shown = place("postgresql://ada:secret@127.0.0.1:1/notes")
    assert "secret" not in str(shown)
    assert isinstance(shown, Address)
    assert "secret" in shown.secret
    with pytest.raises(DatabaseError, match="cannot be reached") as raised:
        opened("postgresql://ada:secret@127.0.0.1:1/notes")
    assert "secret" not in str(raised.value.message) + str(raised.value.hint)


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("postgresql://ada:pa%2Fss@db/x", "postgresql://ada@db/x"),
        ("postgresql://ada:p@ss@db:5433/x?schema=a", "postgresql://ada@db:5433/x?schema=a"),
        ("postgresql:///x?password=pa&host=/tmp", "postgresql:///x?host=/tmp"),
        ("postgresql://a:1@h/x,postgresql://b:2@k/y?sslpassword=z", "postgresql://a@h/x,postgresql://b@k/y"),
        ("postgresql://:pass@db/x", "postgresql://@db/x"),
    ],
)
def test_what_is_shown_of_an_address_can_be_typed(typed: str, shown: str) -> None:
    found = place(typed)
    assert (str(found), place(shown), getattr(found, "secret", "")) == (shown, place(shown), typed)
    assert shlex.split(f"rag info -d {found}") == ["rag", "info", "-d", shown]


@pytest.mark.parametrize(
    "said",
    [
        "postgresql://ada@db.example:5433/notes",
        "postgresql:///notes?host=/tmp/x",
        "postgres://h/d?schema=a",
        "postgresql://a/x,postgresql:///y?host=/tmp",
    ],
)
def test_an_address_is_known_again_from_a_path(said: str) -> None:
    found = place(Path(said))
    assert isinstance(found, Address)
    assert (found.secret, place(said)) == (said, said)


def test_an_address_without_a_host_is_that_of_the_environment(
    server: str, schema: Schema, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = psycopg.conninfo.conninfo_to_dict(schema().partition("&schema")[0])
    monkeypatch.setenv("PGHOST", str(own["host"]))
    monkeypatch.setenv("PGUSER", "postgres")
    with pytest.raises(DatabaseError, match=r"there is no index at .postgresql:///postgres\?schema=nobody"):
        opened("postgresql:///postgres?schema=nobody")
    with pytest.raises(DatabaseError, match="there is no database at postgresql:///missing"):
        opened("postgresql:///missing")


def test_an_index_is_made_only_when_something_is_indexed(schema: Schema) -> None:
    assert "Make one: rag index" in rag("search", "x", "-d", schema(), code=4).err


def test_who_has_no_rights_is_told_what_to_ask_for(server: str, schema: Schema) -> None:
    where = schema()
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("drop role if exists stranger")
        connection.execute("create role stranger login")
        connection.execute("create extension if not exists vector")
    with pytest.raises(DatabaseError) as raised:
        opened(where.replace("postgres:@", "stranger@"), create=True)
    assert "no right to make tables" in raised.value.message
    assert "grant create on database" in str(raised.value.hint)


@pytest.fixture
def index(schema: Schema) -> Iterator[Index]:
    with Index(opened(schema(), create=True), "hash:64") as made:
        yield made


def cut(index: Index, server: str) -> None:
    assert isinstance(index.db, Postgres)
    ((pid,),) = index.db.ask("select pg_backend_pid()")
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("select pg_terminate_backend(%s)", (pid,))


def test_a_connection_that_is_lost_in_the_middle_of_indexing_loses_nothing(
    index: Index, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.index.batch.BYTES", 5000)

    class Cutting(Given):
        def read(self) -> list[Document]:
            cut(index, server)
            return super().read()

    texts = [Given(f"{n}.md", f"Note {n} says number {n}.") for n in range(150)]
    with pytest.raises(DatabaseError, match="was lost") as raised:
        index.add("notes", [*texts[:100], Cutting("cut.md", "x"), *texts[100:]], kind="table")
    assert "same command again" in str(raised.value.hint)
    kept = documents.counts(index.db).documents  # the connection is had again
    assert 0 < kept <= 100
    done = index.add("notes", texts, kind="table")
    assert (done.unchanged, done.added) == (kept, 150 - kept)
    assert all(not finding.problem for finding in examine(index.db))


def test_two_sources_are_written_at_the_same_time_and_one_source_is_not(index: Index) -> None:
    assert isinstance(index.db, Postgres)
    with opened(index.db.path) as other, index.db.writer("a"):
        with other.writer("b"):
            assert not other.alone()
        with pytest.raises(DatabaseError, match="the source a"), other.writer("a"):
            pass
        with pytest.raises(DatabaseError, match="another rag is writing"), other.writer():
            pass


def test_what_finds_passages_is_checked_and_mended(index: Index) -> None:
    assert isinstance(index.db, Postgres)
    index.add("notes", [Given("bees.md", "Bees dance."), Given("soup.md", "Onions are sweet.")], kind="table")
    index.db.ask("delete from near where id = (select min(id) from near)")
    index.db.ask("update words set stream = 'x|||', frequency = '{\"x\": 2}' where id = (select max(id) from words)")
    found = {one.check: one.problem for one in examine(index.db) if one.problem}
    assert found.keys() == {"words", "near"}
    assert all(not one.problem or one.mended for one in examine(index.db, fix=True))
    assert index.search("onions", 1)[0].passage.document.key == "soup.md"


def test_a_newer_index_is_refused(index: Index) -> None:
    assert isinstance(index.db, Postgres)
    index.db.ask("insert into migration values ('999', '')")
    with pytest.raises(DatabaseError, match="newer version"):
        opened(index.db.path)


def test_a_character_that_a_server_cannot_keep_is_named(index: Index) -> None:
    done = index.add("notes", [Given("nul.md", "One\0two."), Given("ok.md", "All well.")], kind="table")
    assert not done.problems
    assert documents.find(index.db, "nul.md")[1].text == "One\0two."
    done = index.add("others", [Given("bad.md", "One \uffff two."), Given("good.md", "The rest.")], kind="table")
    assert (done.added, "U+FFFF" in done.problems[0][1]) == (1, True)


def test_many_vectors_are_searched_by_an_index_and_exactly_on_request(
    index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.store.postgres.near.HNSW_FROM", 100)
    items = [Given(f"{n}.md", f"Number {n} of group {n % 7} and {n % 11}.") for n in range(300)]
    index.add("notes", items, kind="table")
    assert isinstance(index.db, Postgres)
    assert index.db.ask("select 1 from pg_indexes where indexname = 'near_1'")
    vector = index.embedder.embed(["Number 42 of group 0 and 9."], "query")[0]
    near = neighbours(index.db, 1, 64)
    quick, exact = near.nearest(vector, 10), near.nearest(vector, 10, exact=True)
    assert len({number for number, _ in quick} & {number for number, _ in exact}) >= 9
    assert quick[0] == exact[0]


def test_what_documents_said_before_is_kept_as_in_a_file(index: Index, tmp_path: Path) -> None:
    with Index(tmp_path / "x.db", "hash:64", create=True) as other:
        pasts = []
        for one in (index, other):
            for texts in (
                {"a.md": "One.", "b.md": "Two."},
                {"a.md": "One, changed.", "b.md": "Two."},
                {"c.md": "Three."},
            ):
                one.add("notes", [Given(key, text) for key, text in texts.items()], kind="table", prune=True)
            pasts.append(
                [
                    sorted(one.db.execute("select key, text from document_past")),
                    sorted(one.db.execute("select key, deleted from document_stamp")),
                ]
            )
    assert pasts[0] == pasts[1]
