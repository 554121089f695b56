"""
Adverts of vehicles: make and model in their first words, until when the inspection is valid, who sells where.

    VW Golf VI Variant 1.6 TDI, EZ 03/2012 …      A vendre Renault Zoé R90 de 2017      Call Ann Lee on 07700 …

Rules only; a text that says neither kilometres nor power is no such advert. Nothing here asks a model.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rag.dates import NAME as MONTH
from rag.extract.fields import Field, in_words
from rag.extract.lexicon import bag
from rag.extract.telling import Told

MAKES = (
    "Alfa Romeo|Aprilia|Aston Martin|Audi|Bavaria|Bayliner|Beneteau|Bénéteau|BMW|BYD|Cadillac|Chevrolet|Chrysler"
    "|Citroën|Citroen|Cupra|Dacia|Daewoo"
    "|Daihatsu|Dodge|Ducati|Fendt|Ferrari|Fiat|Ford|Genesis|Hallberg-Rassy|Hanse|Harley-Davidson|Hobby|Honda"
    "|Husqvarna|Hymer|Hyundai|Infiniti|Isuzu|Iveco"
    "|Jaguar|Jeanneau|Jeep|Kawasaki|Kia|KTM|Lada|Lamborghini|Lancia|Land Rover|Lexus|Mahindra|MAN|Maserati|Mazda"
    "|Mercedes-Benz|Mercedes|MG|Mini|MINI"
    "|Mitsubishi|Moto Guzzi|Nissan|Opel|Peugeot|Piaggio|Polestar|Porsche|Range Rover|Renault|Rover|Royal Enfield"
    "|Saab|Seat|SEAT|Skoda|Škoda|Smart|SsangYong"
    "|Subaru|Suzuki|Tesla|Toyota|Triumph|Vauxhall|Vespa|Volkswagen|Volvo|VW|Yamaha"
)
GATE = re.compile(
    r"\d\s?(?:km|kms|kW|PS|CV|ch|bhp|hp|pk|miles|mi)\b"
    r"|\b(?:mileage|Kilometerstand|kilométrage|chilometri|kilómetros|TÜV|MOT|built \d{4})\b",
    re.IGNORECASE,
)
MODEL_END = (
    r"(?=\s*(?:[,;|(\n]|\s[–—-]\s|[€£$]|\.\s|\Z)|\s(?:de|of|from|von|del|dal|Bj\.?|built|bj)\s?\d{4}"
    r"|\s(?:zu verkaufen|for sale|à vendre|in vendita|te koop|se vende"
    r"|is|with|mit|avec|con|met|benzina|diesel|Diesel|petrol|essence|Benzin\w*|électrique|gasolina"
    r"|\d{1,3}[.\s]?\d{3}\s?(?:km|€))\b)"
)
MADE = re.compile(rf"(?<![\w-])(?P<make>{MAKES})(?![\w-])(?:\s(?P<model>[A-Z0-9ÀÉ][^\n,;|(€£$]{{0,40}}?){MODEL_END})?")
DAY = (
    rf"(?:\d{{1,2}}[./]\d{{1,2}}[./]\d{{2,4}}|\d{{1,2}}[./]\d{{2,4}}"
    rf"|(?:\d{{1,2}}\.?\s)?{MONTH.replace('?P<name>', '?:')}\.?\s(?:de\s)?\d{{4}}|\d{{4}}-\d\d(?:-\d\d)?)"
)
VALID = re.compile(
    rf"\b(?:TÜV|HU(?:/AU)?|MOT|CT|[Cc]ontrôle technique|[Rr]evisione|ITV|APK)\b[^\n;\d]{{0,30}}?(?P<day>{DAY})",
    re.IGNORECASE,
)
NAME = r"[A-ZÀ-Þ][\w'’-]+(?:\s(?:(?:de|von|van|dal|da|di)\s)?[A-ZÀ-Þ][\w'’-]+){0,3}"
SELLER = re.compile(
    rf"\b(?i:text|call|ring|phone|contact|ask for|chiamare|telefonare a|llamar a|preguntar por|appeler|contacter"
    rf"|bellen met|anrufen bei|Kontakt)\s:?\s?"
    rf"(?P<a>{NAME})(?=\s(?:on|at|al|au|unter|op|:)\b|\s?[,:(])|(?<!\w)(?P<b>(?:Herr|Frau)\s{NAME})"
    rf"|(?P<c>{NAME}),\s[A-ZÀ-Þ][\w-]+,\s(?=0\d)|\n/(?P<d>{NAME})\s*\Z"
)
WHERE = re.compile(
    rf"\b(?i:standort|lying in|located in|located at|collection from|collect from|viewing in|can be seen in"
    rf"|visibile a|si trova a|visible à|se trouve à|visto en"
    rf"|se encuentra en|te bezichtigen in|abzuholen in|zu besichtigen in)\s?:?\s(?P<a>{NAME})"
    rf"|(?<!\w){NAME},\s(?P<b>[A-ZÀ-Þ][\w-]+),\s(?=0\d)"
)
PAINTED = re.compile(
    r"\b(?:couleur|farbe|colou?r|colore|kleur)\s(?!is\b|:)(?P<a>[^\W\d_][^\n,;.\d]{2,24}?)(?=\s?[,;.\n])"
    r"|(?<![\w-])(?P<b>(?:weiß|schwarz|grau|silber|blau|rot|grün"
    r"|gelb|braun|beige|orange|anthrazit)-?\s?metallic)\b",
    re.IGNORECASE,
)
MAKE, MODEL = (
    bag("make brand marke marque marca manufacturer hersteller merk"),
    bag("model modell modèle modelo modello"),
)
INSPECTED = bag("inspection mot tüv tuv hu itv apk revisione roadworthy")


REGISTERED = re.compile(
    rf"\b(?:EZ|Erstzulassung|first registered|first registration|registered|immatricolazione|immatriculée?"
    rf"|mise en circulation|matriculaci[oó]n"
    rf"|eerste toelating)\b\W{{0,4}}(?:(?:in|on|en|am|le|de|nel)\s)?(?P<day>{DAY})",
    re.IGNORECASE,
)
FIRST = bag("registration registered erstzulassung ez immatricolazione immatriculation matriculación")


def of_vehicle(text: str, one: Field) -> Told | None:
    """What an advert of a vehicle says of a field; None of all other fields and texts."""
    if one.kind != "text" or one.element or one.listed:
        return None
    words = set(in_words(one.key[1]).split())
    for asked, way in (
        (words <= MAKE | {"vehicle", "car", "name"} and words & MAKE, _make),
        (words <= MODEL | {"vehicle", "car", "name"} and words & MODEL, _model),
        (words & INSPECTED, _inspected),
        (words & FIRST and words <= FIRST | {"first", "date", "of"}, _registered),
        (words <= bag("seller verkäufer vendeur vendedor venditore contact name person") and words - {"name"}, _seller),
        (words <= bag("location place city town standort lieu ubicación luogo"), _where),
        (words <= bag("colour color farbe couleur colore kleur paint"), _painted),
    ):
        if asked and GATE.search(text):
            place = next(way(text), None)
            return Told(text[slice(*place)], *place, "sentence") if place else None
    return None


Place = tuple[int, int]


def _made(text: str) -> re.Match[str] | None:
    """The first make with a model behind it, else the first make."""
    found = list(MADE.finditer(text, 0, 1_500))
    return next((match for match in found if match["model"]), found[0] if found else None)


def _make(text: str) -> Iterator[Place]:
    match = _made(text)
    yield from [match.span("make")] if match else []


def _model(text: str) -> Iterator[Place]:
    match = _made(text)
    if match and match["model"]:
        start, end = match.span("model")
        yield start, start + len(text[start:end].rstrip(" .-–"))


def _grouped(way: re.Pattern[str], text: str) -> Iterator[Place]:
    for match in way.finditer(text):
        yield match.span(match.lastgroup or 0)


def _inspected(text: str) -> Iterator[Place]:
    yield from (match.span("day") for match in VALID.finditer(text))


def _registered(text: str) -> Iterator[Place]:
    yield from (match.span("day") for match in REGISTERED.finditer(text))


def _seller(text: str) -> Iterator[Place]:
    yield from _grouped(SELLER, text)


def _where(text: str) -> Iterator[Place]:
    yield from _grouped(WHERE, text)


def _painted(text: str) -> Iterator[Place]:
    yield from _grouped(PAINTED, text)


__all__ = ["of_vehicle"]
