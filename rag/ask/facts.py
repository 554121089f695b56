"""
The number, date or name that a question asks for, found in the sentences of the excerpts, if one is likely enough.

    sentences of the excerpts --spans of the kind asked for--> scored --> the best, or nothing

A span is scored by its sentence, by the question's words around it and by how near they are; what the question says
itself is no answer. No model: on squad2 and clapnq it is right more often than what a small model copies
(docs/asking.md). Names are found by their capital letters, so only for English interrogatives.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from rag import messages
from rag.ask import cells, links, marks, questions, rivals, standing, units
from rag.ask.candidates import Candidate, heading
from rag.ask.marks import DATE, LEADS, NAME, YEAR, spans
from rag.ask.words import stems, telling
from rag.types import Citation

SENTENCES = 4  # that are looked at
AROUND = 60  # characters beside a span in which the question's words count
WEIGHTS = {
    "around": 0.5,
    "clause": 0.2,
    "distance": -0.002,
    "unit": 0.3,
    "year": -0.4,
    "place": 0.3,
    "person": 0.15,
    "other": -0.2,
    "label": 0.4,  # a word of the question and a colon stand before it; taken off where another word does
}
FAR = 150  # characters; what is farther away counts as so far
AGREED = 0.2  # of the name of a person: the score that is enough if a model copies the same
NEWER = 0.15  # what a newer document says counts if its score is at most so much lower
DISPUTED = 0.25  # of the score: what says something else of the question and has so much less disputes a fact
LONG = 60  # characters of what a model copies that is a name still
LEAST = {"number": 0.0, "date": 0.1, "name": 0.6, "version": 0.0}  # the score below which nothing is said
COVERED = {
    "number": 0.55,
    "date": 0.55,
    "name": 0.5,
    "version": 0.55,
}  # and the share of the question's words in the sentence

SPOKEN = re.compile(
    r"\b(?:said|says?|wrote|asked?|told|sent|posted|answered|suggested|proposed|reported)\b", re.IGNORECASE
)
JOINT = re.compile(r"[,;:.!?]\s|\b(?:and|but|or|while|und|aber|oder|et|mais|ou|y|pero|o)\b", re.IGNORECASE)
ASKS = re.compile(r"\b(?:(where)|(who|whom|whose)|which|what)\b", re.IGNORECASE)
WHO = re.compile(r"\b(?:who|whom|whose)\b", re.IGNORECASE)
PERSON_OR_PLACE = re.compile(r"\b(?:who|whom|whose|where)\b", re.IGNORECASE)  # which no date is
PLACE = re.compile(r"\b(?:in|at|on|near|from|to|into|of|through) (?:the )?$", re.IGNORECASE)
OWNED = re.compile(r"\bof the $", re.IGNORECASE)  # "an eclipse of the Sun" happens elsewhere
WHO_IS = re.compile(r"\s*who(?:['’]s| is| was| are| were)\s+([^?]+?)\s*\??\s*$", re.IGNORECASE)
LONGER = re.compile(r"((?:[A-Z][\w-]+ ){2,6})\([A-Z]{2,6}\)")  # a name with what it is cut to
BEGINS = re.compile(r"(?:^|> )\W*$")  # of a heading: its number
LAST = re.compile(
    r"\b(?:in the end|finally|eventually|at last|ultimately|am ende|schließlich|letztlich|à la fin|finalement|al final"
    r"|alla fine|uiteindelijk)\b",
    re.IGNORECASE,
)
COUNTED_OF = re.compile(r"\b(?:of|de|d['’])\s?(.*)")  # "weeks of maternity leave"
LABEL = re.compile(r"([^\W\d_]+(?: [^\W\d_]+){0,2}):\s*$")
ASKING = frozenset(  # stems of words that a question is put with: no sentence must say them
    stems(
        "need needed use go goes take takes make let may must shall might"
        " long often far many much old big high tall large deep heavy hot warm cold wide thick thin fast slow"
        " cost costs price pay paid spend spent kosten kostet dauert dauern dauerte läuft brauche mindestens höchstens"
        " dure durent durer prend faut utilise minimum maximum max mínimo máximo mínima máxima tarda tardan tardar"
        " demora dura duran durano serve usa utiliza necesito occorre duurt duren gebruikt"
    )
)


@dataclass(frozen=True, slots=True)
class Fact:
    """A span of a sentence, with its score."""

    text: str
    sentence: Citation
    score: float
    covered: float  # the share of the question's words in the sentence
    said: frozenset[str] = frozenset()  # these, and those that it stands under

    @property
    def date(self) -> str:
        """When what says so was written."""
        return self.sentence.passage.document.date


def kind(question: str) -> str:
    """What a question asks for: `questions.wants`, or "version"."""
    return "version" if questions.version(question) else questions.wants(question)


def fact(question: str, wanted: str, found: Sequence[Candidate]) -> Fact | None:
    """The span that the question asks for (`wanted`: "number", "date", "name", "version"), if there is any."""
    every = list(_facts(question, wanted, found))
    covering = [one for one in every if one.covered >= COVERED[wanted]]
    best = max(covering, key=lambda one: one.score, default=None)
    if best and wanted == "number":
        best = None if _headed(question, best) or _of_part(question, best, found) else _undisputed(best, every)
    if best is None or not best.date:
        return best
    rivals = [one for one in covering if one.date and one.score >= best.score - NEWER]
    return max(rivals, key=lambda one: (one.date, one.score))


def _undisputed(best: Fact, every: Sequence[Fact]) -> Fact | None:
    """
    The fact, or another about as good that says more of what was asked: "a month over 10 m",
    where the best has no month.
    None if another says something else of it: who asks for the points of the exam is told none of a lab's.
    """
    for one in every:
        if one.text != best.text and one.said - best.said - ASKING and one.score > best.score - DISPUTED:
            if not one.said >= best.said - ASKING:
                return None
            best = one
    return best


def _headed(question: str, one: Fact) -> bool:
    """Does the heading tell another number of the same: "Wedding, 64 guests", of which two have an allergy?"""
    above, asked = heading(one.sentence), units.COUNTED.search(question)
    nouns = {stem for stem in stems(asked[1]) if not stem.isdecimal()} if asked else set[str]()
    counted = [above[a:b] for a, b in spans("number", above) if not BEGINS.search(above[:a])] if nouns else []
    counted = [number for number in counted if nouns.intersection(stems(number))]
    return bool(counted) and one.text not in counted


def _of_part(question: str, one: Fact, found: Sequence[Candidate]) -> bool:
    """Is a part of its document headed by what a question says, and the fact does not: "Limits of the form"?"""
    lacks, document = telling(question) - units.COUNTING - one.said - ASKING, one.sentence.passage.document
    heads = {other.citation.passage.heading for other in found if other.citation.passage.document == document}
    return any(lacks.intersection(stems(head)) for head in heads - {one.sentence.passage.heading})


def sure(one: Fact, wanted: str) -> bool:
    """Is the span likely enough to be shown?"""
    return one.score >= LEAST[wanted]


def doubtful(one: Fact, question: str) -> bool:
    """Is it the name of somebody that would be likely enough if a model copied the same?"""
    asks = ASKS.search(question)
    return one.score >= AGREED and bool(asks and asks[2])


def agree(one: Fact, copied: str) -> bool:
    """Did a model copy the same name, or a part of it?"""
    shorter, longer = sorted((one.text, copied), key=len)
    return bool(shorter) and shorter in longer and len(longer) <= LONG


def _facts(question: str, wanted: str, found: Sequence[Candidate]) -> Iterator[Fact]:
    asked = telling(question) - units.COUNTING
    if not asked or wanted not in LEAST or (wanted == "name" and not ASKS.search(question)):
        return
    if questions.several(question):
        return  # one fact would be half of an answer
    counted_of = COUNTED_OF.search(counts[1]) if (counts := units.COUNTED.search(question)) else None
    of = asked.intersection(stems(counted_of[1])) if counted_of else set[str]()
    for one in _meant(asked, standing.items(found[:SENTENCES])):
        text = one.citation.quote
        if (wanted == "name" and _named(question, text)) or standing.denied(one.citation):
            continue
        known = [
            (word.start(), stem) for word in re.finditer(r"[^\W_]+", text) for stem in stems(word[0]) if stem in asked
        ]
        there = {stem for _, stem in known}
        above = asked.intersection(stems(heading(one.citation)))  # what it is about need not be said again
        needed = (asked - ASKING) | there  # "long" of "how long" need not be said
        titled = asked.intersection(stems(one.citation.passage.document.title))
        told = there | (above if there and needed <= there | above else titled)
        covered = len(told & needed) / max(1, len(needed))
        if LAST.search(question) and not LAST.search(text):
            continue  # of what changed: it may be what held at first
        if of and of.isdisjoint(told):
            continue  # weeks of something else
        numbers = {stem for stem in asked - above - there if stem.isdecimal()}
        if numbers - rivals.covered(text, numbers):
            continue  # "after 10 years" is not answered by what happens after 30
        spoken = wanted == "name" and SPOKEN.search(question) is not None
        stamps = _stamps(text)
        how_often = wanted == "number" and units.UNITS[0][0].search(question)
        every = marks.often(text) if how_often else list(spans(wanted, text))
        titles = links.called(text)  # "Who is vegan? (2020)": others said so
        every = [span for span in every if not any(a <= span[0] < b for a, b in titles)]
        inside = [span for span in every if any(a <= span[0] < b for a, b in stamps)]
        if wanted != "date":
            every = [span for span in every if (span in inside) == (spoken and bool(stamps))]
        counted, whole = _counted(question, text, every, asked), every
        every = [span for span in every if standing.holds(question, text, span, every)]
        if wanted == "name":
            every = _names_asked_for(question, one.citation, every)
        said = there | above
        row, headed = cells.asked(asked, one.citation), set[str]()
        heads = " ".join([heading(one.citation), *(cell.head for cell in (row[0] if row else ()))])
        nth = rivals.ordinals(f"{heads} {text}")
        if rivals.ordinals(question) - nth and (wanted != "date" or nth):
            continue  # nor "the third" by the second
        if row is None:
            every = _of_case(question, wanted, text, every, counted, asked - above)
        if row is not None:
            every, headed = _in_row(question, wanted, text, every, asked, *row)
            said = (there | above | headed) & asked
            covered = len(said) / len(asked)
            if wanted == "date" and not headed & asked and asked - said - ASKING:
                continue  # of a row with the day of something else
        for start, end in every:
            if _of_another(text, (start, end), every, asked):
                continue
            if wanted == "number" and standing.aside(one.citation, (start, end), asked):
                continue
            if wanted != "name" and _longer(text[:start], asked):
                continue
            own = set(stems(text[start:end]))
            if own and (own <= asked or (wanted == "name" and 3 * len(own & asked) >= len(own))):
                continue
            if wanted == "number" and any(stem.isdecimal() for stem in own & asked):
                continue  # 7–8 players, where it is asked what holds with 7
            stand = standing.replaces(text, (start, end), whole)
            places = [max(a - place, place - b, 0) for place, _ in known for a, b in stand]
            around = {stem for place, stem in known for a, b in stand if a - AROUND < place < b + AROUND}
            score = (
                one.score - found[0].score
                + WEIGHTS["around"] * len(around) / len(asked)
                + WEIGHTS["distance"] * min([FAR, *places])
                + WEIGHTS["label"] * (bool(headed & asked) or (spoken and (start, end) in inside))
                + _fits(wanted, question, text, start, end, asked)
            )  # fmt: skip
            last = units.whole(question, text, start, end) if wanted == "number" else end
            yield Fact(text[start:last], one.citation, score, covered, frozenset(said))


def _names_asked_for(question: str, one: Citation, every: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The names that may be of somebody or of a place, where that is asked for; none is a part of a title."""
    text, document = one.quote, one.passage.document.text
    every = [span for span in every if not standing.titled(one, span)]
    if PERSON_OR_PLACE.search(question):
        every = [span for span in every if not DATE.search(text[slice(*span)])]
    if WHO.search(question):
        every = [span for span in every if standing.names(question, text, span, document)]
    return every


