"""
The lines of a table or a receipt as records: which cell or number of a line is which field of an element of a list.

    Pos  Bezeichnung         Menge   Einzelpreis   Gesamt
    1    Mehl Type 550          12       18,90 €   226,80 €

A line is a row if it has words and a number in cells of its own; sums below are none. Nothing here asks a model.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from rag.dates import dates
from rag.extract.fields import Field
from rag.extract.grids import Grid, flags_of, grids, placed
from rag.extract.layout import Cell, Layout, Line
from rag.extract.ledgers import is_carried, parted, signed
from rag.extract.lexicon import alike, bag, units
from rag.extract.lists import apart
from rag.extract.stations import SPANNED
from rag.quantities import quantities

NO_ROW = bag(
    "total subtotal tax payment card cash change given phone date time invoice order due iban discount vat_id receipt"
    " year customer postcode amount price number currency"
)
SUMMED = bag("total subtotal tax discount payment")
FEW, MANY, HALF = 2, 30, 0.5  # HALF: what a column is worth that only its kind tells
COUNTED = re.compile(r"(\d{1,4})\s?[x×*]\s+(?=\S)|(?<=\s)[x×](\d{1,4})\Z|\s\(?(\d{1,4})\s?[x×]\)?\Z")
LEADING = re.compile(r"\d{1,3} [^\W\d]")
MONEY = re.compile(r"[€$£¥￥円元]|\d[.,]\d\d\b|\b(?:EUR|USD|GBP|CHF|JPY)\b")
LETTERS = re.compile(r"[^\W\d_]")
NUMERIC = re.compile(
    r"[-+−]?\s?(?:[€$£¥￥]|EUR|USD|GBP|CHF)?\s?[\d.,'’ ]*\d\s?(?:[€$£¥￥円元%]|EUR|USD|GBP|CHF|JPY|pcs|Stk\.?|x)?"
    r"[*A-Z]?"
)
LOOKED = 4_000  # characters of which the language is told
DATED = re.compile(r"\d{1,2}\.\d{1,2}\.(?:\d{2,4})?|\b\d{1,2}\.\d{2}(?=\s?(?:Uhr|h\b|[ap]\.?m))|\bv?\d+\.\d+\.\d+")
CONTINENTAL = re.compile(
    r"\b(?:der|die|das|und|ein|mit|für|von|ist|auf|het|een|van|en|met|voor|le|la|les|des|et|du|une|pour|avec|el|los|las"
    r"|del|con|para|una|por|il|di|per|che|gli|della|no|sono)\b"
)
ENGLISH = re.compile(r"\b(?:the|and|of|to|is|for|with|on|at|by|are|was|has|from|or|not)\b")
ALIKE = 0.45  # from which a head speaks of a field
Row = dict[str, list[str]]  # field -> how its value may be written in the row


def rows(text: str, layout: Layout, wanted: Sequence[Field]) -> list[Row]:
    """The rows of the largest table of a text that no head tells; none where there is no table."""
    texts = [one for one in wanted if one.kind == "text"]
    numbers = [one for one in wanted if one.kind == "number"]
    days = [one for one in wanted if one.kind == "date"]
    if not texts or not numbers:
        return []
    tables: list[list[Line]] = [[]]
    for line in layout.lines:
        if _is_row(text, line):
            if tables[-1] and (tables[-1][-1].heads != line.heads):
                tables.append([])
            tables[-1].append(line)
        elif tables[-1] and not _goes_on(text, line):
            tables.append([])
    best = max(tables, key=len)
    if len(best) < FEW and not any(line.heads for line in best):
        return []
    found = [_row(text, line, texts, numbers, days) for line in best[:MANY]]
    name = texts[0].key[1]
    if all(LEADING.match(row.get(name, [""])[0]) for row in found):  # "2 Almond Croissant"
        for row in found:
            count, _, row[name][0] = row[name][0].partition(" ")
            for one in numbers:
                if "quantity" in one.units and not row.get(one.key[1]):
                    row[one.key[1]] = [count]
    return found


def under_heads(text: str, layout: Layout, wanted: Sequence[Field]) -> list[Row]:
    """The rows of the table whose heads speak of most fields, at least of half of them."""
    best: tuple[float, list[Row]] = (0.0, [])
    for grid in grids(text, layout):
        grid = signed(parted(_spanned(grid, wanted), wanted), wanted)
        columns, told = placed(wanted, grid)
        about = alike(wanted[0].parent, units(grid.above)) if grid.above else 0.0
        worth = told + HALF * (len(columns) - told) + about
        if 2 * len(columns) >= len(wanted) and worth > best[0]:
            found = [_cells(row, wanted, columns) for row in grid.rows]
            best = (worth, [row for row in found if any(row.values())][:MANY])
    return best[1]


def _spanned(grid: Grid, wanted: Sequence[Field]) -> Grid:
    """The table with a column of spans of time, "10/2011 – heute", as two where the fields ask for both ends."""
    start = next((one.key[1] for one in wanted if "start" in one.units), "")
    end = next((one.key[1] for one in wanted if "end" in one.units), "")
    for n in range(len(grid.heads)) if start and end else ():
        spans = [SPANNED.fullmatch(row[n]) for row in grid.rows]
        if 2 * sum(span is not None and span["end"] is not None for span in spans) > len(spans):
            rows = [
                (*row[:n], span["start"] if span else "", (span["end"] or "") if span else "", *row[n + 1 :])
                for row, span in zip(grid.rows, spans, strict=True)
            ]
            return Grid((*grid.heads[:n], start, end, *grid.heads[n + 1 :]), tuple(rows), grid.above)
    return grid


def by_heads(wanted: Sequence[Field], heads: Sequence[str]) -> dict[str, int]:
    """Field -> the column whose head speaks of it most."""
    pairs = [(alike(one.units, units(head)), -n, one.key[1]) for one in wanted for n, head in enumerate(heads)]
    pairs += [(1.0, -n, one.key[1]) for one in wanted for n, head in enumerate(heads) if _same(one.key[1], head)]
    found: dict[str, int] = {}
    for sureness, place, name in sorted(pairs, reverse=True):
        if sureness >= ALIKE and name not in found and -place not in found.values():
            found[name] = -place
    return found


def _same(name: str, head: str) -> bool:
    """Whether a head is a field's very name."""
    one, other = (re.sub(r"[\W_]+", "", said).casefold() for said in (name, head))
    return one == other


