"""
Which of several days and hours is meant: the first and the last of a range, when doors open, until when.

    6 et 7 juin 2026   10.00 bis 16.30 Uhr   7.30 pm (doors 7 pm)   opened at 20:00 and closed at 21:45

Rules only; nothing here asks a model.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

from rag.dates import dates
from rag.extract.candidates import Candidate
from rag.extract.fields import UNTIL, Field, in_words
from rag.extract.flags import clauses, unaccented
from rag.extract.lexicon import APART, bag, units
from rag.extract.ranged import TILL as RANGED
from rag.extract.ranged import due
from rag.extract.shapes import TIME
from rag.extract.telling import Told

FIRST_OF = re.compile(
    r"(?<![\d.,/])(?P<day>\d{1,2})(?:st|nd|rd|th|er|\.)?\s?(?:et|und|and|y|e|&|–|—|-|to|bis|bis zum|au|al|a)\s?"
    r"(?:(?:the|le|el|dem|den)\s)?(?:[^\W\d_]{2,10}\.?,?\s)?\Z"
)
DUE = bag("deadline date by due until closing")
PAPER = bag(
    "recall announcement press notice invoice bill visit opened created issued signed report letter receipt document"
    " consultation"
)
DATED = re.compile(
    r"(?:^|\n|\||\*|\s{2,})(?:Datum|Date|Fecha|Tax point|Seen|Aufnahme|Invoice date|Bill date|Rechnungsdatum"
    r"|Date de facture|Data)[*\s|:]{1,8}(?:[^\W\d_]{2,10}\.?,?\s)?\Z"
)
BILL = bag("invoice bill receipt order")
NUMBERED = re.compile(  # before the day of a paper: "Facture n° 24-0078 du 8 juillet 2024"
    r"\b(?:facture|rechnung|invoice|bill|factura|fattura|factuur|quittung|receipt|reçu|lieferschein|bestellung|order)"
    r"(?:s?nummer|snr\.?)?\s(?:(?:n[°ºo]\.?|nr\.?|no\.?|num(?:ber|ero)?\.?|número|numéro)\s?)?\S*\d\S*,?"
    r"\s(?:du|vom|of|dated|del?|van|le)\s\Z",
    re.IGNORECASE,
)
DATELINE = re.compile(r"(?:^|\n)[ \t]*[A-ZÀ-Þ][\w.-]+(?:\s[A-ZÀ-Þ][\w.-]+)?,\s(?:den\s|le\s|am\s|a\s|el\s)?\Z")
PLAIN, LAST, LEAD = bag("date start event"), bag("end"), 50  # characters before a range
TILL = re.compile(r"\s?(?:–|—|-|to|till|until|bis|à|a|hasta(?: las)?|al)\s?", re.IGNORECASE)
DOORS = re.compile(
    r"\b(?:doors?(?: open)?|einlass|ouverture des portes|apertura de puertas|portes)\b[^\d\n]{0,12}\Z", re.IGNORECASE
)
BEGINS = re.compile(
    r"\b(?:begin\w*|starts?|start time|opened|opens|beginn|début|commence\w*|inicio|comienza|kick-?off"
    r"|called to order)\b"
    r"[^\d\n]{0,14}\Z",
    re.IGNORECASE,
)
ENDS = re.compile(
    r"\b(?:ends?|end time|ended|closed|closes|ende|fin|schluss|bis|until|till|jusqu['’]à|hasta|termina|adjourned)\b"
    r"[^\d\n]{0,14}\Z",
    re.IGNORECASE,
)
BARE = re.compile(r"(?<![\d:.,])(?:[01]?\d|2[0-3])(?:[.:][0-5]\d)?(?=\s?(?:–|—|-|bis|to|à)\s?\d)")


def day_told(text: str, one: Field, days: Sequence[tuple[Candidate, str]]) -> Told | None:
    """The day that a range, a deadline or the head of a paper says of a field."""
    if "due" in one.units or in_words(one.key[1]).rpartition(" ")[2] in UNTIL:
        return _deadline(text, one, days)
    if PAPER & set(in_words(one.key[1]).split()) and not one.units & APART:  # not "next_visit"
        bill = bool(BILL & set(in_words(one.key[1]).split()))
        return next((Told(iso, day.start, day.end, "label") for day, iso in days if _heads(text, day, bill)), None)
    wants_last = bool(one.units & LAST) and not one.units - LAST - {"date", "event"}
    if one.units - PLAIN and not wants_last:
        return None
    for candidate, iso in days:
        first = FIRST_OF.search(text, max(0, candidate.start - 26), candidate.start)
        if first is None or not 0 < int(first["day"]) < int(iso[8:]):
            continue
        said = iso if wants_last else f"{iso[:8]}{int(first['day']):02}"
        if next(dates(said), None) is not None:
            return Told(said, candidate.start if wants_last else first.start("day"), candidate.end, "sentence")
    return None


def _heads(text: str, day: Candidate, bill: bool) -> bool:
    """Whether a day is that of the paper: behind "Date:", or behind the place where a letter was written."""
    before = text[max(0, day.start - 60) : day.start]
    return any(way.search(before) is not None for way in (DATED, DATELINE, *[NUMBERED] * bill))


def day_of_period(text: str, one: Field, days: Sequence[tuple[Candidate, str]]) -> Told | None:
    """The first or the last day of the object that a range is said of: "Zeitraum 01.01.2023 bis 31.12.2023"."""
    if not one.owner or one.units - {"date"} not in ({"start"}, {"end"}):
        return None
    apart = sorted(((day, iso) for day, iso in days if day.kind == "date"), key=lambda pair: pair[0].start)
    for low, high in itertools.pairwise(apart):
        lead = text[max(0, low[0].start - LEAD) : low[0].start].rpartition("\n")[2]
        if RANGED.fullmatch(text, low[0].end, high[0].start) and one.owner & units(lead):
            day, iso = low if "start" in one.units else high
            return Told(iso, day.start, day.end, "label")
    return None


def _deadline(text: str, one: Field, days: Sequence[tuple[Candidate, str]]) -> Told | None:
    """The day until which something is asked: the only one, or the one beside a word of the field's name."""
    until = [(day, iso) for day, iso in days if due(text, day)]
    words = [unaccented(word)[:6] for word in in_words(one.key[1]).split() if word not in DUE]
    beside = [
        (day, iso)
        for day, iso in until
        for start, end in clauses(text)
        if start <= day.start < end and any(word in unaccented(text[start:end]).casefold() for word in words)
    ]
    among = beside or (until if len({iso for _, iso in until}) == 1 else [])
    return Told(among[0][1], among[0][0].start, among[0][0].end, "sentence") if among else None


