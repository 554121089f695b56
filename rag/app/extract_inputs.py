"""What `rag extract` reads: files, tables, standard input, or the index; as documents, lazily, in a fixed order."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag import files
from rag.app.sources import settled
from rag.errors import InputError
from rag.files import typed
from rag.types import Document

if TYPE_CHECKING:
    from rag.sources import Walk
    from rag.sources.columns import Columns
    from rag.store.filters import Filters

Read = tuple[str, Callable[[], list[Document]]]  # (key, how to read it)


@dataclass(slots=True)
class Inputs:
    """Documents that are read when it is iterated; what could not be read is in `problems`."""

    reads: list[Read]
    problems: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def total(self) -> int:
        return len(self.reads)

    def only(self, limit: int | None, sample: int | None, seed: int) -> None:
        """Keep the first so many, or so many drawn by chance, in their order."""
        if sample is not None and sample < len(self.reads):
            drawn = sorted(random.Random(seed).sample(range(len(self.reads)), sample))
            self.reads = [self.reads[number] for number in drawn]
        if limit is not None:
            self.reads = self.reads[:limit]

    def __iter__(self) -> Iterator[Document]:
        for key, read in self.reads:
            try:
                yield from read() or [Document("", key, "")]  # without text: it fails by name, it does not vanish
            except InputError as error:
                self.problems.append(("", error.message))


def given(paths: Sequence[str], text: tuple[str, ...], key: str) -> Inputs:
    """Files, tables and standard input. Raises InputError: nothing, a path or a column that is missing."""
    if not paths:
        raise InputError("there is nothing to extract from", "Name files, folders or tables; or --from-index.")
    from rag.sources import files
    from rag.sources.columns import Columns
    from rag.sources.formats import TABLES
    from rag.sources.tables import table

    columns = Columns(key=key, text=text, exact=True)  # so that offsets count in what was given
    tables = [path for path in paths if path != "-" and Path(path).suffix.lower() in TABLES]
    others = [path for path in paths if path != "-" and path not in tables]
    if (text or key) and others:
        raise InputError(
            f"{others[0]} is not a table, so it has no columns", "Tables end in .jsonl, .csv, .tsv or .json."
        )
    found = Inputs([])
    if others:
        _take(found, files(others))
    for path in tables:
        _take(found, table(path, columns=columns))
    if "-" in paths:
        _standard_input(found, columns)
    if not found.reads and not found.problems:
        raise InputError(
            f"there are no documents in {' '.join(paths)}", "Hidden, ignored and binary files are left out."
        )
    return found


def _take(found: Inputs, walk: Walk) -> None:
    found.reads += [(item.key, item.read) for item in walk]
    found.problems += walk.problems
    found.notes += walk.notes
    if walk.skipped:
        found.notes.append("skipped: " + ", ".join(f"{count} {why}" for why, count in sorted(walk.skipped.items())))


def _standard_input(found: Inputs, columns: Columns) -> None:
    """Rows if columns are named or it looks like JSON, else one document."""
    import sys

    from rag.sources.encodings import decode
    from rag.sources.tables import table

    if columns.text or columns.key or _peek(sys.stdin.buffer).lstrip()[:1] in (b"{", b"["):
        _take(found, table("-", columns=columns))
    else:
        text = decode(files.piped(), "standard input")
        found.reads.append(("stdin", partial(list, [Document("", "stdin", text)])))


def _peek(file: Any) -> bytes:
    """The beginning of what is there, still to be read."""
    return bytes(file.peek(64))


def indexed(paths: Sequence[str], database: Path, query: str, k: int, filters: Filters) -> Inputs:
    """The documents of the index, or the passages that a search finds. Raises InputError: none are left."""
    if paths:
        raise InputError("--from-index and paths exclude each other", "Omit one of them.")
    from rag.index import Index
    from rag.store import opened
    from rag.store.documents import ids, load

    if query:
        with Index(database) as index:
            hits = index.search(query, k, filters=settled(index.db, filters))
        passages = [hit.passage for hit in hits]
        return Inputs([("", partial(list, [_passage(p.document, p.start, p.end, p.text)])) for p in passages])
    db = opened(database)
    numbers = ids(db, settled(db, filters))
    if not numbers:
        db.close()
        raise InputError(
            f"no document of {database} is left",
            f"Weaken the filters, or see what it has: rag info -d {typed(database)}",
        )

    def read(number: int) -> list[Document]:
        return [load(db, [number])[number]]

    return Inputs([("", partial(read, number)) for number in numbers])


def _passage(document: Document, start: int, end: int, text: str) -> Document:
    """A passage as a document of its own; its key says where it stands."""
    return Document(document.source, f"{document.key}#{start}-{end}", text, document.title, document.url)
