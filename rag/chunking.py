"""
Cut a document into passages.

A passage is a run of whole paragraphs under one heading. The one promise: `document.text[p.start:p.end] == p.text`, so
a citation can always be shown where it was written. Short paragraphs are merged up to a target size, long ones are cut
at sentence ends, lists between items, tables between rows; code stays whole unless it is very long. Nothing here knows
tokens, models or SQL: sizes are in characters.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from typing import Any

from rag import frontmatter, grids, markup, onpage, outline, structure, symbols
from rag.sentences import MARKER, RECORD, ends
from rag.types import Document, Passage

TARGET = 1600  # characters; see docs/decisions.md
WINDOW = 400  # characters of a passage that are embedded together, twice as many if that is all of it
ROWS = 400  # characters of a passage of rows, dated lines or messages: each of them says something by itself
LONGEST_HEADING = 1000  # characters; it is stored with every passage below it, and a longer one is a paragraph
WHOLE_CODE = 3  # code is kept whole up to this many times the target

NEWLINE = re.compile(r"\r\n|\r|\n")
SENTENCE_END = re.compile(r"[.!?…][\"'”’)\]]*(?=\s)|[。！？]|\n(?=[^\S\n]*+\n)")
FEWEST = 3  # dated lines that make a log
MOSTLY = 0.6  # of a document that are rows: then they are what it says, and not an example in it
SAMPLE = 10_000  # characters that tell it
SECTIONED = ("toml", "ini")  # languages whose symbols are the sections that they are divided into
# Raised whenever the files of a language or kind are cut otherwise: what is indexed of them is then cut anew.
MANNERS = dict.fromkeys((*structure.LANGUAGES, "protobuf", "graphql", "hcl", "prisma", "text", "markdown"), 2)
FRONT = "front matter"  # what stands as the heading of its facts
MARKS = (
    "<",
    "{",
    ":",
    "i",
    "e",
)  # how a block may begin of which a page shows nothing: tags, templates, components, imports
PICTURES = re.compile(r"<(?:img|picture|figure|video|audio|iframe|object|embed|svg)\b", re.IGNORECASE)
UNSEEN = re.compile(r"\s*<(?:style|script)\b", re.IGNORECASE)  # HTML of a Markdown file that nobody reads
CLAUSE = re.compile(r"^[ \t]*(\d{1,2})\.(\d{1,2})\.(?=[ \t])", re.MULTILINE)
SAID = re.compile(r"[^\n:]{1,60} \(\d{4}-\d\d-\d\d[^)\n]*\): ")  # a message, as chats are written down
BLANK = re.compile(r"(?:\r\n|\r|\n)[ \t]*(?:\r\n|\r|\n)\s*")


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, list, table or code block: its span, the headings above it, and where it may be cut."""

    start: int
    end: int
    heading: str
    cuts: tuple[int, ...] | None = None  # offsets at which it may be cut; None: at sentence ends
    slack: int = 1  # how many times the target it may be long before it is cut
    columns: str = ""  # of a table: what its columns are called, for the pieces that do not hold its first row
    code: bool = False
    rows: bool = False  # a table, a log or a chat: its passages are short
    inner: tuple[int, ...] = ()  # offsets at which it may be cut where there is no other: between items below an item


def split(document: Document, target: int = TARGET) -> list[Passage]:
    """The passages of a document in order; they do not overlap, and only white space and headings lie between them."""
    text = document.text
    if document.kind == "code":
        blocks = _code(text, str(document.meta.get("language", "")))
    else:
        blocks = (_markdown if document.kind == "markdown" else _plain)(text, document.title)
    short = of_rows(document)
    pieces = [piece for block in blocks for piece in _pieces(text, replace(block, rows=short and block.rows), target)]
    runs = _merge(text, pieces, target)
    return [Passage(document, start, end, text[start:end], heading) for start, end, heading in runs]


def manner(document: Document, target: int | str) -> str:
    """How a document is cut: what is remembered with it, so that it is cut anew when that changes."""
    version = MANNERS.get(str(document.meta.get("language", "")) if document.kind == "code" else document.kind)
    told = (str(target), "rows" if of_rows(document) else "", str(version or ""))
    return " ".join(filter(None, told))


