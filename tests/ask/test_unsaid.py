"""A name or a code that nothing found says: the question is not answered for certain, and one is told why."""

from __future__ import annotations

import pytest

from rag import chunking, models
from rag.ask import UNSURE, answer
from rag.ask.unsaid import unsaid
from rag.types import Document, Embedder, Hit

LEAVE = "# Leave\n\nAnnual leave in Germany is 30 days, in Sweden 28 days. The WA-7260 is in Dr. O'Hara's room.\n"


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return models.embedder("minilm")


@pytest.fixture(scope="module")
def hits() -> list[Hit]:
    document = Document("hr", "leave-CH.md", LEAVE, title="Leave", kind="markdown")
    return [Hit(passage, 1.0) for passage in chunking.split(document)]


@pytest.mark.parametrize(
    ("question", "missing"),
    [
        ("how long is annual leave in France?", ["France"]),
        ("annual leave in Brazil and Germany", ["Brazil"]),
        ("how long is annual leave in Germany?", []),
        ("is it 28 days for a Swede?", []),  # a form of "Sweden"
        ("annual leave in Germny", []),  # a slip
        ("where is the WA7260", []),
        ("where is the wa-7280?", ["wa-7280"]),
        ("who sits in O'Hara's room", []),
        ("what does E:99 mean", ["E:99"]),
        ("What Is Annual Leave In Peru Like", []),  # typed so: capitals say nothing
        ("Wie viele Tage Urlaub gibt es in Frankreich?", []),  # nor in German
        ("who came in the 16th century, 12-year-olds?", []),
        ("leave in CH", []),
        ("", []),
    ],
)
def test_names_that_nothing_says(hits: list[Hit], question: str, missing: list[str]) -> None:
    assert unsaid(question, hits) == missing


def test_what_is_not_said_is_told_and_the_nearest_shown_with_doubt(hits: list[Hit], embedder: Embedder) -> None:
    given = answer("how long is annual leave in France?", hits, embedder=embedder)
    assert given.text == UNSURE
    assert given.trace["unsaid"] == ["France"]
    assert "Germany" in given.nearest[0].quote
    sure = answer("how long is annual leave in Germany?", hits, embedder=embedder)
    assert sure.answerable
    assert "unsaid" not in sure.trace
