"""
The pieces of what a label or a heading names as the list, as records: how many of what, which room and what is wrong
with it, which meter with its number and reading, what was shown where and when.

    Keys returned: 2 x front door, 1 x mailbox      Mängel:  Küche - Rollladen klemmt      Strom   Nr. 88213   14.552,3

Each part of a piece goes to the field of its kind; what is left between commas, to the texts in their order. Rules
only; nothing here asks a model.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rag.extract.fields import Field
from rag.extract.items import Row, roles
from rag.extract.lexicon import alike, bag, units
from rag.extract.stations import NOW, SPANNED

ALIKE, MANY, LONGEST = 0.5, 40, 300
NAMED = re.compile(
    r"^(?P<indent>[ \t]*)(?:#{1,6}[ \t]+|[-*+•][ \t]+)?[*_|]{0,3}[ \t]?"
    r"(?P<name>[^\W\d_][^:：\n|*#]{1,48}?)[*_]{0,2}[ \t]*(?:(?P<mark>[:：]|\|)[*_]{0,2}[ \t]*(?P<value>[^\n]*))?$",
    re.MULTILINE,
)
ITEM = re.compile(r"[ \t]*(?:[-*+•–]|\d{1,2}[.)])[ \t]+(?=\S)")
HEADING = re.compile(r"[ \t]*(?:#{1,6}[ \t]|\*\*[^*\n]+\*\*:?[ \t]*$|[^\W\d_][^:\n]{1,40}:[ \t]*$)")
LABELLED = re.compile(r"[ \t]*(?:\*\*|__)?[^\W\d_][^:\n|]{1,40}(?:\*\*|__)?:(?:\*\*|__)?\s")
OPENING = re.compile(r"[\"“„«]")
QUOTED = re.compile(r"[\"“„«]\s?(?P<said>[^\"“”„«»\n]{2,100}?)\s?[\"”“»]")
COUNT = re.compile(
    r"(?:(?P<n>\d{1,4})(?:\s?[x×])?|[x×]\s?(?P<m>\d{1,4}))\s+(?=[^\W\d_])|\s[x×]?\s?\(?(?P<k>\d{1,4})\s?[x×]?\)?\Z"
)
CODE = re.compile(
    r"\(?\b(?:Nr|No|N°|nº|serial(?: no)?|meter|teller|compteur|contador|Zähler|S/N|SN|ref)\b[.:°º]?\s*"
    r"(?P<said>(?=[^\n()]*\d)[\w/.-]+(?:[ ]\w*\d\w*)*)\)?"
    r"|(?<![\w.,/-])(?P<bare>(?=[A-Z\d/-]*\d)[A-Z]+[\w/-]*\d[\w/-]*)(?![\w.,])",
    re.IGNORECASE,
)
NUMBER = re.compile(
    r"(?<![\w.,/-])-?\d[\d.,'’\u00a0\u202f]*(?:[ ]\d{3}(?!\d))*(?:\s?(?:kWh|m³|m3|MWh|km|kg|€|EUR|%))?(?![\w/-])"
)
YEAR = re.compile(r"(?<![\d.,/-])(?:1[4-9]|20)\d\d(?![\d.,/-]*\d)")
DIVIDED = re.compile(r"\s*[:：]\s+|\s+[–—-]\s+|\s*[–—]\s+|\s+\|\s+|\s{2,}|\t")
PARTED = re.compile(r",\s+|\s+[–—-]\s+|\s{2,}|\t|\s\(|\)")
SENTENCE = re.compile(r"(?<=[^\W\d]{2})\.\s+(?=[A-ZÀ-Þ])|(?<=\))\.\s+(?=[A-ZÀ-Þ])")
COLUMN = re.compile(
    r"(?:\A|\s{2,}|\t)(?:Nr|No|N°|nº|n\.)[.:]?\s?(?P<said>\S+(?:[ ]\S+)*?)(?=\s{2,}|\t|\Z)", re.IGNORECASE
)
NEXT = re.compile(r",\s+(?=(?:\d{1,4}\s?[x×]?|[x×]\s?\d{1,4})\s)|\s+(?:and|und|et|y|e|en)\s(?=\d)|;\s+")
NOTHING = re.compile(
    r"(?:no(?:ne| issues?| defects?| damage| problems?)|nothing|ok(?:ay)?|fine|keine?(?: \w+)?|in ordnung|i\.\s?o\."
    r"|ohne \w+|nichts|ras|rien|aucune? \w+|néant|sin \w+|ningun[oa]|nada|nessun\w*|niente|geen(?: \w+)?|goed"
    r"|[-–—])\.?",
    re.IGNORECASE,
)
TOWN = re.compile(r"(?<=\w\w),\s[A-ZÀ-Þ][^\W\d_-]+(?:[ -][A-ZÀ-Þ][^\W\d_]+)?\Z")  # behind the name of an employer
STATE = bag("condition status observation comment remark")  # what a list of defects may stand below
FAULTS = bag("problem damage")
GENERIC = bag("list item product description entry entrie record row thing line")
ADVERBS = re.compile(r"^\W+|\W+$")


@dataclass(frozen=True, slots=True)
class Region:
    """The lines of a list: whether they stand below its heading, or behind its label."""

    lines: tuple[str, ...]
    beside: bool
    sureness: float

    @property
    def text(self) -> str:
        """All of it."""
        return "\n".join(self.lines)


def region(text: str, parent: frozenset[str]) -> Region | None:
    """The part of a text whose label or heading means a list's name most; None if none does."""
    best: Region | None = None
    if parent <= GENERIC:
        return None
    for match in NAMED.finditer(text):
        sureness = _means(parent, match["name"])
        if sureness < ALIKE or (best is not None and sureness <= best.sureness):
            continue
        value = (match["value"] or "").strip(" |*_")
        lines = tuple(_beside(text, match, value) if value else _under(text, match))
        if not units(match["name"]) & (parent | FAULTS) and not all(map(DIVIDED.search, lines)):
            continue  # "Condition" is the heading of defects only where rooms are told
        if lines and not (value and match["mark"] == "|" and "|" in value):
            best = Region(lines, bool(value), sureness)
    return best


