"""
What a source is, said in plain data: it is remembered in the index, and read again from there at the next refresh.

`Settings` is what the user gave; `walk` turns it into items. Nothing here writes, and no SQL of the index is known.
"""

from __future__ import annotations

import dataclasses
import json
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rag.errors import InputError
from rag.sources.items import MAX_BYTES, Walk
from rag.sources.rows import Columns

KINDS = ("files", "table", "sqlite", "thread", "web")
WEB = ("http://", "https://")


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


def complete(settings: Settings) -> Settings:
    """
    The kind told by the paths where it is not given, and paths that mean the same from every folder.

    Raises InputError if paths of different kinds are to be one source.
    """
    kinds = {settings.kind or kind_of(path, settings) for path in settings.paths}
    if len(kinds) > 1:
        raise InputError(
            f"{', '.join(settings.paths)} are of different kinds ({', '.join(sorted(kinds))})",
            "Index them one by one, each with a --source NAME of its own.",
        )
    kind = kinds.pop() if kinds else "files"
    if kind not in KINDS:
        raise InputError(f"unknown kind of source {kind!r}", f"One of: {', '.join(KINDS)}")
    if kind in ("table", "sqlite", "thread") and len(settings.paths) > 1:
        raise InputError(
            f"{len(settings.paths)} files cannot be one source of the kind {kind}", "Index them one by one."
        )
    return dataclasses.replace(settings, kind=kind, paths=tuple(map(_absolute, settings.paths)))


def _absolute(path: str) -> str:
    if path == "-" or path.startswith(WEB):
        return path
    return os.path.abspath(os.path.expanduser(path))


def kind_of(path: str, settings: Settings) -> str:
    """What a path is, by its name and, for JSON and XML, by its first words."""
    from rag.sources.sqlite import SUFFIXES
    from rag.sources.tables import FORMATS

    suffix = Path(path).suffix.lower()
    if path.startswith(WEB) or suffix in (".rss", ".atom", ".opml") or (suffix == ".xml" and Path(path).is_file()):
        return "web"
    if settings.table or settings.sql or suffix in SUFFIXES:
        return "sqlite"
    if suffix == ".json" and not settings.format and _is_thread(Path(path).expanduser()):
        return "thread"
    if path == "-" or settings.format or (suffix in FORMATS and not os.path.isdir(os.path.expanduser(path))):
        return "table"
    return "files"


def _is_thread(path: Path) -> bool:
    from rag.sources import threads

    try:
        with open(path, "rb") as file:
            head = file.read(100_000)
            if b'"children"' not in head and not (b'"body"' in head and b'"login"' in head):
                return False
            return threads.is_thread(json.loads(head + file.read(threads.MAX_BYTES)))
    except (OSError, ValueError, RecursionError):
        return False


def walk(settings: Settings, source: str = "", *, cursor: str = "", full: bool = False) -> Walk:
    """The items of a source as it is now. `cursor` is what the last walk left; `full` has everything compared."""
    if not settings.kind:
        settings = complete(settings)
    first = settings.paths[0] if settings.paths else ""
    if settings.kind == "sqlite":
        from rag.sources.sqlite import sqlite

        columns = settings.columns
        return sqlite(first, source, columns, table=settings.table, sql=settings.sql, cursor=cursor, full=full)
    if settings.kind == "table":
        from rag.sources.tables import table

        return table(first, source, settings.columns, settings.format)
    if settings.kind == "thread":
        from rag.sources.threads import thread

        return thread(first, source)
    if settings.kind == "web":
        from rag.sources.web import web

        for path in settings.paths:
            if match := re.match(r"[a-z]+://[^/?#]*@([^/?#]*)", path, re.IGNORECASE):
                raise InputError(
                    f"the address of {match[1]} holds a name or a password, which would be stored",
                    "It is not sent either: leave it away.",
                )

        return web(settings, source, cursor=cursor, full=full)
    from rag.sources.walk import files

    return files(settings.paths, source, settings.max_bytes)
