"""
Who says what in some texts: the sentences that stand for a theme, and those with which one person contradicts another.

A sentence is always a part of a document, at its place. That somebody disagrees is read off words that say so at the
beginning of an answer; irony is not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rag.sentences import spans
from rag.types import Document, Passage

Array = Any
SHORTEST, LONGEST = 25, 320  # characters of a quote
MOSTLY = 0.75  # share of letters and spaces in a sentence that says something
LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()\s]*(?:\([^()\s]*\)[^()\s]*)*\)")
ADDRESS = re.compile(r"(?<!\S)\S*(?:://|%[0-9A-Fa-f]{2})\S*")
PER_PASSAGE = 6  # sentences of a passage that are weighed
SAME = 0.97  # cosine of two sentences that say the same
VARIED = 0.35  # how much a quote loses for being like one that was chosen
DISAGREES = re.compile(
    r"""
    \bdisagree\b|\bi\s+don['’]?t\s+(?:think|agree|believe|buy)\b
    |\b(?:that|this|it)(?:['’]s|\s+is|\s+was)(?:\s+(?:just|simply|plainly|also|actually|really|quite|completely|factually))?
        \s+(?:not\s+(?:true|right|correct|accurate|so|the\s+case|how)|wrong|false|incorrect|untrue|nonsense|misleading|inaccurate|a\s+myth|backwards)
    |\b(?:that|this)\s+(?:isn['’]t|is\s+not|wasn['’]t|doesn['’]t)\b|\byou(?:['’]re|\s+are)\s+(?:wrong|mistaken|missing|confusing|conflating)
    |\bon\s+the\s+contrary\b|\bi\s+(?:seriously\s+)?doubt\b|\bnot\s+(?:true|really|quite|at\s+all)\b|\bquite\s+the\s+opposite\b|\bnot\s+my\s+experience\b
    |\bmy\s+experience\s+(?:is|was|has\s+been)\s+(?:the\s+opposite|different|quite\s+different)|\bthe\s+opposite\s+is\s+true\b|\bcounterpoint\b
    |\bcitation\s+needed\b|\bcouldn['’]t\s+disagree\s+more\b|\bi\s+beg\s+to\s+differ\b|\b(?:das|es)\s+stimmt\s+(?:so\s+)?nicht\b|\bim\s+gegenteil\b
    """,
    re.IGNORECASE | re.VERBOSE,
)
NO = re.compile(r"\A\W*(?:no|nope|nah|wrong|false|nein|doch)\b\s*[,.!:;—–-]", re.IGNORECASE)
FIRST = 3  # sentences of an answer that can contradict


@dataclass(frozen=True, slots=True)
class Quote:
    """A sentence of a document: `document.text[start:end] == text`."""

    document: Document
    passage: int
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Disagreement:
    """One says against another; `about` is what of the other's it is nearest to, None if they cannot be read."""

    who: str
    whom: str
    quote: Quote
    about: Quote | None


def sentences(passage: Passage, most: int = PER_PASSAGE) -> list[Quote]:
    """What can be quoted of a passage: its first sentences of a fair length."""
    document = passage.document
    found = []
    for span in spans(passage.text, document.kind):
        if span.kind in ("sentence", "item") and SHORTEST <= span.end - span.start <= LONGEST:
            start, end = passage.start + span.start, passage.start + span.end
            text = document.text[start:end]
            if not text.lstrip().startswith(">") and _says_something(text):  # what it quotes is somebody else's
                found.append(Quote(document, passage.id, start, end, text))
    return found[:most]


def _says_something(text: str) -> bool:
    """Whether a sentence can stand alone: no lead-in to what comes next, no address, no line of code or of a table."""
    plain = ADDRESS.sub("", LINK.sub(r"\1", text)).strip()
    letters = sum(one.isalpha() or one.isspace() for one in plain)
    return not plain.endswith((":", "：", ";", "{", "}")) and len(plain) >= SHORTEST and letters >= MOSTLY * len(plain)


def central(quotes: Sequence[Quote], vectors: Array, centre: Array, most: int) -> list[int]:
    """
    Places of at most so many quotes that stand for a theme, best first: near its centre (cosine), unlike each other
    (maximal marginal relevance, Carbonell and Goldstein 1998), and of as many people as there are.
    """
    if not len(quotes):
        return []
    worth = vectors @ centre - 0.05 * np.array([quote.text.rstrip().endswith("?") for quote in quotes])
    chosen: list[int] = []
    while len(chosen) < min(most, len(quotes)):
        taken = {quotes[place].document.author for place in chosen} - {""}
        left = [place for place in range(len(quotes)) if place not in chosen]
        if chosen:  # what somebody else said in the same words is no other quote
            new = (vectors[left] @ vectors[chosen].T).max(axis=1) < SAME
            left = [place for place, other in zip(left, new, strict=True) if other]
        if not left:
            break
        others = [place for place in left if quotes[place].document.author not in taken] or left
        like = (vectors[others] @ vectors[chosen].T).max(axis=1) if chosen else np.zeros(len(others))
        chosen.append(others[int((worth[others] - VARIED * like).argmax())])
    return chosen


def contradiction(passage: Passage) -> Quote | None:
    """The sentence with which an answer contradicts what it answers; None if it does not say so."""
    listed = sentences_of_beginning(passage)
    for place, quote in enumerate(listed):
        if DISAGREES.search(quote.text) or (not place and NO.match(quote.text)):
            if len(quote.text) < SHORTEST and place + 1 < len(listed):  # "No." and why
                following = listed[place + 1]
                text = quote.document.text[quote.start : following.end]
                return Quote(quote.document, quote.passage, quote.start, following.end, text)
            return quote
    return None


def sentences_of_beginning(passage: Passage) -> list[Quote]:
    document = passage.document
    found = []
    for span in spans(passage.text, document.kind):
        start, end = passage.start + span.start, passage.start + span.end
        line = document.text.rfind("\n", 0, start) + 1
        if span.kind in ("sentence", "item") and not document.text[line:start].lstrip().startswith(">"):
            found.append(Quote(document, passage.id, start, end, document.text[start:end]))
    return found[:FIRST]


def disagreements(
    passages: Sequence[Passage], parent: Callable[[Document], Document | None], embed: Callable[[list[str]], Array]
) -> list[Disagreement]:
    """Who contradicts whom, in the order of the passages; `parent` is what a document answers, where that is known."""
    found: list[Disagreement] = []
    for passage in passages:
        document = passage.document
        other = parent(document)
        whom = other.author if other else str(document.meta.get("parent_author") or "")
        if not document.author or not whom or whom == document.author or passage.start > 1000:
            continue
        quote = contradiction(passage)
        if quote is not None:
            found.append(Disagreement(document.author, whom, quote, _about(quote, other, embed) if other else None))
    return found


def _about(quote: Quote, other: Document, embed: Callable[[list[str]], Array]) -> Quote | None:
    """The sentence of the other that an answer is nearest to."""
    whole = Passage(other, 0, len(other.text), other.text)
    listed = sentences(whole, 12) or [Quote(other, 0, 0, len(other.text), other.text)]
    if len(listed) == 1:
        return listed[0] if len(listed[0].text) <= 2 * LONGEST else None
    vectors = embed([quote.text, *(one.text for one in listed)])
    return listed[int((vectors[1:] @ vectors[0]).argmax())]
