"""
Where a document lies now: the file that it was read from, the line of a passage in it, or its address.

Nothing is opened for writing; a file that is gone, or does not hold the text any more, is told as it is.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from rag.errors import InputError
from rag.sources.settings import from_json
from rag.sources.walk import files
from rag.store import Store, documents
from rag.store import sources as store
from rag.types import Document, Hit

LARGEST = 5_000_000  # bytes of a file in which a line is looked for
LINES = ("text", "markdown", "code")  # kinds of documents whose lines are those of their file


@dataclass(frozen=True, slots=True)
class Spot:
    """`path` is None if the document came from no file that is still there; `line` is 0 if it has none."""

    path: Path | None
    line: int
    url: str

    @property
    def shown(self) -> str:
        """The path as one types it here, with its line; "" if there is none."""
        if self.path is None:
            return ""
        near = os.path.relpath(self.path)
        name = near if not near.startswith(os.path.join("..", "..", "..")) else str(self.path)
        return f"{name}:{self.line}" if self.line else name

    @property
    def link(self) -> str:
        """What a browser opens."""
        return self.url or (self.path.as_uri() if self.path else "")


class Locator:
    """Finds the documents of an index; each source's settings are read once."""

    def __init__(self, db: Store) -> None:
        self.db = db

    @cached_property
    def _roots(self) -> dict[str, Path]:
        """Each source that came from files: the folder that its keys are relative to, or its only file."""
        found = {}
        for one in store.sources(self.db):
            settings = from_json(one.settings)
            if not settings.paths or settings.kind == "web" or settings.paths == ("-",):
                continue
            try:
                root = files(settings.paths).root if settings.kind in ("", "files") else Path(settings.paths[0])
            except InputError:  # a path that is gone
                continue
            if root is not None:
                found[one.name] = root
        return found

    def hit(self, hit: Hit, at: int = 0) -> Spot:
        """Where a hit stands, or the place `at` so many characters behind its beginning."""
        return self.spot(hit.passage.document, hit.passage.start + at)

    def spot(self, document: Document, start: int) -> Spot:
        path = self._file(document)
        line = _line(path, document, start) if path else 0
        return Spot(path, line, document.url)

    def cited(self, answer: Mapping[str, Any]) -> list[Spot]:
        """Where each citation of an answer object, or what is nearest, stands today; unknown for what is gone."""
        return [self._cited(one) for one in answer["citations"] or answer.get("nearest", [])]

    def _cited(self, one: Mapping[str, Any]) -> Spot:
        try:
            _, document = documents.find(self.db, one["document"])
        except InputError:
            return Spot(None, 0, one["url"])
        return self.spot(document, document.text.find(one["quote"], 0) if _moved(document, one) else one["start"])

    def _file(self, document: Document) -> Path | None:
        root = self._roots.get(document.source)
        if root is None:
            return None
        if root.is_file():
            return root
        whole = root / document.key
        for path in (whole, root / document.key.partition("#")[0]):  # a member of an archive, a message of a mailbox
            if path.is_file():
                return path
        return None


def _moved(document: Document, one: Mapping[str, Any]) -> bool:
    return document.text[one["start"] : one["end"]] != one["quote"] and one["quote"] in document.text


def _line(path: Path, document: Document, start: int) -> int:
    """The line of the file, from 1; 0 if the file is of another form or does not have these words there any more."""
    if document.kind not in LINES or path.name not in document.key:
        return 0
    line = document.text.count("\n", 0, start) + 1
    words = document.text[start : document.text.find("\n", start) % (len(document.text) + 1)].strip()[:80]
    try:
        if path.stat().st_size > LARGEST:
            return 0
        lines = path.read_text("utf-8-sig", "replace").splitlines()
    except OSError:
        return 0
    if line <= len(lines) and words in lines[line - 1]:
        return line
    near = [number for number, text in enumerate(lines, 1) if words and words in text]
    return min(near, key=lambda number: abs(number - line), default=0)
