"""Output longer than the terminal through the user's pager, as git does it."""

from __future__ import annotations

import io
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from rag.terminal import Gate


class Held(io.StringIO):
    """What is written for a terminal, kept until it is known how long it is."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


@contextmanager
def paged() -> Iterator[None]:
    """
    What is printed meanwhile goes through $RAG_PAGER, $PAGER or less if it is longer than the terminal that it goes to.

    An empty variable, or "cat", means no pager; without a terminal nothing is held back.
    """
    gate = sys.stdout
    command = _pager() if isinstance(gate, Gate) and gate.isatty() else []
    if not command or not isinstance(gate, Gate) or isinstance(gate.raw, Held):
        yield
        return
    terminal, held = gate.raw, Held()
    gate.raw = held
    try:
        yield
    finally:
        gate.raw = terminal
        text = held.getvalue()
        if text.count("\n") < shutil.get_terminal_size().lines or not _through(command, text):
            print_raw(gate, text)


def print_raw(gate: Gate, text: str) -> None:
    """What went through the gate already."""
    gate.raw.write(text)
    gate.raw.flush()


def _pager() -> list[str]:
    named = next((os.environ[name] for name in ("RAG_PAGER", "PAGER") if name in os.environ), None)
    if named is None:
        return ["less"] if shutil.which("less") else []
    try:
        command = shlex.split(named)
    except ValueError:
        return []
    return [] if command[:1] in ([], ["cat"]) or not shutil.which(command[0]) else command


def _through(command: list[str], text: str) -> bool:
    """Whether the pager showed it. `less` keeps colours and links, and what it showed stays on the screen."""
    try:
        pager = subprocess.Popen(command, stdin=subprocess.PIPE, env={"LESS": "FRX", **os.environ})
    except OSError:
        return False
    assert pager.stdin is not None
    with suppress(BrokenPipeError):  # it was left before the end
        pager.stdin.write(text.encode("utf-8", "replace"))
        pager.stdin.close()
    while True:
        with suppress(KeyboardInterrupt):  # Ctrl-C is the pager's
            pager.wait()
            return True