def of_rows(document: Document) -> bool:
    """Is a document, by what it begins with, rows of a table, dated lines or messages, and little else?"""
    begins = document.text[:SAMPLE]
    told = 0
    for line in begins.split("\n") if document.kind != "code" else ():
        item = MARKER.match(line)
        at = item.end() if item else 0
        dated = RECORD.match(line, at) or SAID.match(line, at)
        told += len(line) * (line.startswith("|") or bool(dated))
    return told > MOSTLY * len(begins) and not _of_clauses(begins)


def _of_clauses(text: str) -> bool:
    """Are what looks like days of a diary, 2.1., 2.2., 2.3., the numbers of clauses: each the one after the last?"""
    found = [(int(one[1]), int(one[2])) for one in CLAUSE.finditer(text)]
    after = sum(this in ((a, b + 1), (a + 1, 1)) for (a, b), this in pairwise(found))
    return len(found) >= FEWEST and 2 * after >= len(found)


def windows(passage: Passage) -> list[tuple[int, int]]:
    """
    The parts of a passage that are embedded one by one: (start, end) within its text, in order.

    The embedder says of a long text what it is about, and of a short one what it says: a passage of up to two windows
    is left whole, a longer one is cut like a document.
    """
    text = passage.text
    if len(text) <= 2 * WINDOW:
        return [(0, len(text))]
    alone = Document("", "", text, kind=passage.document.kind)
    return [(part.start, part.end) for part in split(alone, WINDOW)] or [(0, len(text))]


def _merge(text: str, pieces: list[Block], target: int) -> Iterator[tuple[int, int, str]]:
    """Neighbours under one heading, joined while they stay within the target."""
    run: tuple[int, int, str] | None = None
    for piece in pieces:
        beside = run and piece.heading != FRONT and not UNSEEN.match(text, run[1], piece.start)
        most = min(target, ROWS) if piece.rows else target
        if run and beside and piece.heading == run[2] and piece.end - run[0] <= most:
            run = (run[0], piece.end, run[2])
            continue
        if run:
            yield run
        run = (piece.start, piece.end, piece.heading)
    if run:
        yield run


def _pieces(text: str, block: Block, target: int) -> Iterator[Block]:
    """A block, or its parts if it is too long; each stripped of white space at its ends, none empty."""
    start, most, target = block.start, target, min(target, ROWS) if block.rows else target
    while start < block.end:
        whole = block.end - start <= target * block.slack
        end = block.end if whole else _cut(text, block, start, start + target, start + most)
        first, last = _strip(text, start, end)
        if first < last:
            above = block.heading if start == block.start else _above(text, block, first)
            yield Block(first, last, above, rows=block.rows)
        start = end


def _above(text: str, block: Block, start: int) -> str:
    """The heading of a later piece of a block: with the names of a table's columns, or of the symbols it stands in."""
    if block.code:
        return _enclosing(text, block, start) or block.heading
    return " > ".join(filter(None, (block.heading, block.columns)))


def _cut(text: str, block: Block, start: int, limit: int, most: int) -> int:
    """
    The best place to cut before `limit`: where the block allows it, else a sentence end, a space, or right there.

    The row of a table stays whole up to `most`.
    """
    if block.code and (place := _before_symbol(text, block, start, limit)):
        return place
    for cuts in (block.cuts or (), block.inner):
        index = bisect_right(cuts, limit) - 1
        if index >= 0 and cuts[index] > start:
            return cuts[index]
    if (
        block.columns
        and (row := next((cut for cut in (*(block.cuts or ()), block.end) if cut > limit), most + 1)) <= most
    ):
        return row
    half = start + (limit - start) // 2
    for match in reversed(list(SENTENCE_END.finditer(text, half, limit))):
        if match[0] == "\n" or ends(text, match, block.end):
            return match.end()
    for mark in ("\n", " "):
        if (place := text.rfind(mark, half, limit)) > start:
            return place + 1
    # Not between the parts of a character that is written as base and marks (emoji, accents), if that can be.
    place = limit
    while place > half and (_joined(text[place]) or text[place - 1] == "\u200d"):
        place -= 1
    return place if place > half else limit


def _joined(character: str) -> bool:
    import unicodedata

    return character in "\u200d\ufe0e\ufe0f" or bool(unicodedata.combining(character))


