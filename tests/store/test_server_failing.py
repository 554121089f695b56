"""What a server may be in the way with: too old, without pgvector, gone in the middle of anything that is done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest
from test_contract import Given

from rag import Index
from rag.address import Address
from rag.app.ask import AskRequest, ask
from rag.ask import Asking
from rag.doctor import examine
from rag.errors import DatabaseError
from rag.store import documents, jobs, moving, opened, runs, sources
from rag.store.postgres import Postgres, connecting
from rag.store.shards import Shards, balance

Schema = Callable[[], str]
NOTES = [Given(f"{n}.md", f"Note {n} says number {n}.") for n in range(12)]
MORE = [*NOTES, *(Given(f"more{n}.md", f"More of {n}.") for n in range(12))]


def test_a_server_without_pgvector_is_named(server: str) -> None:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("drop database if exists plain")
        connection.execute("create database plain")
    where = server.replace("/postgres?", "/plain?") + "&options=-c extension_control_path=/nowhere"
    with pytest.raises(DatabaseError, match="has no pgvector") as raised:
        opened(where, create=True)
    assert "apt install" in raised.value.hint


@pytest.mark.parametrize(
    ("limit", "value", "said"),
    [
        ("SERVER", 990000, r"PostgreSQL \d+, which is too old"),
        ("PGVECTOR", (99, 0), r"pgvector \d.*, which is too old"),
    ],
)
def test_an_old_server_is_named(
    schema: Schema, monkeypatch: pytest.MonkeyPatch, limit: str, value: object, said: str
) -> None:
    monkeypatch.setattr(connecting, limit, value)
    with pytest.raises(DatabaseError, match=said) as raised:
        opened(schema(), create=True)
    assert "pgrade it" in raised.value.hint


@pytest.fixture(params=["postgres", "shards"])
def made(request: pytest.FixtureRequest, schema: Schema) -> Iterator[tuple[str, Index]]:
    where = schema() if request.param == "postgres" else f"{schema()},{schema()}"
    with Index(opened(where, create=True), "hash:64") as index:
        index.add("notes", list(NOTES), kind="table")
        job = jobs.begin(index.db, jobs.Job("h", {}, "s", "p", "ph", "m", "f"))
        jobs.register(index.db, job, [jobs.Entry(0, "notes", "k", "hash")])
        yield where, index


def asked(index: Index, _: Path) -> None:
    ask(index, AskRequest("which number?", "none", "", 3, asking=Asking()), None)


def extracted(index: Index, _: Path) -> None:
    job = jobs.begin(index.db, jobs.Job("h", {}, "s", "p", "ph", "m", "f"))
    jobs.save(index.db, job, [jobs.Result("hash", "done", {"a": 1})])


def evaluated(index: Index, _: Path) -> None:
    run = runs.begin(index.db, runs.Run("suite", "system", "search", "fp", {}, {}, 1))
    runs.add(index.db, run, [runs.Row("c1", "q", {}, {"nDCG@10": (0.5, 1.0)})])


def moved(index: Index, folder: Path) -> None:
    with opened(folder / "copy.db", create=True, moving=True) as new:
        moving.move(index.db, new)


VERBS: dict[str, Callable[[Index, Path], Any]] = {
    "index": lambda index, _: index.add("notes", list(MORE), kind="table"),
    "search": lambda index, _: index.search("number 3"),
    "similar": lambda index, _: index.similar("3.md"),
    "ask": asked,
    "extract": extracted,
    "eval": evaluated,
    "move": moved,
    "changes": lambda index, _: list(sources.changes(index.db)),
    "doctor": lambda index, _: [one.problem for one in examine(index.db, fix=True)],
}


def cutting(server: str, victim: Postgres, at: int) -> Callable[..., Any]:
    """`Postgres.ask`, which loses the connection of one at its so many-th call."""
    ask, calls = Postgres.ask, count(1)

    def cut(self: Postgres, statement: str, values: Any = None) -> Any:
        if self is victim and next(calls) == at:
            with psycopg.connect(server, autocommit=True) as connection:
                connection.execute("select pg_terminate_backend(%s)", (victim._connection.info.backend_pid,))
        return ask(self, statement, values)

    return cut


def tried(do: Callable[[], object]) -> list[str]:
    """What was said, if it failed."""
    try:
        do()
    except DatabaseError as error:
        return [f"{error.message}; {error.hint}"]
    return []


@pytest.mark.parametrize("verb", VERBS)
def test_a_connection_that_is_lost_in_the_middle_loses_nothing(
    made: tuple[str, Index], verb: str, server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, index = made
    victim = index.db.parts[-1] if isinstance(index.db, Shards) else index.db
    assert isinstance(victim, Postgres)
    said: list[str] = []
    for at in (1, 3, 8):
        with monkeypatch.context() as patched:
            patched.setattr(Postgres, "ask", cutting(server, victim, at))
            said += tried(partial(VERBS[verb], index, tmp_path))
        kept = {document.key: document.text for document in documents.all_documents(index.db)}
        assert {note.key: note.text for note in NOTES}.items() <= kept.items()
    assert all("was lost" in line for line in said)
    assert said or verb not in ("index", "move")  # what holds nothing has the connection again
    VERBS[verb](index, tmp_path)
    index.add("notes", list(MORE), kind="table")
    assert documents.counts(index.db).documents == len(MORE)
    assert [one.problem for one in examine(index.db) if one.problem] == []


def test_dividing_anew_goes_on_after_a_connection_was_lost(
    made: tuple[str, Index], server: str, schema: Schema, monkeypatch: pytest.MonkeyPatch
) -> None:
    where, _ = made
    more = schema()
    balance.add(Address(where), Address(more))
    monkeypatch.setattr(balance, "BLOCK", 2)
    said: list[str] = []
    for at in (5, 15, 30):
        with opened(f"{where},{more}") as db, monkeypatch.context() as patched:
            assert isinstance(db, Shards)
            patched.setattr(Postgres, "ask", cutting(server, db.parts[0], at))
            said += tried(partial(balance.rebalance, db))
    assert said
    assert all("was lost" in line for line in said)
    with opened(f"{where},{more}") as db:
        assert isinstance(db, Shards)
        balance.rebalance(db)
        assert {document.key for document in documents.all_documents(db)} == {note.key for note in NOTES}
        assert [one.misplaced for one in balance.status(db)] == [0] * len(db.parts)


LOST = {  # what another program took -> what doctor says is missing
    "drop table words cascade": "table words",
    "drop table term, total": "table term, table total",
    "drop table answer, near": "table near, table answer",
    "drop function chronicle cascade": "function chronicle, trigger chronicle_document_written,"
    " trigger chronicle_document_deleted",
    "alter table document disable trigger document_clock_insert": "trigger document_clock_insert",
    "drop index passage_document": "index passage_document",
    "alter table answer drop column thumb, drop column created": "column answer.created, column answer.thumb",
}


@pytest.mark.parametrize("taken", LOST)
def test_what_was_taken_from_one_server_is_seen_and_made_again(made: tuple[str, Index], taken: str) -> None:
    _, index = made
    victim = index.db.parts[-1] if isinstance(index.db, Shards) else index.db
    assert isinstance(victim, Postgres)
    victim.ask(taken)
    found = [one for one in examine(index.db) if one.check.startswith("schema") and one.problem]
    assert [one.problem for one in found] == [f"missing: {LOST[taken]}"]
    assert str(victim.path) in found[0].check or not isinstance(index.db, Shards)
    assert [one.check for one in examine(index.db, fix=True) if one.problem and not one.mended] == []
    assert [one.problem for one in examine(index.db) if one.problem] == []
    index.add("notes", list(MORE), kind="table")
    for mode in ("words", "vectors"):
        assert index.search("number 11", 1, mode=mode)[0].passage.document.key == "11.md"
