"""Leaning: which values of an enum a text speaks of, at every place of a reply; and that a real model follows it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag import grammar, models
from rag.extract import Plan, SchemaForm, leaning
from rag.extract.leaning import Leaning
from rag.prompts import find
from rag.types import Message, Request, Sampling

PLACE = {
    "type": "object",
    "required": ["kind", "food", "tags"],
    "additionalProperties": False,
    "properties": {
        "kind": {"enum": [None, "coffee shop", "pub", "restaurant"]},
        "food": {"anyOf": [{"$ref": "#/$defs/food"}, {"type": "null"}]},
        "tags": {"type": "array", "items": {"enum": ["cheap", "city_centre", "riverside"]}},
        "open": {"enum": ["yes", "no"]},
        "name": {"type": "string"},
    },
    "$defs": {"food": {"enum": ["Chinese", "English", "New English"]}},
}
TEXT = "Yes: a Coffee\nShop with new English food, in the city-centre and by the Riverside. Open: no."


@pytest.mark.parametrize(
    ("reply", "wanted"),
    [
        ("", []),
        ("{", []),
        ('{"kind', ['":"coffee shop"']),
        ('{"kind"', [':"coffee shop"']),
        ('{"kind":', ['"coffee shop"']),
        ('{"kind":"cof', ['fee shop"']),
        ('{"kind":"p', []),
        ('{"kind":"coffee shop"', []),
        ('{"kind":null,"food":', ['"New English"']),  # and not English, which stands in it only
        ('{"tags":', ['["city_centre"', '["riverside"']),
        ('{"tags":["cheap"', [',"city_centre"', ',"riverside"']),
        ('{"tags":["riverside",', ['"city_centre"']),
        ('{"tags":["riverside","city_centre"', []),
        ('{"tags": [ "riverside" , "', ['city_centre"']),
        ('{"open":', []),  # "yes" and "no" stand in many texts
        ('{"name":"coffee', []),
        ('{"name":"\\"kind\\":', []),
        ('{"name":"a","kind":', ['"coffee shop"']),
        ('{"other":{"kind":', []),
    ],
)
def test_what_a_reply_should_rather_say(reply: str, wanted: list[str]) -> None:
    assert list(Leaning(PLACE, TEXT).after(reply)) == wanted
    step_by_step = Leaning(PLACE, TEXT)
    assert [list(step_by_step.after(reply[:end])) for end in range(len(reply) + 1)][-1] == wanted
    step_by_step.after('{"food":"En')  # another reply
    assert list(step_by_step.after(reply)) == wanted


def test_scripts_without_blanks_are_searched_within_and_others_by_whole_words() -> None:
    schema = {"enum": ["北京", "cat", "Öl"]}
    assert list(Leaning(schema, "他在北京工作").after("")) == ['"北京"']
    assert list(Leaning(schema, "to concatenate").after("")) == []
    assert list(Leaning({"enum": ["Öle", "Tee"]}, "Die Öle, Teer").after("")) == ['"Öle"']


def test_a_schema_without_an_enum_has_no_leaning() -> None:
    closed = {"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": False}
    assert leaning.of(closed, "a") is None
    assert leaning.of({"type": "array", "items": {"enum": ["abc"]}}, "a") is not None


SILENT = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "age": {"type": "integer"},
        "home": {"type": "object", "properties": {"city": {}}},
    },
}


@pytest.mark.parametrize(
    ("reply", "wanted", "unwanted"),
    [
        ("{", {'"name":', '"age":', '"home":'}, set()),
        ('{"', {'name":', 'age":', 'home":'}, set()),
        ('{"na', {'me":'}, set()),
        ('{"x', set(), set()),
        ('{"age":1', set(), set()),  # another key may follow
        ('{"age":1,', {'"home":'}, set()),
        ('{"age":1,"home":{"city":"a', set(), {'",', '"},'}),
        ('{"age":1,"home":{"city":1', set(), {",", "},"}),
        ('{"home":{}', set(), {","}),
        ('{"name":"a","home":{"city":[', set(), set()),
    ],
)
def test_keys_that_a_schema_does_not_name_are_left_out(reply: str, wanted: set[str], unwanted: set[str]) -> None:
    ways = Leaning(SILENT, "").after(reply)
    assert {text for text, nats in ways.items() if nats > 0} == wanted
    assert {text for text, nats in ways.items() if nats < 0} == unwanted
    assert Leaning({**SILENT, "additionalProperties": True, "properties": {"name": {}}}, "").after(reply) == {}


WORDS = st.sampled_from(["red", "dark red", "blue", 'a "b" c', "back\\slash", "größe", "x-ray", "yes", "ab", ""])
ENUMS = st.lists(WORDS, min_size=1, max_size=4, unique=True)


@given(st.dictionaries(WORDS, st.tuples(ENUMS, st.booleans()), min_size=1, max_size=4), st.lists(WORDS, max_size=4))
def test_who_follows_it_writes_what_fits_and_stands_in_the_text(
    fields: dict[str, tuple[list[str], bool]], words: list[str]
) -> None:
    text = "; ".join(words)
    schema: dict[str, Any] = {"type": "object", "properties": {}, "additionalProperties": False}
    for name, (values, listed) in fields.items():
        schema["properties"][name] = {"type": "array", "items": {"enum": values}} if listed else {"enum": values}
    follows = Leaning(schema, text)
    reply = ""
    for name, (values, listed) in fields.items():
        reply += ("," if reply else "{") + json.dumps(name, ensure_ascii=False)
        if not (wanted := list(follows.after(reply))):
            assert not any(len(value) > 2 and value != "yes" and value in words for value in values)
            reply += ":[]" if listed else ":" + json.dumps(values[0], ensure_ascii=False)
            continue
        assert all(json.loads(way.lstrip(":[")) in text for way in wanted)
        reply += wanted[0]
        while listed and (wanted := list(follows.after(reply))):
            reply += wanted[-1]
        reply += "]" * listed
    jsonschema.validate(json.loads(reply + "}"), schema)


@pytest.mark.model
def test_the_bundled_model_takes_the_value_that_the_document_names() -> None:
    schema = {
        "type": "object",
        "required": ["food", "area"],
        "additionalProperties": False,
        "properties": {
            "food": {"enum": ["Chinese", "English", "Indian", "Japanese"]},
            "area": {"enum": ["city centre", "harbour", "riverside", None]},
        },
    }
    form, plan = SchemaForm(schema, 60), Plan(schema, find("extract", ["text"], "smollm2"))
    for slots in (1, 4):
        with models.generator("smollm2", threads=1, slots=slots) as model:
            texts = [f"Try Sam's, a small place for {food} dishes by the {area}." for food, area in ASKED]
            requests = [Request(plan.messages(text), form.first(text).shape, Sampling(60)) for text in texts]
            replies = dict(model.generate_many(requests))
        assert [tuple(json.loads(replies[n].text).values()) for n in range(len(ASKED))] == ASKED


@pytest.mark.model
def test_the_bundled_model_keeps_to_the_keys_of_a_schema_that_does_not_close_its_objects() -> None:
    schema = {"type": "object", "required": ["dish"], "properties": {"dish": {"type": "string", "maxLength": 30}}}
    shape = SchemaForm(schema, 60).first("").shape
    assert "additionalProperties" in {one.keyword for one in shape.residual}  # others fit, too
    asked = [Message("user", "Describe the dish as JSON with its dish, price and country: ramen, 12 euros, Japan.")]
    with models.generator("smollm2", threads=1, slots=1) as model:
        replies = [model.generate(asked, held, Sampling(80)).text for held in (shape, replace(shape, leaning=None))]
    assert list(json.loads(replies[0])) == ["dish"]
    assert '","' in replies[1]  # by itself it goes on


@pytest.mark.model
def test_a_leaning_reaches_a_text_that_the_model_would_hardly_begin() -> None:
    schema = {"enum": ["blue", "red", "ʘ¶qzx"], "x-ways": {'"ʘ¶qzx"': 60.0}}
    shape = replace(grammar.compile(schema), leaning=Leaning(schema, ""))
    with models.generator("smollm2", threads=1, slots=1) as model:
        reply = model.generate([Message("user", "Name a colour.")], shape, Sampling(20))
    assert json.loads(reply.text) == "ʘ¶qzx"


ASKED = [("Japanese", "harbour"), ("Indian", "riverside"), ("English", "city centre")]
