"""Amounts, sizes, intervals and days as people write them are told as the fact, and no part of them, nor another's."""

from __future__ import annotations

import pytest

from rag import chunking
from rag.ask import answer
from rag.types import Document, Hit


def told(question: str, text: str, title: str) -> str:
    """The fact above the excerpts; "" if there is none."""
    hits = [Hit(passage, 1.0) for passage in chunking.split(Document("notes", "a", text, title=title))]
    found = answer(question, hits)
    return found.text if found.trace["style"] == "fact" else ""


@pytest.mark.parametrize(
    ("question", "text", "title", "expected"),
    [
        ("how much sugar for sloe gin", "450 g sloes, 225 g sugar, 1 litre gin.", "Sloe gin", "225 g"),
        ("how much milk in the plum cake?", "250 ml warm milk", "Plum cake", "250 ml"),
        ("how much citric acid in the cordial?", "1 l water, citric acid 20 g.", "Cordial", "20 g"),
        ("how much vinegar for red cabbage", "Vinegar 5 %: 500 ml, sugar 90 g.", "Red cabbage", ""),
        ("how much sugar in the jelly", "Stir the sugar of the jelly into 200 ml water.", "Jelly", ""),
        ("how much memory does the setup need", "The setup needs 256\u00a0MB of memory.", "Setup", "256\u00a0MB"),
        ("how large may an uploaded file be", "An uploaded file may have 100 MB at most.", "Limits", "100 MB"),
        ("how long may the name of a package be", "The name of a package has at most 214 characters.", "Names",
         "214 characters"),
        ("how often are the filters changed", "The filters are changed every 6 months by facilities.", "Hood",
         "every 6 months"),
        ("how often must the brakes be checked", "The brakes must be checked twice a year, on 3 wheels.", "Bike",
         "twice a year"),
        ("how often does the board meet", "The board meets in room 3 with 5 members.", "Board", ""),
        ("Combien coûte un badge perdu ?", "Le badge perdu est facturé 35 €.", "Badges", "35 €"),
        ("when is the jetty work", "The jetty work is on 27/28 April.", "Jetty", "27/28 April"),
    ],
)  # fmt: skip
def test_what_is_told_of_an_amount_or_a_day(question: str, text: str, title: str, expected: str) -> None:
    assert told(question, text, title) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Security updates of a release come from a team (for one year of overlap). This amounts to three years.",
         ""),
        ("Security updates of a release come for as long as needed (for one year).", "one year"),
    ],
)  # fmt: skip
def test_what_is_said_in_brackets_is_no_fact_beside_others_of_its_unit(text: str, expected: str) -> None:
    assert told("for how many years do security updates of a release come", text, "Release") == expected


def test_what_something_is_of_is_no_place() -> None:
    text = "In August there will be an eclipse of the Sun."
    assert told("where is the eclipse", text, "Eclipse") != "Sun"


@pytest.mark.parametrize(
    ("question", "expected"),
    [("what year did debian start", ""), ("what year did debian long term support start", "2014")],
)
def test_what_has_a_longer_name_is_something_else(question: str, expected: str) -> None:
    text = "The Debian Long Term Support (LTS) project started in 2014 and is maintained by a team."
    assert told(question, text, "Practice") == expected


@pytest.mark.parametrize(
    ("question", "text", "title", "expected"),
    [
        ("how hot must the oven be for rye bread", "Bake it in the oven at 240 °C.", "Rye bread", "240 °C"),
        ("how warm is the water of the pool", "The water is kept at 28 °C.", "Pool", "28 °C"),
        ("how many rounds does Marshland have", "The game has 8 rounds.", "Marshland: course of a round", "8 rounds"),
        ("how many days are rows frozen", "At that time rows were frozen for 30 days.", "Freeze", ""),
        ("how much did the insurer pay in the end", "The insurer would pay 40 percent.", "Insurer", ""),
        ("how much is the rent of the new office", "rent of the new office is 4150/month all in", "Chat", "4150/month"),
        ("how much do the courses pay", "The courses: still 100-400 a month.", "Uses", "100-400"),
        ("how many guests are at the wedding", "Two guests of the wedding have an allergy.", "Wedding, 64 guests", ""),
    ],
)  # fmt: skip
def test_what_the_title_says_need_not_be_said_again(question: str, text: str, title: str, expected: str) -> None:
    assert told(question, text, title) == expected
