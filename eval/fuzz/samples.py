"""Texts that a regular expression goes through: of each repetition in it what it repeats, and what leads there."""

from __future__ import annotations

import re
import re._constants as op
import re._parser as parser
from collections.abc import Iterator
from typing import Any

MANY = 20  # times: what may be repeated so often, or without end
ALPHABET = (*"a \nA1\t.,-:;_()[]{}|*#<>/\\'\"`~!?@$%&=+^", "é", "年", "１", "\u3000", "\u2019")
CLASSES = {op.CATEGORY_SPACE: " ", op.CATEGORY_DIGIT: "1", op.CATEGORY_WORD: "a", op.CATEGORY_NOT_SPACE: "a",
           op.CATEGORY_NOT_DIGIT: "a", op.CATEGORY_NOT_WORD: " "}  # fmt: skip
REPEATS = (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT)


def units(pattern: re.Pattern[str]) -> list[str]:
    """What may make it slow when it is repeated, each once."""
    tree = parser.parse(pattern.pattern, pattern.flags & ~re.UNICODE)
    found = [unit for unit in _repeated(list(tree), "") if unit]
    return list(dict.fromkeys(found))[:MANY]


def _repeated(nodes: list[Any], led: str) -> Iterator[str]:
    for kind, value in nodes:
        if kind in REPEATS and value[1] >= MANY:
            for body in _samples(list(value[2])):
                yield body
                yield led + body
        for inner in _inner(kind, value):
            yield from _repeated(inner, led)
        led += next(iter(_samples([(kind, value)])), "")
    yield led


def _inner(kind: Any, value: Any) -> list[list[Any]]:
    """The sequences inside a node."""
    if kind in REPEATS:
        return [list(value[2])]
    if kind is op.SUBPATTERN:
        return [list(value[-1])]
    if kind is op.BRANCH:
        return [list(part) for part in value[1]]
    if kind in (op.ASSERT, op.ASSERT_NOT):
        return [list(value[1])]
    return [list(value)] if kind is op.ATOMIC_GROUP else []


def _samples(nodes: list[Any]) -> list[str]:
    """Some texts that a sequence matches, as short as it admits; the first takes the first way everywhere."""
    made = [""]
    for kind, value in nodes:
        if kind is op.LITERAL:
            parts = [chr(value)]
        elif kind is op.NOT_LITERAL:
            parts = [next(char for char in ALPHABET if ord(char) != value)]
        elif kind is op.ANY:
            parts = ["a", " "]
        elif kind is op.IN:
            parts = _chosen(value)
        elif kind in REPEATS:
            parts = [part * max(1, value[0]) for part in _samples(list(value[2]))]
        elif kind is op.BRANCH:
            parts = [part for way in value[1] for part in _samples(list(way))[:1]][:4]
        elif kind in (op.SUBPATTERN, op.ATOMIC_GROUP):
            parts = _samples(_inner(kind, value)[0])
        else:
            continue
        made = [one + part for one in made[:2] for part in parts or [""]][:6]
    return made


def _chosen(parts: list[Any]) -> list[str]:
    """Characters of a set, one of each of its kinds."""
    negated = parts[0][0] is op.NEGATE
    if negated:
        return [char for char in ALPHABET if not any(_holds(part, char) for part in parts[1:])][:2]
    found = []
    for kind, value in parts:
        if kind is op.LITERAL:
            found.append(chr(value))
        elif kind is op.RANGE:
            found.append(chr(value[0]))
        else:
            found.append(CLASSES.get(value, "a"))
    return found[:4]


def _holds(part: Any, char: str) -> bool:
    kind, value = part
    if kind is op.LITERAL:
        return ord(char) == value
    if kind is op.RANGE:
        return bool(value[0] <= ord(char) <= value[1])
    return {
        op.CATEGORY_SPACE: char.isspace(), op.CATEGORY_NOT_SPACE: not char.isspace(),
        op.CATEGORY_DIGIT: char.isdecimal(), op.CATEGORY_NOT_DIGIT: not char.isdecimal(),
        op.CATEGORY_WORD: char.isalnum() or char == "_", op.CATEGORY_NOT_WORD: not (char.isalnum() or char == "_"),
    }.get(value, False)  # fmt: skip
