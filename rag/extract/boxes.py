"""
What is ticked in a form: "Cause: [ ] fire [x] theft", "( ) yes  (X) no", "☐ new ☒ used", boxes in one line or below
one another.

Nothing here knows fields or models.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

LABEL, OPTION = 80, 120  # characters
TICK = "xX✓✔✗✘×*"
BOX = re.compile(
    rf"(?<!\w)(?:\[(?P<a>[ {TICK}_]{{0,2}})\](?!\()|\((?P<b>[ {TICK}_]{{1,2}})\)"
    r"|(?P<open>[☐□◻❏❑⬜])|(?P<shut>[☑☒🗹🗷✅])\ufe0f?)"
)
# Signs that are bullets elsewhere: boxes only where a text has both of a pair.
SHAPES = (("○", "●"), ("○", "◉"), ("□", "■"), ("✗", "✓"), ("✘", "✔"))
EDGES = " \t|*_:–—-,;."
ENDS = re.compile(r"\t|\||\s{3,}")  # what ends the option behind the last box of a line
MARKS = re.compile(r"[ \t]*(?:[-*+•|>][ \t]*)*")


@dataclass(frozen=True, slots=True)
class Option:
    """What stands beside a box, `text[start:end]`, and whether it is ticked."""

    said: str
    ticked: bool
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Group:
    """The boxes of one question, and what stands before or above them."""

    label: str
    options: tuple[Option, ...]

    @property
    def ticked(self) -> list[Option]:
        return [one for one in self.options if one.ticked]


@lru_cache(maxsize=16)
def groups(text: str) -> tuple[Group, ...]:
    """The boxes of a text, those of one line or of lines below one another together; () if it has none."""
    for shapes in SHAPES:
        if all(shape in text for shape in shapes):
            text = text.translate(dict(zip(map(ord, shapes), "☐☑", strict=True)))
    return tuple(_groups(text)) if BOX.search(text) else ()


def _groups(text: str) -> Iterator[Group]:
    above, run, label = "", list[Option](), ""
    at = 0
    for line in text.split("\n"):
        boxes = list(BOX.finditer(text, at, at + len(line)))
        before, options = _options(text, at, at + len(line), boxes) if boxes else ("", [])
        alone = bool(options) and len(boxes) == 1 and not before  # one box a line: those below go on with it
        if run and not (alone and line.strip()):
            yield Group(label, tuple(run))
            run = []
        if alone:
            label, run = label if run else above, [*run, *options]
        elif options:
            yield Group(before or above, tuple(options))
        elif line.strip():
            above = line.strip(EDGES + "#")
        at += len(line) + 1
    if run:
        yield Group(label, tuple(run))


def _options(text: str, start: int, end: int, boxes: Sequence[re.Match[str]]) -> tuple[str, list[Option]]:
    """What stands before the boxes of a line, and what they tick: what stands behind each, or before each."""
    mark = MARKS.match(text, start, end)
    start = mark.end() if mark else start
    first = text[start : boxes[0].start()]
    if not text[boxes[-1].end() : end].strip(EDGES) and first.strip():  # "fire [ ]   theft [x]"
        edges = [start, *(box.end() for box in boxes)]
        spans = [(edges[n], box.start()) for n, box in enumerate(boxes)]
        label, colon, _ = first.rpartition(":")
        spans[0] = (start + len(label) + len(colon), spans[0][1])
        before = label
    else:
        stops = [*(box.start() for box in boxes[1:]), end]
        spans = [(box.end(), stop) for box, stop in zip(boxes, stops, strict=True)]
        cut = ENDS.search(text, spans[-1][0] + 1, end)
        spans[-1] = (spans[-1][0], cut.start() if cut else end)
        before = first
    found = [_option(text, box, *span) for box, span in zip(boxes, spans, strict=True)]
    kept = [one for one in found if one.said and len(one.said) <= OPTION]
    return before.strip(EDGES)[-LABEL:], kept


def _option(text: str, box: re.Match[str], start: int, end: int) -> Option:
    while start < end and text[start] in EDGES:
        start += 1
    while end > start and text[end - 1] in EDGES:
        end -= 1
    mark = (box["a"] or box["b"] or " ").strip(" _")
    return Option(text[start:end], bool(mark or box["shut"]), start, end)


__all__ = ["Group", "Option", "groups"]
