"""Copies that programs make beside a file, told by their names and all of their bytes: `x (1).html`, `x_all.csv`."""

from __future__ import annotations

import filecmp
import os
import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

WORD = r"(?:copy|copie|copia|cópia|kopie|kopia|kopi)"
BEHIND = re.compile(rf"(?P<stem>.+?)(?:\s?\(\d{{1,2}}\)|[ _-]+{WORD}(?:[ _-]?\(?\d{{1,2}}\)?)?|_all|~)", re.IGNORECASE)
BEFORE = re.compile(rf"{WORD} (?:of|de|von|di|av|af|van) (?P<stem>.+)", re.IGNORECASE)


def originals(paths: Sequence[tuple[Path, os.stat_result]]) -> dict[Path, Path]:
    """Each path that is a copy -> the file beside it that it is a copy of."""
    sizes = {path: status.st_size for path, status in paths}
    found: dict[Path, Path] = {}
    for path, size in sizes.items():
        original = _original(path)
        if original is not None and sizes.get(original) == size:
            with suppress(OSError):
                if filecmp.cmp(path, original, shallow=False):
                    found[path] = original
    return {path: found.get(original, original) for path, original in found.items()}


def _original(path: Path) -> Path | None:
    """The name of what a file is a copy of, by its own; None if that says nothing of the kind."""
    match = BEHIND.fullmatch(path.stem) or BEFORE.fullmatch(path.stem)
    return path.with_name(match["stem"] + path.suffix) if match else None
