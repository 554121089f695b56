"""Citation grammars: what they admit is JSON, fits the schema, and quotes the passage that it names."""

from __future__ import annotations

import json
import random
import re
from typing import Any

import jsonschema
import llguidance
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from llguidance.gbnf_to_lark import gbnf_to_lark

from rag import gbnf
from rag.grammar.citations import CITATIONS, EMPTY, escape, extracts, literal, numbers, quotes, spans, word_spans, words
from rag.types import Shape

TOKENS = llguidance.LLTokenizer("byte")
NASTY = [
    'He said "no".',
    "back\\slash and\nline",
    "tab\tand \x00 nul \x7f",
    "😀 émoji — “quotes”",
    "שלום, עולם!",
    "A.",
    "A. B",
]
TEXTS = st.text(alphabet='ab"\\\n\t\0\x7f]}{é😀א 1.', min_size=1, max_size=30)


def matcher(grammar: str) -> Any:
    """llguidance, an engine that is not ours and not llama.cpp's, reads the same GBNF."""
    lark = re.sub(  # its reader writes code points in hex without the zeros that its own parser asks for
        r"\\([uU])([0-9A-F]+)",
        lambda code: f"\\{code[1]}{code[2].zfill(8 if code[1] == 'U' else 4)}",
        gbnf_to_lark(grammar),
    )
    made = llguidance.LLMatcher(TOKENS, llguidance.LLMatcher.grammar_from_lark(lark))
    assert not made.is_error(), made.get_error()
    return made


def admits(shape: Shape, reply: Any) -> bool:
    text = reply if isinstance(reply, str) else json.dumps(reply, ensure_ascii=False)
    tokens, engine = TOKENS.tokenize_bytes(text.encode()), matcher(shape.grammar)
    if engine.validate_tokens(tokens) < len(tokens):
        return False
    engine.consume_tokens(tokens)
    return bool(engine.is_accepting())


def cite(*chosen: Any, answer: str = "Yes.") -> dict[str, Any]:
    return {"citations": list(chosen), "answer": answer}


def test_numbers_are_those_shown_each_once() -> None:
    shape = numbers(4, 3)
    assert admits(shape, cite(2))
    assert admits(shape, cite(4, 1, 3))
    assert admits(shape, EMPTY)
    for wrong in (cite(), cite(0), cite(5), cite(1, 1), cite(1, 2, 1), cite(1, 2, 3, 4), cite(1, answer="")):
        assert not admits(shape, wrong)
    assert admits(numbers(1, 3), cite(1))
    assert not admits(numbers(1, 3), cite(1, 1))


def test_an_extract_is_copied_from_what_is_cited_first() -> None:
    shape = extracts(["The red cat.", 'A "dog" ran.'], 2)
    for good in (cite(1, answer="red cat"), cite(2, 1, answer='"dog" ran.'), json.loads(EMPTY)):
        assert admits(shape, good)
        jsonschema.validate(good, shape.schema)
    for bad in (cite(1, answer="dog"), cite(2, 1, answer="red"), cite(1, 1, answer="red"), cite(1, answer="ed cat")):
        assert not admits(shape, bad)
    assert len(json.dumps(cite(2, 1, answer='A "dog" ran.'))) <= (shape.longest or 0)
    for few in (1, 3):
        assert admits(extracts(["One."], few), cite(1, answer="One"))
    assert not admits(extracts([], 3), cite(1, answer="One"))
    many = extracts([f"Number {n} here." for n in range(60)], 4)
    gbnf.check(many.grammar)
    assert admits(many, cite(60, 2, 3, answer="59 here"))


def test_past_what_a_grammar_can_keep_apart_it_stays_small() -> None:
    shape = numbers(60, 4)
    gbnf.check(shape.grammar)
    assert len(shape.grammar) < 2_000
    assert admits(shape, cite(7, 60, 1, 2))
    assert not admits(shape, cite(61))


def test_nothing_to_cite_leaves_only_the_empty_answer() -> None:
    for shape in (numbers(0), quotes({}), quotes({1: []}), spans({}), spans({1: "too short"}), numbers(3, 0)):
        assert admits(shape, EMPTY)
        assert not admits(shape, cite())
        jsonschema.validate(json.loads(EMPTY), shape.schema)
        gbnf.check(shape.grammar)


