"""Versions, years and dates: what stands under the version that was asked for, when that was, and what is newest."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag import chunking
from rag.app.ask import AskRequest, ask
from rag.app.open import open_index
from rag.app.search import passed_over
from rag.ask import Exchange, answer, standalone
from rag.sources import files
from rag.store.filters import Filters
from rag.types import Answer, Document, Hit

LOG = """# Changelog

## 3.2.0 (2025-03-18)

- New: an encryption key for the queue.
- Changed: the lease is 60 seconds.

## 3.0.0 (2024-06-03)

- Arguments must be JSON.

## 2.4.0 (2023-09-12)

- New: the morgue.
"""
MINUTES = {
    "2025-01-13": "# Minutes of 13 January 2025\n\n## Router\n\nThe delivery of the router is planned for week 12.\n",
    "2025-04-14": "# Minutes of 14 April 2025\n\n## Router\n\nThe delivery of the router is on 16 April.\n",
    "2025-02-10": "# Minutes of 10 February 2025\n\n## Router\n\nFelder says that delivery moves to week 16.\n",
}
MAIL = """We ordered six tables and have paid half of the invoice. The rest follows when the oak has come.

Best wishes
Paul Weir
The Copper Kettle
"""


def asked(question: str, texts: dict[str, str], kind: str = "markdown") -> Answer:
    documents = [
        Document("docs", f"{name}.md", text, title=text.partition("\n")[0].strip("# "), kind=kind, date=name[:10])
        for name, text in texts.items()
    ]
    passages = [passage for document in documents for passage in chunking.split(document, 300)]
    return answer(question, [Hit(passage, 1 - rank / 50) for rank, passage in enumerate(passages)])


@pytest.mark.parametrize(
    ("question", "day"),
    [
        ("When was 3.0.0 released?", "2024-06-03"),
        ("when did version 2.4.0 come out", "2023-09-12"),
        ("When was 3.2.0 published?", "2025-03-18"),
    ],
)
def test_when_a_version_came_is_told_by_its_heading(question: str, day: str) -> None:
    found = asked(question, {"": LOG})
    assert found.text == day
    first = found.citations[0]
    assert first.quote.startswith("## ")
    assert LOG[slice(*first.highlights[0])] == day
    assert LOG[first.start : first.end] == first.quote


def test_what_stands_under_the_version_that_was_asked_for_is_shown() -> None:
    assert "morgue" in asked("What was new in 2.4.0?", {"": LOG}).citations[0].quote
    assert "encryption key" in asked("What is new in 3.2.0?", {"": LOG}).citations[0].quote


@pytest.mark.parametrize(
    "question", ["when is the delivery of the router", "What is the status of the router delivery?"]
)
def test_of_a_series_of_documents_the_newest_that_says_so_goes_first(question: str) -> None:
    assert "16 April" in asked(question, MINUTES).citations[0].quote


def test_a_newer_document_about_something_else_does_not_go_first() -> None:
    others = {
        "2020-01-01": "# Rye bread\n\nBake the rye bread for 50 minutes.\n",
        "2024-01-01": "# Toast\n\nBake the toast.\n",
    }
    assert "50 minutes" in asked("How long does the rye bread bake?", others).citations[0].quote


def test_how_a_letter_ends_is_no_answer() -> None:
    found = asked("did the Copper Kettle pay the invoice?", {"": MAIL}, kind="text")
    assert found.citations[0].quote.startswith("We ordered six tables")
    assert not any(one.quote.startswith("Best wishes") for one in found.citations)


def test_an_excerpt_stands_under_the_heading_where_it_begins() -> None:
    text = "# Printer\n\n## What worked\n\nGive the printer an address.\n\n## If it stops\n\nSwitch the printer on.\n"
    found = asked("printer", {"": text})
    (one,) = found.citations
    assert one.quote.startswith("Give the printer")
    assert one.passage.heading == "What worked"


def test_a_follow_up_about_another_year_is_not_about_the_first() -> None:
    history = [Exchange("How many kilos did San Marzano give in 2023?", "6.5 kg"), Exchange("and in 2024?", "3.1 kg")]
    completed = standalone("which one was best then", history)
    assert "2024" in completed
    assert "2023" not in completed


@pytest.mark.parametrize(
    "question", ["Who is the treasurer?", "Who is the treasurer now?", "who's the current treasurer of the club"]
)
def test_who_holds_an_office_is_told_by_the_newest_that_says_so(question: str) -> None:
    texts = {
        "2022-05-10": "# Meeting\n\nElection of the treasurer. The treasurer Moss gave the treasurer's accounts.\n",
        "2024-05-14": "# Meeting\n\nApologies. Treasurer: Otto Brandt was elected for two years.\n",
        "2023-05-09": "# Meeting\n\nThe treasurer Moss reports that the club has 900 euros.\n",
        "2024-06-11": "# Meeting\n\nThe pump is old and will be mended.\n",
    }
    assert "Otto Brandt" in asked(question, texts).citations[0].quote


def test_what_only_an_undated_rule_says_is_not_displaced_by_a_newer_mention() -> None:
    texts = {
        "rules": "# Rules\n\nThe deposit for a key is 20 euros and is paid to the treasurer.\n",
        "2024-05-14": "# Meeting\n\nThe deposit of Ms Ames was lost.\n",
    }
    documents = asked("How much is the deposit for a key?", texts)
    assert "20 euros" in documents.citations[0].quote


def test_how_many_documents_have_no_date_is_told_where_dates_are_asked_for(tmp_path: Path) -> None:
    notes = {"minutes 2024-05-14.md": "# Minutes\n\nThe pump was mended.\n", "pump.md": "# Pump\n\nIt leaks.\n"}
    for name, text in notes.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    with open_index(tmp_path / "x.db", create=True) as index:
        index.add("notes", files([str(tmp_path)]))
        assert [hit.passage.document.key for hit in index.search("pump", filters=Filters(since="2024"))] == list(notes)[
            :1
        ]
        request = AskRequest("what about the pump?", "none", filters=Filters(since="2024"))
        assert ask(index, request, None, log=False).notes == (passed_over(index, request.filters),)
        assert passed_over(index, request.filters).startswith("1 document has no date")
        assert passed_over(index, Filters(since="2024", prefix="minutes")) == ""
        assert passed_over(index, Filters()) == ""
