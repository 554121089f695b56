"""
Numbers as words of the languages of Western Europe: "twelve", "forty-one", "vierzehn", "quatorze", "zes", "tredici".

Some are other words elsewhere ("due", "sei"): they are read where the noun that is counted stands behind them. Nothing
here knows fields.
"""

from __future__ import annotations

import re

LISTS = (
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
    " eighteen nineteen twenty",
    "eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn siebzehn"
    " achtzehn neunzehn zwanzig",
    "un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize dix-sept dix-huit"
    " dix-neuf vingt",
    "uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis diecisiete"
    " dieciocho diecinueve veinte",
    "uno due tre quattro cinque sei sette otto nove dieci undici dodici tredici quattordici quindici sedici"
    " diciassette diciotto diciannove venti",
    "één twee drie vier vijf zes zeven acht negen tien elf twaalf dertien veertien vijftien zestien zeventien"
    " achttien negentien twintig",
)
ONES = "a an one ein eine einen einem einer une un una een één"
TENS = {
    word: 10 * n
    for words in (
        "twenty thirty forty fifty sixty seventy eighty ninety",
        "zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig",
        "vingt trente quarante cinquante soixante",
        "veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa",
        "venti trenta quaranta cinquanta sessanta settanta ottanta novanta",
        "twintig dertig veertig vijftig zestig zeventig tachtig negentig",
    )
    for n, word in enumerate(words.split(), 2)
}
WORDS = {word: n for words in LISTS for n, word in enumerate(words.split(), 1)} | TENS
BELOW = "|".join(LISTS[0].split()[:9])
WORD = (
    rf"(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)[- ](?:{BELOW})"
    r"|(?:ein|zwei|drei|vier|fünf|sechs|sieben|acht|neun)und(?:zwanzig|dreißig|vierzig|fünfzig|sechzig|siebzig"
    r"|achtzig|neunzig)"
    "|" + "|".join(sorted(WORDS, key=len, reverse=True))
)
NUMBER = rf"(?:\d{{1,3}}(?:[.,' \u00a0\u202f]\d{{3}})+|\d{{1,7}}|{WORD})"


def number_of(said: str) -> int | None:
    """The whole number that a text writes in figures or in words; None if it is none."""
    said = " ".join(said.lower().split())
    if said[:1].isdigit():
        return int(re.sub(r"\D", "", said))
    if said in WORDS:
        return WORDS[said]
    if said in ONES.split():
        return 1
    for tens, value in TENS.items():
        if said.startswith(tens + "-") or said.startswith(tens + " "):
            return value + WORDS[said[len(tens) + 1 :]] if said[len(tens) + 1 :] in WORDS else None
        head = said.removesuffix("und" + tens)
        if head != said:
            return value + (1 if head == "ein" else WORDS.get(head, 0))
    return None


__all__ = ["NUMBER", "ONES", "WORD", "number_of"]
