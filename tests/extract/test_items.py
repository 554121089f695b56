"""Lists of objects, sections, front matter, rows and sentences: what they say of fields before a model is asked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from extraction import best

from rag import models
from rag.app.extract_inputs import given as given_files
from rag.extract.asker import seen
from rag.extract.choosing import chosen
from rag.extract.evidence import standing
from rag.extract.leaning import Leaning
from rag.extract.sense import Sense
from rag.grammar import check, shorthand
from rag.types import Document, Embedder

CAKE = """---
title: Carrot cake, with nuts
tags: [sweet, "for guests"]
vegan: no
---

## Ingredients

- 300 g carrots, grated
- 2 1/4 cups of flour
- ½ tsp salt
- a handful of walnuts
- Sugar: 200 g
- icing

## Method

1. Mix.
2. Bake for 40 minutes.
"""
CAKE_FIELDS = (
    "title, tags: list of str, vegan bool, ingredients: list of {name, amount float, unit}, steps: list of str"
)
CAKE_DATA = {
    "title": "Carrot cake, with nuts", "tags": ["sweet", "for guests"], "vegan": False,
    "ingredients": [
        {"name": "carrots", "amount": 300, "unit": "g"}, {"name": "flour", "amount": 2.25, "unit": "cups"},
        {"name": "salt", "amount": 0.5, "unit": "tsp"}, {"name": "walnuts", "amount": None, "unit": "handful"},
        {"name": "Sugar", "amount": 200, "unit": "g"}, {"name": "icing", "amount": None, "unit": None},
    ],
    "steps": ["Mix", "Bake for 40 minutes"],
}  # fmt: skip
SMOOTHIE = "Smoothie\n\nYou need 2 mangos, 150 ml of milk, three dates and a pinch of salt. Blend it.\n"
CURRY = "カレー\n\n材料:\n・玉ねぎ 2個\n・カレー粉 大さじ3\n・水 600ml\n\n作り方:\n1. 玉ねぎを炒める\n"
PLAN = """# Move of the office, 3 March 2025

Present: Nora Vance, Piet Hall

## To do
- [ ] Piet: pack the library (by 10 March)
- [X] cancel the phone line @Nora due 2025-03-05
- [ ] Nora measures the kitchen

## What went wrong

