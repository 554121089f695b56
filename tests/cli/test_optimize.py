"""`rag optimize` and `--exact`: smaller after a churn, the same found, the recall told."""

from __future__ import annotations

import json
from pathlib import Path

from processes import built, rag

from rag.index import Index
from rag.sources.items import Item
from rag.types import Document


def test_after_a_churn_it_is_smaller_and_finds_the_same(tmp_path: Path) -> None:
    database = built(tmp_path, 120)
    for number in range(30):
        (tmp_path / "notes" / f"{number:04}.md").unlink()
    assert rag("index", tmp_path / "notes", "-d", database, "--prune").returncode == 0

    def found(*flags: str) -> list[str]:
        done = rag("search", "where is thing70 kept", "-d", database, "--format", "json", *flags)
        assert (done.returncode, done.stderr) == (0, "")
        return [row["key"] for row in json.loads(done.stdout)]

    expected = found()
    assert expected[0] == "0070.md"
    done = rag("optimize", "-d", database, "--recall", "0.95", "--format", "json")
    assert done.returncode == 0, done.stderr
    rows = {row["what"]: row for row in json.loads(done.stdout)}
    assert 0 < rows["bytes of vector index"]["after"] < rows["bytes of vector index"]["before"]
    assert 0 < rows["bytes of main file"]["after"] <= rows["bytes of main file"]["before"]
    assert rows["rows"]["after"] == 90
    assert found() == found("--exact") == expected
    assert rag("doctor", "-d", database).returncode == 0
    told = rag("info", "-d", database).stdout
    assert "90 vectors" in told
    assert "a search compares all of them" in told
    refused = rag("optimize", "-d", database, "--recall", "99")
    assert refused.returncode == 2
    assert "the recall is 99" in refused.stderr


def test_what_the_message_says_brings_the_vector_index_up_to_date(tmp_path: Path) -> None:
    """Also where no source can be read again, because a program added all of it."""
    database = tmp_path / "x.db"
    with Index(database, embedder="hash:64", create=True) as index:
        index.add("notes", [Item("a", "1", lambda: [Document("notes", "a", "Bees dance to tell where flowers are.")])])
    Path(f"{database}-index").unlink()
    told = rag("search", "bees", "-d", database).stderr
    assert "behind by 1 document" in told
    typed = told[told.index("rag index") :].split()
    assert rag(*typed[1:]).returncode == 0
    assert "behind" not in rag("search", "bees", "-d", database).stderr
