"""
A text of Markdown as its page shows it, with the way from each place of the one to that of the other.

What goes over several lines is read here: comments, imports and components of MDX, tags of ERB, styles and scripts are
left out, a table of HTML stands as Markdown would write it. Lines and what stands in them: `markup`. Code stays.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from rag import grids, markup

Edit = tuple[int, int, str]  # start, end, what stands there instead
MANY_TAGS = 0.9  # of a text is left where tags are so many that they are not searched, which takes a second text
FAR = 20_000  # characters within which something ends
# what may go over lines; or begins code, in which nothing of the kind is
OPENS = re.compile(
    r"(?P<fence>^[ \t]*(?:>[ \t]?)*(?:`{3,}|~{3,}))|(?P<ticks>(?<!`)`{1,2}(?!`))|(?P<comment><!--)|(?P<script>\{/\*)"
    r"|(?P<erb><%)|<(?P<unseen>style|script)\b|^(?P<module>(?:import|export)[ \t{])|^[ \t]*(?P<component><[A-Z])",
    re.MULTILINE,
)
MANY = re.compile(
    r"<!--|\{/\*|<%|<(?:style|script)\b|^(?:import|export)[ \t{]|^[ \t]*<[A-Z][\w.]*[ \t]*\n", re.MULTILINE
)
MODULE = re.compile(
    r"""(?:import[ \t]+(?:type[ \t]+)?(?:[\w$*{}, \t\n]{1,600}[ \t\n]from[ \t]+)?["'][^"'\n]+["'];?[ \t]*(?://[^\n]*)?\n?)+"""
    r"""|export[ \t]+(?:const|default|let|function|async)\b"""
    r"""(?:[^\n]*[{\[(=>,][ \t]*\n(?:[ \t}\])][^\n]*\n?)*|[^\n]*\n?)"""
)
COMPONENT = re.compile(markup.COMPONENT)
CLOSES = {"comment": "-->", "script": "*/}", "erb": "%>"}


@dataclass(frozen=True, slots=True)
class Page:
    """What is shown, and where it differs from the text: the edits in order, by the text and by what is shown."""

    text: str
    edits: tuple[Edit, ...] = ()
    places: tuple[int, ...] = ()  # of the edits in what is shown

    def shown(self, place: int) -> int:
        """Where a place of the text stands in what is shown; that of something left out is where it would be."""
        at = bisect_right(self.edits, place, key=lambda edit: edit[0]) - 1
        if at < 0:
            return place
        start, end, instead = self.edits[at]
        return self.places[at] + (len(instead) + place - end if place >= end else min(place - start, len(instead)))

    def marked(self, text: str, start: int, end: int) -> tuple[int, int]:
        """Where a mark of the text stands in what is shown: in a table, around the words that are marked."""
        at = bisect_right(self.edits, start, key=lambda edit: edit[0]) - 1
        if at < 0 or start >= self.edits[at][1]:
            return self.shown(start), self.shown(end)
        said = " ".join(markup.read(text[start:end]).split())
        place = self.edits[at][2].find(said) if said else -1
        return (self.places[at] + place, self.places[at] + place + len(said)) if place >= 0 else (0, 0)

    def written(self, place: int) -> int:
        """Where what is shown at a place stands in the text."""
        at = bisect_right(self.places, place) - 1
        if at < 0:
            return place
        start, end, instead = self.edits[at]
        beyond = place - self.places[at] - len(instead)
        return end + beyond if beyond >= 0 else start


def page(text: str, fenced: bool = False) -> Page:
    """A text of Markdown without what goes over lines and is not shown; `fenced`: it begins in fenced code."""
    if not (grids.has(text) or MANY.search(text)):
        return Page(text)
    edits = _edits(text, fenced)
    made, places, at, size = list[str](), list[int](), 0, 0
    for start, end, instead in edits:
        made += [text[at:start], instead]
        places.append(size + start - at)
        size, at = size + start - at + len(instead), end
    return Page("".join((*made, text[at:])), tuple(edits), tuple(places))


def said(text: str, fenced: bool = False) -> str:
    """What a text of Markdown says on its page: lines and all, without what is for the program that makes it."""
    if not (markup.NOTED.search(text) or grids.has(text)):
        return text
    made = list[str]()
    for line, code in lines(page(text, fenced).text, fenced):
        told = None if code else markup.told(line)
        made.append(line if code else markup.read(line) if told is None else told)
    return "\n".join(made)


def words(text: str, kind: str) -> str:
    """What is searched, and compared by meaning, of a text of this kind of document: not its tags, if they are many."""
    read = said(text) if kind == "markdown" else text
    return read if read.strip() and len(read) < MANY_TAGS * len(text) else text


def lines(text: str, fenced: bool = False) -> Iterator[tuple[str, bool]]:
    """The lines of a text, each with whether it is one of fenced code, or a fence; however far in it stands."""
    mark = "`" if fenced else ""
    for line in text.split("\n"):
        fence = markup.FENCE.match(line)
        yield line, bool(mark or fence)
        if fence and not mark:
            mark = fence[1]
        elif fence and fence[1].startswith(mark) and not line[fence.end() :].strip():
            mark = ""


def parsed(text: str) -> str:
    """
    A text of Markdown as a parser should read it: a line of components alone is an empty one, as in MDX.

    Else the parser takes what stands right below it for HTML: fences that it does not see, comments in code that become
    headings. There are as many lines as before.
    """
    if not markup.ALONE_TAG.search(text):
        return text
    return "\n".join(
        "" if not code and markup.COMPONENTS.fullmatch(line.rstrip("\r")) else line for line, code in lines(text)
    )


def _edits(text: str, fenced: bool) -> list[Edit]:
    tables = [] if fenced else grids.grids(text)
    found: list[Edit] = [(len(text[: one.start].rstrip(" \t")), one.end, grids.shown(text, one)) for one in tables]
    at = _closed(text, 0, "`") if fenced else 0
    while opens := OPENS.search(text, at):
        within = next((one.end for one in tables if one.start <= opens.start() < one.end), 0)
        edit, at = (None, within) if within else _edit(text, opens)
        found += [edit] if edit else []
    return sorted(found)


def _edit(text: str, opens: re.Match[str]) -> tuple[Edit | None, int]:
    """(what is shown in the place of what begins here, where to look for the next)."""
    start, kind = opens.start(), str(opens.lastgroup)
    if kind == "fence":
        return None, _closed(text, opens.end(), text[opens.end() - 1])
    if kind == "ticks":
        end = text.find(opens[0], opens.end(), opens.end() + FAR)
        gap = text.find("\n\n", opens.end(), end) if end > 0 else 0
        return None, end + len(opens[0]) if end > 0 and gap < 0 else opens.end()
    if kind in CLOSES:
        end = text.find(CLOSES[kind], opens.end(), opens.end() + FAR) + len(CLOSES[kind])
        if end < opens.end() or "\n" not in text[start:end]:
            return None, max(end, opens.end())
        instead = markup.read(text[start:end]) if kind == "erb" else ""
    elif kind == "unseen":
        close = re.compile(f"</{opens['unseen']}>", re.IGNORECASE).search(text, start, start + FAR)
        if not close:
            return None, opens.end()
        end, instead = close.end(), ""
    else:
        start = opens.start(kind)
        tag = (MODULE if kind == "module" else COMPONENT).match(text, start)
        if not tag or "\n" not in tag[0].rstrip("\n"):
            return None, tag.end() if tag else opens.end()
        end = start + len(tag[0].rstrip("\n"))
        instead = markup.told(" ".join(tag[0].split())) or "" if kind == "component" else ""
    return (start, end, instead), end


def _closed(text: str, at: int, mark: str) -> int:
    """Where fenced code ends, or the text."""
    close = re.compile(rf"^[ \t]*(?:>[ \t]?)*{re.escape(mark)}{{3,}}[ \t]*$", re.MULTILINE).search(text, at)
    return close.end() if close else len(text)
