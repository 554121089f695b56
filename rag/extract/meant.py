"""How a candidate is put to an embedder: its unit in words."""

from __future__ import annotations

import re

from rag.extract.candidates import Candidate

UNITS = {
    "mm": "millimeters long", "cm": "centimeters long", "m": "meters long", "km": "kilometers", "in": "inches long",
    "ft": "feet long", "mg": "milligrams", "g": "grams of weight", "kg": "kilograms of weight", "ml": "milliliters",
    "oz": "ounces of weight", "lb": "pounds of weight", "lbs": "pounds of weight", "l": "liters", "V": "volts",
    "W": "watts of power", "A": "amperes", "Hz": "hertz", "GB": "gigabytes", "MB": "megabytes", "h": "hours",
    "min": "minutes", "s": "seconds", "pcs": "pieces", "PCS": "pieces",
}  # fmt: skip


def meant(one: Candidate) -> str:
    """A candidate as it is embedded, its unit in words."""
    match = re.fullmatch(r"(.*\d)\s?([^\W\d]+)", one.text) if one.kind == "number" else None
    return f"{match[1]} {UNITS[match[2]]}" if match and match[2] in UNITS else one.text


__all__ = ["meant"]
