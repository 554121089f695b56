"""
Files of rows, or standard input: CSV, TSV, JSON (a list of objects), JSON lines. Each row is an item.

What a row's columns mean is the business of `rows`. A line that cannot be read is named, and the rest goes on.
"""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from collections.abc import Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from rag.errors import InputError
from rag.sources import rows, values
from rag.sources.columns import Columns
from rag.sources.encodings import exactly, lines
from rag.sources.formats import TABLES
from rag.sources.items import Item, Walk
from rag.sources.rows import Row

MAX_BYTES = 1_000_000_000
FIELD_BYTES = 50_000_000
SEP = re.compile(r"sep=(.)[,;]*\r?\n", re.IGNORECASE)  # as Excel writes it above the header
SAMPLE = 50  # lines that tell what divides cells
MOST_LINES = 5000  # of one record
MOST_TRIES = 20  # ends of a record that are tried
MOST_WRONG = 1000


def table(path: str | Path, source: str = "", columns: Columns | None = None, format: str = "") -> Walk:
    """
    The rows of a file, or of standard input if `path` is "-", one item each.

    `format` is "csv", "tsv", "json" or "nl"; told by the name or, failing that, by the first character. Raises
    InputError if the file is missing or not of that format, or lacks a column that was named.
    """
    if str(path) != "-" and not Path(path).is_file():
        if Path(path).is_dir():
            raise InputError(f"{path} is a folder, not a table", "Index it without the flags of tables.")
        raise InputError(f"there is no file {path}")
    if format and format not in TABLES.values():
        raise InputError(f"unknown format {format!r}", "One of: csv, tsv, json, nl")
    return Walk(partial(_items, path=path, source=source, columns=columns or Columns(), format=format))


def _items(walk: Walk, path: str | Path, source: str, columns: Columns, format: str) -> Iterator[Item]:
    name = "standard input" if str(path) == "-" else str(path)
    text = exactly(_bytes(path), name)  # the line ends inside of its cells are those of the user
    text = text if "\n" in text else lines(text)
    found = format or TABLES.get(Path(name).suffix.lower(), "") or _sniff(text)
    if not text.strip():
        walk.notes.append(f"{name}: empty")
        return
    if found != "json":
        yield from rows.items(parsed(text, name, walk, found), walk, source, columns)
        return
    for part, listed in grouped(load(text, name), name):
        where = f"{name}, {part} " if part else f"{name}, object "
        numbered = ((f"{where}{number}", row) for number, row in enumerate(listed, 1))
        yield from rows.items(numbered, walk, source, columns, f"{part}/" if part else "")


def parsed(text: str, name: str, walk: Walk, format: str) -> Iterator[tuple[str, Row]]:
    """(where it stands, row) of each row of a text of this format; what cannot be read is told to the walk."""
    if format == "json":
        return _json(text, name)
    if format == "nl":
        return _json_lines(text, name, walk)
    return _separated(text, name, walk, "\t" if format == "tsv" and "\t" in text.split("\n", 1)[0] else "")


def _bytes(path: str | Path) -> bytes:
    try:
        if str(path) == "-":
            data = sys.stdin.buffer.read(MAX_BYTES + 1)
        else:
            with open(path, "rb") as file:
                data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error
    if len(data) > MAX_BYTES:
        raise InputError(f"{path} is larger than {MAX_BYTES:,} bytes", "Split it, or put it into a SQLite table.")
    return data


def _sniff(text: str) -> str:
    head = text.lstrip()[:1]
    if head == "[":
        return "json"
    if head == "{":  # one object, over several lines or on one, is JSON; several objects are lines
        line, _, others = text.strip().partition("\n")
        try:
            json.loads(line)
        except (ValueError, RecursionError):
            return "json"
        return "nl" if others else "json"
    return "csv"


ENVELOPE = frozenset("""
    status state version next previous prev cursor type kind object etag self href code lang language language_code
    message schema context format encoding generator request_id success
""".split())  # fmt: skip  # noqa: SIM905


