"""What came of a matter goes before what was said of it at first, though nothing links the two but the matter."""

from __future__ import annotations

import pytest

from rag import chunking, models
from rag.ask import Asking, answer
from rag.types import Answer, Document, Embedder, Hit

LETTER = """Dear parents,

our class trip goes to the Harrow Hills from Monday to Friday. We leave by bus at 7.45 from the gym.
"""
CORRECTED = """Year 7b - CORRECTION

Dear parents, the bus firm has changed our times. On the trip we now leave at 8.15, still from the gym.
"""
BOARD = """# Board meeting

The adult fee of the club goes from 140 to 155 a year. To be confirmed by the general meeting.
"""
GENERAL = """# General meeting

Fees of the club: the board's proposal was too much for many. After a debate the fee is 150 for an adult.
"""
QUOTES = """# Quotes bathroom

What the bathroom costs: Kowalczyk 11,900 all in, Studio 17,450 with the design of the bathroom.
"""
DIARY = """# Diary

Screen in. Done. Final sum of the bathroom 14,870.
"""


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return models.embedder("minilm")


def note(key: str, text: str, date: str = "") -> Document:
    title = text.lstrip("# ").partition("\n")[0]
    return Document("docs", key, text, title=title, kind="markdown", date=date)


def first(question: str, embedder: Embedder, *documents: Document) -> str:
    passages = [passage for one in documents for passage in chunking.split(one, 300)]
    hits = [Hit(one, 1 - rank / 20) for rank, one in enumerate(passages)]
    found: Answer = answer(question, hits, None, embedder, Asking(threshold=0.0))
    return found.citations[0].passage.document.key if found.citations else ""


@pytest.mark.parametrize(
    ("question", "early", "late"),
    [
        ("what time does the bus of the class trip leave", note("trip/letter.md", LETTER, "2024-09-04"),
         note("trip/letter-correction.md", CORRECTED, "2024-09-11")),
        ("adult fee of the club", note("board.md", BOARD, "2024-03-15"), note("general.md", GENERAL, "2024-04-12")),
        ("what did the bathroom cost in the end", note("quotes-bathroom.md", QUOTES), note("diary.md", DIARY)),
    ],
)  # fmt: skip
def test_what_came_of_it_goes_first(question: str, early: Document, late: Document, embedder: Embedder) -> None:
    assert first(question, embedder, early, late) == late.key


@pytest.mark.parametrize(
    ("question", "early", "late"),
    [
        ("what do the bathroom quotes cost", note("quotes-bathroom.md", QUOTES), note("diary.md", DIARY)),
        ("adult fee of the club", note("board.md", BOARD.replace(" To be confirmed by the general meeting.", "")),
         note("general.md", GENERAL)),
        ("what time does the bus of the class trip leave", note("trip/letter.md", LETTER, "2024-09-04"),
         note("shop/invoice-correction.md", CORRECTED.replace("Year 7b", "Invoice"), "2024-09-11")),
    ],
)  # fmt: skip
def test_where_nothing_says_so_the_best_stays(
    question: str, early: Document, late: Document, embedder: Embedder
) -> None:
    assert first(question, embedder, early, late) == early.key


def test_the_reply_that_settles_a_proposal_goes_first(embedder: Embedder) -> None:
    asks = Document(
        "mail", "1.eml", "Dear Irene,\n\ncan we do the handover on a Saturday? 25 May would be good for me.\n\nEmre",
        title="Notice first floor", kind="mail", date="2024-02-27", author="Emre", meta={"message_id": "1"},
    )  # fmt: skip
    settles = Document(
        "mail", "2.eml", "Dear Emre,\n\nthe 25th I am at the regatta; let us do Sunday 26 May at 11.\n\nIrene",
        title="Re: Notice first floor", kind="mail", date="2024-02-29", author="Irene",
        meta={"message_id": "2", "parent": "1"},
    )  # fmt: skip
    assert first("when is the handover of emre's flat", embedder, asks, settles) == "2.eml"
