"""
Medicines with their doses and how often they are taken: "amlodipine 5 mg once daily", "Metformin 1000 mg   1-0-1",
"enalapril 10 mg cada 12 horas", "albuterol inhaler 2 puffs PRN".

Rules only; nothing here asks a model.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.extract.candidates import COMMON
from rag.extract.fields import Field
from rag.extract.items import Row
from rag.extract.lexicon import bag

MANY, WORDS = 30, 3  # of a name
DOSE = re.compile(
    r"(?<![\d.,])\d[\d.,]*+(?:\s?[-–/]\s?\d[\d.,]*+)?\s?"
    r"(?:(?:mg|g|µg|μg|mcg|micrograms?|ml|IU|IE|UI|I\.E\.|mmol|Einheiten|units)(?:/(?:ml|h|d|kg|Tag|day|\d+\s?ml))?"
    r"|drops|Tropfen|gouttes|gotas|tablets?|Tabletten?|Tbl\.?|Kapseln?|capsules?|comprimés?|comprimidos?|puffs?"
    r"|Hübe|bouffées|inhalaciones)"
    r"(?![\w/])"
)
NUMBER = r"(?:\d{1,2}|one|two|three|four|ein|zwei|drei|vier|une?|deux|trois|quatre|una?|dos|tres|cuatro)"
OFTEN = (
    r"\d(?:[.,]5)?\s?-\s?\d(?:[.,]5)?\s?-\s?\d(?:[.,]5)?(?:\s?-\s?\d)?"
    rf"|(?:up to |max\.? |bis zu )?(?:once|twice|thrice|{NUMBER} times|\d\s?[x×]|{NUMBER}mal|{NUMBER} (?:fois|veces))"
    r"(?:\s?/\s?(?:d|day|Tag|jour|wk|week|Woche)\b|\s(?:(?:a|per|each|every|am|pro|par|al|a la)\s)?"
    r"(?:day|daily|week|weekly|month|monthly|tgl\.?|täglich|Tag|Woche|wöchentlich|jour|semaine|día|semana)(?!\w))?"
    r"|(?:every|each|alle|jede[nrs]?|toutes les|chaque|cada)\s(?:other\s|second\s|zweiten\s)?"
    rf"(?:{NUMBER}(?:\s?[-–]\s?\d{{1,2}})?\s)?(?:hours?|hrs?|h|days?|weeks?|months?|mornings?|evenings?|nights?"
    rf"|Stunden?|Tage?|Wochen?|heures?|jours?"
    r"|matins?|soirs?|horas?|días?|noches?|mañanas?)(?!\w)"
    r"|(?:at|zur|bei)\s(?:night|bedtime|Nacht)|in the (?:morning|evening)|(?:le|la|por la|matin et)\s(?:matin"
    r"|soir|nuit|noche|mañana)"
    r"|(?:daily|nightly|weekly|monthly|fortnightly|mornings?|täglich|wöchentlich|monatlich|morgens|mittags|abends"
    r"|nachts|quotidien|diario)(?!\w)"
    r"|(?:o\.?d\.?|b\.?i?\.?d\.?|t\.?[di]\.?[sd]\.?|q\.?[di]\.?s?\.?d?\.?|o\.?[mn]\.?|q\d{1,2}h|nocte|mane"
    r"|stat)(?![\w.])"
    r"|(?:p\.?r\.?n\.?)(?![\w.])|(?:as|when|if)\s(?:needed|required|necessary)|bei Bedarf|b\.\s?B\.|si besoin"
    r"|si (?:precisa|es necesario)"
)
FREQUENCY = re.compile(
    rf"(?<!\w)(?:{OFTEN})(?:,?\s(?:{OFTEN}))?(?:,\smax\.?\s[^,;.\n(]{{1,20}}(?:tgl\.|/d|daily"
    rf"|täglich)?)?(?:\s?\((?:for|für|pour|por)\s[^()\n]{{1,30}}\))?",
    re.IGNORECASE,
)
FURTHER = re.compile(r"[^,;\n]*?(?=[,;\n]|\.\s|\.?\Z)")  # of its clause, behind a dose
GIVEN = re.compile(r"\s?(?:of|de|d['’]|di)\s(?P<name>[^\W\d_][\w-]+)")  # "500 mg of amoxicillin"
OFTEN_SAID = bag("frequency schedule interval intake posology regimen einnahme dosierung sig times")
WORD = re.compile(r"[^\W\d_][\w'’-]*")
# What is measured and no medicine, and words that are no part of a name.
NO_DRUG = bag(
    "spo2 o2 sats sat sättigung saturation sauerstoffsättigung fio2 weight gewicht hb glucose zucker creatinine"
    " kreatinin"
)
NO_PART = COMMON | bag(
    "takes taking take took on continues continue continued started starting start given gave gives prescribed"
    " prescribe meds medications medication"
    " medicines drugs added increased reduced dose uses using used plus then also currently via two three nimmt erhält"
    " bekommt gabe von weiter"
    " unter mittels sowie dazu prend prendre toma tratamiento habitual con plan give receives received advised boot"
    " analgesie therapie medikation bedtime rice with"
)  # fmt: skip


def medicines(text: str, wanted: Sequence[Field]) -> list[Row]:
    """The medicines of a text, each as often as it is told; none if no field asks for a dose."""
    dose = next((one for one in wanted if one.kind == "text" and "dose" in one.units), None)
    often = next((one for one in wanted if one.kind == "text" and (one.units | one.words) & OFTEN_SAID), None)
    what = next((one for one in wanted if one.kind == "text" and one not in (dose, often)), None)
    if dose is None or what is None:
        return []
    rows: list[Row] = []
    doses = list(DOSE.finditer(text))
    for match, following in zip(doses, [*doses[1:], None], strict=False):
        name = _name_before(text, match.start())
        if not name and (given := GIVEN.match(text, match.end())):
            name = given["name"]
        if not name or NO_DRUG & bag(name.lower()):
            continue
        row: Row = {what.key[1]: [name], dose.key[1]: [match[0]]}
        if often is not None:
            clause = FURTHER.match(text, match.end(), following.start() if following else len(text))
            end = clause.end() if clause else match.end()
            found = FREQUENCY.search(text, match.end(), _whole(text, end))
            row[often.key[1]] = [found[0].strip()] if found else []
        rows.append(row)
    return rows[:MANY]


def _whole(text: str, end: int) -> int:
    """The end of a clause, or of what "max." goes on with behind its comma."""
    more = re.compile(r",\smax\.?\s[^,;\n]{1,20}").match(text, end)
    return more.end() if more else end


def _name_before(text: str, end: int) -> str:
    """The words of a name that end before a dose: "Folic acid", "albuterol inhaler"."""
    line = text.rfind("\n", 0, end) + 1
    match = re.search(r"[ \t(:,]+\Z", text[line:end])
    at = line + match.start() if match else end
    if match and "," in match[0]:
        return ""
    start = at
    for _ in range(WORDS):
        before = re.search(r"(?:\A|[\s:;,(•*-])([^\W\d_][\w'’-]*)\Z", text[line:start])
        if before is None or before[1].lower() in NO_PART:
            break
        start = line + before.start(1)
        gap = text[start - 1 : start]
        if before[1][0].isupper() or gap != " " or text[start - 2 : start - 1] in ",:;.":
            break
        start -= 1
    return text[start:at].strip()


__all__ = ["medicines"]
