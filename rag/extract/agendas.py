"""
The points of a programme, a line each: when, what, who, where.

    09.20 Uhr  Small schools (Prof. Lars Oetting)    2:00 PM - Intro to HAL      18.30  Folk songs (Choir) - Market
                                                           Jess Kowalczyk

Rules only; nothing here asks a model.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.extract.fields import Field
from rag.extract.items import Row
from rag.extract.lexicon import bag
from rag.extract.natures import ORGANISATION
from rag.extract.stations import STARTS

FEW, MANY, LONGEST = 2, 60, 160
HOUR = r"(?:[01]?\d|2[0-3])"
CLOCK = rf"(?:{HOUR}(?:[:.h]|\sh\s)[0-5]\d|{HOUR}(?=\s?(?:Uhr|h\b|[ap]\.?m)))(?:\s?[ap]\.?m\b\.?)?"
POINT = re.compile(
    rf"[ \t]*(?:[-*+•|]{{1,2}}[ \t]+)?[*_]{{0,2}}(?P<start>{CLOCK})(?:\s?(?:Uhr|h)\b)?"
    rf"(?:\s?(?:[-–—]|to|until|bis|à|a|tot)\s?(?P<end>{CLOCK})(?:\s?(?:Uhr|h)\b)?)?[*_]{{0,2}}"
    r"(?:[ \t]*[-–—:|][ \t]+|[ \t]{1,20})(?P<rest>[^\s|][^\n|]*?)[ \t|]*",
    re.IGNORECASE,
)
NAMED = r"(?:[A-ZÀ-Þ][\w'’.-]*|of|de|la|le|du|von|van|der|den|di|da|del|&|and|und|et|y|e|the)"
NAMES = re.compile(rf"(?=[A-ZÀ-Þ]){NAMED}(?:,?\s{NAMED}){{0,9}}")
IN_BRACKETS = re.compile(r"\s*\((?P<who>[^()]{3,80})\)(?:\s*(?:[-–—,:@]|in|im|at)\s+(?P<where>[^()]{2,60}))?\s*\Z")
BY = re.compile(rf"\s*(?:,\s|\s[-–—]\s|\s)(?:by|with|mit|von|avec|par|con|met|door)\s(?P<who>{NAMES.pattern})\s*\Z")
BELOW = re.compile(rf"[ \t]{{2,20}}(?:[-–—*]\s)?(?P<who>{NAMES.pattern})[ \t]*")
WHERE = re.compile(r"(?:\s[-–—@]\s|\s\|\s|\s{2,})(?P<where>(?=[A-ZÀ-Þ\d])[^\n]{2,40})\Z")
WHO = bag(
    "speaker performer artist presenter teacher moderator host lecturer musician band author player chair referent"
)
PLACES = bag("room place stage hall venue location track saal raum ort site")


def agenda(text: str, wanted: Sequence[Field]) -> list[Row]:
    """The lines that a time of day begins, where the fields ask when, what, and who or where; none if only one."""
    start = next((one for one in wanted if one.kind == "text" and one.units & STARTS), None)
    end = next((one for one in wanted if one.kind == "text" and "end" in one.units and one is not start), None)
    who = next((one for one in wanted if one.kind == "text" and (one.nature == "person" or one.words & WHO)), None)
    where = next(
        (one for one in wanted if one.kind == "text" and one is not who and one.units & PLACES | one.words & PLACES),
        None,
    )
    what = next(
        (one for one in wanted if one.kind == "text" and one not in (start, end, who, where) and not one.wants), None
    )
    if start is None or what is None or (who is None and where is None):
        return []
    rows: list[Row] = []
    lines = text.split("\n")
    for n, line in enumerate(lines):
        point = POINT.fullmatch(line)
        if point is None or len(point["rest"]) > LONGEST:
            continue
        rest, row = point["rest"].strip(" *_"), Row()
        row[start.key[1]] = [point["start"].strip()]
        if end and point["end"]:
            row[end.key[1]] = [point["end"].strip()]
        rest = _who(rest, who, where, row)
        if where and where.key[1] not in row and (place := WHERE.search(rest)):
            row[where.key[1]], rest = [place["where"].strip()], rest[: place.start()]
        below = BELOW.fullmatch(lines[n + 1]) if n + 1 < len(lines) else None
        if who and who.key[1] not in row and below:
            row[who.key[1]] = [below["who"].strip()]
        row[what.key[1]] = [rest.strip(" ,;:–—-*_")]
        rows.append(row)
    return rows[:MANY] if len(rows) >= FEW else []


def _who(rest: str, who: Field | None, where: Field | None, row: Row) -> str:
    """What is left of a point without who gives it, and where that stands behind: "(Lars Oetting) - Market"."""
    if who is None:
        return rest
    found = IN_BRACKETS.search(rest)
    if found and not (NAMES.fullmatch(found["who"]) and (" " in found["who"] or ORGANISATION.search(found["who"]))):
        found = None
    if found and found["where"] and where:
        row[where.key[1]] = [found["where"].strip()]
    found = found if found and (where or not found["where"]) else None
    found = found or BY.search(rest)
    if found is None:
        return rest
    row[who.key[1]] = [found["who"].strip()]
    return rest[: found.start()]


__all__ = ["agenda"]
