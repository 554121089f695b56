"""
Which of some values a text speaks of in its own words, in four languages: "unbefristet" is permanent, "Mujer" female.

What says a value stands in `choices.txt`. Rules only; a text that says several, or none, leaves it to others.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from rag.extract.candidates import COMMON
from rag.extract.fields import Field
from rag.extract.flags import clause_at, is_so
from rag.extract.layout import Layout
from rag.extract.lexicon import alike, bag, units
from rag.extract.telling import Told

CHOICES = Path(__file__).parent / "choices.txt"
WORDS, LETTERS = 4, 3  # of a label; of a value that may stand in a text by chance
PERIODS = bag("hour day week month year")
PAID = re.compile(
    r"[€$£]|\b(?:EUR|CHF|USD|GBP|euros?|brutto|gross|salary|gehalt|lohn|vergütung|salaire|sueldo|miete|rent|loyer)\b",
    re.IGNORECASE,
)
LOW, HIGH = 0.5, 0.7  # of all stars: fewer are negative, more positive
STARS = re.compile(
    r"(?<![\d/.,])(?P<n>\d{1,2}(?:[.,]\d)?)\s?(?:/\s?|out of |von |sur |de |su |van (?:de )?)(?P<of>5|10|20|100)"
    r"(?![\d/.,]*\d)(?!\s?(?:km|kg|cm|mm|[€$£]|EUR|Uhr|January|May))"
)
NEVER = re.compile(
    r"\b(?:won['’]t be back|will not be back|never again|not (?:be )?(?:going|coming) back"
    r"|(?:would|can|do)(?:n['’]t| not) recommend|avoid|stay away|waste of (?:time|money)|nie wieder|einmal und nie"
    r"|nicht (?:zu empfehlen|empfehlenswert)|keine empfehlung|à éviter|plus jamais|je ne recommande pas"
    r"|no (?:lo )?recomiendo|no volver\w+|nunca más|da evitare|non (?:lo )?consiglio|nooit meer|niet aan te raden)\b",
    re.IGNORECASE,
)
AGAIN = re.compile(
    r"\b(?:(?:highly |strongly |warmly |can )recommend(?:ed)?|we(?:['’]ll| will) be back"
    r"|will (?:definitely )?(?:come|go) (?:back|again)|klare empfehlung|sehr zu empfehlen|empfehlenswert|gerne? wieder"
    r"|kommen (?:gerne )?wieder|absolut empfehlen\w*|je recommande|à ne pas manquer|on y retournera"
    r"|muy recomendable|(?:lo )?recomiendo|volveremos|consigliat\w+|da non perdere|aanrader|zeker terug)\b",
    re.IGNORECASE,
)
# Words that say the same where nothing else stands behind a label: "Status: Denied", "Signalwort: Achtung".
ALONE = [
    bag(words)
    for words in (
        "refused denied rejected declined disapproved abgelehnt refusé refusée rejeté rejetée denegado"
        " denegada rechazado rechazada respinto respinta negato negata rifiutato rifiutata geweigerd afgewezen"
        " avslag afslået avslått odmowa odrzucono recusado recusada indeferido",
        "granted approved accepted permitted allowed genehmigt bewilligt erteilt angenommen accordé accordée"
        " approuvé approuvée accepté acceptée concedido concedida aprobado aprobada aceptado aceptada concesso"
        " concessa approvato approvata accettato accettata verleend goedgekeurd toegekend aanvaard beviljat"
        " godkänd godkendt godkjent zatwierdzono przyznano aprovado aprovada deferido",
        "pending open offen ausstehend outstanding pendiente pendente in_behandeling",
        "danger gefahr peligro pericolo perigo gevaar fara fare niebezpieczeństwo",
        "warning achtung attention avertissement atención advertencia attenzione atenção waarschuwing varning"
        " advarsel uwaga",
        "beginner beginners anfänger anfängerin einsteiger débutant débutante débutants principiante"
        " principiantes iniciante beginnend beginner begynder nybörjare nybegynner początkujący basic"
        " grundlagen",
        "intermediate fortgeschritten fortgeschrittene mittelstufe intermédiaire intermedio intermedia"
        " intermediário gemiddeld gevorderd mellannivå średniozaawansowany",
        "advanced expert experten profi avancé avancée avanzado avanzada avanzato avanzata avançado"
        " vergevorderd avancerad avanceret zaawansowany",
    )
]
LEVELS = {  # what stands alone behind a label: "Priorität: niedrig"
    "low": "low niedrig gering leicht faible basse bajo baja basso bassa laag lage låg lav niski minor",
    "medium": "medium moderate mittel mäßig moyen moyenne medio media moderado moderata gemiddeld middel medel średni",
    "high": "high hoch élevé élevée haut haute alto alta elevado elevato hoog hoge hög høj høy wysoki major",
    "critical": "critical kritisch critique crítico crítica critico critica kritiek kritisk krytyczny",
    "normal": "normal regulär normale normaal unauffällig",
    "female": "f w fem ♀",
    "male": "m masc ♂",
}
LEVELLED = {word: value for value, words in LEVELS.items() for word in words.split()}
PRONOUNS = {"female": re.compile(r"\b(?:she|her|hers)\b", re.I), "male": re.compile(r"\b(?:he|his|him)\b", re.I)}
EXACT = bag("female male")  # told by the first that says it, not by how often
SPEAKS = 0.66  # from which a label means the field
URGENT = bag("priority urgency severity")
URGENCY = re.compile(
    r"priori|urgen|dringlich|severity|schweregrad|gravité|gravedad|gravità|ernst\b|wichtigkeit|importance|criticality"
    r"|alvorlighet|allvarlighet",
    re.IGNORECASE,
)


def chosen_in(text: str, one: Field) -> Told | None:
    """The value that a text says in words of its own, and where; null of an urgency of which nothing is said."""
    if told := _rated(text, one):
        return told
    found: list[tuple[int, int, str]] = []
    counts: dict[str, int] = {}
    for value in one.values:
        way = _ways().get(value.casefold().replace("_", "-").replace(" ", "-"))
        for match in way.finditer(text) if way else ():
            if value.casefold() in PERIODS and not PAID.search(text, max(0, match.start() - 60), match.end() + 10):
                continue
            counts[value] = counts.get(value, 0) + 1
            found.append((match.start(), match.end(), value))
    if not found and (told := _standing(text, one) or _by_pronoun(text, one)):
        return told
    if not found:
        return Told(None, -1, -1, "sentence") if one.words & URGENT and one.nullable and not _named(text, one) else None
    for value in [value for value in counts if any(value != other and value in other for other in counts)]:
        del counts[value]  # "granted with conditions" says "granted", too
    most = max(counts.values())
    best = {value for value, count in counts.items() if count == most or (set(one.values) & (PERIODS | EXACT))}
    if whole := [value for value in counts if value == "hybrid" or value.casefold().startswith("part")]:
        best = {whole[0]}  # "allowed in part" says "allowed", too
    start, _, value = min(place for place in found if place[2] in best)
    return Told(value, *clause_at(text, start, start + 1), "sentence")


def _rated(text: str, one: Field) -> Told | None:
    """What a review thinks of its thing: by its stars, "2/5", else by what it would do again."""
    values = {value.casefold(): value for value in one.values}
    if not {"positive", "negative"} <= set(values):
        return None
    middle = values.get("mixed") or values.get("neutral") or values["positive"]
    if match := STARS.search(text):
        part = float(match["n"].replace(",", ".")) / int(match["of"])
        if part <= 1:
            value = values["negative"] if part < LOW else middle if part < HIGH else values["positive"]
            return Told(value, *match.span(), "sentence")
    for name, way in (("negative", NEVER), ("positive", AGAIN)):
        if found := way.search(text):
            return Told(values[name], *found.span(), "sentence")
    return None


def chosen_by_label(text: str, layout: Layout, one: Field) -> Told | None:
    """The value that stands, or is spoken of, behind a label that means the field: "Fuel: petrol, 1.5 TSI"."""
    for line in layout.lines:
        first = line.cells[0]
        for n, cell in enumerate(line.cells):
            said = cell.label or (text[first.start : first.end] if n == 1 and not first.label else "")
            if not said or not (alike(one.units, units(said)) >= SPEAKS or _is_urgent(one, said)):
                continue
            part = text[cell.start : cell.end]
            if (level := _levelled(part, one)) is not None:
                return Told(level, cell.start, cell.end, "label")
            if same := _alone(part, one):
                return Told(same, cell.start, cell.end, "label")
            named = [value for value in one.values if _stands(value, part)]
            if len(named) == 1:
                return Told(named[0], cell.start, cell.end, "label")
            if not named and (told := chosen_in(part, one)) and told.value is not None:
                return Told(told.value, cell.start, cell.end, "label")
    return None


def _alone(part: str, one: Field) -> str | None:
    """The value that the only word behind a label says as well: "Denied" is refused."""
    said = part.strip(" \t*_().:;,!").casefold()
    for words in ALONE:
        if said in words:
            named = [value for value in one.values if value.casefold() in words]
            return named[0] if len(named) == 1 else None
    return None


def _is_urgent(one: Field, said: str) -> bool:
    """Whether a label and a field both ask how bad or how urgent something is: "Priorität" of a severity."""
    return bool(one.words & URGENT) and URGENCY.search(said) is not None and len(said.split()) < WORDS


def _levelled(part: str, one: Field) -> str | None:
    """The value that the first word behind a label says: "niedrig", "F"."""
    first = re.match(r"[\s*_(]*(?P<said>[^\W\d_]+|[♀♂])(?=[\s*_).,;(/–-]|\Z)", part)
    meant = LEVELLED.get(first["said"].casefold(), "") if first else ""
    return next((value for value in one.values if value.casefold() == meant), None) if meant else None


def _standing(text: str, one: Field) -> Told | None:
    """The only value that itself stands in a text, and is not denied there; None of a judgement."""
    if one.judged and not one.words & URGENT:
        return None
    rest, found = text, dict[str, tuple[int, int]]()
    for value in sorted(one.values, key=len, reverse=True):
        said = re.escape(value).replace("_", "[ _-]").replace(r"\ ", r"\s")
        way = re.compile(rf"(?<![\w-]){said}(?![\w-])", re.IGNORECASE)
        places = [match.span() for match in way.finditer(rest) if not _is_denied(text, *match.span())]
        if places and len(value) >= LETTERS and value.casefold() not in COMMON:
            found[value] = places[0]
        rest = way.sub(lambda match: " " * len(match[0]), rest)
    if len(found) != 1:
        return None
    value, span = found.popitem()
    return Told(value, *span, "sentence")


def _is_denied(text: str, start: int, end: int) -> bool:
    """Whether the clause of a word denies it: "no blood was found"."""
    first, last = clause_at(text, start, end)
    return not is_so(text[first:last], start - first, end - first)


def _by_pronoun(text: str, one: Field) -> Told | None:
    """Whether somebody of whom all pronouns of a text speak is a woman or a man."""
    if not {value.casefold() for value in one.values} >= EXACT:
        return None
    found = {name: match for name, way in PRONOUNS.items() if (match := way.search(text))}
    if len(found) != 1:
        return None
    name, match = found.popitem()
    return Told(next(value for value in one.values if value.casefold() == name), *match.span(), "sentence")


def _stands(value: str, text: str) -> bool:
    said = re.escape(value.casefold()).replace("_", "[ _-]")
    return re.search(rf"(?<!\w){said}(?!\w)", text, re.IGNORECASE) is not None


def _named(text: str, one: Field) -> bool:
    """Whether a value itself stands in the text."""
    return any(re.search(rf"(?<!\w){re.escape(value)}(?!\w)", text, re.IGNORECASE) for value in one.values)


@cache
def _ways() -> dict[str, re.Pattern[str]]:
    lines = (line.partition(": ") for line in CHOICES.read_text(encoding="utf-8").splitlines()[1:])
    return {value: re.compile(said, re.IGNORECASE) for value, _, said in lines}


__all__ = ["chosen_by_label", "chosen_in"]
