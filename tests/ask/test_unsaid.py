"""
What a question asks for that is not there, a name or a number: it is not answered for certain, and one is told why. A
rare word that nothing found says is told.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from rag import chunking, models
from rag.ask import UNSURE, answer, to_json
from rag.ask.unsaid import lacking, unheard, unsaid
from rag.cli import answered
from rag.models.english import formed
from rag.types import Citation, Document, Embedder, Hit

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
        ("How do I send leave to Kafka?", ["Kafka"]),  # by its function words it may be Polish, too
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


@pytest.mark.parametrize(
    ("question", "missing"),
    [
        ("how do i book leave with workday and nvm", ["workday", "nvm"]),
        ("is leave in germany counted in kubernetes?", ["kubernetes"]),
        ("how do i summarise the unbooked leave of coworkers", []),  # English, if other words than those of the text
        ("who sits in o'hara's room", []),
        ("leave in kubernets.yaml for the wa-7260", []),  # parts of a name of a file, a code
        ("wifi leave", []),  # too few words that tell the language
        ("kubernetes config for annual leave", ["kubernetes", "config"]),
        ("annual laeve of the teaam", []),  # mistyped
        ("Wie viele Tage gibt es in kubernetes?", []),  # no list of German words is at hand
        ("", []),
    ],
)
def test_rare_words_that_nothing_says(hits: list[Hit], question: str, missing: list[str]) -> None:
    assert unheard(question, hits) == missing


def test_a_name_is_not_found_where_two_words_meet() -> None:
    document = Document("", "a.md", "In the cabin vm images are kept. A data frame, Quay-7280.", kind="markdown")
    found = [Hit(passage, 1.0) for passage in chunking.split(document)]
    assert unheard("how do i switch the images of nvm", found) == ["nvm"]  # not "cabin vm"
    assert unheard("how do i read images of a dataframe", found) == []
    assert unheard("thx for the images, how do ppl switch them in celsius pls", found) == []
    assert unsaid("where is the quay7280", found) == []


def test_a_word_shortened_to_its_consonants_is_that_word() -> None:
    document = Document("", "a.md", "Caps Lock may be a Control key, in other cases.", kind="markdown")
    found = [Hit(passage, 1.0) for passage in chunking.split(document)]
    assert unheard("how do i make caps lock a ctrl key with xmodmap", found) == ["xmodmap"]
    assert unheard("how do i make caps lock a cntrp key", found) == ["cntrp"]


def test_words_of_english_and_their_forms() -> None:
    for word in ("stopped", "dries", "waxing", "rewax", "summarise", "coworkers", "frameless"):
        assert formed(word), word
    for word in ("nvm", "kubernetes", "rsync", "wireguard", "systemctl", "docker"):
        assert not formed(word), word


def test_a_rare_word_that_nothing_says_is_told_beside_the_answer(
    embedder: Embedder, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "# Paging\n\nTurn off the pager of the postgres shell with `\\pset pager off`.\n"
    hits = [Hit(passage, 1.0) for passage in chunking.split(Document("", "a.md", text, kind="markdown"))]
    given = answer("how do I turn off the pager of psql", hits, embedder=embedder)
    assert given.answerable  # what is shown says a word near it
    assert given.trace["unsaid"] == ["psql"]
    answered.show(to_json(given))
    told = capsys.readouterr().out
    assert "Nothing found says “psql”." in told
    assert "[1]" in told


@pytest.mark.parametrize(
    ("question", "text", "lacks"),
    [
        ("in what year was it released", "It was released in spring.", "year"),
        ("in what year was it released", "It was released in spring 2014.", ""),
        ("in welchem Jahr kam es heraus?", "Es kam am 3.4. heraus.", "year"),
        ("how many children do they have", "They have children and a dog.", "number"),
        ("how many children do they have", "They have two children.", ""),
        ("maximum size of a tarball that the registry accepts", "The registry accepts tarballs.", "number"),
        ("what is the phone number of the plumber", "Call the plumber.", "phone number"),
        ("what is the phone number of the plumber", "Call the plumber before 10 June 2026.", "phone number"),
        ("phone number of the plumber", "Brenner, plumber: 0441 55 57", ""),
        ("how do I change my phone number", "Write to the office.", ""),
        ("which email address has the support", "Write to the support, or [ask](mailto:us@x.example).", ""),
        ("which email address has the support", "Write to the support.", "e-mail address"),
        (
            "how much is the sync per month",
            "The sync has a limit of 5 vaults, for six years, since 2019.",
            "amount of money",
        ),
        (
            "how much is the sync per month",
            "1. Sync: see page 2 of the [list](http://x.example/12).",
            "",
        ),  # 2 may be one
        ("how much is the sync per month", "The sync is free.", ""),
        ("how much did the bread cost", "Bread 8d the quartern.", ""),
        ("how much was the deposit", "Deposit 800 paid on 2 September.", ""),
        (
            "how much did the saw cost",
            "The saw is in repair until the 17th, work goes on on 20 April.",
            "amount of money",
        ),
        ("how much is the dose", "Take 20 mg.", ""),
        ("what is the salary of the head", "The head has two deputies.", "amount of money"),
        ("what does a loaf cost in labour", "It is one ninety of labour, and sixty-five pence of flour.", ""),
        ("how much is sync", "One change: the vaults are shared.", "amount of money"),
        (
            "how many people work there",
            "See [notes](https://x.example/3) of 2022-09-14, <img src='a-3.jpg'>.",
            "number",
        ),
        ("was kostet das Hosting bei Netto im Monat", "Netto baut 5 Seiten auf einmal.", "amount of money"),
        ("was kostet das Hosting bei Netto im Monat", "Das Hosting ist bei Netto kostenlos.", ""),
        ("was kostet das Hosting bei Netto im Monat", "Das Hosting bei Netto: 12 im Monat.", ""),
        ("¿cuánto cuesta el alojamiento al mes?", "El alojamiento tiene 3 planes.", "amount of money"),
        ("combien coûte un abonnement par mois ?", "Un abonnement est à 9,90 € par mois.", ""),
        ("how much vat do i pay", "You pay 21% VAT every 3 months.", ""),
        ("how many offices does it have", "It is a company with no offices.", ""),
        ("why does it cost more than planned", "The saw broke.", ""),
        ("how do I find the maximum size of a file", "Ask for it with `stat`.", ""),
        ("how fast must I be there", "Within the hour.", ""),  # told without a number
        ("The amount of land a country controls is its greatest what?", "Land is its greatest asset.", ""),
        ("Hoeveel kinderen hebben ze?", "Ze hebben drie kinderen.", ""),  # whose words for numbers are not known
        ("who released it", "The team.", ""),
        ("what was decided in 2023?", "In 2022 it was decided to wait.", "2023"),
        ("what was decided in 2023?", "In the season 2022/23 it was decided to wait.", ""),
        ("what was decided in the 1990's?", "In the 1990s it was decided to wait.", ""),
        ("how do I show 2023 as text?", "Use `str`.", ""),  # an example
        ("what may a contract of £2000 say", "Whatever it likes.", ""),
    ],
)
def test_a_number_or_year_that_nothing_shown_has(question: str, text: str, lacks: str) -> None:
    (passage,) = chunking.split(Document("", "notes.md", text, kind="markdown"))
    assert lacking(question, [Citation(passage, text, 0, len(text))]) == lacks


def test_what_lacks_the_number_asked_for_is_shown_with_doubt(
    embedder: Embedder, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "# Rooms\n\nThe rooms of the library are lent to clubs by the caretaker.\n"
    found = [Hit(passage, 1.0) for passage in chunking.split(Document("", "a.md", text, kind="markdown"))]
    given = answer("how many rooms of the library are lent to clubs?", found, embedder=embedder)
    assert given.text == UNSURE
    assert given.trace["lacks"] == "number"
    answered.show(to_json(given))
    told = capsys.readouterr().out
    assert told.index("has no number") < told.index("by the caretaker")
    assert answer("are rooms of the library lent to clubs?", found, embedder=embedder).answerable


def test_what_is_of_another_year_is_shown_with_doubt(embedder: Embedder, capsys: pytest.CaptureFixture[str]) -> None:
    text = "# Warm room\n\nIn 2022 the council decided to open the warm room on Mondays.\n"
    found = [Hit(passage, 1.0) for passage in chunking.split(Document("", "a.md", text, kind="markdown"))]
    given = answer("What did the council decide about the warm room in 2024?", found, embedder=embedder)
    assert given.text == UNSURE
    answered.show(to_json(given))
    assert "What comes nearest has nothing of 2024:" in capsys.readouterr().out
    assert answer("What did the council decide about the warm room in 2022?", found, embedder=embedder).answerable
    passage = replace(found[0].passage, document=replace(found[0].passage.document, date="2024-03-01"))
    dated = [Hit(passage, 1.0)]
    assert answer("What did the council decide about the warm room in 2024?", dated, embedder=embedder).answerable
