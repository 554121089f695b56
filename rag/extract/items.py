"""
The items of a list as records: which part of "- [ ] Lena: order chairs (by 9 May)", "250 g flour", "Adults: 9 €" or
"**Piranesi** by Susanna Clarke, 5/5" is which field of an element.

Which list it is says the heading above that is named as the field; without one, the form of its items. Nothing here
asks a model.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rag.extract.fields import Field
from rag.extract.layout import Layout, Line
from rag.extract.lexicon import alike, bag, is_notion, units
from rag.extract.lists import below
from rag.quantities import SPELLED, quantities

Row = dict[str, list[str]]  # field -> how its value may be written in the item
Dated = tuple[int, str]  # where a date stands, and how it is to be said
FEW, MANY = 2, 30
ALIKE = 0.5
DONE = bag("done completed complete finished checked closed ticked erledigt fertig fait terminé hecho")
COUNTS, PRICED = bag("amount quantity size weight number"), bag("price total subtotal tax salary")
FRACTION = r"(?:\d{1,3}\s)?\d{1,2}/\d{1,2}(?![\d/])"
NUMBER = rf"(?:{FRACTION}|\d+(?:[.,]\d+)*\s?[½¼¾]?|[½¼¾]|(?:{'|'.join(SPELLED)})\b)"
UNIT = (
    r"(?:kg|g|mg|l|ml|cl|dl|oz|lbs?|pounds?|grams?|grammes?|kilos?|litres?|liters?|litros?|Liter|tsps?|tbsps?|teaspoons?"
    r"|tablespoons?|cups?|pints?|pinch(?:es)?|dash(?:es)?|handfuls?|cloves?|slices?|cans?|tins?|bunch(?:es)?|sprigs?"
    r"|pieces?|packets?|packages?|bags?|bottles?|jars?|sticks?|EL|TL|MSP|Prisen?|Päckchen|Pck|Pkg|Stück|Stk|Bund|Dosen?"
    r"|Zehen?|Scheiben?|Becher|Tassen?|Gläser|Glas|Handvoll|Würfel|c\. à (?:soupe|café)|cuillères? à (?:soupe|café)"
    r"|pincées?|gousses?|tranches?|sachets?|verres?|tasses?|cucchiaini?|cucchiaio|spicchi?o?|cucharadas?|cucharaditas?"
    r"|tazas?|dientes?|pizcas?|mm|cm|m|km|pcs|大さじ|小さじ|カップ|グラム|個|本|枚|丁|袋)"
)
LEADING = re.compile(
    rf"(?:(?P<number>{NUMBER})(?:\s?[-–]\s?{NUMBER})?\s?(?P<times>[x×]\s)?|(?P<article>an?|some|eine?n?|etwas|une?|un[ao]?)\s+)?"
    rf"(?:(?P<unit>{UNIT})(?:\.|(?!\w))\s*)?(?:(?:of|de)\s+|d['’])?(?P<name>\S.*)",
    re.IGNORECASE,
)
TRAILING = re.compile(
    rf"(?P<name>[^\d]*[^\d\s:：,–—-])[\s:：,–—-]+(?P<before>大さじ|小さじ|カップ)?\s?(?P<number>{NUMBER})\s?(?P<unit>{UNIT})?\.?",
    re.IGNORECASE,
)
PIECES = re.compile(r",\s+|;\s+|\s\+\s|,?\s(?:and|und|et|y)\s|、")
SENTENCE = re.compile(r"(?<=\w\w)[.!?](?:\s|\Z)")
FURTHER = re.compile(r"(?<!\s)\s*(?:\(.*|,\s.*|\sfor the\s.*)\Z")
UNTIL = re.compile(
    r"[\s,;–—-]*(?:\(\s*|\b)(?:(?:until|till|by|before|due(?: on)?|deadline|bis(?: zum)?|spätestens|avant(?: le)?"
    r"|antes del?|entro il)\b|(?<=\())[:\s]*(?:(?:on\s)?[^\W\d_]{2,10}\.?,?\s+)?\Z",
    re.IGNORECASE,
)
BRACKETED = re.compile(  # who, and by when, at the end: "(Karim, 16/03/2026)"
    r"\s*\((?P<name>[^\W\d_][^(),;\d]{1,40}?)(?:\s?[,;–—-]\s?|\s)(?=[^()]*\d)(?P<until>[^()]{3,40})\)\s*[.;]?\s*\Z"
)
AT = re.compile(r"(?<!\S)@(?P<name>[\w.-]*\w)")
DASHED = re.compile(
    r"\s(?:[-–—]|→|->)\s(?P<name>[^\W\d_][\w.'’ -]{1,30}?)(?=\s*[,(]|\Z)|\((?P<named>[^\W\d_][\w.'’ -]{1,30})\)"
)
BOLD = re.compile(
    r"(?P<mark>\*\*|__|\*|_)(?P<title>[^*_\n]{2,80}?)(?P=mark)|[“\"„«](?P<quoted>[^“”\"»\n]{2,80})[”\"“»]"
)
BY = re.compile(
    r"\s*,?\s*(?:by|von|par|de|di|–|—|-)\s+(?P<name>(?:[^\W\d_]\.|[^\W\d_][\w'’-]+)(?:\s(?:[^\W\d_]\.\s?)*(?:(?:de|von|van|der|la|le|du)\s)*"
    r"(?:[A-ZÀ-Þ]\.|[A-ZÀ-Þ][\w'’-]+))*)"
)
RATED = re.compile(r"(?<![\d/])(\d(?:[.,]\d)?)\s?/\s?(?:5|10)(?![\d/])|[★☆⭐]{2,5}")


@dataclass(frozen=True, slots=True)
class Roles:
    """Which field of an element is which part of an item."""

    what: Field | None
    who: Field | None
    when: Field | None
    done: Field | None
    amount: Field | None
    unit: Field | None
    others: tuple[Field, ...]


def roles(wanted: Sequence[Field]) -> Roles:
    """What the fields of an element ask for, by their names."""

    def first(kinds: str, test: object = None) -> Field | None:
        return next((one for one in wanted if one.kind in kinds.split() and callable(test) and test(one)), None)

    who = first("text", lambda one: one.nature == "person")
    unit = first("text", lambda one: "unit" in one.units and not one.units & PRICED)
    amount = first("number text", lambda one: bool(one.units & COUNTS) and not one.units & PRICED and one != unit)
    if unit and not amount:
        amount = first("number", lambda one: not one.units & PRICED)
    what = first("text", lambda one: one not in (who, unit, amount) and not one.wants)
    when = first("date text", lambda one: one.kind == "date" or "date" in one.wants)
    done = first("flag", lambda one: bool(one.words & DONE))
    taken = (who, unit, amount, what, when, done)
    return Roles(what, who, when, done, amount, unit, tuple(one for one in wanted if one not in taken))


def items(
    text: str, layout: Layout, wanted: Sequence[Field], people: Sequence[str], dated: Sequence[Dated]
) -> list[Row]:
    """
    The items of the list that a field asks for, as far as they say its fields.

    `people` are names that may stand there, `dated` the places of dates as they are to be said.
    """
    asked = roles(wanted)
    if asked.what is None:
        return []
    _, lines = below(text, layout, wanted[0].parent)
    if not lines and (asked.done or "tasks" in wanted[0].parent):
        lines = [line for line in layout.lines if line.done is not None]
    if (asked.amount or asked.unit) and (rows := _measured(text, layout, lines, asked)):
        return rows[:MANY]
    if rows := _entries(text, layout, lines, asked, dated):
        return rows[:MANY]
    if not lines and not asked.who:
        return []
    named = lines or [line for line in layout.lines if line.marked and not is_notion(line.above)]
    rows = [_task(text, line, asked, people, dated, sure=bool(lines)) for line in named]
    return [row for row in rows if row][:MANY]


def _task(text: str, line: Line, asked: Roles, people: Sequence[str], dated: Sequence[Dated], sure: bool) -> Row:
    """An item that says who does what until when; {} if nobody is named where somebody must be."""
    assert asked.what is not None
    cell = line.cells[0]
    start, end = line.start, line.end
    who = ""
    known = any(_stands(name, text[cell.start : cell.end]) for name in people)
    if cell.label and asked.who and (cell.label in people or (sure and not known and _is_person(cell.label, people))):
        who, start = cell.label, cell.start
    elif cell.label and not asked.who and not asked.when and len(line.cells) == 1:
        return _pair(text, line, asked)
    if not sure and asked.who:
        named = next((name for name in people if _stands(name, text[start:end])), "")
        if not (who or named):
            return {}
        if named and not who:
            start, end = _part(text, line, named)
    inside = [(begin, said) for begin, said in dated if start <= begin < end]
    if asked.who and not who:
        who, end = _bracketed(text, start, end, people, inside) or _named(text, start, end, people)
    if inside and (sure or asked.who):
        until = UNTIL.search(text, start, inside[-1][0])
        if until and sure and not text[inside[-1][0] : end].rstrip(" ).;").strip().count(" ") > 3:
            end = min(end, until.start()) if until.start() > start else end
    row: Row = {asked.what.key[1]: [text[start:end].strip().rstrip(" .;,。")]}
    if asked.who:
        row[asked.who.key[1]] = [who] if who else []
    if asked.when:
        row[asked.when.key[1]] = [said for _, said in inside[-1:]]
    if asked.done and line.done is not None:
        row[asked.done.key[1]] = ["true" if line.done else "false"]
    return row


def _part(text: str, line: Line, name: str) -> tuple[int, int]:
    """The sentence of an item that says a name."""
    cell = next(one for one in reversed(line.cells) if name in text[one.start : one.end] or one is line.cells[0])
    parts = re.split(r"(?<=\w[.!?])\s+", text[cell.start : cell.end])
    part = next((one for one in parts if name in one), text[cell.start : cell.end])
    start = text.index(part, cell.start)
    return start, start + len(part)


def _bracketed(
    text: str, start: int, end: int, people: Sequence[str], inside: Sequence[Dated]
) -> tuple[str, int] | None:
    """Who stands with a day in the brackets that end an item, and where what it says ends."""
    match = BRACKETED.search(text, start, end)
    if match is None or not any(match.start("until") <= begin < match.end("until") for begin, _ in inside):
        return None
    return (match["name"], match.start()) if _is_person(match["name"], people) else None


def _named(text: str, start: int, end: int, people: Sequence[str]) -> tuple[str, int]:
    """Who an item names, and where what it says ends without that: "@Ben", "… - Samir", a name that is known."""
    said = text[start:end]
    if at := AT.search(said):
        return at["name"], start + at.start() if at.start() else end
    dashed = next(
        (match for match in DASHED.finditer(said) if _is_person(match["name"] or match["named"], people)), None
    )
    if dashed and (dashed["name"] or dashed["named"]) in people:
        return dashed["name"] or dashed["named"], start + dashed.start()
    known = [(said.find(name), -len(name), name) for name in people if _stands(name, said)]
    return (min(known)[2] if known else "", end)


def _stands(name: str, said: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", said) is not None


def _is_person(said: str, people: Sequence[str]) -> bool:
    """Whether a label of an item names who it is for."""
    return said in people or (
        len(said.split()) < 4 and (said[:1].isupper() or not said.isascii()) and not is_notion(said)
    )


def _pair(text: str, line: Line, asked: Roles) -> Row:
    """ "Adults: 9 euros": what it is of before the colon, and the rest."""
    assert asked.what is not None
    cell = line.cells[0]
    row: Row = {asked.what.key[1]: [cell.label]}
    rest = text[cell.start : cell.end].strip().rstrip(".;")
    numbers = [one for one in (*asked.others, asked.amount) if one is not None and one.kind == "number"]
    texts = [one for one in asked.others if one.kind == "text"]
    if numbers and any(map(str.isdigit, rest)):
        row[numbers[0].key[1]] = [rest]
    elif texts:
        row[texts[0].key[1]] = [rest]
    return row


# what is measured: "250 g flour"


def _measured(text: str, layout: Layout, lines: Sequence[Line], asked: Roles) -> list[Row]:
    """The items with their amounts and units: below the heading, else the longest list of such, else a sentence."""
    if lines:
        rows = [_measure(text[line.start : line.end], asked, plain=True) for line in lines]
        return [row for row in rows if row]
    best: list[Row] = []
    for run in _runs(layout):
        found = [_measure(text[line.start : line.end], asked, plain=True) for line in run]
        counted = [row for row in found if row.get(_key(asked.amount)) or row.get(_key(asked.unit))]
        if len(counted) >= FEW and 2 * len(counted) > len(run) and len(run) > len(best):
            best = [row for row in found if row]
    return best or max((_sentence(text, line, asked) for line in layout.lines), key=len, default=[])


def _runs(layout: Layout) -> Iterator[list[Line]]:
    """The items that stand one below the other."""
    run: list[Line] = []
    for line in layout.lines:
        if line.marked:
            run.append(line)
        elif run:
            yield run
            run = []
    yield run


def _sentence(text: str, line: Line, asked: Roles) -> list[Row]:
    """ "Three bananas, 180 g flour, 2 eggs": at least three, and no other words between them."""
    said = text[line.start : line.end]
    if line.cells[0].label:
        said = text[line.cells[0].start : line.cells[0].end]
    best: list[Row] = []
    for sentence in SENTENCE.split(said):
        pieces = PIECES.split(re.sub(r"\([^()]*\)", "", sentence.rpartition(": ")[2]))
        if first := re.search(rf"(?<!\w){NUMBER}", pieces[0], re.IGNORECASE):
            pieces[0] = pieces[0][first.start() :] if len(pieces[0][: first.start()].split()) < 5 else pieces[0]
        rows = [row for piece in pieces if (row := _measure(piece.strip(), asked, plain=False))]
        if len(rows) > max(FEW, len(best)) and len(rows) * 3 >= len(pieces) * 2:
            best = rows
    return best


def _measure(said: str, asked: Roles, plain: bool) -> Row:
    """How much of what; without either number or unit only if a `plain` name will do."""
    assert asked.what is not None
    said = said.strip().rstrip(".;,")
    match = LEADING.fullmatch(said)
    if match is None or not (match["number"] or match["unit"]):
        match = TRAILING.fullmatch(said) or match
    if match is None or not (plain or match["number"] or match["unit"]):
        return {}
    name = FURTHER.sub("", match["name"]).strip(" :")
    unit = match["unit"] or match.groupdict().get("before") or ""
    number = (match["number"] or "").strip()
    if not name or len(name) > 80:
        return {}
    row: Row = {asked.what.key[1]: [name]}
    if asked.unit:
        row[asked.unit.key[1]] = [unit] if unit else []
    if asked.amount and asked.amount.kind == "number":
        row[asked.amount.key[1]] = [number] if number else []
    elif asked.amount:
        both = said[match.start("number") : match.end("unit") if unit else match.end("number")] if number else ""
        row[asked.amount.key[1]] = [both.strip()] if both else []
    return row


def _key(one: Field | None) -> str:
    return one.key[1] if one else ""


# entries: "**Piranesi** by Susanna Clarke. 5/5"


def _entries(text: str, layout: Layout, lines: Sequence[Line], asked: Roles, dated: Sequence[Dated]) -> list[Row]:
    """Lines that begin with a title in bold or in quotes."""
    found = []
    for line in lines or layout.lines:
        begin = line.start
        while text[begin - 1 : begin] in ("*", "_"):
            begin -= 1
        match = BOLD.match(text, begin)
        if match and match.end() < line.end + 3 and not text[match.end() :].lstrip().startswith(":"):
            found.append(_entry(text, match, line.end, asked, dated))
    return found if len(found) >= FEW and any(len(row) > 1 for row in found) else []


def _entry(text: str, match: re.Match[str], end: int, asked: Roles, dated: Sequence[Dated]) -> Row:
    assert asked.what is not None
    row: Row = {asked.what.key[1]: [(match["title"] or match["quoted"]).strip()]}
    rest = text[match.end() : end]
    by = BY.match(rest)
    if asked.who and by:
        row[asked.who.key[1]] = [by["name"]]
    if asked.when:
        row[asked.when.key[1]] = [said for begin, said in dated if match.end() <= begin < end][:1]
    for one in (*asked.others, *filter(None, (asked.amount,))):
        if "year" in one.units and (year := re.search(r"\b(?:1[5-9]|20)\d\d\b", rest)):
            row[one.key[1]] = [year[0]]
        elif "rating" in one.units and (rated := RATED.search(rest)):
            row[one.key[1]] = [rated[1] if one.kind == "number" and rated[1] else rated[0]]
        elif one.kind == "number" and (said := counted(rest, one)):
            row[one.key[1]] = [said]
    return row


def counted(rest: str, one: Field) -> str:
    """The number beside which a field's own word stands: "880 pages"."""
    for number in quantities(rest):
        after = re.match(r"\s?([^\W\d_]+)", rest[number.end :])
        before = re.search(r"([^\W\d_]+)[:\s]\s*\Z", rest[: number.start])
        for word in filter(None, (after, before)):
            if alike(one.units, units(word[1])) >= ALIKE:
                return rest[number.start : number.end]
    return ""


def as_people(names: Sequence[str]) -> list[str]:
    """Names, and the first words of those of persons, as items call them."""
    first = [name.split()[0] for name in names if len(name.split()) > 1 and name.split()[0].isalpha()]
    return list(dict.fromkeys([*names, *first]))


__all__ = ["as_people", "counted", "items"]
