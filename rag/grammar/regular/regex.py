"""
Regular expressions of JSON Schema (ECMA-262) as trees.

Reads what schemas hold in the wild. Where ECMA and Python differ in what a class means, a tree is a lower bound (what
both take it to mean, so that whatever is written fits both) or an upper one (what either may mean): the contrary of an
upper bound is a lower one. What no finite automaton can do (back references) is
`Unsupported`; what is not a regular expression at all is `BadPattern`. Nothing here matches or knows grammars.

    ("set", ranges)              one character
    ("cat", [a, b])  ("alt", [a, b])
    ("rep", a, least, most)      most None: without end
    ("bol",) ("eol",)            ^ and $
    ("look", a, negative)        (?=a) (?!a)
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Literal

from rag.gbnf.ranges import ANY, TOP, Ranges, common, union, without
from rag.grammar.regular.properties import characters

Node = tuple[Any, ...]


class BadPattern(ValueError):
    """Not a regular expression."""


class Unsupported(ValueError):
    """A regular expression that no automaton can follow."""


DIGIT: Ranges = ((48, 57),)
WORD: Ranges = ((48, 57), (65, 90), (95, 95), (97, 122))
SPACE: Ranges = ((9, 13), (32, 32))
# Unicode blanks of ECMA, with what only Python counts as blank
BLANK: Ranges = union(
    SPACE,
    ((0x1C, 0x1F), (0x85, 0x85), (0xA0, 0xA0), (0x1680, 0x1680), (0x2000, 0x200A), (0x2028, 0x2029), (0x202F, 0x202F)),
    ((0x205F, 0x205F), (0x3000, 0x3000), (0xFEFF, 0xFEFF)),
)
# Python's \w and \d know all scripts: outside ASCII only blocks without letters or digits are surely neither
NOT_WORD = union(without(((0, 0x7F),), WORD), ((0x2010, 0x205E), (0x20A0, 0x20C0), (0x2190, 0x23FF), (0x2500, 0x2767)))
NOT_DIGIT = union(
    without(((0, 0x65F),), DIGIT), ((0x2000, 0xA61F), (0xAC00, 0xD7A3), (0xF900, 0xFAFF), (0x1F300, 0x1FAFF))
)
NOT_SPACE = without(ANY, BLANK)
NEWLINES: Ranges = ((10, 10), (13, 13), (0x2028, 0x2029))
DOT = without(ANY, NEWLINES)

# each class as (what it surely means, what it may mean, what ECMA-262 says)
CLASSES: dict[str, tuple[Ranges, Ranges, Ranges]] = {
    "d": (DIGIT, without(ANY, NOT_DIGIT), DIGIT),
    "w": (WORD, without(ANY, NOT_WORD), WORD),
    "s": (SPACE, BLANK, without(BLANK, ((0x1C, 0x1F), (0x85, 0x85)))),
    "D": (NOT_DIGIT, without(ANY, DIGIT), without(ANY, DIGIT)),
    "W": (NOT_WORD, without(ANY, WORD), without(ANY, WORD)),
    "S": (NOT_SPACE, without(ANY, SPACE), union(NOT_SPACE, ((0x1C, 0x1F), (0x85, 0x85)))),
    ".": (DOT, without(ANY, ((10, 10),)), DOT),
}
Sense = Literal["lower", "upper", "exact"]
_COLUMN: dict[Sense, int] = {"lower": 0, "upper": 1, "exact": 2}
OPPOSITE: dict[Sense, Sense] = {"lower": "upper", "upper": "lower", "exact": "exact"}
ESCAPES = {"t": 9, "n": 10, "v": 11, "f": 12, "r": 13, "0": 0, "a": 7, "e": 27}
FOLDED = 3000  # characters of a set whose other cases are looked up
_ODD = {
    "s": "ſ",
    "k": "\u212a",
    "i": "İı",
    "å": "\u212b",
    "ß": "ẞ",
    "ω": "\u2126",
}  # others that Python or ECMA take for them
_BRACES = re.compile(r"\{(\d+)(,(\d*))?\}")
_NAMED = re.compile(r"\[:(\w+):\]")
_POSIX = {"alpha": ((65, 90), (97, 122)), "digit": DIGIT, "alnum": ((48, 57), (65, 90), (97, 122)), "space": SPACE}


@lru_cache(maxsize=4096)
def parse(pattern: str, sense: Sense = "lower") -> Node:
    """
    The tree of a pattern. "lower" reads classes as what they surely mean, "upper" as all that they may mean, "exact"
    as ECMA-262 does; what is negated is read in the opposite sense, so that a bound stays a bound.
    """
    if len(pattern) > 20_000:
        raise Unsupported(f"it has {len(pattern)} characters")
    reader = _Reader(pattern, sense)
    tree = reader.alternatives(0)
    if reader.at < len(pattern):
        raise BadPattern(f"an unmatched ) at {reader.at}")
    return tree


class _Reader:
    def __init__(self, text: str, sense: Sense) -> None:
        self.text = text
        self.at = 0
        self.sense: Sense = sense
        self.fold = False  # (?i)

    def peek(self) -> str:
        return self.text[self.at] if self.at < len(self.text) else ""

    def take(self, start: str) -> bool:
        if self.text.startswith(start, self.at):
            self.at += len(start)
            return True
        return False

    def alternatives(self, depth: int) -> Node:
        if depth > 100:
            raise Unsupported("groups nested more than 100 deep")
        options = [self.sequence(depth)]
        while self.take("|"):
            options.append(self.sequence(depth))
        return options[0] if len(options) == 1 else ("alt", options)

    def sequence(self, depth: int) -> Node:
        items: list[Node] = []
        while self.at < len(self.text) and self.text[self.at] not in "|)":
            item = self.atom(depth)
            if item is not None:
                items.append(self.repeated(item))
        return items[0] if len(items) == 1 else ("cat", items)

    def repeated(self, item: Node) -> Node:
        while True:
            if self.take("*"):
                counts: tuple[int, int | None] = (0, None)
            elif self.take("+"):
                counts = (1, None)
            elif self.take("?"):
                counts = (0, 1)
            elif braces := _BRACES.match(self.text, self.at):
                self.at = braces.end()
                least = int(braces[1])
                counts = (least, least if braces[2] is None else int(braces[3]) if braces[3] else None)
                if counts[1] is not None and counts[1] < least:
                    raise BadPattern(f"{braces[0]} counts backwards")
            else:
                return item
            if not self.take("?") and self.peek() == "+" and self.text[self.at - 1] in "*+?}":
                self.at += 1  # possessive, as PCRE has it: the same texts but for rare ones
                raise Unsupported("a possessive repetition")
            if item[0] in ("bol", "eol", "look"):
                item = ("cat", []) if counts[0] == 0 else item
            else:
                item = ("rep", item, *counts)

    def atom(self, depth: int) -> Node | None:
        char = self.text[self.at]
        self.at += 1
        if char == "(":
            return self.group(depth)
        if char == "[":
            return ("set", self.bracket())
        if char == "\\":
            return self.escape()
        if char == ".":
            return ("set", CLASSES["."][_COLUMN[self.sense]])
        if char == "^":
            return ("bol",)
        if char == "$":
            return ("eol",)
        if char in "*+?":
            raise BadPattern(f"nothing to repeat at {self.at - 1}")
        return ("set", self.cased(((ord(char), ord(char)),), self.sense))

    def group(self, depth: int) -> Node | None:
        if self.take("?:") or self.take("?>"):
            pass
        elif self.take("?="):
            return ("look", self.closed(depth), False)
        elif self.take("?!"):
            self.sense = OPPOSITE[self.sense]
            inner = self.closed(depth)
            self.sense = OPPOSITE[self.sense]
            return ("look", inner, True)
        elif self.take("?<=") or self.take("?<!"):
            raise Unsupported("a look-behind")
        elif self.take("?#"):
            while self.at < len(self.text) and not self.take(")"):
                self.at += 1
            return None
        elif flags := re.compile(r"\?([a-zA-Z]*)(-[a-zA-Z]+)?([:)])").match(self.text, self.at):
            self.at = flags.end()
            if set(flags[1]) - set("ius") or flags[2]:
                raise Unsupported(f"the flags {flags[0]}")
            before, self.fold = self.fold, self.fold or "i" in flags[1]
            if flags[3] == ")":
                return None
            inner = self.closed(depth)
            self.fold = before
            return inner
        elif name := re.compile(r"\?P?<\w+>").match(self.text, self.at):
            self.at = name.end()
        elif self.peek() == "?":
            raise Unsupported(f"the group ({self.text[self.at : self.at + 3]}")
        return self.closed(depth)

    def closed(self, depth: int) -> Node:
        inner = self.alternatives(depth + 1)
        if not self.take(")"):
            raise BadPattern("an unmatched (")
        return inner

    def cased(self, ranges: Ranges, sense: Sense) -> Ranges:
        """With (?i), the characters in either case."""
        if not self.fold:
            return ranges
        if sum(high - low for low, high in ranges) > FOLDED:
            return ranges if sense == "lower" else ANY
        chars = [chr(point) for low, high in ranges for point in range(low, high + 1)]
        both = {other for char in chars for other in (char.lower(), char.upper()) if len(other) == 1}
        if sense == "upper":
            both |= {odd for char in chars for odd in _ODD.get(char.lower(), "")}
        return union(ranges, tuple((ord(char), ord(char)) for char in both))

    def escape(self) -> Node:
        if self.at >= len(self.text):
            raise BadPattern("a \\ at its end")
        char = self.peek()
        if char in "123456789k":
            if char == "k" and not self.text.startswith("k<", self.at):
                self.at += 1
                return ("set", ((107, 107),))
            raise Unsupported("a back reference")
        if char in "bB":
            raise Unsupported("a word boundary")
        if char in "AZz":  # Python's and Perl's anchors: never meant as letters
            self.at += 1
            return ("bol",) if char == "A" else ("eol",)
        return ("set", self.cased(self.escaped()[0], self.sense))

    def escaped(self) -> tuple[Ranges, Ranges]:
        """What stands after a backslash, in the sense of the reader and in the opposite one."""
        char = self.peek()
        self.at += 1
        if char in CLASSES and char != ".":
            return CLASSES[char][_COLUMN[self.sense]], CLASSES[char][_COLUMN[OPPOSITE[self.sense]]]
        if char in "pP":
            found = self.property(char == "P")
            return found, found
        if char in ESCAPES:
            point = ESCAPES[char]
        elif char == "c" and self.peek().isalpha():
            point = ord(self.peek()) % 32
            self.at += 1
        elif char in "xu" and (hexa := self.hexadecimal(char)) is not None:
            point = hexa
        else:
            point = ord(char)
        return ((point, point),), ((point, point),)

    def hexadecimal(self, kind: str) -> int | None:
        match = re.compile(r"\{([0-9a-fA-F]{1,6})\}").match(self.text, self.at) or re.compile(
            r"([0-9a-fA-F]{2})" if kind == "x" else r"([0-9a-fA-F]{4})"
        ).match(self.text, self.at)
        if match is None:
            return None
        self.at = match.end()
        point = int(match[1], 16)
        if 0xD800 <= point < 0xDC00 and (
            low := re.compile(r"\\u([dD][c-fC-F][0-9a-fA-F]{2})").match(self.text, self.at)
        ):
            self.at = low.end()
            return 0x10000 + ((point - 0xD800) << 10) + int(low[1], 16) - 0xDC00
        if 0xD800 <= point < 0xE000 or point > TOP:
            raise Unsupported("half of a surrogate pair")
        return point

    def property(self, negative: bool) -> Ranges:
        match = re.compile(r"\{(\^?)([\w =-]+)\}|()([A-Z])").match(self.text, self.at)
        if match is None:
            raise BadPattern(f"no property stands behind \\p at {self.at}")
        name = match[2] or match[4]
        try:
            found = characters(name)
        except KeyError as error:
            raise BadPattern(f"Unicode has no property called {name}") from error
        self.at = match.end()
        return without(ANY, found) if negative != bool(match[1]) else found

    def bracket(self) -> Ranges:
        negative = self.take("^")
        meant: list[Ranges] = []
        opposite: list[Ranges] = []
        while True:
            if self.at >= len(self.text):
                raise BadPattern("an unmatched [")
            if self.take("]"):
                break
            low, low_opposite = self.member()
            if self.peek() == "-" and self.text[self.at + 1 : self.at + 2] not in ("]", "") and _single(low):
                mark = self.at
                self.at += 1
                high, _ = self.member()
                if _single(high):
                    if high[0][0] < low[0][0]:
                        raise BadPattern(f"a range that runs backwards at {mark}")
                    low = low_opposite = ((low[0][0], high[0][0]),)
                else:
                    self.at = mark  # [a-\d]: the dash is a dash
            meant.append(low)
            opposite.append(low_opposite)
        if negative:
            return without(ANY, self.cased(union(*opposite), OPPOSITE[self.sense]))
        return self.cased(common(union(*meant), ANY), self.sense)

    def member(self) -> tuple[Ranges, Ranges]:
        if (posix := _NAMED.match(self.text, self.at)) and posix[1] in _POSIX:
            raise Unsupported(f"the POSIX class {posix[0]}")  # ECMA reads it as a set of letters
        if self.take("\\"):
            if self.at >= len(self.text):
                raise BadPattern("a \\ at its end")
            if self.peek() == "b":
                self.at += 1
                return ((8, 8),), ((8, 8),)
            return self.escaped()
        point = ord(self.peek())
        self.at += 1
        return ((point, point),), ((point, point),)


def _single(ranges: Ranges) -> bool:
    return len(ranges) == 1 and ranges[0][0] == ranges[0][1]


def widths(node: Node) -> tuple[int, int | None]:
    """How many characters a tree matches, at least and at most."""
    kind = node[0]
    if kind == "set":
        return 1, 1
    if kind == "cat":
        pairs = [widths(item) for item in node[1]]
        return sum(p[0] for p in pairs), None if any(p[1] is None for p in pairs) else sum(p[1] or 0 for p in pairs)
    if kind == "alt":
        pairs = [widths(item) for item in node[1]]
        return min(p[0] for p in pairs), None if any(p[1] is None for p in pairs) else max(p[1] or 0 for p in pairs)
    if kind == "rep":
        least, most = widths(node[1])
        top = 0 if most == 0 else None if most is None or node[3] is None else most * node[3]
        return least * node[2], top
    return 0, 0
