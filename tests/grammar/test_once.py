"""What must not be written twice is seen while it is written: keys of objects, elements of unique lists."""

from __future__ import annotations

import contextlib
import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rag import grammar
from rag.grammar.schema.document import Document
from rag.grammar.schema.once import Once
from rag.models.llama.matcher import smollm2_matcher
from rag.models.llama.sampler import GrammarSampler
from rag.types import Sampling

KEYS = st.sampled_from(["a", "b", 'q"', "é", "\\", ""])
SCALARS = st.sampled_from([1, 1.0, 10, True, None, "a", "1", "x,y]", 'q"'])
UNIQUE = {"type": "array", "uniqueItems": True}


class Pairs(list):
    """An object as it is written: its keys may come twice."""


def trees(children: st.SearchStrategy) -> st.SearchStrategy:
    return st.lists(children, max_size=4) | st.lists(st.tuples(KEYS, children), max_size=4).map(Pairs)


def text_of(value: object) -> str:
    if isinstance(value, Pairs):
        return "{" + ",".join(f"{json.dumps(key)}: {text_of(item)}" for key, item in value) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(text_of, value)) + "]"
    return json.dumps(value)


def twice(value: object) -> bool:
    """Whether a key stands twice in an object."""
    if isinstance(value, Pairs):
        return len({key for key, _ in value}) < len(value) or any(twice(item) for _, item in value)
    return isinstance(value, list) and any(map(twice, value))


@settings(suppress_health_check=[HealthCheck.too_slow])  # on a busy machine
@given(value=st.recursive(SCALARS, trees, max_leaves=20), cut=st.integers(1, 9))
def test_a_key_is_refused_where_it_comes_again_however_the_text_is_cut(value: object, cut: int) -> None:
    watch, text = Once(Document(True)).begin(), text_of(value)
    seen = False
    for at in range(0, len(text), cut):
        seen = seen or not watch.admits(text[at : at + cut])
        watch.accept(text[at : at + cut])
    assert seen == twice(value)


@given(st.lists(SCALARS, max_size=5))
def test_an_element_is_refused_where_it_comes_again(values: list[object]) -> None:
    schema = {"properties": {"a": {"$ref": "#/$defs/s"}, "b": {"type": "array"}}, "$defs": {"s": UNIQUE}}
    text, found = text_of(Pairs([("b", values), ("a", values)])), Once(Document(schema)).begin()
    assert found.admits(text) == (not grammar.check({"a": values}, schema))


PLACES = [
    ({"items": UNIQUE}, "[[1], [1, 1]]"),
    ({"additionalProperties": UNIQUE}, '{"x": [1], "y": [2, 2.0]}'),
    ({"properties": {"a": {"anyOf": [UNIQUE, {"type": "null"}]}}}, '{"a": ["x", "x"]}'),
    ({"allOf": [{"properties": {"a": UNIQUE}}]}, '{"a": ["x", "x"]}'),
    (
        {"$ref": "#/$defs/n", "$defs": {"n": {"properties": {"n": {"$ref": "#/$defs/n"}, "a": UNIQUE}}}},
        '{"n": {"a": [1, 1]',
    ),
]


@pytest.mark.parametrize(("schema", "text"), PLACES)
def test_unique_lists_are_found_where_a_schema_says_so(schema: dict, text: str) -> None:
    assert not Once(Document(schema)).begin().admits(text + "]")


@pytest.mark.parametrize("text", ["[1, 1]", '{"b": [1, 1]}', '{"a": [[1, 1]]}', '{"a": [1, "1", true, "true"]}'])
def test_other_lists_may_repeat(text: str) -> None:
    assert Once(Document({"properties": {"a": UNIQUE}})).begin().admits(text)


@pytest.mark.model
@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "additionalProperties": {"enum": [0, 1]}, "minProperties": 4, "maxProperties": 8},
        {**UNIQUE, "items": {"type": "string", "pattern": "^[a-f]{1,12}$"}, "minItems": 4, "maxItems": 9},
        {**UNIQUE, "items": {"type": "integer", "minimum": 0, "maximum": 99999}, "minItems": 4, "maxItems": 9},
    ],
)
def test_a_model_that_goes_in_circles_writes_nothing_twice(schema: dict) -> None:
    """The same few tokens are always the best: without a watch they come again and again."""
    model = smollm2_matcher().model
    shape = grammar.compile(schema)
    assert {one.keyword for one in shape.residual} & {"additionalProperties", "uniqueItems"}
    scores = np.zeros(model.lib.llama_vocab_n_tokens(model.vocab), dtype=np.float32)
    for rank, piece in enumerate(['"', "a", '":', "0", ",", '","', '"]', "b", "1", "12"]):
        scores[model.tokens(piece)[-1]] = 20 - rank
    for seed in range(5):
        sampler, text = GrammarSampler(model, shape, Sampling(temperature=3.0, seed=seed)), ""
        try:
            for _ in range(200):
                token = sampler.sample(scores)
                if model.is_eog(token):
                    break
                text += sampler.accept(token)
        finally:
            sampler.close()
        with contextlib.suppress(json.JSONDecodeError):  # cut, and said nothing twice until then
            json.loads(text)
            assert grammar.check(grammar.parse(text), schema) == []
