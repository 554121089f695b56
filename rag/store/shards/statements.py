"""
What a statement means where the documents are divided: whom to ask, and how to make one answer of several.

A statement over documents is asked of every shard; what is counted is added up, what is ordered is merged. Rows of one
document lie on one shard, so joins between them are whole there. What joins documents with others, or with what lies on
the first shard alone, is `together`: it is answered over the rows of all (`gathering.py`). A statement that fits none
of this is refused, never guessed at.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from rag.errors import DatabaseError
from rag.store.engine import Row, Values

DIVIDED = frozenset({
    "document", "passage", "passage_whole", "passage_window", "document_name", "document_link", "vector", "near",
    "words", "term", "_chronicle_document", "document_change", "document_stamp", "document_past",
    "document_clock",
})  # fmt: skip
COPIED = frozenset({"source", "model"})
TABLE = re.compile(r"(?<!distinct )\b(?:from|join|into|update)\s+\"?([a-z_]\w*)\b\"?(?!\()", re.IGNORECASE)
WRITTEN = re.compile(r"\s*(?:insert into|update|delete from) (\w+)", re.IGNORECASE)
LOCAL = re.compile(
    r"\s*(?:update|delete from) vector\b.*\bwhere id\b", re.IGNORECASE | re.DOTALL
)  # numbers of one shard
ACROSS = re.compile(r"\bdocument_link\b.*\bdocument_name\b|\bjoin document o\b", re.DOTALL)
COUNTED = re.compile(r"(?:coalesce\()?(count|sum|max|min|avg)\((distinct\b)?", re.IGNORECASE)
CLAUSE = re.compile(r"\b(from|where|group by|order by|limit|offset|union(?: all)?)\b", re.IGNORECASE)
ALIAS = re.compile(r"\s+as\s+(\w+)$", re.IGNORECASE)
NUMBERED = re.compile(r"(?:\w+\.)?id\b", re.IGNORECASE)
ADD: Mapping[str, Callable[[Any, Any], Any]] = {
    "count": lambda one, other: one + other, "sum": lambda one, other: one + other, "max": max, "min": min,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Plan:
    """What each shard is asked, and how their rows become one answer."""

    sql: str
    width: int  # columns of the answer; those behind are for the order alone
    order: tuple[tuple[int, bool], ...] = ()  # (column, whether descending)
    added: tuple[str, ...] = ()  # how each column is added up, "" if it is what is counted by; () if nothing is
    once: bool = False  # equal rows are one
    limit: str = ""  # a number, :name, or the place of a ?


def tables(sql: str) -> set[str]:
    """The tables that a statement names."""
    return {name.lower() for name in TABLE.findall(sql)} - {"set"}


def reads(sql: str) -> bool:
    return sql.lstrip().lower().startswith("select")


@lru_cache(maxsize=512)
def place(sql: str) -> str:
    """Where a statement belongs: "first", "copied", "divided", or "together"."""
    named = tables(sql)
    divided = named & DIVIDED
    if not divided:
        return "copied" if named & COPIED and WRITTEN.match(sql) else "first"
    changed = WRITTEN.match(sql)
    if (
        LOCAL.match(sql)
        or ACROSS.search(sql)
        or named - DIVIDED - COPIED
        or (changed and changed[1].lower() not in DIVIDED)
    ):
        return "together"
    return "divided"


@lru_cache(maxsize=512)
def plan(sql: str) -> Plan:
    """Raises DatabaseError for a query whose answers cannot be put together."""
    flat = _flat(sql)
    clauses = {found[1].lower(): found.start() for found in reversed(list(CLAUSE.finditer(flat)))}
    if "offset" in clauses or "union all" in clauses:
        raise refused(sql)
    if "union" in clauses:
        return Plan(sql, len(_items(sql, flat, clauses["from"])[0]), once=True)
    items, distinct = _items(sql, flat, clauses["from"])
    added = _added(sql, items, "group by" in clauses)
    end = clauses.get("limit", len(sql))
    limit = sql[end + 5 :].strip()
    if limit == "?":
        limit = str(-1 - sql[:end].count("?"))
    order = _order(sql[clauses["order by"] + 8 : end], items) if "order by" in clauses else []
    if added:
        if any(isinstance(where, str) for where, _ in order) or limit.startswith("-"):
            raise refused(sql)
        places = tuple((where, down) for where, down in order if isinstance(where, int))
        return Plan(sql[:end], len(items), places, added, limit=limit)
    hidden = [where for where, _ in order if isinstance(where, str)]
    if hidden and distinct:
        raise refused(sql)
    names = {where: len(items) + number for number, where in enumerate(hidden)}
    found = tuple((names[where] if isinstance(where, str) else where, down) for where, down in order)
    more = "".join(f", {expression}" for expression in hidden)
    asked = sql[: clauses["from"]].rstrip() + more + " " + sql[clauses["from"] :]
    once = distinct or bool(NUMBERED.match(items[0])) or "vector" in tables(sql)
    return Plan(asked, len(items), found, once=once, limit=limit)


def merged(plan: Plan, answers: Sequence[Sequence[Row]], values: Values) -> Sequence[Row]:
    """One answer of those of all shards."""
    rows: list[Row] = _counted(plan, answers) if plan.added else [row for answer in answers for row in answer]
    if plan.once and sum(bool(answer) for answer in answers) > 1:
        rows = list(dict.fromkeys(rows))
    for column, down in reversed(plan.order):
        rows.sort(key=_by(column), reverse=down)
    if plan.limit:
        rows = rows[: _number(plan.limit, values)]
    return rows if not rows or len(rows[0]) == plan.width else [row[: plan.width] for row in rows]


def refused(sql: str) -> DatabaseError:
    said = " ".join(sql.split())
    return DatabaseError(
        f"this cannot be done where documents are divided among servers: {said[:120]}",
        "Move the index to one server or into a file first: rag move FROM TO",
    )


def _by(column: int) -> Callable[[Row], Any]:
    return lambda row: (row[column] is None, row[column])


def _counted(plan: Plan, answers: Iterable[Sequence[Row]]) -> list[Row]:
    groups: dict[tuple[Any, ...], list[Any]] = {}
    for answer in answers:
        for row in answer:
            key = tuple(value for value, how in zip(row, plan.added, strict=True) if not how)
            if (known := groups.get(key)) is None:
                groups[key] = list(row)
                continue
            for column, how in enumerate(plan.added):
                if how and row[column] is not None:
                    known[column] = row[column] if known[column] is None else ADD[how](known[column], row[column])
    return [tuple(row) for row in groups.values()]


def _number(limit: str, values: Values) -> int:
    if limit.startswith(":"):
        return int(values[limit[1:]])  # type: ignore[call-overload]
    return int(limit) if not limit.startswith("-") else int(values[-1 - int(limit)])  # type: ignore[index]


def _flat(sql: str) -> str:
    """The statement with blanks for what stands in brackets or quotes."""
    made, depth, quote = [], 0, ""
    for letter in sql:
        if quote:
            quote = "" if letter == quote else quote
            made.append(" ")
            continue
        if letter in "'\"":
            quote = letter
        depth += (letter == "(") - (letter == ")")
        made.append(" " if quote or depth or letter == ")" else letter)
    return "".join(made)


def _items(sql: str, flat: str, end: int) -> tuple[list[str], bool]:
    """The columns of the answer, and whether equal rows are one."""
    begin = len("select")
    distinct = flat[begin:].lstrip().lower().startswith("distinct ")
    if distinct:
        begin = flat.lower().index("distinct") + len("distinct")
    return _parts(sql[begin:end], flat[begin:end]), distinct


def _parts(sql: str, flat: str) -> list[str]:
    found, last = [], 0
    for at in [*(at for at, letter in enumerate(flat) if letter == ","), len(sql)]:
        found.append(sql[last:at].strip())
        last = at + 1
    return found


def _added(sql: str, items: Sequence[str], grouped: bool) -> tuple[str, ...]:
    found = [COUNTED.match(item) for item in items]
    if not any(found) and not grouped:
        return ()
    if any(one and (one[1].lower() not in ADD or one[2]) for one in found) or (not grouped and not all(found)):
        raise refused(sql)
    return tuple(one[1].lower() if one else "" for one in found)


def _order(sql: str, items: Sequence[str]) -> list[tuple[int | str, bool]]:
    """(column, or an expression that is none; whether descending) of each part of the order."""
    names: dict[str, int] = {}
    for number, item in enumerate(items):
        alias = ALIAS.search(item)
        names |= {item: number, item.rpartition(".")[2]: number} if "(" not in item else {item: number}
        if alias:
            names |= {alias[1]: number, item[: alias.start()]: number}
    found: list[tuple[int | str, bool]] = []
    for part in _parts(sql, _flat(sql)):
        expression, _, way = part.rpartition(" ")
        down = way.lower() == "desc"
        if way.lower() not in ("asc", "desc"):
            expression = part
        where: int | str = int(expression) - 1 if expression.isdigit() else names.get(expression, expression)
        found.append((where, down))
    return found
