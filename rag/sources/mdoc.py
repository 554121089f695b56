"""Lines of mdoc, the language of BSD's manual pages, as text: flags with their dash, options in brackets."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from rag.sources.roff import Words, arguments, plain

BRACKETS = {
    "Op": "[]", "Oo": "[]", "Dq": "“”", "Do": "“”", "Qq": '""', "Qo": '""', "Sq": "‘’", "So": "‘’", "Ql": "‘’",
    "Pq": "()", "Po": "()", "Aq": "<>", "Ao": "<>", "Bq": "[]", "Bo": "[]", "Brq": "{}", "Bro": "{}",
}  # fmt: skip
CLOSING = {"Oc": "]", "Dc": "”", "Qc": '"', "Sc": "’", "Pc": ")", "Ac": ">", "Bc": "]", "Brc": "}"}
SAID = frozenset("""
    Nm Fl Ar Cm Pa Ev Em Sy Li Ic Va Vt Dv Er Fa Fn Ft Fo Fc Fd In Xr An Ad Lk Mt Ta Xo Xc No Ns Ap Tn Bx Ox Fx Nx Dx Ux
    At Bsx Cd Ms Sx St Lb Rv Ex It Tg %A %T %J %B %D %I %O %P %R %N %V %C %Q %U Pf Cq Hf Db Es En Eo Ec
