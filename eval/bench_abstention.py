"""
When to say that nothing answers: the pairs of four sets (answered though unanswerable, refused though answerable), how
well what is known of a question's passages tells the ones from the others, and what was tried. No generator is asked.

    python eval/bench_abstention.py ../shared/data [--limit 300] [--threshold 0.7] [--fit] [--titles 30]

First the pairs with 95 % bootstrap intervals, for the rule of before (the best sentence's relevance below .8) and the
rule as it is, with a paired test; then pairs at other thresholds, and questions that all have an answer. For each way
of judging its area under the curve (.5 is a coin, 1 is perfect). `--fit` adds logistic rules, fitted on one half of the
questions and judged on the other, and fitted on two sets and judged on the third. `--titles` adds what titles and
headings as questions say of an index: their relevance with their document there, and with it left out.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rag import ask, chunking
from rag.app.evaluate.corpora import Corpora, default_cache, given, searched
from rag.app.evaluate.settings import SETTINGS
from rag.app.open import open_index
from rag.ask import Candidate, excerpts
from rag.ask.afar import afar, things
from rag.ask.relevance import relevance
from rag.ask.unsaid import lacking as not_there
from rag.ask.unsaid import unheard, unsaid
from rag.ask.words import STOP, stems
from rag.evaluate import suite
from rag.index import Index
from rag.index.absent import absent
from rag.measures.statistics import compare, intervals, plain, signed
from rag.models.minilm import MiniLM
from rag.sources import files
from rag.store import documents
from rag.types import Embedder, Hit

SUITES = ("squad2_ask", "clapnq_ask", "nomiracl_en")
ANSWERABLE = ("anthropic_docs", "hotpotqa_100", "xquad_en")
COUNT = 32  # sentences that are looked at
BEFORE = 0.8  # the threshold of the rule of before
THRESHOLDS = (0.6, 0.64, 0.66, 0.68, 0.7, 0.72, 0.76)


@dataclass(frozen=True)
class Asked:
    """A question with what is known of it."""

    no: bool  # it is unanswerable
    question: str
    hits: Sequence[Hit]
    found: list[Candidate]
    nearest: float
    share: float  # of the question's words in the excerpt that has most of them
    lacks: str = ""  # the number or year that it asks for and nothing shown has
    missing: Sequence[str] = ()  # its names that nothing found says, and words to which nothing shown is near

    @property
    def now(self) -> float:
        """As `rag ask` decides: what asks for something that nothing found says is not answered."""
        return (
            0.0
            if self.lacks or self.missing
            else relevance(self.question, self.found, self.nearest, self.share, self.hits)
        )

    @property
    def before(self) -> float:
        return max(one.relevance for one in self.found)


Way = Callable[[Asked], float]


def stands_out(asked: Asked) -> float:
    return asked.before - float(np.mean([one.relevance for one in asked.found]))


def lacking(asked: Asked) -> float:
    """1 if a name or number of the question stands in none of the passages, or in their titles."""
    words = asked.question.split()
    names = [word.strip("?.,'\"").lower() for word in words[1:] if word[0].isupper() or word[0].isdigit()]
    text = " ".join(f"{hit.passage.document.title} {hit.passage.text}" for hit in asked.hits).lower()
    return float(any(name not in text for name in names if name not in STOP))


def covered(asked: Asked) -> float:
    """The share of the question's words in the passage, its title and headings, that has most of them."""
    own = set(stems(asked.question))
    passages = [hit.passage for hit in asked.hits]
    bags = [set(stems(f"{one.document.title} {one.heading} {one.text}")) for one in passages]
    return max(len(own & bag) for bag in bags) / max(1, len(own))


def margin(asked: Asked) -> float:
    best = sorted((one.relevance for one in asked.found), reverse=True)
    return best[0] - best[1] if len(best) > 1 else 0.0


WAYS: dict[str, Way] = {
    "meaning of the best sentence": lambda a: max(one.meaning for one in a.found),
    "its relevance (before): meaning + .3 words + .3 / rank": lambda a: a.before,
    "meaning of the nearest excerpt": lambda a: a.nearest,
    "how far the best sentence stands out of the others": stands_out,
    "the best less the second best": margin,
    "words of the question in the best passage": covered,
    "a name or number of the question is nowhere": lambda a: -lacking(a),
    "as it is, but for a passage that is first by words and meaning": lambda a: relevance(
        a.question, a.found, a.nearest, a.share
    ),
    "words of the question, how many": lambda a: len(set(stems(a.question))),
    "excerpt + .6 stands out": lambda a: a.nearest + 0.6 * stands_out(a),
    "as it is": lambda a: a.now,
}
RULES = (
    ("before",), ("before", "nearest"), ("nearest", "stands out"), ("before", "nearest", "stands out"),
    ("nearest", "stands out", "lacking"), ("nearest", "stands out", "covered"), ("nearest", "stands out", "margin"),
    ("before", "nearest", "stands out", "lacking", "covered", "margin", "length"),
)  # fmt: skip
FEATURES: dict[str, Way] = {
    "before": lambda a: a.before, "nearest": lambda a: a.nearest, "stands out": stands_out, "lacking": lacking,
    "covered": covered, "margin": margin, "length": lambda a: float(np.log(1 + len(set(stems(a.question))))),
}  # fmt: skip


