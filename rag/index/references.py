"""
What the passages found first refer to: the document that supersedes theirs ("Superseded by ADR-0013"), and the one that
they say to look at ("moved to 31 August, see 034"). It may share hardly a word with the question.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rag import ranking, status
from rag.store import Store, documents
from rag.types import Hit, Via

FIRST, MOST = 3, 4  # passages that are read for references; passages that are taken along
SHARE = 0.5  # of the score of the passage that refers to them
Find = Callable[[str], Sequence[int]]  # passages that hold a phrase, by their numbers


def with_referred(db: Store, hits: Sequence[Hit], find: Find) -> list[Hit]:
    """The hits, and below them passages of the documents that the first ones refer to, with `via["reference"]`."""
    made, known = list(hits), {hit.passage.id for hit in hits}
    for hit in hits[:FIRST]:
        document = hit.passage.document
        line = status.line(document.text)
        names = [*status.referred(document.text[slice(*line)] if line else ""), *status.referred(hit.passage.text)]
        for name in names[:FIRST]:
            for other in _called(db, name, find):
                same = other.passage.document.key == document.key and other.passage.document.source == document.source
                if not same and other.passage.id not in known:
                    known.add(other.passage.id)
                    score = SHARE * hit.score
                    made.append(Hit(other.passage, score, {"reference": Via(len(made) + 1, score)}))
    return made


def _called(db: Store, name: str, find: Find) -> list[Hit]:
    """The first passages of the documents that are called so."""
    phrases = ranking.asked(f'"{name.replace(chr(34), " ")}"').phrases
    numbers = list(dict.fromkeys(number for phrase in phrases for number in find(phrase)))
    found = documents.hits(db, [(number, 0.0, {}) for number in numbers[: 10 * MOST]])
    called = [hit for hit in found if status.is_called(name, hit.passage.document.title, hit.passage.document.key)]
    return sorted(called, key=lambda hit: hit.passage.start)[:MOST]
