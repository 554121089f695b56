"""
What the properties of an office file or a PDF say of its title, author and date, and what its own text says.

Programs fill in what nobody wrote: the name of a library, the day on which a template was made. That is no property of
the document. A date that the document states at its head or in its title is its date, where its properties tell none,
or a later one: when it was made, or printed again.
"""

from __future__ import annotations

import re

from rag.sources import dated
from rag.sources.text import iso_date

NOBODY = re.compile(
    r"\(?(?:anonymous|unspecified|unknown)(?: author| creator)?\)?|author|none|null|n/a|users?|default(?: user)?|owner"
    r"|admin(?:istrator)?|root|guest|pc|home|test|scanner|user name|your name|benutzer|utilisateur|usuario"
    r"|python-docx|openpyxl|xlsxwriter|apache poi|docx4j|php(?:word|office)|pandoc|reportlab|aspose|libreoffice"
    r"|openoffice\.org|steve canny|windows[ -](?:user|benutzer|nutzer)|microsoft(?: office[ -]user| corporation)?"
    r"|hewlett-packard company",
    re.IGNORECASE,
)
NO_TITLE = re.compile(
    r"\.(?:docx?|xlsx?|pptx?|od[tsp]|rtf|tex|dvi|indd|pdf|md|html?)$|^\(?(?:untitled|anonymous|unspecified)\b"
    r"|^microsoft word|^(?:document|dokument|word document|presentation|präsentation|powerpoint[ -]pr[eä]sentation"
    r"|slide|book|mappe|workbook|blank)\s*\d*$",
    re.IGNORECASE,
)
TEMPLATES = frozenset("""
    2013-12-23T23:15:00Z 2013-01-27T09:14:16Z 2013-01-27T09:15:58Z 2006-09-16T00:00:00Z 2000-01-01T00:00:00Z
""".split())  # fmt: skip  # noqa: SIM905  (python-docx, python-pptx, Excel, reportlab's invariant mode)
HEAD = 3000  # characters of a document whose years are those of its time
EARLIEST = "1990"  # no file that is read has an older day of its own; before it lie the zeros of clocks


def author(name: str) -> str:
    """The author; "" for what a program put there."""
    return "" if NOBODY.fullmatch(name.strip()) else name.strip()


def title(name: str) -> str:
    """The title; "" for the name of a file and for what a program put there."""
    return "" if NO_TITLE.search(name.strip()) else name.strip()


def date(text: str, called: str, key: str, *properties: str) -> tuple[str, str]:
    """
    The date of a document, and the day on which its file was made or saved if that is another.

    Its date is what it states at its head or is called by; else the first of the properties that is a date, if the
    title, the name or the head says that year, too: a file that was exported today may be of any day.
    """
    own = next((found for one in properties if (found := _real(iso_date(one)))), "")
    said = dated.stated(text, called, key)
    if not said or (own and said[:10] > own[:10]):
        supported = own and re.search(rf"(?<!\d){own[:4]}(?!\d)", f"{called} {key} {text[:HEAD]}")
        said = own if supported else dated.early(text)
    return said, own if own != said else ""


def saved(day: str) -> dict[str, str]:
    """The metadata of a file of which only that is known: when it was saved."""
    return {"saved": day} if day else {}


def _real(iso: str) -> str:
    return iso if iso[:4] >= EARLIEST and iso not in TEMPLATES and iso.removesuffix("Z") + "Z" not in TEMPLATES else ""
