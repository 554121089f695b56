"""
What news of a firm says: revenue, profit, growth, what was raised, its staff, who leads it, whom the press asks.

    Umsatz von 186,3 Mio. Euro      Revenue   GBP 41.2m   -6.4%      said Joanna Keel, chief executive

The amount nearest to the word for it in its clause is taken, first behind it. Rules only; nothing here asks a model.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rag.extract.fields import Field, in_words
from rag.extract.lexicon import bag
from rag.extract.scales import CENTS, SCALES
from rag.extract.telling import Told
from rag.quantities import Quantity, quantities

FAR, LONGEST = 90, 400  # characters between a word and its amount; of a clause behind it
METRICS = {
    "revenue": r"revenues?|turnover|net sales|sales|[Uu]ms[aä]tz\w*|[Cc]hiffre d['’]affaires|facturaci[oó]n|ingresos"
    r"|ventas|fatturato|ricavi|omzet",
    "profit": r"(?:net |operating |pre-?tax )?profits?(?: after tax)?|net income|earnings after tax|loss(?:es)?"
    r"|\w*[Gg]ewinn|\w*[Üü]berschuss"
    r"|[Vv]erlust\w*|bénéfice(?: net)?|résultat net|pertes?|beneficio(?: neto)?|pérdidas?|utile(?: netto)?"
    r"|perdit[ae]|(?:netto)?winst|verlies",
    "raised": r"rais(?:es|ed|ing)?|(?:funding|financing|investment|seed|[Ss]eries [A-F]) round|secur(?:es|ed)"
    r"|lève(?:nt)?|levée|tour de table"
    r"|[Ff]inanzierung\w*|sammelt|erhält|levanta|ronda|raccoglie|haalt",
}
WAYS = {name: re.compile(rf"(?<![\w-])(?:{said})(?!\w)", re.IGNORECASE) for name, said in METRICS.items()}
OTHERS = re.compile("|".join(f"(?:{way.pattern})" for way in WAYS.values()), re.IGNORECASE)
ASKS = {
    "revenue": bag("revenue revenues turnover sales umsatz facturación fatturato omzet"),
    "profit": bag("profit income loss gewinn überschuss jahresüberschuss bénéfice beneficio utile earnings"),
    "raised": bag("raised funding raise round investment"),
}
PLAIN = bag("net total amount annual quarterly group eur usd gbp euro of in the after tax million full year")
LOST = re.compile(r"loss|verlust|perte|pérdida|perdit|verlies", re.IGNORECASE)
MONEY = re.compile(r"(?:[€$£¥]|\b(?:EUR|USD|GBP|CHF|euros?|Euro|dollars?|pounds)\b)")
FACTOR = re.compile(
    r"[ \u00a0\u202f]?(?:m|M|mn|bn|k|Mio|Mrd|Md"
    r"|million\w*|billion\w*|mill(?:ones|iards?|ioni)|milliard\w*|Million\w*|Milliard\w*)\b"
)
GROWTH = bag("growth increase change wachstum croissance crecimiento crescita groei")
DOWN = re.compile(
    r"\b(?:down|fell|fall\w*|decreas\w+|declin\w+|dropp?\w*|lower|shrank|sank|gesunken|sinkt|Rückgang|zurück|minus"
    r"|baiss\w+|recul\w*|caída|baja\w*|cay[oó]"
    r"|descen\w+|calo|daling|gedaald)\b",
    re.IGNORECASE,
)
STAFF = re.compile(
    r"(?<![\w.,])(?P<n>\d{1,3}(?:[.,' \u00a0\u202f]\d{3})+|\d{1,6})\s(?:(?:full-time|people|más"
    r"|de sus)\s)?(?:employees|people|staff|workers|Mitarbeiter\w*|Beschäftigte\w*|Angestellte\w*"
    r"|salariés?|salariées?|collaborateurs|personnes|empleados|puestos de trabajo|trabajadores|dipendenti"
    r"|medewerkers|werknemers)\b"
)
STAFFED = bag(
    "employees staff"
    " headcount workforce mitarbeiter beschäftigte salariés effectif empleados plantilla dipendenti medewerkers"
)
TITLE = r"(?:(?:Dr|Prof|Sir|Dame)\.?\s)?"
NAME = rf"{TITLE}[A-ZÀ-Þ][\w'’-]+(?:\s(?:(?:de|von|van|der|di|da|la)\s)?[A-ZÀ-Þ](?:\.|[\w'’-]+)){{1,3}}"
CHIEF = (
    r"(?:CEO|C\.E\.O\.|[Cc]hief [Ee]xecutive(?: [Oo]fficer)?|[Vv]orstandschef(?:in)?|[Vv]orstandsvorsitzende[rn]?"
    r"|CEO|PDG|[Dd]irect(?:eur|rice) général[e]?"
    r"|[Pp]résident(?:e)?[- ]direct(?:eur|rice) général(?:e)?|[Cc]onsejer[oa] delegad[oa]|[Aa]mministrat(?:ore"
    r"|rice) delegat[oa]|[Bb]estuursvoorzitter)"
)
BY_NAME = re.compile(
    rf"(?P<a>{NAME})(?:,|\s\(|\s[–—-])\s?(?:the\s|der\s|die\s|el\s|la\s|le\s)?(?:[\w-]+\s(?:and|und|et|y"
    rf"|&)\s)?(?:\w+\s)?{CHIEF}(?!\w)"
    rf"|(?<![\w-]){CHIEF}(?:\s(?:of|von|der|de|du|di)\s[^,.\n]{{2,40}}?)?[,:]?\s(?P<b>{NAME})"
)
CHIEFS = bag("ceo chief executive vorstandschef vorstandsvorsitzender geschäftsführer pdg officer")
PRESS = re.compile(
    rf"\b(?i:press(?:e)?(?: and media)?[ -]?(?:contact|office|enquiries|kontakt|stelle|ansprechpartner(?:in)?)"
    rf"|media (?:contact|enquiries|relations)|enquiries"
    rf"|contact(?:s)? presse|contacto (?:de|para) prensa|contatti stampa|ufficio stampa|perscontact"
    rf"|pressekontakt)[*_]{{0,2}}\s?:?[*_]{{0,2}}\s+(?P<name>{NAME})"
)
NEWS = bag("press media presse prensa stampa")
PLACED = re.compile(
    r"\A(?:[^\n]*\n+){0,3}?[*_\s]*(?P<place>[A-ZÀ-Þ][\w'’-]+(?:[ -][A-ZÀ-Þ][\w'’-]+){0,2}(?:,\s[A-Z][a-z]+\.)?),\s"
    r"(?:(?:le|den|am|on)\s)?(?:\d{1,2}\.?\s(?:de\s)?[^\W\d_]{3,10}|[A-Z][a-z]{2,8}\.?\s\d{1,2},)\s(?:de\s)?\d{4}"
)


def told_of_firm(text: str, one: Field) -> Told | None:
    """What news of a firm says of a field; None of all other fields."""
    words = set(in_words(one.key[1]).split())
    if one.element or one.listed:
        return None
    if one.kind == "number":
        return _figure(text, one, words)
    if one.kind != "text":
        return None
    if words & CHIEFS and words <= CHIEFS | {"name", "of", "the"}:
        match = BY_NAME.search(text)
        return Told(match[match.lastgroup or 0], *match.span(match.lastgroup or 0), "sentence") if match else None
    if words & NEWS and "contact" in words and words <= NEWS | {"contact", "name", "person"}:
        match = PRESS.search(text)
        return Told(match["name"], *match.span("name"), "label") if match else None
    if (
        "headquarters" in one.units
        and words <= bag("headquarters hq headquarter sitz siège sede city")
        and (match := PLACED.match(text))
    ):
        return Told(match["place"], *match.span("place"), "sentence")
    return None


def _figure(text: str, one: Field, words: set[str]) -> Told | None:
    if words & STAFFED and words <= STAFFED | PLAIN | {"number", "count", "employee"}:
        found = [(int(re.sub(r"\D", "", match["n"])), match.span("n")) for match in STAFF.finditer(text)]
        return Told(max(found)[0], *max(found)[1], "sentence") if found else None
    metric = next((name for name, asked in ASKS.items() if words & asked), "")
    if not metric:
        return None
    if words & GROWTH | words & {"percent", "pct"}:
        return _grown(text, one, metric) if words & {"percent", "pct", "rate"} else None
    if words - ASKS[metric] - PLAIN - SCALES.keys() - CENTS:
        return None
    for match in WAYS[metric].finditer(text):
        for number in _amounts(text, match):
            value = -abs(number.value) if LOST.search(match[0]) else number.value
            whole = value == value.to_integral()
            if whole or not one.whole:
                return Told(int(value) if whole else float(value), number.start, number.end, "sentence")
    return None


def _amounts(text: str, word: re.Match[str]) -> Iterator[Quantity]:
    """The amounts of money in the clause of a word, the first behind it before those in front of it."""
    start, end = _clause(text, word)
    behind = [
        one
        for one in _money(text, word.end(), min(end, word.end() + FAR))
        if not OTHERS.search(text, word.end(), one.start)
    ]
    yield from behind
    if not behind:
        yield from list(_money(text, max(start, word.start() - FAR), word.start()))[-1:]


def _money(text: str, start: int, end: int) -> Iterator[Quantity]:
    said = text[max(0, start - 5) : end + 12]
    offset = max(0, start - 5)
    widest: dict[int, Quantity] = {}
    for one in quantities(said):
        at, last = one.start + offset, one.end + offset
        if one.doubt or not start <= at < end:
            continue
        paid = MONEY.search(text, max(0, at - 4), at) or MONEY.match(text[last : last + 14].lstrip(" .d'’e"))
        if (paid or FACTOR.search(said, one.start, one.end)) and at not in widest:
            widest[at] = Quantity(one.value, at, last)
    yield from widest.values()


def _clause(text: str, word: re.Match[str]) -> tuple[int, int]:
    before = [
        match.end()
        for match in re.finditer(r"[.!?]\s+(?=[A-ZÀ-Þ])|\n", text[max(0, word.start() - 200) : word.start()])
    ]
    after = re.compile(r"(?<!Mio)(?<!Mrd)[.!?]\s+(?=[A-ZÀ-Þ])|\n\s*\n|\n(?=\s*[A-Z])").search(
        text, word.end(), word.end() + LONGEST
    )
    return max(0, word.start() - 200) + (before[-1] if before else 0), after.start() if after else min(
        len(text), word.end() + LONGEST
    )


def _grown(text: str, one: Field, metric: str) -> Told | None:
    """By how many of a hundred it grew, less where it fell."""
    for match in WAYS[metric].finditer(text):
        start, end = _clause(text, match)
        for number in quantities(text[start:end]):
            at, last = start + number.start, start + number.end
            if number.doubt or not re.match(
                r"\s?(?:%|percent\b|per cent\b|Prozent\b|pour cent\b|por ciento\b|procent\b)", text[last:]
            ):
                continue
            down = DOWN.search(text, start, end) is not None and number.value > 0
            value = -number.value if down else number.value
            whole = value == value.to_integral()
            return Told(int(value) if whole else float(value), at, last, "sentence") if whole or not one.whole else None
    return None


__all__ = ["told_of_firm"]