def objects(value: Any, name: str) -> list[Row]:
    """
    The rows in a JSON value: a list of objects, or the only such list in an object, or an object of objects.

    What an object says beside its list (who ordered, a note) is a row, too, unless it only says how the list was sent.
    """
    return [row for _, found in grouped(value, name) for row in found]


def grouped(value: Any, name: str) -> list[tuple[str, list[Row]]]:
    """(name, rows) of each list of records in a JSON value; a list that is the only one needs no name."""
    if isinstance(value, list) and all(isinstance(part, dict) for part in value):
        return [("", value)]
    if not isinstance(value, dict):
        hint = 'It should be like [{"id": 1, "text": "…"}, …].'
        raise InputError(f"{name} is JSON, but not a list of objects", hint)
    if len(value) > 1 and all(isinstance(part, dict) for part in value.values()):
        return [("", [{"key": key, **part} for key, part in value.items()])]
    lists, beside = _parted(value)
    if not lists:
        only = next(iter(value.items()), ("", None))
        return [("", [{"key": only[0], **only[1]} if isinstance(only[1], dict) and len(value) == 1 else value])]
    about = [rows.About(f"about {', '.join(lists)}", _outlined(beside))] if any(map(_tells, beside.items())) else []
    if len(lists) == 1:
        return [("", [*next(iter(lists.values())), *about])]
    return [*lists.items(), *([("", list[Row](about))] if about else [])]


def _parted(value: Row, level: int = 0) -> tuple[dict[str, list[Row]], dict[str, Any]]:
    """The lists of records in an object, by their name or path ("data.rows"), and what it holds beside them."""
    lists: dict[str, list[Row]] = {}
    beside: dict[str, Any] = {}
    for name, part in value.items():
        if values.is_records(part):
            lists[name] = part
            continue
        inner, rest = _parted(part, level + 1) if isinstance(part, dict) and level < 4 else ({}, part)
        lists |= {f"{name}.{path}": found for path, found in inner.items()}
        if not inner or rest:
            beside[name] = rest
    return lists, beside


def _outlined(beside: Row) -> str:
    return "\n\n".join(values.outline(beside, lambda records: "\n".join(map(values.said, records))))


def _tells(field: tuple[str, Any]) -> bool:
    """Whether a field beside a list says something of the matter, and not of the list: no address, token or version."""
    name, value = field
    if name.lower().strip("_$@") in ENVELOPE or not value or not isinstance(value, str | dict | list):
        return False
    return not isinstance(value, str) or ("://" not in value and (" " in value.strip() or value.strip().isalpha()))


