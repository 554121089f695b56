"""
What the formulas of a spreadsheet come to where the file does not say: sums, products and the like of numbers, nothing
else. A formula that is not of these is shown as it is written, "=VLOOKUP(…)", and told.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping

TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)"
    r"|(?P<name>[A-Z]{3,8})\(|(?P<range>\$?[A-Z]{1,3}\$?\d{1,7}:\$?[A-Z]{1,3}\$?\d{1,7})"
    r"|(?P<cell>\$?[A-Z]{1,3}\$?\d{1,7})(?![\w(!])|(?P<sign>[-+*/^(),;%]))"
)
REFERENCE = re.compile(r"([A-Z]{1,3})(\d{1,7})")
LONGEST = 300  # characters of a formula that is worked out
MOST = 10_000  # cells of a range
BUDGET = 1_000_000  # cells that all formulas of a sheet look at
DEEPEST = 40  # formulas that stand on formulas, and brackets in brackets


def rounded(values: list[float]) -> float:
    """As spreadsheets round: half away from zero."""
    value, digits = values[0], int(values[1]) if len(values) > 1 else 0
    unit = 10.0 ** max(-12, min(digits, 12))
    return math.copysign(math.floor(abs(value) * unit + 0.5) / unit, value)


FUNCTIONS: dict[str, Callable[[list[float]], float]] = {
    "SUM": math.fsum, "MIN": min, "MAX": max, "COUNT": lambda values: float(len(values)), "PRODUCT": math.prod,
    "AVERAGE": lambda values: math.fsum(values) / len(values), "ABS": lambda values: abs(values[0]), "ROUND": rounded,
}  # fmt: skip
Place = tuple[int, int]  # row and column, from 0


class Unknown(Exception):
    """The formula is not one of those that are worked out."""


def column(letters: str) -> int:
    """The number of a column, from 0: "A" is 0, "AA" is 26."""
    number = 0
    for letter in letters:
        number = 26 * number + ord(letter) - 64
    return number - 1


def worked_out(formulas: Mapping[Place, str], numbers: Mapping[Place, float]) -> dict[Place, float]:
    """
    What those formulas come to that can be told: `numbers` are the cells that hold one, and NaN where a cell holds
    words. Empty cells are 0.

    A formula that stands on one that is not known, or on itself, is not known either.
    """
    found: dict[Place, float] = {}
    open_: set[Place] = set()
    looked = 0

    def cell(place: Place) -> float | None:
        nonlocal looked
        looked += 1
        if looked > BUDGET:
            raise Unknown
        if place in numbers:
            return numbers[place]
        if place not in formulas:
            return None
        if place not in found:
            if place in open_ or len(open_) > DEEPEST:
                raise Unknown
            open_.add(place)
            try:
                found[place] = _Reader(formulas[place], cell).value()
            finally:
                open_.discard(place)
        return found[place]

    for place in formulas:
        try:
            cell(place)
        except Unknown:
            continue
    return found


class _Reader:
    """One pass over a formula, by recursive descent."""

    def __init__(self, text: str, cell: Callable[[Place], float | None]) -> None:
        text = text.strip().removeprefix("=")
        if len(text) > LONGEST:
            raise Unknown
        self.cell, self.tokens, at = cell, list[re.Match[str]](), 0
        while text[at:].strip():
            token = TOKEN.match(text, at)
            if not token:
                raise Unknown
            self.tokens.append(token)
            at = token.end()
        self.at = self.level = 0

    def value(self) -> float:
        found = self._sum()
        if self.at < len(self.tokens) or not math.isfinite(found):
            raise Unknown
        return found

    def _sign(self, signs: str) -> str:
        if self.at < len(self.tokens) and (sign := self.tokens[self.at]["sign"]) and sign in signs:
            self.at += 1
            return sign
        return ""

    def _sum(self) -> float:
        total = self._product()
        while sign := self._sign("+-"):
            total += self._product() * (1 if sign == "+" else -1)
        return total

    def _product(self) -> float:
        total = self._one()
        while sign := self._sign("*/"):
            other = self._one()
            if sign == "/" and not other:
                raise Unknown
            total = total * other if sign == "*" else total / other
        return total

    def _one(self) -> float:
        self.level += 1
        if self.level > DEEPEST or self.at >= len(self.tokens):
            raise Unknown
        if self._sign("-"):
            found = -self._one()
        elif self._sign("+"):
            found = self._one()
        elif self._sign("("):
            found = self._sum()
            self._close()
        else:
            found = self._plain()
        while self._sign("%"):
            found /= 100
        self.level -= 1
        return found

    def _plain(self) -> float:
        token = self.tokens[self.at]
        self.at += 1
        if token["number"]:
            return float(token["number"])
        if token["cell"]:
            held = self.cell(_place(token["cell"]))
            if held is not None and math.isnan(held):
                raise Unknown
            return held or 0.0
        if token["name"] in FUNCTIONS:
            return self._function(token["name"])
        raise Unknown

    def _function(self, name: str) -> float:
        values: list[float] = []
        while True:
            token = self.tokens[self.at] if self.at < len(self.tokens) else None
            if token is not None and token["range"]:
                self.at += 1
                values += self._range(token["range"])
            elif token is not None and token["cell"] and self._ends(self.at + 1):
                self.at += 1
                held = self.cell(_place(token["cell"]))
                values += [held] if held is not None and not math.isnan(held) else []
            else:
                values.append(self._sum())
            if not self._sign(",;"):
                break
        self._close()
        if not values and name != "SUM" and name != "COUNT":
            raise Unknown
        return float(FUNCTIONS[name](values))

    def _ends(self, at: int) -> bool:
        return at < len(self.tokens) and (self.tokens[at]["sign"] or "") in (",", ";", ")")

    def _close(self) -> None:
        if not self._sign(")"):
            raise Unknown

    def _range(self, text: str) -> list[float]:
        (top, left), (foot, right) = map(_place, text.split(":"))
        if (foot - top + 1) * (right - left + 1) > MOST or foot < top or right < left:
            raise Unknown
        places = ((row, number) for row in range(top, foot + 1) for number in range(left, right + 1))
        return [held for place in places if (held := self.cell(place)) is not None and not math.isnan(held)]


def moved(formula: str, rows: int, columns: int) -> str:
    """A formula that is shared, as another cell has it: its references moved by so many rows and columns."""

    def shifted(found: re.Match[str]) -> str:
        fixed, letters, still, row = found.groups()
        number = column(letters) + (0 if fixed else columns)
        return f"{fixed}{_letters(number)}{still}{int(row) + (0 if still else rows)}"

    return re.sub(r"(?<![\w!])(\$?)([A-Z]{1,3})(\$?)(\d{1,7})(?![\w(!])", shifted, formula)


def _letters(number: int) -> str:
    letters = ""
    number = max(number, 0) + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _place(text: str) -> Place:
    found = REFERENCE.fullmatch(text.replace("$", ""))
    if not found:
        raise Unknown
    return int(found[2]) - 1, column(found[1])
