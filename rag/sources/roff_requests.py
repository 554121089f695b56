"""
What a page of roff asks of the program that sets it, done: strings and registers are filled in, macros of the page's
own written out, conditions decided as for a terminal, comments dropped. What is left are lines to read.

A page can ask for endless work (a macro that calls itself, strings of strings): what is written out is bounded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from rag.sources.roff import arguments

DEEPEST, MOST, LONGEST = 40, 2_000_000, 20_000  # macros in each other; characters written out, in all and in a line
REQUEST = re.compile(r"[.'][ \t]*([^\s\\]+|\\[^\s\"#{}]\S*)?[ \t]*(.*)$", re.DOTALL)
COMMENT = re.compile(r'(?<!\\)((?:\\\\)*)\\".*')
WHOLE_COMMENT = re.compile(r'^[.\'][ \t]*\\[#"].*\n|(?<!\\)((?:\\\\)*)\\#.*\n', re.MULTILINE)
FILLED = re.compile(r"\\(?:\\|(?P<what>\*|n(?P<step>[+-]?))(?:\((?P<two>..)|\[(?P<long>[^\]\n]{1,200})\]|(?P<one>.)))")
GIVEN = re.compile(r"\\\$(?:(?P<one>[\d*@])|\((?P<two>\d\d)|\[(?P<long>\d{1,3}|[*@])\])")
# those that every page has: of groff's man and mdoc (groff_mdoc(7), mandoc_char(7))
STRINGS = {
    "R": "®", "Tm": "™", "S": "", "lq": "“", "rq": "”", "L\"": "“", "R\"": "”", "Lq": "“", "Rq": "”", "Am": "&",
    "Ba": "|", "Ge": "≥", "Le": "≤", "<=": "≤", ">=": "≥", "Gt": ">", "Lt": "<", "If": "∞", "Na": "NaN", "Ne": "≠",
    "Pi": "π", "Pm": "±", "aa": "´", "ga": "`", "ua": "↑", "va": "↕", "Px": "POSIX", "Ai": "ANSI", "q": '"', "lp": "(",
    "rp": ")", "lb": "[", "rb": "]", ".T": "utf8",
}  # fmt: skip
REGISTERS = {".g": 1, ".x": 1, ".y": 22, ".s": 10, ".l": 78, ".H": 24, ".V": 40, ".v": 40}
DEFINING = ("de", "de1", "dei", "dei1", "am", "am1", "ami", "ami1", "ig")
TERM = re.compile(r"\s*(\()|\s*([<>=]=|<>|[-+*/%<>=&:])|\s*(-?\d+(?:\.\d+)?)[a-zA-Z]?|(\))")


@dataclass(slots=True)
class Requests:
    """The lines of a page; `known` are macros that a reader knows better than what a page makes of them."""

    known: frozenset[str]
    strings: dict[str, str] = field(default_factory=lambda: dict(STRINGS))
    registers: dict[str, tuple[int, int]] = field(
        default_factory=lambda: {name: (value, 0) for name, value in REGISTERS.items()}
    )
    macros: dict[str, list[str]] = field(default_factory=dict)
    stack: list[tuple[Iterator[str], list[str]]] = field(default_factory=list)  # what is read, and what it was given
    otherwise: list[bool] = field(default_factory=list)  # whether the next `el` holds
    signs: dict[str, str] = field(default_factory=dict)  # that are shown as others
    control: str = "."  # what a request begins with
    left: int = MOST

    def lines(self, text: str) -> Iterator[str]:
        text = WHOLE_COMMENT.sub(lambda found: found[1] or "", text)
        text = "\n".join(COMMENT.sub(r"\1", line) if '\\"' in line else line for line in text.split("\n"))
        self.stack = [(iter(re.sub(r"(?<!\\)((?:\\\\)*)\\\n", r"\1", text).split("\n")), [])]
        while self.stack:
            raw = self._next()
            if raw is None:
                continue
            line = self._controlled(self._filled(raw).rstrip())
            found = REQUEST.match(line) if line[:1] in (".", "'") else None
            if found is None or (found[1] and not self._done(found[1], found[2])):
                yield self._translated(line.replace("\\}", ""))

    def _next(self) -> str | None:
        """The next line as it is written; None where what was read ends."""
        lines, given = self.stack[-1]
        line = next(lines, None)
        if line is None:
            self.stack.pop()
            return None
        return GIVEN.sub(lambda found: _given(found, given), line) if given and "\\$" in line else line

    def _controlled(self, line: str) -> str:
        """A line whose request begins with a dot, whatever sign the page has for it."""
        if self.control == "." or line[:1] not in (self.control, "."):
            return line
        return f".{line[1:]}" if line[0] == self.control else f"\\&{line}"

    def _done(self, name: str, rest: str) -> bool:
        """Do what a line asks for; False if it is for the reader."""
        if name in DEFINING:
            self._define(name, arguments(rest))
        elif name in ("ds", "ds1", "as", "as1"):
            self._string(name, rest)
        elif name == "nr":
            self._number(arguments(rest))
        elif name == "cc":
            self.control = rest.strip()[:1] or "."
        elif name == "tr":
            self._translate(rest)
        elif name in ("rm", "rn", "als"):
            self._rename(name, arguments(rest))
        elif name in ("if", "ie", "el", "while"):
            self._condition(name, rest)
        elif name in self.macros and name not in self.known:
            self._call(name, arguments(rest))
        else:
            return name.startswith("\\}")
        return True

    def _define(self, name: str, said: list[str]) -> None:
        end = said[1:2] if name != "ig" else said[:1]
        stop = f".{end[0] if end else '.'}"
        body: list[str] = []
        for line in self._raw():
            if line[:1] in (".", "'") and "." + "".join(line[1:].split()[:1]) == stop:
                break
            body.append(line.replace("\\\\", "\\"))
        if said and name != "ig":
            self.macros[said[0]] = [*(self.macros.get(said[0], []) if name.startswith("am") else []), *body]

    def _string(self, name: str, rest: str) -> None:
        called, _, value = rest.partition(" ") if " " in rest else rest.partition("\t")
        value = value.lstrip()
        value = value[1:] if value.startswith('"') else value
        before = self.strings.get(called, "") if name.startswith("as") else ""
        self.strings[called] = (before + value.replace("\\\\", "\\"))[:LONGEST]

    def _translate(self, rest: str) -> None:
        """Which signs are shown as others; letters, and what requests and escapes begin with, stay what they are."""
        found = re.findall(r"\\\(..|\\\[[^\]]{1,40}\]|\\?.", rest)
        pairs = zip(found[::2], found[1::2], strict=False)
        self.signs |= {one: two for one, two in pairs if len(one) > 2 or not (one.isalnum() or one[0] in "\\.'\"- ")}

    def _translated(self, line: str) -> str:
        if not self.signs or not line:
            return line
        first = line[0] if line[0] in ".'" else ""
        line = line.removeprefix(first)
        for sign, shown in self.signs.items():
            line = line.replace(sign, shown)
        return first + line if first or line[:1] not in (".", "'") else f"\\&{line}"

    def _number(self, said: list[str]) -> None:
        if len(said) < 2:
            return
        sign = said[1][0] if said[1][:1] in ("+", "-") else ""
        before, step = self.registers.get(said[0], (0, 0))
        value = _value(said[1].removeprefix("+") if sign == "+" else said[1])
        self.registers[said[0]] = (before + value if sign else value, _value(said[2]) if len(said) > 2 else step)

    def _rename(self, name: str, said: list[str]) -> None:
        for one in said if name == "rm" else ():
            self.strings.pop(one, None), self.macros.pop(one, None)
        if name != "rm" and len(said) > 1:
            old, new = said[:2] if name == "rn" else said[1::-1]
            if old in self.strings:
                self.strings[new] = self.strings.pop(old) if name == "rn" else self.strings[old]
            if old in self.macros:
                self.macros[new] = self.macros.pop(old) if name == "rn" else self.macros[old]
            if name == "als" and old in self.known and new not in self.known:
                self.macros[new] = [f".{old} \\$@"]

    def _condition(self, name: str, rest: str) -> None:
        holds, line = (self.otherwise.pop() if self.otherwise else False, rest) if name == "el" else self._tested(rest)
        if name == "ie":
            self.otherwise.append(not holds)
        if name == "while":
            holds = False
        line = line.lstrip()
        if not holds:
            self._skip(line.count("\\{") - line.count("\\}"))
        elif line := re.sub(r"^(?:\\\{\s*)+", "", line).replace("\\}", ""):
            self._push(iter([line]), self.stack[-1][1] if self.stack else [], len(line))

    def _skip(self, deep: int) -> None:
        """Leave out the lines of a block in braces that does not hold."""
        for line in self._raw() if deep > 0 else ():
            deep += line.count("\\{") - line.count("\\}")
            if deep <= 0:
                return

    def _raw(self) -> Iterator[str]:
        """The lines that follow, as they are written."""
        while self.stack:
            line = next(self.stack[-1][0], None)
            if line is None:
                self.stack.pop()
            else:
                yield line

    def _call(self, name: str, given: list[str]) -> None:
        body = self.macros[name]
        self._push(iter(body), given or [""], sum(map(len, body)) + len(body))

    def _push(self, lines: Iterator[str], given: list[str], size: int) -> None:
        self.left -= size
        if len(self.stack) < DEEPEST and self.left > 0:
            self.stack.append((lines, given))

    def _tested(self, text: str) -> tuple[bool, str]:
        """Whether a condition holds, and the line behind it."""
        text = re.sub(r"\\w([^\w\s])(.*?)\1", lambda found: str(24 * len(found[2])), text.lstrip())
        if text.startswith("!"):
            holds, line = self._tested(text[1:])
            return not holds, line
        if found := re.match(r"([ntoev])(?=[\s\\.']|$)", text):
            return found[1] in "no", text[1:]
        if found := re.match(r"([dr]|[cmFS](?=\s))\s*(\S+?)(?=\s|\\\{|$)", text):
            held = self.registers if found[1] == "r" else {**self.strings, **dict.fromkeys(self.macros, "")}
            return found[2] in held or (found[1] == "d" and found[2] in self.known), text[found.end() :]
        if text and not (text[0].isalnum() or text[0] in "(+-."):
            one, two, line = [*text[1:].split(text[0], 2), "", ""][:3]
            return one == two, line
        value, end = _expression(text)
        return value > 0, text[end:]

    def _filled(self, line: str, deep: int = 0) -> str:
        """A line with what its strings and registers hold."""
        if "\\*" not in line and "\\n" not in line:
            return line

        def shown(found: re.Match[str]) -> str:
            if not found["what"]:
                return found[0]
            name, *given = (found["two"] or found["long"] or found["one"] or "").split() or [""]
            if found["what"] != "*":
                return self._register(name, found["step"])
            value = self.strings.get(name, "")
            self.left -= len(value)
            if self.left < 0:
                return ""
            value = GIVEN.sub(lambda one: _given(one, given), value) if given else value
            return self._filled(value, deep + 1) if deep < 10 else ""

        return FILLED.sub(shown, line)[:LONGEST]

    def _register(self, name: str, step: str) -> str:
        if name == ".$":
            return str(len([one for one in self.stack[-1][1] if one]) if self.stack else 0)
        value, by = self.registers.get(name, (0, 0))
        if step:
            value += by if step == "+" else -by
            self.registers[name] = (value, by)
        return str(value)


def _given(found: re.Match[str], given: list[str]) -> str:
    """An argument that a macro was given, or all of them."""
    which = found["one"] or found["two"] or found["long"]
    if which in "*@":
        return " ".join(f'"{one}"' if which == "@" else one for one in given)
    return given[int(which) - 1] if 0 < int(which) <= len(given) else ""


def _value(text: str) -> int:
    return _expression(text)[0]


def _expression(text: str, start: int = 0, deep: int = 0) -> tuple[int, int]:
    """The value of an expression, from left to right as roff has it, and where it ends; 0 for what is none."""
    value, sign, at = 0.0, "+", start
    while (found := TERM.match(text, at)) and not (found[0][:1].isspace() and not deep):
        at = found.end()
        if found[4]:
            break
        if found[2]:
            sign = found[2]
            continue
        if found[1] and deep < 20:
            number, at = _expression(text, at, deep + 1)
        else:
            number = float(found[3] or 0)  # type: ignore[assignment]
        value = _joined(value, sign, number)
    return int(max(-1e9, min(1e9, value))), at


def _joined(one: float, sign: str, two: float) -> float:
    if sign in ("/", "%"):
        return 0 if not two else one / two if sign == "/" else one % two
    return float(
        {
            "+": one + two, "-": one - two, "*": one * two, "<": one < two, ">": one > two, "=": one == two,
            "==": one == two, "<=": one <= two, ">=": one >= two, "<>": one != two,
            "&": one > 0 and two > 0, ":": one > 0 or two > 0,
        }[sign]
    )  # fmt: skip
