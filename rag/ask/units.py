"""
Is a number one of what a question counts: money, years, metres, or the things that it names?

The unit that a question asks for must stand at the number, or the noun that it counts. Pure functions over text.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from rag import folding, languages
from rag.ask.words import stems

TOLD_IN = frozenset("""
    celsius centigrade fahrenheit kelvin milligram gram gramme kilogram kilo tonne ounce pound stone millimetre
    millimeter centimetre centimeter metre meter kilometre kilometer inch inches foot feet yard mile acre hectare
    millilitre milliliter centilitre litre liter pint quart gallon teaspoon tablespoon second minute hour day week month
    year decade watt kilowatt volt ampere amp joule calorie kilojoule hertz pascal bar knot degree percent percentage
    bit byte kilobyte megabyte gigabyte terabyte pixel euro dollar cent penny pence franc crown krona krone yen
""".split())  # fmt: skip  # noqa: SIM905
UNIT = r"(?<![^\W\d_])(?:"  # a unit may be written at its number: 200lb
# What a question for a number asks for, and what must stand with the number then; the first that asks decides.
UNITS = tuple(
    (
        re.compile(rf"\b(?:{folding.loosely(asks)})", re.IGNORECASE),
        re.compile(fits.replace(r"\b(?:", UNIT), re.IGNORECASE),
    )
    for asks, fits in (
        (
            r"how often|how frequently|wie (?:oft|häufig)|à quelle fréquence|con qué frecuencia|ogni quanto"
            r"|con che frequenza|com que frequência|hoe vaak|tous les combien",
            r"",  # what is looked for says how often
        ),
        (r"how many times", r"(?!)"),
        (
            r"how much (?:\w+ )?(?:memory|ram|space|storage|disk)|wie viel (?:arbeits)?speicher"
            r"|combien de (?:mémoire|ram|stockage|espace)|cuánt[oa] (?:memoria|ram|espacio|almacenamiento)"
            r"|quant[oa] (?:memoria|ram|spazio|memória|espaço)|hoeveel (?:geheugen|ram|opslag|schijfruimte)",
            r"\b(?:[kmgt]i?b|(?:kilo|mega|giga|tera)?bytes?)\b",
        ),
        (
            r"percent|proportion|what share|prozent|pourcent|pour cent|porcentaje|por ciento|per cento|percentual"
            r"|p[eo]rcentagem|por cento|procent",
            r"%|\bper ?cent\b|\bprozent\b|\bpour cent\b|\bpor ciento\b|\bper cento\b|\bpor cento\b|\bprocent\b",
        ),
        (
            r"how much (?:is|are|was|were|for)\b|costs?\b|prices?\b|pays?\b|paid\b|"
            r"charged?\b|fees?\b|salary|worth|rent\b|kostet|how much money|wie teuer"
            r"|(?:combien|cu[aá]nto|quanto|quant['’]|hoeveel)\b.*\b(?:co[uû]t\w*|cuest\w*|cost[aoó]\w*|cust[ao]\w*|kost(?:en)?"
            r"|vaut|vale\w*|pa(?:ga|ie|ye)\w*|betaal\w*|betalen)\b"
            r"|was kosten|preis\w*|quel(?:le)? (?:est )?(?:le |la )?(?:prix|tarif|coût)|precios?|prezz[oi]|preços?"
            r"|prijs|tarif[ae]s?|wat kost"
            r"|wie hoch\b.*(?:beitrag|beiträge|miete|pacht|preis|kosten|gebühr\w*|kaution|strafe|gehalt|lohn)\b",
            r"[$€£¥]|\b(?:euros?|eur|usd|dollars?|cents?|pence|penny|pounds?|gbp|francs?|chf|yen|rupees?|kronen|free|pesetas?|marks?"
            r"|kr|zł|forint|shillings?|gratis|gratuit\w*|grátis|kostenlos|reais)\b|\d[.,]\d\d(?![\d.,])|\d ?k\b"
            r"|\dk? ?(?:/ ?|per |an? |each |pro )[^\W\d_]",
        ),
        (  # a year tells how old a house is, and not somebody at a time
            r"how old\b.*\b(?:when|before|at)\b|at what age|wie alt\b.*\b(?:als|wenn|bei)\b",
            r"\b(?:years?|months?|weeks?|days?|old|aged?|jahren?|ans|años)\b|^(?:, |s )\d{1,3}(?![\w-])|\(\d{1,3}\)",
        ),
        (
            r"how old|what age|age\b|wie alt|quel âge|qué edad|cuántos años|quanti anni|che età|que idade|quantos anos"
            r"|hoe oud",
            r"\b(?:years?|months?|weeks?|days?|old|aged?|jahren?|ans|años)\b|^(?:, |s )\d{1,3}(?![\w-])|\(\d{1,3}\)"
            r"|\b(?:1\d{3}|20\d{2})\b",
        ),
        (
            r"how (?:far|deep|tall|high|wide|large)|distance|height|depth|width|wie (?:weit|tief|hoch|breit|groß)"
            r"|quelle (?:est (?:la )?)?(?:distance|hauteur|largeur|profondeur|longueur)|à quelle (?:distance|hauteur)"
            r"|(?:qué|cuál(?: es la)?) (?:distancia|altura|anchura|profundidad|longitud)"
            r"|qual(?:e|['’]è)? (?:é |è )?(?:la |l['’]|a )?(?:distanza|altezza|larghezza|profondità|lunghezza|altura"
            r"|largura|profundidade|distância|comprimento)|hoe (?:ver|hoog|diep|breed|groot)",
            r"\b(?:[ckm]?m|(?:centi|kilo|milli)?m[eè]t(?:re|er)s?|(?:centí|kiló|milí|cent[iì]|chil[oò]|mill[iì])?metr(?:os?|i)|feet|foot|ft|inch(?:es)?|miles?|acres?|hectares?|m²|pixels?|px|[kmgt]i?b"
            r"|bytes?)\b|\b[km]?m²|°(?!\s?[cf])",
        ),
        (
            r"how fast|speed|wie schnell|(?:à )?quelle vitesse|qué velocidad|che velocità|que velocidade|hoe snel",
            r"km/h|mph|m/s|\bknots?\b|per (?:second|hour|minute|uur|seconde)|pro (?:sekunde|stunde)"
            r"|par (?:seconde|heure)|por (?:segundo|hora)|al secondo|all['’]ora",
        ),
        (
            r"how (?:hot|cold|warm)|temperature|wie (?:heiß|warm|kalt)|température|temperatur"
            r"|hoe (?:heet|warm|koud)",
            r"°|\bdegrees?\b|\bgrad\b|\bdegrés?\b|\bgrados?\b|\bgradi\b|\bgraus?\b|\bgraden\b",
        ),
        (
            r"how heavy|weighs?\b|weight|wie schwer|gewicht|poids|(?:combien|cuánto|quanto) p[eè]s[ae]n?\b|hoe zwaar",
            r"\b(?:[km]?g|grams?|gramm(?:es?|i|o)?|gram[oa]s?|kilos?|kilogramm\w*|tons?|tonnes?|pounds?|lbs?|ounces?|oz)\b",
        ),
        (
            r"how long|duration|wie lange|how (?:late|soon)|combien de temps|quelle (?:est la )?durée"
            r"|(?:combien|cuánto|quanto) (?:dur\w+|tard\w+|demor\w+)|cuánto tiempo|quanto tempo"
            r"|quanto (?:ci (?:vuole|mette)|leva)|hoe ?lang"
            r"|(?:qué|cuál es la) duración|durata|duração|duur\b",
            r"\b(?:ms|seconds?|secs?|s|minutes?|mins?|hours?|h|days?|weeks?|months?|years?|decades?|century|centuries|met(?:re|er)s?"
            r"|[ckm]?m|ft|feet|miles?|characters?|letters|words|lines|pages|bytes|sekunden?|minuten?|stunden?|tagen?|wochen?|monaten?|jahren?"
            r"|second(?:e|i|es|en)|segundos?|minut(?:o|os|i|en|y)?|heures?|horas?|or[ae]|uur|uren"
            r"|jours?|d[ií]as?|giorn[oi]|dag(?:en)?|semaines?|semanas?|settiman[ae]|weken|mois|mes(?:es|i|e)?|mês|maand(?:en)?"
            r"|an(?:s|née|nées|no|ni)|a[ñn]os?|jaar|jaren|mètres?|metr(?:os|i)|letras|páginas|pagine|caractères"
            r"|caracteres|caratteri|zeichen|tekens)\b",
        ),
    )
)
COUNTED = re.compile(  # and what is counted, up to the verb if that is a common one, or to a preposition
    folding.loosely(
        r"\b(?:how (?:many|much)|wie ?viele?|combien|cuánt[oa]s?|quant[oiae]s?|hoeveel)\b(.*?)"
        r"(?=\b(?:do|does|did|is|are|was|were|has|have|had|can|could|should|will|would|must|for|in|at|with|from|per|until"
        r"|before|after|under|over|für|mit|pro|hat|haben|hatten?|ist|sind|war|waren|kann|können|darf|dürfen|muss|müssen"
        r"|gibt|braucht|est|sont|était|ont|avons|avez|peut|peuvent|faut|doit|doivent|par|pour|dans|sur|avec|sans|avant"
        r"|après|hay|tienen?|puede[ns]?|debe[ns]?|por|para|con|desde|hasta|antes|después|è|é|sono|hanno|può|possono|deve"
        r"|devono|ci|nel|são|tem|têm|há|podem?|devem?|em|zijn|heeft|hebben|kan|kunnen|mag|moet|er|voor|op|bij)\b|$)"
    ),
    re.IGNORECASE,
)
MEASURES = {  # what is counted by a unit, as questions and as texts say it
    "kilo kilos kilogram kilograms kg": "kg", "gram grams g": "g", "kilometre kilometres kilometer kilometers km": "km",
    "metre metres meter meters": "m", "centimetre centimetres centimeter centimeters cm": "cm",
    "millimetre millimetres millimeter millimeters mm": "mm", "litre litres liter liters": "l",
    "millilitre millilitres milliliter milliliters ml": "ml", "milligram milligrams mg": "mg",
    "hour hours": "h", "minute minutes": "min", "second seconds": "s", "euro euros": "€", "dollar dollars": "$",
    "pound pounds": "£", "percent": "%", "degree degrees": "°", "grad": "°",
}  # fmt: skip
MEASURED = re.compile(r"[$€£]|\d\s?(mm|cm|km|m|kg|mg|g|ml|l|[%€$£°])(?!\w)")
COUNTING = frozenset(stems(" ".join(MEASURES)))


ENDS = re.compile(r"[,;|\n]|\.\s|\d|[$€£¥]")  # where what stands beside a number ends: the next has a unit of its own
BEFORE = re.compile(r"(?:[\w)\]]\s*[+*^×·√]|(?<!\w)\w\s?[-−]|\)\s*[-−/]|[\w)]\s*[≥≤<>]=?|[a-zA-Z)]/|\d/)\s*$")
AFTER = re.compile(r"\(|[ \t]?[+*^×·√][ \t]?[\w(]|[ \t]?[-−][ \t]?\(?[a-zA-Z](?!\w)|/\(?[a-zA-Z](?!\w)")
SEASON = re.compile(r"(?:1\d|20)\d\d/\d")
NOUN = re.compile(r"[ -]([^\W\d_]+)")
KINDS = {"working", "business", "calendar", "school", "full", "whole", "consecutive", "square", "cubic", "nautical",
         "fluid", "extra", "additional", "more", "further", "paid", "unpaid", "free", "metric"}  # fmt: skip
AGED = re.compile(r"\baged?(?: of)? $", re.IGNORECASE)


MUCH = re.compile(  # and the stuff of which it is asked how much there is, in one word or two
    r"\b(?:how much|wie ?viel|combien de|cu[aá]nt[oa]|quant[oa]|hoeveel)\s+([^\W\d_]{3,}"
    r"(?: (?!(?:do|does|did|is|are|was|were|in|for|per|into|goes?)\b)[^\W\d_]{3,})?)",
    re.IGNORECASE,
)
MEASURE = r"(?:[ckm]?g|mg|[cdm]?l|[ckm]?m|lbs?|oz|tsp|tbsp|cups?|litres?|liters?|grams?|kilos?|pinch(?:es)?|spoons?)"
BETWEEN = r"(?:[ -](?!(?:in|with|for|to|into|from|per|at|on|and|or)\b)(?:of |de |d['’])?[^\W\d_]+){0,2}?"


def measures(word: str) -> bool:
    """Is it what something is told in, of which texts have a sign ("200 °C", "£5")? In English."""
    folded = word.lower()
    return folded in TOLD_IN or folded.removesuffix("s") in TOLD_IN


def amount(question: str, text: str, start: int, end: int) -> bool:
    """Is it how much there is of the stuff that a question asks for, right beside it: "225 g sugar", "Salt: 20 g"?"""
    asked = MUCH.search(question)
    if not asked:
        return False
    stuff = rf"{re.escape(asked[1])}s?"
    size = rf"[\d.,/ ½¼¾-]+\s?{MEASURE}(?!\w)"
    after = re.compile(rf"{size}{BETWEEN}[ -](?:of |de |d['’])?{stuff}(?!\w)", re.IGNORECASE)
    before = re.compile(rf"(?<!\w){stuff}(?::| is| are| =|\s?\.{{2,}})?\s+\Z", re.IGNORECASE)
    measured = re.compile(size, re.IGNORECASE).match(text, start)
    return bool(measured and (after.match(text, start) or before.search(text, 0, start)))


def beside(text: str, start: int, end: int) -> str:
    """A number with the unit that stands next to it."""
    aged = AGED.search(text, max(0, start - 10), start)
    after = ENDS.split(text[end : end + 14])[0]
    if text[start - 1 : start] != "(":
        after = after.partition(")")[0]  # of "(with 5 players: 7) and coins" the coins are not counted
    return text[aged.start() if aged else max(0, start - 2) : end] + after


def piece(text: str, start: int, end: int) -> bool:
    """Is it a piece of a formula or of a season: 1 of "2(N-1)", 3m of "3m + 1", 24 of "2023/24"?"""
    return bool(BEFORE.search(text, max(0, start - 6), start) or AFTER.match(text, end) or SEASON.match(text, start))


def whole(question: str, text: str, start: int, end: int) -> int:
    """Where a number ends with the noun that it counts: "30 working days", not "30 working"."""
    after = NOUN.match(text, end)
    last = text[start:end].rpartition(" ")[2].lower()
    counted = COUNTED.search(question)
    nouns = set(stems(counted[1])) if counted and "much" not in counted[0].lower() else set()
    if after and languages.idle(folding.fold(after[1])):
        return end
    noun = after and (last in KINDS or nouns.intersection(stems(after[1])))
    return after.end() if after and noun and last.isalpha() and not nouns.intersection(stems(last)) else end


def asked(question: str) -> re.Pattern[str] | None:
    """What must stand with a number that answers: the sign of a currency, a length of time; None if anything may."""
    return next((fits for asks, fits in UNITS if asks.search(question)), None)


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
    if counted and not counted[1].strip() and not counted[0].lower().startswith("how"):
        return True  # "quanto é a caução": what is counted is not said
    return not counted or bool(set(stems(around)) & (set(asked).intersection(stems(counted[1])) or set(asked)))
