"""
From a question to words to look for, and from rankings to one.

Pure functions: no SQL, no models. Scores of words (BM25) and of vectors (cosine) have different scales; they are
brought to [0, 1] within one question and added with a weight (convex combination; Bruch et al. 2023,
arXiv:2210.11934, found it better than reciprocal rank, and so do the figures in docs/decisions.md).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rag import folding, languages, unspaced
from rag.types import Via

Ranked = Sequence[tuple[int, float]]  # (passage id, score), best first

QUOTED = re.compile(
    '"([^"]+)"|“([^“”"]+)[”“"]|„([^„“”"]+)[“”"]|«([^«»]+)»|»([^«»]+)«|「([^「」]+)」|『([^『』]+)』|＂([^＂]+)＂'
)
NAME = re.compile(r"(?<![^\W_])[^\W_]++(?:[_.\-/:@#&=?~%+\\]++[^\W_]++)+")  # never tried from within a word
FEW = 3  # words of a question that is a name and little else


@dataclass(frozen=True, slots=True)
class Asked:
    """
    A question in FTS5 expressions: `phrases` it quotes, `names` (that a passage should hold as they stand, above all if
    they are `telling`), and folded `text` for its words, of which the `idle` say nothing and the `asking` little; is it
    `foreign`, in another language than the one whose words are stemmed?
    """

    phrases: tuple[str, ...]
    names: tuple[str, ...]
    telling: tuple[str, ...]
    prefixes: tuple[str, ...]  # single characters of a script without spaces
    text: str
    idle: frozenset[str]
    asking: frozenset[str]
    foreign: bool


def asked(question: str) -> Asked:
    """What to look for in a question."""
    folded = folding.fold(question)
    quoted = ["".join(groups) for groups in QUOTED.findall(question)]
    telling = [f'"{name}"' for name in folding.wholes(question)]
    names = [folding.phrase(name) for name in NAME.findall(question) if not re.fullmatch(r"[\d.]+", name)]
    prefixes: list[str] = []
    about = unspaced.about(folded)

    def pieces(run: str) -> str:
        whole = folding.whole_pieces(run)
        if not whole:
            prefixes.append(folding.phrase(run))
        elif len(whole) > 1:
            names.append(folding.phrase(run))
        return f" {' '.join(whole)} "

    rest = folded if folded.isascii() else folding.runs().sub(lambda run: pieces(run[0]), unspaced.without(folded))
    text = rest + "".join(map(pieces, about))
    return Asked(
        tuple(filter(None, map(folding.phrase, quoted))),
        tuple(dict.fromkeys(filter(None, telling + names))),
        tuple(dict.fromkeys(filter(None, telling + (names if len(question.split()) <= FEW else [])))),
        tuple(dict.fromkeys(prefixes)),
        f"{text} {folding.names(question)}",
        languages.function_words(question),
        languages.asking(question),
        languages.foreign(question),
    )


def match_expression(words: Iterable[str], phrases: Iterable[str] = ()) -> str:
    """An FTS5 expression: any of the words (quoted, so that nothing in them is syntax) or of the expressions."""
    return " OR ".join([*phrases, *('"' + word.replace('"', '""') + '"' for word in words)])


def scaled(ranked: Ranked) -> dict[int, float]:
    """Scores brought to [0, 1] by the smallest and the largest of this ranking."""
    if not ranked:
        return {}
    scores = [score for _, score in ranked]
    low, high = min(scores), max(scores)
    if high == low:
        return dict.fromkeys((number for number, _ in ranked), 1.0)
    return {number: (score - low) / (high - low) for number, score in ranked}


def via(rankings: Mapping[str, Ranked]) -> dict[int, dict[str, Via]]:
    """passage id -> how each ranking placed it."""
    found: dict[int, dict[str, Via]] = {}
    for name, ranked in rankings.items():
        for rank, (number, score) in enumerate(ranked, 1):
            found.setdefault(number, {})[name] = Via(rank, score)
    return found


def fuse(rankings: Mapping[str, Ranked], weights: Mapping[str, float]) -> list[tuple[int, float]]:
    """(passage id, fused score in [0, 1]), best first; ties by passage id, so that the order is always the same."""
    total: dict[int, float] = {}
    for name, ranked in rankings.items():
        for number, score in scaled(ranked).items():
            total[number] = total.get(number, 0.0) + weights[name] * score
    return ordered(total)


def with_less(ranked: Ranked, less: Ranked, weight: float) -> Ranked:
    """A ranking of words and one that says less, of the same scale, added with a weight."""
    if not ranked or not less:
        return ranked or less
    total = {number: weight * score for number, score in less}
    for number, score in ranked:
        total[number] = total.get(number, 0.0) + score
    return ordered(total)


def raised(ranked: Ranked, holders: Sequence[tuple[float, Iterable[int]]]) -> list[tuple[int, float]]:
    """
    A fused ranking in which a passage gains for everything that it holds: (weight, the passages that hold it).

    Scores stay in [0, 1]. What weighs more than 1 comes before all that lacks it.
    """
    total = dict(ranked)
    for weight, held in holders:
        for number in held:
            total[number] = total.get(number, 0.0) + weight
    whole = 1 + sum(weight for weight, _ in holders)
    return ordered({number: score / whole for number, score in total.items()})


def ordered(total: Mapping[int, float]) -> list[tuple[int, float]]:
    """Best first; ties by passage id."""
    return sorted(total.items(), key=lambda entry: (-entry[1], entry[0]))
