"""
Cut a text into blocks (paragraphs, whole code blocks, lists, tables), and blocks into groups that belong together.

The one promise: blocks come in the order of the text, do not overlap, begin and end at whole lines without their
space, and only white space and rules lie between them. A group is a paragraph with what it introduces, so that no
sentence that ends in a colon ever stands without what it announces. Read line by line, for every kind of document: what
is no Markdown has paragraphs, lists and tables all the same. No language is known; a lead-in is known by its colon.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rag import grids, letters, markup, outline
from rag.sentences import FENCE, HEADING, IMAGE, LINE, MARKER, RECORD, ROW, RULE, spans

OBJECTS = ("code", "list", "table")  # what a paragraph introduces
PICTURE = re.compile(r"[ \t]*<(?:img|picture|video|figure)\b[^>]*>?", re.IGNORECASE)
INDENTED = re.compile(r"(?: {4}|\t)[ \t]*\S")
INSIDE = re.compile(r"(?: {2,}|\t)\S")  # how a line of a list item goes on after a blank one
UNDERLINE = re.compile(r"(?:=+|-{2,})[ \t]*$")
TABLE_RULE = re.compile(r"[ \t]*+\|?[ \t]*+:?-{2,}+:?[ \t]*+(?:\|[ \t]*+:?-++:?[ \t]*+)*\|?[ \t]*+$")
TITLE = re.compile(r"[ \t]*[^\W_][^\r\n]{0,68}[^\W_][)\]\"'”’»*_]*")  # a line that ends in no mark
LINES = r"[^\W_][^\r\n,:]{0,68}[^\W_]\r?\n[^\W_][^\r\n,:]{0,68}[^\W_]"  # two of them
TITLES = re.compile(rf"{TITLE.pattern}|{LINES}")  # all of a paragraph
BADGE = re.compile(r"\[[A-Z]\w*: [^\[\]]*\]")
LATER = re.compile(r"[ \t]*(?:[2-9]|[1-9]\d+)[.)][ \t]")  # an item that is not the first one
EXPLAINED = re.compile(  # a block of code that begins with what it does: "# Check if a file exists"
    r"[ \t]*(?:`{3,}|~{3,})[^\n]*\n[ \t]*(?:#|//|--|/\*|;)[ \t]*[^\W_][^\n]* [^\n]*\n"
)
LEAD_END = re.compile(r"[:：][\s*_)\]\"'”’»]*$")


@dataclass(frozen=True, slots=True)
class Block:
    """A run of whole lines. `kind` is "heading", "prose", "code", "list", "table" or "image"."""

    start: int
    end: int
    kind: str


def blocks(text: str, kind: str = "text", fenced: bool = False) -> list[Block]:
    """
    The blocks of a text of a document of this kind; `fenced` says that it begins inside a code fence.

    A fenced block has its fences, if they stand in the text.
    """
    if kind == "code":
        return list(_runs(text))
    return list(_Reader(text, kind == "markdown", "`" if fenced else "").read())


def groups(text: str, found: list[Block]) -> list[list[Block]]:
    """
    The blocks in runs that must be read together; joined again they are the blocks.

    Blocks of code in a row are one, but for those of a collection, of which each begins with what it does.
    """
    made: list[list[Block]] = []
    for block in found:
        if made and _together(text, made[-1], block):
            made[-1].append(block)
        else:
            made.append([block])
    return made


def introduces(text: str, block: Block) -> bool:
    """Does the block announce what comes next, or greet whom it is told?"""
    inside = text[block.start : block.end]
    greets = block.kind == "prose" and letters.greets(inside)
    return block.kind == "heading" or greets or (block.kind != "code" and bool(LEAD_END.search(inside)))


def announces(text: str) -> bool:
    """Is it one sentence that ends in a colon, or a question: nothing without what comes next?"""
    end = text.rstrip("*_ \t\r\n")
    return end.endswith((":", "：", "?", "？")) and len(spans(text, "text")) == 1


def titles(text: str, block: Block) -> bool:
    """Is it like a heading that is not marked as one: it says what comes next is about, and nothing itself?"""
    return block.kind == "prose" and bool(TITLES.fullmatch(text, block.start, block.end))


def begins_in_code(quote: str) -> bool:
    """Whether the first fence of an excerpt is the end of one: nothing stands behind it, and the code before it."""
    lines = quote.split("\n")
    fences = [number for number, line in enumerate(lines) if FENCE.match(line)]
    if len(fences) % 2 == 0 or FENCE.sub("", lines[fences[0]]).strip():
        return False
    before, below = lines[: fences[0]], lines[fences[0] + 1 : fences[0] + 2]
    return bool(before and before[-1].strip()) and not "".join(below).strip()


def _together(text: str, before: list[Block], block: Block) -> bool:
    last = before[-1]
    if block.kind == "heading":
        return last.kind == "heading"
    if introduces(text, last) or _noted(text, last) or (titles(text, last) and not titles(text, block)):
        return True
    if last.kind == "image" or block.kind == "image":
        return False
    if last.kind == block.kind == "code" and EXPLAINED.match(text, block.start):
        return any(one.kind == "prose" for one in before)  # what leads to several blocks leads to all of them
    if block.kind == "list" and last.kind == "code":  # "3." after the command that "2." is about
        return any(one.kind == "list" for one in before) and bool(LATER.match(text, block.start))
    return block.kind in OBJECTS and (last.kind == "prose" or block.kind == "code")


def _noted(text: str, block: Block) -> bool:
    """Is it a component alone that says of what stands below it since when it is: `<Since v="5.7.0" />`?"""
    inside = text[block.start : block.end].strip()
    return inside.startswith("<") and BADGE.fullmatch(markup.read(inside).strip()) is not None


def _runs(text: str) -> Iterator[Block]:
    """Lines of code between blank lines."""
    start = end = -1
    for match in LINE.finditer(text):
        if match[0].strip():
            start = match.start() if start < 0 else start
            end = match.start() + len(match[0].rstrip())
        elif start >= 0:
            yield Block(start, end, "code")
            start = -1
    if start >= 0:
        yield Block(start, end, "code")


class _Reader:
    """One pass over the lines; the block that is still growing is kept as (start, end, kind)."""

    def __init__(self, text: str, markdown: bool, mark: str) -> None:
        self.text, self.markdown, self.mark = text, markdown, mark
        self.start, self.end, self.kind = (0, 0, "code") if mark else (-1, -1, "")
        self.blank = True  # was the last line blank?
        found = [] if markdown else outline.headings(text)
        tables = grids.grids(text) if markdown and not mark else []
        self.tables = {text.rfind("\n", 0, one.start) + 1: one for one in tables}  # of HTML
        self.headings = {text.rfind("\n", 0, one.start) + 1: one for one in found}  # by where their line begins

    def read(self) -> Iterator[Block]:
        fixed = 0  # where the table of HTML ends, or the heading, that is read whole
        for match in LINE.finditer(self.text):
            at, line = match.start(), match[0].rstrip()
            if self.markdown and not self.mark and markup.told(line) == "":
                line = ""  # what says nothing on a page stands between blocks as an empty line does
            if not self.mark and at in self.tables:
                yield from self._close()
                self._open(self.tables[at].start, self.tables[at].end, "table")
                fixed = self.tables[at].end
            elif at < fixed:
                pass
            elif not self.mark and at in self.headings:
                yield from self._close()
                self._open(self.headings[at].start, self.headings[at].end, "heading")
                fixed = self.headings[at].end
            else:
                if 0 < fixed <= at and self.kind in ("heading", "table") and self.end == fixed:
                    yield from self._close()
                yield from self._line(at, line)
            if not match[0] and at == len(self.text):
                break
            self.blank = not line
        yield from self._close()

    def _line(self, at: int, line: str) -> Iterator[Block]:
        stop = at + len(line)
        fence = FENCE.match(line)
        if self.mark:
            self.end = stop if line else self.end
            if fence and fence[1].startswith(self.mark) and not line[fence.end() :].strip():
                self.mark = ""
                yield from self._close()
        elif fence and not (self.kind == "list" and INSIDE.match(line)):
            yield from self._close()
            self.mark = fence[1]
            self._open(at, stop, "code")
        elif not line:
            if self.kind not in ("list", "code"):  # these may go on behind it
                yield from self._close()
        elif self._goes_on(at, line, fence is not None):
            if self.kind == "prose" and self.markdown and UNDERLINE.match(line):
                self.end, self.kind = stop, "heading"
                yield from self._close()
            self.end = stop
        else:
            yield from self._close()
            kind = self._kind_of(at, line)
            if kind:
                self._open(at, stop, kind)

    def _goes_on(self, at: int, line: str, fence: bool) -> bool:
        """Is this line a part of the block that is growing?"""
        if self.kind == "list":
            if MARKER.match(line) or INSIDE.match(line) or RECORD.match(line):
                return not self._section(at, line)
            return not (self.blank or fence or ROW.match(line) or HEADING.match(line))
        if self.kind == "code":
            return bool(INDENTED.match(line))
        if self.kind == "table":
            return "|" in line
        if self.kind == "image":
            return not self.text[self.start : self.end].rstrip().endswith((">", ")")) and not self.blank
        if self.kind != "prose" or self.blank:
            return False
        if self.markdown and UNDERLINE.match(line):
            return True
        begins = MARKER.match(line) or ROW.match(line) or RULE.match(line) or self._logged(at, line)
        return not (begins or self._marked(line))

    def _marked(self, line: str) -> bool:
        return self.markdown and bool(HEADING.match(line) or IMAGE.match(line) or PICTURE.match(line))

    def _kind_of(self, at: int, line: str) -> str:
        """The kind of block that begins with this line; "" for a rule, which is none."""
        if self.markdown and HEADING.match(line):
            return "heading"
        if self.markdown and (IMAGE.match(line) or PICTURE.match(line)):
            return "image"
        following = self.text[at + len(line) :].lstrip("\r\n").split("\n", 1)[0]
        if ROW.match(line) or ("|" in line and "|" in following and TABLE_RULE.match(following.rstrip())):
            return "table"
        if RULE.match(line):
            return ""
        if self.markdown and self.blank and INDENTED.match(line):
            return "code"
        listed = (MARKER.match(line) and not self._section(at, line)) or self._logged(at, line)
        return "list" if listed else "prose"

    def _logged(self, at: int, line: str) -> bool:
        """Is a line one of a log: does it begin with a day, or a code, as the one below it does?"""
        if not RECORD.match(line):
            return False
        return RECORD.match(self.text[at + len(line) :].lstrip("\r\n").split("\n", 1)[0]) is not None

    def _section(self, at: int, line: str) -> bool:
        """Is a line that is marked as an item the title of a section, with its text in the lines below ("2. Racks")?"""
        marker = None if line[:1].isspace() or not self.blank else MARKER.match(line)
        below = self.text[at + len(line) :].partition("\n")[2].partition("\n")[0]
        if not marker or not below.strip() or below[0].isspace() or MARKER.match(below):
            return False
        return bool(TITLE.fullmatch(line, marker.end()))

    def _open(self, at: int, stop: int, kind: str) -> None:
        self.start, self.end, self.kind = at, stop, kind

    def _close(self) -> Iterator[Block]:
        if self.start >= 0 and self.end > self.start:
            start = self.start
            if self.kind not in ("code", "list"):  # the space before a line of these is a part of them
                start += len(self.text[start : self.end]) - len(self.text[start : self.end].lstrip())
            if start < self.end:
                yield Block(start, self.end, self.kind)
        self.start, self.end, self.kind, self.mark = -1, -1, "", ""
