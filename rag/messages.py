"""
How a message of a chat stands in a document: `- Ann Lee (2025-02-19 10:20): The kiln is free.`, a reply below it.

The sender and the time stand before each, in one form whatever program it was written with, so that what reads an
answer can tell them from what was said.
"""

from __future__ import annotations

import re

# The name and the time of a message at the beginning of a line
HEAD = re.compile(r"^[ \t]*- (?P<name>[^\n]{1,100}?) \((?P<time>\d{4}-\d\d-\d\d(?: \d\d:\d\d)?)\): ?", re.MULTILINE)
INDENT = 2  # characters by which a reply stands to the right of what it answers


def written(name: str, time: str, text: str, depth: int = 0) -> str:
    """A message as an item of a list; its further lines are indented, a reply (`depth` 1) stands to the right."""
    first, *others = [line.strip() for line in text.split("\n") if line.strip()] or [""]
    margin = " " * (INDENT * depth)
    head = f"{margin}- {' '.join(name.split())}" + (f" ({time}): " if time else ": ")
    return "\n".join([head + first, *(f"{margin}    {line}" for line in others)])
