"""
Lists with what leads to them: the items below a heading or a sentence, what stands behind a colon, and lines of
labels with commas below a heading.

    ### Fixed                 Please bring:             4. Possible side effects
    * Crash on start.         - a torch                 Common: nausea, headache
    * Leak in parser.         - a sleeping bag          Rare: rash

Nothing here knows fields or models.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from rag.extract.lexicon import is_notion

FEW, MOST, NAMED = 2, 60, 5  # the last: words of a name
LONGEST, LEAD, HEAD, PART = 600, 200, 90, 8  # characters of an item, of a lead, of a heading; words of a part
FULL = 50  # characters of a line that goes on in the next
LINES = 4_000
ITEM = re.compile(
    r"(?P<indent>[ \t]*)(?:[-*+•‣–·▪◦●]|\*\*(?=[ \t])|(?P<number>\d{1,2})[.)])[ \t]+(?:\[[ xX]\][ \t]+)?(?P<said>\S.*)"
)
HEADING = re.compile(r"#{1,6}[ \t]+(?P<said>.*\S)")
LABELLED = re.compile(r"(?P<label>[^\W\d_][^:\n.]{1,60}?)[*_]{0,2}\s?:[*_]{0,2}\s+(?P<said>\S.*)")
COLON = re.compile(r"(?P<lead>[^\n:.!?]{4,160}):\s+(?P<said>[^\n:]{4,600})")
THAT = r"(?:that|dass|daß|que|qu['’]|che|dat)"
CLAUSES = re.compile(  # "The conditions are that work stops at six, and that the oak is fenced off."
    rf"(?P<lead>(?<![^.!?\n])[^.:;!?\n]{{4,80}}?)\s(?:are|sind|lauten|sont|son|sono|zijn|luiden)[,:]?\s{THAT}\s"
    r"(?P<said>[^.!?:;]{4,600})",
    re.IGNORECASE,
)
FURTHER = re.compile(rf",?\s(?:(?:and|und|et|y|e|en)\s)?{THAT}\s|;\s{THAT}\s", re.IGNORECASE)
ENDED = re.compile(r"[.!?](?=\s|\Z)")
BETWEEN = re.compile(
    r"\s*[,;]\s+(?:(?:and|und|et|y|e|en|och|og|i|sowie|or|oder|ou|o)\s)?"
    r"|\s(?:and|und|et|y|e|en|och|og|sowie|as well as)\s"
)
SENTENCES = re.compile(r"(?<=[^\W\d_]{2})[.;]\s+(?=[A-ZÀ-Þ][^:]{1,60}:)|(?<=[^\W\d_]{2})\.\s+(?=[A-ZÀ-Þ])")
ONE = re.compile(r"(?:an?|ein\w{0,2}|une?|un[ao]|een|en|et|\d+)\s", re.IGNORECASE)
NOT_SPLIT = re.compile(r"\([^()]*\)")
FOLLOWING = re.compile(
    r"\b(?:following|folgende\w*|suivant\w*|siguient\w*|seguent\w*|volgende\w*|följande|følgende)\b", re.I
)


@dataclass(frozen=True, slots=True)
class Led:
    """The items of a list, the line or the sentence that leads to it, and the heading that both stand below."""

    lead: str
    heading: str
    items: tuple[str, ...]
    marked: bool  # whether each item is a line with a mark


@lru_cache(maxsize=16)
def led(text: str) -> tuple[Led, ...]:
    """The lists of a text in their order."""
    return tuple(_marked(text)) + tuple(_labelled(text)) + tuple(_spoken(text))


def _marked(text: str) -> Iterator[Led]:
    """Lines with marks, one below the other, blank lines between or not; a line further in goes on with its item."""
    heading, lead, mark = "", "", ""
    items: list[str] = []
    blank, within = True, False
    outer, outermost = 0, ""  # where the items that stand in no other begin, and the last of them
    lines = text.split("\n")[:LINES]
    for n, line in enumerate([*lines, "#  end"]):
        match = ITEM.fullmatch(line.rstrip())
        if match and not _is_numbered_heading(lines, n, match):
            if items and (mark, line.split()[0]) == ("*", "**"):  # of an outline: "* 1.21.3", "** Fix …"
                if items[:-1]:
                    yield _led(lead, heading, items[:-1], True)
                heading, lead, items = items[-1], "", []
            mark = line.split()[0]
            at = len(match["indent"].expandtabs())
            outer = outer if items else at
            within = bool(items) and at > outer + 1 and says(outermost)
            outermost = outermost if at > outer + 1 else match["said"]
            items += [] if within else [match["said"]]
        elif not line.strip():
            pass
        elif items and not blank and _goes_on(line, lines[n - 1]):
            items[-1] += "" if within else " " + line.strip()
        else:
            if items:
                yield _led(lead, heading, items, True)
                items, lead = [], ""
            if head := _heading(lines, n, match):
                heading, lead = head, ""
            else:
                lead = line.strip() if blank or not lead else f"{lead} {line.strip()}"
        blank = not line.strip()


def says(item: str) -> bool:
    """Whether an item says something by itself, and is no name of what stands further in below it."""
    bare = item.rstrip("*_ ")
    return len(bare.split()) > NAMED and bare[-1:] != ":"


def _led(lead: str, heading: str, items: list[str], marked: bool) -> Led:
    said = tuple(item.strip() for item in items if len(item) <= LONGEST)[:MOST]
    return Led(_sentence(lead), heading, said, marked)


def _sentence(lead: str) -> str:
    """What of a paragraph leads to a list: its last sentence, or the one that says what follows."""
    parts = [part.strip() for part in ENDED.split(lead.rstrip(" .:")) if part.strip()]
    following = next((part for part in parts if FOLLOWING.search(part)), "")
    return (following or (parts[-1] if parts else ""))[-LEAD:]


def _is_numbered_heading(lines: list[str], n: int, match: re.Match[str]) -> bool:
    """Whether a numbered line is the heading of what stands below it: no sentence, and no number is next to it."""
    if not match["number"] or match["said"].rstrip()[-1:] in ".;," or len(match["said"]) > HEAD:
        return False
    around = [line.strip() for line in (lines[n - 1] if n else "", lines[n + 1] if n + 1 < len(lines) else "")]
    below = next((line.strip() for line in lines[n + 1 : n + 4] if line.strip()), "")
    numbered = [other for other in map(ITEM.fullmatch, [*around, below]) if other and other["number"]]
    wrapped = n + 1 < len(lines) and lines[n + 1][:1] in (" ", "\t") and around[1][:1].islower()
    return bool(below) and not numbered and not around[0] and not wrapped


def _heading(lines: list[str], n: int, match: re.Match[str] | None) -> str:
    """What a line says that is a heading: marked, numbered, underlined, or a few words between blank lines."""
    said = lines[n].strip() if n < len(lines) else ""
    if marked := HEADING.fullmatch(said):
        return marked["said"].strip(" #*_:")
    if match:
        return match["said"].strip(" *_:")
    if n + 1 < len(lines) and re.fullmatch(r"\s*(?:-{3,}|={3,}|~{3,})\s*", lines[n + 1]):
        return said
    above = n == 0 or not lines[n - 1].strip()
    bold = re.fullmatch(r"\*\*([^*]+)\*\*:?|__([^_]+)__:?", said)
    plain = above and len(said) <= HEAD and said[:1].isupper() and said[-1:] not in ".,;:!" and "  " not in said
    return said.strip(" *_:?") if bold or (plain and LABELLED.match(said) is None) else ""


def _goes_on(line: str, before: str) -> bool:
    """Whether a line without a mark goes on with the one above it: further in, or because that one was full."""
    if HEADING.match(line.strip()) or line[:1] in "#|>-" or LABELLED.fullmatch(line.strip()):
        return False
    return line[:1] in " \t" or (len(before) > FULL and not line[:1].isupper())


def _labelled(text: str) -> Iterator[Led]:
    """Lines below a heading that each say some things behind a label: "Common: nausea, headache"."""
    lines = _unwrapped(text.split("\n")[:LINES])
    heading = ""
    items: list[str] = []
    sure = False
    for n, line in enumerate([*lines, "#  end"]):
        said = line.strip()
        pairs = _pairs(said.lstrip("-*•+ ")) if heading else []
        if pairs and not any(is_notion(label) for label, _ in pairs):
            items += [part for _, parts in pairs for part in parts]
            sure = sure or any(len(parts) > 1 for _, parts in pairs)
            continue
        if not said:
            continue
        if items and sure:
            yield Led("", heading, tuple(dict.fromkeys(items))[:MOST], False)
        head = _heading(lines, n, _numbered(lines, n))
        items, sure, heading = [], False, head or ("" if items else heading)


def _unwrapped(lines: list[str]) -> list[str]:
    """The lines, those behind a label with the ones that go on with them."""
    found: list[str] = []
    for line in lines:
        before = found[-1].strip() if found else ""
        if line.strip()[:1].islower() and before[-1:] not in ".!?:;" and LABELLED.fullmatch(before):
            found[-1] += " " + line.strip()
        else:
            found.append(line)
    return found


def _pairs(said: str) -> list[tuple[str, list[str]]]:
    """The labels of a line, each with the parts behind it: "Common: nausea. Rare: rash."; [] if one has none."""
    if LABELLED.fullmatch(said) is None:
        return []
    found = []
    for part in SENTENCES.split(said):
        match = LABELLED.fullmatch(part.strip())
        if match and (parts := divided(match["said"])):
            found.append((match["label"], parts))
        elif match:
            return []
    return found


def _numbered(lines: list[str], n: int) -> re.Match[str] | None:
    match = ITEM.fullmatch(lines[n].rstrip()) if n < len(lines) else None
    return match if match and _is_numbered_heading(lines, n, match) else None


def _spoken(text: str) -> Iterator[Led]:
    """What stands behind a colon in a sentence: "Your child needs on that day: a rucksack, a drink and a hat."."""
    for match in COLON.finditer(text):
        lead = match["lead"].strip(" -*•+#|>\t")
        said = ENDED.split(match["said"])[0]
        parts = divided(said)
        if (
            len(parts) >= FEW and len(lead.split()) > 1 and re.search(r"[,;]", match["said"])
        ):  # not "Pride and Prejudice"
            yield Led(lead, "", tuple(parts)[:MOST], False)
    for match in CLAUSES.finditer(text):
        parts = FURTHER.split(" ".join(match["said"].split()))
        if len(parts) >= FEW:
            yield Led(match["lead"].strip(), "", tuple(parts)[:MOST], False)


def divided(said: str) -> list[str]:
    """The parts of a list in a line; [] if one is as long as a clause."""
    held = NOT_SPLIT.sub(lambda inner: re.sub(r"[,;\s]", "\x00", inner[0]), said.strip().rstrip(".;"))
    parts = [part for part in BETWEEN.split(held) if part.strip(" \x00")]
    if any(len(part.split()) > PART for part in parts):
        return []
    at = 0
    found = []
    for part in parts:  # the blanks and commas of brackets as they were
        at = said.index(part.split("\x00")[0], at)
        found.append(re.sub(r"\s*\([^()]*\)\s*\Z", "", said[at : at + len(part)]).strip(" .;,*_"))
        at += len(part)
    return [part for part in found if part]


__all__ = ["Led", "divided", "led", "says"]
