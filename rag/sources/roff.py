"""The words of roff: escapes, arguments of macros, and running text that is gathered line by line."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from rag.sources.roff_signs import character, sign

ARGUMENT = re.compile(r'"((?:[^"]|"")*)"?|((?:\\ |\\.|[^\s\\])+)')
INSIDE = r"'(?:[^'\\\n]|\\w'[^'\n]{0,80}'|\\.){0,200}'"  # of an escape; it may measure other words
ESCAPE = re.compile(
    r"\\(?:\((?P<two>..)|\[(?P<long>[^\]\n]{1,40})\]|f(?:\(..|\[[^\]\n]{0,20}\]|.)|s(?:\([+-]?\d\d|\[[^\]\n]{0,8}\]|[+-]?\d)"
    rf"|[mMFgkYV](?:\(..|\[[^\]\n]{{0,40}}\]|.)|(?P<kind>[hNC])(?P<inside>{INSIDE})"
    rf"|[vwblLoXZDRAB]{INSIDE}|\".*$|(?P<one>.)|$)"
)
ONE = {
    "-": "-",
    "e": "\\",
    "\\": "\\",
    " ": " ",
    "~": " ",
    "0": " ",
    "'": "´",
    "`": "`",
    ".": ".",
    "t": "\t",
    "E": "\\",
}
NOTHING = "&|^%:/,cdupr)!{}z"


def plain(text: str) -> str:
    """A text without its escapes: signs are themselves, changes of fonts nothing."""
    return ESCAPE.sub(_shown, text) if "\\" in text else text


def _shown(found: re.Match[str]) -> str:
    if name := found["two"] or found["long"] or "":
        return sign(name)
    if kind := found["kind"]:
        inside = found["inside"][1:-1]
        if kind == "h":  # a step to the right is a space
            return " " if re.match(r"[+|]?\d*[1-9]", inside) else ""
        return character(inside, 10) if kind == "N" else sign(inside)
    one = found["one"]
    return "" if one is None else ONE.get(one, "" if one in NOTHING else one)


def arguments(rest: str) -> list[str]:
    """The arguments of a macro; in quotes they may hold spaces."""
    rest = re.sub(r'(?:^|(?<=\s))\\".*$', "", rest)
    return [found[1].replace('""', '"') if found[2] is None else found[2] for found in ARGUMENT.finditer(rest)]


@dataclass(slots=True)
class Words:
    """Running text that is set as one paragraph, however it is broken into lines."""

    lines: list[list[str]] = field(default_factory=lambda: [[]])
    joined: bool = False  # whether what comes next stands right behind
    spaced: bool = True  # False: nothing is set apart, until that is said again
    fresh: bool = False  # of words that are not set apart: whether the first of them is still to come

    def say(self, text: str, *, tight: bool = False) -> None:
        text = " ".join(text.split())
        if not text:
            return
        last = self.lines[-1]
        if last and (tight or self.joined or not (self.spaced or self.fresh)):
            last[-1] += text
        else:
            last.append(text)
        self.joined = self.fresh = False

    def space(self, wanted: bool) -> None:
        """Set words apart from here on, or not."""
        self.spaced, self.fresh, self.joined = wanted, not wanted, False

    def break_(self) -> None:
        if self.lines[-1]:
            self.lines.append([])

    def taken(self) -> str:
        """The text so far; what follows is another."""
        text = "\n".join(" ".join(line) for line in self.lines if line)
        self.lines, self.joined = [[]], False
        return text
