"""
Records: rows of a table, dated lines of a log, messages of a chat. Each says something by itself, so a question is
answered by one or a few of them, and these are shown, under the names of the columns.

    gains       the share of the question's words that one record of a piece has
    narrowed    the records of an excerpt that answer, instead of all of it

Pure functions over pieces and citations.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from rag import languages, markup
from rag.ask import cells, codes, questions
from rag.ask.candidates import Candidate
from rag.ask.pieces import Piece
from rag.ask.words import shares, stems, telling
from rag.blocks import TABLE_RULE
from rag.sentences import RECORD, ROW
from rag.types import Citation, Passage

FEW, MANY = 3, 5  # so many lines are records; more of them are not shown if fewer answer
SHARE = 0.6  # of the lines of a list, that are dated or said by somebody
MOST = 3  # that are shown of one excerpt
NEAR = 0.85  # of the best one's score that others must have
BEFORE, AFTER = 1, 3  # messages that are shown around one
OTHERWISE = 0.5  # what a record is worth that has neither the date nor the price that is asked for
BEGINNING = 5  # letters of a stem
MEANING = 0.6  # of how near a row is in meaning, beside its share of the words
DATED = re.compile(r"(?<!\d)(\d{4})-(\d\d)-(\d\d)|(?<!\d)(\d{1,2})([./])(\d{1,2})\5(\d{4}|\d\d)(?!\d)")
ITEM = re.compile(r"[ \t]*[-*+•][ \t]+")
SAID = re.compile(r"[^\n:]{1,60} \(\d{4}-\d\d-\d\d[^)\n]*\): ")  # a message, as chats are written down
LAST = re.compile(
    r"\b(?:last(?! (?:year|month|week|night|season|name|page|chapter|section))|latest|newest|most recent(?:ly)?|zuletzt"
    r"|letzte[nrsm]?|neueste[nrsm]?|derni[eè]re?(?: fois)?|[uú]ltim[ao])\b",
    re.IGNORECASE,
)
PAST = re.compile(  # asks for what happened, which a dated line tells
    r"\b(?:when (?:did|was|were|have|has)|did (?:we|i|you|he|she|they|it)|have we|last|latest|at the moment|currently"
    r"|right now|who (?:did|has|was|changed|replaced|paid|bought|brought|ordered|repaired)"
    r"|wann (?:haben|hat|wurde|war|kam)|zuletzt|quand|cu[aá]ndo)\b",
    re.IGNORECASE,
)
PRICE = re.compile(
    r"\b(?:costs?|prices?|pa(?:y|ys|id)|fees?|spen[dt]|charged?|how much|kosten?|kostete?|preis|bezahlt|gezahlt|teuer"
    r"|wie ?viel|combien|prix|coût\w*|payé|cu[aá]nto|precio|pagad?o|quanto|prezzo)\b",
    re.IGNORECASE,
)
AMOUNT = re.compile(
    r"[€$£¥]\s?\d|\d[.,]\d\d(?!\d)|\d\s?(?:[€$£¥]|(?:EUR|USD|GBP|CHF|euros?|dollars?)\b)", re.IGNORECASE
)
ASKED = [  # what asks for it, and how its column is called
    (re.compile(asks, re.IGNORECASE), re.compile(column, re.IGNORECASE))
    for asks, column in (
        (
            r"^\s*(?:who|whom|whose|wer|wen|wem)\b",
            r"\b(?:who|by|name|person|responsible|owner|assign\w*|wer|zuständig\w*)\b",
        ),
        (r"\b(?:when|wann|due)\b", r"\b(?:when|date|day|due|deadline|expires?|until|wann|datum|tag|fällig|bis)\b"),
        (
            r"^\s*(?:(?:in |on |at )?(?:where|which \w+)|wo)\b",
            r"\b(?:where|place|location|locker|bin|shelf|room|ort|wo|regal)\b",
        ),
    )
]
ALL = re.compile(
    r"\b(?:all|every|each|list|how many (?:different|kinds|entries|rows)|total|sum|altogether|overview|alle|sämtliche"
    r"|insgesamt|tous|toutes|tod[oa]s|most|least|highest|lowest|cheapest|best|worst|average)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Record:
    """A row, line or message: (start, end) in its document's text."""

    start: int
    end: int
    text: str

    @property
    def date(self) -> str:
        """The first date in it, so that later ones are greater; empty if it has none."""
        found = DATED.search(self.text)
        if not found:
            return ""
        year, month, day, first, _, second, short = found.groups()
        if year:
            return f"{year}-{month}-{day}"
        return f"{short.zfill(4) if len(short) == 4 else '20' + short}-{second.zfill(2)}-{first.zfill(2)}"


