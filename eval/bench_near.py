"""
The vector index alone, as large as wanted, without any text: building, searching, recall, memory, bytes.

    python eval/bench_near.py [ROWS] [--work DIR]
    python eval/bench_near.py 90000 --cells-from 50000 --work DIR --text ../shared/data/{scifact,…}
    python eval/bench_near.py 1000000 --joined --work DIR --text ../shared/data/{scifact,…}

Vectors are synthetic, as hard as real ones are for cells: unit rows in 384 dimensions around 2,000 centres of unequal
sizes, spread along 64 directions. Questions are such vectors too, none of them in the index. One thread, CPU seconds.
With --text they are sentences of these corpora by the bundled embedder, and the questions are those of the same sets;
how many cells are needed is measured with stored vectors, and then with pieces of sentences, as an index does it;
cells are looked into also where comparing all rows is quicker. With --joined a row is the mean, at unit length, of the
vectors of four of the 24 sentences that follow a sentence at random: what a paragraph that joins them is about.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from rag.store import Database, cells, growing
from rag.store import side as looking
from rag.store.filling import piece
from rag.store.side import CELLS_FROM
from rag.store.sidecar import Sidecar

D, CENTRES, RANK, STEP = 384, 2000, 64, 200
NEAR, FOUR = 24, 4


class Synthetic:
    """What `filling.Rows` is for documents with text: document n has the passage n with one window."""

    def __init__(self, spread: float) -> None:
        chance = np.random.default_rng(3)
        self.centres = chance.normal(size=(CENTRES, D)).astype(np.float32)
        self.latent = spread * chance.normal(size=(RANK, D)).astype(np.float32) / np.sqrt(RANK)
        share = 1 / np.arange(1, CENTRES + 1) ** 0.7
        self.share = share / share.sum()

    def block(self, seed: int, count: int) -> Any:
        chance = np.random.default_rng([17, seed])
        rows = self.centres[chance.choice(CENTRES, count, p=self.share)]
        rows = rows + chance.normal(size=(count, RANK)).astype(np.float32) @ self.latent
        rows = rows + 0.1 * chance.normal(size=(count, D)).astype(np.float32)
        return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)

    def of(self, documents: Sequence[int]) -> Iterator[tuple[Any, Any, Any]]:
        for first in range(0, len(documents), STEP):
            ids = np.array(documents[first : first + STEP], dtype=np.int64)
            yield ids, ids, self.block(int(ids[0]), len(ids))

    def raw(self, count: int, seed: int) -> Any:
        return self.block(10**9 + seed, count)


class Real:
    """The same of sentences, embedded once and kept in the folder."""

    def __init__(self, folders: list[Path], work: Path, rows: int) -> None:
        from growth import sentences

        from rag.models.minilm import MiniLM

        self.model = MiniLM(1)
        self.texts = list(dict.fromkeys(sentences([folder / "corpus.jsonl" for folder in folders])))
        random.Random(3).shuffle(self.texts)
        self.texts = self.texts[: rows + 5]
        kept = work / "sentences.npy"
        if not kept.exists():
            np.save(kept, np.concatenate([self.model.embed(some) for some in _steps(self.texts)]))
        self.rows = np.load(kept, mmap_mode="r")
        asked = []
        for folder in (one for one in folders if (one / "queries.jsonl").exists()):
            lines = [json.loads(line)["text"] for line in (folder / "queries.jsonl").open()]
            asked += random.Random(4).sample(lines, min(60, len(lines)))
        self.questions = self.model.embed(asked, "query")

    def block(self, first: int, count: int) -> Any:
        return np.asarray(self.rows[first - 1 : first - 1 + count])

    def of(self, documents: Sequence[int]) -> Iterator[tuple[Any, Any, Any]]:
        ids = np.array(documents, dtype=np.int64)
        yield ids, ids, np.asarray(self.rows[ids - 1])

    def raw(self, count: int, seed: int) -> Any:
        if count == cells.QUERIES:  # to measure with
            return np.asarray(self.rows[np.random.default_rng(seed).integers(0, len(self.rows), count)])
        return self.questions

    def pieces(self, count: int, seed: int) -> list[str]:
        chance = random.Random(seed)
        return [piece(chance.choice(self.texts).split(), chance) for _ in range(count)]


class Joined(Real):
    """As many rows as wanted, each the mean of FOUR sentences that stand near each other."""

    def __init__(self, folders: list[Path], work: Path, rows: int) -> None:
        super().__init__(folders, work, 10**9)
        places = list(range(len(self.texts)))
        random.Random(3).shuffle(places)  # as the texts were
        back = np.argsort(places)  # from the place in the corpora to the row
        chance = np.random.default_rng(11)
        near = np.argsort(chance.random((rows + 5, NEAR), dtype=np.float32), axis=1)[:, :FOUR]
        self.picked = back[(chance.integers(0, len(back), rows + 5)[:, None] + near) % len(back)].astype(np.int32)
        self.sentences = np.asarray(self.rows)
        self.rows = self.picked  # as many

    def block(self, first: int, count: int) -> Any:
        return self._joined(np.arange(first - 1, first - 1 + count))

    def of(self, documents: Sequence[int]) -> Iterator[tuple[Any, Any, Any]]:
        for first in range(0, len(documents), STEP):
            ids = np.array(documents[first : first + STEP], dtype=np.int64)
            yield ids, ids, self._joined(ids - 1)

    def _joined(self, places: Any) -> Any:
        rows = self.sentences[self.picked[places]].sum(axis=1)
        return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)

    def raw(self, count: int, seed: int) -> Any:
        return self.block(1 + seed, count) if count == cells.QUERIES else self.questions

    def pieces(self, count: int, seed: int) -> list[str]:
        chance = random.Random(seed)
        rows = [self.picked[chance.randrange(len(self.picked))] for _ in range(count)]
        return [piece(" ".join(self.texts[place] for place in row).split(), chance) for row in rows]


def _steps(texts: list[str]) -> Iterator[list[str]]:
    yield from (texts[first : first + 1000] for first in range(0, len(texts), 1000))


def memory() -> tuple[float, float]:
    """MB resident now, and the most there was."""
    status = Path("/proc/self/status").read_text()
    found = dict(re.findall(r"(VmRSS|VmHWM):\s+(\d+)", status))
    return int(found["VmRSS"]) / 1024, int(found["VmHWM"]) / 1024


def report(side: Sidecar, data: Synthetic | Real, what: str) -> None:
    questions = data.raw(50, 99)
    side.close()
    began = time.process_time()
    side.nearest(questions[0], 200)
    cold = time.process_time() - began
    spent: dict[bool, list[float]] = {False: [], True: []}
    hits = 0
    for question in questions:
        found = []
        for exact in (False, True):
            began = time.process_time()
            found.append({number for number, _ in side.nearest(question, 200, exact=exact)[:10]})
            spent[exact].append(time.process_time() - began)
        hits += len(found[0] & found[1])
    shown = side.described()
    quick, exact = (1e3 * sorted(spent[way])[len(questions) // 2] for way in (False, True))
    print(
        f"{what}: {shown['rows']:,} rows, {shown['bytes'] / shown['rows']:.0f} bytes a row, {shown['cells']} cells,"
        f" {shown.get('probes', 0)} needed; first question {1e3 * cold:.0f} ms, then {quick:.1f} ms at recall"
        f" {hits / (10 * len(questions)):.3f}, measured when built {shown.get('recall', 1):.3f}; exact {exact:.0f} ms;"
        f" resident {memory()[0]:.0f} MB",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", type=int, nargs="?", default=1_000_000)
    parser.add_argument("--work", type=Path)
    parser.add_argument("--cells-from", type=int, default=CELLS_FROM)
    parser.add_argument("--spread", type=float, default=0.5, help="of the rows around their centre, against its length")
    parser.add_argument("--joined", action="store_true", help="rows are means of sentences, as many as wanted")
    parser.add_argument("--text", type=Path, nargs="+", help="sets whose corpora and questions are taken")
    options = parser.parse_args()
    data: Synthetic | Real = Synthetic(options.spread)
    if options.text:
        kind = Joined if options.joined else Real
        data = kind(options.text, options.work or Path(tempfile.gettempdir()), options.rows)
        options.rows = len(data.rows) - 5
        if not options.joined:
            looking.WORTH, looking.APART = 1.0, 0  # cells are looked into, whether or not comparing all is quicker
    growing.Growing._windows = lambda self: options.rows  # type: ignore[method-assign]
    with tempfile.TemporaryDirectory(dir=options.work) as work, Database(Path(work) / "x.db", create=True) as db:
        with db.transaction():
            db.execute("insert into source (name) values ('s')")
            db.executemany(
                "insert into document (id, source_id, key, text, hash, indexed) values (?, 1, ?, '', '', '')",
                ((number, str(number)) for number in range(1, options.rows + 1)),
            )
        side = Sidecar(db, 1, D, options.cells_from)
        side.file.rows = data  # type: ignore[assignment]
        if isinstance(data, Joined):
            side.file.asking = lambda texts: data.model.embed(texts, "query")
        made = time.process_time()
        for first in range(1, options.rows + 1, STEP):  # what making the vectors costs, taken off below
            data.block(first, STEP)
        made = time.process_time() - made
        began = time.process_time()
        side.catch_up()
        print(f"caught up in {time.process_time() - began - made:.0f} CPU-s, at most {memory()[1]:.0f} MB", flush=True)
        report(side, data, "caught up")
        with db.transaction():
            db.executemany(
                "insert into document (id, source_id, key, text, hash, indexed) values (?, 1, ?, '', '', '')",
                ((number, str(number)) for number in range(options.rows + 1, options.rows + 6)),
            )
        began = time.process_time()
        side.catch_up()
        side.nearest(data.raw(1, 5)[0], 10)
        print(f"five more and a question: {1e3 * (time.process_time() - began):.1f} ms", flush=True)
        began = time.process_time()
        side.optimize()
        print(f"optimized in {time.process_time() - began:.0f} CPU-s, at most {memory()[1]:.0f} MB", flush=True)
        report(side, data, "optimized")
        if isinstance(data, Real) and side.file.asking is None:
            model = data.model
            side.file.asking = lambda texts: model.embed(texts, "query")
            side.optimize()
            report(side, data, "measured with pieces")
        print(f"load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
