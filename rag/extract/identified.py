"""
The number of a paper: what stands behind "no.", "Nr.", "n°", "número", "reference", "code" and has a figure in it.

    Booking reference | GR-88231      Reservierungsbestätigung Nr. 25-1904      con el número de boletín 2026/004518

Rules only; nothing here asks a model.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rag.extract.fields import Field, in_words
from rag.extract.lexicon import all_notions, bag, units
from rag.extract.shapes import POSTED
from rag.extract.telling import Told

# Names of fields that ask for one: their last word, or the only one.
ENDS = bag("number no nr id num ref reference code nummer numero número numéro kenmerk aktenzeichen")
NUMERIC = bag("number code reference ticket name")
# What a paper has a number as: the word for any of them may stand before the number of another.
PAPERS = bag(
    "number code reference ticket booking order document case file confirmation notice claim receipt report certificate"
    " sample_number application_number tracking"
)
APART = bag(  # that have a form of their own, and numbers that are seldom the paper's
    "iban vat_id phone fax tracking isbn doi postcode zip plate customer customer_number account tax serial_number"
    " version isin ean meter_number"
)
MARK = (
    r"(?:[Nn]o\.?|NO\.|[Nn][rR]\.?|[Nn][°ºo]\.?|[Nn]\.(?:\s?[°ºo])?|#|[Nn]umber|[Nn]ummer|[Nn]úmero|[Nn]uméro"
    r"|[Nn]umero|[Cc]ode"
    r"|[Cc]ódigo|[Cc]odice|[Rr]ef(?:erence|\.)?|REF|[Rr]éf(?:érence|\.)|[Rr]eferenz|[Rr]eferencia|[Rr]iferimento"
    r"|[Rr]eferentie"
    r"|[Kk]enmerk|[Aa]ktenzeichen|[Gg]eschäftszeichen|Az\.?|[Zz]eichen|[Ee]xpediente|[Dd]ossier|[Ii][Dd]"
    r"|\w{3,20}nummer|\w{3,20}nr\.?)"
)
OF = r"(?:\s(?:(?:de|of|für|van|del|di|der)\s)(?:la\s|l['’])?(?P<of>[^\W\d_]{3,20}))?"
SIGN = r"(?:[\w./-]|,(?=\d))"
VALUE = (
    rf"(?P<said>{POSTED}|(?=[\w./-]{{0,20}}[ ]?[\w./-]{{0,20}}\d)[A-Z]{{0,4}}[ ]?\w{SIGN}{{0,30}}"
    rf"(?:[ ]\d{SIGN}{{0,12}}(?![ ][^\W\d_]{{3}})){{0,5}}(?:[ ][A-Z]\d(?!\w))?)"
)
NUMBERED = re.compile(
    rf"(?P<lead>(?:[^\W\d_][\w'’-]{{0,30}}\.?\s){{0,3}})(?<!\w)(?P<mark>{MARK}){OF}"
    rf"[*_]{{0,2}}(?:\s?[:|=]\s?|\s)[*_| \t]{{0,4}}{VALUE}"
)
LABELLED = re.compile(r"[\s*|#>-]*(?:[^\W\d_][\w'’.-]{0,30}\s){0,4}[^\W\d_][\w'’.-]{0,30}\s?[:|][\s*|]*")
NEVER = re.compile(r"\d{1,2}[.:]\d\d|\d{1,2}[./]\d{1,2}[./]\d{2,4}|\d{4}-\d\d-\d\d")  # a time, a day
FEW = re.compile(r"\d{1,2}\w?|(?:19|20)\d\d")  # of a house, a year


def identified(text: str, one: Field) -> Told | None:
    """The number that a field such as `confirmation_number` asks for."""
    words = in_words(one.key[1]).split()
    if one.kind != "text" or one.element or one.listed or not words or words[-1] not in ENDS or one.units & APART:
        return None
    rest = one.units - NUMERIC
    found = list(_numbers(text))
    own = [span for said, span in found if rest and _speaks(rest, said)]
    papers = {
        text[slice(*span)]: span
        for said, span in found
        if not said & all_notions() - PAPERS and not FEW.fullmatch(text, *span)
    }
    first = [span for span in papers.values() if _is_label(text, span[0])] if len(papers) > 1 else [*papers.values()]
    paper = not rest & all_notions() - PAPERS
    place = own[0] if own else first[0] if len(first) == 1 and paper else None
    return Told(text[slice(*place)], *place, "label") if place else None


def _speaks(rest: frozenset[str], said: frozenset[str]) -> bool:
    """Whether words speak of the thing whose number is asked for."""
    return any(a == b or (len(a) > 4 and a[:5] == b[:5]) for a in rest for b in said)


def _is_label(text: str, start: int) -> bool:
    """Whether what stands before a number begins its line and ends with a colon: "PCN No: …"."""
    return LABELLED.fullmatch(text[text.rfind("\n", 0, start) + 1 : start]) is not None


def _numbers(text: str) -> Iterator[tuple[frozenset[str], tuple[int, int]]]:
    """What stands before each number of something, and where the number is."""
    for match in NUMBERED.finditer(text):
        start, end = match.span("said")
        while end > start and text[end - 1] in "./-":
            end -= 1
        said = text[start:end]
        if any(map(str.isdigit, said)) and not NEVER.fullmatch(said):
            yield units(f"{match['lead']}{match['mark']} {match['of'] or ''}"), (start, end)


__all__ = ["identified"]
