"""
The embedder and a generator on Ray: what it costs beside a process pool, and what is left when workers are killed.

    python eval/bench_ray.py overhead corpus.jsonl --texts 2000     # CPU-seconds, the same texts, two processes each
    python eval/bench_ray.py kills corpus.jsonl --kills 20           # SIGKILL of actors in an index run, rows compared
    python eval/bench_ray.py kills corpus.jsonl --kills 5 --extract  # the same of an extraction job
    python eval/bench_ray.py ended corpus.jsonl --kills 10           # the program killed, and the whole cluster

A line of the file has a "text". CPU time is that of all processes that the run started, Ray's own with them, from when
the models are open. pip install 'chapterverse[ray]' first.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import multiprocessing
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from rag import Index
from rag.app import extract
from rag.errors import DatabaseError
from rag.models import embedder
from rag.models.on_ray import RayEmbedder, connect
from rag.store import opened
from rag.types import Document

WORKERS = 2
MODELS: list[Any] = []


def spent() -> float:
    """CPU-seconds of this process and of all below it."""
    total = 0.0
    own = psutil.Process()
    for process in [own, *own.children(recursive=True)]:
        with contextlib.suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            total += times.user + times.system
    return total


def texts_of(path: Path, count: int) -> list[str]:
    with path.open(encoding="utf-8") as lines:
        found = [json.loads(line)["text"][:1000] for line, _ in zip(lines, range(count), strict=False)]
    return [text for text in found if text.strip()]


def open_one() -> None:
    MODELS.append(embedder("minilm", threads=1))
    MODELS[0].embed(["to open it", "twice"])


def embed_one(texts: Sequence[str]) -> Any:
    return MODELS[0].embed(texts)


def overhead(texts: list[str]) -> None:
    parts = [texts[first : first + 64] for first in range(0, len(texts), 64)]
    with multiprocessing.get_context("spawn").Pool(WORKERS, open_one) as pool:
        pool.map(embed_one, [["warm", "up"]] * 20, 1)
        began = spent()
        list(pool.imap_unordered(embed_one, parts))
        pooled = spent() - began
    ray = connect("local")
    model = RayEmbedder("minilm", "local")
    model.embed(["warm", "up"] * 20)
    began = spent()
    for first in range(0, len(texts), model.batch):
        model.embed(texts[first : first + model.batch])
    on_ray = spent() - began
    ray.shutdown()
    print(
        f"{len(texts)} texts: {pooled:.1f} CPU-s in a pool of {WORKERS} processes, {on_ray:.1f} by Ray's"
        f" {model._workers.count}: {100 * (on_ray / pooled - 1):+.1f} %"
    )


class One:
    """A document in hand as an item."""

    stamp = ""

    def __init__(self, number: int, text: str) -> None:
        self.key, self.text = f"{number:05}.txt", text

    def read(self) -> list[Document]:
        return [Document("made", self.key, self.text)]


@contextlib.contextmanager
def killing(wanted: int, apart: float) -> Iterator[list[int]]:
    """Actors are killed meanwhile, one after the other; their process ids."""
    killed: list[int] = []
    over = threading.Event()
    rng = random.Random(1)

    def work() -> None:
        while len(killed) < wanted and not over.wait(rng.uniform(0.5, 1.5) * apart):
            alive = [one for one in psutil.Process().children(recursive=True) if "ray::Worker" in one.name()]
            named = [one for one in alive if one.pid not in killed]
            if named:
                victim = rng.choice(named)
                with contextlib.suppress(psutil.NoSuchProcess):
                    os.kill(victim.pid, signal.SIGKILL)
                    killed.append(victim.pid)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield killed
    finally:
        over.set()
        thread.join()


def indexed(path: Path, texts: list[str], model: Any) -> tuple[int, list[Any]]:
    with Index(opened(path, create=True), model) as index:
        done = index.add("made", [One(number, text) for number, text in enumerate(texts)])
        rows = list(index.db.execute("select key, hash, seal from document order by key"))
        rows += list(index.db.execute("select hash, data from vector order by hash"))
    return done.embedded, rows


def extracted(path: Path, texts: list[str], ray: str) -> tuple[int, list[Any]]:
    generator = extract.open_model("smollm2", slots=2, ray=ray)
    documents = [Document("made", f"{number}", text[:300]) for number, text in enumerate(texts)]
    with opened(path, create=True) as db:
        what = extract.prepare(db, generator, "topic, number int", max_tokens=40)
        extract.run(db, what, documents)
        rows = list(db.execute("select hash, status, data from job_row order by hash"))
        tries = db.value("select count(*) from job_row where status = 'done'")
    return int(tries), rows


def kills(texts: list[str], wanted: int, apart: float, extraction: bool) -> bool:
    connect("local")
    with tempfile.TemporaryDirectory() as folder:
        calm, rough = Path(folder) / "calm.db", Path(folder) / "rough.db"
        if extraction:
            count, expected = extracted(calm, texts, "")
            with killing(wanted, apart) as killed:
                again, found = extracted(rough, texts, "local")
        else:
            count, expected = indexed(calm, texts, "minilm")
            with killing(wanted, apart) as killed:
                again, found = indexed(rough, texts, RayEmbedder("minilm", "local"))
    worst = 1.0 if extraction else min(map(cosine, made(expected), made(found)))
    same = plain(expected) == plain(found) and worst > 0.999
    print(
        f"{len(killed)} workers killed: {len(found)} rows, {'equal' if same else 'NOT EQUAL'} to those of an"
        f" undisturbed run (vectors: cosine {worst:.6f} at least); {again} asked, {count} without kills"
    )
    return same and count == again


PROGRAM = """
import sys
from rag.cli import main
from rag.index import batch
batch.SECONDS = 2.0  # stored more often, so that there is something to lose
main(sys.argv[1:])
"""


class Cluster:
    """A cluster of one machine on this one; `end` kills all of its processes."""

    def __init__(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.address = f"127.0.0.1:{free.getsockname()[1]}"
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "ray.scripts.scripts", "start", "--head", "--block", "--disable-usage-stats"]
        host, _, port = self.address.partition(":")
        place = [f"--node-ip-address={host}", f"--port={port}", f"--num-cpus={WORKERS}", "--include-dashboard=false"]
        os.environ["RAY_AUTH_MODE"] = "disabled"
        self.process = psutil.Popen([*command, *place], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        asked = [sys.executable, "-m", "ray.scripts.scripts", "status", f"--address={self.address}"]
        for _ in range(60):
            if subprocess.run(asked, capture_output=True, check=False).returncode == 0:
                return
        raise SystemExit("the Ray cluster does not start")

    def end(self) -> None:
        for process in [*self.process.children(recursive=True), self.process]:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        self.process.wait()


def ended(texts: list[str], wanted: int, apart: float) -> bool:
    """The program is killed, or the cluster under it, and the same command is typed again, until it is done."""
    rng, told = random.Random(1), []
    with tempfile.TemporaryDirectory() as folder:
        notes, calm, rough = (Path(folder) / name for name in ("notes", "calm.db", "rough.db"))
        notes.mkdir()
        for number, text in enumerate(texts):
            (notes / f"{number:05}.txt").write_text(text, encoding="utf-8")
        command = [sys.executable, "-c", PROGRAM, "index", str(notes), "-q"]
        subprocess.run([*command, "-d", str(calm)], check=True, stdout=subprocess.DEVNULL)
        cluster = Cluster()
        for number in range(wanted + 1):
            program = psutil.Popen(
                [*command, "-d", str(rough), "--ray", cluster.address], stdout=subprocess.PIPE, stderr=subprocess.PIPE
            )
            if number < wanted:
                before = stored(rough)
                while stored(rough) == before and program.is_running() and program.status() != psutil.STATUS_ZOMBIE:
                    time.sleep(0.2)
                time.sleep(rng.uniform(0, apart))
                victim = ("program", "cluster")[number % 2]
                with contextlib.suppress(psutil.NoSuchProcess):
                    program.kill() if victim == "program" else cluster.end()
            said = program.communicate(timeout=600)[1].decode().strip().splitlines()
            told.append((victim if number < wanted else "nobody", program.returncode, stored(rough), said[:1]))
            print(f"  killed: {told[-1][0]}; exit code {told[-1][1]}, {told[-1][2]} documents stored {told[-1][3]}")
            if number < wanted and victim == "cluster":
                cluster.start()
        cluster.end()
        with opened(calm) as one, opened(rough) as other:
            expected, found = (
                [*db.execute("select key, hash, seal from document order by key"),
                 *db.execute("select hash, data from vector order by hash")] for db in (one, other)
            )  # fmt: skip
    counts = [count for _, _, count, _ in told]
    worst = min(map(cosine, made(expected), made(found)), default=0.0)
    same = plain(expected) == plain(found) and worst > 0.999 and counts == sorted(counts)
    print(
        f"{wanted} times the program or the cluster was killed: {len(found)} rows, {'equal' if same else 'NOT EQUAL'}"
        f" to those of an undisturbed run (vectors: cosine {worst:.6f} at least), what was stored stayed"
    )
    return same and told[-1][1] == 0


def stored(path: Path) -> int:
    try:
        with opened(path, readonly=True) as db:
            return int(db.value("select count(*) from document"))
    except DatabaseError:  # it is not there yet, or no index yet
        return 0


def made(rows: list[Any]) -> list[bytes]:
    return [row[1] for row in rows if isinstance(row[1], bytes)]


def plain(rows: list[Any]) -> list[Any]:
    """The rows without their vectors, which depend a little on what was embedded beside a text."""
    return [tuple(value for value in row if not isinstance(value, bytes)) for row in rows]


def cosine(one: bytes, other: bytes) -> float:
    a, b = (np.frombuffer(blob, dtype="<f4" if len(blob) == 4 * 384 else "<f2").astype(float) for blob in (one, other))
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("overhead", "kills", "ended"))
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--texts", type=int, default=2000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument(
        "--apart",
        type=float,
        default=4.0,
        help="seconds between two kills, about; or after something was stored, at most",
    )
    parser.add_argument("--extract", action="store_true")
    given = parser.parse_args()
    some = texts_of(given.corpus, given.texts)
    if given.what == "overhead":
        overhead(some)
    elif given.what == "ended":
        sys.exit(not ended(some, given.kills, given.apart))
    else:
        sys.exit(not kills(some, given.kills, given.apart, given.extract))
