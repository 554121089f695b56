"""
Reads GBNF: text to rules, and every fault with its line and column.

Stricter than llama.cpp where llama.cpp crashes or goes on in silence: an undefined rule, a missing start, left
recursion, a repetition above what it can count. What passes here it can load. Token references (`<[12]>`) belong to
one model's vocabulary and are refused.
"""

from __future__ import annotations

import re
from functools import lru_cache

from rag.errors import InputError
from rag.gbnf.expressions import ALT, CLS, LIT, REF, REP, SEQ, Expr, alt, seq, width
from rag.gbnf.graph import refs
from rag.gbnf.ranges import Ranges, union, without

LIMIT = 2000  # repetitions of one symbol that llama.cpp takes
DEEP = 100
_SPACE = re.compile(r"(?:[ \t]+|#[^\r\n]*)*")
_SPACES = re.compile(r"(?:[ \t\r\n]+|#[^\r\n]*)*")
_NAME = re.compile(r"[a-zA-Z0-9-]+")
_COUNT = re.compile(r"\{\s*(\d+)\s*(,\s*(\d*)\s*)?\}")
_HEX = {"x": 2, "u": 4, "U": 8}
_SIMPLE = {"n": 10, "r": 13, "t": 9, "\\": 92, '"': 34, "[": 91, "]": 93, "-": 45}


def read(text: str, root: str | None = "root") -> dict[str, Expr]:
    """The rules of a grammar. Raises InputError that says line and column."""
    reader = _Reader(text)
    body = reader.rules()
    _defined(reader, body)
    if root is not None and root not in body:
        raise reader.fault(0, f"no rule is called {root}: decoding starts there")
    _no_left_recursion(reader, body)
    return body


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.where: dict[str, int] = {}
        self.uses: dict[str, int] = {}

    def fault(self, at: int, why: str) -> InputError:
        line = self.text.count("\n", 0, at) + 1
        column = at - (self.text.rfind("\n", 0, at) + 1) + 1
        return InputError(f"grammar, line {line}, column {column}: {why}", "See docs/grammar.md for what GBNF can say.")

    def space(self, lines: bool) -> None:
        found = (_SPACES if lines else _SPACE).match(self.text, self.at)
        self.at = found.end() if found else self.at

    def rules(self) -> dict[str, Expr]:
        body: dict[str, Expr] = {}
        if "\0" in self.text:
            raise self.fault(self.text.index("\0"), "a NUL character")
        self.space(True)
        while self.at < len(self.text):
            start = self.at
            name = _NAME.match(self.text, self.at)
            if not name:
                raise self.fault(start, f"a rule's name must stand here, not {self.text[start]!r}")
            self.at = name.end()
            self.space(False)
            if not self.text.startswith("::=", self.at):
                raise self.fault(self.at, f"::= must stand behind the name {name[0]!r}")
            if name[0] in body:
                raise self.fault(start, f"the rule {name[0]!r} is there twice")
            self.at += 3
            self.space(True)
            self.where[name[0]] = start
            body[name[0]] = self.options(False, 0)
            if self.at < len(self.text) and self.text[self.at] not in "\r\n":
                raise self.fault(self.at, f"{self.text[self.at]!r} cannot stand here")
            self.space(True)
        return body

    def options(self, nested: bool, depth: int) -> Expr:
        items = [self.sequence(nested, depth)]
        while self.text.startswith("|", self.at):
            self.at += 1
            self.space(True)
            items.append(self.sequence(nested, depth))
        return alt(items)

    def sequence(self, nested: bool, depth: int) -> Expr:
        items: list[Expr] = []
        while self.at < len(self.text):
            item = self.atom(depth)
            if item is None:
                break
            self.space(nested)
            items.append(self.counted(item, nested))
        return seq(*items)

    def atom(self, depth: int) -> Expr | None:
        char, start = self.text[self.at], self.at
        if char == '"':
            return (LIT, "".join(map(chr, self.points('"', "the literal has no end"))))
        if char == "[":
            return self.bracket()
        if char == "(":
            if depth >= DEEP:
                raise self.fault(start, f"groups are nested more than {DEEP} deep")
            self.at += 1
            self.space(True)
            inner = self.options(True, depth + 1)
            if not self.text.startswith(")", self.at):
                raise self.fault(start, "this ( is never closed")
            self.at += 1
            return inner
        if char == ".":
            self.at += 1
            return (CLS, ".", 4)
        if char in "<!":
            raise self.fault(start, "tokens of one model's vocabulary cannot be named here")
        if name := _NAME.match(self.text, self.at):
            self.at = name.end()
            self.uses.setdefault(name[0], start)
            return (REF, name[0])
        if char in "*+?{":
            raise self.fault(start, f"there is nothing that {char!r} could repeat")
        return None

    def counted(self, item: Expr, nested: bool) -> Expr:
        while self.at < len(self.text) and self.text[self.at] in "*+?{":
            start = self.at
            simple = {"*": (0, None), "+": (1, None), "?": (0, 1)}.get(self.text[start])
            if simple is not None:
                self.at += 1
                least, most = simple
            else:
                found = _COUNT.match(self.text, start)
                if not found:
                    raise self.fault(start, "a count looks like {3}, {3,} or {3,5}")
                self.at = found.end()
                least = int(found[1])
                most = least if found[2] is None else int(found[3]) if found[3] else None
                self.checked(start, least, most)
            item = (REP, item, least, most)
            self.space(nested)
        return item

    def checked(self, start: int, least: int, most: int | None) -> None:
        if most is not None and most < least:
            raise self.fault(start, f"{least} is more than {most}")
        if max(least, most or 0) > LIMIT:
            raise self.fault(start, f"llama.cpp counts to {LIMIT} at most, then repeats without end")
        if most == 0:
            raise self.fault(start, "repeated zero times: leave it out")

    def points(self, end: str, why: str) -> list[int]:
        start = self.at
        self.at += 1
        out: list[int] = []
        while True:
            if self.at >= len(self.text) or (self.text[self.at] in "\r\n" and end == '"'):
                raise self.fault(start, why)
            if self.text[self.at] == end:
                self.at += 1
                return out
            out.append(self.point())

    def point(self) -> int:
        char = self.text[self.at]
        if char != "\\":
            self.at += 1
            return ord(char)
        start = self.at
        kind = self.text[start + 1 : start + 2]
        if kind in _SIMPLE:
            self.at += 2
            return _SIMPLE[kind]
        size = _HEX.get(kind, 0)
        digits = self.text[start + 2 : start + 2 + size]
        if not size or not re.fullmatch(f"[0-9a-fA-F]{{{size}}}", digits) or int(digits, 16) > 0x10FFFF:
            raise self.fault(start, f"unknown escape {self.text[start : start + 2]!r}")
        self.at += 2 + size
        return int(digits, 16)

    def bracket(self) -> Expr:
        start = self.at
        self.at += 1
        negative = self.text.startswith("^", self.at)
        self.at += negative
        pairs: list[tuple[int, int]] = []
        while True:
            if self.at >= len(self.text):
                raise self.fault(start, "this [ is never closed")
            if self.text[self.at] == "]":
                self.at += 1
                break
            low = high = self.point()
            if self.text.startswith("-", self.at) and not self.text.startswith("-]", self.at):
                self.at += 1
                if self.at >= len(self.text):
                    raise self.fault(start, "this [ is never closed")
                high = self.point()
                if high < low:
                    raise self.fault(start, "a range runs backwards")
            pairs.append((low, high))
        if not pairs:
            raise self.fault(start, "an empty class admits nothing")
        ranges = union(tuple(pairs))
        top = 0x10FFFF if negative else ranges[-1][1]
        return (CLS, self.text[start : self.at], width(top))