def _cells(said: Sequence[str], wanted: Sequence[Field], columns: Mapping[str, int]) -> Row:
    """The values of a row; {} if it is a sum."""
    first = next((cell for cell in said if LETTERS.search(cell)), "")
    meant = units(re.sub(r"\d\S*|%", " ", first))
    if meant and meant <= NO_ROW and meant & SUMMED and not NUMERIC.fullmatch(first):
        return {}
    if is_carried(said) and any(one.kind == "number" for one in wanted):
        return {}
    flags = {one.key[1] for one in wanted if flags_of(one)}
    row: Row = {name: [said[at]] for name, at in columns.items() if said[at].strip(" " if name in flags else "-–— ")}
    for one in wanted:
        if one.listed and one.key[1] in row:
            row[one.key[1]] = [part for part in apart(row[one.key[1]][0].replace("<br>", "; ")) if part]
    unit = next((one.key[1] for one in wanted if is_unit(one) and one.key[1] not in columns), "")
    valued = next((row[one.key[1]][0] for one in wanted if one.kind == "number" and one.key[1] in row), "")
    if unit:
        row[unit] = unit_of(valued)
    left = [
        one.key[1] for one in wanted if one.kind == "text" and not one.listed and one.key[1] not in (*columns, unit)
    ]
    free = [n for n in range(len(said)) if n not in columns.values() and _is_worded(said[n])]
    if left and free:  # what it is of, under a head that nobody knows
        row[left[0]] = [said[free[0]]]
    return row


def is_unit(one: Field) -> bool:
    """Whether a field asks for what a number is of: "unit" beside "amount"."""
    return one.kind == "text" and "unit" in one.units and "price" not in one.units


def unit_of(said: str) -> list[str]:
    """What a number is of, as a cell says it: "€ je m²" of "0,22 € je m²", "£" of "£12"; [] if it says nothing."""
    number = next(quantities(said), None)
    if number is None:
        return []
    unit = said[number.end :].strip() or said[: number.start].strip(" -+−")
    return [unit] if re.search(r"[^\W\d]|[€$£¥%]", unit) else []


def _is_row(text: str, line: Line) -> bool:
    said = text[line.start : line.end]
    named = [cell for cell in line.cells if _is_name(text, cell)]
    if is_carried([text[cell.start : cell.end] for cell in named]):
        return False
    priced = [cell for cell in line.cells if NUMERIC.fullmatch(text[cell.start : cell.end].strip())]
    if not named or not priced or not LETTERS.search(said):
        return False
    if not line.heads and not MONEY.search(text[priced[-1].start : priced[-1].end]):
        return False
    meant = units(re.sub(r"\(.*?\)|\d\S*", " ", text[named[0].start : named[0].end]))
    return not meant or not meant <= NO_ROW


def _goes_on(text: str, line: Line) -> bool:
    """Whether a line may stand between two rows: a rule, or more words about the row above."""
    return len(line.cells) == 1 and not MONEY.search(text[line.start : line.end]) and not line.cells[0].label


def _is_name(text: str, cell: Cell) -> bool:
    return _is_worded(text[cell.start : cell.end].strip())


