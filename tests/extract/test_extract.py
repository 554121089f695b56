"""Extraction: prompts, examples, and the form of a reply."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest
from extraction import PERSON, FunctionGenerator, JsonForm, person, plan
from hypothesis import given
from hypothesis import strategies as st

from rag import extract, prompts
from rag.errors import InputError, OutputError
from rag.extract import Example, SchemaForm, output
from rag.extract.asker import Asker
from rag.extract.examples import many, read_examples, verbatim
from rag.extract.plan import fields, rules
from rag.extract.similar import WORD, Similar
from rag.grammar.attempts import Misfit
from rag.grammar.schema.verbatim import is_verbatim
from rag.types import Document

TEXTS = st.text(alphabet="ab \n\té.?🙂", max_size=300)

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


def test_rules_are_known_by_their_files(tmp_path: Path) -> None:
    found = []
    for text in ("a", "b", "a"):
        (tmp_path / "roles.py").write_text(text)
        (tmp_path / "notes.md").write_text(f"{text} {len(found)}")
        rules.cache_clear()
        found.append(rules(tmp_path))
    assert found[0] == found[2] != found[1]


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
        plan(near="the embedder"),
        plan(judge="the judge"),
        plan(rules="the rules"),
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


# --- the form


def test_a_reply_that_is_cut_may_say_less_next_time_and_at_last_cannot_be_cut() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "array", "items": {"type": "string"}}}, "required": ["a"]}
    form = SchemaForm(schema, max_tokens=300, attempts=3)
    first = form.first("")
    second = form.again(first, Misfit("cut", '{"a": ["x', cut=True), 2, "")
    assert second is not None
    third = form.again(second, Misfit("cut", '{"a": ["x', cut=True), 3, "")
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
    with pytest.raises(Misfit) as wrong:
        form.check('{"a": "no"}')
    held = form.again(form.first(""), wrong.value, 2, "")
    assert held is not None
    assert held.ruled_out
    assert not held.said
    form = SchemaForm(schema, max_tokens=300, told=True)
    what = form.again(form.first(""), wrong.value, 2, "")
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
    last = form.again(first, Misfit("cut", '{"name": "Ada', cut=True), 3, text)
    assert last is not None
    assert (first.shape.longest or 0) > 250
    assert (last.shape.longest or 999) <= 90


def test_documents_that_are_shown_the_same_examples_are_asked_one_after_the_other() -> None:
    shown = [Example(f"{colour} {n}", {"name": colour, "age": n}) for n, colour in enumerate(("red", "blue", "green"))]
    asked: list[str] = []

    def reply(text: str) -> str:
        asked.append(text)
        return '{"name": "x", "age": 1}'

    given = [Document("", f"d{n}", f"{('red', 'blue', 'green')[n % 3]} thing {n}") for n in range(9)]
    rows = extract.records(given, plan(examples=tuple(shown), shots=1), JsonForm(PERSON), FunctionGenerator(reply))
    colours = [next(c for c in ("red", "blue", "green") if c in text.split("\n")[-1]) for text in asked]
    assert sum(one != other for one, other in itertools.pairwise(colours)) == 2
    assert [row.document for row in rows] == given  # and they come out in the order in which they went in
