"""
Ways of ranking that were tried beside the one we use: what is embedded and with what around it, how scores are scaled
and weighted, feedback, phrases, titles in the vector, titles that are named. The figures of docs/decisions.md that no
setting can produce come from here.

    python eval/bench_ranking.py ../shared/data til scifact [--target 1600] [--ways windows,feedback]

Every way ranks the same passages: the corpus is indexed once in the cache of `rag eval`, all cosines are computed; but
for `windows`, they are those of whole passages. It prints the first measure of each set's suite (two for
anthropic_docs).
"""

from __future__ import annotations

import argparse
import math
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from rag import chunking, folding, languages, ranking
from rag.app.evaluate.corpora import Corpora, default_cache
from rag.app.evaluate.settings import SETTINGS
from rag.evaluate import scoring, suite
from rag.index import DEPTH, named
from rag.index.by_words import COMMON, FIELD_WEIGHTS
from rag.store import context
from rag.store.filters import Filters
from rag.types import Document

Way = Callable[["Set", int], Any]  # a set and a question's number -> places of passages, best first


@dataclass
class Set:
    """A suite's index with all cosines. Passages are known by their place, not by their number in the index."""

    suite: Any
    index: Any
    ids: list[int] = field(default_factory=list)
    kept: dict[Any, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        rows = list(
            self.index.db.execute(
                'select p.id, d.key, p.start, p."end", p.text, d.title, d.kind from passage_whole p'
                " join document d on d.id = p.document_id order by p.id"
            )
        )
        self.ids, self.keys = [row[0] for row in rows], [row[1] for row in rows]
        self.spans, self.texts = [row[2:4] for row in rows], [row[4] for row in rows]
        self.titles, self.kinds = [row[5] for row in rows], [row[6] for row in rows]
        self.place = {number: place for place, number in enumerate(self.ids)}
        self.questions = [case.question for case in self.suite.data.cases]
        self.vectors = self.index.embedder.embed(self.texts)
        self.asked = self.index.embedder.embed(self.questions, "query")
        self.cosines = self.asked @ self.vectors.T
        at = {key: place for place, key in enumerate(dict.fromkeys(self.keys))}
        self.documents = np.array([at[key] for key in self.keys])

    def words(
        self, question: int, match: str = "", weights: Any = FIELD_WEIGHTS, common: float = COMMON
    ) -> tuple[Any, Any]:
        """Places and BM25 scores of the passages with the question's words, or of an FTS5 expression."""
        key = (question, match, weights, common)
        if key not in self.kept:
            asked = ranking.asked(self.questions[question])
            match = match or ranking.match_expression(self.terms(question, common), asked.phrases + asked.names)
            found = self.index.db.by_words(match, DEPTH, Filters(), weights) if match else []
            self.kept[key] = np.array([self.place[n] for n, _ in found], int), np.array([s for _, s in found])
        return self.kept[key]

    def terms(self, question: int, common: float = COMMON) -> list[str]:
        found = self.index.db.tokens(ranking.asked(self.questions[question]).text)
        idle = languages.function_words(self.questions[question])
        terms = {term: word for word, term in found if word not in idle}
        frequency = self.index.db.frequencies(list(terms))
        return [w for t, w in terms.items() if 0 < frequency.get(t, 0) <= max(common * len(self.ids), 10)]

    def measure(self, way: Way) -> list[float]:
        names = self.suite.measures[:1] if self.suite.name != "anthropic_docs" else ("R@3", "RR")
        rows = []
        for number, case in enumerate(self.suite.data.cases):
            order = [int(place) for place in way(self, number)]
            if self.suite.task == "chunking":
                output: Any = [[self.keys[p], *self.spans[p]] for p in order[:5]]
            else:
                output = [[key, 0] for key in dict.fromkeys(self.keys[p] for p in order)]
            rows.append(scoring.score(self.suite.task, case, output, names, {}))
        return [float(np.mean([row[name][0] for row in rows])) for name in names]


def best(scores: Any, count: int = DEPTH) -> Any:
    count = min(count, len(scores))
    top = np.argpartition(-scores, count - 1)[:count]
    return top[np.lexsort((top, -scores[top]))]


def spread(scores: Any) -> Any:
    """To [0, 1] by the smallest and the largest."""
    if not len(scores) or scores.max() == scores.min():
        return np.ones(len(scores))
    return (scores - scores.min()) / (scores.max() - scores.min())


def fused(words: tuple[Any, Any], cosines: Any, weight: float = 0.5, depth: int = DEPTH, scale: Any = spread) -> Any:
    """The convex combination that `Index.search` makes."""
    places, scores = words[0][:depth], words[1][:depth]
    near = best(cosines, depth)
    total: dict[int, float] = {}
    for place, score in zip(places.tolist(), scale(scores), strict=True):
        total[place] = weight * score
    for place, score in zip(near.tolist(), scale(cosines[near]), strict=True):
        total[place] = total.get(place, 0.0) + (1 - weight) * score
    return sorted(total, key=lambda place: (-total[place], place))


def plain() -> Iterator[tuple[str, Way]]:
    yield "words", lambda s, q: s.words(q)[0]
    yield "vectors", lambda s, q: best(s.cosines[q])
    for weight in (0.3, 0.4, 0.5, 0.6, 0.7):
        yield f"weight {weight}", lambda s, q, w=weight: fused(s.words(q), s.cosines[q], w)
    for depth in (50, 100):
        yield f"weight 0.5, depth {depth}", lambda s, q, d=depth: fused(s.words(q), s.cosines[q], 0.5, d)


def scales() -> Iterator[tuple[str, Way]]:
    def by_largest(scores: Any) -> Any:
        return scores / max(float(scores.max()), 1e-9) if len(scores) else scores

    def standard(scores: Any) -> Any:
        return (scores - scores.mean()) / max(float(scores.std()), 1e-9) + 3 if len(scores) else scores

    def reciprocal(scores: Any) -> Any:
        return 1 / (60 + np.arange(1, len(scores) + 1))

    for name, scale in (
        ("by the largest", by_largest),
        ("standard deviations", standard),
        ("reciprocal rank, 60", reciprocal),
    ):
        yield name, lambda s, q, f=scale: fused(s.words(q), s.cosines[q], 0.5, scale=f)


def feedback() -> Iterator[tuple[str, Way]]:
    def by_vector(s: Set, q: int, count: int, share: float) -> Any:
        """The question's vector moved towards those of the first hits (Rocchio)."""
        first = fused(s.words(q), s.cosines[q])[:count]
        moved = s.asked[q] + share * s.vectors[first].mean(axis=0)
        return fused(s.words(q), s.vectors @ (moved / np.linalg.norm(moved)))

    def by_words(s: Set, q: int, count: int, terms: int, share: float) -> Any:
        """The most telling words of the first hits as a second query."""
        first, found = fused(s.words(q), s.cosines[q])[:count], Counter[str]()
        asked = {term for _, term in s.index.db.tokens(folding.searched(s.questions[q]))}
        for place in first:
            row = s.index.db.tokens(folding.searched(s.texts[place]))
            frequency = s.index.db.frequencies([term for _, term in row])
            for word, term in dict(row).items():
                if term not in asked and 2 <= frequency.get(term, 0) <= 0.1 * len(s.ids) and len(term) > 2:
                    found[word] += math.log(len(s.ids) / frequency[term])  # type: ignore[assignment]
        chosen = [word for word, _ in found.most_common(terms)]
        more = s.words(q, ranking.match_expression(chosen)) if chosen else (np.array([], int), np.array([]))
        total: Counter[int] = Counter()
        for part, (places, scores) in ((1.0, s.words(q)), (share, more)):
            for place, score in zip(places.tolist(), scores / max(float(scores.max(initial=0)), 1e-9), strict=True):
                total[place] += part * score
        ranked = total.most_common(DEPTH)
        return fused((np.array([p for p, _ in ranked], int), np.array([v for _, v in ranked])), s.cosines[q])

    for count, share in ((3, 0.3), (3, 0.6), (3, 1.0), (5, 0.6), (10, 0.6)):
        yield f"vector, {count} hits, {share}", lambda s, q, c=count, a=share: by_vector(s, q, c, a)
    yield "words, 3 hits, 10 words, 0.2", lambda s, q: by_words(s, q, 3, 10, 0.2)


def windows() -> Iterator[tuple[str, Way]]:
    """What is embedded (whole passages, or windows of them up to a size) and what is added to it."""

    def cut(s: Set, size: int, whole: int) -> tuple[Any, Any]:
        """(vectors of the windows, the place of each one's passage); passages up to `whole` characters are one."""
        if (size, whole) not in s.kept:
            texts, owners = [], []
            for place, (text, kind) in enumerate(zip(s.texts, s.kinds, strict=True)):
                parts = chunking.split(Document("", "", text, kind=kind), size) if len(text) > whole else []
                texts += [part.text for part in parts] or [text]
                owners += [place] * max(len(parts), 1)
            s.kept[size, whole] = s.index.embedder.embed(texts), np.array(owners)
        return s.kept[size, whole]

    def titles(s: Set) -> Any:
        if "titles" not in s.kept:
            s.kept["titles"] = s.index.embedder.embed(s.titles) * np.array([bool(title) for title in s.titles])[:, None]
        return s.kept["titles"]

    def cosines(s: Set, size: int, whole: int, own: float, around: float, title: float, reach: int) -> Any:
        key = (size, whole, own, around, title, reach)
        if key not in s.kept:
            vectors, owners = cut(s, size, whole)
            first = np.searchsorted(owners, np.arange(len(s.texts)))
            sums = np.add.reduceat(vectors, first, axis=0)
            near = np.zeros_like(sums)
            for place, document in enumerate(s.documents):
                part = slice(max(place - reach, 0), place + reach + 1)
                near[place] = sums[part][s.documents[part] == document].sum(axis=0)
            near = context.unit(context.unit(near) + title * titles(s))
            made = context.unit(vectors + own * context.unit(sums)[owners] + around * near[owners])
            s.kept[key] = np.maximum.reduceat(s.asked @ made.T, first, axis=1)
        return s.kept[key]

    for label, *setting in (
        ("whole passages", 0, 10**9, 0, 0, 0, 0),
        ("windows of 400, the nearest", 400, 0, 0, 0, 0, 0),
        ("windows of 800, the nearest", 800, 0, 0, 0, 0, 0),
        ("400, + passage", 400, 0, 1, 0, 0, 0),
        ("400, + passage + 4 around", 400, 0, 1, 1, 0, 4),
        ("400, + passage + 4 around, title", 400, 0, 1, 1, 0.5, 4),
        ("the same, whole up to 600", 400, 600, 1, 1, 0.5, 4),
        ("the same, whole up to 800", 400, 800, 1, 1, 0.5, 4),
        ("... with 2 around", 400, 800, 1, 1, 0.5, 2),
        ("... with 8 around", 400, 800, 1, 1, 0.5, 8),
        ("... half the context", 400, 800, 0.5, 0.5, 0.5, 4),
        ("... no title", 400, 800, 1, 1, 0, 4),
    ):
        yield label, lambda s, q, a=tuple(setting): fused(s.words(q), cosines(s, *a)[q])


def others() -> Iterator[tuple[str, Way]]:
    def pairs(s: Set, q: int) -> Any:
        """Neighbouring words of the question as phrases beside the words."""
        asked = s.index.db.tokens(folding.searched(s.questions[q]))
        known = s.index.db.frequencies([term for _, term in asked])
        row = [word for word, term in asked if term in known]
        phrases = [f"{a} {b}" for a, b in pairwise(row)]
        terms = s.terms(q)
        return fused(s.words(q, ranking.match_expression(terms, phrases)) if terms else s.words(q), s.cosines[q])

    def second(s: Set, q: int, share: float) -> Any:
        """The second-best passage of the same document counts too."""
        order = fused(s.words(q), s.cosines[q])
        score = {place: 1 / rank for rank, place in enumerate(order, 1)}
        by: dict[int, list[float]] = {}
        for place in order:
            by.setdefault(int(s.documents[place]), []).append(score[place])
        extra = {place: (by[int(s.documents[place])] + [0.0])[1] for place in order}
        return sorted(order, key=lambda place: -(score[place] + share * extra[place]))

    def titled(s: Set, q: int, share: float) -> Any:
        """The title's vector mixed into the passage's."""
        if "titles" not in s.kept:
            made = s.index.embedder.embed(s.titles)
            s.kept["titles"] = made * np.array([bool(title) for title in s.titles])[:, None]
        mixed = s.vectors + share * s.kept["titles"]
        return fused(s.words(q), (mixed / np.linalg.norm(mixed, axis=1, keepdims=True)) @ s.asked[q])

    def unstemmed(s: Set, q: int) -> Any:
        """The words as they stand, in a full text index of its own."""
        db = s.index.db
        if "unstemmed" not in s.kept:
            db.execute(
                "create virtual table temp.unstemmed using fts5(title, heading, text, identifiers,"
                " tokenize='unicode61 remove_diacritics 2')"
            )
            db.execute(
                "insert into temp.unstemmed (rowid, title, heading, text, identifiers)"
                " select id, title, heading, text, identifiers from passage_whole"
            )
            s.kept["unstemmed"] = True
        numbers = ", ".join(map(str, FIELD_WEIGHTS))
        rows = db.execute(
            f"select rowid, -bm25(unstemmed, {numbers}) as score from temp.unstemmed where unstemmed match ?"
            " order by score desc, rowid limit ?",
            (ranking.match_expression(s.terms(q)), DEPTH),
        )
        found = list(rows) if s.terms(q) else []
        return np.array([s.place[n] for n, _ in found], int), np.array([score for _, score in found])

    yield "words unstemmed, alone", lambda s, q: unstemmed(s, q)[0]
    yield "words unstemmed", lambda s, q: fused(unstemmed(s, q), s.cosines[q])
    yield "pairs of words as phrases", pairs
    yield "common words 0.5", lambda s, q: fused(s.words(q, common=0.5), s.cosines[q])
    yield "common words 0.1", lambda s, q: fused(s.words(q, common=0.1), s.cosines[q])
    for weights in ((1.0, 1.0, 1.0, 0.5), (4.0, 2.0, 1.0, 0.5), (2.0, 1.5, 1.0, 0.0)):
        yield f"fields {weights}", lambda s, q, w=weights: fused(s.words(q, weights=w), s.cosines[q])
    yield "second passage .3", lambda s, q: second(s, q, 0.3)
    for share in (0.1, 0.2, 0.3):
        yield f"title in the vector {share}", lambda s, q, a=share: titled(s, q, a)


def naming() -> Iterator[tuple[str, Way]]:
    """The search as it is, with more or less for what the first passages name."""

    def searched(s: Set, q: int, weight: float) -> list[int]:
        named.NAMED = weight
        return [s.place[number] for number, _ in s.index.rank(s.questions[q], DEPTH)[0]]

    for weight in (0.0, 0.1, 0.15, 0.2, 0.3):
        yield f"named {weight}", lambda s, q, w=weight: searched(s, q, w)


WAYS = {
    "windows": windows,
    "plain": plain,
    "scales": scales,
    "feedback": feedback,
    "others": others,
    "named": naming,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("suites", nargs="+")
    parser.add_argument("--target", type=int, default=0, help="size of a passage; 0: the default")
    parser.add_argument("--ways", default=",".join(WAYS))
    options = parser.parse_args()
    bench = Corpora(Path("none.db"), default_cache(), print)
    sets = []
    for name in options.suites:
        loaded = suite.read(Path(__file__).parent / f"{name}.toml", SETTINGS, root=options.data)
        index, _ = bench.index(loaded.data, {"target": options.target} if options.target else {})
        sets.append(Set(loaded, index))
    print(f"{'':32}", " ".join(options.suites))
    for kind in options.ways.split(","):
        for name, way in WAYS[kind]():
            print(f"{name:32}", " ".join(f"{value:.4f}" for one in sets for value in one.measure(way)), flush=True)
    for one in sets:
        one.index.close()


if __name__ == "__main__":
    main()
