"""
What values of a kind look like, wherever they stand: addresses of mail and of houses, days, times and spans of them,
telephone numbers, codes, currencies.

Patterns only.
"""

from __future__ import annotations

import re

from rag.quantities import SPELLED

EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]++@[\w-]+(?:\.[\w-]+)+")
URL = re.compile(
    r"(?:https?://|www\.)[^\s<>\"')\]]+"
    r"|(?<![\w@/.-])(?:[a-z0-9][a-z0-9-]*\.)+(?:com|org|net|io|dev|app|edu|gov|eu|uk|de|fr|es|it|nl|ch|at"
    r"|jp)\b(?:/[^\s<>\"')\],;]*)?(?!@)"
)
HANDLE = re.compile(r"(?<![\w/.])(?:@\w+(?:-\w+)*|(?<!\]\()#[^\W\d]\w++(?:-\w+)*+)")
PHONE = re.compile(
    r"(?<![\w.,/-])(?:\(\d{3}\)\s?|\d{3}-)\d{3}-\d{4}(?!\w)|(?<![\w.,/-])(?:\+"
    r"|\(?0)[\d \t\u00a0()./-]{5,18}\d(?![\w])|(?<![\w.,/-])(?:3\d\d|6\d\d|9\d\d) \d{3} \d{3,4}(?!\w|[.,]\d)"
)
TIME = re.compile(
    r"(?<![\d:.,])(?:[01]?\d|2[0-3])(?:\.[0-5]\d\s?(?:Uhr\b|[apAP]\.?[mM]\b|h\b)|\sh\s[0-5]\d\b)"
    r"|(?<=\bum )(?:[01]?\d|2[0-3])\.[0-5]\d(?![\d.])|(?<=\bat )(?:[01]?\d|2[0-3])\.[0-5]\d(?=[.,;\s](?![\d%€£$]))"
    r"|(?<![\d:.,])(?:[01]?\d|2[0-3])\.[0-5]\d(?=\s(?:bis|to|–|-|à)\s\d{1,2}\.\d\d\s?(?:Uhr|[ap]\.?m))"
    r"|(?<![\d:.,])(?:[01]?\d|2[0-3])(?::[0-5]\d(?::[0-5]\d)?|h[0-5]\d)(?![\d:])(?:\s?[apAP]\.?[mM]\b)?"
    r"|(?<![\d:.,])(?:[01]?\d|2[0-3])時(?:[0-5]?\d分|半)?"
    r"|(?:(?<=\bkl )|(?<=\bkl\. )|(?<=\bklockan )|(?<=\bklokken )|(?<=\bgodz\. )|(?<=\bgodzinie ))"
    r"(?:[01]?\d|2[0-3])(?:[.:][0-5]\d)?(?![\d:.,]\d|\d)"
    r"|(?<=\bore )(?:[01]?\d|2[0-3])(?![\d:.,]\d|\d)|(?<![\d:.,])(?:[01]?\d|2[0-3])(?:[.:][0-5]\d)?\s(?:uur|horas)\b"
    r"|(?<![\d:.,])(?:[01]?\d|2[0-3])\s?(?:Uhr\b|[apAP]\.?[mM]\b|h\b(?!\d))"
)
WEEKDAYS = (
    r"(?:[Mm]on|[Tt]ues|[Ww]ednes|[Tt]hurs|[Ff]ri|[Ss]atur|[Ss]un)day|(?:Mon|Diens|Donners|Frei|Sams|Sonn)tag"
    r"|Mittwoch"
    r"|(?:lun|mar|mercre|jeu|vendre|same)di|dimanche|lunes|martes|miércoles|jueves|viernes|sábado|domingo"
)
SEASONS = (
    r"[Ss]pring|[Ss]ummer|[Aa]utumn|[Ww]inter|Frühling|Frühjahr|Sommer|Herbst|printemps|été|automne|hiver"
    r"|primavera|verano"
    r"|otoño|invierno"
)
MONTHS = (
    r"January|February|March|April|May|June|July|August|September|October|November|December"
    r"|Januar|Februar|März|Mai|Juni|Juli|Oktober|Dezember|janvier|février|mars|avril|juin|juillet|août"
    r"|septembre|octobre"
    r"|novembre|décembre|enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|diciembre"
)
SPAN = re.compile(  # a time that is no day: "last Friday", "the first quarter of 2025", "in six weeks", "this summer"
    rf"(?:\b[Ll]ast|\b[Nn]ext|\b[Tt]his|\b[Ll]etzten?|\b[Nn]ächste[nrs]?|\b[Dd]iese[nrs]?)\s(?:{WEEKDAYS}"
    rf"|{SEASONS}|week|weekend|month"
    rf"|year|Woche|Monats?|Jahr|{MONTHS})\b(?:\s(?:morning|afternoon|evening|night))?"
    rf"|\b(?:{WEEKDAYS})\s(?:dernière?|prochaine?|pasado|próximo)\b|\b(?:la semaine|le mois) (?:dernière?"
    rf"|prochaine?)\b"
    r"|\b(?:the )?(?:first|second|third|fourth|1st|2nd|3rd|4th) (?:quarter|half) of (?:19|20)\d\d\b"
    r"|\bQ[1-4] (?:19|20)\d\d\b"
    r"|\b(?:erste[sn]?|zweite[sn]?|dritte[sn]?|vierte[sn]?) (?:Quartal|Halbjahr) (?:19|20)\d\d\b"
    r"|\b(?:premier|deuxième|troisième|quatrième) trimestre (?:19|20)\d\d\b"
    r"|\b(?:primer|segundo|tercer|cuarto) trimestre de (?:19|20)\d\d\b"
    rf"|\b(?:[Ee]arly|[Mm]id|[Ll]ate|Anfang|Mitte|Ende|début|fin)[ -](?:{MONTHS})(?: (?:19|20)\d\d)?\b"
    rf"|\b(?:{SEASONS}) (?:of )?(?:19|20)\d\d\b"
    r"|\b(?:in|within|binnen|dans|en|dentro de) (?:\d{1,2}|a|two|three|four|five|six|seven|eight|ten|twelve"
    r"|einer|zwei|drei|vier"
    r"|sechs|acht|une?|deux|trois|quatre|six|huit|dos|tres|cuatro|seis|ocho) (?:days?|weeks?|months?|years?"
    r"|Tagen?|Wochen?"
    r"|Monate?n?|Jahre?n?|jours?|semaines?|mois|ans?|días?|semanas?|mes(?:es)?|años?)\b"
    rf"|\b(?:{MONTHS}) (?:19|20)\d\d (?:and|to|until|bis|und|à|et|a|y) (?:{MONTHS}) (?:19|20)\d\d\b"
)
NUMBER_WORD = re.compile(
    r"(?<![\w-])(?:" + "|".join(word for word, number in SPELLED.items() if number > 1) + r")(?=[ -][^\W\d_]{3,})",
    re.IGNORECASE,
)
TOWN = r"(?:,?\s(?:[A-Z]-)?\d{4,5}\s[A-ZÀ-Þ][\w-]+(?:\s(?:am|an der|im|sur|de|la|del)?\s?[A-ZÀ-Þ][\w-]+)?)"
ADDRESS = re.compile(  # a street with its number, and the town behind it
    rf"\b(?:(?:Alte|Neue|Große|Kleine|Lange|Obere|Untere|Hohe)[rnms]?\s|(?:Am|An der|Im"
    rf"|Auf dem)\s)?[A-ZÄÖÜ][\w-]{{0,60}}(?:stra(?:ß|ss)e|str\.|weg|platz|allee|gasse|ring|damm"
    rf"|ufer)\s\d{{1,4}}\s?[a-z]?\b{TOWN}?"
    r"|(?:\b(?:Flat|Apartment|Unit|Suite)\s\w{1,4},\s)?\b\d{1,4}[a-z]?\s(?:[A-Z][\w'’]*\s){1,3}(?:Street|Road"
    r"|Lane|Avenue|Drive|Close|Court|Way"
    r"|Square|Place|Terrace|Crescent|Boulevard|St|Rd|Ave|Blvd)\b(?:,\s[A-Z][\w'’-]+(?:\s[A-Z][\w'’-]+)?)?"
    r"(?:,?\s(?:[A-Z]{1,2}\d[A-Z\d]?\s\d[A-Z]{2}|[A-Z]{2}\s\d{5}))?"
    rf"|\b\d{{1,4}}(?:\sbis|\ster)?,?\s(?:rue|avenue|boulevard|place|chemin|impasse|quai|allée)\s(?:(?:de|la|le"
    rf"|du|des|les|l['’])\s?)*"
    rf"[A-ZÀ-Þ][\w'’-]+(?:[\s-](?:(?:de|la|du)\s)?[A-ZÀ-Þ][\w'’-]+){{0,3}}{TOWN}?"
    rf"|\b(?:[Cc]alle|[Aa]venida|[Pp]laza|[Pp]aseo|[Vv]ia)\s(?:(?:de|la|el|del"
    rf"|los)\s)*[A-ZÀ-Þ][\w'’-]+(?:\s[\w'’-]+){{0,3}}?,?\s(?:n\.?º\s?)?\d{{1,4}}\b{TOWN}?"
)
TERM = re.compile(  # how long something is: "three months", "6 Wochen"
    r"\b(?:\d{1,3}|a|one|two|three|four|five|six|seven|eight|ten|twelve|einem|einer|zwei|drei|vier|fünf|sechs"
    r"|acht|zehn|zwölf|une?"
    r"|deux|trois|quatre|six|huit|dos|tres|cuatro|seis|ocho)[ -](?:days?|weeks?|months?|years?|hours?|minutes?"
    r"|Tagen?|Wochen?"
    r"|Monaten?|Jahren?|Stunden?|Minuten?|jours?|semaines?|mois|ans?|heures?|días?|semanas?|meses|mes|años?|horas?)\b"
)
VERSION = re.compile(r"(?<![\w.])v?\d+\.\d+(?:\.\d+)+(?:-[\w.]+)?(?:\+[\w.]*\w)?(?![\w.]*\w)")
PATH = re.compile(r"(?<![\w/:.<])/(?:[\w.~-]+/?)+(?:\?[^\s\"]*)?")
STAMP = re.compile(
    r"\d{1,2}/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d(?: [+-]\d{4})?|(?<!\w)[A-Z][a-z]{2} +\d{1,2} \d\d:\d\d:\d\d"
    r"|(?<!\d)\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?"
)
NUMERAL = re.compile(r"[-+]?\d{1,15}(?:\.\d+)?")
CODE = re.compile(r"(?<![\w@/.-])(?=[\w/.-]*\d)[^\W_]+(?:[-/_.][^\W_]+)*(?![\w@/-])")
LETTERED = re.compile(r"[A-Z]{1,4}[-/]\d{3}|[A-Z]{3,5}-\d")
PLATE = re.compile(
    r"\b[A-Z]{2}\d{2}\s[A-Z]{3}\b|\b[A-ZÄÖÜ]{1,3}[- ][A-Z]{1,2}\s\d{1,4}\b|\b[A-Z]{2}-\d{3}-[A-Z]{2}\b"
    r"|\b\d{4}\s[A-Z]{3}\b"
)
IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b")
# Groups of digits that are one number of something together: "GB 284 1193 06", "Konto 12 3456 789", "0284 1193 06".
GROUPS = r"\d{2,}(?: \d{2,})+(?![.,]?\d|\s?(?:[€$£%]|EUR|USD|GBP|CHF))"
POSTED = r"[A-Z]{2}[ ]?\d(?:[ ]?\d){8}[ ]?[A-Z]{2}(?!\w)"  # of a parcel: "RB 447 120 885 GB"
IDENTIFIER = re.compile(
    rf"(?<![\w.,/-]){POSTED}|(?<![\w.,/-])(?!EUR|USD|GBP|CHF)[A-Z]{{2,3}} {GROUPS}"
    rf"|(?:(?<=\bNo )|(?<=\bNo\. )|(?<=\bNr )|(?<=\bNr\. )|(?<=\bID )|(?<=[Nn]umber )|(?<=[Nn]ummer )"
    rf"|(?<=[Aa]ccount )"
    rf"|(?<=\bKonto )|(?<=[Nn]° )|(?<=[Nn]umber: )|(?<=[Nn]ummer: )|(?<=\bID: )|(?<=[Nn]o: )|(?<=[Nn]r: )){GROUPS}"
    rf"|(?:(?<=[Nn]umber \| )|(?<=[Nn]ummer \| )|(?<=[Nn]o\. \| )|(?<=[Nn]r\. \| )|(?<=[Nn]° \| )){GROUPS}"
    r"|(?<=[Ss]ort code )\d\d[- ]\d\d[- ]\d\d(?!\d)|(?<=[Ss]ort code: )\d\d[- ]\d\d[- ]\d\d(?!\d)"
)
ZEROED = re.compile(rf"(?<![\w.,/-])(?!\d{{1,3}}(?: \d{{3}}){{1,9}}(?! ?\d))(?=(?:\d+ ){{0,9}}0\d){GROUPS}")
CURRENCY = re.compile(
    r"(?<!\w)(?:US|NZ|AU?|CA?|HK|SG?|R|MX)\s?\$|[€$£¥￥]|\b(?:[Ee]uros?|dollars?|pounds?|kroner|kronor|francs?"
    r"|Franken|pesos?|EUR|USD|GBP|CHF|JPY|CNY|CAD|AUD|NZD|HKD|SGD|SEK|NOK|DKK|PLN|INR)\b|円"
)
