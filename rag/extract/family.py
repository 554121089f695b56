"""
Who is who in a notice of a death or a biography: who it is about, their spouse and children, what they were called
before, where they were born and died, where the funeral is, for whom one may give.

    Beloved wife of the late Dennis, dear mum of Alison and Stephen      Luc et Sophie, ses enfants

Rules only; nothing here asks a model.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from rag.extract.candidates import Candidate
from rag.extract.fields import Field, Key
from rag.extract.letters import body_start
from rag.extract.lexicon import bag

MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
POINT = r"(?:(?<=\b[A-Z])\.|(?<=\bSt)\.|(?<=\bDr)\.)?"
TOWN = r"[A-ZÀ-Þ][\w'’-]*"
WORD = (
    rf"(?!(?:{MONTHS}|The|His|Her|Their|She|He|They|It|In|On|And|Ein|Eine|Die|Der|Das|Mit|Und|Le|La"
    rf"|Les)\b)[A-ZÀ-Þ][\w'’-]*"
)
NAME = (
    rf"(?:{WORD}{POINT}(?:[ ](?:(?:de|von|van|der|den|el|la|le|du|di|da"
    rf"|Mc)[ ]){{0,2}}(?:[\"“„'][\w ]+[\"”“'][ ])?{WORD}{POINT}){{0,4}}(?:[ ](?:Jr|Sr)\b)?)"
)
TITLED = r"(?:(?:Mr|Mrs|Ms|Dr|Prof|Monsieur|Madame|M|Mme|Herrn?|Frau|Sr|Sra|Don|Doña)\.?[ ])?"
ATTRIBUTE = r"(?:(?:the|der|die|le|la|el|a)\s(?:late\s)?(?:[a-zà-ÿ]+\s){0,2})?"
ADJECTIVE = (
    r"(?:(?:beloved|loving|dear|devoted|late|first|second|former|geliebte[rn]?|liebe[rn]?|verstorbene[rn]?|elder"
    r"|younger|only|surviving|adult)\s)*"
)
WIFE = (
    r"(?:wife|husband|partner|spouse|widow|widower|Ehefrau|Frau|Ehemann|Mann|Gattin|Gatte|Witwe|épouse|époux"
    r"|mari|femme|esposa|esposo|marido|mujer)"
)
OWN = r"(?:his|her|their|seine[mrn]?|ihre[mrn]?|deine?|meine?|son|sa|su|Dein|Deine|Mein|Meine|Son|Sa|Su|His|Her)"
ONE = rf"{NAME}(?:\s\([^()\n]{{1,30}}\))?(?:\s(?:of|from|aus|de)\s{TOWN}(?:\s{TOWN}){{0,2}}(?:,\s[A-Z]{{2}}\b)?)?"
AND = r"(?:,\s(?:and|und|et|y)\s|,\s|\s(?:and|und|et|y|&)\s)"
MANY = rf"(?P<list>{ONE}(?:{AND}{ONE}){{0,11}})"
CHILD = (
    r"(?<![\w-])(?:children|sons?|daughters?|twins|kids|Kinder[n]?|Söhne[n]?|Töchter[n]?|Sohn|Tochter|enfants?"
    r"|fils|filles?|hijos?|hijas?)"
)
BLANK = re.compile(r"(?<!\[) (?!\])")
SPOUSES = [
    re.compile(BLANK.sub(r"\\s", form))
    for form in (
        rf"(?P<name>{NAME}), (?:{OWN}) {WIFE}",
        rf"{OWN} {ADJECTIVE}{WIFE},?(?: of (?:\w+ ){{1,3}}years,?)? {ATTRIBUTE}(?P<name>{NAME})",
        rf"{WIFE} (?:of|von|de) {ATTRIBUTE}(?P<name>{NAME})",
        rf"(?:[Mm]arried(?: to)?|verheiratet mit|heiratete(?: er| sie)?|mariée? (?:à|avec)|épousa"
        rf"|casad[oa] con) {ATTRIBUTE}(?P<name>{NAME})",
        rf"(?:[Ss]urvived by|[Ll]eaves) (?:his|her) {ADJECTIVE}{WIFE},? {ATTRIBUTE}(?P<name>{NAME})",
    )
]
CHILDREN = [
    re.compile(BLANK.sub(r"\\s", form))
    for form in (
        rf"{MANY}, (?:ses|leurs|sus|seine|ihre|deine|his|her|their) {CHILD}",
        rf"{CHILD}(?:,|:)? {ATTRIBUTE}{MANY}",
        rf"(?<!grand)(?<!Groß)(?<!-)\b(?:[Mm]um|[Mm]other|[Mm]om|[Dd]ad|[Ff]ather|Mutter|Vater|mère|père|madre"
        rf"|padre|[Pp]arents?) (?:of|to|von|de) {MANY}",
    )
]
OF_DEATH = re.compile(
    rf"(?:Abschied\svon|[Dd]écès\sde|[Dd]eath\sof|[Pp]assing\sof|fallecimiento\sde|[Ii]n\smemory\sof"
    rf"|trauern\sum|Nachruf\sauf)(?:\sunsere[mnr]?\s[^\n]{{0,60}})?\s+{TITLED}(?P<name>{NAME})"
)
ABOUT = [  # how a notice begins
    re.compile(form)
    for form in (
        rf"\W*{TITLED}(?P<name>{NAME})(?=\s*(?:[(,]\s?(?:née?|geb|born|aged|\d{{2}}\b)|\n\s*(?:geb\.|née|\*|†)"
        rf"|,[^.\n]{{0,60}}\b(?:[Dd]ies|[Dd]ead|died)))",
        rf"(?P<name>[A-ZÀ-Þ]{{2,}}[\w'’-]*,\s{NAME})(?=\s?\((?:née|geb))",
    )
]
BEFORE = re.compile(
    rf"(?P<owner>{NAME})[\s,]{{1,3}}\(?(?:née?|nee|geb\.|geborene?|nata"
    rf"|born)\s(?P<name>{WORD}(?:-{WORD})?)(?=[\s),.]|\Z)"
)
SITE = rf"(?P<name>{NAME}(?:\s(?:des|der|of|du|de\sla)\s{NAME})?)"
HOME = r"(?:(?:his|her|the|der|dem|la|le|son|sa)\s)?(?:home\s(?:in|at|near)\s)?"
DIED = re.compile(
    rf"(?:(?:\b(?:[Dd]ied|[Pp]assed\saway|[Pp]eacefully|verstarb|starb|gestorben|verstorben|décédée?|survenu"
    rf"|falleció|murió)\b)(?:(?!\bborn\b)[^.;†*]){{0,60}}?|†\s?[^\n†*]{{3,30}}?)"
    rf"\s(?:at|in|à|zu|en)\s{HOME}{SITE}"
)
BORN = re.compile(
    rf"(?:(?:\b(?:[Bb]orn|geboren|née?|nació|nacid[oa])\b)(?:(?!\bdied\b|\bdivorce)[^.;†*()]){{0,40}}?"
    rf"|\*\s?[^\n†*]{{3,30}}?)(?:\s(?:in|at|à|zu|en)\s(?:the\s)?|(?<=\d{{4}}),\s)"
    rf"(?P<name>{NAME}(?:,\s(?!and\b|to\b){NAME})?)"
)
FUNERAL = re.compile(
    rf"\b(?:[Ss]ervices?|[Ff]uneral|[Mm]ass|[Cc]eremony|[Tt]rauerfeier|[Bb]eisetzung|[Bb]eerdigung|cérémonie"
    rf"|obsèques|funeral|misa)\b(?:[^.;]|(?<=\d|[ap]|m)\.){{0,110}}?\s(?:at|in\sder|im|in|auf\sdem|en\sl['’]|en"
    rf"|à)\s?{SITE}",
)
GIVEN = re.compile(
    r"\b(?:[Dd]onations?|[Mm]emorials?|[Cc]ontributions?|[Gg]ifts|Spenden?|dons|donativos)\b[^.;]{0,60}?\s(?:to"
    r"|für\s(?:das|die|den)?|zugunsten\s(?:des|der)?|à|au|a)\s?(?:the\s)?"
    rf"(?P<name>{NAME}(?:\s(?:of|des|der|de)\s{NAME})?)"
)
MOURNING = re.compile(
    r"^In (?:Liebe|Dankbarkeit|stiller Trauer|tiefer Trauer|liebevoller? \w+)[^\n]*\n+(?P<lines>(?:[^\n]+\n)+)",
    re.MULTILINE,
)
LAST = re.compile(r"(?:mit|und) (?:allen|alle|den|seinen|ihren)|Enkel|Angehörige|Familie", re.IGNORECASE)


def family(text: str, wanted: Sequence[Field]) -> Iterator[tuple[Key, Candidate]]:
    """What a text says of the family that some fields ask for; nothing where none asks for a spouse or children."""
    asked = {notion: one for one in wanted for notion in ("spouse", "children") if one.units == {notion}}
    if not asked:
        return
    begin = body_start(text)
    about = OF_DEATH.search(text) or next((match for form in ABOUT if (match := form.match(text, begin))), None)
    yield from _simple(text, wanted, about)
    mourners = _mourners(text, about["name"] if about else "")
    if one := asked.get("spouse"):
        found = [match for form in SPOUSES for match in form.finditer(text)]
        found = [match for match in found if not about or match["name"] not in about["name"]]
        for start, end in [*(_untitled(match) for match in found), *mourners[:1]][:1]:
            yield one.key, Candidate(text[start:end], start, end, "name")
    if one := asked.get("children"):
        spans = [span for part in _lists(text) for span in _each(text, *part)]
        said: list[str] = []
        for start, end in sorted(set(spans or mourners[1:])):
            name = text[start:end]
            if not any(name.split()[0] == other.split()[0] for other in said):
                said.append(name)
                yield one.key, Candidate(name, start, end, "name")


def _simple(text: str, wanted: Sequence[Field], about: re.Match[str] | None) -> Iterator[tuple[Key, Candidate]]:
    """The fields of which a sentence says one value."""
    for one in wanted:
        match = None
        if one.units == {"name"}:
            match = about
        elif one.units == {"birth", "name"}:
            match = next((said for said in BEFORE.finditer(text) if not about or _same(said["owner"], about)), None)
        else:
            forms = (("died place", DIED), ("birthplace", BORN), ("birth place", BORN), ("ceremony place", FUNERAL))
            form = next((form for notions, form in forms if one.units == bag(notions)), None)
            form = GIVEN if "donation" in one.units and one.units <= bag("donation to") else form
            match = form.search(text) if form else None
        if match:
            yield one.key, Candidate(match["name"], *match.span("name"), "name")


def _same(owner: str, about: re.Match[str]) -> bool:
    """Whether a name is, or ends with, that of whom a text is about."""
    return about["name"] in owner or owner in about["name"] or about.group(0).endswith(owner)


def _untitled(match: re.Match[str]) -> tuple[int, int]:
    """Where the name of a match stands, without "Madame" before it."""
    title = re.match(TITLED, match["name"])
    return match.start("name") + (title.end() if title else 0), match.end("name")


def _lists(text: str) -> Iterator[tuple[int, int]]:
    """Where lists of children stand; what a form has read is no other's."""
    read: list[tuple[int, int]] = []
    for match in (match for form in CHILDREN for match in form.finditer(text)):
        if not any(match.start() < end and start < match.end() for start, end in read):
            read.append(match.span())
            yield match.span("list")


def _each(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The names of a list, without who they are married to and where they live."""
    for match in re.finditer(ONE, text[start:end]):
        name = re.match(NAME, match[0])
        if name and match[0].split()[0] not in ("Jr", "Sr"):
            yield start + match.start(), start + match.start() + name.end()


def _mourners(text: str, name: str) -> list[tuple[int, int]]:
    """Below "In Liebe und Dankbarkeit" of a German notice: who has the same surname, then the first of each line."""
    block = MOURNING.search(text)
    if block is None or not name:
        return []
    found: list[tuple[int, int]] = []
    at = block.start("lines")
    for line in block["lines"].splitlines(keepends=True):
        match = re.match(rf"(?:Dein\w*\s\w+\s)?({NAME})", line)
        if match is None or LAST.search(line):
            break
        if not found and match[1].split()[-1] != name.split()[-1]:
            return []
        found.append((at + match.start(1), at + match.end(1)))
        at += len(line)
    return found


__all__ = ["family"]
