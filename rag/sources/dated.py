"""
The day that a document states of itself: in its title, in the name of its file, in a line at its head.

"Minutes 14 February 2023", `2022-05-10 agenda.txt`, `Date: 3 March 2025`, "valid from 1 April 2025". A day that the
text is about is none ("after 11 September 2001"), nor one that may be two (3/4/2024).
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from rag.dates import HOLDS, When, dates, held_from
from rag.releases import version

LINES = 15  # at the head, that may state the date of the document
FIRST = 5  # of these, of which one may be nothing but a date
SHORT = 60  # characters of a line that says little but its date
TITLE = 120  # characters of a first line that may be a title
DATED = re.compile(r"\b(?:dated|made|signed|as of|vom|den)(?:\s+(?:on|this))?\s*(?:the\s+)?$", re.IGNORECASE)
YEAR = re.compile(r"\d\d")
PUBLISHED = (  # what stands before the day on which something came out
    r"(?:first |initially |originally )?(?:released?|published?|posted|published online)(?: date| day)?(?:\s+on)?"
    r"|(?:erstmals )?(?:veröffentlicht|erschienen|freigegeben|herausgegeben)(?:\s+am)?"
    r"|(?:publiée?|parue?|sortie?|mise? en ligne)(?:\s+le)?|date de (?:publication|parution|sortie)"
    r"|(?:publicad[oa]|lanzad[oa])(?:\s+el)?|fecha de (?:publicación|lanzamiento)"
    r"|(?:pubblicat[oa]|rilasciat[oa]|uscit[oa])(?:\s+il)?|data di (?:pubblicazione|rilascio|uscita)"
    r"|(?:publicad[oa]|lançad[oa])(?:\s+em)?|data de (?:publicação|lançamento)"
    r"|(?:gepubliceerd|uitgebracht|verschenen)(?:\s+op)?|(?:publicerad|släppt)(?:\s+den)?|(?:udgivet|utgitt)(?:\s+den)?"
    r"|(?:opublikowano|wydano)|опубликовано|выпущено"
)
TAG = re.compile(r"</?[a-zA-Z][^<>\n]{0,60}>")
LABEL = re.compile(
    r"^[\W_]*+(?:(?:invoice|letter|issue|document|meeting|order|statement)\s+)?(?:date|dated|issued(?:\s+on)?|datum|vom"
    r"|\w*datum|fecha|data|le|rev(?:ision )?date|(?:last )?(?:updated|revised|modified|changed)(?:\s+on)?|stand)\b"
    r"[\s:*_|{]*",
    re.IGNORECASE,
)
# A line of its own: in a list or a table it is a day that the document is about, of a film or a book.
OUT = re.compile(rf"[#>*_(\[ ]{{0,4}}(?<![*] )(?:{PUBLISHED})(?!\w)[\s:*_]*", re.IGNORECASE)
RECORD = (
    re.compile(  # what is called by its day, wherever that stands in its title: "Minutes of the meeting of …, by Zoom"
        r"\b(?:minutes|agenda|meeting|protokoll|niederschrift|sitzung|tagesordnung|verbale|notulen|compte[ -]rendu"
        r"|procès-verbal|acta|newsletter|bulletin|rundbrief)\b",
        re.IGNORECASE,
    )
)
NOT_OF = re.compile(r"\b(?:after|before|since|until|till?|about|nach|vor|seit|bis|über)$", re.IGNORECASE)
ABOUT = re.compile(
    r"\b(?:after|before|since|until|till?|by|from|to|of|on|in|at|between|about|around|for|and|nach|vor|seit|bis|ab|zum|am"
    r"|über|après|avant|depuis|hasta|desde|dopo|prima)$",
    re.IGNORECASE,
)
WRITTEN = re.compile(r"(?<!\d)((?:19|20)\d\d)[_ ]?(0[1-9]|1[0-2])[_ ]?(0[1-9]|[12]\d|3[01])(?!\d)")  # 20240514_notes


def stated(text: str, called: str, key: str, *, first_line: bool = False) -> str:
    """
    The day with which a title or the name of the file begins or ends, or that a line at the head is there to say; ""
    if there is none. With `first_line` the first line is a title, too: of a text without marks.
    """
    file = WRITTEN.sub(r"\1-\2-\3", PurePosixPath(key).stem).replace("_", " ")
    lines = _head(text)
    titles = [called, " ".join(file.split()), *(lines[:2] if first_line else [])]
    for name in titles:
        found = _days(name) if len(name) <= TITLE else []
        if len(found) == 1 and _apart(name, found[0]):
            return found[0].iso
    for number, line in enumerate(lines):
        bare = line.strip("#*_>()[]= ")
        if number < FIRST and len(found := _days(bare)) == 1 and bare == bare[found[0].start : found[0].end]:
            return found[0].iso
        if label := LABEL.match(line) or (OUT.match(line) if number < FIRST else None):
            found = _days(line[label.end() :])
            if found and found[0].start == 0:
                return found[0].iso
        if line.startswith(("#", "=", "\\title")) and len(found := _days(line)) == 1 and _apart(line, found[0]):
            return found[0].iso
    return _holding(lines)


def _holding(lines: list[str]) -> str:
    """The day from which it holds ("Version 4.0 · valid from 1 April 2025"), if it says so in a line at its head."""
    found = (held_from(line[:TITLE], (HOLDS,)) for line in lines[:FIRST])
    return next((day for day in found if len(day) == len("2025-04-01")), "")


def early(text: str) -> str:
    """The only day that the first lines say, in a line that says little else or says that it is the day."""
    found = [(line, one) for line in _head(text)[:5] for one in _days(line)]
    if len({one.iso for _, one in found}) != 1:
        return ""
    line, one = found[0]
    return one.iso if len(line) <= SHORT or DATED.search(line, 0, one.start) else ""


def _head(text: str) -> list[str]:
    return [TAG.sub("", line).strip() for line in text[:5000].split("\n") if line.strip()][:LINES]


def _days(text: str) -> list[When]:
    """The whole dates of a text, of which nothing is guessed."""
    if not YEAR.search(text[:300]):
        return []
    found = sorted(dates(text[:300]), key=lambda one: one.start)
    release = version(text.strip("#*= ")[:TITLE]) if "." in text else ""
    return [
        one
        for one in found
        if len(one.iso) == 10
        and not one.doubt
        and not _of_version(text[one.start : one.end], release)
        and ("." in text[one.start : one.end] or not _twice(one, found))
    ]


def _of_version(day: str, release: str) -> bool:
    """Is it the version that the line names, "v2.6.30", and no day? A day has its noughts: 02.06.30."""
    return bool(release) and day in release and not re.search(r"(?<!\d)0\d", day)


def _twice(one: When, found: list[When]) -> bool:
    """Whether it may be another day as well: 3/4/2024."""
    return any(other is not one and (other.start, other.end) == (one.start, one.end) for other in found)


def _apart(name: str, one: When) -> bool:
    """Whether a date stands at an end of a name and is no part of what the name says ("after 11 September 2001")."""
    before, after = name[: one.start].rstrip(), name[one.end :].strip()
    if not before.strip("#*= "):
        return True
    if RECORD.search(before) and not NOT_OF.search(before):
        return True
    if after.strip(")]*_=} "):
        return False
    return before[-1] in ",:;(|-–—·[" or name[one.start : one.start + 4].isdecimal() or not ABOUT.search(before)
