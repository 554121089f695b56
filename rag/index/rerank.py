"""The first of a ranking, judged once more: a cross-encoder reads the question and each passage together."""

from __future__ import annotations

from rag.ranking import Ranked, ordered, scaled
from rag.store import Store, documents
from rag.types import Passage, Reranker

DEPTH = 50  # passages that are judged: what a cross-encoder reads in some seconds without a GPU


def rerank(db: Store, question: str, ranked: Ranked, reranker: Reranker) -> tuple[list[tuple[int, float]], Ranked]:
    """
    The ranking with its first passages in the reranker's order, and what the reranker said of them.

    Scores stay in [0, 1]: those that were judged from .5, the others below, in the order that they had.
    """
    numbers = [number for number, _ in ranked[:DEPTH]]
    found = documents.passages(db, numbers)
    texts = [_told(found[number]) for number in numbers]
    judged = ordered(dict(zip(numbers, reranker.scores(question, texts), strict=True)))
    total = {number: score / 2 for number, score in ranked[DEPTH:]}
    total |= {number: (1 + score) / 2 for number, score in scaled(judged).items()}
    return ordered(total), judged


def _told(passage: Passage) -> str:
    """A passage under the title and headings that tell what it is about."""
    return "\n".join(filter(None, (passage.document.title, passage.heading, passage.text)))
