"""
The year that a paper is of, by its heading: "Council Tax bill 2026/27", "Steuerbescheid 2025".

Rules only; nothing here asks a model.
"""

from __future__ import annotations

import re

from rag.extract.fields import Field, in_words
from rag.extract.lexicon import bag
from rag.extract.telling import Told

LINES, LONGEST, WORDED = 12, 90, 8  # lines of a paper among which its heading stands, characters and letters of it
OF_PAPER = bag(
    "tax fiscal financial school academic budget assessment reporting billing statement steuer schul geschäfts fiscale"
    " fiscal belasting school"
)
YEAR = re.compile(r"(?<![\w./-])(?P<year>(?:19|20)\d\d)(?:\s?[/–-]\s?(?:\d{2}|20\d\d))?(?![\w/-]|[.,]\d)")
DIGITS = re.compile(r"\d+")


def year_of_paper(text: str, one: Field) -> Told | None:
    """The only number of a line of words near the top that is a year, for a field such as `tax_year`."""
    words = frozenset(in_words(one.key[1]).split())
    if one.kind != "number" or one.element or one.listed or "year" not in words or not words - {"year"} <= OF_PAPER:
        return None
    if words == {"year"}:
        return None
    at = 0
    for line in text.split("\n")[:LINES]:
        match = YEAR.search(line)
        if match and len(line) <= LONGEST and sum(map(str.isalpha, line)) >= WORDED:
            rest = line[: match.start()] + line[match.end() :]
            if not DIGITS.search(rest) and ":" not in line:
                return Told(int(match["year"]), at + match.start("year"), at + match.end("year"), "label")
        at += len(line) + 1
    return None


__all__ = ["year_of_paper"]
