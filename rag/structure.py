"""
The parts of settings and queries: what a key of YAML or JSON holds, a statement of SQL, each with its path as heading.

The one promise: the parts of a text come in its order and together are all of it. Known by indentation and by marks
alone, for files are cut that no parser takes: templates, several documents in one, mistakes.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

WHOLE = 700  # characters; what is no longer stays one part
LEAST = 60  # characters of a part of which there are several of a kind: operations, services, models
LARGEST = 300_000  # characters; a longer text is data
DEEPEST = 12  # levels of a path
LABEL = 60  # characters of a name in a path
LANGUAGES = ("yaml", "json", "sql")

START = re.compile(
    r"""[ \t]*(?:-[ \t]+)*(?:"[^"\n]{1,200}"|'[^'\n]{1,200}'|[^\s#"'\-\[\]{},|>&*!%@`][^\n#]{0,200}?)[ \t]*:(?=\s|$)"""
)
ITEM = re.compile(r"[ \t]*-(?:[ \t]|$)")
SCALAR = re.compile(r":[ \t]*(?:[&!][^\s]+[ \t]+)?[|>][-+\d]*[ \t]*(?:#.*)?$")
NAMED = re.compile(
    r"""^[ \t]*(?:-[ \t]+)?["']?(?:name|id|title|alias|job|key|uses|operationId)["']?[ \t]*:[ \t]*["']?([^"'\n,#]+)""",
    re.M,
)
KIND = re.compile(r"^kind:[ \t]*(\S+)", re.M)
CALLED = re.compile(r"^metadata:[ \t]*\n(?:[ \t][^\n]*\n)*?[ \t]+name:[ \t]*(\S+)", re.M)
SEPARATOR = re.compile(r"^---(?:[ \t][^\n]*)?\n", re.M)
TOKEN = re.compile(  # comments, strings, names, texts between dollars, and what ends a statement
    r"--[^\n]*|/\*.*?(?:\*/|\Z)|'(?:[^'\\]|''|\\.)*(?:'|\Z)|\"(?:[^\"]|\"\")*(?:\"|\Z)"
    r"|(\$\w*\$).*?(?:\1|\Z)|;[ \t]*(?:--[^\n]*)?",
    re.DOTALL,
)
GAP = r"[ \t\n]+"
MADE = re.compile(
    rf"^[ \t]*(?:create|alter|drop|comment{GAP}on|insert{GAP}into|update|delete{GAP}from|truncate|grant)\b(?:{GAP}"
    rf"(?:or{GAP}replace|global|local|temp(?:orary)?|unlogged|external|unique|materialized|recursive|concurrently"
    rf"|if{GAP}(?:not{GAP})?exists|table|view|index|function|procedure|trigger|type|domain|schema|sequence|policy"
    rf"|role|extension|column|database|only|into))*{GAP}([\w.\"`\[\]$]+)",
    re.IGNORECASE | re.MULTILINE,
)
COMMENT = re.compile(r"^[ \t]*--+[ \t]*(\S[^\n]*)", re.M)


@dataclass(frozen=True, slots=True)
class Part:
    """A run of whole lines, and the path of the names that it stands under."""

    start: int
    end: int
    heading: str


@lru_cache(maxsize=16)
def parts(text: str, language: str) -> tuple[Part, ...]:
    """The parts of a text in this language; none if it has no structure that is known."""
    if language not in LANGUAGES or not text.strip() or len(text) > LARGEST:
        return ()
    return tuple(_statements(text) if language == "sql" else _documents(text))


def _documents(text: str) -> Iterator[Part]:
    """The documents of a file of YAML, which lines of three hyphens divide; each in parts."""
    starts = [0]
    for found in SEPARATOR.finditer(text):
        if text[starts[-1] : found.start()].strip():
            starts.append(found.end())
        elif len(starts) > 1:
            starts[-1] = found.end()
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        kind, name = (found.search(text, start, end) for found in (KIND, CALLED))
        label = " ".join(found[1].strip("\"'") for found in (kind, name) if found) if kind else ""
        yield from _Tree(text).divided(start, end, label, 0)


