"""The other side of `rag.app.worker`: a process for an index, started when it is needed, and again if it has died."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from contextlib import suppress
from typing import Any


class Refused(Exception):
    """What the index could not do, in words."""


class Worker:
    """An index in a process of its own. Calls from many threads are answered one after the other."""

    def __init__(self, *arguments: str) -> None:
        self.arguments = arguments  # the file, and `immutable` where nothing may be written
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None

    def call(self, do: str, **arguments: Any) -> Any:
        """Raises Refused."""
        line = json.dumps({"do": do, **arguments}) + "\n"
        with self._lock:
            reply = self._exchange(line) or self._exchange(line)  # it may have died since it was last asked
        if not reply:
            raise Refused("the process of the index ended; its reason stands above, or in the server's log")
        told = json.loads(reply)
        if "error" in told:
            raise Refused(f"{told['error']}. {told['hint']}".rstrip(". "))
        return told["ok"]

    def _exchange(self, line: str) -> str:
        """A line for a line; "" if the process is at its end."""
        process = self._process
        if process is None or process.poll() is not None:
            process = self._process = subprocess.Popen(
                [sys.executable, "-m", "rag.app.worker", *self.arguments],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8",
            )  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(line)
            process.stdin.flush()
            reply = process.stdout.readline()
        except (BrokenPipeError, OSError):
            reply = ""
        if not reply:
            self.close()
        return reply

    def close(self) -> None:
        """End the process; the next call starts another."""
        process, self._process = self._process, None
        if process is None:
            return
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with suppress(OSError):  # what was still to be written to a process that is gone
                    pipe.close()
        process.wait()
