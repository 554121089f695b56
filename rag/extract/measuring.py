"""
Units of measure: which one stands behind a number, which one a field's name asks for, and exact conversions.

A number is converted only within its own system, by a factor that is exact: grams to kilograms, hours to minutes,
months to years; never pounds to kilograms or Fahrenheit to Celsius, which no document says. Nothing here knows
candidates.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, Inexact, localcontext
from pathlib import Path

MEASURES = Path(__file__).parent / "measures.txt"
MONEY = frozenset({"euro", "dollar", "sterling", "franc", "yen", "krona"})
# Words of a field's name that are no unit there: "year_built", "check_in".
SINGLE_TIME = frozenset("year jahr an año month monat mes day tag jour día date hour week".split())  # noqa: SIM905


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit: what it measures, in which system, and how many of the family's own unit it is."""

    family: str
    size: Decimal

    @property
    def is_money(self) -> bool:
        """Whether it is a currency."""
        return self.family in MONEY


def _table() -> dict[str, Unit]:
    found: dict[str, Unit] = {}
    for line in MEASURES.read_text(encoding="utf-8").splitlines()[1:]:
        family, _, said = line.partition(": ")
        for part in said.split():
            words, _, size = part.rpartition("=")
            for word in words.split("|"):
                found.setdefault(word.replace("_", " "), Unit(family, Decimal(size)))
    return found


UNITS = _table()
BEHIND = re.compile(
    r"[ \t\u00a0\u202f-]?(?P<unit>" + "|".join(re.escape(word) for word in sorted(UNITS, key=len, reverse=True))
    + r")(?![\w²³]|/h\b(?<=km))",
    re.IGNORECASE,
)  # fmt: skip
BEFORE = re.compile(r"(?P<unit>[€$£¥]|\b(?:CHF|EUR|USD|GBP|US\$|SEK|JPY|Fr\.))[ \t\u00a0\u202f]?[-–]?\Z")
WORDS, CLOSED = ("in", "an", "ch", "mes", "st"), re.compile(r"\s?\w+\s*(?:[.,;)×x|]|\Z|\n)")
IN_LABEL = re.compile(r"[(\[]\s?(?P<unit>[^\W\d_]{1,6}[²³23]?|%|°[CF])\s?[)\]]\s*[:|]?\s*\Z")


COUNTED = "pcs|pc|pieces?|sets?|packs?|pairs?|lots?|years?|pièces?|stück|stuks?|piezas?|pezzi"
AMOUNT = rf"\d[\d.,]*(?:[-–~]\d[\d.,]*)?(?:{COUNTED}|{'|'.join(map(re.escape, sorted(UNITS, key=len, reverse=True)))})"
SIZE = r"(?:\d{0,2}X{0,4}[SML]|\d{0,2}XL)"
AMOUNTS = re.compile(  # "6pcs/lot", "12cm/22g", "58-62cm", "S-5XL"
    rf"{AMOUNT}(?:[/x×*+~-](?:{AMOUNT}|{COUNTED}|box|bag|unit))*|{SIZE}(?:[-~/]{SIZE})+", re.IGNORECASE
)


def unit_at(text: str, start: int, end: int) -> Unit | None:
    """The unit of the number `text[start:end]`: behind it, a currency before it, or in its label: "Weight (kg)"."""
    match = BEHIND.match(text, end) or BEFORE.search(text, max(0, start - 5), start)
    match = match or IN_LABEL.search(text, max(0, start - 14), start)
    word = match["unit"] if match else ""
    if (len(word) == 1 and word.isupper() and word not in "WVCFL") or (word in WORDS and not CLOSED.match(text, end)):
        return None  # "12 in total"
    return UNITS.get(word.lower())


def unit_end(text: str, end: int) -> int:
    """Where the unit behind a number ends."""
    match = BEHIND.match(text, end)
    return match.end() if match else end


def unit_of_name(name: str) -> Unit | None:
    """The unit that the name of a field ends with, or begins with for a currency: "weight_g", "eur_total"."""
    words = name.split()
    if not words:
        return None
    for last in (" ".join(words[-2:]), words[-1]):
        unit = UNITS.get(last)
        if unit and len(words) > 1 and last not in SINGLE_TIME and last not in WORDS:
            return unit
    return next((UNITS[word] for word in words if word in ("eur", "usd", "gbp", "chf", "jpy")), None) or next(
        (UNITS[word] for word in words if word in ("years", "months", "hours", "minutes", "days", "weeks")), None
    )


def converted(value: int | float, own: Unit, wanted: Unit) -> int | float | None:
    """The value in another unit of its family, exactly; None where there is no exact one."""
    if own.family != wanted.family:
        return None
    with localcontext() as context:
        context.traps[Inexact] = True
        try:
            size = Decimal(repr(value)) * own.size / wanted.size
        except Inexact:
            return None
    made = int(size) if size == size.to_integral() else float(size)
    return made if Decimal(repr(made)) == size else None


__all__ = ["Unit", "converted", "unit_at", "unit_end", "unit_of_name"]
