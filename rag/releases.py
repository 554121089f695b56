"""
Notes of releases: which version a title or heading is of, and whether a text tells what changed in one.

    ## Version 1.6.1 (2024-08-30)     v0.9.11     * Noteworthy changes in release 9.1 (2022-04-15) [stable]     [1.2.0]

The kinds of changes are those of Keep a Changelog (https://keepachangelog.com). Pure functions on text.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePosixPath

from rag import dates

LONGEST = 100  # characters of a name that is that of a release
AFTER_IT = 2  # words of a question behind the version that it asks for: "come out"
BEFORE, NAME = 6, 2  # words before its version, at most; the same where they do not say that it is one
HALF = 0.5  # of the headings, or of the items, of a text that tells what changed
MANY, SHORT = 2, 60  # headings of releases that make a changelog; characters of a line that says little but a day
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
TELLS = re.compile(  # before a version: "Noteworthy changes in release 9.1"
    r"\b(?:changes?|new|notes?|news|release[sd]?|version|änderungen|neues?|nouveautés|novedades|novità|nieuws?)\b",
    re.IGNORECASE,
)
BETWEEN = re.compile(r"\bbetween\b.{1,40}?\band\b", re.IGNORECASE)
AFTER = re.compile(  # what may stand behind a version, besides a date
    r"[\[(][^\[\]()]{0,60}[\])]|\b(?:released?|unreleased|stable|latest|current|lts|beta|alpha|final|on|am|le|el|il|op"
    r"|veröffentlicht|publiée?|publicad[oa])\b",
    re.IGNORECASE,
)
RELEASED = re.compile(  # a question for the day on which something came out
    r"\b(?:when|what (?:day|date|year))\b.*\b(?:c[ao]me out|release[ds]?|published|launch(?:ed)?|ship(?:ped)?"
    r"|appear(?:ed)?|issued|tagged|out)\b|\b(?:release|publication|launch)[- ](?:date|day|year)\b"
    r"|\bdate of (?:the )?(?:release|publication)\b|\b(?:erscheinungs|veröffentlichungs)datum\b"
    r"|\bwann\b.*\b(?:heraus\w*|raus\w*|ersch(?:ien|ienen|einen)|veröffentlicht)\b"
    r"|\bquand\b.*\b(?:sorti|paru|publié)e?s?\b|\bdate de (?:sortie|parution|publication)\b"
    r"|\bcuándo\b.*\b(?:salió|sale|publicó|publicad[oa]|lanzó|lanzad[oa])\b|\bfecha de (?:lanzamiento|publicación)\b"
    r"|\bquando\b.*\b(?:uscit[oa]|pubblicat[oa]|rilasciat[oa])\b|\bdata di (?:uscita|pubblicazione|rilascio)\b"
    r"|\bwanneer\b.*\b(?:uitgekomen|uitgebracht|verschenen|uit)\b",
    re.IGNORECASE,
)
LATEST = re.compile(  # a question for the newest of all releases
    r"\W*(?:(?:what|which)(?:['’]s| is| was)?|welche?s?(?: ist)?|was ist|quelle est|qu[ée] es|cuál es|qual è|wat is"
    r"|qual é)?\s*(?:the|die|das|la|de|a)?\s*(?:(?:very )?(?:latest|newest|most recent|current|last)|neu(?:e?ste|este)"
    r"|aktuell(?:e|ste)|letzte|dernière|plus récente|última|más reciente|ultima|più recente"
    r"|laatste|nieuwste|mais recente)"
    r"(?: \w+)? (?:version|release|ausgabe|versión|versione|versie|versão)"
    r"(?: (?:of|von|de|del|di|van|do|da) [\w .-]{1,40})?(?: (?:number|out|released))?\W*",
    re.IGNORECASE,
)
NAMED = re.compile(  # a folder or file of such notes
    r"(?<![^\W_])(?:release(?:s|[ _-]?notes?)|change[ _-]?logs?|changes|news|what['’]?s[ _-]new|version[ _-]history"
    r"|release[ _-]history|history|versionshinweise|änderungsprotokoll|neuerungen|notes[ _-]de[ _-]version"
    r"|notas[ _-]de[ _-](?:la[ _-])?versión|novedades|note[ _-]di[ _-]rilascio|novità|novidades)(?![^\W_])",
    re.IGNORECASE,
)
TITLED = re.compile(  # a line that may be the heading of a release
    r"^(?:(?P<marks>#{1,6}|={1,5})[ \t]+|(?P<outline>\*{1,2})[ \t]+)?"
    r"(?P<name>[^\W_\d\s].{0,98}?\d.{0,60}|[\[(]?v?\d.{0,98})\n(?P<below>={3,}|-{3,}|~{3,}|\n)?",
    re.MULTILINE,
)
BLANK = re.compile(r"\n[ \t\r\f]*\n\Z")
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
    days = [(one.start, one.end) for one in _days(name)]
    bare = BETWEEN.sub(lambda found: " " * len(found[0]), _blank(name, days))
    found = list(VERSION.finditer(bare)) or [one for one in SINGLE.finditer(bare) if WORD.search(bare, 0, one.start(1))]
    if len(found) != 1:
        return ""
    before, after = bare[: found[0].start()], bare[found[0].end() :]
    words = len(re.findall(r"[^\W\d_]+", before))
    if OTHER.search(before) or words > (BEFORE if TELLS.search(before) else NAME):
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


def named(question: str) -> str:
    """The version whose day of release a question asks for: "when did gzip 1.12 come out"; "" if it asks for none."""
    asked = list(VERSION.finditer(question)) if RELEASED.search(question) else []
    after = question[asked[0].end() :].split() if len(asked) == 1 else []
    return asked[0][1].lower() if len(asked) == 1 and len(after) <= AFTER_IT else ""


def place(title: str, key: str, day: str, text: str, called: str = "") -> Mark | None:
    """The release that is `called` so, of those that a document tells of, or the newest of them; None if none is."""
    own = release(title, key, day, text, len(text))
    every = marks(text) if own and own.end else ((own,) if own else ())
    if not called:
        return every[newest((one.version, one.day) for one in every)] if every else None
    alike = [one for one in every if order(one.version) == order(called)]
    return next((one for one in alike if one.version == called), alike[0] if alike else None)


def changelog(title: str, key: str) -> bool:
    """Is a document called as one that tells of releases is?"""
    return bool(of(title, key) or NAMED.search(f"{title} {_stem(key)}"))


def newest(every: Iterable[tuple[str, str]]) -> int:
    """Which of some releases (version, day) is the newest, by their days if all are known, else by their versions."""
    known = list(every)
    dated = all(day for _, day in known)
    return max(range(len(known)), key=lambda i: (known[i][1] if dated else "", order(known[i][0])))


def notes(title: str, key: str, text: str) -> bool:
    """Does a document tell of one release, and are there others for the other releases?"""
    if not of(title, key):
        return False
    bare = not re.search(r"[^\W\d_]{2}", VERSION.sub(" ", f"{title} {_stem(key)}"))
    named = f"{title} {_stem(key)}" + (f" {PurePosixPath(key).parent}" if bare else "")
    return NAMED.search(named) is not None or tells_changes(text)


@dataclass(frozen=True, slots=True)
class Mark:
    """A heading that names a release, at `text[start:end]`: its version, and its day (ISO 8601, or empty)."""

    version: str
    day: str
    start: int
    end: int


@lru_cache(maxsize=64)
def marks(text: str) -> tuple[Mark, ...]:
    """The headings of the releases that a text tells of, in its order: those of the level that has most."""
    found: list[tuple[int, Mark]] = []
    for line in TITLED.finditer(text):
        name, lead = line["name"].strip(), len(line["marks"] or "")
        apart = line.start() == 0 or BLANK.search(text, max(0, line.start() - 20), line.start()) is not None
        alone = bool(line["below"]) and (apart or line["below"] != "\n")
        if not (lead or (line["outline"] and TELLS.search(name)) or (not line["outline"] and alone)):
            continue
        if said := version(name.rstrip("=#* ").rstrip(":")):
            following = next(filter(None, text[line.end("name") : line.end("name") + 200].split("\n")), "")
            found.append((lead, Mark(said, _day(name) or _day(following[:SHORT]), line.start(), line.end("name"))))
    most = Counter(lead for lead, _ in found).most_common(1)
    return tuple(mark for lead, mark in found if lead == most[0][0])


def release(title: str, key: str, day: str, text: str, at: int) -> Mark | None:
    """The release that a place of a document is about; None if the document does not tell of releases."""
    every = marks(text)
    own = of(title, key)
    if own and (len(every) < MANY or all(one.version.startswith(own) for one in every)):
        return Mark(own, day, 0, 0) if notes(title, key, text) else None
    if len(every) < MANY and not NAMED.search(f"{title} {_stem(key)}"):
        return None
    return next((one for one in reversed(every) if one.start <= at), None)


def _day(line: str) -> str:
    found = {one.iso for one in _days(line) if not one.doubt and len(one.iso) == len("2024-08-30")}
    return found.pop() if len(found) == 1 else ""


def _days(text: str) -> list[dates.When]:
    """The dates of a text that have a whole year: 0.9.11 is a version."""
    return [one for one in dates.dates(text) if re.search(r"(?:19|20)\d\d", text[one.start : one.end])]


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


__all__ = [
    "CHANGES",
    "LATEST",
    "RELEASED",
    "Mark",
    "changelog",
    "marks",
    "named",
    "newest",
    "notes",
    "of",
    "order",
    "place",
    "release",
    "tells_changes",
    "version",
]
