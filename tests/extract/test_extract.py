"""Extraction: windows, merging, evidence, prompts, files, and the command, against a scripted endpoint."""

from __future__ import annotations

import csv
import io
import json
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from extraction import PERSON, FunctionGenerator, JsonForm, documents, person, plan
from hypothesis import given
from hypothesis import strategies as st
from scripted_server import Answer, Scripted, completion, refusal, serving

from rag import cli, extract, prompts
from rag.cli import extract_output
from rag.errors import InputError, OutputError
from rag.extract import Example, SchemaForm, output
from rag.extract.asker import Asker
from rag.extract.examples import is_verbatim, many, read_examples, verbatim
from rag.extract.plan import fields
from rag.extract.similar import WORD, Similar
from rag.extract.windows import distinct, merge, windows
from rag.store import Database
from rag.types import Document

TEXTS = st.text(alphabet="ab \n\té.?🙂", max_size=300)


# --- windows


@given(TEXTS, st.integers(1, 60), st.floats(0, 0.5))
def test_windows_cover_the_text_in_order_and_each_fits(text: str, size: int, overlap: float) -> None:
    found = windows(text, size, int(size * overlap), len)
    assert found[0][0] == 0
    assert found[-1][1] == len(text)
    for (start, end), (following, last) in pairwise(found):
        assert start < following <= end < last  # overlapping or touching, never a gap, always on
    assert all(end - start <= size for start, end in found)


def test_windows_break_at_paragraphs_and_share_whole_ones() -> None:
    paragraphs = [f"Paragraph {n} with some words." for n in range(9)]
    text = "\n\n".join(paragraphs)
    found = windows(text, 100, 35, len)
    assert all(text[start:end].startswith("Paragraph") for start, end in found)
    for (_, end), (start, _) in pairwise(found):
        assert text[start:end].strip() in paragraphs  # exactly one paragraph is in both


def test_a_text_that_fits_is_one_window() -> None:
    assert windows("anything\n\nat all", 100, 10, len) == [(0, 16)]
    assert windows("", 100, 10, len) == [(0, 0)]


# --- merging


def nowhere(number: int, value: Any) -> bool:
    return False


def test_lists_are_joined_and_repetitions_dropped() -> None:
    one, other = {"items": [{"n": "Ada"}, {"n": "Bob"}]}, {"items": [{"n": "ADA "}, {"n": "Cy"}]}
    assert merge([one, other], nowhere) == {"items": [{"n": "Ada"}, {"n": "Bob"}, {"n": "Cy"}]}


def test_a_record_that_a_border_cut_gives_way_to_the_whole_one() -> None:
    cut, whole = {"n": "Ada", "born": None}, {"n": "Ada", "born": 1815}
    assert merge([[cut], [whole]], nowhere) == [whole]
    assert merge([[whole], [cut]], nowhere) == [whole]
    assert merge([[cut, whole]], nowhere) == [cut, whole]  # within one window they are two


def test_a_value_that_stands_in_the_text_wins_then_the_majority_then_the_first() -> None:
    assert merge(["a", "b", "b"], nowhere) == "b"
    assert merge(["a", "b"], nowhere) == "a"
    assert merge(["a", "b", "b"], lambda n, value: value == "a") == "a"
    assert merge([None, "", "x"], nowhere) == "x"
    assert merge([None, None], nowhere) is None
    parts = [{"a": None, "b": {"c": 1}}, {"a": 2, "b": {"c": 1, "d": 3}}]
    assert merge(parts, nowhere) == {"a": 2, "b": {"c": 1, "d": 3}}


JSONS = st.recursive(
    st.none() | st.integers(0, 3) | st.sampled_from(["a", "A ", "b"]), lambda x: st.lists(x, max_size=3)
)


@given(st.lists(JSONS, min_size=1, max_size=4))
def test_no_element_is_lost_by_merging(parts: list[Any]) -> None:
    def bare(value: Any) -> str:
        return json.dumps(value).casefold().replace(" ", "")

    kept = distinct(list(enumerate(parts)))
    assert {bare(part) for part in parts} == {bare(part) for part in kept}
    assert len({bare(part) for part in kept}) == len(kept)


