"""
Measures of a record against its gold record: right, wrong and missing values by field; exact records.

How two values are compared is stated, and the same for both: text in Unicode NFKC, case folded, single spaces, without
punctuation at its ends; numbers by value ("1,200" is 1200, "3.50" is 3.5); dates in ISO form ("3 March 2024" is
2024-03-03); true and false as they are. null, "" and [] all mean "no value". Order in a list does not count,
repetitions do. Nothing here knows a schema.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

JSON = Any
MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
LONG_MONTHS = re.compile(
    "jan(uary)?|feb(ruary)?|mar(ch)?|apr(il)?|may|june?|july?|aug(ust)?|sept?(ember)?|oct(ober)?|nov(ember)?|dec(ember)?"
)
EDGES = " \t\n.,;:!?'\"()[]{}“”‘’«»"
NUMBER = re.compile(r"[+-]?(\d{1,3}(,\d{3})+|\d+)(\.\d+)?")
DAY_FIRST = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?\s+(?:of\s+)?([a-z]+)\.?,?\s+(\d{4})")
MONTH_FIRST = re.compile(r"([a-z]+)\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})")
ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:t00:00(?::00)?(?:\.0+)?z?)?")


def normalise(value: JSON) -> str:
    """What a single value is compared as."""
    if isinstance(value, bool) or value is None:
        return str(value).lower()
    if isinstance(value, int | float):
        return _number(repr(value))
    text = " ".join(unicodedata.normalize("NFKC", str(value)).casefold().split())
    return _date(text) or _number(text.strip(EDGES) if text.strip(EDGES) else text)


def _number(text: str) -> str:
    if not NUMBER.fullmatch(text):
        return text
    value = float(text.replace(",", ""))
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def _date(text: str) -> str:
    if match := ISO.fullmatch(text):
        year, month, day = match.groups()
    elif match := DAY_FIRST.fullmatch(text):
        day, name, year = match.groups()
        month = _month(name)
    elif match := MONTH_FIRST.fullmatch(text):
        name, day, year = match.groups()
        month = _month(name)
    else:
        return ""
    return f"{year}-{int(month):02d}-{int(day):02d}" if 1 <= int(month) <= 12 and 1 <= int(day) <= 31 else ""


def _month(name: str) -> str:
    return str(MONTHS.index(name[:3]) + 1 if name[:3] in MONTHS and LONG_MONTHS.fullmatch(name) else 0)


def values(record: JSON) -> Iterator[tuple[str, str]]:
    """
    Every value of a record as (field, normalised value).

    The field is the path of keys. A list of plain values gives one pair a value; an object in a list is one value of
    its field, all its own values together, so half of a relation is not half right.
    """
    if isinstance(record, Mapping):
        for key, value in record.items():
            yield from _values(str(key), value)


def _values(path: str, value: JSON) -> Iterator[tuple[str, str]]:
    if value is None or value == "" or value == []:
        return
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _values(f"{path}.{key}", inner)
    elif isinstance(value, list | tuple):
        for item in value:
            if item not in (None, "", []):
                yield path, _whole(item)
    else:
        yield path, normalise(value)


def _whole(item: JSON) -> str:
    if isinstance(item, Mapping):
        return (
            "{" + ", ".join(f"{key}: {_whole(item[key])}" for key in sorted(item) if item[key] not in (None, "")) + "}"
        )
    if isinstance(item, list | tuple):
        return "[" + ", ".join(sorted(map(_whole, item))) + "]"
    return normalise(item)


def counts(record: JSON, gold: JSON) -> dict[str, tuple[int, int, int]]:
    """For each field that either has: (values that are right, values given, values expected)."""
    given, expected = Counter(values(record)), Counter(values(gold))
    right = given & expected
    result: dict[str, tuple[int, int, int]] = {}
    for field in dict.fromkeys(field for field, _ in [*expected, *given]):
        sums = [sum(n for (name, _), n in counter.items() if name == field) for counter in (right, given, expected)]
        result[field] = (sums[0], sums[1], sums[2])
    return result


def exact(record: JSON, gold: JSON) -> bool:
    """Whether every value is right and none is missing."""
    return Counter(values(record)) == Counter(values(gold))


def shares(right: int, given: int, expected: int) -> dict[str, tuple[float, float]]:
    """Precision, recall and F1 as (part, whole): summed over many records they give the micro average."""
    return {"P": (right, given), "R": (right, expected), "F1": (2 * right, given + expected)}
