"""
What something costs a month, and what it costs afterwards: "£9 a month for the first 6 months, then £14".

Rules only; nothing here asks a model.
"""

from __future__ import annotations

import re

from rag.extract import rows as tables
from rag.extract.fields import Field, in_words
from rag.extract.items import PRICED
from rag.extract.lexicon import bag
from rag.extract.telling import Told

N = r"\d{1,6}(?:[.,\u00a0 '’]\d{3})*(?:[.,]\d{1,2})?(?!\d)"
COIN = r"(?:[€£$¥]|EUR\b|GBP\b|USD\b|CHF\b|SEK\b|DKK\b|NOK\b|PLN\b|[Ee]uros?\b|pounds?\b|dollars?\b|kr\b|Fr\.|zł)"
MONEY = rf"(?:{COIN}\s?(?P<a>{N})|(?<![\w.,])(?P<b>{N})\s?{COIN})"
THEN = (
    r"(?:then|thereafter|afterwards?|after that|danach|anschließend|dann|hernach|puis|ensuite|par la suite|après"
    r"|después|luego|posteriormente|poi|dopo|successivamente|in seguito|daarna|vervolgens|därefter|sedan|derefter"
    r"|deretter|depois|potem|następnie"
    r"|(?:from|ab dem|à partir du|a partir del|dal|vanaf) (?:month |maand )?\d{1,2}(?:\.|th|º|e|er)?"
    r"\s?(?:month|Monat|mois|mes|mese|maand)?)"
)
MONTH = r"(?:month|mth|Monat|mois|mes|mese|maand|mês|månad|måned|mån|md|mies(?:iąc)?)\b"
LATER = re.compile(rf"\b{THEN}\b(?:[^.;\n]|[.](?=\d)){{0,40}}?{MONEY}", re.IGNORECASE)
MONTHLY = re.compile(
    rf"{MONEY}(?:\s\([^()\n]{{1,20}}\))?\s?(?:(?:/|per|an?|pro|im|je|par|au|al|por|ao|i|om|na|each|every)\s?{MONTH}"
    r"|monatlich|mensuels?|mensuales|mensili|maandelijks|monthly)",
    re.IGNORECASE,
)
BEFORE = re.compile(rf"\b{THEN}\b(?:[^.;\n]|[.](?=\d)){{0,40}}\Z", re.IGNORECASE)
AFTER = bag("after afterwards then later thereafter regular renewal danach après después dopo daarna")
MONTHS = bag("month months monthly monat monatlich mois mensuel mes mensual mese mensile maand")
OTHER = bag(
    "price fee cost costs amount rate charge per a the in eur euro euros gbp usd chf preis prix precio prezzo prijs"
)
SPAN = 60  # characters before a price in which it may be said that it is a later one


def stepped(text: str, one: Field) -> Told | None:
    """The price of a month that a field asks for, or the one that holds later."""
    words = frozenset(in_words(one.key[1]).split())
    if one.kind != "number" or not one.units & PRICED or words - OTHER - MONTHS - AFTER:
        return None
    if words & AFTER:
        return _said(text, LATER.search(text), one)
    if not words & MONTHS:
        return None
    found = (
        match
        for match in MONTHLY.finditer(text)
        if not BEFORE.search(text, max(0, match.start() - SPAN), match.start())
    )
    return _said(text, next(found, None), one)


def _said(text: str, match: re.Match[str] | None, one: Field) -> Told | None:
    if match is None:
        return None
    group = "a" if match["a"] else "b"
    value = tables.amount(match[group], whole=one.whole, comma=tables.comma_decimal(text))
    return None if value is None else Told(value, *match.span(group), "sentence")


__all__ = ["stepped"]
