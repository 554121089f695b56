"""
Where a document lies now: the file that it was read from, the line of a passage in it, or its address.

Nothing is opened for writing; a file that is gone, or does not hold the text any more, is told as it is.
"""

from __future__ import annotations

import os
import re
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from html import unescape
from pathlib import Path
from typing import Any

from rag.errors import InputError
from rag.sentences import FENCE, MARKER
from rag.sources import encodings
from rag.sources.formats import kind_of
from rag.sources.peek import peeked
from rag.sources.settings import Settings, from_json
from rag.sources.walk import files
from rag.store import Store, documents
from rag.store import sources as store
from rag.types import Document, Hit

LARGEST = 5_000_000  # bytes of a file in which a line is looked for
LINES = ("text", "markdown", "code")  # kinds of documents that have lines
SAME = ("text", "markdown", "code", "settings")  # readers whose text is that of the file
# and those of files that hold its words in lines
ALIKE = (
    "html", "rst", "asciidoc", "org", "latex", "man", "eml", "mbox", "subtitles", "notebook", "listed", "ics", "vcf",
)  # fmt: skip
MARKUP = {  # what stands in a file of these between the words of its text
    "html": re.compile(r"<[^<>]*>"),
    "latex": re.compile(r"\\[a-zA-Z]+"),
    "man": re.compile(r"^[.'][ \t]*\w+|\\f(?:\(..|\[\w*\]|.)|\\[^\w\n]", re.MULTILINE),
    "asciidoc": re.compile(r"(?<!\w)_|_(?!\w)"),
}
ENDING = 12  # characters at the end of a line by which it is known again
LONGEST, PARTS = 1000, 5  # a line is worth telling that is no longer, or no more than such a part of its file
ENOUGH = (40, 12, 8, 5, 3)  # words that are looked for, at most and at least
WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Spot:
    """`path` is None if the document came from no file that is still there; `line` is 0 if it has none."""

    path: Path | None
    line: int
    url: str
    steady: bool = True  # whether the lines below it are those of the text

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
        """What a browser opens: a page that lies here itself, else the address."""
        if self.path and kind_of(self.path.name) == "html":
            return self.path.resolve().as_uri()
        return self.url or (self.path.as_uri() if self.path else "")


class Locator:
    """Finds the documents of an index; each source's settings are read once."""

    def __init__(self, db: Store) -> None:
        self.db = db
        self._lines: dict[str, dict[str, int]] = {}

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
        if path and document.source in self._tables:
            return Spot(path, self._rows(document.source).get(document.key, 0), document.url, False)
        line, steady = line_of(path, document, start) if path else (0, True)
        return Spot(path, line, document.url, steady)

    @cached_property
    def _tables(self) -> dict[str, Settings]:
        found = {one.name: from_json(one.settings) for one in store.sources(self.db)}
        return {name: settings for name, settings in found.items() if settings.kind == "table"}

    def _rows(self, source: str) -> dict[str, int]:
        """The line at which each row of a file begins, as the file is now."""
        if source not in self._lines:
            from rag.sources.tables import table

            settings = self._tables[source]
            self._lines[source] = {}
            try:
                if Path(settings.paths[0]).stat().st_size <= LARGEST:
                    rows = table(settings.paths[0], source, settings.columns, settings.format)
                    self._lines[source] = {item.key: item.line for item in rows}
            except (OSError, InputError):
                pass
        return self._lines[source]

    def cited(self, answer: Mapping[str, Any]) -> list[Spot]:
        """Where each citation of an answer object, or what is nearest, stands today; unknown for what is gone."""
        return [self._cited(one) for one in shown(answer)]

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


