"""The one reader of GBNF: what passes llama.cpp loads, and every fault has its line and column."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.errors import InputError
from rag.gbnf.expressions import Rules, lit, write_rules
from rag.gbnf.reader import class_ranges, read
from rag.models.llama.matcher import Matcher, smollm2_matcher

GOOD = [
    'root ::= "a"',
    'root ::= "a" | "b"\n',
    'root ::= (\n  "a"\n  |\n  "b"\n)* "c" # a comment\nunused ::= [^"\\\\\\x01-\\x1f]*',
    "root ::= item{0,2000}\nitem ::= [a-z]",
    'root ::=\n "a" |\n "b" x?\nx ::= "" | "c" x',
    'root ::= "[" (v ("," v)*)? "]"\nv ::= [0-9]+ | root',
    'root ::= ("a" ("b" | "c"){50}){0,20}',
    'root ::= "\\u00e9" [\\U0001f600-\\U0001f64f] . "日本"',
    'root ::= "a"{3} "b"{2,} "c"{0}',
    "root ::= [-a\\]\\-]\r\n",
    'root ::= "a\nb" ("" | "c")? ()',
]
BROKEN = {
    "": "no rule is called root",
    'a ::= "b"': "no rule is called root",
    'root ::= "a': "line 1, column 10.*no closing",
    'root ::= "a"\nx ::= y': "line 2, column 7.*'y'",
    'root ::= "a" | root "b"': "left recursion",
    'root ::= a root "x" | "y"\na ::= b\nb ::= "" | "c"': "left recursion",
    'root ::= ("a"?)*': "repeats without end",
    'root ::= "a"?*': "repeats without end",
    'root ::= ("a"*)*': "repeats without end",
    'root ::= "a"{1,5000}': "line 1, column 13",
    'root ::= "a"{2001}': "counts to 2,000",
    'root ::= ("," item ("x" | "y")?){0,1900}\nitem ::= "i"': "rules of a group",
    'root ::= "a"{3,2}': "3 is more than 2",
    "root ::= [a": "never closed",
    "root ::= [a-": "never closed",
    'root ::= "a" )': "column 14",
    'root ::= ("a"': "never closed",
    'root ::= "\\q"': "unknown escape",
    'root ::= "\\x00"': "no character",
    "root ::= *": "nothing that",
    'root ::= ""+': "repeats the empty text",
    'root ::= "a"{0}*': "repeats the empty text",
    "root ::= <think>": "vocabulary",
    'root = "a"': "::= must stand",
    'root "a"': "::= must stand",
    'root ::= "a"\nroot ::= "b"': "twice",
    "root ::= []": "empty class",
    "root ::= [z-a]": "backwards",
    "root ::= " + "(" * 30_000 + '"a"' + ")" * 30_000: "nested more than 100",
    'root ::= "\0"': "NUL",
    "\n".join(f"r{i} ::= r{i + 1} | r{i + 1}" for i in range(40)) + '\nr40 ::= "a"\nroot ::= r0': "too many ways",
}


@pytest.fixture(scope="module")
def matcher() -> Matcher:
    return smollm2_matcher()


@pytest.mark.parametrize("text", BROKEN, ids=range(len(BROKEN)))
def test_a_broken_grammar_says_line_and_column(text: str) -> None:
    with pytest.raises(InputError, match=BROKEN[text]):
        read(text)


@given(st.text(alphabet='root:=|"[]()ab-^\\*+?{},0129\n #<>!.x', max_size=60))
def test_reading_a_grammar_never_crashes(text: str) -> None:
    with contextlib.suppress(InputError):
        read("root ::= " + text)


@pytest.mark.model
@pytest.mark.parametrize("text", GOOD)
def test_llama_cpp_loads_what_is_good(matcher: Matcher, text: str) -> None:
    read(text)
    matcher.admits(text, "a")


# Cut at spaces; "_" is a space and "/" the end of a line.
WORDS = r'root _::=_ a b-1 "x" "x" " [a-z] [ ] ( ) ( ) * + ? | | {2} {0,3} {0} {1,} {1999} / _ . "" é \ "\n" /a_::=_'
PIECES = st.sampled_from([word.replace("_", " ").replace("/", "\n") for word in WORDS.split(" ")])


@pytest.mark.model
@settings(max_examples=25, deadline=None)
@given(texts=st.lists(st.lists(PIECES, min_size=1, max_size=12).map("".join), min_size=20, max_size=20))
def test_whatever_passes_llama_cpp_can_load(matcher: Matcher, texts: list[str]) -> None:
    """llama.cpp itself is the oracle, in this process: a grammar that passes and crashes would end the test run."""
    rules = ["", '\na ::= "y"\nb-1 ::= a | [0-9]']
    for grammar in [start + text + rest for text in texts for rest in rules for start in ("", "root ::= ")]:
        with contextlib.suppress(InputError):
            read(grammar)
            matcher.admits(grammar, "x")


@pytest.mark.model
@settings(max_examples=30, deadline=None)
@given(least=st.integers(0, 4200), more=st.integers(0, 4200) | st.none(), length=st.integers(0, 8500))
def test_counts_above_what_llama_cpp_takes_are_exact(
    matcher: Matcher, least: int, more: int | None, length: int
) -> None:
    rules = Rules()
    most = None if more is None else least + more
    rules.body["root"] = rules.times(lit("a"), least, most)
    text = write_rules(list(reversed(rules.body)), rules.body)
    read(text)
    assert matcher.admits(text, "a" * length) == (least <= length and (most is None or length <= most))


def test_a_class_means_its_characters() -> None:
    assert class_ranges("[a-c\\-x]") == ((45, 45), (97, 99), (120, 120))
