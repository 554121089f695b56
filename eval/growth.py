"""
What an index costs as it grows: indexing, updating, searching cold and warm, bytes and memory, as a table and as SVG.

    python eval/growth.py OUT.json --text CORPUS… [--sizes 1000 10000 100000] [--embedder hash:384] [--a-document 1]
    python eval/growth.py OUT.json --keep DIR --sizes 1000000 --steps warm …
    python eval/growth.py OUT.json --embedder sentences --keep DIR --sizes 100000 --text CORPUS…
    python eval/growth.py --show OUT.json… [--plots docs/growth]

The text is paragraphs of some 430 characters, made anew from the words of the corpora given (JSON lines with a "text"):
each joins sentences of several of their documents, so that a million differ and words are as frequent as in real text.
With --embedder sentences the vectors are such as a model makes: a paragraph is FOUR of the NEAR sentences that follow
one at random, as they stand, its vector the mean of theirs by the bundled embedder (kept in the folder), and questions
are those that people asked of the same sets (`queries.jsonl` beside a corpus), by the embedder itself.

Every step is a process of its own; seconds are CPU seconds of one thread, bytes written are those that the process gave
to the file system (wchar of /proc/self/io), memory is the largest resident set. One run, on this machine, under the
load that is printed.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

AIM = 430  # characters of a paragraph
FOUR, NEAR = 4, 24
QUESTIONS = 40
STEP = 50_000  # documents of one source


def sentences(corpora: list[Path]) -> list[str]:
    """Sentences of the corpora, 40 to 300 characters long."""
    found: list[str] = []
    for path in corpora:
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                text = " ".join(str(json.loads(line).get("text", "")).split())
                found += [part for part in re.split(r"(?<=[.!?])\s+", text) if 40 <= len(part) <= 300]
    return found


def paragraphs(pool: list[str], count: int, seed: int) -> Iterator[str]:
    """Paragraphs: runs of sentences, each with some of its words exchanged for words of another one."""
    chance = random.Random(seed)
    for number in range(count):
        text = ""
        at = chance.randrange(len(pool))
        while len(text) < AIM:
            sentence, other = pool[at % len(pool)].split(), pool[chance.randrange(len(pool))].split()
            for _ in range(max(1, len(sentence) // 4)):
                sentence[chance.randrange(len(sentence))] = chance.choice(other)
            text += " " + " ".join(sentence)
            at += 1
        yield f"{text.strip()[: AIM + 60]} No. {number}."


def joined(pool: list[str], count: int, seed: int) -> Iterator[str]:
    """Paragraphs of sentences as they stand, those of each from one place."""
    chance = random.Random(seed)
    whole = [sentence for sentence in pool if sentence[-1] in ".!?"]  # so that they can be told apart again
    for _ in range(count):
        at = chance.randrange(len(whole))
        yield " ".join(whole[(at + n) % len(whole)] for n in chance.sample(range(NEAR), FOUR))


class Sentences:
    """An embedder: the mean of a text's sentences by the bundled one, which are embedded once and kept in a folder."""

    name = fingerprint = "sentences"
    dimensions, max_tokens, windows, threshold = 384, 1_000_000, False, 0.0
    english = True

    def __init__(self, folder: Path, corpora: list[Path]) -> None:
        from rag.models.minilm import MiniLM

        self.model, self.folder, self.corpora = MiniLM(1), folder, corpora
        self.known: dict[str, int] = {}
        self.rows: Any = None

    def embed(self, texts: list[str], kind: str = "passage") -> Any:
        import numpy as np

        if kind == "query":
            return self.model.embed(texts, kind)
        if self.rows is None:
            self._open()
        made = np.empty((len(texts), self.dimensions), dtype=np.float32)
        for place, text in enumerate(texts):
            parts = re.split(r"(?<=[.!?])\s+", text)
            new = [part for part in parts if part not in self.known]
            made[place] = self.rows[[self.known[part] for part in parts if part in self.known]].sum(axis=0)
            made[place] += self.model.embed(new).sum(axis=0) if new else 0
        return made / np.linalg.norm(made, axis=1, keepdims=True)

    def _open(self) -> None:
        import numpy as np

        pool = list(dict.fromkeys(sentences(self.corpora)))
        kept = self.folder / "sentences.npy"
        if not kept.exists():
            parts = [self.model.embed(pool[first : first + 1000]) for first in range(0, len(pool), 1000)]
            np.save(kept, np.concatenate(parts))
        self.rows = np.load(kept)
        self.known = {sentence: place for place, sentence in enumerate(pool)}