# --- what is asked


def test_a_schema_in_words() -> None:
    schema = {
        "properties": {
            "name": {"type": ["string", "null"], "description": "as written"},
            "kind": {"enum": ["a", "b", None]},
            "people": {"type": "array", "items": {"$ref": "#/$defs/p"}},
            "tags": {"type": "array", "items": {"type": "string"}},
            "when": {"type": "string", "format": "date"},
        },
        "$defs": {"p": {"type": "object", "properties": {"age": {"type": "integer"}}}},
    }
    assert fields(schema).splitlines() == [
        "- name: text or null. as written",
        "- kind: one of: a, b or null",
        "- people: list of objects",
        "  - age: whole number",
        "- tags: list of texts",
        "- when: date",
    ]
    loop = {"properties": {"child": {"$ref": "#"}}}
    assert len(fields(loop).splitlines()) < 20


def test_examples_stand_between_the_instructions_and_the_document() -> None:
    asked = plan(examples=(Example("Bob is 3.", {"name": "Bob", "age": 3}),))
    roles = [(message.role, message.content) for message in asked.messages("Ada is 4.")]
    assert [role for role, _ in roles] == ["system", "user", "assistant", "user"]
    assert roles[1:] == [("user", "Bob is 3."), ("assistant", '{"name":"Bob","age":3}'), ("user", "Ada is 4.")]


def test_of_many_examples_a_document_is_shown_those_most_like_it_the_best_last() -> None:
    animals = ["a cat sleeps", "two dogs bark", "the cat and the dogs", "rain falls", "一只猫在睡觉"]
    asked = plan(examples=tuple(Example(text, {"name": text}) for text in animals), shots=2)

    def shown(text: str) -> list[str]:
        return [message.content for message in asked.messages(text) if message.role == "user"]

    assert shown("Dogs BARK twice.") == ["the cat and the dogs", "two dogs bark", "Dogs BARK twice."]
    assert shown("RAIN")[1:] == ["rain falls", "RAIN"]
    assert shown("猫")[1:] == ["一只猫在睡觉", "猫"]
    assert shown("nothing known") == ["two dogs bark", "a cat sleeps", "nothing known"]
    assert len(plan(examples=asked.examples, shots=5).messages("x")) == 1 + 2 * 5 + 1
    assert plan(examples=asked.examples, shots=0).messages("x") == plan().messages("x")


SHORT = st.text(alphabet="ab 中é", max_size=8)


@given(st.lists(SHORT, min_size=1, max_size=8), SHORT)
def test_a_text_is_most_like_itself_and_each_is_found_once(texts: list[str], text: str) -> None:
    everything = [*texts, text]
    order = Similar(everything).nearest(text, 99)
    assert sorted(order) == list(range(len(everything)))
    if words := set(WORD.findall(text)):
        assert set(WORD.findall(everything[order[0]])) == words


def test_the_windows_of_a_document_are_shown_the_same_examples_and_those_leave_it_room() -> None:
    examples = (Example("red", {"name": "r", "age": 1}), Example("blue " * 300, {"name": "b", "age": 2}))
    generator = FunctionGenerator(person)
    generator.context = 400
    asker = Asker(plan(examples=examples, shots=1, max_tokens=100), JsonForm(PERSON), generator)
    text = "\n\n".join(["red 1"] + [f"Paragraph {n} of the text." for n in range(99)])
    document = Document("", "a", text)
    spans = asker.spans(document)
    assert len(spans) > 2
    for span in spans:
        messages = asker.request(document, span).messages
        assert messages[1].content == "red"
        assert generator.count(messages) + 100 <= 400
    long = Document("", "b", "blue 1 " * 20)  # its example is too long to be shown
    assert asker.spans(long) == [(0, len(long.text))]
    assert len(asker.request(long, (0, 9)).messages) == 2


