"""
The parties of a contract in their order, and who signs it as what.

    between Calder Valley Foods plc, a company … (the "Client"), and Nadia Brandão
    (1) Portbury Storage Limited (company number …); and (2) Hannah Fitzgerald of …     gez. Imke Claasen (Prokuristin)

Rules only; nothing here asks a model.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from rag.extract.candidates import Candidate
from rag.extract.fields import Field, Key
from rag.extract.items import Row
from rag.extract.lexicon import bag
from rag.extract.natures import ORGANISATION

EARLY, LONGEST, MANY = 1_500, 1_200, 12  # characters: before which parties are named, in which; signatures
BETWEEN = re.compile(
    r"\b(?:by and between|between|zwischen|entre|tra|[Pp]arties|Parteien"
    r"|Vertragsparteien)\b[*_]{0,2}\s?:?[*_]{0,2}\s+(?:the following\s)?",
    re.IGNORECASE,
)
ENDS = re.compile(r"\n\s*\n\s*(?:\d+[.)]\s|§|#|WHEREAS|Whereas|Recitals|Präambel)|\n\s*(?:§ ?1|1\.)\s")
COUNTED = re.compile(r"(?:^|\s)\(?(?:\d|[a-b])\)\s+|^\s*\d[.)]\s+", re.MULTILINE)
AND = re.compile(
    r"(?<=[,;)*–—-])\s*(?:and|und|et|y|e)\s+(?=[*_]{0,2}[^\W\d_])|\n\s*(?:and|und|et|y)\s*\n\s*|\s(?:and|und|et"
    r"|y)\s(?=[*_]{0,2}(?:(?:the|der|die|dem|la|le)\s)?[A-ZÀ-Þ])"
)
ARTICLE = re.compile(
    r"[\s*_]*(?:(?:the|der|die|dem|den|das|la|le|l['’]|el|Herrn?|Frau|Mr|Mrs|Ms)\.?\s)?[*_]*", re.IGNORECASE
)
LEGAL = r"(?:Inc|LLC|Ltd|Limited|LLP|L\.P|Corp|Co|GmbH|AG|S\.A|S\.L|plc)\b\.?"
STOP = re.compile(
    rf",(?!\s{LEGAL})|[*_]{{2}}|\s\(|\s?[\"“„]|\s[–—-]\s|;|\n\s*(?![a-zà-ÿA-Z]*\s?(?:GmbH|Ltd|LLC))|:\s|\s(?:of"
    rf"|in|aus)\s(?=\d|[A-Z])|\s(?:whose|vertreten|represented|residing|domicilié|geb\.|née?\s|born|with its"
    rf"|having|mit Sitz|wohnhaft|hereinafter|nachfolgend|ci-après|en adelante)\b"
)
LABELLED = re.compile(
    r"(?:^|\s{2,})(?P<label>Member|Mitglied|Customer|Kunde|Client|Tenant|Landlord|Vermieter(?:in)?|Mieter(?:in)?"
    r"|Auftraggeber(?:in)?|Auftragnehmer(?:in)?|Employer|Employee"
    r"|Arbeitgeber(?:in)?|Arbeitnehmer(?:in)?|Seller|Buyer|Verkäufer(?:in)?|Käufer(?:in)?|Bailleur|Locataire"
    r"|Licensor|Licensee|Supplier|Provider|Contractor)\s?:\s+(?P<name>[^\n]+)",
    re.MULTILINE,
)
PERSON = (
    r"(?:(?:Dr|Prof|Mr|Mrs|Ms|Herr|Frau)\.?\s)?(?:[A-ZÀ-Þ](?:\.|[\w'’-]+))(?:\s(?:(?:de|von|van|der|di|da|la|Óg"
    r"|Mac)\s)?[A-ZÀ-Þ](?:\.|[\w'’-]+)){1,3}"
)
SIGNING = re.compile(
    rf"(?:\b(?:[Ss]igned|SIGNED|[Uu]nterschrift|[Ff]ür|[Ff]or|[Pp]our|[Bb]y|Name|Signé|Fdo"
    rf"|gez)\b[.:]?[^:\n|]{{0,70}}?(?::|\b(?<=gez\.))|/s/)[ \t]*(?P<name>{PERSON})"
    r"(?:,[ \t](?P<role>[^\W\d_][^\n,;(]{2,50}?)|[ \t]\((?P<noted>[^()\n]{3,50})\))?(?=[ \t]*(?:\n|\Z|[ \t]{2}|[,;.]))"
)
COLUMNS = re.compile(rf"^[ \t]*(?P<one>{PERSON})[ \t]{{3,}}(?P<other>{PERSON})[ \t]*\n(?P<roles>[^\n]*)", re.MULTILINE)
BARRED = re.compile(
    r"^\|(?P<heads>[^\n]+)\|[ \t]*\n\|[\s:|-]+\|[ \t]*\n\|(?P<names>[^\n]+)\|[ \t]*(?:\n\|(?P<roles>[^\n]+)\|)?",
    re.MULTILINE,
)
LINED = re.compile(
    rf"^[ \t]*(?:Signed|SIGNED|Unterschrieben|Unterzeichnet)\b[^\n]*?[ \t]{{3,}}(?P<name>{PERSON})(?=[ \t]{{3,}})",
    re.MULTILINE,
)


def parties(text: str, wanted: Sequence[Field]) -> Iterator[tuple[Key, Candidate]]:
    """The parties in their order, for fields such as `party_a` and `party_b`, or a list of `parties`."""
    asked = [
        one
        for one in wanted
        if one.units & bag("party parties") and one.units <= bag("party parties name full first second")
    ]
    if not asked:
        return
    found = _between(text) or _labelled(text)
    for n, (start, end) in enumerate(found):
        one = asked[0] if asked[0].listed else asked[n] if n < len(asked) else None
        if one is not None:
            yield one.key, Candidate(text[start:end], start, end, "name")


def _between(text: str) -> list[tuple[int, int]]:
    for match in BETWEEN.finditer(text, 0, EARLY):
        end = min(len(text), match.end() + LONGEST)
        stop = ENDS.search(text, match.end(), end)
        end = stop.start() if stop else end
        counted = list(COUNTED.finditer(text, match.end() - 1, end))
        if len(counted) > 1:
            starts = [one.end() for one in counted]
        else:
            further = [one.end() for one in AND.finditer(text, match.end(), end)]
            starts = [match.end(), *further]
        found: list[tuple[int, int]] = []
        for start in starts:
            if (span := _party(text, start, end)) and (not found or span[0] >= found[-1][1]):
                found.append(span)
        if len(found) > 1:
            return found if len(counted) > 1 else _two(text, found)
    return []


def _two(text: str, found: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The first party, and the next behind a mark or in a line of its own; else the one behind the first "and"."""
    first, *others = found
    marked = [
        span
        for span in others
        if re.search(r"[,;)*–—-]\s*(?:and|und|et|y)\s+\S{0,5}\s?\Z|\n\s*\w+\s*\n\s*\S{0,4}\s?\Z", text[: span[0]])
    ]
    return [first, (marked or others)[0]]


