"""Headings of text without marks: underlined, in capitals, numbered, called; and the lines of a letter."""

from __future__ import annotations

import pytest

from rag.ask import Asking, answer
from rag.blocks import blocks
from rag.chunking import manner, split
from rag.letters import closes, greets
from rag.outline import headings, path
from rag.types import Answer, Document, Hit

STATUTES = """STATUTES OF THE SKI CLUB

 1. Members

  Whoever skis may join.
  It takes two of the following:
    1. a form;
    2. a fee.

 1.1. Fees

  The fee is 40 crowns, and is due in May.

Article 7 - Huts

The hut is open from Friday. Article 7 of the old
statutes is gone.

Boats
-----

There are none.
"""
LETTER = """Ida Moe
4 Pier Road

Mould in the bath

Dear Mr Berg,

thank you for the note. It came on Monday, and we were up there at once with the roofer, who found nothing.

Please move the shelf off the wall and open the window three times a day; the mould goes then.

Kind regards
Ida Moe
"""


def asked(question: str, text: str) -> Answer:
    document = Document("s", "doc.txt", text, "doc")
    hits = [Hit(passage, 1 / rank) for rank, passage in enumerate(split(document), 1)]
    return answer(question, hits, None, None, Asking(threshold=0.0))


def names(text: str) -> list[str]:
    return [one.name for one in headings(text)]


def test_headings_of_every_look_with_the_path_above_a_place() -> None:
    found = headings(STATUTES)
    assert [one.name for one in found] == [
        "STATUTES OF THE SKI CLUB", "1. Members", "1.1. Fees", "Article 7 - Huts", "Boats",
    ]  # fmt: skip
    assert STATUTES[found[-1].start : found[-1].end] == "Boats\n-----"
    assert list(path(found, STATUTES.index("40 crowns"))) == ["STATUTES OF THE SKI CLUB", "1. Members", "1.1. Fees"]


@pytest.mark.parametrize(
    "text",
    [
        "1. Flour\n\n2. Milk\n\n3. Eggs\n\nStir.",  # a list
        "1. Take the bread and put it in\nthe oven.\n\nWait.",  # an item that goes on
        "It says so in\nArticle 7 of the contract\nand nowhere else.",
        "TOTAL: 40\n\nPaid.",
        "Porto, 3 May 1961\n\nDear Rui,\n\nit rains.",  # where and when it was written
        "A title of a poem\n\nIts first line",
        "CHAPTER 9",  # nothing below
    ],
)
def test_what_is_no_heading(text: str) -> None:
    assert names(text) == []


def test_passages_stand_under_the_headings_of_a_text_and_keep_their_places() -> None:
    document = Document("s", "d", STATUTES, "STATUTES OF THE SKI CLUB")
    found = split(document)
    assert [one.heading for one in found] == [
        "1. Members", "1. Members > 1.1. Fees", "Article 7 - Huts", "Boats",
    ]  # fmt: skip
    assert all(STATUTES[one.start : one.end] == one.text for one in found)
    assert [one.text for one in split(Document("s", "d", "CHAPTER 1\n\nCHAPTER 2\n\nRain."))] == ["CHAPTER 1", "Rain."]
    assert manner(document, 1600) != "1600"  # what was cut before there were headings is cut anew


def test_headings_are_blocks_of_their_own() -> None:
    assert [one.kind for one in blocks(STATUTES)][:3] == ["heading", "heading", "prose"]


@pytest.mark.parametrize(
    ("text", "greeting", "closing"),
    [
        ("Dear Ms Haas,", True, False),
        ("Sehr geehrte Frau Klein, sehr geehrter Herr Berg,", True, False),
        ("Dear parents, the bus firm has changed.", False, False),
        ("Good day is what he said.", False, False),
        ("-- The Debian Developers", False, True),
        ("Mit freundlichen Grüßen\n\nHans Meier", False, True),
        ("Cordialement", False, True),
        ("— Bonjour, dit-il.", False, False),
        ("Thank you for the flowers", False, False),
    ],
)
def test_lines_that_greet_and_lines_that_close(text: str, greeting: bool, closing: bool) -> None:
    assert (greets(text), closes(text)) == (greeting, closing)


def test_a_letter_is_answered_by_its_body_under_its_subject() -> None:
    found = asked("What shall I do with the mould in the bath?", LETTER)
    assert "open the window three times" in found.citations[0].quote
    assert found.citations[0].passage.heading == "Mould in the bath"
    assert not any(one.quote.endswith(("Berg,", "Moe")) for one in found.citations)


def test_an_excerpt_of_a_numbered_text_is_no_longer_than_promised() -> None:
    clause = "The board may hire a guide where members ask for it and the money is there, in the spring of a year."
    rules = "\n".join(f"    {number}. {clause}\n       It tells the members so ({number})." for number in range(1, 60))
    text = f"  4.2. Procedure\n\n{rules}\n   60. A vote on the hut needs three quarters of all who are there.\n"
    found = asked("How many votes does the hut need?", text)
    assert "three quarters" in found.citations[0].quote
    assert len(found.citations[0].quote) < 1000
    assert found.citations[0].passage.heading == "4.2. Procedure"


def test_a_list_that_is_told_as_prose_comes_with_what_announces_it() -> None:
    parts = "The first is to ski.\n\nThe second is to rest.\n\nAnd the last is to eat."
    text = f"Snow fell.\n\nThe club has three freedoms.\n\n{parts}\n\nThe hut is far away from here."
    found = asked("What are the freedoms of the club?", text)
    assert found.citations[0].quote == f"The club has three freedoms.\n\n{parts}"
    found = asked("Who came?", "Ann came.\n\nThe first year was dry.\n\nThe hut is far.")
    assert "hut" not in found.citations[0].quote


def test_a_long_diary_is_cut_between_its_days() -> None:
    words = ("hail", "sleet", "snow", "fog", "wind", "frost", "thaw", "mist", "dew", "rime", "slush")
    told = "and the geese went over the house again before it was light, as on each day."
    days = [f"Mar {day} Rain and {word}, {told}" for day, word in enumerate(words, 10)]
    found = asked("Tell me of the thaw and the mist, and why it was so", "\n".join(days))
    assert all(one.quote.startswith("Mar ") and one.quote.endswith("each day.") for one in found.citations)
    assert len(found.citations[0].quote) < 1000


def test_dated_lines_without_years_are_shown_alone_however_it_is_asked() -> None:
    lines = ["3.3.   Sowed peas.", "1.5.   Rhubarb.", "2.6.   SLUGS. Watering in the morning helps, not at night.",
             "4.8.   Blight.", "5.9.   Beans.", "13.10. Apples.", "9.11.  Garlic."]  # fmt: skip
    found = asked("How do I get rid of slugs?", "GARDEN\n\n" + "\n".join(lines))
    assert [one.quote for one in found.citations] == [lines[2]]
