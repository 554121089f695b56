"""
Lists of Word files that are none to mammoth: their numbering is lost, or the name of their style alone tells them.

Paragraphs below each other, each a short line of its own, are read together in any case (`tight`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
STYLE = "ChapterverseItem"  # of the paragraphs that are items
MAP = f"p.{STYLE} => ul > li:fresh"
NUM = re.compile(rb"<\w+:num\s[^>]*?numId=[\"'](\d+)[\"']")
LISTS = re.compile(r"(?!listbullet|listnumber).*(?:list|lijst|aufz|puce|opsomm|elenco|bullet)", re.IGNORECASE)
ITEM = 120  # characters of an item that only its style tells
LINE, LEAST = 60, 3  # characters of a line that is read with those beside it, and how many there must be
MARKED = re.compile(r"[#>|\-*+`~$!\[]|\d{1,3}[.)] |\s")  # what is a block of its own
ENDS = (".", "!", "?", "…", "。", "！", "？", "\\")


def numbers(part: bytes) -> frozenset[str]:
    """The numbers of the lists that a part `numbering.xml` defines."""
    return frozenset(found[1].decode("ascii") for found in NUM.finditer(part))


def marked(tree: Element, known: frozenset[str]) -> None:
    """Give paragraphs that are items of a list, and would be read as none, the style STYLE."""
    run: list[Element] = []
    for paragraph in tree.iter(W + "p"):
        own = paragraph.find(f"{W}pPr/{W}numPr/{W}numId")
        style = _style(paragraph)
        if own is not None:
            if own.get(W + "val") not in (*known, "0", None) and not style.lower().startswith("heading"):
                _restyled(paragraph)
            own = paragraph
        short = 0 < len("".join(paragraph.itertext(W + "t"))) <= ITEM
        listed = own is None and short and LISTS.match(style)
        if run and (not listed or run[-1].getnext() is not paragraph or _style(run[-1]) != style):
            _all_restyled(run)
            run = []
        if listed:
            run.append(paragraph)
    _all_restyled(run)


def _style(paragraph: Element) -> str:
    found = paragraph.find(f"{W}pPr/{W}pStyle")
    return "" if found is None else found.get(W + "val") or ""


def _all_restyled(run: list[Element]) -> None:
    for paragraph in run if len(run) > 1 else []:
        _restyled(paragraph)


def _restyled(paragraph: Element) -> None:
    about = paragraph.find(W + "pPr")
    if about is None:
        about = paragraph.makeelement(W + "pPr")
        paragraph.insert(0, about)
    for name in ("numPr", "pStyle"):
        for one in about.findall(W + name):
            about.remove(one)
    style = about.makeelement(W + "pStyle")
    style.set(W + "val", STYLE)
    about.insert(0, style)


def tight(text: str) -> str:
    """Markdown, in which short lines that stand below each other, each a paragraph, are the lines of one."""
    return "\n\n".join("\n".join(run) for run in _runs(text.split("\n\n")))


def _runs(blocks: list[str]) -> Iterator[list[str]]:
    run: list[str] = []
    fences = 0
    for block in blocks:
        fences += len(re.findall(r"^[ \t]*(?:```|~~~)", block, re.MULTILINE))
        if not fences % 2 and _is_line(block):
            run.append(block)
            continue
        yield from _lines(run)
        run = []
        yield [block]
    yield from _lines(run)


def _lines(run: list[str]) -> list[list[str]]:
    return [run] if len(run) >= LEAST else [[block] for block in run]


def _is_line(block: str) -> bool:
    if "\n" in block or not 0 < len(block) <= LINE or MARKED.match(block) or block.endswith(ENDS):
        return False
    return any(map(str.isalnum, block))
