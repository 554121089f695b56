"""
What somebody is to do, by when: "Hiroshi to write the rollback plan by Thursday", "Marta will ask legal by 20 April".

A day of the week is the next one after the day of the text. Rules only; nothing here asks a model.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from rag.extract.candidates import COMMON
from rag.extract.fields import Field
from rag.extract.items import UNTIL, Dated, Roles, Row, roles
from rag.extract.layout import Layout, Line
from rag.extract.lexicon import is_notion
from rag.extract.lists import below
from rag.sentences import spans

FEW, MANY = 2, 30
NAME = r"[A-ZÀ-Þ][\w'’-]+\.?(?:\s[A-ZÀ-Þ][\w'’-]*\.?){0,2}"
PLANNED = re.compile(
    rf"(?P<who>{NAME}(?:\s?(?:,|&|\band|\bund|\bet|\by)\s?{NAME})*)\s(?P<verb>to|will|is to|are to|soll|wird|muss"
    rf"|doit|va|debe)"
    r"\s(?P<what>[a-zà-ÿ\d].+)"
)
DOES = r"(?:will|is to|are to|soll|wird|muss|doit|va|debe|dovrà|zal|moet)"
SPOKEN = re.compile(  # a clause of a sentence: "Femi will add a timeout by 18 May, and Laura will build a copy"
    rf"(?P<who>{NAME})\s{DOES}\s(?!be\s|not\s|have\s|sein\s|nicht\s|être\s)(?P<what>[a-zà-ÿ\d].+?)"
    rf"(?=[,;]?\s(?:and|und|et|y|e|en|while|während|tandis que)\s{NAME}\s{DOES}\s|\.?\s*\Z)",
    re.DOTALL,
)
DAYS = (
    "monday tuesday wednesday thursday friday saturday sunday"
    "|montag dienstag mittwoch donnerstag freitag samstag sonntag"
)
DAYS += "|lundi mardi mercredi jeudi vendredi samedi dimanche|lunes martes miércoles jueves viernes sábado domingo"
WEEKDAY = {name: n for names in DAYS.split("|") for n, name in enumerate(names.split())}
WEEKDAY |= {name[:3]: n for name, n in WEEKDAY.items() if name.endswith("day")}
NEARBY = {
    "today": 0,
    "tonight": 0,
    "tomorrow": 1,
    "heute": 0,
    "morgen": 1,
    "aujourd'hui": 0,
    "demain": 1,
    "hoy": 0,
    "mañana": 1,
}
RELATIVE = re.compile(
    r"[\s,;–—-]*\(?(?:\b(?:by|until|till|before|on|due|for|bis(?: zum)?|spätestens|am|avant|pour|d'ici|para el"
    r"|antes del)\s)?"
    r"(?:(?:EOD|COB|close|end)\s(?:of\s(?:day\s)?)?)?(?:(?:the|next|this|coming|nächsten|kommenden|diesen|le"
    r"|el)\s){0,2}"
    rf"\b(?P<day>{'|'.join([*sorted(WEEKDAY, key=len, reverse=True), *NEARBY])})(?:\s(?:next|prochain|próximo"
    rf"|evening|morning))?\)?[.;]?\s*\Z",
    re.IGNORECASE,
)


def planned(text: str, layout: Layout, wanted: Sequence[Field], dated: Sequence[Dated]) -> list[Row]:
    """The lines that say who is to do what; fewer than two only below the heading of the list."""
    asked = roles(wanted)
    if asked.what is None or asked.who is None or asked.amount or "tasks" not in asked.what.units | wanted[0].parent:
        return []
    _, under = below(text, layout, wanted[0].parent)
    day = next((date.fromisoformat(said) for _, said in dated if re.fullmatch(r"\d{4}-\d\d-\d\d", said)), None)
    rows = []
    for line in under or layout.lines:
        match = PLANNED.fullmatch(text, line.start, line.end)
        if match and not is_notion(match["who"]) and (under or match["verb"] == "to"):
            rows.append(_row(text, match, asked, dated, day) | _ticked(line, asked.done))
    if not rows and not under:
        rows = [_row(text, match, asked, dated, day) for match in _spoken(text)]
    return rows[:MANY] if len(rows) >= (1 if under else FEW) else []


def _spoken(text: str) -> Iterator[re.Match[str]]:
    """Who will do what, in the sentences of a text: two at least in one of them."""
    for span in spans(text):
        found = [match for match in SPOKEN.finditer(text, span.start, span.end) if _is_named(match["who"])]
        yield from found if len(found) >= FEW else []


def _is_named(who: str) -> bool:
    return who.split()[0].lower() not in COMMON and not is_notion(who)


def _row(text: str, match: re.Match[str], asked: Roles, dated: Sequence[Dated], day: date | None) -> Row:
    """Who does what by when, of a line or a clause that says it."""
    assert asked.what is not None
    assert asked.who is not None
    row = {asked.who.key[1]: [match["who"]]}
    end = match.end("what")
    inside = [(at, said) for at, said in dated if match.start("what") <= at < end]
    until = UNTIL.search(text, match.start("what"), inside[-1][0]) if inside else None
    near = RELATIVE.search(text, match.start("what"), end)
    if inside and until:
        row |= {asked.when.key[1]: [inside[-1][1]]} if asked.when else {}
        end = until.start()
    elif near and day:
        row |= {asked.when.key[1]: [_after(day, near["day"].lower()).isoformat()]} if asked.when else {}
        end = near.start()
    row[asked.what.key[1]] = [" ".join(text[match.start("what") : end].split()).rstrip(" .;,(")]
    return row


def _ticked(line: Line, done: Field | None) -> Row:
    return {done.key[1]: ["yes" if line.done else "no"]} if done and line.done is not None else {}


def _after(day: date, said: str) -> date:
    """The day that is meant by a word, seen from another day; a day of the week is one of the next seven."""
    if said in NEARBY:
        return day + timedelta(days=NEARBY[said])
    return day + timedelta(days=(WEEKDAY[said] - day.weekday() - 1) % 7 + 1)


__all__ = ["planned"]
