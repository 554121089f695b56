"""Lists that sentences tell: how much of what, what part of a hundred; and no rows made of what only has numbers."""

from __future__ import annotations

from typing import Any

import pytest

from rag import models
from rag.extract.sense import Sense
from rag.grammar import shorthand
from rag.types import Embedder


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return models.embedder("minilm")


def rows(embedder: Embedder, fields: str, text: str) -> list[dict[str, list[Any]]]:
    return [row for found in Sense(shorthand(fields), embedder).of(text).rows.values() for row in found]


@pytest.mark.parametrize(
    "said",
    [
        "The mark is made of three parts: exam 60 %, project 30 %, talks 10 %.",
        "Marks - exam: 60%, project: 30%, talks: 10%",
        "Grading: 60 % exam, 30 % project and 10 % talks",
    ],
)
def test_parts_of_a_hundred(embedder: Embedder, said: str) -> None:
    text = f"Course CS-12, room 204, 90210 Leeds.\n\n{said}\n\nThe fee is 120 pounds, with 5 % off for members.\n"
    found = rows(embedder, "grading: list of {part, percent float}", text)
    assert [(row["part"], row["percent"]) for row in found] == [
        (["exam"], [60]),
        (["project"], [30]),
        (["talks"], [10]),
    ]


@pytest.mark.parametrize(
    "fields",
    [
        "criteria: list of {criterion, weight_percent float}",
        "results: list of {test, value float, unit, reference_range}",
        "meters: list of {meter, reading float}",
        "grapes: list of {variety, percent float}",
    ],
)
def test_numbers_of_anything_make_no_rows(embedder: Embedder, fields: str) -> None:
    text = "Municipality of Hohenroda, Hill Road 12, 36284 Hohenroda.\n\n212 lamps are to be delivered in 6 months.\n"
    assert rows(embedder, fields, text) == []


def test_a_recipe_told_as_a_story_has_its_amounts(embedder: Embedder) -> None:
    text = "Rinse 300 g brown lentils, and stir in 2 tablespoons vinegar.\n"
    found = rows(embedder, "ingredients: list of {name, quantity float, unit}", text)
    assert [(row["name"], row["quantity"]) for row in found] == [(["brown lentils"], [300]), (["vinegar"], [2])]


def test_a_label_that_says_the_field_wins_where_the_field_is_described(embedder: Embedder) -> None:
    text = "Laboratory report\n\nRequested by: Dr Ute Sailer\nSample: Serum\n\nThe patient was not fasting.\n"
    near = Sense(shorthand("requested_by: the doctor who sent the sample"), embedder).of(text)
    (key,) = near.fields
    assert near.admitted(key)[0] == "Dr Ute Sailer"  # type: ignore[index]
