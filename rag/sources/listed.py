"""
A small table among other files (.csv, .tsv, .json, .jsonl): one document with its rows as a table. An export as JSON
(an object with lists of records in it) is one with its lists as tables, and what it says beside them.

Named by itself it is a source of its own, a row a document (`tables`). A large one would drown what stands beside it:
it is told, with what to type.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from rag.sources import formats, tables, values
from rag.sources.encodings import lines
from rag.sources.html import table_of
from rag.sources.items import Left, Walk, untold
from rag.sources.rows import Row
from rag.sources.text import bounded, first, iso_date, prose, words_of
from rag.types import Document

MOST_ROWS = 1000
LONGEST = 200_000  # characters
WIDEST = 300  # characters of a cell in a table; rows with longer ones stand below each other
LARGE = "large tables (for a row a document, name each: rag index FILE)"


class Large(Exception):
    """A table that would drown what stands beside it; says how large it is."""


def read(data: bytes, key: str, source: str, left: Left = untold) -> list[Document]:
    """A table, or an export, as one document; none, and told, if it is a large one."""
    text = lines(prose(data, key, left))
    export = _export(text, key)
    try:
        written = _outlined(export) if export else table_text(_rows(text, key, left))
    except Large as error:
        left(LARGE, str(error))
        return []
    if not written:
        left("files without text", "")
        return []
    title = first({name.lower(): value for name, value in export.items() if isinstance(value, str)}, "title", "name")
    day = iso_date(export.get("date") or export.get("exported_at") or export.get("export_date"))
    return [Document(source, key, bounded(written, left), title or words_of(key), date=day, kind="markdown")]


def table_text(rows: Sequence[Mapping[str, Any]]) -> str:
    """
    Rows as a table of Markdown, or below each other if they hold long cells; "" if they say nothing.

    Raises Large.
    """
    columns = list(dict.fromkeys(name for row in rows for name in row))
    if len(rows) > 2 * MOST_ROWS or len(rows) * len(columns) > LONGEST:  # many may be empty
        raise Large(f"{len(rows):,} rows, {len(columns):,} columns")
    cells = [[values.said(row.get(name)) for name in columns] for row in rows]
    cells = [row for row in cells if any(row)]
    if not cells:
        return ""
    if len(cells) > MOST_ROWS or sum(len(cell) for row in cells for cell in row) > LONGEST:
        raise Large(f"{len(cells):,} rows")
    if max(len(cell) for row in cells for cell in row) > WIDEST:
        return "\n\n".join(_one(columns, row) for row in cells)
    return table_of([[" ".join(cell.split()).replace("|", r"\|") for cell in row] for row in [columns, *cells]])


def _export(text: str, key: str) -> dict[str, Any]:
    """The object that is the whole of a file of JSON; {} for any other table."""
    if PurePosixPath(key).suffix.lower() != ".json" or not text.lstrip().startswith("{"):
        return {}
    found = tables.load(text, key)
    return found if isinstance(found, dict) else {}


def _outlined(export: Mapping[str, Any]) -> str:
    written = "\n\n".join(block for block in values.outline(export, table_text) if block)
    if len(written) > 2 * LONGEST:
        raise Large(f"{len(written):,} characters")
    return written


def _rows(text: str, key: str, left: Left) -> list[Row]:
    walk = Walk(lambda walk: iter(()))
    kind = formats.TABLES.get(PurePosixPath(key).suffix.lower(), "csv")
    rows = [row for _, row in tables.parsed(text, key, walk, kind)]
    for where, why in walk.problems:
        left("lines of tables", f"{where} {why}")
    return rows


def _one(columns: Sequence[str], row: Sequence[str]) -> str:
    """A row with long cells: the short ones named, the long ones as paragraphs."""
    named = [f"{name}: {cell}" for name, cell in zip(columns, row, strict=True) if cell and len(cell) <= WIDEST]
    return "\n\n".join(filter(None, ["\n".join(named), *(cell for cell in row if len(cell) > WIDEST)]))
