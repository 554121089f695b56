"""
What was replied to the messages found first: the other messages of their threads, and what a mail forwards.

The message that asks the same is the most like a question; the one that answers it may share hardly a word with it
("It was a burr!"). Threads are told by their subjects, which are looked for as phrases.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rag import messages, ranking
from rag.store import Store, documents
from rag.types import Document, Hit, Via

THREADS = 3  # of the first messages, whose other messages are looked for
FIRST = 6  # passages among which these are
MOST = 12  # messages of a thread that are taken along, the last
SHARE = 0.95  # of the score of the message found, which its replies have
NEAR = 0.75  # of the score of the best, which the first message of a thread must have
WORDS = 2  # of a subject that names one thread
Find = Callable[[str], Sequence[int]]  # passages that hold a phrase, by their numbers


def with_replies(db: Store, hits: Sequence[Hit], find: Find) -> list[Hit]:
    """
    The hits, and below them the messages of the threads of the first ones; both have `via["thread"]`, and a score near
    that of the best of their thread.
    """
    best: dict[str, float] = {}
    for hit in hits[:FIRST]:
        name = messages.thread(hit.passage.document)
        if name and len(best) < THREADS and hit.score >= NEAR * hits[0].score:
            best.setdefault(name, hit.score)
    if not best:
        return list(hits)
    made = [_raised(hit, best) for hit in hits]
    known = {hit.passage.id for hit in hits}
    for name, score in best.items():
        for passage in _others(db, name, hits, find):
            if passage.passage.id not in known:
                known.add(passage.passage.id)
                made.append(Hit(passage.passage, SHARE * score, {"thread": Via(len(made) + 1, SHARE * score)}))
    return made


def _raised(hit: Hit, best: dict[str, float]) -> Hit:
    name = messages.thread(hit.passage.document)
    if name not in best:
        return hit
    score = max(hit.score, SHARE * best[name])
    return Hit(hit.passage, score, {**hit.via, "thread": Via(1, score)})


def _others(db: Store, name: str, hits: Sequence[Hit], find: Find) -> list[Hit]:
    """The first passages of the last messages of a thread, and of what belongs to the mails of it that were found."""
    own = [hit.passage.document for hit in hits if messages.thread(hit.passage.document) == name]
    subject = messages.subject(own[0].title).replace('"', " ")
    numbers: list[int] = []
    if len(subject.split()) >= WORDS:
        phrases = ranking.asked(f'"{subject}"').phrases
        numbers = [number for phrase in phrases for number in find(phrase)]
    numbers += documents.first_passages(db, [(one.source, _counterpart(one)) for one in own])
    found = documents.hits(db, [(number, 0.0, {}) for number in dict.fromkeys(numbers)])
    of: dict[tuple[str, str], Hit] = {}
    for hit in sorted(found, key=lambda one: one.passage.start):
        document = hit.passage.document
        if messages.thread(document) == name or any(_counterpart(one) == document.key for one in own):
            of.setdefault((document.source, document.key), hit)
    return sorted(of.values(), key=lambda one: one.passage.document.date)[-MOST:]


def _counterpart(document: Document) -> str:
    """The key of what a mail forwards, or of the mail that forwards it."""
    key = document.key
    return key.removesuffix(messages.FORWARDED) if key.endswith(messages.FORWARDED) else key + messages.FORWARDED
