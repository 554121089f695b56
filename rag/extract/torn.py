"""
Rows of a table whose columns are gone, and lists of what things cost: values stand at the end of each line.

    Item Qty Unit price Amount                      - Design, two rounds: £2,400
    School bench 180 cm 15 £230.00 £3,450.00        - Training: £700

As many values as all rows of a run have are cells, what stands before them is what a row is of; the head above them
says which cell is which, without one what the values are. Rules only; nothing here asks a model.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from rag.dates import NAME as MONTH
from rag.extract.fields import Field
from rag.extract.layout import GAP, Layout, Line
from rag.extract.lexicon import alike, bag, is_notion, units
from rag.extract.rows import NO_ROW, Row, by_heads, is_unit, unit_of
from rag.quantities import quantities

FEW, MANY = 2, 30
HEAD = 12  # words of a head at most
MISSED = 0.2  # what it costs that a line has fewer values than the head has columns
PROVED = 0.5  # what it is worth that counts times prices are the sums
KNOWN = 0.3  # what it is worth that a column's head is a word that forms are made of
CURRENCY = r"(?:[€$£¥￥円元]|(?:EUR|USD|GBP|CHF|JPY|CAD|AUD|SEK|NOK|DKK|PLN|Euro|Fr\.)(?!\w))"
DIGITS = r"\d[\d.,'’]*(?:\u00a0\d{3}(?!\d))*(?:[.,]\d+)?(?:[.,][-–—]+)?"
PER = (
    r"(?:\s?/\s?|\s(?:per|an?|each|every|je|pro|im|par|por|al|p\.|plus|excl\.?|incl\.?|net|netto|brutto|zzgl\.?|inkl\.?|HT|TTC"
    r"|monthly|yearly|monatlich|jährlich|einmalig|once)(?!\w))(?:[\s/][^\W\d][\w²³./-]*|[²³]|(?<=/)\s?[^\W\d][\w²³.]*){0,3}"
)
NOTHING = (
    r"(?:none|nil|n/a|free|included|incl\.|keine[rs]?|frei|inkl\.|inklusive|gratis|kostenlos|aucune?|ninguna?|[-–—])"
)
DAY = rf"(?:\d{{4}}-\d\d-\d\d|\d{{1,2}}[./]\d{{1,2}}[./]\d{{2,4}}|\d{{1,2}}\.?\s{MONTH}\s\d{{4}})".replace(
    "?P<name>", "?:"
)
COUNTED = (
    r"(?:%|pcs\.?|Stk\.?|Stück|[x×]|Std\.?|Stunden|h|hrs?|hours?|days?|Tage?n?|nights?|Nächte|pairs?|Paar|kg|m[²³2]?|km|l"
    r"|jours?|heures?)(?!\w)"
)
AMOUNT = rf"[-+−]?\s?(?:{CURRENCY}\s?[-+−]?{DIGITS}|{DIGITS}\s?{CURRENCY}?)(?:\s?{COUNTED})?"
VALUE = re.compile(
    rf"(?:(?<=\s)|(?<=[:=–—…])|(?<=\.\.)|\A)(?P<value>{DAY}|{NOTHING}|{AMOUNT})(?P<per>{PER})?[.;,]?\s*\Z",
    re.IGNORECASE,
)
MONEY = re.compile(rf"{CURRENCY}|\d[.,]\d\d(?!\d)")
PLAIN = re.compile(r"\d{1,5}(?:\s?(?:[x×]|pcs\.?|Stk\.?|Stück))?", re.IGNORECASE)
YEAR = re.compile(r"(?:19|20)\d\d")
THOUSANDS = re.compile(r"\d{1,3}")
GROUP = re.compile(r"\d{3}(?!\d)")
RUNNING = re.compile(r"\w{3}[.!?]\s+[A-ZÀ-Þ]")  # one sentence, and another
FROM = re.compile(r"\s(?:from|ab|von|à partir de|dès|desde|da)\Z", re.IGNORECASE)
BY = re.compile(r"\d\s?[x×]\s\Z")  # before the second of two measures: "80 x 80"
JOINING = " \t:=–—-.…"  # between what a row is of and its values
LEADING = re.compile(
    rf"(?P<day>{DAY})[\s:,–—-]+|(?P<count>\d{{1,4}})\s?[x×]\s+|(?P<place>\d{{1,3}})[.)]?\s+(?=[^\W\d])"
)
# What may stand in a column before the name of a row: a day, a code, a number.
FIRST = re.compile(rf"(?:{DAY}|[A-Z]{{0,4}}[-/.]?\d[\w./-]*)(?=\s+[^\W\d_]|\s+\d+\s+[^\W\d_])")
SUMS = NO_ROW - {"price"}  # "Reisekosten" is none
GRATIS = re.compile(
    r"(?<=\s)(?:free|gratis|kostenlos|frei|included|inklusive|gratuite?s?|offerte?s?)\.?\Z", re.IGNORECASE
)
LETTER = re.compile(r"[^\W\d_]")
COUNTS = bag("quantity hours size weight servings")
PRICES = bag("price amount total subtotal salary unit")
LONGEST = 90  # characters of what a row is of


@dataclass(frozen=True, slots=True)
class Torn:
    """A line that ends in values: `text[start:first]` is what it is of, the values stand from left to right."""

    start: int
    values: tuple[tuple[int, int, int], ...]  # start, end, end with what it is per
    marked: bool
    above: str
    head: str  # the line above it, if that may be a head


def torn(text: str, layout: Layout, wanted: Sequence[Field]) -> list[Row]:
    """The rows of the run of such lines that says most of the fields; none where there is none."""
    if not any(one.kind == "text" for one in wanted) or not any(map(_is_valued, wanted)):
        return []
    best: tuple[float, list[Row]] = (0.0, [])
    for run in _runs(text, layout):
        for lines in dict.fromkeys((tuple(run), tuple(_joined(text, one) for one in run))):
            worth, rows = _read(text, lines, wanted)
            if worth >= best[0]:
                best = (worth, rows[:MANY])
    return best[1]


def _read(text: str, lines: Sequence[Torn], wanted: Sequence[Field]) -> tuple[float, list[Row]]:
    """The rows of a run, and how well they say the fields; (0, []) if they are none."""
    about = alike(wanted[0].parent, units(lines[0].above)) if lines[0].above else 0.0
    placed, size, front = _headed(text, lines, wanted)
    if not placed:
        lines = _alike(text, lines)
        if len(lines) < FEW or not _are_priced(text, lines, wanted, about):
            return 0.0, []
        size = _width(text, lines, wanted)
    lines = [one for one in lines if len(one.values) >= size]
    counted = lines if front == FEW else _numbered(text, lines)
    rows = [_row(text, one, size, wanted, placed, front) for one in counted]
    return len(placed) + about + len(rows) / MANY + PROVED * _multiply(text, lines, size - 1), rows


def _is_valued(one: Field) -> bool:
    """Whether a field takes a value of a row: a number, or the text of a price."""
    return one.kind == "number" or (one.kind == "text" and bool(one.units & PRICES))


def _runs(text: str, layout: Layout) -> Iterator[list[Torn]]:
    """The lines that end in values and stand one below the other."""
    run: list[Torn] = []
    head = ""
    for line in layout.lines:
        found = _torn(text, line, head, bool(run)) if not layout.titles(line) else None
        if found is None:
            if run:
                yield _together(text, run)
            run = []
            said = text[line.start : line.end]
            head = said if len(line.cells) == 1 and not re.search(r"[\d.:]", said) and len(said.split()) <= HEAD else ""
        else:
            run.append(found)
    if run:
        yield _together(text, run)


def _together(text: str, run: list[Torn]) -> list[Torn]:
    """The lines of a run without a first or last one that a blank line sets apart from all others."""
    blank = ["\n\n" in text[one.start : other.start].replace(" ", "") for one, other in itertools.pairwise(run)]
    if len(run) > FEW and not all(blank) and not any(blank[1:-1]):
        return run[blank[0] : len(run) - blank[-1]]
    return run


def _torn(text: str, line: Line, head: str, going: bool) -> Torn | None:
    """A line as what it is of and its values; None if it has none, is a sum, or has cells already."""
    if line.heads or GAP.search(text, line.start, line.end) or text[line.start - 2 : line.start] in ("# ", "| "):
        return None
    values: list[tuple[int, int, int]] = []
    end = line.end
    while match := VALUE.search(text[line.start : end]):
        start = line.start + match.start("value")
        if BY.search(text, max(0, start - 6), start) or (values and match["per"] and not MONEY.search(match["value"])):
            break
        last = line.start + match.end("per" if match["per"] else "value")
        values.insert(0, (start, line.start + match.end("value"), last))
        end = start
        while end > line.start and text[end - 1] in JOINING:
            end -= 1
        if text[end:start].strip() not in ("", "."):  # "Training: £700" has one value only
            break
    if not values:
        return None
    said = text[line.start : values[0][0]].strip(JOINING)
    label = units(line.cells[0].label) if line.cells[0].label else frozenset()
    meant = units(re.sub(r"\(.*?\)|\d\S*|%", " ", said))
    if not LETTER.search(said) or len(said) > LONGEST or RUNNING.search(said):
        return None
    if (meant and meant <= SUMS) or (label and label <= NO_ROW):
        return None
    counted = any(char.isdigit() for start, last, _ in values for char in text[start:last])
    free = going and len(said.split()) <= FEW and GRATIS.search(text, line.start, line.end)
    if not counted and not free and not text[end : values[0][0]].strip():  # "… is not included"
        return None
    return Torn(line.start, tuple(values), line.marked, line.above, head)


def _joined(text: str, one: Torn) -> Torn:
    """The same line where a value and three digits behind it are one number: "2 389,00 €"."""
    values = list(one.values)
    for at in range(len(values) - 1, 0, -1):
        before, after = values[at - 1], values[at]
        apart = after[0] - before[1]
        if apart == 1 and THOUSANDS.fullmatch(text, *before[:2]) and GROUP.match(text, *after[:2]):
            values[at - 1 : at + 1] = [(before[0], after[1], after[2])]
    return replace(one, values=tuple(values))


def _alike(text: str, run: Sequence[Torn]) -> list[Torn]:
    """The lines of a run without those at its ends that end in something else, or in fewer values, than the others."""
    kept = list(run)
    money = 2 * sum(_is_paid(text, one) for one in run) > len(run)
    for at in (0, -1):
        while len(kept) > FEW and (
            (money and not _is_paid(text, kept[at]))
            or len(kept[at].values) < min(len(one.values) for one in (kept[1:] if at == 0 else kept[:-1]))
        ):
            kept.pop(at)
    return kept


def _is_paid(text: str, one: Torn) -> bool:
    """Whether a line ends in money, or in a word for nothing."""
    said = text[slice(*one.values[-1][:2])]
    return MONEY.search(said) is not None or not any(map(str.isdigit, said))


def _headed(text: str, run: Sequence[Torn], wanted: Sequence[Field]) -> tuple[dict[str, int], int, int]:
    """
    Field -> column, by the line above a run, how many values a row has, and how many columns stand before them (two if
    a day, a code or a number begins each row); ({}, 0, 1) if that line is no head.
    """
    words = run[0].head.split()
    most = max(len(one.values) for one in run)
    best: tuple[float, dict[str, int], int, int] = (0.0, {}, 0, 1)
    fronts = (1, 2) if all(FIRST.match(text, one.start) for one in run) else (1,)
    for front, size in itertools.product(fronts, range(1, most + 1)):
        rows = sum(len(one.values) >= size for one in run)
        if 2 * rows <= len(run) or size + front > len(words):
            continue
        for cuts in itertools.combinations(range(1, len(words)), size + front - 1):
            heads = [" ".join(words[one:other]) for one, other in itertools.pairwise((0, *cuts, len(words)))]
            placed = by_heads(wanted, heads)
            worth = sum(_sureness(one, heads[placed[one.key[1]]]) for one in wanted if one.key[1] in placed)
            worth += KNOWN * sum(map(is_notion, heads)) - MISSED * (len(run) - rows)
            if worth >= best[0] and any(at >= front for at in placed.values()) and 2 * len(placed) >= len(wanted):
                best = (worth, placed, size, front)
    return best[1:]


def _sureness(one: Field, head: str) -> float:
    same = re.sub(r"[\W_]+", "", head).casefold() == re.sub(r"[\W_]+", "", one.key[1]).casefold()
    return 1.0 if same else alike(one.units, units(head))


def _are_priced(text: str, run: Sequence[Torn], wanted: Sequence[Field], about: float) -> bool:
    """Whether lines without a head are what things cost, and that is asked for, or a list that is named."""
    money = sum(MONEY.search(text[one.values[-1][0] : one.values[-1][1]]) is not None for one in run)
    asked = any(one.units & PRICES for one in wanted if _is_valued(one))
    return (2 * money > len(run) and asked) or (about >= 0.5 and all(one.marked for one in run))


def _width(text: str, run: Sequence[Torn], wanted: Sequence[Field]) -> int:
    """How many values are cells where no head tells it: those in money, and counts where counts are asked for."""
    least = min(len(one.values) for one in run)
    counted = any(one.kind == "number" and not one.units & PRICES for one in wanted)
    size = 0
    while size < least:
        said = [text[one.values[-1 - size][0] : one.values[-1 - size][1]] for one in run]
        money = 2 * sum(MONEY.search(value) is not None for value in said) >= len(said)
        if not size and not money and any(map(YEAR.fullmatch, said)):
            break  # "… of 2025"
        if size and not money and not counted and not _multiply(text, run, size):
            break
        size += 1
    return size


def _multiply(text: str, run: Sequence[Torn], size: int) -> bool:
    """Whether a further value to the left is how often the next one is paid: 15 × £230.00 = £3,450.00."""
    if size < FEW:
        return False
    sums = []
    for one in run:
        said = [next(quantities(text[start:end]), None) for start, end, _ in one.values[-1 - size :]]
        sums.append(None not in said and said[0].value * said[1].value == said[-1].value)  # type: ignore[union-attr]
    return all(sums)


def _numbered(text: str, run: Sequence[Torn]) -> list[Torn]:
    """The rows without the numbers that only count them: "1 Flour …", "2 Yeast …"."""
    places = [LEADING.match(text, one.start) for one in run]
    if len(run) > 1 and all(match and match["place"] == str(n) for n, match in enumerate(places, 1)):
        return [replace(one, start=match.end()) for one, match in zip(run, places, strict=True) if match]
    return list(run)


def _row(text: str, one: Torn, size: int, wanted: Sequence[Field], placed: dict[str, int], front: int) -> Row:
    cells = one.values[len(one.values) - size :]
    start, row = one.start, Row()
    first, lead = FIRST.match(text, start), LEADING.match(text, start)
    day = next((field for field in wanted if field.kind == "date" or "date" in field.units), None)
    count = next((field for field in wanted if field.kind == "number" and "quantity" in field.units), None)
    if front == FEW and first:
        start = first.end()
    elif lead and lead["day"] and day:
        row[day.key[1]], start = [lead["day"]], lead.end()
    elif lead and (lead["count"] or (lead["place"] and size == 1)) and count and not placed:
        row[count.key[1]], start = [lead["count"] or lead["place"]], lead.end()
    for name, at in placed.items():
        if at >= front:
            row[name] = [text[slice(*cells[at - front][:2])]]
        elif at < front - 1 and first:
            row[name] = [first[0]]
    said = [text[first:last].strip() for first, last, _ in cells]
    if not placed:
        row.update(_by_kind(said, [field for field in wanted if field.key[1] not in row]))
    if (per := next((field for field in wanted if field.kind == "text" and is_unit(field)), None)) and not row.get(
        per.key[1]
    ):
        row[per.key[1]] = unit_of(text[cells[-1][0] : cells[-1][2]])
    what = next(
        (
            field
            for field in wanted
            if field.kind == "text" and not row.get(field.key[1]) and field is not per and not field.wants
        ),
        None,
    )
    what = next((field for field in wanted if placed.get(field.key[1]) == front - 1 and field.kind == "text"), what)
    if what is not None:
        row[what.key[1]] = [FROM.sub("", text[start : cells[0][0]].strip(JOINING)).strip(JOINING + "*_,;")]
    return row


def _by_kind(said: Sequence[str], wanted: Sequence[Field]) -> Row:
    """The values of a row without a head: counts, what one costs, and the sum."""
    row = Row()
    money = [n for n, value in enumerate(said) if MONEY.search(value)] or list(range(len(said)))[-1:]
    plain = [n for n in range(len(said)) if n not in money]
    priced = [one for one in wanted if _is_valued(one) and one.units & PRICES and not is_unit(one)]
    sums = [one for one in priced if one.units & bag("amount total subtotal") and "unit" not in one.units]
    for one in priced:
        at = money[-1] if one in sums and (len(sums) < len(priced) or len(priced) == 1) else money[0]
        row[one.key[1]] = [said[at]]
    others = [one for one in wanted if one.kind == "number" and one not in priced]
    others.sort(key=lambda one: not one.units & COUNTS)
    for one, at in zip(others, plain if priced else [*plain, *money], strict=False):
        row[one.key[1]] = [said[at]]
    return row


__all__ = ["torn"]
