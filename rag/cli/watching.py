"""Which source a changed file belongs to. Waits for changes; indexes nothing."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rag.errors import InputError

if TYPE_CHECKING:
    from rag.sources.settings import Settings

MAGIC = "*?["


def follow(
    sources: Sequence[tuple[str, Settings]], database: Path, *, every: float, debounce: int
) -> Iterator[list[tuple[str, Settings]]]:
    """
    The sources whose files have just changed, again and again; those on the web every `every` seconds.

    The first list is all of them: what changed before the watch stood was not seen.
    """
    try:
        import watchfiles
    except ImportError as error:
        raise InputError("watching needs watchfiles", "pip install 'chapterverse[watch]'") from error
    local = {name: [_folder(path) for path in one.paths] for name, one in sources if one.kind != "web"}
    folders = {folder for listed in local.values() for folder in listed if os.path.isdir(folder)}
    own = str(database.absolute())
    if not folders:
        while True:
            yield list(sources)
            time.sleep(every)
    due, begun = time.monotonic() + every, False
    with _interruptible() as stopped:
        for changed in watchfiles.watch(
            *folders,
            watch_filter=lambda _, path: not path.startswith(own) and not path.endswith(("-shm", "~", ".swp")),
            debounce=debounce,
            step=min(50, debounce),
            stop_event=stopped,
            yield_on_timeout=True,
            rust_timeout=500,
            raise_interrupt=True,
        ):
            if not begun:
                begun = True
                yield list(sources)
            elif found := [one for one in sources if any(_touches(path, one[1]) for _, path in changed)]:
                yield found
            if time.monotonic() >= due:
                due = time.monotonic() + every
                yield [one for one in sources if one[1].kind == "web"]
    if stopped.is_set():
        raise KeyboardInterrupt


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
