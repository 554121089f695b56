"""Rows that repeat a form: what is due when, parts of a hundred, who got how many; and columns by their heads."""

from __future__ import annotations

import pytest

from rag.extract.due import due
from rag.extract.fields import Field, fields_of
from rag.extract.gathered import shares
from rag.extract.layout import Layout
from rag.extract.polled import polled
from rag.extract.rows import under_heads
from rag.grammar import shorthand


def fields(said: str) -> list[Field]:
    return list(fields_of(shorthand(said)))


DUE = "instalments: list of {due date, amount float}"
PARTS = "assessment: list of {part, percent float}"
VOTES = "candidates: list of {name, party, votes int, percent float}"


@pytest.mark.parametrize(
    "text",
    [
        "In twee termijnen:\nTermijn 1    31 maart 2026    € 175,11\nTermijn 2    30 april 2026    € 175,10",
        "1. Rate: 31 maart 2026   175,11 €\n2. Rate: 30 april 2026   175,10 €",
        "How to pay: a first instalment of € 175,11 on 31 maart 2026, then € 175,10 on 30 april 2026 and monthly.",
    ],
)
def test_days_and_amounts_that_take_turns_are_what_is_due(text: str) -> None:
    rows = due(text, fields(DUE))
    assert [row["due"] for row in rows] == [["31 maart 2026"], ["30 april 2026"]]
    assert [row["amount"][0].strip("€ ") for row in rows] == ["175,11", "175,10"]


@pytest.mark.parametrize(
    "text",
    [
        "Date of issue 28 February 2026\nValue € 384.000 (1 January 2025)\nTo pay € 350,21",
        "Paid € 10,00 on 3 May 2026.",
        "The rent of € 800,00 holds from 1 May 2026, that of € 900,00 from 1 May 2027.",
    ],
)
def test_other_days_and_amounts_are_not_due(text: str) -> None:
    assert due(text, fields(DUE)) == []


def test_what_is_due_keeps_its_name() -> None:
    rows = due(
        "Deposit: 1 May 2026, £50.00\nBalance: 1 June 2026, £150.00",
        fields("payments: list of {label, due date, amount float}"),
    )
    assert [row["label"] for row in rows] == [["Deposit"], ["Balance"]]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (
            "Grading:\n- Attendance, talk: 5%\n- Homework: 55%\n\n- Exam (40 %)",
            ["Attendance, talk", "Homework", "Exam"],
        ),
        ("| Essay | 60 % |\n| Exam | 40 % |", ["Essay", "Exam"]),
        ("The mark is made up of a written essay (60 %) and an exam (40 %).", ["a written essay", "an exam"]),
        ("Sales by country\nFrance: 12%\nSpain: 14%", []),
    ],
)
def test_parts_of_a_hundred_stand_in_lines(text: str, parts: list[str]) -> None:
    assert [row["part"][0] for row in shares(text, fields(PARTS))] == parts


def test_those_who_are_named_one_after_the_other_have_their_own_numbers() -> None:
    text = (
        "Es kam Frau Sabine Trost (CDU) auf 3.481 Stimmen (46,2 Prozent), "
        "Jens Meyer (SPD) auf 2.000 Stimmen (26,5 Prozent)."
    )
    first, second = polled(text, fields(VOTES))
    assert first == {"name": ["Sabine Trost"], "party": ["CDU"], "votes": ["3.481"], "percent": ["46,2"]}
    assert second == {"name": ["Jens Meyer"], "party": ["SPD"], "votes": ["2.000"], "percent": ["26,5"]}
    assert polled("Sabine Trost (CDU) had 3,481 votes (46.2 percent).", fields(VOTES)) == []


@pytest.mark.parametrize(
    "head", ["Candidate | Description | Votes", "Candidate | Party | Votes", "Name | Description | Votes"]
)
def test_the_column_with_the_name_of_the_list_is_what_rows_are_called(head: str) -> None:
    text = f"| {head} |\n|---|---|---|\n| Ann Low | Green | 120 |\n| Bob High | Labour | 99 |"
    wanted = fields("candidates: list of {name, party, votes int}")
    assert under_heads(text, Layout(text), wanted)[0] == {"name": ["Ann Low"], "party": ["Green"], "votes": ["120"]}
