"""What a question is about by name, how a matter ended, why, and what was said of it last."""

from __future__ import annotations

import pytest

from rag import chunking, models
from rag.ask import Asking, Exchange, answer
from rag.ask.followups import points_back
from rag.ask.relevance import AGREED, agreed, relevance
from rag.types import Citation, Document, Embedder, Hit, Via

ALL = Asking(threshold=0.0)  # what is shown, whether or not it is near enough


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return models.embedder("minilm")


def hits(*documents: Document) -> list[Hit]:
    passages = [passage for one in documents for passage in chunking.split(one)]
    return [Hit(passage, 1 - rank / 20) for rank, passage in enumerate(passages)]


def note(key: str, text: str, title: str = "", date: str = "") -> Document:
    return Document("notes", key, text, title=title, date=date, kind="markdown")


def first(question: str, found: list[Hit], embedder: Embedder) -> Citation:
    return answer(question, found, embedder=embedder, asking=ALL).citations[0]


def test_who_has_a_note_of_his_own_is_told_by_it(embedder: Embedder) -> None:
    garden = note("garden.md", "# Garden\n\nAsk Old Henk what happened to the bonfire.\n", "Garden")
    henk = note("Old Henk.md", "Grows leeks for shows. Deaf in the left ear.\n", "Old Henk")
    for question in ("who is Old Henk?", "Old Henk"):
        assert first(question, hits(garden, henk), embedder).passage.document.key == "Old Henk.md"


def test_a_decision_is_shown_where_one_asks_for_it(embedder: Embedder) -> None:
    text = (
        "# No labels\n\nThree sites asked us to print labels. We looked at printers for labels and at plain sheets.\n\n"
        "**Decision**: no. Write the date with a marker.\n"
    )
    quotes = [
        one.quote for one in answer("do we print labels?", hits(note("adr.md", text)), embedder=embedder).citations
    ]
    assert any("Decision" in quote for quote in quotes)


def test_what_was_said_last_of_a_state_is_shown_too(embedder: Embedder) -> None:
    survey = note(
        "boat.md", "The starboard chainplate weeps and is not fixed: it needs rebedding.\n", "Boat", "2025-01-05"
    )
    others = [note(f"{n}.md", text) for n, text in enumerate(("Bread rises twice.", "The rent is 80 euros.", "Bees."))]
    later = note("diary.md", "Colin came: chainplate OK now, signed it off.\n", "Diary", "2025-04-12")
    given = answer("is the starboard chainplate fixed", hits(survey, later, *others), embedder=embedder, asking=ALL)
    assert [one.passage.document.key for one in given.citations] == ["boat.md", "diary.md"]


def test_a_section_whose_heading_the_question_says(embedder: Embedder) -> None:
    text = (
        "# Ghent\n\n## Programme\n\nByrd and Stanford come first; something from Ghent by Marta.\n\n"
        "## Staying at home\n\nDilys and Peter.\n"
    )
    assert "Dilys" in first("who is staying at home", hits(note("tour.md", text, "Ghent")), embedder).quote


def test_an_answer_of_a_faq_is_found_by_its_question(embedder: Embedder) -> None:
    faq = note("faq.md", "# FAQ\n\n## How do I change my bank details?\n\nIn Tessera, until the 10th. Never by mail!\n")
    rules = note(
        "it.md",
        "# IT\n\n## Accounts and passwords\n\n- at least 14 characters; change at once after any suspicion\n"
        "- locked after 8 wrong tries; change it in the portal\n",
    )
    assert first("how do i change my bank details", hits(rules, faq), embedder).passage.document.key == "faq.md"
    given = answer("how do i change my bank account", hits(rules, faq), embedder=embedder, asking=ALL)
    assert "faq.md" in {one.passage.document.key for one in given.citations}


def test_words_and_meaning_that_find_the_same_first_count() -> None:
    (hit,) = hits(note("a.md", "Beer cost 41 euros."))
    both = Hit(hit.passage, 1.0, {"words": Via(1, 3.0), "vectors": Via(1, 0.4)})
    one = Hit(hit.passage, 1.0, {"words": Via(1, 3.0), "vectors": Via(2, 0.4)})
    assert agreed([both])
    assert not agreed([one])
    assert not agreed([])
    from rag.ask import candidates

    found = candidates("beer", [both], None, 4)
    gained = relevance("beer?", found, 0.4, 0.0, [both]) - relevance("beer?", found, 0.4, 0.0, [one])
    assert gained == pytest.approx(AGREED)


@pytest.mark.parametrize(
    "question", ["who wrote that?", "how much was it?", "when was that?", "and who was she?", "why?"]
)
def test_a_question_without_a_word_of_its_own_points_back(question: str) -> None:
    assert points_back(question)


@pytest.mark.parametrize("question", ["how much was the fine?", "when was that built?", "who is Ann?"])
def test_a_question_with_one_does_not(question: str) -> None:
    assert not points_back(question)


def test_who_wrote_that_is_told_by_the_head_of_what_was_shown(embedder: Embedder) -> None:
    text = "From: Ines Kral\nSubject: Lift\n\nThe lift is out of order until Monday.\n"
    mail = Document("mail", "1.eml", text, title="Lift", author="Ines Kral", kind="mail")
    history = [Exchange("when does the lift work again?", "The lift is out of order until Monday.")]
    given = answer("who wrote that?", hits(mail), embedder=embedder, history=history)
    assert given.text == "Ines Kral"


def test_a_link_alone_is_no_excerpt(embedder: Embedder) -> None:
    wiki = note(
        "wiki.md", "# Wiki\n\n[Clients of the studio](Clients%20of%20the%20studio.csv)\n", "Clients of the studio"
    )
    shop = note("shop.md", "# Shop\n\nThe clients of the studio are two museums and a hotel in Lille.\n", "Shop")
    assert "museums" in first("who are the clients of the studio?", hits(wiki, shop), embedder).quote


def test_what_a_speaker_asks_is_shown_with_the_answer(embedder: Embedder) -> None:
    talk = (
        "Rosa: Listener questions. Priya in Hull asks whether you can freeze a starter. Deniz?\n\n"
        "Deniz: You can, it sulks. Dry it instead.\n\nRosa: We are off in August.\n"
    )
    found = hits(Document("talks", "ep05.vtt", talk, kind="text"))
    quote = first("can i freeze sourdough starter", found, embedder).quote
    assert "it sulks" in quote
    assert "August" not in quote
