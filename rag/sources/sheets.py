"""
Spreadsheets (.xlsx, .ods): each sheet a section with its name and its rows as a table, cells as a person sees them.

Read part by part, so that a large file costs no more than its text. Hidden sheets, rows and columns, comments and
charts are not read, and told; of a formula, what it came to when the file was saved, else what can be told of it.
"""

from __future__ import annotations

import io
import math
import posixpath
import re
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING

from rag.errors import InputError
from rag.sources import archives, formulas, number_formats, office
from rag.sources.books import xml
from rag.sources.html import table_of
from rag.sources.items import Left, untold
from rag.sources.text import bounded
from rag.sources.word import main_part
from rag.types import Document

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

MOST_CELLS = 2_000_000  # of a file
MOST_FORMULAS = 20_000  # of a sheet, of which the file says no value
MOST_SHOWN = 10_000_000  # of a table, the empty ones too
MOST_CHARACTERS = 50_000_000  # of a file: a text that is written once may be shown a million times
WIDEST = 500  # columns
MOST_REPEATED = 1000  # rows
MOST_SPREAD = 1_000_000  # rows that cells over several of them reach, of a file
CELL = re.compile(r"([A-Z]{1,3})(\d{1,7})")
RANGE = re.compile(rb'<(?:\w+:)?mergeCell\b[^<>]*?\bref="([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})"')
COLUMNS = re.compile(rb"<(?:\w+:)?col\b([^<>]*)>")
FILTERED = re.compile(rb"<(?:\w+:)?filterColumn\b")
RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
STRICT = "{http://purl.oclc.org/ooxml/officeDocument/relationships}id"
AS_CSV = "Save the sheet as .csv, and index that."
BESIDE = re.compile(r"(?:.*/)?(comments|threadedComment|chart)s?/?[\w-]*\.xml", re.IGNORECASE)


@dataclass(slots=True)
class Room:
    """How much a file may still say."""

    key: str
    cells: int = MOST_CELLS
    characters: int = MOST_CHARACTERS
    spread: int = MOST_SPREAD

    def take(self, cells: int, characters: int) -> None:
        self.cells -= cells
        self.characters -= characters
        if self.cells < 0:
            raise InputError(f"{self.key} has more than {MOST_CELLS:,} cells", AS_CSV)
        if self.characters < 0:
            raise InputError(f"the cells of {self.key} hold more than {MOST_CHARACTERS:,} characters", AS_CSV)


@dataclass(slots=True)
class Sheet:
    """The cells of a sheet that hold something, by row and column from 0; `beyond` are those too far to the right."""

    name: str
    room: Room
    rows: dict[int, dict[int, str]] = field(default_factory=dict)
    beyond: int = 0
    numbers: dict[tuple[int, int], float] = field(default_factory=dict)
    formulas: dict[tuple[int, int], str] = field(default_factory=dict)  # of which the file says no value
    shared: dict[str, tuple[str, int, int]] = field(default_factory=dict)  # formulas of several cells, and where
    unseen: set[int] = field(default_factory=set)  # rows that are not shown
    forms: dict[tuple[int, int], str] = field(default_factory=dict)  # how those are shown

    def put(self, row: int, column: int, text: str) -> None:
        if text and column >= WIDEST:
            self.beyond += 1
        elif text:
            self.room.take(1, len(text))
            if text := " ".join(text.split()):
                self.rows.setdefault(row, {})[column] = text


def xlsx(data: bytes, key: str, source: str, left: Left = untold) -> list[Document]:
    """An Excel file as one document."""
    office.check(data, key)
    main = main_part(data, key, "xl/workbook.xml")
    with archives.opened(data, key) as archive:
        sheets = list(_workbook(archive, main, key, left))
        for name in archive.namelist():
            if found := BESIDE.fullmatch(name):
                left("charts" if found[1].lower() == "chart" else "comments", name)
    return _document(sheets, data, key, source, left)


def ods(data: bytes, key: str, source: str, left: Left = untold) -> list[Document]:
    """A spreadsheet of LibreOffice or OpenOffice as one document."""
    archives.parts(data, key)
    with archives.opened(data, key) as archive:
        content = archives.member(archive, "content.xml", key)
    return _document(list(_tables(content, key, left)), data, key, source, left)


