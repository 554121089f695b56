"""
What a share is of, and whether a number says how often: "68 % erneuerbare Energien", "VAT at 5 %", "every 15 minutes".

Nothing here knows fields.
"""

from __future__ import annotations

import re

from rag.extract.candidates import Candidate
from rag.extract.lexicon import bag, units

RATES = bag("tax interest vat discount growth")  # what a rate of is one of a hundred
EVERY = re.compile(  # before how often something is: "every 15 minutes" is no delay
    r"\b(?:every|each|toutes les|tous les|alle|je|cada|ogni|elke|iedere|om de|a cada|var|hver|co)\s\Z", re.IGNORECASE
)

PLUS = re.compile(  # before what a share is with or without
    r"\s?%?\s?(?:\+|\(?(?:plus|and|excl|incl|net|before|zzgl|zuzüglich|inkl|exkl|ohne|hors|más|sin|con|più|oltre"
    r"|exclusief|inclusief|ex)\b)",
    re.IGNORECASE,
)


def beside(text: str, one: Candidate) -> frozenset[str]:
    """What the words before and behind a share mean, in its part of the sentence: "68 % erneuerbare Energien, …"."""
    before = re.split(r"[\n%;]|\s{3,}", text[max(0, one.start - 30) : one.start])[-1]
    after = re.split(r"[\n\d;,(]|\s{3,}", text[one.end : one.end + 30].lstrip(" %"))[0]
    return units(before) | units(after)


def rated(text: str, one: Candidate) -> frozenset[str]:
    """The rates (of a tax, of interest) that a share is said to be; of "25 % plus VAT" none."""
    return frozenset() if PLUS.match(text, one.end) else beside(text, one) & RATES


def repeated(text: str, start: int) -> bool:
    """Whether a number that begins there says how often something is: "every 15 minutes"."""
    return EVERY.search(text, max(0, start - 14), start) is not None


__all__ = ["RATES", "beside", "rated", "repeated"]
