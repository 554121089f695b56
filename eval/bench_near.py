"""
The vector index alone, as large as wanted, without any text: building, searching, recall, memory, bytes.

    python eval/bench_near.py [ROWS] [--work DIR]

Vectors are synthetic, as hard as real ones are for cells: unit rows in 384 dimensions around 2,000 centres of unequal
sizes, spread along 64 directions. Questions are such vectors too, none of them in the index. One thread, CPU seconds.
"""

from __future__ import annotations

import argparse
import os
import re
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from rag.store import Database, growing
from rag.store.side import CELLS_FROM
from rag.store.sidecar import Sidecar

D, CENTRES, RANK, STEP = 384, 2000, 64, 200


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


def memory() -> tuple[float, float]:
    """MB resident now, and the most there was."""
    status = Path("/proc/self/status").read_text()
    found = dict(re.findall(r"(VmRSS|VmHWM):\s+(\d+)", status))
    return int(found["VmRSS"]) / 1024, int(found["VmHWM"]) / 1024


def report(side: Sidecar, data: Synthetic, what: str) -> None:
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
    options = parser.parse_args()
    data = Synthetic(options.spread)
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
        print(f"load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