def _is_worded(said: str) -> bool:
    return (not NUMERIC.fullmatch(said) and len(LETTERS.findall(said)) > 1) or bool(re.search("[\u3040-\u9fff]", said))


def dates_of(said: str) -> bool:
    """Whether a cell is a date."""
    return any(when.start == 0 and when.end == len(said) for when in dates(said))


def _row(text: str, line: Line, texts: Sequence[Field], numbers: Sequence[Field], days: Sequence[Field]) -> Row:
    heads = line.heads[len(line.heads) - len(line.cells) :] if line.heads else []
    said = [text[cell.start : cell.end].strip() for cell in line.cells]
    named = [n for n, cell in enumerate(line.cells) if _is_name(text, cell)]
    plain = [n for n, words in enumerate(said) if n not in named]
    found: Row = {}
    for asked, at in _placed(texts, named, heads).items():
        found[asked] = [COUNTED.sub("", said[at]).strip(" :-–")]
    count = COUNTED.search(said[named[0]]) if named else None
    for asked, at in _placed(numbers, plain, heads).items():
        found[asked] = [said[at]]
    for one, at in zip(days, (n for n in plain if dates_of(said[n])), strict=False):
        found[one.key[1]] = [said[at]]
    used = [*_placed(numbers, plain, heads).values(), *(n for n in plain if dates_of(said[n]))]
    free = [n for n in plain if n not in used and (n or not heads)]
    left = [one for one in numbers if one.key[1] not in found and "quantity" not in one.units]
    for one, at in zip(left[::-1], free[::-1], strict=False) if heads else ():  # under heads that nobody knows
        found[one.key[1]] = [said[at]]
    for one in numbers:
        if one.key[1] in found or (heads and not count):
            continue
        if "quantity" in one.units:
            counted = [number for number in (count.groups() if count else ()) if number]
            whole = [
                said[n] for n in plain if re.fullmatch(r"\d{1,4}\s?[x×]?", said[n]) and n != plain[0 if heads else -1]
            ]
            found[one.key[1]] = counted or whole[:1]
        elif plain:
            found[one.key[1]] = [said[plain[-1]]]
    return found


def _placed(wanted: Sequence[Field], among: Sequence[int], heads: Sequence[str]) -> dict[str, int]:
    """Field -> the cell whose head speaks of it; a single text is the first, and longest, that has words."""
    pairs = [(alike(one.units, units(heads[n])), -n, one.key[1]) for one in wanted for n in among if n < len(heads)]
    found: dict[str, int] = {}
    for sureness, place, name in sorted(pairs, reverse=True):
        if sureness >= ALIKE and name not in found and -place not in found.values():
            found[name] = -place
    left = [one for one in wanted if one.key[1] not in found and one.kind == "text"]
    if left and among and not any(n in found.values() for n in among[:1]):
        found[left[0].key[1]] = among[0]
    return found


def amount(said: str, *, whole: bool, comma: bool) -> int | float | None:
    """The number that is written so; `comma` says that the text writes decimals with one, so that "1.234" is 1234."""
    found = list(quantities(said))
    if not found:
        return None
    if part := next((one for one in found if said[one.start : one.end].count("/") == 1), None):
        return float(part.value)
    first = found[0]
    readable = [one.value for one in found if (one.start, one.end) == (first.start, first.end)]
    grouped = re.fullmatch(r"\d{1,3}(?:[.,]\d{3})+", said[first.start : first.end])
    if grouped and (whole or (comma and "." in grouped[0])):
        readable = [value for value in readable if value == value.to_integral() and value >= 1000] or readable
    value = readable[0]
    return int(value) if value == value.to_integral() else float(value)


def comma_decimal(text: str) -> bool:
    """Whether a text writes decimals with a comma: by its decimals; by its language, where it groups with points."""
    bare = DATED.sub(" ", text)
    commas, points = len(re.findall(r"\d,\d{1,2}(?!\d)", bare)), len(re.findall(r"\d\.\d{1,2}(?![\d.])", bare))
    if re.search(r"(?<![\d.,])\d{1,3}\.\d{3}(?![\d.])", bare) and not re.search(r"\d,\d{3}(?!\d)", bare):
        continental, english = len(CONTINENTAL.findall(text[:LOOKED])), len(ENGLISH.findall(text[:LOOKED]))
        dotted = not points and re.search(r"(?<!\d)\d{1,2}\.\d{1,2}\.(?:19|20)\d\d(?!\d)", text) is not None
        if continental > english or dotted or re.search(r"\d\.\d{3}\s?(?:€|EUR|euros?\b|Euro|CHF|Fr)", bare):
            return True
    if commas or points or re.search(r"\d,\d{3}", text):
        return commas > points
    return False


__all__ = ["amount", "by_heads", "comma_decimal", "is_unit", "rows", "under_heads", "unit_of"]