def embedder(options: argparse.Namespace) -> Any:
    """The one that is named, or the one that is made here."""
    return Sentences(options.keep, options.text) if options.embedder == "sentences" else options.embedder


def cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def written() -> int:
    return int(re.search(r"wchar: (\d+)", Path("/proc/self/io").read_text())[1])  # type: ignore[index]


def memory() -> float:
    """MB, the largest there was; ru_maxrss would count the program that started this one."""
    return int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1]) / 1024  # type: ignore[index]


class Given:
    """A document made here, as an item of a source."""

    def __init__(self, key: str, text: str) -> None:
        self.key, self.text, self.stamp = key, text, f"{len(text)}"

    def read(self) -> list[Any]:
        from rag.types import Document

        return [Document("growth", self.key, self.text)]


def timed(spent: dict[str, float], name: str, function: Any) -> Any:
    """The function, whose CPU seconds are added to what was spent."""

    def run(*args: Any, **kwargs: Any) -> Any:
        began = cpu()
        try:
            return function(*args, **kwargs)
        finally:
            spent[name] += cpu() - began

    return run


# -- the steps, each in a process of its own ------------------------------------------------------------------------


def step_index(database: Path, texts: Path, options: argparse.Namespace) -> dict[str, float]:
    """Index all of it; the embedder's own seconds apart."""
    from rag import Index

    spent = {"model": 0.0, "near": 0.0}
    with Index(database, embedder(options), create=True) as index:
        index.embedder.embed = timed(spent, "model", index.embedder.embed)  # type: ignore[method-assign]
        index.catch_up = timed(spent, "near", index.catch_up)  # type: ignore[method-assign]
        size = texts.stat().st_size
        began, bytes_before, wall = cpu(), written(), time.monotonic()
        with texts.open(encoding="utf-8") as lines:
            index.add("growth", (Given(f"{n:07}.txt", json.loads(line)) for n, line in enumerate(lines)))
        total = cpu() - began
        passages = index.db.value("select count(*) from passage")
    return {
        "passages": passages,
        "index s": total,
        "index wall s": time.monotonic() - wall,
        "model s": spent["model"],
        "vector index s": spent["near"],
        "ms a passage beside the model": 1e3 * (total - spent["model"]) / passages,
        "bytes written a byte of text": (written() - bytes_before) / size,
        "index MB": memory(),
    }


def step_sizes(database: Path, texts: Path, options: argparse.Namespace) -> dict[str, float]:
    from rag import Index
    from rag.app.optimize import measured

    with Index(database, embedder(options)) as index:
        return {name: value for name, value in measured(index).items() if "bytes a passage" in name or "cells" in name}


def questions(texts: Path, asked: list[Path] | None = None) -> list[str]:
    """Words of paragraphs at random, as a question, or some that were `asked`; drawn once: no step pays for it."""
    kept = texts.with_name("questions.json")
    if kept.exists():
        found: list[str] = json.loads(kept.read_text())
        return found
    chance = random.Random(5)
    if asked:
        found = [json.loads(line)["text"] for path in asked for line in path.read_text().splitlines()]
        made = chance.sample(found, QUESTIONS)
    else:
        with texts.open(encoding="utf-8") as lines:
            some = [json.loads(line) for number, line in enumerate(lines) if number % 997 == 0 or number < QUESTIONS]
        picked = [chance.choice(some).split() for _ in range(QUESTIONS)]
        made = [f"what is known of {' '.join(chance.sample(words, 5))}?" for words in picked]
    kept.write_text(json.dumps(made))
    return made


