"""`rag extract` and `rag jobs` against a scripted endpoint, and once with the bundled model."""

from __future__ import annotations

import io
import json
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from extraction import PERSON
from scripted_server import Answer, Scripted, completion, refusal, serving

from rag import cli, extract
from rag.cli import extract_output
from rag.store import Database

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def rag(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command in a folder of its own: its exit code, stdout and stderr."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    for name in ("RAG_DB", "RAG_MODEL", "OPENAI_BASE_URL", "http_proxy", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["rag", *arguments])
        code = 0
        try:
            cli.main()
        except SystemExit as end:
            code = int(end.code or 0)
        told = capsys.readouterr()
        return code, told.out, told.err

    return run


def answer(body: dict[str, Any]) -> Answer:
    """What a good model says of "NAME is N years old."; nonsense of a text with "bad"."""
    text = next(message["content"] for message in body["messages"] if message["role"] == "user")
    if "bad" in text:
        return completion('{"name": 3}')
    words = text.split()
    return completion(json.dumps({"name": words[0], "age": int(words[2])}))


SCHEMA = json.dumps(PERSON)


def hosted(server: Scripted, *more: str) -> Sequence[str]:
    return ("-s", SCHEMA, "-m", "openai:m", "--base-url", server.url, *more)


def write_table(path: Path, *texts: str) -> None:
    path.write_text("".join(json.dumps({"id": f"r{n}", "body": text}) + "\n" for n, text in enumerate(texts)))


def test_the_file_that_a_job_is_kept_in_is_named_when_it_is_made(rag: Run, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Ada is 36 years old.")
    with serving(answer) as server:
        first, again, quiet = (
            rag("extract", "a.txt", *hosted(server), *more)[2] for more in ((), (), ("-q", "-d", "other.db"))
        )
    assert "rag.db is made: it keeps the job" in first
    assert "is made" not in again + quiet


def test_a_table_to_records_with_every_row_accounted_for(rag: Run, tmp_path: Path) -> None:
    write_table(tmp_path / "in.jsonl", "Ada is 36 years old.", "bad", "Bob is 7 years old.")
    with (tmp_path / "in.jsonl").open("a") as file:
        file.write('{broken\n{"id": "r9"}\n')
    flags = ("extract", "in.jsonl", "--text-column", "body", "-o", "out.jsonl", "--table", "people", "--evidence")
    with serving(answer) as server:
        code, out, err = rag(*flags, *hosted(server))
        asked = len(server.seen)
        assert code == 6
        assert out == ""
        assert "in.jsonl, line 4: " in err
        assert "in.jsonl, line 5: has no column 'body'" in err
        assert "1 of 3 documents failed; 2 inputs could not be read" in err
        again, _, _ = rag(*flags, *hosted(server))
        assert (again, len(server.seen)) == (6, asked)
        assert rag(*flags, *hosted(server), "--retry-failed")[0] == 6
        assert len(server.seen) > asked
    lines = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert [(line["id"], line["status"]) for line in lines] == [("r0", "done"), ("r1", "failed"), ("r2", "done")]
    assert lines[0]["evidence"]["/age"] == {"start": 7, "end": 9, "quote": "36", "how": "model"}
    with sqlite3.connect(tmp_path / "rag.db") as database:
        assert database.execute("select document, name, age, status from people").fetchall() == [
            ("r0", "Ada", 36, "done"),
            ("r1", None, None, "failed"),
            ("r2", "Bob", 7, "done"),
        ]
    file.close()


def test_jobs_are_listed_shown_exported_and_forgotten(rag: Run, tmp_path: Path) -> None:
    write_table(tmp_path / "in.jsonl", "Ada is 36 years old.", "bad")
    with serving(answer) as server:
        rag("extract", "in.jsonl", "-q", *hosted(server))
    _, out, _ = rag("jobs", "-f", "json")
    (job,) = json.loads(out)
    assert (job["documents"], job["done"], job["failed"], job["pending"]) == (2, 1, 1, 0)
    _, out, _ = rag("jobs", "show", "1", "--failed", "-f", "json")
    shown = json.loads(out)
    assert [(row["id"], row["attempts"]) for row in shown["rows"]] == [("r1", 3)]
    assert "fit the schema" in shown["rows"][0]["error"]
    assert shown["schema"] == PERSON
    code, out, _ = rag("jobs", "show", "1")
    assert (code, '{"name": "Ada", "age": 36}' in out) == (0, True)
    code, out, _ = rag("jobs", "export", "1", "-f", "csv")
    assert (code, out.splitlines()[1]) == (0, "r0,Ada,36,done,,,")
    assert rag("jobs", "export", "9")[0] == 2
    assert rag("jobs", "forget", "1")[0] == 0
    assert json.loads(rag("jobs", "-f", "json")[1]) == []


def test_a_schema_that_changed_is_a_new_job_and_the_old_file_is_replaced(rag: Run, tmp_path: Path) -> None:
    write_table(tmp_path / "in.jsonl", "Ada is 36 years old.")
    with serving(answer) as server:
        flags = ("extract", "in.jsonl", "-o", "out.csv", "-m", "openai:m", "--base-url", server.url, "-q")
        assert rag(*flags, "-s", SCHEMA)[0] == 0
        changed = json.dumps({**PERSON, "title": "changed"})
        assert rag(*flags, "-s", changed)[0] == 0
        assert len(server.seen) == 2
        known = json.loads(rag("jobs", "-f", "json")[1])[-1]["schema"]
        assert rag(*flags, "-s", known)[0] == 0  # a schema by the hash of its job
        assert len(server.seen) == 2


def test_what_it_would_cost_is_said_without_asking(rag: Run, tmp_path: Path) -> None:
    write_table(tmp_path / "in.jsonl", *(f"P{n} is {n} years old." for n in range(10)))
    with serving(answer) as server:
        code, out, _ = rag("extract", "in.jsonl", "--estimate", "--price", "1/2", *hosted(server))
        assert (code, server.seen) == (0, [])
        assert "documents   10, 0 of them done before" in out
        assert "at most 10,240" in out
        rag("extract", "in.jsonl", "--limit", "4", "-q", *hosted(server))
        _, out, _ = rag("extract", "in.jsonl", "--estimate", *hosted(server))
    assert "10, 4 of them done before" in out
    assert "42 likely" in out  # six times the seven tokens that a reply took
    assert not list(tmp_path.glob("*lock*")) or len(server.seen) == 4


def test_a_batch_goes_out_and_comes_back(rag: Run, tmp_path: Path) -> None:
    write_table(tmp_path / "in.jsonl", "Ada is 36 years old.", "bad", "Bob is 7 years old.", "Cy is 9 years old.")
    flags = (
        "extract",
        "in.jsonl",
        "-o",
        "out.jsonl",
        "-s",
        SCHEMA,
        "-m",
        "openai:m",
        "--base-url",
        "http://127.0.0.1:1/v1",
    )
    assert rag(*flags, "--write-batch", "batch.jsonl")[0] == 0
    requests = [json.loads(line) for line in (tmp_path / "batch.jsonl").read_text().splitlines()]
    assert {request["url"] for request in requests} == {"/v1/chat/completions"}
    assert len({request["custom_id"] for request in requests}) == 4
    replies = []
    for request in reversed(requests[:3]):  # out of order, and one is missing
        body = json.loads(str(answer(request["body"]).body))
        replies.append(
            {"custom_id": request["custom_id"], "response": {"status_code": 200, "body": body}, "error": None}
        )
    (tmp_path / "replies.jsonl").write_text("".join(json.dumps(reply) + "\n" for reply in replies))
    code, _, err = rag(*flags, "--read-batch", "replies.jsonl")
    assert code == 6
    assert "1 of 4 documents failed; 1 have no reply yet" in err
    statuses = [json.loads(line)["status"] for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert statuses == ["done", "failed", "done", "pending"]
    rag(*flags, "--write-batch", "batch2.jsonl")
    assert len((tmp_path / "batch2.jsonl").read_text().splitlines()) == 1  # only what is still to be asked
    (tmp_path / "replies.jsonl").write_text("nonsense\n")
    assert rag(*flags, "--read-batch", "replies.jsonl")[0] == 2


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["in.jsonl", "--text-column", "nope"], "no column 'nope'"),
        (["none.txt"], "there is no file"),
        ([], "nothing to extract from"),
        (["in.jsonl", "-s", "none.json"], "cannot be read"),
        (["in.jsonl", "-s", "{broken"], "not JSON"),
        (["in.jsonl", "-s", '{"type": "object", "properties": {"a": false}, "required": ["a"]}'], ""),
        (["in.jsonl", "-o", "in.jsonl"], "no job wrote it"),
        (["in.jsonl", "-o", "no/such/folder/x.jsonl"], "cannot write"),
        (["in.jsonl", "-o", "x.xls"], "does not say its format"),
        (["in.jsonl", "--table", "document"], "no job made"),
        (["in.jsonl", "--prompt", "none"], "there is no prompt"),
        (["in.jsonl", "--examples", "none"], "cannot be read"),
        (["in.jsonl", "-m", "none"], "writes nothing"),
        (["in.jsonl", "--price", "x"], "not a price"),
        (["in.jsonl", "--format", "xml"], "unknown format"),
        (["in.jsonl", "--from-index"], "exclude each other"),
        (["in.jsonl", "--grammar", "list", "--multi"], "takes the place"),
        (["in.jsonl", "-m", "smollm2", "--read-batch", "x"], "for hosted models"),
    ],
)
def test_bad_input_costs_nothing(rag: Run, tmp_path: Path, flags: list[str], message: str) -> None:
    write_table(tmp_path / "in.jsonl", "Ada is 36 years old.")
    with serving(answer) as server:
        given = ["-s", SCHEMA] if "-s" not in flags and "--grammar" not in flags else []
        model = [] if "-m" in flags else ["-m", "openai:m", "--base-url", server.url]
        code, out, err = rag("extract", *flags, *given, *model)
        assert (code, out, server.seen) == (2, "", [])
    assert message in err
    assert "hint: " in err


