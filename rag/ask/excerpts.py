"""
Choose what is shown as the answer: contiguous blocks of a passage, at most a few, each verbatim.

    hits --pieces--> paragraphs with what they introduce --scored--> the best, and those about as good --> excerpts

The passage counts first, then the piece of it, a sentence (to highlight) last. How the score is made was learned from
questions whose excerpt is known (docs/asking.md); it knows the meaning of a piece only beside that of the others, so
that it holds for any embedder.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from rag import chunking, frontmatter
from rag.ask import questions
from rag.ask.candidates import Candidate
from rag.ask.words import shares
from rag.blocks import OBJECTS, Block, blocks, groups, introduces, titles
from rag.sentences import open_fence, spans
from rag.types import Citation, Embedder, Hit, Passage

PIECES = 24  # pieces that are compared by meaning
PASSAGES = 6  # of the best passages
READ = 700  # characters of a piece that are embedded
BEFORE, AFTER = 2000, 4000  # characters around a passage in which a piece that its ends cut is read to its end
LONG = {"prose": 300, "list": 900, "table": 1000, "code": 1500}  # a longer block is cut into parts
WEIGHTS = {
    "meaning": 0.9,  # in standard deviations among the pieces
    "words": 0.3,  # the share of the question's words
    "words, not how": 1.6,  # the same, where the question does not ask how something is done
    "passage": 3.6,  # the fused score of the passage, 1 at best
    "document": 3.0,  # and of the best passage of its document
    "object": 2.5,  # it has code, a list or a table
    "object, a fact": 0.8,
    "sentence, not how": 4.0,  # its best sentence (meaning and words), less the best of all
    "number": 1.4,  # it has a number, where the question is after one
    "image": -0.7,
    "title": -6.0,  # it is no more than a line like a heading
    "length": -0.6,  # of log(1 + hundreds of characters)
    "solves": 0.9,
    "fails": -0.3,
    "defines": 2.0,  # it says what the thing is that was asked for
    "opposite": -2.0,  # it tells how to do the opposite of what was asked
}
NEAR = {"how": 1.5, "": 2.3}  # what scores so much less than the best is shown, too: for a fact one looks further
ELSEWHERE = {"how": 0.9, "": 2.0}  # the same, for what stands in another document
FOLLOWS = 4.5  # a paragraph that explains the code before it may score so much less
MOST, CHARACTERS = 3, 1000  # pieces and characters that are shown, but for the first, which is shown whole
READ_MOST, READ_CHARACTERS = 8, 3000  # the same, of what a model reads that writes prose
WIDE = {"fact": 400, "": 700}  # characters up to which excerpts are widened within their paragraphs
WHOLE = 400  # characters of a document with its title that is shown whole: a row of a table
SHORT = 350  # characters of a paragraph that is taken along because it follows
GAP = 100  # characters between two pieces that are shown with them

# Words with which English texts announce what helped, and what did not.
SOLVES = re.compile(
    r"\b(solution|solved|solves?|fix(?:ed|es)?|trick|recipe|worked|works|did work|figured out|here's how|short version"
    r"|turns out|does exactly|to do this|like this|instead|should|you can|can be done|following|use|using|run|set"
    r"|create|switch)\b",
    re.IGNORECASE,
)
FAILS = re.compile(
    r"\b(didn't work|did not work|doesn't work|failed|fails|errors?|problem|tried|outputs?|returns?|result|looks? like"
    r"|got|issue|unfortunately|wrong)\b",
    re.IGNORECASE,
)
OPPOSITES = (  # words of one side, words of the other
    ("on enable enables enabled enabling activate", "off disable disables disabled disabling deactivate"),
    ("add", "remove"), ("install", "uninstall"), ("start", "stop"), ("open", "close"), ("show", "hide"),
    ("lock", "unlock"), ("increase", "decrease"), ("allow", "deny"), ("encrypt", "decrypt"), ("import", "export"),
    ("upgrade", "downgrade"), ("create", "delete"),
)  # fmt: skip
SIDES = [(set(one.split()), set(other.split())) for pair in OPPOSITES for one, other in (pair, pair[::-1])]
ABOVE = ("@", "#", "//", "/*", "*")  # lines that stand above what code defines
WHAT_IS = re.compile(
    r"\s*what(?:'s|’s| is| are| does)\s+(?:an? |the )?(.{2,40}?)(?: mean| stand for)?\s*\??\s*$", re.IGNORECASE
)
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
    least: int  # where the paragraph begins that it was cut from, and where it ends
    most: int

    @property
    def text(self) -> str:
        return self.passage.document.text[self.start : self.end]

    @property
    def origin(self) -> tuple[str, str]:
        return self.passage.document.source, self.passage.document.key

    @property
    def bare(self) -> bool:
        """Is it a title without what it is the title of?"""
        return self.kinds == ("prose",) and titles(self.passage.document.text, Block(self.start, self.end, "prose"))

    @property
    def shows(self) -> bool:
        """Does it hold code, a list or a table?"""
        return any(kind in OBJECTS for kind in self.kinds)


@dataclass(frozen=True, slots=True)
class Weighed:
    """The pieces of the passages with their scores, and how near in meaning the nearest of them is (a cosine)."""

    pieces: list[Piece]
    scores: list[float]
    nearest: float


def chosen(question: str, weighed: Weighed, most: int = MOST) -> list[Citation]:
    """The excerpts that answer a question best, best first, each with what stands around it cut off."""
    wanted = questions.wants(question)
    how = "how" if wanted == "how" else ""
    narrow = wanted in (*questions.FACTS, "thing") and not questions.explains(question)
    return _joined(_taken(weighed, most, CHARACTERS, NEAR[how], ELSEWHERE[how]), WIDE["fact" if narrow else ""])


def offered(weighed: Weighed) -> list[Citation]:
    """The excerpts that a model which writes prose may use: more than are shown, for it sees what answers in them."""
    return _joined(_taken(weighed, READ_MOST, READ_CHARACTERS, math.inf, math.inf), 0, CHARACTERS)


def pieces(hits: Sequence[Hit]) -> list[Piece]:
    """What the hits are made of, in their order; what two passages have in common counts once."""
    found: list[Piece] = []
    seen: set[tuple[str, str, int]] = set()
    for rank, hit in enumerate(hits[:PASSAGES], 1):
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
    if _undivided(passage):
        start, end = passage.start, passage.end
        yield Piece(passage, rank, fused, start, end, ("field",), passage.text, start, end)
        return
    first = _paragraph_start(text, max(0, passage.start - BEFORE), passage.start)
    around = text[first : passage.end + AFTER]
    fenced = kind == "markdown" and open_fence(text[:first])
    found = blocks(around, kind, fenced)
    for group in _defined(around, found) if kind == "code" else groups(around, found):
        while group and group[0].kind == "heading" and len(group) > 1:
            group = group[1:]
        if first + group[-1].end <= passage.start or first + group[0].start >= passage.end:
            continue
        for part in _parts(around, group, kind, passage.start - first, passage.end - first):
            prose = " ".join(around[one.start : one.end] for one in part if one.kind not in OBJECTS)
            kinds = tuple(one.kind for one in part)
            least, most = _paragraph(group, part)
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


def _undivided(passage: Passage) -> bool:
    """Is it a fact of front matter, or a short document with its title?"""
    text, kind = passage.document.text, passage.document.kind
    if kind == "markdown" and passage.heading == chunking.FRONT and passage.end <= frontmatter.end(text):
        return True
    if kind == "code" or passage.end - passage.start > WHOLE or passage.text.strip() != text.strip():
        return False
    found = blocks(passage.text, kind)
    above = [titles(passage.text, block) for block in found]
    sections = sum(before and not this for before, this in itertools.pairwise(above))  # titles with something below
    return all(block.kind == "prose" for block in found) and any(above) and sections <= 1


def _paragraph(group: Sequence[Block], part: Sequence[Block]) -> tuple[int, int]:
    """Where the paragraph stands that a part of a group is cut from; the part itself if it is something else."""
    start, end = part[0].start, part[-1].end
    whole = next((one for one in group if one.start <= start and end <= one.end and one.kind == "prose"), None)
    return (whole.start, whole.end) if whole else (start, end)


def _defined(text: str, runs: Sequence[Block]) -> list[list[Block]]:
    """Runs of lines of code: one that defines something, or names what is defined below, begins a piece of its own."""
    made: list[list[Block]] = []
    for run in runs:
        lines = (line.strip() for line in text[run.start : run.end].splitlines())
        first = next((line for line in lines if not line.startswith(ABOVE)), "")
        if made and not chunking.defined(first):
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


def _parts(text: str, group: list[Block], kind: str, start: int, end: int) -> Iterator[list[Block]]:
    """
    A group in parts none of which is too long: long blocks are cut, paragraphs at sentence ends, others at lines.

    Only what overlaps the passage (from `start` to `end`) is kept of a group that had to be cut.
    """
    whole = group[-1].end - group[0].start
    if whole <= max(LONG.get(block.kind, 0) for block in group) + LONG["prose"]:
        yield group
        return
    run: list[Block] = []
    for block in group:
        for part in _cut(text, block, kind):
            apart = run and part.end - run[0].start > LONG.get(part.kind, 500) and not introduces(text, run[-1])
            if apart:
                if run[-1].end > start and run[0].start < end:
                    yield run
                run = []
            run = [*run, part]
    if run and run[-1].end > start and run[0].start < end:
        yield run


def _cut(text: str, block: Block, kind: str) -> list[Block]:
    """A block, or parts of about the same size that end where a sentence, an item, a row or a run of lines ends."""
    size, longest = block.end - block.start, LONG.get(block.kind, 500)
    if size <= longest + 100:
        return [block]
    inside = text[block.start : block.end]
    if block.kind == "prose" and (units := spans(inside, "text")):  # lines that begin with # are no sentences
        ends = [span.end for span in units]
    elif block.kind == "list":
        ends = [found.start() for found in re.finditer(r"\n(?=(?:[-*+•]|\d{1,3}[.)])[ \t])", inside)] + [size]
    elif block.kind == "code":
        ends = [found.start() for found in re.finditer(r"\n[ \t]*\r?\n(?=\S)", inside)] + [size]
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


def _outputs(found: list[Piece]) -> list[Piece]:
    """What is announced as the output of the code before it belongs to it."""
    made: list[Piece] = []
    for piece in found:
        before = made[-1] if made else None
        if before and before.shows and piece.shows and piece.kinds[0] == "prose" and len(piece.prose) < 45 \
                and piece.prose.rstrip().endswith((":", "：")) and SHOWS.search(piece.prose) \
                and piece.start - before.end < 5 and piece.end - before.start < LONG["code"]:  # fmt: skip
            made[-1] = replace(before, end=piece.end, kinds=before.kinds + piece.kinds)
        else:
            made.append(piece)
    return made


def weighed(question: str, hits: Sequence[Hit], embedder: Embedder | None, found: Sequence[Candidate] = ()) -> Weighed:
    """
    The pieces of the hits and how likely each is what a reader wants to see, on a logarithmic scale.

    `found` are the best sentences of the hits (`candidates`), in any order.
    """
    every = pieces(hits)
    if not every:
        return Weighed([], [], 0.0)
    wanted = questions.wants(question)
    best: dict[tuple[str, str], float] = {}
    for piece in every:
        best[piece.origin] = max(best.get(piece.origin, 0.0), piece.fused)
    words, defines = shares(question, [piece.text for piece in every]), _defining(question)
    weight = WEIGHTS["words" if wanted == "how" else "words, not how"]
    scores = [
        _plain(piece, wanted, wanted in questions.FACTS or defines is not None)
        + WEIGHTS["document"] * best[piece.origin]
        + WEIGHTS["opposite"] * _opposite(question, piece)
        + WEIGHTS["defines"] * bool(defines and defines.search(piece.prose))
        + weight * share
        + (0 if wanted == "how" else WEIGHTS["sentence, not how"] * sentence)
        for piece, share, sentence in zip(every, words, _sentences(every, found), strict=True)
    ]
    near = sorted(range(len(every)), key=lambda i: -scores[i])[:PIECES]
    meanings = [words[i] for i in near]
    if embedder:
        query = embedder.embed([question], kind="query")[0]
        meanings = (embedder.embed([every[i].text[:READ] for i in near]) @ query).tolist()
    for i, meaning in zip(near, _standard(meanings), strict=True):
        scores[i] += WEIGHTS["meaning"] * meaning
    worst = min(scores[i] for i in near)
    scores = [score if i in near else min(score, worst) - 1 for i, score in enumerate(scores)]
    return Weighed(every, scores, max(meanings))


def _sentences(every: Sequence[Piece], found: Sequence[Candidate]) -> list[float]:
    """For each piece how good its best sentence is beside the best of all: 0 at best."""
    places = [(piece.origin, piece.start, piece.end) for piece in every]
    best = [0.0] * len(every)
    for one in found:
        cited = one.citation
        origin = cited.passage.document.source, cited.passage.document.key
        for i, (own, start, end) in enumerate(places):
            if own == origin and start <= cited.start and cited.end <= end:
                best[i] = max(best[i], one.likeness)
    return [value - max(best) for value in best]


def _plain(piece: Piece, wanted: str, fact: bool) -> float:
    """What a piece itself tells: where it was found and what it is made of."""
    readable = piece.prose if "code" in piece.kinds else piece.text
    number = wanted in ("number", "date") and bool(questions.DIGITS.search(readable))
    solving = min(2, len({word.lower() for word in SOLVES.findall(piece.prose)})) / 2
    return (
        WEIGHTS["passage"] * piece.fused
        + WEIGHTS["object, a fact" if fact else "object"] * piece.shows
        + WEIGHTS["number"] * number
        + WEIGHTS["image"] * (piece.kinds[0] == "image")
        + WEIGHTS["title"] * piece.bare
        + WEIGHTS["length"] * math.log(1 + (piece.end - piece.start) / 100)
        + (0 if fact else WEIGHTS["solves"] * solving + WEIGHTS["fails"] * bool(FAILS.search(piece.prose)))
    )


def _defining(question: str) -> re.Pattern[str] | None:
    """What a sentence looks like that says what the thing is, if that is the question."""
    asked = WHAT_IS.match(question)
    if not asked or len(asked[1].split()) > 4:
        return None
    return re.compile(
        rf"\b{re.escape(asked[1])}\b(?: \([^)]*\)|\W)* (?:is|are|was|means|refers to|stands for)\b", re.IGNORECASE
    )


def _opposite(question: str, piece: Piece) -> bool:
    """Does the piece speak of turning off what shall be turned on, and not of turning on?"""
    asked = set(re.findall(r"\w+", question.lower()))
    told = set(re.findall(r"\w+", f"{piece.passage.heading} {piece.prose}".lower()))
    return any(asked & one and not asked & other and told & other and not told & one for one, other in SIDES)


def _standard(values: Sequence[float]) -> list[float]:
    """The values in standard deviations from their mean."""
    mean = sum(values) / len(values)
    spread = math.sqrt(sum((value - mean) ** 2 for value in values) / len(values)) or 1.0
    return [(value - mean) / spread for value in values]


def _taken(weighed: Weighed, most: int, room: int, near: float, elsewhere: float) -> list[Piece]:
    """The best piece, those about as good while there is room, and the paragraphs that explain shown code."""
    every, scores = weighed.pieces, weighed.scores
    order = sorted(range(len(every)), key=lambda i: -scores[i])
    taken: list[int] = []
    for i in order:
        size = every[i].end - every[i].start
        own = every[i].origin == every[order[0]].origin
        if taken and (scores[i] < scores[order[0]] - near or size > room or len(taken) == most):
            break
        if taken and not own and scores[i] < scores[order[0]] - elsewhere:
            continue
        if not any(_same(every[i], every[j]) for j in taken):
            taken.append(i)
            room -= size
    for i in list(taken):
        for j, piece in enumerate(every):
            size = piece.end - piece.start
            after = piece.origin == every[i].origin and 0 <= piece.start - every[i].end < 5
            plain = not piece.shows and piece.kinds[0] == "prose"
            fits = j not in taken and size <= min(SHORT, room)
            if after and plain and every[i].shows and fits and scores[j] > scores[i] - FOLLOWS:
                taken.append(j)
                room -= size
    return [every[i] for i in taken]


def _same(one: Piece, other: Piece) -> bool:
    """Do two pieces say the same?"""
    left, right = (set(re.findall(r"\w+", piece.text.lower())) for piece in (one, other))
    return len(left & right) >= 0.95 * max(1, min(len(left), len(right)))


def _joined(taken: Sequence[Piece], wide: int, longest: float = math.inf) -> list[Citation]:
    """The pieces as citations, those that stand side by side in one; the order is that of their best piece."""
    runs: list[tuple[int, Piece]] = []  # (how good the best of it is, what it is)
    order = {id(piece): number for number, piece in enumerate(taken)}
    for piece in sorted(taken, key=lambda one: (one.origin, one.start)):
        rank, last = runs[-1] if runs else (0, None)
        beside = last and last.origin == piece.origin and piece.start - last.end <= GAP
        if last and beside and piece.end - last.start <= longest:
            better = piece if order[id(piece)] < rank else last
            end, most = max(last.end, piece.end), max(last.most, piece.most)
            joined = replace(better, start=last.start, end=end, least=last.least, most=most)
            runs[-1] = (min(rank, order[id(piece)]), joined)
        else:
            runs.append((order[id(piece)], piece))
    best = [piece for _, piece in sorted(runs, key=lambda run: run[0])]
    return [_citation(piece) for piece in _all_widened(best, wide)]


def _all_widened(best: Sequence[Piece], most: int) -> list[Piece]:
    """The pieces with more of their paragraphs while there is room; what a wider one then holds is shown once."""
    room, made = most - sum(piece.end - piece.start for piece in best), list[Piece]()
    for piece in best:
        wide = _widened(piece, room)
        if any(_overlap(wide, other) and not _holds(wide, other) for other in best if other is not piece):
            wide = piece
        room -= wide.end - wide.start - (piece.end - piece.start)
        made.append(wide)
    held = [any(_holds(other, one) for other in made if other is not one) for one in made]
    return [one for one, inside in zip(made, held, strict=True) if not inside]


def _overlap(one: Piece, other: Piece) -> bool:
    return one.origin == other.origin and one.start < other.end and other.start < one.end


def _holds(one: Piece, other: Piece) -> bool:
    return one.origin == other.origin and one.start <= other.start and other.end <= one.end


def _widened(piece: Piece, room: int) -> Piece:
    """A piece with what stands beside it in its paragraph: all of it if there is room, else first what follows."""
    if piece.most - piece.least - (piece.end - piece.start) <= room:
        return replace(piece, start=piece.least, end=piece.most)
    text = piece.passage.document.text
    ends = [piece.end + one.end for one in spans(text[piece.end : piece.most], "text")]
    end = max((one for one in ends if one - piece.end <= room), default=piece.end)
    return replace(piece, end=end)


def _citation(piece: Piece) -> Citation:
    """A piece as a citation; its passage is widened where it reads on beyond it."""
    passage = piece.passage
    if piece.start < passage.start or piece.end > passage.end:
        start, end = min(passage.start, piece.start), max(passage.end, piece.end)
        passage = replace(passage, start=start, end=end, text=passage.document.text[start:end])
    return Citation(passage, piece.text, piece.start, piece.end)
