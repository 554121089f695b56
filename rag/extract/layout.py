"""
What a document says beside a value: the label of its line, the head of its column, the words before it.

    Rechnungsdatum: 03.02.2025      Total      12,52 EUR      user_id=88412      # Present

Lines are divided into cells by tabs, bars and wide gaps; lines of a table have the cells of its head above them.
Nothing here knows fields or models.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from rag.extract.letters import letters
from rag.extract.lexicon import is_notion, notions
from rag.extract.pairs import beside, paired
from rag.quantities import SPELLED

GAP = re.compile(r"\s*(?:\t|\||│|[ \u3000]{2,}|\s·\s)\s*")
LABEL = re.compile(  # "15:00" is none
    r"([^\W\d_][^:：=\n]{0,38}?)\s?(?:[:：]{1,2}(?=\s|\Z|[^\x00-~]|\*)|(?<!\d):(?=\d))[*_]{0,2}[ \t]*"
)
# Ada King <ada@x.org>
ADDRESSED = re.compile(r"(?<![^\"<>()@])\"?(?P<name>[^\"<>()@]*[^\"<>()@\s])\"?\s*[<(][^<>()\s]+@[^<>()\s]+[>)]")
INNER = re.compile(r"(?<=[.;,])\s+(?=[^\W\d_]{3,20}(?:\s[^\W\d_]{2,20})?\s?[:：]\s)")
EDGE = "|*_ \t"  # of a line of Markdown
BOX = r"\[(?P<box>[ xX✓✔])\]\s+"
MARK = re.compile(rf"(?:[-*+•‣–]\s+(?:{BOX})?|[・●○]\s*|\d{{1,2}}[.)]\s+|#{{1,6}}\s+|{BOX.replace('box', 'bare')})")
CODE = re.compile(r"\(\d{2}\)\s+(?=[^\W\d_])|[a-z]\)\s+(?=[^\W\d_][^:\n]{0,60}:\s)")  # before a label: "(21)", "a)"
UNDERLINED = re.compile(r"[ \t]*\n(?:-{3,}|={3,})[ \t]*(?:\n|\Z)")
BOLD = re.compile(r"\*\*[^*\n]{2,40}\*\*|__[^_\n]{2,40}__")
SENTENCE = re.compile(r"(?<=\w{4})[.!?;]\s|[;。！？()\[\]\n]")
OF = re.compile(r"\s?[(（]([\"“”\'‘’]?[^\W\d_][^()（）\n]{2,30})[)）]")
NUMBERED = re.compile(r"(?<!\S)[^\s\d]*\d\S*")
ENDS = re.compile(r"[.;]\s")
VALUED = re.compile(r"\A\d|#\w|(?<!\d)(?<!\b(?:in|at|en|op)\s)(?<!\b[àa]\s)\d{3}")  # a value; not "in 2000 m"
DIGIT = re.compile(r"\d")
BEFORE, FURTHER, AFTER = 3, 6, 4  # words beside a value
LAST_SUM = re.compile(
    r"(?<=[^\W\d_]{2})\s((?:[€$£]\s?)?-?\d[\d.,' ]*[.,]\d\d(?:\s?(?:[€$£]|EUR|USD|GBP|CHF))?)\s*\Z"
)  # of a line whose cells are apart: an amount behind one blank
TITLED, MOST = 24, 4_000  # characters behind the colon of a title; lines that are looked at
DATELINE = re.compile(
    r"^(?P<place>[A-ZÀ-Þ][\w.'’ -]{2,30}(?:, [A-Z][\w. ]{1,20})?)[,(]\s?"
    r"(?P<date>[^—–()\n.]{4,30}?)\)?\s?(?:[—–]|--|-\s|\.\s(?=[A-ZÀ-Þ\"“„«]))",
    re.MULTILINE,
)
APPOSED = re.compile(
    r",\s(?:the |a |an |our |der |die |unsere? |le |la |l['’]|el )?([^\W\d_][^,.;:!?\n()]{2,50})(?=[,.;!?\n])"
)
COUNTED = re.compile(
    r"[ -](?!(?:and|or|to|of|in|on|at|from|und|oder|bis|von|im|et|ou|de|à|y|o|a|del?"
    r"|en)\b)((?:[^\W\d_][\w'’-]*\s)?[^\W\d_][\w'’-]*)"
)
SENTENCES = re.compile(rf"(?:{SENTENCE.pattern})|(?:(?<=[a-zà-ÿ]{{2}})|(?<=[\d%)€]))[.!?]\s(?=[A-ZÀ-Þ])")
CLAUSES = re.compile(
    rf"(?:{SENTENCES.pattern})|[,–—]\s|\s(?:and|but|of whom|of which|while|when|und|aber|während|et|mais|dont|y"
    rf"|pero|que|e|o)\s"
)
PARTY = re.compile(
    r"\((?:hereinafter |hereafter |(?:im )?(?:nach|F|f)olgenden?d? ?|ci-après |en adelante "
    r"|en lo sucesivo )?(?:called |genannt |dénommée? )?:?\s?[\"“„'«]?(?:the |der |die |le |la |l')?"
    r"(?P<term>[^\W\d_][\w ]{2,24})[\"”“'»]?\)",
    re.IGNORECASE,
)
CLAUSE = re.compile(
    r"\n\s*\n|\(\w{1,2}\)\s|\b(?:between|and|zwischen|und|entre|et)\s*\n|:\s|\),?\s(?:and|und|et|y)\s"
    r"|\Azwischen\s|(?:^|\n)(?:between|zwischen|entre)\s|\),\s",
    re.IGNORECASE,
)
ENTITLED = re.compile(
    r"(?:[A-ZÀ-Þ][a-zà-ÿ]+\s)?(?:Frau|Herrn?|Mr|Mrs|Ms|Dr|Prof|Mme|M|Madame|Monsieur|Sra?|Señora?|Don|Doña)\.?\s"
)
NUMERAL = re.compile(r"\d[\d.,'’ ]*")
OWNER = re.compile(r"\s(?:of|for|at|von|der|des|bei|du|de|del|chez)\s")
OPENS = re.compile(r"[,;]?\s*(?:and|und|et|y|sowie)\s|[,;]\s*")  # before another party
PER = re.compile(r"(?:per|pro|par|je|por|each)\b", re.IGNORECASE)  # "Per portion: 410 kcal" says nothing of portions
# how much each way of saying what a value is is worth
IN_BRACKETS, IN_SECTION, IN_PARAGRAPH, OPENING, IN_LETTER = 0.8, 0.85, 0.75, 0.6, 0.88
IN_COUNT, APPOSITION, IN_CLAUSE, IN_SENTENCE = 0.75, 0.8, 0.56, 0.44
READ, FAR = 40, 1000  # words of a sentence; characters beside a value that are looked at
FURTHER_SENTENCE = re.compile(r"(?<=[^\W\d]{3})[.!?;]\s+(?=[A-ZÀ-Þ0-9])|\n")
SHORTEST = 3  # characters of the head of a column
PARAGRAPH = 50  # characters of a line that a few words before it are the heading of
LONGEST = 500  # characters of a paragraph that a heading may speak of
IN_LABEL, IN_ROW, IN_HEAD, BESIDE, BEHIND, ABOVE = 1.0, 0.9, 0.75, 0.7, 0.55, 0.5
IN_HEADS, SEVERAL = 0.55, 3  # the same of a column of several rows, which says that of each; so many


@dataclass(frozen=True, slots=True)
class Cell:
    """A part of a line, `text[start:end]`; `label` is what stands before its colon, [start, end] without it."""

    start: int
    end: int
    label: str = ""


@dataclass(slots=True)
class Line:
    """`text[start:end]` without the mark of a list before it; `heads` are the cells of its table's head."""

    start: int
    end: int
    cells: list[Cell]
    marked: bool  # whether it is an item of a list
    done: bool | None = None  # of an item with a box, whether it is ticked
    above: str = ""  # the heading or the label that it stands below
    heads: list[str] = field(default_factory=list)


