"""
What a judgment says: which court, who against whom, who judged, who pays the costs, which laws it names.

    BARLOW LIMITED v ANITA CROSS      Hanna Pfister — Klägerin — gegen Sonnklar GmbH      Demandeur : Mme Khelifi

Rules only; a text that names no court says nothing of this. Nothing here asks a model.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from rag.extract import rows as tables
from rag.extract.fields import Field, in_words
from rag.extract.lexicon import bag
from rag.extract.telling import Told
from rag.quantities import SPELLED

MANY = 30
W = r"[A-ZÀ-Þ][\w'’.-]*"
TAIL = (
    rf"(?:[ ](?:(?:of|at|for|the|and|in|de|du|des|la|le|del?|di|No\.|n°|n\.º|Nr\.|&)[ ]|d['’])*(?:{W}"
    r"|\d{1,2}(?=[ ]of))){0,7}"
)
COURT = re.compile(
    rf"\bIN THE (?P<a>[A-Z' ]{{0,80}}COURT[A-Z' ]{{0,80}}[A-Z])(?=\s{{2}}|\n|\Z)"
    rf"|(?P<b>\b(?:(?:Supreme|High|County|Crown|District|Magistrates['’]|Employment|Superior|Federal|Family|Land"
    rf"|Labour)\s)+"
    rf"(?:Court|Tribunal)\b{TAIL}|\bCourt of (?:First Instance|Appeal|Session|Justice)\b{TAIL})"
    rf"|(?P<c>\b(?:Amts|Land|Oberlandes|Verwaltungs|Oberverwaltungs|Arbeits|Landesarbeits|Sozial|Finanz|Bundes"
    rf"|Handels|Bezirks|Kreis)"
    r"\w*gericht(?:shof)?\b(?:[ ](?:am[ ])?[A-ZÀ-Þ][\w-]+(?:[ ](?:am|an der|im)[ ][A-ZÀ-Þ]\w+)?)?)"
    r"|(?P<d>\b(?i:conseil de prud['’]hommes|tribunal (?:judiciaire|de commerce|de grande instance|administratif"
    r"|de proximité|d['’]instance)"
    r"|cour d['’]appel|cour de cassation)(?: (?i:de|d['’]|du|des) ?[A-ZÀ-Þ][\wÀ-ÿ'’-]+(?:[ ][A-ZÀ-Þ][\w'’-]+)*)?)"
    r"|(?P<e>\b(?i:juzgado|audiencia provincial|tribunal (?:supremo|superior|civile|ordinario)|tribunale|rechtbank"
    r"|gerechtshof|corte d['’]appello)\b"
    r"[^\n,.;]{0,60}?(?=\n|[,;]|\.\s|\s{2,}|\Z))"
)
SIDES = {
    "claimant": "claimant|plaintiff|applicant|appellant|petitioner|kläger(?:in)?|antragsteller(?:in)?"
    "|berufungskläger(?:in)?|demandeur"
    "|demanderesse|requérante?|appelante?|demandante|actora?|recurrente|attore|attrice|ricorrente|eiser(?:es)?"
    "|verzoeker",
    "defendant": "defendant|respondent|beklagte[rn]?|antragsgegner(?:in)?|défendeur|défenderesse|intimée?"
    "|demandad[oa]|recurrid[oa]"
    "|convenut[oa]|resistente|gedaagde|verweerder",
}
FIRM = r"(?:(?:the company|der Firma|die Firma|des|der|dem|die|den|Herrn|Herr|Frau|la société|el|doña|don)\s)*"
PARTY = r"[^\W\d_][^\n,;:—–()|*]{2,70}?"
BETWEEN = re.compile(
    rf"^\W*(?P<claimant>{W}(?:[ ][^\n,;:]{{1,60}}?)?)\s+(?:v"
    rf"|vs)\.?\s+(?P<defendant>{W}(?:[ ][^\n,;:\[(]{{1,60}}?)?)[ \t*_]*(?=\n|\Z|[\[(,;])",
    re.MULTILINE,
)
SUED = re.compile(
    rf"(?P<claimant>{W}(?:[ ]{W}){{0,4}}),?\s(?:who\s)?(?:had\s|has\s)?(?:sued|is suing|took to court"
    rf"|brought (?:a claim|an action) against|verklagte"
    rf"|klagte gegen|a assigné|a poursuivi|demandó a|ha citato)\s(?:the\s)?(?P<defendant>{W}(?:[ ]{W}){{0,4}})"
)
BEFORE = re.compile(
    rf"^[ \t]*(?:Before|Coram)\s?:?\s+(?P<a>(?:(?:His|Her) Honou?r\s)?{W}[^\n,;]{{2,50}})"
    r"|\b(?:durch|unter)\s(?:die|den|der|dem)\s(?:Vorsitzende[nr]?\s)?Richter(?:in)?(?:\sam\s[A-ZÄÖÜ]\w+)?\s(?P<b>(?:(?:Prof|Dr)\.\s)*[A-ZÄÖÜ][\w-]+(?:\s[A-ZÄÖÜ][\w-]+)?)"
    rf"|\b(?:Judge|Justice|Richter(?:in)?|Jueza?|Magistrad[oa]|Giudice|Rechter)\s(?:D\.\s|Dª\s|dott\.(?:ssa)?\s"
    rf"|mr\.\s)?(?P<c>{W}(?:\s{W}){{1,2}})"
    r"|^[ \t]*(?:Présidente?|Juge|Magistrat[oa]?|Magistrad[oa](?:-Juez)?|Judge|Richter(?:in)?"
    r"|Vorsitz(?:ende[rn]?)?)\s?:\s*(?P<d>[^\n,;(]{3,50})",
    re.MULTILINE,
)
BENCH = re.compile(
    r"^[ \t*]*(?:Composition|Besetzung|Composición|Panel|Bench)[^:\n]{0,20}:\s*(?P<said>[^\n]+)", re.MULTILINE
)
MEMBER = re.compile(rf"(?:(?:M|Mme|Mlle|Mr|Mrs|Dr|Sra?)\.?\s)?{W}(?:\s{W}){{1,3}}")
CASE = re.compile(
    r"\b(?:(?:[Cc]laim|[Cc]ase|[Dd]ocket|[Ff]ile|[Aa]ppeal)(?:\s(?:[Nn]o\.?|[Nn]umber|[Rr]ef\.?))?|Az\.?"
    r"|Aktenzeichen|Geschäftszeichen|RG\s?(?:n°|no)?|N°\s?RG|n°\s?RG"
    r"|Procedimiento|Autos|Rollo|R\.G\.|zaaknummer|Zaaknummer)\W{0,4}\s?"
    r"(?P<said>(?:\d{1,3}\s[A-Z][A-Za-z]{0,2}\s\d{1,5}/\d{2,4})"
    r"|(?:[A-Z]{1,2}\s)?(?=[\w/-]*\d)[A-Z0-9]{1,4}[\w]*(?:[/-]\w+)*)"
)
COSTS = re.compile(
    r"(?P<a>\b(?:[Ee]ach party|[Tt]he (?:claimant|defendant|appellant|respondent|applicant|plaintiff)s?|(?:Mr|Mrs"
    r"|Ms)\s[A-Z]\w+))\s"
    r"(?:shall|must|will|is to|are to|to)\s(?:bear|pay|meet)\s[^.;\n]{0,60}\bcosts?\b"
    rf"|\b(?:orders?|ordered)\s(?P<b>(?:the\s\w+|{W}(?:\s{W}){{0,3}}))\sto\s(?:pay|bear"
    rf"|meet)\s[^.;\n]{{0,30}}\bcosts?\b"
    r"|(?P<c>\b[Dd](?:ie|er)\s(?:Beklagte|Kläger(?:in)?|Antragsteller(?:in)?|Parteien))\s(?:trägt|tragen|hat"
    r"|haben)\s(?:die\s)?Kosten"
    r"|\bKosten\s[^.;\n]{0,40}?(?:trägt|tragen|werden)\s(?P<d>(?:d(?:ie|er|em)\s)(?:Beklagten?|Kläger(?:in)?|Parteien))"
    r"|\bcondamne\s(?P<e>(?:M\.|Mme|Monsieur|Madame|la|le"
    r"|l['’])\s?[A-ZÀ-Þa-z][^.;,\n]{1,40}?)\saux\s(?:entiers\s)?dépens"
    r"|\bcostas\s[^.;\n]{0,30}?\ba\s(?P<f>(?:la parte\s|el\s|la\s)?[^\W\d_][\w\s]{2,40}?)(?=[.;,\n])",
)
DENIED = re.compile(rf"\bdéboute\s(?P<who>(?:(?:M\.|Mme|Monsieur|Madame|la|le)\s)?{W}(?:\s{W}){{0,3}})")
PRONOUN = re.compile(r"\b(?i:(?:la|le|les|et l[ae]) condamne(?:nt)? aux (?:entiers )?dépens)")
LAWS = re.compile(
    r"§§?\s?\d+\w?(?:\s(?:Abs\.|Satz|S\.|Nr\.)\s?\d+)*(?:\s?(?:,|und"
    r"|i\.V\.m\.)\s§?\s?\d+\w?)*\s[A-ZÄÖÜ][A-Za-zÄÖÜäöü]{1,12}\b"
    r"|\b[Ss](?:ection|ections|\.)\s\d+\w?(?:\(\w+\))*(?:\sand\s\d+\w?)?\sof\sthe\s(?:[A-Z]\w+\s(?:and\s"
    r"|of\s)?){1,7}Act(?:\s\d{4})?"
    r"|\b[Aa]rt(?:icles?|ículos?|\.|icoli?|ikel)\s(?:L\.\s?|R\.\s?)?\d[\d.-]*(?:\sbis)?(?:\s(?:of the|du|de la|del"
    r"|des|van het|van de)\s[^\n.,;()]{4,40}?)?(?=\s(?:et|and|y|e)\s|[.,;)\n]|\Z)"
    r"|(?<=\set\s)L\.\s?\d[\d.-]+\d(?:\sdu\scode\s(?:du|de la|de|des)?\s?\w+)?"
)
AWARD = re.compile(
    r"(?:\bin the (?:sum|amount) of|\bawarded\s(?:\w+\s){0,3}?|\bverurteilt,\san\s[^.\n]{0,50}?|\bla somme de"
    r"|\bsuma de|\bcantidad de|\bsomma di"
    r"|\bto pay (?:the )?(?:\w+ ){0,2}(?:the sum of |damages of )?)\s?(?:[€£$]|EUR"
    r"|GBP)?\s?(?P<n>\d[\d.,' \u00a0]*\d|\d)"
)
DAYS = re.compile(
    rf"(?<![\w.,])(?P<n>\d{{1,3}}|{'|'.join(sorted(SPELLED, key=len, reverse=True))})\s(?:days|jours|Tagen?|días"
    rf"|giorni|dagen)\b",
    re.IGNORECASE,
)
APPEAL = re.compile(r"\b(?:appeal|appel|Berufung|Rechtsmittel|recurso|apelación|appello|beroep)\b", re.IGNORECASE)
ASKS = {
    "court": bag("court gericht tribunal juzgado tribunale rechtbank"),
    "judge": bag("judge judges richter richterin juge juges juez jueces giudice magistrate magistrates bench"),
    "claimant": bag(
        "claimant claimants plaintiff plaintiffs kläger klägerin demandeur demandante applicant appellant petitioner"
    ),
    "defendant": bag("defendant defendants beklagte beklagter défendeur demandado respondent"),
    "costs": bag("costs kosten dépens costas"),
    "laws": bag("statute statutes law laws provisions articles sections norms statutory legal"),
    "case": bag("case docket aktenzeichen claim file"),
}
NUMBERED = bag("number no id ref reference nr docket aktenzeichen")


def ruled(text: str, one: Field) -> Told | None:
    """What a judgment says of a field; None of all other fields, and if the text names no court."""
    words = set(in_words(one.key[1]).split())
    if one.element or one.listed or not words & ASKED or _court(text) is None:
        return None
    if one.kind == "number":
        return _number(text, one, words)
    for what, found in _said(text, words):
        start, end = found
        if one.kind == "text":
            return Told(text[start:end], start, end, "sentence")
        if one.kind == "choice" and what == "costs":
            return _side(text, one, start, end)
    return None


ASKED = frozenset().union(*ASKS.values(), bag("amount sum damages awarded deadline"))


def _said(text: str, words: set[str]) -> Iterator[tuple[str, tuple[int, int]]]:
    """What is asked for, and where it stands."""
    if words & ASKS["costs"]:
        yield from (("costs", place) for place in _costs(text))
    elif words & ASKS["case"] and words & NUMBERED:
        yield from (("case", match.span("said")) for match in CASE.finditer(text))
    elif words & ASKS["judge"]:
        yield from (("judge", place) for place in _judges(text))
    elif words <= ASKS["court"] | {"name"}:
        place = _court(text)
        yield from [("court", place)] if place else []
    for side in ("claimant", "defendant"):
        if words <= ASKS[side] | {"name"} and words & ASKS[side] and side in _parties(text):
            yield side, _parties(text)[side]


def ruled_list(text: str, one: Field) -> list[str]:
    """The judges, or the laws, that a judgment names."""
    words = set(in_words(one.key[1]).split())
    if one.kind != "text" or not words & (ASKS["judge"] | ASKS["laws"]) or _court(text) is None:
        return []
    if words & ASKS["judge"]:
        return list(dict.fromkeys(text[start:end] for start, end in _judges(text)))
    return list(dict.fromkeys(" ".join(match[0].split()) for match in LAWS.finditer(text)))[:MANY]


@lru_cache(maxsize=16)
def _court(text: str) -> tuple[int, int] | None:
    match = COURT.search(text)
    return _trimmed(text, *match.span(match.lastgroup or 0)) if match else None


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    while end > start and text[end - 1] in " \t\n*_—–-.,:":
        end -= 1
    return start, end


@lru_cache(maxsize=16)
def _parties(text: str) -> dict[str, tuple[int, int]]:
    """Who sues whom: by the role behind or before each name, by "v" between them, by who sued."""
    found: dict[str, tuple[int, int]] = {}
    for side, said in SIDES.items():
        label = re.search(
            rf"^[ \t*_-]*(?:{said})[*_]{{0,2}}\s?:[*_]{{0,2}}\s*{FIRM}(?P<name>{PARTY})(?=\s*(?:[\n,;(*]|\Z))",
            text,
            re.I | re.M,
        )
        behind = re.search(
            rf"^[ \t*_]*{FIRM}(?P<name>{PARTY})(?:,[^\n—–]{{0,60}})?(?:[ \t]*[—–-]+[ \t]*|,[ \t]*|[ \t]{{2,}}"
            rf"|[ \t]*\(|\n[ \t]*[—–-]*[ \t]*)(?:{said})\b",
            text,
            re.I | re.M,
        )
        match = label or behind
        if match:
            found[side] = _trimmed(text, *match.span("name"))
    between = BETWEEN.search(text) or SUED.search(text) if len(found) < len(SIDES) else None
    return {side: _trimmed(text, *between.span(side)) for side in SIDES} | found if between else found


def _judges(text: str) -> Iterator[tuple[int, int]]:
    if bench := BENCH.search(text):
        yield from (member.span() for member in MEMBER.finditer(text, *bench.span("said")))
        return
    for match in BEFORE.finditer(text):
        yield _trimmed(text, *match.span(match.lastgroup or 0))


def _costs(text: str) -> Iterator[tuple[int, int]]:
    if match := COSTS.search(text):
        yield match.span(match.lastgroup or 0)
    elif PRONOUN.search(text) and (denied := DENIED.search(text)):
        yield denied.span("who")


def _side(text: str, one: Field, start: int, end: int) -> Told | None:
    """Of a choice of the sides, the one that is named."""
    said = text[start:end].casefold()
    for side, words in SIDES.items():
        named = _parties(text).get(side)
        own = named is not None and said.split()[-1] in text[slice(*named)].casefold().split()
        if own or re.search(rf"\b(?:{words})\b", said, re.I):
            value = next((value for value in one.values if value.casefold() in ASKS[side]), None)
            return Told(value, start, end, "sentence") if value else None
    each = next((value for value in one.values if value.casefold() in ("each", "both", "each party", "split")), None)
    return Told(each, start, end, "sentence") if each and re.search(r"\b(?:each|parteien)\b", said) else None


def _number(text: str, one: Field, words: set[str]) -> Told | None:
    """What was awarded; in how many days an appeal is due."""
    if "days" in words and words & {"deadline", "appeal"}:
        for match in DAYS.finditer(text):
            if APPEAL.search(text, max(0, match.start() - 60), match.end() + 40):
                said = match["n"].lower()
                return Told(int(SPELLED.get(said, said)), *match.span(), "sentence")
        return None
    award = AWARD.search(text) if words & bag("awarded damages sum") else None
    if award is None:
        return None
    value = tables.amount(award["n"], whole=one.whole, comma=tables.comma_decimal(text))
    return Told(value, *award.span("n"), "sentence") if value is not None else None


__all__ = ["ruled", "ruled_list"]
