"""
Records that are told in sentences, one after the other: the ingredients of a recipe told as a story ("take 300 g brown
lentils and two carrots; then 2 tablespoons vinegar"), who scored in which minute, who paid
how much.

Each has a number that says what it is of, by its unit or by the word beside it; the name is the nearest. Rules only;
nothing here asks a model.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.dates import NAME as MONTH
from rag.extract.candidates import Candidate
from rag.extract.fields import Field
from rag.extract.items import NUMBER, PRICED, UNIT, Roles, Row, roles
from rag.extract.lexicon import bag, units
from rag.extract.matching import asks_percent
from rag.extract.natures import STREET
from rag.sentences import spans

FEW, MANY = 2, 30
HUNDRED = 100.5
MEASURED = bag("quantity amount ingredients materials")  # what asks how much of what
NO_AMOUNTS = frozenset({"day", "date", "time", "stamp", "phone", "code", "span", "email", "url"})
NUMBERED = r"(?P<number>\d{1,3}(?:[.,]\d+)?)\s?%"
PART_OF = r"(?P<name>[^\W\d][^,;:%()\d\n–]{1,60}?)"
LEAD = re.compile(r".*\s[-–]\s|\s+\Z")  # "Marks - exam"
SHARE_AFTER = re.compile(rf"{PART_OF}[\s:(–-]+{NUMBERED}")
SHARE = r"\d{1,3}(?:[.,]\d+)?)\s?%"
PART_IN_LINE = re.compile(
    rf"(?:(?:[-*+•|]|\d{{1,2}}[.)])[ \t]*)?[*_]{{0,2}}"
    rf"(?:(?P<name>[^\W\d_][^%\n|]{{1,80}}?)[\s:–—(|.*_-]+(?P<number>{SHARE}"
    rf"[).;,\s|*_]*|(?P<numbered>{SHARE}[\s:|–—-]+(?P<named>[^\W\d_][^%\n|\d]{{1,80}}?)[.;,\s|]*)"
)
# What leads to the first part of a sentence that tells them: "The grade is made up of …".
TELLS = re.compile(
    r".*\b(?:is|are|was|consists?|comprises?|includes?|besteht|setzt|wird|werden|ist|est|sont|compose|comprend|è|sono|es|son|consta"
    r"|bestaat|wordt|består)\b(?:.*\s(?:of|from|by|on|aus|durch|de|par|da|di|uit|van|av|af)\s|\s|\s?:\s)"
)
AND = re.compile(r"\A(?:and|und|et|y|e|en|och|og|plus|sowie)\s")
PART_ENDS = r"(?=\s*(?:[,;.()\n]|\b(?:and|und|et|y|e|en)\b|\Z))"
SHARE_BEFORE = re.compile(rf"{NUMBERED}\s+(?:de |di |of |d['’])?{PART_OF}{PART_ENDS}")
TIMES = (
    r"(?:minutes?|mins?|hours?|hrs?|days?|weeks?|months?|years?|times|degrees?|°C?|people|persons|servings"
    r"|portions?|Minuten?|Stunden?|Tagen?|Wochen?"
    r"|Uhr|Grad|Personen|Portionen|Mal|Jahren?|heures?|jours?|degrés|personnes|fois|minutos|horas|días|grados|euros?|EUR|dollars?|pounds|francs?|CHF"
    r"|personas|raciones|veces|per|pro|par|por|cent|percent)"
)
SPOON = (
    r"(?:Esslöffeln?|Teelöffeln?|Litern?|Gramm|Kilo|Kilogramm|Milliliter|Zweige?|Stangen?"
    r"|cuillerées?|brins?|litros?|gramos|kilos?|ramitas?|vasos?)"
)
AMOUNT = re.compile(
    rf"(?<![\w.,/-])(?:(?P<number>{NUMBER})(?:\s?[-–]\s?{NUMBER})?|(?P<article>an?|eine?n?|une?|un[ao]?)(?=\s))\s?"
    rf"(?:(?P<unit>{UNIT}|{SPOON})(?:\.|(?![\w-]))\s?)?"
    rf"(?!\s?(?:{TIMES}|[CFZ]|{MONTH.replace('?P<name>', '?:')})(?!\w))",
    re.IGNORECASE,
)
COUNTED = re.compile(TIMES, re.IGNORECASE)
OF = re.compile(r"\s?(?:of\s|de\s|d['’]|del\s|di\s)?(?:the\s|la\s|le\s)?", re.IGNORECASE)
WORD = re.compile(r"[^\W\d_][\w'’-]*")
ORDINAL = re.compile(r"(\d{1,4}(?:[.,]\d+)?)(?:st|nd|rd|th|\.|ème|e|º|ª)?[\s-]([^\W\d_]{2,})")
STOPS = bag(
    "and or with in into on onto at to from for by then until which that is are was were while when as over it"
    " them you we i so but not"
    " und oder mit in auf an zu für dann bis die der das den dem ist sind es sie wir ich nicht hinein dazu an"
    " auf aus klein et ou avec dans"
    " sur pour puis on nous il y o con en para luego hasta se le la les el los las una un une qu' que pendant"
    " qui do each every a an the"
)


def gathered(text: str, wanted: Sequence[Field], found: Sequence[Candidate]) -> list[Row]:
    """The records that the sentences of a text tell of these fields, one after the other; [] if fewer than two."""
    asked = roles(wanted)
    if any(map(asks_percent, wanted)):
        return []
    if asked.what is not None and _measures(asked, wanted):
        taken = [(one.start, one.end) for one in found if one.kind in NO_AMOUNTS]
        rows = _amounts(text, asked, [*taken, *(match.span() for match in STREET.finditer(text))])
    else:
        rows = _numbered(text, wanted, found)
    return rows[:MANY] if len(rows) >= FEW else []


def _measures(asked: Roles, wanted: Sequence[Field]) -> bool:
    """Whether the fields ask how much of what; "weight" and "number" alone may be of anything."""
    if _priced(wanted):
        return False
    amount = asked.amount.units if asked.amount else frozenset()
    return bool(amount & MEASURED) or (asked.unit is not None and bool(wanted[0].parent & MEASURED))


def shares(text: str, wanted: Sequence[Field]) -> list[Row]:
    """
    What several parts are of a hundred, where a line says it: "price 60 %, quality 40 %", "85 % Syrah, 10 % Grenache".
    Of several such lines the one whose label means the list; none if no label does.
    """
    what, share = roles(wanted).what, next((one for one in wanted if asks_percent(one)), None)
    if what is None or share is None or len(wanted) != FEW:
        return []
    if lined := _by_lines(text, what, share):
        return lined
    told: list[list[Row]] = []
    for line in text.splitlines():
        label, _, said = line.partition(": ")
        ways = (SHARE_BEFORE, SHARE_AFTER) if said.lstrip()[:1].isdigit() else (SHARE_AFTER, SHARE_BEFORE)
        found = max((list(way.finditer(part)) for part in (said, line) for way in ways), key=len)
        if len(found) < FEW or sum(float(match["number"].replace(",", ".")) for match in found) > HUNDRED:
            continue
        rows: list[Row] = [{what.key[1]: [_part(match["name"])], share.key[1]: [match["number"]]} for match in found]
        if units(label) & what.parent:
            return rows[:MANY]
        told.append(rows)
    return told[0][:MANY] if len(told) == 1 else []


def _part(said: str) -> str:
    """What a part is called, without what leads to it: "Marks - exam", "and a talk"."""
    return AND.sub("", TELLS.sub("", LEAD.sub("", said)).lstrip(), count=1)


def _by_lines(text: str, what: Field, share: Field) -> list[Row]:
    """Parts of a hundred in lines below one another: below the name of the list, or which are all of a hundred."""
    best: tuple[bool, list[Row]] = (False, [])
    above, parts = "", list[tuple[str, str]]()
    for line in [*text.splitlines(), "."]:
        match = PART_IN_LINE.fullmatch(line.strip())
        if match:
            parts.append((match["name"] or match["named"], match["number"] or match["numbered"]))
        elif line.strip():
            total = sum(float(number.replace(",", ".")) for _, number in parts)
            named = bool(units(above) & what.parent)
            if len(parts) >= FEW and total <= HUNDRED and (named or total > HUNDRED - 1) and (named, 1) > (best[0], 0):
                said = [(name.strip(" *_:"), number) for name, number in parts]
                best = (named, [{what.key[1]: [name], share.key[1]: [number]} for name, number in said])
            above, parts = line, []
    return best[1][:MANY]


def _priced(wanted: Sequence[Field]) -> bool:
    return any(one.kind == "number" and one.units & PRICED for one in wanted)


def _amounts(text: str, asked: Roles, taken: Sequence[tuple[int, int]]) -> list[Row]:
    """How much of what, wherever a sentence says it; a bare "an onion" only beside what is measured."""
    assert asked.what is not None
    rows: list[Row] = []
    measured = 0
    for span in spans(text):
        said, here, sure = text[span.start : span.end], list[Row](), 0
        for match in AMOUNT.finditer(said):
            if not (match["number"] or match["unit"] or match["article"]):
                continue
            if any(first <= span.start + match.start() < last for first, last in taken):
                continue  # of a day, an address
            of = OF.match(said, match.end())
            name = _noun(said, of.end() if of else match.end())
            if (
                not name
                or COUNTED.fullmatch(name.split()[-1])
                or (match["article"] and not match["unit"] and not _among(said, match.start(), here))
            ):
                continue
            row: Row = {asked.what.key[1]: [name]}
            if asked.unit:
                row[asked.unit.key[1]] = [match["unit"]] if match["unit"] else []
            if asked.amount:
                both = f"{match['number'] or ''} {match['unit'] or ''}".strip()
                told = match["number"] if asked.amount.kind == "number" else both
                row[asked.amount.key[1]] = [told] if told else []
            here.append(row)
            sure += match["number"] is not None and (match["unit"] is not None or not match["number"].isdigit())
            sure += match["number"] is not None and match["number"].isdigit()
        rows += here
        measured += sure
    return rows if measured >= FEW else []


def _among(said: str, start: int, rows: Sequence[Row]) -> bool:
    """Whether what stands there is one of several that were begun before it, "300 g lentils, an onion"."""
    return bool(rows) and re.search(r"(?:,|\b(?:and|und|et|y))\s\Z", said[:start]) is not None


def _noun(said: str, start: int) -> str:
    """The name of what is measured: up to three words, in German up to its noun."""
    words: list[str] = []
    at = start
    while len(words) < 3 and (match := WORD.match(said, at)):
        word = match[0]
        if word.lower() in STOPS:
            break
        words.append(word)
        at = match.end()
        if word[0].isupper() or said[at : at + 1] != " ":
            break
        at += 1
    return " ".join(words)


def _numbered(text: str, wanted: Sequence[Field], found: Sequence[Candidate]) -> list[Row]:
    """A name and the number that the sentence says of it: "Ellis scored in the 12th minute", "Tom paid 15 €"."""
    who = next(
        (one for one in wanted if one.kind == "text" and (one.naming or one.nature or "name" in one.units)), None
    )
    number = next((one for one in wanted if one.kind == "number"), None)
    if who is None or number is None or len(wanted) != FEW:
        return []
    names = sorted((one for one in found if one.kind == "name"), key=lambda one: one.start)
    rows: list[Row] = []
    for span in spans(text):
        inside = [one for one in names if span.start <= one.start < span.end]
        for match in ORDINAL.finditer(text, span.start, span.end):
            if not units(match[2]) & (number.units | number.words) or not inside:
                continue
            before = [one for one in inside if one.end <= match.start()]
            name = (before or inside)[-1 if before else 0]
            rows.append({who.key[1]: [name.text], number.key[1]: [match[1]]})
    return rows


__all__ = ["gathered", "shares"]
