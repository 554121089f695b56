"""What is said of a collection is the same on every engine."""

from __future__ import annotations

from pathlib import Path

import pytest
from shell import items

from rag import Index
from rag.app import clusters, differences, digest, duplicates, themes
from rag.app.verify import verify
from rag.errors import DatabaseError
from rag.index import Index as Opened
from rag.store import opened, sources
from rag.types import Document

SAID = {
    "alice": "I have used SQLite in production for ten years and it never lost a row. Backups are just file copies.",
    "bob": "That's wrong: copying a live file is not a backup. Use the backup API instead, it takes two seconds.",
    "carol": "Postgres isn't that hard to run. We moved in a week and the extensions are worth it.",
}
TEXT = """
“it never lost a row” — alice

“copying a live file is a fine backup” — bob

“Backups are just file copies.” — carol

“Nobody noticed the licence of the moon.”
"""


@pytest.fixture
def index(address: str) -> Opened:
    with Index(opened(address, create=True), "hash:64") as made:
        made.add(
            "t", items([Document("t", f"{name}.md", text, author=name) for name, text in SAID.items()]), kind="table"
        )
        yield made


def test_quotations_groups_duplicates_themes_and_differences(index: Opened, tmp_path: Path) -> None:
    assert [one.status for one in verify(index.db, TEXT).checked] == [
        "verbatim",
        "altered",
        "misattributed",
        "not found",
    ]
    assert sum(len(one.items) for one in clusters.cluster(index.db, clusters.ClusterRequest(2)).clusters) == 3
    rows = clusters.rows(index.db, clusters.cluster(index.db, clusters.ClusterRequest(2)))
    assert all(item["content"] for row in rows for item in row["items"])
    assert duplicates.duplicates(index.db).groups == []
    made = themes.themes(index, themes.ThemesRequest(n=2))
    assert all(quote.text in SAID[quote.document.author] for theme in made.themes for quote in theme.quotes)
    version = sources.version(index.db)
    index.add("t", items([Document("t", "dave.md", "A new text about trees and birds.")]), prune=False, kind="table")
    assert [(one.change, one.key) for one in differences.since(index.db, str(version))] == [("added", "dave.md")]
    assert [row["key"] for row in digest.digest(index).changes][-1] == "dave.md"
    with Index(tmp_path / "other.db", "hash:64", create=True) as other:
        assert {one.change for one in differences.between(index.db, other.db)} == {"gone"}


def test_merging_is_for_files(address: str, tmp_path: Path) -> None:
    from rag.app.merge import merge

    with Index(tmp_path / "one.db", "hash:64", create=True) as one:
        one.add("t", items([Document("t", "a.md", "A text.")]), prune=False)
    with Index(opened(address, create=True), "hash:64") as index:
        if address.startswith("post"):
            with pytest.raises(DatabaseError, match="is no file"):
                merge(index, [tmp_path / "one.db"])
        else:
            assert merge(index, [tmp_path / "one.db"])[0]["added"] == 1
