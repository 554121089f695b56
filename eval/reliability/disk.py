"""
A disk that is watched, fills up, or loses its power: SQLite's own writes, through a VFS over the real one.

What is recorded is every write, sync, truncation and deletion of the database, its WAL and its journals; and when our
own code is about to open, cut, rename or remove another file of the trial (Python's audit events). A disk that lost its
power holds what was synced, and of what was not, any part: whole operations or single sectors of them.
"""

from __future__ import annotations

import os
import pickle
import random
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import apsw

SECTOR = 512
AUDITED = ("open", "os.truncate", "os.rename", "os.remove")
TRIAL = "rag-reliability-"  # in the path of every file of a trial
Operation = tuple[str, str, int, bytes]  # kind, file, offset or size, data


class _File(apsw.VFSFile):
    def __init__(self, disk: Disk, name: Any, flags: list[int]) -> None:
        self.disk = disk
        self.file = name.filename() if isinstance(name, apsw.URIFilename) else str(name)
        super().__init__("unix", name, flags)
        if flags[1] & apsw.SQLITE_OPEN_CREATE:
            disk.note("open", self.file, 0, b"")

    def xWrite(self, data: bytes, offset: int) -> None:
        self.disk.note("write", self.file, offset, bytes(data))
        super().xWrite(data, offset)

    def xTruncate(self, size: int) -> None:
        self.disk.note("truncate", self.file, size, b"")
        super().xTruncate(size)

    def xSync(self, flags: int) -> None:
        self.disk.note("sync", self.file, 0, b"")
        super().xSync(flags)


class Disk(apsw.VFS):
    """The default VFS of this process from now on. `before` is called before each operation with its number."""

    def __init__(self, before: Callable[[int, str], None] = lambda number, kind: None) -> None:
        self.operations: list[Operation] = []
        self.before = before
        super().__init__("reliability", "unix", makedefault=True)
        sys.addaudithook(self._audited)

    def _audited(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event in AUDITED and isinstance(arguments[0], str | os.PathLike) and TRIAL in os.fspath(arguments[0]):
            self.note("ours", os.fspath(arguments[0]), 0, b"")

    def note(self, kind: str, file: str, offset: int, data: bytes) -> None:
        self.before(len(self.operations), kind)
        self.operations.append((kind, file, offset, data))

    def xOpen(self, name: Any, flags: list[int]) -> Any:
        if name is None:  # a file of SQLite's own that nobody else sees
            return super().xOpen(name, flags)
        return _File(self, name, flags)

    def xDelete(self, name: str, sync: bool) -> None:
        self.note("delete", name, int(sync), b"")
        super().xDelete(name, sync)


def recorded(work: Callable[[], object], out: Path) -> None:
    """Do the work on a watched disk and keep what happened to it."""
    disk = Disk()
    work()
    out.write_bytes(pickle.dumps(disk.operations))


def killed(work: Callable[[], object], at: int) -> None:
    """Do the work and die before the operation of this number."""

    def before(number: int, kind: str) -> None:
        if number >= at:
            os.kill(os.getpid(), signal.SIGKILL)

    disk = Disk(before)  # kept: one that is forgotten is no disk any more
    work()
    del disk


def full(work: Callable[[], object], at: int) -> None:
    """Do the work; from the write of this number on there is no room."""

    def before(number: int, kind: str) -> None:
        if number >= at and kind == "write":
            raise apsw.FullError("the disk of the trial is full")

    disk = Disk(before)  # kept: one that is forgotten is no disk any more
    work()
    del disk


@dataclass(slots=True)
class _Kept:
    """A file as it may be found after the power was lost: what is on the disk, and what was not synced."""

    data: bytearray = field(default_factory=bytearray)
    there: bool = True
    pending: list[Operation] = field(default_factory=list)

    def apply(self, kind: str, offset: int, data: bytes) -> None:
        if kind == "delete":
            self.there, self.data = False, bytearray()
        elif kind == "open":
            self.there = True
        elif kind == "truncate":
            del self.data[offset:]
        else:
            self.data.extend(bytes(max(0, offset + len(data) - len(self.data))))
            self.data[offset : offset + len(data)] = data
            self.there = True

    def sync(self) -> None:
        for kind, _, offset, data in self.pending:
            self.apply(kind, offset, data)
        self.pending.clear()

    def lose(self, chance: random.Random) -> None:
        """Of what was not synced, nothing, all, or any part is on the disk."""
        keep = chance.choice([0.0, 0.5, 0.9, 1.0])
        for kind, _, offset, data in self.pending:
            if kind != "write":
                if chance.random() < keep:
                    self.apply(kind, offset, data)
                continue
            for start in range(0, len(data), SECTOR):
                if chance.random() < keep:
                    self.apply("write", offset + start, data[start : start + SECTOR])


def after_power_loss(before: Path, operations: list[Operation], at: int, chance: random.Random) -> dict[str, bytes]:
    """file -> what it holds after the power was lost before an operation; `before` is the folder it all began in."""
    files: dict[str, _Kept] = {}
    for kind, name, offset, data in operations[:at]:
        if kind == "ours":
            continue
        if name not in files:
            path = before / Path(name).name
            there = path.exists()
            files[name] = _Kept(bytearray(path.read_bytes()) if there else bytearray(), there)
        kept = files[name]
        if kind == "sync":
            kept.sync()
        elif kind == "delete" and offset:  # the folder is synced, too
            kept.pending.clear()
            kept.apply(kind, 0, b"")
        else:
            kept.pending.append((kind, name, offset, data))
    for kept in files.values():
        kept.lose(chance)
    return {Path(name).name: bytes(kept.data) for name, kept in files.items() if kept.there}