def test_an_endpoint_that_is_down_leaves_the_rows_pending(rag: Run, tmp_path: Path) -> None:
    write_table(tmp_path / "in.jsonl", "Ada is 36 years old.", "Bob is 7 years old.")
    with serving(refusal(401, "no")) as server:
        code, _, err = rag("extract", "in.jsonl", "-q", *hosted(server))
        assert code == 3
        assert "run the same command again" in err
        job = json.loads(rag("jobs", "-f", "json")[1])[0]
        assert (job["failed"], job["pending"]) == (0, 2)


def test_documents_that_an_endpoint_refuses_block_no_others_and_are_asked_about_once(rag: Run, tmp_path: Path) -> None:
    refused = refusal(400, "The prompt triggered our content management policy.", code="content_filter")
    write_table(tmp_path / "in.jsonl", *(f"A forbidden story, number {n}." for n in range(7)), "Ada is 36 years old.")
    with serving(lambda body: refused if "forbidden" in str(body["messages"]) else answer(body)) as server:
        flags = ("extract", "in.jsonl", "--text-column", "body", *hosted(server))
        code, out, _ = rag(*flags)
        assert (code, len(server.seen)) == (6, 8)
        rows = [json.loads(line) for line in out.splitlines()]
        assert [row["status"] for row in rows] == ["failed"] * 7 + ["done"]
        assert "refused this text (400: The prompt triggered our content management policy" in rows[0]["error"]
        assert (rag(*flags)[0], len(server.seen)) == (6, 8)


