"""
What a slip of the finger in each question costs the search, and how much of it reading the word as another wins back.

    python eval/bench_spelling.py ../shared/data til squad2_cs224n [--limit 300]

Each question gets one slip (a letter too many, too few, another beside it on the keyboard, two changed places) in a
word of five letters and more that stands in the index. nDCG@10 of hybrid search as it was typed, with the slip, and
with the slip read as before; questions that have no such word are left out. Also: how often the word itself was found
again, and which words of the questions as they were typed are taken for slips.
"""

from __future__ import annotations

import argparse
import random
from pathlib import Path
from typing import Any

import numpy as np

from rag.app.evaluate.corpora import Corpora, default_cache
from rag.app.evaluate.settings import SETTINGS
from rag.evaluate import scoring, suite
from rag.index import spelling

MEASURE = "nDCG@10"
LONG = 5  # letters of a word that gets a slip


def slipped(word: str, rng: random.Random) -> str:
    """The word with one slip, never in its first letter."""
    at = rng.randrange(1, len(word))
    kind = rng.choice(("more", "less", "other", "swapped"))
    if kind == "more":
        return word[:at] + rng.choice(spelling.beside()[word[at].lower()]) + word[at:]
    if kind == "less":
        return word[:at] + word[at + 1 :]
    if kind == "other" or at == len(word) - 1 or word[at] == word[at + 1]:
        return word[:at] + rng.choice(spelling.beside()[word[at].lower()]) + word[at + 1 :]
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def measured(name: str, data: Path, limit: int) -> None:
    found = suite.read(Path(__file__).parent / f"{name}.toml", SETTINGS, root=data)
    index, _ = Corpora(Path("none.db"), default_cache(), print).index(found.data, {})
    rng = random.Random(0)
    rows: list[list[float]] = []
    again, taken = 0, []
    read = index.respelled
    for case in found.data.cases[: limit or None]:
        if spelled := read(case.question):
            taken.append(spelled)
        words = [w for w in spelling.WORD.findall(case.question) if len(w) >= LONG and w.isascii() and not w.isupper()]
        terms = dict(index.db.tokens(" ".join(words).lower()))
        there = index.db.frequencies(list(terms.values()))
        words = [word for word in words if terms.get(word.lower()) in there]
        if not words:
            continue
        word = rng.choice(words)
        typed = case.question.replace(word, slipped(word, rng), 1)
        again += word.lower() in {one.lower() for one in read(typed).values()}
        index.respelled = lambda *_: {}
        scores = [scored(index, case, case.question), scored(index, case, typed)]
        index.respelled = read
        rows.append([*scores, scored(index, case, typed)])
    table = np.array(rows)
    pairs = np.random.default_rng(0).integers(0, len(table), (5000, len(table)))
    gain = (table[:, 2] - table[:, 1])[pairs].mean(axis=1)
    low, high = np.quantile(gain, [0.025, 0.975])
    plain, slip, back = table.mean(axis=0)
    print(f"{name} ({len(table)}): as typed {plain:.3f}, with a slip {slip:.3f}, read again {back:.3f}"
          f" (+{back - slip:.3f} [{low:.3f}, {high:.3f}]); the word found again {again / len(table):.3f}")  # fmt: skip
    print(f"    words of the questions themselves that are taken for slips: {taken}")


def scored(index: Any, case: Any, question: str) -> float:
    ranked, _ = index.rank(question, 50)
    marks = ", ".join(["?"] * len(ranked))
    sql = f"select p.id, d.key from passage p join document d on d.id = p.document_id where p.id in ({marks})"
    keys = dict(index.db.execute(sql, [number for number, _ in ranked]))
    order = list(dict.fromkeys(keys[number] for number, _ in ranked))
    return float(scoring.score("retrieval", case, [[key, 0] for key in order], [MEASURE], {})[MEASURE][0])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("sets", nargs="+")
    parser.add_argument("--limit", type=int, default=0)
    given = parser.parse_args()
    for name in given.sets:
        measured(name, given.data, given.limit)


if __name__ == "__main__":
    main()
