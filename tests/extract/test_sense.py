"""What of a document is near a field, and that a small model chooses among it: candidates, fields, nearness, rows."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag import models
from rag.extract import SchemaForm
from rag.extract.candidates import candidates
from rag.extract.choosing import chosen
from rag.extract.evidence import find
from rag.extract.fields import fields_of, in_words
from rag.extract.sense import Sense
from rag.grammar import check, shorthand
from rag.types import Embedder

TICKETS = {
    "lamp": "I bought the Kestrel lamp (order 4711) for 49 euros in Lille and it flickers. Please send a new one.",
    "praise": "Just wanted to say that your shop is lovely. Keep going!",
    "kettle": "Order 1009: the blue kettle leaks at the lid. I would like a refund of the 35 EUR I paid.",
}
SHORT = "product, city, order int, paid_eur int, wish: what the customer asks for"


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return models.embedder("minilm")


def of_kind(text: str, *kinds: str) -> list[str]:
    return [one.text for one in candidates(text) if one.kind in kinds]


def test_candidates_are_found_by_rules() -> None:
    text = 'Mia Berg met the Duke of York on 3 May 2024 and paid 12.50 EUR; "blue moon" by mia@x.org weighs 5mg.'
    assert of_kind(text, "name") == ["Mia Berg", "Duke of York"]
    assert of_kind(text, "date") == ["3 May 2024"]
    assert of_kind(text, "number")[-2:] == ["12.50", "5mg"]
    assert of_kind(text, "email") == ["mia@x.org"]
    assert of_kind(text, "quoted") == ["blue moon"]
    assert of_kind("Thanks. The box came. Ada is here.", "name", "opening") == ["Ada"]
    title = "SeaKnight Carbon Fishing Rod With Metal Lure Set"  # in a title all words are capitalised
    known = {"carbon", "fishing", "rod", "metal", "lure", "set"}
    assert [one.text for one in candidates(title, known) if one.kind == "name"] == ["SeaKnight"]


@given(st.text(max_size=200))
def test_candidates_stand_where_they_say(text: str) -> None:
    for one in candidates(text):
        assert text[one.start : one.end] == one.text


def test_fields_say_what_they_ask_for() -> None:
    schema = shorthand(
        "brand, tone: one of good bad, paid_eur int, wish: what the customer asks for, lines: list of {eatType}"
    )
    found = {one.key[1]: one for one in fields_of(schema)}
    assert {name: one.kind for name, one in found.items()} == {
        "brand": "text", "tone": "choice", "paid_eur": "number", "wish": "text", "eatType": "text",
    }  # fmt: skip
    assert [name for name, one in found.items() if one.naming] == ["brand"]
    assert [name for name, one in found.items() if one.judged] == ["tone"]
    assert [name for name, one in found.items() if one.phrase] == ["wish"]
    assert in_words("eatType_of-day") == "eat type of day"


def test_what_is_near_a_field(embedder: Embedder) -> None:
    schema = shorthand("color, length, weight, material, sport")
    near = Sense(schema, embedder).of("Black carbon rod for fishing, 120mm long and 14.5g heavy, a Sport classic")
    first = {key[1]: found[0][0] if found else "" for key, found in near.found.items()}
    assert (first["color"], first["length"].split()[0]) == ("Black", "120mm")
    assert first["weight"] in ("14.5g", "heavy")
    assert first["sport"] != "Sport"  # its own word is no value
    near = Sense(shorthand(SHORT), embedder).of(TICKETS["lamp"])
    best = {key[1]: found[0][0] for key, found in near.found.items() if found}
    assert (best["order"], best["paid_eur"]) == (4711, 49)
    assert best["wish"] == "Please send a new one."


@pytest.mark.parametrize("text", [*TICKETS.values(), "", "東京は首都です。", "a b"])
def test_what_is_admitted_for_a_document_fits_the_schema_and_stands_in_it(embedder: Embedder, text: str) -> None:
    schema = shorthand(SHORT + ", tags: list of str, n int!, free!")
    held = chosen(schema, Sense(schema, embedder).of(text))

    def admitted(name: str) -> list[Any]:
        part = held["properties"][name]
        return list(part.get("items", part).get("enum", []))

    for name in schema["properties"]:
        for value in admitted(name):
            record = {"product": None, "city": None, "order": None, "paid_eur": None, "wish": None}
            record |= {"tags": [], "n": 1, "free": "x"} | {name: [value] if name == "tags" else value}
            assert check(record, schema) == []
            assert value is None or find(value, text) is not None
    assert "enum" not in held["properties"]["free"]  # it may not be null, so it may be any words of the document


def test_a_field_may_be_left_to_the_model(embedder: Embedder) -> None:
    schema = shorthand("summary")
    schema["properties"]["summary"]["x-verbatim"] = False
    form = SchemaForm(schema, 100, embedder=embedder)
    assert form.first(TICKETS["lamp"]).shape.grammar == SchemaForm(schema, 100).first("").shape.grammar


@pytest.mark.model
def test_a_newcomers_tickets_hold_nothing_that_nobody_wrote(tmp_path: Path) -> None:
    rows = [json.dumps({"id": name, "body": text}) for name, text in TICKETS.items()]
    (tmp_path / "in.jsonl").write_text("\n".join(rows))
    command = [
        sys.executable,
        "-c",
        "from rag.cli import main; main()",
        "extract",
        "in.jsonl",
        "--text-column",
        "body",
        "--id-column",
        "id",
    ]
    command += ["-s", SHORT, "--slots", "1", "--threads", "1", "-q"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    found = {row["id"]: row for row in map(json.loads, done.stdout.splitlines())}
    assert all(row["nowhere"] == [] for row in found.values())
    lamp, kettle, praise = (found[name]["data"] for name in ("lamp", "kettle", "praise"))
    assert (lamp["city"], lamp["order"], lamp["paid_eur"]) == ("Lille", 4711, 49)
    assert (kettle["order"], kettle["paid_eur"]) == (1009, 35)
    assert (praise["order"], praise["paid_eur"], praise["city"]) == (None, None, None)


@pytest.mark.parametrize("name", ["--", "_", "?", "", " ", "名前", "é", "of", "by", "x" * 300, "a.b", "\u202e", "1"])
@pytest.mark.parametrize("kind", ["string", "number", "date"])
def test_any_name_of_a_field_can_be_read(name: str, kind: str) -> None:
    node = {"type": "string", "format": "date"} if kind == "date" else {"type": kind}
    found = list(fields_of({"type": "object", "properties": {name: node}}))
    assert [field.kind for field in found] == ([kind.replace("string", "text")] if name else [])