def _strip(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def _plain(text: str, title: str) -> Iterator[Block]:
    """Paragraphs between blank lines, with the path of the headings above each (the title left out)."""
    found = outline.headings(text)
    for above, below in pairwise([None, *found, None]):
        start, end = above.end if above else 0, below.start if below else len(text)
        heading = " > ".join(outline.path(found, above.start, title)) if above else ""
        if above and not text[start:end].strip() and (not below or below.level <= above.level):
            yield Block(above.start, above.end, " > ".join(outline.path(found, above.start - 1, title)))
        for gap in BLANK.finditer(text, start, end):
            yield _paragraph(text, start, gap.start(), heading)
            start = gap.end()
        yield _paragraph(text, start, end, heading)


def _paragraph(text: str, start: int, end: int, heading: str) -> Block:
    """A paragraph; a log is one that may be cut between its lines."""
    lines = [start + place for place in _line_starts(text[start:end])[:-1]]
    logged = [place for place in lines if RECORD.match(text, place, end)]
    if len(logged) < FEWEST or 2 * len(logged) < len(lines):
        return Block(start, end, heading)
    return Block(start, end, heading, tuple(logged), rows=True)


def _recorded(text: str, places: tuple[int, ...]) -> bool:
    """Are the items of a list that begin at these places dated lines or messages?"""
    starts = [MARKER.match(text, place) for place in places]
    told = [found for found in starts if found and (RECORD.match(text, found.end()) or SAID.match(text, found.end()))]
    return len(told) >= FEWEST and 2 * len(told) >= len(places)


def _code(text: str, language: str) -> Iterator[Block]:
    """
    The parts of a file with a structure, under their paths; else runs of lines that begin at an unindented line after a
    blank one, under the symbol that is defined.
    """
    lines = tuple(_line_starts(text))
    if found := structure.parts(text, language):
        yield from (Block(one.start, one.end, one.heading, lines, WHOLE_CODE, code=True) for one in found)
        return
    name = symbols.section if language in SECTIONED else symbols.symbol
    start, blank, above = 0, False, ""
    for number, begin in enumerate(lines[:-1]):
        line = text[begin : lines[number + 1]]
        if blank and line.strip() and not line[0].isspace() and line[0] not in ")]}":
            heading = name(text[start:begin]) or above
            yield Block(start, begin, heading, lines, WHOLE_CODE, code=True)
            start, above = begin, heading if name is symbols.section else ""  # a section goes on below an empty line
        blank = not line.strip()
    yield Block(start, len(text), name(text[start:]) or above, lines, WHOLE_CODE, code=True)


def _before_symbol(text: str, block: Block, start: int, limit: int) -> int:
    """The last line up to `limit` that defines something, of the outermost ones; 0 if there is none far enough."""
    found: dict[int, int] = {}
    for place in block.cuts or ():
        if start + (limit - start) // 4 < place <= limit:
            line = NEWLINE.split(text[place : block.end], maxsplit=1)[0]
            if symbols.defined(line.lstrip()):
                found[len(line) - len(line.lstrip())] = place
    place = found[min(found)] if found else 0
    while (
        place and (above := text.rfind("\n", 0, place - 1) + 1) > start and text[above:place].lstrip().startswith("@")
    ):
        place = above  # decorators and annotations belong to what follows
    return place


def _enclosing(text: str, block: Block, at: int) -> str:
    """The path of the symbols that a line of code stands in, and the one that it defines: "Server > start"."""
    path: list[tuple[int, str]] = []
    for line in (text[block.start : at] + NEWLINE.split(text[at : block.end], maxsplit=1)[0]).splitlines():
        indent = len(line) - len(line.lstrip())
        if line.strip() and (name := symbols.defined(line.strip())):
            path = [entry for entry in path if entry[0] < indent]
            path.append((indent, name))
    own = at - (max(text.rfind("\n", 0, at), text.rfind("\r", 0, at)) + 1)
    return " > ".join(name for indent, name in path if indent < own or symbols.defined(text[at : block.end]) == name)


def _line_starts(text: str) -> list[int]:
    """Offsets of the first character of every line, and the length of the text as the last."""
    starts = [0, *(match.end() for match in NEWLINE.finditer(text))]
    if starts[-1] != len(text):
        starts.append(len(text))
    return starts


@cache
def _parser() -> Any:
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"maxNesting": 20}).enable("table")
    parser.core.ruler.disable(["inline"])  # blocks are all we need
    return parser


