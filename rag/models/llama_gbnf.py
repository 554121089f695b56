"""
Is this text a grammar that llama.cpp can load? Asked before llama.cpp sees it.

Its parser prints to stderr, reads a repetition above 2,000 as "without end", overflows the stack on deep nesting and
loops for ever on some left recursion; llama-cpp-python passes its NULL on, which ends the process. So the text is read
here first and only what passes goes there. Tokens of one vocabulary (`<think>`) are no part of our grammars.

It does not decide what a grammar admits: that is llama.cpp's own matcher.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from rag.errors import InputError

REPETITIONS = 2000  # MAX_REPETITION_THRESHOLD of llama.cpp
NESTING = 200
PATHS = 1_000_000  # its search for left recursion walks every leftmost path

_ESCAPE = r'\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[trn\\"\[\]-])'
_TOKEN = re.compile(
    r"(?P<space>(?:[ \t]|#[^\r\n]*)+)"
    r"|(?P<line>\r\n|\r|\n)"
    rf'|(?P<literal>"(?:[^"\\]|{_ESCAPE})*")'
    rf"|(?P<set>\[(?:[^\]\\]|{_ESCAPE})*\])"
    r"|(?P<define>::=)"
    r"|(?P<name>[a-zA-Z0-9-]+)"
    r"|(?P<repeat>\{[ \t]*(?P<low>[0-9]+)[ \t]*(?P<comma>,[ \t]*(?P<high>[0-9]+)?[ \t]*)?\}|[*+?])"
    r"|(?P<any>\.)|(?P<open>\()|(?P<close>\))|(?P<or>\|)"
)
_CODE = re.compile(
    r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|.)"
)  # `\\u0000` is a backslash and text


@dataclass(slots=True)
class _Item:
    """One element of a sequence: a rule by its name, or characters (name ""). `weight` is llama.cpp's rule count."""

    name: str
    empty: bool = False  # may be left out, or is an empty literal
    weight: int = 1
    nothing: bool = False  # "" or x{0}: no element at all, which cannot be repeated


@dataclass(slots=True)
class _Rule:
    alternatives: list[list[_Item]] = field(default_factory=lambda: [[]])


@dataclass(slots=True)
class _Open:
    """A group that is being read: its synthetic rule, and the names that were known when it began."""

    name: str
    rule: _Rule
    names: int


@lru_cache(maxsize=64)
def check(grammar: str) -> None:
    """Raise InputError, saying where and why, unless llama.cpp can load `grammar` and it means what it says."""
    if "\0" in grammar:
        raise _error(grammar, grammar.index("\0"), "a NUL character ends the grammar for llama.cpp")
    rules = _Reader(grammar).read()
    if "root" not in rules:
        raise InputError("grammar: has no rule `root`", "Begin with: root ::= …")
    for name, rule in rules.items():
        for item in _items(rule):
            if item.name and item.name not in rules:
                raise InputError(
                    f"grammar: rule `{name}` uses `{item.name}`, which is not defined", f"Define it: {item.name} ::= …"
                )
    _check_recursion(rules, _nullable(rules))


def _items(rule: _Rule) -> Iterable[_Item]:
    return (item for alternative in rule.alternatives for item in alternative)


def _error(text: str, at: int, why: str) -> InputError:
    line = text.count("\n", 0, at) + 1
    column = at - (text.rfind("\n", 0, at) + 1) + 1
    return InputError(
        f"grammar: line {line}, column {column}: {why}", "The format is GBNF, that of llama.cpp's grammars."
    )


