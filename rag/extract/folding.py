"""
Texts folded for comparison, each character knowing where it came from.

Folded are letter case, forms of one character (composed or not, full-width or not), quotes, dashes, spacing (none
between a number and its unit or between characters of scripts without blanks), what is not seen (soft hyphens,
zero-width characters) and a hyphen at the end of a line.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property

from rag.quantities import solid

SAME = (("‐‑‒–—−﹣－", "-"), ("‘’‚‛`´ʼ＇", "'"), ("“”„‟«»＂", '"'))
ALIKE = str.maketrans({char: plain for chars, plain in SAME for char in chars})
MOST = 500  # places of one text that are looked at
UNSEEN = "\u00ad\u200b\u200c\u200d\u2060\ufeff"
BROKEN = re.compile(r"-[ \t\r]*\n[ \t]*(?=[a-zß-öø-ÿ])")  # a word that the end of a line parts


@dataclass(frozen=True)
class Folded:
    """A text as it is compared: `plain[i]` came from `original[starts[i]:ends[i]]`."""

    original: str

    @cached_property
    def _parts(self) -> tuple[str, list[int], list[int]]:
        out: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        at = 0
        while at < len(self.original):
            piece, end = _piece(self.original, at)
            out.append(piece)
            starts += [at] * len(piece)
            ends += [end] * len(piece)
            at = end
        return "".join(out), starts, ends

    @property
    def plain(self) -> str:
        return self._parts[0]

    def places(self, wanted: str) -> list[tuple[int, int]]:
        """Where a folded text stands, as whole words: the first spans of the original."""
        plain, starts, ends = self._parts
        found: list[tuple[int, int]] = []
        at = plain.find(wanted) if wanted else -1
        while at >= 0 and len(found) < MOST:
            span = starts[at], ends[at + len(wanted) - 1]
            if is_whole(self.original, *span):
                found.append(span)
            at = plain.find(wanted, at + 1)
        return found


def _piece(text: str, at: int) -> tuple[str, int]:
    """What the character at a place, with the marks upon it, or a run of blanks is folded to, and where it ends."""
    end, char = at + 1, text[at]
    if char.isspace() or char in UNSEEN:
        while end < len(text) and (text[end].isspace() or text[end] in UNSEEN):
            end += 1
        seen = any(one.isspace() for one in text[at:end])
        return " " if seen and _parted(text, at, end) else "", end
    if char == "-" and at and text[at - 1].isalpha() and (broken := BROKEN.match(text, at)):
        return "", broken.end()
    while end < len(text) and not text[end].isascii() and unicodedata.combining(text[end]):
        end += 1
    if end == at + 1 and char.isascii():
        return char.lower(), end
    return unicodedata.normalize("NFKC", text[at:end]).translate(ALIKE).casefold(), end


def fold(text: str) -> str:
    """A value as it is compared."""
    return Folded(text.strip()).plain


def _parted(text: str, start: int, end: int) -> bool:
    """Whether blanks between these two characters part words: not a number and its unit, not two ideographs."""
    if start == 0 or end >= len(text):
        return False
    before, after = text[start - 1], text[end]
    if before.isdecimal() != after.isdecimal() and (before + after).replace("%", "x").isalnum():
        return False
    return not (solid(before) and solid(after))


def is_whole(text: str, start: int, end: int) -> bool:
    """Whether a span begins and ends where a word does; a unit may stick to its number."""
    return not _joined(text, start) and not _joined(text, end)


def _joined(text: str, at: int) -> bool:
    """Whether the characters before and after a place are of one word."""
    if not 0 < at < len(text):
        return False
    before, after = text[at - 1], text[at]
    if unicodedata.combining(after) or (after in UNSEEN and text[at + 1 : at + 2].isalpha()):
        return True
    words = (before.isalnum() or before == "_" or unicodedata.combining(before)) and (after.isalnum() or after == "_")
    return bool(words) and not (solid(before) or solid(after)) and before.isdecimal() == after.isdecimal()
