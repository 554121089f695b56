"""Forms with boxes, and questions with their answers: what is ticked, and what yes or no is behind a question."""

from __future__ import annotations

from typing import Any

import pytest

from rag import models
from rag.extract.boxes import groups
from rag.extract.fields import fields_of
from rag.extract.flags import flagged
from rag.extract.layout import Layout
from rag.extract.sense import Sense
from rag.extract.ticked import chosen_in_boxes
from rag.grammar import shorthand


def chosen(field: str, text: str) -> Any:
    (one,) = fields_of(shorthand(field))
    told = chosen_in_boxes(text, one)
    assert told is not None
    return told.value


def yes(name: str, text: str) -> bool | None:
    (one,) = fields_of(shorthand(f"{name} bool"))
    told = flagged(text, Layout(text), one)
    return told.value if told else None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Cause:  [ ] fire  [ ] storm  [x] theft  [ ] water", "theft"),
        ("Ursache: ( ) fire ( ) storm (X) water", "water"),
        ("Type of loss\n☐ fire\n☒ storm\n☐ theft", "storm"),
        ("- [ ] Fire and smoke\n- [ ] Storm damage\n- [✓] Theft", "theft"),
        ("Cause   fire [ ]   theft [x]   storm [ ]", "theft"),
        ("○ fire ● water ○ theft", "water"),
        ("Cause: [ ] fire [ ] theft [x] vandalism", None),
        ("Cause: [x] fire [x] theft [ ] water", None),
    ],
)
def test_the_value_of_a_choice_is_what_is_ticked(text: str, value: str | None) -> None:
    assert chosen("cause: one of fire storm theft water", text) == value


def test_a_function_a_link_and_an_empty_list_are_no_boxes() -> None:
    assert groups("f(x) = 2\nsee [x](a.html) and list[] of str\n● first\n● second") == ()
    (one,) = fields_of(shorthand("cause: one of fire theft"))
    assert chosen_in_boxes("The fire was put out. Theft is not insured.", one) is None


def test_lists_and_texts_are_what_is_ticked_below_their_label() -> None:
    embedder = models.embedder("minilm")
    sense = Sense(shorthand("extras: list of str, category"), embedder)
    near = sense.of("Category: [ ] single [x] family\nExtras:\n[x] towels\n[ ] parking\n[x] breakfast")
    lists = {key[1]: said for key, said in near.lists.items()}
    assert lists["extras"] == ["towels", "breakfast"]
    assert {key[1]: told.value for key, told in near.told.items()}["category"] == "family"


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("injured", "Was anyone injured?  NO", False),
        ("injured", "Was anyone injured? Yes, two people.", True),
        ("injured", "| Was anyone injured? | no |", False),
        ("injured", "Is er letsel? nee", False),
        ("injured", "¿Hubo heridos? No.", False),
        ("injured", "Verletzt wurde zum Glück niemand.", False),
        ("injured", "Personne n'a été blessé.", False),
        ("injured", "Nessuno è rimasto ferito.", False),
        ("injured", "Was anyone injured? Please tell us below.", None),
        ("police_informed", "Have the police been told? YES", True),
        ("police_informed", "Is de politie erbij geweest? ja", True),
        ("parking", "Is there parking? We are in the centre of town.", None),
        ("injured", "Injuries: [ ] yes [x] no", False),
        ("parking", "[x] Parking\n[ ] Pool", True),
        ("pool", "[x] Parking\n[ ] Pool", False),
    ],
)
def test_a_question_is_answered_by_what_stands_behind_it(name: str, text: str, value: bool | None) -> None:
    assert yes(name, text) is value
