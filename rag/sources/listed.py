"""
A small table among other files (.csv, .tsv, .json, .jsonl): one document with its rows as a table.

Named by itself it is a source of its own, a row a document (`tables`). A large one would drown what stands beside it:
it is told, with what to type.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from rag.sources import tables
from rag.sources.encodings import CONTROL, lines
from rag.sources.html import table_of
from rag.sources.items import Left, Walk, untold
from rag.sources.rows import Row
from rag.sources.text import bounded, prose, words_of
from rag.types import Document

MOST_ROWS = 1000
LONGEST = 200_000  # characters
WIDEST = 300  # characters of a cell in a table; rows with longer ones stand below each other
LARGE = "large tables (for a row a document, name each: rag index FILE)"


def read(data: bytes, key: str, source: str, left: Left = untold) -> list[Document]:
    """A table as one document; none, and told, if it is a large one."""
    walk = Walk(lambda walk: iter(()))
    rows = list(_rows(lines(prose(data, key, left)), key, walk))
    for where, why in walk.problems:
        left("lines of tables", f"{where} {why}")
    columns = list(dict.fromkeys(name for row in rows for name in row))
    if len(rows) > 2 * MOST_ROWS or len(rows) * len(columns) > LONGEST:  # many may be empty
        left(LARGE, f"{len(rows):,} rows, {len(columns):,} columns")
        return []
    cells = [[_cell(row.get(name)) for name in columns] for row in rows]
    cells = [row for row in cells if any(row)]
    if not cells:
        left("files without text", "")
        return []
    if len(cells) > MOST_ROWS or sum(len(cell) for row in cells for cell in row) > LONGEST:
        left(LARGE, f"{len(cells):,} rows")
        return []
    if max(len(cell) for row in cells for cell in row) > WIDEST:
        text = "\n\n".join(_one(columns, row) for row in cells)
    else:
        flat = [[" ".join(cell.split()).replace("|", r"\|") for cell in row] for row in [columns, *cells]]
        text = table_of(flat)
    return [Document(source, key, bounded(text, left), words_of(key), kind="markdown")]


def _rows(text: str, key: str, walk: Walk) -> Iterator[Row]:
    kind = tables.FORMATS.get(PurePosixPath(key).suffix.lower(), "csv")
    for _, row in tables.parsed(text, key, walk, kind):
        yield row


def _cell(value: Any) -> str:
    """A cell as it is read."""
    if value is None or value == "":
        return ""
    if isinstance(value, list) and all(isinstance(part, str | int | float) for part in value):
        return ", ".join(map(str, value))
    if isinstance(value, bool | dict | list):
        return json.dumps(value, ensure_ascii=False)
    return CONTROL.sub("", str(value)).strip()


def _one(columns: list[str], row: list[str]) -> str:
    """A row with long cells: the short ones named, the long ones as paragraphs."""
    named = [f"{name}: {cell}" for name, cell in zip(columns, row, strict=True) if cell and len(cell) <= WIDEST]
    return "\n\n".join(filter(None, ["\n".join(named), *(cell for cell in row if len(cell) > WIDEST)]))
