"""
A value that rules read in a text, and where: what all rules hand on. Plain data.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

JSON = Any


@dataclass(frozen=True, slots=True)
class Told:
    """
    A value that rules tell, and where it was read, `text[start:end]` (-1 where it only stands somewhere): `how` is
    "label" (beside its label, below its head) or "sentence". `converted` if it stands there in another unit.
    """

    value: JSON
    start: int
    end: int
    how: str
    converted: bool = False
