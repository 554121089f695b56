"""
Grammar expressions and how they are written as GBNF.

An expression is a plain tuple, first its kind: cheap to make, to hash and to walk. Rules are collected in a `Rules`,
which also sees to it that nothing is repeated in a way that llama.cpp cannot take. Nothing here knows JSON Schema.

    (LIT, text)             the text itself
    (CLS, "[a-z]", bytes)   one character of a class, and how many bytes it has at most
    (REF, name)             another rule
    (SEQ, (a, b, …))        one after the other; () is the empty text
    (ALT, (a, b, …))        one of them; () admits nothing at all
    (REP, a, least, most)   a repeated; most is None for "without end"
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from rag.gbnf.ranges import Ranges

Expr = tuple[Any, ...]

LIT, CLS, REF, SEQ, ALT, REP = range(6)
EMPTY: Expr = (SEQ, ())
VOID: Expr = (ALT, ())
MOST = 1900  # llama.cpp takes 2,000 repetitions of one symbol; above it refuses, or repeats without end in silence


def lit(text: str) -> Expr:
    return (LIT, text)


def ref(name: str) -> Expr:
    return (REF, name)


def seq(*items: Expr) -> Expr:
    """Items in a row; neighbouring literals become one, and with something impossible in it the whole is impossible."""
    flat: list[Expr] = []
    for item in items:
        kind = item[0]
        for part in item[1] if kind == SEQ else (item,):
            kind = part[0]
            if kind == LIT:
                if flat and flat[-1][0] == LIT:
                    flat[-1] = (LIT, flat[-1][1] + part[1])
                    continue
            elif kind == ALT and not part[1]:
                return VOID
            flat.append(part)
    return flat[0] if len(flat) == 1 else (SEQ, tuple(flat))


def alt(items: Iterable[Expr]) -> Expr:
    """One of the items; the same one twice counts once, impossible ones not at all."""
    flat: dict[Expr, None] = {}
    for item in items:
        for part in item[1] if item[0] == ALT else (item,):
            flat[part] = None
    return next(iter(flat)) if len(flat) == 1 else (ALT, tuple(flat))


def maybe(item: Expr) -> Expr:
    if item in (VOID, EMPTY):
        return EMPTY
    return (REP, item, 0, 1)


@lru_cache(maxsize=8192)
def quote(text: str) -> str:
    """A literal as GBNF writes it."""
    if (text.isascii() and text.isprintable()) or _PLAIN.match(text):
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return '"' + "".join(_escape(ord(c), '"\\') for c in text) + '"'


_PLAIN = re.compile(r"[^\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff]*\Z")


def _escape(point: int, special: str) -> str:
    char = chr(point)
    if char in special:
        return "\\" + char
    if char in "\n\r\t":
        return {"\n": "\\n", "\r": "\\r", "\t": "\\t"}[char]
    if 0x20 <= point < 0x7F or (0xA0 <= point < 0xD800 and point not in (0x2028, 0x2029)):
        return char
    if point < 0x100:
        return f"\\x{point:02X}"
    return f"\\u{point:04X}" if point < 0x10000 else f"\\U{point:08X}"


def char_class(ranges: Ranges) -> Expr:
    """One character out of `ranges` (inclusive, sorted, without surrogates)."""
    if not ranges:
        return VOID
    if len(ranges) == 1 and ranges[0][0] == ranges[0][1]:
        return (LIT, chr(ranges[0][0]))
    parts = []
    for low, high in ranges:
        parts.append(_class_char(low))
        if high > low:
            parts.append(("-" if high > low + 1 else "") + _class_char(high))
    return (CLS, "[" + "".join(parts) + "]", width(ranges[-1][1]))


def _class_char(point: int) -> str:
    # "-" and "^" have no escape of their own in GBNF: a code does in any place
    if point in (0x2D, 0x5E) or point > 0x7E:
        return f"\\x{point:02X}" if point < 0x100 else f"\\u{point:04X}" if point < 0x10000 else f"\\U{point:08X}"
    return _escape(point, "\\[]")


def width(point: int) -> int:
    """Bytes of a character in UTF-8."""
    return 1 if point < 0x80 else 2 if point < 0x800 else 3 if point < 0x10000 else 4


# names that the hand-written grammars give to their own rules
RESERVED = (
    *("root", "value", "object", "member", "array", "string", "char", "plain", "escape", "unichar", "code", "hex"),
    *("integer", "whole", "number", "boolean", "null", "date", "time", "date-time", "year", "leap-year", "leap-two"),
    *("day-of-year", "long-month", "short-month", "day-28", "clock", "offset"),
)


@lru_cache(maxsize=4096)
def _name(hint: str) -> str:
    name = re.sub(r"[^a-z0-9]+", "-", hint.lower()).strip("-")[:40].strip("-") or "x"
    return "n" + name if name[0].isdigit() else name


class Rules:
    """The named rules of one grammar, in the order in which they are to be read."""

    def __init__(self) -> None:
        self.body: dict[str, Expr] = {}
        self._names: dict[str, int] = dict.fromkeys(RESERVED, 1)
        self._same: dict[Expr, str] = {}

    def fresh(self, hint: str) -> str:
        """A name that no rule has yet."""
        name = _name(hint)
        count = self._names.get(name)
        if count is None and name not in self.body:
            self._names[name] = 1
            return name
        count = count or 1
        while True:
            count += 1
            self._names[name] = count
            other = f"{name}-{count}"
            if other not in self._names and other not in self.body:
                self._names[other] = 1
                return other

    def named(self, hint: str, expr: Expr) -> Expr:
        """A reference to a rule that says `expr`; the same expression gets the same rule."""
        if expr[0] == REF or expr in (VOID, EMPTY):
            return expr
        name = self._same.get(expr)
        if name is None:
            name = self._same[expr] = self.fresh(hint)
            self.body[name] = expr
        return (REF, name)

    def times(self, item: Expr, least: int, most: int | None, hint: str = "some") -> Expr:
        """`item` repeated; over a named rule, in blocks that llama.cpp can count."""
        if item == EMPTY or most == 0:
            return EMPTY
        if item == VOID:
            return EMPTY if least == 0 else VOID
        if (least, most) == (1, 1):
            return item
        if (least, most) == (0, 1):
            return maybe(item)
        if most is not None and most < least:
            return VOID
        if item[0] not in (REF, CLS) and not (item[0] == LIT and len(item[1]) == 1):
            item = self.named(hint, item)
        if max(least, most or 0) <= MOST:
            return (REP, item, least, most)
        return self._blocks(item, least, most, hint)

    def _blocks(self, item: Expr, least: int, most: int | None, hint: str) -> Expr:
        """Counts above what llama.cpp takes: whole blocks of 1,000, then what is left; two paths are open at most."""
        block = self.named(hint + "-block", (REP, item, 1000, 1000))
        whole, least_left = divmod(least, 1000)
        head = seq(*[block] * whole) if whole < 8 else self.times(block, whole, whole, hint)
        if most is None:
            return seq(head, self.times(item, least_left, None, hint))
        left = most - whole * 1000
        if left <= MOST:
            return seq(head, self.times(item, least_left, left, hint))
        blocks, rest = divmod(left, 1000)
        tail = self.named(hint + "-tail", self.times(item, 0, rest, hint))
        below = self.named(hint + "-below", (REP, item, 0, 999))
        for _ in range(blocks - 1):
            tail = self.named(hint + "-tail", alt([below, seq(block, tail)]))
        return seq(head, alt([(REP, item, least_left, 999) if least_left else below, seq(block, tail)]))


def show(expr: Expr, inner: bool = False) -> str:
    """An expression as GBNF; `inner` puts brackets around what would otherwise bind wrongly."""
    kind = expr[0]
    if kind == LIT:
        return quote(expr[1])
    if kind in (REF, CLS):
        return expr[1]  # type: ignore[no-any-return]
    if kind == SEQ:
        if not expr[1]:
            return '""'
        text = " ".join(_shown(expr[1], True))
        return f"({text})" if inner else text
    if kind == ALT:
        text = " | ".join(_shown(expr[1], False))
        return f"({text})" if inner else text
    _, item, least, most = expr
    body = show(item, True)
    if item[0] == REP or (item[0] == LIT and len(item[1]) > 1):
        body = f"({body})"
    return body + _count(least, most)


def _shown(items: Sequence[Expr], inner: bool) -> list[str]:
    out = []
    for item in items:
        kind = item[0]
        out.append(quote(item[1]) if kind == LIT else item[1] if kind <= REF else show(item, inner))
    return out


@lru_cache(maxsize=1024)
def _count(least: int, most: int | None) -> str:
    simple = {(0, 1): "?", (0, None): "*", (1, None): "+"}.get((least, most))
    if simple:
        return simple
    return f"{{{least}}}" if least == most else f"{{{least},{'' if most is None else most}}}"


def write_rules(order: Sequence[str], body: dict[str, Expr]) -> str:
    return "".join([f"{name} ::= {show(body[name])}\n" for name in order])
