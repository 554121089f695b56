"""Schemas of one's own: what a pattern or a format asks for is taken from the document, or null, or refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from extraction import best
from hypothesis import given
from hypothesis import strategies as st

from rag import models, prompts
from rag.extract import Plan, SchemaForm, records
from rag.extract.asked import asked
from rag.extract.asked import given as without
from rag.extract.candidates import candidates
from rag.extract.choosing import chosen
from rag.extract.formed import formed, optional
from rag.extract.sense import Sense
from rag.grammar import check
from rag.models.llama import LlamaGenerator, smollm2
from rag.types import Document, Embedder

ORDER = """Parcel note PX-2207, packed on 9 March 2025 at Ullswater Works.

Write to parcels@ullswater.example or see https://ullswater.example/track for the large crate.
Run 0b9f2c1e-77aa-4b31-9d0c-5f6e7a8b9c0d on 192.168.7.20, closed 2025-03-09T16:40:00+01:00.
"""
NOTE = "Dear Mrs Holt,\n\nthe kettle has not come yet. We are sorry.\n\nThe people at the shop\n"
FORMS = {
    "parcel": {"type": ["string", "null"], "pattern": r"^[A-Z]{2}-\d{4}$"},
    "contact": {"type": ["string", "null"], "format": "email"},
    "link": {"type": ["string", "null"], "format": "uri"},
    "run": {"type": ["string", "null"], "format": "uuid"},
    "host": {"type": ["string", "null"], "format": "ipv4"},
    "packed": {"type": ["string", "null"], "format": "date"},
    "closed": {"type": ["string", "null"], "format": "date-time"},
    "crate": {"type": ["string", "null"], "pattern": "^(small|large) crate$"},
}
SAID = {
    "parcel": "PX-2207",
    "contact": "parcels@ullswater.example",
    "link": "https://ullswater.example/track",
    "run": "0b9f2c1e-77aa-4b31-9d0c-5f6e7a8b9c0d",
    "host": "192.168.7.20",
    "packed": "2025-03-09",
    "closed": "2025-03-09T16:40:00+01:00",
    "crate": "large crate",
}


def schema_of(properties: dict[str, Any], required: list[str] | None = None) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties) if required is None else required}


@pytest.fixture(scope="module")
def generator() -> Iterator[LlamaGenerator]:
    with smollm2(threads=1) as opened:
        yield opened


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return models.embedder("minilm")


def test_an_address_is_more_than_a_scheme(embedder: Embedder) -> None:
    schema = schema_of({"link": {"type": ["string", "null"], "format": "uri"}})
    for text, said in (
        ("To: ada@x.example\nNote:this is all.", []),
        ("Or mailto:ada@x.example now", ["mailto:ada@x.example"]),
    ):
        near = Sense(schema, embedder).of(text)
        assert list(near.formed.values()) == [said]


def test_a_channel_is_not_cut_at_its_hyphen() -> None:
    found = candidates("Ask in #ask-own or see [the list](#open-work), not #4.")
    assert [one.text for one in found if one.kind == "handle"] == ["#ask-own"]


def test_what_fits_stands_in_the_document(embedder: Embedder, generator: LlamaGenerator) -> None:
    schema = schema_of(FORMS)
    plan = Plan(schema, prompts.find("extract", ["text"], generator.name))
    form = SchemaForm(schema, plan.max_tokens, embedder=embedder)
    told, nothing = records([Document("", "a", ORDER), Document("", "b", NOTE)], plan, form, generator)
    assert told.data == SAID
    assert nothing.data == dict.fromkeys(FORMS)


def test_what_is_required_and_not_there_fails(embedder: Embedder, generator: LlamaGenerator) -> None:
    schema = schema_of({"contact": {"type": "string", "format": "email"}, "maker": {"type": ["string", "null"]}})
    plan = Plan(schema, prompts.find("extract", ["text"], generator.name))
    (row,) = records([Document("", "b", NOTE)], plan, SchemaForm(schema, 200, embedder=embedder), generator)
    assert row.status == "failed"
    assert "/properties/contact" in row.error
    assert "nothing in the source text fits" in row.error


def test_optional_keys_come_where_the_document_says_them_and_only_there(
    embedder: Embedder, generator: LlamaGenerator
) -> None:
    schema = schema_of(
        {
            "about": {"type": "string"},
            "size": {"type": "integer", "minimum": 1900},
            "contact": {"type": "object", "properties": {"email": {"type": "string", "format": "email"}}},
            "parcel": {"type": "string", "pattern": r"^[A-Z]{2}-\d{4}$"},
            "host": {"type": "string", "format": "ipv4"},
        },
        required=["about"],
    )
    form = SchemaForm(schema, 400, embedder=embedder)
    plan = Plan(schema, prompts.find("extract", ["text"], generator.name))
    said, nothing = records([Document("", "a", ORDER), Document("", "b", NOTE)], plan, form, generator)
    assert said.data["parcel"] == "PX-2207"
    assert said.data["host"] == "192.168.7.20"
    assert said.data["contact"] == {"email": "parcels@ullswater.example"}
    assert list(said.data) == [key for key in schema["properties"] if key in said.data]
    assert not {"parcel", "host", "size"} & set(nothing.data)
    assert not check(said.data, schema)
    assert not check(nothing.data, schema)


VALUES = {"a": "x", "b": 1, "c": None, "d": [], "e": {"f": None, "g": "y"}}
PARTS: dict[str, Any] = {
    "a": {"type": "string"},
    "b": {"enum": [1, 2]},
    "c": {"type": ["string", "null"]},
    "d": {"type": "array", "items": {"type": "string"}},
    "e": {"type": "object", "properties": {"f": {"type": "string"}, "g": {"type": "string"}}},
}


@given(st.sets(st.sampled_from(list(PARTS))), st.sets(st.sampled_from(list(PARTS))), st.booleans())
def test_what_was_asked_for_beyond_a_schema_is_left_out_again(needed: set[str], null: set[str], closed: bool) -> None:
    schema = schema_of(PARTS, required=sorted(needed)) | ({"additionalProperties": False} if closed else {})
    value = {key: None if key in null - needed - {"d"} else VALUES[key] for key in PARTS}
    assert not check(value, asked(schema))
    assert not check(without(value, schema), schema)
    assert not check(without(value, asked(schema)), asked(schema))  # nothing is left out of what asks for it


def test_null_beside_something_else_is_read_however_it_is_written(embedder: Embedder) -> None:
    either = {
        name: {
            "title": name,
            "anyOf": [{key: "string" if key == "type" else form[key] for key in form}, {"type": "null"}],
        }
        for name, form in FORMS.items()
    }
    plain = optional(schema_of(either))
    assert all(part["type"] == ["string", "null"] for part in plain["properties"].values())
    assert best(chosen(plain, Sense(plain, embedder).of(ORDER))) == SAID
    nested = {
        "$defs": {"P": schema_of({"next": {"anyOf": [{"$ref": "#/$defs/P"}, {"type": "null"}]}})},
        "$ref": "#/$defs/P",
    }
    for value in ({"next": None}, {"next": {"next": None}}, {"next": 3}):
        assert bool(check(value, nested)) == bool(check(value, optional(nested)))


def test_a_pattern_that_fits_everything_tells_nothing() -> None:
    words = " ".join(f"word{n}" for n in range(60))
    assert formed(words, {"type": "string", "pattern": "^.+$"}) is None
    assert formed(words, {"type": "string", "pattern": "^word1[0-2]$"}) == ["word10", "word11", "word12"]
    assert formed("(see: a@b.example)", {"type": "string", "format": "email"}) == ["a@b.example"]


def test_a_list_of_addresses_holds_those_of_the_document(embedder: Embedder) -> None:
    schema = schema_of({"mails": {"type": "array", "items": {"type": "string", "format": "email"}}})
    text = "Ask ann@x.example or bo@y.example about the boat."
    assert best(chosen(schema, Sense(schema, embedder).of(text))) == {"mails": ["ann@x.example", "bo@y.example"]}
