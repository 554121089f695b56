"""
Where in the original a passage stands: the page of a PDF, the slide of a presentation, the second of a recording.

Readers leave a table of offsets in `Document.meta`; here it is read. Nothing of ours is imported but the nouns.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rag.types import Document

NUMBER = re.compile(r" [0-9a-f]{32}(?=[/.:#_]|$)")
TABLES = ("pages", "slides", "times", "lines")  # fields of `meta` that are for the machine


def place(document: Document, start: int, end: int | None = None) -> str:
    """ "page 3", "pages 3-4", "slide 2", "0:01:15"; "" for documents without such places."""
    for name, word in (("pages", "page"), ("slides", "slide")):
        starts = document.meta.get(name)
        if isinstance(starts, list) and starts:
            first = max(bisect_right(starts, start), 1)
            last = max(bisect_right(starts, end - 1), first) if end else first
            return f"{word} {first}" if first == last else f"{word}s {first}-{last}"
    times = document.meta.get("times")
    if isinstance(times, list) and times:
        second = int(times[max(bisect_right([at for at, _ in times], start), 1) - 1][1])
        return f"{second // 3600}:{second % 3600 // 60:02}:{second % 60:02}"
    return ""


def readable(path: str) -> str:
    """A path for people: without the numbers that Notion puts behind the names of pages."""
    return NUMBER.sub("", path)


def address(url: str) -> str:
    """Where a document is published; a path, which could be taken for a line of the text, with what it is."""
    return url if re.match(r"[a-z][a-z0-9+.-]*:", url, re.IGNORECASE) else f"url: {url}"


def shown(meta: Mapping[str, Any]) -> dict[str, Any]:
    """The metadata without the tables of offsets."""
    return {name: value for name, value in meta.items() if name not in TABLES}
