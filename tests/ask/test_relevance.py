"""Refusing, with the bundled embedder: what is near and stands out is answered, what is far is not."""

from __future__ import annotations

import pytest

from rag import chunking, models
from rag.ask import Exchange, answer, to_json
from rag.ask.followups import dangling
from rag.ask.relevance import near, relevance
from rag.cli import answered
from rag.types import Document, Embedder, Hit

LIBRARY = """Everybody who lives in the county can become a member of the library. Adults pay 24 euros a year.

Four weeks for books, two weeks for films and games, one week for magazines. You can renew twice.

There is a return box to the left of the main entrance, which is open day and night.

Thirty things can be borrowed at once, of which at most ten films and five board games.
"""
MINUTES = """The leak above the chemistry store is back. Two quotes came in, and the committee decided for Nordholm.
Priya votes against because the difference exceeds the reserve. Work begins on 4 May and should take three weeks."""

SERVICE = """Openapi of the service.

bearer: {type: http, scheme: bearer, description: Tokens come from https://id.acorn.example and live 12 hours.}

paths: none"""
RELEASE = """Release notes. Made by Hadal Software in Tromsø, four people. Report holes to security@hadal.example,
not in the issue tracker. Licence: MIT."""


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return models.embedder("minilm")


def hits(*texts: str) -> list[Hit]:
    documents = [Document("notes", f"{number}.txt", text) for number, text in enumerate(texts)]
    passages = [passage for document in documents for passage in chunking.split(document)]
    return [Hit(passage, 1 / rank) for rank, passage in enumerate(passages, 1)]


@pytest.mark.parametrize(
    ("question", "texts"),
    [
        ("How long can I keep a book?", (LIBRARY, MINUTES)),
        ("Where is the return box?", (LIBRARY, MINUTES)),
        (
            "Which firm did they choose for the leak?",
            ("Two quotes came in. They chose Nordholm for the leak.", LIBRARY),
        ),
        ("Can I return a book at night?", (LIBRARY, MINUTES)),  # all that it asks about stands in one place
        ("Why did Priya vote against it?", (MINUTES, LIBRARY)),  # one sentence of a paragraph about much else
        ("Where is the return box?", ("There is a return box to the left of the main entrance.",)),  # nothing beside it
    ],
)
def test_what_is_there_is_answered(question: str, texts: tuple[str, ...], embedder: Embedder) -> None:
    assert answer(question, hits(*texts), embedder=embedder).answerable


@pytest.mark.parametrize(
    ("question", "text", "told"),
    [
        ("how long do tokens live", SERVICE, "12 hours"),
        ("how many people work at Hadal", RELEASE, "four people"),
    ],
)  # fmt: skip
def test_what_surely_tells_the_number_answers_where_meaning_leaves_a_doubt(
    question: str, text: str, told: str, embedder: Embedder
) -> None:
    given = answer(question, hits(text, MINUTES), embedder=embedder)
    assert (given.answerable, given.text) == (True, told)
    assert given.trace["relevance"] < given.trace["threshold"]


def test_a_pronoun_of_which_nothing_was_said_is_doubted(embedder: Embedder) -> None:
    risotto = "Risotto. Cook the rice for 40 minutes, stirring. Serve it hot."
    given = answer("how long do i cook it", hits(risotto, MINUTES), embedder=embedder)
    assert not given.answerable
    assert given.nearest
    before = [Exchange("what is the rice of a risotto", "Carnaroli")]
    assert answer("how long do i cook it", hits(risotto), embedder=embedder, history=before).answerable
    assert answer("how long do i cook the rice", hits(risotto, MINUTES), embedder=embedder).text == "40 minutes"


@pytest.mark.parametrize("question", ["is it raining?", "how do i fix the pump if it leaks", "who is the chair"])
def test_a_question_that_stands_by_itself_is_not_taken_for_a_follow_up(question: str) -> None:
    assert not dangling(question)


