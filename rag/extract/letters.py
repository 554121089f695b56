"""
The parts of a letter that need no label: whom it greets, who signs it, the day at its head;
and where the head of a mail ends.

Rules only; nothing here asks a model.
"""

from __future__ import annotations

import re
from functools import lru_cache

from rag.dates import dates

NAME = r"(?:[A-ZÀ-Þ][\w'’-]*\.?(?:[ ](?:(?:de|la|le|du|von|van|der|den|di|da|del|y)[ ]){0,2}[A-ZÀ-Þ][\w'’-]*\.?){0,4})"
GREETED = re.compile(
    r"^(?:Dear|Hi|Hello|Hey|Liebe[rs]?|Hallo|Sehr geehrte[rs]?|Guten Tag,?|Bonjour,?|Ch[eè]re?|Hola|Estimad[oa]"
    r"|Querid[oa]|Gentile|Egregi[oa]|Geachte|Beste"
    rf"|Car[oa]|Prezad[oa]|Hej|Kär[ae]|Kære|Bäst[ae]|Szanown[yai]|Drog[ia])\s(?:signor[ae]?\s|sig\.(?:ra)?\s|heer\s|mevrouw\s|señora?\s)?(?:(?!Sir\b|Madam\b|Damen\b"
    rf"|Eltern\b)(?P<name>{NAME}))(?:\s*[,!:]?[ \t]*$|,\s(?=[a-zà-ÿ]))",
    re.MULTILINE,
)
SIGNED = re.compile(
    r"^(?:Yours|(?:Very )?[Ss]incerely|Best|Kind|Warm|Regards|Cheers|Thanks|Thank you|Many thanks|With (?:kind"
    r"|best|many)|Love|All the best"
    r"|Mit (?:freundlichen|besten|herzlichen)|Viele|Liebe|Herzliche|Beste|Freundliche|Danke|Vielen Dank"
    r"|Cordialement|Bien (?:à|cordialement)"
    r"|Merci|Salutations|Veuillez|Je vous|Un (?:cordial )?saludo|Saludos|Atentamente|Cordialmente|Gracias"
    r"|Cordiali saluti)\b"
    rf"[^\n]{{0,90}}\n\s*(?!Ihre?\b|Your\b|Votre\b|Vos\b|Sus?\b|Dein)(?P<name>{NAME})[ \t]*,?[ \t]*$",
    re.MULTILINE,
)
FOR_OTHERS = re.compile(  # who signs for an office: "gez. Ada Moor", "Le maire, / Ada Moor"
    r"^[ \t]*(?:(?:gez|i\. ?[AV]|p\. ?p|f\.d\.R)\.|/s/|[Ss]igned:?|[Ss]igné:?|[Ff]irmado:?|[Ff]\.to|[Ww]\.g\.)[ \t]*"
    rf"(?P<name>{NAME})[ \t]*,?[ \t]*$"
    r"|^[ \t]*(?:(?:Le|La|Der|Die|Il|El|The|De|Den|A|O)\s|L['’])[^\n.;:!?]{3,40},[ \t]*\n+[ \t]*"
    rf"(?P<last>{NAME})[ \t]*(?=\n\s*\n|\s*\Z)",
    re.MULTILINE,
)
DATED = re.compile(
    r"^(?:[A-ZÀ-Þ][\w.'’ -]{1,30},\s)?(?:den |le |the "
    r"|dated? )?(?P<date>(?=[^\n]*\d)[\w./]{1,12}(?:[ ./-]{1,2}[\w./]{1,12}){1,4},?(?: \d{4})?)"
    r"[ \t]*$",
    re.MULTILINE,
)
CONFIRMING = re.compile(
    r"\b(?:thank you for (?:booking|ordering|choosing|your (?:booking|order|reservation|application|purchase|payment))"
    r"|we (?:are (?:pleased|happy|delighted) to |hereby |can )?confirm|your (?:booking|reservation|order|results?"
    r"|stay|ticket|appointment|claim|policy|application) "
    r"(?:is|has been|are|have been|at)|the results (?:for|of) your|the sample (?:that|which) you|bestätigen wir"
    r"|wir bestätigen"
    r"|vielen dank für ihre (?:anfrage|buchung|bestellung|reservierung|bewerbung)|liegt uns ihre"
    r"|haben wir (?:von ihnen )?erhalten"
    r"|confermiamo|nous (?:vous )?confirmons|(?:le |les )?confirmamos|(?:wij )?bevestigen (?:wij|we|hierbij|graag)"
    r"|hierbij bevestigen"
    r"|wir teilen ihnen|le comunicamos|we (?:are writing|write) to (?:inform|notify) you)\b",
    re.IGNORECASE,
)
EARLY = 1_000  # characters before which a firm says what it writes about
KNOWN = re.compile(r"(?:(?:Author|Title|Date|URL): [^\n]*\n)+\n")
HEAD = re.compile(
    r"(?:(?:From|To|Cc|Subject|Date|Author|Title|Von|An|Betreff|Datum|De|À|Objet|Para|Asunto): [^\n]*\n){2,}"
)


def letters(text: str) -> list[tuple[int, int, str]]:
    """The parts of a letter as (start, end, what it is)."""
    found = [(*match.span("name"), "recipient") for match in GREETED.finditer(text)]
    found += [(*match.span("name"), "sender") for match in SIGNED.finditer(text)]
    found += [(*match.span("name" if match["name"] else "last"), "sender") for match in FOR_OTHERS.finditer(text)]
    days = [match for match in DATED.finditer(text) if next(dates(match["date"]), None)]
    return found + [(*match.span("date"), "issued date") for match in days[:1]]


@lru_cache(maxsize=8)
def is_from_firm(text: str) -> bool:
    """Whether a letter is one that a firm writes to a customer: it confirms what they booked, ordered, asked."""
    return CONFIRMING.search(text, 0, EARLY) is not None


def body_start(text: str) -> int:
    """Where a text begins behind what only its format knows: its title, its author."""
    match = KNOWN.match(text)
    return match.end() if match else 0


def head_end(text: str) -> int:
    """Where the head of a mail ends, the lines "From: …", "Date: …" before its text; 0 if it has none."""
    match = HEAD.match(text)
    return match.end() if match else 0


__all__ = ["body_start", "head_end", "is_from_firm", "letters"]
