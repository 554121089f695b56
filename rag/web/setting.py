"""Answers and hits with their texts set as HTML, for the templates. Everything is escaped."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from typing import Any

from rag.blocks import begins_in_code
from rag.index import Index
from rag.store import pages
from rag.web.typeset import Mark, typeset

FENCED = re.compile(r"^[ \t]*(?:`{3,}|~{3,}).*(?:\n|\Z)", re.M)
NUMBER = re.compile(r"[ \t]*\[(\d{1,2})\]")  # that a sentence stands on


def set_answer(index: Index, found: dict[str, Any]) -> dict[str, Any]:
    """An answer with each of its quotes set as HTML."""
    cited, near = (
        [{**one, "html": _quote_html(index, one)} for one in found.get(name, [])] for name in ("citations", "nearest")
    )
    same = cited and found["answer"].strip() == cited[0]["quote"].strip()
    prose = "" if same or not found["answerable"] else set_prose(found["answer"], found.get("statements", []))
    known: dict[str, Any] = {"short": "", "thumb": 0, "asked_by": "", "created": ""}
    known |= {"respelled": {}, "languages": {}, "unsaid": [], "elsewhere": [], "unshown": [], "lacks": ""}
    return {**known, **found, "citations": cited, "nearest": near, "prose": prose}


def _quote_html(index: Index, one: dict[str, Any]) -> str:
    spans = [(start, end) for start, end in one.get("highlights", [])]
    kind = one.get("kind") or pages.kind(index.db, one["id"])
    return set_part(
        one["quote"], spans, kind, one["start"], inside=bool(one.get("fence")) or begins_in_code(one["quote"])
    )


def set_part(text: str, spans: Sequence[Mark], kind: str, base: int = 0, *, inside: bool = False) -> str:
    """A part of a text as HTML; `inside` says that it begins within fenced code, whose end it may hold."""
    fence = FENCED.search(text) if inside else None
    if not inside or kind == "code":
        return typeset(text, spans, kind, base)
    end, after = fence.span() if fence else (len(text), len(text))
    rest = typeset(text[after:], spans, kind, base + after)
    return typeset(text[:end].rstrip("\n"), spans, "code", base) + rest


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
        shown = [span for span in spans if span[0] < end and span[1] > start]
        return set_part(text[start:end], shown, kind, start, inside=_inside(text, start, kind))
    return set_part(text, spans, kind, inside=_inside(text, 0, kind))


def _inside(text: str, start: int, kind: str) -> bool:
    """Whether a place of a passage of Markdown lies within fenced code."""
    fences = len(FENCED.findall(text, 0, start)) if kind == "markdown" else 0
    return kind == "markdown" and (fences + begins_in_code(text)) % 2 == 1