def _party(text: str, start: int, end: int) -> tuple[int, int] | None:
    """The name that begins there, up to what is said of it."""
    article = ARTICLE.match(text, start)
    begin = article.end() if article else start
    stop = STOP.search(text, begin, end)
    last = stop.start() if stop else end
    said = text[begin:last].rstrip(" *_")
    said = said if re.search(rf"{LEGAL}\Z", said) else said.rstrip(".")
    if not said[:1].isupper() or len(said) > 90:
        return None
    return begin, begin + len(said)


def _labelled(text: str) -> list[tuple[int, int]]:
    """Parties by labels such as "Member:"; before a single one the organisation whose paper it is."""
    found = [
        span for match in LABELLED.finditer(text) if (span := _party(text, match.start("name"), match.end("name")))
    ]
    if len(found) == 1:
        for line in re.finditer(r"[^\n]+", text[: found[0][0]]):
            span = _party(text, line.start(), line.end())
            if span and ORGANISATION.search(text[slice(*span)].title()):
                return [span, *found]
    return found if len(found) > 1 else []


def signatories(text: str, wanted: Sequence[Field]) -> list[Row]:
    """Who signs a paper, and as what; none if the list asks for something else."""
    who = next((one for one in wanted if one.kind == "text" and one.units & bag("name person")), None)
    role = next((one for one in wanted if one.kind == "text" and "job" in one.units), None)
    if (
        who is None
        or not wanted[0].parent & bag("signatorie signatory signer sender signature signed")
        or len(wanted) > 3
    ):
        return []
    found: list[tuple[int, str, str]] = []
    for match in BARRED.finditer(text):
        if re.search(r"\b(?:[Ff]or|[Ff]ür|[Pp]our|Signed|On behalf)\b", match["heads"]):
            names, roles = ([cell.strip() for cell in (match[part] or "").split("|")] for part in ("names", "roles"))
            found += [
                (match.start() + n, name, roles[n] if n < len(roles) else "") for n, name in enumerate(names) if name
            ]
    for match in SIGNING.finditer(text):
        found.append((match.start("name"), match["name"], match["role"] or match["noted"] or ""))
    for match in LINED.finditer(text):
        found.append((match.start("name"), match["name"], ""))
    if not found:
        for match in COLUMNS.finditer(text):
            roles = re.split(r"[ \t]{3,}", match["roles"].strip())
            roles = roles if len(roles) == 2 and not re.search(r"\d", match["roles"]) else ["", ""]
            found += [
                (match.start(part), match[part], said) for part, said in zip(("one", "other"), roles, strict=True)
            ]
    rows = {
        name: {who.key[1]: [name]} | ({role.key[1]: [said]} if role and said else {}) for _, name, said in sorted(found)
    }
    return list(rows.values())[:MANY]


__all__ = ["parties", "signatories"]