""".split())  # fmt: skip  # noqa: SIM905
SETTING = frozenset(["Bf", "Ef", "Bk", "Ek", "Rs", "Re", "Bt", "Ud", "Tg", "Hf", "Db"])  # their arguments are no text
CALLABLE = frozenset(SAID | set(BRACKETS) | set(CLOSING) | SETTING)
SYSTEMS = {
    "Ux": "UNIX", "Bx": "BSD", "Ox": "OpenBSD", "Fx": "FreeBSD", "Nx": "NetBSD", "Dx": "DragonFly", "Bsx": "BSD/OS",
    "At": "AT&T UNIX",
}  # fmt: skip
CLOSES, OPENS = re.compile(r"[.,;:!?)\]]"), re.compile(r"[(\[]")
STANDARDS = {
    "-ansiC": "ANSI X3.159-1989 (“ANSI C89”)", "-ansiC-89": "ANSI X3.159-1989 (“ANSI C89”)",
    "-isoC": "ISO/IEC 9899:1990 (“ISO C90”)", "-isoC-90": "ISO/IEC 9899:1990 (“ISO C90”)",
    "-isoC-99": "ISO/IEC 9899:1999 (“ISO C99”)", "-isoC-2011": "ISO/IEC 9899:2011 (“ISO C11”)",
    "-iso8601": "ISO 8601", "-iso8802-3": "ISO 8802-3: 1989", "-ieee754": "IEEE Std 754-1985",
    "-xpg2": "X/Open Portability Guide Issue 2 (“XPG2”)", "-xpg3": "X/Open Portability Guide Issue 3 (“XPG3”)",
    "-xpg4": "X/Open Portability Guide Issue 4 (“XPG4”)", "-susv1": "Single UNIX Specification version 1 (“SUSv1”)",
    "-susv2": "Single UNIX Specification version 2 (“SUSv2”)",
    "-susv3": "Single UNIX Specification version 3 (“SUSv3”)",
    "-susv4": "Single UNIX Specification version 4 (“SUSv4”)",
}  # fmt: skip


def say(name: str, rest: str, called: str, words: Words) -> None:
    """Say a line of mdoc; `called` is what the page is about."""
    if name not in SETTING:
        Line([name, *arguments(rest)], called, words).say()


def text(name: str, rest: str, called: str) -> str:
    """A line of mdoc by itself."""
    words = Words()
    say(name, rest, called, words)
    return words.taken()


@dataclass(slots=True)
class Line:
    """A line that is being said: its macros and arguments, and what is still open."""

    said: list[str]
    called: str
    words: Words
    at: int = 0
    closes: list[str] = field(default_factory=list)

    def say(self) -> None:
        while self.at < len(self.said):
            word = self.said[self.at]
            self.at += 1
            if word in CALLABLE and (self.at == 1 or len(word) > 1):
                self._macro(word)
            else:
                self._word(word)
        self._close()

    def _close(self) -> None:
        for mark in reversed(self.closes):
            self.words.say(mark, tight=True)
        self.closes = []

    def _word(self, raw: str) -> None:
        text, closing = plain(raw), CLOSES.fullmatch(raw) is not None  # a mark that is escaped is a word
        if closing and all(CLOSES.fullmatch(one) for one in self.said[self.at :]):  # it stands behind what is closed
            self._close()
        self.words.say(text, tight=closing)
        self.words.joined = self.words.joined or OPENS.fullmatch(raw) is not None

    def _macro(self, word: str) -> None:
        more = self.said[self.at : self.at + 1]
        own = bool(more) and more[0] not in CALLABLE and not CLOSES.fullmatch(more[0])  # whether it has an argument
        if word in BRACKETS:
            self.words.say(BRACKETS[word][0])
            self.words.joined = True
            self.closes += [] if word[-1] == "o" else [BRACKETS[word][1]]
        elif word in CLOSING:
            self.words.joined = False
            self.words.say(CLOSING[word], tight=True)
        elif word in ("Ns", "Pf", "Ap"):
            if word == "Pf" and more:
                self._word(self._next())
            self.words.say("'", tight=True) if word == "Ap" else None
            self.words.joined = True
        elif word == "Fl":
            self._flags(own)
        elif word in ("Bx", "At", "St", "Ex", "Rv", "Lb"):
            self._phrase(word, own)
        elif word in SYSTEMS:
            self._word(SYSTEMS[word])
        elif word == "Xr" and own and not CLOSES.fullmatch("".join(self.said[self.at + 1 : self.at + 2]) or "."):
            self._word(f"{self._next()}({self._next()})")
        elif word == "In" and own:
            self._word(f"#include <{self._next()}>")
        elif word in ("Fn", "Fo") and own:
            called, given = self._next(), self._many()
            self._word(f"{called}({', '.join(given)}" + (")" if word == "Fn" else ""))
            self.words.joined = word == "Fo"
        elif word == "Fa":
            self._word(", ".join(self._many()))
        elif word == "Fc":
            self.words.say(")", tight=True)
        elif word == "An" and own and more[0] in ("-split", "-nosplit"):
            self.at += 1
        elif word in ("Nm", "Ar", "Pa") and not own:
            self._word({"Nm": self.called, "Ar": "file ...", "Pa": "~"}[word])

    def _next(self) -> str:
        self.at += 1
        return plain(self.said[self.at - 1])

    def _many(self) -> list[str]:
        """The arguments up to the next macro or mark."""
        found: list[str] = []
        while (
            self.at < len(self.said) and self.said[self.at] not in CALLABLE and not CLOSES.fullmatch(self.said[self.at])
        ):
            found.append(self._next())
        return found

    def _flags(self, own: bool) -> None:
        if not own:
            self._word("-")
            self.words.joined = self.said[self.at : self.at + 1] != [] and not CLOSES.fullmatch(self.said[self.at])
            return
        for flag in self._many():
            self._word(flag if flag in ("|", "(", "[") else f"-{flag}")

    def _phrase(self, word: str, own: bool) -> None:
        """What stands for a sentence, a standard or a release."""
        first = self._next() if own else ""
        if word == "Bx":
            variant = self._next() if first and self.at < len(self.said) and self.said[self.at].isalpha() else ""
            self._word(f"{first}BSD{f'-{variant.capitalize()}' if variant else ''}")
        elif word == "At":
            version = re.fullmatch(r"v(\d+)|(32v|III)|V(?:\.(\d))?", first)
            name = "" if not version else f"Version {version[1]} " if version[1] else ""
            system = "" if not version or version[1] else f" {'System ' if first[0] in 'IV' else ''}{first}"
            self._word(f"{name}AT&T{system} UNIX")
        elif word == "St":
            posix = re.fullmatch(r"-p((100\d\.\d\w?)\S*)", first)
            self._word(f"IEEE Std {posix[1]} (“POSIX{posix[2][4:]}”)" if posix else STANDARDS.get(first, first))
        elif word == "Lb":
            self._word(f"{first}, -l{first.removeprefix('lib')}")
        else:
            names = self._many() or [self.called]
            all_of = f"{', '.join(names[:-1])}{', and ' if len(names) > 1 else ''}{names[-1]}"
            if word == "Ex":
                plural = "utilities exit" if len(names) > 1 else "utility exits"
                self._word(f"The {all_of} {plural} 0 on success, and >0 if an error occurs.")
            else:
                self._word(
                    f"The {all_of}() function{'s return' if len(names) > 1 else ' returns'} the value 0 if successful; "
                    "otherwise the value -1 is returned and the global variable errno is set to indicate the error."
                )
