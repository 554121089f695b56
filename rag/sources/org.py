"""
Org files (of Emacs) as Markdown-like text, line by line: headings with their states, lists, tables, listings and
quotations are what a reader sees; title, author, date and tags are those that the file says.

Nothing is included or run; settings, comments and what is for exporting alone are told.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from rag.sources import dated
from rag.sources.encodings import CONTROL
from rag.sources.html import fenced, table_of
from rag.sources.items import Left, untold
from rag.sources.text import iso_date, prose, words_of
from rag.types import Document

HEADING = re.compile(r"(\*+)[ \t]+(\S.*?)(?:[ \t]{1,99}(:[\w@#%:]+:))?[ \t]{0,99}$")
KEYWORD = re.compile(r"[ \t]*#\+(\w+)(?:\[[^\]\n]*\])?:[ \t]*(.*)$")
BEGIN = re.compile(r"[ \t]*#\+begin_(\w+)(?:[ \t]+(.*))?$", re.IGNORECASE)
DRAWER = re.compile(r"[ \t]*:([\w-]+):[ \t]*$")
PROPERTY = re.compile(r"[ \t]*:([\w-]+):[ \t]+(\S.*)$")
FIXED = re.compile(r"[ \t]*: ?(.*)$")
ROW = re.compile(r"[ \t]*\|")
RULE = re.compile(r"[ \t]*\|[-+]+\|?[ \t]*$")
ITEM = re.compile(r"([ \t]*)([-+*]|\d{1,4}[.)])[ \t]+(?:\[@\d+\][ \t]*)?(\S.*)$")
TERM = re.compile(r"(\S.{0,200}?)[ \t]+::(?:[ \t]+(.*))?$")
DAY = re.compile(r"<(\d{4}-\d\d-\d\d(?:[ \t][^<>\n]{0,40})?)>")
SECRETLY = ("id", "custom_id", "visibility", "category", "columns", "ordered")
CODE = ("src", "example")
LEVELS = 20
CODED = re.compile(r"(?<![\w=~/])([=~])(?=\S)([^\n=~]{1,200}?)(?<=\S)\1(?![\w=~/])")
BOLD = re.compile(r"(?<![\w*])\*(?=[^\s*])([^*\n]{1,300}?)(?<=\S)\*(?![\w*])")
LINK = re.compile(r"\[\[([^\[\]\n]{1,500})\](?:\[([^\[\]\n]{1,500})\])?\]")


def read(data: bytes, key: str, source: str, left: Left = untold) -> list[Document]:
    """A file of Org as one document."""
    text = CONTROL.sub("", prose(data, key, left))
    page = Page(text.split("\n"), left)
    written = "\n\n".join(block for block in page.blocks() if block.strip())
    if page.title:
        written = f"# {page.title}\n\n{written}".rstrip()
    if not written.strip():
        return []
    title = page.title or (page.tops[0] if len(page.tops) == 1 else "") or words_of(key)
    about = {"tags": list(dict.fromkeys(page.tags))} if page.tags else {}
    return [
        Document(
            source,
            key,
            written,
            title,
            author=page.author,
            date=page.date or dated.stated(written, title, key),
            meta=about,
            kind="markdown",
        )
    ]


@dataclass(slots=True)
class Page:
    """A file that is being read, line by line."""

    lines: list[str]
    left: Left
    at: int = 0
    title: str = ""
    author: str = ""
    date: str = ""
    tags: list[str] = field(default_factory=list)
    level: int = 0  # of blocks in blocks
    tops: list[str] = field(default_factory=list)  # the headings of the first level

    def blocks(self) -> Iterator[str]:
        while self.at < len(self.lines):
            line = self.lines[self.at].rstrip()
            if not line:
                self.at += 1
            elif found := HEADING.match(line):
                self.at += 1
                yield self._heading(found)
            elif found := BEGIN.match(line):
                self.at += 1
                yield self._begun(found[1].lower(), found[2] or "")
            elif found := KEYWORD.match(line):
                self.at += 1
                yield self._keyword(found[1].lower(), found[2].strip())
            elif re.match(r"[ \t]*#(?:[ \t]|$)", line):
                self.at += 1
                self.left("comments", line)
            elif (found := DRAWER.match(line)) and found[1].lower() != "end":
                self.at += 1
                yield self._drawer()
            elif ROW.match(line):
                yield self._table()
            elif FIXED.match(line) and not PROPERTY.match(line):
                yield fenced("\n".join(self._while(FIXED)))
            else:
                yield self._running()

    def _heading(self, found: re.Match[str]) -> str:
        text = inline(found[2])
        if found[3]:
            self.tags += [tag for tag in found[3].split(":") if tag]
        if len(found[1]) == 1:
            self.tops.append(text)
        return f"{'#' * min(len(found[1]) + 1, 6)} {text}"

    def _keyword(self, name: str, value: str) -> str:
        """A line `#+NAME: value`: what it says of the file is kept as that, what it says to a program is told."""
        if name == "title":
            self.title = f"{self.title} {inline(value)}".strip()
        elif name == "author" and not self.author:
            self.author = value
        elif name == "date" and not self.date and (day := iso_date(value.strip("<>[]")[:10])):
            self.date = day
        elif name == "filetags":
            self.tags += [tag for tag in re.split(r"[:\s]+", value) if tag]
        elif name in ("subtitle", "description", "caption", "author", "date"):
            return inline(value)
        elif value and name != "name":
            self.left("included files" if name == "include" else "settings of Org", f"{name}: {value}")
        return ""

    def _begun(self, kind: str, said: str) -> str:
        start = self.at
        end = re.compile(rf"[ \t]*#\+end_{re.escape(kind)}\b", re.IGNORECASE)
        while self.at < len(self.lines) and not end.match(self.lines[self.at]):
            self.at += 1
        inside = self.lines[start : self.at]
        self.at += 1
        if kind in CODE:
            language = (said.split() or [""])[0] if kind == "src" else ""
            indent = min((len(line) - len(line.lstrip()) for line in inside if line.strip()), default=0)
            return fenced("\n".join(line[indent:] for line in inside), re.sub(r"[^\w+#-]", "", language))
        if kind in ("comment", "export"):
            self.left("comments" if kind == "comment" else "raw passages", "\n".join(inside))
            return ""
        if self.level > LEVELS:
            return "\n".join(inside)
        page = Page(inside, self.left, level=self.level + 1)
        found = "\n\n".join(block for block in page.blocks() if block.strip())
        if kind in ("quote", "verse"):
            return "\n".join(f"> {line}".rstrip() for line in found.split("\n")) if found else ""
        return found

    def _drawer(self) -> str:
        """What a drawer says, a line each; the names of a heading for programs are left out."""
        said: list[str] = []
        while self.at < len(self.lines):
            line = self.lines[self.at].strip()
            if HEADING.match(self.lines[self.at]):
                break
            self.at += 1
            if line.lower() == ":end:":
                break
            found = PROPERTY.match(line)
            if found and (found[1].lower() in SECRETLY or found[1].lower().startswith("export_")):
                self.left("settings of Org", line)
            elif line:
                said.append(f"{found[1]}: {inline(found[2])}" if found else inline(line))
        return "\n".join(said)

    def _while(self, form: re.Pattern[str]) -> list[str]:
        found: list[str] = []
        while self.at < len(self.lines) and (match := form.match(self.lines[self.at].rstrip())):
            found.append(match[1])
            self.at += 1
        return found

    def _table(self) -> str:
        rows: list[list[str]] = []
        while self.at < len(self.lines) and ROW.match(self.lines[self.at]):
            line = self.lines[self.at].strip()
            cells = [inline(cell.strip()) for cell in line.strip("|").split("|")]
            if not RULE.match(line) and not all(re.fullmatch(r"<[lcr]?\d*>|", cell) for cell in cells):
                rows.append(cells)
            self.at += 1
        return table_of(rows) if rows else ""

    def _running(self) -> str:
        """Running text and lists, up to a blank line or a line that begins another block."""
        said: list[str] = []
        while self.at < len(self.lines) and (line := self.lines[self.at].rstrip()):
            other = any(form.match(line) for form in (HEADING, BEGIN, KEYWORD, ROW, DRAWER))
            if said and (other or re.match(r"[ \t]*#(?:[ \t]|$)", line)):
                break
            said.append(line)
            self.at += 1
        indent = min(len(line) - len(line.lstrip()) for line in said)
        return "\n".join(_item(line[indent:]) for line in said)


def _item(line: str) -> str:
    found = ITEM.match(line)
    if not found:
        return inline(line)
    indent, mark, text = found.groups()
    term = TERM.match(text) if mark in "-+*" else None
    if term:
        text = f"{inline(term[1])}: {inline(term[2] or '')}".rstrip()
    return f"{indent}{'-' if mark in '+*' else mark} {text if term else inline(text)}"


def inline(text: str) -> str:
    """A line as it is seen: code between backticks, links with their address, days without their brackets."""
    text = DAY.sub(r"\1", CODED.sub(r"`\2`", text))
    text = BOLD.sub(r"\1", text)

    def link(found: re.Match[str]) -> str:
        target, shown = found[1].removeprefix("file:").removeprefix("*").removeprefix("#"), found[2]
        return target if not shown else f"{shown} ({target})" if "://" in target else shown

    return LINK.sub(link, text) if "[[" in text else text
