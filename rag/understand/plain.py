"""
A text in one spelling, so that what differs in spacing or typography alone compares equal; and what differed.

`Plain.text` is the spelling, `Plain.raw` leads from a place in it back to the place in the text. Each thing that was
made alike has a name that people understand: "white space", "quotation marks", "dashes", "markup" … Double marks are as
single ones: a quotation inside a quotation changes them.
"""

from __future__ import annotations

import html
import re
from bisect import bisect_right
from dataclasses import dataclass
from unicodedata import normalize

KINDS: tuple[tuple[str, str, str], ...] = (  # name, what it is in a text, its group in SPECIAL
    ("invisible characters", "[\u00ad\u200b-\u200f\u2060\ufeff]+", "invisible"),
    ("ellipsis", r"…|\.(?:[ \u00a0]\.){2}", "ellipsis"),
    ("quotation marks", r"[“”„‟«»″＂〝〞〟「」『』]|``|''|(?<!\d)\"", "double"),
    ("apostrophes", "[‘’‚‛‹›′´`]", "single"),
    ("markup", r"!?\[(?=[^\]\n]*\]\()|\]\([^()\n]*(?:\([^()\n]*\)[^()\n]*)*\)", "link"),
    ("markup", r"(?<![\w*])\*{1,3}(?=[^\s*])|(?<=[^\s*])\*{1,3}(?![\w*])|(?<!\w)_{1,2}(?=[^\W_])"
     r"|(?<=[^\W_])_{1,2}(?!\w)|(?<=[.!?:;,)\"'])_{1,2}(?!\w)|~~", "emphasis"),
    ("markup", r"^[ \t]{0,3}(?:#{1,6}[ \t]+|>[ \t]?|[-*+•][ \t]+(?:\[[ xX]\][ \t]+)?|\d{1,3}[.)][ \t]+)", "line"),
    ("markup", r"\\(?=[\\`*_{}\[\]()#+.!|<>~-])", "escape"),
    ("dashes", r"[^\S\n]*(?:---?|[‐‑‒–—―−])\s*|(?<=\S)[^\S\n]+-(?:\s+(?=\S))?|(?<=\S)-[^\S\n]+(?=\S)", "dash"),
    ("entities", r"&(?:#\d{1,7}|#x[0-9a-fA-F]{1,6}|[A-Za-z]{2,10});", "entity"),
    ("white space", r"(?<=\w)[^\S\n]+(?=[:;!?](?:\s|$))", "gap"),
    ("white space", r"[^\S ]\s*| (?=\s)\s*", "space"),
    ("letter forms", "\\w[\u0300-\u036f]+|[\ufb00-\ufb06\uff01-\uff5e]", "form"),
)  # fmt: skip
SPECIAL = re.compile("|".join(f"(?P<{group}>{pattern})" for _, pattern, group in KINDS), re.MULTILINE)
NAMES = {group: name for name, _, group in KINDS}
INSTEAD = {"ellipsis": "...", "double": "'", "single": "'", "space": " ", "dash": "-"}


@dataclass(frozen=True, slots=True)
class Plain:
    """`text` in one spelling; `marks` are (place in it, name, what stood there) of everything that was made alike."""

    text: str
    places: tuple[int, ...]  # in `text`, ascending, where a piece begins …
    raws: tuple[int, ...]  # … and where in the text that it was made from
    marks: tuple[tuple[int, str, str], ...]

    def raw(self, place: int, *, end: bool = False) -> int:
        """The offset in the text of a place in the spelling; of an `end` that of what stands behind its last sign."""
        at = bisect_right(self.places, place - 1 if end else place) - 1
        raw = self.raws[at] + place - self.places[at]
        if at + 1 == len(self.places):
            return raw
        following = self.raws[at + 1]
        return following if end and place == self.places[at + 1] else min(raw, following)

    def within(self, start: int, end: int) -> list[tuple[int, str, str]]:
        """The marks from one place to another, counted from the first."""
        return [(at - start, name, said) for at, name, said in self.marks if start <= at < end]


def plain(text: str) -> Plain:
    """The text in one spelling, without space at its ends."""
    pieces: list[str] = []
    places, raws, marks = [0], [0], []
    length = last = 0
    for match in SPECIAL.finditer(text):
        group = match.lastgroup or ""
        said = match[0]
        instead = _instead(group, said)
        if instead == said and group != "space":
            continue
        before = text[last : match.start()]
        length += len(before)
        pieces.append(before)
        if instead.startswith(" ") and (not length or (not before and pieces[-2:-1] == [" "])):
            instead = ""
        pieces.append(instead)
        if not (group == "space" and said == " "):
            marks.append((length, NAMES[group], said))
        places += [length, length + len(instead)]
        raws += [match.start(), match.end()]
        length += len(instead)
        last = match.end()
    pieces.append(text[last:])
    return Plain("".join(pieces).rstrip(), tuple(places), tuple(raws), tuple(marks))


def _instead(group: str, said: str) -> str:
    if group == "entity":
        made = html.unescape(said)
        return said if made == said else {"\u00a0": " "}.get(made, made)
    if group == "form":
        return normalize("NFKC", said)
    return INSTEAD.get(group, "")


def differing(one: list[tuple[int, str, str]], other: list[tuple[int, str, str]]) -> list[str]:
    """The names of what two texts of one spelling have not alike, in the order in which they come."""
    left = {(at, name): said for at, name, said in one}
    right = {(at, name): said for at, name, said in other}
    wrong = {key for key in left.keys() | right.keys() if left.get(key) != right.get(key)}
    return list(dict.fromkeys(name for _, name in sorted(wrong)))
