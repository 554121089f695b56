"""
Reads GBNF: text to rules, and every fault with its line and column.

Asked before llama.cpp sees a grammar: its parser prints to stderr, takes a repetition above 2,000 for "without end",
overflows the stack on deep nesting and loops for ever on some left recursion, and llama-cpp-python passes its NULL
on, which ends the process. What passes here llama.cpp loads, and reads as it is read here. A NUL, a range that runs
backwards and the tokens of one vocabulary (`<think>`) are refused, though llama.cpp takes them: they admit nothing,
or belong to one model.
"""

from __future__ import annotations

import re
from functools import lru_cache

from rag.errors import InputError
from rag.gbnf.expressions import ALT, CLS, LIT, REF, REP, SEQ, Expr, seq, width
from rag.gbnf.graph import refs
from rag.gbnf.ranges import Ranges, union, without

LIMIT = 2000  # repetitions of one symbol, and rules made by repeating a group: MAX_REPETITION_THRESHOLD of llama.cpp
DEEP = 100
PATHS = 1_000_000  # llama.cpp's search for left recursion walks every leftmost path
_SPACE = re.compile(r"(?:[ \t]+|#[^\r\n]*)*")
_SPACES = re.compile(r"(?:[ \t\r\n]+|#[^\r\n]*)*")
_NAME = re.compile(r"[a-zA-Z0-9-]+")
_COUNT = re.compile(r"\{[ \t]*(\d+)[ \t]*(,[ \t]*(\d*)[ \t]*)?\}")
_PLAIN = {'"': re.compile(r'[^"\\\0]*'), "]": re.compile(r"[^\]\\\0]*")}
_HEX = {"x": 2, "u": 4, "U": 8}
_SIMPLE = {"n": 10, "r": 13, "t": 9, "\\": 92, '"': 34, "[": 91, "]": 93, "-": 45}
_SIGNS: dict[str, tuple[int, int | None]] = {"*": (0, None), "+": (1, None), "?": (0, 1)}


def read(text: str, root: str | None = "root") -> dict[str, Expr]:
    """The rules of a grammar. Raises InputError that says line and column."""
    reader = _Reader(text)
    body = reader.rules()
    for name, at in reader.uses.items():
        if name not in body:
            raise reader.fault(at, f"no rule is called {name!r}")
    if root is not None and root not in body:
        raise reader.fault(0, f"no rule is called {root}: decoding starts there")
    _check_recursion(reader, body)
    return body


@lru_cache(maxsize=64)
def check(text: str) -> None:
    """Raise InputError, saying where and why, unless llama.cpp can load a grammar and it means what it says."""
    read(text)


