"""
A copy of an index while others write to it, complete as of one moment, and checked before it is given its name.

A file is copied page by page; what lies on a server is moved row by row (`moving.py`) into a new file.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import quote

import apsw

from rag import files
from rag.errors import DatabaseError, InputError, RagError
from rag.store import faults, moving
from rag.store.database import Database
from rag.store.engine import Progress, Store


def backup(db: Store, out: Path, progress: Progress | None = None) -> dict[str, int]:
    """
    Copy the index to a new file; table -> rows that the copy has. From a server, stopped, the next call goes on.

    Raises InputError if `out` is there already, DatabaseError if the copy is not sound: then there is none.
    """
    if out.exists():
        raise InputError(f"{out} is there already", "Name a new file: rag backup NEW.db")
    part = out.with_name(f".{out.name}.part")
    done = not isinstance(db, Database) and _begun(db, part)
    try:
        if not done:
            _gone(part)
            files.make(part)
        with faults.told(out, new=True):
            counts = _copy(db, part) if isinstance(db, Database) else _moved(db, part, progress)
        with part.open("rb") as file:
            os.fsync(file.fileno())
        os.replace(part, out)
    except OSError as error:
        raise RagError(f"{out} was not written: {error.strerror}", "Choose another folder.") from error
    finally:
        if isinstance(db, Database) or out.exists():
            _gone(part)
    return counts


def _gone(part: Path) -> None:
    for suffix in ("", "-journal", "-wal", "-shm", "-lock"):
        if os.path.lexists(beside := part.with_name(part.name + suffix)):  # else a disk to read only refuses it
            with suppress(FileNotFoundError):
                beside.unlink()


def _begun(db: Store, part: Path) -> bool:
    """Whether a copy of this index was begun and can go on."""
    try:
        with Database(part) as copy:
            return bool((copy.setting(moving.MARK) or {}).get("uuid") == db.setting("uuid"))
    except RagError:
        return False


def _moved(db: Store, part: Path, progress: Progress | None) -> dict[str, int]:
    with Database(part, create=True) as copy:
        moving.move(db, copy, progress, use=True)
    seal(part)
    return _checked(db, part)


def _copy(db: Database, part: Path) -> dict[str, int]:
    address = f"file:{quote(os.fsencode(part.absolute()))}"
    flags = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_URI
    with closing(apsw.Connection(address, flags)) as copy, copy.backup("main", db.connection, "main") as made:
        made.step()  # all at once, as of now: who writes meanwhile writes to the WAL
    return _checked(db, part)


def _checked(db: Store, part: Path) -> dict[str, int]:
    """What a copy holds. Raises DatabaseError if it is not sound."""
    address = f"file:{quote(os.fsencode(part.absolute()))}"
    with closing(apsw.Connection(f"{address}?immutable=1", apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI)) as copy:
        found = [row[0] for row in copy.execute("pragma integrity_check(3)")]
        if found != ["ok"]:
            raise DatabaseError(f"{db.path} is damaged, and so would be the copy: {'; '.join(found)}", db.doctor())
        tables = [
            name
            for (name,) in copy.execute(
                "select name from sqlite_schema where type = 'table' and sql not like 'create virtual%'"
                " and name not like 'sqlite_%' and name not like 'passage_fts_%' order by name"
            )
        ]
        return {name: copy.execute(f'select count(*) from "{name}"').get for name in tables}


def compact(db: Store, out: Path, without: Sequence[str] = ()) -> None:
    """
    A copy without free pages and without the rows of some tables, in a form that can be read where nothing can be
    written: no WAL. Raises what `backup` raises.
    """
    backup(db, out)
    with faults.told(out), closing(apsw.Connection(str(out))) as copy:
        copy.execute("pragma foreign_keys = off; pragma secure_delete = on")
        for table in without:
            copy.execute(f'delete from "{table}"')
        copy.execute("vacuum")
    seal(out)


def seal(path: Path) -> None:
    """Leave a file without a WAL, so that it can be read in a folder that cannot be written."""
    with faults.told(path), closing(apsw.Connection(str(path))) as copy:
        copy.execute("pragma journal_mode = delete")
