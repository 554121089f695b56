"""
The tables, columns, indexes, triggers and functions that an index on a server must have, against those that it has.

What must be there is read out of the migrations: nobody needs a right to make a schema beside it to compare with.
"""

from __future__ import annotations

import re
from functools import cache

from rag.store.postgres import checks, connecting
from rag.store.postgres.schema import MIGRATIONS
from rag.store.postgres.server import Postgres

STATEMENT = re.compile(r"(?:[^;$]|\$\$.*?\$\$)+", re.DOTALL)
MADE = re.compile(
    r"\s*(create|drop|alter) (?:or replace )?(?:unique )?(table|index|trigger|function|sequence|view) (\w+)"
)
CHANGED = re.compile(r"alter table (\w+) (add|drop) column (\w+)([^;]*)")
NO_COLUMN = ("unique", "primary", "check", "foreign")
THERE = """
    select case relkind when 'r' then 'table' when 'i' then 'index' when 'v' then 'view' else 'sequence' end,
        relname::text from pg_class where relnamespace = %(schema)s::regnamespace and relkind in ('r', 'i', 'v', 'S')
    union select 'function', proname::text from pg_proc where pronamespace = %(schema)s::regnamespace
    union select 'trigger', tgname::text from pg_trigger t join pg_class c on c.oid = t.tgrelid
        where c.relnamespace = %(schema)s::regnamespace and not tgisinternal and tgenabled != 'D'
    union select 'column', relname || '.' || attname from pg_attribute a join pg_class c on c.oid = a.attrelid
        where c.relnamespace = %(schema)s::regnamespace and relkind = 'r' and attnum > 0 and not attisdropped
"""
Key = tuple[str, str]  # a kind, and a name; that of a column after its table's and a dot


@cache
def wanted() -> dict[Key, str]:
    """What a new index has -> the statements that make it, in the order in which they must be given."""
    found: dict[Key, str] = {}
    for _, script in MIGRATIONS:
        for statement in STATEMENT.findall(script):
            if made := MADE.match(statement):
                verb, kind, name = made.groups()
                if verb == "drop":
                    del found[kind, name]
                else:  # of a function there may be several, of a table more is said later
                    found[kind, name] = f"{found[kind, name]};{statement}" if (kind, name) in found else statement
    return found


@cache
def columns() -> dict[Key, str]:
    """Those of every table, as `wanted` names things -> how each is declared."""
    found: dict[Key, str] = {}
    for (kind, table), statement in wanted().items():
        if kind == "table":
            found |= {("column", f"{table}.{name}"): declared for name, declared in _columns(statement)}
            for _, verb, name, declared in CHANGED.findall(statement):
                if verb == "drop":
                    del found["column", f"{table}.{name}"]
                else:
                    found["column", f"{table}.{name}"] = f"{name}{declared}"
    return found


def _columns(statement: str) -> list[tuple[str, str]]:
    """(name, how it is declared) of what stands between the outer parentheses of `create table`."""
    inside, depth = [""], 0
    for char in statement[statement.index("(") :]:
        depth += {"(": 1, ")": -1}.get(char, 0)
        if depth == 1 and char == ",":
            inside.append("")
        elif depth >= 1:
            inside[-1] += char
        elif depth == 0:
            break
    declared = [part.strip().removeprefix("(").strip() for part in inside]
    named = [(part.split()[0].strip('"'), part) for part in declared]
    return [(name, part) for name, part in named if name not in NO_COLUMN]


def _missing(db: Postgres) -> list[Key]:
    there = set(db.ask(THERE, {"schema": db.schema}))
    return [key for key in (*wanted(), *columns()) if key not in there]


def schema(db: Postgres) -> str:
    """What is missing; of what a table has, only that the table is."""
    missing = _missing(db)
    tables = {name for kind, name in missing if kind == "table"}
    told = [f"{kind} {name}" for kind, name in missing if kind == "table" or _table(kind, name) not in tables]
    return f"missing: {', '.join(told)}" if told else ""


def _table(kind: str, name: str) -> str:
    """The table that a column, an index or a trigger belongs to."""
    if kind == "column":
        return name.partition(".")[0]
    found = re.search(r"\bon (\w+)", wanted()[kind, name]) if kind in ("index", "trigger") else None
    return found[1] if found else ""


def mend_schema(db: Postgres) -> None:
    """Make what is missing; what finds passages is filled anew, what else a lost table held is lost."""
    missing = _missing(db)
    tables = {name for kind, name in missing if kind == "table"}
    with db.transaction():
        for kind, name in missing:
            if kind == "column":
                if (table := _table(kind, name)) not in tables:
                    db.ask(connecting.spelled(f"alter table {table} add column {columns()[kind, name]}", db.vector))
                continue
            if kind == "trigger":  # it may be there, and switched off
                db.ask(f"drop trigger if exists {name} on {_table(kind, name)}")
            statement = wanted()[kind, name].replace("create function", "create or replace function")
            db.ask(connecting.spelled(statement, db.vector))
        if "total" in tables:
            db.ask("insert into total values (1, 0, 0)")
    if tables & {"words", "term", "total"}:
        checks.mend_words(db)
    if "near" in tables:
        checks.mend_near(db)