def _of_case(
    question: str, wanted: str, text: str, every: list[tuple[int, int]], counted: set[tuple[int, int]], asked: set[str]
) -> list[tuple[int, int]]:
    """The spans of prose that hold for the case of the question."""
    if wanted == "number":
        return rivals.meant(question, text, [span for span in every if span in counted], asked)
    if wanted == "date":
        told = len(every) > 1 and bool(rivals.ordinals(question) or rivals.CASES.search(text))
    else:
        told = bool(rivals.ordinals(question)) and len(rivals.ordinals(text)) > 1
    return rivals.meant(question, text, every, asked) if told else every


def _meant(asked: set[str], found: Iterator[Candidate]) -> Iterator[Candidate]:
    """The sentences; a row of a table as that row of it which the question names, once, if there is one."""
    seen = set[tuple[str, int]]()
    for one in found:
        if cells.is_row(one.citation):
            row = cells.meant(asked, one.citation)
            place = (one.citation.passage.document.key, row.start if row else -1)
            if row is None or place in seen:
                continue
            seen.add(place)
            one = replace(one, citation=row)
        yield one


def _counted(question: str, text: str, every: Sequence[tuple[int, int]], asked: set[str]) -> set[tuple[int, int]]:
    """The numbers of what the question counts."""
    own = {one for one in every if units.amount(question, text, *one)} or {
        one for one in every if units.counts(question, units.beside(text, *one), asked)
    }
    return own | {
        one
        for one in every
        if (own and standing.elided(question, text, one, every)) or rivals.elided(question, text, one, [*own], asked)
    }


