"""
Where a document begins whose title is what a question asks about: "what is squid" is answered by the first paragraph of
the page Squid, which may say the name but once, while all below it says it again and again.

Titles of documents are known, so nothing is learned and no model is asked.
"""

from __future__ import annotations

from collections.abc import Sequence

from rag import chunking, subjects
from rag.store import Store, documents

NEAR = 100  # passages whose documents may be the one
MOST = 3  # documents that are called so; what more have is no name of one
FIRST = 6  # passages of a document in which it may begin to say what it is about


def raised(db: Store, question: str, fused: Sequence[tuple[int, float]]) -> list[tuple[int, float]]:
    """The ranking, first in it the lead passages of the documents that are called what the question asks about."""
    about = subjects.subject(question)
    if not about or not fused:
        return list(fused)
    near = [number for number, _ in fused[:NEAR]]
    own = [
        document
        for document, (title, key) in documents.named(db, near).items()
        if subjects.named(about, subjects.names(title, key))
    ]
    leads = [lead for document in own[: MOST + 1] if (lead := _lead(db, document, about))] if len(own) <= MOST else []
    if not own and subjects.asked(question):
        leads = _headed(db, near, about)
    order = {number: place for place, number in enumerate(near)}
    leads.sort(key=lambda number: order.get(number, NEAR))
    return [*((number, fused[0][1]) for number in leads), *(one for one in fused if one[0] not in leads)]


def _headed(db: Store, near: Sequence[int], about: str) -> list[int]:
    """The best passage under a heading that is what the question asks about; none where many are called so."""
    headings = documents.headings(db, near)
    under = [one for one in near if subjects.named(about, subjects.names(headings.get(one, "").rpartition(" > ")[2]))]
    return under[:1] if len(under) <= MOST else []


def _lead(db: Store, document: int, about: str) -> int:
    """The passage at the head of a document that says what it is about; else the first that is no front matter."""
    found = documents.passages(db, documents.leading(db, document, FIRST))
    pattern = subjects.defining(about)
    told = [one for one in found.values() if one.heading != chunking.FRONT]
    saying = [subjects.says(one.text, pattern, len(one.text)) for one in told]
    return told[saying.index(max(saying))].id if told else 0
