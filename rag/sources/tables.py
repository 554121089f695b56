"""
Files of rows, or standard input: CSV, TSV, JSON (a list of objects), JSON lines. Each row is an item.

What a row's columns mean is the business of `rows`. A line that cannot be read is named, and the rest goes on.
"""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from rag.errors import InputError
from rag.sources import rows
from rag.sources.items import Item, Walk
from rag.sources.rows import Columns, Row
from rag.sources.text import exactly, lines

FORMATS = {".csv": "csv", ".tsv": "tsv", ".tab": "tsv", ".json": "json", ".jsonl": "nl", ".ndjson": "nl", ".nl": "nl"}
MAX_BYTES = 1_000_000_000
FIELD_BYTES = 50_000_000


def table(path: str | Path, source: str = "", columns: Columns | None = None, format: str = "") -> Walk:
    """
    The rows of a file, or of standard input if `path` is "-", one item each.

    `format` is "csv", "tsv", "json" or "nl"; told by the name or, failing that, by the first character. Raises
    InputError if the file is missing or not of that format, or lacks a column that was named.
    """
    if str(path) != "-" and not Path(path).is_file():
        raise InputError(f"there is no file {path}")
    if format and format not in FORMATS.values():
        raise InputError(f"unknown format {format!r}", "One of: csv, tsv, json, nl")
    return Walk(partial(_items, path=path, source=source, columns=columns or Columns(), format=format))


def _items(walk: Walk, path: str | Path, source: str, columns: Columns, format: str) -> Iterator[Item]:
    name = "standard input" if str(path) == "-" else str(path)
    text = exactly(_bytes(path), name)  # the line ends inside of its cells are those of the user
    text = text if "\n" in text else lines(text)
    found = format or FORMATS.get(Path(name).suffix.lower(), "") or _sniff(text)
    if not text.strip():
        walk.notes.append(f"{name}: empty")
        return
    if found == "json":
        listed = _json(text, name)
    elif found == "nl":
        listed = _json_lines(text, name, walk)
    else:
        listed = _separated(text, name, walk, "\t" if found == "tsv" else "")
    yield from rows.items(listed, walk, source, columns)


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
    return "tsv" if "\t" in text.split("\n", 1)[0] else "csv"


def objects(value: Any, name: str) -> list[Row]:
    """The rows in a JSON value: a list of objects, or the only such list in an object, or an object of objects."""
    if isinstance(value, dict):
        lists = [part for part in value.values() if isinstance(part, list) and part and isinstance(part[0], dict)]
        if len(lists) == 1:
            return objects(lists[0], name)
        if value and all(isinstance(part, dict) for part in value.values()):
            return [{"key": key, **part} for key, part in value.items()]
        return [value]
    if isinstance(value, list) and all(isinstance(part, dict) for part in value):
        return value
    raise InputError(f"{name} is JSON, but not a list of objects", 'It should be like [{"id": 1, "text": "…"}, …].')


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
    csv.field_size_limit(FIELD_BYTES)
    header_line = text.lstrip().split("\n", 1)[0]
    delimiter = delimiter or max(",;\t", key=header_line.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    header: list[str] = []
    try:
        for cells in reader:
            if not any(cells):
                continue
            if not header:
                header = [cell.strip() or f"column {number}" for number, cell in enumerate(cells, 1)]
                if len(set(header)) != len(header):
                    raise InputError(f"{name} has two columns of one name: {', '.join(header)}")
                continue
            where = f"{name}, line {reader.line_num}"
            if len(cells) > len(header):
                walk.problems.append((where, f"has {len(cells)} fields, and the header {len(header)}"))
                continue
            yield where, dict(zip(header, cells + [""] * (len(header) - len(cells)), strict=True))
    except csv.Error as error:
        walk.problems.append((f"{name}, line {reader.line_num}", f"cannot be read as CSV: {error}"))
