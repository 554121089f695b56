"""
The tables, indexes, views and triggers that a file must have, against those that it has.

What other programs change in silence (`sqlite-utils transform` drops a table's triggers) is found here and made again.
"""

from __future__ import annotations

import re
from contextlib import closing
from functools import cache

import apsw

from rag.store import bulk
from rag.store.checks import mend_words
from rag.store.database import Database
from rag.store.schema import MIGRATIONS, lend, script

RECORD = (
    "create table if not exists _sqlite_migrations"
    " (id integer primary key, migration_set text, name text, applied_at text)"
)


def _build(fresh: apsw.Connection) -> None:
    fresh.execute(RECORD)
    lend(fresh)
    for name in MIGRATIONS:
        fresh.execute(script(name))


@cache
def wanted() -> dict[tuple[str, str], str]:
    """(type, name) -> SQL of everything that a new file has, in the order in which it must be made."""
    with closing(apsw.Connection(":memory:")) as fresh:
        _build(fresh)
        return {
            (kind, name): sql
            for kind, name, sql in fresh.execute("select type, name, sql from sqlite_schema order by rowid")
            if sql and not _internal(kind, name)
        }


@cache
def columns() -> dict[str, list[tuple[str, str]]]:
    """table -> (name, declared type) of its columns, without the full text index."""
    with closing(apsw.Connection(":memory:")) as fresh:
        _build(fresh)
        tables = [name for kind, name in wanted() if kind == "table" and name != "passage_fts"]
        return {
            table: [(name, kind) for _, name, kind, *_ in fresh.execute(f'pragma table_xinfo("{table}")')]
            for table in tables
        }


def _internal(kind: str, name: str) -> bool:
    """The tables that SQLite and FTS5 keep for themselves."""
    return name.startswith("sqlite_") or (kind == "table" and name.startswith("passage_fts_"))


def _wrong(db: Database, kinds: tuple[str, ...]) -> list[tuple[str, str]]:
    """
    What is missing, and what is there with another definition; of a table only the columns count.

    What a first fill does without is missing while it lasts, and until somebody writes if it was killed.
    """
    there = {
        (kind, name): sql or ""
        for kind, name, sql in db.execute("select type, name, sql from sqlite_schema where sql != ''")
    }
    found = []
    for key, sql in wanted().items():
        if key[0] not in kinds:
            continue
        if key not in there and key[1] == bulk.LOOKUP:
            continue
        if key not in there or (key[0] != "table" and _plain(there[key]) != _plain(sql)):
            found.append(key)
    return found


def _plain(sql: str) -> str:
    return re.sub(r"[\s\"\[\]`]+", " ", sql).strip().lower()


def triggers(db: Database) -> str:
    """`sqlite-utils transform` drops a table's triggers in silence; new rows are then never found."""
    wrong = [name for _, name in _wrong(db, ("trigger",))]
    return f"triggers are missing or changed: {', '.join(sorted(wrong))}" if wrong else ""


def mend_triggers(db: Database) -> None:
    with db.transaction():
        _make(db, _wrong(db, ("trigger",)))
        mend_words(db)


def schema(db: Database) -> str:
    """Tables, columns, indexes and views."""
    wrong = [f"{kind} {name}" for kind, name in _wrong(db, ("table", "index", "view"))]
    for table, expected in columns().items():
        there = {row[1] for row in db.execute(f'pragma table_xinfo("{table}")')}
        wrong += [f"column {table}.{name}" for name, _ in expected if there and name not in there]
    return f"missing or changed: {', '.join(wrong)}" if wrong else ""


def mend_schema(db: Database) -> None:
    with db.transaction():
        wrong = _wrong(db, ("table", "index", "view"))
        _make(db, wrong)
        if ("table", "passage_fts") in wrong:
            mend_words(db)


def _make(db: Database, wrong: list[tuple[str, str]]) -> None:
    for kind, name in wrong:
        if kind != "table":
            db.execute(f'drop {kind} if exists "{name}"')
        db.execute(wanted()[kind, name])
