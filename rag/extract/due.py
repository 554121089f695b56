"""
What is due on which day: a day and an amount, pair by pair, in lines below one another or in one sentence.

    Termijn 1    31 maart 2026    € 175,11        a first instalment of £140.87 on 1 April, then £140.89 on 1 May 2026
    Termijn 2    30 april 2026    € 175,10

Only for elements of one day, one number and at most one text, and where days and amounts take turns. Rules only;
nothing here asks a model.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from rag.dates import dates, days
from rag.extract.fields import Field
from rag.extract.lexicon import bag, units, within
from rag.extract.rows import Row

FEW, MANY = 2, 30
APART, LEFT = 40, 8  # characters between a day and its amount; words of a line beside them
PRICED = bag("price amount total subtotal tax salary instalment")
NUMBER = r"\d[\d.,'’\u00a0]*\d|\d"
MONEY = re.compile(
    rf"(?:[€$£¥]|\b(?:EUR|USD|GBP|CHF|SEK|NOK|DKK|PLN|kr\.?))\s?(?P<a>{NUMBER})"
    rf"|(?<![\d.,/-])(?P<b>{NUMBER})\s?(?:[€$£¥]|(?:EUR|USD|GBP|CHF|SEK|NOK|DKK|PLN|kr|zł|euros?)\b)"
    r"|(?<![\d.,/-])(?P<c>\d[\d.'’]*,\d\d|\d[\d,'’]*\.\d\d)(?![\d.,/-]*\d)",
    re.IGNORECASE,
)
EDGES = " \t|*_:;,.–—-()•"
Pair = tuple[tuple[int, int], tuple[int, int]]  # where the day stands, where its amount


def due(text: str, wanted: Sequence[Field]) -> list[Row]:
    """The days with their amounts, of the lines that have most of them, else of a sentence that names the list."""
    day = [one for one in wanted if one.kind == "date" or (one.kind == "text" and "date" in one.wants)]
    paid = [one for one in wanted if one.kind == "number" and one.units & PRICED]
    what = [one for one in wanted if one not in day and one not in paid]
    if len(day) != 1 or len(paid) != 1 or len(what) > 1 or any(one.kind != "text" or one.listed for one in what):
        return []
    best: list[Row] = []
    for start, end in _paragraphs(text):
        for run in _runs(text, start, end):
            rows = [_row(text, pair, line, day[0], paid[0], what) for pair, line in run]
            best = max(best, rows, key=len) if len(run) >= FEW else best
    return (best or _in_sentence(text, day[0], paid[0], what))[:MANY]


def _row(text: str, pair: Pair, line: tuple[int, int], day: Field, paid: Field, what: Sequence[Field]) -> Row:
    row: Row = {day.key[1]: [text[slice(*pair[0])]], paid.key[1]: [text[slice(*pair[1])]]}
    for one in what:
        said = " ".join(part for part in _rest(text, pair, line) if part)
        row[one.key[1]] = [said] if re.search(r"[^\W\d_]", said) else []
    return row


def _rest(text: str, pair: Pair, line: tuple[int, int]) -> list[str]:
    """What else stands in a line, before, between and behind day and amount."""
    (first, last), (begin, end) = sorted(pair)
    parts = [text[line[0] : first], text[last:begin], text[end : line[1]]]
    return [part.strip(EDGES + "€$£¥") for part in parts]


def _paragraphs(text: str) -> Iterator[tuple[int, int]]:
    at = 0
    for match in [*re.finditer(r"\n[ \t]*\n\s*", text), None]:
        end = match.start() if match else len(text)
        yield at, end
        at = match.end() if match else end


def _runs(text: str, start: int, end: int) -> Iterator[list[tuple[Pair, tuple[int, int]]]]:
    """Lines one below the other that each have one day, one amount and few words, in the same order."""
    run: list[tuple[Pair, tuple[int, int]]] = []
    order: bool | None = None
    at = start
    for line in text[start:end].split("\n"):
        span = (at, at + len(line))
        at += len(line) + 1
        tokens = _tokens(text, *span)
        pair = _pair(tokens) if len(tokens) == FEW else None
        if pair and sum(len(part.split()) for part in _rest(text, pair, span)) <= LEFT:
            first = pair[0] < pair[1]
            if run and first != order:
                yield run
                run = []
            order = first
            run.append((pair, span))
        elif line.strip("|-+=: \t"):
            yield run
            run = []
    yield run


def _tokens(text: str, start: int, end: int) -> list[tuple[int, int, bool]]:
    """The days and amounts of a part of the text, in their order: start, end, whether it is a day."""
    part = text[start:end]
    held = {(when.start, when.end) for when in dates(part)} | {(day.start, day.end) for day in days(part)}
    spans: list[tuple[int, int, bool]] = []
    for first, last in sorted(held, key=_widest):
        if all(last <= one or other <= first for one, other, _ in spans):
            spans.append((first, last, True))
    for match in MONEY.finditer(part):
        group = match.lastgroup or 0
        if all(match.end() <= one or other <= match.start() for one, other, _ in spans):
            spans.append((*match.span(group), False))
    return sorted((start + one, start + other, is_day) for one, other, is_day in spans)


def _widest(span: tuple[int, int]) -> tuple[int, int]:
    return (span[0] - span[1], span[0])


def _pair(tokens: Sequence[tuple[int, int, bool]]) -> Pair | None:
    """A day and an amount that stand beside one another."""
    one, other = tokens
    if one[2] == other[2]:
        return None
    day, paid = (one, other) if one[2] else (other, one)
    return (day[0], day[1]), (paid[0], paid[1])


def _in_sentence(text: str, day: Field, paid: Field, what: Sequence[Field]) -> list[Row]:
    """Pairs that take turns in a paragraph that speaks of the list, or stands below words that do."""
    above = ""
    for start, end in _paragraphs(text):
        said = text[start:end]
        tokens = _tokens(text, start, end)
        pairs = [_pair(tokens[n : n + 2]) for n in range(0, len(tokens) - 1, 2)]
        spoken = day.parent and within(day.parent, units(f"{above} {said}")) >= 1
        above = said if len(said) < 80 else ""
        if not spoken or len(tokens) % 2 or len(pairs) < FEW or not all(pairs):
            continue
        found = [pair for pair in pairs if pair is not None]
        near = all(
            max(pair)[0] - min(pair)[1] <= APART and "\n" not in text[min(pair)[1] : max(pair)[0]] for pair in found
        )
        if near and len({pair[0] < pair[1] for pair in found}) == 1:
            return [_row(text, pair, (min(pair)[0], max(pair)[1]), day, paid, []) for pair in found]
    return []


__all__ = ["due"]
