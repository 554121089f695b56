"""
Write the side file: take in what changed, divide rows into cells, measure how many of them a question must look into.

Whoever calls holds the lock; what is searched and when is the business of `sidecar.py`.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import numpy as np

from rag import files
from rag.errors import RagError
from rag.store import cells, codes, seal, segments
from rag.store.filling import STEP
from rag.store.fold import Fold
from rag.store.segments import Segment
from rag.store.side import MARK, SEEN, SideFile, State, recall, worth

Progress = Callable[[int, int], None]

Array = Any
PART = 65_536  # rows taken in between two confirmations
SMALL = 8_192  # rows; a part below is not divided into cells, and joined with its like when they are many
SIZES = (64, 512, SMALL)  # rows; of parts below one of these there are at most …
ALIKE = 8  # … so many: each is a few reads more for every question
MANY = 48  # large parts
LARGE = 8  # parts in cells, in each of which a question looks into so many; where they are more, they are joined …
SPREAD = 4  # … if one row in so many is in none but the largest, and a question would look into cells: so that it pays
BLOCK = 4096  # rows read at a time
PAGE = 65_536  # documents listed at a time, of which a part is made if they are short
WASTE = 2  # one byte in so many may be of parts that were joined
LOOSE = 8  # one row in so many may be in no cell before all are divided anew
COUNTED = 8  # records, one of which has it counted how many rows are gone
GROWN = 1.3  # times as many rows as were measured: they are measured again
CLOSE = 3e-4  # how far a row may be from what it was made of


@dataclass(slots=True)
class Taken:
    """Rows about to be written."""

    documents: list[Array] = field(default_factory=list)
    passages: list[Array] = field(default_factory=list)
    coarse: list[Array] = field(default_factory=list)
    fine: list[Array] = field(default_factory=list)
    scale: list[Array] = field(default_factory=list)
    placed: list[Array] = field(default_factory=list)
    unplaced: list[Array] = field(default_factory=list)  # vectors, until they are enough to be divided
    rows: int = 0

    def add(self, documents: Array, passages: Array, vectors: Array, centroids: Array | None) -> None:
        coarse, fine, scale = codes.encode(vectors)
        self.documents.append(documents.astype(np.uint32))
        self.passages.append(passages.astype(np.uint32))
        for values, more in ((self.coarse, coarse), (self.fine, fine), (self.scale, scale)):
            values.append(more)
        self.rows += len(vectors)
        if centroids is not None:
            self.unplaced.append(vectors)
            if self.rows >= SMALL:
                self.placed += [cells.assign(each, centroids) for each in self.unplaced]
                self.unplaced = []

    def arrays(self, dimensions: int, order: Array | None = None) -> dict[str, Array]:
        """All of it, put in order, one array after the other: what was gathered is given away."""
        made = {}
        for name, empty in (
            ("documents", np.empty(0, np.uint32)),
            ("passages", np.empty(0, np.uint32)),
            ("scale", np.empty(0, np.float32)),
            ("coarse", np.empty((0, dimensions), np.int8)),
            ("fine", np.empty((0, codes.half(dimensions)), np.uint8)),
        ):
            gathered: list[Array] = getattr(self, name)
            made[name] = np.concatenate([empty, *gathered])
            gathered.clear()
            if order is not None:
                made[name] = made[name][order]
        return made


class Growing:
    """One writer of one side file, while it holds the lock."""

    def __init__(self, side: SideFile, lock: IO[bytes], progress: Progress | None) -> None:
        self.side, self.db, self.lock = side, side.db, lock
        self.progress = progress or (lambda done, total: None)
        self.done = self.total = 0
        self.position: tuple[int, int | None] = (0, 0)  # version of the last change taken in; see `State.through`

    # -- taking in ------------------------------------------------------------------------------------------------

    def catch_up(self) -> int:
        """Take in every document that changed; how many."""
        state = self.side.usable()
        if state is None:
            if not self.db.value("select 1 from document limit 1"):
                return 0
            state = self._begin()
        else:
            self._trim(state)
            self.position = state.seen, state.through
        lag = self.side.lag(state)
        self.total = len(lag.present)
        if state.through is not None:
            state = self._fill(state)
        while (more := self._follow(state)) is not None:
            state = more
        if self.done or lag.removed:
            self._tidy(state)
        return self.done

    def _begin(self) -> State:
        """A new file, of nothing yet."""
        self.side.close()
        self.side.path.unlink(missing_ok=True)
        files.make(self.side.path, self.db.real)
        seal.write(self.lock, seal.Seal())
        mark = uuid.uuid4().hex
        seen = self.db.value("select coalesce(max(__version), 0) from _chronicle_document")
        header = {"kind": "begin", "stamp": self.side.stamp(), "mark": mark}
        rows = {"kind": "rows", "rows": 0, "seen": seen, "through": 0, "mark": mark}
        return self._append([(header, {}), (rows, Taken().arrays(self.side.dimensions) | _removed([]))], mark)

    def _trim(self, state: State) -> None:
        """
        Cut off what a run that was killed left unconfirmed, or what a main file from a backup does not know.

        In a copy: whoever reads what is cut where it lies ends by SIGBUS, and a search that is stopped keeps nobody
        from it for longer than its lease (`mapping.py`).
        """
        sealed, end = seal.read(self.side.seal), state.records[-1].end
        if sealed.size == end and not sealed.writing and sealed.file == seal.identity(self.side.path):
            return
        with self._anew() as (part, summed):
            with files.plain(self.side.path) as file:
                summed.take(file, end)
            summed.file.flush()
            known = seal.Seal(sealed.file, end, summed.crc32, writing=True)
            seal.write(self.lock, known)  # killed here, the file is longer
            os.replace(part, self.side.path)
            seal.write(self.lock, seal.Seal(seal.identity(self.side.path) or [], end, summed.crc32))

    @contextmanager
    def _anew(self) -> Iterator[tuple[Path, seal.Summed]]:
        """A file to be written that takes the place of the side file; of one name, so that one is left at most."""
        part = self.db.beside("-index-part")
        try:
            part.unlink(missing_ok=True)
            files.make(part, self.db.real)
            with files.plain(part, "r+b") as file:
                yield part, seal.Summed(file, 0, 0)
        finally:
            _forget(part)

    def _append(self, records: Sequence[tuple[dict[str, Any], dict[str, Any]]], mark: str) -> State:
        """Write records, seal the file, confirm them in the main file; the state with them."""
        path, sealed = self.side.path, seal.read(self.side.seal)
        if sealed.size:
            sealed.writing = True
            seal.write(self.lock, sealed)
        with files.plain(path, "r+b") as file:
            file.seek(sealed.size)
            summed = seal.Summed(file, sealed.size, sealed.crc32)
            for header, arrays in records:
                segments.write(summed, {**header, "mark": mark}, arrays)
        seal.write(self.lock, seal.Seal(seal.identity(path) or [], summed.size, summed.crc32))
        for header, _ in records:
            if header["kind"] == "rows":
                self.position = header["seen"], header["through"]
        self._confirm(mark)
        state = self.side.usable()
        if state is None:
            raise OSError(f"{path} is not as it was just written")
        return state

    def _confirm(self, mark: str) -> None:
        with self.db.transaction():
            self.db.remember(MARK, mark)
            self.db.remember(SEEN, [*self.position, self.side.stamp()])

    def _fill(self, state: State) -> State:
        """For the first time: document after document, in the order in which they lie."""
        if state.centroids is None and self._windows() >= self.side.cells_from:
            state = self._learn(state)
        while state.through is not None:
            listed = self._ids("select id from document where id > ? order by id limit ?", state.through)
            if not listed:
                return self._take(state, Taken(), [], state.seen, None)
            for number, taken in self._gathered(state, listed):
                state = self._take(state, taken, [], state.seen, listed[number - 1])
        return state

    def _follow(self, state: State) -> State | None:
        """What changed since; None if nothing did."""
        rows = list(
            self.db.execute(
                "select id, __deleted, __version from _chronicle_document where __version > ?"
                " order by __version limit ?",
                (state.seen, PAGE),
            )
        )
        if not rows:
            return None
        before = 0
        listed = [number for number, deleted, _ in rows if not deleted]
        ends = [place for place, row in enumerate(rows, 1) if not row[1]]
        for number, taken in self._gathered(state, listed):
            until = len(rows) if number == len(listed) else ends[number - 1]
            gone = [row[0] for row in rows[before:until]]
            state, before = self._take(state, taken, gone, rows[until - 1][2], None), until
        if before < len(rows):
            state = self._take(state, Taken(), [row[0] for row in rows[before:]], rows[-1][2], None)
        return state

    def _ids(self, sql: str, after: int) -> list[int]:
        return [number for (number,) in self.db.execute(sql, (after, PAGE))]

    def _windows(self) -> int:
        return int(self.db.value("select count(*) from passage_window"))

    def _gathered(self, state: State, listed: Sequence[int]) -> Iterator[tuple[int, Taken]]:
        """Rows of these documents, part by part, with how many of the documents are done then."""
        taken, number, told = Taken(), 0, 0
        for first in range(0, len(listed), STEP):
            some = listed[first : first + STEP]
            for documents, passages, vectors in self.side.rows.of(some):
                taken.add(documents, passages, vectors, state.centroids)
            number += len(some)
            self.done, told = self.done + number - told, number
            self.progress(self.done, max(self.total, self.done))
            if taken.rows >= PART:
                yield number, taken
                taken = Taken()
        if number and (taken.rows or number == len(listed)):
            yield number, taken

    def _take(
        self, state: State, taken: Taken, removed: list[int], seen: int, through: int | None, joins: int = 0
    ) -> State:
        if state.centroids is not None and taken.rows >= SMALL:
            order, starts = cells.sorted_by(np.concatenate(taken.placed), len(state.centroids))
            arrays = taken.arrays(self.side.dimensions, order) | {"starts": starts}
        else:
            arrays = taken.arrays(self.side.dimensions)
        last = int(arrays["documents"].max(initial=0))
        header = {"kind": "rows", "rows": taken.rows, "seen": seen, "through": through, "joins": joins, "last": last}
        return self._append([(header, arrays | _removed(removed))], uuid.uuid4().hex)

    # -- keeping it quick -----------------------------------------------------------------------------------------

    def _tidy(self, state: State) -> None:
        """Join small parts, write all anew where too much of it is gone or in no cell, measure again."""
        gone = 0 if len(state.records) % COUNTED else sum(_gone(state, part) for part in state.parts)
        large = state.rows >= self.side.cells_from
        loose = sum(part.rows for part in state.parts if part.starts is None)
        divided = sorted(part.rows for part in state.parts if part.rows >= SMALL)
        spread = large and len(divided) > LARGE and sum(divided[:-1]) > state.rows // SPREAD
        live = sum(part.record.end - part.record.start for part in state.parts)
        joined = state.records[-1].end - live > live // WASTE
        many = len(divided) > MANY or (large and loose > SMALL * 4 + state.rows // LOOSE)
        if gone * 3 > state.rows or joined or many:
            self.fold()
            return
        for size in SIZES:
            small = 0
            while small < len(state.parts) and state.parts[-1 - small].rows < size:
                small += 1
            if small > ALIKE:
                state = self._join(state, small)
        measured = state.probes
        if state.centroids is not None and (
            state.rows > GROWN * measured.get("rows", 0) or measured.get("wanted") != recall(self.db)
        ):
            state = self._append([self._measured(state)], uuid.uuid4().hex)
        if spread and worth(state, state.probes["probes"], 1):
            self.fold(learn=False)

    def _join(self, state: State, count: int) -> State:
        taken = Taken()
        for part in state.parts[-count:]:
            for documents, passages, vectors in _blocks(state, part):
                taken.add(documents, passages, vectors, state.centroids)
        return self._take(state, taken, [], state.seen, state.through, count)

    def _learn(self, state: State) -> State:
        """Centroids, from documents at random."""
        count = cells.count(self._windows())
        documents = self.db.value("select count(*) from document")
        share = max(1, documents * count * cells.SAMPLE // max(1, self._windows()))
        chosen = [n for (n,) in self.db.execute("select id from document order by random() limit ?", (share,))]
        found = [vectors for _, _, vectors in self.side.rows.of(sorted(chosen))]
        centroids = cells.learn(np.concatenate(found), count)
        return self._append([({"kind": "cells"}, {"centroids": centroids})], uuid.uuid4().hex)

    def _measured(self, state: State) -> tuple[dict[str, Any], dict[str, Any]]:
        """How many cells a question must look into, as a record."""

        def blocks() -> Iterator[tuple[Array, Array]]:
            for part in state.parts:
                for positions, vectors in _placed(state, part):
                    if part.starts is None:
                        yield vectors, np.full(len(positions), -1)
                    else:
                        yield vectors, np.searchsorted(part.starts, positions, side="right") - 1

        wanted = recall(self.db)
        questions, kind = self._questions()
        count, found = cells.probes(blocks(), questions, state.centroids, wanted)
        measured = {"probes": count, "recall": found, "wanted": wanted, "rows": state.rows, "asked": kind}
        return {"kind": "probes", "probes": measured}, {}

    def _questions(self) -> tuple[Array, str]:
        """
        Vectors of what is like questions: some words of passages. Without an embedder, vectors that are stored.

        Passages lie near their cells, questions do not: measured with passages, too few cells were enough
        (docs/performance.md).
        """
        if self.side.asking is not None and (pieces := self.side.rows.pieces(cells.QUERIES, 1)):
            with suppress(RagError):
                return self.side.asking(pieces), "pieces"
        return self.side.rows.raw(cells.QUERIES, 1), "passages"

    def fold(self, *, learn: bool = True) -> None:
        """Write all rows that count anew, cell by cell if they are many; `learn` cells, or keep those there are."""
        state = self.side.usable()
        if state is None:
            return
        mark = state.records[-1].header["mark"]
        with self._anew() as (part, summed):
            Fold(self.side, state, mark, self.progress, learn).write(summed)
            summed.file.flush()
            seal.write(self.lock, seal.Seal())  # killed here, there is no file that can be trusted
            os.replace(part, self.side.path)
            self.side.close()
            seal.write(self.lock, seal.Seal(seal.identity(self.side.path) or [], summed.size, summed.crc32))
        if learn and (folded := self.side.usable()) is not None and folded.centroids is not None:
            self._append([self._measured(folded)], uuid.uuid4().hex)


def _forget(part: Path) -> None:
    if part.is_file():
        part.unlink(missing_ok=True)


def _removed(documents: Sequence[int]) -> dict[str, Array]:
    return {"removed": np.array(sorted(documents), dtype=np.uint32)}


def part_documents(state: State, part: Segment) -> Array:
    return segments.array(state.descriptor, part.record, "documents")


def _gone(state: State, part: Segment) -> int:
    documents = part_documents(state, part)
    return int(segments.marked(segments.marks(part.gone), documents).sum()) if len(part.gone) else 0


def _placed(state: State, part: Segment) -> Iterator[tuple[Array, Array]]:
    """(positions, vectors) of the rows of a part that count."""
    for first in range(0, part.rows, BLOCK):
        last = min(first + BLOCK, part.rows)
        coarse, fine, scale, documents = (
            segments.array(state.descriptor, part.record, name, first, last)
            for name in ("coarse", "fine", "scale", "documents")
        )
        keep = np.flatnonzero(~np.isin(documents, part.gone))
        yield first + keep, codes.decode(coarse[keep], fine[keep], scale[keep])


def _blocks(state: State, part: Segment) -> Iterator[tuple[Array, Array, Array]]:
    """(documents, passages, vectors) of the rows of a part that count."""
    documents, passages = (segments.array(state.descriptor, part.record, n) for n in ("documents", "passages"))
    for positions, vectors in _placed(state, part):
        yield documents[positions], passages[positions], vectors


def different(state: State, made: Iterator[tuple[Array, Array, Array]], listed: Array, gone: Array) -> int:
    """How many of the listed documents have other rows in the side file than those that were `made` of the main one."""
    stored: dict[int, list[tuple[int, Array]]] = {int(number): [] for number in listed}
    for part in state.parts:
        for documents, passages, vectors in _blocks(state, part):
            for at in np.flatnonzero(np.isin(documents, listed) & ~np.isin(documents, gone)).tolist():
                stored[int(documents[at])].append((int(passages[at]), vectors[at]))
    wrong = set()
    for documents, passages, vectors in made:
        for document, passage, vector in zip(documents.tolist(), passages.tolist(), vectors, strict=True):
            rows = stored[document]
            same = [n for n, row in enumerate(rows) if row[0] == passage and np.abs(row[1] - vector).max() < CLOSE]
            if same:
                del rows[same[0]]
            else:
                wrong.add(document)
    return len(wrong | {document for document, rows in stored.items() if rows})
