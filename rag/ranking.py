"""
From a question to words to look for, and from two rankings to one.

Pure functions: no SQL, no models. Scores of words (BM25) and of vectors (cosine) have different scales; they are
brought to [0, 1] within one question and added with a weight (convex combination; Bruch et al. 2023,
arXiv:2210.11934, found it better than reciprocal rank, and so do the figures in docs/decisions.md).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from rag.types import Via

Ranked = Sequence[tuple[int, float]]  # (passage id, score), best first

_NAME = re.compile(r"[A-Za-z0-9]+(?:[_.\-/:]+[A-Za-z0-9]+)*")
_PART = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[0-9]+")


def identifiers(text: str) -> str:
    """The parts of the compound names in a text (fooBar, foo_bar, foo.bar), each once, in order."""
    parts: dict[str, None] = {}
    for name in _NAME.findall(text):
        pieces = _PART.findall(name)
        if len(pieces) > 1:
            parts.update(dict.fromkeys(piece.lower() for piece in pieces if len(piece) > 1))
    return " ".join(parts)


def match_expression(words: Sequence[str], phrases: Sequence[str] = ()) -> str:
    """An FTS5 expression: any of the words or phrases. Quoted, so that nothing in them is syntax."""
    return " OR ".join('"' + word.replace('"', '""') + '"' for word in (*phrases, *words))


def phrases(question: str) -> list[str]:
    """What stands in double quotes."""
    return [found.strip() for found in re.findall(r'"([^"]+)"', question) if found.strip()]


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
    return sorted(total.items(), key=lambda entry: (-entry[1], entry[0]))