def _stamps(text: str) -> list[tuple[int, int]]:
    """Where a text says who sent a message of a chat, and when: that is not what the message says."""
    dash = "- "  # which a sentence leaves out at its beginning
    return [(at.start() - len(dash), at.end() - len(dash)) for at in messages.HEAD.finditer(dash + text)]


def _in_row(
    question: str,
    wanted: str,
    text: str,
    every: Sequence[tuple[int, int]],
    asked: set[str],
    allowed: Sequence[cells.Cell],
    named: bool,
) -> tuple[list[tuple[int, int]], set[str]]:
    """The spans of a row that may be meant, and the words of their column's head; none if nothing tells them apart."""
    inside = [(span, cell) for span in every for cell in allowed if cell.start <= span[0] and span[1] <= cell.end]
    if wanted == "number":
        named_by = text.strip("| ").partition("|")[0]  # what counts may be said once, at the beginning of the row
        around = [
            f"{text[max(cell.start, start - 2) : min(cell.end, end + 14)]} {cell.head} {named_by}"
            for (start, end), cell in inside
        ]
        inside = [one for one, said in zip(inside, around, strict=True) if units.counts(question, said, asked)]
    if len({cell.start for _, cell in inside}) > 1 and not named:
        return [], set()
    return [span for span, _ in inside], {stem for _, cell in inside for stem in stems(cell.head)}


