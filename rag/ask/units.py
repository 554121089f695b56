"""
Is a number one of what a question counts: money, years, metres, or the things that it names?

The unit that a question asks for must stand at the number, or the noun that it counts. Pure functions over text.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from rag.ask.words import stems

UNIT = r"(?<![^\W\d_])(?:"  # a unit may be written at its number: 200lb
# What a question for a number asks for, and what must stand with the number then; the first that asks decides.
UNITS = tuple(
    (re.compile(rf"\b(?:{asks})", re.IGNORECASE), re.compile(fits.replace(r"\b(?:", UNIT), re.IGNORECASE))
    for asks, fits in (
        (r"how often|wie oft|how many times", r"(?!)"),
        (r"percent|proportion|what share|prozent", r"%|\bper ?cent\b"),
        (
            r"how much (?:is|are|was|were|for)\b|costs?\b|prices?\b|pays?\b|paid\b|"
            r"charged?\b|fees?\b|salary|worth|rent\b|kostet|how much money|wie teuer"
            r"|wie hoch\b.*(?:beitrag|beiträge|miete|pacht|preis|kosten|gebühr\w*|kaution|strafe|gehalt|lohn)\b",
            r"[$€£¥]|\b(?:euros?|eur|usd|dollars?|cents?|pounds?|gbp|francs?|chf|yen|rupees?|kronen|free)\b",
        ),
        (
            r"how old|what age|age\b|wie alt",
            r"\b(?:years?|months?|weeks?|days?|old|aged?|jahren?|ans|años)\b|^(?:, |s )\d{1,3}(?![\w-])|\(\d{1,3}\)"
            r"|\b(?:1\d{3}|20\d{2})\b",
        ),
        (
            r"how (?:far|deep|tall|high|wide|large)|distance|height|depth|width|wie (?:weit|tief|hoch|breit|groß)",
            r"\b(?:[ckm]?m|(?:centi|kilo|milli)?met(?:re|er)s?|feet|foot|ft|inch(?:es)?|miles?|acres?|hectares?|m²|pixels?|px)\b"
            r"|\b[km]?m²",
        ),
        (r"how fast|speed|wie schnell", r"km/h|mph|m/s|\bknots?\b|per (?:second|hour|minute)"),
        (r"how (?:hot|cold|warm)|temperature|wie (?:heiß|warm|kalt)", r"°|\bdegrees?\b|\bgrad\b"),
        (
            r"how heavy|weighs?\b|weight|wie schwer",
            r"\b(?:[km]?g|grams?|kilos?|tons?|tonnes?|pounds?|lbs?|ounces?|oz)\b",
        ),
        (
            r"how long|duration|wie lange|how (?:late|soon)",
            r"\b(?:ms|seconds?|secs?|s|minutes?|mins?|hours?|h|days?|weeks?|months?|years?|decades?|century|centuries|met(?:re|er)s?"
            r"|km|feet|miles?|sekunden?|minuten?|stunden?|tagen?|wochen?|monaten?|jahren?)\b",
        ),
    )
)
COUNTED = re.compile(  # and what is counted, up to the verb if that is a common one
    r"\b(?:how (?:many|much)|wie ?viele?|combien|cu[aá]nt[oa]s?)\b(.*?)"
    r"(?=\b(?:do|does|did|is|are|was|were|has|have|had|can|could|should|will|would|must)\b|$)",
    re.IGNORECASE,
)
MEASURES = {  # what is counted by a unit, as questions and as texts say it
    "kilo kilos kilogram kilograms": "kg", "gram grams": "g", "kilometre kilometres kilometer kilometers": "km",
    "metre metres meter meters": "m", "centimetre centimetres centimeter centimeters": "cm",
    "millimetre millimetres millimeter millimeters": "mm", "litre litres liter liters": "l",
    "hour hours": "h", "minute minutes": "min", "second seconds": "s", "euro euros": "€", "dollar dollars": "$",
    "pound pounds": "£", "percent": "%", "degree degrees": "°", "grad": "°",
}  # fmt: skip
MEASURED = re.compile(r"[$€£]|\d\s?(mm|cm|km|m|kg|mg|g|ml|l|[%€$£°])(?!\w)")
COUNTING = frozenset(stems(" ".join(MEASURES)))


ENDS = re.compile(r"[,;|\n]|\.\s|\d|[$€£¥]")  # where what stands beside a number ends: the next has a unit of its own
AGED = re.compile(r"\baged?(?: of)? $", re.IGNORECASE)


def beside(text: str, start: int, end: int) -> str:
    """A number with the unit that stands next to it."""
    aged = AGED.search(text, max(0, start - 10), start)
    return text[aged.start() if aged else max(0, start - 2) : end] + ENDS.split(text[end : end + 14])[0]


def counts(question: str, around: str, asked: Collection[str]) -> bool:
    """Is it a number of what the question counts? The unit that it asks for, or its noun, must stand there."""
    for asks, fits in UNITS:
        if asks.search(question):
            return bool(fits.search(around))
    counted = COUNTED.search(question)
    if counted and (unit := next((u for words, u in MEASURES.items() if {*words.split()} & {*counted[1].split()}), "")):
        return (
            bool(re.search(rf"(?<![^\W\d_]){re.escape(unit)}(?!\w)", around)) or counted[1].split()[0].lower() in around
        )
    if counted and MEASURED.search(around):
        return False
    return not counted or bool(set(stems(around)) & (set(asked).intersection(stems(counted[1])) or set(asked)))
