"""
What a page says to machines alone (schema.org in JSON-LD): how long a recipe takes, what a ticket costs, who plays.

Only what its text does not say, as labelled lines, of things that people ask about. What pages say of themselves and of
their site (titles, paths, pictures) is not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from rag.sources.encodings import CONTROL

MOST, LONGEST, DEEPEST = 60, 1000, 4  # lines of a page; characters of one; levels of what is nested
PAGES = re.compile(  # types that are about the page and its site
    r"(?:web(?:site|page)|.*page|(?!faq).*article|.*posting|breadcrumblist|itemlist|listitem|imageobject|videoobject"
    r"|mediaobject|searchaction|person|organization|corporation|newsmediaorganization|brand|speakable.*|blog)$",
    re.IGNORECASE,
)
ASKED = re.compile(r"(?:jobposting|faqpage|qapage)$", re.IGNORECASE)  # pages and postings that are read all the same
PASSED = frozenset("""
    url image logo sameas mainentityofpage potentialaction thumbnailurl thumbnail contenturl embedurl video author
    publisher datepublished datemodified datecreated inlanguage headline articlebody keywords ispartof
    isaccessibleforfree interactionstatistic commentcount comment hasmenu position identifier productid
    copyrightholder license reviewbody review subjectof inventorylevel itemlistorder target
""".split())  # fmt: skip  # noqa: SIM905
DURATION = re.compile(r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.\d+)?S)?)?")
UNITS = ("year", "month", "week", "day", "hour", "minute", "second")
MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(?::\d\d(?:\.\d+)?)?([+-]\d\d:?\d\d|Z)?")
TERM = re.compile(r"https?://(?:www\.)?schema\.org/(\w+)/?")
CALLED = {  # as people ask for it
    "offers": "Price", "location": "Where", "performer": "Who performs", "startDate": "Begins", "endDate": "Ends",
    "doorTime": "Doors open", "recipeYield": "Yield (servings)", "telephone": "Phone number", "openingHours": "Open",
    "openingHoursSpecification": "Open", "baseSalary": "Salary", "datePosted": "Posted", "validThrough": "Valid until",
    "geo": "Coordinates", "numberOfPages": "Pages", "aggregateRating": "Rating",
}  # fmt: skip
ADDRESS = ("streetAddress", "postalCode", "addressLocality", "addressRegion", "addressCountry")
UNIT = ("unitText", "priceCurrency", "currency", "unitCode")
TAG = re.compile(r"<[^<>]{1,300}>")


def told(things: list[dict[str, Any]], text: str) -> str:
    """Markdown: a section for each thing that has something to say beyond the text; "" if none has."""
    said = _flat(text)
    sections: list[str] = []
    room = MOST
    for thing in things:
        types = _types(thing)
        if not types or (PAGES.match(types[0]) and not ASKED.match(types[0])):
            continue
        lines = [line for line in dict.fromkeys(_lines(thing, said, 0)) if line][:room]
        room -= len(lines)
        if lines:
            sections.append(
                "\n".join([f"## Data of the page: {_words(types[0])}", "", *(f"- {line}" for line in lines)])
            )
    return "\n\n".join(sections)


def _types(thing: Mapping[str, Any]) -> list[str]:
    found = thing.get("@type")
    return [one for one in (found if isinstance(found, list) else [found]) if isinstance(one, str)]


def _lines(thing: Mapping[str, Any], said: str, depth: int) -> Iterator[str]:
    """The properties of a thing that the text does not say, a line each."""
    for name, value in thing.items():
        if name.startswith("@") or name.lower() in PASSED or depth > DEEPEST:
            continue
        for one in value if isinstance(value, list) else [value]:
            yield from _line(name, one, said, depth)


def _line(name: str, value: Any, said: str, depth: int) -> Iterator[str]:
    if isinstance(value, dict) and "acceptedAnswer" in value:  # of a page of questions
        asked, answer = _plain(value.get("name")), value["acceptedAnswer"]
        answer = _plain(answer.get("text") if isinstance(answer, dict) else answer)
        if asked and answer and _flat(answer) not in said:
            yield f"{asked} {answer}"
        return
    if isinstance(value, dict) and value.get("@type") == "PropertyValue" and "name" in value:
        name = str(value["name"])
        value = {key: part for key, part in value.items() if key not in ("name", "@type")}
    if isinstance(value, dict) and (lines := list(_nutrition(value, said, depth))):
        yield from lines
        return
    shown = _said(value, depth)
    if shown and not all(part in said for part in _parts(value, depth)):
        yield f"{CALLED.get(name) or _words(name)}: {shown}"


def _nutrition(value: Mapping[str, Any], said: str, depth: int) -> Iterator[str]:
    """A thing of which each property is a line of its own: what a portion has in it."""
    if "NutritionInformation" in _types(value):
        yield from _lines(value, said, depth + 1)


def _said(value: Any, depth: int) -> str:
    """A value on one line."""
    if not isinstance(value, dict | list):
        return _plain(value)
    if depth > DEEPEST:
        return ""
    if isinstance(value, list):
        return ", ".join(filter(None, (_said(one, depth + 1) for one in value)))
    if any(name in value for name in ADDRESS):
        return ", ".join(filter(None, (_said(value.get(name), depth + 1) for name in ADDRESS)))
    unit = next((_plain(value[name]) for name in UNIT if name in value), "")
    parts = []
    for name, part in value.items():
        if name.startswith("@") or name in UNIT or name.lower() in PASSED or not (one := _said(part, depth + 1)):
            continue
        if name == "value":
            parts.append(f"{one} {unit}".strip())
        elif name.lower().endswith("price"):
            parts.append(f"{_words(name).lower()} {one} {unit}".strip())
        else:
            parts.append(
                one if name in ("name", "text", "address", "availability") else f"{_words(name).lower()} {one}"
            )
    return ", ".join(parts)[:LONGEST]


def _parts(value: Any, depth: int) -> Iterator[str]:
    """The plain values in a value, as they are compared with the text."""
    if depth > DEEPEST:
        return
    if isinstance(value, list):
        for one in value:
            yield from _parts(one, depth + 1)
    elif isinstance(value, dict):
        for name, one in value.items():
            if not name.startswith("@") and name.lower() not in PASSED:
                yield from _parts(one, depth + 1)
    elif value not in (None, ""):
        yield _flat(_plain(value))


def _plain(value: Any) -> str:
    """A plain value as a person reads it: a term of schema.org as words, a duration in words and as it is written."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not isinstance(value, str | int | float):
        return ""
    text = " ".join(TAG.sub(" ", CONTROL.sub("", str(value)[: 2 * LONGEST])).split())[:LONGEST]
    if term := TERM.fullmatch(text):
        return _words(term[1])
    if moment := MOMENT.fullmatch(text):
        return " ".join(filter(None, moment.groups()))
    found = DURATION.fullmatch(text) if len(text) > 2 else None
    if found and any(found.groups()):
        named = [(int(many), unit) for many, unit in zip(found.groups(), UNITS, strict=True) if many and int(many)]
        words = " ".join(f"{many} {unit}{'' if many == 1 else 's'}" for many, unit in named)
        return f"{words} ({text})" if words else text
    return text


def _words(name: str) -> str:
    """`cookTime` as "Cook time"."""
    words = re.sub(r"(?<=[a-z\d])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name.rpartition("/")[2].rpartition(":")[2])
    words = re.sub(r"[_-]+", " ", words)
    said = " ".join(word if word.isupper() else word.lower() for word in words.split())
    return said[:1].upper() + said[1:]


def _flat(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))
