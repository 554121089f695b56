"""
The version that release notes are of, and its day: what their first heading with a version says.

    ## Version 1.6.1 (2024-08-30)        * Noteworthy changes in release 1.21.3 (2022-02-26)        v2.0, 4 March 2024

Rules only; nothing here asks a model.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.extract.candidates import Candidate
from rag.extract.fields import Field, in_words
from rag.extract.lexicon import bag
from rag.extract.telling import Told

NUMBER = r"v?(?P<{}>\d{{1,4}}(?:\.\d{{1,5}}){{1,3}}(?:[-.]?(?:rc|beta|alpha|pre|dev|post|b|a)[-.]?\d*)?)(?![\w.]*\w)"
WORD = r"(?:version|release|ausgabe|versión|versione|versie|wersja|édition)"
HEADINGS = [  # those with marks before others
    re.compile(form, re.MULTILINE | re.IGNORECASE)
    for form in (
        rf"^(?:#{{1,4}}\s|\*{{1,2}}\s|==+\s)[^\n]{{0,60}}?(?<![\w.]){NUMBER.format('said')}[^\n]{{0,60}}$"
        rf"|^{NUMBER.format('begun')}(?:\s?[-–—,(:]\s?[^\n]{{4,40}})?\n(?=-{{3,}}|={{3,}})",
        rf"^[^\n.]{{0,60}}\b{WORD}\s{NUMBER.format('said')}[^\n.]{{0,40}}$",
    )
]
VERSION = bag("version release latest current new number")
DAY = bag("released release date on published day")


def release(text: str, one: Field, days: Sequence[tuple[Candidate, str]]) -> Told | None:
    """The version of the first heading that has one, or the day in it."""
    words = frozenset(in_words(one.key[1]).split())
    if one.element or one.listed:
        return None
    asked = ("version" in words and words <= VERSION) or words & bag("released release")
    heading = next((match for way in HEADINGS if (match := way.search(text))), None) if asked else None
    if heading is None:
        return None
    group = next(name for name, said in heading.groupdict().items() if said)
    if one.kind == "text" and "version" in words and words <= VERSION:
        return Told(heading[group], *heading.span(group), "label")
    if one.kind == "date" and words <= DAY:
        inside = ((day, iso) for day, iso in days if heading.start() <= day.start and day.end <= heading.end())
        return next((Told(iso, day.start, day.end, "label") for day, iso in inside), None)
    return None


__all__ = ["release"]
