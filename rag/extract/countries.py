"""
The names of countries in eleven languages (`country_names.txt`): what a field that asks for a country can say.

Nothing here asks a model.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from pathlib import Path

from rag.extract.fields import Field, in_words

COUNTRIES = Path(__file__).parent / "country_names.txt"
LEAST = 4  # letters of a name that is no abbreviation
ALSO = (
    "UK", "U.K.", "USA", "U.S.", "U.S.A.", "UAE", "Great Britain", "Britain", "England", "Scotland", "Wales",
    "Northern Ireland", "Großbritannien", "Schottland", "Nordirland", "Grande-Bretagne", "Angleterre", "Écosse",
    "Pays de Galles", "Gran Bretaña", "Inglaterra", "Escocia", "Gran Bretagna", "Inghilterra", "Scozia",
    "Groot-Brittannië", "Engeland", "Schotland", "Holland", "The Netherlands", "Die Niederlande", "Czech Republic",
    "Tschechische Republik", "République tchèque", "República Checa", "Repubblica Ceca", "Tsjechische Republiek",
    "Republic of Ireland", "Russian Federation", "Burma", "Macedonia", "Mazedonien", "Ivory Coast", "Elfenbeinküste",
    "Türkei", "Turkey", "Türkiye", "United States of America", "Suisse", "Bundesrepublik Deutschland",
)  # fmt: skip


@cache
def _pattern() -> re.Pattern[str]:
    lines = [line for line in COUNTRIES.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    names = {name for line in lines for name in line.partition(": ")[2].split(" | ") if len(name.rstrip(".")) >= LEAST}
    said = sorted({form for name in (*names, *ALSO) for form in (name, name.upper())}, key=lambda one: (-len(one), one))
    return re.compile(r"(?<![\w-])(?:" + "|".join(map(re.escape, said)) + r")(?![\w-])")


def asks_country(one: Field) -> bool:
    """Whether a field asks for the name of a country: "country", "country_of_origin", not "country_code"."""
    words = in_words(one.key[1]).split()
    return one.kind == "text" and not one.formed and "country" in words and not {"code", "iso"} & set(words)


@lru_cache(maxsize=16)
def countries(text: str) -> list[tuple[int, int]]:
    """Where countries are named, each by its longest name."""
    return [match.span() for match in _pattern().finditer(text)]


def is_country(said: str) -> bool:
    """Whether some words are the name of a country."""
    return _pattern().fullmatch(said.strip()) is not None


__all__ = ["asks_country", "countries", "is_country"]
