"""
What is asked about a document or a section itself: who wrote it, and when.

The answer stands in its head (front matter, the lines of a mail, a byline), word for word, and that line is the
excerpt. What only a reader knows, and no line says, is no answer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from rag import folding, releases
from rag.ask import arrivals, marks, versions
from rag.ask.words import stems, telling
from rag.types import Citation, Document, Hit

WORK = (
    r"(?:recipe|post|article|blog|page|note|entry|document|guide|tutorial|howto|essay|e?-?mail|message|letter|chapter"
    r"|report|review|readme|story|paper|minutes|rezept|artikel|beitrag|seite|notiz|eintrag|dokument|anleitung|aufsatz"
    r"|nachricht|brief|kapitel|bericht|recette|texte|billet|receta|artículo|entrada|documento|ricetta|articolo)"
)
AUTHOR = re.compile(
    rf"\bwho(?:'s| is| was)? (?:wrote|authored|posted|published|sent|the (?:author|writer|sender))\b.*\b{WORK}\b"
    r"|\bwho (?:wrote|sent|posted|published) (?:it|this|that)\b"
    rf"|\b{WORK}\b.*\b(?:written|posted|published|sent) by\b|\bauthor\b.*\bof\b.*\b{WORK}\b"
    rf"|\bwer\b.*\b{WORK}\b.*\bgeschrieben\b|\bqui a (?:écrit|publié)\b.*\b{WORK}\b"
    rf"|\bquién escribió\b.*\b{WORK}\b|\bchi ha scritto\b.*\b{WORK}\b",
    re.IGNORECASE,
)
DATE = re.compile(
    rf"\b(?:when|what (?:day|date|year))\b.*\b{WORK}\b.*\b(?:written|posted|published|sent|created|from)\b"
    rf"|\bwann\b.*\b{WORK}\b.*\b(?:geschrieben|veröffentlicht)\b|\bquand\b.*\b{WORK}\b.*\b(?:écrite?|publiée?)\b",
    re.IGNORECASE,
)
PERSON = re.compile(r"[^\W\d_][\w.'’-]*(?: [\w.'’-]+){1,4}")
LONGEST = 500  # characters of a question that asks for nothing else
HEAD = 2000  # characters of a document in which its head stands


def headed(question: str, excerpt: Citation) -> tuple[str, Citation] | None:
    """
    The date in the heading that an excerpt stands under, if the heading names what was asked for, and the excerpt from
    that heading on: "## 3.0.0 (2024-06-03)" for "When was 3.0.0 released?".
    """
    heading, text = excerpt.passage.heading.rpartition(" > ")[2], excerpt.passage.document.text
    days = [heading[start:end] for start, end in marks.spans("date", heading)]
    named = telling(question) & set(stems(heading))
    at = text.rfind(days[0], 0, excerpt.start) if len(days) == 1 and named else -1
    line = text.rfind("\n", 0, at) + 1
    below = text.find("\n", at)
    if at < 0 or text[below : excerpt.start].strip("=-~ \t\r\n"):
        return None
    passage = replace(excerpt.passage, start=line, text=text[line : excerpt.passage.end])
    quote, marked = text[line : excerpt.end], ((at, at + len(days[0])),)
    return days[0], replace(excerpt, passage=passage, quote=quote, start=line, highlights=marked)


def released(question: str, hits: Sequence[Hit]) -> tuple[str, Citation] | None:
    """The date in the heading that names the version whose release is asked for, and the line of that heading."""
    things = versions.things(question) if releases.RELEASED.search(question[:LONGEST]) else []
    for hit in hits if things else ():
        for heading in reversed(hit.passage.heading.split(" > ")):
            days = [heading[start:end] for start, end in marks.spans("date", heading)]
            if len(days) == 1 and versions.identified(things, heading):
                line = _line(hit, days[0])
                if line and versions.identified(things, line.quote):
                    return days[0], line
    return None


def _line(hit: Hit, day: str) -> Citation | None:
    """The last line above a passage that has a date, or that in which it begins."""
    text = hit.passage.document.text
    at = text.rfind(day, 0, hit.passage.start + len(day))
    if at < 0:
        return None
    start, end = text.rfind("\n", 0, at) + 1, text.find("\n", at)
    quote = text[start : end if end > 0 else len(text)].rstrip()
    passage = replace(hit.passage, start=start, end=start + len(quote), text=quote)
    return Citation(passage, quote, start, start + len(quote), ((at, at + len(day)),))


def of_the_named(question: str, document: Document) -> bool:
    """May a fact of a document answer: is it no record of one person (of a family tree, an address book) not named?"""
    name = document.title
    if not PERSON.fullmatch(name) or not document.text.startswith(f"{name}\n") or len(document.text) > HEAD:
        return True
    return folding.fold(name.split()[0]) in {folding.fold(word) for word in re.findall(r"\w+", question)}


def told(question: str, hits: Sequence[Hit]) -> tuple[str, Citation] | None:
    """The author or date of the best document, as its head says it, and the line; None if that is not the question."""
    if not hits or (of_release := arrivals.told(question, hits) or released(question, hits)):
        return of_release if hits else None
    document, question = hits[0].passage.document, question[:LONGEST]
    asked = document.author if AUTHOR.search(question) else document.date[:10] if DATE.search(question) else ""
    line = rf"^.*(?<!\w){re.escape(asked)}(?!\w).*$"
    found = re.search(line, document.text[:HEAD], re.MULTILINE) if asked else None
    if not found:
        return None
    quote = found[0].strip()
    start = found.start() + found[0].index(quote)
    passage = replace(hits[0].passage, start=start, end=start + len(quote), text=quote, heading="")
    return asked, Citation(passage, quote, start, start + len(quote))
