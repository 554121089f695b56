"""How much words count beside meaning: as much as the best passage has of what the question's words could bring."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag import Index, models
from rag.ranking import Ranked
from rag.sources import Item
from rag.types import Document

TEXTS = [
    "The registry keeps every package that was ever published.",
    "A lock file pins the version of each package.",
    "Owners of a package may add other people.",
    "Scripts run before a package is packed.",
    "The cache can be emptied by hand.",
    "A tarball holds all files but those that are ignored.",
    "Workspaces join several folders in one tree.",
    "Tokens let a machine publish at night.",
    "Audits list what is known to be unsafe.",
    "Queries select dependencies as a style sheet selects elements.",
    "Old majors get security fixes for a year.",
    "Shrinking an image loses its colours.",
]


@pytest.fixture
def index(tmp_path: Path) -> Index:
    opened = Index(tmp_path / "x.db", models.embedder("hash:64"), create=True)
    documents = [Document("s", str(number), text, kind="text") for number, text in enumerate(TEXTS)]
    opened.add("s", [Item(one.key, "", lambda one=one: [one]) for one in documents])  # type: ignore[misc]
    return opened


def order(index: Index, question: str, weight: float | None = None) -> Ranked:
    return index.rank(question, len(TEXTS), weight=weight)[0]


@pytest.mark.parametrize(
    ("question", "weight"),
    [
        ("security fixes for old majors", 0.5),  # all its words stand in one passage
        ("shrinking an image loses colours", 0.5),
        ("zebra package", 0.5),  # who types a word or two means them
        ("how do I empty the kangaroo umbrella of my grandmother's cache", None),  # few of them do
        ("package zebra giraffe elephant", None),
    ],
)
def test_words_count_in_full_only_where_a_passage_has_most_of_them(
    index: Index, question: str, weight: float | None
) -> None:
    found = order(index, question)
    if weight is None:
        assert found != order(index, question, 0.5)
        least, half = (dict(order(index, question, one)) for one in (0.25, 0.5))
        assert all(min(least[n], half[n]) - 1e-9 <= score <= max(least[n], half[n]) + 1e-9 for n, score in found)
    else:
        assert found == order(index, question, weight)


def test_where_no_word_stands_anywhere_meaning_decides_alone(index: Index) -> None:
    question = "zebra giraffe elephant"
    assert [n for n, _ in order(index, question)] == [n for n, _ in order(index, question, 0.0)]


def test_a_weight_that_is_given_holds(index: Index) -> None:
    for weight in (0.0, 0.3, 1.0):
        found = dict(order(index, "package zebra giraffe elephant", weight))
        assert found != dict(order(index, "package zebra giraffe elephant"))
