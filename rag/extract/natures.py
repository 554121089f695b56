"""
What a name is of, as far as its words and what stands beside it tell: a person, an organisation, a place, an address.

"Fiona Grant" after "Call", "Brightwater Design Ltd", "Lübeck" after "in", "70565 Stuttgart". Rules only; most names
tell nothing. Nothing here knows fields.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rag.extract.candidates import JOINING, Candidate
from rag.extract.layout import Layout

ORGANISATION = re.compile(
    r"(?:\b(?:GmbH|AG|KG|UG|OHG|e\.V\.|mbH|SE|Ltd|Limited|Inc|LLC|LLP|Corp|Corporation|Co|PLC|plc|SAS?|SARL|SNC"
    r"|S\.A\.|S\.p\.A|SpA"
    r"|S\.r\.l|SRL|BV|B\.V|NV|AB|Oy|AS|ApS|GbR|University|Universität|Université|Universidad|College|School|Schule|Bank"
    r"|Hospital|Hospice|Klinik|Institute|Institut|Foundation|Stiftung|Verein|Agency|Ministry|Council|Group|Gruppe"
    r"|Holdings?|Studios?|Restaurant|Hotel|Café|Bäckerei|Apotheke|Association|Society|Company|Analytics|Insurance"
    r"|\w+(?:handlung|werke|betriebe?|verlag|verein|klinik|schule|verband|kammer|brauerei|bäckerei|gärtnerei)"
    r"|Clinic|Bakery|Brewery|Bookshop|Shop|Centre|Center|Club|Museum|Theatre|Theater|Library|Farm|Services"
    r"|Airlines?|Dental"
    r"|Plumbing|Books|Cinema|Kino|Care|Imprimerie|Boulangerie|Librairie|Gärtnerei|Buchhandlung"
    r"|Agence|agence|Groupe|groupe|Systems|Solutions|Partners|Consulting|Labs?|Software|Technologies|Energie"
    r"|Verlag|Press|Werke)\b)"
    r"|&\s?(?:Söhne|Sons|Co|Fils|Cie)|株式会社|有限会社|合同会社|会社|銀行|大学|病院|公司|店\b"
)
TITLE = re.compile(
    r"(?:\b(?:Mr|Mrs|Ms|Miss|Dr|Prof|Sir|Dame|Herr|Herrn|Frau|Mme|Mlle|Monsieur|Madame|Sra?|Señora?|Dott"
    r"|Ing)\.?\s*(?:Dr\.\s)?"
    r"|\b(?:Attn|Attention|z\.\s?Hd\.?|c/o)\.?:?\s*(?:Herrn?|Frau|Mr\.?|Ms\.?)?\s*|(?<!\w)M\.\s)\Z"
)
TITLED = re.compile(r"(?:Mr|Mrs|Ms|Dr|Prof|Sir|Herr|Frau|Mme|Monsieur|Madame)\.?\s")
CALLED = re.compile(
    r"\b(?:call|contact|ask(?: for)?|(?:book|speak|talk|register|reserve) (?:with|to)|ring|by"
    r"|kontaktieren|von|par|mayor|maire|Bürgermeister(?:in)?|CEO|president|director|manager"
    r"|named|regards|wishes|thanks|cheers|grüße|gruß|grüßen|cordialement|amicalement|saludos|yours|sincerely"
    r"|faithfully)"
    r"[\s,:;–—-]*\Z",
    re.IGNORECASE,
)
CLOSING = re.compile(
    r"(?:regards|wishes|thanks|thank you|cheers|sincerely|faithfully|grüße[n]?|grüßen|gruß|cordialement|amicalement"
    r"|salutations|saludos|saluti|hochachtungsvoll|yours)[\s,!.]*\n\s*\Z",
    re.IGNORECASE,
)
PLACED = re.compile(
    r"\b(?:(?:maire|mairie|ville|city|town|mayor|Stadt|ciudad) (?:de|of|d')"
    r"|in|at|near|from|to|aus|nach|à|en|à la|a|di|im)\s\Z"
)
POSTCODE = re.compile(r"(?<![\d-])(?:[A-Z]{1,2}-)?\d{4,5}[ ]\Z")
COUNTRIES = (
    "UK|USA|U\\.S\\.|United Kingdom|England|Scotland|Wales|Ireland|United States|Canada|Australia|Germany|Deutschland"
    "|Austria|Österreich|Switzerland|Schweiz|Suisse|France|Frankreich|Belgium|Belgique|Netherlands|Nederland"
    "|Spain|España|Portugal"
    "|Italy|Italia|Poland|Polska|Denmark|Sweden|Norway|Finland|Czechia|Greece|Turkey|Türkiye|India|China|Japan"
    "|Brazil|Brasil"
    "|Mexico|México|Argentina|Nigeria|Kenya|South Africa|Egypt|Israel|Singapore|New Zealand|[A-Z]{2}"
)
BEHIND = re.compile(rf",?\s(?:[A-Z]{{1,2}}\d[A-Z\d]?\s\d[A-Z]{{2}}|[A-Z]{{2}}\s\d{{5}})\b|,\s(?:{COUNTRIES})(?!\w)")
STREET = re.compile(
    r"(?i)\b\d{1,5}[a-z]?,?\s(?:bis\s|ter\s)?(?:\w+\.?\s){0,3}(?:street|st|road|rd|avenue|ave|lane|drive|square"
    r"|way|court"
    r"|boulevard|blvd|terrace|place|row|hill|park|gardens|close|crescent|grove|mews|rise|walk)\b"
    r"|\b[^\W\d_]+\s(?:street|road|lane|avenue|square|way|court|row|hill|gate|gata|gatan|vej|vägen)\s\d{1,4}\b"
    r"|\b\d{1,4},?\s(?:bis\s|ter\s)?(?:rue|avenue|av|boulevard|bd|place|chemin|quai|impasse|allée)\s"
    r"|(?:stra(?:ß|ss)e|str\.|platz|weg|allee|gasse|ufer|damm|ring|markt)\s\d{1,4}\s?[a-z]?\b"
    r"|\b(?:calle|via|viale|piazza|plaza|rua|avenida)\s(?:\w+\s){1,4}\d"
    r"|[都道府県市区町村].{0,20}\d+(?:-\d+)+|丁目\d"
)
CURRENT = re.compile(
    r"[-–—]\s?(?:present|today|now|current|heute|jetzt|aujourd'hui|présent|actualidad|現在)", re.IGNORECASE
)
HIRING = re.compile(
    r",?\s(?:is|are)\s(?:looking for|hiring|seeking|searching for|recruiting)\b|,?\s(?:sucht|suchen|stellt ein)\b"
    r"|,?\s(?:recherche|recrute|cherche)\b|,?\s(?:busca|contrata|cerca|assume)\b"
)
JOINED = re.compile(r"\b(?:[Jj]oin|[Aa]bout|[Ww]ork(?:ing)? (?:at|for)|[Cc]areers? at|[Üü]ber)\s\Z")
AFTER_NAME = re.compile(r"[^\W\d_][\w.-]+\s[^\W\d_][\w.-]+,\s\Z")
SIGNED = re.compile(r"(?:,\s[^\W\d_][\w.-]*(?:\s[\w.-]+)?)?\s*")  # a name that ends a letter, with its town
PERSON = re.compile(r"[^\W\d_][\w.'’-]*(?:\s(?:[^\W\d_][\w.'’-]*|[A-Z]\.)){1,3}")


def natures(text: str, one: Candidate, layout: Layout) -> frozenset[str]:
    """What a candidate is of: "person", "organisation", "place", "address", "title"; mostly nothing."""
    return frozenset(_natures(text, one, layout))


def _natures(text: str, one: Candidate, layout: Layout) -> Iterator[str]:
    if one.kind not in ("name", "opening", "cell", "quoted"):
        return
    if ORGANISATION.search(one.text):
        yield from ["organisation"] if ", " not in one.text and len(one.text.split()) < 8 else []
    elif one.kind in ("name", "opening") or PERSON.fullmatch(one.text):
        yield from _person(text, one)
    before = text[max(0, one.start - 24) : one.start]
    if one.kind in ("name", "opening") and (HIRING.match(text, one.end) or JOINED.search(before)):
        yield from ("organisation", "employer")
    if one.kind != "opening" and not ORGANISATION.search(one.text) and _is_placed(text, one, before):
        yield "place"
    if STREET.search(one.text):
        yield "address"
    elif one.kind in ("cell", "name") and len(one.text.split()) < 6:
        yield from _beside_street(text, one, layout)
    line = layout.line_at(one.start)
    if line is not None and CURRENT.search(text[line.start : line.end]):
        said = text[line.cells[-1].start : one.start]
        if line.cells[-1].start <= one.start and ", " not in one.text and (not said or said.endswith(", ")):
            yield from ("position", "employer")[said.count(", ") :][:1]
    second = layout.is_cv and len(layout.lines) > 1 and one.start == layout.lines[1].start
    if second and one.kind == "cell" and len(one.text.split()) < 7 and one.text.replace(" ", "").isalpha():
        yield from ("title", "position")
    if one.kind == "name" and layout.lines and layout.lines[0].start == one.start and " " not in one.text:
        yield "brand"
    first = layout.lines[0] if layout.lines else None
    if (
        first is not None
        and len(layout.lines) > 2
        and one.kind in ("cell", "name")
        and first.start <= one.start <= first.end
    ):
        yield "first"
        if one.start == first.start and one.end >= first.end - 1:
            is_cv = layout.is_cv and PERSON.fullmatch(one.text) is not None
            yield from ("heads_cv",) if is_cv and not ORGANISATION.search(one.text) else ("title",)


def _beside_street(text: str, one: Candidate, layout: Layout) -> Iterator[str]:
    """What stands before a street in its line is a site, behind it a town: "The Mill, Weaver Lane 3, Norwich"."""
    line = layout.line_at(one.start)
    if line is None:
        return
    before, after = text[line.start : one.start], text[one.end : line.end]
    if after.startswith(", ") and not before and STREET.match(after.split(", ")[1]):
        yield "site"
    parts = before.split(", ")
    last = len(parts) > 1 and not parts[-1] and not after.strip(" .") and one.text.replace(" ", "").isalpha()
    if last and (STREET.search(parts[-2]) or ORGANISATION.search(parts[-2])):
        yield "place"


def _is_placed(text: str, one: Candidate, before: str) -> bool:
    """Whether a short name stands where places do."""
    if len(one.text.split()) > 3:
        return False
    if POSTCODE.search(before) or BEHIND.match(text, one.end):
        return True
    if one.kind != "name" or TITLE.search(before):
        return False
    return PLACED.search(before) is not None or (not text[one.end :].strip() and AFTER_NAME.search(before) is not None)


def _person(text: str, one: Candidate) -> Iterator[str]:
    before, after = text[max(0, one.start - 40) : one.start], text[one.end : one.end + 60]
    address = re.match(r"\"?\s*[<(]?([\w.+-]+)@", after)
    if (
        TITLED.match(one.text)
        or TITLE.search(before)
        or CLOSING.search(before)
        or (address and " " in one.text and one.end - one.start < 40)
        or (CALLED.search(before) and PERSON.fullmatch(one.text))
        or (_is_written_as_name(one.text) and SIGNED.fullmatch(text, one.end))
    ):
        yield "person"


def _is_written_as_name(said: str) -> bool:
    """Whether it is of two to four words, none of which begins small but those that join names."""
    return PERSON.fullmatch(said) is not None and not any(
        word[0].islower() and word.lower() not in JOINING for word in said.split()
    )


__all__ = ["natures"]
