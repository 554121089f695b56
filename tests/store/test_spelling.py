"""Words of a question that stand nowhere are read as those of the index, where that is likely what was meant."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shell import Shell, built

from rag.app.ask import AskRequest, ask
from rag.index import Index, spelling
from rag.store.filters import Filters
from rag.types import Document

NOTES = [
    Document("", "docker.md", "# Docker\n\nStop the container with `docker stop`. The daemon listens on port 2375."),
    Document("", "history.md", "# Unification\n\nBismarck was influenced by merchants of Hamburg."),
    Document("", "garten.md", "# Garten\n\nDie Hecken schneidet der Verein im Frühling. Die Gärtnerei hilft."),
    Document("", "stroll.md", "# Stroll\n\nWe strolled along. A strom is Dutch for stream. Der Hafen."),
    Document("", "pasos.md", "# Pasos\n\nInstall it. The rows combine. El paquete se despliega solo."),
    Document("", "stew.md", "# Stew\n\nCook the stew for an hour, and receive the guests."),
]
WORDS = st.text("abcdefghijklmnopqrstuvwxyz", min_size=4, max_size=10)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = built(tmp_path_factory.mktemp("spelling") / "x.db", NOTES)
    with Index(path, "hash:64") as index:
        index.add("secret", [_Item(Document("", "s.md", "Zeppelinfield is the name of the merger."))], prune=False)
    return path


class _Item:
    def __init__(self, document: Document) -> None:
        self.key, self.stamp, self.document = document.key, "", document

    def read(self) -> list[Document]:
        return [self.document]


@pytest.fixture
def index(database: Path) -> Iterator[Index]:
    with Index(database, "hash:64") as opened:
        yield opened


@pytest.mark.parametrize(
    ("question", "read"),
    [
        ("how do I stop a contianer", {"contianer": "container"}),
        ("Who influenced Bismark?", {"Bismark": "Bismarck"}),
        ("which port does the dameon listen on", {"dameon": "daemon"}),
        ("who recieved the guests", {"recieved": "received"}),  # another form of it stands there
        ("Was macht die Gartnerei?", {}),  # folded it is the same word
        ("Wer hilft: die Gärtnerie", {"Gärtnerie": "Gärtnerei"}),
        ("wie stoppe ich den contianer der Firma", {"contianer": "container"}),  # what languages share, with a slip
        ("como despliego el paquete", {"despliego": "despliega"}),  # a form of its own language
        ("Was ist der Hafn für die Hecke", {}),  # short, in a language of which no words are known: it may be right
    ],
)
def test_a_slip_is_read_as_the_word_of_the_index(index: Index, question: str, read: dict[str, str]) -> None:
    assert index.respelled(question) == read
    hits = index.search(question, mode="words")
    assert hits.respelled == read
    assert all(word not in hits.question for word in read)
    assert all(word in hits.question for word in read.values())


@pytest.mark.parametrize(
    "question",
    [
        'what is a "contianer"',  # in quotes: as it stands
        "how do I stop a container",
        "where is contianer.yaml",  # a part of a name
        "open contianer/src",
        "CONTIANER",  # may stand for something
        "how strong is it",  # a word of English, though "strom" is near
        "can I use an induction cooker",  # "cooke", of the vocabulary, has the term of "cook", but stands nowhere
        "whats a dont",  # shortened, not misspelt
        "combien de personnes par mois",  # asked with in French, though "combine" is near
        "como instalo el paquete en la nube",  # nor is "install" what "instalo" should be
        "xqzv qqqqq",
        "",
    ],
)
def test_what_is_no_slip_stays(index: Index, question: str) -> None:
    assert index.respelled(question) == {}


def test_what_may_not_be_found_is_not_told(index: Index) -> None:
    assert index.respelled("about the zeppelinfeld merger") == {"zeppelinfeld": "Zeppelinfield"}
    assert index.respelled("about the zeppelinfeld merger", Filters(sources=("notes",))) == {}


def test_the_question_is_kept_as_it_was_asked(index: Index) -> None:
    asked = ask(index, AskRequest("how do I stop a contianer", "none"), None, log=False)
    assert asked.object["question"] == "how do I stop a contianer"
    assert asked.object["trace"]["respelled"] == {"contianer": "container"}
    assert "docker stop" in asked.object["citations"][0]["quote"]


def test_one_is_told(database: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    shell = Shell(database, capsys, monkeypatch)
    shell("search", "stop a contianer")
    assert "read “contianer” as “container”" in shell.err
    shell("ask", "-m", "none", "--no-log", "how do I stop a contianer")
    assert "read “contianer” as “container”" in shell.err
    shell("ask", "-m", "none", "--no-log", "how do I stop a container")
    assert "read" not in shell.err


@given(WORDS, st.data())
def test_every_single_slip_is_undone(word: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(1, len(word) - 1))
    letter = data.draw(st.sampled_from(spelling.LETTERS))
    swapped = word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :]
    for slip in (word[:at] + letter + word[at:], word[:at] + word[at + 1 :], swapped):
        if len(slip) > 1 and slip[0] in (word[0], word[1]):
            made = set(spelling.near(slip))
            assert word in made or slip == word
    other = word[:at] + data.draw(st.sampled_from(spelling.beside()[word[at]])) + word[at + 1 :]
    assert len(word) <= spelling.SHORT or word in set(spelling.near(other))
