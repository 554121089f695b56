"""A document that one of the first passages names by its title comes before those that nobody names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag import Index
from rag.index import named
from rag.store import documents
from rag.types import Document

BAND = "The Copper Larks are a band from Hull. Their singer is Mira Okafor, who joined in 2011."
SINGER = "Born in Leeds, she studied viola before she toured with a circus."
OTHERS = {f"Town {number}": f"Town {number} has a market, a band and a circus from Leeds." for number in range(6)}


class Given:
    def __init__(self, title: str, text: str, key: str = "") -> None:
        self.key, self.stamp, self.title, self.text = key or title, "", title, text

    def read(self) -> list[Document]:
        return [Document("notes", self.key, self.text, title=self.title)]


def indexed(path: Path, *items: Any) -> Index:
    index = Index(path, "hash:64", create=True)
    index.add("notes", list(items), kind="table")
    return index


def gained(index: Index, order: list[str]) -> list[str]:
    """The keys in a ranking of these documents, .1 apart, once the names of the first were looked for."""
    keys = documents.keys(index.db)
    number = {key: passage for passage, key in keys.items()}
    ranked = [(number[key], 0.9 - place / 10) for place, key in enumerate(order)]
    return [keys[passage] for passage, _ in named.raised(index.db, ranked)]


def test_a_named_document_comes_before_others(tmp_path: Path) -> None:
    items = [Given("The Copper Larks", BAND), Given("Mira Okafor (singer)", SINGER), Given("Hull", "A port.")]
    with indexed(tmp_path / "x.db", *items, *(Given(*one) for one in OTHERS.items())) as index:
        order = ["The Copper Larks", "Town 1", "Mira Okafor (singer)", "Town 2"]
        assert gained(index, order) == ["The Copper Larks", "Mira Okafor (singer)", "Town 1", "Town 2"]
        question = "Where was the singer of the Copper Larks born?"
        found = [hit.passage.document.key for hit in index.search(question)]
        assert found[:2] == ["The Copper Larks", "Mira Okafor (singer)"]


@pytest.mark.parametrize(
    ("title", "text", "names"),
    [
        ("Mira Okafor", "Mira\nOkafor sings.", True),
        ("Mira Okafor", "MIRA OKAFOR", True),
        ("Mira Okafor", "Mira Okafors", False),
        ("Mercury (planet)", "Mercury is hot.", True),
        ("Setup", "the setup of it", False),
        ("Setup", "see Setup.", True),
        ("setup", "see setup.", False),
        ("Go", "Go there.", False),
        ("Straßen von Köln", "Die STRASSEN VON KOLN sind eng.", True),
        ("東京大学", "彼は東京大学で学んだ。", True),
        ("東京", "彼は東京で学んだ。", False),
        ("", "anything", False),
        ("(…)", "(…)", False),
        ("How to", "This is how to do it.", False),
        ("Pneu" * 100, f"see {'Pneu' * 100}.", False),
    ],
)
def test_what_names_a_title(tmp_path: Path, title: str, text: str, names: bool) -> None:
    items = [Given("First one", text, "a"), Given("Second one", "Other words.", "b"), Given(title, "More.", "c")]
    with indexed(tmp_path / "x.db", *items) as index:
        assert (gained(index, ["a", "b", "c"]) == ["a", "c", "b"]) == names


def test_a_title_of_several_names_none(tmp_path: Path) -> None:
    items = [Given("Diary", "See Weekly notes.", "a"), Given("b", "Other words.", "b")]
    items += [Given("Weekly notes", "Monday.", "c"), Given("Weekly Notes", "Tuesday.", "d")]
    with indexed(tmp_path / "x.db", *items) as index:
        assert gained(index, ["a", "b", "c", "d"]) == ["a", "b", "c", "d"]
        assert gained(index, ["a", "b", "c"]) == ["a", "c", "b"]  # the other was not found at all


@settings(deadline=None)
@given(st.permutations(["a", "b", "c", "d", "e"]))
def test_the_first_stays_and_none_is_lost(tmp_path_factory: pytest.TempPathFactory, order: list[str]) -> None:
    path = tmp_path_factory.getbasetemp() / "named.db"
    if not path.exists():
        texts = ["See Beta two and Gamma three.", "Alpha one.", "Epsilon five, Alpha one", "Delta four", "Gamma three"]
        titles = ["Alpha one", "Beta two", "Gamma three", "Delta four", "Epsilon five"]
        indexed(
            path, *(Given(title, text, key) for title, text, key in zip(titles, texts, "abcde", strict=True))
        ).close()
    with Index(path) as index:
        found = gained(index, order)
    assert found[0] == order[0]
    assert sorted(found) == sorted(order)