def load(text: str, name: str) -> Any:
    """JSON from a text, with our error."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        why = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise InputError(f"{name} is not JSON: {why}") from error


def _json(text: str, name: str) -> Iterator[tuple[str, Row]]:
    for number, row in enumerate(objects(load(text, name), name), 1):
        yield f"{name}, object {number}", row


def _json_lines(text: str, name: str, walk: Walk) -> Iterator[tuple[str, Row]]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        where = f"{name}, line {number}"
        try:
            row = load(line, where)
        except InputError as error:
            walk.problems.append((where, error.message.removeprefix(f"{where} ")))
            continue
        if isinstance(row, dict):
            yield where, row
        else:
            walk.problems.append((where, "is not an object"))


def _separated(text: str, name: str, walk: Walk, delimiter: str) -> Iterator[tuple[str, Row]]:
    """The rows below the first line, which names the columns; a line that breaks the rules is read by itself."""
    text = text.lstrip("\ufeff\r\n")
    first = 1
    if found := SEP.match(text):
        delimiter, text, first = found[1], text[found.end() :], 2
    delimiter = delimiter or _delimiter(text)
    header: list[str] = []
    for number, cells, why in _records(text, delimiter):
        where = f"{name}, line {number + first - 1}"
        if why:
            walk.problems.append((where, why))
        if not any(cells):
            continue
        if not header:
            header = _header(cells)
            continue
        if any(cells[len(header) :]):
            walk.problems.append((where, f"has {len(cells)} fields, and the header {len(header)}"))
            continue
        yield where, dict(zip(header, cells + [""] * (len(header) - len(cells)), strict=False))


def _header(cells: list[str]) -> list[str]:
    """Names of columns: those at the end that are empty are none, of equal ones the second is "name 2"."""
    while cells and not cells[-1].strip():
        cells = cells[:-1]
    counts: dict[str, int] = {}
    header: list[str] = []
    for number, cell in enumerate(cells, 1):
        name = cell.strip().lstrip("\ufeff") or f"column {number}"
        counts[name] = counts.get(name, 0) + 1
        header.append(name if counts[name] == 1 else f"{name} {counts[name]}")
    return header


def _delimiter(text: str) -> str:
    """The sign that divides the lines at the top alike: it gives the most of them the width of the first."""
    head = "".join(islice(io.StringIO(text), SAMPLE))[:100_000]

    def fits(sign: str) -> tuple[int, int]:
        try:
            rows = [row for row in csv.reader(io.StringIO(head, newline=""), delimiter=sign) if any(row)]
        except csv.Error:
            return 0, 0
        width = len(_header(rows[0])) if rows else 0
        alike = sum(len(row) == width or (len(row) > width and not any(row[width:])) for row in rows[1:])
        return (alike * 100 // max(len(rows) - 1, 1) if len(rows) > 1 else width, width) if width > 1 else (0, 0)

    return max(",;\t|", key=fits)


def _records(text: str, delimiter: str) -> Iterator[tuple[int, list[str], str]]:
    """
    (number of its line, its cells, what was wrong) of every record.

    A quote that is not closed, or closed within a cell, would swallow the records below: such a line is read to its
    letters, and told.
    """
    lines, at, wrong = text.split("\n"), 0, 0
    while at < len(lines):
        taken, cells, why = _record(lines, at, delimiter)
        if not taken:
            wrong += 1
            cells, taken = _literal(lines[at], delimiter), 1
            why = f"{why}; the line was read as it stands"
        if wrong > MOST_WRONG:
            yield at + 1, [], f"and {len(lines) - at:,} lines more: too many break the rules of CSV"
            return
        yield at + 1, cells, why
        at += taken


def _record(lines: list[str], at: int, delimiter: str) -> tuple[int, list[str], str]:
    """(lines that the record at a line takes, its cells, why not); 0 lines if it cannot be read."""
    csv.field_size_limit(FIELD_BYTES)
    if '"' not in lines[at]:
        return 1, lines[at].removesuffix("\r").split(delimiter), ""
    quotes, size, tries = 0, 0, 0
    for taken, line in enumerate(lines[at : at + MOST_LINES], 1):
        quotes, size = quotes + line.count('"'), size + len(line)
        if size > FIELD_BYTES:
            break
        if taken > 1 and quotes % 2:  # a quote is open
            continue
        whole = ["\n".join(lines[at : at + taken]).removesuffix("\r")]
        try:
            rows = list(csv.reader(whole, delimiter=delimiter, strict=True, skipinitialspace=True))
        except csv.Error as error:
            tries += 1
            if "unexpected end" in str(error) and tries < MOST_TRIES:
                continue
            return 0, [], f"breaks the rules of quotes ({error})"  # what is well written is read at the first try
        return taken, rows[0] if rows else [], ""
    return 0, [], "opens a quote that is never closed"


def _literal(line: str, delimiter: str) -> list[str]:
    """The cells of a line in which quotes mean nothing; those around a cell are taken off."""
    cells = line.removesuffix("\r").split(delimiter)
    return [cell[1:-1] if len(cell) > 1 and cell[0] == cell[-1] == '"' else cell.removeprefix('"') for cell in cells]