@lru_cache(maxsize=4096)
def class_ranges(text: str) -> Ranges:
    """The characters of a class as it is written in GBNF."""
    if text == ".":
        return ((0, 0x10FFFF),)
    reader = _Reader(text)
    reader.at = 2 if text.startswith("[^") else 1
    pairs = []
    while text[reader.at] != "]":
        low = high = reader.point()
        if text[reader.at] == "-" and text[reader.at + 1] != "]":
            reader.at += 1
            high = reader.point()
        pairs.append((low, high))
    ranges = union(tuple(pairs))
    return without(((0, 0x10FFFF),), ranges) if text.startswith("[^") else ranges


def _defined(reader: _Reader, body: dict[str, Expr]) -> None:
    for name, at in reader.uses.items():
        if name not in body:
            raise reader.fault(at, f"no rule is called {name!r}")


def _no_left_recursion(reader: _Reader, body: dict[str, Expr]) -> None:
    empty = _nullable(body)
    for name, expr in body.items():
        if _endless(expr, empty):
            raise reader.fault(reader.where[name], f"the rule {name!r} repeats without end what may be empty")
    first = {name: list(dict.fromkeys(_leftmost(expr, empty))) for name, expr in body.items()}
    state: dict[str, int] = {}
    for start in body:
        if start in state:
            continue
        state[start] = 1
        stack = [(start, iter(first[start]))]
        while stack:
            name, children = stack[-1]
            for child in children:
                if state.get(child) == 1:
                    raise reader.fault(reader.where[child], f"the rule {child!r} begins with itself (left recursion)")
                if child not in state:
                    state[child] = 1
                    stack.append((child, iter(first[child])))
                    break
            else:
                state[name] = 2
                stack.pop()


def _nullable(body: dict[str, Expr]) -> set[str]:
    users: dict[str, list[str]] = {}
    for name, expr in body.items():
        for child in refs(expr):
            users.setdefault(child, []).append(name)
    empty: set[str] = set()
    todo = list(body)
    while todo:
        name = todo.pop()
        if name not in empty and _may_be_empty(body[name], empty):
            empty.add(name)
            todo.extend(users.get(name, ()))
    return empty


def _may_be_empty(expr: Expr, empty: set[str]) -> bool:
    kind = expr[0]
    if kind == LIT:
        return not expr[1]
    if kind == CLS:
        return False
    if kind == REF:
        return expr[1] in empty
    if kind == REP:
        return expr[2] == 0 or _may_be_empty(expr[1], empty)
    test = all if kind == SEQ else any
    return test(_may_be_empty(item, empty) for item in expr[1])


def _endless(expr: Expr, empty: set[str]) -> bool:
    """Whether something that may be empty is repeated without end: to llama.cpp that is left recursion."""
    if expr[0] in (SEQ, ALT):
        return any(_endless(item, empty) for item in expr[1])
    if expr[0] != REP:
        return False
    return (expr[3] is None and _may_be_empty(expr[1], empty)) or _endless(expr[1], empty)


def _leftmost(expr: Expr, empty: set[str]) -> list[str]:
    kind = expr[0]
    if kind == REF:
        return [expr[1]]
    if kind == ALT:
        return [name for item in expr[1] for name in _leftmost(item, empty)]
    if kind == REP:
        return _leftmost(expr[1], empty)
    out: list[str] = []
    if kind == SEQ:
        for item in expr[1]:
            out += _leftmost(item, empty)
            if not _may_be_empty(item, empty):
                break
    return out
