"""
How much words should count beside meaning, by how much of the question its best passage has: the reciprocal rank of
the first passage that holds an answer, of questions that people asked of folders.

    python eval/bench_weight.py eval/people/* eval/household [--databases DIR]

Each folder has `qa.jsonl` and `documents`, as `bench_excerpts.py` reads them. Questions that nothing answers, whose
answer no single passage holds, or in a language that the embedder was not made for do not count. The last lines are of
the rule of the search (no weight given), beside .5 for all, with a paired test.
"""

from __future__ import annotations

import argparse
import json
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from bench_excerpts import stands

from rag import languages, ranking
from rag.app.open import open_index
from rag.index import DEPTH
from rag.index.by_words import by_words, held
from rag.measures.statistics import compare
from rag.sources import files
from rag.store import documents
from rag.store.filters import Filters

WEIGHTS = (0.2, 0.3, 0.4, 0.5, 0.6, None)  # None: the rule


def reciprocals(folder: Path, database: Path) -> list[tuple[float, list[float]]]:
    """For each question that counts: what its best passage has of its words, and 1 / rank with each weight."""
    cases = [json.loads(line) for line in (folder / "qa.jsonl").read_text(encoding="utf-8").splitlines()]
    rows = []
    with open_index(database, create=True) as index:
        if not index.db.value("select count(*) from document"):
            index.add(folder.name, files([str(folder / "documents")]))
        numbers = [number for (number,) in index.db.execute("select id from passage")]
        texts = {number: one.text for number, one in documents.passages(index.db, numbers).items()}
        for case in cases:
            question = case["question"].strip()
            if case["unanswerable"] or languages.unread(question, index.embedder):
                continue
            gold = {number for number, text in texts.items() if stands(case["answers"], text)}
            if not gold:
                continue
            asked = ranking.asked(question)
            share = held(index.db, asked, by_words(index.db, asked, DEPTH, Filters()))
            found = [index.rank(question, DEPTH, weight=weight)[0] for weight in WEIGHTS]
            rows.append((share, [_reciprocal(ranked, gold) for ranked in found]))
    return rows


def _reciprocal(ranked: ranking.Ranked, gold: set[int]) -> float:
    return next((1 / rank for rank, (number, _) in enumerate(ranked, 1) if number in gold), 0.0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--databases", type=Path, help="where the indexes are kept, and taken from; else none is")
    options = parser.parse_args()
    with TemporaryDirectory() as temporary:
        kept = options.databases or Path(temporary)
        rows = [row for folder in options.folders for row in reciprocals(folder, kept / f"{folder.name}.db")]
    shares, values = np.array([share for share, _ in rows]), np.array([found for _, found in rows])
    edges = [0.0, *np.quantile(shares, (0.2, 0.4, 0.6, 0.8)), np.inf]
    parts = [(shares >= low) & (shares < high) for low, high in pairwise(edges)]
    print(f"{len(rows)} questions   ", *(f"{f'from {low:.2f}':>10}" for low in edges[:-1]), "       all")
    for place, weight in enumerate(WEIGHTS):
        means = [values[part, place].mean() for part in (*parts, shares >= 0)]
        print(f"{'the rule' if weight is None else f'weight {weight}':16}", *(f"{mean:10.3f}" for mean in means))
    found = compare(values[:, WEIGHTS.index(0.5)].tolist(), values[:, -1].tolist())
    better, worse = (int((sign * (values[:, -1] - values[:, WEIGHTS.index(0.5)]) > 0).sum()) for sign in (1, -1))
    print(
        f"the rule beside .5: {found.difference:+.4f} [{found.low:+.4f}, {found.high:+.4f}], p {found.p:.4f}:"
        f" {better} better, {worse} worse"
    )


if __name__ == "__main__":
    main()
