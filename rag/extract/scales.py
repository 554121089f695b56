"""
Thousands, millions and cents that the name of a field asks for: "$412 million" is 412 of `deal_value_millions`.

Nothing here knows documents.
"""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal

from rag.extract.candidates import Candidate
from rag.extract.fields import Field, in_words
from rag.extract.telling import Told
from rag.quantities import FACTORS

SCALES = {
    word: Decimal(10) ** power
    for power, words in {
        3: "thousands thousand tsd teur tusd keur kusd kgbp kchf milliers miles migliaia duizenden",
        6: "millions million mio mn meur musd mgbp mchf eurm usdm gbpm mln millionen milioni millones miljoen",
        9: "billions billion bn mrd beur busd bgbp milliarden milliards miliardi miljard",
    }.items()
    for word in words.split()
}
CENT = Decimal("0.01")
CENTS = frozenset(
    ["cents", "cent", "ct", "cts", "pence", "centimes", "céntimos", "centesimi", "cêntimos", "grosze", "øre", "öre"]
)
SAID = re.compile(
    r"(?:^|[\d\s.,])(?:"
    + "|".join(sorted(map(re.escape, FACTORS), key=len, reverse=True))
    + r"|m|M|mn|bn|k|K|Md)\.?(?:\s|$|€|\$|£)",
    re.IGNORECASE,
)
IN_CENTS = re.compile(r"\s?(?:ct|cts|cents?|Cent|c|p|pence|centimes|céntimos|centesimi)(?!\w)")


def scale_of(name: str) -> Decimal | None:
    """How many a unit of the field is of: a million of "deal value millions", a hundredth of "dividend cents"."""
    for word in name.split()[1:]:
        if word in SCALES:
            return SCALES[word]
        if word in CENTS:
            return CENT
    return None


def asks_small_coin(one: Field) -> bool:
    """Whether a field asks for cents: "unit_price_ct"."""
    return scale_of(in_words(one.key[1])) == CENT


def in_small_coin(text: str, number: Candidate) -> bool:
    """Whether a number is said in cents: "24.67p"."""
    digits = number.text.rstrip("abcdefghijklmnopqrstuvwxyzéøö ")
    return IN_CENTS.match(text, number.start + len(digits)) is not None


def without_scale(name: str) -> str:
    """The name without its scale; of "revenue meur" the currency is left."""
    known = {"eur": "eur", "usd": "usd", "gbp": "gbp", "chf": "chf"}
    words = []
    for word in name.split():
        currency = next((known[part] for part in known if part in word), "") if word in SCALES else ""
        words += [currency] if currency else [] if word in SCALES or word in CENTS else [word]
    return " ".join(words)


def scaled(value: int | float, said: str, scale: Decimal, behind: str = "") -> int | float:
    """
    A number in the scale of its field: one that is written out ("412,000,000") or with its own word for the scale
    ("412 million") is divided; one of a table in millions stays, as do cents that are written as such.
    """
    if scale < 1 and IN_CENTS.match(behind):
        return value
    if scale > 1 and not (SAID.search(said) or abs(value) >= scale):
        return value
    size = Decimal(repr(value)) / scale
    return int(size) if size == size.to_integral() else float(size)


def rescaled(told: Told | None, one: Field, text: str) -> Told | None:
    """What rules tell, in the scale of the field."""
    scale = scale_of(in_words(one.key[1]))
    if told is None or scale is None or told.value is None or told.start < 0 or told.converted:
        return told
    value = scaled(told.value, text[told.start : told.end], scale, text[told.end : told.end + 12])
    return replace(told, value=value, converted=told.converted or value != told.value)


__all__ = ["asks_small_coin", "in_small_coin", "rescaled", "scale_of", "scaled", "without_scale"]
