"""
How long, how heavy, how strong a thing is, where a few words about it say one number in such a unit: "750 ml", "20V".

Rules only; nothing here asks a model.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.extract.fields import Field, Key, in_words
from rag.extract.measuring import UNITS

ASKED = {  # words of a field's name -> what its unit measures
    "length": "length width height depth diameter thickness circumference länge breite höhe tiefe durchmesser longueur"
    " largeur hauteur profondeur diamètre longitud ancho altura profundidad lunghezza larghezza altezza lengte breedte"
    " hoogte",
    "mass": "weight gewicht poids peso",
    "volume": "capacity volume content contents fassungsvermögen inhalt capacité contenance capacidad capacità inhoud",
    "power": "power wattage leistung puissance potencia potenza vermogen",
    "voltage": "voltage spannung tension voltaje tensione spanning",
    "frequency": "frequency frequenz fréquence frecuencia frequenza",
}
OTHERS = {"charge": "volume", "data": "volume"}  # a battery and a disk have a capacity, too
FAMILIES = {word: family for family, words in ASKED.items() for word in words.split()}
SHORT = {"v": "voltage", '"': "length", "″": "length", "'": "length"}  # units that only behind a number are such
AMOUNT = re.compile(
    r"(?<![\w.,/])\d+(?:[.,]\d+)?(?:\s?[-–~/]\s?\d+(?:[.,]\d+)?)?\s?(?P<unit>"
    + "|".join(map(re.escape, sorted([*UNITS, *SHORT], key=len, reverse=True)))
    + r")(?![^\W_])",
    re.IGNORECASE,
)


def dimensions(text: str, wanted: Sequence[Field]) -> dict[Key, list[str]]:
    """The amounts that the only field for what their unit measures can be, in their order."""
    asked = {one.key: family for one in wanted if (family := _family(one))}
    found: dict[Key, list[str]] = {}
    for key, family in asked.items():
        said = [match[0] for match in AMOUNT.finditer(text) if _measures(match["unit"]) == family]
        if said and list(asked.values()).count(family) == 1:
            found[key] = list(dict.fromkeys(said))
    return found


def _family(one: Field) -> str:
    """What the unit of a text measures that a field asks for."""
    if one.kind != "text" or one.listed or one.element or one.phrase or one.formed or one.wants or not one.nullable:
        return ""
    return next((FAMILIES[word] for word in in_words(one.key[1]).split() if word in FAMILIES), "")


def _measures(unit: str) -> str:
    unit = unit.lower()
    family = SHORT.get(unit) or UNITS[unit].family.partition(",")[0]
    return OTHERS.get(family, family)


__all__ = ["dimensions"]
