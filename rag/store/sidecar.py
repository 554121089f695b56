"""
The vector index beside the main file: `NAME.db-index`, made from the main file's vectors, which can be lost.

A row is a window's vector in its context (`context.py`); a passage is as near as its nearest window. It is brought up
to date at the end of indexing, never by a search: what changed since is looked at in the main file itself, so a search
that finds the side file behind, damaged or missing is slower and finds the same.

The file only grows (`segments.py`) and is sealed (`seal.py`): one that is not as it was written is not used. Each part
is confirmed in the main file once it is written, so whoever is killed goes on where the last part ended, and a main
file from a backup finds the part that fits it. From `cells_from` rows on a question looks into some cells only
(`cells.py`), unless exactness is asked for; `optimize` writes all rows anew, cell by cell.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import IO, Any

from rag import files
from rag.errors import DatabaseError
from rag.store import faults, seal, side
from rag.store.database import Database
from rag.store.engine import Progress
from rag.store.filters import Filters
from rag.store.side import CELLS_FROM, USELESS, Asking, Lag, SideFile, State


class Sidecar:
    """The vector index of one main file and one model. Close it when done."""

    def __init__(
        self, db: Database, model: int, dimensions: int, cells_from: int = CELLS_FROM, asking: Asking | None = None
    ) -> None:
        self.db = db
        self.file = SideFile(db, model, dimensions, cells_from)
        self.file.asking = asking
        self.behind = 0  # documents that the last question had to look at in the main file

    # -- searching ------------------------------------------------------------------------------------------------

    def nearest(
        self,
        vector: Any,
        k: int,
        filters: Filters = Filters(),  # noqa: B008 (frozen)
        *,
        exact: bool = False,
    ) -> list[tuple[int, float]]:
        """(passage id, cosine), best first. `vector` is float32 of unit length; under filters it is always exact."""
        import numpy as np

        self.behind = 0
        subquery, values = filters.ids()
        allowed = None
        if subquery:
            allowed = np.array(sorted(number for (number,) in self.db.execute(subquery, values)), dtype=np.int64)
            if not len(allowed):
                return []
        vector = np.ascontiguousarray(vector, dtype=np.float32)
        state = self.file.usable()
        found: dict[int, float] = {}
        if state is not None:
            try:
                lag = self.file.lag(state)
                found = self._search(state, vector, k, allowed, lag, exact)
            except USELESS:
                self.close()
                state = None
        if state is None:
            found, lag = {}, Lag(present=self.file.everything())
        self.behind = len(lag.present)
        self._look(found, lag.present, vector, allowed)
        return _best(found, k)

    def _search(self, state: State, vector: Any, k: int, allowed: Any, lag: Lag, exact: bool) -> dict[int, float]:
        import numpy as np

        from rag.store import cells, mapping, near

        chosen, probes = None, state.probes.get("probes", 0)
        if probes and not exact and allowed is None and side.worth(state, probes):
            chosen = cells.nearest(vector, state.centroids, probes)
        gone = np.array(sorted(lag.removed), dtype=np.uint32)
        large = any(mapping.worth(part.rows) for part in state.parts)
        with mapping.leased(state.descriptor) if large else nullcontext() as lease:
            return near.Search(state.descriptor, state.parts, vector, chosen, allowed, gone, lease).best(k)

    def _look(self, found: dict[int, float], documents: Sequence[int], vector: Any, allowed: Any) -> None:
        """Add the passages of these documents, straight from the main file."""
        import numpy as np

        for _, passages, vectors in self.file.rows.of(documents):
            scores = vectors @ vector
            inside = np.isin(passages, allowed) if allowed is not None else np.ones(len(passages), bool)
            for passage, score in zip(passages[inside].tolist(), scores[inside].tolist(), strict=True):
                found[passage] = max(found.get(passage, -2.0), score)

    def described(self) -> dict[str, Any]:
        """What is known of the side file: rows, bytes, cells, how many a question looks into, recall."""
        state = self.file.usable()
        if state is None:
            return {}
        count = 0 if state.centroids is None else len(state.centroids)
        probes = state.probes.get("probes", 0)
        all_ = not probes or not side.worth(state, probes)
        return {"rows": state.rows, "bytes": state.identity[2], "cells": count, "compares all": all_, **state.probes}

    def close(self) -> None:
        self.file.close()

    # -- writing --------------------------------------------------------------------------------------------------

    def catch_up(self, progress: Progress | None = None) -> int:
        """
        Take in what changed, a part at a time: stopped at any moment, the next call goes on. How many documents.

        Raises DatabaseError if the file cannot be written or another process has been writing it for too long.
        """
        if self.file.fresh():
            return 0
        from rag.store import growing

        with self._writing() as lock:
            return growing.Growing(self.file, lock, progress).catch_up()

    def optimize(self, progress: Progress | None = None) -> None:
        """Write it anew: what was removed goes, cells are learnt and measured on what there is now."""
        from rag.store import growing

        with self._writing() as lock:
            writer = growing.Growing(self.file, lock, progress)
            writer.catch_up()
            writer.fold()

    def rebuild(self, progress: Progress | None = None) -> None:
        """Make it anew from the main file, whatever there is."""
        with self._writing():
            self.close()
            self.file.path.unlink(missing_ok=True)
        self.catch_up(progress)

    @contextmanager
    def _writing(self) -> Iterator[IO[bytes]]:
        try:
            with files.locked(self.file.seal, self.db.real, seconds=faults.BUSY_SECONDS) as held:
                if held is None:
                    raise DatabaseError(
                        f"another rag has been writing {self.file.path} for {faults.BUSY_SECONDS} s",
                        "Run this again later.",
                    )
                yield held
        except OSError as error:
            raise DatabaseError(
                f"cannot write {self.file.path}: {error.strerror or error}", "Free some space, or check the folder."
            ) from error

    # -- examining ------------------------------------------------------------------------------------------------

    def problem(self, documents: Sequence[int] | None = None) -> str:
        """
        What is wrong with the side file, read whole; the rows of these documents (or all) are made again and compared.

        It is not wrong to have none yet, or one that lags behind or whose writer was killed: indexing sees to that.
        """
        if not self.file.path.exists() or not (sealed := seal.read(self.file.seal)).size:
            return ""
        if not seal.holds(self.file.path, sealed):
            return f"{self.file.path} is not as it was written"
        state = self.file.usable()
        if state is None:
            return ""
        try:
            lag = self.file.lag(state)
            listed = set(self.file.everything() if documents is None else documents) - set(lag.present)
            wrong = self._different(state, sorted(listed), lag)
        except USELESS as error:
            return f"{self.file.path} cannot be used: {error}"
        return f"{self.file.path} has other vectors than the index for {wrong} documents" if wrong else ""

    def _different(self, state: State, listed: Sequence[int], lag: Lag) -> int:
        """How many of the documents have other rows than the main file gives."""
        import numpy as np

        from rag.store import growing

        wanted, gone = np.array(listed, dtype=np.int64), np.array(lag.removed, dtype=np.int64)
        return growing.different(state, self.file.rows.of(listed), wanted, gone)


def _best(found: dict[int, float], k: int) -> list[tuple[int, float]]:
    """The k best of passage id -> score; ties by passage id, so that the order is always the same."""
    return sorted(found.items(), key=lambda entry: (-entry[1], entry[0]))[:k]
