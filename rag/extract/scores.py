"""
The result of a match: who played at home, who away, how many goals each, how it stood at half-time, who scored when.

    SV Hohenried – TSV Bachleiten 2:2 (2:0)      PENWICK TOWN 3 ALDERSYKE ROVERS 1      Tore: 1:0 Ott (7.)

Rules only; nothing here asks a model.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rag.extract.fields import Field, in_words
from rag.extract.items import Row
from rag.extract.layout import Layout
from rag.extract.lexicon import bag, units
from rag.extract.sides import AWAY, GOALS, HOME
from rag.extract.telling import Told

LONGEST, MANY = 300, 40  # characters of a line that is read; goals
WORD = r"(?:[A-ZÀ-Þ]\w{0,2}\.|[A-ZÀ-Þ][\w'’&/]*(?:[.-]\w+)*|\d{1,4}(?![\w:.–-]))"
SIDE = rf"(?=[^\W\d_])(?=[A-ZÀ-Þ]){WORD}(?:\s(?:(?:de|del|la|le|of|the|y|und|van|der|di|a)\s){{0,2}}{WORD}){{0,4}}"
SCORE = r"(?<![\d:.,-])(?P<one>\d{1,3})\s?[-–:]\s?(?P<other>\d{1,3})(?![\d:.,-]*\d)"
HALF = r"(?:\s*[(\[]\s?(?:HT:?\s)?(?P<half>\d{1,3}\s?[-–:]\s?\d{1,3})[^)\]\n]{0,20}[)\]])?"
AGAINST = r"\s(?:[-–—]|v|vs\.?|gegen|contre|contra|tegen|contro|versus)\s"
BETWEEN = re.compile(
    rf"(?<![\w’'])(?P<home>{SIDE}),?\s(?:\s?){SCORE}{HALF},?\s+(?P<away>{SIDE}){HALF.replace('half', 'late')}"
)
BEHIND = re.compile(rf"(?<![\w’'])(?P<home>{SIDE}){AGAINST}(?P<away>{SIDE}?)[\s:,(*]{{1,4}}{SCORE}{HALF}")
APIECE = re.compile(rf"^\W*(?P<home>{SIDE}?)\s+(?P<one>\d{{1,3}})[,\s]\s*(?P<away>{SIDE}?)\s+(?P<other>\d{{1,3}})\W*$")
BEATEN = re.compile(
    rf"(?<![\w’'])(?:(?:El|La|Los|Der|Die|Le|Les|Il|The|De)\s)?(?P<home>{SIDE})\s(?:\w+\s){{1,3}}?(?:al?\s|contra\s"
    rf"|gegen\s|à\s|the\s|den\s|le\s|el\s)?"
    rf"(?P<away>{SIDE})\s(?:\w+\s){{0,2}}\(?{SCORE}\)?"
)
WON = re.compile(
    rf"(?<![\w’'])(?:(?:El|La|Los|Der|Die|Das|Le|Les|Il|The|De)\s)?(?P<home>{SIDE})\s(?:\w+\s){{0,5}}?(?:gewinn\w*"
    rf"|gewann|siegte?|verlor\w*|unterlag|besiegte?|won|lost|drew"
    rf"|ganó|perdió|empató|venció|ha vinto|vince|perde|gagne|s['’]impose|s['’]incline|won|wint|verliest"
    rf"|verloor)\s(?:[\w,]+\s){{0,6}}?{SCORE}"
    rf"{HALF},?\s(?:\w+\s){{0,3}}?(?:gegen|against|contre|contra|ante|to|with|contro|tegen|van|at home to)\s(?:den\s"
    rf"|die\s|das\s|le\s|la\s|el\s|al\s|il\s|de\s)?(?P<away>{SIDE})"
)
AT_HALF = (
    r"half[- ]?time|at the (?:break|interval)|HT|halbzeit(?:stand)?|pausenstand|(?:zur )?pause|mi-temps"
    r"|à la pause|descanso|al descanso"
    r"|ruststand|(?:bij )?rust|intervallo|primo tempo"
)
PAIR = r"\d{1,3}\s?[-–:]\s?\d{1,3}"
HALVES = re.compile(
    rf"\b(?:{AT_HALF})\b\W{{0,6}}(?:score\W{{1,3}})?(?P<a>{PAIR})(?!\d)"
    rf"|(?P<b>(?<!\d){PAIR})[ (),]{{1,3}}(?:\w+[ ]){{0,2}}?(?:{AT_HALF})\b"
    rf"|\bantes del descanso\W{{1,3}}(?P<c>{PAIR})",
    re.IGNORECASE,
)
HALF_WORDS = bag("half halftime halbzeit pausenstand descanso ruststand rust mi-temps intervallo pause")
SCORED = bag("score result ergebnis resultado résultat endstand uitslag risultato endergebnis")
TEAMS = bag("team club side mannschaft équipe equipo ploeg squadra verein elftal")
LEAGUE = re.compile(
    r"(?<![\w’'])(?:[A-ZÀ-Þ][\w'’-]*[ ]|\d\.[ ]){0,3}(?:[A-ZÀ-Þ]?\w*(?:[Ll]iga|klasse)\b|League|Ligue|Division"
    r"|Divisie|Championship|Premier|Cup|Pokal|Copa|Coupe|Federación|Trophy|Régionale|Serie|Primera|Segunda"
    r"|Eredivisie|Hoofdklasse|Conference)"
    r"(?:[ ](?:[A-ZÀ-Þ]\w*|\d{1,2}(?!\.)\b)(?![.:])){0,3}"
)
LEAGUES = bag(
    "competition league division tournament wettbewerb liga ligue competición torneo competitie competizione cup pokal"
)
# goals
MINUTE = r"\d{1,3}(?:\.?\s?\+\s?\d{1,2})?"
NAME = (
    r"(?:[A-ZÀ-Þ]\.\s?)?[A-ZÀ-Þ][\w'’-]+(?:\s(?:(?:de|van|der|den|la|le|von|di|da|dos|del)\s){0,2}"
    r"[A-ZÀ-Þ][\w'’-]+){0,3}"
)
MARK = r"(?:['’′]|st|nd|rd|th|\.|e|ème|ª|º|m|min\.?)?"
TIMES = rf"{MINUTE}{MARK}(?:[,\s/]*(?:and|et|und|y|en|e)?\s?{MINUTE}{MARK}(?![\w-]))*"
LISTED = re.compile(
    rf"(?:(?P<at>{PAIR})\s+)?(?P<name>{NAME})\s?(?:\((?:min\.?\s)?(?P<in>{TIMES})(?P<note>[^()\n]{{0,40}})\)"
    rf"|,?\s(?P<bare>{TIMES})(?![\w-]))"
)
FIRST = re.compile(  # "12' Rossi", "45. 1:0 Kaya", "1-0, min. 9: Iago Pena"
    rf"(?:(?P<at>{PAIR}),?\s)?(?:min(?:uto|ute)?\.?\s|(?<![\d:-]))(?P<in>{MINUTE})\s?(?:['’′.]|e"
    rf"|ème)?\s?:?\s(?:(?P<then>{PAIR})\s)?(?P<name>{NAME})"
)
OF_SIDE = re.compile(rf"\b(?:pour|for|für|para|per|voor)\s(?:le\s|la\s|den\s|el\s)?(?P<team>{SIDE})")
SENTENCE = re.compile(r"[.!?]\s+(?=[A-ZÀ-Þ])")
GOAL = bag("scorer goals")
CARDS = re.compile(
    r"\b(?:red|yellow|rot|gelb|card|sent off|expuls\w*|roja|rouge|rood|geel|substitut\w+ for|booked|verwarn\w*)",
    re.IGNORECASE,
)
IN_PROSE = re.compile(
    rf"\((?:min\.?\s)?(?P<a>{TIMES})(?:\s(?:min\w*|minuut))?(?:,[^()\n]{{0,30}}|\s[^()\d\n]{{1,16}})?\)"
    r"|\b(?:on|after|in) (?P<b>\d{1,3}) minutes?\b|\b(?:in|on) the (?P<c>\d{1,3})(?:st|nd|rd|th)(?: minute\b)?"
    r"|\b(?P<d>\d{1,3})(?:st|nd|rd|th|\.|e|ème)[ -](?:[Mm]inute|minuut|minuto)\b|\bin de (?P<e>\d{1,3})e\b"
    r"|\b(?:en el|al) (?:minuto )?(?P<f>\d{1,3})\b(?! de)|\bà la (?P<g>\d{1,3})e\b|\b(?P<h>\d{1,3})['’′](?!\w)"
    rf"|\((?P<i>{MINUTE}e (?:en|et|y|und|and) {MINUTE}e) (?:minuut|minute)\)",
)
FRONT = bag(
    "skipper captain substitute striker defender keeper midfielder winger centre-half trainer coach stürmer kapitän"
    " the after by when und in der die das but hun onze mannschaft spieler el la capitaine le il"
)


@dataclass(frozen=True, slots=True)
class Result:
    """Where a text says the two sides, what each has, and how it stood at half-time."""

    home: tuple[int, int]
    away: tuple[int, int]
    one: tuple[int, int]
    other: tuple[int, int]
    half: tuple[int, int] | None


@lru_cache(maxsize=16)
def result(text: str) -> Result | None:
    """The one result of a text; None if it says none, or those of several matches."""
    found: list[Result] = []
    at = 0
    for line in text.split("\n"):
        start, at = at, at + len(line) + 1
        if len(line) > LONGEST or not re.search(r"\d", line):
            continue
        for way in (BEHIND, BETWEEN, APIECE, WON, BEATEN):
            if match := way.search(line):
                found.append(_result(match, start))
                break
    sides = {(text[slice(*one.home)].casefold(), text[slice(*one.away)].casefold()) for one in found}
    if not found or len(sides) > 2:
        return None
    first = found[0]
    if first.half is None and (half := HALVES.search(text)):
        group = half.lastgroup or "a"
        first = Result(first.home, first.away, first.one, first.other, half.span(group))
    return first


def _result(match: re.Match[str], start: int) -> Result:
    groups = match.groupdict()
    half = next((part for part in ("half", "late") if groups.get(part)), "")
    places = {part: (match.start(part) + start, match.end(part) + start) for part in ("home", "away", "one", "other")}
    return Result(**places, half=(match.start(half) + start, match.end(half) + start) if half else None)


def score_told(text: str, one: Field) -> Told | None:
    """What the result of a text says of a field: a side, its goals, the score, the competition."""
    if one.element or one.listed or one.kind not in ("text", "number"):
        return None
    words = set(in_words(one.key[1]).split())
    side = "home" if words & HOME else "away" if words & AWAY else ""
    halved = bool(words & HALF_WORDS)
    asks = (
        bool(side and words <= HOME | AWAY | TEAMS | GOALS | {"name"})
        or halved
        or words <= SCORED | {"final", "full", "time"}
    )
    if one.kind == "text" and words & LEAGUES and len(words) < 3 and _is_match(text):
        league = LEAGUE.search(text)
        return Told(league[0], *league.span(), "sentence") if league else None
    found = result(text) if asks else None
    if found is None:
        return None
    if one.kind == "number":
        place = {"home": found.one, "away": found.other}.get(side) if not halved else None
        return Told(int(text[slice(*place)]), *place, "label") if place else None
    if halved:
        return Told(text[slice(*found.half)], *found.half, "label") if found.half else None
    if side and not words & GOALS:
        place = found.home if side == "home" else found.away
        return Told(text[slice(*place)], *place, "label")
    if words & SCORED and found.one[1] < found.other[0] and "\n" not in text[found.one[1] : found.other[0]]:
        place = (found.one[0], found.other[1])
        return Told(text[slice(*place)], *place, "label") if place[1] - place[0] < 10 else None
    return None


def _is_match(text: str) -> bool:
    return result(text) is not None


def goals(text: str, layout: Layout, wanted: Sequence[Field]) -> list[Row]:
    """Who scored in which minute, and for which side; none if the fields do not ask for goals."""
    minute = next((one for one in wanted if one.words & bag("minute min minuto minuut") or "minute" in one.units), None)
    who = next(
        (
            one
            for one in wanted
            if one.kind == "text"
            and ("player" in one.units or one.naming or "name" in one.units)
            and not one.words & TEAMS
        ),
        None,
    )
    if who is None or minute is None or not (wanted[0].parent & GOAL or "player" in wanted[0].parent | who.units):
        return []
    team = next((one for one in wanted if one.kind == "text" and one is not who and one.words & TEAMS), None)
    after = next((one for one in wanted if one.kind == "text" and one is not who and one.words & SCORED), None)
    rows = []
    only = _only_side(text)
    for name, when, score, side in list(_listed(text, layout) or _told(text))[:MANY]:
        side = side or only
        row: Row = {who.key[1]: [name], minute.key[1]: [re.match(r"\d+", when)[0]]}  # type: ignore[index]
        if minute.kind == "text":
            row[minute.key[1]] = [when]
        if team and side:
            row[team.key[1]] = [side]
        if after and score:
            row[after.key[1]] = [score]
        rows.append(row)
    return rows


def _only_side(text: str) -> str:
    """The side that scored, if the other has no goal."""
    found = result(text)
    if found is None:
        return ""
    one, other = (int(text[slice(*place)]) for place in (found.one, found.other))
    return text[slice(*found.home)] if not other else text[slice(*found.away)] if not one else ""


Goal = tuple[str, str, str, str]  # who, when, how it stands then, for whom


def _listed(text: str, layout: Layout) -> list[Goal]:
    """The goals behind a label or below a heading that says so."""
    places = [
        (cell.start, _last(text, line.end))
        for line in layout.lines
        for cell in line.cells
        if cell.label and _means(cell.label)
    ] or [(line.start, line.end) for line in layout.lines if line.above and _means(line.above)]
    found: list[Goal] = []
    before = (0, 0)
    known = result(text)
    for start, end in places:
        for part in re.split(r"\s?;\s|\.\s", text[start:end]):
            of = OF_SIDE.search(part)
            rows = list(LISTED.finditer(part))
            first = list(FIRST.finditer(part))
            for match in first if len(first) >= max(1, len(rows)) else rows:
                side = of["team"] if of else ""
                if match["at"] and known:
                    now = tuple(int(number) for number in re.findall(r"\d+", match["at"]))
                    side = text[slice(*(known.home if now[0] > before[0] else known.away))]
                    before = (now[0], now[1])
                times = re.findall(MINUTE, match["in"] or match.groupdict().get("bare") or "")
                found += [(_bare(match["name"]), when, match["at"] or "", side) for when in times]
    return found


def _last(text: str, end: int) -> int:
    """Where a label's value ends: with its line, or with those that are set below it."""
    more = re.compile(r"(?:\n[ \t]+[^\n]+)*").match(text, end)
    return more.end() if more else end


def _means(label: str) -> bool:
    return bool(units(label) & (GOAL | {"player"})) and len(label.split()) < 4


def _told(text: str) -> Iterator[Goal]:
    """The goals that sentences tell: the name before a minute, but not of who was sent off."""
    known = result(text)
    if known is None:
        return
    teams = {word for place in (known.home, known.away) for word in text[slice(*place)].casefold().split()}
    for sentence in SENTENCE.split(text):
        said = sentence.replace("\n", " ")
        at = 0
        for match in IN_PROSE.finditer(said):
            names = [_bare(name[0]) for name in re.finditer(NAME, said[at : match.start()])]
            names = [name for name in names if name and not set(name.casefold().split()) & teams]
            carded = CARDS.search(said, at, match.end())
            at = match.end()
            if names and not carded:
                times = match[match.lastgroup or 0]
                yield from ((names[-1], when, "", "") for when in re.findall(MINUTE, times))


def _bare(name: str) -> str:
    """A name without the word for what somebody is before it: "Skipper Luke Hartshorn"."""
    words = name.split()
    while words and words[0].lower() in FRONT:
        words = words[1:]
    return " ".join(words)


__all__ = ["goals", "result", "score_told"]
