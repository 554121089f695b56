"""
Records that a span of time begins or ends: the stations of a curriculum vitae, the points of a programme; people with
what they are, and elements with a note in brackets: "English (native), Dutch (B2)".

    2017 – 2021   Data Engineer, Enervo, Utrecht        10:00  Opening by the mayor

Rules only; nothing here asks a model.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.dates import MONTH
from rag.extract.fields import Field
from rag.extract.items import Row
from rag.extract.layout import Layout, Line
from rag.extract.lexicon import alike, bag, units
from rag.extract.lists import apart, below, sections
from rag.extract.natures import ORGANISATION

FEW, MANY = 2, 30
ALIKE = 0.5
NAMES = "|".join(sorted(filter(str.isascii, MONTH), key=len, reverse=True))
YEAR = rf"(?:(?:(?:{NAMES})\.?|\d{{1,2}}[./])\s?)?(?:19|20)\d\d"
CLOCK = r"(?:\d{1,2}[:.h]\d\d|\d{1,2}(?=\s?(?:[ap]\.?m|Uhr|h)\b))(?:\s?(?:[ap]\.?m\.?|Uhr|h)(?!\w))?"
NOW = r"(?:present|today|now|current|heute|jetzt|aujourd'hui|présent|actualidad|oggi)"
DASH = r"\s?(?:[-–—]|to|until|bis|à|a)\s?"
SPAN = rf"(?P<start>{{0}})(?:{DASH}(?P<end>{{0}}|{NOW}))?"
LEADING = [re.compile(rf"{SPAN.format(point)}(?![\w/.-]*\d)\s*[:|,–—-]?\s*", re.IGNORECASE) for point in (YEAR, CLOCK)]
TRAILING = re.compile(rf"[\s,(|–—]*\(?{SPAN.format(YEAR)}\)?\s*\Z", re.IGNORECASE)
APART = re.compile(r"\s*(?:\t|\s{2,}|\||·)\s*|,\s+|\s[–—-]\s|\s(?:at|bei|chez|@)\s")
NOTED = re.compile(r"(?P<what>[^()（）:]{1,60}?)\s*(?:[(（](?P<note>[^()（）]{1,60})[)）]|:\s(?P<told>.{1,60}))")
STARTS, ENDS = bag("start time year years"), bag("end")
HOUSES = bag("company school university store institution place")
ROLE = (
    r"(?:director|leader|manager|president|chair(?:man|woman|person)?|chief|minister|mayor|spokes(?:man|woman|person)"
    r"|professor|secretary|officer|head|founder|CEO|CTO|CFO|coach|captain|editor|author|teacher|doctor|nurse|engineer"
    r"|analyst|treasurer|judge|lawyer|researcher|scientist|singer|actor|actress|owner|chef|architect|senator|governor"
    r"|Leiter(?:in)?|Vorsitzende[r]?|Sprecher(?:in)?|Bürgermeister(?:in)?|Minister(?:in)?|Geschäftsführer(?:in)?"
    r"|directeur|directrice|maire|ministre|présidente?|porte-parole|directora?|alcalde|ministr[oa])"
)
BEFORE = re.compile(rf"((?:[^\W\d_][\w-]*\s){{0,2}}{ROLE})\s(?:Dr\.\s)?\Z", re.IGNORECASE)
BEHIND = re.compile(
    rf",\s(?:the|a|an|our|der|die)?\s?([^,.;\n]{{0,40}}\b{ROLE}\b[^,.;\n]{{0,40}})[,.;]|\s\(([^()\n]{{3,50}})\)",
    re.IGNORECASE,
)
SMALL = bag("the a an said says and by to with of its our their his her as former new der die das le la told added")


def stations(text: str, layout: Layout, wanted: Sequence[Field]) -> list[Row]:
    """The lines that a span of time begins or ends, as far as they say the fields; none if no field asks for a time."""
    start = next((one for one in wanted if one.units & STARTS), None)
    end = next((one for one in wanted if one.units & ENDS and one is not start), None)
    texts = [one for one in wanted if one.kind == "text" and one not in (start, end) and not one.wants]
    if start is None or not texts or any(one.nature == "person" or "due" in one.units for one in wanted):
        return []
    _, lines = below(text, layout, wanted[0].parent)
    headed = [line for line in layout.lines if line.above and alike(wanted[0].parent, units(line.above)) >= ALIKE]
    clocked = (not end and "time" in start.units) or any("time" in one.wants for one in (start, end) if one)
    sections: dict[str, list[Row]] = {}
    for line in headed or lines or layout.lines:
        if row := _station(text, line, start, end, texts, clocked):
            sections.setdefault("" if headed else line.above, []).append(row)
    rows = max(sections.values(), key=len, default=[])
    return rows[:MANY] if len(rows) >= (1 if headed else FEW) else []


def _station(text: str, line: Line, start: Field, end: Field | None, texts: Sequence[Field], clocked: bool) -> Row:
    said = text[line.start : line.end]
    match = LEADING[clocked].match(said)
    rest = said[match.end() :] if match else ""
    if match is None and not clocked and (match := TRAILING.search(said)):
        rest = said[: match.start()]
    if match is None or not rest.strip(" ,–—-|"):
        return {}
    row: Row = {start.key[1]: [match["start"].strip()]}
    if end is not None and match["end"]:
        row[end.key[1]] = [match["end"].strip()]
    elif match["end"] and start.kind == "text":
        row[start.key[1]] = [match[0].strip(" \t:|,()–—-")]
    parts = [rest.strip()] if len(texts) == 1 else [said for part in APART.split(rest) if (said := part.strip(" ,"))]
    house = next((one for one in texts if one.units & HOUSES), None)
    if house is not None and house is not texts[0] and len(parts) > 1 and ORGANISATION.search(parts[0]):
        parts = [parts[1], parts[0], *parts[2:]]
    row.update({one.key[1]: [part] for one, part in zip(texts, parts, strict=False)})
    return row


def noted(text: str, layout: Layout, wanted: Sequence[Field]) -> list[Row]:
    """What stands in a list with a note to each: "English (native), Dutch (B2)"."""
    if len(wanted) != FEW or any(one.kind != "text" for one in wanted):
        return []
    said = [(cell.label, [(cell.start, cell.end)]) for line in layout.lines for cell in line.cells if cell.label]
    for above, lines in sections(layout):
        if not any(line.marked for line in lines):
            said.append((above, [(line.start, line.end) for line in lines]))
    names = [one.key[1] for one in wanted]
    for label, places in said:
        parts = [part.strip(" .") for start, end in places for part in apart(text[start:end])]
        found = [NOTED.fullmatch(part) for part in parts]
        if alike(wanted[0].parent, units(label)) >= ALIKE and 2 * sum(map(bool, found)) >= len(parts) > 0:
            return [
                {names[0]: [row["what"]], names[1]: [row["note"] or row["told"]]} if row else {names[0]: [part]}
                for part, row in zip(parts, found, strict=True)
            ][:MANY]
    return []


def roled(text: str, wanted: Sequence[Field], people: Sequence[str]) -> list[Row]:
    """Each person whom a text names, with what it says that they are: "union leader Petra Lindholm"."""
    who = next((one for one in wanted if "person" in one.like or one.units & {"name", "person"}), None)
    role = next((one for one in wanted if one.units & {"job", "title"} or one.words & {"role", "function"}), None)
    if who is None or role is None or who is role or not wanted[0].parent & {"people", "person"}:
        return []
    rows: list[Row] = []
    for name in people:
        if any(name != other and name in other.split() for other in people):
            continue
        at = text.find(name)
        before = BEFORE.search(text[max(0, at - 60) : at])
        behind = BEHIND.match(text, at + len(name))
        said = " ".join(word for word in before[1].split() if word.lower() not in SMALL) if before else ""
        said = said if said and said in text else (behind[1] or behind[2]).strip() if behind else ""
        rows.append({who.key[1]: [name]} | ({role.key[1]: [said]} if said else {}))
    return rows[:MANY]


__all__ = ["noted", "roled", "stations"]
