"""
Results that sentences tell, each with its value and unit: "The pH was 6.1 (low), the turbidity 7.4 NTU (high)."

Rules only; nothing here asks a model.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.extract.fields import Field
from rag.extract.items import Row
from rag.extract.lexicon import bag
from rag.sentences import spans

FEW, MANY = 2, 60
ARTICLE = r"(?:(?:the|an?|her|his|your|its|der|die|das|den|ihr|sein|le|la|les|l['’]|el|los|las|il|lo|gli|het|de)\s?)?"
IS = (
    r"(?:(?:was|is|were|are|came (?:back )?(?:at|to|in at|out at)|stood at|measured|reached|read|of|at|betrug|beträgt"
    r"|betrugen|lag(?:en)? bei|liegt bei|war(?:en)?|ist|wurde mit|mit|était (?:de|à)|est (?:de|à)|atteignait|à|de"
    r"|fue de"
    r"|era de|es de|è|era|di|was|bedroeg|bedraagt)\s)"
)
NUMBER = r"(?P<value>[<>≤≥]?\s?\d{1,7}(?:[.,]\d{1,4})?)"
UNIT = (
    r"(?:\s?(?P<unit>%|°C?|‰|(?!and\b|und\b|et\b|to\b|in\b|on\b|at\b|of\b)(?:µ"
    r"|[a-zA-Z])[\w²³µ]{0,5}(?:[/·.][\w²³µ]{1,6}){0,2})(?![\w-]))?"
)
NOTE = r"(?:\s?\((?P<note>[^()\d]{1,24})\))?"
SAID = re.compile(
    rf"(?:\A|(?<=[,;]\s)|(?<=\band\s)|(?<=\bund\s)|(?<=\bet\s)|(?<=\by\s)|(?<=\be\s)|(?<=\ben\s)){ARTICLE}"
    rf"(?P<what>[^\W\d_][\w-]*(?:\s[\w-]+){{0,3}}?)\s(?P<is>{IS})?(?:(?:to|at|of|with|bei|zu|à|de|a)\s)?{NUMBER}{UNIT}{NOTE}(?=[,;.\s]|\Z)",
    re.IGNORECASE,
)
TIMED = re.compile(
    r"\b(?:in|on|at|by|from|until|since|after|for|page|no|nr|number|am|um|seit|nach|vor|von|bis|le|el|ab)\Z",
    re.IGNORECASE,
)
UNITLESS = re.compile(
    r"(?:hours?|days?|weeks?|months?|years?|minutes?|times|Uhr|Tage?n?|Wochen?|Jahre?n?|Stunden?|jours?|ans?|heures?)\Z",
    re.IGNORECASE,
)


def told_results(text: str, wanted: Sequence[Field]) -> list[Row]:
    """What was found of what, where the fields ask for a test and its value; none if sentences tell fewer than two."""
    what = next((one for one in wanted if one.kind == "text" and one.units & bag("test")), None)
    value = next((one for one in wanted if one.kind == "number" and one.units & bag("value results")), None)
    unit = next((one for one in wanted if one.kind == "text" and "unit" in one.units), None)
    if what is None or value is None:
        return []
    rows: list[Row] = []
    whole = 0
    for span in spans(text):
        said = " ".join(text[span.start : span.end].split())
        here = []
        for match in SAID.finditer(said):
            if TIMED.search(match["what"]) or (match["unit"] and UNITLESS.match(match["unit"])):
                continue
            row: Row = {what.key[1]: [match["what"]], value.key[1]: [match["value"]]}
            if unit and match["unit"]:
                row[unit.key[1]] = [match["unit"]]
            whole += match["is"] is not None
            here.append(row | _flagged(wanted, match["note"] or ""))
        rows += here if any(len(row) for row in here) else []
    return rows[:MANY] if len(rows) >= FEW and whole else []


def _flagged(wanted: Sequence[Field], note: str) -> Row:
    """The choice of a field that stands in brackets behind a value: "(low)"."""
    choice = next((one for one in wanted if one.kind == "choice"), None)
    said = next((value for value in choice.values if value.casefold() == note.strip().casefold()), "") if choice else ""
    return {choice.key[1]: [said]} if choice and said else {}


__all__ = ["told_results"]
