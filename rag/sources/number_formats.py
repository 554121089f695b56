"""
A number of a spreadsheet as it is shown: its format code applied ("0.00%", "£#,##0;[Red]-£#,##0", "dd/mm/yyyy").

Dates are written as ISO 8601 whatever the format orders: what day "3/4" is depends on who looks. ECMA-376, 18.8.30.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

BUILT_IN = {
    1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 11: "0.00E+00", 14: "yyyy-mm-dd",
    15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy", 18: "h:mm AM/PM", 19: "h:mm:ss AM/PM", 20: "h:mm", 21: "h:mm:ss",
    22: "yyyy-mm-dd h:mm", 37: "#,##0;(#,##0)", 38: "#,##0;(#,##0)", 39: "#,##0.00;(#,##0.00)",
    40: "#,##0.00;(#,##0.00)", 45: "mm:ss", 46: "[h]:mm:ss", 47: "mm:ss", 48: "0.0E+0", 49: "@",
    **dict.fromkeys((*range(27, 32), *range(34, 37), *range(50, 59)), "yyyy-mm-dd"),
}  # fmt: skip
LITERAL = re.compile(r'"([^"]*)"|\\(.)|\[\$([^\]-]*)(?:-[^\]]*)?\]|\[[^\]]*\]|_.|\*.')
LONGEST = 1000  # characters of a format; Excel has 255
LETTERS = re.compile(r"[ymdhs]", re.IGNORECASE)
DIGITS = re.compile(r"[#0?][#0?,]*(?:\.[#0?]*,*)?|\.[#0?]+")
LONGEST = 255  # characters of a format
DAYS = 2_958_466  # to the end of the year 9999


def shown(value: float, code: str, first: datetime = datetime(1899, 12, 30)) -> str:
    """The number as a cell of this format shows it; `first` is the day 0 of its file."""
    kind, sections = _read(code if len(code) <= LONGEST else "")
    if kind == "general":
        return general(value)
    if kind != "number":
        return _moment(value, kind, first) or general(value)
    number = 1 if value < 0 and len(sections) > 1 else 2 if value == 0 and len(sections) > 2 else 0
    before, digits, after, percent = sections[number]
    if not digits:
        return before + after
    sign = "-" if value < 0 and not number else ""
    try:
        return sign + before + _figure(abs(value), percent, digits) + after
    except ArithmeticError:  # more digits than can be counted with
        return general(value)


def general(value: float) -> str:
    """A number without a format: as few digits as say it, at most eleven."""
    if value == int(value) and abs(value) < 1e15:
        return str(int(value))
    return f"{value:.11g}"


def _figure(value: float, percent: int, digits: str) -> str:
    bare = digits.rstrip(",")
    whole, _, decimals = bare.partition(".")
    exact = Decimal(repr(value)) * 100**percent / 1000 ** (len(digits) - len(bare))
    least = decimals.count("0") + decimals.count("?")
    rounded = exact.quantize(Decimal(1).scaleb(-len(decimals)), ROUND_HALF_UP)
    text = f"{rounded:{',' if ',' in whole else ''}f}"
    while "." in text and text.endswith("0") and len(text.rpartition(".")[2]) > least:
        text = text[:-1]
    text = text.rstrip(".")
    zeros = whole.count("0") - len(re.sub(r"\D", "", text.partition(".")[0]))
    return "0" * zeros + text if zeros > 0 else text


@lru_cache(maxsize=500)
def _read(code: str) -> tuple[str, list[tuple[str, str, str, int]]]:
    """("general", "number", or what a date has: "d", "t", "dt", "e" for a span of time; the sections of a number)."""
    plain = LITERAL.sub("", code[:LONGEST])
    if (
        not code
        or len(code) > LONGEST
        or plain.strip().lower() in ("general", "@", "standard")
        or ("/" in plain and DIGITS.search(plain))
    ):
        return "general", []
    if re.search(r"\[[hms]+\]", code, re.IGNORECASE):
        return "e", []
    letters = re.sub(r"AM/PM|A/P", "h", plain.partition(";")[0], flags=re.IGNORECASE)
    if re.search(r"E[+-]", plain, re.IGNORECASE):
        return "general", []
    if LETTERS.search(letters) and not re.search(r"[#0?]\s*[#0?]", letters.partition(".")[0]):
        time = bool(re.search(r"[hs]", letters, re.IGNORECASE))
        day = bool(re.search(r"[yd]", letters, re.IGNORECASE)) or not time
        return "dt" if day and time else "d" if day else "t", []
    return "number", [_section(part) for part in re.split(r";(?=(?:[^\"]*\"[^\"]*\")*[^\"]*$)", code)[:3]]


def _section(code: str) -> tuple[str, str, str, int]:
    """(what stands before, the digits, what stands behind, how many percent signs) of a part of a format."""
    held: list[str] = []

    def hold(found: re.Match[str]) -> str:
        held.append(next((part for part in found.groups() if part is not None), " " if found[0][0] == "_" else ""))
        return f"\ue000{chr(0xE100 + len(held) - 1)}"

    plain = LITERAL.sub(hold, code)
    digits = DIGITS.search(plain)
    before, after = (plain[: digits.start()], plain[digits.end() :]) if digits else (plain, "")

    def free(text: str) -> str:
        text = re.sub("\ue000(.)", lambda found: held[ord(found[1]) - 0xE100], text)
        return re.sub(r"[#0?,@]|General", "", text) if digits else text

    return free(before).lstrip(), digits[0] if digits else "", free(after).rstrip(), plain.count("%")


def _moment(value: float, kind: str, first: datetime) -> str:
    """A day, a time or both; "" for a number that is none."""
    if kind == "e":
        seconds = round(value * 86400)
        return f"{'-' * (seconds < 0)}{abs(seconds) // 3600}:{abs(seconds) % 3600 // 60:02}"
    if not 0 <= value < DAYS:
        return ""
    if first.year == 1899 and value < 60:
        value += 1  # that program takes 1900 for a leap year
    moment = first + timedelta(seconds=round(value * 86400))
    clock = moment.strftime("%H:%M:%S" if moment.second else "%H:%M")
    return {"d": moment.date().isoformat(), "t": clock}.get(kind, f"{moment.date().isoformat()} {clock}")
