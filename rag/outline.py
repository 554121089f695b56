"""
The headings of a text without marks, told by how their lines look: underlined ones, capitals, numbers with a title
("4.2. Procedure"), what is called a chapter, an article or § 3, and the subject of a letter.

A line is judged by itself and by those above and below it, so that a part of a text has the headings that it has in the
whole. Where a list may be meant, there is no heading. No text is changed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rag.letters import SUBJECT, greets
from rag.sentences import LINE, MARKER

LONGEST, MOST = 80, 14  # characters and words of a heading
RULE = re.compile(r"[ \t]*([=\-~*_#^+])\1{2,}[ \t]*")
WIDE = re.compile(r"\S(?: {4,}|\t+)\S")  # columns
ROMAN = r"(?=[IVXLC])(?:X{0,3}L?C?X{0,3}(?:IX|IV|V?I{0,3}))"
PARTS = (  # how parts of a text are called, from the largest to the smallest
    r"part|book|volume|title|teil|buch|titel|partie|livre|tome|titre|parte|libro|título|titolo|deel|del|bok|część|část",
    r"chapter|appendix|annex|schedule|kapitel|anhang|anlage|chapitre|annexe|capítulo|capitulo|capitolo|anexo|allegato"
    r"|hoofdstuk|bijlage|bilaga|vedlegg|bilag|luku|rozdział|kapitola|глава",
    r"article|amendment|artikel|artículo|articulo|articolo|artigo|artykuł|článek|статья|art\.",
    r"section|abschnitt|sección|seccion|sezione|seção|afdeling|avsnitt|§{1,2}",
)
CALLED = [
    re.compile(
        rf"[ \t]*(?:{words})\.?[ \t]*(?:\d{{1,4}}(?:\.\d{{1,3}})*[a-z]?|{ROMAN})(?![\w-])"
        r"(?P<mark>[ \t]?[.:)—–-])?(?P<title>[ \t]+\S.*|)",
        re.IGNORECASE,
    )
    for words in PARTS
]
NUMBERED = re.compile(
    rf"(?P<indent>[ \t]*)(?P<number>(?:\d{{1,2}}|[A-Z](?=\.\d))(?:\.\d{{1,3}}){{0,3}}|{ROMAN}(?=\.))"
    r"\.?[ \t]+(?P<title>[^\W\d_].*)"
)
SENTENCE = re.compile(r".*[.,;:!?…]\W*")
LEVELS = {"capitals": 2, "subject": 3, "numbered": 7}


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading: its lines from `start` to `end`, its name, and how deep it is, 1 the outermost."""

    start: int
    end: int
    name: str
    level: int


def headings(text: str) -> list[Heading]:
    """The headings of a text in their order; a line of which nothing follows is none."""
    lines = [(match.start(), match[0].rstrip("\r\n")) for match in LINE.finditer(text)]
    found = list[Heading]()
    for number, (start, line) in enumerate(lines):
        if not line.strip() or (found and start < found[-1].end) or not _titles(line):
            continue
        below = lines[number + 1][1] if number + 1 < len(lines) else ""
        rest = (one for _, one in lines[number + 1 : number + 4] if one.strip())
        before = next((one for _, one in lines[max(0, number - 4) : number][::-1] if one.strip()), "")
        near = _Near(lines[number - 1][1].rstrip() if number else "", below.rstrip(), before, next(rest, ""))
        if near.following and (level := _level(line, near)):
            last = lines[number + 1] if RULE.fullmatch(below) else lines[number]
            name = SUBJECT.sub("", " ".join(line.split()))
            found.append(Heading(start + len(line) - len(line.lstrip()), last[0] + len(last[1].rstrip()), name, level))
    return found


@dataclass(frozen=True, slots=True)
class _Near:
    """The line above and the one below, without space at their ends, and the nearest that are not blank."""

    above: str
    below: str
    before: str
    following: str


def called(line: str) -> bool:
    """Is a line the name of a chapter, article …: "CHAPTER 16. The Ship."?"""
    found = next((match for one in CALLED if (match := one.fullmatch(line.strip()))), None)
    return found is not None and len(line) <= LONGEST and bool(found["mark"] or not SENTENCE.fullmatch(found["title"]))


def _titles(line: str) -> bool:
    """May the line be a heading, by its length and letters?"""
    bare = line.strip()
    return len(bare) <= LONGEST and len(bare.split()) <= MOST and bare[0] not in "|>#{[<" and not WIDE.search(bare)


def _level(line: str, near: _Near) -> int:
    """How deep a line stands as a heading; 0: it is none."""
    bare = line.strip()
    if not near.above and RULE.fullmatch(near.below) and re.search(r"[^\W\d_]{2}", bare):
        return 1 if near.below.strip()[0] in "=#*" else 2
    for depth, called in enumerate(CALLED):
        found = None if near.above else called.fullmatch(bare)
        ended = found and (found["mark"] or not SENTENCE.fullmatch(found["title"]))
        if found and ended and _goes_on(found["title"].strip(), near):
            return 3 + depth
    found, capitals = NUMBERED.fullmatch(line), not near.above and bare.isupper() and _capitals(bare, near)
    if found and (capitals or _numbers(found, near)):
        return LEVELS["numbered"] + found["number"].count(".")
    if capitals:
        return LEVELS["capitals"]
    return LEVELS["subject"] * _subject(bare, near)


def _goes_on(title: str, near: _Near) -> bool:
    """Does a line with this title end with it: does nothing of a sentence go on below?"""
    return not title[:1].islower() and (not near.below or not (near.below.lstrip()[0].islower() or title.endswith(",")))


def _numbers(found: re.Match[str], near: _Near) -> bool:
    """Is a numbered line a heading, and no item of a list?"""
    title = found["title"].strip()
    if title[0].islower() or SENTENCE.fullmatch(title):
        return False
    if near.above and not (re.search(r"[.!?:;]$", near.above) and not near.below and not MARKER.match(near.above)):
        return False
    if near.below and (near.below[0].isspace() or found["indent"] or not _goes_on(title, near)):
        return False
    beside = (NUMBERED.fullmatch(near.before), NUMBERED.fullmatch(near.following))  # "1. Flour", "2. Milk"
    depth = found["number"].count(".")
    listed = any(one and one["number"].count(".") == depth for one in beside)
    return not (listed or (near.below and MARKER.match(near.below)))


def _capitals(bare: str, near: _Near) -> bool:
    """Is a line of capitals a heading: a few words that name no field, with other lines below?"""
    letters = sum(map(str.isalpha, bare))
    field = re.match(r"[^:]{1,30}:[ \t]", bare) or bare.endswith((":", ",", ";", "!", "?"))
    return letters > 3 and 2 * letters > len(bare) and not field and not near.below.isupper()


def _subject(bare: str, near: _Near) -> bool:
    """Is it the line that says what a letter is about, above the one that greets?"""
    said = SUBJECT.match(bare) or not (SENTENCE.fullmatch(bare) or near.above)
    placed = bare[-1].isdecimal() and "," in bare  # where and when it was written
    return bool(said) and not placed and not near.below and greets(near.following) and not greets(bare)


def path(found: list[Heading], at: int, title: str = "") -> Iterator[str]:
    """The names of the headings that a place stands under, outermost first, without that which is the title."""
    above: list[Heading] = []
    for one in found:
        if one.start > at:
            break
        above = [other for other in above if other.level < one.level]
        above.append(one)
    yield from (one.name for one in above if one.name != title)
