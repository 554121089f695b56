"""
Whether words stand in a text: verbatim, but for spacing and typography that is named, or altered, and how.

    quoted words + a text --> Match: where it stands, what is only typography, what was left out, what was changed

A quotation may leave words out ("…", "[...]") and put words into square brackets. Pure functions over two texts; which
texts are compared is the business of `rag.app.verify`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from rag.understand.differences import changes
from rag.understand.plain import Plain, differing, plain

ALTERED = 0.6  # least share of words in common that makes a quotation an altered one and not another text
LEAST = ALTERED / (2 - ALTERED)  # of its words that a text must have at all, for the share to be as large
GLANCE = 0.4  # of its words that must stand there as they are written
SHORTEST = 3  # words of a quotation that can be altered; a shorter one stands there or does not
LEFT_OUT = re.compile(r"(?:(?<!\s)\s+)?(?:\[\s?\.\.\.\s?\]|\(\s?\.\.\.\s?\)|\.\.\.)\s*")
INSERTED = re.compile(r"\[[^\[\]]{1,60}\]")
FURTHEST = 3000  # characters that may be left out at one place
ENDS = ".,;:!?"
TOKEN = re.compile(r"\w+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Match:
    """
    Where words stand in a text, `text[start:end]`. `changes` are (what stands there, what was quoted); without any, it
    is verbatim, and `differences` names what is only typography. `similarity` is the share of words in common.
    """

    start: int
    end: int
    similarity: float = 1.0
    differences: tuple[str, ...] = ()
    changes: tuple[tuple[str, str], ...] = ()


def exactly(quote: str, text: str) -> Match | None:
    """Where the words stand as they are, every character of them."""
    at = text.find(quote)
    return Match(at, at + len(quote)) if at >= 0 else None


def verbatim(quote: Plain, text: Plain) -> Match | None:
    """Where the words stand but for typography, what was left out with a mark, and the signs at their ends."""
    words = quote.text.strip()
    for tried, name in _variants(words):
        at = _find(tried, text.text)
        if at >= 0:
            end = at + len(tried)
            shift = words.find(tried[1:]) - 1 if name == "first letter" else words.find(tried)
            said = [(place - max(shift, 0), kind, mark) for place, kind, mark in quote.marks]
            said = [mark for mark in said if 0 <= mark[0] < len(tried)]
            named = differing(said, text.within(at, end))
            return Match(text.raw(at), text.raw(end, end=True), 1.0, (*named, *([name] if name else [])))
    return _with_gaps(words, text)


def _find(words: str, text: str) -> int:
    """Where words stand as whole words."""
    at = text.find(words)
    while at >= 0:
        end = at + len(words)
        begins = not (words[0].isalnum() and at and text[at - 1].isalnum() and text[at - 1].isascii())
        ends = not (words[-1].isalnum() and end < len(text) and text[end].isalnum() and text[end].isascii())
        if begins and ends:
            return at
        at = text.find(words, at + 1)
    return -1


def _variants(words: str) -> list[tuple[str, str]]:
    """The words as they are, then without the sign that a sentence around them asks for, then with another first."""
    found = [(words, "")]
    bare = words.rstrip(ENDS).rstrip()
    if bare != words and bare:
        found.append((bare, "end punctuation"))
    turned = words[:1].swapcase() + words[1:]
    if turned != words:
        found.append((turned, "first letter"))
        if bare != words and bare:
            found.append((turned.rstrip(ENDS).rstrip(), "first letter"))
    return [(tried, name) for tried, name in found if tried]


def _with_gaps(words: str, text: Plain) -> Match | None:
    """Where the parts of a quotation stand that leaves words out or puts some into brackets."""
    bare = words.rstrip(ENDS).rstrip() if not words.endswith("...") else words
    parts = LEFT_OUT.split(bare)
    inserted = any(INSERTED.search(part) for part in parts)
    if len(parts) == 1 and not inserted:
        return None
    solid = [part for part in parts if TOKEN.search(part)]
    if not solid or any(len(TOKEN.findall(INSERTED.sub(" ", part))) < 2 for part in solid):
        return None
    pattern = rf"(.{{0,{FURTHEST}}}?)".join(map(_loose, solid))
    match = re.search(pattern, text.text, re.DOTALL)
    if match is None:
        return None
    left = sum(len(group or "") for group in match.groups())
    named: tuple[str, ...] = ()
    if len(solid) > 1:
        named = (f"{left} characters left out" if left > 1 else "nothing left out",)
    elif len(parts) > 1:
        named = ("words left out at an end",)
    named += ("words in brackets",) if inserted else ()
    return Match(text.raw(match.start()), text.raw(match.end(), end=True), 1.0, named)


def _loose(part: str) -> str:
    """A part as a pattern: words in brackets stand for others, its first letter may be large or small."""
    made, at = "", 0
    for match in INSERTED.finditer(part):
        made += re.escape(part[at : match.start()]).replace(r"\ ", " ") + r"(?:.{0,80}?)"
        at = match.end()
    made += re.escape(part[at:]).replace(r"\ ", " ")
    first = part[:1]
    if first.isalpha():
        made = f"[{re.escape(first.lower())}{re.escape(first.upper())}]" + made[len(re.escape(first)) :]
    return made


def promising(quote: str, text: str) -> bool:
    """Whether so many words of a quotation stand in a text that a closer look is worth while; quick."""
    if not quote.isascii():  # words of scripts without spaces stand inside of others
        return True
    wanted = set(TOKEN.findall(quote))
    return len(wanted & set(TOKEN.findall(text))) >= GLANCE * len(wanted)


def shared(quote: Plain, text: Plain) -> float:
    """The share of a quotation's words and signs that a text has at all, in whatever order."""
    wanted = TOKEN.findall(quote.text)
    there = Counter(TOKEN.findall(text.text))
    return (Counter(wanted) & there).total() / max(len(wanted), 1)


