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
    r"|-+|–|—|not (?:applicable|relevant|available)|n\. ?[av]\.?|entfällt|nicht (?:zutreffend|anwendbar|relevant)"
    r"|sans objet|non (?:concerné|applicable)e?|s\. ?o\.|no (?:aplica(?:ble)?|procede|consta)|non applicabile"
    r"|niet van toepassing|n\. ?v\. ?t\.?|não (?:aplicável|se aplica)|ej (?:tillämpligt|relevant)|ikke (?:relevant"
    r"|aktuelt)|ukendt|ukjent|okänd|nie dotyczy|nieznan[aey]|desconhecid[oa]",
    re.IGNORECASE,
)
NOTHING = re.compile(  # what says behind a label that there is none
    r"(?:none(?: (?:known|reported|stated|noted|required|declared|received))?"
    r"|nil(?: known)?|no(?:ne)? known(?: \w+){0,2}|NKD?A|nothing"
    r"|keine[rs]?(?: bekannt\w*)?|nicht bekannt|nichts|aucune?(?: connue?| signalée?)?|néant|rien|pas de \w+"
    r"|ningun[oa](?: conocid[oa])?|nada|nessun[oa]?(?: not[oa])?|niente|geen(?: bekend\w*)?|nenhum[a]?|ing(?:en|a|et)"
    r"(?: kän\w+| kjen\w+| kend\w+)?|brak)(?: \([^()]*\))?",
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


def is_none(said: str) -> bool:
    """Whether what stands behind a label says that there is no value: "unknown", "keine", "sans objet"."""
    bare = said.strip(" .()[]")
    return UNKNOWN.fullmatch(bare) is not None or NOTHING.fullmatch(bare) is not None
