"""
AsciiDoc as Markdown-like text, line by line: headings, lists, listings, tables, admonitions and quotations are what a
reader of the page would see; author and date are those below the title.

Nothing is included or run. Attributes are put in where the text refers to them; what is not shown is told.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from rag.sources import dated, scripts
from rag.sources.asciidoc_tables import columns_of, grid
from rag.sources.encodings import CONTROL
from rag.sources.html import fenced, table_of
from rag.sources.items import Left, untold
from rag.sources.text import iso_date, prose, words_of
from rag.types import Document

HEADING = re.compile(r"(={1,6}|#{1,6})[ \t]+(\S(?:.*?\S)??)(?:[ \t]+\1)?[ \t]*$")
UNDERLINES = {"=": 1, "-": 2, "~": 3, "^": 4, "+": 5}
ATTRIBUTE = re.compile(r":(!?[\w-]+!?):(?:[ \t]+(.*))?$")
AUTHOR = re.compile(r"[^\W\d_][\w.'’-]*(?:[ \t]+[\w.'’-]+){0,3}(?:[ \t]+<[^<>\s]+>)?(?:;.*)?$")
REVISION = re.compile(
    r"(?:v[\d.]\S*?|\d+(?:\.\d+)+)?,?[ \t]*"
    r"(?P<date>\d[\d-]{3,9}|\d{1,2}\.? \w+ \d{4}|\w+ \d{1,2}, \d{4})?(?::[ \t]*.*)?$"
)
STYLE = re.compile(r"\[(?P<said>[^\[\]\n]*)\][ \t]*$")
ANCHOR = re.compile(r"\[\[[^\[\]\n]*\]\][ \t]*$")
BLOCK_TITLE = re.compile(r"\.(?=[^\s.])(.+)$")
FENCE = re.compile(r"(-{4,}|\.{4,}|={4,}|\*{4,}|_{4,}|\+{4,}|/{4,}|--|```+\S*)[ \t]*$")
TABLE = re.compile(r"([|,:!])={3,}[ \t]*$")
MACRO = re.compile(r"(include|image|video|audio|ifdef|ifndef|ifeval|endif|toc)::([^\s\[]*)\[(.*)\][ \t]*$")
BULLET = re.compile(r"[ \t]*(\*{1,6}|-|\.{1,6}|\d{1,4}\.|<[.\d]{1,3}>)[ \t]+(\S.*)$")
TERM = re.compile(r"[ \t]*(\S.{0,200}?)(:{2,4}|;;)(?:[ \t]+(\S.*))?$")
ADMONITIONS = ("NOTE", "TIP", "IMPORTANT", "WARNING", "CAUTION")
LEVELS = 20
CODE = ("source", "listing", "literal", "verse")

SPAN = re.compile(r"(`[^`\n]+`)")
MARKS = (
    (re.compile(r"(?<![\w*])\*{1,2}(?=[^\s*])([^*\n]{1,300})(?<=\S)\*{1,2}(?![\w*])"), r"\1"),
    (re.compile(r"(?<![\w_])_{1,2}(?=[^\s_])([^_\n]{1,300})(?<=\S)_{1,2}(?![\w_])"), r"\1"),
    (re.compile(r"(?:\[[\w., #-]{0,60}\])?(?<![\w#&])#(?=[^\s#\d])([^#\n]{1,300})(?<=\S)#(?![\w#])"), r"\1"),
    (re.compile(r"<<[^<>,\n]{1,100},([^<>\n]{1,200})>>"), r"\1"),
    (re.compile(r"<<#?([^<>,\n]{1,100})>>"), r"\1"),
    (re.compile(r"\[\[[\w:. -]{1,100}\]\]"), ""),
    (re.compile(r"\b(?:xref|link):[^\s\[\]]{0,200}\[([^\[\]\n]{1,200})\]"), r"\1"),
    (re.compile(r"\bmailto:([^\s\[\]]{1,200})\[([^\[\]\n]{1,200})\]"), r"\2 (\1)"),
    (re.compile(r"\bimage:[^\s\[\]:]{1,200}\[([^\[\]\n,]{0,200})[^\[\]\n]{0,200}\]"), r"\1"),
    (re.compile(r"(https?://[^\s\[\]<>]{1,500})\[\]"), r"\1"),
    (re.compile(r"(https?://[^\s\[\]<>]{1,500})\[([^\[\]\n]{1,200}?)\^?\]"), r"\2 (\1)"),
    (re.compile(r"\bmenu:([^\[\]\n]{1,60})\[([^\[\]\n]{0,100})\]"), r"\1 > \2"),
    (re.compile(r"\bfootnote:[\w-]{0,40}\[([^\[\]\n]{1,1000})\]"), r" (\1)"),
    (re.compile(r"\b(?:kbd|btn|stem|latexmath|asciimath|pass|indexterm2?):\w{0,3}\[([^\[\]\n]{0,300})\]"), r"\1"),
    (re.compile(r"\+\+\+?([^+\n]{1,300})\+\+\+?"), r"\1"),
)
HIGH = re.compile(r"\^([^\s^]{1,40})\^")
LOW = re.compile(r"(?<!~)~([^\s~]{1,40})~(?!~)")
REFERENCE = re.compile(r"\{([\w-]{1,60})\}")


def read(data: bytes, key: str, source: str, left: Left = untold) -> list[Document]:
    """A file of AsciiDoc as one document."""
    text = CONTROL.sub("", prose(data, key, left))
    page = Page(text.split("\n"), left)
    written = "\n\n".join(block for block in page.blocks() if block.strip()).strip("\n")
    if not written:
        return []
    title = page.title or words_of(key)
    return [
        Document(
            source,
            key,
            written,
            title,
            author=page.author,
            date=page.date or dated.stated(written, title, key),
            kind="markdown",
        )
    ]


@dataclass(slots=True)
class Page:
    """A page that is being read, line by line."""

    lines: list[str]
    left: Left
    at: int = 0
    title: str = ""
    author: str = ""
    date: str = ""
    attributes: dict[str, str] = field(default_factory=dict)
    style: str = ""  # what stands in brackets above a block
    level: int = 0  # of blocks in blocks
    numbers: dict[int, int] = field(default_factory=dict)  # of the items of a list, by their level

    def blocks(self, end: str = "") -> Iterator[str]:
        """The blocks up to the line that ends a delimited one."""
        while self.at < len(self.lines):
            line = self.lines[self.at].rstrip()
            if end and line == end:
                self.at += 1
                return
            if not line:
                self.at, self.numbers = self.at + 1, {}
            elif self._aside(line):
                self.at += 1
            else:
                yield from self._block(line)

    def _aside(self, line: str) -> bool:
        """Whether a line is not shown: a comment, an attribute, a style, an anchor; it is taken in, or told."""
        if line.startswith("//") and not FENCE.fullmatch(line):
            self.left("comments", line)
        elif found := ATTRIBUTE.match(line):
            self._attribute(found[1], found[2] or "")
        elif ANCHOR.match(line):
            pass
        elif (found := STYLE.match(line)) and self._below() and not re.fullmatch(r"[^=,]+[ \t][^=,]+", found["said"]):
            self.style = found["said"].strip() or self.style
        elif found := MACRO.match(line):
            return self._macro(found)
        else:
            return False
        return True

    def _attribute(self, name: str, value: str) -> None:
        self.attributes[name.lower()] = value
        if name.lower() == "author":
            self.author = self.author or value
        elif name.lower() == "revdate":
            self.date = self.date or iso_date(value)
        elif name.lower() == "title":
            self.title = self.title or value
        elif value:
            self.left("attributes of AsciiDoc", f"{name}: {value}")

    def _macro(self, found: re.Match[str]) -> bool:
        name, target, said = found.groups()
        if name in ("image", "ifdef", "ifndef") and said:
            return False  # what it says is shown
        kinds = {"include": "included files", "image": "pictures", "video": "pictures", "audio": "pictures"}
        if name in kinds:
            self.left(kinds[name], target)
        return True

    def _block(self, line: str) -> Iterator[str]:
        if (found := HEADING.match(line)) or self._underlined(line):
            yield from self._heading(found, line)
        elif found := MACRO.match(line):
            self.at += 1
            yield self.inline(found[3].split(",")[0].strip('"') if found[1] == "image" else found[3])
        elif (found := BLOCK_TITLE.match(line)) and self._below():
            self.at += 1
            yield self.inline(found[1])
        elif found := TABLE.fullmatch(line):
            self.at += 1
            yield self._table(line, found[1])
        elif found := FENCE.fullmatch(line):
            self.at += 1
            yield from self._delimited(found[1])
        elif BULLET.match(line) or TERM.match(line):
            yield self._items()
        else:
            yield self._paragraph()

    def _heading(self, found: re.Match[str] | None, line: str) -> Iterator[str]:
        level = len(found[1]) if found else UNDERLINES[self.lines[self.at + 1][0]]
        text = self.inline(found[2] if found else line)
        self.at += 1 if found else 2
        self.style, self.numbers = "", {}
        yield f"{'#' * level} {text}"
        if level == 1 and not self.title:
            self.title = text
            yield self._head()

    def _underlined(self, line: str) -> bool:
        """Whether a heading of the old form begins here: a line with signs of its length below it."""
        below = self._below()
        signs = len(below) > 2 and below[0] in UNDERLINES and not below.strip(below[0])
        return signs and abs(len(below) - len(line)) < 2 and line[0].isalnum()

    def _below(self) -> str:
        return self.lines[self.at + 1].rstrip() if self.at + 1 < len(self.lines) else ""

    def _head(self) -> str:
        """Author and date below the title, as they stand there."""
        said: list[str] = []
        for form in (AUTHOR, REVISION):
            line = self.lines[self.at].rstrip() if self.at < len(self.lines) else ""
            found = form.match(line) if line else None
            if (
                not found
                or (form is AUTHOR and not line[0].isupper())
                or (form is REVISION and not (found["date"] or re.match(r"v?\d", line)))
            ):
                continue
            if form is AUTHOR:
                self.author = re.sub(r"(?:(?<![ \t])[ \t]+)?<[^<>]*>", "", line).replace("_", " ").strip()
            else:
                self.date = iso_date(found["date"])
            said.append(line)
            self.at += 1
        return "\n".join(said)

    def _delimited(self, mark: str) -> Iterator[str]:
        style, self.style = self.style, ""
        if (mark[0] in "-.`" and mark != "--") or (mark == "--" and style.split(",")[0] in CODE):
            yield self._code(mark, style)
        elif mark[0] in "/+" or self.level > LEVELS:
            inside = "\n".join(self._until(mark))
            self.left({"/": "comments", "+": "raw passages"}.get(mark[0], "blocks in blocks"), inside)
        else:
            self.level += 1
            yield from self._nested(mark, style)
            self.level -= 1

    def _nested(self, mark: str, style: str) -> Iterator[str]:
        if mark[0] == "_" or style.split(",")[0] in ("quote", "verse"):
            inner = "\n\n".join(block for block in self.blocks(mark) if block)
            by = ", ".join(part.strip() for part in style.split(",")[1:] if part.strip())
            quoted = "\n".join(f"> {line}".rstrip() for line in inner.split("\n"))
            yield f"{quoted}\n>\n> — {by}" if by else quoted
        else:
            found = [block for block in self.blocks(mark) if block]
            if style in ADMONITIONS and found:
                found[0] = f"{style}: {found[0]}"
            yield from found

    def _code(self, mark: str, style: str = "") -> str:
        parts = [part.strip() for part in style.split(",")]
        language = mark.strip("`") if mark[0] == "`" else parts[1] if len(parts) > 1 and parts[0] == "source" else ""
        inside = "\n".join(self._until("```" if mark[0] == "`" else mark))
        return fenced(inside, re.sub(r"[^\w+#-]", "", language)) if inside.strip() else ""

    def _until(self, mark: str) -> list[str]:
        start = self.at
        while self.at < len(self.lines) and self.lines[self.at].rstrip() != mark:
            self.at += 1
        found = self.lines[start : self.at]
        self.at += 1
        return found

    def _table(self, mark: str, sign: str) -> str:
        style, self.style = self.style, ""
        lines = [self.inline(line) for line in self._until(mark.rstrip())]
        rows = grid(lines, sign, columns_of(style), style)
        return table_of([[cell.replace("|", r"\|") for cell in row] for row in rows]) if rows else ""

    def _items(self) -> str:
        """A list: items with what goes on below them, up to a blank line that no item follows."""
        written: list[str] = []
        marks: list[str] = []
        while self.at < len(self.lines):
            line = self.lines[self.at].rstrip()
            ahead = self._below()
            if not line:
                if not (BULLET.match(ahead) or TERM.match(ahead)) or STYLE.match(ahead):
                    break
            elif line == "+":
                self.at += 1
                break  # a block follows that belongs to the item
            elif found := BULLET.match(line):
                indent, mark = self._mark(found[1], marks)
                written.append(f"{indent}{mark} {self.inline(found[2])}")
            elif (found := TERM.match(line)) and not FENCE.fullmatch(line):
                written.append(f"- {self.inline(found[1])}: {self.inline(found[3] or '')}".rstrip())
            elif HEADING.match(line) or FENCE.fullmatch(line) or TABLE.fullmatch(line) or STYLE.match(line):
                break
            elif not self._aside(line):
                written.append(f"{' ' * 2}{self.inline(line.strip())}")
            self.at += 1
        return "\n".join(written)

    def _mark(self, sign: str, marks: list[str]) -> tuple[str, str]:
        """The indent and mark of an item; items of one mark stand at one level."""
        kind = sign if sign[0] in "*." else "1." if sign[0].isdecimal() else sign[0]
        if kind in marks:
            del marks[marks.index(kind) + 1 :]
        else:
            marks.append(kind)
        level = len(marks) - 1
        for deeper in [one for one in self.numbers if one > level]:
            del self.numbers[deeper]
        if sign[0] in "*-":
            return "  " * level, "-"
        self.numbers[level] = int(sign[:-1]) if sign[0].isdecimal() else self.numbers.get(level, 0) + 1
        return "   " * level, f"{self.numbers[level]}."

    def _paragraph(self) -> str:
        """Running text; an indented one, or one under a style of code, is a listing."""
        start = self.at
        while self.at < len(self.lines) and (line := self.lines[self.at].rstrip()):
            if self.at > start and (line == "+" or any(form.fullmatch(line) for form in (FENCE, TABLE, STYLE, MACRO))):
                break
            if line == "+" and self.at == start:
                self.at += 1
                return ""
            self.at += 1
        found = [line.rstrip() for line in self.lines[start : self.at]]
        style, self.style = self.style, ""
        parts = [part.strip() for part in style.split(",")]
        if parts[0] in CODE or all(line.startswith((" ", "\t")) for line in found):
            return fenced("\n".join(found), parts[1] if parts[0] == "source" and len(parts) > 1 else "")
        text = "\n".join(self.inline(line.removesuffix(" +")) for line in found if not line.startswith("//"))
        for line in found:
            if line.startswith("//"):
                self.left("comments", line)
        if parts[0] == "quote":
            quoted = "\n".join(f"> {line}" for line in text.split("\n"))
            by = ", ".join(part for part in parts[1:] if part)
            return f"{quoted}\n>\n> — {by}" if by else quoted
        return f"{parts[0]}: {text}" if parts[0] in ADMONITIONS else text

    def inline(self, text: str) -> str:
        """A line as it is seen: attributes put in, links with their address, no marks of emphasis."""
        text = REFERENCE.sub(lambda found: self.attributes.get(found[1].lower(), "") or found[0], text)
        parts = SPAN.split(text) if "`" in text else [text]
        return "".join(
            re.sub(r"^`\+(.*)\+`$", r"`\1`", part) if number % 2 else _plain(part) for number, part in enumerate(parts)
        )


def _plain(text: str) -> str:
    for pattern, shown in MARKS:
        text = pattern.sub(shown, text)
    text = HIGH.sub(lambda found: scripts.high(found[1]), text) if "^" in text else text
    return LOW.sub(lambda found: scripts.low(found[1]), text) if "~" in text else text