def _means(parent: frozenset[str], name: str) -> float:
    if len(name.split()) > 6:
        return 0.0
    said = units(name)
    if parent & FAULTS and said & (STATE | FAULTS):
        return max(alike(parent, said), ALIKE if said & STATE else 0.6)
    return alike(parent - GENERIC, said)


def _beside(text: str, match: re.Match[str], value: str) -> Iterator[str]:
    """What stands behind a label, and the lines set below it."""
    yield SENTENCE.split(value, maxsplit=1)[0]
    lead = len(match["indent"]) + 4
    for line in text[match.end() + 1 :].split("\n")[:MANY]:
        if len(line) - len(line.lstrip()) < lead or not line.strip():
            return
        yield line.strip()


def _under(text: str, match: re.Match[str]) -> Iterator[str]:
    """The lines below a heading: items, or lines up to a blank one, another heading or a label."""
    indent, kept = len(match["indent"]), 0
    for line in text[match.end() + 1 :].split("\n")[:MANY]:
        said = line.strip()
        if not said:
            if kept:
                return
            continue
        item = ITEM.match(line)
        inner = len(line) - len(line.lstrip()) > indent
        if said.startswith(("|", "```")) or HEADING.match(line) or (LABELLED.match(line) and not item and not inner):
            return
        kept += 1
        yield line[item.end() :].strip() if item else said


def pieces(found: Region, wanted: Sequence[Field]) -> list[Row]:
    """The records that the pieces of a region say; none if most of them say none."""
    asked = roles(wanted)
    if asked.unit or asked.done or any(one.nature == "person" or one.kind == "flag" or one.listed for one in wanted):
        return []
    if not 1 < len(wanted) < 6 or any("price" in one.units for one in wanted):
        return []
    if any("start" in one.units for one in wanted):  # stations
        return []
    said = [piece for line in found.lines for piece in _divided(line, wanted, found.beside)]
    rows = [_row(piece, wanted) for piece in said if not NOTHING.fullmatch(piece)]
    kept = [row for row in rows if row]
    return kept[:MANY] if kept and 2 * len(kept) >= len(said) else []


def _divided(line: str, wanted: Sequence[Field], beside: bool) -> Iterator[str]:
    """The pieces of a line: each with its count, its quoted title, or what stands between semicolons."""
    line = line.strip(" .;")
    quotes = [match.start() for match in QUOTED.finditer(line)]
    if len(quotes) > 1:
        edges = [*quotes, len(line)]
        yield from (line[start:end].strip(" ,;") for start, end in itertools.pairwise(edges))
        return
    if any(_is_count(one) for one in wanted):
        parts = NEXT.split(line)
        by_comma = re.split(r",\s|;\s", line) if len(parts) == 1 and beside else parts
        parts = by_comma if all(map(COUNT.search, by_comma)) else parts
        yield from (part.strip() for part in parts)
    elif beside and ";" in line:
        yield from (part.strip() for part in line.split(";"))
    elif beside and any(one.kind == "number" for one in wanted) and line.count(", ") and not quotes:
        yield from (part.strip() for part in re.split(r",\s", line))
    else:
        yield line


def _is_count(one: Field) -> bool:
    return one.kind == "number" and one.whole and bool(one.units & bag("quantity number"))