def test_a_small_model_gets_a_prompt_of_its_own_and_no_other_does() -> None:
    general, small = (prompts.find("extract", ["text"], model).hash for model in ("openai:m", "smollm2"))
    assert general != small
    assert prompts.find("extract", ["text"], "llama:../smollm2").hash == general
    assert "extract" in prompts.names()
    assert prompts.find("extract.smollm2").hash == small  # by its name it is anyone's
    assert not [name for name in prompts.names() if "." in name]


def test_everything_that_decides_a_result_is_in_the_hash() -> None:
    base = plan()
    others = [
        plan({**PERSON, "title": "x"}),
        plan(examples=(Example("a", {}),)),
        plan(window=100),
        plan(overlap=0.2),
        plan(max_tokens=5),
        plan(temperature=0.5),
        plan(seed=3),
        plan(attempts=1),
        plan(shots=1),
        plan(grammar='root ::= "x"'),
    ]
    assert len({p.hash("m") for p in [base, *others]} | {base.hash("other")}) == len(others) + 2
    assert base.hash("m") == plan().hash("m")


def test_a_plan_that_cannot_work_is_refused() -> None:
    with pytest.raises(InputError, match="no place"):
        extract.Plan({}, prompts.read("mine", "Extract!"))
    with pytest.raises(InputError, match="--overlap"):
        plan(overlap=0.9)
    with pytest.raises(InputError, match="--max-tokens"):
        plan(max_tokens=0)


def test_many_records_keep_their_references() -> None:
    schema = {"$defs": {"d": {}}, "properties": {"a": {"$ref": "#/$defs/d"}, "b": {"$ref": "#"}}}
    wrapped = many(schema)
    inner = wrapped["properties"]["items"]["items"]
    assert wrapped["$defs"] == {"d": {}}
    assert inner["properties"] == {"a": {"$ref": "#/$defs/d"}, "b": {"$ref": "#/properties/items/items"}}
    assert output.is_multi(wrapped)
    assert not output.is_multi(PERSON)


def test_verbatim_marks_free_texts_only() -> None:
    schema = {
        "properties": {
            "a": {"type": ["string", "null"]},
            "b": {"type": "string", "format": "date"},
            "c": {"enum": ["x"], "type": "string"},
            "d": {"type": "array", "items": {"type": "string"}},
            "type": {"type": "integer"},
        }
    }
    marked = verbatim(schema)["properties"]
    assert [name for name, part in marked.items() if is_verbatim(part)] == ["a", "d"]
    assert not is_verbatim(schema)


def test_examples_are_read_and_checked(tmp_path: Path) -> None:
    path = tmp_path / "shots.jsonl"
    good = {"text": "Bob is 3.", "data": {"name": "Bob", "age": 3}}
    check = JsonForm(PERSON).check
    for text in (json.dumps(good) + "\n\n", json.dumps([good])):
        path.write_text(text)
        assert read_examples(path, check) == (Example(**good),)
    for text, message in [
        (json.dumps(good) + '\n{"text": "x", "data": {"name": 1}}', "line 2: its data do not fit"),
        ('{"text": "x"}', "line 1 is no example"),
        ("{", "line 1 is not JSON"),
        ("[{]", "is not JSON"),
        ("", "holds no examples"),
    ]:
        path.write_text(text)
        with pytest.raises(InputError, match=message):
            read_examples(path, check)
    with pytest.raises(InputError, match="cannot be read"):
        read_examples(tmp_path / "none", check)


# --- long documents


def test_a_long_document_is_asked_in_windows_and_merged() -> None:
    text = "\n\n".join(f"Person{n} is {n} years old." for n in range(300))
    people = many(PERSON)

    def all_of_them(window: str) -> str:
        found = [(line.split()[0], int(line.split()[2])) for line in window.split("\n\n")]
        return json.dumps({"items": [{"name": name, "age": age} for name, age in found]})

    generator = FunctionGenerator(all_of_them)
    generator.context = 600
    (record,) = extract.records([Document("", "long", text)], plan(people, max_tokens=200), JsonForm(people), generator)
    assert record.status == "done"
    assert [row["age"] for row in record.data["items"]] == list(range(300))
    assert len(generator.seen) > 4
    assert sum(len(window) for window in generator.seen) > len(text)  # they overlap