def _markdown(text: str, title: str) -> Iterator[Block]:
    """The blocks of Markdown at the top level, with the path of headings above each (the title left out)."""
    offset = frontmatter.end(text)
    lines = [offset + start for start in _line_starts(text[offset:])]
    tokens = _parser().parse(onpage.parsed(text[offset:]))
    yield from (Block(start, end, FRONT) for start, end in frontmatter.facts(text))
    tables = grids.grids(text, offset)
    path: list[tuple[int, str]] = []
    bare: Block | None = None  # a heading that has nothing under it yet: it is a passage if that stays so

    for index, token in enumerate(tokens):
        if token.level != 0 or token.nesting < 0 or not token.map:
            continue
        first, last = token.map
        start, end = lines[first], lines[min(last, len(lines) - 1)]
        if any(one.start < start < one.end for one in tables) and token.type == "heading_open":
            continue
        if token.type == "heading_open" and end - start <= LONGEST_HEADING:
            level = int(token.tag[1:])
            if bare and path and path[-1][0] >= level:
                yield bare
            path = [entry for entry in path if entry[0] < level]
            name = markup.bare(tokens[index + 1].content)
            path.append((level, "" if name == title else name))
            bare = Block(start, end, _path(path[:-1]))  # under what is above it
        elif _unseen(text[start:end], token.type):
            continue
        elif token.type != "hr":
            bare = None
            slack = WHOLE_CODE if token.type in ("fence", "code_block") else 1
            columns = _columns(text[start : lines[first + 1]]) if token.type == "table_open" else ""
            items = _items(tokens, index, lines)
            cuts = items.get(1) if items else _cuts(token, lines)
            rows = token.type == "table_open" or _recorded(text, items.get(1, ()))
            made = Block(start, end, _path(path), cuts, slack, columns, rows=rows, inner=tuple(items.get(3, ())))
            yield from _apart(text, made, tables)
    if bare:
        yield bare


def _unseen(text: str, kind: str) -> bool:
    """Is it a block of which a page shows nothing: a style, tags alone, an import?"""
    if kind == "html_block" and (UNSEEN.match(text) or PICTURES.search(text)):
        return bool(UNSEEN.match(text))
    return kind in ("html_block", "paragraph_open") and text.lstrip()[:1] in MARKS and not onpage.said(text).strip()


def _apart(text: str, block: Block, tables: Sequence[grids.Grid]) -> Iterator[Block]:
    """A block, and the tables of HTML in it, each a block; what it has of one that began before is left out."""
    at = block.start
    for one in tables:
        if one.end <= at or one.start >= block.end:
            continue
        if at < one.start:
            yield replace(block, start=at, end=one.start)
        if block.start <= one.start:
            rows = tuple(row.start for row in one.rows)
            yield Block(one.start, one.end, block.heading, rows, 1, grids.columns(text, one), rows=True)
        at = one.end
    if at < block.end:
        yield replace(block, start=at)


def _columns(row: str) -> str:
    """The names of a table's columns, from its first row."""
    cells = [markup.bare(cell.replace("\\|", "|")) for cell in re.split(r"(?<!\\)\|", row.strip().strip("|"))]
    return " | ".join(filter(None, cells))[:LONGEST_HEADING]


def _path(path: list[tuple[int, str]]) -> str:
    return " > ".join(name for _, name in path if name)


def _items(tokens: list[Any], index: int, lines: list[int]) -> dict[int, tuple[int, ...]]:
    """Where the items of a list begin, by how deep they stand: 1, those in an item 3; empty for what is no list."""
    if tokens[index].type not in ("bullet_list_open", "ordered_list_open"):
        return {}
    found: dict[int, list[int]] = {}
    for inner in tokens[index + 1 :]:
        if inner.level == 0:
            break
        if inner.type == "list_item_open":
            found.setdefault(inner.level, []).append(lines[inner.map[0]])
    return {level: tuple(places) for level, places in found.items()}


def _cuts(token: Any, lines: list[int]) -> tuple[int, ...] | None:
    """Where a block that is no list may be cut: tables and code between lines, prose (None) at sentence ends."""
    first, last = token.map
    if token.type in ("fence", "code_block", "table_open", "html_block"):
        return tuple(lines[first : last + 1])
    return None
