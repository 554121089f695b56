"""
Notes of releases: which version a title or heading is of, and whether a text tells what changed in one.

    ## Version 1.6.1 (2024-08-30)     v0.9.11     * Noteworthy changes in release 9.1 (2022-04-15) [stable]     [1.2.0]

The kinds of changes are those of Keep a Changelog (https://keepachangelog.com). Pure functions on text.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from rag import dates

LONGEST, BEFORE = 100, 6  # characters of a name that is that of a release; words before its version
HALF = 0.5  # of the headings, or of the items, of a text that tells what changed
READ = 8000  # characters of a text that are looked at
PRE = r"(?:[-.]?(?:rc|beta|alpha|pre(?:view)?|dev|post|a|b)[-.]?\d*)?"
VERSION = re.compile(rf"(?<![\w.,/-])v?(\d{{1,4}}(?:\.\d{{1,5}}){{1,3}}{PRE})(?![\w]|[.,-]\w)", re.IGNORECASE)
SINGLE = re.compile(r"(?<![\w.,/-])v?(\d{1,4})(?![\w]|[.,-]\w)", re.IGNORECASE)
WORD = re.compile(
    r"\b(?:version|release|ausgabe|versión|versione|versie|wersja|versão|changes (?:with|in)|änderungen in)\W{0,3}$"
    r"|\bv$",
    re.IGNORECASE,
)
OTHER = re.compile(  # before a number that is none of a release: "Table 3.2", "Upgrading to 2.0"
    r"\b(?:section|clause|article|paragraph|rule|item|chapter|schedule|annex|appendix|part|step|table|figure|fig\.?"
    r"|abschnitt|artikel|kapitel|tabelle|abbildung|teil|chapitre|tableau|partie|capítulo|tabla|capitolo|tabella"
    r"|hoofdstuk|tabel|to|from|for|until|before|after|than|since|zu|auf|von|nach|vor|seit|vers|depuis|avant|après"
    r"|desde|hasta|da|verso|naar|sinds)\W{0,3}$|§\s?$",
    re.IGNORECASE,
)
BETWEEN = re.compile(r"\bbetween\b.{1,40}?\band\b", re.IGNORECASE)
AFTER = re.compile(  # what may stand behind a version, besides a date
    r"[\[(][^\[\]()]{0,60}[\])]|\b(?:released?|unreleased|stable|latest|current|lts|beta|alpha|final|on|am|le|el|il|op"
    r"|veröffentlicht|publiée?|publicad[oa])\b",
    re.IGNORECASE,
)
NAMED = re.compile(  # a folder or file of such notes
    r"(?<![^\W_])(?:release(?:s|[ _-]?notes?)|change[ _-]?logs?|changes|news|what['’]?s[ _-]new|version[ _-]history"
    r"|release[ _-]history|history|versionshinweise|änderungsprotokoll|neuerungen|notes[ _-]de[ _-]version"
    r"|notas[ _-]de[ _-](?:la[ _-])?versión|novedades|note[ _-]di[ _-]rilascio|novità|novidades)(?![^\W_])",
    re.IGNORECASE,
)
HEADING = re.compile(r"^(?:#{1,6}|=+|\*\*)[ \t]+(.+)$|^(.+)\n(?:={3,}|-{3,})$", re.MULTILINE)
ITEM = re.compile(r"^[ \t]*[-*+•][ \t]+(.+)$", re.MULTILINE)
ENDS = r"(?:ed|es|s|ing)?"
# Kind of change -> how its headings and items begin.
CHANGES = {
    "fixed": (
        rf"(?:bug ?-?)?fix{ENDS}|bugs?(?: fixed)?|(?:issues )?resolved(?: issues)?|no longer broken|corrections?"
        rf"|correct{ENDS}|corrigé\w*|behoben\w*|behebt|fehlerbehebung(?:en)?|(?:fehler ?)?korrekturen|repariert"
        r"|correcciones|correg\w+|correzioni|corrett[oaie]|opgelost|verholpen|fixat|rättning(?:ar)?|rettet|feilrettinger|fejlrettelser"
        r"|naprawion[oae]|poprawki|corrigid\w+|correções|修正|修复|修復"
    ),
    "added": (
        rf"add{ENDS}|additions|new(?: and noteworthy| features?| things| stuff)?|(?:shiny |exciting )?new things"
        r"|features?|what['’]?s new|introduc(?:e|es|ed|ing)|neu(?:e funktionen|e features|erungen|igkeiten)?"
        r"|hinzugefügt|nouveaut\w+|nouvelles fonctionnalités|ajout\w*|novedades|nuevas? \w+|añadid\w+|novità"
        r"|aggiunt\w+|nieuw(?:e functies)?|toegevoegd|nytt|nyheter|nyheder|tillagt|tilføjet|nowości|dodano"
        r"|novidades|adicionad\w+|新機能|追加|新增"
    ),
    "removed": (
        r"remov(?:e|es|ed|als?|ing)|entfernt|entfallen|supprimé\w*|suppressions?|eliminad\w+|rimoss\w+|verwijderd|borttaget"
        r"|fjernet|usunięto|removid\w+|削除"
    ),
    "deprecated": (r"deprecat(?:ed|es|ions?|e)|veraltet|obsolètes?|obsolet[oa]s?|deprecat[oaie]|verouderd|非推奨|废弃"),
    "security": (r"security(?: fixes)?|sicherheit\w*|sécurité|seguridad|sicurezza|beveiliging|säkerhet"),
    "breaking": (r"breaking(?: changes?)?|(?:backwards? )?incompatib\w+(?: changes?)?|ruptures?|cambios incompatibles"),
    "changed": (
        rf"chang{ENDS}|improv(?:e|ed|es|ements?|ing)|enhanc(?:ed|ements?)|updat(?:ed|es|e)|geändert|änderungen"
        r"|verbesser\w+|modifi\w+|améliorations?|changements?|cambi\w+|mejoras|migliorament\w+|modifiche|gewijzigd"
        r"|verbeteringen|wijzigingen|ändrat|förbättringar|ændret|endret|zmiany|zmieniono|alterações|melhorias|変更|改善"
    ),
}
ANY = "|".join(CHANGES.values())
HEADS, BEGINS = (re.compile(form, re.IGNORECASE) for form in (rf"\W*(?:{ANY})\W*", rf"\W*(?:{ANY})(?!\w)"))


def version(name: str) -> str:
    """The version that a title or heading is that of: "1.4" of "v1.4", "Version 1.4 (2024-08-30)"; "" if of none."""
    if not 0 < len(name) <= LONGEST:
        return ""
    every = ((one.start, one.end) for one in dates.dates(name))  # 0.9.11 is no day
    days = [(start, end) for start, end in every if re.search(r"(?:19|20)\d\d", name[start:end])]
    bare = BETWEEN.sub(lambda found: " " * len(found[0]), _blank(name, days))
    found = list(VERSION.finditer(bare)) or [one for one in SINGLE.finditer(bare) if WORD.search(bare, 0, one.start(1))]
    if len(found) != 1:
        return ""
    before, after = bare[: found[0].start()], bare[found[0].end() :]
    if OTHER.search(before) or len(re.findall(r"[^\W\d_]+", before)) > BEFORE:
        return ""
    dated = any(start >= found[0].end() for start, _ in days)
    said = dated or WORD.search(before) is not None or not re.search(r"[^\W_]", AFTER.sub(" ", after))
    return found[0][1].lower() if said else ""


def order(version: str) -> tuple[tuple[int, ...], bool]:
    """What versions are ordered by, the newest the largest: 1.4.0 is 1.4, and 1.4-rc1 older."""
    found = re.match(r"\d+(?:\.\d+)*", version)
    digits = found[0] if found else ""
    numbers = [int(one) for one in digits.split(".") if one]
    while numbers and not numbers[-1]:
        numbers.pop()
    return tuple(numbers), digits == version


def of(title: str, key: str) -> str:
    """The version that a document is of, by its title or the name of its file; "" if neither says one."""
    return version(title) or version(_stem(key))


def notes(title: str, key: str, text: str) -> bool:
    """Does a document tell of one release, and are there others for the other releases?"""
    if not of(title, key):
        return False
    bare = not re.search(r"[^\W\d_]{2}", VERSION.sub(" ", f"{title} {_stem(key)}"))
    named = f"{title} {_stem(key)}" + (f" {PurePosixPath(key).parent}" if bare else "")
    return NAMED.search(named) is not None or tells_changes(text)


def tells_changes(text: str) -> bool:
    """Are half of the headings, or of the items, of a text those of a changelog: "Fixed", "Added …"?"""
    for form, told in ((HEADING, HEADS.fullmatch), (ITEM, BEGINS.match)):
        every = [one[1] or one[one.lastindex or 0] for one in form.finditer(text[:READ])]
        own = [one for one in every if not version(one.strip())]
        if own and sum(told(one) is not None for one in own) >= HALF * len(own):
            return True
    return False


def _stem(key: str) -> str:
    name = PurePosixPath(key.partition("#")[0]).name
    return re.sub(r"\.[a-zA-Z]\w{0,4}$", "", name)


def _blank(text: str, spans: list[tuple[int, int]]) -> str:
    """A text with blanks in some places."""
    made = list(text)
    for start, end in spans:
        made[start:end] = " " * (end - start)
    return "".join(made)


__all__ = ["CHANGES", "notes", "of", "order", "tells_changes", "version"]
