"""
A value that rules read in a text, and where: what all rules hand on. Plain data.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

JSON = Any
UNKNOWN = re.compile(  # what stands behind a label, and is no value
    r"unknown|not (?:known|recorded|specified|stated)|anonymous|unbekannt|anonym|nicht bekannt|keine angabe|k\. ?a\."
    r"|inconnue?|non (?:renseigné|précisé)e?|anonyme|desconocid[oa]|anónim[oa]|sconosciut[oa]|ignot[oa]|onbekend|n/a"
    r"|-+|–|—",
    re.IGNORECASE,
)


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
