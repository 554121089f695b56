"""
Dates as people write them, with every reading: "2024-03-01", "1 March 2024", "1er mars 2024", "3/4/24", "2024年3月1日".

What is read is ISO 8601 as far as it is said: "March 2024" is "2024-03". Nothing here knows fields or documents.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import accumulate

MONTHS = (
    "january jan januar janvier janv enero ene gennaio gen januari janeiro января",
    "february feb februar février févr fév febrero febbraio februari fevereiro fev февраля",
    "march mar märz mrz mars marzo maart mrt março марта",
    "april apr avril avr abril abr aprile апреля",
    "may mai mayo maggio mag mei maio мая",
    "june jun juni juin junio giugno giu junho июня",
    "july jul juli juillet juil julio luglio lug julho июля",
    "august aug août agosto ago augustus августа",
    "september sep sept septembre septiembre settembre set setembro сентября",
    "october oct oktober okt octobre octubre ottobre ott outubro out октября",
    "november nov novembre noviembre novembro ноября",
    "december dec dezember dez décembre déc diciembre dic dicembre dezembro декабря",
)
MONTH = {name: number for number, names in enumerate(MONTHS, 1) for name in names.split()}
MONTH_NAME = "(?i:" + "|".join(sorted(MONTH, key=len, reverse=True)) + ")"
WEEKDAYS = (
    "monday mon montag mo lundi lun lunes lunedì lunedi segunda-feira segunda maandag ma понедельник пн"
    " tuesday tues tue dienstag di mardi mar martes martedì martedi terça-feira terça dinsdag вторник вт"
    " wednesday wed mittwoch mi mercredi mer miércoles mié mercoledì mercoledi quarta-feira quarta woensdag wo среда ср"
    " thursday thurs thu donnerstag do jeudi jeu jueves jue giovedì giovedi gio quinta-feira quinta donderdag"
    " четверг чт"
    " friday fri freitag fr vendredi ven viernes vie venerdì venerdi sexta-feira sexta vrijdag vr пятница пт"
    " saturday sat samstag sonnabend sa samedi sam sábado sáb sabato sab zaterdag za суббота сб"
    " sunday sun sonntag so dimanche dim domingo dom domenica zondag zo воскресенье вс"
)
WEEKDAY = "(?i:" + "|".join(sorted(WEEKDAYS.split(), key=len, reverse=True)) + ")"
NAME = "(?P<name>" + "|".join(sorted(MONTH, key=len, reverse=True)) + r")\.?"
DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th|er|\.|º|ª)?"
YEAR = r"(?P<year>\d{4})"
TIME = r"(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?"
FORMS = (
    rf"(?<!\d){YEAR}(?P<mark>[-/.])(?P<month>\d{{1,2}})(?P=mark)(?P<day>\d{{1,2}}){TIME}(?!\d)",
    rf"(?<!\d){YEAR}\s?年\s?(?P<month>\d{{1,2}})\s?月(?:\s?(?P<day>\d{{1,2}})\s?日)?",
    rf"(?<!\d){YEAR}\s?년\s?(?P<month>\d{{1,2}})\s?월(?:\s?(?P<day>\d{{1,2}})\s?일)?",
    rf"(?<![\d.]){DAY}(?:[\s-]+|\s+(?:of|de|di)\s+){NAME}(?:,?[\s-]+|\s+(?:of|de|del)\s+){YEAR}(?!\d)",
    rf"(?<!\w){NAME}\s+{DAY}\s*,?\s+{YEAR}(?!\d)",
    rf"(?<!\w){NAME}\s+(?:de\s+)?{YEAR}(?!\d)",
)
MAY = re.compile(r"[0-9]{4}|[0-9][-./][0-9]")  # what every date has
SLASHED = re.compile(r"(?<![\d./-])(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})(?![\d]|[./-]\d)")

HOLDS = (  # what stands before the day from which something holds
    r"\b(?:valid (?:from|as (?:of|from)|since)|effective|in (?:force|effect)(?: (?:from|since|as of))?|with effect from"
    r"|(?:appli(?:es|cable)|apply) (?:from|as of|since)|gültig (?:ab|seit|vom)|g[ie]lt(?:en)? (?:ab|seit)"
    r"|in kraft (?:ab|seit|getreten am)"
    r"|tritt (?:am|mit)|mit wirkung (?:vom|ab|zum)|stand|en vigueur|applicables?|valables?|à compter du|vigentes?"
    r"|en vigor|vigencia"
    r"|válid[oa]s?|em vigor|in vigore|valid[oaie] dal|geldig (?:vanaf|per|sinds)|van kracht|ingangsdatum|(?:gäller"
    r"|giltig) från"
    r"|(?:gælder|gyldig) fra|obowiązuje od|ważny od|voimassa)\b"
)
ADOPTED = (
    r"\b(?:adopted|approved|enacted|passed|(?:last )?(?:updated|revised|amended)|beschlossen|fassung vom|adoptée?s?"
    r"|approuvée?s?"
    r"|aprobad[oa]s?|aprovad[oa]s?|approvat[oaie]|vastgesteld|antagen|vedtaget|uchwalon\w+)\b"
)
SOON = 60  # characters after that, within which the day is said


# ISO 8601, as much of it as is known, as any reader of patterns understands it: no day that the calendar has not.
LEAP = "(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)"  # years with a 29 February
OF_MONTH = (
    "(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8])"
)
CLOCK = "(?:[01][0-9]|2[0-3])(?::[0-5][0-9](?::[0-5][0-9](?:[.][0-9]{1,9})?)?)?"
ZONE = "(?:Z|[+-](?:[01][0-9]|2[0-3]):?[0-5][0-9])"
ISO = f"[0-9]{{4}}(?:-(?:0[1-9]|1[0-2]))?|(?:[0-9]{{4}}-(?:{OF_MONTH})|{LEAP}-02-29)(?:T{CLOCK}{ZONE}?)?"


@cache
def _compiled(forms: tuple[str, ...]) -> list[re.Pattern[str]]:
    """The forms, once one is looked for: most commands look for none, and each takes half a millisecond."""
    return [re.compile(form, re.IGNORECASE) for form in forms]


@dataclass(frozen=True, slots=True)
class When:
    """A date that stands at `text[start:end]`. `doubt` is above 0 where day and month, or a century, are guessed."""

    iso: str
    start: int
    end: int
    doubt: int = 0


def dates(text: str) -> Iterator[When]:
    """Every reading of every date of a text."""
    plain = _digits(text)
    if not MAY.search(plain):
        return
    held: list[tuple[int, int]] = []
    for form in _compiled(FORMS):
        held.sort()
        starts = [start for start, _ in held]  # matches of one form stand apart: only those of others hold one
        ends = list(accumulate((end for _, end in held), max))
        for match in form.finditer(plain):
            if (before := bisect_right(starts, match.start())) and match.end() <= ends[before - 1]:
                continue  # "March 2024" of "1 March 2024"
            parts = match.groupdict()
            month = MONTH.get((parts.get("name") or "").lower()) or int(parts.get("month") or 0)
            if iso := _iso(int(parts["year"]), month, int(parts.get("day") or 0)):
                held.append(match.span())
                yield When(iso, *match.span())
    for match in SLASHED.finditer(plain):
        one, other, year = int(match[1]), int(match[3]), int(match[4])
        years = [year] if len(match[4]) == 4 else [2000 + year, 1900 + year]
        order = [(other, one), (one, other)] if match[2] == "." or one > 12 else [(one, other), (other, one)]
        readings = [iso for full in years for month, day in order if (iso := _iso(full, month, day))]
        for doubt, iso in enumerate(dict.fromkeys(readings)):
            yield When(iso, *match.span(), doubt)


DAYS = (
    rf"(?<![\d.,]){DAY}(?:[\s-]+|\s+(?:of|de|di)\s+){NAME}(?!\w)",
    rf"(?<!\w){NAME}\s+{DAY}(?![\w:.,]\d|\d)",
    r"(?<!\d)(?P<month>\d{1,2})\s?月\s?(?P<day>\d{1,2})\s?日",
)


@dataclass(frozen=True, slots=True)
class Day:
    """A day of a year that is not said, "9 June"; it stands at `text[start:end]`."""

    month: int
    day: int
    start: int
    end: int


def days(text: str) -> Iterator[Day]:
    """The days of a text that are said without a year (also those within a date that has one)."""
    plain = _digits(text)
    for form in _compiled(DAYS):
        for match in form.finditer(plain):
            parts = match.groupdict()
            month = MONTH.get((parts.get("name") or "").lower()) or int(parts.get("month") or 0)
            if _iso(2000, month, int(parts["day"])) and parts["day"] != "0":
                yield Day(month, int(parts["day"]), match.start(), match.end() - match[0].endswith("."))


def is_iso(text: str) -> bool:
    """Whether a text is ISO 8601 as far as it is said, and of the calendar: "2024", "2024-03", "2024-03-01T10:00Z"."""
    return bool(re.fullmatch(ISO, text))


def titled_year(text: str) -> str:
    """The year that the first line of a text says, of which its days are, then; "" if none: "Garden diary 2025"."""
    line = text.lstrip().partition("\n")[0]
    found = re.findall(r"(?<![\w.,/-])(?:19|20)\d\d(?![\w/-]|[.,]\d)", line)
    return found[0] if len(line) < 120 and len(set(found)) == 1 else ""


def date(text: str) -> str:
    """The date that a whole text is, as ISO 8601; empty if it is none or may be two: "3/4/2024"."""
    text = text.strip()
    found = {when.iso for when in dates(text) if when.start == 0 and when.end == len(text)}
    return found.pop() if len(found) == 1 else ""


def held_from(text: str, labels: tuple[str, ...] = (HOLDS, ADOPTED)) -> str:
    """
    From when on something holds, by the first day, month or year that stands after words that say so; "" if none does.

    "valid from 1 April 2025", "Stand: März 2019", "As adopted by the general meeting on 20 March 2021".
    """
    for label in _compiled(labels):
        for match in label.finditer(text):
            after = text[match.end() : match.end() + SOON + 20].partition("\n\n")[0]
            found = sorted((one for one in dates(after) if not one.doubt), key=lambda one: (one.start, -one.end))
            if found and found[0].start <= SOON:
                return found[0].iso
            if month := re.match(r"[\s:]{1,3}(0[1-9]|1[0-2])[/.]((?:19|20)\d\d)(?!\d)", after):
                return f"{month[2]}-{month[1]}"
            if year := re.match(r"[\s:]{1,3}(?:\w{1,10} ){0,2}((?:19|20)\d\d)(?![\w/-]|[.,]\d)", after):
                return year[1]
    return ""


def _iso(year: int, month: int, day: int) -> str:
    if not 1 <= month <= 12 or not 0 <= day <= 31:
        return ""
    return f"{year:04}-{month:02}" + (f"-{day:02}" if day else "")


def _digits(text: str) -> str:
    """The text with the digits of every script as ASCII, character by character."""
    if text.isascii():
        return text
    return "".join(str(unicodedata.decimal(char)) if char.isdecimal() else char for char in text)
