"""
Who is who by the form of a document: whose letterhead it is, to whom it is addressed, whom "Re:" names, who signs, the
parties of a contract, the family in a notice of a death, and what stands in brackets behind a name in a list of people.

    Bill to:                 zwischen                    Fay Lindqvist (minutes)      survived by his wife Ann and
    Harrow & Bell LLP        der Rösterei Nordlicht GmbH                              sons Paul and Tim

Rules only; nothing here asks a model.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from rag.extract.candidates import Candidate
from rag.extract.family import family
from rag.extract.fields import Field, Key
from rag.extract.headline import titles
from rag.extract.issuers import issuers
from rag.extract.layout import Layout
from rag.extract.letters import body_start, is_from_firm, letters
from rag.extract.lexicon import bag, units
from rag.extract.parties import parties

SURE, LIKELY, PERHAPS = 1.2, 0.95, 0.75
BRACKETED = re.compile(
    r"(?<!\w)(?P<name>[A-ZÀ-Þ][\w.'’-]{0,60}(?:\s(?:(?:de|von|van|der|el|le|la|du|di"
    r"|Mc)\s)?[A-ZÀ-Þ][\w.'’-]{0,60}){0,3})\s?\((?P<role>[^\W\d_][^()\n,;]{2,30})\)"
)
SALUTED = r"(?:(?:Mr|Mrs|Ms|Miss|Mx|Herrn?|Frau|Mme|Mlle|M|Monsieur|Madame|Sr|Sra|Señora?|Don|Doña)\.?\s)?"
NAME = (
    r"[A-ZÀ-Þ][\w'’-]{0,60}\.?"
    r"(?:[ ](?:(?:de|von|van|der|den|el|le|la|du|di|da|y)[ ]){0,2}[A-ZÀ-Þ][\w'’-]{0,60}\.?){0,4}"
)
SUBJECT = re.compile(
    rf"^[*_]{{0,2}}(?:Re|RE|Ref|Concerning|Regarding|Betr(?:eff|ifft)?|Objet|Concerne|Asunto|Patient(?:in)?"
    rf"|Pt)\s?[:.][*_]{{0,2}}\s*(?:(?:our|your|the|unser\w*|Ihr\w*)\s)?"
    rf"(?:(?:patient(?:in)?|Patientin|Ihr Patient)[,:]?\s)?(?P<title>{SALUTED})(?P<name>{NAME})(?=\s*(?:[,;(\n*]"
    rf"|\s{{2}}|\Z|\sgeb|\s\*|\sDOB|\sborn|\s[MFWmfw]\s))",
    re.MULTILINE,
)
REVERSED = re.compile(r"[ \t]*(?P<last>[A-ZÀ-Þ][\w'’-]+),\s(?P<first>[A-ZÀ-Þ][\w'’-]+)(?=\s{2}|\n|\Z|,|\s\()")
NOTED = re.compile(
    rf"^[*_]{{0,2}}(?:(?P<notes>Notes?(?: by)?|Note[- ]?taker|Scribe|Minutes(?: by)?|Protokoll(?:ant(?:in)?)?"
    rf"|Secrétaire(?: de séance)?)|Facilitator|Moderat(?:or|ion)|Host|Sitzungsleitung|Leitung"
    rf"|Président(?:e)? de séance|Animation)"
    rf"[ \t]?:[*_]{{0,2}}[ \t]+(?P<name>{NAME})[ \t]*$",
    re.MULTILINE,
)
DOCTOR = re.compile(r"(?:(?:Dr|Prof|Dra|Doc)\.?(?:\s?med\.?)?\s|(?:Sister|Nurse)\s)")
MEDIC = re.compile(
    rf"(?P<name>(?:(?:Prof|Priv\.-Doz|PD)\.?\s)?(?:Dr|Dra|Prof)\.?(?:\smed\.?)?\s(?:h\.\s?c\.\s)?{NAME})"
)
SENIOR = re.compile(r"Chef(?:arzt|ärztin)|Direktor|Head of|Medical Director|Chief|Leiter", re.IGNORECASE)
HOUSES = (
    r"(?:Klinik\w*|\w*[Kk]rankenhaus|Spital|\w*[Ss]pital|Hospital|Infirmary|Surgery|Medical (?:Centre|Center"
    r"|Group)|Health Centre|Clinic|Practice|Praxis|Hôpital|Clinique|CHU)"
)
HOUSE = re.compile(
    rf"(?:[A-ZÀ-Þ][\w'’.-]*\s(?:(?:de|of|for|und|&|la|der)\s)?){{0,4}}{HOUSES}(?:\s(?:(?:de|of|for|am|im|St\."
    rf"|in)\s)?[A-ZÀ-Þ][\w'’-]*){{0,3}}"
)
PAPER = re.compile(r"\*\*|\s[—–|·-]\s|\s{3,}|\t|,\s(?=\d)")
LINE = re.compile(r"[^\n]*[^\W\d_][^\n]*")
LABELLED = re.compile(
    r"[^:\n]{1,30}:\s|(?:dear|hi|hello|hallo|liebe|sehr|bonjour|gentile|egregi[oa]|estimad[oa]|geachte|beste|car[oa]"
    r"|prezad[oa]|hej|kære|kär[ae]|szanown[yai]|from|to|subject|bill|an)\b",
    re.IGNORECASE,
)
CLIENT = re.compile(
    r"^[ \t]*[*_]{0,2}(?:Bill(?:ed)? to|Invoiced? to|Sold to|Customer|Client|Kunde|Kundin|Rechnung an"
    r"|Rechnungsempfänger|Auftraggeber(?:in)?|Facturé à|Facturar a|Cliente)"
    r"[*_]{0,2}[ \t]?:[*_]{0,2}[ \t]+(?P<name>[^,;\n(]{3,60})(?=[,;(])",
    re.MULTILINE | re.IGNORECASE,
)
ADDRESSED = re.compile(
    r"^[ \t]*[*_]{0,2}(?:Bill(?:ed)? to|Invoice(?:d)? to|Sold to|Customer|Client|Kunde|Kundin|Rechnung an"
    r"|Rechnungsempfänger|Rechnungsadresse"
    r"|Auftraggeber(?:in)?|Facturé à|Adressé à|Destinataire|Facturar a|Cliente|Fatturare a|Spett\.(?:le|i)|Spettabile"
    r"|Aan|An|To)[*_]{0,2}[ \t]?:?[*_]{0,2}(?=[ \t]{2,}|[ \t]*\n)",
    re.MULTILINE | re.IGNORECASE,
)
PREPARED = re.compile(  # for whom a paper is
    r"\b(?:[Pp]repared|[Ii]ssued|[Ee]rstellt|[Aa]usgestellt|[Éé]tabli|[Ee]laborado|[Pp]reparado|[Pp]reparato|[Oo]pgesteld)"
    rf"\s(?:for|to|für|pour|para|per|voor)[ \t]*:?[ \t]+{SALUTED}(?P<name>{NAME})"
    r"(?=[ \t\u00a0]{2,}|[ \t]*[,;(\n]|\s*\Z)"
)
TOWN = re.compile(
    r"^(?P<lead>[ \t]*)(?:[A-Z]{1,2}-)?\d{4,5}[ \t]+[A-ZÀ-Þ][^\n\d]{2,40}$"
    r"|^(?P<more>[ \t]*+)[^\n]*\b[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}[ \t]*$"
    r"|^(?P<us>[ \t]*+)[^\n]*,? [A-Z]{2} \d{5}(?:-\d{4})?[ \t]*$",
    re.MULTILINE,
)
NO_NAME = re.compile(r"(?:An|To|Frau|Herrn?|Mr|Mrs|Firma|Familie|z\.\s?Hd\.?.*|Attn.*)\.?:?\Z", re.IGNORECASE)
# Words of letters between doctors, of which one has several.
MEDICAL = re.compile(
    r"\b(?:mg|Dr|Dra|patient\w*|Patient\w*|diagnos\w+|Diagnos\w+|allerg\w+|Allerg\w+|DOB|geb\.|BP|mmHg|Medikation"
    r"|examination|clinic|surgery|Arzt|Ärztin|hospital|Klinik\w*)\b"
)
# A line that makes a paper a bill, or another of which the one greeted is the customer.
BILL = re.compile(
    r"^[#* \t]*(?:invoice|rechnung|facture|factura|fattura|receipt|quittung|offer|angebot|quote|mahnung|reminder)\b",
    re.IGNORECASE | re.MULTILINE,
)
# A paper by which somebody orders: it is the buyer's, and goes to the supplier.
ORDER = re.compile(
    r"^[#*_ \t]*(?:(?:subject|betreff|objet|asunto|oggetto|onderwerp)[*_]{0,2}\s?:[*_ \t]*)?"
    r"(?:purchase order|bestellung|bestellauftrag|bon de commande|orden de (?:compra|pedido)|pedido de compra"
    r"|ordine (?:di|d['’])\s?acquisto|inkoop(?:order|bestelling)|bestelbon|inköpsorder|indkøbsordre|innkjøpsordre"
    r"|nota de encomenda|zamówienie)(?![\w-])(?![^\n:]*(?::|confirm|bestätig))",
    re.IGNORECASE | re.MULTILINE,
)
ALONE = re.compile(rf"\n\n(?P<name>{NAME})[ \t]*(?=\n\s*(?:\n|-|On |Am |Le |>|\Z)|\Z)")  # a name as a paragraph
SUPPORT = re.compile(
    rf"(?<!\w)(?P<name>{NAME})(?:,\s|\s\()(?:[A-Z]\w+\s)?"
    r"(?:Customer (?:Care|Service|Support)|Support|Kundenservice|Kundendienst|Service client|Help ?[Dd]esk)\b"
)
# What a field is of whom only words tell.
RELATED = [
    bag(words)
    for words in ("spouse", "children", "birth name", "died place", "ceremony place", "party", "minute_taker")
]
LISTED = [bag(words) for words in ("children", "allergies", "history", "adviser", "credits", "acknowledgement")]
TITLED = re.compile(
    rf"^[ \t]*(?P<name>{NAME})[ \t]*\n[ \t]*(?P<title>[^\W\d_][^\n\d:.,;!?@]{{2,40}})[ \t]*$", re.MULTILINE
)
BILLED = bag("customer recipient owner responsible holder")
ORDERING, ORDERED = bag("customer sender"), bag("vendor recipient")  # who orders, and from whom
EARLY = 1_000  # characters before which an address is that of the letter
PLAIN = bag("name person company organisation full of other title account policy")


@dataclass(frozen=True, slots=True)
class Role:
    """Who `text[start:end]` is, as notions of fields, and how surely; `key` if it is of one field only."""

    start: int
    end: int
    notions: frozenset[str]
    sure: float


def roled_in(text: str, layout: Layout, wanted: Sequence[Field]) -> dict[Key, list[tuple[Candidate, float]]]:
    """What the form of a text says who these fields ask for, and how surely."""
    people = [one for one in wanted if one.kind == "text" and not one.element]
    found = list(_roles(text, layout)) if people else []
    told: dict[Key, list[tuple[Candidate, float]]] = {}
    for one in people:
        said = [
            (Candidate(text[role.start : role.end], role.start, role.end, "name"), role.sure)
            for role in found
            if one.units & role.notions and one.units <= role.notions | PLAIN
        ]
        if said:
            told[one.key] = said
    for key, value, sure in titles(text, wanted):
        told.setdefault(key, []).append((value, sure))
    for key, value in [*_titled(text, people), *parties(text, people), *family(text, people), *issuers(text, people)]:
        told.setdefault(key, []).append((value, SURE))
    return told


def _titled(text: str, wanted: Sequence[Field]) -> Iterator[tuple[Key, Candidate]]:
    """Whoever signs with the title that a field asks for: "Rebecca Stannard", and below it "Case officer"."""
    for match in TITLED.finditer(text):
        meant = units(match["title"])
        for one in wanted:
            if meant and meant == one.units and one.nature == "person":
                yield one.key, Candidate(match["name"], *match.span("name"), "name")


def told_only(one: Field) -> bool:
    """Whether a field asks for somebody of whom only words tell: no other name of the text is a spouse."""
    if one.kind == "text" and one.listed and one.units in LISTED:
        return True
    return one.kind == "text" and one.nullable and one.units in RELATED


def _roles(text: str, layout: Layout) -> Iterator[Role]:
    yield from _bracketed(text)
    yield from _noted(text)
    for match in PREPARED.finditer(text):
        yield Role(*match.span("name"), bag("customer recipient owner holder"), LIKELY)
    if not BILL.search(text):
        yield from _of_mail(text)
    yield from _of_letter(text)
    if layout.is_bill:
        yield from _of_bill(text)
    else:
        yield from _of_address(text)


def _bracketed(text: str) -> Iterator[Role]:
    """ "Fay Lindqvist (minutes)", "Ralf Dietz (Vorsitz)"."""
    for match in BRACKETED.finditer(text):
        if notions := units(match["role"]) & bag("chair minute_taker author responsible treasurer secretary speaker"):
            yield Role(*match.span("name"), notions, SURE)


def _noted(text: str) -> Iterator[Role]:
    """ "Notes: Kofi", "Facilitator: Ines"."""
    for match in NOTED.finditer(text):
        yield Role(*match.span("name"), bag("minute_taker" if match["notes"] else "chair"), LIKELY)


def _of_mail(text: str) -> Iterator[Role]:
    """Who writes is the customer, the guest, …; who is greeted the agent, by the longest form of the name."""
    said = letters(text)
    if is_from_firm(text):
        yield from _customer(text, said)
        return
    signed = [(start, end) for start, end, what in said if what == "sender"] or [
        match.span("name") for match in ALONE.finditer(text) if " " in match["name"]
    ]
    for start, end in signed[:1]:
        yield Role(start, end, bag("customer passenger holder member"), LIKELY)
    for match in SUPPORT.finditer(text):
        yield Role(*match.span("name"), bag("agent"), SURE)
    for start, end, what in said:
        if what == "recipient" and text[start:end] not in [text[slice(*span)].split()[0] for span in signed]:
            whole = re.search(rf"(?<!\w){re.escape(text[start:end])}[ ][A-ZÀ-Þ][\w'’-]+", text)
            yield Role(*(whole.span() if whole else (start, end)), bag("agent"), LIKELY)


def _customer(text: str, said: Sequence[tuple[int, int, str]]) -> Iterator[Role]:
    """Of a letter that a firm writes, who is greeted is the customer, by the whole name if the address has it."""
    for start, end, what in said:
        if what == "recipient":
            last = text[start:end].split()[-1]
            whole = re.search(
                rf"(?<!\w)(?!Herrn?|Frau|Mr|Mrs|Ms|Sr|Sra|Dear|Hello|Hallo|Liebe|Sehr|Gentile|Estimad|Beste"
                rf"|Geachte)[A-ZÀ-Þ][\w'’-]+[ ](?:[A-ZÀ-Þ][\w'’.-]*[ ]){{0,2}}{re.escape(last)}(?!\w)",
                text,
            )
            yield Role(
                *(whole.span() if whole else (start, end)),
                bag("customer passenger holder member insured patient"),
                SURE,
            )
            return


def _of_letter(text: str) -> Iterator[Role]:
    """Of a letter between doctors: whom it is about, who signs it, whose house it is."""
    medical = len(MEDICAL.findall(text)) > 1
    if not medical:
        return
    for match in SUBJECT.finditer(text):
        turned = REVERSED.match(text, match.start("name"))
        yield Role(*(turned.span() if turned else match.span("name")), bag("patient"), SURE)
    greeted = [text[start:end] for start, end, what in letters(text) if what == "recipient"]
    signers = [
        match
        for match in MEDIC.finditer(text)
        if not any(match["name"] in said or said in match["name"] for said in greeted)
    ]
    own = text.rstrip().rfind("\n\n")
    for match in signers:
        line = text[match.end() : text.find("\n", match.end()) if "\n" in text[match.end() :] else len(text)]
        ends = match.start() > own
        if SENIOR.search(line[:24]) or SENIOR.search(text[max(0, match.start() - 14) : match.start()]):
            continue
        yield Role(*match.span("name"), bag("doctor"), SURE if ends else LIKELY)
    for match in HOUSE.finditer(text):
        first = match.start() < 200
        if " " in match[0] or len(match[0]) > 12:
            yield Role(*match.span(), bag("company hospital"), LIKELY if first or match.start() > own else PERHAPS)
            break


def _of_bill(text: str) -> Iterator[Role]:
    """Of a bill: whose paper it is, and to whom it is addressed; an order goes the other way."""
    ordered = ORDER.search(text) and not (BILL.search(text) or is_from_firm(text))
    yield from (replace(one, notions=ORDERING, sure=LIKELY) if ordered else one for one in _letterhead(text))
    customers = list(_addressed(text))
    yield from (replace(one, notions=ORDERED) if ordered else one for one in customers)
    head = text.find("\n\n")
    for start, end in _blocks(text) if not customers else ():
        if start > head > 0:
            yield Role(start, end, ORDERED if ordered else BILLED, LIKELY)
            return
    for start, end, what in letters(text) if not (customers or ordered) else ():
        if what == "recipient":
            yield Role(start, end, bag("customer"), LIKELY - 0.1)


def _of_address(text: str) -> Iterator[Role]:
    """To whom a letter goes that is no bill: who stands above the first address below its letterhead."""
    head = text.find("\n\n")
    for start, end in _blocks(text):
        if start > head > 0 and start < EARLY:
            yield Role(start, end, bag("recipient owner responsible holder insured"), LIKELY)
            return


def _letterhead(text: str) -> Iterator[Role]:
    """The first line that is more than "INVOICE" and a number, up to the address in it."""
    for line in list(LINE.finditer(text, body_start(text), 500))[:3]:
        said = PAPER.split(line[0].strip(" \t*_#"))[0].strip(" *_#")
        if LABELLED.match(said):
            return
        meant = units(re.sub(r"(?<!\S)[^\s\d]*\d\S*", " ", said))
        if said and not meant & bag("invoice receipt order offer date number") and len(said.split()) < 9:
            start = line.start() + line[0].index(said)
            yield Role(start, start + len(said), bag("vendor"), LIKELY - 0.1)
            return


def _addressed(text: str) -> Iterator[Role]:
    """What stands behind "Bill to:" up to the address, below it, or in its column."""
    for match in CLIENT.finditer(text):
        yield Role(*match.span("name"), bag("customer recipient"), SURE)
    for match in ADDRESSED.finditer(text):
        at = text.find("\n", match.end()) + 1
        while at and text[at : at + 1] == "\n":
            at += 1
        end = text.find("\n", at)
        line = text[at : end if end >= 0 else len(text)] if at else ""
        cell = re.match(r"[ \t]*[*_]{0,2}(?P<name>[^\W_](?:[^\s*]|\s(?!\s))*)", line)
        if cell and not re.search(r":\s", cell["name"]):
            name = cell["name"]
            yield Role(
                at + cell.start("name"),
                at + cell.start("name") + len(name.rstrip(" ,;")),
                bag("customer recipient"),
                SURE,
            )


def _blocks(text: str) -> Iterator[tuple[int, int]]:
    """The first line that names somebody of each address: the lines down to a postcode and its town."""
    for match in TOWN.finditer(text):
        lines: list[tuple[int, int]] = []
        at = match.start()
        while at > 0 and len(lines) < 6:
            start = text.rfind("\n", 0, at - 1) + 1
            said = text[start : at - 1]
            if not said.strip() or ":" in said:
                break
            lines.insert(0, (start + len(said) - len(said.lstrip()), start + len(said.rstrip())))
            at = start
        named = [(start, end) for start, end in lines if not NO_NAME.match(text[start:end])]
        if len(named) > 1 and not re.search(r"\d{2}", text[slice(*named[0])]):
            yield named[0]


__all__ = ["roled_in"]