The lift was out of order.
"""
PRICES = "Ferry\n\nFares:\n- Adults: 4.50 €\n- Dogs: free\n\n"
BOATS = f"{PRICES}| Boat | Captain | Built |\n|---|---|---|\n| Ida | Ole | 1971 |\n"
BOOKS = "**Solaris** by Stanisław Lem. 214 pages. 5/5.\n\n**Orlando** by Virginia Woolf. Read in May. 4/5.\n"
STANDUP = (
    "Standup 3 Nov 2025\nAttending: Kim, Will\n\nACTION: Will to send the keys by Wed 5 Nov\nACTION: Kim to rest\n"
)
WEEK = "| Day | Morning | Evening |\n|---|---|---|\n| Mon | Beach | Fado |\n| Tue | Market | Rest |\n"
READING = "# Read\n\n1. *Kindred* by Octavia E. Butler (1979)\n2. *Stoner* by John Williams (1965)\n"
HALL = "Jazz\n\nThe Old Mill, Weaver Lane 3, Norwich\nDoors open at 7. We expect 40 guests, 12 frames a second.\n"
LOG = '10.0.0.9 - - [12/May/2025:06:25:14 +0000] "GET /a HTTP/1.1" 200 157 "-" "curl/8"'
LETTER = "The hall is ours on Friday at 19:00 for the choir. Please reply by 4 June; we sing on 9 June 2025."

KINDS: list[tuple[str, str, dict[str, Any]]] = [
    (CAKE, CAKE_FIELDS, CAKE_DATA),
    (
        SMOOTHIE,
        "ingredients: list of {item, how_much str}",
        {"ingredients": [
            {"item": "mangos", "how_much": "2"}, {"item": "milk", "how_much": "150 ml"},
            {"item": "dates", "how_much": "three"}, {"item": "salt", "how_much": None},
        ]},
    ),
    (
        CURRY,
        "ingredients: list of {name, amount float, unit}, steps: list of str",
        {
            "ingredients": [
                {"name": "玉ねぎ", "amount": 2, "unit": "個"}, {"name": "カレー粉", "amount": 3, "unit": "大さじ"},
                {"name": "水", "amount": 600, "unit": "ml"},
            ],
            "steps": ["玉ねぎを炒める"],
        },
    ),
    (
        PLAN,
        "title, todo: list of {who, what, until: date, done bool}, what_went_wrong",
        {
            "title": "Move of the office, 3 March 2025",
            "todo": [
                {"who": "Piet", "what": "pack the library", "until": "2025-03-10", "done": False},
                {"who": "Nora", "what": "cancel the phone line", "until": "2025-03-05", "done": True},
                {"who": "Nora", "what": "Nora measures the kitchen", "until": None, "done": False},
            ],
            "what_went_wrong": "The lift was out of order.",
        },
    ),
    (
        BOATS,
        "fares: list of {who, price}, boats: list of {boat, captain, built int}",
        {
            "fares": [{"who": "Adults", "price": "4.50 €"}, {"who": "Dogs", "price": "free"}],
            "boats": [{"boat": "Ida", "captain": "Ole", "built": 1971}],
        },
    ),
    (
        BOOKS,
        "books: list of {title, author, rating, pages int}",
        {"books": [
            {"title": "Solaris", "author": "Stanisław Lem", "rating": "5/5", "pages": 214},
            {"title": "Orlando", "author": "Virginia Woolf", "rating": "4/5", "pages": None},
        ]},
    ),
    (
        STANDUP,
        "actions: list of {who, what, due: date}",
        {"actions": [
            {"who": "Will", "what": "send the keys", "due": "2025-11-05"},
            {"who": "Kim", "what": "rest", "due": None},
        ]},
    ),
    (
        WEEK,
        "plan: list of {day, morning, evening}",
        {"plan": [
            {"day": "Mon", "morning": "Beach", "evening": "Fado"},
            {"day": "Tue", "morning": "Market", "evening": "Rest"},
        ]},
    ),
    (
        READING,
        "books: list of {title, author, year int}",
        {"books": [
            {"title": "Kindred", "author": "Octavia E. Butler", "year": 1979},
            {"title": "Stoner", "author": "John Williams", "year": 1965},
        ]},
    ),
    (
        HALL,
        "venue, address, city, price float, guests int",
        {"venue": "The Old Mill", "address": "Weaver Lane 3", "city": "Norwich", "price": None, "guests": 40},
    ),
    (
        "---\nparts:\n  - name: leek\n    amount: 2\n  - name: oil\n    amount: 3\nsource: May\n---\n\nCook.\n",
        "source, parts: list of {name, amount int}",
        {"source": "May", "parts": [{"name": "leek", "amount": 2}, {"name": "oil", "amount": 3}]},
    ),
    (
        "2025-11-02 03:14:15 WARN  [disk] 91% used\n2025-11-02 03:20:00 ERROR [mail] it failed: timeout\n",
        "events: list of {time, level, message}",
        {"events": [
            {"time": "2025-11-02 03:14:15", "level": "WARN", "message": "91% used"},
            {"time": "2025-11-02 03:20:00", "level": "ERROR", "message": "it failed: timeout"},
        ]},
    ),
    (
        "# FAQ\n\n## May I bring a dog?\n\nYes, on a lead.\n\n## What is a pass?\n\n18 euros.\n",
        "questions: list of {question, answer}",
        {"questions": [
            {"question": "May I bring a dog?", "answer": "Yes, on a lead."},
            {"question": "What is a pass?", "answer": "18 euros."},
        ]},
    ),
    (
        "Ada King\n\nExperience\n2021 - present  Engineer, Norda\n2018 - 2021  Analyst, Bank\n"
        "\n**CV**: a life.\n**API**: a door.\n",
        "experience: list of {period, job, employer}, terms: list of {term, meaning}",
        {
            "experience": [
                {"period": "2021 - present", "job": "Engineer", "employer": "Norda"},
                {"period": "2018 - 2021", "job": "Analyst", "employer": "Bank"},
            ],
            "terms": [{"term": "CV", "meaning": "a life."}, {"term": "API", "meaning": "a door."}],
        },
    ),
    (LOG, "status int, bytes int", {"status": 200, "bytes": 157}),
    (LETTER, "reply_by: date, time", {"reply_by": "2025-06-04", "time": "19:00"}),
    (LETTER, "summary: one sentence", {"summary": "The hall is ours on Friday at 19:00 for the choir."}),
    (LETTER, "summary!", {"summary": "The hall is ours on Friday at 19:00 for the choir."}),
]  # fmt: skip


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return models.embedder("minilm")


def told(embedder: Embedder, text: str, fields: str) -> Any:
    schema = shorthand(fields)
    return best(chosen(schema, Sense(schema, embedder).of(text)))


@pytest.mark.parametrize(("text", "fields", "wanted"), KINDS, ids=range(len(KINDS)))
def test_what_a_document_says(embedder: Embedder, text: str, fields: str, wanted: dict[str, Any]) -> None:
    assert told(embedder, text, fields) == wanted
    assert check(wanted, shorthand(fields)) == []
    nowhere = [pointer for pointer, span in standing(wanted, Document("", "a", text)).items() if span is None]
    flags = {"vegan", "done"}
    assert [one for one in nowhere if not flags & set(one.split("/")) and _value(wanted, one) is not None] == []


def _value(data: Any, pointer: str) -> Any:
    for part in pointer.split("/")[1:]:
        data = data[int(part)] if isinstance(data, list) else data[part]
    return data


def test_names_of_a_mail_are_no_addresses(embedder: Embedder, tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_text(
        "From: Dr. Lee Clinic <desk@lee.example>\nTo: Al Roth <al@x.org>, Bo Berg <bo@x.org>\nSubject: Visit\n"
        "Date: Tue, 03 Jun 2025 08:00:00 +0200\n\nYour visit is on 17 June 2025 at 10:40. Reply by 10 June.\n"
    )
    (document,) = given_files([str(tmp_path / "a.eml")], (), "")
    found = standing({"visit": "2025-06-17", "reply": "2025-06-10"}, document)
    assert found["/reply"]["quote"] == "10 June"  # of the year of the mail's head
    fields = "sender, recipients: list of str, date: date, visit: date"
    schema = shorthand(fields)
    text = seen(document, (0, len(document.text)))
    held = chosen(schema, Sense(schema, embedder).of(text))
    assert best(held["properties"]["sender"]) == "Dr. Lee Clinic"
    assert best(held["properties"]["recipients"]) == ["Al Roth", "Bo Berg"]
    assert (best(held["properties"]["date"]), best(held["properties"]["visit"])) == ("2025-06-03", "2025-06-17")


def test_a_row_says_all_of_its_columns(embedder: Embedder, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('id,model,price,note\nK2,Kestrel,549,"City bike, eight gears"\n')
    (document,) = given_files([str(tmp_path / "a.csv")], (), "")
    found = told(embedder, seen(document, (0, len(document.text))), "id, model, price int")
    assert found == {"id": "K2", "model": "Kestrel", "price": 549}
    where = standing(found, document)
    assert where["/price"] == {"column": "price", "start": 0, "end": 3, "quote": "549"}
    assert where["/model"] == {"start": 0, "end": 7, "quote": "Kestrel", "column": "model"}
    (chosen_text,) = given_files([str(tmp_path / "a.csv")], ("note",), "id")
    assert seen(chosen_text, (0, 99)) == "City bike, eight gears"  # who names the text means that alone


RECIPE = "---\ntitle: Banana bread\n---\n\nThree bananas, 180 g flour, 100 g sugar, 2 eggs.\n\nBake 55 minutes.\n"


def test_a_row_says_what_stands_there_also_in_fields_that_may_be_missing(embedder: Embedder) -> None:
    schema = shorthand("parts: list of {name, amount: number?, unit?}")
    parts = chosen(schema, Sense(schema, embedder).of(RECIPE))["properties"]["parts"]["prefixItems"]
    assert [sorted(part["required"]) for part in parts] == [
        ["amount", "name"], ["amount", "name", "unit"], ["amount", "name", "unit"], ["amount", "name"],
    ]  # fmt: skip


def test_a_value_that_begins_a_better_one_goes_on(embedder: Embedder) -> None:
    schema = shorthand("title, minutes: int?")
    near = Sense(schema, embedder).of(RECIPE)
    held = chosen(schema, near)
    assert "Banana" in held["properties"]["title"]["enum"]
    ways = Leaning(held, RECIPE, near).after('{"title":"Banana')
    assert max(ways, key=lambda way: ways[way]) == ' bread"'
    assert Leaning(held, RECIPE, near).after('{"title":"Banana bread') == {'","minutes":': 8.0}
