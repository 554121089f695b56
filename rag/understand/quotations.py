"""
The quotations of a text, each with what stands around it: quotation marks of every kind, Markdown and HTML blockquotes.

A quotation inside another is a part of it; what stands in code is none. Who is said to have said it is the business of
`attribution.py`, whether it is true of `matching.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

GIVEN_UP = 50  # marks of a paragraph that are opened and never closed, behind which it is no prose
AROUND = 240  # characters before and behind a quotation that may say whose it is
# An opening mark and those that may close it. Of marks that open and close alike, and of the apostrophe, see `_opens`.
PAIRS = {
    "“": "”“", "„": "“”‟", "‟": "”", "”": "”", "«": "»", "»": "«»", "‹": "›", "›": "‹›", "‘": "’", "‚": "‘’", "’": "’",
    "「": "」", "『": "』", "﹁": "﹂", "﹃": "﹄", "＂": "＂", "〝": "〞〟", '"': '"', "'": "'",
}  # fmt: skip
SINGLE = "'‘’‚"  # also apostrophes
ALIKE = "\"'”’»›＂"  # they open a quotation only at the beginning of a word
ENTITIES = {
    "&quot;": '"', "&#34;": '"', "&#39;": "'", "&apos;": "'", "&ldquo;": "“", "&rdquo;": "”", "&bdquo;": "„",
    "&lsquo;": "‘", "&rsquo;": "’", "&laquo;": "«", "&raquo;": "»", "&#8220;": "“", "&#8221;": "”", "&#8216;": "‘",
    "&#8217;": "’",
}  # fmt: skip
ENTITY = re.compile("|".join(ENTITIES))
FENCED = re.compile(r"^([ \t]{0,3})(`{3,}|~{3,})[^\n]*\n.*?(?:^[ \t]{0,3}\2[`~]*[ \t]*$|\Z)", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"(?<!`)(`+)(?!`)[^\n]+?(?<!`)\1(?!`)")
SINGLE_CODE = re.compile(r"(?<!`)`(?!`)[^`\n]+`(?!`)")
TAG = re.compile(r"<[/!]?[A-Za-z][^<>\n]*>")
TARGET = re.compile(r"(?<=\])\([^()\n]*(?:\([^()\n]*\)[^()\n]*)*\)")
BLOCK = re.compile(
    r"^(?:[ \t]*(?:[-*+•]|\d{1,3}[.)])[ \t]+|[ \t]{0,3})>[^\n]*(?:\n|\Z)(?:^[ \t]*>[^\n]*(?:\n|\Z))*", re.MULTILINE
)
HTML_BLOCK = re.compile(r"<(blockquote|q)\b[^>]*>(.*?)</\1\s*>", re.IGNORECASE | re.DOTALL)
MARK = re.compile(r"^[ \t]*(?:(?:[-*+•]|\d{1,3}[.)])[ \t]+)?>[ \t]?", re.MULTILINE)
SIGNED = re.compile(r"\n[ \t]*(?:—|–|―|--|-)[ \t]*(?=\S)[^\n]+\s*\Z")  # the last line of a block: who said it
TEX = re.compile(r"``((?:(?!``|''|\n[ \t]*\n).){2,}?)''", re.DOTALL)
WORD = re.compile(r"[^\W_]")
DASH = re.compile(r"\s*(?:—|–|―|--|-)\s*\S")


@dataclass(frozen=True, slots=True)
class Quotation:
    """What a text says that another says: its words, the line it begins in, and what stands before and behind it."""

    text: str
    line: int
    kind: str  # "marks" or "block"
    before: str = ""
    after: str = ""
    opens: bool = False  # nothing but a list's mark stands before it in its line


def quotations(text: str) -> tuple[list[Quotation], list[int]]:
    """
    Every quotation in the order of the text, and the lines in which a mark is opened and never closed.

    Offsets do not matter here, lines do: they are those of the text given, from 1.
    """
    text = ENTITY.sub(lambda entity: ENTITIES[entity[0]], text.replace("\r\n", "\n").replace("\r", "\n"))
    shown = _without_code(text)
    hidden = TARGET.sub(_blot, TAG.sub(_blot, shown))
    found: list[tuple[int, int, str, str]] = []  # start, end, kind, words
    for match in HTML_BLOCK.finditer(text):
        if shown[match.start()] != "\0":
            kind = "block" if match[1].lower() == "blockquote" else "marks"
            found.append((match.start(), match.end(), kind, TAG.sub("", match[2])))
    for match in BLOCK.finditer(hidden):
        if not any(start <= match.start() < end for start, end, *_ in found):
            found.append((match.start(), match.end(), "block", text[match.start() : match.end()]))
    for start, end, *_ in found:
        hidden = hidden[:start] + re.sub(r"[^\n]", "\0", hidden[start:end]) + hidden[end:]
    open_lines: list[int] = []
    for start, end, left in _marked(hidden):
        if left:
            open_lines.append(text.count("\n", 0, start) + 1)
        else:
            width = 2 if hidden.startswith("``", start) else 1
            found.append((start, end, "marks", text[start + width : end - width]))
    found.sort()
    made = [one for place, entry in enumerate(found) if (one := _made(text, found, place, *entry)) is not None]
    return made, open_lines


def _made(
    text: str, found: list[tuple[int, int, str, str]], place: int, start: int, end: int, kind: str, words: str
) -> Quotation | None:
    last = found[place - 1][1] if place else 0
    following = found[place + 1][0] if place + 1 < len(found) else len(text)
    before = text[max(last, start - AROUND) : start]
    after = text[end : min(following, end + AROUND)]
    line = text.count("\n", 0, start) + 1
    if kind == "block":
        words, signed = _block(words)
        after = signed or after
    words = words.strip()
    if not WORD.search(words):
        return None
    opens = not re.sub(r"^[ \t]*(?:[-*+•]|\d{1,3}[.)])?[ \t]*", "", before.rsplit("\n", 1)[-1]).strip("*_ \t")
    return Quotation(words, line, kind, before, after, opens or kind == "block")


def _block(words: str) -> tuple[str, str]:
    """The words of a block without its marks and without who is said to have said them, and that."""
    while MARK.match(words):
        words = MARK.sub("", words)
    words, signed = words.rstrip(), ""
    if match := SIGNED.search("\n" + words):
        words, signed = ("\n" + words)[: match.start()].strip("\n"), match[0].strip()
    inner = words.strip().strip("*_")
    for opened, closes in PAIRS.items():  # all of it stands in marks, too
        if not inner.startswith(opened) or len(inner) < 3:
            continue
        closed = max((inner.rfind(mark) for mark in closes), default=-1)
        rest = inner[closed + 1 :]
        if (
            closed > 1
            and opened not in inner[1:closed]
            and (not rest.strip(" .,*_") or (not signed and DASH.match(rest)))
        ):
            return inner[1:closed], signed or rest.strip()
    return words, signed


def _blot(match: re.Match[str]) -> str:
    return re.sub(r"[^\n]", "\0", match[0])


def _without_code(text: str) -> str:
    """The text with code blotted out, every other character at its place."""
    shown = FENCED.sub(_blot, text)
    code = SINGLE_CODE if TEX.search(shown) else CODE  # `` opens and '' closes: no code then
    return code.sub(_blot, shown)


def _marked(text: str) -> Iterator[tuple[int, int, bool]]:
    """(start, end, whether it is never closed) of what stands in quotation marks, a paragraph at a time."""
    at = 0
    parts = re.split(r"(\n[ \t]*\n)", text)
    for place, paragraph in enumerate(parts):
        following = parts[place + 2].lstrip()[:1] if place + 2 < len(parts) else ""
        for start, end, left in _in_paragraph(paragraph):
            if left and following == paragraph[start] and paragraph[:start].strip() == "":
                yield at + start, at + len(paragraph) + 1, False  # it goes on in the next, which opens it again
                break
            yield at + start, at + end, left
        at += len(paragraph)


def _in_paragraph(text: str) -> Iterator[tuple[int, int, bool]]:
    at = left = 0
    tex = {match.start(): match.end() for match in TEX.finditer(text)}
    while at < len(text):
        mark = text[at]
        if at in tex:
            yield at, tex[at], False
            at = tex[at]
        elif mark in PAIRS and _opens(text, at):
            end = _closed(text, at)
            if end:
                yield at, end, False
                at = end
            else:
                left += 1
                if mark not in SINGLE and mark not in "»›”":
                    yield at, at + 1, True
                if left == GIVEN_UP:
                    return
                at += 1
        else:
            at += 1


def _opens(text: str, at: int) -> bool:
    """Whether a mark stands where a quotation can begin."""
    before, after = text[at - 1 : at], text[at + 1 : at + 2]
    if not after or (after.isspace() and text[at] not in "«»‹›"):  # French puts a space inside
        return False
    if text[at] in ALIKE:
        if before and (before.isalnum() or (before in ")]}.,;:!?'’\"”" and not before.isspace())):
            return before in ":," and text[at] == '"'  # said:"so", without the space
        if text[at] in "'’":
            return bool(re.match(r"['’](?!(?:s|d|m|t|ll|re|ve|tis|twas|em|cause|n)\b|\d\ds?\b)", text[at : at + 8]))
    return text[at] != "‘" or not before.isalnum()


def _closed(text: str, at: int) -> int:
    """Where the quotation that is opened here ends, behind its mark; 0 if it does not."""
    opened, closes = text[at], PAIRS[text[at]]
    depth, place = 1, at + 1
    while place < len(text):
        one = text[place]
        if one == opened and one not in closes:
            depth += 1
        elif one in closes and _closes(text, place, one):
            depth -= 1
            if not depth:
                return place + 1 if place > at + 1 else 0
        place += 1
    return 0


def _closes(text: str, at: int, mark: str) -> bool:
    before, after = text[at - 1 : at], text[at + 1 : at + 2]
    if mark in "'’‘":
        return not before.isspace() and not after.isalnum() and (mark != "‘" or not after.isalnum())
    if mark in '"＂':
        return not before.isspace() and not (after.isalnum() and before.isalnum())
    return True
