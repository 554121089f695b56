"""
What a source is, said in plain data: it is remembered in the index, and read again from there at the next refresh.

`Settings` is what the user gave; `kinds` turns it into items. Nothing here writes or reads.
"""

from __future__ import annotations

import dataclasses
import json
import os
import re
from dataclasses import dataclass, field
from typing import Any

from rag.errors import InputError
from rag.sources.columns import Columns
from rag.sources.items import MAX_BYTES

SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):/+[^/]")
KINDS = ("files", "table", "sqlite", "thread", "web")
WEB = ("http://", "https://")


def checked(path: str) -> None:
    """Raises InputError for what can be no path: nothing at all, or an address of a scheme that is not read."""
    if not path.strip():
        raise InputError("a path is empty", "Name files, folders or addresses; the folder you are in is . (a dot)")
    if (match := SCHEME.match(path)) and not os.path.lexists(path):
        hint = "Addresses begin with http:// or https://; files are named by their paths."
        raise InputError(f"nothing is read from {match[1]}: {path}", hint)


@dataclass(frozen=True, slots=True)
class Settings:
    """The paths or addresses of a source and how they are read. `kind` is one of KINDS; "" is told by the paths."""

    paths: tuple[str, ...]
    kind: str = ""
    columns: Columns = field(default_factory=Columns)
    format: str = ""  # of a table: csv, tsv, json, nl
    table: str = ""
    sql: str = ""
    max_bytes: int = MAX_BYTES
    max_pages: int = 1000  # of a site
    ocr: str = ""  # the language in which scans and pictures are read; "": they are not
    pictures: bool = False  # pictures as they are, and nothing else
    allow_private: bool = False  # addresses that are not public
    delay: float = 1.0  # seconds between two requests to a host

    def to_json(self) -> str:
        fields = dataclasses.asdict(self)
        fields["columns"].pop("told")  # of the rows, not of the user
        return json.dumps(fields, ensure_ascii=False)

    def given(self) -> dict[str, Any]:
        """What differs from the defaults, as plain data."""
        fields, columns = dataclasses.asdict(self), dataclasses.asdict(self.columns)
        usual, usual_columns = dataclasses.asdict(Settings(())), dataclasses.asdict(Columns())
        fields["columns"] = {name: value for name, value in columns.items() if value != usual_columns[name]}
        usual["columns"] = {}
        return {name: value for name, value in fields.items() if value != usual[name]}


def from_json(text: str) -> Settings:
    """The settings that `to_json` wrote; fields of other versions are passed over."""
    fields: dict[str, Any] = json.loads(text)
    known = {name: fields[name] for name in Settings.__dataclass_fields__ if name in fields}
    columns = {name: value for name, value in known.get("columns", {}).items() if name in Columns.__dataclass_fields__}
    columns = {name: tuple(value) if isinstance(value, list) else value for name, value in columns.items()}
    paths = tuple(known.pop("paths", ()))
    return Settings(paths, **{**known, "columns": Columns(**columns)})
