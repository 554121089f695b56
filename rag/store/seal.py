"""
The seal of a file that only grows: the checksum of its bytes as they were written, how many, and which file that was.

A search trusts the file that has the identity in the seal, which any write changes; another one it reads whole and
compares. What is appended is added to the checksum, not read again. The seal's own file is also the lock of whoever
writes what it seals.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO

from rag import files

BLOCK = 1 << 22  # bytes
LONGEST = 10_000  # bytes of a seal
Identity = list[int]  # device, inode, size, and when it was last changed, in nanoseconds


@dataclass(slots=True)
class Seal:
    """What was sealed: `size` bytes of this checksum. `writing`: somebody appends, or was killed at it."""

    file: Identity = field(default_factory=list)
    size: int = 0
    crc32: int = 0
    writing: bool = False


def identity(path: Path) -> Identity | None:
    """What tells this file, as it is now, from any other; None if there is none."""
    try:
        there = path.stat()
    except OSError:
        return None
    return [there.st_dev, there.st_ino, there.st_size, there.st_mtime_ns, there.st_ctime_ns]


def read(path: Path) -> Seal:
    """The seal in this file; an empty one if there is none that can be read."""
    try:
        with files.plain(path) as file:
            found = json.loads(file.read(LONGEST))
        return Seal(**found) if isinstance(found["size"], int) and found["size"] > 0 else Seal()
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return Seal()


def write(file: IO[bytes], seal: Seal) -> None:
    """Set the seal, in the open file that is the lock."""
    file.seek(0)
    file.write(json.dumps(asdict(seal)).encode())
    file.truncate()
    file.flush()


def holds(path: Path, seal: Seal) -> bool:
    """Whether every byte that was sealed is as it was; while somebody appends there may be more of them."""
    try:
        longer = path.stat().st_size - seal.size
        return (
            seal.size > 0 and (longer == 0 or (longer > 0 and seal.writing)) and checksum(path, seal.size) == seal.crc32
        )
    except OSError:
        return False


def checksum(path: Path, size: int) -> int:
    """crc32 of the first `size` bytes."""
    found = 0
    with path.open("rb") as file:
        while size and (block := file.read(min(BLOCK, size))):
            found, size = zlib.crc32(block, found), size - len(block)
    return found


class Summed:
    """A file that is appended to, with the checksum of all that it holds."""

    def __init__(self, file: IO[bytes], size: int, crc32: int) -> None:
        self.file, self.size, self.crc32 = file, size, crc32

    def write(self, data: bytes | memoryview) -> None:
        self.file.write(data)
        self.crc32 = zlib.crc32(data, self.crc32)
        self.size += len(data)

    def take(self, file: IO[bytes], size: int) -> None:
        """Append so many bytes of another file. Raises OSError if it has fewer."""
        while size:
            block = file.read(min(BLOCK, size))
            if not block:
                raise OSError("the file was cut")
            self.write(block)
            size -= len(block)
