"""Above the excerpts stands no number, date or name of something else: of an address, of a title, of another part."""

from __future__ import annotations

import pytest

from rag import chunking, models
from rag.ask import answer, marks, units
from rag.types import Document, Embedder, Hit

PLACE = """# Clay

There are shops in Delft where you buy clay. On the way I read
["Need Clay? 45 Places to Find High-Quality, Reliable Potters Clay"](https://potters.example/clay) in the train.
"""
LIMITS = """# Rate limits

## Machines

The proxy has a rate limit of 6 requests for a page with a form.

"""
LIMITS += (
    "Whoever asks more often is told to wait, and the machine behind it hears nothing of that.\n" * 20
    + """

## Limits of the feedback page

The rate limit of the form there is lower than that of the machines, and told by mail.
"""
)
LEAVE = """# Parental leave

You may take the 16 weeks at once, or use them in parts (so long as it is within 12 months of your parental leave date).
"""


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return models.embedder("minilm")


def test_an_item_after_a_number_makes_no_product_of_it() -> None:
    assert not units.piece("Default: 15\n* Type: Number", 9, 11)
    assert units.piece("15 * n", 0, 2)


def told(question: str, text: str, embedder: Embedder) -> str:
    """The fact above the excerpts; "" if there is none."""
    passages = chunking.split(Document("", "a.md", text, kind="markdown"))
    found = answer(question, [Hit(one, 1 / rank) for rank, one in enumerate(passages, 1)], None, embedder)
    return found.text if found.trace["style"] == "fact" else ""


@pytest.mark.parametrize(
    ("question", "text", "fact"),
    [
        ("when did Lamp become a formal project?",
         "As of December 2017, Lamp is a [formal project](https://x.example/core/2016/12/28/lamp/).", "December 2017"),
        ("when was the mill locked down?", "The mill was [locked down](https://x.example/2023/06/16/mill).", ""),
        ("when did I go vegan?", "A film: [Everyone goes vegan (2020)](https://x.example/vegan).", ""),
        ("when was Everyone goes vegan released?",
         "It was released: [Everyone goes vegan (2020)](https://x.example/vegan).", "2020"),
        ("Where do I find clay?", PLACE, ""),
        ("when does the shift start", "Each shift of the harbour starts on Monday 9AM UTC.", "Monday 9AM UTC"),
        ("when does the shift start", "The shift of the harbour starts on 3 May 2026 at 9.", "3 May 2026"),
        ("how long is parental leave", LEAVE, "16 weeks"),
        ("how long is the time of return", "The time of return is within 30 days of the day of sale.", "30 days"),
        ("what rate limit does the feedback form have", LIMITS, ""),
        ("what rate limit does the proxy have", LIMITS, "6 requests"),
    ],
)  # fmt: skip
def test_no_fact_of_something_else(embedder: Embedder, question: str, text: str, fact: str) -> None:
    assert told(question, text, embedder) == fact


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("[a](http://x/1_(2)) b", "[a]                 b"),
        ("see https://x.example/2016/12 now", "see                           now"),
        ('{{<img src="7.jpg">}} c', "                      c"),
        ("if a < 3 and b > 4 (7)", "if a < 3 and b > 4 (7)"),
    ],
)
def test_addresses_are_left_out(text: str, bare: str) -> None:
    assert marks.unaddressed(text) == bare