def test_standard_input_is_rows_or_one_document(rag: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for text, ids in [("Ada is 36 years old.", ["stdin"]), ('{"id": "x", "t": "Ada is 36 years old."}\n', ["x"])]:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(text.encode()))))  # type: ignore[type-var]
        with serving(answer) as server:
            code, out, _ = rag("extract", "-", "-q", *hosted(server))
        assert code == 0
        assert [json.loads(line)["id"] for line in out.splitlines()] == ids


def test_progress_says_how_far_how_fast_and_how_long() -> None:
    meter = extract_output.Meter(100, quiet=True)
    line = meter.line(extract.Progress(seen=40, kept=20, done=18, failed=2, tokens_out=300), 10)
    assert line == "40/100 documents, 2 failed, 2.0 documents/s, 30 tokens/s, 0:30 left"
    assert meter.line(extract.Progress(kept=5), 10) == "5/100 documents"
    assert [extract_output.clock(seconds) for seconds in (5, 65, 3725)] == ["0:05", "1:05", "1:02:05"]


def test_ctrl_c_ends_it_cleanly_and_says_how_to_go_on(tmp_path: Path) -> None:
    write_table(tmp_path / "in.jsonl", *(f"P{n} is {n} years old." for n in range(30)))
    stop, go = threading.Event(), threading.Event()

    def slow(body: dict[str, Any]) -> Answer:
        if "P20 " in body["messages"][-1]["content"]:
            stop.set()
            go.wait(60)
        return answer(body)

    with serving(slow) as server:
        command = [sys.executable, "-c", "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"]
        command[-1] += "; from rag.cli import main; main()"
        flags = ["extract", "in.jsonl", "--concurrency", "1", *hosted(server)]
        with subprocess.Popen([*command, *flags], cwd=tmp_path, stderr=subprocess.PIPE, text=True) as process:
            assert stop.wait(60)
            process.send_signal(signal.SIGINT)
            _, told = process.communicate(timeout=60)
        go.set()
        assert process.returncode == 130
        assert "run the same command again" in told
        assert "Traceback" not in told
        ran = subprocess.run([*command, *flags], cwd=tmp_path, capture_output=True, text=True)
    assert ran.returncode == 0
    assert [json.loads(line)["id"] for line in ran.stdout.splitlines()] == [f"r{n}" for n in range(30)]
    assert "20 kept from before" in ran.stderr
    assert len(server.seen) == 31