def shown(answer: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The excerpts of an answer object that one sees: what it cites, else what is nearest."""
    return list(answer["citations"] or answer.get("nearest", []))


def _moved(document: Document, one: Mapping[str, Any]) -> bool:
    return document.text[one["start"] : one["end"]] != one["quote"] and one["quote"] in document.text


def line_of(path: Path, document: Document, start: int) -> tuple[int, bool]:
    """
    (line of the file from 1, whether the lines below follow it in the file as in the text); 0 if the file is of another
    form, or does not have these words at one place.
    """
    reader = kind_of(path.name) or _told_kind(path)
    if document.kind not in LINES or path.name not in document.key or reader not in (*SAME, *ALIKE):
        return 0, False
    try:
        if path.stat().st_size > LARGEST:
            return 0, False
        written = _written(path, reader)
    except (OSError, InputError):
        return 0, False
    lines = written.split("\n")
    if told := document.meta.get("lines"):  # of a chat or subtitles: where each message or cue stands in the file
        return _told(lines, told, document.text, start), False
    if reader in SAME:
        return _same(lines, document.text, start), True
    first, last = _message(written, document) if reader == "mbox" else (0, len(written))
    line = _alike(written[first:last], document.text[start : start + LONGEST], reader)
    line += written.count("\n", 0, first) if line else 0
    worth = line and (len(lines[line - 1]) <= LONGEST or PARTS * len(lines[line - 1]) <= len(written))
    return (line if worth else 0), False


def in_lines(path: Path) -> bool:
    """Whether a file is text, which an editor shows; a packed page of the manual is."""
    return (kind_of(path.name) or _told_kind(path)) in (*SAME, *ALIKE)


def _written(path: Path, reader: str) -> str:
    if reader == "man":
        from rag.sources import man

        return encodings.written(man.unpacked(path.read_bytes(), path.name), path.name)
    if reader == "html":
        from rag.sources import html

        return html.written(path.read_bytes(), path.name)
    return encodings.written(path.read_bytes(), path.name)


def _told_kind(path: Path) -> str:
    try:
        return peeked(path) or "text"
    except OSError:
        return ""


def _message(written: str, document: Document) -> tuple[int, int]:
    """Where a mail stands in its mailbox, by its number: others repeat its words; all of it if that is not told."""
    number = re.escape(str(document.meta.get("message_id", "")))
    head = re.search(rf"^Message-ID:\s*<?{number}>?[ \t]*$", written, re.MULTILINE | re.IGNORECASE) if number else None
    if head is None:
        return 0, len(written)
    after = re.compile(r"^From [^\n]*\d\d?:\d\d[^\n]*\n[!-9;-~]+:", re.MULTILINE).search(written, head.end())
    return head.end(), after.start() if after else len(written)


def _told(lines: list[str], told: list[list[int]], text: str, start: int) -> int:
    """The line that was told when the file was read, if what it ends with still stands in the text there; else 0."""
    at, line = told[max(bisect_right([place for place, _ in told], start), 1) - 1]
    if not 0 < line <= len(lines):
        return 0
    last = " ".join(unescape(re.sub(r"<[^<>]*>", "", lines[line - 1])).split())[-ENDING:]
    return line if last and last in " ".join(text[at : at + LONGEST].split()) else 0


def _same(lines: list[str], text: str, start: int) -> int:
    """The line of a file whose text is that of the document, or was: the nearest that says the same."""
    line = text.count("\n", 0, start) + 1
    words = text[start : text.find("\n", start) % (len(text) + 1)].strip()[:80]
    if line <= len(lines) and words in lines[line - 1]:
        return line
    near = [number for number, said in enumerate(lines, 1) if words and words in said]
    return min(near, key=lambda number: abs(number - line), default=0)


def _words(line: str) -> list[str]:
    marked = MARKER.match(line)
    return WORD.findall(line[marked.end() :] if marked else line)


def _alike(written: str, text: str, reader: str) -> int:
    """The line of a file with markup at which the words of a text begin; 0 if they stand nowhere, or at two places."""
    if reader in MARKUP:
        written = MARKUP[reader].sub(lambda mark: " " + "\n" * mark[0].count("\n"), written)
        written = unescape(written) if reader == "html" else written
    said = [word for line in text.split("\n") if not FENCE.match(line) for word in _words(line)]
    places = [(word[0], word.start()) for word in WORD.finditer(written)]
    joined = f" {' '.join(word for word, _ in places)} "
    for count in ENOUGH:
        wanted = f" {' '.join(said[:count])} "
        if len(said) < min(ENOUGH) or joined.count(wanted) > 1:
            return 0
        if (at := joined.find(wanted)) >= 0:
            return written.count("\n", 0, places[joined.count(" ", 0, at)][1]) + 1
    return 0