def records(text: str, at: int = 0) -> list[Record]:
    """The records that a text, which begins at this offset, consists of; none if they are not most of it."""
    lines, start = list[tuple[int, str]](), 0
    for line in text.split("\n"):
        lines.append((start, line))
        start += len(line) + 1
    head = next((i for i, (_, line) in enumerate(lines) if TABLE_RULE.match(line) and "|" in line), -1)
    rows = [(begin, line) for i, (begin, line) in enumerate(lines) if ROW.match(line) and i not in (head, head - 1)]
    if len(rows) >= FEW:
        return [_record(begin, line, at) for begin, line in rows]
    return _dated(lines, at)


def _dated(lines: Sequence[tuple[int, str]], at: int) -> list[Record]:
    """Dated lines and messages, each with the lines below it that go on."""
    found: list[Record] = []
    told = 0
    for begin, line in lines:
        item = ITEM.match(line)
        plain = line[item.end() :] if item else line
        dated = bool(RECORD.match(plain) or SAID.match(plain))
        if dated or item:
            told += dated
            found.append(_record(begin, line, at))
        elif line.strip() and found and line[:1].isspace():
            last = found[-1]
            found[-1] = Record(last.start, at + begin + len(line.rstrip()), f"{last.text}\n{line.rstrip()}")
    return found if told >= max(FEW, SHARE * len(found)) else []


def _record(begin: int, line: str, at: int) -> Record:
    left = len(line) - len(line.lstrip())
    return Record(at + begin + left, at + begin + len(line.rstrip()), line.strip())


def gains(question: str, every: Sequence[Piece]) -> list[float]:
    """For each piece the share of the question's words, 0 to 1, that its best record has, if one is asked for."""
    made = [0.0] * len(every)
    if questions.wants(question) not in (*questions.FACTS, "thing") or questions.explains(question):
        return made
    own = [(i, one) for i, piece in enumerate(every) for one in records(piece.text, piece.start)]
    heads = {i: _columns(every[i].passage, one) for i, one in dict(reversed(own)).items()}
    past, price = bool(PAST.search(question)), bool(PRICE.search(question))
    texts = [piece.text for piece in every] + [f"{one.text} {heads[i]}" for i, one in own]
    said = _shares(PRICE.sub(" ", question) if price else question, texts)[len(every) :]
    for (i, one), share in zip(own, said, strict=True):
        fits = (past and one.date) or (price and AMOUNT.search(one.text)) or _column(question, heads[i])
        made[i] = max(made[i], share * (1.0 if fits else OTHERWISE))
    return made


def _column(question: str, heads: str) -> bool:
    """Is there a column for what the question asks for: a person, a day, a place?"""
    return any(asks.search(question) and column.search(heads) for asks, column in ASKED)


def _columns(passage: Passage, row: Record) -> str:
    """The names of the columns above a row."""
    return " | ".join(filter(None, map(markup.bare, cells.heads(Citation(passage, row.text, row.start, row.end)))))


def _shares(question: str, texts: Sequence[str], without: str = "") -> list[float]:
    """For each text the share of the question's words that it has, but for those of `without`; rare ones count more."""
    question = LAST.sub(" ", question)
    if languages.foreign(question):
        return shares(question, texts)
    wanted = _bare(telling(question)) - _bare(stems(without))
    bags = [_bare(stems(text)) for text in texts]
    weights = {word: math.log(1 + len(bags) / (0.5 + sum(word in bag for bag in bags))) for word in wanted}
    total = sum(weights.values()) or 1.0
    return [sum(weights[word] for word in wanted & bag) / total for bag in bags]


