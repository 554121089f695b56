"""The answer as plain data: the object that `answer.schema.json` describes."""

from __future__ import annotations

from typing import Any

from rag import places
from rag.sentences import FENCE, fence_above
from rag.types import Answer, Citation


def to_json(given: Answer) -> dict[str, Any]:
    """The answer object, as `answer.schema.json` describes it."""
    return {
        "question": given.question,
        "answerable": given.answerable,
        "answer": given.text,
        "citations": [_cited(one) for one in given.citations],
        "nearest": [_cited(one) for one in given.nearest],
        "statements": [
            {"start": one.start, "end": one.end, "citations": list(one.citations)}
            | {"unsupported": [list(span) for span in one.unsupported]}
            for one in given.statements
        ],
        "passages": [
            _place(hit.passage, hit.passage.start, hit.passage.end)
            | {"text": hit.passage.text, "score": round(hit.score, 6)}
            | {"via": {way: {"rank": via.rank, "score": round(via.score, 6)} for way, via in hit.via.items()}}
            for hit in given.hits
        ],
        "model": given.model,
        "usage": dict(given.usage),
        "trace": dict(given.trace),
    }


def _cited(one: Citation) -> dict[str, Any]:
    return (
        {"quote": one.quote}
        | _place(one.passage, one.start, one.end)
        | {"line": one.passage.document.text.count("\n", 0, one.start) + 1}
        | {"kind": one.passage.document.kind, "highlights": [list(span) for span in one.highlights]}
        | ({"current": one.current} if one.current else {})
        | ({"fence": fence} if (fence := _fence(one)) else {})
    )


def _fence(one: Citation) -> str:
    """The fence of the code in which a quote begins; "" if it begins in none, or only ends one."""
    document = one.passage.document
    if document.kind != "markdown" or FENCE.match(one.quote):
        return ""
    return fence_above(document.text[: one.start])


def _place(passage: Any, start: int, end: int) -> dict[str, Any]:
    document = passage.document
    names = {"document": document.key, "title": document.title, "url": document.url}
    more = {"author": document.author, "date": document.date, "place": places.place(document, start, end)}
    known = {name: value for name, value in more.items() if value}  # who said it, when, on which page
    return {**names, "start": start, "end": end, "heading": passage.heading, **known}
