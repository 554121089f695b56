"""The words of roff: arguments of macros, escapes, and the macros of mdoc that stand within a line."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

ARGUMENT = re.compile(r'"((?:[^"]|"")*)"?|((?:\\ |\\.|[^\s\\])+)')
ESCAPE = re.compile(
    r"\\(?:\((?P<two>..)|\[(?P<long>[^\]\n]{1,40})\]|f(?:\(..|\[[^\]\n]{0,20}\]|.)|s(?:\([+-]?\d\d|\[[^\]\n]{0,8}\]|[+-]?\d)"
    r"|\*(?:\((?P<string>..)|\[(?P<named>[^\]\n]{1,40})\]|(?P<short>.))|[mMFgkYVn](?:\(..|\[[^\]\n]{0,40}\]|.)"
    r"|[hvwblLoXZDRAN]'[^'\n]{0,80}'|\".*$|(?P<one>.)|$)"
)
SIGNS = {
    "em": "—", "en": "–", "hy": "-", "bu": "•", "aq": "'", "dq": '"', "lq": "“", "rq": "”", "oq": "‘", "cq": "’",
    "co": "©", "rg": "®", "tm": "™", "de": "°", "mu": "×", "+-": "±", "<=": "≤", ">=": "≥", "!=": "≠", "->": "→",
    "<-": "←", "rs": "\\", "ha": "^", "ti": "~", "ga": "`", "aa": "´", "Fo": "«", "Fc": "»", "sc": "§", "ss": "ß",
    "12": "½", "14": "¼", "34": "¾", "Eu": "€", "Po": "£", "at": "@", "sh": "#", "ul": "_", "sl": "/", "ba": "|",
    "br": "|", "lB": "[", "rB": "]", "lC": "{", "rC": "}", "la": "⟨", "ra": "⟩", "Bq": "„", "mi": "−", "pl": "+",
    "eq": "=", "if": "∞", "*a": "α", "*b": "β", "*m": "μ", "*p": "π",
}  # fmt: skip
ACCENTS = {"'": "\u0301", "`": "\u0300", ":": "\u0308", "^": "\u0302", "~": "\u0303", ",": "\u0327", "o": "\u030a"}
STRINGS = {'L"': "“", 'R"': "”", "lq": "“", "rq": "”", "R": "®", "Tm": "™", "S": ""}
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
BRACKETS = {
    "Op": "[]", "Oo": "[]", "Dq": "“”", "Do": "“”", "Qq": '""', "Qo": '""', "Sq": "‘’", "So": "‘’", "Ql": "‘’",
    "Pq": "()", "Po": "()", "Aq": "<>", "Ao": "<>", "Bq": "[]", "Bo": "[]", "Brq": "{}", "Bro": "{}",
}  # fmt: skip
CLOSING = {"Oc": "]", "Dc": "”", "Qc": '"', "Sc": "’", "Pc": ")", "Ac": ">", "Bc": "]", "Brc": "}"}
SAID = frozenset("""
    Nm Fl Ar Cm Pa Ev Em Sy Li Ic Va Vt Dv Er Fa Fn Ft Fo Fc Fd In Xr An Ad Lk Mt Ta Xo Xc No Ns Ap Tn Bx Ox Fx Nx Ux At
    Cd Ms Sx St Lb Rv Ex Dl D1 It Nd Ql Tg Sm Bf Ef Bk Ek %A %T %J %B %D %I %O %P %R %N %V %C %Q %U Rs Re Me Pf Cq
