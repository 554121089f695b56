"""
The rows of a SQLite file, read from its pages as they lie, however damaged: what no query can reach any more.

The format is https://sqlite.org/fileformat2.html: a file is pages, a table a tree of them, whose leaves hold the rows.
A leaf that no tree reaches is given without its table. The pages that were committed into the WAL take the place of the
file's. Nothing is written, and whatever cannot be read is left out and counted.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

Value = int | float | str | bytes | None
Record = tuple[int, list[Value]]  # rowid, and the columns as they lie: an INTEGER PRIMARY KEY is None

INTERIOR, LEAF = 0x05, 0x0D
SIZES = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}
DEEP = 50  # levels of a tree; no sound one has more


class Unreadable(Exception):
    """These bytes are no page, cell or record."""


@dataclass(slots=True)
class Pages:
    """The pages of a file. `lost` counts cells and pages that could not be read."""

    data: bytes
    size: int
    encoding: str = "utf-8"
    wal: dict[int, bytes] = field(default_factory=dict)
    lost: int = 0

    @classmethod
    def read(cls, path: Path) -> Pages:
        """Of a file and the WAL beside it. Raises OSError."""
        data = path.read_bytes()
        size = struct.unpack_from(">H", data, 16)[0] if len(data) > 18 and data[:16] == b"SQLite format 3\0" else 4096
        size = 65536 if size == 1 else size
        if size < 512 or size & (size - 1):
            size = 4096
        found = cls(data, size)
        beside = path.with_name(path.name + "-wal")
        if beside.exists():
            found.wal = _wal(beside.read_bytes(), size)
        return found

    def __len__(self) -> int:
        return max(len(self.data) // self.size, *self.wal, 0) if self.wal else len(self.data) // self.size

    def page(self, number: int) -> bytes:
        """The page of this number, from 1. Raises Unreadable."""
        if number in self.wal:
            return self.wal[number]
        found = self.data[(number - 1) * self.size : number * self.size]
        if number < 1 or len(found) < self.size:
            raise Unreadable
        return found

    # -- trees and leaves ---------------------------------------------------------------------------------------------

    def leaves(self, root: int, seen: set[int], depth: int = 0) -> Iterator[int]:
        """The leaves of a table's tree, in order; every page of it is added to `seen`."""
        if root in seen or depth > DEEP:
            return
        seen.add(root)
        try:
            page = self.page(root)
            head = _head(root)
            if page[head] == LEAF:
                yield root
            if page[head] != INTERIOR:
                if page[head] != LEAF:
                    self.lost += 1
                return
            children = [struct.unpack_from(">I", page, at)[0] for at in self._cells(page, head)]
            children.append(struct.unpack_from(">I", page, head + 8)[0])
        except (Unreadable, struct.error, IndexError):
            self.lost += 1
            return
        for child in children:
            yield from self.leaves(child, seen, depth + 1)

    def free(self) -> set[int]:
        """The pages that hold nothing any more: what was deleted must not come back."""
        found: set[int] = set()
        try:
            trunk = struct.unpack_from(">I", self.page(1), 32)[0]
            while trunk and trunk not in found:
                found.add(trunk)
                page = self.page(trunk)
                trunk, count = struct.unpack_from(">II", page)
                found |= set(struct.unpack_from(f">{min(count, self.size // 4 - 2)}I", page, 8))
        except (Unreadable, struct.error):
            pass
        return found

    def is_leaf(self, number: int) -> bool:
        try:
            return self.page(number)[_head(number)] == LEAF
        except Unreadable:
            return False

    def rows(self, leaf: int) -> Iterator[Record]:
        """The rows of a leaf that can be read."""
        try:
            page = self.page(leaf)
            cells = self._cells(page, _head(leaf))
        except (Unreadable, struct.error, IndexError):
            self.lost += 1
            return
        for at in cells:
            try:
                yield self._cell(page, at)
            except (Unreadable, struct.error, IndexError, UnicodeDecodeError, OverflowError):
                self.lost += 1

    def _cells(self, page: bytes, head: int) -> tuple[int, ...]:
        count = struct.unpack_from(">H", page, head + 3)[0]
        start = head + (12 if page[head] == INTERIOR else 8)
        if start + 2 * count > self.size:
            raise Unreadable
        return struct.unpack_from(f">{count}H", page, start)

    # -- cells --------------------------------------------------------------------------------------------------------

    def _cell(self, page: bytes, at: int) -> Record:
        total, at = _varint(page, at)
        rowid, at = _varint(page, at)
        usable = self.size - self.page(1)[20] if self.data[:6] == b"SQLite" else self.size
        most = usable - 35
        local = total
        if total > most:
            least = (usable - 12) * 32 // 255 - 23
            local = least + (total - least) % (usable - 4)
            local = local if local <= most else least
        if total > len(self.data) + len(self.wal) * self.size or at + local > self.size:
            raise Unreadable
        payload = page[at : at + local]
        if total > local:
            payload += self._overflow(struct.unpack_from(">I", page, at + local)[0], total - local, usable)
        return (rowid - (1 << 64) if rowid >= 1 << 63 else rowid), self._record(payload)

    def _overflow(self, number: int, left: int, usable: int) -> bytes:
        parts, seen = [], set()
        while left > 0:
            if number in seen:
                raise Unreadable
            seen.add(number)
            page = self.page(number)
            part = page[4:usable][:left]
            parts.append(part)
            left -= len(part)
            number = struct.unpack_from(">I", page)[0]
        return b"".join(parts)

    def _record(self, payload: bytes) -> list[Value]:
        header, at = _varint(payload, 0)
        body, values = header, []
        while at < header:
            kind, at = _varint(payload, at)
            value, body = self._value(payload, kind, body)
            values.append(value)
        if at != header or body != len(payload):
            raise Unreadable
        return values

    def _value(self, payload: bytes, kind: int, at: int) -> tuple[Value, int]:
        if kind in (0, 8, 9):
            return {0: None, 8: 0, 9: 1}[kind], at
        size = 8 if kind == 7 else SIZES.get(kind, (kind - 12) // 2 if kind >= 12 else -1)
        part = payload[at : at + size]
        if size < 0 or len(part) != size:
            raise Unreadable
        if kind == 7:
            return struct.unpack(">d", part)[0], at + size
        if kind in SIZES:
            return int.from_bytes(part, "big", signed=True), at + size
        return (part.decode(self.encoding) if kind % 2 else part), at + size


def _head(number: int) -> int:
    return 100 if number == 1 else 0


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for count in range(9):
        byte = data[at]
        at += 1
        if count == 8:
            return value << 8 | byte, at
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            break
    return value, at


def _wal(data: bytes, size: int) -> dict[int, bytes]:
    """page number -> its newest committed content. A frame counts if it and all before it have the right checksum."""
    if len(data) < 32:
        return {}
    magic, _, page_size, _, *salt = struct.unpack_from(">6I", data)
    if magic & ~1 != 0x377F0682 or page_size != size:
        return {}
    order = ">" if magic & 1 else "<"
    sums = _checksum(data[:24], order, (0, 0))
    if sums != struct.unpack_from(">II", data, 24):
        return {}
    committed: dict[int, bytes] = {}
    pending: dict[int, bytes] = {}
    for at in range(32, len(data) - 24 - size + 1, 24 + size):
        number, commit, *rest = struct.unpack_from(">6I", data, at)
        page = data[at + 24 : at + 24 + size]
        sums = _checksum(page, order, _checksum(data[at : at + 8], order, sums))
        if rest[:2] != salt or sums != tuple(rest[2:]):
            break
        pending[number] = page
        if commit:
            committed |= pending
            pending = {}
    return committed


def _checksum(data: bytes, order: str, sums: tuple[int, int]) -> tuple[int, int]:
    one, two = sums
    words = struct.unpack(f"{order}{len(data) // 4}I", data)
    for first, second in zip(words[::2], words[1::2], strict=True):
        one = (one + first + two) & 0xFFFFFFFF
        two = (two + second + one) & 0xFFFFFFFF
    return one, two
