"""
How many threads local inference gets, and how they wait for each other.

llama.cpp meets at a barrier several hundred times a token. OpenMP lets the threads spin there, which is fine while each
has a core of its own; when another program wants the core, all spin until the scheduler brings the missing one back.
Measured on two busy cores: 1 token a second spinning, 15 to 40 sleeping, 13 with one thread. So they sleep. That has
to be said before the OpenMP runtime is loaded; where it is there already, a busy machine gets one thread.
It starts no thread itself.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rag.errors import InputError

MOST = 512  # threads
SLEEP = {"OMP_WAIT_POLICY": "passive", "GOMP_SPINCOUNT": "0"}
_MAPS = Path("/proc/self/maps")
_TOPOLOGY = Path("/sys/devices/system/cpu")
_QUOTA = Path("/sys/fs/cgroup/cpu.max")


@contextmanager
def sleeping_threads() -> Iterator[bool]:
    """
    Load the OpenMP runtime in here. False if it is loaded already and does as it likes.

    The user's own settings win, and the environment is as before afterwards.
    """
    in_time = "libgomp.so" not in _read(_MAPS)
    added = {name: value for name, value in SLEEP.items() if name not in os.environ}
    os.environ.update(added)
    try:
        yield in_time
    finally:
        for name in added:
            os.environ.pop(name, None)


def default_threads(sleep: bool = True) -> int:
    """RAG_THREADS, else one a physical core; one if they do not `sleep` and the machine is busy. Raises InputError."""
    if given := os.environ.get("RAG_THREADS", ""):
        if not given.isdecimal() or not 0 < int(given) <= MOST:
            raise InputError(
                f"RAG_THREADS={given!r} is no number of threads", f"From 1 to {MOST}: export RAG_THREADS=4"
            )
        return int(given)
    cores = physical_cores()
    busy = hasattr(os, "getloadavg") and os.getloadavg()[0] > cores / 2
    return 1 if busy and not sleep else cores


def physical_cores() -> int:
    """The cores that this process may use: two hyperthreads are one, and a container's share of time counts."""
    try:
        mine = sorted(os.sched_getaffinity(0))
    except AttributeError:  # not on Linux
        return os.cpu_count() or 1
    cores = {_read(_TOPOLOGY / f"cpu{number}/topology/thread_siblings_list") or str(number) for number in mine}
    quota, _, period = _read(_QUOTA).partition(" ")
    allowed = int(quota) // int(period) if quota.isdigit() and period.strip().isdigit() else len(cores)
    return max(1, min(len(cores), allowed))


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
