"""
Choose what is shown as the answer: contiguous blocks of a passage, at most a few, each verbatim.

    hits --pieces--> paragraphs with what they introduce --scored--> the best, and those about as good --> excerpts

The passage counts first, then the piece of it, a sentence (to highlight) last. How the score is made was learned from
questions whose excerpt is known (docs/asking.md); it knows the meaning of a piece only beside that of the others, so
that it holds for any embedder.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag import languages, subjects
from rag.ask import (
    codes,
    editions,
    expected,
    headings,
    leads,
    links,
    options,
    questions,
    records,
    sections,
    threads,
    units,
    versions,
)
from rag.ask.candidates import Candidate, asked_vector
from rag.ask.joined import completed, joined
from rag.ask.pieces import Piece, pieces
from rag.ask.words import evidence, shares
from rag.sentences import spans
from rag.types import Citation, Embedder, Hit

PIECES = 24  # pieces that are compared by meaning
READ = 700  # characters of a piece that are embedded
WEIGHTS = {
    "meaning": 0.9,  # in standard deviations among the pieces
    "meaning, unread": 0.3,  # in a language that the embedder was not made for
    "words": 0.3,  # the share of the question's words
    "words, not how": 1.6,  # the same, where the question does not ask how something is done
    "words, unread": 3.0,
    "passage": 3.6,  # the fused score of the passage, 1 at best
    "document": 3.0,  # and of the best passage of its document
    "object": 2.5,  # it has code, a list or a table
    "object, a fact": 0.8,
    "sentence, not how": 4.0,  # its best sentence (meaning and words), less the best of all
    "number": 1.4,  # it has a number, where the question is after one
    "image": -0.7,
    "title": -6.0,  # it is no more than a line like a heading
    "pointer": -2.0,  # it says where to read it
    "length": -0.6,  # of log(1 + hundreds of characters)
    "solves": 0.9,
    "fails": -0.3,
    "headed": 4.0,  # the question says the heading that it stands under, and that all that is asked
    "opposite": -2.0,  # it tells how to do the opposite of what was asked
    "record": 3.0,  # it has a row, a dated line or a message with the question's words
    "another": -3.0,  # another stands under the version or number that the question names
    "numbered": 8.0,  # it begins with the number of the clause that the question asks for, or stands under it
    "option": 5.0,  # it is the item of a list that says what an option does which the question names
    "speaks": 1.5,  # as that does which answers such a question: "by default", "instead", "if"
    "synopsis": -4.0,  # it tells how a command is typed, not what that does
    "apart": -4.0,  # it stands under References or Contents: what a text is made of, not what it says
    "version": 1.5,  # it has the versions, years and numbers of the question, or stands under them
}
NEAR = {"how": 1.5, "": 2.3}  # what scores so much less than the best is shown, too: for a fact one looks further
ELSEWHERE = {"how": 0.9, "": 2.0}  # the same, for what stands in another document
BOTH = 4.0  # the same, where the question compares: the other side may be told by a document of its own
UNIT = 4.5  # what has the unit that is asked for may score so much less, where nothing taken has it
FOLLOWS = 4.5  # a paragraph that explains the code before it may score so much less
MOST, CHARACTERS = 3, 1000  # pieces and characters that are shown, but for the first, which is shown whole
TIE, MORE = 0.75, 800  # what scores so little less than the best, so that either may answer, may have more characters
READ_MOST, READ_CHARACTERS = 8, 3000  # the same, of what a model reads that writes prose
WIDE = 700  # characters up to which excerpts are widened within their paragraphs, unless a fact is asked for
SHORT = 350  # characters of a paragraph that is taken along because it follows

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
OPPOSITES = (  # words of one side, words of the other; besides those with "un" or "dis" before them
    ("on enable activate", "off disable deactivate"),
    ("add", "remove"), ("start", "stop"), ("open", "close"), ("show", "hide"), ("increase", "decrease"),
    ("allow", "deny"), ("encrypt", "decrypt"), ("import", "export"), ("upgrade", "downgrade"), ("create", "delete"),
    ("restore recover", "delete destroy erase"),
    ("login signin", "logout signout logoff"), ("push", "pull"), ("join", "leave"), ("include", "exclude"),
    ("encode", "decode"), ("attach", "detach"), ("accept", "reject"),
)  # fmt: skip
ENDING = re.compile(r"(?:ing|ed|es|s|e)$")
SIDES = [
    ({ENDING.sub("", word) for word in one.split()}, {ENDING.sub("", word) for word in other.split()})
    for pair in OPPOSITES
    for one, other in (pair, pair[::-1])
]
UN = ("un", "dis")
IN_OR_OUT = re.compile(r"\b(log|sign)(?:ging|ged|ing|ed|s)?[ -](in|on|out|off)\b")  # one word, whatever its form
ASKS = ("?", "？")  # how a heading ends that is a question: what stands under it is the answer

POINTS = re.compile(  # a sentence that says where to read, and no more
    r"\b(?:see|follow|refer to|read|consult|check(?: out)?|visit|look at|details|more (?:about|on|information)|siehe"
    r"|vgl|lies|lesen|folge|voir|consulte[rz]?|lisez|suivez|v[eé]ase|ver|consulta|lee|sigue|vedi|leggi|segui|veja|zie|lees"
    r"|volg)\b[^\n]*\]\(",
    re.IGNORECASE,
)
POINTER = 250  # characters of one, at most, with its link
APART = re.compile(
    r"\W*(?:\d+\.?\s)?(?:references|bibliography|works cited|further reading|literature|(?:table of )?contents|index"
    r"|see also|siehe auch|voir aussi|véase también|vedi anche|zie ook"
    r"|literatur(?:verzeichnis)?|inhalt(?:sverzeichnis)?|quellen(?:verzeichnis)?|références|bibliographie|sommaire"
    r"|table des matières|referencias|bibliografía|índice|contenidos?|bibliografia|indice|riferimenti)\W*",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Weighed:
    """
    Pieces with their scores, how near in meaning the nearest is (a cosine), and the largest share of the question's
    words that one has, with what it stands under; if the embedder was not made for the language (`unread`), the best's
    `evidence`;
    `told` is whether one says what a code of the question means, None if that is not asked; `record` the share of its
    words that one of the best has.
    """

    pieces: list[Piece]
    scores: list[float]
    nearest: float
    covered: float
    told: bool | None = None
    record: float = 0.0
    unread: bool = False


def chosen(question: str, weighed: Weighed, most: int = MOST) -> list[Citation]:
    """The excerpts that answer a question best, best first, each with what stands around it cut off."""
    wanted = questions.wants(question)
    how = "how" if wanted == "how" else ""
    narrow = wanted in (*questions.FACTS, "thing") and not questions.explains(question)
    near, elsewhere, room = NEAR[how], ELSEWHERE[how], CHARACTERS
    if questions.compares(question):
        near, elsewhere, room = max(near, BOTH), BOTH, 2 * CHARACTERS
    taken = _taken(weighed, most, room, near, elsewhere, MORE)
    taken += _measured(question, wanted, weighed, taken)
    taken = completed(taken, weighed.pieces, weighed.scores, room, questions.practical(question))
    return joined(taken, 0 if narrow else WIDE, between=0 if narrow else room)


def offered(weighed: Weighed) -> list[Citation]:
    """The excerpts that a model which writes prose may use: more than are shown, for it sees what answers in them."""
    return joined(_taken(weighed, READ_MOST, READ_CHARACTERS, math.inf, math.inf), 0, CHARACTERS)


def weighed(question: str, hits: Sequence[Hit], embedder: Embedder | None, found: Sequence[Candidate] = ()) -> Weighed:
    """
    The pieces of the hits and how likely each is what a reader wants to see, on a logarithmic scale.

    `found` are the best sentences of the hits (`candidates`), in any order.
    """
    every = pieces(hits)
    every += sections.heads(question, hits, every)
    doing = not options.SYNTAX.search(question)
    items, fitting = options.told(question, hits, every)
    ways = expected.ways(question)
    every += [*items, *(own := expected.items(ways, every))]
    fitting += [False] * len(own)
    other = languages.unread(question, embedder)
    if not every:
        return Weighed([], [], 0.0, 0.0, unread=other)
    wanted = questions.wants(question)
    best: dict[tuple[str, str], float] = {}
    for piece in every:
        best[piece.origin] = max(best.get(piece.origin, 0.0), piece.fused)
    bare, named = editions.called(question, every)
    words, begins = shares(bare, [_with_question(piece) for piece in every]), leads.promises(question, every)
    whole = subjects.asked(question) or any(begins)  # it asks what something is
    asked, numbers = _words(question), versions.numbers(bare)
    pointing, headed = links.promises(question, every), headings.said(question, every)
    promises, opposites = sections.promises(question, wanted, every, best), [_opposite(asked, one) for one in every]
    parts, apart = questions.parts(question), not questions.cites(question)
    logged = records.gains(question, every)
    weight = WEIGHTS["words, unread" if other else "words" if wanted == "how" else "words, not how"]
    scores = [
        _plain(piece, wanted, wanted in questions.FACTS or whole)
        + WEIGHTS["document"] * best[piece.origin]
        + WEIGHTS["opposite"] * opposite
        + promise
        + lead
        + points
        + WEIGHTS["headed"] * head * (not opposite)
        + WEIGHTS["numbered"] * _begins(piece, parts)
        + WEIGHTS["apart"] * (apart and APART.fullmatch(piece.under) is not None)
        + WEIGHTS["synopsis"] * (doing and options.synopsis(piece))
        + WEIGHTS["option"] * option
        + WEIGHTS["speaks"] * expected.speaks(ways, piece)
        + WEIGHTS["version"] * max(versions.share(numbers, piece), float(piece.origin in named))
        + weight * share
        + WEIGHTS["record"] * record
        + (0 if wanted == "how" else WEIGHTS["sentence, not how"] * sentence)
        for piece, share, sentence, promise, lead, points, record, option, head, opposite in zip(
            *(every, words, _sentences(every, found), promises, begins, pointing, logged, fitting, headed, opposites),
            strict=True,
        )
    ]
    near = sorted(range(len(every)), key=lambda i: -scores[i])[:PIECES]
    meanings = [words[i] for i in near]
    if embedder:
        vector = asked_vector(question, embedder)
        meanings = (embedder.embed([_read(every[i]) for i in near]) @ vector).tolist()
        if questioned := sorted({every[i].under for i in near if every[i].under.endswith(ASKS)}):
            alike = dict(zip(questioned, (embedder.embed(questioned) @ vector).tolist(), strict=True))
            meanings = [max(value, alike.get(every[i].under, value)) for i, value in zip(near, meanings, strict=True)]
    for i, meaning in zip(near, _standard(meanings), strict=True):
        scores[i] += WEIGHTS["meaning, unread" if other else "meaning"] * meaning
    scores = threads.settled(question, every, scores)
    worst = min(scores[i] for i in near)
    scores = [score if i in near else min(score, worst) - 1 for i, score in enumerate(scores)]
    placed = [f"{piece.placed}\n{editions.told(question, piece)}" for piece in every]
    best_one = scores.index(max(scores))  # what is shown must have the words: they are all there is to judge by
    covered = evidence(question, placed)[best_one] if other else max(*shares(question, placed), *headed)
    things = versions.things(question)
    if things and any(versions.identified(things, piece.placed) for piece in every):
        covered = 1.0
    exact = [versions.identified(things, piece.passage.heading, exactly=True) for piece in every]
    under = exact if any(exact) else [versions.identified(things, piece.passage.heading) for piece in every]
    if any(under):
        scores = [score + (0 if own else WEIGHTS["another"]) for score, own in zip(scores, under, strict=True)]
    scores = editions.settled(question, every, versions.newer_first(question, every, scores, words), words)
    scores, told = codes.raised(question, every, scores)
    first = max(range(len(every)), key=lambda i: scores[i])
    return Weighed(every, scores, max(meanings), covered, told, logged[first], other)


def _with_question(piece: Piece) -> str:
    """A piece with the question that it answers, where its heading is one."""
    return f"{piece.under}\n{piece.said}" if piece.under.endswith(ASKS) else piece.said


def _read(piece: Piece) -> str:
    """What is compared by meaning: of a term with the title of its document, for which it says something."""
    return (f"{piece.passage.document.title}\n{piece.said}" if piece.term else piece.said)[:READ]


def _points(piece: Piece) -> bool:
    """Is it no more than a sentence that says where to read: "See [the instructions](…)."?"""
    text = piece.text
    plain = piece.kinds == ("prose",) and len(text) <= POINTER
    return plain and POINTS.search(" ".join(text.split())) is not None and len(spans(text, "text")) == 1


def _begins(piece: Piece, parts: Sequence[str]) -> bool:
    """Has it a line that begins with the number of a part that is asked for, or does it stand under that part?"""
    return any(
        re.search(rf"^\W*(?:[^\W\d]+\.? )?{re.escape(one)}(?!\w|[./]\d)", text, re.IGNORECASE | re.MULTILINE)
        for one in parts
        for text in (*piece.passage.heading.split(" > "), piece.text)
    )


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
        + WEIGHTS["pointer"] * _points(piece)
        + WEIGHTS["length"] * math.log(1 + (piece.end - piece.start) / 100)
        + (0 if fact else WEIGHTS["solves"] * solving + WEIGHTS["fails"] * bool(FAILS.search(piece.prose)))
    )


def _opposite(asked: set[str], piece: Piece) -> bool:
    """Does the piece speak of turning off what shall be turned on, and not of turning on?"""
    told = _words(f"{piece.passage.heading} {piece.prose}")
    undone = {word for word in asked if len(word) > 3 and any(f"{un}{word}" in told for un in UN)}
    done = {word for word in asked for un in UN if word.startswith(un) and word.removeprefix(un) in told}
    return bool((undone | done) - told) or any(
        asked & one and not asked & other and told & other and not told & one for one, other in SIDES
    )


def _words(text: str) -> set[str]:
    """The words of a text without their common endings; "logging in" is one."""
    joined = IN_OR_OUT.sub(lambda found: found[1] + {"on": "in", "off": "out"}.get(found[2], found[2]), text.lower())
    return {ENDING.sub("", word) for word in re.findall(r"\w+", joined)}


def _standard(values: Sequence[float]) -> list[float]:
    """The values in standard deviations from their mean."""
    mean = sum(values) / len(values)
    spread = math.sqrt(sum((value - mean) ** 2 for value in values) / len(values)) or 1.0
    return [(value - mean) / spread for value in values]


def _taken(weighed: Weighed, most: int, room: int, near: float, elsewhere: float, more: int = 0) -> list[Piece]:
    """The best piece, those about as good while there is room, and the paragraphs that explain shown code."""
    every, scores = weighed.pieces, weighed.scores
    order = sorted(range(len(every)), key=lambda i: -scores[i])
    taken: list[int] = []
    for i in order:
        size = every[i].end - every[i].start
        own = every[i].origin == every[order[0]].origin
        fits = size <= room + more * (scores[i] >= scores[order[0]] - TIE)
        if taken and (scores[i] < scores[order[0]] - near or not fits or len(taken) == most):
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


def _measured(question: str, wanted: str, weighed: Weighed, taken: Sequence[Piece]) -> list[Piece]:
    """The best piece with the unit that is asked for, where none taken has it: the price, not what is bought."""
    unit = units.asked(question) if wanted == "number" else None
    if unit is None or any(unit.search(piece.text) for piece in taken):
        return []
    having = [(score, i) for i, score in enumerate(weighed.scores) if unit.search(weighed.pieces[i].text)]
    score, best = max(having, default=(-math.inf, 0))
    return [weighed.pieces[best]] if score >= max(weighed.scores) - UNIT else []


def _same(one: Piece, other: Piece) -> bool:
    """Do two pieces say the same?"""
    left, right = (set(re.findall(r"\w+", piece.text.lower())) for piece in (one, other))
    return len(left & right) >= 0.95 * max(1, min(len(left), len(right)))
