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


def close(path: Path, seal: IO[bytes]) -> Identity | None:
    """Seal the file as it is, in the open file that is the lock."""
    there = identity(path)
    written = json.dumps({"file": there, "crc32": _checksum(path)}).encode()
    seal.seek(0)
    seal.write(written)
    seal.truncate()
    seal.flush()
    return there


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
