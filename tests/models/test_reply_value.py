"""The JSON in a reply: taken where it stands, whole, and never a draft."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag import grammar
from rag.models.hosted.value import whole_value

PERSON = {
    "type": "object",
    "required": ["name", "age"],
    "additionalProperties": False,
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
}
PEOPLE = {
    "type": "object",
    "required": ["items"],
    "additionalProperties": False,
    "properties": {"items": {"type": "array", "items": PERSON}},
}
ADA, BOB = '{"name": "Ada", "age": 36}', '{"name": "Bob", "age": 1}'


def take(text: str, schema: Any = PERSON) -> Any:
    taken = whole_value(text, lambda value: not grammar.check(value, schema), schema)
    return json.loads(taken.text) if taken.fits else None


@pytest.mark.parametrize(
    "text",
    [
        ADA,
        f"```json\n{ADA}\n```",
        f"Sure {{really}}, as in [1]! Here it is:\n{ADA}\nAnything else?",
        f"<think>\nMaybe {BOB}? No.\n</think>\n{ADA}",
        f"Maybe {BOB}? No.\n</think>\n{ADA}",
        f'<think>{{"name": "Bob</think>\n{ADA}',
        f"{BOB}\n</think>{ADA}",
        f"[THINK]{BOB}[/THINK]{ADA}",
        f"<|channel|>analysis<|message|>{BOB}<|end|><|start|>assistant<|channel|>final<|message|>{ADA}",
        f"First try: {BOB}. The text says otherwise: {ADA}",
        f'{ADA}\nIt fits {{"type": "object"}}.',
        f"The set {{a, b}} and {{x: {BOB}}} do not count. {ADA}",
        json.dumps(ADA),
        f"[{ADA}]",
        f'{{"reply": {ADA}}}',
        json.dumps({"reply": ADA}),
    ],
)
def test_the_value_is_taken_where_it_stands(text: str) -> None:
    assert take(text) == json.loads(ADA)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Ada is 36.",
        f"<think>Maybe {BOB}",  # it never came to an end of its thoughts
        f"<think>Maybe {BOB}</think>",
        f'{{"people": [{ADA}, {{"name": "B',  # a part of a value that is cut
        f'{{"people": [{ADA}, {BOB}',
        f'{{"people": {ADA}, oops}}',  # … or broken
        f"[{BOB}, {ADA}]",  # one of two would lose the other
        f'{ADA} Let me check that again: {{"name": "Ad',  # the first was a draft
        '{"name": "Ada", "age": NaN}',
        '{"name": "Ada", "age": 36, "age": 37}',
        '{"name": ' * 5000,
        "[" * 100_000,
    ],
)
def test_a_part_or_a_draft_is_not_taken(text: str) -> None:
    assert take(text) is None


def test_a_bare_list_is_the_list_of_an_object_that_holds_nothing_else() -> None:
    assert take(f"[{ADA}, {BOB}]", PEOPLE) == {"items": [json.loads(ADA), json.loads(BOB)]}
    assert take("[]", PEOPLE) == {"items": []}
    assert take(f"Here: ```\n[{ADA}]\n```", PEOPLE) == {"items": [json.loads(ADA)]}


def test_a_text_that_speaks_of_thoughts_keeps_them() -> None:
    text = json.dumps({"name": '</think> and {"name": 1}', "age": 3})
    assert take(text) == json.loads(text)
    assert take(f"Here: {text}") is None or take(f"Here: {text}") == json.loads(text)


WORDS = st.text(st.sampled_from("ab ,.:\n'"), max_size=30)
PEOPLES = st.fixed_dictionaries({"name": st.text(max_size=12), "age": st.integers(-99, 99)})


@given(before=WORDS, person=PEOPLES, after=WORDS, fence=st.booleans())
def test_words_around_a_value_change_nothing(before: str, person: dict[str, Any], after: str, fence: bool) -> None:
    said = json.dumps(person)
    assert take(f"{before}\n```json\n{said}\n```\n{after}" if fence else f"{before}{said}{after}") == person


@given(person=PEOPLES, cut=st.integers(1, 60))
def test_a_value_that_is_cut_is_never_taken(person: dict[str, Any], cut: int) -> None:
    said = json.dumps({"items": [person, person]})
    assert take(said[: max(1, len(said) - cut)], PERSON) is None
