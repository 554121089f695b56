"""
Keep an index fresh: refresh each source whenever one of its files changes, and tell what became of it.

How a source is refreshed is the business of `refresh`.
"""

from __future__ import annotations

import os
import signal
import stat
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from rag.app import refresh
from rag.errors import InputError, RagError
from rag.index import Index
from rag.index.adding import Summary
from rag.sources.settings import Settings
from rag.store import sources as store

MAGIC = "*?["
LOOK = 500  # milliseconds after which it is looked whether the folders are still the same


@dataclass(frozen=True, slots=True)
class Refreshed:
    """A source was read: what changed, as `rag changes` has it, or the `error` that kept it from being read."""

    source: str
    changes: list[dict[str, Any]] = field(default_factory=list)
    problems: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    error: str = ""


@dataclass(frozen=True, slots=True)
class Watching:
    """All sources were read once, and are watched from now on."""

    sources: list[str]


def watch(
    index: Index, paths: Sequence[str] = (), *, every: float = 3600.0, debounce: int = 800
) -> Iterator[Refreshed | Watching]:
    """
    Index these paths and watch them, and whatever the index remembers, without end.

    Sources on the web are looked at every `every` seconds; a change is taken up after `debounce` milliseconds of quiet.
    What goes wrong is told and does not stop the watch. Raises InputError if there is nothing to watch.
    """
    for wanted in refresh.sources_of(paths):
        yield _refreshed(index, wanted.name, partial(refresh.refresh, index, wanted))
    found, notes = refresh.remembered(index.db)
    if not found:
        raise InputError(f"{index.db.path} has no source that can be watched", "Name one: rag watch ~/notes")
    if notes:
        yield Refreshed("", notes=notes)
    begun = False
    for changed in _changed(found, index.db.path, every=every, debounce=debounce):
        for name, settings in changed:
            yield _refreshed(index, name, partial(refresh.again, index, name, settings))
        if not begun:
            yield Watching([name for name, _ in found])
            begun = True


def _refreshed(index: Index, name: str, run: Callable[[], Summary]) -> Refreshed:
    before = store.version(index.db)
    try:
        summary = run()
    except RagError as error:
        return Refreshed(name, error=error.message)
    return Refreshed(name, list(store.changes(index.db, before)), summary.problems, summary.notes)


def _changed(
    sources: Sequence[tuple[str, Settings]], database: Path, *, every: float, debounce: int
) -> Iterator[list[tuple[str, Settings]]]:
    """
    The sources whose files have just changed, again and again; those on the web every `every` seconds.

    The first list is all of them: what changed before the watch stood was not seen. The same holds whenever a folder is
    put in the place of one that was watched, or comes for the first time.
    """
    try:
        import watchfiles
    except ImportError as error:
        raise InputError("watching needs watchfiles", "pip install 'chapterverse[watch]'") from error
    local = {name: [_folder(path) for path in one.paths] for name, one in sources if one.kind != "web"}
    folders = {folder for listed in local.values() for folder in listed}
    own = str(database.absolute())
    due = time.monotonic() + every
    with _interruptible() as stopped:
        while not stopped.is_set():
            there, begun = _there(folders), False
            seen = watchfiles.watch(
                *there,
                watch_filter=lambda _, path: not path.startswith(own) and not path.endswith(("-shm", "~", ".swp")),
                debounce=debounce,
                step=min(50, debounce),
                stop_event=stopped,
                yield_on_timeout=True,
                rust_timeout=LOOK,
                raise_interrupt=True,
                ignore_permission_denied=True,
            )
            for changed in seen if there else _nothing(stopped):
                if not begun:
                    begun = True
                    yield list(sources)
                elif found := [one for one in sources if any(_touches(path, one[1]) for _, path in changed)]:
                    yield found
                if time.monotonic() >= due:
                    due = time.monotonic() + every
                    yield [one for one in sources if one[1].kind == "web"]
                if _there(folders) != there or any(path in there for _, path in changed):
                    break
    if stopped.is_set():
        raise KeyboardInterrupt


def _there(folders: Iterable[str]) -> dict[str, tuple[int, int]]:
    """The folders that are there, each with what tells it from another of the same name."""
    found = {}
    for folder in folders:
        with suppress(OSError):
            status = os.stat(folder)
            if stat.S_ISDIR(status.st_mode):
                found[folder] = (status.st_dev, status.st_ino)
    return found


def _nothing(stopped: threading.Event) -> Iterator[set[tuple[object, str]]]:
    """No changes, again and again, until it is stopped."""
    while True:
        yield set()
        if stopped.wait(LOOK / 1000):
            return


@contextmanager
def _interruptible() -> Iterator[threading.Event]:
    """Set by Ctrl-C, too: Python forgets an interrupt that arrives while it runs a callback of its own."""
    stopped = threading.Event()
    before = signal.getsignal(signal.SIGINT)

    def stop(number: int, frame: object) -> None:
        stopped.set()
        raise KeyboardInterrupt

    signal.signal(signal.SIGINT, stop)
    try:
        yield stopped
    finally:
        signal.signal(signal.SIGINT, before)


def _folder(path: str) -> str:
    """What to watch for a path: a folder, the fixed part of a glob, the folder of a file (editors replace files)."""
    if os.path.isdir(path):
        return path
    parts = Path(path).parts
    fixed = [part for part in parts if not any(sign in part for sign in MAGIC)]
    magic = len(fixed) < len(parts)
    if magic:
        fixed = list(parts[: next(at for at, part in enumerate(parts) if any(sign in part for sign in MAGIC))])
    return str(Path(*fixed)) if magic else str(Path(path).parent)


def _touches(changed: str, settings: Settings) -> bool:
    """Whether a changed path belongs to a source; a SQLite file is also its write-ahead log."""
    for path in settings.paths:
        if os.path.isdir(path):
            if changed == path or changed.startswith(path.rstrip("/") + "/"):
                return True
        elif any(sign in path for sign in MAGIC):
            if changed.startswith(_folder(path)):
                return True
        elif changed in (path, f"{path}-wal", f"{path}-journal"):
            return True
    return False
