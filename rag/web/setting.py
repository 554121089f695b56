"""Answers and hits with their texts set as HTML, for the templates. Everything is escaped."""

from __future__ import annotations

import re
from html import escape
from typing import Any

from rag.index import Index
from rag.store import pages
from rag.web.typeset import typeset

NUMBER = re.compile(r"[ \t]*\[(\d{1,2})\]")  # that a sentence stands on


def set_answer(index: Index, found: dict[str, Any]) -> dict[str, Any]:
    """An answer with each of its quotes set as HTML."""
    cited, near = (
        [{**one, "html": _quote_html(index, one)} for one in found.get(name, [])] for name in ("citations", "nearest")
    )
    same = cited and found["answer"].strip() == cited[0]["quote"].strip()
    prose = "" if same or not found["answerable"] else set_prose(found["answer"], found.get("statements", []))
    known = {"short": "", "thumb": 0, "asked_by": "", "created": ""}
    return {**known, **found, "citations": cited, "nearest": near, "prose": prose}


def _quote_html(index: Index, one: dict[str, Any]) -> str:
    spans = [(start, end) for start, end in one.get("highlights", [])]
    return typeset(one["quote"], spans, one.get("kind") or pages.kind(index.db, one["id"]), one["start"])


def set_prose(text: str, statements: list[dict[str, Any]]) -> str:
    """What a model wrote as HTML: each sentence with the numbers it stands on, what stands nowhere marked."""
    made, at = [], 0
    for one in statements:
        made.append(escape(text[at : one["start"]]))
        spans = [(start, end) for start, end in one["unsupported"]]
        made.append(_flagged(text, one["start"], one["end"], spans))
        at = one["end"]
    numbered = NUMBER.sub(r'<sup><a href="#\1">\1</a></sup>', "".join(made) + escape(text[at:]))
    parts = numbered.split("\n\n")
    return "".join(f"<p>{part}</p>" for part in parts if part.strip())


def _flagged(text: str, start: int, end: int, spans: list[tuple[int, int]]) -> str:
    made, at = [], start
    for first, last in spans:
        made.append(escape(text[at:first]))
        made.append(f'<span class="unsupported" title="not in the excerpts">{escape(text[first:last])}</span>')
        at = last
    return "".join(made) + escape(text[at:end])


def excerpt(text: str, words: list[str], reader: str) -> str:
    """The part of a passage around the words that were asked for; what is markup in Markdown is none elsewhere."""
    kind = "markdown" if reader == "markdown" else "text"
    known = [re.escape(word) for word in words if len(word) > 2] or ["(?!)"]
    pattern = re.compile(r"(?<!\w)(?:" + "|".join(known) + r")\w*", re.IGNORECASE)
    spans = [match.span() for match in pattern.finditer(text)]
    if len(text) > 700:
        middle = spans[0][0] if spans else 0
        start = text.rfind("\n", 0, max(0, middle - 150)) + 1
        end = text.find("\n", start + 500)
        end = len(text) if end < 0 or end - start > 1200 else end
        end = min(end, start + 1200)
        return typeset(text[start:end], [span for span in spans if span[0] < end and span[1] > start], kind, start)
    return typeset(text, spans, kind)
