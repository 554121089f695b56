"""Which of Datasette's databases are indexes, and the process that each is asked through."""

from __future__ import annotations

import asyncio
import atexit
import os
from functools import partial
from pathlib import Path
from typing import Any

from rag.datasette_plugin.workers import Worker
from rag.store import glance

_workers: dict[tuple[str, str], Worker] = {}
_known: dict[str, bool] = {}
_immutable: set[str] = set()


def indexes(datasette: Any) -> dict[str, str]:
    """name -> path of the databases that are indexes of ours."""
    found = {}
    for name, database in datasette.databases.items():
        if not database.path:
            continue
        path = os.path.abspath(database.path)
        if not _known.get(path):  # one that is none yet may become one
            _known[path] = bool(glance.embedder(Path(path)))
        if _known[path]:
            found[name] = path
            if not database.is_mutable:
                _immutable.add(path)
    return found


def worker(path: str, what: str = "find") -> Worker:
    """Asking takes seconds, and must not keep queries waiting: it has a process of its own."""
    flags = ["immutable"] if path in _immutable else []
    return _workers.setdefault((path, what), Worker(path, *flags))


async def call(datasette: Any, database: str, do: str, **arguments: Any) -> Any:
    """A call that keeps nobody else waiting. Raises Refused."""
    asked = worker(indexes(datasette)[database], "ask" if do == "ask" else "find")
    return await asyncio.get_running_loop().run_in_executor(None, partial(asked.call, do, **arguments))


@atexit.register
def close() -> None:
    for one in _workers.values():
        one.close()
