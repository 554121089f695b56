"""
Records of two sides in one line: results of matches and legs of a journey.

    Ferryhill Rangers 3-1 Red Lion Athletic (Dunn 12)      SK 1467 Stockholm ARN 07:05 → Copenhagen CPH 08:20, seat 11C

Rules only; nothing here asks a model.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from rag.dates import Day, When, dates, days
from rag.extract.fields import Field
from rag.extract.grids import grids
from rag.extract.items import Row
from rag.extract.layout import Layout
from rag.extract.letters import head_end
from rag.extract.lexicon import bag, units
from rag.extract.rows import by_heads

FEW, MANY, LONGEST, NEAR = 2, 60, 240, 60  # the last: characters of a line that is read, of what stands before a leg
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
NAMED = r"(?!\w*\d)[A-ZÀ-Þ][\w'’/-]*"
SPOT = rf"{NAMED}(?:\s(?:(?:am|an der|de|du|la|le|del|di|van)\s)?{NAMED}){{0,3}}"
FROM_TO = re.compile(
    rf"\b(?:[Ff]rom|[Vv]on|[Vv]om|[Dd]e|[Dd]esde|[Dd]a|[Vv]an)\s(?P<from>{SPOT})\s(?:to|nach|à|a|hasta|naar)\s(?P<to>{SPOT})"
)
VEHICLE = re.compile(
    r"\b(?:[Ff]light|[Ff]lug|[Vv]ol|[Vv]uelo|[Vv]olo|[Vv]lucht|[Tt]rain|[Zz]ug|[Tt]ren|[Tt]reno|[Tt]rein|[Bb]us)\s"
    r"(?:(?:no|nr|n°|number)\.?\s)?(?P<code>[A-Z][A-Z0-9]{0,4}\s?\d{1,5})\b"
)
LEAVING = re.compile(rf"\b(?:at|um|ab|à|alle|a las|om|kl\.?)\s(?P<hour>{CLOCK})")
ENDS = (
    (
        "from",
        bag("depart departs departure departing from abflug abfahrt départ departs salida partenza vertrek avgång"),
    ),
    ("to", bag("arrive arrives arrival arriving to ankunft arrivée llegada arrivo aankomst ankomst")),
)
PLACED = re.compile(  # where and when in one cell, the day between them or behind
    rf"(?P<place>{SPOT})(?:\s\([A-Z]{{3}}\))?[,\s]+(?:[^\n]*?[\s,])??(?P<hour>(?i:{CLOCK}))"
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
        if way is _leg and asked and (told := list(_told(text, asked, wanted))):
            return told[:MANY]
    return []


def legs_in_cells(text: str, layout: Layout, wanted: Sequence[Field]) -> list[Row]:
    """The legs of a table whose cells say where and when at once: "Denver (DEN) Aug 9, 2026 7:15 AM" below "Depart"."""
    asked = _of_leg(wanted)
    for grid in grids(text, layout) if asked else ():
        ends = {side: n for side, words in ENDS for n, head in enumerate(grid.heads) if words & bag(head.casefold())}
        if set(ends) != {"from", "to"}:
            continue
        others = {name: n for name, n in by_heads(wanted, grid.heads).items() if n not in ends.values()}
        rows = [_of_cells(cells, ends, others, asked, wanted) for cells in grid.rows]
        if rows and all(rows):
            return rows[:MANY]
    return []


def _of_cells(
    cells: Sequence[str],
    ends: Mapping[str, int],
    others: Mapping[str, int],
    asked: Mapping[str, str],
    wanted: Sequence[Field],
) -> Row:
    """A leg; {} if one of its two cells does not say both where and at what hour."""
    row: Row = {}
    for side, hour in (("from", "departure"), ("to", "arrival")):
        match = PLACED.match(cells[ends[side]])
        if match is None:
            return {}
        row |= {asked[part]: [match[said]] for part, said in ((side, "place"), (hour, "hour")) if part in asked}
    row = _dated(cells[ends["from"]], row, wanted)
    return row | {name: [cells[n]] for name, n in others.items() if name not in row and cells[n]}


def _told(text: str, asked: dict[str, str], wanted: Sequence[Field]) -> Iterator[Row]:
    """The legs that sentences tell, each up to the next, with what is said of when one goes."""
    found = list(FROM_TO.finditer(text, head_end(text)))
    first = bool(found) and VEHICLE.search(text, max(0, found[0].start() - NEAR), found[0].start()) is not None
    for match, after in zip(found, [*found[1:], None], strict=True):
        end = min(match.end() + LONGEST, after.start() if after else len(text))
        said, ahead = text[match.end() : end].partition("\n\n")[0], text[max(0, match.start() - NEAR) : match.start()]
        row = {name: [" ".join(match[part].split())] for part, name in asked.items() if part in ("from", "to")}
        if "departure" in asked and (hour := LEAVING.search(said)):
            row[asked["departure"]] = [hour["hour"]]
        if "code" in asked and (code := VEHICLE.search(ahead if first else said)):
            row[asked["code"]] = [code["code"]]
        row = _dated(said, row, wanted)
        if len(row) > FEW:
            yield row


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
