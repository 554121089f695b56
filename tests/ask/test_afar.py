"""
A word of a question that nothing shown says, nor a word near it, makes an answer doubtful: one that is no English in
any form, and one that an index as large would have. Where others say it, one is told where to look.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from shell import built

from rag import chunking, models
from rag.app.answers import linked
from rag.app.ask import AskRequest, ask
from rag.ask import UNSURE, Asking, answer, to_json
from rag.ask.afar import afar, things
from rag.cli import answered
from rag.index import Index
from rag.index.absent import absent
from rag.models.english import formed, place
from rag.types import Citation, Document, Embedder, Hit

KITCHEN = "# Freezing\n\nYou can freeze the sauce for three months. Connect the kettle to postgres.\n"
MANY = 300  # passages: enough that the commonest words are to be expected


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return models.embedder("minilm")


def shown(text: str) -> list[Citation]:
    (passage,) = chunking.split(Document("", "a.md", text, title="Kitchen", kind="markdown"))
    return [Citation(passage, passage.text, passage.start, passage.end)]


@pytest.mark.parametrize(
    ("words", "far"),
    [
        (["freezer", "psql", "kettlebell"], []),  # said in other words
        (["tiramisu", "freezer", "wireguard"], ["tiramisu", "wireguard"]),
        (["Salary"], ["Salary"]),
        (["curtailed", "leeking"], []),  # what is done, not what it is about
        (["celsius", "Kilos"], []),  # what something is told in has a sign
        ([], []),
    ],
)
def test_words_to_which_nothing_shown_is_near(embedder: Embedder, words: list[str], far: list[str]) -> None:
    assert afar(words, shown(KITCHEN), embedder) == far


def test_what_a_question_says_beside_a_word_is_no_other_name_of_it(embedder: Embedder) -> None:
    database = shown("# Databases\n\nStart the database anew on its page.\n")
    assert afar(["oracle"], database, embedder) == []
    assert afar(["oracle"], database, embedder, "how do i reboot the oracle database") == ["oracle"]
    assert afar(["freezer"], shown(KITCHEN), embedder, "how long in the freezer") == []


def test_cosines_of_other_embedders_tell_nothing() -> None:
    assert afar(["tiramisu"], shown(KITCHEN), models.embedder("hash:64")) == []
    assert afar(["tiramisu"], shown(KITCHEN), None) == []


@pytest.mark.parametrize(
    ("question", "word", "names"),
    [
        ("does it pay my tuition for a degree", "tuition", True),
        ("block visitors from certain countries", "countries", True),
        ("whats kents salary at paypal", "salary", True),
        ("every time my own domain is gone, why", "gone", False),
        ("what it bothers to compress", "bothers", False),
        ("how do we deploy to azure", "azure", True),  # which nobody can do
        ("how am I going to undo it", "undo", False),
        ("install the plugin by hand", "hand", False),  # how it is done
        ("is there a play written by shakespeare", "shakespeare", True),
        ("get rid of what is not there", "rid", False),
        ("why don't I cook", "cook", False),
        ("it was so that we may leave", "may", False),
        ("Was kostet das Benzin für die Reise?", "Benzin", False),  # no English
    ],
)
def test_words_that_name_something(question: str, word: str, names: bool) -> None:
    assert things(question, [word]) == [word] * names


def test_a_rare_word_that_nothing_is_near_makes_the_answer_doubtful(
    embedder: Embedder, capsys: pytest.CaptureFixture[str]
) -> None:
    hits = [Hit(shown(KITCHEN)[0].passage, 1.0)]
    given = answer("how long can i freeze the sauce of a tiramisu", hits, embedder=embedder)
    assert given.text == UNSURE
    assert given.trace["unsaid"] == ["tiramisu"]
    assert "three months" in given.nearest[0].quote
    answered.show(to_json(given))
    told = capsys.readouterr().out
    assert told.index("Nothing found says “tiramisu”.") < told.index("three months")
    assert answer("how long can i freeze the sauce in the freezer", hits, embedder=embedder).answerable
    assert answer(
        "how long can i freeze the sauce", hits, embedder=embedder, absent=["sauce"]
    ).answerable  # it is there
    assert not answer(
        "how long can i freeze the sauce of countries", hits, None, embedder, absent=["countries"]
    ).answerable


def test_a_rare_word_that_only_other_passages_say_is_told(
    embedder: Embedder, capsys: pytest.CaptureFixture[str]
) -> None:
    other = "# Hyprland\n\nThe monitors of hyprland are listed by a command of its own.\n"
    hits = [Hit(shown(text)[0].passage, 1.0) for text in (KITCHEN, other)]
    given = answer("can you freeze the sauce for three months with hyprland", hits, None, embedder, Asking(citations=1))
    assert given.answerable
    assert "freeze the sauce" in given.text
    assert given.trace["unshown"] == ["hyprland"]
    assert "unsaid" not in given.trace
    answered.show(to_json(given))
    told = capsys.readouterr().out
    assert told.index("What is shown does not say “hyprland”.") < told.index("three months")
    assert "unshown" not in answer("what lists the monitors of hyprland", hits[1:], None, embedder).trace


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    notes = [Document("", f"{i}.md", f"# Site {i}\n\nThe server of site {i} is of stone.") for i in range(MANY)]
    notes.append(Document("", "z.md", "# State\n\nTerraform keeps its state in a bucket."))
    return built(tmp_path_factory.mktemp("afar") / "x.db", notes)


@pytest.fixture
def index(database: Path) -> Iterator[Index]:
    with Index(database, "hash:64") as opened:
        yield opened


def test_words_that_an_index_as_large_would_have(index: Index) -> None:
    assert absent(index.db, "which countries have this site, of what stone is it") == ["countries"]
    assert absent(index.db, "what is the tuition") == []  # rarer: it may be missing by chance
    assert absent(index.db, "sites of stones, servers") == []  # other forms of what is there
    assert absent(index.db, "welche countries gibt es für die Seite") == []
    assert absent(index.db, "") == []


def test_what_stands_elsewhere_is_told(index: Index, capsys: pytest.CaptureFixture[str]) -> None:
    request = AskRequest("of what is the server of site 12 with terraform", "none", k=1)
    found = ask(index, request, None, log=False).object
    assert found["trace"]["unsaid"] == found["trace"]["elsewhere"] == ["terraform"]
    assert linked(index, found)["elsewhere"] == ["terraform"]
    answered.show(found)
    printed = capsys.readouterr().out
    assert "What was found does not say “terraform”, other passages do: rag search terraform" in printed
    assert "Nothing found says" not in printed
    nowhere = ask(index, AskRequest("of what is the server of site 12 with nvm", "none"), None, log=False).object
    assert nowhere["trace"]["unsaid"] == ["nvm"]
    assert "elsewhere" not in nowhere["trace"]


def test_what_was_read_as_a_word_that_nothing_found_says_is_a_name(tmp_path: Path) -> None:
    notes = [Document("", "puma.md", "# Puma\n\nThe default port of puma is 3000."),
             Document("", "a.md", "# Rivers\n\nThe Reis is a river in a valley.")]  # fmt: skip
    with Index(built(tmp_path / "x.db", notes, embedder="minilm"), "minilm") as index:
        assert index.respelled("what is the default port of redis") == {"redis": "Reis"}
        found = ask(index, AskRequest("what is the default port of redis", "none", k=1), None, log=False).object
        assert found["answer"] == UNSURE
        assert found["trace"]["unsaid"] == ["redis"]
        assert "respelled" not in found["trace"]
        assert "3000" in found["nearest"][0]["quote"]
        slip = ask(index, AskRequest("what is the default port of pumma", "none", k=1), None, log=False).object
        assert slip["answerable"]
        assert slip["trace"]["respelled"] == {"pumma": "Puma"}


def test_words_by_how_common_they_are() -> None:
    assert 0 < place("the") < place("countries") < place("tuition")
    assert place("nvm") == 0
    assert place("tuitions") == place("tuition")
    assert formed("delete")  # the vocabulary has only "deleted"
