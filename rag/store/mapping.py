"""
Read a file without copying it, where nobody can cut it meanwhile.

Who reads a mapped file that was cut ends by SIGBUS. On Linux a read lease keeps others from it: whoever wants to write
to the file or cut it waits until the lease is given back, as it is at the end of each search, or for
`/proc/sys/fs/lease-break-time` (45 s). We ourselves cut none, but put a shorter one in its place (`growing.py`), so
that a search that was stopped for longer reads on in the old one. There is no lease while somebody writes, nor on
network file systems, in files of others, on other systems: then it is copied. It is brought into memory before it is
looked at (Linux 5.14), in pages of 2 MB what was not there: a disk that fails is an error then, and no signal.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import numpy as np

from rag.store.segments import Record

LEASES = hasattr(fcntl, "F_SETLEASE") and hasattr(fcntl, "F_SETSIG")
LEAST = 16_384  # rows that are worth it
POPULATE = 22  # MADV_POPULATE_READ, which `mmap` does not name


def worth(rows: int) -> bool:
    """Whether so many rows are read sooner where they are than copied."""
    return rows >= LEAST


@contextmanager
def leased(descriptor: int) -> Iterator[int | None]:
    """A descriptor of the open file, which nobody else can write to in the block; None: they can."""
    if not LEASES:
        yield None
        return
    try:
        held = os.open(f"/proc/self/fd/{descriptor}", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        yield None
        return
    try:
        lease = None
        with suppress(OSError):
            fcntl.fcntl(held, fcntl.F_SETSIG, signal.SIGURG)  # which, unlike SIGIO, ends no process
            fcntl.fcntl(held, fcntl.F_SETLEASE, fcntl.F_RDLCK)
            lease = held
        yield lease
    finally:
        with suppress(OSError):
            fcntl.fcntl(held, fcntl.F_SETLEASE, fcntl.F_UNLCK)
        os.close(held)


def rows(lease: int, record: Record, name: str, first: int, last: int) -> Any:
    """Rows [first, last) of an array of a record, which must not outlive the lease. Raises OSError if it cannot be."""
    kind, shape, offset = record.places[name]
    width = int(np.prod(shape[1:], dtype=np.int64)) * np.dtype(kind).itemsize
    begin, size = offset + first * width, (last - first) * width
    if os.fstat(lease).st_size < begin + size:
        raise OSError("the file was cut")
    page = begin // mmap.ALLOCATIONGRANULARITY * mmap.ALLOCATIONGRANULARITY
    # Unmapped with the last array that lies in it.
    mapped = mmap.mmap(lease, begin - page + size, mmap.MAP_SHARED, mmap.PROT_READ, offset=page)
    with suppress(OSError, AttributeError):
        mapped.madvise(mmap.MADV_HUGEPAGE)
    mapped.madvise(POPULATE)
    return np.frombuffer(mapped, kind, size // np.dtype(kind).itemsize, begin - page).reshape(last - first, *shape[1:])