def _bare(words: Iterable[str]) -> set[str]:
    """The beginnings of stems: "change" is that of "changed", "supplies" that of "supplier"."""
    return {word.removesuffix("e")[:BEGINNING] for word in words}


def narrowed(question: str, excerpt: Citation, found: Sequence[Candidate]) -> list[Citation]:
    """The records of an excerpt that answer the question, best first; the excerpt if it has few, or none stands out."""
    rows = records(excerpt.quote, excerpt.start)
    leads = [one for one in rows if any(codes.begins(one.text, code) for code in codes.codes(question))]
    if not leads:
        # what is done on a day is no step
        steps = questions.wants(question) == "how" and rows and ROW.match(rows[0].text)
        if len(rows) <= MANY or steps or questions.explains(question) or ALL.search(question):
            return [excerpt]
    best = leads or _best(question, excerpt, rows, found)
    if not 0 < len(best) <= MOST or (not leads and _told_beside(question, excerpt, rows, best)):
        return [excerpt]
    return [_shown(excerpt, one) for one in _apart(best)]


def _told_beside(question: str, excerpt: Citation, rows: Sequence[Record], best: Sequence[Record]) -> bool:
    """Has what stands above or below the records more of the question's words than the best of them?"""
    text = excerpt.passage.document.text
    above, below = text[excerpt.start : rows[0].start], text[rows[-1].end : excerpt.end]
    prose = "\n".join(line for line in f"{above}\n{below}".splitlines() if not ROW.match(line))
    own, *shown = _shares(question, [prose, *(one.text for one in best)])
    return own > max(shown)


def _best(question: str, excerpt: Citation, rows: Sequence[Record], found: Sequence[Candidate]) -> list[Record]:
    """The rows with the most of the question's words; the newest of them where the last is asked for."""
    words = _shares(question, [one.text for one in rows], _columns(excerpt.passage, rows[0]))
    most = max(words)
    if not most:
        return []
    near = [i for i in range(len(rows)) if words[i] >= NEAR * most]
    if LAST.search(question) and all(rows[i].date for i in near):
        return [_answered(rows, max(near, key=lambda i: rows[i].date))]
    meant = _meant(excerpt, rows, found)
    scores = [share + MEANING * meaning for share, meaning in zip(words, meant, strict=True)]
    near = [i for i in range(len(rows)) if words[i] and scores[i] >= NEAR * max(scores)]
    return [_answered(rows, i) for i in sorted(near, key=lambda i: -scores[i])]


def _apart(best: Sequence[Record]) -> list[Record]:
    """The records, those that overlap or stand side by side as one."""
    made: list[Record] = []
    for one in best:
        for i, other in enumerate(made):
            if one.start <= other.end + 1 and other.start <= one.end + 1:
                first, last = sorted((one, other), key=lambda record: record.start)
                made[i] = Record(first.start, max(first.end, last.end), first.text)
                break
        else:
            made.append(one)
    return made


def _meant(excerpt: Citation, rows: Sequence[Record], found: Sequence[Candidate]) -> list[float]:
    """How near in meaning each row is, as far as it was compared."""
    document = excerpt.passage.document
    own = [
        (one.citation.start, one.citation.end, one.meaning)
        for one in found
        if (one.citation.passage.document.source, one.citation.passage.document.key) == (document.source, document.key)
    ]
    return [max((value for a, b, value in own if row.start <= a and b <= row.end), default=0.0) for row in rows]


def _answered(rows: Sequence[Record], i: int) -> Record:
    """A row or dated line; a message with what was said before and after it."""
    if not SAID.match(ITEM.sub("", rows[i].text, count=1)):
        return rows[i]
    around = rows[max(0, i - BEFORE) : i + AFTER + 1]
    return Record(around[0].start, around[-1].end, "\n".join(one.text for one in around))


def _shown(excerpt: Citation, row: Record) -> Citation:
    """A record as an excerpt, under the names of its columns."""
    passage = excerpt.passage
    one = Citation(passage, passage.document.text[row.start : row.end], row.start, row.end)
    columns = _columns(passage, row)
    if columns and not passage.heading.endswith(columns):
        one = replace(one, passage=replace(passage, heading=" > ".join(filter(None, (passage.heading, columns)))))
    return one