def _document(sheets: Sequence[Sheet], data: bytes, key: str, source: str, left: Left) -> list[Document]:
    if sheets and sheets[0].room.spread < 0:
        left("merged cells", f"those that reach more than {MOST_SPREAD:,} rows stand in their first row alone")
    for sheet in sheets:
        if sheet.beyond:
            left(f"cells beyond column {WIDEST}", f"{sheet.name}: {sheet.beyond:,}")
        if len(sheet.rows) * len({column for row in sheet.rows.values() for column in row}) > MOST_SHOWN:
            raise InputError(f"{key}: the cells of {sheet.name} lie too far apart to be one table", AS_CSV)
    text = "\n\n".join(filter(None, map(_section, sheets)))
    return office.document(bounded(text, left), data, key, source)


def _section(sheet: Sheet) -> str:
    """A sheet as Markdown: what stands alone above its table as lines, empty rows and columns left out."""
    rows = [sheet.rows[number] for number in sorted(sheet.rows)]
    used = sorted({column for row in rows for column in row})
    above = 0
    while above < len(rows) and len(rows[above]) == 1 and len(used) > 1:
        above += 1
    lines = ["\n".join(text for row in rows[:above] for text in row.values())]
    rows = rows[above:]
    used = sorted({column for row in rows for column in row})
    if len(used) == 1:
        lines.append("\n".join(f"- {text}" for row in rows for text in row.values()))
    elif rows:
        lines.append(table_of([[row.get(column, "").replace("|", r"\|") for column in used] for row in rows]))
    return "\n\n".join([f"## {sheet.name}", *filter(None, lines)]) if any(lines) else ""


# -- Excel -------------------------------------------------------------------------------------------------------------


def _workbook(archive: zipfile.ZipFile, main: str, key: str, left: Left) -> Iterator[Sheet]:
    folder, base = posixpath.split(main)
    book = xml(archives.member(archive, main, key), key)
    links = xml(archives.member(archive, f"{folder}/_rels/{base}.rels", key), key)
    targets = {
        link.get("Id"): posixpath.normpath(posixpath.join("/", folder, link.get("Target") or "")) for link in links
    }
    kinds = {posixpath.basename(link.get("Type") or ""): targets[link.get("Id")].lstrip("/") for link in links}
    texts = list(_shared(archive, kinds.get("sharedStrings", ""), key))
    formats = _formats(archive, kinds.get("styles", ""), key)
    early = any(one.get("date1904") in ("1", "true") for one in book.iter("{*}workbookPr"))
    first = datetime(1904, 1, 1) if early else datetime(1899, 12, 30)
    room, names, read = Room(key), set(archive.namelist()), set[str]()
    for number, one in enumerate(book.iter("{*}sheet"), 1):
        name = " ".join((one.get("name") or f"Sheet {number}").split())
        part = (targets.get(one.get(RELATION) or one.get(STRICT)) or "").lstrip("/")
        if one.get("state") in ("hidden", "veryHidden"):
            left("hidden sheets", name)
        elif part in names - read and "chartsheet" not in part:
            read.add(part)
            data = archives.member(archive, part, key)
            yield _sheet(data, f"{key}#{part}", Sheet(name, room), (texts, formats, first), left)
        elif "chartsheet" not in part:
            left("sheets that are not in the file", name)


def _parsed(data: bytes, key: str, *names: str) -> Iterator[Element]:
    """The elements of these names as they end; each is forgotten when the next one is asked for."""
    from lxml import etree

    tags = [f"{{*}}{name}" for name in names]
    try:
        for _, element in etree.iterparse(io.BytesIO(data), tag=tags, resolve_entities=False, no_network=True):
            yield element
            element.clear()
            while (before := element.getprevious()) is not None and (above := element.getparent()) is not None:
                above.remove(before)
    except etree.XMLSyntaxError as error:
        raise InputError(f"{key} is damaged: {error}") from error


def _shared(archive: zipfile.ZipFile, name: str, key: str) -> Iterator[str]:
    if name in archive.namelist():
        for one in _parsed(archives.member(archive, name, key), f"{key}#{name}", "si"):
            yield _text(one)


def _text(element: Element) -> str:
    """The text of a cell, without what is said above it for its pronunciation."""
    return "".join(
        part.text or "" for part in element.iter("{*}t") if not any(_local(up) == "rPh" for up in part.iterancestors())
    )


