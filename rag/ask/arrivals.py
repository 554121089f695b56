"""
Which version brought something, and when; when a version came out; which is the newest: told by the notes of releases.

The passage that tells it is found by `rag.index`, and marked as that; here it is read, and cut to the item, the heading
or the line with the day that says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rag import arrivals, dates, releases
from rag.types import Citation, Hit, Passage

HEAD = 2000  # characters of a document in which its day stands


def told(question: str, hits: Sequence[Hit]) -> tuple[str, Citation] | None:
    """The version and the day that are asked for, and what tells them; None if that is not the question."""
    own = next((hit.passage for hit in hits if "release" in hit.via), None)
    if own is None:
        return None
    document, version = own.document, releases.named(question)
    mark = releases.place(document.title, document.key, document.date[:10], document.text, version)
    if version and mark:
        return (mark.day, _heading(own, mark)) if mark.day else None
    if asking := arrivals.asked(question):
        for words in arrivals.fewer(asking.words):
            if note := arrivals.earliest(asking, words, [own]):
                return _said(note.release, asking.wanted), _cut(own, note.start, note.end)
    latest = mark is not None and releases.LATEST.fullmatch(question)
    return (_said(mark, "version"), _heading(own, mark)) if mark and latest else None


def _said(mark: releases.Mark, wanted: str) -> str:
    first, other = (mark.version, mark.day) if wanted == "version" or not mark.day else (mark.day, mark.version)
    return f"{first} ({other})" if other else first


def _heading(own: Passage, mark: releases.Mark) -> Citation:
    """The heading of a release; of one with a document of its own the line at the head that has its day, or it all."""
    text = own.document.text
    if mark.end:
        return _cut(own, mark.start, mark.end)
    lines, at = [], 0
    for line in text[:HEAD].splitlines(keepends=True):
        said = line.strip()
        if said:
            start = at + line.index(said)
            lines.append((start, start + len(said)))
        at += len(line)
    days = [any(one.iso[:10] == mark.day for one in dates.dates(text[slice(*span)])) for span in lines]
    span = lines[days.index(True)] if mark.day and True in days else (own.start, own.end)
    return _cut(own, *span)


def _cut(own: Passage, start: int, end: int) -> Citation:
    text = own.document.text
    passage = replace(own, start=start, end=end, text=text[start:end])
    return Citation(passage, text[start:end], start, end)
