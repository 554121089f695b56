"""What a follow-up leans on: the last question's subject, and the document that was just shown."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rag.app.ask import Asked, AskRequest, ask
from rag.app.open import open_index
from rag.ask import Exchange, standalone
from rag.index import Index
from rag.sources import files
from rag.store.answers import Logged

PEOPLE = Path(__file__).parents[2] / "eval/people"


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    with open_index(tmp_path_factory.mktemp("asked_on") / "x.db", create=True) as opened:
        opened.add("manuals", files([str(PEOPLE / "manuals/documents")]))
        yield opened


def follow(index: Index, first: str, second: str) -> Asked:
    before = ask(index, AskRequest(first, "none"), None, log=False)
    earlier = Logged(first, before.object["answer"], before.object, {})
    return ask(index, AskRequest(second, "none"), None, earlier=earlier, log=False)


def test_what_was_shown_answers_a_follow_up_that_has_hardly_a_word_of_it(index: Index) -> None:
    found = follow(index, "how much water does the Intensive programme use", "and how long does it take?")
    assert found.object["answerable"]
    assert "2:25" in found.object["citations"][0]["quote"]
    assert any("shown" in one["via"] for one in found.object["passages"])


def test_it_is_no_answer_if_it_is_not_asked_on_or_is_about_something_else(index: Index) -> None:
    alone = ask(index, AskRequest("how long does it take?", "none"), None, log=False)
    assert not any("shown" in one["via"] for one in alone.object["passages"])
    other = follow(index, "when did we buy the dishwasher", "and who delivered it?")
    assert not other.object["answerable"]


@pytest.mark.parametrize(
    ("first", "second", "completed"),
    [
        ("how do i use scp through a different port", "and ssh?", "how do i use ssh through a different port"),
        ("how do I log in with Keycloak", "and Okta?", "how do I log in with Okta"),
        ("how far is it to work", "and how long does it take?", "how long does it take? (work)"),
        ("Wann wird das Wasser abgestellt?", "und was mache ich mit der Leitung?",
         "was mache ich mit der Leitung? (Wasser abgestellt)"),
    ],
)  # fmt: skip
def test_a_name_takes_the_place_of_the_name_and_only_telling_words_are_taken_over(
    first: str, second: str, completed: str
) -> None:
    assert standalone(second, [Exchange(first, "")]) == completed
