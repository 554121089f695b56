"""Pages of a manual as text: what each part says, in any language; and what is no such page."""

from __future__ import annotations

from typing import Any

import pytest
from extraction import best

from rag import models
from rag.extract.choosing import chosen
from rag.extract.sense import Sense
from rag.grammar import shorthand
from rag.types import Embedder

FIELDS = """command
manual_section int
purpose: what the command does
synopsis
options: list of str
see_also: list of str
page_date date
package"""
PAGE = """SIFT(1)                          User Commands                         SIFT(1)

NAME
       sift, resift - pick the lines of a file that are
       asked for

SYNOPSIS
       sift [options] file...

DESCRIPTION
       Sift reads 1000 lines at once. It needs no index.

OPTIONS
       -c, --count
              Say how many lines there are.

              -5     five of them

       --lax  Take lines that nearly fit.

       -n, --lines number
              Stop behind so many.

SEE ALSO
       grep(1), look(1), regex(7)

sift-tools 2.1                    2021-04-09                          SIFT(1)
"""
GERMAN = """SIEB(8)                     Verwaltung des Systems                    SIEB(8)

BEZEICHNUNG
       sieb — siebt Pakete

ÜBERSICHT
       sieb [-v] Datei

OPTIONEN
       -v     erzählt mehr

SIEHE AUCH
       sift(1)
"""
TOLD = {
    "command": "sift",
    "manual_section": 1,
    "purpose": "pick the lines of a file that are asked for",
    "synopsis": "sift [options] file...",
    "options": ["-c, --count", "--lax", "-n, --lines number"],
    "see_also": ["grep(1)", "look(1)", "regex(7)"],
    "page_date": "2021-04-09",
    "package": "sift-tools 2.1",
}


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return models.embedder("minilm")


def said(embedder: Embedder, text: str) -> Any:
    schema = shorthand(FIELDS)
    return best(chosen(schema, Sense(schema, embedder).of(text)))


def test_each_part_of_a_page_says_its_field(embedder: Embedder) -> None:
    assert said(embedder, PAGE) == TOLD


def test_parts_are_told_in_any_language(embedder: Embedder) -> None:
    found = said(embedder, GERMAN)
    assert (found["command"], found["manual_section"]) == ("sieb", 8)
    assert (found["purpose"], found["synopsis"]) == ("siebt Pakete", "sieb [-v] Datei")
    assert (found["options"], found["see_also"]) == (["-v"], ["sift(1)"])


def test_a_page_of_a_file_has_no_synopsis(embedder: Embedder) -> None:
    text = PAGE.replace("SYNOPSIS\n       sift [options] file...\n\n", "")
    found = said(embedder, text)
    assert found["synopsis"] != TOLD["synopsis"]
    assert found["options"] == TOLD["options"]


def test_without_its_head_it_is_no_page(embedder: Embedder) -> None:
    text = PAGE.partition("\n")[2].rpartition("\nsift-tools")[0]
    assert said(embedder, text)["manual_section"] != 1
