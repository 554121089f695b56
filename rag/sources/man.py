"""
Pages of the manual (roff with the macros `man` or `mdoc`; also packed, `.gz`) as Markdown-like text: sections, options
with what they do, listings and tables, without what is said to the program that sets them.

What is set further in under an option, by whatever macro, is part of its item, and a list in it is a list in that item.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from rag.errors import InputError
from rag.sources import mdoc
from rag.sources.encodings import CONTROL
from rag.sources.html import fenced, table_of
from rag.sources.items import MAX_BYTES, Left, untold
from rag.sources.man_items import Items
from rag.sources.peek import PACKED
from rag.sources.roff import Words, arguments, plain
from rag.sources.roff_requests import Requests
from rag.sources.text import iso_date, prose, words_of
from rag.types import Document

MACRO = re.compile(r"[.'][ \t]*([A-Za-z%][\w-]*)[ \t]*(.*)$")
FONTS = ("B", "I", "R", "SM", "SB", "CW", "Q", "MR")
TURNS = ("BR", "RB", "IR", "RI", "BI", "IB")
LISTINGS = {"nf": ".fi", "EX": ".EE", "Bd": ".Ed", "Vb": ".Ve", "Ds": ".De"}
SILENT = frozenset("IX IN XX XC PD AT UC DA EQ EN VS VE De Ve YS EE DT LINKSTYLE".split())  # noqa: SIM905
GAPS = ("sp", "Pp", "Lp", "Sp", "Bd", "Ed")  # between paragraphs of one item; others end it
PARAGRAPHS = ("PP", "P", "LP", "HP")
HEADS = {"SH": "##", "Sh": "##", "SS": "###", "Ss": "###"}
OTHERS = ("TH", "TP", "TQ", "IP", "RS", "RE", "UR", "UE", "MT", "ME", "OP", "SY", "TS", "TE", "br", "fi")
KNOWN = frozenset([*FONTS, *TURNS, *LISTINGS, *SILENT, *GAPS, *PARAGRAPHS, *HEADS, *OTHERS])
OF_MDOC = frozenset(["Dd", "Dt", "Os", "Bl", "El", "It", "D1", "Dl", "Nd", "Sm", *mdoc.CALLABLE])
IS_MDOC = re.compile(r"^\.[ \t]*D[dt][ \t]", re.MULTILINE)


def read(data: bytes, key: str, source: str, left: Left = untold) -> list[Document]:
    """A page of the manual as one document, called after its name and section."""
    page = Page()
    written = page.read(CONTROL.sub("", prose(unpacked(data, key), key, left)))
    if not written:
        return []
    title = page.title or words_of(key.removesuffix(".gz"))
    return [Document(source, key, f"# {title}\n\n{written}", title, date=page.date, kind="markdown")]


def unpacked(data: bytes, key: str) -> bytes:
    """The bytes of a page, which may be packed, within bounds."""
    if not data.startswith(PACKED):
        return data
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

    title: str = ""
    date: str = ""
    name: str = ""  # of what the page is about, for mdoc's Nm
    items: Items = field(default_factory=Items)
    words: Words = field(default_factory=Words)
    tag: str = ""  # of the item whose text follows
    tagging: bool = False  # whether the next line is the tag of an item
    extended: bool = False  # whether all lines up to `Xc` are
    close_set: bool = False  # items without a gap between them: several tags in a row have one text
    link: str = ""  # where the words that are said lead
    heading: str = ""  # the mark of the heading that the next words are
    section: str = ""
    numbers: list[int] = field(default_factory=list)  # of the lists that we are in; -1: not numbered

    def read(self, text: str) -> str:
        known = KNOWN | OF_MDOC if IS_MDOC.search(text) else KNOWN
        lines = Requests(known).lines(text)
        for line in lines:
            self._line(line, lines)
        self.close()
        return "\n\n".join(self.items.blocks)

    def _line(self, line: str, lines: Iterator[str]) -> None:
        if not line.startswith((".", "'")):
            if line.strip():
                self._say(plain(line), line.endswith("\\c"))
            elif not self.tagging:
                self.close()
            return
        found = MACRO.match(line)
        if not found:
            return  # a dot alone, or a request without a name
        name, rest = found[1], found[2]
        if name in LISTINGS and (name != "Bd" or re.search(r"-(?:literal|unfilled)", rest)):
            self._listing(lines, LISTINGS[name])
        elif name == "TS":
            self._table(lines)
        elif name[0].isupper() or name[0] == "%" or name in ("br", "sp", "nop"):
            self._macro(name, rest)

    def _until(self, lines: Iterator[str], *ends: str) -> list[str]:
        found: list[str] = []
        for line in lines:
            if line.startswith((".", "'")) and "." + "".join(line[1:].split()[:1]) in ends:
                break
            found.append(line)
        return found

    def _listing(self, lines: Iterator[str], end: str) -> None:
        self.close()
        said: list[str] = []
        after: list[str] = []  # what is set further in or out, and headings, at its end
        for line in self._until(lines, end, *((".EE",) if end == ".fi" else ())):
            found = MACRO.match(line) if line.startswith((".", "'")) else None
            if found is None:
                said.append(plain(line))
            elif found[1] in ("RS", "RE"):
                after.append(found[1])
            else:
                said += self._listed(found[1], found[2])
        if text := "\n".join(said).strip("\n"):
            self.items.block(fenced(text))
        for name in after:
            self.items.further_in() if name == "RS" else self.items.further_out()

    def _listed(self, name: str, rest: str) -> list[str]:
        """A macro in a listing, as lines."""
        if name in FONTS or name in TURNS:
            return [_fonted(name, rest)]
        if name in (*GAPS, *PARAGRAPHS):
            return [""]
        if name in HEADS:  # never closed: the listing ends here
            return [plain(rest)]
        if name in mdoc.CALLABLE:
            return [mdoc.text(name, rest, self.name)]
        return [" ".join(map(plain, arguments(rest)))] if rest and name[0].isupper() and name not in SILENT else []

    def _table(self, lines: Iterator[str]) -> None:
        self.close()
        rows: list[list[str]] = []
        sign, formatted, whole = "\t", False, ""
        for line in self._until(lines, ".TE"):
            if not formatted:
                if found := re.search(r"tab\s*\(?(.)\)?", line):
                    sign = found[1]
                formatted = line.rstrip().endswith(".")
                continue
            if line.startswith(".T&"):
                formatted = False
                continue
            found = MACRO.match(line) if line.startswith((".", "'")) else None
            if found and found[1] in (*FONTS, *TURNS):
                line = ("" if found[1] in TURNS else " ").join(arguments(found[2]))
            elif line.startswith((".", "'")) or re.fullmatch(r"\s*[_=]?\s*", line):
                continue
            whole += (" " if whole else "") + line  # a cell in T{ T} has lines
            if whole.count("T{") <= whole.count("T}"):
                rows.append(_cells(whole, sign))
                whole = ""
        if rows:
            self.items.block(table_of(rows))

    def _macro(self, name: str, rest: str) -> None:
        if name in ("TH", "Dt", "Dd"):
            self._head(name, arguments(rest))
        elif name in HEADS:
            self.close()
            self.heading = HEADS[name]
            if rest:
                self._say(" ".join(map(plain, arguments(rest))))
        elif name in FONTS or name in TURNS:
            if rest:
                self._say(_fonted(name, rest), rest.endswith("\\c"))
        elif name in ("TP", "TQ"):
            self._tagged(name)
        elif name == "IP":
            self._indented(arguments(rest))
        elif name in ("UR", "MT", "UE", "ME"):
            self._linked(name, rest)
        elif name == "PD":
            self.close_set = rest.strip().rstrip("vu") == "0"
        elif name == "OP":
            self._say(f"[{' '.join(map(plain, arguments(rest)))}]")
        elif name == "SY":
            self.close()
            self._say(plain(rest))
        elif name == "br":
            self.words.break_()
        elif name in PARAGRAPHS:
            self.close()
            self.items.end_item()
        elif name in GAPS:
            self.close()
        elif name in ("RS", "RE"):
            self.close()
            self.items.further_in() if name == "RS" else self.items.further_out()
        elif name in OF_MDOC:
            self._of_mdoc(name, rest)
        elif rest and name not in SILENT:  # one that we do not know
            self._say(" ".join(map(plain, arguments(rest))))

    def _tagged(self, name: str) -> None:
        """An item of which the next line is the tag; one of several, if nothing was said of the one before."""
        more = bool(self.tag) and (name == "TQ" or self.close_set) and not any(self.words.lines[0])
        tag = self.tag if more else ""
        if not more:
            self.close()
        self.tag, self.tagging = tag, True

    def _indented(self, said: list[str]) -> None:
        """An item with its tag on the line; without one, more of the item before."""
        self.close()
        self.tag = _bullet(plain(said[0])) if said else ""
        if not self.tag:
            self.items.more()

    def _linked(self, name: str, rest: str) -> None:
        if name in ("UR", "MT"):
            self.link = plain(rest).strip()
        elif self.link:
            self._say(f"<{self.link}>")
            self.link = ""
            self.words.say(plain(rest), tight=True)

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
                self.items.block(about)

    # -- mdoc ----------------------------------------------------------------------------------------------------------

    def _of_mdoc(self, name: str, rest: str) -> None:
        if name in ("Bl", "El", "It"):
            self._list(name, rest)
        elif name in ("Dl", "D1"):
            self.close()
            self.items.block(fenced(mdoc.text("No", rest, self.name)) if name == "Dl" else mdoc.text("No", rest, ""))
        elif name == "Sm":
            self.words.space(rest.strip() != "off")
        elif name == "Nd":
            self.words.say(f"- {' '.join(map(plain, arguments(rest)))}")
        elif name == "Xc":
            self._extended()
        elif name != "Os":
            self._said(name, rest)

    def _said(self, name: str, rest: str) -> None:
        if name == "Nm" and rest and not self.name:
            self.name = plain(arguments(rest)[0])
        synopsis = self.section.upper() == "SYNOPSIS"
        if synopsis and name in ("In", "Ft", "Nm", "Cd"):
            self.words.break_()
        if self.tagging:
            self._say(mdoc.text(name, rest, self.name))
            return
        if synopsis and name == "Fa" and not "".join(self.words.lines[-1][-1:]).endswith("("):
            self.words.say(",", tight=True)
        mdoc.say(name, rest, self.name, self.words)
        if synopsis and name in ("In", "Fn", "Fc"):
            self.words.break_()
        if self.extended and arguments(rest)[-1:] == ["Xc"]:
            self._extended()

    def _extended(self) -> None:
        if self.extended:
            self.tag, self.extended = " ".join(self.words.taken().split()), False

    def _list(self, name: str, rest: str) -> None:
        self.close()
        if name == "Bl":
            self.numbers.append(0 if "-enum" in rest else -1)
            self.items.further_in()
        elif name == "El":
            self.numbers = self.numbers[:-1]
            self.items.further_out(back=True)
        elif self.numbers and self.numbers[-1] >= 0:
            self.numbers[-1] += 1
            self.tag = f"{self.numbers[-1]}."
        elif "Xo" in arguments(rest):
            self.extended = True
            mdoc.say("It", rest, self.name, self.words)
        else:
            self.tag = mdoc.text("It", rest, self.name) or "-"

    # -- words ---------------------------------------------------------------------------------------------------------

    def _say(self, text: str, goes_on: bool = False) -> None:
        """Say a line of running text; one that goes on (`\\c` at its end) has no space behind it."""
        if self.heading:
            self.section = " ".join(text.split())
            self.items.heading(f"{self.heading} {self.section}")
            self.heading = ""
        elif self.tagging:
            glue = "" if self.words.joined or not self.tag else ", "
            self.tag = f"{self.tag}{glue}{text.strip()}"
            self.tagging = self.words.joined = goes_on
        else:
            self.words.say(text)
            self.words.joined = goes_on and not text.endswith(" ")

    def close(self) -> None:
        """End the paragraph, and the item that it is the text of."""
        self._extended()
        text = self.words.taken()
        if self.tag:
            self.items.item(self.tag, text)
        elif text:
            self.items.paragraph(text)
        self.tag, self.tagging = "", False


def _cells(row: str, sign: str) -> list[str]:
    """The cells of a row; in one between T{ and T} the sign that divides them is text."""
    held = re.sub(r"T\{.*?T\}", lambda cell: cell[0][2:-2].replace(sign, "\0"), row)
    shown = (plain(cell).replace("\0", sign) for cell in held.split(sign))
    return [" ".join(cell.split()).replace("|", r"\|") for cell in shown]


def _fonted(name: str, rest: str) -> str:
    """The words of a macro of fonts: those that turn between two are joined, others stand apart."""
    if name == "MR":
        page, section, *more = [*map(plain, arguments(rest)), "", ""]
        return f"{page}({section}){more[0]}"
    return ("" if name in TURNS else " ").join(map(plain, arguments(rest)))


def _bullet(tag: str) -> str:
    return "-" if tag.strip() in ("•", "*", "-", "o", "·", "—", "–", "+", "○", "◦", "▪", "∗", "°") else tag.strip()