class Layout:
    """A text as lines, cells and labels."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def lines(self) -> list[Line]:
        found: list[Line] = []
        above, heads = "", list[str]()
        for start, end in self._spans():
            if start == end:
                heads = [] if found and re.search(r"\w", self.text[found[-1].start : found[-1].end]) else heads
                above = "" if above.endswith(":") and found and found[-1].above else above
                continue
            line = self._line(start, end)
            if not line.cells:
                continue
            if not heads:
                line.cells = self._valued(line.cells)
            if self.text[start] == "#" or (not found and _is_title(line)):
                line.cells = [Cell(line.start, line.end)]
            said = self.text[line.start : line.end]
            if self._is_heading(start, end, line):
                above, heads = said.strip("#*：: "), []
            elif heads and len(line.cells) == len(heads) and self.text[start] == "|":
                pass  # of a table whose cells are words
            elif self._heads(line, said, found):
                heads = [self.text[cell.start : cell.end] for cell in line.cells]
                continue
            line.above = above
            line.heads = heads if len(heads) >= len(line.cells) > 1 else []
            found.append(line)
        return found

    def _spans(self) -> Iterator[tuple[int, int]]:
        at = 0
        for number, line in enumerate(self.text.split("\n")):
            if number == MOST:
                return
            stripped = line.strip()
            start = at + (line.find(stripped) if stripped else 0)
            yield start, start + len(stripped)
            at += len(line) + 1

    def _is_heading(self, start: int, end: int, line: Line) -> bool:
        whole, said = self.text[start:end], self.text[line.start : line.end]
        marked = whole.startswith("#") or whole.endswith((":", "：", ":**", ":*")) or BOLD.fullmatch(whole) is not None
        marked |= len(line.cells) == 1 and UNDERLINED.match(self.text, end) is not None
        if not marked and len(said.split()) < 4 and (not start or "\n" in self.text[max(0, start - 2) : start]):
            plain = len(line.cells) == 1 and not line.marked and not line.cells[0].label and not DIGIT.search(said)
            opens = self._opens(said, end) or self._stands_out(said, start, end)
            marked = plain and end < len(self.text) and (opens or is_notion(said))
        return marked and len(said) < 60

    def _heads(self, line: Line, said: str, found: list[Line]) -> bool:
        """Whether a line of several words apart is the head of a table, and neither a row of one nor a pair."""
        if len(line.cells) < 2 or DIGIT.search(said) or any(cell.label for cell in line.cells):
            return False
        barred, before = self.text[line.start - 2 : line.start] == "| ", found[-1] if found else None
        follows = before is not None and not self.text[before.end : line.start].strip("| \n-")
        if barred and before and follows and len(before.cells) == len(line.cells):
            return False
        first, second = (self.text[cell.start : cell.end] for cell in line.cells[:2])
        if self._goes_on(line) or (len(line.cells) == 2 and len(second) < SHORTEST):  # "Band | C"
            return False
        alone = barred or not self.text[line.end : line.end + FAR].partition("\n")[2].partition("\n")[0].strip()
        return not (len(line.cells) == 2 and alone and is_notion(first) and not is_notion(second))

    def _goes_on(self, line: Line) -> bool:
        """Whether the next line begins below the second cell: "From   Name  …", "       Address  …"."""
        following = self.text[line.end + 1 : line.end + 1 + FAR].partition("\n")[0]
        column = line.cells[1].start - (self.text.rfind("\n", 0, line.start) + 1)
        return bool(following.strip()) and len(following) - len(following.lstrip(" ")) == column

    def _opens(self, said: str, end: int) -> bool:
        """Whether a few words are the heading of what follows in the next line: an item, or a paragraph."""
        following = self.text[end + 1 : end + 200].partition("\n")[0].strip()
        longer = len(following) > PARAGRAPH and len(said) < PARAGRAPH // 2
        return said[0].isupper() and said[-1] not in ".!?," and (longer or MARK.match(following) is not None)

    def _stands_out(self, said: str, start: int, end: int) -> bool:
        """Whether capitals at the edge are the heading of what stands further in below them, as on a manual's page."""
        at_edge = not start or self.text[start - 1] == "\n"
        return said.isupper() and at_edge and re.match(r"\n[ \t]{2,}\S", self.text[end : end + FAR]) is not None

    def _line(self, start: int, end: int) -> Line:
        mark = MARK.match(self.text, start, end)
        begin = mark.end() if mark else start
        while begin < end and self.text[begin] in EDGE:
            begin += 1
        code = CODE.match(self.text, begin, end) if self.text[start] != "|" else None
        begin = code.end() if code else begin
        while begin < end and self.text[begin] in EDGE:
            begin += 1
        while end > begin and self.text[end - 1] in EDGE:
            end -= 1
        edges = [match.span() for match in GAP.finditer(self.text, begin, end) if begin < match.start()]
        starts, ends = [begin, *(last for _, last in edges)], [*(first for first, _ in edges), end]
        pieces = [(one, other) for one, other in zip(starts, ends, strict=True) if self.text[one:other].strip("|-=+: ")]
        summed = [LAST_SUM.search(self.text, *piece) for piece in pieces]
        if len(pieces) > 1 and not all(summed) and (match := summed[-1]):  # "Hotel, 2 nights 258,00 EUR"
            last = pieces.pop()
            pieces += [(last[0], match.start()), (match.start(1), last[1])]
        pieces = [part for piece in self._joined(pieces) for part in self._labelled(*piece)]
        marked = mark is not None and not mark[0].startswith("#")
        box = (mark["box"] or mark["bare"]) if mark else None
        return Line(begin, end, [self._cell(*piece) for piece in pieces], marked, box != " " if box else None)

    def _joined(self, pieces: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
        """A label with the value that stands apart from it: "Tenant:      Rosa Quinn"; not with one of several."""
        labels = [(match := LABEL.match(self.text, *one)) is not None and match.end() >= one[1] for one in pieces]
        n = 0
        while n < len(pieces):
            alone = labels[n] and n + 1 < len(pieces) and not labels[n + 1] and (n + 2 == len(pieces) or labels[n + 2])
            yield pieces[n] if not alone else (pieces[n][0], pieces[n + 1][1])
            n += 2 if alone else 1

    def _labelled(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """A piece, divided before a further label: "Present: Tom. Absent: Lena"."""
        for match in INNER.finditer(self.text, start, end):
            yield start, match.start() - (self.text[match.start() - 1] in ",;")
            start = match.end()
        yield start, end

    def _valued(self, cells: list[Cell]) -> list[Cell]:
        """The cells of a line in which values stand beside their labels, each value with its label."""
        if len(cells) < 3 or any(cell.label for cell in cells):
            return cells
        said = [self.text[cell.start : cell.end].strip(" *_") for cell in cells]
        places = beside([is_notion(one) and not DIGIT.search(one) and len(one.split()) <= 4 for one in said])
        return [Cell(cells[n].start, cells[n].end, said[of] if of >= 0 else "") for n, of in places]

    def _cell(self, start: int, end: int) -> Cell:
        match = LABEL.match(self.text, start, end)
        if match and match.end() <= end and len(match[1].split()) <= 4:
            begin = match.end()
            while begin < end and self.text[begin] in "| \t":  # the value is the next cell of a table
                begin += 1
            return Cell(begin, end, match[1].strip("*_ "))
        return Cell(start, end)

    @cached_property
    def pairs(self) -> list[Cell]:
        """What is written as key=value, or stands where the lines of a log have it."""
        return [Cell(*part) for part in paired(self.text)]

    @cached_property
    def paragraphs(self) -> list[Cell]:
        """The paragraph right below each heading, if it is short and no list or table."""
        found = []
        for before, line in itertools.pairwise(self.lines):
            if not line.above or (line.above == before.above and not self.titles(before)):
                continue
            if line.marked or line.heads or len(line.cells) > 1 or line.cells[0].label or self.titles(line):
                continue
            end = re.compile(r"\s*\Z|\n[ \t]*(?:\n|[-*•#|])").search(self.text, line.end)
            if end and end.start() - line.start <= LONGEST:
                found.append(Cell(line.start, end.start(), line.above))
        return found

    def titles(self, line: Line) -> bool:
        """Whether a line is the heading itself."""
        return self.text[line.start : line.end].strip("#*_:： ") == line.above

    @cached_property
    def datelines(self) -> list[Cell]:
        """The place and the day before the first words of a report: "VALMERA, 12 Feb 2024 —"."""
        match = DATELINE.search(self.text)
        if match is None or not re.search(r"\d", match["date"]):
            return []
        return [Cell(*match.span("place"), "place"), Cell(*match.span("date"), "issued date")]

    @cached_property
    def letters(self) -> list[Cell]:
        """Whom a letter greets, who signs it, and the day that stands on a line by itself."""
        return [Cell(*part) for part in letters(self.text)]

    @cached_property
    def parties(self) -> list[Cell]:
        """Who is called how: "Harriet Lindqvist of 9 Quay Road (the "Landlord")"; a cell is all of the clause."""
        found = []
        last = 0
        for match in PARTY.finditer(self.text):
            if not is_notion(match["term"]):
                continue
            if opens := OPENS.match(self.text, last, match.start()):
                last = opens.end()
            starts = [clause.end() for clause in CLAUSE.finditer(self.text, last, match.start())]
            found.append(Cell(max([last, *starts]), match.start(), match["term"]))
            last = match.end()
        return found

    @cached_property
    def titled(self) -> list[Cell]:
        """What its title says, or its subject: in its head, or the first heading."""
        cells = [cell for line in self.lines for cell in line.cells if cell.label.casefold() in ("title", "subject")]
        first = [line.cells[0] for line in self.lines[:1] if line.cells[0].start < line.cells[0].end]
        return cells[:1] or first

    @cached_property
    def is_bill(self) -> bool:
        """Whether it is an invoice or a receipt, by its words: then whoever wrote it stands first."""
        return bool(notions(self.text) & {"invoice", "receipt", "total", "tax"})

    @cached_property
    def is_cv(self) -> bool:
        """Whether it is a curriculum vitae: then it begins with a name."""
        return len(notions(self.text) & {"experience", "education", "skills", "languages"}) > 1

    def labels(self, start: int, end: int) -> list[tuple[str, float, bool]]:
        """
        What the text says that its part [start, end) is, how surely, and whether loosely: by words of a sentence.
        """
        for pair in self.pairs:
            if pair.start <= start and end <= pair.end:
                return [(pair.label, IN_LABEL, False)]
        begun = [cell for cell in self.letters if self._begins(cell, start) and end == cell.end]
        signed = [(cell.label, IN_LETTER, False) for cell in begun]
        for below in self.paragraphs:
            if (below.start, below.end) == (start, end):
                return [*signed, (below.label, IN_SECTION, False)]
        found: list[tuple[str, float, bool]] = [
            (below.label, IN_PARAGRAPH, False)
            for below in self.paragraphs
            if below.start <= start and end <= below.end and below.end - below.start <= PARAGRAPH
        ]
        found += [
            (cell.label, IN_LABEL if end == cell.end or not DIGIT.search(self.text[start:end]) else IN_BRACKETS, False)
            for cell in (*self.datelines, *self.parties)
            if self._begins(cell, start) and (end == cell.end or cell in self.parties)
        ]
        found += signed
        line = self.line_at(start)
        if line is None:
            return found
        number = next(
            (n for n, cell in enumerate(line.cells) if cell.start <= start < max(cell.end, cell.start + 1)), 0
        )
        cell, first = line.cells[number], line.cells[0]
        if cell.label and not PER.match(cell.label):
            said = self.text[cell.start : cell.end].strip(" .")
            whole = (
                said == self.text[start:end]
                or (
                    start == cell.start
                    and end >= cell.end
                    and FURTHER_SENTENCE.search(self.text, start, end) is not None
                )
                or (start == cell.start and ENDS.match(self.text, end) is not None)
            )
            found.append((cell.label, IN_LABEL if whole else IN_LABEL - 0.1, False))
        if (
            number
            and not cell.label
            and "·" not in self.text[first.end : cell.start]
            and not (first.label and first.start < first.end)
            and (first.label or not VALUED.search(self.text[first.start : first.end]))
        ):
            found.append((first.label or self.text[first.start : first.end], IN_ROW, False))
        if said_of := OF.match(self.text, end):  # Marcus Bell ("Landlord")
            found.append((said_of[1], IN_BRACKETS, False))
        if line.heads and number < len(line.heads):
            alone = sum(other.heads is line.heads for other in self.lines) < SEVERAL
            found.append((line.heads[number - len(line.cells)], IN_HEAD if alone else IN_HEADS, False))
        if before := self._beside(max(line.start, cell.start), start):
            found.append((" ".join(before[-BEFORE:]), BESIDE, False))
            found.append((" ".join(before[-FURTHER:]), BESIDE, True))
        ahead = self.text[max(line.start, cell.start, start - FAR) : start].rpartition(", ")[2]
        opening = NUMBERED.sub(" ", ahead).split()
        if 0 < len(opening) <= BEFORE + 1 and opening != before:  # "Rechnung 2025/088 vom"
            found.append((" ".join(opening), OPENING, True))
        if self.text[start].isupper() and (apposed := APPOSED.match(self.text, end)):  # "Dana Whitcombe, the treasurer"
            found.append((OWNER.split(apposed[1])[0], APPOSITION, True))
        numeral = NUMERAL.fullmatch(self.text, start, end) or self.text[start:end].lower() in SPELLED
        if numeral and (counted := COUNTED.match(self.text, end)):  # "220 employees"
            found.append((counted[1], IN_COUNT, True))
        for weight, mark in ((IN_CLAUSE, CLAUSES), (IN_SENTENCE, SENTENCES)):
            if said := self._spoken(max(line.start, cell.start), start, end, max(cell.end, end), mark):
                found.append((said, weight, True))
        if after := self._after(end, cell.end)[:AFTER]:
            found.append((" ".join(after), BEHIND, True))
        if line.above and self.text[line.start : line.end] != line.above:
            found.append((line.above, ABOVE, False))
        return found

    def _begins(self, cell: Cell, start: int) -> bool:
        """Whether a part of the text begins a cell, or stands behind a title that does: "Frau Renate Ackermann"."""
        return cell.start == start or (cell.start < start and bool(ENTITLED.fullmatch(self.text, cell.start, start)))

    def is_label(self, start: int, end: int) -> bool:
        """Whether a part of the text stands in what says what another is."""
        line = self.line_at(start)
        for cell in line.cells if line else ():
            if cell.label and cell.start - len(cell.label) - 4 <= start and end < cell.start:
                return True
        return any(pair.start - len(pair.label) - 2 <= start and end < pair.start for pair in self.pairs)

    def line_at(self, place: int) -> Line | None:
        """The line of a place in the text."""
        low, high = 0, len(self.lines)
        while low < high:
            middle = (low + high) // 2
            if self.lines[middle].end < place:
                low = middle + 1
            else:
                high = middle
        found = self.lines[low] if low < len(self.lines) else None
        return found if found is not None and found.start <= place else None

    def _beside(self, start: int, end: int) -> list[str]:
        """The words before a value, in its sentence and after the last number."""
        said = re.split(SENTENCE, self.text[max(start, end - FAR) : end])[-1]
        parts = re.split(r"\d[\d.,:/-]*(?:\s?[^\W\d_]{1,3}(?!\w))?", said)  # with its unit
        return (parts[-1].rpartition(", ")[2] if len(parts) > 1 else said).split()

    def _spoken(self, first: int, start: int, end: int, last: int, mark: re.Pattern[str]) -> str:
        """What else a clause or a sentence says, of so many words as one can be read with."""
        before = mark.split(self.text[max(first, start - FAR) : start])[-1]
        said = f"{before} {mark.split(self.text[end : min(last, end + FAR)])[0]}"
        return said if len(said.split()) <= READ else ""

    def _after(self, start: int, end: int) -> list[str]:
        said = re.split(SENTENCE, self.text[start : min(end, start + FAR)])[0]
        return re.split(r"[\d,:]", said)[0].split()


def _is_title(line: Line) -> bool:
    """Whether the first line of a text is a title with a colon in it: "Sleep and seeds: how torpor changes both"."""
    cell = line.cells[0]
    plain = len(line.cells) == 1 and len(cell.label.split()) > 1
    return plain and not line.marked and cell.end - cell.start > TITLED and not notions(cell.label)
