"""
What the head of a text says of its standing (a draft, withdrawn, superseded), and which other text takes its place.

Lines of a head as documents of several languages write them; a text is known by its number or by the name of its file.
"""

from __future__ import annotations

import re

from rag import folding

HEAD, LINES = 2500, 25  # characters and lines in which a head stands
LONGEST = 300  # characters of such a line
STATES = (
    r"(?:superse(?:ded|ed)|replaced|obsoleted?|outdated|deprecated|withdrawn|draft|rejected|retired|expired|revoked"
    r"|repealed|abandoned|cancel+ed|void|proposed|archived|no longer (?:in force|valid|maintained|current)"
    r"|not (?:yet )?(?:in force|approved|final|adopted|valid)|unapproved|preliminary|provisional"
    r"|entwurf|abgelöst|ersetzt|zurückgezogen|aufgehoben|veraltet|ungültig|außer kraft|nicht mehr gültig"
    r"|brouillon|remplacée?|retirée?|abrogée?|obsolète|borrador|sustituid[oa]|retirad[oa]|derogad[oa]"
    r"|bozza|sostituit[oa]|ritirat[oa]|concept|vervangen|ingetrokken|vervallen)"
)
LABEL = r"(?:status|state|stand|zustand|statut|estado|stato)"
SAYS = re.compile(
    rf"[^\w\n]*{LABEL}\b[^\n:|]{{0,30}}[:|][^\n]{{0,80}}?\b{STATES}\b"
    rf"|[^\w\n]*(?:this|the present) \w+[^\n.]{{0,40}}?\b(?:is|was|has been)\b[^\n.]{{0,40}}?\b{STATES}\b"
    r"|[^\w\n]*(?:superseded|replaced|obsoleted|abgelöst|ersetzt|remplacée?|sustituid[oa]|sostituit[oa]|vervangen)"
    r" (?:by|durch|par|por|da|door)\b"
    r"|[^\w\n]*(?:deprecated|withdrawn|obsolete|superseded|draft|entwurf|brouillon|borrador|bozza)[^\w\n]*$"
    r"|[^\w\n]*(?:deprecated|withdrawn|obsolete|draft)\b[^\w\n]{1,5}(?:do not|not for|use|since|in favou?r)\b"
    r"|(?:draft|deprecated|obsolete|archived|superseded):[ \t]*(?:true|yes)\b",
    re.IGNORECASE,
)
SECTION = re.compile(
    rf"(?:#{{1,6}}[ \t]+)?{LABEL}[:\s]*", re.IGNORECASE
)  # a heading, with what it is in the line below
STATE = re.compile(rf"[^\w\n]*\b{STATES}\b", re.IGNORECASE)
TARGET = (
    r"[*_`\"'“\[(]{0,3}((?:(?:[^\W\d_]{1,20}[ -])?(?:no\. ?)?\d[\w-]{0,20}(?:[./-]\w{1,20}){0,3})"
    r"|[\w-]{1,60}(?:[./][\w-]{1,60}){0,5}\.[a-z]{2,5}\b)"
)
REFERS = re.compile(
    r"\b(?:(?:superseded|replaced|obsoleted|overtaken|abgelöst|ersetzt|remplacée?|sustituid[oa]|sostituit[oa]|vervangen)"
    rf" (?:by|durch|par|por|da|door)|in favou?r of|see(?: also)?|siehe(?: auch)?|vgl\.|cf\.|voir|véase|vedi|zie)"
    rf" (?:the )?{TARGET}",
    re.IGNORECASE,
)
WRAPS = re.compile(  # how a line ends that is broken within a sentence, or the next one begins
    r"(?:[,&]|\b(?:on|of|by|in|the|and|vom|am|und|par|du|le|por|el|da|il))\n[ \t]*(?=\S)"
    r"|\n[ \t]*(?=[\da-zß-ÿ(](?![.)]))"
)
ENDED = re.compile(r"[.:;!?]\s*\Z")
YEAR = re.compile(r"(?:19|20)\d\d")
WORD = re.compile(r"[^\W_]+")


def line(text: str) -> tuple[int, int] | None:
    """Where the line of a head stands that says a text does not, or not yet, hold; None if there is none."""
    at, above = 0, ""
    for written in text[:HEAD].split("\n")[:LINES]:
        said = written.strip()
        if said and len(said) <= LONGEST and (SAYS.match(said) or (SECTION.fullmatch(above) and STATE.match(said))):
            start = at + written.index(said)
            return start, _unbroken(text, start + len(said))
        above, at = said or above, at + len(written) + 1
    return None


def _unbroken(text: str, end: int) -> int:
    """Where what a line says ends, which ends at `end`: with one of the lines that it is broken into."""
    for _ in range(LINES):
        wraps = WRAPS.search(text, text.rfind(" ", 0, end) + 1, end + LONGEST)
        if ENDED.search(text, 0, end) or not wraps or not wraps.start() <= end < wraps.end():
            break
        after = text.find("\n", wraps.end())
        end = len(text) if after < 0 else after
    return len(text[:end].rstrip())


def referred(text: str) -> list[str]:
    """What a text says to look at, or to be superseded by: "ADR-0013", "034", "manual_2026.txt"."""
    found = [one[1].strip(".,-") for one in REFERS.finditer(text)]
    return list(dict.fromkeys(one for one in found if not YEAR.fullmatch(one) and len(one) > 1))


def is_called(name: str, title: str, key: str) -> bool:
    """Is a text with this title, under this key, called so?"""
    wanted = _words(name)
    return len(wanted.strip()) > 1 and any(wanted in _words(one) for one in (title, key))


def _words(text: str) -> str:
    return f" {' '.join(WORD.findall(folding.fold(text)))} "
