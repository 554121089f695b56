"""
The file of the side index: records that are appended and never changed, each a JSON header and some arrays.

Kinds: `begin` (what the file is of), `cells` (centroids), `rows` (documents taken in, and those taken out), `probes`
(how many cells a question looks into). A record carries the mark that the main file has once it holds what the record
knows: what comes after the record of the main file's mark is as if it were not there. Nothing here knows SQL.
"""

from __future__ import annotations

import json
import math
import os
import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

Array = Any
HEAD = struct.Struct("<4sIQ")  # mark, bytes of the header, bytes of the record
MARK = b"RAGV"
ALIGN = 64
LAST = (1 << 32) - 1  # the largest number that a document can have here
READS_INTO = hasattr(os, "preadv")  # not on every system
BLOCK = 16_384  # rows that are read at a time where many are: fewer are many calls, more leave the cache of a processor

Runs = list[tuple[int, int]]  # rows, from and to


@dataclass(slots=True)
class Record:
    """A record as its header says it; `places` are (dtype, shape, offset in the file) of its arrays."""

    header: dict[str, Any]
    places: dict[str, tuple[str, tuple[int, ...], int]]
    start: int
    end: int
    kept: dict[str, Array] = field(default_factory=dict)  # arrays that are read once and stay


@dataclass(slots=True)
class Segment:
    """Rows of one record. `starts` (cells + 1,) says where each cell begins; None: they are in no order."""

    record: Record
    rows: int
    removed: Array  # documents whose rows in earlier segments count no more
    starts: Array | None = None
    last: int = LAST  # no document in it has a larger number
    gone: Array = field(default_factory=lambda: np.empty(0, np.uint32))  # documents that count no more in this one


@dataclass(frozen=True, slots=True)
class Stream:
    """An array that is made while it is written, some rows at a time."""

    kind: str
    shape: tuple[int, ...]
    chunks: Iterable[Array]


class Writer(Protocol):
    """What a record is appended to."""

    def write(self, data: bytes | memoryview) -> object: ...


def write(file: Writer, header: Mapping[str, Any], arrays: Mapping[str, Array | Stream]) -> None:
    """Append a record."""
    streams = {
        name: array if isinstance(array, Stream) else Stream(array.dtype.str, array.shape, [array])
        for name, array in arrays.items()
    }
    places, offset = {}, 0
    for name, stream in streams.items():
        places[name] = [stream.kind, list(stream.shape), offset]
        offset += _aligned(_size(stream))
    text = json.dumps({**header, "arrays": places}).encode()
    start = _aligned(HEAD.size + len(text))
    file.write(HEAD.pack(MARK, len(text), start + offset))
    file.write(text.ljust(start - HEAD.size))
    for stream in streams.values():
        for chunk in stream.chunks:
            file.write(np.ascontiguousarray(chunk).reshape(-1).view(np.uint8).data)
        file.write(bytes(_aligned(_size(stream)) - _size(stream)))


def _size(stream: Stream) -> int:
    return np.dtype(stream.kind).itemsize * math.prod(stream.shape)


def records(descriptor: int, size: int, place: int = 0) -> list[Record]:
    """The records in the first `size` bytes, from a place on. Raises ValueError if they are none."""
    found = []
    while place < size:
        mark, length, total = HEAD.unpack(exactly(descriptor, HEAD.size, place))
        if mark != MARK or total < HEAD.size + length or place + total > size:
            raise ValueError(f"no record at byte {place}")
        header = json.loads(exactly(descriptor, length, place + HEAD.size))
        start = place + _aligned(HEAD.size + length)
        places = {name: (kind, tuple(shape), start + at) for name, (kind, shape, at) in header["arrays"].items()}
        found.append(Record(header, places, place, place + total))
        place += total
    return found


