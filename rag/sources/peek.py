"""What a file is whose name does not say it: a look at its first bytes, and at what lies beside it."""

from __future__ import annotations

import os
import re
from pathlib import Path

# what stands behind the name of an index
BESIDE = re.compile(r"(?<=.)-(?:wal|shm|journal|index(?:-seal|-part)?|(?:jobs-|eval-)?lock)$")
SQLITE = b"SQLite format 3\0"


def of_an_index(path: Path, own: Path | None) -> bool:
    """Whether a file is an index of ours, or lies beside one: a lock, a journal, a side file."""
    index = os.path.realpath(path.with_name(BESIDE.sub("", path.name)))
    if index == str(own) or not (os.path.isfile(index) and os.path.exists(f"{index}-lock")):
        return index == str(own)
    with open(index, "rb") as file:
        return file.read(len(SQLITE)) == SQLITE


def lists_objects(path: Path) -> bool:
    """Whether a file of JSON is a list of objects: a table."""
    with open(path, "rb") as file:
        return re.match(rb"(?:\xef\xbb\xbf)?\s*\[\s*\{", file.read(1000)) is not None


def looks_binary(path: Path) -> bool:
    with open(path, "rb") as file:
        head = file.read(8192)
    return b"\0" in head and not head.startswith((b"\xff\xfe", b"\xfe\xff"))
