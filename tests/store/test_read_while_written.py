"""What is read while another process writes is of one moment: no passage without its document, none of another text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from shell import built, items

from rag import Index
from rag.app.sources import labels
from rag.store import Store, documents
from rag.types import Document
from rag.web.api.searching import shown

OLD = Document(
    "notes",
    "bees.md",
    "# Dance\n\nBees dance.\n\n# Flowers\n\nThey show where the flowers are.\n",
    "Bees",
    kind="markdown",
)
NEW = Document(
    "notes",
    "bees.md",
    "# Dance\n\nA much longer line now.\n\n# Flowers\n\nThey show where the flowers are.\n",
    "Bees",
    kind="markdown",
)


def removed(index: Index) -> None:
    index.add("notes", items([]), prune=True)


def changed(index: Index) -> None:
    index.add("notes", items([NEW]))


@pytest.mark.parametrize("write", [removed, changed])
def test_a_search_beside_a_writer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: Callable[[Index], None]
) -> None:
    database = built(tmp_path / "x.db", [OLD])
    load, waiting = documents.load, [write]

    def loaded(db: Store, numbers: Sequence[int]) -> dict[int, Document]:
        """The other process writes after the passages were read and before their documents are."""
        if waiting:
            with Index(database) as other:
                waiting.pop()(other)
        return load(db, numbers)

    monkeypatch.setattr(documents, "load", loaded)
    with Index(database) as index:
        hits = index.search("flowers", 5)
    assert not waiting
    assert [hit.passage.text for hit in hits][:1] == ([] if write is removed else ["They show where the flowers are."])
    for hit in hits:
        assert hit.passage.document.text[hit.passage.start : hit.passage.end] == hit.passage.text


def test_what_was_removed_since_it_was_found_is_not_shown(tmp_path: Path) -> None:
    with Index(built(tmp_path / "x.db", [OLD])) as index:
        hits, known = index.search("flowers", 5), labels(index.db)
        assert [row["key"] for row in shown(index, hits)] == ["bees.md", "bees.md"]
        removed(index)
        assert shown(index, hits) == []
        index.add("/home/ada/more", items([Document("/home/ada/more", "a.md", "Ants dance, too.")]))
        assert known["/home/ada/more"] == "more"  # a source that came since they were read
