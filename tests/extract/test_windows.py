"""Windows of long documents: cutting, asking, and merging what they gave."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest
from extraction import PERSON, FunctionGenerator, JsonForm, documents, person, plan
from hypothesis import given
from hypothesis import strategies as st

from rag import extract
from rag.errors import InputError
from rag.extract.examples import many
from rag.extract.windows import distinct, merge, windows
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
