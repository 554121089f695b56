"""What a grammar for writing takes: keys by patterns, two orders, hundreds of alternatives of Chinese."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from typing import Any

import pytest

from rag import grammar
from rag.grammar import READING, WRITING
from rag.models.llama.matcher import Matcher, smollm2_matcher

CHANCE = random.Random(5)
WORDS = ["".join(chr(CHANCE.randrange(0x4E00, 0x9FA5)) for _ in range(CHANCE.randrange(2, 5))) for _ in range(400)]
WORD = f"({'|'.join(WORDS)})"


@pytest.fixture(scope="module")
def matcher() -> Matcher:
    return smollm2_matcher()


def admitted(matcher: Matcher, schema: Any, *values: Any, **limits: Any) -> list[bool]:
    text = grammar.compile(schema, **limits).grammar
    return [matcher.admits(text, json.dumps(value, ensure_ascii=False, separators=(",", ":"))) for value in values]


@pytest.mark.parametrize(
    ("pattern", "right", "wrong"),
    [
        (f"{WORD}$", f"ab{WORDS[3]}", f"{WORDS[3]}ab"),
        (f"^.*{WORD}.*$", f"ab{WORDS[7]}cd", "abcd"),
        (f"^(?!{WORD}).*$", "abcd", f"{WORDS[9]}cd"),
        (f"^{WORD}(,{WORD})*$", f"{WORDS[1]},{WORDS[2]}", f"{WORDS[1]},"),
    ],
)
def test_hundreds_of_alternatives_of_many_characters(matcher: Matcher, pattern: str, right: str, wrong: str) -> None:
    schema = {"type": "string", "pattern": pattern}
    shape = grammar.compile(schema)
    assert not shape.residual
    assert len(shape.grammar) < 150_000
    assert admitted(matcher, schema, right, wrong) == [True, False]


def test_what_would_take_a_million_ranges_is_named(matcher: Matcher) -> None:
    for schema in ({"not": {"pattern": WORD}}, {"allOf": [{"pattern": WORD}, {"pattern": "^[^x]*$"}]}):
        shape = grammar.compile({"type": "string", **schema})
        assert shape.residual
        assert len(shape.grammar) < 1000
    bounded = {"type": "string", "pattern": WORD, "maxLength": 20}
    assert not grammar.compile(bounded).residual
    assert admitted(matcher, bounded, f"ab{WORDS[5]}", "x" * 20, f"ab{WORDS[5]}" + "x" * 20) == [True, False, False]


def test_an_object_that_says_nothing_of_other_keys_may_have_some_if_limits_say_so(matcher: Matcher) -> None:
    few, most = replace(WRITING, silent=2), {"m": 1, "n": 1}
    silent = {"type": "object", "properties": {"a": {"type": "integer"}, "b": {}}, "required": ["a"]}
    values = [{"a": 1} | most, {"a": 1, "b": 2} | most, {"a": 1} | most | {"o": 1}, {"a": "x"}, most]
    assert admitted(matcher, silent, {"a": 1}, *values) == [True, False, False, False, False, False]
    assert admitted(matcher, silent, {"a": 1}, *values, limits=few) == [True, True, True, False, False, False]
    assert admitted(matcher, {**silent, "maxProperties": 2}, *values[:2], {"a": 1, "m": 1}, limits=few)[::2] == [
        False,
        True,
    ]
    for said in ({"additionalProperties": False}, {"patternProperties": {"^x": {}}}, {"unevaluatedProperties": False}):
        assert admitted(matcher, silent | said, {"a": 1, "m": 1}, limits=few) == [False]
    assert admitted(matcher, silent | {"additionalProperties": True}, values[2], limits=few) == [True]
    nested = {"allOf": [silent, {"properties": {"c": {}}}]}
    assert admitted(matcher, nested, {"a": 1, "c": 2, "m": 3}, {"a": 1, "c": 2} | most | {"o": 1}, limits=few) == [
        True,
        False,
    ]
    assert few.tighter().silent == 0  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("pattern", "key"),
    [
        ("^[0-9a-zA-Z_-]{1,255}$", "temperature_at_noon"),
        ("^iglu:", "iglu:com.snowplowanalytics.snowplow/recoveries/jsonschema/4-0-0"),
        ("sdkrel:.*", "sdkrel:my_path"),
    ],
)
def test_a_key_by_a_pattern_has_room(matcher: Matcher, pattern: str, key: str) -> None:
    closed = {"type": "object", "patternProperties": {pattern: {"type": "integer"}}, "additionalProperties": False}
    assert admitted(matcher, closed, {key: 1}, {key: "a"}, {"#": 1}) == [True, False, False]
    other = {**closed, "additionalProperties": {"type": "string"}}
    assert admitted(matcher, other, {key: 1, "#my": "a"}, {key: "a"}, {"#my": 1}) == [True, False, False]


def test_a_pattern_that_a_named_key_fits_leaves_it_its_own_value(matcher: Matcher) -> None:
    schema = {
        "type": "object",
        "properties": {"x_a": {"type": "string"}},
        "patternProperties": {"^x_": {"minLength": 2, "type": "string"}},
        "additionalProperties": False,
    }
    assert admitted(matcher, schema, {"x_a": "ab", "x_b": "cd"}, {"x_b": "c"}, {"x_a": "a"}) == [True, False, False]


def test_an_undeclared_key_may_be_long_beside_a_long_name(matcher: Matcher) -> None:
    schema = {"type": "object", "properties": {"n" * 60: {}}, "additionalProperties": {"type": "integer"}}
    assert admitted(matcher, schema, {"an_additional_property_of_some_length": 1}) == [True]


def test_keys_come_in_the_order_of_the_properties_or_of_required(matcher: Matcher) -> None:
    schema = {
        "type": "object",
        "properties": {"dimensions": {"type": "integer"}, "note": {"type": "string"}, "shape": {"type": "string"}},
        "required": ["shape", "dimensions"],
        "additionalProperties": False,
    }
    right = [
        {"dimensions": 1, "note": "a", "shape": "b"},
        {"dimensions": 1, "shape": "b"},
        {"shape": "b", "dimensions": 1, "note": "a"},
        {"shape": "b", "dimensions": 1},
    ]
    wrong = [{"note": "a", "shape": "b", "dimensions": 1}, {"shape": "b"}, {"shape": "b", "note": "a"}]
    assert admitted(matcher, schema, *right, *wrong) == [True] * 4 + [False] * 3
    assert admitted(matcher, schema, *right, wrong[0], limits=READING) == [True] * 5
    one = {**schema, "required": ["dimensions", "shape"]}
    assert admitted(matcher, one, *right) == [True, True, False, False]