class _Tree:
    """One text, cut by the indentation of its lines."""

    def __init__(self, text: str) -> None:
        self.text = text

    def divided(self, start: int, end: int, heading: str, depth: int, first: int = -1) -> Iterator[Part]:
        """
        The parts between two offsets; `first` is where what lies inside begins, if the lines before it are its name.
        """
        inside = self.children(start if first < 0 else first, end) if depth < DEEPEST else []
        alike = len(inside) > 1 and all(self._is_one(a, b) for a, b in inside)
        if not inside or (not alike and end - start <= WHOLE):
            yield Part(start, end, heading)
            return
        run: list[tuple[int, int]] = []  # the short ones that stand below each other
        at = start  # where the run begins: the first one has the name above it
        for a, b in inside:
            long = alike or b - a > WHOLE or self._several(a, b)
            if run and (long or b - at > WHOLE):
                yield self._of(at, run, heading)
                run, at = [], a
            if long:
                yield from self.divided(at, b, self._path(heading, a, b), depth + 1, self._below(a, b))
                at = b
            else:
                run.append((a, b))
        if run:
            yield self._of(at, run, heading)

    def _of(self, start: int, run: list[tuple[int, int]], heading: str) -> Part:
        """The part that short ones make; one alone has its own name."""
        end = run[-1][1]
        return Part(start, end, heading if len(run) > 1 else self._path(heading, run[0][0], end))

    def _several(self, start: int, end: int) -> bool:
        """Does it hold several of a kind?"""
        inside = self.children(self._below(start, end), end) if end - start > 2 * LEAST else []
        return len(inside) > 1 and all(self._is_one(a, b) for a, b in inside)

    def children(self, start: int, end: int) -> list[tuple[int, int]]:
        """What stands at the outermost level between two offsets, each with the comments above it."""
        lines = [(found.start(), found[0]) for found in re.finditer(r"[^\n]*\n|[^\n]+$", self.text[start:end])]
        keys = [(at, line) for at, line in lines if START.match(line)]
        found = keys + [(at, line) for at, line in lines if ITEM.match(line) and not START.match(line)]
        if not found:
            return []
        least = min(_indent(line) for _, line in found)
        outer = sorted((at, line) for at, line in found if _indent(line) == least)
        plain = [(at, line) for at, line in outer if not ITEM.match(line)]
        starts = [at for at, _ in plain or outer]
        comments = {at: line.lstrip().startswith(("#", "//")) for at, line in lines}
        places = [at for at, _ in lines]
        begins = []
        for at in starts:
            number = bisect_left(places, at)
            while number and comments[places[number - 1]]:
                number -= 1
            begins.append(start + places[number])
        begins = list(dict.fromkeys(begins))
        return list(zip(begins, [*begins[1:], end], strict=True))

    def _is_one(self, start: int, end: int) -> bool:
        """Is it one of several of a kind: some lines under a name?"""
        body = self.text[start:end].strip()
        return len(body) >= LEAST and "\n" in body and not SCALAR.search(self._named_line(start, end))

    def _named_line(self, start: int, end: int) -> str:
        """The line that names a part, below its comments."""
        for line in self.text[start:end].split("\n"):
            if line.strip() and not line.lstrip().startswith(("#", "//")):
                return line.rstrip()
        return ""

    def _below(self, start: int, end: int) -> int:
        """Where that begins which stands inside a part: below its name, or all of an item, without its hyphen."""
        line = self._named_line(start, end)
        at = self.text.index(line, start) if line else start
        below = min(end, at + len(line) + 1)
        return end if SCALAR.search(line) else below

    def _path(self, heading: str, start: int, end: int) -> str:
        line = self._named_line(start, end)
        if ITEM.match(line):
            found = NAMED.search(self.text, start, end)
            name = found[1] if found else ""
        else:
            name = START.match(line)[0].strip().rstrip(":") if START.match(line) else ""  # type: ignore[index]
        name = " ".join(name.strip(" \t\"'").split())[:LABEL]
        return " > ".join(filter(None, (heading, name)))


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" \t"))


def _statements(text: str) -> Iterator[Part]:
    """The statements of SQL, each with the comments above it."""
    start = 0
    for found in TOKEN.finditer(text):
        if found[0][0] == ";":
            end = found.end() + (text[found.end() : found.end() + 1] == "\n")
            if text[start : found.start()].strip():
                yield Part(start, end, _called(text[start:end]))
                start = end
    if text[start:].strip():
        yield Part(start, len(text), _called(text[start:]))


def _called(statement: str) -> str:
    """What a statement is about: the name of what it makes or changes, else its comment."""
    if found := MADE.search(statement):
        return re.sub(r"[\"`\[\]]", "", found[1])[:LABEL]
    found = COMMENT.search(statement)
    return found[1].strip(" -*=")[: 2 * LABEL] if found else ""
