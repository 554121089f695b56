"""
What a person is told while the program waits for somebody else, in a terminal and in a log alike.

A line as soon as something goes wrong, or nothing has come for some seconds; then ever more seldom. The lines are
warnings of the logger "rag.waiting": Python prints them on stderr where nobody says otherwise.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rag import terminal

log = logging.getLogger("rag.waiting")
SLOW = 10.0  # seconds without an answer, after which that is told
FIRST, LONGEST = 10.0, 600.0  # seconds between two lines about the same: doubled from the first to the longest


@dataclass(slots=True)
class _Told:
    """When something was told last, how long to be silent after that, and how often it happened meanwhile."""

    at: float
    apart: float
    kept_back: int = 0


_told: dict[str, _Told] = {}
_lock = threading.Lock()


def tell(who: str, text: str) -> None:
    """What went wrong with whom is waited for, and when that is tried again."""
    _seldom(who, text, logging.ERROR)


def _seldom(who: str, text: str, level: int) -> None:
    """One line, unless there was one about the same only just now."""
    now = time.monotonic()
    with _lock:
        last = _told.get(who)
        if last and now - last.at < last.apart:
            last.kept_back += 1
            return
        apart = min(2 * last.apart, LONGEST) if last and now - last.at < 2 * LONGEST else FIRST
        _told[who] = _Told(now, apart)
    kept_back = last.kept_back if last and level == logging.ERROR else 0
    more = f" ({kept_back} more like it since the last line)" if kept_back else ""
    log.log(level, "%s", terminal.line(f"rag: {text}{more}"))


@contextmanager
def watched(who: str, most: str = "", wanted: Callable[[], bool] = lambda: True) -> Iterator[None]:
    """While this takes long, say so, as long as it is `wanted`. `most` says how long it may take."""
    over = threading.Event()

    def look() -> None:
        began = time.monotonic()
        while not over.wait(SLOW) and wanted():
            text = f"still waiting for {who}, for {time.monotonic() - began:.0f} s"
            _seldom(f"{who} is slow", f"{text} ({most})" if most else text, logging.WARNING)

    threading.Thread(target=look, daemon=True).start()
    try:
        yield
    finally:
        over.set()


def seconds(number: float) -> str:
    return f"{number:.0f} s" if number >= 1 else "a moment"


class Shown(logging.Handler):
    """Prints as everything is printed; what stands in the line of a terminal already is written over."""

    def emit(self, record: logging.LogRecord) -> None:
        import sys

        clear = terminal.sequence("[1G", sys.stderr) + terminal.sequence("[K", sys.stderr)
        print(f"{clear if sys.stderr.isatty() else ''}{record.getMessage()}", file=sys.stderr, flush=True)
