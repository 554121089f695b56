"""Of several values in one sentence or table that of the case which was asked for; where that is not told, none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag import chunking
from rag.ask import answer, rivals
from rag.types import Document, Hit

TARIFF = "A visitor berth costs £24 a night up to 10 m (over 10 m: £31, over 14 m: £44)."
POOL = "The pool is 25 m long (the learner pool: 12 m). Each session lasts 45 minutes, a double session 90 minutes."
SYRUP = "Children from 3 to 5 months take 2.5 ml, from 6 to 11 months 5 ml, from 1 to 3 years 7.5 ml."
COINS = (
    "Each player takes 9 boats (with 5 players: 7) and coins: first player 4, second 5, third 6, fourth and fifth 7."
)
FINE = "The first default costs £10, the second £25, the third means exclusion."
LEAVE = "Book lifts 10 working days ahead (in May: 20 working days)."
POINTS = "# Points\n\n| Result | Points |\n| --- | --- |\n| Win after overtime | 2 |\n| Win | 3 |\n| Loss | 0 |\n"
LOG = """| date | what | how |
| --- | --- | --- |
| 2025-06-02 | Bicycle | ordered |
| 2025-06-20 | Bicycle | delivered |
"""


def told(question: str, text: str) -> str:
    """The fact above the excerpts; "" if there is none."""
    kind = "markdown" if "|" in text else ""
    hits = [Hit(passage, 1) for passage in chunking.split(Document("notes", "a.md", text, kind=kind))]
    found = answer(question, hits)
    return found.text if found.trace["style"] == "fact" else ""


@pytest.mark.parametrize(
    ("text", "question", "expected"),
    [
        (TARIFF, "how much is a visitor berth over 14 m", "£44"),
        (TARIFF, "how much is a visitor berth", "£24"),
        (POOL, "how long is the learner pool", "12 m"),
        (POOL, "how long is a double session", "90 minutes"),
        (SYRUP, "how many ml for children of 7 months", "5 ml"),
        (COINS, "how many coins does the third player get", "6"),
        (COINS, "how many boats does each player get with 5 players", "7"),
        (FINE, "how much is the second default", "£25"),
        (FINE, "how much is the third default", ""),
        (LEAVE, "how many days ahead must lifts be booked in May", "20 working days"),
        (POINTS, "how many points for a win", "3"),
        (POINTS, "how many points for a win after overtime", "2"),
        (LOG, "when was the bicycle delivered", "2025-06-20"),
        (LOG, "when was the bicycle repaired", ""),
        ("Some say that 8 doses a day are allowed. That is wrong.", "how many doses a day are allowed", ""),
        ("Bubble sort needs n(n-1)/2 comparisons.", "how many comparisons does bubble sort need", ""),
        ("The 2023/24 edition allowed substitutions.", "how many editions allowed substitutions", ""),
        ("Practice is on Tuesdays at 19:30 in the gym of Mill Lane.", "where is practice", "Mill Lane"),
        ("Twelve teams take part (season 2024/25: ten teams).", "how many teams take part", "Twelve teams"),
        ("Die erste Mahnung kostet 5 Euro, die dritte 40 Euro.", "Wie viel kostet die dritte Mahnung?", "40 Euro"),
    ],
)
def test_the_value_of_the_case_that_was_asked_for(text: str, question: str, expected: str) -> None:
    assert told(question, text) == expected


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6))
def test_a_range_covers_what_lies_between_its_ends(low: int, size: int, number: int) -> None:
    high = low + size
    assert bool(rivals.covered(f"from {low:,} to {high:,} crowns", [str(number)])) == (low <= number <= high)


@given(st.lists(st.integers(1, 999), min_size=2, max_size=12, unique=True), st.data())
def test_each_ordinal_has_its_own_value(values: list[int], data: st.DataObject) -> None:
    words = rivals.ORDINALS[0].split()
    text = "Fines: " + ", ".join(f"the {words[i]} costs £{value}" for i, value in enumerate(values)) + "."
    spans = [(at := text.index(f"£{value}" + (","if i < len(values) - 1 else ".")), at + 1 + len(str(value)))
             for i, value in enumerate(values)]  # fmt: skip
    place = data.draw(st.integers(0, len(values) - 1))
    assert rivals.meant(f"how much is the {words[place]} fine", text, spans, {"fine"}) == [spans[place]]
