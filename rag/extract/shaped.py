"""
Values that only one shape can be: a postcode, the number below a bar code, an energy class. Null where none stands.

Rules only.
"""

from __future__ import annotations

import re

from rag.extract.fields import Field, in_words
from rag.extract.lexicon import bag
from rag.extract.telling import Told

POSTCODE = re.compile(
    r"(?<!\w)(?P<uk>[A-Z]{1,2}\d[A-Z\d]?\s\d[A-Z]{2})(?!\w)|\b(?:[A-Z]{1,3}-)?(?P<town>\d{4,5})\s(?=[A-ZÀ-Þ][a-zà-ÿ])"
    r"|[A-ZÀ-Þ][\w'’-]+\s\((?P<in>\d{4,5})\)|\b[A-Z]{2}\s(?P<us>\d{5}(?:-\d{4})?)\b(?!\s?[€$£])"
    r"|(?<=PLZ )(?P<plz>\d{4,5})"
    r"|(?i:postcode|zip|code postal|código postal|plz)\W{1,4}"
    r"(?P<label>[A-Z\d][A-Z\d -]{2,8}[A-Z\d])"
)
OUTWARD = re.compile(r",?\s[A-Z][a-z]+\s(?P<out>[A-Z]{1,2}\d{1,2}[A-Z]?)(?![\w-])")
YEARS = re.compile(r"(?:19|20)\d\d")
BARS = re.compile(
    r"\b(?:EAN|GTIN|UPC|bar ?code|code[- ]barres|strichcode|código de barras)\b\D{0,12}(?P<n>\d{8}|\d{12,14})(?!\d)"
    r"|(?<![\d-])(?P<m>\d{13})(?![\d-])",
    re.IGNORECASE,
)
ENERGY = re.compile(
    r"\b(?:EPC|DPE|energy (?:class|rating|label)|energie(?:effizienz)?klasse|energieausweis"
    r"|classe (?:énergie|énergétique)"
    r"|certificado energético|calificación energética|eficiencia energética)\b"
    r"[^\n.;]{0,45}?(?<![\w(])(?P<c>[A-H]\+{0,3})(?![\w+])",
    re.IGNORECASE,
)
UN = re.compile(r"\bUN[ -]?(?:No\.?\s?)?(?P<un>\d{4})\b")
PROTECTION = re.compile(r"\b(?P<ip>IP ?(?:[0-6]\d[A-DK]?|X\d|\dX))(?!\w)")
CODES = bag("postcode zip plz postleitzahl postal")
EANS = bag("ean gtin upc barcode")


def shaped(text: str, one: Field) -> Told | None:
    """The value of a field that takes only one shape; null is told where none stands; None of all other fields."""
    if one.kind != "text" or one.element or one.listed:
        return None
    words = set(in_words(one.key[1]).split())
    found: re.Match[str] | None = None
    if words & CODES and len(words) < 4:
        found = next((m for m in POSTCODE.finditer(text) if not _is_year(m)), None) or OUTWARD.search(text)
    elif words & EANS:
        found = BARS.search(text)
    elif words & bag("ip ingress") and words & bag("rating class code protection"):
        found = PROTECTION.search(text)
    elif {"energy", "class"} <= words or {"energy", "rating"} <= words:
        found = next((m for m in ENERGY.finditer(text) if m["c"].isupper()), None)
    else:
        return None
    if found is None:
        return Told(None, -1, -1, "label") if one.nullable else None
    group = next(name for name, said in found.groupdict().items() if said)
    return Told(found[group], *found.span(group), "label")


def _is_year(match: re.Match[str]) -> bool:
    return any(said is not None and YEARS.fullmatch(said) for said in match.groups())


__all__ = ["shaped"]
