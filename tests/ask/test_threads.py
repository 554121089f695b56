"""Of the messages of a thread the one that answers is shown: not the one that asks, not what was corrected later."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag import chunking, messages
from rag.app.open import open_index
from rag.ask import answer
from rag.index import Index
from rag.sources import files
from rag.types import Answer, Document, Hit

LIST = Path(__file__).parents[2] / "eval" / "people" / "list"


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    """The messages of an allotment society, indexed."""
    made = open_index(tmp_path_factory.mktemp("list") / "list.db", create=True)
    made.add("list", files([str(LIST / "documents")]))
    return made


def asked(index: Index, question: str) -> Answer:
    return answer(question, index.with_replies(index.search(question, 8)), None, index.embedder)


@pytest.mark.parametrize(
    ("title", "subject", "settles"),
    [
        ("Re: [list] warp breaks [SOLVED]", "warp breaks", True),
        ("AW: SV: [list] warp breaks", "warp breaks", False),
        ("[list] CORRECTION: Re: dates 2025", "dates 2025", True),
        ("Re: [list] CORRECTION: Re: dates 2025", "dates 2025", False),  # it answers the correction
        ("Re: For sale: loom - SOLD", "For sale: loom", True),
        ("harvest supper CANCELLED", "harvest supper", True),
        ("greenhouse (gone)", "greenhouse", True),
        ("UPDATE: Code of the gate", "Code of the gate", True),
        ("How I fixed the pump", "How I fixed the pump", False),
        ("Re:", "Re:", False),
        ("", "", False),
    ],
)
def test_the_subject_of_a_thread_and_whether_it_says_that_it_ended(title: str, subject: str, settles: bool) -> None:
    assert (messages.subject(title), messages.settles(title)) == (subject, settles)


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("why did the pump at the brook lose pressure?", "dead leaves"),  # what the asker found, not what was asked
        ("how do I get rid of white powder on my gooseberries?", "Cut out the tips"),
        ("where is Gwen's watering can", "behind the scout hut"),
        ("can the work day be in the afternoon?", "chipper has to be back"),
        ("who leads the open gardens?", "Petronella Vane"),  # what was said later
        ("what did Cato's greenhouse go for in the end?", "200 and it is yours"),
        ("what is the code of the gate", "9083"),
        ("Was hilft gegen Wühlmäuse?", "Körbe aus Draht"),
        ("what does the drain at the lower path cost", "£1,480"),  # what is forwarded, not the note above it
        ("how do I keep blight off my tomatoes?", "roof of clear plastic"),  # a page with answers below a question
    ],
)
def test_the_message_that_answers_is_the_first(index: Index, question: str, first: str) -> None:
    assert first in asked(index, question).citations[0].quote


def test_of_what_was_cancelled_no_date_is_told(index: Index) -> None:
    found = asked(index, "when is the harvest supper?")
    assert "no supper this year" in found.citations[0].quote
    assert found.trace["style"] != "fact"


def test_what_was_not_changed_is_told_by_the_first_message(index: Index) -> None:
    assert "£12" in asked(index, "how much is a load of manure").citations[0].quote


def test_replies_come_with_what_was_found_each_once_and_only_of_its_thread(index: Index) -> None:
    hits = index.search("has anyone an idea why the pump loses pressure", 2)
    more = index.with_replies(hits)
    assert [hit.passage.id for hit in more[:2]] == [hit.passage.id for hit in hits]
    assert len({hit.passage.id for hit in more}) == len(more) == 4
    assert {messages.subject(hit.passage.document.title) for hit in more if "thread" in hit.via} == {
        "water pump loses pressure after ten minutes"
    }


def test_an_address_with_parameters_asks_nothing() -> None:
    text = (
        "# Mail by a link\n\nThe link that opens a new mail is this:\n\n    https://mail.example/?view=cm&to=a\n\n"
        "The parameters of a link are many.\n\n## Other answers\n\nA mail link of the old kind works, too.\n"
    )
    hits = [Hit(one, 1.0) for one in chunking.split(Document("notes", "a", text, "Mail by a link", kind="markdown"))]
    assert "?view=cm" in answer("what does a link look like that opens a new mail", hits).citations[0].quote


def test_documents_that_are_no_messages_stay_as_they_are() -> None:
    documents = [Document("notes", name, f"# Pump\n\nThe pump {name} lost pressure?\n", "Pump") for name in "ab"]
    hits = [Hit(passage, 1.0) for document in documents for passage in chunking.split(document)]
    assert messages.thread(documents[0]) == ""
    assert answer("why did the pump lose pressure", hits).citations[0].passage.document.key == "a"
