"""
The seal of a file: the checksum of its bytes as they were written, and which file that was.

A search trusts the file that has the identity in the seal, which any write changes; another one it reads whole and
compares. The seal's own file is also the lock of whoever writes what it seals.
"""

from __future__ import annotations

import json
import mmap
import zlib
from pathlib import Path
from typing import IO

BLOCK = 1 << 24  # bytes
Identity = list[int]  # device, inode, size, and when it was last changed, in nanoseconds


def identity(path: Path) -> Identity | None:
    """What tells this file, as it is now, from any other; None if there is none."""
    try:
        there = path.stat()
    except OSError:
        return None
    return [there.st_dev, there.st_ino, there.st_size, there.st_mtime_ns, there.st_ctime_ns]


def fits(there: Identity, seal: Path) -> bool:
    """Whether the file of this identity is the one that was sealed; no byte of it is read."""
    return bool(_read(seal).get("file") == there)


def holds(path: Path, seal: Path) -> bool:
    """Whether every byte is as it was sealed."""
    known = _read(seal).get("crc32")
    return known is not None and known == _checksum(path)


def begin(seal: IO[bytes]) -> None:
    """Break the seal, for what follows is written: who is killed meanwhile leaves a file that is made anew."""
    _write(seal, {})


def is_open(seal: Path) -> bool:
    """Whether there is no checksum yet: somebody writes the file, or was killed at it, or an older version made it."""
    return "crc32" not in _read(seal)


def close(path: Path, seal: IO[bytes]) -> Identity | None:
    """Seal the file as it is, in the open file that is the lock."""
    there = identity(path)
    _write(seal, {"file": there, "crc32": _checksum(path)})
    return there


def _write(seal: IO[bytes], value: dict[str, object]) -> None:
    seal.seek(0)
    seal.write(json.dumps(value).encode())
    seal.truncate()
    seal.flush()


def _read(seal: Path) -> dict[str, object]:
    try:
        found = json.loads(seal.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _checksum(path: Path) -> int:
    found = 0
    with path.open("rb") as file:
        if not path.stat().st_size:
            return found
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data, memoryview(data) as view:
            for start in range(0, len(view), BLOCK):
                with view[start : start + BLOCK] as block:
                    found = zlib.crc32(block, found)
    return found
