"""The SQL of this package, which SQLite reads, as PostgreSQL and psycopg read it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from rag.store.engine import Values

TOKEN = re.compile(
    r"(?P<text>'(?:[^']|'')*'|\"[^\"]*\")"
    r"|(?P<not>\bnot\s+)?\bin\s*\(\s*select\s+value\s+from\s+json_each\((?P<list>\?|:\w+)\)\s*\)"
    r"|(?P<cross>\bcross\s+join(?=\s+\w+(?:\s+\w+)?\s+on\b))"
    r"|(?P<number>\bcast\(v\.value as numeric\))"
    r"|(?P<cast>::)|(?P<mark>\?)|(?P<name>:[a-z_]\w*)|(?P<percent>%)",
    re.IGNORECASE,
)
TABLE = re.compile(r"(?P<text>\"(?:[^\"]|\"\")*\")|\b(?P<type>integer primary key|integer|real)\b", re.IGNORECASE)
TYPES = {"integer primary key": "bigint generated always as identity primary key", "integer": "bigint",
         "real": "double precision"}  # fmt: skip


def _table(match: re.Match[str]) -> str:
    """A word of the definition of a table: types as wide as SQLite's."""
    return match["text"] or TYPES[match["type"].lower()]


@lru_cache(maxsize=512)
def _translated(sql: str) -> tuple[str, frozenset[int | str]]:
    """The statement, and which of its values are lists as JSON: those that something must be `in`."""
    lists: set[int | str] = set()
    count = 0

    def mark(given: str) -> str:
        nonlocal count
        if given != "?":
            return f"%({given[1:]})s"
        count += 1
        return "%s"

    def instead(match: re.Match[str]) -> str:
        if match["text"] or match["percent"]:
            return match[0].replace("%", "%%")
        if match["number"]:  # of what may be no number
            return "numeric_of(v.value)"
        if match["cross"]:  # which keeps SQLite's planner from another order
            return "join"
        if match["cast"]:
            return "::"
        if match["list"]:
            lists.add(count if match["list"] == "?" else match["list"][1:])
            return f"{'<> all' if match['not'] else '= any'} ({mark(match['list'])})"
        return mark(match[0])

    made = TOKEN.sub(instead, sql)
    return TABLE.sub(_table, made) if made.startswith("create table") else made, frozenset(lists)


def translated(sql: str, values: Values) -> tuple[str, Any]:
    """The statement with psycopg's placeholders, and its values; None if it has none, so that it is sent as it is."""
    made, lists = _translated(sql)
    if not values:
        return made.replace("%%", "%"), None
    if isinstance(values, Mapping):
        return made, {name: _loaded(value) if name in lists else value for name, value in values.items()}
    return made, [_loaded(value) if place in lists else value for place, value in enumerate(values)]


def _loaded(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value