class _Reader:
    """
    Reads the text as llama.cpp's parser does, and counts the rules that it makes of it: a repeated group costs as
    many as there are names and rules within it.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.where: dict[str, int] = {}
        self.uses: dict[str, int] = {}
        self.names: set[str] = set()
        self.made = 0  # rules for groups and repetitions
        self.weight = 1  # of the last atom

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
            raise self.fault(self.text.index("\0"), "a NUL character ends the grammar for llama.cpp")
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
            self.names.add(name[0])
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
        return items[0] if len(items) == 1 else (ALT, tuple(items))

    def sequence(self, nested: bool, depth: int) -> Expr:
        items: list[Expr] = []
        while self.at < len(self.text):
            item = self.atom(depth)
            if item is None:
                break
            self.space(nested)
            items.append(self.counted(item, nested) if self.text[self.at : self.at + 1] in _REPEATS else item)
        return seq(*items)

    def atom(self, depth: int) -> Expr | None:
        char, start = self.text[self.at], self.at
        self.weight = 1
        if char == '"':
            return (LIT, self.literal())
        if char == "[":
            return self.bracket()
        if char == "(":
            return self.group(depth)
        if char == ".":
            self.at += 1
            return (CLS, ".", 4)
        if char in "<!":
            raise self.fault(start, "tokens of one model's vocabulary cannot be named here")
        if name := _NAME.match(self.text, self.at):
            self.at = name.end()
            self.uses.setdefault(name[0], start)
            self.names.add(name[0])
            return (REF, name[0])
        if char in "*+?{":
            raise self.fault(start, f"there is nothing that {char!r} could repeat")
        return None

    def group(self, depth: int) -> Expr:
        start = self.at
        if depth >= DEEP:
            raise self.fault(start, f"groups are nested more than {DEEP} deep")
        before = len(self.names) + self.made
        self.made += 1
        self.at += 1
        self.space(True)
        inner = self.options(True, depth + 1)
        if not self.text.startswith(")", self.at):
            raise self.fault(start, "this ( is never closed")
        self.at += 1
        self.weight = max(1, len(self.names) + self.made - before)
        return _EMPTY_GROUP if inner in _NOTHING else inner

    def counted(self, item: Expr, nested: bool) -> Expr:
        while self.text[self.at : self.at + 1] in _REPEATS:
            start = self.at
            least, most = self.count()
            if item in _NOTHING:
                raise self.fault(start, "it repeats the empty text")
            self.weight *= most or least or 1
            if self.weight > LIMIT:
                raise self.fault(start, f"it makes {self.weight:,} rules of a group, {LIMIT:,} can be: repeat a rule")
            self.made += 1 if most is None else most - least
            item = (SEQ, ()) if most == 0 else (REP, item, least, most)
            self.space(nested)
        return item

    def count(self) -> tuple[int, int | None]:
        start = self.at
        if self.text[start] in _SIGNS:
            self.at += 1
            return _SIGNS[self.text[start]]
        found = _COUNT.match(self.text, start)
        if not found:
            raise self.fault(start, "a count looks like {3}, {3,} or {3,5}")
        self.at = found.end()
        least = int(found[1])
        most = least if found[2] is None else int(found[3]) if found[3] else None
        if most is not None and most < least:
            raise self.fault(start, f"{least} is more than {most}")
        if max(least, most or 0) > LIMIT:
            raise self.fault(start, f"llama.cpp counts to {LIMIT:,} at most, then repeats without end")
        return least, most

    def literal(self) -> str:
        start = self.at
        self.at += 1
        out: list[str] = []
        while True:
            plain = _PLAIN['"'].match(self.text, self.at)
            assert plain is not None
            out.append(plain[0])
            self.at = plain.end()
            if self.at >= len(self.text):
                raise self.fault(start, "this text has no closing quotation mark")
            if self.text[self.at] == '"':
                self.at += 1
                return "".join(out)
            out.append(chr(self.point()))

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
        if not size or not re.fullmatch(f"[0-9a-fA-F]{{{size}}}", digits):
            raise self.fault(start, f"unknown escape {self.text[start : start + 2]!r}")
        self.at += 2 + size
        point = int(digits, 16)
        if not 0 < point <= 0x10FFFF:
            raise self.fault(start, f"{self.text[start : self.at]} is no character that a model can write")
        return point

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
        top = 0x10FFFF if negative else max(high for _, high in pairs)
        return (CLS, self.text[start : self.at], width(top))


_REPEATS = frozenset("*+?{")
_NOTHING: tuple[Expr, ...] = ((LIT, ""), (SEQ, ()))
_EMPTY_GROUP: Expr = (ALT, ((SEQ, ()), (SEQ, ())))  # what () is to llama.cpp: a rule, which can be repeated


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


def _check_recursion(reader: _Reader, body: dict[str, Expr]) -> None:
    """No rule may begin with itself, and there must not be too many ways to begin."""
    empty = _nullable(body)
    for name, expr in body.items():
        if _endless(expr, empty):
            raise reader.fault(reader.where[name], f"the rule {name!r} repeats without end what may be empty")
    first = {name: _leftmost(expr, empty) for name, expr in body.items()}
    paths: dict[str, int] = {}
    active: set[str] = set()
    for start in body:
        if start in paths:
            continue
        active.add(start)
        stack = [(start, iter(first[start]))]
        while stack:
            name, children = stack[-1]
            for child in children:
                if child in active:
                    raise reader.fault(reader.where[child], f"the rule {child!r} begins with itself (left recursion)")
                if child not in paths:
                    active.add(child)
                    stack.append((child, iter(first[child])))
                    break
            else:
                active.discard(name)
                paths[name] = 1 + sum(paths[child] for child in first[name])
                if paths[name] > PATHS:
                    raise reader.fault(reader.where[name], f"the rule {name!r} can begin in too many ways")
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
