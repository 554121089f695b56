"""
The bundled embedder by products of integers against the package's own graph in floating point: speed and quality.

    python eval/bench_embedder.py DATA [--sets scifact til …] [--limit 800] [--forms]

For each set: nDCG@10 by vectors and by both, with either, and the difference with its 95 % interval and p of a paired
test over the questions. `--forms` compares vectors stored as float32 with those stored as float16 instead, and says
which share of the first ten passages is the same.
Tokens a CPU second are of one thread over the same texts, in one process, turn by turn.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import tempfile
import time
from pathlib import Path

from rag import Index
from rag.measures.ranking import parse
from rag.measures.statistics import compare
from rag.models.minilm import MiniLM
from rag.types import Document

FORMS = ("f32", "f16")
SETS = ("anthropic_docs", "clapnq_dev", "hotpotqa_100", "squad2_cs224n", "til", "xquad_de", "xquad_en", "scifact")


def speed(texts: list[str]) -> None:
    """Tokens a CPU second, in turns."""
    ways = {"integers": MiniLM(1), "floats": MiniLM(1, integers=False)}
    opened = {}
    for name, model in ways.items():
        began = time.process_time()
        model.embed(["to open it", "twice"])
        opened[name] = time.process_time() - began
    spent = dict.fromkeys(ways, 0.0)
    tokens = sum(ways["integers"].tokens(text) for text in texts)
    for first in range(0, len(texts), 20):
        for name, model in ways.items():
            began = time.process_time()
            model.embed(texts[first : first + 20])
            spent[name] += time.process_time() - began
    for name, seconds in spent.items():
        print(f"{name:9} {tokens / seconds:7.0f} tokens a CPU-s, opened in {opened[name]:.2f} CPU-s")
    print(f"ratio {spent['floats'] / spent['integers']:.2f} ({tokens} tokens, load {os.getloadavg()[0]:.1f})")


class Given:
    """A document of a corpus, as an item of a source."""

    def __init__(self, row: dict[str, str], titles: bool) -> None:
        self.key, self.row, self.titles, self.stamp = row["id"], row, titles, ""

    def read(self) -> list[Document]:
        title = self.row.get("title", "") if self.titles else ""
        return [Document("s", self.key, self.row["text"], title, kind="text" if self.titles else "markdown")]


def lines(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def opened(way: str, path: Path) -> Index:
    """A new index of one of the two ways that are compared."""
    if way in FORMS:
        return Index(path, MiniLM(1), create=True, store_vectors=way)
    return Index(path, MiniLM(1, integers=way == "integers"), create=True)


def quality(folder: Path, limit: int, most: int, ways: tuple[str, str]) -> None:
    """Two rows: by vectors, and by both. Of a larger corpus: what answers the questions, and others at random."""
    grades: dict[str, dict[str, int]] = {}
    for line in (folder / "qrels.tsv").read_text().splitlines()[1:]:
        query, document, grade = line.split("\t")
        grades.setdefault(query, {})[document] = int(grade)
    queries = [row for row in lines(folder / "queries.jsonl") if grades.get(row["id"])]
    queries = random.Random(7).sample(queries, min(limit, len(queries)))
    wanted = {key for row in queries for key in grades[row["id"]]}
    corpus = lines(folder / "corpus.jsonl")
    random.Random(8).shuffle(corpus)
    corpus = sorted(corpus, key=lambda row: row["id"] not in wanted)[: max(most, len(wanted))]
    measure = parse("nDCG@10")
    scores: dict[tuple[str, str], list[float]] = {}
    first: dict[tuple[str, str], list[set[tuple[str, int]]]] = {}
    for way in ways:
        with tempfile.TemporaryDirectory() as work, opened(way, Path(work) / "x.db") as index:
            titles = folder.name != "til"  # its questions are its titles
            index.add("s", [Given(row, titles) for row in corpus], kind="evaluation")
            for mode in ("vectors", "hybrid"):
                scores[way, mode], first[way, mode] = [], []
                for row in queries:
                    hits = index.search(row["text"], 50, mode=mode)
                    found = list(dict.fromkeys(hit.passage.document.key for hit in hits))
                    places = {(hit.passage.document.key, hit.passage.start) for hit in hits[:10]}
                    first[way, mode].append(places)
                    scores[way, mode].append(measure(found, grades[row["id"]]))
    for mode in ("vectors", "hybrid"):
        old, new = (scores[way, mode] for way in ways)
        found = compare(old, new)
        both = list(zip(*(first[way, mode] for way in ways), strict=True))
        same = sum(len(one & other) for one, other in both) / sum(len(one) for one, _ in both)
        print(
            f"| {folder.name} ({len(queries)}) | {mode} | {sum(old) / len(old):.3f} | {sum(new) / len(new):.3f} |"
            f" {found.difference:+.3f} [{found.low:+.3f}, {found.high:+.3f}] | {found.p:.2f} | {same:.4f} |",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--sets", nargs="*", default=SETS)
    parser.add_argument("--limit", type=int, default=800, help="questions of a set, at random")
    parser.add_argument("--documents", type=int, default=10**9, help="of a corpus at most")
    parser.add_argument("--forms", action="store_true", help="of the vectors that are stored, not of the embedder")
    options = parser.parse_args()
    ways = FORMS if options.forms else ("floats", "integers")
    if not options.forms:
        speed([row["text"][:700] for row in lines(options.data / "scifact" / "corpus.jsonl")[:200]])
    print(f"| set | by | {ways[0]} | {ways[1]} | difference | p | same ten |\n|---|---|---|---|---|---|---|")
    for name in options.sets:
        quality(options.data / name, options.limit, options.documents, ways)


if __name__ == "__main__":
    main()
