"""
Numbers where they belong: which of a text a field can say, in its unit.

A paragraph's number, the number of an order, a house's and a time's are no amounts; a field that names a unit takes no
number of another, converts exactly what it may, and one that asks for money takes only money. Nothing here asks a
model.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from rag.extract import rows as tables
from rag.extract.candidates import Candidate
from rag.extract.fields import Field, in_words
from rag.extract.lexicon import bag, units
from rag.extract.matching import PRICED, SURE, Matches, asks_percent, is_money, is_percent
from rag.extract.measuring import Unit, converted, unit_at, unit_of_name
from rag.extract.scales import scale_of, scaled, without_scale
from rag.extract.shapes import ADDRESS

JSON = int | float
MONEYED = PRICED | bag("fee fees deposit rent cost costs budget damage capital expenses income advance value salary")
CODED = bag("number code year iban")
MEASURED = bag(  # what has a unit, though the field does not name it
    "temperature temp weight height width depth length area power duration size time volume capacity distance age speed"
    " energy voltage load torque dose amount range gewicht höhe breite fläche leistung dauer temperatur température"
)
# What stands before a number that is a name of something: "§ 4", "no. 33810", "Bay 6"
NAMED = re.compile(
    r"(?:§§?|\b(?:art(?:icle|ikel)?|no|nr|num|n°|nº|section|clause|ref|ticket|case|invoice|order|page|item|unit|plot|flat|room|bay"
    r"|ward|tel|fax|phone|vat|route|line|ligne|linie|platform|gate|chapter|kapitel|top|bus|tram|dock|version|article"
    r"|apt|suite)\b\.?:?|#|№)\s?\Z",
    re.IGNORECASE,
)
DAY = re.compile(r"\s?(?:am|vom|bis|zum|den|ab|der)\s\d{1,2}\.\d{1,2}\b")
CHANGE = re.compile(r".*\b(?:up|down|by|gained|lost|um)\s\d[\d.,]*\s?\w+\s(?:to|auf|à|a)\b", re.DOTALL | re.IGNORECASE)
TIMES = re.compile(r"\s?[x×]\s?")
ORDINAL = re.compile(r"(?:st|nd|rd|th|ème|er|ª|º)(?!\w)")
YEAR, YEARED = bag("year jahr année año anno jaar vintage jahrgang millésime"), re.compile(r"[12]\d{3}")
SCALES = MEASURED | bag("ph density concentration acidity percent alcohol")
LABELLED, READ = re.compile(r"(?:\A|[|;,]|\s{2})\s*(?P<said>[^\d:|;]{1,40}?)\s?:\s*\Z"), 60
MONEY = re.compile(r"[^\n]{0,3}(?:[€$£¥]|\b(?:EUR|USD|GBP|CHF))")
TOTALS = bag("total subtotal amount_due")
PER_UNIT = re.compile(  # behind a price that is no sum: "31,20 ct/kWh"
    r"\s?(?:ct|cts|cents?|Cent|c|p|[€$£]|EUR|USD|GBP|CHF)?\s?(?:/|per\s|je\s|pro\s|par\s|por\s|al\s)\s?"
    r"(?:[kM]Wh|kW|m³|m3|m²|m2|kg|g|t|l|km|units?|Stück|pieces?|pcs|pièces?|unidad(?:es)?|Liter|lit(?:re|er)s?)(?!\w)"
)
STOREY = bag("floor storey etage stock stockwerk étage planta")
COUNTED = Path(__file__).parent / "counted.txt"


@dataclass(frozen=True, slots=True)
class Figure:
    """A number that a field can say: the candidate with its value, in the field's unit."""

    one: Candidate
    value: JSON
    converted: bool = False
    foreign: bool = False  # whether it stands there in another unit, not only in another scale


