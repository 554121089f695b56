"""
The least and the most of something measured: the ends of a range in the unit that a field names, and the columns "Min"
and "Max" of a table.

    -40 to +125 °C      2.2 V … 5.5 V      | Parameter | Min | Typ | Max |  above  | Supply voltage | 1.71 | 3.3 | 3.6 |

Rules only; nothing here asks a model.
"""

from __future__ import annotations

import re

from rag.extract import rows as tables
from rag.extract.fields import Field, in_words
from rag.extract.grids import grids
from rag.extract.layout import Layout
from rag.extract.lexicon import bag
from rag.extract.measuring import UNITS, Unit
from rag.extract.telling import Told

LOW, HIGH = bag("min minimum lowest from lower"), bag("max maximum highest to upper")
NUMBER = r"[-+−–]?\d+(?:[.,]\d+)?"
UNIT = r"[ \u00a0]?(?P<{0}>°\s?[CF]|[^\W\d_%]{{1,6}}|%)?"
RANGE = re.compile(
    rf"(?<![\w.,])(?P<low>{NUMBER}){UNIT.format('one')}\s?(?:to|bis|à|a|tot|–|—|-|…|\.{{2,3}}"
    rf"|~)\s?(?P<high>{NUMBER}){UNIT.format('other')}(?!\w)"
)
MEASURED = re.compile(rf"(?<![\w.,]){NUMBER}[ \u00a0]?(?P<unit>°\s?[CF]|[^\W\d_%]{{1,6}}|%)(?!\w)")
BOUND = re.compile(
    r"\b(?:min|max|up to|at least|at most|from|between|bis|ab|mindestens|höchstens|jusqu|hasta|minim|maxim|fino)", re.I
)
HEADS = {
    "min": re.compile(r"\W*min(?:imum|\.)?\W*", re.IGNORECASE),
    "max": re.compile(r"\W*max(?:imum|\.)?\W*", re.IGNORECASE),
}
SHORT = 3  # letters of a word of the field's name that says what is measured


def extreme(text: str, layout: Layout, one: Field) -> Told | None:
    """The end of a range that a field such as `supply_voltage_max_v` asks for; None of all other fields."""
    words = in_words(one.key[1]).split()
    side = "min" if set(words) & LOW - {"from"} else "max" if set(words) & HIGH - {"to"} else ""
    unit = UNITS.get(words[-1]) or UNITS.get("°" + words[-1])
    if one.kind != "number" or one.element or one.listed or not side or unit is None or unit.is_money or len(words) < 2:
        return None
    if unit.family in ("time", "days", "months"):
        return None
    about = [word[:5] for word in words[:-1] if len(word) >= SHORT and word not in LOW | HIGH]
    found = _in_table(text, layout, one, side, about, unit) or _in_range(text, one, side, about, unit)
    if found is None and one.nullable and not _is_spoken_of(text, unit):
        return Told(None, -1, -1, "sentence")  # "60 V" is neither end
    return found


def _is_spoken_of(text: str, unit: Unit) -> bool:
    """Whether a number in the unit is said to be the least or the most."""
    return any(
        UNITS.get(match["unit"].replace(" ", "").lower()) == unit
        and BOUND.search(text[max(0, match.start() - 30) : match.end() + 12]) is not None
        for match in MEASURED.finditer(text)
    )


def _in_table(text: str, layout: Layout, one: Field, side: str, about: list[str], unit: Unit) -> Told | None:
    for grid in grids(text, layout):
        columns = {name: n for name, way in HEADS.items() for n, head in enumerate(grid.heads) if way.fullmatch(head)}
        for row in grid.rows if len(columns) == len(HEADS) else ():
            line = " ".join(row).casefold()
            measured = any(UNITS.get(cell.strip().lower()) == unit for cell in row)
            if measured and all(word in line for word in about):
                value = tables.amount(row[columns[side]], whole=one.whole, comma=tables.comma_decimal(text))
                return Told(value, -1, -1, "label") if value is not None else None
    return None


def _in_range(text: str, one: Field, side: str, about: list[str], unit: Unit) -> Told | None:
    """Of the ranges in the unit the one beside the field's words, or the only one."""
    found = []
    for match in RANGE.finditer(text):
        own = [UNITS.get((match[name] or "").replace(" ", "").lower()) for name in ("one", "other")]
        if own[1] == unit and own[0] in (None, unit):
            line = text[text.rfind("\n", 0, match.start()) + 1 : match.start()].casefold()
            found.append((all(word in line for word in about) and bool(about), match))
    beside = [match for named, match in found if named]
    among = beside[:1] or ([found[0][1]] if len(found) == 1 else [])
    if not among:
        return None
    name = "low" if side == "min" else "high"
    said = among[0][name].replace("−", "-").replace("–", "-")
    value = tables.amount(said, whole=one.whole, comma=tables.comma_decimal(text))
    return Told(value, *among[0].span(name), "label") if value is not None else None


__all__ = ["extreme"]
