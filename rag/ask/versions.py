"""
Which version, number or year a question names, and which of several dated pieces is the newest.

Pure functions over pieces: nothing here knows a model or scores what a piece says (`excerpts`).
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from rag import dates, releases
from rag.ask import marks, questions
from rag.ask.marks import MONTH
from rag.ask.pieces import Piece
from rag.ask.words import WORD, stems, telling
from rag.sentences import spans

# What is newer goes first if it scores so much less: in a section about what was asked for, and what was said of
# it there before comes second; where the newest is asked for; anywhere else in a series of documents.
SECTION, NEWEST, NEWER = 4.0, 2.0, 0.8
HOLDS = 4.0  # the same, where it is asked how something is now, or who holds an office
MOST_OF = 0.6  # of the words that the best piece shares with the question
LATER = 0.2  # of the words that the best piece shares with the question, what a later one on its matter must share
LATEST = re.compile(
    r"\b(?:latest|newest|most recent|up[- ]to[- ]date|status|what['’]?s new|what is new|neuest\w*|aktuell\w*|zuletzt"
    r"|derni[eè]re?s? versions?|le plus récent|más reciente|última versión|più recente"
    r"|(?:this|current) (?:season|year|term|semester)|diese[sr]? (?:saison|jahr|semester)|cette (?:saison|année)"
    r"|esta temporada"
    r"|este año|questa stagione|quest['’]anno|dit (?:seizoen|jaar))\b",
    re.IGNORECASE,
)
NOW = re.compile(
    r"\b(?:now|nowadays|current(?:ly)?|present(?:ly)?|today|at (?:the moment|present)|these days|still|derzeit\w*"
    r"|momentan|heute|jetzt|jetzig\w*|gegenwärtig\w*|actuel\w*|maintenant|actual(?:mente)?|ahora|attual\w*|adesso)\b",
    re.IGNORECASE,
)
OFFICE = re.compile(  # who holds it may have changed
    r"(?i:\s*(?:who(?:['’]s| is| are)|wer ist|qui est|qui[eé]n es|chi è|wie is)\s+(?:now\s+)?"
    r"(?:the|our|my|its|your|der|die|unsere?\w*|le|la|notre|el|nuestr[oa]|il|de|onze)\s+"
    r"(?:(?:new|current|present|acting|next|neue[rn]?)\s+)?(?!author|writer|sender))([^\W\d_A-Z]\w+)",
)
ENDED = re.compile(  # what came of it, not what was planned
    r"\b(?:in the end|really|after all|eventually|actually|finally|ended up|am ende|letztlich|schließlich|wirklich"
    r"|tatsächlich"
    r"|finalement|vraiment|en fin de compte|al final|finalmente|realmente|de verdad|alla fine|davvero|uiteindelijk"
    r"|echt)\b",
    re.IGNORECASE,
)
MOVED = re.compile(
    r"\b(?:moved|postponed|re-?scheduled|shifted|brought forward|put off|cancel+ed|called off|verschoben|verlegt"
    r"|vorverlegt|abgesagt"
    r"|fällt aus|entfällt|reportée?s?|décalée?s?|avancée?s?|annulée?s?|aplazad[oa]s?|pospuest[oa]s?|adelantad[oa]s?"
    r"|cancelad[oa]s?"
    r"|spostat[oaie]|rinviat[oaie]|anticipat[oaie]|annullat[oaie]|verplaatst|verzet|uitgesteld|afgelast|flyttat"
    r"|inställd)\b",
    re.IGNORECASE,
)
IDENTIFIER = re.compile(r"(?<![\w.])(?:[^\W\d_]+[-_/#.]?)?\d+(?:[-_/.:]\w+)*(?!\w)")
DATED = re.compile(rf"(?:\b{MONTH}(?!\w)|[\d\W_])+", re.IGNORECASE)  # what titles of a series differ in


def numbers(question: str) -> list[str]:
    """The numbers, versions and years of a question."""
    return [word for word in WORD.findall(question.lower()) if word[0].isdecimal()]


def things(question: str) -> list[str]:
    """What a question names by a version or number that is no mere number: 3.2.0, INV-2025-044."""
    return [one for one in IDENTIFIER.findall(question) if not one.isdecimal()]


def share(asked: Sequence[str], piece: Piece) -> float:
    """The share of the numbers asked for that a piece has, or stands under; 0 if none is asked for."""
    if not asked:
        return 0.0
    text = f"{piece.placed} {piece.date}"
    own = releases.of(piece.passage.document.title, piece.passage.document.key)
    return sum(one == own or _has(text, one) for one in asked) / len(asked)


def identified(asked: Sequence[str], text: str, *, exactly: bool = False) -> bool:
    """Has a text all the things asked for, and is there one? 1.4.8 has 1.4, but not `exactly`."""
    return bool(asked) and all(_has(text, one, exactly) for one in asked)


def _has(text: str, one: str, exactly: bool = False) -> bool:
    form = rf"v?{re.escape(one)}(?!\w|\.\d)" if exactly else rf"{re.escape(one)}(?!\w)"
    return re.search(rf"(?<![\w.]){form}", text, re.IGNORECASE) is not None


def newer_first(question: str, every: Sequence[Piece], scores: list[float], words: Sequence[float]) -> list[float]:
    """The scores, that of a newer piece raised above the best where it says about as well what was asked for."""
    best = max(range(len(every)), key=lambda i: scores[i])
    wanted, now = questions.wants(question), bool(NOW.search(question))
    office = bool(OFFICE.match(question))
    held = office or (now and wanted in ("name", "number", "thing", ""))
    newest = held or bool(LATEST.search(question))
    section = bool(telling(question) & set(stems(every[best].passage.heading)))
    near = []
    for i, piece in enumerate(every):
        series = _same_section(piece, every[best])
        window = (
            math.inf
            if office and _series(piece, every[best])
            else HOLDS
            if held
            else SECTION
            if series and section
            else NEWEST
            if newest
            else NEWER
        )
        fits = wanted != "how" and series and (section or words[i] >= words[best])
        if newest:
            fits = not held or ((office or words[i] >= MOST_OF * words[best]) and _says(question, piece))
        dated = every[best].date > "" or (now and held and words[i] >= words[best])
        if dated and piece.date > every[best].date and fits and scores[i] > scores[best] - window:
            near.append(i)
    made = list(scores)
    if wanted == "yes or no":  # what was so may be so no longer: what was said last of it, too
        others = [i for i, piece in enumerate(every) if piece.origin != every[best].origin]
        later = [i for i in others if every[i].date > every[best].date and words[i] >= LATER * words[best] > 0]
        if later:
            last = max(later, key=lambda i: (every[i].date, scores[i]))
            made[last] = max(scores[last], scores[best] - 0.5)
    if near:
        made[max(near, key=lambda i: (every[i].date, scores[i]))] = scores[best] + 0.01
    return _ended(question, every, made)


def _ended(question: str, every: Sequence[Piece], scores: list[float]) -> list[float]:
    """
    The scores, that raised above the best which says in a line with its words that it was moved, or, where it is asked
    what came of it, a later day.
    """
    best = max(range(len(every)), key=lambda i: scores[i])
    asked, ended = telling(ENDED.sub(" ", question)) & set(stems(every[best].placed)), bool(ENDED.search(question))
    if not asked or not (ended or questions.wants(question) == "date") or MOVED.search(every[best].text):
        return scores
    later: list[tuple[str, float, int]] = []
    for i, piece in enumerate(every):
        if piece.origin == every[best].origin:
            continue
        lines = [line for line in piece.text.split("\n") if asked <= set(stems(line))]
        days = [one.iso for line in lines for one in dates.dates(line) if ended and not one.doubt]
        if any(MOVED.search(line) for line in lines):
            later.append((max(days, default=""), scores[i], i))
        elif days and max(days) > every[best].date[:10] > "":
            later.append((max(days), scores[i], i))
    if later:
        scores[max(later)[2]] = scores[best] + 0.01
    return scores


def _says(question: str, piece: Piece) -> bool:
    """Has it a sentence with a word of the question and a name, a date or a number, whichever is asked for?"""
    wanted, office = questions.wants(question), OFFICE.match(question)
    asked = set(stems(office[1])) if office else telling(NOW.sub(" ", question))
    if wanted not in ("name", "number", "date"):
        return True
    if office and wanted == "name":
        return _named(office[1], piece.text)
    sentences = [piece.text[one.start : one.end] for one in spans(piece.text, piece.passage.document.kind)]
    return any(
        asked & set(stems(said)) and any(not asked & set(stems(said[a:b])) for a, b in marks.spans(wanted, said))
        for said in sentences
    )


def _named(office: str, text: str) -> bool:
    """Does a text say who holds an office: "Treasurer: Ann Moss", "Ann Moss (treasurer)"?"""
    name = r"(?-i:(?:[A-Z][\w.'’-]+ ?){1,4})"
    word = re.escape(office)
    return bool(
        re.search(rf"\b{word}\b\W{{0,6}}(?:(?:is|was|now|acting|elected|are)\W+)*{name}", text, re.IGNORECASE)
        or re.search(
            rf"{name}\W{{1,3}}(?:(?:is|was|as|now|elected|the|our|our new|new|acting)\W+)*{word}\b", text, re.IGNORECASE
        )
    )


def _series(one: Piece, other: Piece) -> bool:
    """Are they of two documents whose titles differ only in a date?"""
    titles = [DATED.sub("", piece.passage.document.title) for piece in (one, other)]
    return one.origin != other.origin and titles[0] == titles[1] != ""


def _same_section(one: Piece, other: Piece) -> bool:
    """Are they of two documents of a series, like minutes, under the same heading: what was said then, and later?"""
    return one.passage.heading == other.passage.heading and _series(one, other)