def step_cold(database: Path, texts: Path, options: argparse.Namespace) -> dict[str, float]:
    """One question in a fresh process, all that importing costs with it."""
    from rag import Index

    with Index(database, embedder(options)) as index:
        index.search(questions(texts)[0], 10)
    return {"cold search s": cpu(), "cold search MB": memory()}


def step_warm(database: Path, texts: Path, options: argparse.Namespace) -> dict[str, float]:
    """Milliseconds of a question: hybrid, each way alone, exact; recall of the cells; under a filter."""
    from rag import Index
    from rag.store.filters import Filters

    asked = questions(texts)
    found: dict[str, float] = {}
    with Index(database, embedder(options)) as index:
        for question in asked[:5]:
            index.search(question, 10)
        spent = {"model": 0.0}
        embed = timed(spent, "model", index.embedder.embed)
        for question in asked:
            embed([question], "query")
        found["question embedded ms"] = 1e3 * spent["model"] / len(asked)
        count = index.db.value("select count(*) from passage")
        few = Filters(prefix="0000" if count >= 10_000 else "00000")
        ways: dict[str, dict[str, Any]] = {
            "hybrid ms": {},
            "words ms": {"mode": "words"},
            "vectors ms": {"mode": "vectors"},
            "exact vectors ms": {"mode": "vectors", "exact": True},
            "filtered ms": {"filters": Filters(after=count - max(1, count // 1000))},
            "filtered by key ms": {"filters": few},
        }
        for name, flags in ways.items():
            times = []
            for question in asked:
                began = cpu()
                index.search(question, 10, **flags)
                times.append(cpu() - began)
            found[name] = 1e3 * sorted(times)[len(times) // 2]
        hits = 0
        for question in asked:
            near = {number for number, _ in index.by_vectors(question, 10)}
            hits += len(near & {number for number, _ in index.by_vectors(question, 10, exact=True)})
        found["recall at 10"] = hits / (10 * len(asked))
        found["warm MB"] = memory()
    return found


def step_update(database: Path, texts: Path, options: argparse.Namespace) -> dict[str, float]:
    """Five documents more: CPU milliseconds until they are stored, another reader finds one, a search by both does."""
    from rag import Index

    with Index(database, embedder(options)) as index, Index(database, index.embedder) as other:
        index.search("warm up", 1)
        other.search("warm up", 1, mode="words")
        index.embedder.embed(["The garden."])
        found: dict[str, list[float]] = {}
        spent = {"model": 0.0}
        index.embedder.embed = timed(spent, "model", index.embedder.embed)  # type: ignore[method-assign]
        there = index.db.value("select count(*) from document")  # measured again, it is other documents
        for turn in range(5):
            name = f"{there}x{turn}"
            fresh = [Given(f"new{name}x{n}.txt", f"The zebra{name}x{n} was seen in the garden.") for n in range(5)]
            began, spent["model"] = cpu(), 0.0
            index.add(f"more {name}", fresh)
            stored = cpu()
            hits = index.search(f"zebra{name}x3 garden", 3)
            both = cpu()
            seen = other.search(f"zebra{name}x3", 3, mode="words")
            row = {"of five ms": stored - began, "of five and found by words ms": stored - began + cpu() - both}
            row |= {"of five and search ms": both - began, "embedded ms": spent["model"]}
            for label, value in row.items():
                found.setdefault(label, []).append(1e3 * value)
            assert hits[0].passage.document.key == seen[0].passage.document.key == f"new{name}x3.txt"
    return {f"update {label}": sorted(values)[2] for label, values in found.items()}


def step_optimize(database: Path, texts: Path, options: argparse.Namespace) -> dict[str, float]:
    from rag import Index
    from rag.app.optimize import optimize

    began = cpu()
    with Index(database, embedder(options)) as index:
        optimize(index)
    return {"optimize s": cpu() - began, "optimize MB": memory()}


STEPS = {
    "index": step_index, "sizes": step_sizes, "cold": step_cold, "warm": step_warm, "update": step_update,
    "optimize": step_optimize, "cold after": step_cold, "warm after": step_warm,
}  # fmt: skip


def write(texts: Path, options: argparse.Namespace, size: int) -> None:
    """The documents, one a line."""
    pool = sentences(options.text)
    with texts.open("w", encoding="utf-8") as file:
        block: list[str] = []
        for paragraph in (joined if options.embedder == "sentences" else paragraphs)(pool, size, 1):
            block.append(paragraph)
            if len(block) == options.a_document:
                file.write(json.dumps("\n\n".join(block)) + "\n")
                block = []


def run(options: argparse.Namespace, size: int, row: dict[str, Any]) -> dict[str, Any]:
    """All steps at one size, or those that are asked for, in the place of what the row had of them."""
    with ExitStack() as stack:
        kept = options.keep / str(size) if options.keep else None
        work = kept or Path(stack.enter_context(tempfile.TemporaryDirectory(dir=options.work)))
        work.mkdir(parents=True, exist_ok=True)
        database, texts = work / "x.db", work / "texts.jsonl"
        if not texts.exists():
            write(texts, options, size)
        beside = [path.with_name("queries.jsonl") for path in options.text if options.embedder == "sentences"]
        questions(texts, [path for path in beside if path.exists()])
        row = {**row, "paragraphs": size, "bytes of text": texts.stat().st_size}
        for name in options.steps or STEPS:
            flags = ["--step", name, "--embedder", options.embedder]
            if options.embedder == "sentences":
                flags += ["--keep", str(options.keep), "--text", *map(str, options.text), "--"]
            command = [sys.executable, __file__, *flags, str(database), str(texts)]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                raise SystemExit(f"{name} at {size}: {done.stderr[-2000:]}")
            found = json.loads(done.stdout.splitlines()[-1])
            row |= {f"{key} after" if name.endswith("after") else key: value for key, value in found.items()}
            print(f"  {size:,} {name}: {found}", file=sys.stderr, flush=True)
    return row


def machine() -> dict[str, Any]:
    """Where and when, and under which load, it was measured."""
    names = re.findall(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    return {
        "processor": names[0] if names else platform.machine(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "load": round(os.getloadavg()[0], 1),
        "date": time.strftime("%Y-%m-%d"),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", type=Path, nargs="+", help="the JSON to write; with --show those to read")
    parser.add_argument("--text", type=Path, nargs="+", default=[], help="JSON lines with a text")
    parser.add_argument("--sizes", type=int, nargs="+", default=[1000, 10_000, 100_000])
    parser.add_argument("--embedder", default="hash:384")
    parser.add_argument("--a-document", type=int, default=1, help="paragraphs of a document")
    parser.add_argument("--work", type=Path, help="where the indexes are made, and removed again")
    parser.add_argument("--keep", type=Path, help="folder in which the indexes are made and kept, to measure again")
    parser.add_argument("--steps", nargs="+", choices=STEPS, help="only these, of indexes that were kept")
    parser.add_argument("--show", action="store_true", help="print tables of results, and write the plots")
    parser.add_argument("--plots", type=Path, help="folder of the SVG files")
    parser.add_argument("--step", choices=STEPS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.embedder == "sentences" and not (options.keep and options.text):
        parser.error("sentences are embedded once and kept: name --keep and --text")
    if options.step:
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
        print(json.dumps(STEPS[options.step](options.paths[0], options.paths[1], options)))
        return
    if options.show:
        from growth_plots import show

        show(options.paths, options.plots)
        return
    out = options.paths[0]
    before = json.loads(out.read_text())["rows"] if options.steps and out.exists() else []
    rows = {row["paragraphs"]: row for row in before}
    for size in options.sizes:
        rows[size] = run(options, size, rows.get(size, {}))
        about = {"embedder": options.embedder, "paragraphs a document": options.a_document, **machine()}
        out.write_text(json.dumps({"about": about, "rows": [rows[n] for n in sorted(rows)]}, indent=1) + "\n")


if __name__ == "__main__":
    main()
