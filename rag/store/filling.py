"""
What the side file is made from: the vectors of the main file's documents, each window's put into its context.

When they are made, and where they go, is the business of `sidecar.py`.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rag.store.database import Database
from rag.store.vectors import decoded, sound

STEP = 200  # documents read at a time
WORDS = 8  # of a piece of a passage: of 5, 8 and 12 those that are as far from passages as questions of people
LONGEST = 80  # characters of it, where words are not apart
WINDOWS = (
    "select p.document_id, p.id, p.seq, w.seq, v.data, v.checksum from json_each(:documents) d"
    " cross join passage p on p.document_id = d.value cross join passage_window w on w.passage_id = p.id"
    " cross join vector v on v.hash = w.hash and v.model_id = :model"
)
TITLES = (
    "select d.id, v.data, v.checksum from json_each(:documents) j cross join document d on d.id = j.value"
    " cross join vector v on v.hash = d.title_hash and v.model_id = :model where d.title_hash != ''"
)


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of the documents of one index, for one model."""

    db: Database
    model: int
    dimensions: int

    def of(self, documents: Sequence[int]) -> Iterator[tuple[Any, Any, Any]]:
        """(documents (n,), passages (n,), vectors (n, d) float32, unit) of these documents, some at a time."""
        for first in range(0, len(documents), STEP):
            yield self._some(sorted(documents[first : first + STEP]))

    def _some(self, documents: Sequence[int]) -> tuple[Any, Any, Any]:
        import numpy as np

        from rag.store import context

        values = {"documents": json.dumps(list(documents)), "model": self.model}
        found = sorted(self.db.execute(WINDOWS, values), key=lambda row: (row[0], row[2], row[3]))
        numbers = np.array([row[0] for row in found], dtype=np.int64)
        passages = np.array([row[1] for row in found], dtype=np.int64)
        windows = self.matrix([sound(self.db, row[4], row[5]) for row in found])
        place_of = {number: place for place, number in enumerate(documents)}
        titles = np.zeros((len(documents), self.dimensions), dtype=np.float32)
        for number, data, checksum in self.db.execute(TITLES, values):
            titles[place_of[number]] = decoded(sound(self.db, data, checksum), self.dimensions)
        places = np.searchsorted(np.array(documents, dtype=np.int64), numbers)
        return numbers, passages, context.placed(windows, passages, numbers, titles[places])

    def matrix(self, blobs: Sequence[bytes]) -> Any:
        """float32 (n, d) of blobs as they are stored."""
        import numpy as np

        rows = np.empty((len(blobs), self.dimensions), dtype=np.float32)
        for place, blob in enumerate(blobs):
            rows[place] = decoded(blob, self.dimensions)
        return rows

    def pieces(self, count: int, seed: int) -> list[str]:
        """Some words that follow each other, of up to so many passages at random."""
        (last,) = self.db.one("select max(id) from passage") or (0,)
        chance = random.Random(seed)
        chosen = [chance.randint(1, last) for _ in range(4 * count)] if last else []
        rows = self.db.execute(
            "select p.text from json_each(?) j cross join passage_whole p on p.id = j.value limit ?",
            (json.dumps(chosen), count),
        )
        return [piece(text.split(), chance) for (text,) in rows if text.strip()]

    def raw(self, count: int, seed: int) -> Any:
        """Up to `count` vectors as they are stored, at random: of windows and titles, as questions are of few words."""
        import numpy as np

        (last,) = self.db.one("select max(id) from vector") or (0,)
        chosen = np.random.default_rng(seed).integers(1, (last or 0) + 1, 4 * count).tolist() if last else []
        rows = self.db.execute(
            "select v.data, v.checksum from json_each(?) j cross join vector v on v.id = j.value"
            " where v.model_id = ? limit ?",
            (json.dumps(chosen), self.model, count),
        )
        return self.matrix([sound(self.db, data, checksum) for data, checksum in rows])


def piece(words: list[str], chance: random.Random) -> str:
    """WORDS of them that follow each other."""
    first = chance.randrange(max(1, len(words) - WORDS + 1))
    return " ".join(words[first : first + WORDS])[:LONGEST]
