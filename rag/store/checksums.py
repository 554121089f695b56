"""
The checksum of a row: what tells that a bit of it was flipped on the disk.

A trigger takes the checksum away whenever any program changes the row, and the next transaction of ours computes it
anew; so a row that has one is as it was written, and no program is ever wronged. Passages and vectors are held by the
seals of their documents and checksums of their own (`checks.py`). It is CRC-32, of which 23 bits are kept, since SQLite
holds those in three bytes: against damage, not against forgers. Older rows have all of it.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, cast

import apsw

# Every column but `id` and `checksum`. Another column is added by a migration that takes all checksums of the table
# away, and makes its trigger anew; `text` of a document is held by its hash.
COLUMNS = {
    "setting": "key value",
    "model": "name fingerprint dimensions",
    "source": "name kind settings cursor refreshed error",
    "document": "source_id key title url author date kind meta hash title_hash item stamp indexed seal",
    "answer": "conversation question answer answerable citations model fingerprint prompt_hash grammar_hash seconds"
    " object settings history created short thumb asked_by",
    "job": "hash schema schema_hash prompt prompt_hash model fingerprint settings runs created used",
    "job_row": "job_id hash status data evidence raw error note attempts windows tokens_in tokens_out seconds finished",
    "job_document": "job_id seq source key hash",
    "eval_run": "suite system task fingerprint settings provenance cases state started finished",
    "eval_outcome": "run_id case_id question expected output error seconds tokens_in tokens_out",
    "eval_score": "outcome_id measure value weight",
    "alert": "name query min_score source seen created run",
    "token": "name hash scopes sources created expires used revoked",
    "document_past": "source key title text version ms",
    "document_clock": "source key stamp deleted",
    "source_clock": "name stamp deleted",
    "clustering": "items filters fingerprint inputs seed auto cohesion made",
    "cluster": "clustering_id number name size cohesion keywords centre named",
    "cluster_item": "cluster_id document_id passage_id similarity x y",
    "_chronicle_document": "__added_ms __updated_ms __version __deleted added_version source key",
}
KEPT = (1 << 23) - 1  # of a CRC-32
REAL = ("seconds", "min_score", "value", "weight", "cohesion", "similarity", "x", "y")


def lend(connection: apsw.Connection) -> None:
    """Give a connection the function; nothing that stays in the file calls it."""
    connection.create_scalar_function("rag_checksum", cast(Any, _checksum), deterministic=True)


def seal(connection: apsw.Connection) -> None:
    """Compute what is missing, in the transaction that is open. A damaged table is left to `rag doctor`."""
    tables: list[str] = list(COLUMNS)
    with suppress(apsw.CorruptError, apsw.SQLError):
        tables = [table for (table,) in connection.execute(UNSEALED)]
    for table in tables:
        with suppress(apsw.CorruptError, apsw.SQLError, UnicodeDecodeError):
            connection.execute(SEAL[table])


def changed(connection: apsw.Connection) -> Iterator[tuple[str, int]]:
    """(table, id) of the rows that are not as they were written. Raises apsw.Error where that cannot be told."""
    for table, call in CALLS.items():
        rows = connection.execute(
            f"select id from {table} where checksum is not null and checksum & {KEPT} is not {call}"
        )
        yield from ((table, number) for (number,) in rows)


def _checksum(*values: bytes | str | None) -> int:
    return zlib.crc32(repr(values).encode()) & KEPT


def _call(table: str) -> str:
    """All that a row holds: a text as its bytes, which may be damaged, a real number to its last bit."""
    parts = [
        f"case typeof({column}) when 'real' then quote({column}) else cast({column} as blob) end"
        if column in REAL
        else f"cast({column} as blob)"
        for column in ("id", *COLUMNS[table].split())
    ]
    return f"rag_checksum('{table}', {', '.join(parts)})"


CALLS = {table: _call(table) for table in COLUMNS}
UNSEALED = " union all ".join(
    f"select '{table}' where exists"
    f" (select 1 from {table} indexed by {table.strip('_')}_unsealed where checksum is null)"
    for table in COLUMNS
)
SEAL = {
    table: f"update {table} indexed by {table.strip('_')}_unsealed set checksum = {call} where checksum is null"
    for table, call in CALLS.items()
}
