"""
Which edition of a work a document is: its version, season or year, the day from which it holds, what it replaces.

All of it is read from the title, the name of the file with its folders, and the head of the text, in many languages:
"Version 4.0 · valid from 1 April 2025 · replaces 3.2", `docs/v3/limits.md`, "Stand: März 2019". Two documents are
editions of one work if they are called the same but for that, and their texts are alike; of these the newest in force
holds. Errata and amendments belong to what they change. Pure functions; the messages of a thread and the notes of
releases are no editions.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import PurePosixPath

from rag import dates, folding, messages, releases
from rag.types import Document

HEAD = 900  # characters of a text that tell which edition it is
READ = 8000  # characters of a text that are compared with those of another edition
ALIKE, APART = 0.5, 0.7  # words in common, of the shorter; the same where their folders have other names
STATED = 250  # characters of a text that says which edition it is, and nothing else
SMALLEST = 4  # letters of a word that is compared
SEASONS = "-07"  # the month in which a season of two years begins, if it is not said

CALLED = (
    r"v(?:ers(?:ion|ión|ione|ie|ão|\.))?\.?|wersja|edition|edición|edizione|edição|édition|editie|ed\.|ausgabe|auflage"
    r"|fassung"
    r"|release|rev(?:ision|isione|isión|isie|isão|\.)?|révision|issue"
)
VERSION = re.compile(
    rf"(?<![^\W_])(?:{CALLED})[\s._:-]{{0,2}}(\d{{1,3}}(?:\.\d{{1,4}})*)(?:\.x)?(?![^\W_])"
    r"|(?<![\w.,])(\d{1,3})(?:st|nd|rd|th|\.|e|ème|ª|º|ra|da)[\s_-]+(?:rev\w*[\s_-]+)?"
    r"(?:edition|ed\.|auflage|ausgabe|édition|edición|edizione|edição|druk|uitgave|upplagan?|utgave)(?![^\W_])"
    r"|(?<![^\W_])rev(?:ision|isione|isión|isie|\.)?[\s._:-]{1,2}((?-i:[A-Z]))(?![^\W_])",
    re.IGNORECASE,
)
BARE = re.compile(
    r"(?:(?<![\w.,§-])|(?<=[^\W\d][.-]))(\d{1,3}(?:\.\d{1,3}){1,2}|\d{1,3}(?=\.x))(?:\.x)?(?=[\s/)]|$)"
)  # in a name: "Fennel 3.2"
SEASON = re.compile(r"(?<![\d.,])((?:19|20)\d\d)[ _]?[/–—-][ _]?((?:19|20)?\d\d)(?![\d/–—-])")
YEAR = re.compile(r"(?<![\d.,/])((?:19|20)\d\d)(?![\d/]|[.,]\d)")
TERM = re.compile(  # a part of a year, and the month in which it begins
    r"(?<![^\W_])(?:(spring|frühjahr|frühling|printemps|primavera|q1|sommersemester|sose|ss)|(summer|sommer|été|verano"
    r"|estate|q2)"
    r"|(q3)|(autumn|fall|herbst|automne|otoño|autunno|wintersemester|wise|ws|q4)|(winter|hiver|invierno|inverno))"
    r"[ .,'’-]{0,2}(?=(?:19|20)\d\d(?!\d))",
    re.IGNORECASE,
)
BEGINS = ("-03", "-05", "-07", "-10", "-12")
WRAPS = (  # where a line is broken within a sentence
    r"(?:(?<=[,&])|(?<=\b(?:on|of|by|in|am))|(?<=\b(?:and|the|vom|und))|(?=\n[ \t]{0,40}[\da-zß-ÿ(]))\n(?!\s*\n)"
)
TAIL = rf"(?:[^.\n·|;]|\.(?=\d)|(?<=\d)\.(?= )|{WRAPS}){{0,400}}"
REPLACES = re.compile(
    r"\b(?:(?:replac|supersed)(?:es?|ing)|(?:ersetzt|ersetzen)(?! durch)|tritt an die stelle|löst"
    r"|(?:annule et )?remplace(?:nt)?"
    r"|abrogent?|su[bs]s?tituyen?|reemplazan?|derogan?|sostitui\w+|abroga|vervang(?:t|en)|substitu(?:i|em)|revoga"
    r"|ersätter"
    rf"|erstatter|zastępuje|korvaa)\b({TAIL})",
    re.IGNORECASE,
)
GONE = re.compile(  # in the head: not yet, or no longer
    r"\b(?:(?:replaced|superseded) by|no longer (?:in force|valid|applies)|not (?:yet )?in force|withdrawn|obsolete"
    r"|outdated|draft"
    r"|entwurf|ersetzt durch|außer kraft|nicht mehr gültig|veraltet|remplacée? par|abrogée?|projet de|sustituid[oa] por"
    r"|derogad[oa] por|borrador|sostituit[oa] d|abrogat[oa]|bozza|vervangen door|vervallen|rascunho|utkast)\b",
    re.IGNORECASE,
)
FOLLOWED = re.compile(  # by what a text says that it is replaced
    r"\b(?:replaced|superseded|obsoleted|abgelöst|ersetzt|remplacée?|abrogée?|sustituid[oa]|derogad[oa]|sostituit[oa]"
    rf"|vervangen) (?:by|durch|par|por|da|door)\b({TAIL})",
    re.IGNORECASE,
)
AGED = re.compile(  # the same, in the name of a file or folder, or in a title
    rf"(?<![^\W_])(?:(?:historic(?:al)?|former|previous|earlier|historische|frühere|vorherige|vorige) (?:{CALLED})"
    rf"|(?:{CALLED}) (?:historique|antérieure|précédente|histórica|anterior|storica|precedente)"
    r"|old|archived?|archiv|outdated|obsolete|deprecated|superseded|withdrawn|draft|alte?[rs]?|veraltet"
    r"|entwurf"
    r"|ancien(?:ne)?s?|viej[oa]|antigu[oa]|borrador|vecchi[oa]|bozza|oude?|gammal)(?![^\W_])",
    re.IGNORECASE,
)
IDLE = re.compile(  # the other words in which the names of editions differ
    rf"(?<![^\W_])(?:{CALLED}|season|saison|temporada|stagione|seizoen|stand|final|new|neue?r?|current|latest|stable"
    rf"|aktuell"
    r"|nouve(?:au|lle)|nuev[oa]|nuov[oa]|nieuwe?|valid|gültig|copy|kopie)(?![^\W_])",
    re.IGNORECASE,
)
AMENDS = re.compile(
    r"\b(?:errat(?:a|um)|corrigend(?:a|um)|corrections?|amendments?|addend(?:a|um)|[^\W_]{0,30}änderung(?:en|ssatzung"
    r"|svertrag)?|nachtrag"
    r"|berichtigung(?:en)?|ergänzung(?:en)?|rectificatif|avenant|modificati(?:on|f)s?|fe de erratas|modificaci(?:ón"
    r"|ones)|enmiendas?"
    r"|adenda|errata[ -]corrige|emendament[oi]|wijziging(?:en)?|aanvulling(?:en)?|tillägg|endring(?:er)?)\b",
    re.IGNORECASE,
)
LEADS = re.compile(r"^(?:\W*\b(?:of|the|der|die|das|des|von|du|de|la|le|les|del|della|van|het)\b)+", re.IGNORECASE)
ASIDE = frozenset("""
    faq faqs no nr number official first second third questions answers of the and for to a an in on zur zum der die das
    des den und fur im le la les de du au aux et pour el los las al del y para en il lo gli dei della delle e per di van
    het een voor bij op till av
