"""
Cut passages into pieces: blocks of a document that are read together, of which excerpts are made.

A piece is a paragraph with what it introduces, a part of a longer one, or what code defines, whole where the ends of a
passage cut it. Nothing here scores or chooses (`excerpts`).
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from rag import chunking, dates, frontmatter, grids, letters, onpage, structure, symbols
from rag.ask import terms, told_in_order
from rag.blocks import OBJECTS, TABLE_RULE, Block, announces, blocks, groups, introduces, titles
from rag.sentences import RECORD, open_fence, spans
from rag.types import Hit, Passage

PASSAGES = 6  # of the best passages
BESIDE = {
    "thread",
    "edition",
    "reference",
    "owner",
}  # what was found beside them (`rag.index`): replies, other editions …
BEFORE, AFTER = 2000, 4000  # characters around a passage in which a piece that its ends cut is read to its end
LONG = {"prose": 300, "list": 900, "table": 1000, "code": 1500}  # a longer block is cut into parts
CLAUSE = 120  # characters of an item, on an average, that make a numbered list a text of clauses
NUMBER = re.compile(r"[ \t]*(?:\d{1,3}|[a-zA-Z])[.)][ \t]")
WHOLE = 400  # characters of a document with its title that is shown whole: a row of a table
ABOVE = re.compile(  # what stands above that which code defines: comments, attributes, descriptions
    r'(?:[ \t]*(?:(?:@|#|//|/\*|\*|--)[^\n]*|"""(?:[^"]|"(?!""))*"""|"[^"\n]*")[ \t]*\n)*'
)
ITEMS = re.compile(  # before an item, a line of a log
    r"\n(?=([ \t]*)(?:(?:[-*+•]|\d{1,3}[.)]|[a-zA-Z][)])[ \t]|\[?\d{1,4}[-./]\d))"
)
COMMENT = re.compile(
    r'"""(?:[^"]|"(?!""))*"""|(?:(?<=^)|(?<=[ \t]))(?:#|//|--|/\*|\*(?=[ \t]))[^\n]*|^[ \t]*"[^"\n]*"[ \t]*$',
    re.MULTILINE,
)
MARKED = re.compile(  # how a numbered line begins: "5.2 The tenant", "91/21 ALLOTMENTS", "§ 3 Rent", "(4) Whoever"
    r"^[ \t]*(?:§{1,2} ?|art(?:icle|\.)? )?\(?((?:\d{1,4}\.)*)(\d{1,4})(/\d{2,4})?[.):]?\)?[ \t]+(?=[^\W\d]|[\"“„«*(])",
    re.IGNORECASE | re.MULTILINE,
)
TURN = re.compile(r"[^\W\d_][^:\n]{0,40}: .{0,600}\?[^?\n]{0,60}", re.DOTALL)  # a speaker asks
LINKS = re.compile(r"\W*(?:\[[^\[\]\n]{1,80}\](?:\([^()\n]*\)|\])\W*)+")
LOCAL = re.compile(  # a link to a place of the same collection
    r"\[[^\[\]\n]{1,200}\]\((?![a-z][a-z0-9+.-]+:)[^()\n]{0,400}(?:\([^()\n]{0,400}\)[^()\n]{0,400})?\)"
)
ROW_TEXT = re.compile(r"[^|\s][^|]*")  # a cell that is not empty
SHOWS = re.compile(r"output|result|return|produc|print|show|look|g[eo]t|display", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Piece:
    """Blocks of a document that are read together; `rank` and `fused` are those of the hit it was found in."""

    passage: Passage
    rank: int
    fused: float
    start: int
    end: int
    kinds: tuple[str, ...]  # of its blocks; "field" for a fact of front matter or a row
    prose: str  # the text of its paragraphs
    least: int  # where the paragraph or list of steps begins that it was cut from, and where it ends
    most: int

    @property
    def text(self) -> str:
        return self.passage.document.text[self.start : self.end]

    @property
    def said(self) -> str:
        """Its text as a page shows it."""
        return onpage.said(self.text) if self.passage.document.kind == "markdown" else self.text

    @property
    def placed(self) -> str:
        """It, under the title and headings that it stands under and who wrote it."""
        document = self.passage.document
        return f"{document.title}\n{document.author}\n{self.passage.heading}\n{self.said}"

    @property
    def origin(self) -> tuple[str, str]:
        return self.passage.document.source, self.passage.document.key

    @property
    def bare(self) -> bool:
        """Is it a title, lead-in, link or head of a table without what it is that of, or how a letter ends?"""
        if self.kinds == ("table",):
            if grids.has(self.text):
                return grids.headed(self.text)
            rows = [ROW_TEXT.findall(line) for line in self.text.splitlines() if not TABLE_RULE.fullmatch(line)]
            return all(len(cells) < 2 for cells in rows[1:])
        if set(self.kinds) <= {"list", "prose"} and _leads_on(self.text):
            return True
        block = Block(self.start, self.end, "prose")
        return self.kinds == ("prose",) and (
            titles(self.passage.document.text, block)
            or announces(self.text)
            or letters.closes(self.text)
            or letters.greets(self.text)
            or bool(LINKS.fullmatch(self.text))
        )

    @property
    def term(self) -> bool:
        """Is it one term of a list, with what is said of it?"""
        return self.kinds == ("list",) and terms.begins(self.text) and not item_ends(self.text)

    @property
    def under(self) -> str:
        """The heading that it stands under, the last of its path."""
        return self.passage.heading.rpartition(" > ")[2]

    @property
    def date(self) -> str:
        """The day that its heading tells, or else that of its document; ISO 8601, or empty."""
        told = [when.iso for when in dates.dates(self.under) if not when.doubt]
        return told[0] if told else self.passage.document.date[:10]

    @property
    def shows(self) -> bool:
        """Does it hold code, a list or a table?"""
        text = self.passage.document.text[self.start : self.end]
        return any(kind in OBJECTS for kind in self.kinds) and not (self.kinds[-1] == "list" and of_clauses(text))


def pieces(hits: Sequence[Hit]) -> list[Piece]:
    """What the hits are made of, in their order; what two passages have in common counts once."""
    found: list[Piece] = []
    seen: set[tuple[str, str, int]] = set()
    beside = [hit for hit in hits[PASSAGES:] if hit.via.keys() & BESIDE]
    for rank, hit in enumerate([*hits[:PASSAGES], *beside], 1):
        document = hit.passage.document
        for piece in _outputs(list(_pieces(hit.passage, rank, hit.score))):
            place = (document.source, document.key, piece.start)
            if place not in seen:
                seen.add(place)
                found.append(piece)
    return found


def _pieces(passage: Passage, rank: int, fused: float) -> Iterator[Piece]:
    """The pieces that overlap a passage; one that its ends cut is read on in the document."""
    text, kind = passage.document.text, passage.document.kind
    if _is_summary(passage):
        return
    if _undivided(passage):
        start, end = passage.start, passage.end
        yield Piece(passage, rank, fused, start, end, ("field",), passage.text, start, end)
        return
    if kind == "code" and (found := structure.parts(text, str(passage.document.meta.get("language", "")))):
        yield from _structured(passage, rank, fused, found)
        return
    front = frontmatter.end(text) if kind == "markdown" else 0
    first = _paragraph_start(text, max(0, passage.start - BEFORE), passage.start)
    first = max(first, front) if passage.start >= front else first
    around = text[first : _paragraph_end(text, passage.end + AFTER)]
    fenced = kind == "markdown" and open_fence(text[:first])
    runs = blocks(around, kind, fenced)
    for group in _defined(around, runs) if kind == "code" else _read(around, runs):
        while group and group[0].kind == "heading" and len(group) > 1:
            group = group[1:]
        if first + group[-1].end <= passage.start or first + group[0].start >= passage.end:
            continue
        for part in _parts(around, group, kind, passage.start - first, passage.end - first):
            prose = " ".join(around[one.start : one.end] for one in part if one.kind not in OBJECTS)
            if kind == "code":
                prose = _said("\n".join(around[one.start : one.end] for one in part))
            kinds = tuple(one.kind for one in part)
            least, most = _whole(around, group, part)
            yield Piece(
                passage,
                rank,
                fused,
                first + part[0].start,
                first + part[-1].end,
                kinds,
                prose,
                first + least,
                first + most,
            )


def _read(text: str, runs: list[Block]) -> list[list[Block]]:
    """The blocks of a text in groups that are read together."""
    return told_in_order.together(text, _answered(text, groups(text, runs)))


def _said(code: str) -> str:
    """What code says in words: its comments and descriptions."""
    return " ".join(found[0] for found in COMMENT.finditer(code))


def _structured(passage: Passage, rank: int, fused: float, found: Sequence[structure.Part]) -> Iterator[Piece]:
    """The parts of settings and queries that overlap a passage, each under its own path."""
    text = passage.document.text
    for one in found:
        if one.end <= passage.start or one.start >= passage.end:
            continue
        inside = text[one.start : one.end]
        start = one.start + len(inside) - len(inside.lstrip("\r\n"))
        end = one.start + len(inside.rstrip())
        block = Block(start, end, "code")
        for part in _cut(text, block, "code") if start < end else []:
            prose = text[part.start : part.end]  # its values are what it says
            yield Piece(passage, rank, fused, part.start, part.end, ("code",), prose, part.start, part.end)


def _answered(text: str, found: list[list[Block]]) -> list[list[Block]]:
    """The groups; a question, alone or at the end of what somebody said, and what is said below it are one."""
    made: list[list[Block]] = []
    for group in found:
        last = made[-1][-1] if made else None
        said = text[last.start : last.end] if last and last.kind == "prose" else ""
        asked = bool(said) and (announces(said) or TURN.fullmatch(said) is not None)
        if asked and group[0].kind != "heading":
            made[-1] += group
        else:
            made.append(group)
    return made


def _is_summary(passage: Passage) -> bool:
    """Is it the summary in the front matter of a document that says more? It leads there, and answers nothing."""
    text, end = passage.document.text, frontmatter.end(passage.document.text)
    front = passage.heading == chunking.FRONT and passage.end <= end
    return front and frontmatter.summarises(passage.text) and len(text[end:].strip()) > len(passage.text)


def _undivided(passage: Passage) -> bool:
    """Is it a fact of front matter, or a short document with its title?"""
    text, kind = passage.document.text, passage.document.kind
    if kind == "markdown" and passage.heading == chunking.FRONT and passage.end <= frontmatter.end(text):
        return True
    if kind == "code" or passage.end - passage.start > WHOLE or passage.text.strip() != text.strip():
        return False
    found = blocks(passage.text, kind)
    above = [block.kind == "heading" or titles(passage.text, block) for block in found]
    sections = sum(before and not this for before, this in itertools.pairwise(above))  # titles with something below
    return all(block.kind in ("prose", "heading") for block in found) and any(above) and sections <= 1


def _whole(text: str, group: Sequence[Block], part: Sequence[Block]) -> tuple[int, int]:
    """Where that stands which a part of a group is cut from: a paragraph, or steps with what announces them."""
    start, end = part[0].start, part[-1].end
    for one in group:
        if one.kind == "list" and one.start < end and start < one.end and NUMBER.match(text, one.start):
            return min(start, group[0].start), max(end, one.end)
        if one.kind == "prose" and one.start <= start and end <= one.end:
            return one.start, one.end
    return start, end


def _defined(text: str, runs: Sequence[Block]) -> list[list[Block]]:
    """Runs of lines of code: one that defines something, or names what is defined below, begins a piece of its own."""
    made: list[list[Block]] = []
    for run in runs:
        inside = text[run.start : run.end]
        first = inside[ABOVE.match(inside).end() :].partition("\n")[0].strip()  # type: ignore[union-attr]
        if made and not (symbols.defined(first) or symbols.SECTION.match(first)):
            made[-1].append(run)
        else:
            made.append([run])
    return made


def _paragraph_start(text: str, least: int, at: int) -> int:
    """Where a paragraph begins, at `least` or a little later."""
    if least == 0:
        return 0
    found = re.compile(r"\n[ \t]*\r?\n").search(text, least, at)
    return found.end() if found else at


def _paragraph_end(text: str, at: int) -> int:
    """Where a paragraph ends, at `at` or a little later; else a line."""
    found = re.compile(r"\r?\n[ \t]*\r?\n").search(text, at, at + AFTER)
    line = text.find("\n", at, at + AFTER)
    return found.start() if found else line if line > 0 else at


def _parts(text: str, group: list[Block], kind: str, start: int, end: int) -> Iterator[list[Block]]:
    """
    A group in parts none of which is too long: long blocks are cut, paragraphs at sentence ends, others at lines.

    Only what overlaps the passage (from `start` to `end`) is kept of a group that had to be cut.
    """
    whole = group[-1].end - group[0].start
    most = max(_longest(text, block, 0) for block in group) + LONG["prose"]
    listed = [terms.cut(text, one, item_ends(text[one.start : one.end])) if one.kind == "list" else [] for one in group]
    if not any(listed) and (whole <= most or told_in_order.ordered(text, group)):
        yield group
        return
    run: list[Block] = []
    for block, told in zip(group, listed, strict=True):
        for part in told or _cut(text, block, kind):
            long = bool(run) and part.end - run[0].start > _longest(text, block, 500)
            if run and (told or (long and not _leads(text, run[-1]))):
                if run[-1].end > start and run[0].start < end:
                    yield run
                run = []
            run = [*run, part]
    if run and run[-1].end > start and run[0].start < end:
        yield run


def _longest(text: str, block: Block, otherwise: int) -> int:
    """How many characters of a block are read together."""
    if block.kind == "list" and of_clauses(text[block.start : block.end]):
        return LONG["prose"]
    return LONG.get(block.kind, otherwise)


def of_clauses(text: str) -> bool:
    """Is a list a numbered text, whose items are paragraphs that say something each, and no steps of one thing?"""
    items = [len(" ".join(item.split())) for item in re.split(r"\n(?=[ \t]*(?:\d{1,3}|[a-zA-Z])[.)][ \t])", text)]
    return NUMBER.match(text) is not None and len(items) > 1 and sum(items) > CLAUSE * len(items)


def _leads_on(text: str) -> bool:
    """Is it a table of contents: links to places of the same collection, with nothing said of them?"""
    rest, links = LOCAL.subn("", text)
    return links > 1 and not re.search(r"[^\W\d_]{3}", rest)


def _leads(text: str, block: Block) -> bool:
    """Does the block say nothing without what comes next?"""
    return introduces(text, block) or (block.kind == "prose" and announces(text[block.start : block.end]))


def _cut(text: str, block: Block, kind: str) -> list[Block]:
    """A block, or parts of about the same size that end where a sentence, an item, a row or a run of lines ends."""
    size, longest = block.end - block.start, _longest(text, block, 500)
    if size <= longest + 100:
        return [block]
    inside = text[block.start : block.end]
    if block.kind == "prose" and len(marks := numbered(inside)) > 2:
        ends = [*marks[1:], size]
    elif block.kind == "prose" and (units := spans(inside, "text")):  # lines that begin with # are no sentences
        ends = [span.end for span in units]
    elif block.kind == "list":
        ends = [*item_ends(inside), size]
    elif block.kind == "code":
        ends = [found.start() for found in re.finditer(r"\n[ \t]*\r?\n(?=\S)", inside)] + [size]
        if max(b - a for a, b in itertools.pairwise([0, *ends])) > longest:  # a table of many columns
            ends = [found.start() for found in re.finditer(r"\n", inside)] + [size]
    elif block.kind == "table" and (tables := grids.grids(inside)):
        ends = [*(row.end for one in tables for row in one.rows[:-1]), size]
    else:
        ends = [found.start() for found in re.finditer(r"\n", inside)] + [size]
    share = size / math.ceil(size / longest)
    cuts, at = [], 0
    for this, following in zip(ends, [*ends[1:], size], strict=True):
        if this - at >= share or (following - at > longest and this > at) or this == ends[-1]:
            cuts.append((at, this))
            at = this
    made = []
    for first, last in cuts:
        body = inside[first:last]
        left = len(body) - (len(body.lstrip()) if block.kind == "prose" else len(body.lstrip("\r\n")))
        if body.strip():
            made.append(Block(block.start + first + left, block.start + first + len(body.rstrip()), block.kind))
    return made or [block]


def item_ends(text: str) -> list[int]:
    """Where the items of a list end, but for the last; those within an item that is too long, too."""
    lines = re.compile(r"\n([ \t]*)").finditer(text)
    found = [
        (one.start(), len(one[1].expandtabs()))
        for one in lines
        if ITEMS.match(text, one.start()) or RECORD.match(text, one.start() + 1)
    ]
    first = re.match(r"[ \t]*", text)
    depth = min([len(first[0].expandtabs()) if first else 0, *(indent for _, indent in found)])
    ends = [at for at, indent in found if indent <= depth + 1]
    for start, end in itertools.pairwise([0, *ends, len(text)]):
        if end - start > LONG["list"]:
            ends += [at for at, _ in found if start < at < end]
    return sorted(ends)


def numbered(text: str) -> list[int]:
    """Where the lines begin that are numbered one after the other: 5.1, 5.2, 5.3, or 88/21, 89/21; at least two."""
    found = list(MARKED.finditer(text))
    made = [found[0].start()] if found else []
    for before, one in itertools.pairwise(found):
        if (one[1], one[3], int(one[2])) == (before[1], before[3], int(before[2]) + 1):
            made.append(one.start())
    return made if len(made) > 1 else []


def _outputs(found: list[Piece]) -> list[Piece]:
    """What is announced as the output of the code before it belongs to it."""
    made: list[Piece] = []
    for piece in found:
        before = made[-1] if made else None
        if before and before.shows and piece.shows and piece.kinds[0] == "prose" and len(piece.prose) < 45 \
                and piece.prose.rstrip().endswith((":", "：")) and SHOWS.search(piece.prose) \
                and piece.start - before.end < 5 and piece.end - before.start < LONG["code"]:  # fmt: skip
            most = max(before.most, piece.most)
            made[-1] = replace(before, end=piece.end, kinds=before.kinds + piece.kinds, most=most)
        else:
            made.append(piece)
    return made