def test_samples_are_drawn_by_the_seed_and_keep_their_order(rag: Run, tmp_path: Path) -> None:
    write_table(tmp_path / "in.jsonl", *(f"P{n} is {n} years old." for n in range(50)))
    with serving(answer) as server:
        drawn = []
        for seed in ("1", "1", "2"):
            _, out, _ = rag("extract", "in.jsonl", "-q", "--sample", "5", "--seed", seed, *hosted(server))
            drawn.append([json.loads(line)["id"] for line in out.splitlines()])
    assert drawn[0] == drawn[1] != drawn[2]
    assert drawn[0] == sorted(drawn[0], key=lambda name: int(name[1:]))
    assert len(drawn[0]) == 5


def test_the_documents_of_an_index_or_the_passages_that_a_search_finds(rag: Run, tmp_path: Path) -> None:
    for name, text in [("a", "Ada is 36 years old."), ("b", "Bob is 7 years old."), ("c", "Cy is 9 years old.")]:
        (tmp_path / f"{name}.txt").write_text(text)
    assert rag("index", "a.txt", "b.txt", "c.txt", "--source", "people", "--embedder", "hash:64", "-q")[0] == 0
    with serving(answer) as server:
        code, out, _ = rag("extract", "--from-index", "-q", *hosted(server))
        assert (code, [json.loads(line)["id"] for line in out.splitlines()]) == (0, ["a.txt", "b.txt", "c.txt"])
        _, out, _ = rag("extract", "--from-index", "--prefix", "b", "-q", *hosted(server))
        assert [json.loads(line)["data"]["name"] for line in out.splitlines()] == ["Bob"]
        _, out, _ = rag("extract", "--query", "Ada", "-k", "1", "-q", *hosted(server))
        (row,) = map(json.loads, out.splitlines())
        assert row["id"] == "a.txt#0-20"
        assert row["data"] == {"name": "Ada", "age": 36}
        code, _, err = rag("extract", "--from-index", "--prefix", "zzz", *hosted(server))
    assert (code, "no document of" in err) == (2, True)


@pytest.mark.model
def test_the_bundled_model_fills_a_schema(rag: Run, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Ada Lovelace was born in London in 1815.")
    (tmp_path / "b.txt").write_text("Alan Turing was born in Maida Vale in 1912.")
    schema = {
        "type": "object",
        "required": ["name", "place"],
        "properties": {"name": {"type": "string", "x-verbatim": True}, "place": {"type": "string", "x-verbatim": True}},
    }
    flags = ("a.txt", "b.txt", "-s", json.dumps(schema), "--evidence", "--threads", "1", "-q")
    code, out, _ = rag("extract", *flags, "--slots", "2")
    assert code == 0
    for line, name in zip(out.splitlines(), ("a.txt", "b.txt"), strict=True):
        row = json.loads(line)
        text = (tmp_path / name).read_text()
        assert row["id"] == name
        for key, span in row["evidence"].items():
            assert text[span["start"] : span["end"]] == span["quote"] == row["data"][key[1:]]
    _, once, _ = rag("extract", *flags, "--slots", "1", "-d", "one.db")
    _, twice, _ = rag("extract", *flags, "--slots", "1", "-d", "two.db")
    assert once == twice
    with Database(tmp_path / "one.db") as db:
        assert db.value("select count(*) from job_row where status = 'done'") == 2


def test_a_file_holds_fields_in_short_and_many_nulls_are_told(rag: Run, tmp_path: Path) -> None:
    (tmp_path / "people.fields").write_text("name!: who it is about, in full\nage int\n")
    (tmp_path / "a.txt").write_text("Ada is here.")
    said = completion('{"name": "Ada", "age": null}')
    with serving(lambda body: said) as server:
        flags = ("a.txt", "-m", "openai:m", "--base-url", server.url)
        code, out, err = rag("extract", *flags, "-s", "people.fields")
        assert rag("extract", *flags, "-s", "name: one of Ada, Bob")[0] == 2
    assert code == 0
    assert json.loads(out)["data"] == {"name": "Ada", "age": None}
    assert "1 values are null" in err
    assert "call the field what they call it" in err