""".split())  # fmt: skip  # noqa: SIM905  (words of titles of errata that name nothing)
RECORD = re.compile(  # what is written anew each time, and replaces nothing
    r"\b(?:minutes|agenda|meeting|protokoll|niederschrift|sitzung|tagesordnung|verbale|notulen|compte[ -]rendu"
    r"|procès-verbal|acta"
    r"|newsletter|bulletin|rundbrief|journal|diary|tagebuch|log|invoice|rechnung|facture?a?|fattura|receipt|quittung"
    r"|changelog"
    r"|release notes|report|bericht|rapport|informe|letter|brief)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Edition:
    """What tells an edition from the others of its work."""

    title: str  # of the work: without version and date, folded
    path: str  # of its file, in the same way
    version: tuple[int, ...]
    start: str  # the day, month or year from which it holds, ISO 8601; or empty
    names: frozenset[str]  # how one may ask for it: "4.0", "2024/25", "2024", "b"
    replaces: frozenset[str]  # the names of those that it says it replaces
    gone: bool  # a draft, or replaced
    followed: tuple[tuple[int, ...], ...] = ()  # the versions that it says it is replaced by


def of(document: Document) -> Edition:
    """What a document tells of which edition it is."""
    return _edition(document.title, document.key, document.text[:HEAD], document.date)


def same_work(one: Document, other: Document) -> bool:
    """Are two documents editions of one work, or copies of one?"""
    files = [(document.source, document.key.partition("#")[0]) for document in (one, other)]
    first, second = of(one), of(other)
    whole = "#" not in one.key + other.key
    if not (first.title == second.title != "" or (whole and first.path == second.path != "")):
        return False
    if files[0] == files[1] or not (_may_be(one) and _may_be(other)):
        return False
    left, right = _words(one.text[:READ]), _words(other.text[:READ])
    folders = [edition.path.rpartition("/")[0] for edition in (first, second)]
    least = ALIKE if folders[0] == folders[1] else APART
    return len(left & right) >= least * max(1, min(len(left), len(right)))


def may_be(document: Document, title: str) -> bool:
    """Could a document of this title be another edition of one, or its errata?"""
    own = of(document).title
    if AMENDS.search(title):
        about = _telling(AMENDS.sub(" ", title))
        return bool(about) and about <= _telling(f"{own} {of(document).path}")
    return work(title) == own != ""


def phrases(title: str) -> list[str]:
    """The parts of a title by which other editions of the work are found: without version and year, between marks."""
    kept = _without(
        title, [one.span() for pattern in (VERSION, BARE, TERM, SEASON, YEAR, AGED) for one in pattern.finditer(title)]
    )
    parts = [" ".join(LEADS.sub("", part).split()) for part in re.split(r"[—–:,;()\[\]·|]|\s[-/]\s|\s{4,}", kept)]
    return [part for part in parts if " " in part or len(part) > SMALLEST][:2]


def amends(one: Document, other: Document) -> bool:
    """Does a document, errata or an amendment, change another, by what both are called?"""
    called = one.title or _path(one.key)
    if not AMENDS.search(called) or AMENDS.search(other.title) or not (_may_be(one) and _may_be(other)):
        return False
    own, changed = of(one), of(other)
    about = _telling(AMENDS.sub(" ", own.title or own.path))
    known = _telling(f"{changed.title} {changed.path}")
    before = own.start and changed.start and own.start < changed.start[: len(own.start)]
    return bool(about) and about <= known and not before


def ordered(documents: Sequence[Document], day: str = "") -> list[Document]:
    """
    Editions of one work, the one that holds on a day (ISO 8601; today) first, then the older ones, the newest of them
    first; at the end what is yet to hold, drafts and what was replaced. Empty if nothing tells which is the newer.
    """
    today = day or date.today().isoformat()
    editions = [of(one) for one in documents]
    gone = [i for i, one in enumerate(editions) if one.gone or _replaced(i, editions)]
    left = [i for i in range(len(editions)) if i not in gone]
    if not left:
        gone, left = [], gone
    ages = _ages([editions[i] for i in left])
    if not ages:
        return []
    coming = {i for i in left if editions[i].start > today[: len(editions[i].start)]}
    if len(coming) == len(left):
        coming = set()
    order = sorted(left, key=lambda i: (i not in coming, ages[left.index(i)]), reverse=True)
    late = sorted(gone, key=lambda i: (editions[i].version, editions[i].start), reverse=True)
    return [documents[i] for i in [*order, *late]]


def holding(order: Sequence[Document], day: str = "") -> Document | None:
    """
    Of the editions of a work (`ordered`) the one that surely holds on a day: not one that says itself that it is
    replaced, or is yet to hold, nor one later than which another names a version.
    """
    today = day or date.today().isoformat()
    first, *others = [of(one) for one in order]
    later = any(version > first.version for other in others for version in other.followed)
    return None if first.gone or later or first.start > today[: len(first.start)] else order[0]


def _ages(editions: Sequence[Edition]) -> list[tuple[object, ...]]:
    """For each of some editions what tells its age, the newest the largest; [] if that is not told of all."""
    if len(editions) == 1:
        return [()]
    if all(one.version for one in editions) and len({one.version for one in editions}) > 1:
        return [(one.version, one.start) for one in editions]
    if all(one.start for one in editions) and len({one.start for one in editions}) > 1:
        return [(one.start,) for one in editions]
    return []


def _replaced(number: int, editions: Sequence[Edition]) -> bool:
    """Says another edition that it replaces this one, by a name that it has not itself?"""
    own = editions[number]
    return any(
        bool(own.names & other.replaces - other.names) for i, other in enumerate(editions) if i != number
    ) and not any(own.replaces & other.names - own.names for i, other in enumerate(editions) if i != number)


@lru_cache(maxsize=4096)
def _edition(title: str, key: str, head: str, stated: str) -> Edition:
    path = _path(key)
    names, version = set[str](), tuple[int, ...]()
    replaced, after = list(REPLACES.finditer(head)), list(FOLLOWED.finditer(head))
    followed = tuple(version for match in after for _, version in _versions(match[1], bare=True))
    own = _without(head, [match.span() for match in replaced] + [match.span(1) for match in after])
    for text, bare in ((title, True), (path.rpartition("/")[2], True), (own, False), (path, True)):
        found = list(_versions(text, bare=bare))
        if found and (text is not own or not version):
            names |= {one for one, _ in found}
            version = version or found[0][1]
    years = [one for name in (title, path) for one in _years(name)]
    start = dates.held_from(own) or _whole(title) or (years[0][1] if years else "") or stated[:10]
    names |= {one for pair in years for one in pair[0]} | ({start[:4]} if start else set())
    told = {one for match in replaced for one, _ in _versions(match[1], bare=True)}
    told |= {one for match in replaced for pair in _years(match[1]) for one in pair[0]}
    aged = AGED.search(title) or AGED.search(path) or GONE.search(own)
    return Edition(work(title), work(path), version, start, frozenset(names), frozenset(told), bool(aged), followed)


def named(text: str) -> set[str]:
    """The editions that a question names: "version 3.2", "2024/25", "revision B" -> {"3.2", "2024/25", "2024", "b"}."""
    return {one for one, _ in _versions(text, bare=True)} | {one for pair in _years(text) for one in pair[0]}


def told(text: str, document: Document) -> str:
    """The words of a text that name the edition which a document is: "version 3.2"; "" if it names none."""
    return " ".join(one[0] for one in _naming(text, of(document).names))


def states(text: str) -> bool:
    """Is a text short, and does it say since when it holds or what it replaces?"""
    return len(text) <= STATED and bool(dates.held_from(text) or REPLACES.search(text))


def unnamed(text: str, names: Collection[str]) -> str:
    """A text without the words that name an edition by one of these names."""
    return " ".join(_without(text, [one.span() for one in _naming(text, names)]).split())


def _naming(text: str, names: Collection[str]) -> list[re.Match[str]]:
    found = [*SEASON.finditer(text), *VERSION.finditer(text), *BARE.finditer(text), *YEAR.finditer(text)]
    return [one for one in found if next(filter(None, one.groups())).lower() in names]


def _versions(text: str, *, bare: bool) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Each version of a text: how it is written, and the numbers that it is compared by."""
    found = [*VERSION.finditer(text), *(BARE.finditer(text) if bare else ())]
    for match in sorted(found, key=lambda one: one.start()):
        said = next(filter(None, match.groups()))
        yield said.lower(), (ord(said.upper()) - 64,) if said.isalpha() else tuple(map(int, said.split(".")))


