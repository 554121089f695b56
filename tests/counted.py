"""Work that is counted, so that no other process on the machine matters."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
OURS = (f"{ROOT}/rag/", "markdown_it")


class Counted:
    """How many lines of rag/ run."""

    def __init__(self) -> None:
        self.lines = 0

    def __call__(self, frame: Any, event: str, _: object) -> Any:
        if not any(part in frame.f_code.co_filename for part in OURS):
            return None
        self.lines += event == "line"
        return self

    def of(self, work: Callable[[], object]) -> int:
        self.lines = 0
        before = sys.gettrace()
        sys.settrace(self)
        try:
            work()
        finally:
            sys.settrace(before)
        return self.lines
