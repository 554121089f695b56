"""Kinds of schemas that were read wrongly once: what they admit, what they refuse, and how long it takes to say so."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from grammar_walks import Walker, verdict
from hypothesis import given
from hypothesis import strategies as st

from rag import grammar
from rag.errors import InputError, OutputError
from rag.grammar import READING, WRITING, Limits
from rag.grammar.schema.narrowing import once
from rag.models.llama.matcher import Matcher, smollm2_matcher

LETTERS = {"type": "object", "patternProperties": {r"^\p{L}+$": {"type": "integer"}}, "additionalProperties": False}
OVERLAPPING = {
    "patternProperties": {char: {"type": "integer"} for char in "abcdefghijkl"},
    "additionalProperties": False,
}
NESTED_IF = {"if": {"type": "array"}, "else": {"additionalProperties": False}}
LOOP = {"anyOf": [{"$ref": "#"}, {"type": "string"}]}
FITS: list[tuple[Any, Any]] = [
    ({"type": "string", "pattern": r"^\p{L}+$"}, "Москва"),
    ({"type": "string", "pattern": r"^\p{Lu}\p{Ll}+$"}, "Änne"),
    ({"type": "string", "not": {"pattern": r"\p{L}"}}, "12 !"),
    (LETTERS, {"Москва": 1}),
    ({"required": ["a"], "minProperties": 2}, {"a": 1, "b": 2}),
    ({"type": "object", "propertyNames": {"not": {"pattern": "^a"}}}, {"b": 1}),
    ({"type": "object", **OVERLAPPING}, {"a": 1}),
    ({"if": {"oneOf": [{"const": False}]}, "then": {"type": "boolean"}}, "abc"),
    ({"type": "object", "if": NESTED_IF, "then": {"const": None}}, {"a": 1}),
    ({"type": "string", "nullable": True}, None),
    (LOOP, "x"),
    ({"type": "number", "minimum": 123456789012345678}, 123456789012345679),
    ({"not": {"contains": {"type": "string"}}}, [1, 2]),
    ({"type": "object", "not": {"dependentRequired": {"a": ["b"]}}}, {"a": 1}),
    ({"type": "string", "format": "uri"}, "https://www.example.com/a/rather/long/path?query=of#words"),
    ({"type": "string", "format": "uri", "maxLength": 200}, "https://www.example.com/path"),
    ({"type": "string", "format": "email", "maxLength": 254}, "john.doe@mail.example.org"),
    ({"type": "string", "pattern": "^[a-z]+(-[a-z]+)*$"}, "a-rather-long-name-of-several-words-in-a-row"),
]  # fmt: skip
WRONG: list[tuple[Any, Any]] = [
    ({"type": "string", "not": {"pattern": r"\p{L}"}}, "Москва"),
    ({"type": "string", "not": {"pattern": r"\W"}}, "é"),
    (LETTERS, {"1": 1}),
    ({"$schema": "http://json-schema.org/draft-07/schema#", "type": "string", "nullable": True}, None),
    ({"type": "string", "nullable": True, "enum": ["a"]}, None),
    (LOOP, 1),
    ({"$schema": "https://json-schema.org/draft/2019-09/schema", "dependencies": {"a": ["b"]}}, {"a": 1}),
    ({"type": "number", "exclusiveMinimum": 1e17}, 1e17),
]


@pytest.fixture(scope="module")
def matcher() -> Matcher:
    return smollm2_matcher()


def admits(matcher: Matcher, schema: Any, value: Any, limits: Limits) -> bool:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return matcher.admits(grammar.compile(schema, limits=limits).grammar, text)


@pytest.mark.model
@pytest.mark.parametrize(("schema", "value"), FITS)
def test_what_fits_is_admitted(matcher: Matcher, schema: Any, value: Any) -> None:
    assert grammar.check(value, schema) == []
    assert admits(matcher, schema, value, WRITING)
    assert admits(matcher, schema, value, READING)


@pytest.mark.model
@pytest.mark.parametrize(("schema", "value"), WRONG)
def test_what_does_not_fit_is_refused(matcher: Matcher, schema: Any, value: Any) -> None:
    assert grammar.check(value, schema)
    assert not admits(matcher, schema, value, WRITING)
    assert not admits(matcher, schema, value, READING)


CONTRARIES = [
    {"type": "string", "not": {"pattern": pattern}} for pattern in (r"\W", r"\D", r"\s", r"\S", "^.$", "(?i)é")
]
CONTRARIES += [
    {"oneOf": [{"type": "string", "format": one}, {"type": "string", "format": other}]}
    for one, other in [("idn-hostname", "uuid"), ("uri", "idn-email"), ("iri", "idn-email"), ("date", "hostname")]
]
CONTRARIES += [
    {"type": "string", "not": {"format": "email"}},
    {"patternProperties": {r"^\w": False}, "minProperties": 1},
]


@pytest.mark.parametrize("schema", CONTRARIES)
@pytest.mark.parametrize("limits", [WRITING, READING])
def test_a_contrary_admits_nothing_of_what_it_excludes(schema: Any, limits: Limits) -> None:
    shape = grammar.compile(schema, limits=limits)
    walker = Walker(shape.grammar)
    assert {verdict(walker.walk(random.Random(seed), 200), schema, shape) for seed in range(60)} <= {
        "valid",
        "declared",
    }
    assert not {one.keyword for one in shape.residual} & {"not", "oneOf", "pattern", "format"}


@pytest.mark.parametrize("schema", [{"required": ["\ud800"]}, {"properties": {"\ud800": {}}, "required": ["\ud800"]}])
def test_half_of_a_surrogate_pair_is_no_key(schema: Any) -> None:
    with pytest.raises(InputError, match="half of a surrogate pair"):
        grammar.compile({"type": "object", **schema})


ENDS = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**40), 10**40)
BOUNDS = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"]


@given(
    kind=st.sampled_from(["number", "integer"]),
    bounds=st.dictionaries(st.sampled_from(BOUNDS), ENDS, max_size=3),
    limits=st.sampled_from([WRITING, READING]),
    seed=st.integers(0, 9),
)
def test_numbers_lie_within_ends_of_any_size(kind: str, bounds: dict[str, Any], limits: Limits, seed: int) -> None:
    schema = {"type": kind, **bounds}
    try:
        shape = grammar.compile(schema, limits=limits)
    except InputError as error:
        assert "nothing fits" in error.message  # noqa: PT017
        return
    text = Walker(shape.grammar).walk(random.Random(seed), 500)
    assert grammar.check(grammar.parse(text), schema) == []


def doubling(levels: int) -> Any:
    parts: dict[str, Any] = {"a0": {"type": "string", "minLength": 2}}
    for level in range(1, levels):
        parts[f"a{level}"] = {"allOf": [{"$ref": f"#/$defs/a{level - 1}"}] * 2}
        parts[f"a{level}"] = json.loads(json.dumps(parts[f"a{level}"]))
    return {"$defs": parts, "$ref": f"#/$defs/a{levels - 1}"}


def test_references_that_double_are_followed_once() -> None:
    assert grammar.check("ab", doubling(60)) == []
    assert {problem.keyword for problem in grammar.check("a", doubling(60))} == {"minLength"}


def test_three_hundred_objects_in_each_other() -> None:
    schema: Any = {"type": "string"}
    value: Any = "x"
    for _ in range(300):
        schema, value = {"type": "object", "properties": {"a": schema}, "required": ["a"]}, {"a": value}
    assert grammar.compile(schema).grammar
    assert grammar.check(value, schema) == []


@pytest.mark.parametrize("negative", [False, True])
def test_thirty_patterns_together_are_named_where_they_are_too_much(negative: bool) -> None:
    laws = [{"pattern": f"{chr(97 + number % 26)}.*{number}"} for number in range(30)]
    shape = grammar.compile({"type": "string", "allOf": [{"not": law} if negative else law for law in laws]})
    assert {one.keyword for one in shape.residual} == {"not" if negative else "pattern"}


def test_what_is_cut_is_cut_though_a_key_stands_there_twice() -> None:
    text = '{"a":{"x":1,"x":2},"b":{"y":1,'
    with pytest.raises(OutputError, match="not JSON"):
        grammar.parse(text)
    assert once('{"a":{"x":1,"x":2}}') == [{"properties": {"a": {"properties": {"x": True}}}}]


SOURCE = "soft\u00adware foo \u200b bar. 東京タワーは高い。 I don't know; 한국어를 배워요 ภาษาไทย"


@pytest.mark.model
@pytest.mark.parametrize(
    "run", ["soft\u00adware", "foo \u200b bar", "京タワ", "don't know", "국어를", "ษาไ", "bar. 東"]
)
def test_runs_of_words_are_admitted_in_every_script(matcher: Matcher, run: str) -> None:
    schema = {"type": "string", "x-verbatim": True}
    gbnf = grammar.compile(schema, source=SOURCE).grammar
    assert matcher.admits(gbnf, json.dumps(run, ensure_ascii=False))


@pytest.mark.model
@pytest.mark.parametrize("run", ["software", "foo bar", "don", "t know", "oft", ""])
def test_nothing_is_joined_or_torn(matcher: Matcher, run: str) -> None:
    gbnf = grammar.compile({"type": "string", "x-verbatim": True}, source=SOURCE).grammar
    assert not matcher.admits(gbnf, json.dumps(run, ensure_ascii=False))


def test_a_source_that_is_too_long_is_named() -> None:
    shape = grammar.compile({"type": "string", "x-verbatim": True}, source="word " * 50_000)
    assert [(one.keyword, one.why) for one in shape.residual] == [
        ("x-verbatim", "the source text has 250,000 characters, 200,000 are taken")
    ]


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        ({"type": "number", "not": {"type": "integer"}}, "396753674415855.02"),
        ({"type": "number", "not": {"const": 5}}, "5.0000000000000000001"),
    ],
)
def test_digits_that_a_float_forgets_do_not_hide_what_is_excluded(matcher: Matcher, schema: Any, text: str) -> None:
    assert grammar.check(json.loads(text), schema)
    for limits in (READING, WRITING):
        shape = grammar.compile(schema, limits=limits)
        assert not shape.residual
        assert not matcher.admits(shape.grammar, text)
        assert matcher.admits(shape.grammar, "2.5")
