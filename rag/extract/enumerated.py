"""
Lists within sentences: "They come in sand, forest green and black", "allergic to latex and codeine", "we will renew the
certificates, write to all customers and test it weekly".

Which field a list is for say the words of its sentence. Rules only; nothing here asks a model.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rag.extract.fields import Field
from rag.extract.lexicon import SOLID, bag, units, within
from rag.sentences import spans

SURE, FEW, MANY, WORDS, LONGEST = 0.5, 2, 30, 6, 140
FURTHER = 0.8  # what words around its clause are worth
NEAR = 0.42  # cosine from which the elements of a list are what a field's name says
PIECE = re.compile(r",\s(?:(?:and|und|et|y|e|or|oder|ou|o|sowie)\s)?|\s(?:and|und|et|y|e|sowie|as well as|ainsi que)\s")
JOINED = re.compile(r"\s(?:and|und|et|y|e|sowie|as well as|ainsi que|or|oder|ou|o)\s")
DUTCH = re.compile(r"\b(?:een|het|van|met|voor|naar)\b")  # "en" joins in Dutch alone
DUTCH_PIECE, DUTCH_JOINED = re.compile(r",\s(?:en\s)?|\s(?:en|alsook)\s"), re.compile(r"\s(?:en|alsook)\s")
CLAUSE = re.compile(
    r"[;:()]\s?|\s[–—]\s|[.!?]+(?:\s|\Z)|,\s(?:but|which|who|where|so|aber|sondern|die|das|der|mais|qui|dont"
    r"|pero|que)\s"
)
ARTICLE = r"(?:an?|the|my|our|your|some|eine?[nrms]?|der|die|das|den|dem|une?|des|les?|la|el|los|las|una|un|du)"
OPENS = re.compile(rf"{ARTICLE}\s", re.IGNORECASE)
NAME = re.compile(r"(?:[A-ZÀ-Þ][\w'’-]*\.?\s(?:(?:de|la|le|du|von|van|der|den|di|da|del)\s)*)*[A-ZÀ-Þ][\w'’-]+")
CODE = re.compile(r"(?=\S*\d)[A-Z0-9][\w/-]*")
SPOKEN = bag("attendees absent author children spouse chair")
# Words before which no element begins: what is in front of a list.
LEADS = bag(
    "in of with to for from by are is was were be been include includes including included like such as have"
    " has had at on than"
    " i we you he she it they please not only also mit aus von in im zu zum zur an am auf für bei sind ist war"
    " wie wir sie ihr"
    " ich er es bitte auch nicht de du des en avec à au aux pour par est sont nous vous je il elle con en a al"
    " del para por"
    " es son hay yo usted nosotros el su sus against about into between both either zwischen entre sowie"
    " contains contain"
    " speak speaks spreche spricht sprechen parle parlons hablo habla parlo parla know knows"
    " comes come loved liked bring offers offer sells serves speaks enthält enthalten bietet spricht contient"
    " contiene"
)
OF, ONE = bag("of de du di"), bag("a an un une una uno")
TO = re.compile(r"\A(?:to|of|à|aux?|de|del?|al?|mit|von)\s(?:(?:los|las|les|la|le)\s)?")  # "al marisco y a los huevos"
TRAILS = bag("mit an auf ein aus vor ab zu bei nach with too also auch aussi también each together")
ENDS = bag(
    "are is was were will would has have had in on at for with to from by when while who which that because as"
    " can could may must"
    " might should sind ist war waren wird werden hat haben mit für bei seit im am auf zum zur sont est était"
    " avec pour dans"
    " depuis chez au aux que es son fue con para desde en hasta al out not"
)
VERBAL = re.compile(  # what goes on with the sentence, and is no element: "allergic to penicillin and had never smoked"
    r"(?:had|has|have|was|were|is|are|will|never|wird|werden|wurde|wurden|sind|est|sont|sera|es|son|è|sono|wordt|via|until|did|does|hat|hatte|ist|war|nie|avait|était|n['’]a|nunca|tenía|era)\s",
    re.IGNORECASE,
)
GOES_ON = re.compile(
    r",?\s(?:for \w+ing|is|are|was|were|will|who|which|that|wird|werden|wurden?|ist|sind|verkauft|vendu\w*|vendid\w+"
    r"|vendut\w+"
    r"|verkocht|est|sont|sera|fue|sono|zijn|werd|wordt|worden)\b"
)
DEFINITE = re.compile(
    r"\A(?:(?:in|at|bei|by|chez|presso|bij|from)\s(?=[A-ZÀ-Þ]|(?:den|dem|der|the)\s))?(?:(?:the|der|die|das|den|dem|le|la|les|el|los|las|il|lo|i|gli"
    r"|of the|of|de|het|du|des|some|a bit of|a touch of|un peu de|etwas)\s|[ld]['’](?=\w))",
    re.IGNORECASE,
)
BRACKETS = re.compile(r"\s*\([^()]*\)\s*\Z")
IF = re.compile(r"\s(?:if|when|unless|falls|wenn|si|cuando|quando|als)\s")
WILL = re.compile(
    r"\b(?:we|I|they|you|[A-Z][a-zà-ÿ]+)\s(?:will|'ll|are going to|is going to|shall|must|should|need to"
    r"|needs to|have to|has to|agreed to"
    r"|promised to|offered to)\s(?!be\b|not\b|take place|have\b)(?P<what>[^.;!?\n]{4,240})"
    r"|\b(?:wir|ich|sie|[A-ZÄÖÜ][a-zäöü]+)\s(?:werden|wird|müssen|muss|sollen|soll|wollen|will)\s(?!am\b"
    r"|sein\b)(?P<was>[^.;!?\n]{4,240})"
    r"|\b(?:nous|on|[A-ZÉ][a-zé]+)\s(?:allons|va|devons|doit)\s(?P<quoi>[^.;!?\n]{4,240})"
    r"|\b(?:[Vv]amos a|[Dd]ebemos|va a|tiene que|hay que)\s(?P<que>[^.;!?\n]{4,240})"
)


@dataclass(frozen=True, slots=True)
class Enumeration:
    """A list in a sentence: what it may hold, and the words beside it."""

    items: tuple[str, ...]
    beside: str
    further: str  # the words around its clause
    named: bool  # whether all are names

    def speaks_of(self, one: Field) -> float:
        """How surely the words beside a list say that it is for a field."""
        return max(within(one.units, units(self.beside)), FURTHER * within(one.units, units(self.further)))


def enumerations(text: str, asked: frozenset[str] = frozenset()) -> list[Enumeration]:
    """The lists in the sentences of a text; words that mean what is `asked` are no part of an element."""
    found: list[Enumeration] = []
    for span in spans(text):
        said = text[span.start : span.end].replace("\n", " ")
        start = 0
        for end in [*(match.start() for match in CLAUSE.finditer(said)), len(said)]:
            clause = said[start:end]
            before, after = said[:start], said[end:]
            found += _in_clause(clause, before, after, asked)
            start = end + 1
    return found


def _in_clause(clause: str, before: str, after: str, asked: frozenset[str]) -> Iterator[Enumeration]:
    if SOLID.search(clause) or not JOINED.search(clause):
        return
    runs: list[list[str]] = [[]]
    begun = start = 0
    for mark in [*PIECE.finditer(clause), None]:
        runs[-1].append(clause[start : mark.start() if mark else len(clause)].strip())
        closes = start and JOINED.search(clause[begun:start])  # behind "and" a list ends
        if closes or (len(runs[-1]) > 1 and len(runs[-1][-1].split()) > WORDS):
            runs.append([runs[-1][-1]])
        if mark:
            begun, start = mark.span()
    for run in runs:
        if len(run) < FEW:
            continue
        first, lead = _first(run[0], run[1], asked)
        final, trail = _last(run[-1])
        items = [first, *run[1:-1], final]
        if lead is None:  # the first piece only says what follows: "two children, Susan and Philip"
            items, lead = items[1:], run[0]
        items = [TO.sub("", item.strip(" .,:")) for item in items if item.strip(" .,:")]
        if len(items) < FEW or any(len(item.split()) > WORDS for item in items):
            continue
        items = [item for item in _as_names(items) if not VERBAL.match(item)]
        if len(items) < FEW and len(run) > FEW:
            continue
        named = all(NAME.fullmatch(item) for item in items)
        yield Enumeration(tuple(items), f"{lead} {trail}", f"{before[-80:]} {after[:60]}", named)


def _as_names(items: list[str]) -> list[str]:
    """Where most are names, all of them without the small words before: "some Rust"."""
    bare = [re.sub(r"\A(?:[a-zà-ÿ]+\s){1,2}(?=[A-ZÀ-Þ])", "", item) for item in items]
    several = sum(NAME.fullmatch(item) is not None for item in items) >= FEW
    return bare if several and all(NAME.fullmatch(item) for item in bare) else items


def _first(piece: str, second: str, asked: frozenset[str]) -> tuple[str, str | None]:
    """The element at the end of what stands before the first comma, and the words before it."""
    words = piece.split()
    if words and second and CODE.fullmatch(second.split()[0]) and CODE.fullmatch(words[-1]):
        return words[-1], " ".join(words[:-1])
    if NAME.fullmatch(second) and words and NAME.fullmatch(words[-1]) and not asked & units(words[-1]):
        match = re.search(rf"(?:{NAME.pattern})\Z", piece)
        start = match.start() if match else 0
        return piece[start:], piece[:start]
    if NAME.fullmatch(second) and asked & units(piece):
        return "", None
    at = len(words)
    while at > 0 and len(words) - at < WORDS:
        word = words[at - 1].lower().strip(",:")
        if word in OF and at > 2 and words[at - 3].lower() in ONE:  # "un vêtement de pluie"
            at -= 3
            break
        if word in LEADS or (asked and asked & units(word)):
            break
        at -= 1
        if OPENS.match(words[at] + " ") and OPENS.match(second):
            break
        german = at < len(words) - 1 and words[at][:1].isupper() and words[-1][:1].isupper()
        if german and words[at + 1][:1].islower():
            at += 1
            break
    return (" ".join(words[at:]), " ".join(words[:at])) if at < len(words) else ("", piece)


def _last(piece: str) -> tuple[str, str]:
    """The element at the beginning of what stands behind the last "and", and the words behind it."""
    words = piece.rstrip(" .,!?").split()
    if (match := NAME.match(piece)) and (len(words) == 1 or not words[0].isupper() or not CODE.fullmatch(words[0])):
        return match[0], piece[match.end() :]
    end = next((n for n, word in enumerate(words) if n and word.lower() in ENDS - {"zu"}), len(words))
    while end > 1 and words[end - 1].lower() in TRAILS:
        end -= 1
    return " ".join(words[:end]), " ".join(words[end:])


def listed(text: str, one: Field, near: Callable[[Sequence[str]], float]) -> list[str]:
    """
    The elements of the list in a sentence that a field asks for; `near` says how near some texts are to its name.
    """
    if "tasks" in one.units:
        return list(dict.fromkeys(_to_do(text)))[:MANY]
    found = [enumeration for enumeration in enumerations(text, one.units) if _fits(one, enumeration)]
    if not found:
        return []
    best = max(found, key=lambda each: (each.speaks_of(one), near(each.items) if not one.like else 0.0))
    if best.speaks_of(one) >= SURE:
        return list(dict.fromkeys(best.items))[:MANY]
    named = [each for each in found if each.named and not _is_said(each)]
    if one.like or one.nature:  # nobody else is listed: "Peter Voss and Lin Chao would like to meet you"
        return list(named[0].items) if len(named) == 1 and "person" in (one.like or {one.nature}) else []
    best = max(found, key=lambda each: near(each.items))
    return list(dict.fromkeys(best.items))[:MANY] if near(best.items) >= NEAR else []


def _fits(one: Field, enumeration: Enumeration) -> bool:
    """Whether the elements of a list may be what a field asks for: names, codes."""
    if "number" in one.wants or "code" in one.wants:
        return all(any(map(str.isdigit, item)) for item in enumeration.items)
    return enumeration.named or not one.naming


def _is_said(enumeration: Enumeration) -> bool:
    """Whether what stands beside a list of names says already what they are."""
    return bool(units(enumeration.beside) & SPOKEN)


def _to_do(text: str) -> Iterator[str]:
    """What somebody will do: "we will renew the certificates, write to all customers and test it"."""
    for match in WILL.finditer(text):
        said = " ".join(match[match.lastgroup or 0].split())
        parts = [part.strip() for part in PIECE.split(said) if part.strip()]
        several = JOINED.search(said) and len(parts) > 2
        yield from (part for part in (parts if several else [said]) if len(part) <= LONGEST)


def spoken_apart(said: str) -> list[str]:
    """The elements of what a sentence names: "pots, slabs and a raku day if it is dry"."""
    bare = IF.split(said, maxsplit=1)[0]
    parts: list[str] = []
    at, closed = 0, False
    piece, joined = (DUTCH_PIECE, DUTCH_JOINED) if DUTCH.search(bare) else (PIECE, JOINED)
    for mark in [*piece.finditer(bare), None]:
        part = _plain(bare[at : mark.start() if mark else len(bare)])
        if VERBAL.match(part) or (len(part.split()) > WORDS and len(parts) > 1):
            break  # what goes on with the sentence
        if part and not (closed and len(parts) > 1):  # behind "and" a list ends
            parts.append(part)
        closed = closed or (at > 0 and joined.search(bare[:at][-12:]) is not None)
        at = mark.end() if mark else at
    return parts if all(len(part.split()) <= WORDS for part in parts) else [said]


def _plain(part: str) -> str:
    """An element without what goes on behind it, a definite article before it, a note in brackets."""
    bare = GOES_ON.split(part.strip(" .,"), maxsplit=1)[0]
    return BRACKETS.sub("", DEFINITE.sub("", bare)).strip(" .,")


def unshared(found: Sequence[tuple[Any, float]]) -> list[tuple[Any, float]]:
    """What is near the elements of a list, without runs of words that share some with a nearer one."""
    kept: list[tuple[Any, float]] = []
    used: set[str] = set()
    for said, nearness in found:
        words = set(str(said).casefold().split())
        if not words & used:
            kept.append((said, nearness))
            used |= words
    return kept


__all__ = ["Enumeration", "enumerations", "listed", "spoken_apart", "unshared"]
