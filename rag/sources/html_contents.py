"""
What a page says twice: a table of contents that is made of headings, and lines that say only when and by whom.

A page may list its sections as headings that link to them. Whatever stands below would be read as part of the last one,
so these are taken out, and told; the sections have the same headings. So are lines that the head of the page says, too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from rag import dates
from rag.sources import html_parts as parts
from rag.sources.items import Left

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

CONTENTS = "tables of contents"
FEWEST = 2  # entries of a table of contents
LONGEST = 160  # characters of a line about the page
LINE = frozenset(("p", "div", "span", "small", "section", "time", "header", "address", "em", "i"))
ABOUT = re.compile(  # what else such a line says
    r"\b(?:by|on|posted|published|written|from|date|author|von|am|vom|veröffentlicht|geschrieben|verfasst|par|le|publié"
    r"|por|el|publicado|di|il|pubblicato|door|op|gepubliceerd|av|den|af|publicerad|udgivet)\b"
    r"|\b\d{1,3}[\s-]*min(?:ute)?s?\.?(?:\s+(?:read(?:ing time)?|de lecture|(?:de )?lectura|lesezeit))?"
    r"|\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b|\b\d\d?:\d\d(?::\d\d)?\b",
    re.IGNORECASE,
)


def without_contents(main: Element, left: Left) -> None:
    """Take out runs of headings that only link to places, where the places have headings that say the same."""
    found = [one for one in main.iter("*") if parts.heading(one) and _words(one)]
    texts = [_words(one) for one in found]
    last = {text: number for number, text in enumerate(texts)}
    run: list[int] = []
    for number in range(len(found) + 1):
        if number < len(found) and _links(found[number]) and (not run or _beside(found[run[-1]], found[number])):
            run.append(number)
            continue
        same = [one for one in run if last[texts[one]] >= number]
        if len(run) >= FEWEST and 2 * len(same) >= len(run):
            left(CONTENTS, " · ".join(" ".join(parts.text_of(found[one]).split()) for one in run))
            for one in run:
                _empty(found[one])
        run = [number] if number < len(found) and _links(found[number]) else []


def without_lines_about(main: Element, about: Mapping[str, str], left: Left) -> None:
    """Take out the lines that say nothing but the day and author of the page, as its head does."""
    todo = [main]
    while todo:
        for element in todo.pop():
            if not isinstance(element.tag, str):
                continue
            if element.tag in LINE and _alone(element) and _says_about(element, about):
                left("lines about the post", " ".join(parts.text_of(element).split()))
                _empty(element)
            else:
                todo.append(element)


def _words(element: Element) -> str:
    return " ".join(re.findall(r"\w+", parts.text_of(element))).lower()


def _links(element: Element) -> bool:
    """Is all that it says links to places in a page?"""
    linked = [one for one in element.iter("a") if "#" in (one.get("href") or "")]
    return bool(linked) and " ".join(map(_words, linked)) == _words(element)


def _beside(before: Element, element: Element) -> bool:
    """Does one heading follow the other, with no text between?"""
    one = before
    while not (one.tail or "").strip():
        following = one.getnext()
        if following is element:
            return True
        if following is None or (isinstance(following.tag, str) and parts.text_of(following).strip()):
            return False
        one = following
    return False


def _alone(element: Element) -> bool:
    """Does it stand on a line of its own, in no sentence?"""
    before = element.getprevious()
    around = (before.tail if before is not None else element.getparent().text) or ""
    return not around.strip() and not (element.tail or "").strip()


def _says_about(element: Element, about: Mapping[str, str]) -> bool:
    if not about["date"] or not parts.few(element, LONGEST):
        return False
    text = " ".join(element.itertext())
    if len(text) > LONGEST or next(element.iter("h1", "img", "table", "li"), None) is not None:
        return False
    text = " ".join(text.split())
    days = sorted({(one.start, one.end) for one in dates.dates(text) if one.iso == about["date"][:10]}, reverse=True)
    if not days or (about["author"] == "" and re.search(r"\bby\b", text)):
        return False
    for start, end in days:
        text = f"{text[:start]} {text[end:]}"
    if about["author"]:
        text = re.sub(re.escape(about["author"]), " ", text, flags=re.IGNORECASE)
    return re.search(r"\w", ABOUT.sub(" ", text)) is None


def _empty(element: Element) -> None:
    for child in list(element):
        element.remove(child)
    element.text = ""
