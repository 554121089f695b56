"""
How a file keeps what is not committed: in a WAL, beside which others read; or, while it is first filled, in a journal.

A WAL takes every page twice, once for itself and once for the file. A rollback journal takes only what a page held
before, and a page that is new at the end of the file held nothing: so a file that is filled for the first time is
written once. Killed at any moment, whoever opens it next rolls back to the last commit. Others read meanwhile what was
committed, and wait only while a commit is written out. It is the WAL again as soon as anybody else asks for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import apsw

from rag.store import reach
from rag.store.faults import BUSY_SECONDS

PATIENCE = 1000  # milliseconds; who fills the file makes it the WAL at its end, so that nobody has to wait for it


def wal(connection: apsw.Connection) -> None:
    """Keep a WAL from now on, unless the file is just being filled."""
    with suppress(apsw.BusyError, apsw.LockedError):
        _set(connection, "wal", PATIENCE)


@contextmanager
def once(connection: apsw.Connection) -> Iterator[bool]:
    """What is committed in the block is written once, where nobody else has the file open: whether that is so."""
    try:
        alone = not connection.readonly("main") and _set(connection, "delete", 0) == "delete"
    except apsw.Error:  # somebody has it open, or the disk is full, which the first write tells
        alone = False
    if not alone:
        yield False
        return
    # A commit is on the disk, its journal is gone from the folder. Nothing is written before, so nobody waits longer.
    connection.execute("pragma synchronous = extra; pragma cache_spill = off")
    try:
        yield True
    finally:
        with suppress(apsw.Error):
            connection.execute("pragma synchronous = normal; pragma cache_spill = on")
            _set(connection, "wal", BUSY_SECONDS * 1000)


def _set(connection: apsw.Connection, mode: str, patience: int) -> str:
    """The mode that the file has then."""
    connection.set_busy_timeout(patience)
    try:
        return str(connection.pragma("journal_mode", mode))
    finally:
        connection.set_busy_timeout(BUSY_SECONDS * 1000)


def roll_back(path: Path) -> None:
    """To the last commit, if somebody was killed: who may only read could not."""
    if reach.unfinished(path):
        with suppress(apsw.Error), closing(apsw.Connection(str(path))) as db:
            db.execute("select 1 from sqlite_schema").fetchall()
