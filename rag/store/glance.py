"""
What an index says of itself, read without opening it as ours: for programs that hold the file themselves.

`llm` and Datasette read it through Python's own SQLite; a second copy in their process would undo their locks.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote


def embedder(path: Path) -> str:
    """The name of the embedder that an index was built with; "" if the file is no index, or says none."""
    if not path.is_file():
        return ""
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, timeout=1)) as connection:
            row = connection.execute("select value from setting where key = 'embedder'").fetchone()
            found = json.loads(row[0]) if row else ""
    except (sqlite3.Error, ValueError, TypeError):
        return ""
    return found if isinstance(found, str) else ""
