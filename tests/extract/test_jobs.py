"""The rows of a job are the truth: stopped, killed, run twice, changed, failed and retried."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from extraction import FunctionGenerator, JsonForm, ManyGenerator, documents, person, plan

from rag import extract
from rag.errors import DatabaseError, InputError, ModelError
from rag.extract import SchemaForm
from rag.store import Database, jobs
from rag.store.jobs import Job, Result
from rag.types import Document, Generator

HERE = Path(__file__).parents[1]


@pytest.fixture
def db(tmp_path: Path) -> Database:
    return Database(tmp_path / "jobs.db", create=True)


PATHS = os.pathsep.join(filter(None, (str(HERE), os.environ.get("PYTHONPATH"))))


def go(db: Database, generator: Generator, docs: list[Document], **options: object) -> Job:
    settings = {key: options.pop(key) for key in ("attempts", "seed") if key in options}
    asked = plan(**settings)
    return extract.run(docs, asked, JsonForm(asked.schema), generator, db, **options)  # type: ignore[arg-type]


def found(db: Database, job: Job) -> list[tuple[str, Result]]:
    return [(entry.key, result) for entry, result in jobs.results(db, job)]


@pytest.mark.parametrize("kind", [FunctionGenerator, ManyGenerator])
def test_every_document_has_its_row_in_input_order(db: Database, kind: type[FunctionGenerator]) -> None:
    docs = documents(150)
    job = go(db, kind(person), docs, attempts=1)
    rows = found(db, job)
    assert [key for key, _ in rows] == [document.key for document in docs]
    for document, (_, row) in zip(docs, rows, strict=True):
        expected = json.loads(person(document.text))
        assert row.status == ("failed" if expected["age"] == "unknown" else "done")
        assert row.data == (expected if row.status == "done" else None)
        assert bool(row.error) == (row.status == "failed")
        assert row.raw == person(document.text)
    counts = jobs.counts(db, job)
    assert counts.documents == 150
    assert counts.done + counts.failed == 150
    assert counts.failed > 0
    assert counts.pending == 0
    assert counts.seconds == pytest.approx(75)


def test_what_is_done_is_not_asked_again_and_what_changed_is(db: Database) -> None:
    docs = documents(20)
    go(db, generator := FunctionGenerator(lambda text: '{"name": "x", "age": 1}'), docs)
    assert len(generator.seen) == 20
    docs[7] = Document("s", "d7", "Something else.")
    docs[8] = Document("s", "renamed", docs[8].text)
    job = go(db, generator, docs)
    assert generator.seen[20:] == ["Something else."]
    assert [key for key, _ in found(db, job)][7:9] == ["d7", "renamed"]
    job = go(db, generator, docs[:5])
    assert len(generator.seen) == 21
    assert len(found(db, job)) == 5  # the job's documents are those of its last whole run


def test_another_prompt_schema_seed_or_model_is_another_job(db: Database) -> None:
    docs = documents(3)
    first = go(db, FunctionGenerator(person), docs)
    assert go(db, FunctionGenerator(person), docs).id == first.id
    assert go(db, FunctionGenerator(person), docs, seed=1).id != first.id
    other = FunctionGenerator(person)
    other.fingerprint = "function 2"
    assert go(db, other, docs).id not in (first.id, first.id + 1)
    assert len(jobs.jobs(db)) == 3
    assert jobs.get(db, first.id).runs == 2
    jobs.forget(db, first.id)
    assert db.value("select count(*) from job_row where job_id = ?", (first.id,)) == 0
    with pytest.raises(InputError, match=f"no job {first.id}"):
        jobs.get(db, first.id)


def test_the_same_text_is_asked_once_and_answers_for_all_its_names(db: Database) -> None:
    docs = [Document("s", f"d{n}", "the same") for n in range(200)] + [Document("s", "d0", "the same")]
    job = go(db, generator := ManyGenerator(lambda text: '{"name": "x", "age": 1}'), docs)
    assert len(generator.seen) == 1
    assert [row.status for _, row in found(db, job)] == ["done"] * 201


def test_failed_rows_stay_failed_until_a_retry_is_asked_for(db: Database) -> None:
    docs = documents(60)
    go(db, first := FunctionGenerator(person), docs, attempts=1)
    job = go(db, again := FunctionGenerator(person), docs, attempts=1)
    assert again.seen == []
    failed = [key for key, row in found(db, job) if row.status == "failed"]
    assert failed
    better = FunctionGenerator(lambda text: '{"name": "mended", "age": 1}')
    job = go(db, better, docs, attempts=1, retry_failed=True)
    assert len(better.seen) == len(failed)
    rows = dict(found(db, job))
    assert {rows[key].data["name"] for key in failed} == {"mended"}
    assert all(row.status == "done" and not row.error for row in rows.values())
    assert len(first.seen) == 60


def test_a_text_that_failed_is_not_retried_twice_in_one_run(db: Database) -> None:
    docs = [Document("s", f"d{n}", "the same") for n in range(100)]
    go(db, FunctionGenerator(lambda text: "nonsense"), docs, attempts=1)
    go(db, again := FunctionGenerator(lambda text: "nonsense"), docs, attempts=1, retry_failed=True)
    assert len(again.seen) == 1


def test_a_reply_that_does_not_fit_is_asked_again(db: Database) -> None:
    tries: dict[str, int] = {}

    def second_time(text: str) -> str:
        tries[text] = tries.get(text, 0) + 1
        return "{}" if tries[text] == 1 else '{"name": "x", "age": 1}'

    job = go(db, ManyGenerator(second_time), documents(10), attempts=2)
    rows = found(db, job)
    assert [row.status for _, row in rows] == ["done"] * 10
    assert {row.attempts for _, row in rows} == {2}
    assert "asked again" in rows[0][1].note
    assert set(tries.values()) == {2}


def test_a_model_that_fails_for_one_document_fails_that_row(db: Database) -> None:
    def function(text: str) -> str | Exception:
        return ModelError("timed out", retry=True) if text.startswith("Person3 ") else '{"name": "x", "age": 1}'

    job = go(db, ManyGenerator(function), documents(12))
    rows = dict(found(db, job))
    assert [key for key, row in rows.items() if row.status == "failed"] == ["d3"]
    assert rows["d3"].error == "timed out"


def test_a_model_that_fails_for_everybody_stops_the_run_and_spares_the_rows(db: Database) -> None:
    down = FunctionGenerator(lambda text: ModelError("cannot be reached", "Is it running?", retry=True))
    with pytest.raises(ModelError, match="cannot be reached") as caught:
        go(db, down, documents(100))
    assert "run the same command again" in caught.value.hint
    assert len(down.seen) == 5
    with pytest.raises(ModelError):
        go(db, down, documents(2))
    job = go(db, FunctionGenerator(lambda text: '{"name": "x", "age": 1}'), documents(100))
    assert {row.status for _, row in found(db, job)} == {"done"}


def test_stopped_in_the_middle_it_goes_on(db: Database) -> None:
    asked = 0

    def interrupted(text: str) -> str:
        nonlocal asked
        asked += 1
        if asked == 30:
            raise KeyboardInterrupt
        return '{"name": "x", "age": 1}'

    with pytest.raises(KeyboardInterrupt):
        go(db, FunctionGenerator(interrupted), documents(80))
    job = go(db, rest := FunctionGenerator(lambda text: '{"name": "x", "age": 1}'), documents(80))
    assert len(rest.seen) == 80 - 29
    assert {row.status for _, row in found(db, job)} == {"done"}


def test_an_empty_document_fails_by_name_and_costs_nothing(db: Database) -> None:
    docs = [Document("s", "empty", ""), Document("s", "blank", " \n\t "), *documents(1)]
    job = go(db, generator := FunctionGenerator(person), docs)
    rows = dict(found(db, job))
    assert rows["empty"].error == rows["blank"].error == "the document is empty"
    assert len(generator.seen) == 1


def test_a_second_run_of_a_running_job_is_told_so(db: Database) -> None:
    docs = documents(3)
    job = jobs.begin(db, extract.new_job(plan(), FunctionGenerator(person)))
    holder = "import sys; from rag.store import Database, jobs; db = Database(sys.argv[1])\n"
    holder += "with jobs.running(db, jobs.jobs(db)[0]): print('held', flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", holder, str(db.path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        with pytest.raises(DatabaseError, match=f"job {job.id} is running already"):
            go(db, FunctionGenerator(person), docs)
        go(db, FunctionGenerator(person), docs, seed=5)  # another job goes on beside it
        process.communicate("")
    go(db, FunctionGenerator(person), docs)


def test_killed_at_fifty_random_moments_it_ends_as_if_nothing_had_happened(tmp_path: Path) -> None:
    command = [sys.executable, str(HERE / "kill_driver.py"), str(tmp_path), "50", "20261122"]
    ran = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": PATHS})
    assert ran.returncode == 0, ran.stderr
    told = [json.loads(line) for line in ran.stdout.splitlines()]
    assert sum(line["killed"] for line in told) >= 50
    whole = (tmp_path / "whole" / "out.jsonl").read_bytes()
    assert len(whole.splitlines()) == 200
    for line in told:
        place = tmp_path / line["folder"]
        assert (place / "out.jsonl").read_bytes() == whole
        with sqlite3.connect(place / "jobs.db") as file:
            rows = file.execute(
                "select count(*), count(distinct hash), sum(status = 'pending') from job_row"
            ).fetchone()
            assert rows == (200, 200, 0)
            assert file.execute("select count(*), count(distinct seq) from job_document").fetchone() == (200, 200)
            assert file.execute("pragma integrity_check").fetchone() == ("ok",)
        file.close()
        assert [name.name for name in place.iterdir() if "part" in name.name] == []


def test_a_table_of_the_users_is_never_replaced(db: Database) -> None:
    db.execute("create table mine (id integer primary key)")
    for name in ("mine", "document", "job_row", "Passage", "", "sqlite_x"):
        with pytest.raises(InputError, match=r"no job made|no name"):
            jobs.check_table(db, name)
    jobs.write_table(db, 'od"d', [("a b", "text"), ("id", "integer")], [("x", 1), ([1, "ü"], 2**70)])
    jobs.write_table(db, 'od"d', [("a b", "text"), ("id", "integer")], [({"k": None}, True)])
    assert list(db.execute('select * from "od""d"')) == [(1, '{"k": null}', 1)]
    with pytest.raises(ZeroDivisionError):
        jobs.write_table(db, 'od"d', [("a", "text")], ((str(1 // n),) for n in (1, 0)))
    assert db.value('select count(*) from "od""d"') == 1


def test_what_a_model_writes_can_always_be_stored(db: Database) -> None:
    job = jobs.begin(db, extract.new_job(plan(), FunctionGenerator(person)))
    jobs.register(db, job, [jobs.Entry(0, "s", "k", "h")])
    odd = {"name": "\ud800 \x00 🙂", "age": 10**30}
    jobs.save(db, job, [Result("h", "done", odd, raw="\udfff", error="\ud800")])
    ((_, row),) = jobs.results(db, job)
    assert row.data["age"] == 10**30
    assert "🙂" in row.data["name"]


def test_what_only_says_that_there_is_nothing_is_null_where_null_fits_and_the_document_does_not_say_it(
    db: Database,
) -> None:
    kinds = ["string", "null"]
    schema = {"type": "object", "properties": {"a": {"type": kinds}, "b": {"type": "array", "items": {"type": kinds}}}}
    strict = {"type": "object", "properties": {"a": {"type": "string"}}}
    note = "a text that says there is nothing is null"

    def ask(schema: Any, text: str, data: Any) -> tuple[Any, str]:
        asked = plan(schema)
        generator = FunctionGenerator(lambda _: json.dumps(data))
        job = extract.run([Document("", "x", text)], asked, SchemaForm(schema, asked.max_tokens), generator, db)
        ((_, row),) = jobs.results(db, job)
        return row.data, row.note

    assert ask(schema, "one", {"a": "N/A", "b": ["x", "None."]}) == ({"a": None, "b": ["x", None]}, note)
    assert ask(schema, "two: the key is null", {"a": "null"}) == ({"a": "null"}, "")
    assert ask(schema, "three", {"a": "nullable"}) == ({"a": "nullable"}, "")
    assert ask(strict, "four", {"a": "null"}) == ({"a": "null"}, "")


def test_objects_of_a_list_that_say_nothing_are_left_out(db: Database) -> None:
    element = {"type": "object", "properties": {"a": {"type": ["string", "null"]}, "b": {"type": "array"}}}
    schema = {"type": "object", "required": ["rows"], "properties": {"rows": {"type": "array", "items": element}}}
    asked = plan(schema)
    replies = {"one": [{"a": None, "b": []}, {"a": "x", "b": []}], "two": [{"a": "x"}, {}]}
    generator = FunctionGenerator(lambda text: json.dumps({"rows": replies[text]}))
    given = [Document("", name, name) for name in replies]
    job = extract.run(given, asked, SchemaForm(schema, asked.max_tokens), generator, db)
    one, two = (result for _, result in jobs.results(db, job))
    assert (one.data, one.note) == ({"rows": [{"a": "x", "b": []}]}, "an element of which all is null is left out")
    assert (two.data, two.note) == ({"rows": replies["two"]}, "")


def test_what_our_bounds_ended_is_noted_and_circles_are_left_out(db: Database) -> None:
    schema = {
        "type": "object",
        "required": ["names", "about"],
        "properties": {
            "names": {"type": "array", "items": {"type": "string"}},
            "about": {"type": "string"},
            "worth": {"type": "integer"},
        },
    }
    replies = {
        "round": {"names": ["Ada", *["Bob", "Cy"] * 14, "Bob"], "about": ""},
        "full": {"names": [f"n{n}" for n in range(30)], "about": "x" * 600, "worth": 10**14},
        "short": {"names": ["Ada", "Ada"], "about": "x"},
    }
    asked = plan(schema)
    generator = FunctionGenerator(lambda text: json.dumps(replies[text]))
    given = [Document("", name, name) for name in replies]
    job = extract.run(given, asked, SchemaForm(schema, asked.max_tokens), generator, db)
    turned, full, short = (result for _, result in jobs.results(db, job))
    assert turned.data["names"] == ["Ada", "Bob", "Cy"]
    assert turned.note == "/names went round in circles: each element is said once"
    assert full.data == replies["full"]
    assert full.note == (
        "/names has 30 elements, the most without a maxItems; /about has 600 characters, the most without a maxLength; "
        "/worth has 15 digits, the most without a maximum"
    )
    assert (short.data, short.note) == (replies["short"], "")
