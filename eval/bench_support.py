"""
The check of what a model says against what it cites, on answers that a person judged: its precision and its recall.

    python eval/bench_support.py [eval/support/judged.jsonl] [--show]

One line of the file is an answer: the question, the excerpts that the model was shown, and its sentences, each with the
numbers that it named and the judgement ("supported": does it say no more, and nothing else, than what the excerpts
say?). A sentence counts as found if the check marks any part of it. Intervals are bootstraps over answers.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from rag.ask.prose import Writing
from rag.types import Citation, Document, Passage

Counts = tuple[int, int, int]  # marked rightly, marked, unsupported


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("file", type=Path, nargs="?", default=Path(__file__).parent / "support" / "judged.jsonl")
    parser.add_argument("--show", action="store_true", help="also what was marked wrongly, and what was missed")
    options = parser.parse_args()
    answers = [json.loads(line) for line in options.file.read_text(encoding="utf-8").splitlines()]
    judged = [(answer["model"], _counts(answer, options.show)) for answer in answers]
    for model in [*dict.fromkeys(model for model, _ in judged), "all"]:
        own = [counts for name, counts in judged if model in (name, "all")]
        right, marked, wrong = np.sum(own, axis=0)
        sentences = sum(len(answer["sentences"]) for answer in answers if model in (answer["model"], "all"))
        print(
            f"{model}: {len(own)} answers, {sentences} sentences, {wrong} unsupported, {marked} marked, {right} rightly"
        )
        print(f"  precision {_share(own, 1)}, recall {_share(own, 2)}")


def _counts(answer: dict[str, Any], show: bool) -> Counts:
    """Each sentence as `rag ask` would check it: beside the excerpts that it names, or one that says more of it."""
    excerpts = [_citation(number, one) for number, one in enumerate(answer["excerpts"])]
    right = marked = wrong = 0
    for sentence in answer["sentences"]:
        writing = Writing(answer["question"], excerpts, [], 10_000, None)
        writing.finish([{"say": sentence["say"], "from": sentence["from"]}])
        spans = writing.statements[0].unsupported if writing.statements else ()
        unsupported = not sentence["supported"]
        right, marked, wrong = right + (unsupported and bool(spans)), marked + bool(spans), wrong + unsupported
        if show and unsupported != bool(spans):
            said = ", ".join(writing.text[start:end] for start, end in spans)
            print(f"{'missed' if unsupported else f'wrongly marked ({said})'}: {sentence['say']}")
    return right, marked, wrong


def _citation(number: int, excerpt: dict[str, str]) -> Citation:
    document = Document("judged", str(number), excerpt["quote"], title=excerpt["place"])
    return Citation(Passage(document, 0, len(document.text), document.text), document.text, 0, len(document.text))


def _share(counts: Sequence[Counts], of: int, draws: int = 2000) -> str:
    table, draw = np.array(counts), np.random.default_rng(0)
    sums = table[draw.integers(len(table), size=(draws, len(table)))].sum(1)
    drawn = sums[:, 0] / np.maximum(1, sums[:, of])
    low, high = np.quantile(drawn, (0.025, 0.975))
    return f"{table[:, 0].sum() / max(1, table[:, of].sum()):.3f} [{low:.3f}, {high:.3f}]"


if __name__ == "__main__":
    main()
