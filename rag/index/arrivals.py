"""
The passage of notes of releases which says that something is new, where a question asks since when there is it: the
earliest of all that have its words, and not what is most alike, which only mentions it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from rag import arrivals, folding, releases, subjects
from rag.store import Store, documents
from rag.store.filters import Filters
from rag.types import Hit, Passage, Via

WORD = re.compile(r"[^\W\d_]{3,}")
MOST, READ = 2000, 300  # passages with all the words of a question; of these, in notes of releases, that are read


def with_arrival(db: Store, question: str, hits: Sequence[Hit], filters: Filters) -> list[Hit]:
    """The hits, and the passage that tells when what was asked for came, with `via["release"]` and the best score."""
    version = releases.named(question)
    found = _called(db, question, version, filters) if version else None
    if found is None and (asking := arrivals.asked(question)):
        notes = (arrivals.earliest(asking, words, passages) for words, passages in _tried(db, asking.words, filters))
        found = next((note.passage for note in notes if note), None)
    elif releases.LATEST.fullmatch(question):
        found = next((one for hit in hits if (one := _newest(db, hit.passage))), None)
    elif about := subjects.asked(question) and subjects.subject(question):
        found = _introduced(db, about, hits, filters)
    return _first(found, hits) if found else list(hits)


def _introduced(db: Store, about: str, hits: Sequence[Hit], filters: Filters) -> Passage | None:
    """The passage of notes that says what it is when it is new; None where a document is called so, which says it."""
    titled = [subjects.names(hit.passage.document.title, hit.passage.document.key) for hit in hits]
    if any(subjects.named(about, names) for names in titled):
        return None
    words, pattern = arrivals.WORD.findall(about), subjects.defining(about)
    saying = [one for one in _holding(db, words, filters) if subjects.says(one.text, pattern, len(one.text)) == 1]
    note = arrivals.earliest(arrivals.Asked("version", "added", tuple(words)), words, saying)
    return note.passage if note else None


def _tried(db: Store, words: Sequence[str], filters: Filters) -> Iterator[tuple[Sequence[str], list[Passage]]]:
    """Words of a question and the passages that have them: all, then without one that the name of the document says."""
    for some in arrivals.fewer(words):
        yield some, _holding(db, some, filters)
        for word in some if len(some) > 1 else ():
            left = _holding(db, [one for one in some if one != word], filters)
            yield some, [one for one in left if word in folding.fold(arrivals.name_of(one.document))]


def _called(db: Store, question: str, version: str, filters: Filters) -> Passage | None:
    """Where the notes of a release begin: at the heading that names it, or at the beginning of its document."""
    short, words = ".".join(map(str, releases.order(version)[0])), set(WORD.findall(folding.fold(question)))
    passages = [one for form in (short, f"v{short}") for one in _holding(db, [form], filters)]
    found = [(one, mark) for one in passages if (mark := _place(one, version))]
    begun = [(one, mark) for one, mark in found if not mark.end or one.start <= mark.start < one.end]

    def likely(own: tuple[Passage, releases.Mark]) -> tuple[int, bool, bool, str, int]:
        one, mark = own
        names = len(words & set(WORD.findall(folding.fold(arrivals.name_of(one.document)))))
        return -names, mark.version != version, not mark.day, one.document.key, one.start

    every = begun or [(one, mark) for one, mark in found if mark.start <= one.start]
    return min(every, key=likely)[0] if every else None


def _newest(db: Store, passage: Passage) -> Passage | None:
    """Where the notes of the newest release begin of those that a passage is of; None if it is of none."""
    mark, document = _place(passage), passage.document
    if mark is None:
        return None
    if mark.end:
        return next((one for one in documents.around(db, passage.id, MOST) if one.end > mark.start), None)
    beside = documents.beside(db, document.key, document.source).items()
    near = [(number, said, day[:10]) for number, (title, key, day) in beside if (said := releases.of(title, key))]
    number = near[releases.newest((said, day) for _, said, day in near)][0]
    return next(iter(documents.passages(db, documents.leading(db, number, 1)).values()), None)


def _place(passage: Passage, version: str = "") -> releases.Mark | None:
    document = passage.document
    return releases.place(document.title, document.key, document.date[:10], document.text, version)


def _first(passage: Passage, hits: Sequence[Hit]) -> list[Hit]:
    """The hits, a passage among them with the best score, found as that of a release."""
    score = hits[0].score if hits else 1.0
    known = next((hit.via for hit in hits if hit.passage.id == passage.id), {})
    own = Hit(passage, score, {**known, "release": Via(1, score)})
    return [own, *(hit for hit in hits if hit.passage.id != passage.id)]


def _holding(db: Store, words: Sequence[str], filters: Filters) -> list[Passage]:
    """The passages of notes of releases that have all these words, with their titles and headings."""
    match = " AND ".join(filter(None, map(folding.phrase, words)))
    both = db.holding(match, MOST) if match else []
    headings, titles, named = (documents.headings(db, both), documents.titles(db, both), documents.named(db, both))
    may = set(documents.ids(db, filters)) if filters != Filters() else None
    ours = [
        number
        for number in both
        if number in titles and (may is None or titles[number][0] in may)
        if _of_release(*named[titles[number][0]], headings.get(number, ""))
    ]
    return list(documents.passages(db, ours[:READ]).values())


def _of_release(title: str, key: str, heading: str) -> bool:
    return bool(releases.changelog(title, key) or any(releases.version(one) for one in heading.split(" > ")))