def _years(text: str) -> Iterator[tuple[set[str], str]]:
    """Each season and year of a name: how one may ask for it, and when it begins."""
    seasons = [one for one in SEASON.finditer(text) if int(one[2][-2:]) == (int(one[1]) + 1) % 100]
    for match in seasons:
        yield {f"{match[1]}/{match[2][-2:]}", match[1]}, match[1] + SEASONS
    for match in YEAR.finditer(_without(text, [one.span() for one in seasons])):
        term = next((one for one in TERM.finditer(text) if text.startswith(match[1], one.end())), None)
        month = BEGINS[(term.lastindex or 1) - 1] if term else ""
        yield {match[1]} | ({f"{term[0].strip()} {match[1]}".casefold()} if term else set()), match[1] + month


def _whole(title: str) -> str:
    found = [one.iso for one in dates.dates(title) if not one.doubt]
    return found[0] if len(set(found)) == 1 else ""


def work(name: str) -> str:
    """A name without what tells editions apart, folded; the folders of a path stay apart."""
    kept = _without(name, [(one.start, one.end) for one in dates.dates(name)])
    for pattern in (AGED, VERSION, BARE, TERM, SEASON, YEAR, IDLE):
        kept = pattern.sub(" ", kept)
    parts = (" ".join(re.findall(r"[^\W_]+", folding.fold(LEADS.sub("", part)))) for part in kept.split("/"))
    return "/".join(filter(None, parts))


def _path(key: str) -> str:
    """The key of a file without its ending, blanks for "_"."""
    path = PurePosixPath(key.partition("#")[0])
    return str(path.with_suffix("") if re.fullmatch(r"\.[a-zA-Z]\w{0,4}", path.suffix) else path).replace("_", " ")


def _without(text: str, spans: Sequence[tuple[int, int]]) -> str:
    """A text with blanks in some places."""
    made = list(text)
    for start, end in spans:
        made[start:end] = " " * (end - start)
    return "".join(made)


def _may_be(document: Document) -> bool:
    called = f"{document.title} {_path(document.key).rpartition('/')[2]}"
    told = document.kind == "code" or "people" in document.meta or messages.is_message(document)  # people: a chat
    return not told and not RECORD.search(called) and not releases.notes(document.title, document.key, document.text)


def _telling(name: str) -> set[str]:
    return set(re.findall(r"[^\W\d_]+", folding.fold(name))) - ASIDE


@lru_cache(maxsize=256)
def _words(text: str) -> frozenset[str]:
    return frozenset(one for one in re.findall(r"[^\W\d_]+", folding.fold(text)) if len(one) >= SMALLEST)
