"""A second look at what a small model chose: does this value stand for this field?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from rag import models, prompts
from rag.app.extract import bundled_judge, schema_extraction
from rag.extract import Plan, SchemaForm, records
from rag.extract.plan import rules
from rag.grammar import shorthand
from rag.models.llama import LlamaGenerator, smollm2
from rag.types import Document, Embedder

pytestmark = pytest.mark.model
SHIRT = "BONJEAN Men Basketball Jerseys Breathable Quick Dry Training Shirts High Quality Custom Print"
FIELDS = "brand, gender, sport, material, style"


@pytest.fixture(scope="module")
def judge() -> Iterator[LlamaGenerator]:
    with smollm2(threads=1) as opened:
        yield opened


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return models.embedder("minilm")


def form(fields: str, embedder: Embedder, judge: LlamaGenerator | None) -> SchemaForm:
    return SchemaForm(shorthand(fields), 200, embedder=embedder, judge=judge)


def test_what_hardly_stands_for_its_field_is_doubted(embedder: Embedder, judge: LlamaGenerator) -> None:
    right = {"brand": "BONJEAN", "gender": "Men", "sport": "Basketball", "material": None, "style": None}
    assert form(FIELDS, embedder, judge).doubted(right, SHIRT) == []
    wrong = right | {"material": "Dry", "style": "Quality Custom"}
    assert form(FIELDS, embedder, judge).doubted(wrong, SHIRT) == ["/material", "/style"]
    assert form(FIELDS, embedder, None).doubted(wrong, SHIRT) == []
    assert SchemaForm(shorthand(FIELDS), 200, judge=judge).doubted(wrong, SHIRT) == []  # who writes freely is believed


def test_only_what_was_chosen_and_may_be_null_is_asked_about(embedder: Embedder) -> None:
    asked: list[str] = []

    class Judge:
        def likelihoods(self, text: str, ways: list[tuple[str, str]]) -> list[float]:
            asked.extend(lead.strip() + way.rstrip() for lead, way in ways)
            return [-99.0] * len(ways)

    schema = shorthand("maker, shop_name, size: one of S | M, tags: list of str, price int, box: {inner_colour}")
    schema["properties"]["shop_name"]["type"] = "string"
    text = "Maker: Zell\n\nA red mug of the shop Omnia, in a blue carton."
    value = {
        "maker": "Zell", "shop_name": "Omnia", "size": "S", "tags": ["red"], "price": 3, "box": {"inner_colour": "blue"}
    }  # fmt: skip
    found = SchemaForm(schema, 200, embedder=embedder, judge=Judge()).doubted(value, text)  # type: ignore[arg-type]
    assert (asked, found) == (["Inner colour: blue"], ["/box/inner_colour"])


def test_a_row_says_what_was_doubted(embedder: Embedder, judge: LlamaGenerator) -> None:
    asked = "weather, trainer, feature"  # of which no list of words tells
    plan = Plan(shorthand(asked), prompts.find("extract", ["text"], judge.name))
    document = Document("", "shirt", SHIRT)
    (free,) = records([document], plan, form(asked, embedder, None), judge)
    (seen,) = records([document], plan, form(asked, embedder, judge), judge)
    doubted = form(asked, embedder, judge).doubted(free.data, SHIRT)
    assert doubted
    assert seen.status == "done"
    assert seen.data == free.data | {pointer[1:]: None for pointer in doubted}


def test_a_job_is_known_by_who_judges_and_by_which_rules(judge: LlamaGenerator) -> None:
    asked = Plan(shorthand(FIELDS), prompts.find("extract", ["text"], judge.name))
    made = schema_extraction(asked, judge, None).plan
    assert (made.judge, made.rules) == (judge.fingerprint, rules())
    free = schema_extraction(replace(asked, free=True), judge, None).plan
    assert (free.near, free.judge, free.rules) == ("", "", "")


def test_one_model_judges_them_all(judge: LlamaGenerator) -> None:
    assert bundled_judge(judge) is judge
    other = bundled_judge(LlamaGenerator(judge.path, name="llama:another.gguf"))
    assert isinstance(other, LlamaGenerator)
    assert other.name == "smollm2"


def test_what_rules_read_is_not_doubted(embedder: Embedder) -> None:
    class Judge:
        def likelihoods(self, text: str, ways: list[tuple[str, str]]) -> list[float]:
            return [-99.0] * len(ways)

    text = "## SV Nord – TSV Süd 2:2 (2:0)\n\nZur Pause sah Nord wie der Sieger aus, sagte Trainer Peter Zeh.\n"
    value = {"home": "SV Nord", "away": "TSV Süd", "venue": "Peter Zeh"}
    asked = SchemaForm(shorthand("home, away, venue"), 200, embedder=embedder, judge=Judge())  # type: ignore[arg-type]
    assert asked.doubted(value, text) == ["/venue"]
