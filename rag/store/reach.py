"""How a file can be opened where it lies: what was committed must be read, whoever may write beside it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import apsw

SEALED = "Copy it into a folder that can be written, and name the copy: -d COPY.db"


def sealed(path: Path) -> Iterator[str]:
    """
    The ways to open a file that cannot be written, or not here; what was committed into its WAL must be read.

    With its -shm, SQLite reads both as they are, and others may go on writing. Without one nobody has the file open:
    a WAL is then read alone, its index in memory. Only without a WAL is the file all there is. With a journal it holds
    what was not committed: it is read while its writer lives, and else by nobody who may not roll it back.
    """
    if path.with_name(path.name + "-shm").exists() or unfinished(path):
        yield ""
    if not unfinished(path):
        yield "immutable=1" if settled(path) else "vfs=unix-none"


def foreign(path: Path) -> Path | None:
    """
    A WAL or journal that somebody made who may not write the file itself, in a folder that many write to.

    SQLite would write what it holds into the file.
    """
    with suppress(OSError):
        own = path.stat()
        trusted = {own.st_uid, os.geteuid(), 0}
        for suffix in () if own.st_mode & 0o022 else ("-wal", "-journal", "-shm"):
            with suppress(OSError):
                if (beside := path.with_name(path.name + suffix)).lstat().st_uid not in trusted:
                    return beside
    return None


def unfinished(path: Path) -> bool:
    """Whether somebody is writing to the file with a journal, or was killed at it."""
    try:
        return path.with_name(path.name + "-journal").stat().st_size > 0
    except OSError:
        return False


def settled(path: Path) -> bool:
    """Whether everything that was committed stands in the file itself, none of it in a WAL, and nothing else."""
    if unfinished(path):
        return False
    wal = path.with_name(path.name + "-wal")
    return not wal.exists() or (os.access(wal, os.R_OK) and not wal.stat().st_size)


def full(error: apsw.Error, path: Path) -> bool:
    """Whether there is no room for what SQLite keeps beside a file, which then can be read at least."""
    try:
        room = os.statvfs(path.parent)
    except OSError:
        return False
    return isinstance(error, apsw.FullError) or room.f_bavail * room.f_frsize < 1 << 20 or not room.f_favail
