# ruff: noqa: E501 (tables)
"""Properties of grammars: what is drawn out of one fits its schema; what fits a schema is admitted; llama.cpp agrees."""

from __future__ import annotations

import json
import os
import random
from collections import Counter
from pathlib import Path

import pytest
from grammar_adversary import TIGHT, Adversary
from grammar_oracle import oracle
from grammar_walks import Walker, verdict
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from test_grammar import CASES

from rag import grammar
from rag.errors import InputError
from rag.grammar import READING, WRITING
from rag.grammar.schema import validation as checking

SHARED = Path(os.environ.get("RAG_SHARED_DATA", Path(__file__).parents[3] / "shared" / "data"))

texts = st.sampled_from(["a", "b", "ab", 'q"', "\\", "é", ""])
scalars = st.one_of(
    st.just({"type": "boolean"}),
    st.just({"type": "null"}),
    st.builds(lambda low, more: {"type": "integer", "minimum": low, "maximum": low + more}, st.integers(-30, 30), st.integers(0, 200)),
    st.builds(lambda low: {"type": "number", "exclusiveMinimum": low / 4, "maximum": low + 9}, st.integers(-9, 9)),
    st.builds(lambda n, m: {"type": "string", "minLength": n, "maxLength": n + m}, st.integers(0, 3), st.integers(0, 4)),
    st.sampled_from(["^[a-c]+$", "b", "^a|b$", "^(?!a)[ab]*$", "^.{2}$", "[^a]$", "^\\S*$"]).map(lambda p: {"type": "string", "pattern": p, "maxLength": 9}),
    st.sampled_from(["date", "time", "date-time", "email", "uri", "uuid", "ipv4", "ipv6", "hostname", "duration"]).map(lambda f: {"type": "string", "format": f}),
    st.lists(st.one_of(texts, st.integers(-3, 3), st.none()), min_size=1, max_size=4).map(lambda values: {"enum": values}),
    st.builds(lambda k: {"type": "integer", "multipleOf": k, "minimum": -99, "maximum": 99}, st.integers(1, 30)),
    texts.map(lambda text: {"type": "string", "not": {"const": text}, "maxLength": 5}),
)  # fmt: skip


def composite(inner: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    properties = st.dictionaries(st.sampled_from(["a", "ab", "b", 'c"']), inner, max_size=3)
    objects = st.builds(
        lambda named, needed, rest, low: {
            "type": "object",
            "properties": named,
            "required": [name for name in named if name in needed],
            **({} if rest is None else {"additionalProperties": rest}),
            **({"minProperties": low} if low <= len(named) else {}),
        },
        properties,
        st.sets(st.sampled_from(["a", "b"])),
        st.sampled_from([None, True, False, {"type": "integer"}]),
        st.integers(0, 2),
    )
    return st.one_of(
        objects,
        st.builds(lambda item, low, more: {"type": "array", "items": item, "minItems": low, "maxItems": low + more}, inner, st.integers(0, 2), st.integers(0, 2)),
        st.builds(lambda first, rest: {"type": "array", "prefixItems": [first], "items": rest}, inner, inner),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"anyOf": parts}),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"oneOf": parts}),
        st.lists(objects, min_size=2, max_size=2).map(lambda parts: {"allOf": parts}),
        st.builds(lambda one, two, three: {"type": "object", "properties": {"a": one}, "if": {"properties": {"a": two}}, "then": {"required": ["b"], "properties": {"b": three}}}, inner, scalars, inner),
        st.builds(lambda part, known: {"type": "object", "patternProperties": {"^a": part, "b$": known}, "additionalProperties": False}, inner, scalars),
    )  # fmt: skip


schemas = st.recursive(scalars, composite, max_leaves=8)


@settings(deadline=None, suppress_health_check=list(HealthCheck))
@given(schemas, st.sampled_from([WRITING, READING]), st.integers(0, 2**32))
def test_what_is_drawn_out_of_a_grammar_fits_its_schema(schema: object, limits: grammar.Limits, seed: int) -> None:
    try:
        shape = grammar.compile(schema, limits=limits)
    except InputError:
        return
    walker = Walker(shape.grammar)
    for n in range(6):
        text = walker.walk(random.Random(seed + n), 200)
        if shape.longest is not None:
            assert len(text.encode()) <= shape.longest
        try:
            problems = checking.check(checking.parse(text), schema)
        except checking.DuplicateKey:
            assert {"additionalProperties", "patternProperties", "properties"} & {
                residual.keyword for residual in shape.residual
            }
            continue
        assert not problems or [r for r in shape.residual if "twice; the parser" not in r.why], (text, problems)


