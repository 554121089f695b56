"""
Records of two sides in one line: results of matches and legs of a journey.

    Ferryhill Rangers 3-1 Red Lion Athletic (Dunn 12)      SK 1467 Stockholm ARN 07:05 → Copenhagen CPH 08:20, seat 11C

Rules only; nothing here asks a model.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.dates import Day, When, dates, days
from rag.extract.fields import Field
from rag.extract.items import Row
from rag.extract.lexicon import bag, units

FEW, MANY, LONGEST = 2, 60, 240  # LONGEST: characters of a line that is read
MARK = re.compile(r"\s*(?:[-*+•·]\s+)?(?:\d{1,2}[.)]\s+)?")
SIDE = r"[^\W\d_](?:[^\n:|(),;]*[^\W_.])?\.?"
RESULT = re.compile(
    rf"(?P<front>.*?(?:\s{{2,}}|\t|[:|,]\s|\d\s))??(?P<home>{SIDE})\s+"
    r"(?:(?P<one>\d{1,3})\s?[-–—:]\s?(?P<other>\d{1,3})|[A-Z]\s?[-–]\s?[A-Z]|v(?:s?\.?|ersus)|(?:abandoned"
    r"|postponed|abgesagt|reporté))"
    rf"\s+(?P<away>{SIDE})(?=\s*(?:\Z|[(,;|]|\s{{2,}}))"
)
CLOCK = r"\d{1,2}(?:[:.]\d\d|\s?h\s?\d\d)(?:\s?(?:[ap]\.?m\.?|Uhr)\b)?"
TO = r"\s*(?:→|->|=>|–|—|-|\b(?:to|nach|à|a|bis|arr(?:ives?|\.)?|an)\b)\s*"
PLACE = r"[A-ZÀ-Þ][\w.'’/-]*(?:\s(?:[a-zà-ÿ]{1,3}\s)?[A-ZÀ-Þ(][\w.'’()/-]*){0,4}"
LEG = re.compile(
    rf"(?<![\w*])(?P<code>(?:[A-Z][A-Z0-9]{{0,4}}\s?\d{{1,5}})?)\s*(?P<from>{PLACE})[\s,]+(?:(?:dep\.?|ab|dép\.?)\s)?"
    rf"(?P<departure>{CLOCK}){TO}(?P<to>{PLACE})[\s,]+(?P<arrival>{CLOCK})"
)
CALLED = re.compile(r"([^\W\d_]{3,20})\s(\w*\d\w*)")  # "seat 11C"
HOME = bag("home heim heimmannschaft local casa domicile host hosts gastgeber thuis")
AWAY = bag("away gast gastmannschaft gäste visitor visitors visitante visiteur extérieur guest guests fuori uit ospite")
GOALS = bag("goals goal score scores points tore doelpunten punkte goles buts gol result")


def sides(text: str, wanted: Sequence[Field]) -> list[Row]:
    """The results or the legs that the lines of a text say; none if no fields ask for two sides."""
    for asked, way in ((_of_result(wanted), _result), (_of_leg(wanted), _leg)):
        lines = [line for line in text.split("\n") if len(line) <= LONGEST] if asked else []
        rows = [row for line in lines if (row := way(line, asked, wanted))]
        if len(rows) >= FEW or (rows and way is _leg):
            return rows[:MANY]
    return []


def _of_result(wanted: Sequence[Field]) -> dict[str, str]:
    """Part of a result -> field: the names and what each side has, by words such as "home" and "away"."""
    asked: dict[str, str] = {}
    for side, count, words in (("home", "one", HOME), ("away", "other", AWAY)):
        for one in wanted:
            if set(one.key[1].lower().replace("-", "_").split("_")) & words:
                if one.kind == "number":
                    asked[count] = one.key[1]
                elif one.kind == "text" and not one.words & GOALS:
                    asked[side] = one.key[1]
    return asked if {"home", "away"} <= set(asked) else {}


def _result(line: str, asked: dict[str, str], wanted: Sequence[Field]) -> Row:
    said = line[MARK.match(line).end() :].rstrip()  # type: ignore[union-attr]
    match = RESULT.match(said)
    if match is None:
        return {}
    return _dated(line, {name: [match[part].strip()] for part, name in asked.items() if match[part]}, wanted)


def _of_leg(wanted: Sequence[Field]) -> dict[str, str]:
    """Part of a leg -> field."""
    asked: dict[str, str] = {}
    for one in wanted:
        words = set(one.key[1].lower().split("_"))
        timed = bool(words & bag("time times at departs arrives")) or words <= bag(
            "departure arrival departs arrives abfahrt ankunft départ arrivée"
        )
        if words & bag("from origin start von abfahrtsort de") and not timed:
            asked["from"] = one.key[1]
        elif words & bag("to destination ziel nach dest") and not timed:
            asked["to"] = one.key[1]
        elif words & bag("departure departs depart dep abfahrt abflug départ salida"):
            asked["departure" if timed else "from"] = one.key[1]
        elif words & bag("arrival arrives arrive arr ankunft arrivée llegada"):
            asked["arrival" if timed else "to"] = one.key[1]
        elif words & bag("flight train carrier number code service line zug flug vol vuelo"):
            asked["code"] = one.key[1]
    return asked if len(asked) > FEW and {"from", "to"} & set(asked) and {"departure", "arrival"} & set(asked) else {}


def _leg(line: str, asked: dict[str, str], wanted: Sequence[Field]) -> Row:
    match = LEG.search(line)
    if match is None:
        return {}
    row = {name: [match[part].strip()] for part, name in asked.items() if match[part]}
    for called in CALLED.finditer(line, match.end()):
        one = next((one for one in wanted if one.key[1] not in row and one.units & units(called[1])), None)
        if one is not None:
            row[one.key[1]] = [called[2]]
    return _dated(line[: match.start()], row, wanted)


def _dated(line: str, row: Row, wanted: Sequence[Field]) -> Row:
    """The row with the day that its line says."""
    told: list[When | Day] = [*dates(line), *days(line)]
    when = min(told, key=lambda day: (day.start, -day.end), default=None)
    one = next((one for one in wanted if one.kind == "date" or "date" in one.units), None)
    line = line.replace("*", " ")
    if when is None or one is None or one.key[1] in row:
        return row
    start = when.start
    if one.kind == "text" and (week := re.search(r"(?<!\w)[^\W\d_]{2,10}[.,]?\s\Z", line[:start])):
        start = week.start()
    return row | {one.key[1]: [line[start : when.end]]}


__all__ = ["sides"]