def array(descriptor: int, record: Record, name: str, first: int = 0, last: int | None = None) -> Array:
    """Rows [first, last) of an array of a record, read now. Raises OSError if the file was cut."""
    kind, shape, offset = record.places[name]
    last = shape[0] if last is None else last
    width = _width(kind, shape)
    data = exactly(descriptor, (last - first) * width, offset + first * width)
    return np.frombuffer(data, dtype=kind).reshape(last - first, *shape[1:])


def kept(descriptor: int, record: Record, name: str) -> Array:
    """An array of a record, whole, which stays in memory with the record."""
    if name not in record.kept:
        record.kept[name] = array(descriptor, record, name)
    return record.kept[name]


def _width(kind: str, shape: Sequence[int]) -> int:
    """Bytes of a row."""
    return np.dtype(kind).itemsize * math.prod(shape[1:])


def gathered(descriptor: int, record: Record, name: str, runs: Runs) -> Array:
    """The rows of these runs, of an array of a record, one after the other."""
    found = [array(descriptor, record, name, first, last) for first, last in runs]
    return found[0] if len(found) == 1 else np.concatenate(found)


def pieces(descriptor: int, record: Record, name: str, runs: Runs) -> Iterator[Array]:
    """The same, some rows at a time, each time in the memory of those before: they must not be kept."""
    kind, shape, offset = record.places[name]
    width = _width(kind, shape)
    buffer = np.empty((BLOCK, *shape[1:]), dtype=kind)
    filled = 0
    for first, last in runs:
        while first < last:
            count = min(last - first, BLOCK - filled)
            _read(descriptor, buffer[filled : filled + count], offset + first * width)
            first, filled = first + count, filled + count
            if filled == BLOCK:
                yield buffer
                filled = 0
    if filled:
        yield buffer[:filled]


def _read(descriptor: int, rows: Array, offset: int) -> None:
    """Fill an array from the file. Raises OSError if it ends before."""
    if READS_INTO and os.preadv(descriptor, [rows], offset) == rows.nbytes:
        return
    rows[:] = np.frombuffer(exactly(descriptor, rows.nbytes, offset), rows.dtype).reshape(rows.shape)


def picked(descriptor: int, record: Record, name: str, positions: Array) -> Array:
    """These rows of an array of a record; positions ascend. Rows that follow each other are read at once."""
    kind, shape, offset = record.places[name]
    if not len(positions):
        return np.empty((0, *shape[1:]), dtype=kind)
    breaks = np.flatnonzero(np.diff(positions) != 1) + 1
    width = _width(kind, shape)
    places = (offset + positions[np.r_[0, breaks]] * width).tolist()
    sizes = (np.diff(np.r_[0, breaks, len(positions)]) * width).tolist()
    data = b"".join([os.pread(descriptor, size, place) for size, place in zip(sizes, places, strict=True)])
    if len(data) != len(positions) * width:
        raise OSError("the file was cut, or gave less than it has")
    return np.frombuffer(data, dtype=kind).reshape(len(positions), *shape[1:])


def marks(*listed: Array) -> Array:
    """Numbers as marks: True at the place of each."""
    numbers = np.concatenate(listed).astype(np.int64)
    made = np.zeros(int(numbers.max(initial=-1)) + 2, dtype=bool)
    made[numbers] = True
    return made


def marked(marks: Array, numbers: Array) -> Array:
    """Which of the numbers are marked; what is larger than all that are is not."""
    return marks[np.minimum(numbers, len(marks) - 1)]


def exactly(descriptor: int, count: int, offset: int) -> bytes:
    data = os.pread(descriptor, count, offset)
    if len(data) == count:
        return data
    parts = [data]
    while (missing := count - sum(map(len, parts))) and parts[-1]:  # the kernel gives 2 GB at most
        parts.append(os.pread(descriptor, missing, offset + count - missing))
    if missing:
        raise OSError(f"the file ends at byte {offset + count - missing}")
    return b"".join(parts)


def _aligned(size: int) -> int:
    return -(-size // ALIGN) * ALIGN
