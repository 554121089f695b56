"""
What the pages found say of who wrote them, where somebody asks of themselves ("what do I use for backups?").

A page of notes begins with what its owner does; the hundred links below it have more of the question's words.
"""

from __future__ import annotations

from collections.abc import Sequence

from rag import persons
from rag.store import Store, documents
from rag.types import Hit, Via

FIRST, BEGIN = 3, 2  # documents whose beginnings are read; passages after the first one
SHARE = 0.95  # of the score of the best passage of the document


def with_own(db: Store, hits: Sequence[Hit], question: str) -> list[Hit]:
    """The hits, and below them the passages in the first person at the beginnings of their pages (`via["owner"]`)."""
    says = persons.own(question)
    if not says:
        return list(hits)
    best: dict[tuple[str, str], float] = {}
    for hit in hits:
        if len(best) < FIRST:
            best.setdefault((hit.passage.document.source, hit.passage.document.key), hit.score)
    own: dict[int, Hit] = {}
    for number in documents.first_passages(db, list(best)):
        for passage in documents.around(db, number, BEGIN):
            if persons.speaks(passage.text, says):
                score = SHARE * best[passage.document.source, passage.document.key]
                own[passage.id] = Hit(passage, score, {"owner": Via(len(own) + 1, score)})
    made = [_raised(hit, own.pop(hit.passage.id, None)) for hit in hits]
    return [*made, *own.values()]


def _raised(hit: Hit, own: Hit | None) -> Hit:
    return Hit(hit.passage, max(hit.score, own.score), {**hit.via, **own.via}) if own else hit