@pytest.mark.parametrize(
    "question", ["What is the phone number of the dentist?", "Which hotels are good in Tokyo?", "Who wrote Hamlet?"]
)
def test_what_is_far_is_refused_and_nothing_is_called_near(question: str, embedder: Embedder) -> None:
    given = answer(question, hits(LIBRARY, MINUTES), embedder=embedder)
    assert not given.answerable
    assert given.nearest == ()


def test_nothing_found_is_not_relevant() -> None:
    assert relevance("How do I sort?", [], 0.9, 1.0) == 0.0
    assert not near(0.49, 0.7)
    assert near(0.65, 0.7)
    assert not near(0.7, 0.7)


def test_what_comes_near_is_shown_with_doubt_and_nothing_is_cited(
    embedder: Embedder, capsys: pytest.CaptureFixture[str]
) -> None:
    given = answer("When does the library open?", hits(LIBRARY, MINUTES), embedder=embedder)
    assert not given.answerable
    assert given.citations == ()
    (one,) = given.nearest
    assert "member of the library" in one.quote
    assert one.passage.document.text[one.start : one.end] == one.quote
    found = to_json(given)
    answered.show(found)
    told = capsys.readouterr().out
    assert told.index("for certain") < told.index("The nearest is:") < told.index("member of the library")
    assert "[1]" not in told


def test_several_places_that_come_near_are_shown_where_one_is_no_better(
    embedder: Embedder, capsys: pytest.CaptureFixture[str]
) -> None:
    library = f"{LIBRARY}\nChildren get a card for free, if a parent signs for it.\n\nCards that are lost cost 5 euros."
    given = answer("How much is the fine for books that are late?", hits(library, MINUTES), embedder=embedder)
    assert not given.answerable
    quotes = [one.quote for one in given.nearest]
    assert len(quotes) > 1
    assert "Cards that are lost cost 5 euros." in quotes[1]
    assert sum(map(len, quotes)) < 1000
    answered.show(to_json(given))
    told = capsys.readouterr().out
    assert told.index("What comes nearest:") < told.index("Cards that are lost")
    assert "[1]" not in told
    assert "What comes nearest:" in given._repr_html_()


@pytest.mark.parametrize(
    ("question", "says"),
    [
        ("Wie hoch darf die Hecke sein?", "1,25 Meter"),
        ("Wann verfällt der Urlaub?", "31. März"),
        ("Wie groß darf die Laube werden?", "24 m²"),
        ("¿Cuánto cuestan las entradas?", "12 euros"),
    ],
)
def test_a_word_in_another_form_or_in_a_compound_is_that_of_the_question(
    question: str, says: str, embedder: Embedder
) -> None:
    texts = (
        "Hecken an den Wegen dürfen höchstens 1,25 Meter hoch sein.",
        "Lauben dürfen eine Grundfläche von 24 m² haben, mit Terrasse.",
        "Der Resturlaub verfällt am 31. März. Er wird nur bei Krankheit übertragen.",
        "El museo abre a las diez. La entrada cuesta 12 euros.",
    )
    given = answer(question, hits(*texts), embedder=embedder)
    assert says in given.citations[0].quote


def test_another_language_than_the_question_s_is_told(embedder: Embedder, capsys: pytest.CaptureFixture[str]) -> None:
    letter = "A avó foi operada às cataratas no dia 21 de novembro e já não usa os óculos para ler o jornal da manhã."
    given = answer("When was grandmother at the hospital for her eyes?", hits(letter), embedder=embedder)
    assert not given.answerable
    assert given.trace["languages"] == {"question": "English", "documents": ["Portuguese"]}
    answered.show(to_json(given))
    assert "the question is in English, what was found in Portuguese" in capsys.readouterr().err
    same = answer("Who wrote Hamlet and when was it?", hits(LIBRARY), embedder=embedder)
    assert "languages" not in same.trace
