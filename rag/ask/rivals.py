"""
Which of several spans of one sentence is that of the case that was asked for.

"9 boats (with 5 players: 7)", "first player 4, second 5", "the crane lifts 12 tonnes, the hoist 30": each value holds
for a case, which the words of its clause tell, or those before the colon in its brackets. A value is meant if the
question says its case; of a question that says none, the value that holds in general. Where two are told alike, or the
case that was asked for has no value, none is. Pure functions over text.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from rag.ask import units
from rag.ask.words import stems

Span = tuple[int, int]

JOINT = re.compile(r"[,;:!?]\s|\.\s|\s[–—]\s|\b(?:and|but|or|while|whereas|und|aber|oder)\b", re.IGNORECASE)
WEAK = re.compile(r"\b(?:and|or|und|oder)\b", re.IGNORECASE)  # joins words as well as clauses
BRACKET = re.compile(r"\([^()\n]*\)|\[[^\[\]\n]*\]")
PART = re.compile(r";|,\s(?=[^,;:]*:)")  # "(over 10 m: £31, over 14 m: £44)" has two
CASED = re.compile(  # so begins a clause that holds for a case only
    r"\W*(?:with(?:out)?|for|if|when|in|during|over|under|above|below|from|after|before|until|up to|at|by|on|each"
    r" (?:further|additional)|(?:that|those) (?:of|for|in|with)|every (?:further|additional)|mit|ohne|für|bei|wenn"
    r"|falls|im|ab|über|unter|nach|vor|avec|sans|pour|si|con|sin|para)\b",
    re.IGNORECASE,
)
ORDINALS = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth",
    "erst zweit dritt viert fünft sechst siebt acht neunt zehnt",
)
NTH = {word: f"#{place}" for words in ORDINALS for place, word in enumerate(words.split(), 1)}
ORDINAL = re.compile(
    rf"(?<!per )(?<!each )(?<!every )\b(?:({'|'.join(ORDINALS[0].split())})|({'|'.join(ORDINALS[1].split())})e[nmrs]?"
    r"|(\d{1,2})(?:st|nd|rd|th))\b",
    re.IGNORECASE,
)
CASES = re.compile(r"[(\[][^()\[\]:\n]*:\s")
CONDITION = re.compile(r"[(\[;,]\s?[^()\[\]:;]*:\s*$")  # "(with 5 players: "
LISTED = re.compile(r"([^\W\d_]+):\s[^.;:\n]*$")  # the noun before a colon, of what is listed after it
RANGES = re.compile(
    r"(?:\b(?:from|between|von|ab)\s)?(\d[\d.,]*)\s?(?:to|until|-|–|bis|and|à)\s?(\d[\d.,]*)"
    r"|\b(?:over|above|more than|from|at least|über|ab)\s(\d[\d.,]*)"
    r"|\b(?:under|below|less than|up to|at most|unter|bis(?: zu)?)\s(\d[\d.,]*)",
    re.IGNORECASE,
)
THOUSANDS = re.compile(r"[.,](?=\d{3}(?!\d))|[.,]$")
COMPARED = frozenset(stems("over under above below up from until without with über unter ab bis ohne mit"))
NUMBERED = re.compile(r"\b\d(?:[\d.,]*\d)?\s+(?:in|for|of|on|at|with|if)\b")  # a number of the same, not said again
BARE = re.compile(r"[\d.,]*\d")  # a number without a unit
ENDED = re.compile(r"\s*(?:[,;.)\]|\n]|$)")


@dataclass(frozen=True, slots=True)
class Case:
    """A span, or a clause that has none, with the words that tell for which case it holds."""

    span: Span | None
    words: frozenset[str]
    cased: bool = False  # it does not hold in general
    host: Span | None = None  # of a span in brackets that which stands before them
    first: str = ""  # its first word


def ordinals(text: str) -> frozenset[str]:
    """The ordinals of a text: "#3" for third and 3rd."""
    found = ORDINAL.findall(text)
    return frozenset(NTH[(en or de).lower()] if en or de else f"#{digits}" for en, de, digits in found)


def elided(question: str, text: str, span: Span, counted: Sequence[Span], asked: Collection[str]) -> bool:
    """
    Is it a mere number to which the unit of another belongs, or the noun before a colon: 7 of "9 boats (with 5 players:
    7)", 5 of "coins: first player 4, second 5"?
    """
    start, end = span
    if not BARE.fullmatch(text[start:end]) or not ENDED.match(text, end):
        return False
    label = LISTED.search(text[:start])
    noun = units.COUNTED.search(question)
    if label and noun and set(stems(label[1])) & set(stems(noun[1])):
        return True
    if not any(one[1] <= start for one in counted):
        return False
    clause = re.split(r"[,;:]\s", text[:start])[-1]
    return bool(CONDITION.search(text[:start]) or ordinals(clause) or set(stems(clause)).intersection(asked))


def meant(question: str, text: str, spans: Sequence[Span], asked: Collection[str]) -> list[Span]:
    """Those of the spans, which are all of the kind that is asked for, that hold for the case of the question."""
    wanted = (set(asked) | set(stems(question)) & COMPARED) | ordinals(question)
    numbers = [word for word in wanted.difference(stems(text)) if word[0].isdecimal()]
    spans = [one for one in spans if _applies(text, one, wanted, numbers)]
    every = _cases(text, spans, numbers) if spans else []
    if len(every) < 2:
        return list(spans)
    shared = frozenset[str].intersection(*(one.words for one in every))
    wanted -= shared
    exact = [{word for word in one.words & wanted if word[0] == "#" or word.isdecimal()} for one in every]
    most = max(map(len, exact))
    if most:  # what the question says with a number or an ordinal: only that
        best = [one for one, said in zip(every, exact, strict=True) if len(said) == most]
        also = max(len(one.words & wanted) for one in best)
        return [one.span for one in best if one.span and len(one.words & wanted) == also]
    return _by_words(every, wanted)


def _by_words(every: Sequence[Case], wanted: Collection[str]) -> list[Span]:
    """The spans whose words the question says; those that hold in general if it says none."""
    by_span = {one.span: one for one in every}
    first = next(one for one in every if one.span)
    reached: dict[Case, frozenset[str]] = {}
    for one in every:
        own = one.words.intersection(wanted)
        if one.host and (not own or any(word[0].isdecimal() for word in one.words)):
            continue  # a case that the question does not say, or not with its number
        above = by_span[one.host] if one.host else first
        left = above.words.intersection(wanted) - (set() if one.cased else {above.first})
        reached[one] = own | left if own else own
    most = max(map(len, reached.values()), default=0)
    best = [one for one, words in reached.items() if len(words) == most]
    best = [one for one in best if not one.cased] or best
    if not most and len({ordinals_of for one in best if (ordinals_of := _ordinals(one.words))}) > 1:
        return []
    if most and sum(one.host is not None for one in best) > 1:
        return []
    every_word = frozenset[str]().union(*reached.values())
    return [one.span for one in best if one.span and reached[one] == every_word]


def covered(text: str, numbers: Collection[str]) -> frozenset[str]:
    """Those of the numbers that lie within what a text gives: 7 in "6 to 11 months", "over 5" and "under 10"."""
    found = set[str]()
    for low, high, over, under in RANGES.findall(text) if numbers else ():
        least, most = _value(low or over or "0"), _value(high or under or "1e99")
        found |= {one for one in numbers if least <= _value(one) <= most}
    return frozenset(found)


def _value(number: str) -> float:
    """1,500 and 1.500 and 1500 are one number."""
    try:
        return float(THOUSANDS.sub("", number).replace(",", "."))
    except ValueError:
        return float("nan")


def _applies(text: str, span: Span, wanted: Collection[str], numbers: Collection[str]) -> bool:
    """Is a span in no brackets of a case ("(season 2024/25: ten teams)"), or in those of that of the question?"""
    around = next((one for one in BRACKET.finditer(text) if one.start() < span[0] and span[1] < one.end()), None)
    start = around.start() + 1 if around else 0
    for cut in PART.finditer(text, start, span[0]) if around else ():
        start = cut.end()
    condition, colon, _ = text[start : span[0]].rpartition(":")
    return not around or not colon or bool(_told(condition, numbers).intersection(wanted))


def _ordinals(words: Collection[str]) -> frozenset[str]:
    return frozenset(word for word in words if word[0] == "#")


def _cases(text: str, spans: Sequence[Span], numbers: Collection[str]) -> list[Case]:
    """The spans with what tells their case, in order, and clauses between that have an ordinal and no span."""
    brackets = [found.span() for found in BRACKET.finditer(text)]
    around = {one: next(((a, b) for a, b in brackets if a < one[0] and one[1] < b), None) for one in spans}
    outside = [one for one in spans if around[one] is None]
    if not outside:
        return _in_clauses(text, spans, numbers)
    plain = text
    for start, end in brackets:
        plain = plain[:start] + " " * (end - start) + plain[end:]
    found = _in_clauses(plain, outside, numbers)
    for one, bracket in around.items():
        if bracket:
            host = max((other for other in outside if other < bracket), default=outside[0])
            found.append(Case(one, _said(text, one, bracket, numbers), True, host))
    return found


def _said(text: str, span: Span, bracket: Span, numbers: Collection[str]) -> frozenset[str]:
    """The words of the part of the brackets in which a span stands."""
    start, end = bracket[0] + 1, bracket[1] - 1
    for cut in PART.finditer(text, start, end):
        start, end = (cut.end(), end) if cut.end() <= span[0] else (start, min(end, cut.start()))
    condition, colon, _ = text[start : span[0]].rpartition(":")
    if colon:
        return _told(condition, numbers)
    words = _told(f"{text[start : span[0]]} {text[span[1] : end]}", numbers)
    return frozenset(word for word in words if not word[0].isdecimal())  # these are other values


def _in_clauses(text: str, spans: Sequence[Span], numbers: Collection[str]) -> list[Case]:
    """
    The clauses of a text with their spans. One without a span belongs to that which follows; but an ordinal of its own,
    beside that of another, has no value: "the second is free".
    """
    clauses = _clauses(text, spans)
    found = list[Case]()
    for place, (start, end) in enumerate(clauses):
        held = [one for one in spans if start <= one[0] < end]
        bare = text[start:end]
        for a, b in held:
            bare = bare[: a - start] + " " * (b - a) + bare[b - start :]
        words = _told(bare, numbers)
        first = _subject(bare.rpartition(": ")[2])  # what stands before a colon, all of it is about
        cased = place > 0 and CASED.match(text[start:end]) is not None
        found += [Case(one, words, cased, None, first) for one in [*held, *([] if held else [None])]]
    return found


def _subject(clause: str) -> str:
    """The stem of the word that a clause begins with, which another takes the place of in the next; "" of a pronoun."""
    word = re.match(r"\W*(?:(?:the|an?|each|every|our|my|der|die|das|le|la|el)\s+)?([^\W_]+)", clause, re.IGNORECASE)
    return next(iter(stems(word[1])), "") if word else ""


def _clauses(text: str, spans: Sequence[Span]) -> list[Span]:
    """Where the clauses begin and end."""
    found, start = list[Span](), 0
    for end, joint in [*((cut.start(), cut[0]) for cut in JOINT.finditer(text)), (len(text), ",")]:
        held = any(start <= one[0] < end for one in spans)
        told = ordinals(text[start:end]) or (text[start:end].strip() and NUMBERED.search(text[start:end]))
        own = bool(found) and bool(told) and not WEAK.fullmatch(joint.strip())
        if held or own:
            found.append((start, end))
            start = end
    return found


def _told(text: str, numbers: Collection[str]) -> frozenset[str]:
    """The stems of a text, its ordinals, and those of the numbers that it covers."""
    return frozenset(stems(text)) | ordinals(text) | covered(text, numbers)
