"""Relations of names: what sentences say of two names, as a list of {head, relation, tail}."""

from __future__ import annotations

from typing import Any

import pytest

from rag import models
from rag.extract import SchemaForm
from rag.extract.relations import asks_for_relations
from rag.extract.sense import Sense
from rag.types import Embedder

VALUES = ["born_in", "date of birth", "date of death", "works for", "located in", "country", "capital of", "capital"]
VALUES += ["founded by", "has child", "father", "married to", "educated at", "directed by", "headquarters"]


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return models.embedder("minilm")


def asking(values: list[str], head: str = "head", tail: str = "tail") -> dict[str, Any]:
    text = {"type": "string"}
    element = {
        "type": "object",
        "required": [head, "relation", tail],
        "additionalProperties": False,
        "properties": {head: text, "relation": {"enum": values}, tail: text},
    }
    return {
        "type": "object",
        "required": ["relations"],
        "additionalProperties": False,
        "properties": {"relations": {"type": "array", "items": element}},
    }


def found(text: str, embedder: Embedder, values: list[str] = VALUES) -> set[tuple[str, str, str]]:
    (rows,) = Sense(asking(values), embedder).of(text).rows.values()
    return {(row["head"][0], row["relation"][0], row["tail"][0]) for row in rows}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "Clara Winter (3 May 1871 – 12 June 1944) painted harbours. She was born in Lisbon.",
            {
                ("Clara Winter", "date of birth", "3 May 1871"),
                ("Clara Winter", "date of death", "12 June 1944"),
                ("Clara Winter", "born_in", "Lisbon"),
            },
        ),
        (
            "They went on by train. Lisbon is the capital of Portugal, and was full of people that summer.",
            {
                ("Lisbon", "capital of", "Portugal"),
                ("Portugal", "capital", "Lisbon"),
                ("Lisbon", "located in", "Portugal"),
                ("Lisbon", "country", "Portugal"),
            },
        ),
        (
            "The photograph shows two people. Peter Brandt is the father of Anna Brandt, who took it.",
            {("Peter Brandt", "has child", "Anna Brandt")},
        ),
        (
            "The judge is new here. Anna Brandt studied law at the University of Toronto, then worked for years.",
            {("Anna Brandt", "educated at", "University of Toronto")},
        ),
        ("Nothing is said of Peter Brandt here, nor of Lisbon.", set()),
    ],
)
def test_what_a_sentence_says_of_two_names(text: str, said: set[tuple[str, str, str]], embedder: Embedder) -> None:
    assert found(text, embedder) == said


def test_what_is_in_a_place_is_in_what_that_is_in(embedder: Embedder) -> None:
    said = found(
        "It stands for years now. The mill is in Boston, Massachusetts, United States.",
        embedder,
        ["located in", "country"],
    )
    assert ("Boston", "located in", "Massachusetts") in said
    assert ("Boston", "located in", "United States") in said
    assert ("Boston", "country", "United States") in said
    assert not any(head == "United States" for head, _, _ in said)
    assert found("We travelled for years. We saw Boston, Paris and Rome, and wrote.", embedder, ["located in"]) == set()


def test_a_model_adds_none_and_is_asked_about_relations_that_nobody_knows(embedder: Embedder) -> None:
    text = "Peter Brandt met Anna Brandt in Lisbon."
    shape = SchemaForm(asking(VALUES), 200, embedder=embedder).first(text).shape
    assert shape.grammar == 'root ::= "{\\"relations\\":" relations "}"\nrelations ::= "[]"\n'
    sense = Sense(asking(["frobs", "grumbles", "born in"]), embedder)
    assert not asks_for_relations(list(sense.fields.values()))
    assert SchemaForm(asking(["frobs", "grumbles"]), 200, embedder=embedder).likely(text) in ("", '{"relations": null}')
    for head, tail in (("subject", "object"), ("source", "target"), ("from", "to")):
        assert asks_for_relations(list(Sense(asking(VALUES, head, tail), embedder).fields.values()))
    assert not asks_for_relations(list(Sense(asking(VALUES, "name", "colour"), embedder).fields.values()))
