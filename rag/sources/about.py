"""
What the properties of an office file or a PDF say of its title, author and date, and what its own text says.

Programs fill in what nobody wrote: the name of a library, the day on which a template was made. That is no property of
the document. A date that the document states at its head or in its title is its date, where its properties tell none,
or a later one: when it was made, or printed again.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from rag.dates import When, dates
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
EARLIEST = "1990"  # no file that is read has an older day of its own; before it lie the zeros of clocks
LINES = 15  # at the head, that may state the date of the document
SHORT = 60  # characters of a line that says little but its date
DATED = re.compile(r"\b(?:dated|made|signed|as of|vom|den)(?:\s+(?:on|this))?\s*(?:the\s+)?$", re.IGNORECASE)
YEAR = re.compile(r"\d\d")
LABEL = re.compile(
    r"^[\W_]*(?:(?:invoice|letter|issue|document|meeting|order|statement)\s+)?(?:date|dated|issued(?:\s+on)?|datum|vom"
    r"|\w*datum|fecha|data|le)\b[\s:*_|]*",
    re.IGNORECASE,
)


def author(name: str) -> str:
    """The author; "" for what a program put there."""
    return "" if NOBODY.fullmatch(name.strip()) else name.strip()


def title(name: str) -> str:
    """The title; "" for the name of a file and for what a program put there."""
    return "" if NO_TITLE.search(name.strip()) else name.strip()


def date(text: str, called: str, key: str, *properties: str) -> str:
    """The date of a document: what it states at its head or is called by, else the first property that is one."""
    own = next((found for one in properties if (found := _real(iso_date(one)))), "")
    said = _stated(text, called, key)
    return said if said and (not own or said[:10] <= own[:10]) else own or _early(text)


def _real(iso: str) -> str:
    return iso if iso[:4] >= EARLIEST and iso not in TEMPLATES and iso.removesuffix("Z") + "Z" not in TEMPLATES else ""


def _stated(text: str, called: str, key: str) -> str:
    """The day with which a title or the name of the file begins or ends, or that a line at the head is there to say."""
    for name in (called, " ".join(PurePosixPath(key).stem.replace("_", " ").split())):
        found = _days(name)
        if len(found) == 1 and _apart(name, found[0]):
            return found[0].iso
    for line in _head(text):
        if label := LABEL.match(line):
            found = _days(line[label.end() :])
            if found and found[0].start == 0:
                return found[0].iso
        if line.startswith("#") and len(found := _days(line)) == 1 and _apart(line, found[0]):
            return found[0].iso
    return ""


def _early(text: str) -> str:
    """The only day that the first lines say, in a line that says little else or says that it is the day."""
    found = [(line, one) for line in _head(text)[:5] for one in _days(line)]
    if len({one.iso for _, one in found}) != 1:
        return ""
    line, one = found[0]
    return one.iso if len(line) <= SHORT or DATED.search(line, 0, one.start) else ""


def _head(text: str) -> list[str]:
    return [line.strip() for line in text[:5000].split("\n") if line.strip()][:LINES]


def _days(text: str) -> list[When]:
    """The whole dates of a text, of which nothing is guessed."""
    if not YEAR.search(text[:300]):
        return []
    found = sorted(dates(text[:300]), key=lambda one: one.start)
    return [
        one
        for one in found
        if len(one.iso) == 10 and not one.doubt and ("." in text[one.start : one.end] or not _twice(one, found))
    ]


def _twice(one: When, found: list[When]) -> bool:
    """Whether it may be another day as well: 3/4/2024."""
    return any(other is not one and (other.start, other.end) == (one.start, one.end) for other in found)


def _apart(name: str, one: When) -> bool:
    """Whether a date stands at an end of a name and is no part of what the name says ("after 11 September 2001")."""
    before, after = name[: one.start].rstrip(), name[one.end :].strip()
    if not before.strip("#* "):
        return True
    return not after.strip(")]*_ ") and (before[-1] in ",:;(|-–—·[" or name[one.start : one.start + 4].isdecimal())
