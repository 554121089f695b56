"""apsw's errors as ours: what happened to which file, and what to type next."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw

from rag.errors import DatabaseError, UnwritableError
from rag.files import typed
from rag.store import reach

BUSY_SECONDS = 30
ELSEWHERE = (
    "Its folder must be yours to write, and the file; or name a new one: -d NEW.db (for a copy: rag backup NEW.db)"
)
FOREIGN = (apsw.Error, UnicodeDecodeError)  # what reading a file can raise; text that is damaged is no UTF-8
SHAPES = (TypeError, ValueError, LookupError, AttributeError, ArithmeticError, apsw.Error)  # of rows of another shape
UNWRITTEN = (apsw.ReadOnlyError, apsw.CantOpenError, apsw.IOError)  # on a full disk, too: there is no room for a WAL


@contextmanager
def told(path: Path, *, new: bool = False) -> Iterator[None]:
    """Whatever the driver raises in the block, said of this file; nothing stays of one that is `new`."""
    try:
        yield
    except apsw.Error as error:
        raise of(error, path, new=new) from error


@contextmanager
def read(path: Path) -> Iterator[None]:
    """The same of what is read, where text can be damaged, too."""
    try:
        yield
    except FOREIGN as error:
        raise of(error, path) from error


def of(error: Exception, path: Path, *, new: bool = False) -> DatabaseError:
    """The error that says it to a user."""
    if isinstance(error, apsw.BusyError | apsw.LockedError):
        return DatabaseError(
            f"{path} is locked by another program for more than {BUSY_SECONDS} s", "Wait, then run this again."
        )
    if isinstance(error, apsw.FullError) or (isinstance(error, UNWRITTEN) and _full(error, path)):
        kept = "was not written" if new else "keeps what was written before"
        return DatabaseError(f"the disk is full: {path} {kept}", "Free some space, run the same command again.")
    if isinstance(error, apsw.ReadOnlyError | apsw.CantOpenError | apsw.PermissionsError):
        return UnwritableError(f"{path} cannot be written where it lies", ELSEWHERE)
    if isinstance(error, apsw.IOError):
        return DatabaseError(f"reading or writing {path} failed: {error}", "Check the disk and the space on it.")
    if isinstance(error, apsw.NoMemError | apsw.TooBigError):
        return DatabaseError(f"{path}: {error}: the memory is used up, or a text is too large", "Try a smaller part.")
    if isinstance(error, apsw.ConstraintError):
        return DatabaseError(f"{path}: {error}: was another program writing the same?", "Run the same command again.")
    return DatabaseError(f"{path} is damaged or not a SQLite file: {error}", save(path))


def _full(error: apsw.Error, path: Path) -> bool:
    """Whether it is for want of room, not of a right."""
    mine = all(os.access(one, os.W_OK) for one in (path, path.parent) if one.exists())
    return mine and reach.full(error, path)


def beside(path: Path, error: OSError) -> DatabaseError:
    """The error of a lock that cannot be made."""
    kind = UnwritableError if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS) else DatabaseError
    return kind(f"cannot write beside {path}: {error.strerror}", ELSEWHERE)


def save(path: Path) -> str:
    """The hint of a damaged file."""
    return (
        f"Save what can be read: rag doctor --recover NEW.db -d {typed(path)}; or index anew: rag index PATH… -d NEW.db"
    )
