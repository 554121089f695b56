"""
Measures of a record against its gold record: right, wrong and missing values by field; exact records.

How two values are compared is stated, and the same for both. A JSON number is its value, and so is a text against it
("1,200" is 1200, "3.50" is 3.5; not "00123", whose zeros say that it is a name). Two texts are the same in Unicode
NFKC, case folded, with plain dashes and quotes, single spaces and no punctuation at their ends; if both are numbers,
without the marks between thousands and with a zero before a point, but with all other digits: "00123" is not "123",
the version "1.10" is not "1.1", and no digit of a long number is lost. Dates are the same in ISO form ("3 March 2024"
is 2024-03-03). true and false are as they are. null, "" and [] all mean "no value". Order in a list does not count,
repetitions do. Nothing here knows a schema.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from rag.dates import date
from rag.quantities import number

JSON = Any
EDGES = " \t\n.,;:!?'\"()[]{}“”‘’«»"
MARKS = (("‐‑‒–—−﹣－", "-"), ("‘’‚‛`´ʼ＇", "'"), ("“”„‟«»＂", '"'))
ALIKE = str.maketrans({char: plain for chars, plain in MARKS for char in chars})
NUMERAL = re.compile(r"-?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d+)?")
MIDNIGHT = re.compile(r"t00:00(?::00)?(?:\.0+)?z?$")


def normalise(value: JSON) -> str:
    """What a single text, or true or false, is compared as; of a number its shortest form."""
    if isinstance(value, bool) or value is None:
        return str(value).lower()
    if isinstance(value, int | float):
        return _plain(Decimal(repr(value)))
    text = " ".join(unicodedata.normalize("NFKC", str(value)).translate(ALIKE).casefold().split())
    if iso := date(MIDNIGHT.sub("", text)):
        return iso
    # a point before a digit is no mark at the end, nor is a sign
    bare = text.strip(EDGES) if not re.match(r"[-.]*\d", text) else text.rstrip(EDGES)
    return _numeral(bare or text)


def _numeral(text: str) -> str:
    """A text that is a number without what means nothing; any other as it is."""
    if not text or not NUMERAL.fullmatch(text) or not any(map(str.isdecimal, text)):
        return text
    text = text.replace(",", "")
    return text.replace(".", "0.", 1) if text.lstrip("-").startswith(".") else text


def _plain(value: Decimal) -> str:
    return str(int(value)) if value == value.to_integral() else format(value.normalize(), "f")


def same(one: JSON, other: JSON) -> bool:
    """Whether two single values mean the same."""
    kinds = {type(one), type(other)}
    if kinds & {int, float}:
        if bool in kinds:
            return False
        left, right = _value(one), _value(other)
        return left is not None and left == right
    return normalise(one) == normalise(other)


def _value(value: JSON) -> Decimal | None:
    """The number that a value is against a number; None for a text that is none, or whose zeros make it a name."""
    if isinstance(value, int | float):
        return Decimal(repr(value))
    text = normalise(value)
    return None if re.match(r"-?0\d", text) else number(text)


def values(record: JSON) -> Iterator[tuple[str, JSON]]:
    """
    Every value of a record as (field, value).

    The field is the path of keys. A list of plain values gives one pair a value; an object in a list is one value of
    its field, all its own values together, so half of a relation is not half right.
    """
    if isinstance(record, Mapping):
        for key, value in record.items():
            yield from _values(str(key), value)


def _values(path: str, value: JSON) -> Iterator[tuple[str, JSON]]:
    if value is None or value == "" or value == []:
        return
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _values(f"{path}.{key}", inner)
    elif isinstance(value, list | tuple):
        for item in value:
            if item not in (None, "", []):
                yield path, item
    else:
        yield path, value


def alike(one: JSON, other: JSON) -> bool:
    """Whether two values of any kind mean the same; an object is all its values, the order of a list does not count."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        left, right = ({key: value for key, value in item.items() if not _nothing(value)} for item in (one, other))
        return left.keys() == right.keys() and all(alike(value, right[key]) for key, value in left.items())
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        left_, right_ = ([value for value in item if not _nothing(value)] for item in (one, other))
        return len(left_) == len(right_) == _matched(left_, right_)
    if isinstance(one, Mapping | list | tuple) or isinstance(other, Mapping | list | tuple):
        return False
    return same(one, other)


def _nothing(value: JSON) -> bool:
    return value is None or value == "" or value == []


def _matched(given: Sequence[JSON], expected: Sequence[JSON]) -> int:
    """How many of the values given can each have one of those expected that means the same (augmenting paths)."""
    ways = [[n for n, gold in enumerate(expected) if alike(value, gold)] for value in given]
    taken: dict[int, int] = {}

    def place(value: int, tried: set[int]) -> bool:
        for gold in ways[value]:
            if gold not in tried:
                tried.add(gold)
                if gold not in taken or place(taken[gold], tried):
                    taken[gold] = value
                    return True
        return False

    return sum(place(value, set()) for value in range(len(given)))


def settled(gold: JSON, record: JSON) -> tuple[JSON, JSON]:
    """
    Both with one way to say a value in place of the others: in a gold record `{"any": ["Ada", "Ada Lovelace"]}` may be
    said in any of these ways, at the field where it stands. What an element of a list then says again is left out.
    """
    ways: dict[tuple[str, str], JSON] = {}

    def first(node: JSON, field: str) -> JSON:
        if isinstance(node, Mapping) and node.keys() == {"any"}:
            ways.update({(field, normalise(one)): node["any"][0] for one in node["any"]})
            return node["any"][0]
        if isinstance(node, Mapping):
            return {key: first(value, f"{field}/{key}") for key, value in node.items()}
        if isinstance(node, list):
            told = [first(value, field) for value in node]
            return _once(told) if told != node else node
        return node

    def same(node: JSON, field: str) -> JSON:
        if isinstance(node, Mapping):
            return {key: same(value, f"{field}/{key}") for key, value in node.items()}
        if isinstance(node, list):
            told = [same(value, field) for value in node]
            return _once(told) if told != node else node
        return ways.get((field, normalise(node)), node)

    wanted = first(gold, "")
    return (wanted, same(record, "")) if ways else (gold, record)


def _once(elements: list[JSON]) -> list[JSON]:
    return [one for n, one in enumerate(elements) if not any(alike(one, other) for other in elements[:n])]


def counts(record: JSON, gold: JSON) -> dict[str, tuple[int, int, int]]:
    """For each field that either has: (values that are right, values given, values expected)."""
    given, expected = _by_field(record), _by_field(gold)
    return {
        field: (
            _matched(given.get(field, []), expected.get(field, [])),
            len(given.get(field, [])),
            len(expected.get(field, [])),
        )
        for field in dict.fromkeys([*expected, *given])
    }


def _by_field(record: JSON) -> dict[str, list[JSON]]:
    found: defaultdict[str, list[JSON]] = defaultdict(list)
    for field, value in values(record):
        found[field].append(value)
    return dict(found)


def exact(record: JSON, gold: JSON) -> bool:
    """Whether every value is right and none is missing."""
    return all(right == given == expected for right, given, expected in counts(record, gold).values())


def shares(right: int, given: int, expected: int) -> dict[str, tuple[float, float]]:
    """Precision, recall and F1 as (part, whole): summed over many records they give the micro average."""
    return {"P": (right, given), "R": (right, expected), "F1": (2 * right, given + expected)}
