"""
What a page of a manual says, as `man` prints it: its head and its foot, and sections whose titles are capitals.

    FREE(1)                  User Commands                  FREE(1)

    NAME
           free - display the amount of memory

    OPTIONS
           -b, --bytes
                  Display the amount in bytes.

Sections are told by their place and by what is in them, not by their titles, so that pages in any language are read.
Rules only; nothing here asks a model.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from rag.dates import dates
from rag.extract.fields import Field
from rag.extract.lexicon import bag, units
from rag.extract.telling import Told

EARLY, MANY = 2_000, 40  # characters before the head of a page; elements of a list
NAMED = r"[\w][\w.+:@-]*\(\d\w{0,4}\)"
HEAD = re.compile(
    r"^[ \t]*(?P<name>\w[\w.+:@-]*)\((?P<section>(?P<digit>\d)\w{0,4})\)(?:[ \t]{2,}.*)?"
    r"[ \t]{2,}(?P=name)\((?P=section)\)[ \t]*$",
    re.MULTILINE,
)
TITLE = re.compile(
    r"^(?=[^\n]*[^\W\d_]{2})(?P<said>[^\s\da-zß-öø-ÿ][^\na-zß-öø-ÿ]{1,60})\n(?=(?:[ \t]*\n)?[ \t]+\S)", re.M
)
PURPOSE = re.compile(r"\s*(?P<names>[\w.+:@-]+(?:,\s+[\w.+:@-]+)*)\s+(?:[-–—‐]{1,2})\s+(?P<said>\S.*)", re.DOTALL)
OPTION = re.compile(r"^(?P<indent>[ \t]+)(?P<said>-{1,2}[^\s-][^\n]*?)(?=[ \t]{2,}|[ \t]*$)", re.MULTILINE)
INDENT = re.compile(r"^[ \t]+(?=\S)", re.MULTILINE)
SENTENCE = re.compile(r"[^\W\d_]{2}[.。](?=\s|\Z)")
SEE = re.compile(rf"(?:\s*{NAMED}[,;.]?)+\s*")
FOOT = re.compile(
    r"^(?P<package>\S+(?: \S+)*)[ \t]{2,}(?P<day>\S+(?: \S+)*)[ \t]{2,}\S+(?: \S+)*\(\d\w{0,4}\)\s*\Z", re.M
)
COMMAND, SECTION, PACKAGE = bag("command program tool utility"), bag("section manual"), bag("package software")
PURPOSES, USAGE = bag("purpose description summary"), bag("synopsi usage syntax")
SWITCHES, FURTHER = bag("extras flag switche option"), bag("see also related reference")


@dataclass(frozen=True, slots=True)
class Page:
    """A page: the place of its command and of the digit of its section, and its parts, (title, start, end) each."""

    command: tuple[int, int]
    section: tuple[int, int]
    parts: tuple[tuple[str, int, int], ...]


@lru_cache(maxsize=4)
def page(text: str) -> Page | None:
    """The page of a manual that a text is; None if it is none."""
    head = HEAD.search(text, 0, EARLY)
    if head is None:
        return None
    titles = list(TITLE.finditer(text, head.end()))
    foot = FOOT.search(text, head.end())
    ends = [*(title.start() for title in titles[1:]), foot.start() if foot else len(text)]
    parts = [(title["said"].strip(), title.end(), end) for title, end in zip(titles, ends, strict=False)]
    first = PURPOSE.match(text, *parts[0][1:]) if parts else None
    if first is None:
        return None
    names = first["names"].split(",")[0]
    named = first.start("names"), first.start("names") + len(names)
    return Page(named, head.span("digit"), tuple(parts))


def manual_told(text: str, one: Field) -> Told | None:
    """What the page of a manual says of a field: its command, section, purpose, synopsis, package, day."""
    found = page(text) if one.kind in ("text", "number", "date") and not (one.element or one.listed) else None
    if found is None:
        return None
    span = _place(text, found, one)
    if span is None:
        return None
    said = " ".join(text[slice(*span)].split())
    if one.kind == "number":
        return Told(int(said), *span, "label") if said.isdigit() else None
    if one.kind == "date":
        day = next((when.iso for when in dates(said) if not when.doubt and len(when.iso) == len("2000-01-01")), None)
        return Told(day, *span, "label") if day else None
    return Told(said, *span, "label")


def _place(text: str, found: Page, one: Field) -> tuple[int, int] | None:
    """Where a page says what a field asks for."""
    if one.kind == "number" or "section" in one.units:
        return found.section if "section" in one.units and one.units <= SECTION | {"number"} else None
    if one.kind == "date" or (one.units & PACKAGE and "version" not in one.units):
        foot = FOOT.search(text, found.parts[-1][1])
        return foot.span("day" if one.kind == "date" else "package") if foot else None
    if one.units & COMMAND or one.units == {"name"}:
        return found.command
    if one.units and one.units <= PURPOSES:
        first = PURPOSE.match(text, *found.parts[0][1:])
        return _trimmed(text, first.start("said"), first.end("said")) if first else None
    if one.units & USAGE and len(found.parts) > 1 and not SENTENCE.search(text, *found.parts[1][1:]):
        return _trimmed(text, *found.parts[1][1:])  # a page of a file has none, but is described at once
    return None


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    said = text[start:end]
    return start + len(said) - len(said.lstrip()), end - len(said) + len(said.rstrip())


def manual_list(text: str, one: Field) -> list[str]:
    """The options of a page, or the pages that it names as further ones, for a list that asks for them; else []."""
    found = page(text) if one.kind == "text" and one.listed and one.units & (SWITCHES | FURTHER) else None
    if found is None:
        return []
    said = _options(text, found) if one.units & SWITCHES else _further(text, found)
    return list(dict.fromkeys(said))[:MANY]


def _options(text: str, found: Page) -> Iterator[str]:
    """What stands before what each option does: of the part that is called so, or else of all behind the synopsis."""
    called = [part for part in found.parts if units(part[0]) & SWITCHES]
    for _, start, end in called or found.parts[2:]:
        options = list(OPTION.finditer(text, start, end))
        at = len(options[0]["indent"]) if options else 0
        further = [len(one) for one in INDENT.findall(text, start, end) if len(one) > at]
        body = min(further, default=at) - at
        for option in options:
            if len(option["indent"]) == at:
                said = option["said"]
                yield said[:body].strip() if said[body - 1 : body] == " " else said.strip()  # "--tebi Display …"


def _further(text: str, found: Page) -> list[str]:
    """The pages in the last part that begins with nothing but names of pages."""
    for _, start, end in reversed(found.parts[1:]):
        first = re.split(r"\n[ \t]*\n", text[start:end].strip(), maxsplit=1)[0]
        if SEE.fullmatch(first):
            return re.findall(NAMED, first)
    return []


__all__ = ["manual_list", "manual_told", "page"]
