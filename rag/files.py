"""
Files that hold what people asked and read: made for their owner alone, replaced whole or not at all, never by mistake.

Nothing here knows what is in them.
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
import shlex
import stat
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Literal

from rag.errors import InputError, RagError

PRIVATE = 0o600
SPECIAL = {
    stat.S_IFIFO: "is a named pipe",
    stat.S_IFSOCK: "is a socket",
    stat.S_IFCHR: "is a device",
    stat.S_IFBLK: "is a device",
}
SQLITE = b"SQLite format 3\0"
LARGEST = 50_000_000  # bytes of a file that is read whole: /dev/zero has no end


def home(path: Path | str) -> Path:
    """`~` and `~/…` as the shell expands them; a file that is called `~x.db` is itself."""
    text = os.fspath(path)
    if text == "~" or text.startswith("~/"):
        return Path(text).expanduser()
    return Path.cwd() / text if text.startswith("~") else Path(text)


def real(path: Path | str) -> Path:
    """The file behind a link: what lies beside it is found by every name that it has."""
    return Path(os.path.realpath(path))


def typed(path: object) -> str:
    """A path, or an address, as it is typed in a shell: quoted where it must be."""
    told = str(path)
    return told if re.fullmatch(r"\w+://\S+", told) else shlex.quote(told)


def special(path: Path) -> str:
    """What lies there, if it is no file that can be read twice: "is a named pipe"; else ""."""
    try:
        return SPECIAL.get(stat.S_IFMT(path.stat().st_mode), "")
    except OSError:
        return ""


def text(path: Path, encoding: str = "utf-8", errors: str = "strict") -> str:
    """The text of a file that was named, with the ends of lines as "\\n". Raises OSError, also if it is too large."""
    return data(path).decode(encoding, errors).replace("\r\n", "\n").replace("\r", "\n")


def data(path: Path, most: int = LARGEST) -> bytes:
    """The bytes of a file that was named. Raises OSError, also if there are more than so many."""
    with path.open("rb") as file:
        found = file.read(most + 1)
    if len(found) > most:
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), str(path))
    return found


def piped(most: int = LARGEST) -> bytes:
    """The bytes of standard input. Raises InputError if there are more than so many."""
    found = sys.stdin.buffer.read(most + 1)
    if len(found) > most:
        raise InputError(f"standard input has more than {most:,} bytes", "Write it to a file, or give a part of it.")
    return found


def make(path: Path, beside: Path | None = None) -> None:
    """
    Make an empty file for its owner alone, if there is none; or with the rights of the file that it lies `beside`.

    What root makes beside a file of another user belongs to that user, as SQLite does it.
    """
    try:
        made = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, PRIVATE)
    except FileExistsError:
        return
    try:
        with suppress(OSError):
            if beside is not None:
                model = beside.stat()
                os.fchmod(made, stat.S_IMODE(model.st_mode) & 0o666)
                if os.geteuid() == 0:
                    os.fchown(made, model.st_uid, model.st_gid)
    finally:
        os.close(made)


def plain(path: Path, mode: Literal["rb", "r+b"] = "rb") -> IO[bytes]:
    """A file of our own, opened. Raises OSError for a link, which leads to another's, and for what is no plain file."""
    access = os.O_RDONLY if mode == "rb" else os.O_RDWR
    opened = os.open(path, access | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(opened).st_mode):
        os.close(opened)
        raise OSError(errno.ELOOP, "it is no plain file", str(path))
    return open(opened, mode)


def _own(path: Path, beside: Path | None) -> IO[bytes]:
    """A file for writing, made if need be; a link or pipe that lies there is removed, and its target not touched."""
    for _ in range(100):
        make(path, beside)
        try:
            return plain(path, "r+b")
        except OSError as error:
            if error.errno not in (errno.ELOOP, errno.ENXIO):
                raise
            path.unlink(missing_ok=True)
    raise FileExistsError(errno.EEXIST, "it keeps being replaced", str(path))


