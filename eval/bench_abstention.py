"""
When to say that nothing answers: how well what is known of a question's best sentences tells the answerable questions
from the others, and what each threshold gives and costs. No generator is asked. The figures of docs/decisions.md.

    python eval/bench_abstention.py ../shared/data [--limit 300] [--threshold 0.8]

For each way its area under the curve (.5 is a coin, 1 is perfect); for thresholds the answerable questions that are
refused (error), of these the ones that had been cited rightly (lost), and the unanswerable ones that are found; then
the threshold as it is against the rule of before (meaning + 0.5 x words below 0.5), case by case. Last, questions of
one set asked of another set's documents, and questions that all have an answer: how many are refused.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rag import ask
from rag.app.evaluate.corpora import Corpora, default_cache, given, searched
from rag.app.evaluate.settings import SETTINGS
from rag.ask import Candidate
from rag.evaluate import suite
from rag.evaluate.cases import Case, Data
from rag.measures.answers import contains, normalise
from rag.measures.statistics import compare, plain, signed
from rag.models.minilm import MiniLM

SUITES = ("squad2_ask", "clapnq_ask", "nomiracl_en")
ANSWERABLE = ("anthropic_docs", "til", "hotpotqa_100", "xquad_en")
COUNT = 32  # sentences that are looked at

Way = Callable[[list[Candidate]], float]


def combined(meaning: float, words: float, passage: float) -> Way:
    return lambda found: max(meaning * c.meaning + words * c.words + passage / c.hit for c in found)


WAYS: dict[str, Way] = {
    "meaning": combined(1, 0, 0),
    "meaning + 0.5 words (before)": combined(1, 0.5, 0),
    "meaning + 0.5 words + 0.2 / rank (the score)": combined(1, 0.5, 0.2),
    "meaning + 0.3 words + 0.3 / rank (now)": combined(1, 0.3, 0.3),
    "meaning + 0.3 words + 0.6 / rank": combined(1, 0.3, 0.6),
    "best less second": lambda found: found[0].relevance - found[1].relevance if len(found) > 1 else 0.0,
    "best less mean": lambda found: max(c.relevance for c in found) - float(np.mean([c.relevance for c in found])),
    "share of the question's words in the best sentence": lambda found: found[0].words,
}


@dataclass
class Asked:
    """A question with its best sentences."""

    case: Case
    found: list[Candidate]

    def cited(self) -> bool:
        """Whether one of the three sentences that would be cited holds the answer (or overlaps a gold sentence)."""
        quotes = [one.citation.quote for one in self.found[:3]]
        if self.case.sentences:
            golds = [normalise(text) for text in self.case.sentences]
            return any(normalise(q) in gold or gold in normalise(q) for q in quotes for gold in golds)
        return not self.case.answers or any(contains(quote, self.case.answers) for quote in quotes)


def main() -> None:
    options = _options()
    corpora = Corpora(Path("bench.db"), default_cache(), print)
    sets = {name: list(_asked(corpora, options, name)) for name in SUITES}
    for name, asked in sets.items():
        print(f"{name}: {len(asked)} questions, {sum(one.case.unanswerable for one in asked)} unanswerable")
    print("\narea under the curve")
    for label, way in WAYS.items():
        print(f"  {label:52}", "  ".join(plain(_area(asked, way)) for asked in sets.values()))
    before, now = combined(1, 0.5, 0), combined(*ask.RELEVANCE.values())
    print("\nthreshold: error, lost, found")
    for threshold in sorted({0.74, 0.78, 0.8, 0.82, 0.84, 0.86, 0.9, options.threshold}):
        print(f"  {threshold:.2f}", " | ".join(_point(asked, now, threshold) for asked in sets.values()))
    for name, asked in sets.items():
        _against(name, asked, lambda f: before(f) < 0.5, lambda f: now(f) < options.threshold)
    _elsewhere(corpora, options, now)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("data", type=Path, help="the folder with the sets")
    parser.add_argument("--limit", type=int, default=300, help="questions of a set")
    parser.add_argument("--threshold", type=float, default=MiniLM.threshold)
    return parser.parse_args()


def _read(options: argparse.Namespace, name: str, limit: int) -> suite.Suite:
    return suite.read(Path(__file__).parent / f"{name}.toml", SETTINGS, root=options.data, limit=limit)


def _asked(corpora: Corpora, options: argparse.Namespace, name: str, where: Data | None = None) -> Iterator[Asked]:
    """The questions of a suite with their best sentences, in its own documents or in those of `where`."""
    loaded = _read(options, name, options.limit)
    settings = loaded.systems[0].settings
    if settings.get("passages") == "given":
        embedder, hits = corpora.embedder("minilm"), given(loaded.data)
    else:
        index, _ = corpora.index(where or loaded.data, {})
        embedder, hits = index.embedder, searched(index, {"k": 5}, 5)
    for case in loaded.data.cases:
        if found := ask.candidates(case.question, hits(case), embedder, COUNT):
            yield Asked(case, found)


def _area(asked: list[Asked], way: Way) -> float:
    """How often an answerable question scores higher than an unanswerable one; a tie is half."""
    values = np.array([way(one.found) for one in asked])
    no = np.array([one.case.unanswerable for one in asked])
    left, right = values[~no][:, None], values[no][None]
    return float((left > right).mean() + (left == right).mean() / 2)


def _point(asked: list[Asked], way: Way, threshold: float) -> str:
    refused = [(one, way(one.found) < threshold) for one in asked]
    error = [float(below) for one, below in refused if not one.case.unanswerable]
    lost = [float(below and one.cited()) for one, below in refused if not one.case.unanswerable]
    found = [float(below) for one, below in refused if one.case.unanswerable]
    return ", ".join(plain(float(np.mean(values))) for values in (error, lost, found))


def _against(name: str, asked: list[Asked], before: Callable[..., bool], now: Callable[..., bool]) -> None:
    """Paired: what is found of the unanswerable questions, and what is cited rightly of the answerable ones."""
    print(f"\n{name}: now against before")
    for what, no in (("unanswerable, found", True), ("answerable, cited rightly", False)):
        own = [one for one in asked if one.case.unanswerable is no]
        scores = [
            [float(rule(o.found) if no else o.cited() and not rule(o.found)) for o in own] for rule in (before, now)
        ]
        gap = compare(*scores)
        means = " -> ".join(plain(float(np.mean(values))) for values in scores)
        print(f"  {what}: {means}, {signed(gap.difference)} [{signed(gap.low)}, {signed(gap.high)}], p = {gap.p:.2g}")


def _elsewhere(corpora: Corpora, options: argparse.Namespace, way: Way) -> None:
    print(f"\nrefused below {options.threshold}")
    data = {name: _read(options, name, 100).data for name in ("squad2_ask", "clapnq_ask")}
    for name, other in (("squad2_ask", "clapnq_ask"), ("clapnq_ask", "squad2_ask")):
        asked = list(_asked(corpora, options, name, data[other]))
        share = np.mean([way(one.found) < options.threshold for one in asked])
        print(f"  questions of {name} asked of {other}: {plain(float(share))} of {len(asked)}")
    for name in ANSWERABLE:
        asked = list(_asked(corpora, options, name))
        share = np.mean([way(one.found) < options.threshold for one in asked])
        print(f"  {name}, all answerable: {plain(float(share))} of {len(asked)}")


if __name__ == "__main__":
    main()