def main() -> None:
    options = _options()
    corpora = Corpora(Path("bench.db"), default_cache(), print)
    sets = {name: list(_asked(corpora, options, name)) for name in SUITES}
    sets["til_howto"] = list(_howto(options))
    print("answered though unanswerable / refused though answerable, before (below .8) -> now")
    for name, asked in sets.items():
        _pair(name, asked, options.threshold)
    print(f"\nthreshold: {', '.join(sets)}")
    for threshold in sorted({*THRESHOLDS, options.threshold}):
        print(f"  {threshold:.2f}", " | ".join(_point(asked, threshold) for asked in sets.values()))
    print("\nall answerable: refused, before -> now")
    for name in ANSWERABLE:
        asked = list(_asked(corpora, options, name))
        shares = [
            np.mean([one.before < BEFORE for one in asked]),
            np.mean([one.now < options.threshold for one in asked]),
        ]
        print(f"  {name} ({len(asked)}):", " -> ".join(plain(float(share)) for share in shares))
    print("\narea under the curve")
    for label, way in WAYS.items():
        print(f"  {label:56}", "  ".join(plain(_area(asked, way)) for asked in sets.values()))
    if options.fit:
        _fits(sets)
    if options.titles:
        _titles(corpora, options)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("data", type=Path, help="the folder with the sets")
    parser.add_argument("--limit", type=int, default=300, help="questions of a set")
    parser.add_argument("--threshold", type=float, default=MiniLM.threshold)
    parser.add_argument("--fit", action="store_true")
    parser.add_argument("--titles", type=int, default=0, help="titles of each index that are asked as questions")
    parser.add_argument("--database", type=Path, default=Path("bench_til_howto.db"), help="index of til/tree")
    return parser.parse_args()


def _read(options: argparse.Namespace, name: str) -> suite.Suite:
    return suite.read(Path(__file__).parent / f"{name}.toml", SETTINGS, root=options.data, limit=options.limit)


def _known(
    no: bool, question: str, hits: Sequence[Hit], embedder: Embedder | None, nowhere: Sequence[str] = ()
) -> Asked | None:
    """`nowhere` are words of the question that the index would be expected to have, and has not."""
    found = ask.candidates(question, hits, embedder, COUNT)
    if not found:
        return None
    weighed = excerpts.weighed(question, hits, embedder, found)
    shown = excerpts.chosen(question, weighed)
    words = [*unheard(question, hits), *things(question, nowhere)]
    missing = [*unsaid(question, hits), *afar(words, shown, embedder, question)]
    return Asked(no, question, hits, found, weighed.nearest, weighed.covered, not_there(question, shown), missing)


def _asked(corpora: Corpora, options: argparse.Namespace, name: str) -> Iterator[Asked]:
    loaded = _read(options, name)
    if loaded.systems[0].settings.get("passages") == "given":
        index, embedder, hits = None, corpora.embedder("minilm"), given(loaded.data)
    else:
        index, _ = corpora.index(loaded.data, {})
        embedder, hits = index.embedder, searched(index, {"k": 5}, 5)
    for case in loaded.data.cases:
        nowhere = absent(index.db, case.question) if index else []
        if known := _known(case.unanswerable, case.question, hits(case), embedder, nowhere):
            yield known


def _howto(options: argparse.Namespace) -> Iterator[Asked]:
    """The questions of til_howto, as `rag ask` would search for them."""
    lines = (options.data / "til_howto" / "qa.jsonl").read_text(encoding="utf-8").splitlines()
    with _til(options) as index:
        for case in map(json.loads, lines):
            hits = index.search(case["question"], 8)
            nowhere = absent(index.db, case["question"])
            if known := _known(case["unanswerable"], case["question"], hits, index.embedder, nowhere):
                yield known


def _til(options: argparse.Namespace) -> Index:
    index = open_index(options.database, create=True)
    if not index.db.value("select count(*) from document"):
        index.add("til", files([str(options.data / "til" / "tree")]))
    return index


def _pair(name: str, asked: Sequence[Asked], threshold: float) -> None:
    line = f"  {name} ({sum(one.no for one in asked)} and {sum(not one.no for one in asked)}):"
    for no in (True, False):
        own = [one for one in asked if one.no is no]
        before, now = [[float((value < at) is not no) for value in values] for values, at in (
            ([one.before for one in own], BEFORE), ([one.now for one in own], threshold)
        )]  # fmt: skip
        (one,), gap = intervals([now]), compare(before, now)
        line += f" {plain(float(np.mean(before)))} -> {plain(one.mean)} [{plain(one.low)}, {plain(one.high)}]"
        line += f" ({signed(gap.difference)}, p = {gap.p:.2g})" + (" /" if no else "")
    print(line)


