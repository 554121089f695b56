"""
Things that are ordered, how many of each: "2 x croissant", "three loaves of rye", "1 Schwarzwälder Kirschtorte (groß)".

A number that is a day, an hour, a price, a telephone's, a house's or a postcode counts nothing, nor do the lines of a
mail's head. Rules only; nothing here asks a model.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.extract.candidates import Candidate
from rag.extract.fields import Field
from rag.extract.items import PRICED, Row, roles
from rag.extract.layout import Layout
from rag.extract.letters import head_end
from rag.extract.lexicon import bag, is_notion, units
from rag.extract.natures import STREET
from rag.quantities import SPELLED

MANY, WORDS = 40, 4  # of a name
ORDERING = re.compile(
    r"\b(?:order\w*|bestell\w*|liefer\w*|deliver\w*|please (?:keep|send|bring|put|reserve)|i(?:['’]d| would) like"
    r"|can i (?:have|get)|(?:wir|ich) (?:hätten? gern|nehmen?|bräuchten?)"
    r"|command\w*|livr\w*|pedido|pedir|quisiera|shopping|einkauf\w*|pack(?:ing)? list|packliste)\b"
    r"|(?<!\w)\d{1,3}\s?[x×]\s",
    re.IGNORECASE,
)
DOZEN = ("12", "6")
COUNT = re.compile(
    rf"(?<![\w.,/:+#€$£°-])(?P<number>\d{{1,4}}|(?:an? |half an? |ein |une )?(?P<dozen>dozen|Dutzend|douzaine"
    rf"|docena)(?: de)?|{'|'.join(SPELLED)})(?![\d.,:/-]*\d)(?:\s?[x×](?!\w))?\s+(?=[^\W\d_])"
    r"|(?<![\w.,-])[x×]\s?(?P<times>\d{1,4})\s+(?=[^\W\d_])"
    r"|(?P<article>(?:(?<=,\s)|(?<=\sand\s)|(?<=\sund\s)|(?<=\set\s)|(?<=\sy\s)|(?<=:\s))(?:an?|eine?n?|une?"
    r"|un[ao]?))\s+(?=[^\W\d_])",
    re.IGNORECASE,
)
WORD = re.compile(r"[^\W\d_][\w'’/-]*")
NOTE = re.compile(r"\s?\((?P<note>[^()\n]{2,60})\)")
SIZED = re.compile(
    r"(?:(?:extra[- ])?(?:small|medium|large|big|mini)|XX?L|[SML](?=\s)|klein\w{0,2}|gro(?:ß|ss)\w{0,2}"
    r"|mittler?\w{0,2}|petite?s?|grande?s?"
    r"|moyen(?:ne)?s?|pequeñ[oa]s?|median[oa]s?)(?!\w)",
    re.IGNORECASE,
)
JOINING = bag("of de d' du di con with au aux à la mit")
STOPS = bag(
    "and or in into on onto at to from for by then until which that is are was were be while when as it them you we i"
    " he she they so but not no without please today tomorrow each per also my our your und oder in auf an zu für bis"
    " die der das den dem ist sind es sie wir ich nicht ohne bitte heute morgen et ou dans sur pour sans il nous je y o"
    " en para sin por times people persons years minutes hours days weeks months euros euro pounds dollars percent"
    " uhr personen leute jahre minuten stunden tage wochen monate mal ans heures jours personas euros o'clock pm am"
    " davon of them thereof st nd rd th pack packs hi oh ok have has"
)  # fmt: skip
SKIPPED = frozenset({"day", "date", "time", "stamp", "phone", "code", "span", "term", "email", "url"})
BEFORE_HOUSE = re.compile(
    r"(?:stra(?:ß|ss)e|str\.|weg|platz|allee|gasse|ring|damm|ufer|rue|calle|via|flat|unit|room|ward|apt|suite"
    r"|plot|no|nr|number)\.?\s\Z",
    re.IGNORECASE,
)
NOTE_OPEN = re.compile(r"\([^()\n]{0,40}\Z")
NO_LIST = bag("subject phone date email address postcode time sender recipient total price invoice number order")
MONEY_BEHIND = re.compile(r"\s?(?:[€$£]|EUR|USD|GBP|CHF)")


def things(text: str, layout: Layout, wanted: Sequence[Field], found: Sequence[Candidate]) -> list[Row]:
    """What is ordered, and how many; none if the fields ask for no count of things."""
    asked = roles(wanted)
    amount = asked.amount
    if any(one.kind == "number" and one.units & PRICED for one in wanted) or not ORDERING.search(text):
        return []
    if asked.what is None or amount is None or amount.kind != "number" or asked.unit or "quantity" not in amount.units:
        return []
    taken = [(one.start, one.end) for one in found if one.kind in SKIPPED]
    taken += [match.span() for match in STREET.finditer(text)]
    size = next((one for one in wanted if "size" in one.units and one.kind == "text"), None)
    note = next(
        (one for one in wanted if one.kind == "text" and one.words & bag("note remark comment detail extra")), None
    )
    rows: list[Row] = []
    counted = 0
    for match in COUNT.finditer(text, head_end(text)):
        inside = NOTE_OPEN.search(text[: match.start()])
        if inside or _counts_nothing(text, layout, match, taken):
            continue
        sized = SIZED.match(text, match.end()) if size else None
        start = sized.end() + 1 if sized else match.end()
        name, end = _name(text, start)
        if not name or (is_notion(name) and " " not in name and not name.islower()):
            continue
        number = DOZEN[match["number"][:4].lower() == "half"] if match["dozen"] else match["number"] or match["times"]
        row: Row = {asked.what.key[1]: [name], amount.key[1]: [number] if number else []}
        told = NOTE.match(text, end)
        parts = re.split(r",\s", told["note"]) if told else []
        if size and (sizes := [sized[0]] if sized else [part for part in parts if SIZED.fullmatch(part)][:1]):
            row[size.key[1]] = sizes
            parts = [part for part in parts if part not in sizes]
        if note and parts:
            row[note.key[1]] = [", ".join(parts)]
        rows.append(row)
        counted += number is not None
    return rows[:MANY] if counted else []


def _counts_nothing(text: str, layout: Layout, match: re.Match[str], taken: Sequence[tuple[int, int]]) -> bool:
    """Whether a number is no count: part of a day or an address, before money, or behind a label that is no list's."""
    start = match.start()
    if any(first <= start < last for first, last in taken) or BEFORE_HOUSE.search(text, max(0, start - 16), start):
        return True
    if MONEY_BEHIND.match(text, match.end() - 1):
        return True
    line = layout.line_at(start)
    cell = next((cell for cell in line.cells if cell.start <= start < cell.end), None) if line else None
    label = units(cell.label) if cell and cell.label else frozenset()
    return bool(label & NO_LIST)


def _name(text: str, start: int) -> tuple[str, int]:
    """The name of a thing from there, and where it ends: up to four words, in German up to its last noun."""
    end, words, noun = start, 0, False
    at = start
    while words < WORDS and (match := WORD.match(text, at)):
        word = match[0]
        low = word.lower()
        joins = words > 0 and low in JOINING
        if not words and low in JOINING:
            return "", start
        if (low in STOPS and not joins) or (noun and not joins and word[0].islower() and not text[start].islower()):
            break
        if noun and word[0].islower() and not joins:
            break
        words += not joins
        if not joins:
            end = match.end()
            noun = noun or (word[0].isupper() and words > 0)
        at = match.end() + 1
        if text[match.end() : at] != " ":
            break
    return text[start:end], end


__all__ = ["things"]
