"""
When something came: which version, or what day, a question asks for, and the note of a release that tells it.

    "which version brought file recovery?" -> "There is now a new File Recovery core plugin", of 0.11.7

Of what notes say that something is new (or gone, or mended, whichever is asked) the earliest counts: what came later
only mentions it. Questions of seven languages; pure functions on text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from rag import folding, frontmatter, languages, releases
from rag.releases import CHANGES, Mark
from rag.types import Document, Passage

LONGEST = 300  # characters of a question that asks for nothing else
NEAR, BESIDE = 90, 3  # characters, and words, between what says that something is new, and what that is
FAR = 5000  # characters above a passage in which the heading is looked for that it stands under
BELOW, LIST = 400, 900  # characters of what stands below a heading; of an item with those within it
VERSION = re.compile(  # "since which version", "in welcher Version"
    r"\b(?:(?P<since>since|from|as of|starting (?:with|from|in)|in|with|seit|ab|in|mit|von|depuis|dans|dès|à partir de"
    r"|avec|desde|a partir de|en|con|da|dalla|a partire da|sinds|vanaf|met|em|com) )?"
    r"(?:which|what|welche[rmn]?|quelle|qu[ée]|cuál|quale|che|welke|qual)"
    r" (?P<what>(?:(?!(?:in|is|was|are|has|changed|from|with) )[\w.+-]+ ){0,2}?)"
    r"(?:version|release|build|ausgabe|versión|versione|versie|versão)\b(?P<of> (?:of|von|de|del|di|van)\b)?",
    re.IGNORECASE,
)
SINCE = re.compile(
    r"\b(?:since when|seit wann|depuis quand|desde (?:cuándo|quando)|da quando|sinds wanneer)\b", re.IGNORECASE
)
WHEN = re.compile(r"\b(?:when(?= (?:did|was|were|has|have|had)\b)|wann|quand|cuándo|quando|wanneer)\b", re.IGNORECASE)
# Kind of change -> the words of a question that ask for it.
ASKED = {
    "added": re.compile(
        r"(?<![-\w])(?:gets?|(?:got )?add(?:s|ed)?|introduc(?:es?|ed)|br(?:ought|ings?)|g(?:ot|ained)"
        r"|c[ao]mes?(?: out| in(?:to)?)?|arriv(?:es?|ed)"
        r"|start(?:s|ed)?|appear(?:s|ed)?|land(?:s|ed)?|launch(?:es|ed)?|ship(?:s|ped)?(?: with)?|releas(?:es?|ed)"
        r"|implement(?:s|ed)?|includ(?:es?|ed)|support(?:s|ed)?|available|possible|exists?|first (?:ha[ds]|in)"
        r"|(?:do i|do we|i|we) need(?: for)?|needed|required|there"
        r"|hinzugefügt|eingeführt|gibt es|gab es|gekommen|kam|dazu|erschien(?:en)?|veröffentlicht"
        r"|unterstützt|verfügbar|heraus|ajoutée?s?|introduite?s?"
        r"|sortie?s?|arrivée?s?|disponibles?|apparue?s?|existe(?:nt)?|prise? en charge"
        r"|añadi(?:ó|eron|d[oa]s?)|agreg(?:ó|ad[oa]s?)|introdu(?:jo|cid[oa]s?)|lleg(?:ó|ado)|sali(?:ó|do)|disponibles?"
        r"|soportad[oa]s?|hay"
        r"|aggiunt[oaie]|introdott[oaie]|uscit[oaie]|arrivat[oaie]|disponibil[ei]|supportat[oaie]|esiste"
        r"|toegevoegd|ingevoerd|geïntroduceerd|uitgekomen|beschikbaar|ondersteund|verschenen"
        r"|adicionad[oa]s?|introduzid[oa]s?|lançad[oa]s?|disponíve(?:l|is)|suportad[oa]s?)(?![-\w])",
        re.IGNORECASE,
    ),
    "removed": re.compile(
        r"\b(?:remov(?:es?|ed)|drop(?:s|ped)?|delet(?:es?|ed)|end(?:s|ed)|entfernt|gestrichen|entfallen|fiel weg"
        r"|supprimée?s?|retirée?s?|eliminad[oa]s?|eliminó|quitad[oa]s?|rimoss[oaie]|eliminat[oaie]|verwijderd|geschrapt|removid[oa]s?)\b",
        re.IGNORECASE,
    ),
    "deprecated": re.compile(
        r"\b(?:deprecat(?:es?|ed)|obsolete|veraltet|obsolètes?|obsolet[oa]s?|deprecat[oaie]|verouderd)\b", re.IGNORECASE
    ),
    "fixed": re.compile(
        r"\b(?:fix(?:es|ed)?|solv(?:es?|ed)|resolv(?:es?|ed)|repair(?:s|ed)?|behoben|repariert|gelöst|corrigée?s?"
        r"|résolue?s?|corregid[oa]s?|arreglad[oa]s?|corrett[oaie]|risolt[oaie]|opgelost|verholpen|corrigid[oa]s?)\b",
        re.IGNORECASE,
    ),
}
NEED = re.compile(
    r"\b(?:need|require|use|using|run|running|brauch\w*|benutz\w*|nécessaire|necesit\w*|serve)\b", re.IGNORECASE
)
AUXILIARY = re.compile(  # of a question, besides what function words are of its language
    r"(?<![-\w])(?:did|does|do|was|were|is|are|has|have|had|been|be|get|got|first|initially|originally|feature|wurde[n]?|ist|sind"
    r"|a-t-(?:il|elle)|est|été|sont|se|fue|ha|è|stat[oaie]|werd(?:en)?|foi|possible|möglich)(?![-\w])",
    re.IGNORECASE,
)
GENERIC = """
use using
option plugin feature command setting function support flag parameter argument mode button module api program tool app
type kind way possibility ability befehl funktion einstellung schalter commande réglage comando opción función opzione
funzione optie functie
"""  # what a thing is, which a note need not say of it
BARE = "new core called named initial experimental basic native full first create use official own"  # before a name
CUES = {  # in a note
    "added": re.compile(
        rf"\b(?:(?:{CHANGES['added']})(?!\w)"
        r"|(?:can|may|supports?|have|has|includes?|comes?|there(?:['’]s| is)) now"
        r"|now (?:a |an |in )?(?:available|support\w*|possible|have|has|includes?|ships?|comes?|accepts?|allows?|render"
        r"|lets?|be)|(?:you|we|users|it|one) (?:can|may) now|there (?:is|are) (?:now )?an?|now an?"
        r"|support(?:s|ed)? (?:for|custom|of)|allow(?:s|ed)?|implement(?:s|ed)?|accepts? (?:a |the )?new|gain(?:s|ed)?"
        r"|(?:initial|first) (?:version|support)|gibt (?:es )?(?:jetzt|nun)"
        r"|(?:kann|können|könnt|kannst) (?:\w+ )?(?:jetzt|nun)"
        r"|(?:jetzt|nun) (?:möglich|verfügbar)|(?:pouvez|peut|peuvent|possible) (?:désormais|maintenant)"
        r"|(?:désormais|maintenant) (?:possible|disponible|prise?)|ahora (?:puede\w*|se puede\w*|es posible|hay|admite)"
        r"|(?:ora|adesso) (?:è possibile|puoi|si può|supporta)"
        r"|(?:kunt|kan|kunnen) (?:\w+ )?nu|nu (?:ook|mogelijk|beschikbaar)"
        r"|agora (?:pode\w*|é possível|suporta))(?!\w)",
        re.IGNORECASE,
    ),
    "removed": re.compile(
        rf"\b(?:{CHANGES['removed']}|drop(?:s|ped)?|no longer (?:support\w*|available|includ\w*)|end of support)(?!\w)",
        re.IGNORECASE,
    ),
    "deprecated": re.compile(rf"\b(?:{CHANGES['deprecated']})(?!\w)", re.IGNORECASE),
    "fixed": re.compile(rf"\b(?:{CHANGES['fixed']}|no longer|solve[sd]?)(?!\w)", re.IGNORECASE),
}
UNDER = {kind: re.compile(rf"\W*(?:{way})\W*", re.IGNORECASE) for kind, way in CHANGES.items()}
UNDER["added"] = re.compile(rf"\W*(?:{CHANGES['added']}|new(?: [^\W\d_]+){{1,4}})\W*", re.IGNORECASE)
BEGINS = {kind: re.compile(rf"\W*(?:{way})(?!\w)", re.IGNORECASE) for kind, way in CHANGES.items()}
WORD = re.compile(r"\d+(?:[.,]\d+)+|[^\W_]+")
NAME = re.compile(r"(?:(?<![-\w])-{1,2})?[^\W_]+(?:[-_./:]+[^\W_]+)*")  # exclude_docs, get-deps and --keep are one
BREAK = re.compile(r"[.!?:]\s|\n")
NEW = re.compile(r"(?:new|introduced|added|available|supported|here)(?!\w)|(?:now )?(?:available|supported)")
CALLED = re.compile(
    r"[\W_]*(?:,|is|are|has been|have been)[\W_]+(?:(?:now|an?|the)\s+)*$"
)  # "Web viewer, a" new plugin
ITEM = re.compile(r"([ \t]*)(?:[-*+•]|\d{1,3}[.)])[ \t]+\S")
HEAD = re.compile(r"(?:#{1,6}|\*{2,4}|={2,5})[ \t]+\S")
HEADS = re.compile(r"^(?:#{1,6}|\*{2,4}|={2,5})[ \t]+(\S[^\n]*)$", re.MULTILINE)
ABOVE = re.compile(r"(?:^|\n)(?P<line>#{1,6}[ \t]+[^\n]+|[^\n]+\n(?:={3,}|-{3,}|~{3,}|\^{3,}))[ \t]*\n\s*\Z")
RULE = re.compile(r"(?:={3,}|-{3,}|~{3,}|\^{3,})[ \t]*")


TOLD, SURE = 2, 3


@dataclass(frozen=True, slots=True)
class Asked:
    """What a question asks for: "version" or "date" (`wanted`), of which kind of change, of what (folded words)."""

    wanted: str
    kind: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Note:
    """
    What notes say of a release: `text[start:end]` of the document of a passage. `told` is how surely it says that what
    is asked for is new: SURE where that stands right beside ("a new X"), TOLD in the same sentence, else 1.
    """

    passage: Passage
    release: Mark
    start: int
    end: int
    told: int
    named: int  # how many of the words the name of the document says: "tar", of `tar-NEWS.txt`


def asked(question: str) -> Asked | None:
    """What a question asks for that wants to know when something came, went, or was mended; None for another."""
    if len(question) > LONGEST:
        return None
    spoken, since, when = VERSION.search(question), SINCE.search(question), WHEN.search(question)
    first = spoken or since or when
    if first is None:
        return None
    rest = f"{question[: first.start()]} {spoken['what'] if spoken else ''} {question[first.end() :]}"
    if spoken and spoken["of"] and NEED.search(rest):
        return None  # "which version of Python do I need"
    kinds = [(found.start(), kind) for kind, way in ASKED.items() if (found := way.search(rest))]
    begun = since is not None or (spoken is not None and spoken["since"] is not None)
    has = spoken is not None and re.search(
        r"^\W*(?:has|have|had|hat|hatte|a|tiene|ha|heeft|tem)\b", question[first.end() :]
    )
    if not kinds and not begun and not has:
        return None
    kind = min(kinds)[1] if kinds else "added"
    gone = {"removed", "deprecated", "fixed"} & {one for _, one in kinds}
    kind = gone.pop() if len(gone) == 1 else kind
    for way in (*(ASKED[one] for one in {kind, "added"}), AUXILIARY):
        rest = way.sub(" ", rest)
    idle = languages.asking(question)
    words = dict.fromkeys(
        word for word in NAME.findall(folding.fold(rest)) if word not in idle and not languages.idle(word)
    )
    if all(word == "version" or word.lstrip("v")[:1].isdecimal() for word in words):
        return None  # it asks for the day of a release
    return Asked("version" if spoken else "date", kind, tuple(words))


def plain(word: str) -> str:
    """A folded word without the endings that its forms have: bases and base, rendered and renders are one."""
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    for ending in ("ing", "ed"):
        if word.endswith(ending) and len(word) - len(ending) >= 5:
            return word.removesuffix(ending)
    if word.endswith("s") and len(word) > 3 and not word.endswith("ss"):
        word = word[:-1]
    return word.removesuffix("e") if len(word) > 5 else word


KINDS = frozenset(plain(folding.fold(word)) for word in GENERIC.split())
ANY = KINDS | {plain(word) for word in BARE.split()}


def fewer(words: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """The words that a note must have, and then what may do: without those that say but what kind of thing it is."""
    yield tuple(words)
    bare = tuple(word for word in words if plain(word) not in KINDS)
    if bare and bare != tuple(words):
        yield bare


def earliest(asking: Asked, words: Sequence[str], passages: Sequence[Passage]) -> Note | None:
    """The first note that says of all these words that it is new (or gone …); None if none does."""
    found = [note for passage in passages for note in _notes(asking.kind, words, passage)]
    most = max((note.named for note in found), default=0)
    found = [note for note in found if note.named == most]
    least = SURE if len(words) - most <= 1 else TOLD  # a single word has other meanings, and stands in many a sentence
    sure = [note for note in found if note.told >= least] or [note for note in found if note.told >= TOLD] or found
    dated = all(note.release.day for note in sure)  # else their versions tell which is the earlier
    return min(
        sure,
        key=lambda one: (one.release.day if dated else "", releases.order(one.release.version), one.start),
        default=None,
    )


def _notes(kind: str, words: Sequence[str], passage: Passage) -> Iterator[Note]:
    document = passage.document
    whole = (document.title, document.key, document.date[:10], document.text)
    if releases.release(*whole, passage.end) is None:
        return
    called = [bool(every) for every in _places(folding.fold(name_of(document)), words)]
    for start, end, said, item in _units(document.text, passage.start, passage.end):
        if item and said.startswith(item) and not any(_places(folding.fold(item), words)):
            continue  # a heading that says nothing of it: what stands below it says that by itself
        above = [item, *passage.heading.split(" > ")]
        own, around = (_places(folding.fold(one), words) for one in (said, "\n".join(above)))
        if not any(own) or not all(map(any, zip(own, around, called, strict=True))):
            continue
        told = _tells(kind, folding.fold(said), [one for one in own if one], above)
        if told and (mark := releases.release(*whole, start)):
            yield Note(passage, mark, start, end, told, sum(called))


def name_of(document: Document) -> str:
    """What a document is called, and the name of its file."""
    return f"{document.title} {document.key.rpartition('/')[2]}"


def _places(folded: str, words: Sequence[str]) -> list[list[tuple[int, int]]]:
    """For each word where it, or another form of it, stands in a folded text."""
    tokens = [(plain(one[0]), one.span()) for one in WORD.finditer(folded)]
    return [
        [one.span() for one in re.finditer(_written(word), folded)]
        if WORD.fullmatch(word) is None
        else [span for token, span in tokens if token == plain(word)]
        for word in words
    ]


def _written(name: str) -> str:
    """The pattern of a name of several parts."""
    mark = name[: len(name) - len(name.lstrip("-"))]  # of an option
    return (
        (rf"(?<![-\w]){mark}" if mark else r"(?<![^\W_])")
        + r"[\W_]{1,3}".join(map(re.escape, WORD.findall(name)))
        + r"(?![^\W_])"
    )


def _tells(kind: str, folded: str, places: Sequence[Sequence[tuple[int, int]]], above: Sequence[str]) -> int:
    """How surely a note says that what stands at these places is new (or gone …); 0 if it says nothing of that."""
    if kind != "fixed" and BEGINS["fixed"].match(folded):
        return 0
    cues = [one.span() for one in CUES[kind].finditer(folded)]
    told = max((_beside(folded, cue, places) for cue in cues), default=0)
    if any(UNDER[kind].fullmatch(one.strip()) for one in above if one.strip()):
        first = min(start for every in places for start, _ in every)
        told = max(told, SURE if len(WORD.findall(folded[:first])) <= BESIDE else TOLD)
    return told


def _beside(folded: str, cue: tuple[int, int], places: Sequence[Sequence[tuple[int, int]]]) -> int:
    """How surely one word that says that something is new says it of what stands at these places."""
    start, end = cue
    after = [min((one for one in every if one[0] >= end), default=None) for every in places]
    before = [max((one for one in every if one[1] <= start), default=None) for every in places]
    if all(after):
        first, last = min(one[0] for one in after if one), max(one[1] for one in after if one)
        if last - end <= NEAR and not BREAK.search(folded[end:last]):
            between = WORD.findall(folded[end:first])
            return SURE if len(between) <= BESIDE and all(map(_says_nothing, between)) else TOLD
    if all(before):
        first, last = min(one[0] for one in before if one), max(one[1] for one in before if one)
        if start - first <= NEAR and not BREAK.search(folded[first:start]):
            return SURE if CALLED.match(folded[last:start]) and NEW.match(folded, start) else TOLD
    around = [one for pair in zip(before, after, strict=True) for one in pair if one]
    near = [one for one in around if start - NEAR <= one[0] and one[1] <= end + NEAR]
    near = [one for one in near if not BREAK.search(folded[min(one[0], start) : max(one[1], end)])]
    return TOLD if all(any(one in near for one in pair) for pair in zip(before, after, strict=True)) else 1


def _units(text: str, start: int, end: int) -> Iterator[tuple[int, int, str, str]]:
    """
    What stands in a part of a text: its items, paragraphs, and headings with what begins below them. For each where it
    begins and ends, its own words, and the item that it stands in.
    """
    lines = _lines(text, max(_headed(text, start), frontmatter.end(text)), end)
    begun = [one for one in lines if one[2]]
    above: list[tuple[int, str]] = []
    under = next((one[1] for one in reversed(list(HEADS.finditer(text, max(0, start - FAR), start)))), "")
    for (first, indent, what), (last, *_) in pairwise([*begun, (lines[-1][0] if lines else end, 0, "end")]):
        said = text[first:last].strip()
        if what == "head":
            stop = _below(text, last, end)
            yield first, stop, text[first:stop], said
            under = said
            continue
        above = [(one, item) for one, item in above if one < indent] if what == "item" else []
        children = [one for one, depth, kind in begun if one > first and not (kind == "item" and depth > indent)]
        stop = min([*children[:1], lines[-1][0]]) if what == "item" else last
        stop = stop if stop - first <= LIST else last
        whole = text[first:stop].rstrip()
        yield first, first + len(whole), said, above[-1][1] if above else under
        if what == "item":
            above.append((indent, said))


def _says_nothing(word: str) -> bool:
    """Does a word before another not tell which it is: "a new core plugin called", but not "the cssclass" property?"""
    return languages.idle(word) or plain(word) in ANY


def _headed(text: str, start: int) -> int:
    """Where the line begins that a place is in, or the headings right above it."""
    at = text.rfind("\n", 0, start) + 1
    while above := ABOVE.search(text, max(0, at - BELOW), at):
        at = above.start("line")
    return at


def _below(text: str, at: int, end: int) -> int:
    """Where the first paragraph or item below a heading ends."""
    found = re.compile(r"\S[^\n]*(?:\n[^\n]*\S[^\n]*)*").search(text, at, min(len(text), max(end, at) + BELOW))
    if found is None:
        return at
    stop = min(found.end(), at + BELOW)
    line = text.rfind("\n", found.start(), stop) if stop < found.end() else stop
    return line if line > at else stop


def _lines(text: str, at: int, end: int) -> list[tuple[int, int, str]]:
    """The lines of a part of a text: where each begins, its indentation, and what begins there, if anything does."""
    made: list[tuple[int, int, str]] = []
    blank = True
    while at < len(text):
        stop = text.find("\n", at)
        stop = len(text) if stop < 0 else stop
        line = text[at:stop]
        item, what = ITEM.match(line), ""
        following = text[stop + 1 : stop + 1 + len(line) + 40].partition("\n")[0]
        if at >= end and (not line.strip() or item or HEAD.match(line)):
            break
        if not line.strip() or RULE.fullmatch(line):
            blank = True
        elif HEAD.match(line) or RULE.fullmatch(following):
            what, blank = "head", True
        elif item:
            what, blank = "item", False
        elif blank:
            what, blank = "prose", False
        made.append((at, len(item[1].expandtabs()) if item else 0, what))
        at = stop + 1
    made.append((min(at, len(text)), 0, ""))
    return made


__all__ = ["Asked", "Note", "asked", "earliest", "fewer", "name_of", "plain"]