def _row(piece: str, wanted: Sequence[Field]) -> Row:
    """What a piece says of the fields; {} if it says no name, or none of their numbers."""
    row: Row = {}
    rest = piece
    rest = _timed(rest, wanted, row)
    rest = _numbered(rest, wanted, row)
    free = [one for one in wanted if one.kind == "text" and one.key[1] not in row and not _is_typed(one)]
    if (quoted := QUOTED.search(rest)) and free:
        row[free.pop(0).key[1]] = [quoted["said"]]
        rest = rest[: quoted.start()] + " " + rest[quoted.end() :]
    rest = rest.strip(" ,;-–—|")
    rest = rest.strip("()") if rest.count("(") != rest.count(")") or rest.startswith("(") else rest
    if len(free) == 1 and len(rest) <= LONGEST:
        bare = re.sub(r"\s{2,}.*|^(?:of|de|d['’]|x|×)\s+", "", rest) if len(wanted) > 2 else rest
        row |= {free[0].key[1]: [bare.strip(" ,;:")]} if re.search(r"[^\W\d_]", bare) else {}
    elif free:
        ways = DIVIDED if not quoted and len(free) == 2 and DIVIDED.search(rest) else PARTED
        parts = [part.strip(" ,;:|") for part in ways.split(rest, maxsplit=0 if ways is PARTED else 1)]
        parts = [part for part in parts if part]
        if len(parts) > 1 and NOTHING.fullmatch(parts[-1]):
            return {}
        if len(parts) == 1 and not quoted and not any(one.kind == "number" for one in wanted):
            fault = next((one for one in free if one.units & (FAULTS | one.parent)), None)
            free = [fault] if fault else []
        row |= {one.key[1]: [part] for one, part in zip(free, parts, strict=False) if re.search(r"[^\W\d_]", part)}
    names = [one for one in wanted if one.kind == "text" and not _is_typed(one)]
    numbers = [one for one in wanted if one.kind == "number"]
    named = not names or any(one.key[1] in row for one in names[:2])
    return row if named and (not numbers or any(one.key[1] in row for one in numbers)) else {}


def _is_typed(one: Field) -> bool:
    """Whether a text has a form of its own: a code, a day."""
    return bool(one.wants) or bool(one.units & bag("start end number period")) or "code" in one.words


def _timed(rest: str, wanted: Sequence[Field], row: Row) -> str:
    """What is left behind a year or a span of time, which go to their fields."""
    ends = [next((one for one in wanted if part in one.units), None) for part in ("start", "end")]
    for part in re.split(r",\s|\s{2,}|\t", rest) if any(ends) else ():
        if span := SPANNED.fullmatch(part):
            row.update(
                {
                    one.key[1]: [said]
                    for one, said in zip(ends, (span["start"], span["end"]), strict=True)
                    if one and said
                }
            )
            return rest.replace(part, " ")
    year = next((one for one in wanted if "year" in one.units and one.kind == "number"), None)
    if year and (found := YEAR.search(rest)):
        row[year.key[1]] = [found[0]]
        rest = rest[: found.start()] + rest[found.end() :]
    return rest


def _numbered(rest: str, wanted: Sequence[Field], row: Row) -> str:
    """What is left behind codes and numbers, which go to their fields: first what is counted, else the last number."""
    code = next(
        (one for one in wanted if one.kind == "text" and _is_typed(one) and not one.units & bag("start end")), None
    )
    if code and (found := COLUMN.search(rest) or CODE.search(rest)):
        row[code.key[1]] = [(found["said"] or found["bare"]).strip()]
        rest = rest[: found.start()] + "  " + rest[found.end() :]
    for one in wanted:
        if one.kind != "number" or one.key[1] in row:
            continue
        counted = COUNT.match(rest) or COUNT.search(rest) if _is_count(one) else None
        if counted:
            row[one.key[1]] = [counted["n"] or counted["m"] or counted["k"]]
            rest = rest[: counted.start()] + " " + rest[counted.end() :]
        elif numbers := list(NUMBER.finditer(rest)):
            row[one.key[1]] = [numbers[-1][0]]
            rest = rest[: numbers[-1].start()] + "  " + rest[numbers[-1].end() :]
    return rest


def held_to(found: Region | None, rows: list[Row], wanted: Sequence[Field]) -> list[Row]:
    """The rows, if any stands in the region: those of another list are none."""
    name = next((one.key[1] for one in wanted if one.kind == "text"), "")
    if found is None or not name or not any(row.get(name) for row in rows):
        return rows
    plain = " ".join(found.text.split())
    return rows if any(" ".join(said.split()) in plain for row in rows for said in row.get(name, [])) else []


def fitting(rows: list[Row], wanted: Sequence[Field]) -> list[Row]:
    """The rows without what cannot be a value of its field, and those that then say something."""
    houses = {
        one.key[1] for one in wanted if one.units & bag("company") and any("start" in each.units for each in wanted)
    }
    rows = [
        {name: [TOWN.sub("", part) for part in said] if name in houses else said for name, said in row.items()}
        for row in rows
    ]
    timed = {one.key[1] for one in wanted if one.kind == "text" and one.units & bag("start end year date period")}
    now = re.compile(NOW, re.IGNORECASE)
    kept = []
    for row in rows:
        fit = {
            name: said
            for name, said in row.items()
            if name not in timed or not said or any(map(str.isdigit, said[0])) or now.search(said[0])
        }
        if any(fit.values()) and (len(fit) == len(row) or len(fit) > 1):
            kept.append(fit)
    return kept


__all__ = ["Region", "fitting", "held_to", "pieces", "region"]