def altered(quote: Plain, text: Plain) -> Match | None:
    """The place that is most like the words, if enough of them stand there; with what differs."""
    said, there = _tokens(quote.text), _tokens(text.text)
    wanted = [word for word, _, _ in said]
    if len(wanted) < SHORTEST or not there:
        return None
    window = _window(wanted, [word for word, _, _ in there])
    if window is None:
        return None
    first, last = window
    found = [word for word, _, _ in there[first:last]]
    matcher = SequenceMatcher(None, found, wanted, autojunk=False)
    while last - first > 1 and (cut := _trimmed(matcher, first, last)) != (first, last):
        first, last = cut
        found = [word for word, _, _ in there[first:last]]
        matcher = SequenceMatcher(None, found, wanted, autojunk=False)
    similarity = matcher.ratio()
    if similarity < ALTERED:
        return None
    start, end = there[first][1], there[last - 1][2]
    found_changes = changes(text.text[start:end], quote.text[said[0][1] : said[-1][2]])
    wrong = tuple((one, other) for one, other in found_changes if one[:1].swapcase() + one[1:] != other)
    return Match(text.raw(start), text.raw(end, end=True), round(similarity, 3), (), wrong)


def _trimmed(matcher: SequenceMatcher[str], first: int, last: int) -> tuple[int, int]:
    """The window without the words at its ends that replace nothing of the quotation."""
    codes = matcher.get_opcodes()
    if codes and codes[0][0] == "delete":
        first += codes[0][2] - codes[0][1]
    if codes and codes[-1][0] == "delete":
        last -= codes[-1][2] - codes[-1][1]
    return (first, last) if first < last else (first, first + 1)


def _window(wanted: Sequence[str], there: Sequence[str]) -> tuple[int, int] | None:
    """The run of words that has most of those wanted in their order, widened by those that stand at its ends."""
    blocks = SequenceMatcher(None, there, wanted, autojunk=False).get_matching_blocks()[:-1]
    best: tuple[float, int, int] | None = None
    score, begin = 0.0, 0
    for place, block in enumerate(blocks):
        if place:
            before = blocks[place - 1]
            gap = max(block.a - before.a - before.size, block.b - before.b - before.size)
            score -= 0.5 * gap
        if not place or score <= 0:
            score, begin = 0.0, place
        score += block.size
        if best is None or score > best[0]:
            best = (score, begin, place)
    if best is None:
        return None
    head, tail = blocks[best[1]], blocks[best[2]]
    first = max(0, head.a - head.b)
    return first, min(len(there), tail.a + tail.size + len(wanted) - tail.b - tail.size)


def _tokens(text: str) -> list[tuple[str, int, int]]:
    return [(match[0], match.start(), match.end()) for match in TOKEN.finditer(text)]


__all__ = ["LEAST", "Match", "altered", "exactly", "plain", "promising", "shared", "verbatim"]
