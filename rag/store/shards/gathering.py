"""A statement over documents of all shards, or over them and what lies on the first: answered in memory, by SQLite."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import apsw

from rag.errors import DatabaseError
from rag.store.engine import Row, Values
from rag.store.postgres import Postgres
from rag.store.shards.statements import DIVIDED, reads, refused, tables


def gathered(shards: Sequence[Postgres], first: Postgres, sql: str, values: Values) -> list[Row]:
    """
    The rows of the answer. Of the tables that the statement names, the columns that it names are read, whole.

    Raises DatabaseError for a statement that writes.
    """
    if not reads(sql):
        raise refused(sql)
    connection = apsw.Connection(":memory:")
    try:
        for table in sorted(tables(sql)):
            columns = [name for name, _ in first.columns(table) if re.search(rf"\b{name}\b", sql)] or ["id"]
            listed = ", ".join(f'"{name}"' for name in columns)
            connection.execute(f"create table {table} ({listed})")
            marks = ", ".join("?" * len(columns))
            rows: dict[Row, None] = {}
            for shard in shards if table in DIVIDED else [first]:
                rows |= dict.fromkeys(shard.execute(f"select {listed} from {table}"))
            with connection:
                connection.executemany(f"insert into {table} values ({marks})", rows)
            for name in {"id", "name", "document_id"}.intersection(columns):
                connection.execute(f"create index {table}_{name} on {table} ({name})")
        given: Any = dict(values) if isinstance(values, dict) else tuple(values)
        return list(connection.execute(sql, given))
    except apsw.Error as error:
        raise DatabaseError(f"this cannot be asked of several servers: {error}") from error
    finally:
        connection.close()