def test_a_quote_is_tied_to_its_passage() -> None:
    shape = quotes({1: NASTY[:4], 3: NASTY[4:]})
    for number, texts in ((1, NASTY[:4]), (3, NASTY[4:])):
        for text in texts:
            assert admits(shape, cite({"passage": number, "quote": text})), text
            assert not admits(shape, cite({"passage": 4 - number, "quote": text})), text
            assert not admits(shape, cite({"passage": number, "quote": text[:-1]})) or text[:-1] in texts
    jsonschema.validate(cite({"passage": 3, "quote": "A."}), shape.schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(cite({"passage": 1, "quote": "A."}), shape.schema)


def test_a_span_is_whole_words_of_one_passage() -> None:
    shape = spans({1: "the red cat sat,\n the blue cat ran", 2: "don't pay 3,000.50 — 猫が好き"}, least=2)
    good = [
        (1, "red cat sat,"),
        (1, "sat,\n the"),
        (1, "the blue cat ran"),
        (2, "don't pay"),
        (2, "pay 3,000.50"),
        (2, "が好"),
    ]
    bad = [
        (1, "red cat ran"),
        (1, "cat"),
        (1, "he red cat"),
        (1, "red cat sa"),
        (2, "red cat"),
        (2, "3,000"),
        (1, " red cat"),
    ]
    assert [pair for pair in good if not admits(shape, cite({"passage": pair[0], "quote": pair[1]}))] == []
    assert [pair for pair in bad if admits(shape, cite({"passage": pair[0], "quote": pair[1]}))] == []


@settings(max_examples=20, deadline=None)
@given(
    st.lists(st.sampled_from(["the ", "cat ", "sat", ", ", "on\n", "a ", '"x" ', "\\", "猫", "é "]), max_size=14),
    st.integers(1, 3),
)
def test_the_automaton_admits_exactly_the_runs_of_words(pieces: list[str], least: int) -> None:
    text = "".join(pieces)
    every = words(text)
    runs = {"".join(every[a:b]).lstrip() for a in range(len(every)) for b in range(a + least, len(every) + 1)}
    shape = spans({1: text}, least=least)
    broken = {run[:-1] for run in runs} | {run + "x" for run in runs} | {"cat the", "sat cat sat"}
    for run in sorted(runs)[:6]:
        assert admits(shape, cite({"passage": 1, "quote": run}))
    for run in sorted(broken - runs)[:6]:
        assert not admits(shape, cite({"passage": 1, "quote": run}))


@settings(max_examples=30, deadline=None)
@given(
    st.dictionaries(st.integers(1, 9), st.lists(TEXTS, min_size=1, max_size=5), min_size=1, max_size=4), st.randoms()
)
def test_random_walks_are_json_that_fits_and_are_no_longer_than_said(
    passages: dict[int, list[str]], chance: random.Random
) -> None:
    for shape in (
        quotes(passages, answer=12),
        spans({n: " ".join(t) for n, t in passages.items()}, answer=12, least=1),
    ):
        gbnf.check(shape.grammar)
        text = walk(shape, chance)
        reply = json.loads(text)
        jsonschema.validate(reply, shape.schema)
        assert len(text.encode()) <= (shape.longest or 0)
        for one in reply["citations"]:
            assert any(
                one["quote"] in source for source in (*passages[one["passage"]], " ".join(passages[one["passage"]]))
            )


def walk(shape: Shape, chance: random.Random) -> str:
    """Bytes drawn at random among those that the grammar admits, until it ends."""
    engine, written = matcher(shape.grammar), bytearray()
    while not engine.is_stopped():
        mask = engine.compute_bitmask()
        allowed = [byte for byte in range(256) if mask[byte // 8] >> (byte % 8) & 1]
        if not allowed or (engine.is_accepting() and not allowed):
            break
        byte = chance.choice(allowed)
        assert engine.consume_token(byte)
        written.append(byte)
    return written.decode()


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=40))
def test_escaping_for_json_then_for_gbnf_comes_back(text: str) -> None:
    assert json.loads(f'"{escape(text)}"') == text
    gbnf.check(f"root ::= {literal(escape(text))} [a]")


def test_the_grammar_of_ten_passages_is_small() -> None:
    sentence = "The {} of {} was seen near the {} in the year {}."
    names = ["king", "queen", "abbot", "scribe", "river", "castle", "bridge", "harbour"]
    chance = random.Random(4)
    passages = {
        n: [sentence.format(*chance.choices(names, k=3), chance.randint(1000, 1999)) for _ in range(10)]
        for n in range(1, 11)
    }
    shape = quotes(passages)
    assert len(shape.grammar) < 15_000
    assert len(spans({n: " ".join(texts) for n, texts in passages.items()}).grammar) < 500_000
    assert (shape.longest or 0) < CITATIONS * 150 + 4 * 400 + 100


@pytest.mark.parametrize("answer", [0, 1901])
def test_an_answer_that_no_grammar_can_bound_is_refused(answer: int) -> None:
    with pytest.raises(ValueError, match="an answer of"):
        numbers(3, answer=answer)


def test_rules_for_verbatim_fields_stand_alone() -> None:
    rules = word_spans("name", "Ada Lovelace, London")
    shape = Shape({}, "\n".join(['root ::= "\\"" name "\\""', *rules]))
    assert admits(shape, '"Ada Lovelace"')
    assert admits(shape, '"London"')
    assert not admits(shape, '"Ada London"')
    assert word_spans("name", "  ") == []
