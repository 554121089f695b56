"""
Which kind of source the paths of some settings are, and the walk that reads it.

A kind's module is imported when there is such a source, not before.
"""

from __future__ import annotations

import dataclasses
import json
import os
import re
from pathlib import Path

from rag.errors import InputError
from rag.sources.formats import DATABASES, TABLES
from rag.sources.items import Walk
from rag.sources.names import language
from rag.sources.peek import head_of, is_chat
from rag.sources.settings import KINDS, WEB, Settings, checked


def complete(settings: Settings) -> Settings:
    """
    The kind told by the paths where it is not given, and paths that mean the same from every folder.

    Raises InputError if paths of different kinds are to be one source, or one is empty or of a scheme that is not read.
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
    checked(path)
    return os.path.abspath(os.path.expanduser(path))


def kind_of(path: str, settings: Settings) -> str:
    """What a path is, by its name and, for JSON and XML, by its first words."""
    suffix = Path(path).suffix.lower()
    if path.startswith(WEB) or suffix in (".rss", ".atom", ".opml"):
        return "web"
    if suffix == ".xml" and Path(path).is_file() and language(path) is None:
        return "web"
    if settings.table or settings.sql or suffix in DATABASES:
        return "sqlite"
    if suffix == ".json" and not settings.format and _is_thread(Path(path).expanduser()):
        return "thread"
    if suffix == ".json" and not settings.format and _is_chat(Path(path).expanduser()):
        return "files"
    if path == "-" or settings.format or (suffix in TABLES and not os.path.isdir(os.path.expanduser(path))):
        return "table"
    return "files"


def _is_chat(path: Path) -> bool:
    try:
        return is_chat(path.name, head_of(path))
    except OSError:
        return False


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
                    "It is not sent either: omit it.",
                )

        return web(settings, source, cursor=cursor, full=full)
    from rag.sources.walk import files

    return files(settings.paths, source, settings.max_bytes, settings.ocr, settings.pictures)
