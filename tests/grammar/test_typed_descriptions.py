"""Fields in short whose type stands before a description."""

from __future__ import annotations

import pytest

from rag.grammar import shorthand


@pytest.mark.parametrize(
    ("said", "schema"),
    [
        (
            "bring: list of str, what the child should bring\ntopic",
            {"type": "array", "items": {"type": "string"}, "description": "what the child should bring"},
        ),
        (
            "weeks: int, how long before\ntopic",
            {"type": ["integer", "null"], "description": "how long before"},
        ),
        ("days: list of dates: when it is open\ntopic", {"type": ["string", "null"]}),
        ("when: date, time and place\ntopic", {"type": ["string", "null"], "description": "date, time and place"}),
        ("notes: string players of the band\ntopic", {"type": ["string", "null"]}),
    ],
)
def test_a_type_before_a_comma_is_the_type_and_the_rest_describes(said: str, schema: dict[str, object]) -> None:
    first = next(iter(shorthand(said)["properties"].values()))
    assert {key: first[key] for key in schema} == schema