def _local(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _formats(archive: zipfile.ZipFile, name: str, key: str) -> list[str]:
    """The format of each style of cells."""
    if name not in archive.namelist():
        return []
    tree = xml(archives.member(archive, name, key), key)
    own = {one.get("numFmtId"): one.get("formatCode") or "" for one in tree.iter("{*}numFmt")}
    styles = next(tree.iter("{*}cellXfs"), None)
    found = [] if styles is None else [one.get("numFmtId") or "0" for one in styles.iter("{*}xf")]
    return [own.get(one) or number_formats.BUILT_IN.get(int(one) if one.isdecimal() else 0, "") for one in found]


Known = tuple[list[str], list[str], datetime]  # shared texts, formats, the day 0


def _sheet(data: bytes, key: str, sheet: Sheet, known: Known, left: Left) -> Sheet:
    hidden = _hidden(data)
    filtered = bool(FILTERED.search(data))
    gone = at = 0
    for row in _parsed(data, key, "row"):
        number = row.get("r") or ""
        at = int(number) if number.isdecimal() and len(number) < 8 else at + 1
        if row.get("hidden") in ("1", "true") and not filtered:
            gone += any(True for _ in row.iter("{*}v", "{*}t"))
            sheet.unseen.add(at - 1)
        place = -1
        for cell in row.iter("{*}c"):
            found = CELL.fullmatch(cell.get("r") or "")
            place = formulas.column(found[1]) if found else place + 1
            _note(sheet, (at - 1, place), cell, known)
            if place not in hidden and at - 1 not in sheet.unseen:
                sheet.put(at - 1, place, _value(cell, known))
    _work_out(sheet, hidden, known[2], left)
    if gone:
        left("hidden rows", f"{sheet.name}: {gone}")
    if hidden:
        left("hidden columns", f"{sheet.name}: {len(hidden)}")
    for one, top, other, foot in RANGE.findall(data):
        left_, right = formulas.column(one.decode()), formulas.column(other.decode())
        _spread(sheet, left_, int(top) - 1, int(foot) - 1, right)
    return sheet


def _note(sheet: Sheet, place: formulas.Place, cell: Element, known: Known) -> None:
    """Keep the number of a cell, or its formula where the file does not say what that came to."""
    value = next((part.text or "" for part in cell.iter("{*}v")), "")
    part = next(cell.iter("{*}f"), None)
    formula = "" if part is None else part.text or ""
    if part is not None and part.get("t") == "shared":
        number = part.get("si") or ""
        if formula:
            sheet.shared.setdefault(number, (formula, *place))
        elif not value and number in sheet.shared:
            formula, row, column = sheet.shared[number]
            formula = formulas.moved(formula, place[0] - row, place[1] - column)
    kind = cell.get("t") or "n"
    if formula and not value and kind != "str" and len(sheet.formulas) < MOST_FORMULAS:
        style = cell.get("s") or "0"
        sheet.formulas[place] = formula
        sheet.forms[place] = known[1][int(style)] if style.isdecimal() and int(style) < len(known[1]) else ""
    elif value or kind == "inlineStr":
        sheet.numbers[place] = math.nan
        if kind == "n":
            with suppress(ValueError):
                sheet.numbers[place] = float(value)


def _work_out(sheet: Sheet, hidden: set[int], first: datetime, left: Left) -> None:
    """Show what formulas come to of which the file says no value; one that cannot be told as it is written."""
    found = formulas.worked_out(sheet.formulas, sheet.numbers)
    for (row, column), formula in sheet.formulas.items():
        if column in hidden or row in sheet.unseen:
            continue
        value = found.get((row, column))
        shown = f"={formula}" if value is None else _shown(value, sheet.forms[row, column], first)
        kind = (
            "formulas without a value, shown as they are" if value is None else "formulas without a value, worked out"
        )
        left(kind, f"{sheet.name}: ={formula}")
        sheet.put(row, column, shown)


def _shown(value: float, form: str, first: datetime) -> str:
    try:
        return number_formats.shown(round(value, 10), form, first)
    except (ValueError, OverflowError):
        return f"{value:g}"


def _hidden(data: bytes) -> set[int]:
    """The columns that are not shown."""
    found: set[int] = set()
    for match in islice(COLUMNS.finditer(data[: data.find(b"sheetData")]), 2 * WIDEST):
        about = dict(re.findall(r'\b(\w+)="(\w+)"', match[1].decode("utf-8", "replace")))
        if (
            about.get("hidden") in ("1", "true")
            and about.get("min", "").isdecimal()
            and about.get("max", "").isdecimal()
        ):
            found |= set(range(int(about["min"]) - 1, min(int(about["max"]), WIDEST)))
    return found


def _value(cell: Element, known: Known) -> str:
    """What a cell shows."""
    texts, formats, first = known
    kind = cell.get("t") or "n"
    if kind == "inlineStr":
        return _text(cell)
    value = next((part.text or "" for part in cell.iter("{*}v")), "")
    if kind == "s":
        return texts[int(value)] if value.isdecimal() and int(value) < len(texts) else ""
    if kind == "b":
        return {"1": "TRUE", "0": "FALSE"}.get(value, value)
    if kind != "n" or not value:
        return value.removesuffix("T00:00:00") if kind == "d" else value
    style = cell.get("s") or "0"
    try:
        return number_formats.shown(float(value), formats[int(style)] if int(style) < len(formats) else "", first)
    except (ValueError, OverflowError):
        return value


def _spread(sheet: Sheet, column: int, top: int, foot: int, last: int) -> None:
    """A cell over several rows stands in each of them that has others."""
    text = sheet.rows.get(top, {}).get(column, "")
    reached = range(top + 1, min(foot, top + 10_000) + 1) if text else range(0)
    sheet.room.spread -= len(reached)
    for number in reached if sheet.room.spread >= 0 else ():
        row = sheet.rows.get(number)
        if row and any(not column <= other <= last for other in row) and column not in row:
            sheet.put(number, column, text)


# -- OpenDocument ------------------------------------------------------------------------------------------------------

TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
STYLE = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"


def _tables(content: bytes, key: str, left: Left) -> Iterator[Sheet]:
    tree, room = xml(content, key), Room(key)
    unseen = {
        style.get(f"{STYLE}name")
        for style in tree.iter(f"{STYLE}style")
        if any(one.get(f"{TABLE}display") == "false" for one in style.iter(f"{STYLE}table-properties"))
    }
    for number, one in enumerate(tree.iter(f"{TABLE}table"), 1):
        name = " ".join((one.get(f"{TABLE}name") or f"Sheet {number}").split())
        if one.get(f"{TABLE}style-name") in unseen:
            left("hidden sheets", name)
            continue
        sheet, at = Sheet(name, room), 0
        for row in _rows(one):
            again = _count(row, "number-rows-repeated")
            if again > MOST_REPEATED and any(text.strip() for text in row.itertext()):
                left(f"rows that are repeated more than {MOST_REPEATED:,} times", f"{name}: {again:,}")
            if row.get(f"{TABLE}visibility") == "collapse":
                left("hidden rows", name)
            else:
                _cells(sheet, row, at, again, left)
            at += again
        yield sheet


def _rows(table: Element) -> Iterator[Element]:
    """The rows of a table, also those in groups and heads; not those of a table in one of its cells."""
    waiting = [table]
    while waiting:
        one = waiting.pop()
        if one.tag == f"{TABLE}table-row":
            yield one
        elif one is table or one.tag != f"{TABLE}table":
            waiting.extend(reversed(one))


def _count(element: Element, name: str) -> int:
    text = element.get(TABLE + name) or "1"
    return int(text) if text.isdecimal() and len(text) < 8 else 1


def _cells(sheet: Sheet, row: Element, at: int, again: int, left: Left) -> None:
    column = 0
    for cell in row:
        if _local(cell) not in ("table-cell", "covered-table-cell"):
            continue
        wide = _count(cell, "number-columns-repeated")
        text = " ".join("".join(part.itertext()) for part in cell.iterchildren("{*}p"))
        formula = cell.get(f"{TABLE}formula") or ""
        if formula and not text and not any(name.endswith(("}value", "-value")) for name in cell.attrib):
            text = re.sub(r"\[\.([^\[\]]*)\]", lambda found: found[1].replace(":.", ":"), formula.partition(":")[2])
            left("formulas without a value, shown as they are", f"{sheet.name}: {text}")
        if text.strip():
            down = max(min(again, MOST_REPEATED), min(_count(cell, "number-rows-spanned"), MOST_REPEATED))
            sheet.beyond += column + wide > WIDEST
            for place in range(column, min(column + wide, WIDEST)):
                for number in range(at, at + down):
                    sheet.put(number, place, text)
        column += wide
