"""
What an index says of itself, read without opening it as ours: for programs that hold the file themselves.

`llm` and Datasette read it through Python's own SQLite; a second copy in their process would undo their locks.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote


def embedder(path: Path) -> str:
    """The name of the embedder that an index was built with; "" if the file is no index, or says none."""
    for (value,) in _rows(path, "select value from setting where key = 'embedder'"):
        with suppress(ValueError, TypeError):
            found = json.loads(value)
            return found if isinstance(found, str) else ""
    return ""


def tokens(path: Path) -> dict[str, str]:
    """number -> name of the tokens of an index."""
    return {str(number): str(name) for number, name in _rows(path, "select id, name from token")}


def _rows(path: Path, sql: str) -> list[tuple[Any, ...]]:
    """The rows of a query; none if the file cannot answer it."""
    if not path.is_file():
        return []
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, timeout=1)) as connection:
            return connection.execute(sql).fetchall()
    except sqlite3.Error:
        return []