values = st.recursive(
    st.one_of(texts, st.sampled_from(["aa", "bb", "ba", "xyz"]), st.integers(-40, 40), st.integers(-9, 9).map(lambda n: n / 4), st.none(), st.booleans()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(["a", "ab", "b", 'c"', "z"]), inner, max_size=3)),
    max_leaves=4,
)  # fmt: skip


@settings(deadline=None, suppress_health_check=list(HealthCheck))
@given(schemas, st.lists(values, min_size=20, max_size=20))
@example(
    {"type": "object", "properties": {"a": {"type": "null"}}, "minProperties": 2}, [{"b": None, "a": None}, {"a": None}]
)
@example(
    {"type": "object", "properties": {"a": {}}, "required": ["b"], "maxProperties": 2},
    [{"a": 1, "b": 2}, {"c": 1, "b": 2}],
)
@example({"if": {"properties": {"a": {"type": "array", "contains": True}}}, "then": {"required": ["b"]}}, [{"a": "x"}])
def test_what_fits_a_schema_is_admitted_for_reading(schema: object, several: list[object]) -> None:
    told = json.dumps(schema)
    if "format" in told or ("multipleOf" in told and ('"if"' in told or '"oneOf"' in told)):
        return  # of a format a part is written; that a number is no multiple of another cannot be
    fitting = [value for value in several if not checking.check(value, schema)]
    try:
        shape = grammar.compile(schema, limits=READING)
    except InputError:
        assert fitting == []
        return
    admits = oracle(shape.grammar)
    written = [json.dumps(value, ensure_ascii=False, separators=(",", ":")) for value in fitting]
    assert [text for text in written if not admits(text)] == []


def bench(step: int) -> list[object]:
    """Every so many schemas of the visible bench, where it is there; else those of the table."""
    file = SHARED / "jsonschemabench" / "schemas.jsonl"
    if not file.is_file():
        return [schema for schema, _, _ in CASES.values()]
    return [json.loads(line)["schema"] for line in file.read_text("utf-8").splitlines()[::step]]


def test_walks_through_real_schemas_fit_or_are_named() -> None:
    for schema in bench(15):
        try:
            shape = grammar.compile(schema)
        except InputError:
            continue
        walker = Walker(shape.grammar)
        for seed in range(4):
            text = walker.walk(random.Random(seed), 300)
            assert verdict(text, schema, shape) in ("valid", "declared"), text


@pytest.fixture(scope="module")
def matcher() -> object:
    from rag.models.llama.matcher import smollm2_matcher

    return smollm2_matcher()


@pytest.mark.model
@pytest.mark.parametrize("name", CASES)
def test_llama_cpp_reads_our_grammars_as_we_do(name: str, matcher) -> None:
    schema, good, bad = CASES[name]
    gbnf = grammar.compile(schema, limits=READING).grammar
    assert [text for text in good if not matcher.admits(gbnf, text)] == []
    assert [text for text in bad if matcher.admits(gbnf, text)] == []


@pytest.mark.model
def test_random_tokens_under_a_grammar_make_valid_json(matcher) -> None:
    """The adversary: whatever tokens are drawn, what comes to an end fits, or the residual says why not."""
    adversary = Adversary(matcher, 5)
    found = Counter()
    for schema in bench(24):
        try:
            shape = grammar.compile(schema, limits=TIGHT)
        except InputError:
            continue
        text = adversary.write(shape.grammar, 200)
        found["cut" if text is None else verdict(text, schema, shape)] += 1
    assert found["not JSON"] == found["undeclared"] == 0
    assert found["valid"] > 15


@pytest.mark.model
@pytest.mark.parametrize("text", ['root ::= "a"', 'root ::= [a-z]{1,1900} | ("b" "c")*', *[json.dumps(None)]])
def test_loading_through_llama_cpp_says_yes_or_why(text: str) -> None:
    if text.startswith("root"):
        grammar.load_check(text)
    else:
        with pytest.raises(InputError, match="line 1"):
            grammar.load_check(text)


@pytest.mark.model
def test_the_bundled_model_writes_what_fits() -> None:
    from rag.models import generator
    from rag.types import Message, Sampling

    schema = grammar.shorthand("name!, year int!, kind!")
    schema["properties"]["kind"]["enum"] = ["book", "film"]
    schema["properties"]["name"] |= {"x-verbatim": True}
    text = "Dune is a novel by Frank Herbert, published in 1965."
    done = grammar.produce(
        generator("smollm2"), [Message("user", f"Extract: {text}")], schema, Sampling(120), source=text
    )
    assert grammar.check(done.data, schema, text) == []
    assert done.data["name"] in text
