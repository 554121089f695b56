"""
The side file as it lies on the disk: what it must be of, whether it can be trusted, how far the main file confirms it.

Searching it is the business of `sidecar.py`, writing it of `growing.py`.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.store import seal
from rag.store.database import Database
from rag.store.engine import Store
from rag.store.filling import Rows

if TYPE_CHECKING:
    from rag.store.segments import Record, Segment

FORMAT = 5  # of the side file
MARK = "vectors"  # setting of the main file: the mark of the last part that was confirmed
SEEN = "vectors_seen"  # … how far that is: version of the last change, document where it is filled first; and of what
EPOCH = "vectors_epoch"  # … another one: nothing that was made from the old vectors holds
RECALL = "recall"  # … of the true neighbours, that a question is to find
DEFAULT_RECALL = 0.99
CELLS_FROM = 200_000  # rows; up to here a scan of all is fast enough
WORTH = 0.3  # share of the rows, and of what looking for them costs, up to which looking into some cells is quicker
APART = 400  # rows that could be compared while the rows of one cell are looked for in one part
Asking = Callable[[Sequence[str]], Any]
USELESS = (OSError, ValueError, KeyError, TypeError, IndexError)  # what a damaged file leads to


@dataclass(slots=True)
class State:
    """An open side file, as far as the main file confirms it."""

    descriptor: int
    identity: seal.Identity
    stamp: list[Any]
    records: list[Record]
    parts: list[Segment]
    seen: int = 0  # version of the last change that was taken in
    through: int | None = None  # when it is filled for the first time: the last document that was taken in
    centroids: Any = None
    probes: dict[str, Any] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        return sum(part.rows for part in self.parts)

    def close(self) -> None:
        os.close(self.descriptor)


@dataclass(frozen=True, slots=True)
class Lag:
    """Documents that changed since the side file was brought up to date."""

    removed: Sequence[int] = ()
    present: Sequence[int] = ()  # of these, or new: those that there are


class SideFile:
    """The side file of one main file and one model."""

    def __init__(self, db: Database, model: int, dimensions: int, cells_from: int) -> None:
        self.db, self.model, self.dimensions, self.cells_from = db, model, dimensions, cells_from
        self.rows = Rows(db, model, dimensions)
        self.asking: Asking | None = None  # embeds questions, to measure with
        self.path = db.beside("-index")
        self.seal = db.beside("-index-seal")
        self._state: State | None = None

    def everything(self) -> list[int]:
        return [number for (number,) in self.db.execute("select id from document order by id")]

    def fresh(self) -> bool:
        """Whether there is nothing to take in, as the main file knows it; the side file is not opened."""
        there = seal.identity(self.path)
        last = self.db.value("select coalesce(max(__version), 0) from _chronicle_document")
        return (
            there is not None
            and seal.read(self.seal).file == there
            and self.db.setting(SEEN) == [last, None, self.stamp()]
        )

    def lag(self, state: State) -> Lag:
        # Sorted here: asked for an order, SQLite reads every row by its number.
        rows = sorted(
            self.db.execute("select id, __deleted from _chronicle_document where __version > ?", (state.seen,))
        )
        present = [number for number, deleted in rows if not deleted]
        if state.through is not None:
            later = self.db.execute("select id from document where id > ? order by id", (state.through,))
            present = sorted({*present, *(number for (number,) in later)})
        return Lag([number for number, _ in rows], present)

    def close(self) -> None:
        if self._state is not None:
            self._state.close()
            self._state = None

    def stamp(self) -> list[Any]:
        """What the side file must be of."""
        return [FORMAT, self.db.setting("uuid"), self.model, self.dimensions, self.db.setting(EPOCH, "")]

    def usable(self) -> State | None:
        """The open side file as the main file confirms it; None if there is none that can be trusted."""
        try:
            return self._opened()
        except USELESS:
            self.close()
            return None

    def _opened(self) -> State | None:
        mark, there = self.db.setting(MARK), seal.identity(self.path)
        known = self._state
        if there is None or mark is None:
            self.close()
            return None
        if known and known.identity == there and known.records[-1].header["mark"] == mark:
            return known if known.stamp == self.stamp() else None
        sealed = seal.read(self.seal)
        if known and sealed.writing and known.identity[:2] == there[:2] and known.records[-1].header["mark"] == mark:
            return known  # somebody appends: what we have is as good as it was
        trusted = sealed.file == there
        before = known.records if known and trusted and known.identity[:2] == there[:2] else []
        if before and before[-1].end > sealed.size:
            before = []
        if not trusted and not seal.holds(self.path, sealed):
            self.close()
            return None
        self._state = _parsed(self.path, sealed.size, mark, there, before)
        if known:
            known.close()
        return self._state if self._state and self._state.stamp == self.stamp() else None


def _parsed(path: Path, size: int, mark: str, there: seal.Identity, before: Sequence[Record]) -> State | None:
    """The records up to the one of the main file's mark; None if there is none. Those `before` were read already."""
    from rag.store import segments

    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        if before and segments.records(descriptor, before[-1].end, before[-1].start)[0].header != before[-1].header:
            before = []  # cut off, and others written in their place
        found = [*before, *segments.records(descriptor, size, before[-1].end if before else 0)]
        last = max((n for n, record in enumerate(found) if record.header["mark"] == mark), default=-1)
        if last < 0 or found[0].header["kind"] != "begin":
            os.close(descriptor)
            return None
        return _state(descriptor, there, found[: last + 1])
    except BaseException:
        with suppress(OSError):
            os.close(descriptor)
        raise


def _state(descriptor: int, there: seal.Identity, found: list[Record]) -> State:
    import numpy as np

    from rag.store import segments

    state = State(descriptor, there, found[0].header["stamp"], found, [])
    numbers: list[int] = []  # of the records of the parts
    removals: list[tuple[int, Any]] = []  # number of a record, documents whose rows in earlier ones count no more
    for number, record in enumerate(found):
        header = record.header
        if header["kind"] == "cells":
            state.centroids = segments.kept(descriptor, record, "centroids")
        elif header["kind"] == "probes":
            state.probes = header["probes"]
        elif header["kind"] == "rows":
            starts = segments.kept(descriptor, record, "starts") if "starts" in record.places else None
            removed = segments.kept(descriptor, record, "removed")
            if joined := header.get("joins", 0):
                del state.parts[-joined:], numbers[-joined:]
            if len(removed):
                removals.append((number, removed))
            numbers.append(number)
            last = header.get("last", segments.LAST)
            state.parts.append(segments.Segment(record, header["rows"], removed, starts, last))
            state.seen, state.through = header["seen"], header["through"]
    gone = np.empty(0, np.uint32)
    for part, number in zip(reversed(state.parts), reversed(numbers), strict=True):
        while removals and removals[-1][0] > number:
            gone = np.concatenate([removals.pop()[1], gone])
        part.gone = gone[gone <= part.last]
    return state


def worth(state: State, probes: int, parts: int | None = None) -> bool:
    """Whether looking into so many cells is quicker than comparing all rows; were they in so many parts, if given."""
    if parts is None:
        parts = sum(part.starts is not None for part in state.parts)
    return probes / len(state.centroids) * state.rows + APART * probes * parts < WORTH * state.rows


def remade(db: Store) -> None:
    """Whatever was made from the vectors of this index holds no more: it is made anew."""
    db.remember(EPOCH, uuid.uuid4().hex)


def recall(db: Store) -> float:
    """The share of the true neighbours that a question is to find."""
    return float(db.setting(RECALL, DEFAULT_RECALL))
