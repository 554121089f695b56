"""
Records that a span of time begins or ends: the stations of a curriculum vitae, the points of a programme; people with
what they are, and elements with a note in brackets: "English (native), Dutch (B2)".

    2017 – 2021   Data Engineer, Enervo, Utrecht        10:00  Opening by the mayor

Rules only; nothing here asks a model.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

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
SEASONS = "spring|summer|autumn|fall|winter|Frühjahr|Sommer|Herbst|printemps|été|automne|hiver|verano|estate"
YEAR = rf"(?:(?:(?:{NAMES}|{SEASONS})\.?|\d{{1,2}}[./])\s?)?(?:19|20)\d\d"
CLOCK = r"(?:\d{1,2}[:.h]\d\d|\d{1,2}(?=\s?(?:[ap]\.?m|Uhr|h)\b))(?:\s?(?:[ap]\.?m\.?|Uhr|h)(?!\w))?"
NOW = (
    r"(?:present|today|now|current|ongoing|heute|jetzt|dato|aujourd['’]hui|présent|ce jour|actualidad|hoy|presente|oggi"
    r"|heden|nu)(?!\w)"
)
DASH = r"\s?(?:[-–—→]|->|to|until|bis|à|al?|tot)\s?"
SPAN = rf"(?P<start>{{0}})(?:{DASH}(?P<end>{{0}}|{NOW}))?"
SINCE = r"(?:(?:since|seit|depuis|desde|dal|sinds|from|ab)\s)?"
LEADING = [
    re.compile(rf"{SINCE}{SPAN.format(point)}(?![\w/.-]*\d)\s*[:|,–—-]?\s*", re.IGNORECASE) for point in (YEAR, CLOCK)
]
SPANNED = re.compile(rf"\W*{SPAN.format(YEAR)}\W*", re.IGNORECASE)  # a cell that is a span of time
TRAILING = re.compile(rf"[\s,(|–—]*\(?{SPAN.format(YEAR)}\)?\s*\Z", re.IGNORECASE)
APART = re.compile(r"\s*(?:\t|\s{2,}|\||·)\s*|,\s+|\s[–—-]\s|\s(?:at|bei|chez|@)\s")
SECTIONS = bag("education skills languages experience person title topic books association labels school")  # of a CV
ADDRESS = re.compile(r"\S@\S|www\.|https?:")
AT = re.compile(r"\s(?:@|at|bei|chez|presso|bij)\s")
MARKUP = re.compile(r"[*_]{1,3}(?=\W|\Z)|(?<=\s)_(?=\w)|(?<=\s)\*+(?=\w)")
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
POSTS = re.compile(  # words for what somebody is at work
    rf"\b(?:{ROLE}|\w*(?:manager|engineer|developer|designer|consultant|assistant|clerk|technician|surveyor"
    rf"|accountant|specialist|coordinator"
    r"|administrator|leiter|leiterin|techniker|technikerin|mechaniker|mechatroniker|berater|beraterin|entwickler"
    r"|entwicklerin|kaufmann|kauffrau|fachkraft"
    r"|assistent|assistentin|referent|referentin)|intern|trainee|apprentice|praktikant(?:in)?|ingénieure?"
    r"|développeu(?:r|se)|graphiste|comptable|vendeu(?:r|se)"
    r"|chef de \w+|responsable|assistante?|stagiaire|ingenier[oa]|técnic[oa]|responsabile|impiegat[oa]|medewerker)\b",
    re.IGNORECASE,
)
ROLES = re.compile(rf"\b{ROLE}\b", re.IGNORECASE)
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
    headed = list(_headed(layout, wanted[0].parent, end is not None))
    clocked = (not end and "time" in start.units) or any("time" in one.wants for one in (start, end) if one)
    sections: dict[str, list[Row]] = {}
    timed = bool(start.units & bag("start time"))  # a year alone is of anything, but in an item of a list
    spent = "company" in frozenset().union(*(one.units for one in texts))
    for line in headed or lines or [line for line in layout.lines if timed or line.marked]:
        if spent and not headed and (line.cells[0].start != line.start or ADDRESS.search(text, line.start, line.end)):
            continue
        if spent and units(line.above) & bag("education languages"):
            continue
        if row := _station(text, line, start, end, texts, clocked):
            sections.setdefault("" if headed else line.above, []).append(row)
    rows = max(sections.values(), key=len, default=[])
    return rows[:MANY] if len(rows) >= (1 if headed else FEW) else []


def _headed(layout: Layout, parent: frozenset[str], spanned: bool) -> Iterator[Line]:
    """The lines below the heading that means the list; of stations also below headings that name no other section."""
    inside, above = False, ""
    for line in layout.lines:
        if line.above != above:
            above = line.above
            said = units(above)
            inside = alike(parent, said) >= ALIKE or (inside and spanned and not said & (SECTIONS | parent))
        if inside:
            yield line


def _station(text: str, line: Line, start: Field, end: Field | None, texts: Sequence[Field], clocked: bool) -> Row:
    said = MARKUP.sub("", text[line.start : line.end])
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
    return row | _posted(rest.strip(), _below(text, line), texts)


def _posted(rest: str, below: str, texts: Sequence[Field]) -> Row:
    """What somebody was, where, in which town: "Analyst, Norda, Utrecht", "Norda AG, Utrecht" above "Analyst"."""
    job = next((one for one in texts if one.units & bag("job title")), None)
    house = next((one for one in texts if one.units & HOUSES and one is not job), None)
    if len(texts) == 1:
        return {texts[0].key[1]: [rest]}
    town = re.search(r"\s*\(([^()\d]{2,40})\)\s*\Z", rest)
    bare = rest[: town.start()] if town else rest
    at = AT.split(bare, maxsplit=1)
    parts = [said for part in APART.split(bare) if (said := part.strip(" ,"))] if len(at) == 1 else at
    if job and house and len(at) == 1 and below and (len(parts) == 1 or "," not in below):
        named = bool(ORGANISATION.search(parts[0])) or not ORGANISATION.search(below)
        if len(parts) == 1 and (ROLES.search(parts[0]) and not ROLES.search(below)):
            named = False
        there = below.split(", ")[0]
        return {job.key[1]: [below if named else parts[0]], house.key[1]: [parts[0] if named else there]}
    if job and house and job is texts[0] and len(parts) > 1 and POSTS.search(parts[1]) and not POSTS.search(parts[0]):
        parts = [parts[1], parts[0], *parts[2:]]
    if house is not None and house is not texts[0] and len(parts) > 1 and ORGANISATION.search(parts[0]):
        parts = [parts[1], parts[0], *parts[2:]] if not ORGANISATION.search(parts[1]) else parts
    if job and house and len(at) > 1:
        found = {job.key[1]: [at[0].strip(" ,")], house.key[1]: [at[1].strip(" ,")]}
    else:
        found = {one.key[1]: [part] for one, part in zip(texts, parts, strict=False)}
    place = next((one for one in texts if one.units & bag("city place") and one.key[1] not in found), None)
    return found | ({place.key[1]: [town[1]]} if place and town else {})


def _below(text: str, line: Line) -> str:
    """The line below a station, if it is only a few words: what somebody was there."""
    after = re.compile(
        r"[ \t*_)]*\n[ \t]*[*_]{0,2}(?P<said>[^\W\d_][^\n\d.:;*•|]{2,60}?)[*_]{0,2}[ \t]*(?=\n|\Z)"
    ).match(text, line.end)
    return after["said"] if after and len(after["said"].split()) < 7 else ""


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


__all__ = ["SPANNED", "noted", "roled", "stations"]