def test_a_window_that_fails_fails_its_document_by_name() -> None:
    text = "\n\n".join(f"Paragraph {n} of the text." for n in range(300))
    generator = FunctionGenerator(lambda window: "?" if "Paragraph 299 " in window else '{"name": "x", "age": 1}')
    generator.context = 600
    (record,) = extract.records(
        [Document("", "long", text)], plan(max_tokens=200, attempts=1), JsonForm(PERSON), generator
    )
    assert record.status == "failed"
    assert record.data is None
    assert "window " in record.error


def test_windows_that_do_not_fit_together_are_a_failure_not_a_cut() -> None:
    schema = {"type": "object", "properties": {"l": {"type": "array", "maxItems": 3}}}
    generator = FunctionGenerator(lambda window: json.dumps({"l": [window[:20], window[20:40]]}))
    generator.context = 600
    text = "\n\n".join(f"Paragraph {n} of the text." for n in range(300))
    (record,) = extract.records([Document("", "x", text)], plan(schema, max_tokens=200), JsonForm(schema), generator)
    assert record.status == "failed"
    assert "windows say does not fit together" in record.error


def test_a_prompt_that_leaves_no_room_is_said_before_anything_is_asked() -> None:
    generator = FunctionGenerator(person)
    generator.context = 100
    with pytest.raises(InputError, match="no room for a document"):
        extract.records(documents(1), plan(max_tokens=90), JsonForm(PERSON), generator)
    assert generator.seen == []


# --- the form


def test_a_reply_that_is_cut_may_say_less_next_time_and_at_last_cannot_be_cut() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "array", "items": {"type": "string"}}}, "required": ["a"]}
    form = SchemaForm(schema, max_tokens=300, attempts=3)
    first = form.first("")
    second = form.again(first, "", 2, '{"a": ["x')
    assert second is not None
    third = form.again(second, "", 3, '{"a": ["x')
    assert third is not None
    one, two, three = (what.shape.longest or 0 for what in (first, second, third))
    assert one > 900 >= two > 300 >= three
    assert form.check('{"a": ["x"]}') == {"a": ["x"]}
    for reply in ("{}", '{"a": 1}', '{"a": ["x"]', "NaN", '{"a": [], "a": []}'):
        with pytest.raises(OutputError):
            form.check(reply)


def test_what_failed_is_ruled_out_and_a_hosted_model_is_told() -> None:
    schema = {"type": "object", "required": ["a"], "properties": {"a": {"type": "string", "not": {"const": "no"}}}}
    form = SchemaForm(schema, max_tokens=300)
    held = form.again(form.first(""), "", 2, '{"a": "no"}')
    assert held is not None
    assert held.ruled_out
    assert not held.said
    form = SchemaForm(schema, max_tokens=300, told=True)
    what = form.again(form.first(""), "", 2, '{"a": "no"}')
    assert what is not None
    assert not what.ruled_out
    assert [message.role for message in what.said] == ["assistant", "user"]
    assert "does not fit" in what.said[1].content
    only = {"type": "object", "required": ["a"], "properties": {"a": {"enum": ["no"], "not": {"const": "no"}}}}
    with pytest.raises(InputError):
        SchemaForm(only, max_tokens=300)


def test_verbatim_strings_are_held_to_their_window() -> None:
    form = SchemaForm(verbatim(PERSON), max_tokens=300)
    assert "Lovelace" in form.first("Ada Lovelace is here").shape.grammar
    assert form.check('{"name": "Ada", "age": null}', "Ada Lovelace")
    with pytest.raises(OutputError, match="does not stand"):
        form.check('{"name": "Bob", "age": null}', "Ada Lovelace")


