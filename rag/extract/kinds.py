"""
What the cells of a column have in common by their form: codes, numbers, ranges, units, words; and which of these a
field of a table takes.

Rules only; nothing here asks a model.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.extract.fields import Field
from rag.extract.lexicon import bag

NUMBER = re.compile(r"[<>≤≥~±]?\s?[-+−]?\d[\d.,'’ ]*(?:\s?[%+*↑↓HL])?|[<>≤≥]\s?\d[\d.,]*", re.IGNORECASE)
MEASURED = re.compile(r"[<>≤≥~]?\s?[-+−]?\d[\d.,'’ ]*\s?[^\W\d_µ°%€$£][\w²³/°.]{0,6}|[<>≤≥~]?\s?\d[\d.,]*\s?[%€$£°]\w?")
RANGE = re.compile(
    r"[(\[]?\s?(?:(?:[<>≤≥=]{1,2}|bis|up to|jusqu'à|hasta|fino a|tot|max\.?|min\.?)\s?\d[\d.,]*"
    r"|[-−]?\d[\d.,]*\s?(?:-|–|—|to|bis|à|a|tot|do)\s?<?\s?\d[\d.,]*)\s?[^\W\d]{0,4}\s?%?\s?[)\]]?",
    re.IGNORECASE,
)
UNIT = re.compile(
    r"(?:[x×]?10[\^*]?\d{1,2}\s?)?/?[^\W\d_%°µ]{1,6}(?:\s?[/.·]\s?\d*\s?[\w²³µ]{1,8})*[²³\d]?|%|‰|°C?|µ\w+(?:/\w+)?|-|–"
)
CLOCK = r"(?:[01]?\d|2[0-3])(?:[:h][0-5]\d|[.][0-5]\d(?=\s?(?:Uhr|h|[ap]\.?m)))?(?:\s?(?:Uhr|h|[ap]\.?m\.?))?"
TIME = re.compile(
    rf"(?=\d+[:.h]\d\d|\d+\s?(?:Uhr|h\b|[ap]\.?m)){CLOCK}(?:\s?(?:-|–|—|to|bis|à|a)\s?{CLOCK})?", re.IGNORECASE
)
CODE = re.compile(r"(?=.*\d)[\w./-]{2,24}")
RANGED = bag("reference_range limit")
OF_CODES = bag("number code cas_number hs_code serial_number meter_number sample_number reference un_number batch")
TIMED = bag("time start end")
OF_NUMBERS = bag("value results grade points quantity average mileage consumption previous_reading new_reading")


def kind_of(cells: Sequence[str]) -> str:
    """ "time", "number", "range", "unit", "code", "measured" or "words": what most cells that are not empty are."""
    said = [cell.strip() for cell in cells if cell.strip(" -–—")]
    if not said:
        return ""
    for kind, way in (
        ("time", TIME),
        ("number", NUMBER),
        ("range", RANGE),
        ("code", CODE),
        ("measured", MEASURED),
        ("unit", UNIT),
    ):
        fitting = sum(way.fullmatch(cell) is not None for cell in said)
        if kind == "range" and not all(map(_is_ranged, said)) and 2 * fitting <= len(said):
            continue
        if kind == "unit" and (
            len(set(said)) == len(said) > 2 and all(cell.isalpha() and len(cell) > 4 for cell in said)
        ):
            continue
        if 3 * fitting > 2 * len(said):
            return kind
    return "words"


def _is_ranged(cell: str) -> bool:
    return RANGE.fullmatch(cell) is not None


def takes(one: Field) -> tuple[str, ...]:
    """The kinds of columns that a field of a table takes, the likeliest first."""
    if one.kind == "number":
        return ("number", "measured")
    if one.kind != "text" or one.listed:
        return ()
    if one.units & RANGED or "range" in one.words:
        return ("range", "measured")
    if one.units & TIMED and not one.units & bag("date name title"):
        return ("time",)
    if "unit" in one.units and not one.units & bag("price quantity"):
        return ("unit",)
    if "concentration" in one.units:
        return ("range", "measured", "number")
    if one.units & OF_CODES and not one.units & bag("name description"):
        return ("code", "number")
    if one.units & OF_NUMBERS:
        return ("number", "measured", "words")
    return ("words", "unit")


def by_kind(wanted: Sequence[Field], columns: Sequence[Sequence[str]]) -> dict[str, int]:
    """Field -> column, by form alone; {} unless each field has one column and none is left."""
    if len(wanted) != len(columns) or any(one.kind not in ("text", "number") or one.listed for one in wanted):
        return {}
    kinds = [kind_of(column) for column in columns]
    if len(set(kinds)) < len(kinds):
        return {}  # of two columns of words nothing tells which is which
    found: dict[str, int] = {}
    for one in sorted(wanted, key=lambda one: len(takes(one))):
        at = next(
            (n for kind in takes(one) for n, other in enumerate(kinds) if other == kind and n not in found.values()),
            None,
        )
        if at is None:
            return {}
        found[one.key[1]] = at
    return found


__all__ = ["by_kind", "kind_of", "takes"]