def _area(asked: Sequence[Asked], way: Way) -> float:
    """How often an answerable question scores higher than an unanswerable one; a tie is half."""
    return _curve(np.array([way(one) for one in asked]), _no(asked))


def _no(asked: Sequence[Asked]) -> np.ndarray:
    return np.array([one.no for one in asked])


def _curve(values: np.ndarray, no: np.ndarray) -> float:
    left, right = values[~no][:, None], values[no][None]
    return float((left > right).mean() + (left == right).mean() / 2)


def _point(asked: Sequence[Asked], threshold: float) -> str:
    answered = float(np.mean([one.now >= threshold for one in asked if one.no]))
    refused = float(np.mean([one.now < threshold for one in asked if not one.no]))
    return f"{plain(answered)} / {plain(refused)}"


def _fits(sets: dict[str, list[Asked]]) -> None:
    print(f"\nlogistic rules: judged on the other half of {', '.join(SUITES)}, til_howto; on the set left out; with")
    draw = np.random.default_rng(0)
    half = {name: draw.permutation(len(sets[name])) % 2 == 0 for name in SUITES}
    tables = {
        name: (
            np.array([[way(one) for way in FEATURES.values()] for one in asked]),
            np.array([one.no for one in asked]),
        )
        for name, asked in sets.items()
    }
    for rule in RULES:
        columns = [list(FEATURES).index(name) for name in rule]
        own = {name: (values[:, columns], no) for name, (values, no) in tables.items()}
        halves = []
        for side in (True, False):
            weights = _logistic(
                [(values[half[n] == side], no[half[n] == side]) for n in SUITES for values, no in [own[n]]]
            )
            halves.append([_curve(own[n][0][half[n] != side] @ weights, own[n][1][half[n] != side]) for n in SUITES]
                          + [_curve(own["til_howto"][0] @ weights, own["til_howto"][1])])  # fmt: skip
        out = [_curve(own[n][0] @ _logistic([own[m] for m in SUITES if m != n]), own[n][1]) for n in SUITES]
        weights = _logistic([own[n] for n in SUITES])
        told = ", ".join(f"{name} {weight:+.2f}" for name, weight in zip(rule, weights, strict=True))
        print("  " + "  ".join(plain(float(v)) for v in np.mean(halves, 0)), "|", "  ".join(map(plain, out)), "|", told)


def _logistic(parts: Sequence[tuple[np.ndarray, ...]]) -> np.ndarray:
    """The weights of a ridge logistic regression by Newton's method; each set and each side of it counts the same."""
    x = np.vstack([values for values, _ in parts])
    y = np.concatenate([~no for _, no in parts]).astype(float)
    w = np.concatenate([np.where(no, 50 / max(1, no.sum()), 50 / max(1, (~no).sum())) for _, no in parts])
    spread = x.std(0) + 1e-9
    z = np.c_[(x - np.average(x, axis=0, weights=w)) / spread, np.ones(len(x))]
    b, ridge = np.zeros(z.shape[1]), np.diag([1.0] * (z.shape[1] - 1) + [0.0])
    for _ in range(50):
        p = 1 / (1 + np.exp(-z @ b))
        b -= np.linalg.solve((z * (w * p * (1 - p))[:, None]).T @ z + ridge, z.T @ (w * (p - y)) + ridge @ b)
    return b[:-1] / spread


def _titles(corpora: Corpora, options: argparse.Namespace) -> None:
    """What an index says of itself: its titles and headings as questions."""
    print("\ntitles as questions: quantiles of relevance (5, 25, 50 % there; 50, 75, 95 % left out), best cut")
    _row("til", _til(options), options.titles)
    for name in ("squad2_ask", "clapnq_ask"):
        _row(name, corpora.index(_read(options, name).data, {})[0], options.titles)


def _row(name: str, index: Index, count: int) -> None:
    every = list(documents.all_documents(index.db))
    random.Random(1).shuffle(every)
    there, out = [], []
    for document in every:
        headings = [one.heading.split(" > ")[-1] for one in chunking.split(document) if one.heading]
        question = random.Random(document.key).choice([document.title, *headings[:1]])
        hits = index.search(question, 13)
        sides = [hits[:5], [hit for hit in hits if hit.passage.document.key != document.key][:5]]
        known = [_known(False, question, side, index.embedder) for side in sides]
        if len(question) >= 8 and known[0] and known[1]:
            there.append(known[0].now)
            out.append(known[1].now)
        if len(there) == count:
            break
    best = max([*there, *out], key=lambda at: np.mean(np.array(there) >= at) + np.mean(np.array(out) < at))
    shares = [*np.quantile(there, (0.05, 0.25, 0.5)), *np.quantile(out, (0.5, 0.75, 0.95)), best]
    print(f"  {name} ({len(there)}):", "  ".join(plain(float(share)) for share in shares))


if __name__ == "__main__":
    main()
