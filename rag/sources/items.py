"""
The two nouns of a source: an `Item` may become documents, a `Walk` gives items and counts what it left out.

Neither opens a file; `Item.read` does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from rag.types import Document

READ_ALREADY = "read already"  # why a file is skipped that is not lacking
MAX_BYTES = 50_000_000  # a larger file is named and left out
Left = Callable[[str, str], None]  # told what a reader leaves out of a document: (kind, "attachments"; what it was)


def untold(kind: str, what: str) -> None:
    """A `Left` for those who do not want to know."""


def told(found: list[Document], left: Left) -> list[Document]:
    """The documents of a file; that it has none is told."""
    if not found:
        left("files without text", "")
    return found


@dataclass(frozen=True, slots=True)
class Item:
    """
    Something that may become documents, not read yet.

    Its documents have `key` as their key, or, where there are several (a mailbox, an archive), `key#…`.
    """

    key: str  # stable: the path relative to the root that was given, with "/", wherever the command is run
    stamp: str  # changes when the item does; cheap, nothing is opened for it
    read: Callable[[], list[Document]]  # parses now; raises InputError that names the item and what is wrong
    reader: str = ""  # name and version of the reader: with a newer one, the item is read again
    line: int = 0  # of its file, where it is one row of many


@dataclass(slots=True)
class Walk:
    """
    Items in a fixed order. What it counts and tells is filled while it is iterated, and begins anew each time.

    If it is `partial`, it gives only what changed since `cursor` was made, and `removed` says what is gone; else what
    it does not give is gone, but for what lies under `keep`.
    """

    items: Callable[[Walk], Iterator[Item]]
    root: Path | None = None  # what the keys are relative to
    skipped: Counter[str] = field(default_factory=Counter)  # "hidden", "binary", "ignored", "unsupported", "empty"
    left: Counter[str] = field(default_factory=Counter)  # parts of documents: "navigation", "attachments", …
    named: list[tuple[str, str]] = field(default_factory=list)  # (what, why) of everything that the two count
    problems: list[tuple[str, str]] = field(default_factory=list)  # (path, why); never fatal
    notes: list[str] = field(default_factory=list)  # what the user should know and need not mend
    keep: list[str] = field(default_factory=list)  # keys that could not be looked at; "x/", "x#" and "" are prefixes
    partial: bool = False
    removed: list[str] = field(default_factory=list)  # keys of items that are known to be gone
    steady: bool = False  # the cursor holds true even if the run was stopped or had problems
    cursor: str = ""  # to be remembered when everything is stored; the next walk has it as `since`
    since: str = ""  # the cursor that the last walk left
    full: bool = False  # everything is to be compared, whatever `since` says
    own: Path | None = None  # the index that is written: it and what lies beside it are no documents
    elsewhere: dict[tuple[int, int], str] = field(default_factory=dict)  # (device, inode): the source that has the file
    total: int = 0  # how many items there will be, once that is known; 0 if it is not

    def __iter__(self) -> Iterator[Item]:
        self.skipped.clear()
        self.left.clear()
        self.named.clear()
        self.problems.clear()
        self.notes.clear()
        self.keep.clear()
        self.removed.clear()
        self.partial, self.total = False, 0
        return self.items(self)

    def skip(self, reason: str, what: str) -> None:
        """Count and name something that is not read."""
        self.skipped[reason] += 1
        self.named.append((what, reason))

    def leaving(self, where: str) -> Left:
        """For the reader of `where`: counts and names what it leaves out."""

        def left(kind: str, what: str) -> None:
            self.left[kind] += 1
            self.named.append((f"{where}: {' '.join(what.split())[:80]}".rstrip(": "), kind))

        return left

    def gone(self, known: Iterable[str]) -> list[str]:
        """Those of the keys known before, and not given now, that are gone."""
        if self.partial:
            removed = set(self.removed)
            return [key for key in known if key in removed]
        kept = tuple(key for key in self.keep if not key or key.endswith(("/", "#")))
        return [key for key in known if key not in self.keep and not key.startswith(kept)]