class _Reader:
    """Reads the text as llama.cpp's parser does: rules, alternatives, items, and how many rules it makes of them."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.rules: dict[str, _Rule] = {}
        self.names: set[str] = set()
        self.made = 0  # synthetic rules, for groups and repetitions
        self.groups: list[_Open] = []
        self.rule: _Rule | None = None
        self.current = ""

    def read(self) -> dict[str, _Rule]:
        text, at, size = self.text, 0, len(self.text)
        fresh = True  # between rules, or after "::=" or "|": a line may end without ending the rule
        while at < size:
            match = _TOKEN.match(text, at)
            if match is None:
                raise _error(text, at, self._unreadable(at))
            kind = match.lastgroup if match.lastgroup not in ("low", "high", "comma") else "repeat"
            if kind == "line":
                if self.rule is not None and not self.groups and not fresh:
                    self.rule = None
            elif self.rule is None and kind != "space":
                at, fresh = self._define(match), True
                continue
            elif kind != "space":
                self._take(str(kind), match)
                fresh = kind == "or"
            at = match.end()
        if self.groups:
            raise _error(text, size, "a group is not closed")
        return self.rules

    def _unreadable(self, at: int) -> str:
        here = self.text[at]
        if here == '"':
            return "a string is not closed on its line or has an unknown escape"
        if here == "[":
            return "a character set is not closed or has an unknown escape"
        if here in "<!":
            return "tokens of a vocabulary are not supported"
        return f"{here!r} cannot stand here"

    def _define(self, match: re.Match[str]) -> int:
        """`name ::=`; where reading goes on."""
        head = re.compile(r"([a-zA-Z0-9-]+)[ \t]*::=").match(self.text, match.start())
        if head is None:
            raise _error(self.text, match.start(), "expected `name ::=`")
        name = head.group(1)
        if name in self.rules:
            raise _error(self.text, match.start(), f"rule `{name}` is defined twice")
        self.names.add(name)
        self.current, self.rule = name, _Rule()
        self.rules[name] = self.rule
        return head.end()

    def _take(self, kind: str, match: re.Match[str]) -> None:
        rule = self.groups[-1].rule if self.groups else self.rule
        assert rule is not None
        items = rule.alternatives[-1]
        if kind in ("literal", "set"):
            self._check_characters(kind, match)
            nothing = match.group() == '""'
            items.append(_Item("", empty=nothing, nothing=nothing))
        elif kind == "any":
            items.append(_Item(""))
        elif kind == "name":
            self.names.add(match.group())
            items.append(_Item(match.group()))
        elif kind == "or":
            rule.alternatives.append([])
        elif kind == "open":
            if len(self.groups) >= NESTING:
                raise _error(self.text, match.start(), f"groups are nested more than {NESTING} deep")
            before = len(self.names) + self.made
            self.made += 1
            self.groups.append(_Open(f"{self.current}_{self.made}", _Rule(), before))
        elif kind == "close":
            self._close(match)
        elif kind == "repeat":
            self._repeat(items, match)
        else:
            raise _error(self.text, match.start(), f"{match.group()!r} cannot stand here")

    def _close(self, match: re.Match[str]) -> None:
        if not self.groups:
            raise _error(self.text, match.start(), "`)` closes nothing")
        group = self.groups.pop()
        self.rules[group.name] = group.rule
        rule = self.groups[-1].rule if self.groups else self.rule
        assert rule is not None
        rule.alternatives[-1].append(_Item(group.name, weight=max(1, len(self.names) + self.made - group.names)))

    def _repeat(self, items: list[_Item], match: re.Match[str]) -> None:
        sign = match.group()
        if not items or items[-1].nothing:
            raise _error(self.text, match.start(), f"{sign!r} repeats nothing")
        low = {"*": 0, "+": 1, "?": 0}.get(sign[0], int(match.group("low") or 0))
        high: int | None = {"*": None, "+": None, "?": 1}.get(sign[0], int(match.group("high") or 0) or None)
        if sign[0] == "{":
            high = low if not match.group("comma") else (int(match.group("high")) if match.group("high") else None)
        if max(low, high or 0) > REPETITIONS:
            raise _error(self.text, match.start(), f"{sign} repeats more than {REPETITIONS} times")
        if high is not None and high < low:
            raise _error(self.text, match.start(), f"{sign} ends before it begins")
        item = items[-1]
        if high is None and item.empty:
            raise _error(self.text, match.start(), f"{sign} repeats without end what may be empty (left recursion)")
        total = item.weight * (high or low or 1)
        if total > REPETITIONS:
            raise _error(
                self.text,
                match.start(),
                f"{sign} makes {total} rules of a group, more than {REPETITIONS}: repeat a named rule",
            )
        self.made += 1 if high is None else high - low
        repeated = _Item(item.name, item.empty or low == 0, total, nothing=high == 0)
        if high is None and item.name:  # S' ::= S S' |
            name = f"{self.current}_{self.made}"
            self.rules[name] = _Rule([[_Item(item.name, item.empty), _Item(name)], []])
            repeated = _Item(name, low == 0, total)
        items[-1] = repeated

    def _check_characters(self, kind: str, match: re.Match[str]) -> None:
        text = match.group()
        if kind == "set" and text in ("[]", "[^]"):
            raise _error(self.text, match.start(), "an empty character set")
        for code in _CODE.finditer(text):
            value = int(code.group(1) or code.group(2) or code.group(3) or "1", 16)
            if value == 0 or value > 0x10FFFF:
                raise _error(
                    self.text, match.start() + code.start(), f"{code.group()} is no character that a model can write"
                )


def _nullable(rules: dict[str, _Rule]) -> set[str]:
    """The rules that admit the empty text: those with an alternative of which nothing is left to wait for."""
    found: set[str] = set()
    waits: dict[str, list[list[object]]] = {}  # a rule: alternatives that wait for it, as [whose it is, for how many]
    todo: list[str] = []
    for name, rule in rules.items():
        for alternative in rule.alternatives:
            needs = [item.name for item in alternative if not item.empty]
            if not needs:
                todo.append(name)
            elif "" not in needs:
                wait: list[object] = [name, len(needs)]
                for need in needs:
                    waits.setdefault(need, []).append(wait)
    while todo:
        name = todo.pop()
        if name in found:
            continue
        found.add(name)
        for wait in waits.get(name, ()):
            wait[1] -= 1  # type: ignore[operator]
            if not wait[1]:
                todo.append(str(wait[0]))
    return found


def _check_recursion(rules: dict[str, _Rule], nullable: set[str]) -> None:
    """No rule may begin with itself, and there must not be too many ways to begin."""
    first: dict[str, list[str]] = {}
    for name, rule in rules.items():
        first[name] = []
        for alternative in rule.alternatives:
            for item in alternative:
                if item.name:
                    first[name].append(item.name)
                if not (item.empty or item.name in nullable):
                    break
    paths: dict[str, int] = {}
    for start in rules:
        trail: list[tuple[str, Iterable[str]]] = []
        active: set[str] = set()
        if start not in paths:
            trail.append((start, iter(first[start])))
            active.add(start)
        while trail:
            name, rest = trail[-1]
            below = next(iter(rest), None)
            if below is None:
                trail.pop()
                active.discard(name)
                paths[name] = 1 + sum(paths[other] for other in first[name])
                if paths[name] > PATHS:
                    raise InputError(
                        f"grammar: rule `{_named(name)}` can begin in too many ways",
                        "Factor out what its alternatives share.",
                    )
            elif below in active:
                raise InputError(
                    f"grammar: rule `{_named(below)}` can begin with itself (left recursion)",
                    "Write the repetition as item*, with an item that is never empty.",
                )
            elif below not in paths:
                trail.append((below, iter(first[below])))
                active.add(below)


def _named(name: str) -> str:
    return name.partition("_")[0]
