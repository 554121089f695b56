"""
What a question asks for that can be known by its form: an amount of money, a number, a phone number, an e-mail address.

    missing    what it asks for, if no text shown has anything that can be it

A number of something else is no price: "a limit of 5 vaults", "for six years"; nor is one of an address, of the markup
of a picture or of a day. What may be one after all ("8d", "deposit 800") counts. Pure functions over text.
"""

from __future__ import annotations

import re

from rag import languages
from rag.ask import questions, units
from rag.ask.marks import DATE, YEAR, spans, unaddressed
from rag.ask.words import stems

MEASURES = (
    r"(?:size|number|amount|length|width|height|depth|weight|age|price|cost|fee|rate|speed|limit|temperature|distance"
    r"|duration|percentage)"
)
MONEY = r"(?:price|cost|fee|fare|salary|wage|pay|rent|deposit|fine|budget|tax)"
PHONE, MAIL, SUM, NUMBER = "phone number", "e-mail address", "amount of money", "number"
WRITTEN = (  # asked for by its name, and how it is written
    (
        PHONE,
        re.compile(
            r"\b(?:(?:tele)?phone|mobile|cell|fax) (?:number|no\.?)\b|\btelefonnummer|\bnuméro de téléphone"
            r"|\bnúmero de tel[eé]fono|\bnumero di telefono|\btelefoonnummer",
            re.IGNORECASE,
        ),
        re.compile(r"\d(?:[\s()./–-]{0,3}\d){4}"),
    ),
    (
        MAIL,
        re.compile(r"\be-?mail[ -]?ad+res|\b(?:adresse|dirección|indirizzo)(?: de)? e-?mail", re.IGNORECASE),
        re.compile(r"\w ?(?:@|\(at\)|\[at\]) ?\w|\b\w+ at \w+ dot \w", re.IGNORECASE),
    ),
)  # fmt: skip
AMOUNT = re.compile(  # "what is the size of …", "maximum size of …"
    r"\s*(?:(?P<asks>what(?:['’]s| is| was| are| were)?|which) )?(?:(?:the|my|our|your|its|their) )?(?:[\w-]+ )?"
    rf"(?:{MEASURES}|(?P<money>{MONEY}))\b",
    re.IGNORECASE,
)
COSTS = re.compile(rf"\b(?:{MONEY}|costs?|charged?|paid|pays?|earns?|money|expensive)s?\b", re.IGNORECASE)
HOW_MUCH = re.compile(r"\bhow much (?:is|are|was|were|does|do|did|for)\b(?! it take)", re.IGNORECASE)
ASKS = re.compile(
    r"\b(?:was|wie|welche\w*|combien|quel(?:le)?s?|cu[aá]nt[oa]s?|qu[eé]|quant[oaie]|che|cosa|hoeveel|wat)\b",
    re.IGNORECASE,
)
MANY = re.compile(r"\b(?:none|never|always|unlimited|free|both|single|couple|pair|several)\b", re.IGNORECASE)
NONE = re.compile(r"\b(?:no|not any|without|all|every|each) ((?:[\w-]+ )?[\w-]+)", re.IGNORECASE)
FREE = re.compile(
    r"\b(?:free|nothing|unlimited|included|no (?:charge|cost|fee|extra)|kosten(?:los|frei)\w*|gr[aá]tis|umsonst|nichts"
    r"|inbegriffen|inklusive|gratuit\w*|rien|incl?us\w*|inclu[ií]d\w*|nada|compres[oaie]|niente|niets)\b",
    re.IGNORECASE,
)
ITEM = re.compile(r"^[ \t]*(?:#+[ \t]+)?\(?\d{1,3}[.)](?=[ \t])", re.MULTILINE)
WORD = re.compile(r"[ \u00a0-]([^\W\d_]+)$")
OF = frozenset(  # what may follow a price
    ("per", "each", "a", "an", "for", "in", "on", "pro", "je", "im", "par", "por", "al", "la", "le", "el", "il", "de")
)


def missing(question: str, said: str) -> str:
    """What a question asks for, if the text that is shown has nothing that can be it: one of the four above, or ""."""
    wanted = questions.wants(question)
    foreign = languages.foreign(question)
    if wanted in ("how", "date") or (wanted == "yes or no" and not foreign) or questions.explains(question):
        return ""  # "was kostet …" begins like "was it …"
    for name, asks, written in WRITTEN:
        if asks.search(question):
            return "" if written.search(_plain(said) if name == PHONE else said) else name
    if foreign:  # of whose other numbers the words are not known
        costs = ASKS.search(question) and units.UNITS[MONEYED][0].search(question)
        return SUM if costs and not _price(question, said) else ""
    amount = AMOUNT.match(question)
    asked = bool(amount and (amount["asks"] or not question.rstrip().endswith("?")))
    if _of_money(question, wanted, asked):
        return "" if _price(question, said) else SUM
    if units.asked(question) is not None:
        return ""  # it may be told without a number, as how long something takes
    if wanted != "number" and not asked:
        return ""
    return "" if questions.DIGITS.search(_plain(said)) or MANY.search(said) or _has_none(question, said) else NUMBER


def _has_none(question: str, said: str) -> bool:
    """Does the text say that there is none of what is counted: "a company with no offices"?"""
    counted = units.COUNTED.search(question)
    asked = set(stems(counted[1])) if counted else set[str]()
    return any(asked.intersection(stems(found[1])) for found in NONE.finditer(said))


def _of_money(question: str, wanted: str, asked: bool) -> bool:
    """Is it asked what something costs, or what somebody is paid?"""
    if wanted == "number":
        return bool((COSTS.search(question) and units.UNITS[MONEYED][0].search(question)) or HOW_MUCH.search(question))
    return asked and COSTS.search(question) is not None


def _plain(said: str) -> str:
    """A text without addresses, markup of pictures and days."""
    return DATE.sub(lambda found: found[0] if found[0].isdecimal() else " " * len(found[0]), unaddressed(said))


def _price(question: str, said: str) -> bool:
    """Has the text what can be an amount of money?"""
    text = ITEM.sub(lambda found: " " * len(found[0]), _plain(said))
    return FREE.search(text) is not None or any(
        _can_be_price(question, text, start, end) for start, end in spans("number", text)
    )


def _can_be_price(question: str, text: str, start: int, end: int) -> bool:
    around, number = units.beside(text, start, end), text[start:end]
    if any(money.search(around) for money in (*units.UNITS[MONEYED], COSTS)):
        return True
    if re.fullmatch(rf"{YEAR}|\d+(?:st|nd|rd|th)", number, re.IGNORECASE):
        return False
    if "%" in number:
        return True  # a part of a price
    measured = re.search(rf"\d\s?{units.MEASURE}(?!\w)|°", number)
    if measured:
        return COSTS.search(question) is None  # "how much is the dose"
    word = WORD.search(number)
    return word is None or word[1].lower() in OF


MONEYED = next(at for at, (asks, _) in enumerate(units.UNITS) if asks.search("salary"))  # the unit of money

__all__ = ["missing"]
