"""
Tables with a head, in whatever notation: bars of Markdown, tabs, semicolons or commas (with quotes, as in a CSV), or
columns that stand below one another; and which column is which field.

    | What | Who | By | Status |      Date,Paid out,Balance        Anz.  Text               Preis   Betrag
    |---|---|---|---|                 "03 Apr 2026","38.15",""      2    Bremsbelag         28.50    57.00

A column is a field's by what its head says, then by what heads of tables mean beside one another ("By" of a column of
days is until when), then because nothing else is left for it. Rules only; nothing here asks a model.
"""

from __future__ import annotations

import csv
import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from rag.dates import dates, days
from rag.extract.fields import Field
from rag.extract.kinds import by_kind, kind_of, takes
from rag.extract.layout import Layout
from rag.extract.lexicon import alike, bag, is_notion, units

CALLED = bag("name title description")  # what the rows of a table are called
OWN = 0.75  # from which a head is what a list, or a field, is called
ALIKE, BY_COLUMN = 0.45, 0.44  # from which a head speaks of a field; what its meaning in tables says
MOST = 4_000  # lines that are looked at
BARRED = re.compile(r"\|.*\||[^|\n]+(?:\|[^|\n]*)+")
RULE = re.compile(r"[\s|:=_+─—–-]{3,}")
GAP = re.compile(r"\t+|[ \u3000]{2,}")
GROUP = 40  # characters of a line that groups the rows below it
FLAG = re.compile(
    r"[+*!↑↓▲▼]{1,3}|--?|[HL]{1,2}|\(?(?:high|low|hoch|niedrig|tief|alto|bajo|basso|haut|bas)\)?", re.IGNORECASE
)
HIGH = "h hh h* ↑ ▲ + ++ high hoch erhöht élevé haut alto elevato hoog høj høy hög wysoki"
LOW = "l ll l* ↓ ▼ - -- – − low niedrig tief erniedrigt bas bajo basso laag lav låg niski n"
ESCAPED = "\x00"
MONEY = re.compile(r"\(.*?\)|\b(?:CHF|EUR|USD|GBP|SEK|in)\b|[€$£]")  # of a head: "Betrag CHF"
DAY = re.compile(r"\d{1,2}[./]\d{1,2}[./]?(?!\d)")
DELIMITERS = "\t;,"
NUMERIC = re.compile(r"[-+−(]?\s?(?:[^\W\d_]{1,3}|[€$£¥])?\s?[-+−]?\d[\d.,'’ ]*\S{0,4}(?:\s\S{1,5})?")
TRUE = bag(
    "yes y true ja oui sí x ✓ ✔ done completed complete closed finished erledigt fertig abgeschlossen fait terminé"
    " hecho ok"
)
FALSE = bag("no n false nein non - – open offen pending todo ouvert abierto pendiente ongoing laufend")
OPEN = re.compile(r"(?:in (?:progress|arbeit)|en (?:cours|curso)|not (?:started|done|yet)|to do|à faire|noch offen)\Z")
# What a head says in a table, whatever else its word means: words -> notions of fields.
COLUMNS = tuple(
    (frozenset(words.split()), frozenset(notions.split()))
    for words, notions in (
        ("what was quoi qué cosa item items text leistung bezeichnung désignation details subject thema point vorgang"
         " verwendungszweck buchungstext purpose narrative particulars memo libellé concepto article artikel",
         "tasks description name product title purpose object text"),
        ("talk talks vortrag session sessions beitrag lecture change changes änderung cambio topic programm exposé"
         " ponencia", "description title subject topic text"),
        ("who wer qui quién chi whom wen", "responsible person name"),
        ("found reported raised presenter presented given gehalten gemeldet", "reporter speaker performer author"),
        ("time times uhrzeit zeit heure horaire hora horario ora orario tijd uur tid klokken kl", "start time"),
        ("by bis until when wann quand cuándo entro deadline termin frist", "due date end"),
        ("status state stand état estado stato ok", "done status"),
        ("hours hrs std stunden h anz anzahl stk menge qty units days tage nights nächte heures jours nr", "quantity"),
        ("rate preis price e-preis einzel each pu p.u. tarif prix precio satz", "price unit salary"),
        ("total betrag sum summe gesamt amount montant importe", "amount total price"),
        ("booked buchung buchungstag posted valuta value day tag jour", "date booking"),
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Grid:
    """The cells of a table's rows, each row as long as `heads`, some cells empty; `above` is its heading."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    above: str


def grids(text: str, layout: Layout) -> list[Grid]:
    """The tables of a text, of each notation in turn; one text may be told in several ways."""
    lines = text.split("\n")[:MOST]
    places = list(itertools.accumulate((len(line) + 1 for line in lines), initial=0))
    found: list[Grid] = []
    for way in (_barred, _delimited, _aligned):
        for at, heads, rows in way(lines):
            line = layout.line_at(places[at] + len(lines[at]) - len(lines[at].lstrip()) + 2) or layout.line_at(
                places[at + 1]
            )
            found.append(Grid(tuple(heads), tuple(map(tuple, rows)), line.above if line else ""))
    return found


def _barred(lines: Sequence[str]) -> Iterator[tuple[int, list[str], list[list[str]]]]:
    """Lines of cells between bars."""
    for at, run in _runs(lines, lambda line: BARRED.fullmatch(line.strip()) is not None):
        cells = [_split(line) for line in run if not RULE.fullmatch(line.strip())]
        if (
            len(cells) > 2 and not _is_worded(cells[0]) and _is_worded(cells[1])
        ):  # of a page, above the head of the table
            cells, at = cells[1:], at + 1
        if len(cells) > 1 and len(cells[0]) > 1:
            size = len(cells[0])
            yield at, cells[0], [[*row, *[""] * size][:size] for row in cells[1:] if len(row) <= size]


def _split(line: str) -> list[str]:
    bare = line.strip().replace("\\|", ESCAPED)
    parts = bare.removeprefix("|").removesuffix("|").split("|")
    return [part.replace(ESCAPED, "|").strip(" *_") for part in parts]


def _delimited(lines: Sequence[str]) -> Iterator[tuple[int, list[str], list[list[str]]]]:
    """Lines that one mark divides into as many cells as the first has, of which none is a number."""
    for mark in DELIMITERS:
        for at, run in _runs(lines, partial(_has, mark)):
            try:
                cells = [[cell.strip() for cell in row] for row in csv.reader(run, delimiter=mark)]
            except csv.Error:
                continue
            while len(cells) > 1 and (len(cells[0]) < 2 or not _is_head(cells[0])):
                cells, at = cells[1:], at + 1
            size = len(cells[0]) if cells else 0
            rows = list(itertools.takewhile(lambda row, size=size: len(row) == size, cells[1:]))  # type: ignore[misc]
            if rows and (mark != "," or len(rows) > 1 or len(cells[0]) > 2):
                yield at, cells[0], rows


def _has(mark: str, line: str) -> bool:
    return mark in line


def _aligned(lines: Sequence[str]) -> Iterator[tuple[int, list[str], list[list[str]]]]:
    """Columns that stand below their heads; a cell is in the column that it overlaps, or is next to."""
    done = 0  # up to where lines are rows of a table above
    for at, line in enumerate(lines):
        if at < done:
            continue
        heads = apart(line)
        if len(heads) < 2 or not _is_head([said for _, _, said in heads]) or any(":" in said for *_, said in heads):
            continue
        rows: list[list[str]] = []
        for n, below in enumerate(lines[at + 1 :], at + 1):
            if not below.strip() or RULE.fullmatch(below.strip()):
                if rows and not _goes_on(lines, n + 1, heads):
                    break
                continue
            cells = _unflagged(apart(below), heads)
            row = _in_columns(cells, heads)
            if len(cells) < 2 and _groups(below) and _goes_on(lines, n, heads):
                continue
            if len(cells) < 2 or not row:
                break
            rows.append(row)
            done = n + 1
        if rows:
            yield at, [said for _, _, said in heads], rows


def apart(line: str) -> list[tuple[int, int, str]]:
    """The cells of a line that stand apart: start, end, text."""
    edges = [
        match.span() for match in GAP.finditer(line) if line[: match.start()].strip() and line[match.end() :].strip()
    ]
    starts, ends = (
        [len(line) - len(line.lstrip()), *(end for _, end in edges)],
        [*(start for start, _ in edges), len(line.rstrip())],
    )
    return [(start, end, line[start:end]) for start, end in zip(starts, ends, strict=True) if start < end]


def _groups(line: str) -> bool:
    """Whether a line between rows only says what those below it are of: "Haematology"."""
    said = line.strip()
    return 0 < len(said) <= GROUP and not re.search(r"[\d:|.]", said)


def _goes_on(lines: Sequence[str], at: int, heads: Sequence[tuple[int, int, str]]) -> bool:
    """Whether a table goes on with a line that groups rows, and a row as long as its head."""
    if at + 1 >= len(lines) or not _groups(lines[at]) or len(apart(lines[at])) > 1:
        return False
    cells = _unflagged(apart(lines[at + 1]), heads)
    return len(cells) > 1 and len(cells) >= len(heads) - 1 and bool(_in_columns(cells, heads))


def _unflagged(cells: list[tuple[int, int, str]], heads: Sequence[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """The cells without the marks that stand below no head: "118   +   mg/dl"."""
    if len(cells) <= len(heads) and all(any(_overlap(cell, head) > 0 for head in heads) for cell in cells):
        return cells
    return [cell for cell in cells if not FLAG.fullmatch(cell[2])]


def _overlap(cell: tuple[int, int, str], head: tuple[int, int, str]) -> int:
    return min(cell[1], head[1]) - max(cell[0], head[0])


def _in_columns(cells: Sequence[tuple[int, int, str]], heads: Sequence[tuple[int, int, str]]) -> list[str]:
    """The cells of a line in their columns; [] if two are in one."""
    if len(cells) == len(heads):
        return [said for *_, said in cells]
    row, at = [""] * len(heads), -1
    for start, end, said in cells:
        best = max(
            range(at + 1, len(heads)),
            key=lambda n: (min(end, heads[n][1]) - max(start, heads[n][0]), -abs(end - heads[n][1])),
            default=None,
        )
        if best is None:
            return []
        row[best], at = said, best
    return row


def _is_head(cells: Sequence[str]) -> bool:
    return all(cells) and not any(re.search(r"\d{2}|^\W*\d", cell) for cell in cells) and len(set(cells)) == len(cells)


def _is_worded(cells: Sequence[str]) -> bool:
    """Whether the cells that are not empty are those of a head."""
    said = [cell for cell in cells if cell]
    return len(said) > 1 and _is_head(said)


def _runs(lines: Sequence[str], test: Callable[[str], bool]) -> Iterator[tuple[int, list[str]]]:
    """The lines one below the other for which a test holds, and where they begin."""
    numbered = enumerate(lines)
    for holds, run in itertools.groupby(numbered, key=lambda pair: test(pair[1])):
        if holds:
            kept = list(run)
            yield kept[0][0], [line for _, line in kept]


# which column is which field


def placed(wanted: Sequence[Field], grid: Grid) -> tuple[dict[str, int], int]:
    """Field -> its column, and how many of them the heads tell."""
    columns = [[row[n] for row in grid.rows if row[n].strip("-–— ")] for n in range(len(grid.heads))]
    pairs = []
    for one, n in itertools.product(wanted, range(len(grid.heads))):
        sure = _says(one, grid.heads[n])
        if sure < 1 and one.kind != "text" and columns[n] and not _holds(one, columns[n]):
            continue  # "Eintritt" of a column of days is no price
        if sure < ALIKE and _holds(one, columns[n]) and one.units & _of_column(grid.heads[n]):
            sure = BY_COLUMN + 0.01 * len(one.units & _of_column(grid.heads[n]))
        if sure > 0 and (sure >= BY_COLUMN):
            pairs.append((sure, -n, one.key[1]))
    found: dict[str, int] = {}
    for _, place, name in sorted(pairs, reverse=True):
        if name not in found and -place not in found.values():
            found[name] = -place
    told = len(found)
    by_kind = sorted(wanted, key=lambda one: one.kind == "number")  # a day is a number, too
    for one in by_kind if told else ():
        free = [n for n in range(len(columns)) if n not in found.values() and _holds(one, columns[n])]
        rivals = [other for other in wanted if other.key[1] not in found and other.kind == one.kind]
        if one.key[1] not in found and one.kind != "text" and len(free) == 1 == len(rivals):
            found[one.key[1]] = free[0]
    for one in wanted if told else ():
        if one.key[1] not in found and flags_of(one):
            free = [
                n for n in range(len(columns)) if n not in found.values() and _is_flags([row[n] for row in grid.rows])
            ]
            found.update({one.key[1]: free[0]} if len(free) == 1 else {})
    if told:
        _name(wanted, grid, columns, found)
    if told or _is_apart(grid):
        _exclude(wanted, columns, found, told)
    return found, told


def _name(wanted: Sequence[Field], grid: Grid, columns: Sequence[Sequence[str]], found: dict[str, int]) -> None:
    """
    The column of what the rows are of: the one whose head is the list's own name, "Candidate" of candidates; the first
    of words, where a later one is only a description.
    """
    one = next((one for one in wanted if one.kind == "text" and one.units & CALLED), None)
    if one is None:
        return
    free = [n for n in range(len(columns)) if n not in found.values() and kind_of(columns[n]) == "words"]
    own = next((n for n in free if alike(one.parent, units(grid.heads[n])) >= OWN), None)
    at = found.get(one.key[1])
    if own is None and at is not None and _says(one, grid.heads[at]) < OWN and free and free[0] < at:
        own = free[0]
    if own is not None and (at is None or _says(one, grid.heads[at]) < OWN):
        found[one.key[1]] = own


def flags_of(one: Field) -> dict[str, str]:
    """The marks of a column -> the value of a choice that they say: "H" is high, where that is to choose from."""
    values = {value.casefold(): value for value in one.values}
    if one.kind != "choice" or not {"high", "low"} <= set(values):
        return {}
    return {mark: values[name] for name, marks in (("high", HIGH), ("low", LOW)) for mark in marks.split()}


def _is_flags(cells: Sequence[str]) -> bool:
    said = [cell.strip() for cell in cells if cell.strip()]
    return bool(said) and all(FLAG.fullmatch(cell) for cell in said)


def _is_apart(grid: Grid) -> bool:
    """Whether heads are none of the cells of a table of labels with values."""
    first = [row[0] for row in grid.rows]
    return _is_head(grid.heads) and len(grid.rows) > 1 and 2 * sum(map(is_notion, first)) < len(first)


def _exclude(wanted: Sequence[Field], columns: Sequence[Sequence[str]], found: dict[str, int], told: int) -> None:
    """What is left for what is left: by the form of the cells, then because nothing else is."""
    if not told:
        if by_form := by_kind(wanted, columns):
            found.update(by_form)
        return
    if len(columns) > len(wanted) + 1:
        return
    for one in sorted(wanted, key=lambda one: len(takes(one))):
        if one.key[1] in found or not takes(one):
            continue
        free = [n for n in range(len(columns)) if n not in found.values() and kind_of(columns[n]) in takes(one)]
        if free and (len(free) == 1 or takes(one)[0] != "words"):
            found[one.key[1]] = min(free, key=lambda n: (takes(one).index(kind_of(columns[n])), n))
    left = [
        one for one in wanted if one.key[1] not in found and one.kind == "text" and not one.wants and not one.listed
    ]
    free = [n for n in range(len(columns)) if n not in found.values()]
    if len(left) == 1 == len(free) and len(columns) == len(wanted):
        found[left[0].key[1]] = free[0]


def _says(one: Field, head: str) -> float:
    """How surely a head speaks of a field."""
    head = MONEY.sub(" ", head)
    plain, name = (re.sub(r"[\W_]+", "", said).casefold() for said in (head, one.key[1]))
    if plain == name:
        return 1.0
    first = re.split(r"[\W_]+", head.casefold())[0]
    short = len(first) > 3 and one.key[1].casefold().startswith(first)  # "temp_c" of "temperature"
    return max(alike(one.units, units(head)), 0.6 if short else 0.0)


def _of_column(head: str) -> frozenset[str]:
    words = {word.strip(".?:()") for word in re.split(r"[\s/]+", head.casefold())}
    return frozenset().union(*(notions for said, notions in COLUMNS if words & said))


def _holds(one: Field, cells: Sequence[str]) -> bool:
    """Whether what stands in a column is what a field takes."""
    if not cells:
        return False
    if one.kind == "number":
        test = sum(_is_number(cell) for cell in cells)
    elif one.kind == "date" or (one.kind == "text" and "date" in one.wants):
        test = sum(
            next(itertools.chain(dates(cell), days(cell)), None) is not None or DAY.match(cell) is not None
            for cell in cells
        )
    elif one.kind == "flag":
        test = sum(truth(cell) is not None for cell in cells)
    else:
        test = sum(NUMERIC.fullmatch(cell) is None for cell in cells)
    return 2 * test > len(cells)


def _is_number(cell: str) -> bool:
    return NUMERIC.fullmatch(cell) is not None and not any(when.end - when.start > 6 for when in dates(cell))


def truth(said: str) -> bool | None:
    """Yes or no of a cell: "done", "offen"; None if it says neither."""
    word = said.casefold().strip(" .")
    return True if word in TRUE else False if word in FALSE or OPEN.match(word) else None


__all__ = ["FLAG", "Grid", "apart", "grids", "placed", "truth"]