def test_verbatim_strings_are_shortened_too_when_a_reply_was_cut() -> None:
    text = "Ada Lovelace is here and there and everywhere else that one can be. " * 4
    form = SchemaForm(verbatim(PERSON), max_tokens=90)
    first = form.first(text)
    last = form.again(first, text, 3, '{"name": "Ada')
    assert last is not None
    assert (first.shape.longest or 0) > 250
    assert (last.shape.longest or 999) <= 90


# --- files


def rows() -> list[dict[str, Any]]:
    return [
        {"id": "a", "status": "done", "data": {"name": 'Ünï, "q"', "age": None}, "error": None, "note": None},
        {"id": "b", "status": "failed", "data": None, "error": "why", "note": None},
    ]


def test_rows_are_written_in_each_format() -> None:
    assert [json.loads(line) for line in output.text_of(rows(), "jsonl", PERSON).splitlines()] == rows()
    assert json.loads(output.text_of(rows(), "json", PERSON)) == rows()
    assert json.loads(output.text_of([], "json", PERSON)) == []
    listed = list(csv.DictReader(io.StringIO(output.text_of(rows(), "csv", PERSON))))
    assert list(listed[0]) == ["document", "name", "age", "status", "nowhere", "error", "note"]
    assert listed[0]["name"] == 'Ünï, "q"'
    assert (listed[1]["document"], listed[1]["status"], listed[1]["error"]) == ("b", "failed", "why")


def test_a_field_keeps_its_name_and_ours_gives_way() -> None:
    names = output.columns({"properties": {"status": {}, "Name": {}, "name": {}, "row_status": {}}})
    assert list(names.values()) == [
        "document",
        "status",
        "Name",
        "name_",
        "row_status",
        "row_status_",
        "nowhere",
        "error",
        "note",
    ]


def test_many_records_are_many_rows() -> None:
    data = {"items": [{"name": "a", "age": 1}, {"name": "b", "age": 2}]}
    row = {"id": "d", "status": "done", "data": data, "error": None, "note": None}
    flat = list(output.flat(row, many(PERSON)))
    assert [(r["document"], r["field name"], r["field age"]) for r in flat] == [("d", "a", 1), ("d", "b", 2)]
    assert output.types(many(PERSON))["field age"] == "integer"


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    path.write_text("old")
    with pytest.raises(ZeroDivisionError):
        output.write_file(path, ({"id": str(1 // n)} for n in (1, 0)), "jsonl", PERSON)
    assert path.read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["out.jsonl"]
    digest = output.write_file(path, rows(), "jsonl", PERSON)
    output.check_writable(path, digest, force=False)
    path.write_text("mine")
    with pytest.raises(InputError, match="no job wrote it"):
        output.check_writable(path, digest, force=False)
    output.check_writable(path, digest, force=True)


def test_a_file_that_cannot_be_written_to_its_end_is_said_and_the_rows_are_safe(tmp_path: Path) -> None:
    """As on a full disk: the system refuses to write on, here because the process may write no larger file."""
    code = "import resource, sys; from pathlib import Path; from rag.extract import output\n"
    code += "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
    code += "rows = [{'id': 'x' * 50, 'status': 'done', 'data': None}] * 10_000\n"
    code += "try: output.write_file(Path(sys.argv[1]), rows, 'jsonl', {})\n"
    code += "except Exception as error: print(type(error).__name__, error.message, error.hint)"
    path = tmp_path / "out.jsonl"
    path.write_text("old")
    ran = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True)
    assert ran.stdout.startswith(f"RagError {path} was not written: ")
    assert "safe in the database" in ran.stdout
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("out.jsonl", "old")]


# --- the command

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
    assert lines[0]["evidence"]["/age"] == {"start": 7, "end": 9, "quote": "36"}
    with sqlite3.connect(tmp_path / "rag.db") as file:
        assert file.execute("select document, name, age, status from people").fetchall() == [
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
        (["in.jsonl", "--price", "x"], "no price"),
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
