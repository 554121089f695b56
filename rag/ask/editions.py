"""
Of what several editions of a work say, that which holds goes first, and an older one is told as older.

Pure functions over pieces and their scores. Which edition a document is, is read by `rag.editions`; that the other
editions of what was found are among the hits is the business of `rag.index`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from rag import editions, messages
from rag.ask import questions, settling
from rag.ask.candidates import Candidate
from rag.ask.pieces import Piece
from rag.ask.words import stems, telling
from rag.sentences import spans
from rag.types import Citation, Document, Hit

OLDER, DRAFT = 1.0, 3.0  # how far below what holds an older one goes, and what does not hold yet, or is replaced
STATING = 4.0  # what a piece loses that only says which edition its document is
LABEL = 60  # characters of an item before a colon, that may be the heading of what it changes
ANNOUNCED = 0.4  # how far below what it changes what a message announces goes
BESIDE = 0.5  # how far below it another with which it is compared goes
ALIKE, HEADED = 0.5, 0.3  # words that two pieces on one matter have in common, of the shorter; under the same heading
NUMBERED = re.compile(  # what a part begins with: "4.2 Load", "Article 5 Boats", "§ 6 …"
    r"\W*(?:(?:[^\W\d]+\.? |§ ?)(\d{1,4}(?:[./]\d{1,4})*[a-z]?)(?!\w|[./]\d)|(\d{1,4}(?:\.\d{1,4})*)[ .:]+(?=[^\W\d]))"
)
CHANGE = re.compile(  # in the subject of a message
    r"\b(?:chang(?:e[sd]?|ing)|amend\w*|updated?|revised?|corrected|moved|postponed|new (?:dates?|times?|rules?"
    r"|prices?|rooms?|fees?)"
    r"|änderung(?:en)?|\w{0,20}änderung(?:en)?|geändert|verlegt|verschoben|neue[rs]? (?:termine?|zeiten|preise|regeln)"
    r"|changements?"
    r"|modifi\w+|nouveaux (?:tarifs|horaires)|cambios?|modifica\w*|nuev[oa]s (?:tarifas|horarios|precios)"
    r"|cambiament[oi]|variazione"
    r"|wijziging(?:en)?|gewijzigd)\b",
    re.IGNORECASE,
)
COMPARES = re.compile(
    r"^\W*(?:what|was|welche\w*|que|quoi|quels?|quelles?|qu['’]est|qué|che|cosa|quali|wat|vad"
    r"|o que)\b.{0,40}\b(?:changed?|changes|differ\w*|new"
    r"|geändert|änderung(?:en)?|anders|neue?s?|chang(?:é|e|ements?)|nouveau(?:tés)?|cambi\w+|nuev[oa]s?|novedades"
    r"|cambiat\w+|novità|nuovo"
    r"|veranderd|gewijzigd|nieuw|mudou|ändrats)\b"
    r"|\b(?:changes? (?:in|to|between|since|from)|differences?|differs?|unterschiede?|différences?|diferencias?"
    r"|differenz[ae])\b",
    re.IGNORECASE,
)
BEFORE = re.compile(  # an older edition is asked for
    r"\b(?:old|older|previous|earlier|former|outdated|superseded|last (?:year|season)['’]?s?|alte[nrms]?"
    r"|frühere[nrms]?|vorige[nrms]?"
    r"|bisherige[nrms]?|letzte[nrms]? (?:jahr|saison)|ancien(?:ne)?s?|précédent[es]*|antigu[oa]s?|anterior(?:es)?"
    r"|viej[oa]s?"
    r"|vecchi[oa]|precedent[ei]|oude|vorige)\b",
    re.IGNORECASE,
)
WORK = re.compile(
    r"(?:edition|version|release|polic|rule|regulation|statute|by-?law|price|tariff|list|manual|guide|handbook"
    r"|contract|terms"
    r"|season|year|ausgabe|fassung|auflage|regel|ordnung|satzung|preis|tarif|saison|jahr|édition|règle|statut|prix|ley"
    r"|norma"
    r"|estatuto|precio|tarifa|edición|versión|regol|statut|prezz|listino|regel|tarief|prijs)\w*",
    re.IGNORECASE,
)


def settled(question: str, every: Sequence[Piece], scores: Sequence[float], words: Sequence[float]) -> list[float]:
    """The scores, what the edition asked for says raised above what others say of the same matter."""
    made = list(scores)
    documents = {piece.origin: piece.passage.document for piece in every}
    for order in works(list(documents.values())):
        both = _compared(question, order)
        wanted = both[0] if both else asked(question, order)
        _preferred(every, made, words, wanted, [one for one in order if one not in (wanted, *both)])
        _together(every, made, words, wanted, both[1:])
        _stating(question, every, made, order)
    _amended(question, every, made, words)
    _announced(question, every, made)
    settling.settled(question, every, made)
    return made


def works(documents: Sequence[Document]) -> list[list[Document]]:
    """The documents that are editions of one work, work by work; of each the one that holds first."""
    left, found = list(documents), list[list[Document]]()
    while left:
        first = left.pop(0)
        own = [one for one in left if editions.same_work(first, one)]
        left = [one for one in left if one not in own]
        if own and (order := editions.ordered([first, *own])):
            found.append(order)
    return found


def asked(question: str, order: Sequence[Document]) -> Document:
    """Which of the editions of a work a question asks for: the one that it names; else the one that holds."""
    names = [editions.of(one).names for one in order]
    common = frozenset.intersection(*names)
    said = editions.named(question)
    for own, document in zip(names, order, strict=True):
        if said & (own - common):
            return document
    for match in re.finditer(
        r"(?<![^\W\d_])([^\W\d_]+)[\s-]+(\d{1,2})(?![\w.,:])", question
    ):  # "fennel 2", of "Fennel 2.x"
        head = re.compile(rf"\b{re.escape(match[1])}[\s-]+v?{match[2]}(?!\d)", re.IGNORECASE)
        having = [one for one in order if head.search(f"{one.title}\n{one.text[: editions.HEAD]}")]
        if len(having) == 1:
            return having[0]
    if before := BEFORE.search(question):
        title = set(stems(editions.of(order[0]).title))
        after = question[before.start() :].split()[1:4]
        if any(WORK.match(word) or set(stems(word)) & title for word in after):
            return order[1]
    return order[0]


def called(question: str, every: Sequence[Piece]) -> tuple[str, set[tuple[str, str]]]:
    """A question without the words that name an edition of what was found, and the documents that are it."""
    documents = {piece.origin: piece.passage.document for piece in every}
    found, bare = set[tuple[str, str]](), question
    for order in works(list(documents.values())):
        names = [editions.of(one).names for one in order]
        common = frozenset.intersection(*names)
        for own, document in zip(names, order, strict=True):
            if editions.named(question) & (own - common):
                found.add((document.source, document.key))
                bare = editions.unnamed(bare, own - common)
    return (bare if stems(bare) else question), found


def current(found: Sequence[Candidate], shown: Sequence[Citation]) -> list[Candidate]:
    """The sentences without those of other editions of what is shown first, and of what that amends."""
    if not shown:
        return list(found)
    first = shown[0].passage.document

    def other(document: Document) -> bool:
        return editions.same_work(first, document) or editions.amends(first, document)

    return [one for one in found if not other(one.citation.passage.document)]


def marked(shown: Sequence[Citation], hits: Sequence[Hit]) -> list[Citation]:
    """The excerpts, each that stands in another edition with the key of the current one, where that is certain."""
    documents = {(hit.passage.document.source, hit.passage.document.key): hit.passage.document for hit in hits}
    current = {
        (one.source, one.key): holds.key
        for order in works(list(documents.values()))
        if (holds := editions.holding(order))
        for one in order[1:]
    }
    origins = [(one.passage.document.source, one.passage.document.key) for one in shown]
    return [replace(one, current=current.get(origin, "")) for one, origin in zip(shown, origins, strict=True)]


def _compared(question: str, order: Sequence[Document]) -> list[Document]:
    """The editions that a question compares: those that it names, or the two newest; none if it compares none."""
    if not (COMPARES.search(question) or questions.compares(question)):
        return []
    said = editions.named(question)
    named = [one for one in order if said & editions.of(one).names]
    return named if len(named) > 1 else list(order[:2])


def _preferred(
    every: Sequence[Piece], made: list[float], words: Sequence[float], wanted: Document, others: Sequence[Document]
) -> None:
    """Raise what one edition says above what the others say of the same."""
    for i, j in _pairs(every, made, words, wanted, others):
        made[j] = max(made[j], made[i] + 0.01)
        made[i] = min(made[i], made[j] - (DRAFT if editions.of(every[i].passage.document).gone else OLDER))


def _together(
    every: Sequence[Piece], made: list[float], words: Sequence[float], wanted: Document, others: Sequence[Document]
) -> None:
    """Raise what two editions say of the same to the better of both."""
    for i, j in _pairs(every, made, words, wanted, others):
        made[j] = max(made[j], made[i] + 0.01)
        made[i] = max(made[i], made[j] - BESIDE)


def _pairs(
    every: Sequence[Piece], made: Sequence[float], words: Sequence[float], wanted: Document, others: Sequence[Document]
) -> list[tuple[int, int]]:
    """Each piece of other editions, the best first, with that of the edition wanted which is about the same matter."""
    of = [piece.passage.document for piece in every]
    targets = [j for j, document in enumerate(of) if _one(document, wanted)]
    found = []
    for i in sorted(range(len(every)), key=lambda i: -made[i]):
        if any(_one(of[i], other) for other in others):
            like = {j: value for j in targets if (value := _alike(every[i], every[j])) > 0}
            if like:
                found.append((i, max(like, key=lambda j: like[j] + words[j])))
    return found


def _one(document: Document, other: Document) -> bool:
    return (document.source, document.key) == (other.source, other.key)


def _alike(one: Piece, other: Piece) -> float:
    """How much two pieces have in common that are about the same matter; 0 if they are not."""
    left, right = (set(re.findall(r"[^\W\d_]{3,}", piece.text.lower())) for piece in (one, other))
    common = len(left & right)
    share = common / max(1, min(len(left), len(right)))
    headed = _bare(one.under) == _bare(other.under) != ""
    if one.bare != other.bare or share < (HEADED if headed else ALIKE):
        return 0.0
    return common / max(1, len(left | right)) + headed


def _bare(heading: str) -> str:
    return " ".join(re.findall(r"[^\W\d_]+", heading.lower()))


def _stating(question: str, every: Sequence[Piece], made: list[float], order: Sequence[Document]) -> None:
    """Lower what only says which edition it is ("Effective 1 May 2024, replaces that of 2022"), unless it is asked."""
    if questions.wants(question) == "date":
        return
    names = frozenset[str]().union(*(editions.of(one).names for one in order))
    asked = telling(editions.unnamed(question, names))
    for i, piece in enumerate(every):
        own = any(_one(piece.passage.document, one) for one in order)
        if own and piece.end <= editions.HEAD and editions.states(piece.text) and not asked & set(stems(piece.text)):
            made[i] -= STATING


def _amended(question: str, every: Sequence[Piece], made: list[float], words: Sequence[float]) -> None:
    """What errata or an amendment say of the sentence that answers goes before it, what they say of its part beside."""
    best = max(range(len(every)), key=lambda i: made[i])
    main = every[best].passage.document
    asked = {one for one in telling(question) if not one.isdecimal()} - set(stems(main.title))
    sentences = [set(stems(every[best].text[one.start : one.end])) for one in spans(every[best].text, main.kind)]
    most = max((len(one & asked) for one in sentences), default=0)
    said = set[str]().union(*(one for one in sentences if most and len(one & asked) == most))
    near: list[tuple[bool, str, float, int]] = []
    for i, piece in enumerate(every):
        document = piece.passage.document
        if not piece.bare and editions.amends(document, main):
            changes = _changes(piece.text, asked & set(stems(every[best].text)), said, every[best])
            near += [(changes > 1, editions.of(document).start, words[i], i)] if changes else []
    if near:
        before, *_, i = max(near)
        made[i] = made[best] + 0.01 if before else max(made[i], made[best] - BESIDE)


def _announced(question: str, every: Sequence[Piece], made: list[float]) -> None:
    """What a later message says that announces a change of the matter asked for stands beside what it changes."""
    best = max(range(len(every)), key=lambda i: made[i])
    main, asked = every[best].passage.document, telling(question)
    if messages.is_message(main):
        return
    near = [
        i
        for i, piece in enumerate(every)
        if messages.is_message(document := piece.passage.document)
        and not piece.bare
        and document.date >= main.date
        and CHANGE.search(document.title)
        and asked & set(stems(document.title)) & set(stems(every[best].placed))
    ]
    if near:
        first = max(near, key=lambda i: made[i])
        made[first] = max(made[first], made[best] - ANNOUNCED)


def _number(piece: Piece) -> str:
    """The number of the part in which a piece stands: of its heading, or of itself if that is no mere item."""
    under, own = NUMBERED.match(piece.under), NUMBERED.match(piece.text)
    return (under[1] or under[2]) if under else (own[1] or "") if own else ""


def _changes(text: str, asked: set[str], said: set[str], changed: Piece) -> int:
    """
    2 if one of its items has all words asked for, or begins with the number or heading of what it changes ("In 4.2,
    replace …") and has a word of what is said there; 1 if it has but the number.
    """
    part, heading = _number(changed), set(stems(changed.under))
    names = r"\W*(?:(?:in|to|at|zu|zur|an|au|à|en|al)\s)?(?:(?!p\.|pages?\b|seiten?\b|s\.)[^\W\d]+\.?\s|§+\s?)?"
    about = re.compile(rf"{names}{re.escape(part)}(?!\w|[./:]\d)" if part else "(?!)", re.IGNORECASE)
    found = 0
    for item in re.split(r"\n+", text):
        own = set(stems(item))
        label = set(stems(item.partition(":")[0])) if ":" in item[:LABEL] else set[str]()
        numbered = about.match(item) is not None or bool(label and label <= heading)
        found = max(found, 2 if (asked and asked <= own) or (numbered and said & own) else int(numbered))
    return found


def told(question: str, piece: Piece) -> str:
    """The words with which a question names the edition that a piece stands in: "version 2"; "" if it names none."""
    return editions.told(question, piece.passage.document)
