"""
The number, date or name above the excerpts: how often one is shown, and how often it is right.

    python eval/bench_facts.py ../shared/data [--limit 120] [--show]

Answerable questions of squad2 and clapnq that ask for one, drawn with seed 1. A fact is right if it stands in a gold
answer (clapnq: in a gold sentence), or a gold answer stands in it; F1 is that of its words with the best gold answer.
"""

from __future__ import annotations

import argparse
import json
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from rag.app.open import open_index
from rag.ask import answer, questions
from rag.sources.items import Item
from rag.types import Document

SETS = {"squad2_cs224n": "answers", "clapnq_dev": "gold_sentences"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("data", type=Path, help="the folder with squad2_cs224n and clapnq_dev")
    parser.add_argument("--limit", type=int, default=120, help="answerable questions of each set")
    parser.add_argument("--show", action="store_true", help="also each fact that is not right")
    options = parser.parse_args()
    for name, gold in SETS.items():
        cases = [one for one in _lines(options.data / name / "qa.jsonl") if not one["unanswerable"]]
        random.Random(1).shuffle(cases)
        counts: dict[str, list[float]] = defaultdict(lambda: [0, 0, 0, 0])
        with open_index(Path(f"bench_facts_{name}.db"), create=True) as index:
            corpus = options.data / name / "corpus.jsonl"
            index.add(name, [Item(row["id"], "1", _document(name, row)) for row in _lines(corpus)])
            for case in cases[: options.limit]:
                wanted = questions.wants(case["question"])
                if wanted not in ("number", "date", "name"):
                    continue
                given = answer(case["question"], index.search(case["question"], 5), None, index.embedder)
                counts[wanted][0] += 1
                if given.trace["style"] == "fact":
                    counts[wanted][1] += 1
                    right = any(_within(given.text, one) for one in case[gold])
                    counts[wanted][2] += right
                    if options.show and not right:
                        print(f"  {case['question']} -> {given.text}, not {case[gold][0]}")
                    counts[wanted][3] += max(_f1(given.text, one) for one in case[gold])
        for wanted, (asked, shown, true, total) in sorted(counts.items()):
            print(f"{name} {wanted}: {shown} of {asked} shown, {true} right, F1 {total / max(1, shown):.2f}")


def _document(source: str, row: dict[str, str]) -> Callable[[], list[Document]]:
    return lambda: [Document(source, row["id"], row["text"])]


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _words(text: str) -> Sequence[str]:
    return "".join(mark if mark.isalnum() else " " for mark in text.lower()).split()


def _within(one: str, other: str) -> bool:
    left, right = f" {' '.join(_words(one))} ", f" {' '.join(_words(other))} "
    return left in right or right in left


def _f1(told: str, gold: str) -> float:
    left, right = Counter(_words(told)), Counter(_words(gold))
    return 2 * (left & right).total() / max(1, left.total() + right.total())


if __name__ == "__main__":
    main()