def _clause(text: str, start: int, end: int) -> str:
    """What stands around a span between commas and words that join."""
    before, after = JOINT.split(text[:start])[-1], JOINT.split(text[end:])[0]
    return f"{before} {after}"


def _named(question: str, text: str) -> bool:
    """Does the question name somebody and ask who that is? The sentence says so, no name in it does."""
    asked = WHO_IS.match(question)
    words = asked[1].split() if asked else []
    return bool(words) and all(re.search(rf"\b{re.escape(word[:1].upper() + word[1:])}\b", text) for word in words)


def _longer(text: str, asked: set[str]) -> bool:
    """Is what a text before a span says of the question only in a longer name: "Debian Support Team (DST)"?"""
    for match in LONGER.finditer(text):
        own = set(stems(match[1]))
        rest = text[: match.start()] + text[match.end() :]
        if own & asked and len(own - asked) > 1 and not own & asked & set(stems(rest)):
            return True
    return False


def _of_another(text: str, place: tuple[int, int], places: Sequence[tuple[int, int]], asked: set[str]) -> bool:
    """Is a name of the question in another clause than a span, which has a name or a span for it, too?"""
    known = [match for match in NAME.finditer(text) if match.start() or " " in match[0]]  # the first word is any word
    names = {stem for match in known for stem in stems(match[0])} & asked
    around = {one: _around(text, *one) for one in places}
    if not names or names & set(stems(around[place])):
        return False
    start, end = place
    clause = _clause(text[:start] + " " * (end - start) + text[end:], start, end)
    others = [one for one in NAME.findall(clause) if one.lower() not in LEADS and not DATE.fullmatch(one)]
    told = any(not set(stems(one)) <= asked for one in others if stems(one))
    return told or any(names & set(stems(around[one])) for one in places if one != place)


def _around(text: str, start: int, end: int) -> str:
    """The clause of a span with the label before it."""
    label = LABEL.search(text[:start])
    return f"{label[1] if label else ''} {_clause(text, start, end)} {text[start:end]}"


def _fits(wanted: str, question: str, text: str, start: int, end: int, asked: set[str]) -> float:
    """How well a span fits the kind that is asked for: its label, a number its unit, a place its preposition."""
    label = LABEL.search(text[:start])
    labelled = WEIGHTS["label"] * (1 if asked.intersection(stems(label[1])) else -1) if label else 0.0
    if wanted == "number":
        year = bool(re.match(rf"{YEAR}\b", text[start:end]))
        beside = len(asked.intersection(stems(_clause(text, start, end)))) / len(asked)
        unit = bool(set(stems(text[start : end + 15])) & asked)
        return labelled + WEIGHTS["unit"] * unit + WEIGHTS["clause"] * beside + WEIGHTS["year"] * year
    if wanted in ("date", "version"):
        return labelled
    asks, placed = ASKS.search(question), bool(PLACE.search(text[max(0, start - 12) : start]))
    if asks and asks[1]:
        owned = OWNED.search(text[max(0, start - 12) : start])
        return WEIGHTS["place"] if placed and not owned else WEIGHTS["other"]
    if asks and asks[2]:
        return WEIGHTS["other"] if placed else WEIGHTS["person"]
    return 0.0