def hour_told(text: str, one: Field) -> Told | None:
    """The hour that a field asks for: when doors open, when it begins, when it ends."""
    if one.kind != "text" or one.element or one.listed:
        return None
    hours = [match.span() for match in TIME.finditer(text)]
    doors = [span for span in hours if DOORS.search(text, max(0, span[0] - 30), span[0])]
    if "doors" in one.units:
        return Told(text[slice(*doors[0])], *doors[0], "label") if doors else None
    if "time" not in one.units or not one.units & {"start", "end"}:
        return None
    hours = [span for span in hours if span not in doors]
    pairs = [(low, high) for high in hours if (low := _low(text, high, hours)) is not None]
    way, at = (BEGINS, 0) if "start" in one.units else (ENDS, 1)
    named = [span for span in hours if way.search(text, max(0, span[0] - 30), span[0])]
    ranged = [pair[at] for pair in pairs]
    found = (ranged or named) if at == 0 or ranged else named
    if not found and at == 0:
        found = [span for span in hours if not ENDS.search(text, max(0, span[0] - 30), span[0])][:1]
    return Told(text[slice(*found[0])], *found[0], "label") if found else None


def _low(text: str, high: tuple[int, int], hours: Sequence[tuple[int, int]]) -> tuple[int, int] | None:
    """The hour before the dash: "10.00" of "10.00 bis 16.30 Uhr"."""
    for low in hours:
        if low[1] <= high[0] and TILL.fullmatch(text, low[1], high[0]):
            return low
    for match in BARE.finditer(text, max(0, high[0] - 14), high[0]):
        if TILL.fullmatch(text, match.end(), high[0]):
            return match.span()
    return None


__all__ = ["day_of_period", "day_told", "hour_told"]
