"""`rag …` in this process: what it prints and how it ends."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from rag.cli import main
from rag.index import Index
from rag.sources import Item
from rag.types import Document


class Shell:
    """One index, and the command line over it."""

    def __init__(self, database: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self.database, self.capsys, self.monkeypatch = database, capsys, monkeypatch

    def __call__(self, *words: str | Path, code: int = 0) -> str:
        """What it prints on stdout; it must end with this code."""
        self.monkeypatch.setattr(sys, "argv", ["rag", *map(str, words), "-d", str(self.database)])
        self.capsys.readouterr()
        ended = 0
        try:
            main()
        except SystemExit as stop:
            ended = int(stop.code or 0)
        out, self.err = self.capsys.readouterr()
        assert ended == code, self.err
        return out

    def json(self, *words: str | Path, code: int = 0) -> Any:
        return json.loads(self(*words, "--json", code=code))


def items(documents: list[Document]) -> list[Item]:
    return [Item(one.key, "", lambda one=one: [one]) for one in documents]  # type: ignore[misc]


def built(path: Path, documents: list[Document], source: str = "notes", embedder: str = "hash:64") -> Path:
    """An index of these documents."""
    with Index(path, embedder, create=True) as index:
        index.add(source, items(documents), prune=False)
    return path