@contextmanager
def locked(path: Path, beside: Path | None = None, *, seconds: float = 0.0) -> Iterator[IO[bytes] | None]:
    """
    Hold a lock file, made if need be; None if another process has held it for so many seconds.

    Only whoever holds the lock may write or remove the file. Raises OSError if it cannot be made.
    """
    deadline = time.monotonic() + seconds
    with _own(path, beside) as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    yield None
                    return
                time.sleep(0.02)
        yield file


def refuse(path: Path, ours: Callable[[bytes], bool] | None = None, *, force: bool = False) -> None:
    """
    Raises InputError if a file that is to be written would take the place of something else.

    A database is never replaced. Another file is, if `force` says so or if `ours` knows its first bytes as what this
    program writes there. A terminal, a pipe and /dev/null may always be written to.
    """
    if path.is_dir():
        raise InputError(f"{path} is a folder", "Name a file in it.")
    if not path.is_file():
        return
    try:
        with path.open("rb") as file:
            head = file.read(4096)
    except OSError as error:
        raise InputError(f"{path} is there and cannot be read: {error.strerror}", "Name another file.") from error
    if head.startswith(SQLITE):
        raise InputError(f"{path} is a database, and is not replaced", "Name another file.")
    if head and not force and not (ours is not None and ours(head)):
        raise InputError(f"{path} is there already, and rag did not write it", "Name another file, or remove it first.")


@contextmanager
def whole(path: Path, hint: str = "") -> Iterator[IO[str]]:
    """
    A file that takes its place when the block ends well, and leaves nothing behind when it does not.

    It is for its owner alone, or has the rights of the file that it replaces; a link stays one. What is not a plain
    file (a pipe, /dev/stdout) is written to as it is. Raises RagError if it cannot be written.
    """
    target = real(path)
    part = target.with_name(f".{target.name}.part")  # of one name, so that a run that is killed leaves one at most
    try:
        if target.exists() and not target.is_file():
            with target.open("w", encoding="utf-8", newline="") as stream:
                yield stream
            return
        with os.fdopen(_part(part), "w", encoding="utf-8", newline="") as file:
            try:
                with suppress(FileNotFoundError):
                    os.fchmod(file.fileno(), stat.S_IMODE(target.stat().st_mode))
                yield file
                file.flush()
                os.fsync(file.fileno())
                os.replace(part, target)
            except BaseException:
                with suppress(OSError):
                    part.unlink(missing_ok=True)
                raise
    except OSError as error:
        why = "the disk is full" if error.errno in (errno.ENOSPC, errno.EDQUOT) else error.strerror
        why = "another process is writing it" if isinstance(error, BlockingIOError) else why
        if isinstance(error, FileNotFoundError) and not target.parent.is_dir():
            why, hint = f"there is no folder {path.parent}", f"mkdir -p {typed(path.parent)}"
        raise RagError(f"{path} was not written: {why}", hint) from error


def _part(path: Path) -> int:
    """
    The file of this name, empty, ours alone, and locked while it is open.

    A link that lies there, also a hard one, is removed, and what it leads to is not touched. Raises BlockingIOError if
    another process is writing it.
    """
    for _ in range(100):
        try:
            made = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, PRIVATE)
        except OSError as error:
            if error.errno != errno.ELOOP:
                raise
            path.unlink(missing_ok=True)
            continue
        try:
            fcntl.flock(made, fcntl.LOCK_EX | fcntl.LOCK_NB)
            there = os.fstat(made)
            with suppress(FileNotFoundError):
                if os.path.samestat(there, path.lstat()) and stat.S_ISREG(there.st_mode):
                    if there.st_nlink == 1:
                        os.fchmod(made, PRIVATE)
                        os.ftruncate(made, 0)
                        return made
                    path.unlink()
                elif not stat.S_ISREG(there.st_mode):
                    path.unlink()
        except BaseException:
            os.close(made)
            raise
        os.close(made)
    raise FileExistsError(errno.EEXIST, "it keeps being replaced", str(path))
