"""
The ends of what is written as a range ("£33,247 – £40,906", "from 14:07 to 15:31", "Oslo to Bergen"), and whether a day
is the end of a time or that of a paper.

Rules only; nothing here knows fields.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence

from rag.extract.candidates import Candidate

AT = re.compile(
    r"(?:\s?Uhr)?,?\s(?:(?:um|at|ore|à|alle|a las|om|klo?|on|am|le|el|il)\s)?"
    r"(?:[^\W\d_]{2,9}(?:day|tag|di)?,?\s)?(?:den\s)?"
)
HOUR = re.compile(r"(?:\s(?:Uhr|hrs?|h|ore)\b)?")
DAYS = frozenset({"date", "day", "stamp"})
BETWEEN = re.compile(r"\s?(?:[-–—~〜]|to|bis|à|a|and|und|et)\s?(?:[€$£¥]|EUR|USD|GBP|CHF)?\s?", re.IGNORECASE)
UNTIL = re.compile(
    r"\b(?:by|until|till|before|no later than|bis(?: zum| spätestens)?|spätestens(?: am)?|vor dem|avant le|jusqu'au"
    r"|antes del?|hasta el|entro il|fino al?|tot(?: en met)?|uiterlijk|vóór|au plus tard le"
    r"|a más tardar el)\s+(?:[^\W\d_]{2,10}\.?,?\s+)?(?:the\s)?\Z",
    re.IGNORECASE,
)
ENDS = re.compile(r"\d{2},?\s\Z")  # of a day before "bis zum": the end of a range is no deadline
FROM = re.compile(
    r"\b(?:from|with effect from|effective(?: from)?|as (?:of|from)|since|(?:start|beginn)(?:s|ing)?|commenc(?:es|ing)"
    r"|ab(?: dem)?|seit(?: dem)?|beginnt am|(?<!bis )zum|à (?:partir|compter) du|dès le|depuis le|a partir del?"
    r"|desde(?: el)?|dal)"
    r"\s+(?:[^\W\d_]{2,10}\.?,?\s+)?(?:the\s|on\s)?\Z",
    re.IGNORECASE,
)
MADE = re.compile(
    r"\b(?:dated|made|signed|entered into|geschlossen|datiert)\s(?:(?:on|this|as of|am|vom)\s)?\Z", re.IGNORECASE
)
CHANGED = re.compile(
    r"\b(?:ris\w+|rose|rais\w+|increas\w+|go(?:es)? up|went up|grow\w*|grew|drop\w*|fall\w*|fell|reduc\w+"
    r"|lower\w*|cut|chang\w+|decreas\w+"
    r"|steig\w*|stieg\w*|erhöh\w+|sink\w*|sank|änder\w*|angehoben|pass\w+|augment\w+|baiss\w+|sub\w+|aument\w+"
    r"|baj\w+|reduc\w+|cambi\w+)\b"
    r"[^.;\n]{0,70}\b(?:from|von|de)\s(?:[€$£]|EUR|USD|GBP|CHF)?\s?\Z",
    re.IGNORECASE,
)
TILL = re.compile(
    r",?\s?(?:to|until|till|through|bis(?: zum| einschließlich)?|au|jusqu'au|à|al|hasta(?: el)?|a|–|—|-|and|und"
    r"|et|y|en|e|tot(?: en met)?|t/m|fino al?|até)\s?"
    r"(?:\w+(?:day|tag),?\s)?",
    re.IGNORECASE,
)
WAY = re.compile(r"(?:\s\([A-Z]{3}\))?\s(?:to|nach|→|->|–|vers|hacia)\s")
STAY = re.compile(  # beside the days of it
    r"\b(?:station(?:är|ary)\w*|in-?patients?|admitted|admission|stayed|aufenthalt\w*|krankenhaus\w*|klinik\w*"
    r"|patient\w*|hospital\w*|hôpital|séjour\w*|ingres\w+|ricover\w+|degenza|opname|opgenomen)\b",
    re.IGNORECASE,
)
AROUND = 70  # characters
UNIT = r"\s?(?:[€$£¥円元%]|EUR|USD|GBP|CHF|k\b)?"


def due(text: str, one: Candidate) -> frozenset[str]:
    """Whether a date is the end of a time: "by 10 June", "avant le 14 février"."""
    said = UNTIL.search(text, max(0, one.start - 24), one.start) if one.kind in DAYS else None
    is_until = said is not None and not ENDS.search(text, max(0, said.start() - 4), said.start())
    return frozenset({"due"}) if is_until else frozenset()


def made(text: str, one: Candidate) -> bool:
    """Whether a date is the day of a paper: "made on 1 April 2023"."""
    return one.kind in DAYS and MADE.search(text, max(0, one.start - 30), one.start) is not None


def stayed(text: str, one: Candidate, said: frozenset[str]) -> frozenset[str]:
    """Whether the first or the last day of a range is that of a stay in hospital: "stationär vom 4. bis 9. Mai"."""
    if one.kind not in DAYS or not STAY.search(text, max(0, one.start - AROUND), one.end + AROUND):
        return frozenset()
    return frozenset({"admission"} if "start" in said else {"discharge"} if "end" in said else ())


def ranges(text: str, found: Sequence[Candidate]) -> Mapping[Candidate, frozenset[str]]:
    """The ends of what is written as a range: "£33,247 – £40,906"."""
    numbers = sorted((one for one in found if one.kind == "number"), key=lambda one: one.start)
    ends: dict[Candidate, frozenset[str]] = {}
    for low, high in itertools.pairwise(numbers):
        if re.fullmatch(UNIT + BETWEEN.pattern, text[low.end : high.start], re.IGNORECASE):
            ends[low], ends[high] = frozenset({"min"}), frozenset({"max"})
            if CHANGED.search(text, max(0, low.start - 90), low.start):  # "rises from £845 to £890"
                ends[low], ends[high] = frozenset({"previous"}), frozenset({"new"})
    times = sorted((one for one in found if one.kind in ("date", "day", "time", "span")), key=lambda one: one.start)
    for one in times:
        if FROM.search(text, max(0, one.start - 30), one.start):
            ends[one] = frozenset({"start"} | ({"date"} if one.kind != "time" else {"time"}))
    for low, high in itertools.pairwise(times):
        if TILL.fullmatch(text, low.end, high.start):
            kind = "time" if low.kind == "time" else "date"
            ends[low], ends[high] = frozenset({"start", kind}), frozenset({"end", kind})
    names = sorted(
        (one for one in found if one.kind == "name" and text[one.start - 1 : one.start] != "("),
        key=lambda one: one.start,
    )
    for low, high in itertools.pairwise(names):
        if WAY.fullmatch(text, low.end, high.start):
            ends[low], ends[high] = frozenset({"origin"}), frozenset({"destination"})
    return ends


def moments(text: str, found: Sequence[Candidate]) -> list[Candidate]:
    """The days with their hour: "03.02.2025 um 17:00 Uhr", "18:00, 12 January 2026"."""
    parts = sorted((one for one in found if one.kind in ("date", "day", "time")), key=lambda one: one.start)
    both = [
        (one.start, HOUR.match(text, other.end).end() if other.kind == "time" else other.end)  # type: ignore[union-attr]
        for one, other in itertools.pairwise(parts)
        if (one.kind == "time") != (other.kind == "time") and AT.fullmatch(text, one.end, other.start)
    ]
    return [Candidate(text[start:end], start, end, "moment") for start, end in both]


__all__ = ["due", "made", "moments", "ranges", "stayed"]