""".split())  # fmt: skip  # noqa: SIM905
CALLABLE = frozenset(SAID | set(BRACKETS) | set(CLOSING))
SYSTEMS = {"Ux": "UNIX", "Bx": "BSD", "Ox": "OpenBSD", "Fx": "FreeBSD", "Nx": "NetBSD", "At": "AT&T UNIX"}
PUNCTUATION = re.compile(r"[.,;:!?)\]]+")


def plain(text: str) -> str:
    """A text without its escapes: signs are themselves, changes of fonts nothing."""
    if "\\" not in text:
        return text

    def shown(found: re.Match[str]) -> str:
        name = found["two"] or found["long"] or ""
        if name:
            return _sign(name)
        if string := found["string"] or found["named"] or found["short"]:
            return STRINGS.get(string, "")
        return ONE.get(found["one"] or "", "" if found["one"] in (None, *"&|^%:/,cdupr)!{}z") else found["one"])

    return ESCAPE.sub(shown, text)


def _sign(name: str) -> str:
    if name in SIGNS:
        return SIGNS[name]
    if found := re.fullmatch(r"u([0-9A-Fa-f]{4,6})", name):
        number = int(found[1], 16)
        return chr(number) if number < 0x110000 and not 0xD800 <= number < 0xE000 else ""
    if len(name) == 2 and name[0] in ACCENTS and name[1].isalpha():
        from unicodedata import normalize

        return normalize("NFC", name[1] + ACCENTS[name[0]])
    return ""


def arguments(rest: str) -> list[str]:
    """The arguments of a macro; in quotes they may hold spaces."""
    rest = re.sub(r'(?:^|(?<=\s))\\".*$', "", rest)
    return [found[1].replace('""', '"') if found[2] is None else found[2] for found in ARGUMENT.finditer(rest)]


def mdoc(name: str, rest: str, called: str) -> str:
    """A line of mdoc as text: flags with their dash, options in brackets; `called` is what the page is about."""
    written = Words()
    closes: list[str] = []
    tight = False
    said = [name, *arguments(rest)]
    number = 0
    while number < len(said):
        word = said[number]
        number += 1
        following = said[number : number + 1]
        text = ""
        if word in BRACKETS:
            written.say(BRACKETS[word][0], tight=tight)
            closes += [] if word.endswith("o") and word != "No" else [BRACKETS[word][1]]
            tight = True
            continue
        if word in CLOSING:
            text, tight = CLOSING[word], True
        elif word in ("Fl", "Cm") and (not following or following[0] in CALLABLE):
            text = "-" if word == "Fl" else ""
        elif word == "Fl":
            text, number = f"-{plain(said[number])}", number + 1
        elif word == "Nm" and (not following or following[0] in CALLABLE or PUNCTUATION.fullmatch(following[0])):
            text = called
        elif word == "Ar" and (not following or following[0] in CALLABLE):
            text = "file ..."
        elif word == "Xr" and len(said) > number + 1 and not PUNCTUATION.fullmatch(said[number + 1]):
            text, number = f"{plain(said[number])}({said[number + 1]})", number + 2
        elif word == "In" and following:
            text, number = f"#include <{plain(said[number])}>", number + 1
        elif word in ("Fn", "Fo") and following:
            own = [plain(one) for one in said[number:] if not PUNCTUATION.fullmatch(one)]
            text = f"{own[0] if own else ''}({', '.join(own[1:])}" + (")" if word == "Fn" else "")
            number += len(own)
        elif word == "Fa":
            own = [plain(one) for one in said[number:] if not PUNCTUATION.fullmatch(one)]
            text, number = ", ".join(own), number + len(own)
        elif word == "Fc":
            text, tight = ")", True
        elif word in SYSTEMS:
            text = SYSTEMS[word]
        elif word in ("Ns", "Ap", "Pf"):
            tight = True
            text = {"Ap": "'", "Pf": plain(said[number]) if following else ""}.get(word, "")
            number += word == "Pf"
            written.say(text, tight=True) if text else None
            continue
        elif word not in CALLABLE or (number > 1 and len(word) != 2):
            text = plain(word)
        if text:
            if PUNCTUATION.fullmatch(text) and number == len(said):  # it stands behind what is closed
                for mark in reversed(closes):
                    written.say(mark, tight=True)
                closes = []
            written.say(text, tight=tight or bool(PUNCTUATION.fullmatch(text)))
            tight = False
    for sign in reversed(closes):
        written.say(sign, tight=True)
    return written.taken()


@dataclass(slots=True)
class Words:
    """Running text that is set as one paragraph, however it is broken into lines."""

    lines: list[list[str]] = field(default_factory=lambda: [[]])

    def say(self, text: str, *, tight: bool = False) -> None:
        text = " ".join(text.split())
        if not text:
            return
        last = self.lines[-1]
        if tight and last:
            last[-1] += text
        else:
            last.append(text)

    def break_(self) -> None:
        if self.lines[-1]:
            self.lines.append([])

    def taken(self) -> str:
        """The text so far; what follows is another."""
        text = "\n".join(" ".join(line) for line in self.lines if line)
        self.lines = [[]]
        return text
