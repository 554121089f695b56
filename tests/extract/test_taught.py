"""Examples teach a small model what to look for, and nothing of them gets into the records of other documents."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from extraction import FunctionGenerator

from rag import prompts
from rag.app.extract import schema_extraction
from rag.extract import Example, Plan, SchemaForm, records
from rag.extract.evidence import standing
from rag.extract.grounding import judgements, loosened, nowhere
from rag.grammar import shorthand
from rag.models.llama import LlamaGenerator, smollm2
from rag.types import Document

FIELDS = "make, model, year int, price float, currency, colour, seller, phone"
BOATS = [
    Example(
        "For sale: Nordvik 26 from 1991, blue hull, 18,500 EUR. Call Sven Aalto, +358 40 555 0110.",
        {
            "make": "Nordvik", "model": "26", "year": 1991, "price": 18500, "currency": "EUR", "colour": "blue",
            "seller": "Sven Aalto", "phone": "+358 40 555 0110",
        },
    ),
    Example(
        "Brisling 7, built 2003. Red. 9,900 USD. Maria Holt, +1 207 555 0133",
        {
            "make": "Brisling", "model": "7", "year": 2003, "price": 9900, "currency": "USD", "colour": "red",
            "seller": "Maria Holt", "phone": "+1 207 555 0133",
        },
    ),
]  # fmt: skip
CAR = "Opel Meriva, 2009\n\nPrice: 2,300 £\nColour: silver\n\nRing 01632 960 114 after six."


@pytest.fixture(scope="module")
def generator() -> Iterator[LlamaGenerator]:
    with smollm2(threads=1) as opened:
        yield opened


def file_of(folder: Path, examples: list[Example]) -> Path:
    path = folder / "examples.jsonl"
    path.write_text("".join(json.dumps({"text": one.text, "data": one.data}) + "\n" for one in examples))
    return path


def test_a_few_examples_do_not_get_into_other_documents(generator: LlamaGenerator, tmp_path: Path) -> None:
    plan = Plan(shorthand(FIELDS), prompts.find("extract", ["text"], generator.name))
    what = schema_extraction(plan, generator, file_of(tmp_path, BOATS))
    assert what.plan == schema_extraction(plan, generator, None).plan
    assert schema_extraction(replace(plan, free=True), generator, file_of(tmp_path, BOATS)).plan.examples == tuple(
        BOATS
    )
    document = Document("", "car", CAR)
    (row,) = records([document], what.plan, what.form, generator)
    assert nowhere(row.data, standing(row.data, document), what.plan.schema) == []
    assert {key: row.data[key] for key in ("year", "price", "colour", "phone")} == {
        "year": 2009, "price": 2300, "colour": "silver", "phone": "01632 960 114",
    }  # fmt: skip


def test_of_many_examples_what_stands_nowhere_is_not_taken(generator: LlamaGenerator, tmp_path: Path) -> None:
    template = prompts.find("extract", ["text"], generator.name)
    four = schema_extraction(Plan(shorthand(FIELDS), template), generator, file_of(tmp_path, BOATS * 2)).plan
    assert (four.near, four.taught) == ("", True)
    copied = FunctionGenerator(lambda said: json.dumps({"name": "Sven Aalto", "town": "York"}))
    document = Document("", "a", "The boat lies in York.")
    for fields, status in (("name, town", "done"), ("name!, town", "failed")):
        plan = Plan(shorthand(fields), template, taught=True)
        (row,) = records([document], plan, SchemaForm(plan.schema, 200), copied)
        assert row.status == status
        assert row.data == ({"name": None, "town": "York"} if status == "done" else None)
        assert status == "done" or "/name stand nowhere" in row.error


def test_what_examples_take_from_nowhere_is_an_opinion() -> None:
    examples = [
        Example("I waited for weeks!", {"tone": "angry", "who": None, "items": [{"kind": "delay", "said": "weeks"}]}),
        Example("Ada sent thanks.", {"tone": "happy", "who": "Ada", "items": [{"kind": "praise", "said": "thanks"}]}),
    ]
    judged = judgements(examples)
    assert judged == {"/tone", "/items/*/kind"}
    schema = loosened(shorthand("tone, who, items: list of {kind, said}, size: one of S M"), judged)
    free = [key for key, part in schema["properties"].items() if "x-verbatim" in part]
    assert free == ["tone"]
    assert schema["properties"]["items"]["items"]["properties"]["kind"]["x-verbatim"] is False
    template = prompts.find("extract", ["text"])
    plan = Plan(schema, template, taught=True, judged=judged)
    reply = {"tone": "calm", "who": "Eve", "items": [{"kind": "delay", "said": "rain"}], "size": "S"}
    generator = FunctionGenerator(lambda said: json.dumps(reply))
    (row,) = records([Document("", "a", "It took a day.")], plan, SchemaForm(schema, 200), generator)
    assert row.data == {"tone": "calm", "who": None, "items": [{"kind": "delay", "said": None}], "size": "S"}
