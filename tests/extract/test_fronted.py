"""What the front matter says by the names of fields is taken as it stands, and no model is asked for it."""

from __future__ import annotations

from typing import Any

import pytest
from extraction import FunctionGenerator, plan

from rag import models
from rag.extract import records
from rag.extract.form import SchemaForm
from rag.extract.fronted import fronted
from rag.grammar import shorthand
from rag.types import Document, Embedder

POST = """---
title: Why beans
  climb
date: 2024-03-09
tags:
  - garden
  - beans
draft: false
rating: 4
author:
---

# Something else

Written on 2 May 2021 by Ada Moor, tagged garden. """


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return models.embedder("minilm")


def asked(embedder: Embedder, fields: str, text: str, reply: str) -> tuple[Any, FunctionGenerator]:
    """The record of a text, where the model replies so, and what the model was asked."""
    schema, generator = shorthand(fields), FunctionGenerator(lambda _: reply)
    form = SchemaForm(schema, 300, embedder=embedder)
    (row,) = records([Document("s", "post.md", text)], plan(schema), form, generator)
    return row, generator


def test_a_document_whose_front_matter_has_all_fields_is_not_asked_about(embedder: Embedder) -> None:
    fields = "title, date: date, tags: list of str, draft bool, rating int"
    row, generator = asked(embedder, fields, POST + "More of it. " * 4000, "{}")
    wanted = {
        "title": "Why beans climb",
        "date": "2024-03-09",
        "tags": ["garden", "beans"],
        "draft": False,
        "rating": 4,
    }
    assert (row.status, row.data, generator.seen) == ("done", wanted, [])


def test_what_is_open_is_asked_and_what_is_said_stays(embedder: Embedder) -> None:
    reply = '{"title": "Why beans climb", "author": "Ada Moor"}'
    row, generator = asked(embedder, "title, author", POST, reply)
    assert row.data == {"title": "Why beans climb", "author": "Ada Moor"}
    assert len(generator.seen) == 1


@pytest.mark.parametrize(
    ("fields", "known"),
    [
        ("title: what it is about in three words", {}),  # a description may ask for something else
        ("rating", {}),  # a number is no text
        ("date", {"date": "2024-03-09"}),
        ("author", {}),  # nothing is said
        ("Draft bool, tags: list of str", {"Draft": False, "tags": ["garden", "beans"]}),
    ],
)
def test_only_what_fits_a_field_is_taken(fields: str, known: dict[str, Any]) -> None:
    assert fronted(POST, shorthand(fields)).values == known
