"""
People with where they live, one after the other behind a label.

    Inventors: Sean Halloran, Clovis, CA (US); Yuki Tanabe, Fresno, CA (US)      KJELDSEN, Mette; Aarhus (DK). ROSSI, …
    Erfinder: Ralf Wehrle, 78467 Konstanz, DE; Simone Egger, 78224 Singen, DE

Rules only; nothing here asks a model.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.extract.fields import Field
from rag.extract.items import Row
from rag.extract.layout import Layout
from rag.extract.lexicon import alike, bag, units
from rag.extract.natures import ORGANISATION

ALIKE, MANY = 0.5, 60
WORD = r"[A-ZÀ-Þ][\w'’.-]*"
NAME = rf"(?:(?:Dr|Prof|Mr|Mrs|Ms)\.?\s)*{WORD}(?:\s(?:(?:de|von|van|der|den|di|da|del|la|le|y)\s){{0,2}}{WORD}){{0,4}}"
CITY = rf"{WORD}(?:[\s-](?:(?:am|an der|im|sur|de|la|del|upon|on)\s)?{WORD}){{0,3}}"
PERSON = re.compile(
    rf"(?P<name>{NAME},\s{NAME}(?=;)|{NAME})[,;]\s(?:(?:[A-Z]{{1,2}}-)?\d{{4,6}}\s)?(?P<city>{CITY})"
    rf"(?:,\s(?P<state>[A-Z]{{2}}(?=\s\()|{CITY}(?=\s\()))?(?:,?\s?[(\[](?P<code>[A-Z]{{2,3}}|{CITY})[)\]]|,\s(?P<country>[A-Z]{{2,3}}|{CITY}))?"
)
BETWEEN = re.compile(r"(?:\s*[;.]|,?\s(?:and|und|et|y|e|en))\s+(?=[A-ZÀ-Þ])")


def residents(text: str, layout: Layout, wanted: Sequence[Field]) -> list[Row]:
    """The people behind the label of the list, or behind the only label that has several such; none without a city."""
    name = next((one for one in wanted if one.kind == "text" and one.units & bag("name person")), None)
    city = next((one for one in wanted if one.kind == "text" and "city" in one.units), None)
    country = next((one for one in wanted if one.kind == "text" and "country" in one.units), None)
    if name is None or city is None or any(one not in (name, city, country) for one in wanted):
        return []
    best: tuple[float, list[re.Match[str]]] = (0.0, [])
    several = 0
    for line in layout.lines:
        for cell in line.cells:
            sure = alike(name.parent, units(cell.label)) if cell.label else 0.0
            found = _people(text[cell.start : line.end if cell is line.cells[-1] else cell.end]) if cell.label else []
            several += len(found) > 1
            if found and (sure, len(found)) > (best[0], len(best[1])) and (sure >= ALIKE or len(found) > 1):
                best = (sure, found)
    if best[0] < ALIKE and several != 1:
        return []
    rows = []
    for match in best[1][:MANY]:
        row = {name.key[1]: [match["name"]], city.key[1]: [match["city"]]}
        if country and (said := match["code"] or match["country"]):
            row[country.key[1]] = [said]
        rows.append(row)
    return rows


def _people(said: str) -> list[re.Match[str]]:
    """The people that make up a text; none if anything else stands in it."""
    found, at = [], 0
    while at < len(said) and (match := PERSON.match(said, at)):
        if ORGANISATION.search(match["name"]):
            return []
        found.append(match)
        after = BETWEEN.match(said, match.end())
        at = after.end() if after else match.end()
        if after is None:
            break
    return found if not said[at:].strip(" .;") else []


__all__ = ["residents"]
