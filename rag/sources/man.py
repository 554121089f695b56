"""
Pages of the manual (roff with the macros `man` or `mdoc`; also packed, `.gz`) as Markdown-like text: sections, options
with what they do, listings and tables, without what is said to the program that sets them.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from rag.errors import InputError
from rag.sources.encodings import CONTROL
from rag.sources.html import fenced, table_of
from rag.sources.items import MAX_BYTES, Left, untold
from rag.sources.peek import PACKED
from rag.sources.roff import CALLABLE, Words, arguments, mdoc, plain
from rag.sources.text import iso_date, prose, words_of
from rag.types import Document

MACRO = re.compile(r"[.'][ \t]*([A-Za-z%]\w*)[ \t]*(.*)$")
FONTS = ("B", "I", "R", "SM", "SB")
TURNS = ("BR", "RB", "IR", "RI", "BI", "IB")
LISTINGS = {"nf": ".fi", "EX": ".EE", "Bd": ".Ed", "Vb": ".Ve", "Ds": ".De"}
SILENT = frozenset(
    [
        "IX",
        "IN",
        "XX",
        "XC",
        "PD",
        "AT",
        "UC",
        "DA",
        "EQ",
        "EN",
        "VS",
        "VE",
        "De",
        "Ve",
        "UE",
        "ME",
        "YS",
        "EE",
        "LINKSTYLE",
    ]
)
PARAGRAPH = ("PP", "P", "LP", "Pp", "Lp", "sp", "HP", "RS", "RE", "Bd", "Ed", "Sp")


def read(data: bytes, key: str, source: str, left: Left = untold) -> list[Document]:
    """A page of the manual as one document, called after its name and section."""
    if data.startswith(PACKED):
        data = _unpacked(data, key)
    text = CONTROL.sub("", prose(data, key, left))
    page = Page(left)
    written = page.read(text)
    if not written:
        return []
    title = page.title or words_of(key.removesuffix(".gz"))
    return [Document(source, key, f"# {title}\n\n{written}", title, date=page.date, kind="markdown")]


def _unpacked(data: bytes, key: str) -> bytes:
    """The bytes in a packed file, within bounds."""
    reader = zlib.decompressobj(31)
    try:
        found = reader.decompress(data, MAX_BYTES)
    except zlib.error as error:
        raise InputError(f"{key} is not packed as its name says: {error}") from error
    if reader.unconsumed_tail:
        raise InputError(f"{key} unfolds to more than {MAX_BYTES:,} bytes")
    return found


@dataclass(slots=True)
class Page:
    """A page that is being read: the words of the paragraph that grows, and what was written."""

    left: Left
    title: str = ""
    date: str = ""
    name: str = ""  # of what the page is about, for mdoc's Nm
    blocks: list[str] = field(default_factory=list)
    words: Words = field(default_factory=Words)
    tag: str = ""  # of the item whose text follows
    tagging: bool = False  # whether the next line is the tag of an item
    otherwise: bool = False  # whether the next `el` is for a terminal
    own: set[str] = field(default_factory=set)  # macros that the page makes for itself
    numbers: list[int] = field(default_factory=list)

    def read(self, text: str) -> str:
        lines = iter(re.sub(r"\\\n", "", text).split("\n"))
        for line in lines:
            self._line(line.rstrip(), lines)
        self.close()
        return "\n\n".join(self.blocks)

    def _line(self, line: str, lines: Iterator[str]) -> None:
        if not line.startswith((".", "'")):
            if not line.strip():
                self.close()
            else:
                self._say(plain(line))
            return
        found = MACRO.match(line)
        if not found:
            return  # a dot alone, or a request without a name
        name, rest = found[1], found[2]
        if name in ("de", "de1", "am", "ig"):
            self.own |= set(arguments(rest)[:1])
            end = arguments(rest)[name != "ig" :][:1]  # what ends it; two dots if that is not said
            self._until(lines, f".{end[0] if end else '.'}")
        elif name in ("if", "ie", "el"):
            self._condition(name, rest, lines)
        elif name in LISTINGS and (name != "Bd" or re.search(r"-(?:literal|unfilled)", rest)):
            self._listing(lines, LISTINGS[name])
        elif name == "TS":
            self._table(lines)
        elif name[0].isupper() or name in ("br", "sp") or name in self.own:
            self._macro(name, rest)

    def _condition(self, name: str, rest: str, lines: Iterator[str]) -> None:
        """What is set on a terminal is read; other conditions are those of registers, and say nothing."""
        test, _, line = rest.partition(" ") if name != "el" else ("n" if self.otherwise else "", "", rest)
        if name == "ie":
            self.otherwise = test == "t"
        if test == "n" and line.lstrip().startswith((".", "'")):
            self._line(line.strip(), lines)

    def _until(self, lines: Iterator[str], *ends: str) -> list[str]:
        found: list[str] = []
        for line in lines:
            if line.startswith((".", "'")) and "".join(line.split(None, 2)[: 1 + (line[1:2] in " \t")]) in ends:
                break
            found.append(line)
        return found

    def _listing(self, lines: Iterator[str], end: str) -> None:
        tag, self.tag, self.tagging = self.tag, "", False
        self.close()
        said: list[str] = []
        for line in self._until(lines, end, *((".EE",) if end == ".fi" else ())):
            found = MACRO.match(line) if line.startswith((".", "'")) else None
            if found is None:
                said.append(plain(line))
            elif found[1] in (*FONTS, *TURNS):
                said.append(_fonted(found[1], found[2]))
            elif found[1] in ("PP", "P", "sp", "Pp"):
                said.append("")
            elif found[1] in ("SH", "SS"):  # never closed: the listing ends here
                said.append(plain(found[2]))
            elif found[1] in CALLABLE:
                said.append(mdoc(found[1], found[2], self.name))
            elif found[2] and found[1][0].isupper() and found[1] not in SILENT:
                said.append(" ".join(map(plain, arguments(found[2]))))
        if text := "\n".join(said).strip("\n"):
            self.blocks += [*([f"- {tag}"] if tag else []), fenced(text)]

    def _table(self, lines: Iterator[str]) -> None:
        self.close()
        rows: list[list[str]] = []
        sign, formatted = "\t", False
        for line in self._until(lines, ".TE"):
            if not formatted:
                if found := re.search(r"tab\s*\(?(.)\)?", line):
                    sign = found[1]
                formatted = line.rstrip().endswith(".")
            elif line.strip() and not line.startswith(".") and not re.fullmatch(r"[_=]", line.strip()):
                cells = line.replace("T{", "").replace("T}", "").split(sign)
                rows.append([" ".join(plain(cell).split()).replace("|", r"\|") for cell in cells])
        if rows:
            self.blocks.append(table_of(rows))

    def _macro(self, name: str, rest: str) -> None:
        if name in ("TH", "Dt", "Dd"):
            self._head(name, arguments(rest))
        elif name in ("SH", "SS", "Sh", "Ss"):
            self.close()
            self.blocks.append(f"{'##' if name[1] in 'Hh' else '###'} {' '.join(map(plain, arguments(rest)))}".rstrip())
        elif name in FONTS or name in TURNS:
            if rest:
                self._say(_fonted(name, rest))
        elif name in ("TP", "TQ"):
            tag = self.tag if name == "TQ" else ""
            self.close() if not tag else None
            self.tag, self.tagging = tag, True
        elif name == "IP":
            self.close()
            said = arguments(rest)
            self.tag = _bullet(plain(said[0])) if said and said[0] else ""
            self.tagging = False
        elif name in ("UR", "MT"):
            self._say(plain(rest))
        elif name == "OP":
            self._say(f"[{' '.join(map(plain, arguments(rest)))}]")
        elif name == "SY":
            self.close()
            self._say(plain(rest))
        elif name == "br":
            self.words.break_()
        elif name in PARAGRAPH:
            self.close()
        elif name in ("Bl", "El", "It"):
            self._list(name, rest)
        elif name in CALLABLE:
            self._called(name, rest)
        elif rest and name not in SILENT:  # one of the page's own
            self._say(" ".join(map(plain, arguments(rest))))

    def _head(self, name: str, said: list[str]) -> None:
        if name == "Dd":
            self.date = iso_date(" ".join(said).strip("$").removeprefix("Mdocdate:").strip())
            return
        if said and not self.title:
            section = said[1] if len(said) > 1 else ""
            shown = plain(said[0])
            self.title = f"{shown.lower() if shown.isupper() else shown}{f'({section})' if section else ''}"
        if name == "TH" and len(said) > 2:
            self.date = iso_date(plain(said[2]))
            if about := " · ".join(filter(None, (" ".join(plain(one).split()) for one in said[2:5]))):
                self.blocks.append(about)

    def _list(self, name: str, rest: str) -> None:
        self.close()
        if name == "Bl":
            self.numbers.append(0 if "-enum" in rest else -1)
        elif name == "El":
            self.numbers = self.numbers[:-1]
        elif self.numbers and self.numbers[-1] >= 0:
            self.numbers[-1] += 1
            self.tag = f"{self.numbers[-1]}."
        else:
            self.tag = mdoc("It", rest, self.name) or "-"

    def _called(self, name: str, rest: str) -> None:
        if name == "Nm" and rest and not self.name:
            self.name = plain(arguments(rest)[0])
        if name == "Nd":
            self.words.say(f"- {' '.join(map(plain, arguments(rest)))}")
            return
        synopsis = bool(self.blocks) and "SYNOPSIS" in self.blocks[-1]
        if synopsis and name in ("In", "Ft"):
            self.words.break_()
        self._say(mdoc(name, rest, self.name) + ("," if synopsis and name == "Fa" else ""))
        if synopsis and name in ("In", "Fn", "Fc"):
            self.words.break_()

    def _say(self, text: str) -> None:
        if self.tagging:
            self.tag = ", ".join(filter(None, (self.tag, text.strip())))
            self.tagging = False
        else:
            self.words.say(text)

    def close(self) -> None:
        """End the paragraph, and the item that it is the text of."""
        text = self.words.taken()
        if self.tag:
            mark = "" if self.tag == "-" or re.fullmatch(r"\d+[.)]", self.tag) else "- "
            inside = text.replace("\n", "\n  ")
            said = f"{mark}{self.tag}" if not text else f"{mark}{self.tag} {inside}" if not mark else (
                f"{mark}{self.tag}\n  {inside}")  # fmt: skip
            self.blocks.append(said)
        elif text:
            self.blocks.append(text)
        self.tag, self.tagging = "", False


def _fonted(name: str, rest: str) -> str:
    """The words of a macro of fonts: those that turn between two are joined, others stand apart."""
    return ("" if name in TURNS else " ").join(map(plain, arguments(rest)))


def _bullet(tag: str) -> str:
    return "-" if tag.strip() in ("•", "*", "-", "o", "·", "—") else tag.strip()