class Figures:
    """The numbers of a text."""

    def __init__(self, text: str, found: Sequence[Candidate], matches: Matches) -> None:
        self.text = text
        self.matches = matches
        self.comma = tables.comma_decimal(text)
        self.numbers = [one for one in found if one.kind == "number"]
        self._of = {one: unit_at(text, *self._digits(one)) for one in self.numbers}
        for one, other in itertools.pairwise(reversed(self.numbers)):  # "40 x 25 x 9 cm"
            if self._of[other] is None and TIMES.fullmatch(text, other.end, one.start):
                self._of[other] = self._of[one]
        addresses = [match.span() for match in ADDRESS.finditer(text)]
        names = [(one.start, one.end) for one in found if one.kind == "name" and " " in one.text]
        self._apart = {one for one in self.numbers if self._is_name(one, [*addresses, *names])}

    def _digits(self, one: Candidate) -> tuple[int, int]:
        """Where a number itself stands, without what sticks to it."""
        match = re.match(r"[^\d]*\d(?:[\d.,'’  ]*\d)?", one.text)
        return (one.start, one.start + match.end()) if match else (one.start, one.end)

    def _is_name(self, one: Candidate, within: Sequence[tuple[int, int]]) -> bool:
        """Whether a number is no amount but a part of a name, of an address, or the number of something."""
        if NAMED.search(self.text, max(0, one.start - 14), one.start):
            return True
        if DAY.match(self.text, max(0, one.start - 4)) and self.text[one.end : one.end + 1] == ".":
            return True
        inside = self._of[one] is None and any(start <= one.start and one.end <= end for start, end in within)
        return inside or (ORDINAL.match(self.text, self._digits(one)[1]) is not None and self._of[one] is None)

    def fitting(self, field: Field) -> list[Figure]:
        """The numbers that a field can say, each in its unit; one without a unit only if none has a fitting one."""
        found = [
            figure
            for one in self.numbers
            if (figure := self._figure(field, one)) and not (figure.foreign and not self.matches.of(field.key, one))
        ]
        if field.bounds:
            low, high = field.bounds
            found = [figure for figure in found if low <= figure.value <= high]
        if wanted(field) and (measured := [figure for figure in found if self._of[figure.one]]):
            return measured
        return found

    def _figure(self, field: Field, one: Candidate) -> Figure | None:
        if one.text in field.digits:
            return None
        value = tables.amount(one.text, whole=field.whole, comma=self.comma)
        scale = scale_of(in_words(field.key[1]))
        plain = value
        if value is not None and scale is not None and (scale > 1 or is_money(self.text, one)):
            value = scaled(value, one.text, scale, self.text[self._digits(one)[1] :][:12])
        sureness = self.matches.of(field.key, one)
        if value is None or not self._may(field, one, sureness):
            return None
        own, unit = self._of[one], wanted(field)
        if unit is None or own is None:
            return None if field.whole and isinstance(value, float) else Figure(one, value, value != plain)
        said = converted(value, own, unit)
        if said is None or (field.whole and isinstance(said, float)):
            return None
        return Figure(one, said, said != plain, said != value)

    def _may(self, field: Field, one: Candidate, sureness: float) -> bool:
        """Whether a number can be what a field asks for."""
        own, unit = self._of[one], wanted(field)
        apart = one in self._apart and not field.units & CODED and not self._is_numbered(field, one)
        if apart or CHANGE.match(self.text[max(0, one.start - 8) : one.end + 10]):
            return False
        if field.units & TOTALS and PER_UNIT.match(self.text, self._digits(one)[1]):
            return False
        if asks_percent(field):
            return sureness > 0 or is_percent(self.text, one)
        if unit is not None and not unit.is_money:
            return (own.family == unit.family) if own is not None else sureness > 0
        if field.units & MONEYED or unit is not None:
            if own is not None and (not own.is_money or (unit and own.family != unit.family)):
                return False
            if sureness < SURE and self._is_measured(one):
                return False
            return not one.text.isalpha() and (sureness > 0 or is_money(self.text, one))
        name = set(in_words(field.key[1]).split())
        if name <= YEAR and not YEARED.fullmatch(one.text) and (sureness < SURE or one.text.isalpha()):
            return False  # "a twelve-year study"
        if name & STOREY or any(name & words for words, _ in nouns()):
            return sureness >= SURE and own is None
        counting = field.whole and not (name & MEASURED or field.units & MEASURED)
        return not (counting and own is not None and not sureness)  # "112 m²" are no bedrooms

    def _is_measured(self, one: Candidate) -> bool:
        """Whether the label of a number without a currency is that of something else: "pH: 3.62"."""
        line = self.text[max(0, one.start - READ) : one.start].rpartition("\n")[2]
        label = LABELLED.search(line)
        if label is None or MONEY.match(self.text, one.end) or MONEY.search(line[label.end("said") :]):
            return False
        said = units(label["said"])
        return bool(said & SCALES) and not said & MONEYED

    def _is_numbered(self, field: Field, one: Candidate) -> bool:
        """Whether the word before a number is what the field asks for: "Room 214"."""
        before = NAMED.search(self.text, max(0, one.start - 14), one.start)
        return before is not None and bool(units(before[0]) & field.units)


@cache
def nouns() -> list[tuple[frozenset[str], str]]:
    """Words of names of fields -> what follows a number of them; a blank before it must not be left out."""
    lines = (line.partition(":") for line in COUNTED.read_text(encoding="utf-8").splitlines()[1:])
    return [(bag(words), noun[1:]) for words, _, noun in lines]


def wanted(field: Field) -> Unit | None:
    """The unit that the name of a field asks for; "salary_min" asks for no minutes."""
    name = without_scale(in_words(field.key[1]))
    return None if name.endswith(" min") and "minute" not in field.units else unit_of_name(name)


__all__ = ["STOREY", "Figure", "Figures", "nouns", "wanted"]
