"""
A document to windows that fit a model, and the windows' records back to one.

A window is a run of whole paragraphs, `text[start:end]`; neighbours overlap by whole paragraphs, so that what stands
on a border stands whole in one of them. Together they cover the text: nothing is cut off in silence. The rule of
merging is written down at `merge`. Nothing here knows models: how long a text is, is a function that the caller gives.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

JSON = Any
Span = tuple[int, int]
LONGEST_TOKEN = 64  # characters; a text with more for each token is not even counted
BORDERS = (  # where a text may be cut, best first
    re.compile(r"\n[ \t\r]*\n\s*"),
    re.compile(r"(?<=[.!?…。！？])[\"'”’»)\]]*\s+|\n"),
    re.compile(r"\s+"),
)
HEAD = re.compile(r"#{1,6} .{1,200}|(?:-{3,}|={3,}|~{3,})|\*\*[^*]{1,80}\*\*:?")


def windows(text: str, size: int, overlap: int, count: Callable[[str], int]) -> list[Span]:
    """
    The spans of the windows: at most `size` by `count` each, neighbours sharing up to `overlap` in whole pieces.

    Cut at blank lines but not behind headings, inside of a paragraph that is too long at sentence ends, then between
    words, then anywhere.
    """
    size = max(1, size)

    def fits(span: Span) -> bool:
        start, end = span
        return end - start <= size * LONGEST_TOKEN and count(text[start:end]) <= size

    if fits((0, len(text))):
        return [(0, len(text))]
    pieces = list(_pieces(text, (0, len(text)), size, fits, 0))
    lengths = [count(text[start:end]) for start, end in pieces]
    found: list[Span] = []
    first = 0
    while first < len(pieces):
        last, total = first, lengths[first]
        while last + 1 < len(pieces) and total + lengths[last + 1] <= size:
            last += 1
            total += lengths[last]
        found.append((pieces[first][0], pieces[last][1]))
        if last + 1 == len(pieces):
            break
        back, shared, following = last + 1, 0, lengths[last + 1]
        while back - 1 > first and (grown := shared + lengths[back - 1]) <= min(overlap, size - following):
            back, shared = back - 1, grown
        first = back
    return found


def _pieces(text: str, span: Span, size: int, fits: Callable[[Span], bool], level: int) -> Iterator[Span]:
    """Pieces that each fit, without gaps: what stands between two of them belongs to the first."""
    start, end = span
    if (level > 0 and fits(span)) or end - start <= 1:
        yield span
    elif level == len(BORDERS):  # a word longer than a window
        middle = (start + end) // 2
        yield from _pieces(text, (start, middle), size, fits, level)
        yield from _pieces(text, (middle, end), size, fits, level)
    else:
        least = size // 16 if level else 1  # sentences and words are taken together: each piece is counted
        cuts = [start]
        for match in BORDERS[level].finditer(text, start, end):
            if cuts[-1] + least <= match.end() < end and not (level == 0 and _is_head(text, match.start())):
                cuts.append(match.end())
        for one, other in zip(cuts, [*cuts[1:], end], strict=True):
            yield from _pieces(text, (one, other), size, fits, level + 1)


def _is_head(text: str, end: int) -> bool:
    """Whether the line that ends there is a heading, which belongs to what follows."""
    return HEAD.fullmatch(text[text.rfind("\n", 0, end) + 1 : end].strip()) is not None


def merge(parts: Sequence[JSON], evident: Callable[[int, JSON], bool]) -> JSON:
    """
    What the windows of one document say, as one value. `evident(n, value)`: does it stand in the text of window n?

    The rule: lists are joined in the order of the windows, and an element that equals an earlier one (letter case and
    spacing aside) or only repeats a part of one from another window is dropped. Objects are merged key by key.
    Of anything else the value wins that stands in its window, then that more windows say, then the first; null, empty
    texts and absent keys win only where no window says more.
    """
    return _merge(list(enumerate(parts)), evident)


def _merge(parts: list[tuple[int, JSON]], evident: Callable[[int, JSON], bool]) -> JSON:
    said = [(number, value) for number, value in parts if not _empty(value)]
    if not said:
        return parts[0][1]
    if len(said) == 1:
        only = said[0][1]
        return distinct([(said[0][0], element) for element in only]) if isinstance(only, list) else only
    if all(isinstance(value, list) for _, value in said):
        return distinct([(number, element) for number, value in said for element in value])
    if all(isinstance(value, Mapping) for _, value in said):
        keys = dict.fromkeys(key for _, value in said for key in value)
        return {key: _merge([(n, value[key]) for n, value in said if key in value], evident) for key in keys}
    votes: dict[str, list[tuple[int, JSON]]] = {}
    for number, value in said:
        votes.setdefault(_canonical(value), []).append((number, value))

    def weight(vote: list[tuple[int, JSON]]) -> tuple[bool, int]:
        return any(evident(number, value) for number, value in vote), len(vote)

    return max(votes.values(), key=weight)[0][1]  # of equals, max takes the first


def distinct(elements: Sequence[tuple[int, JSON]]) -> list[JSON]:
    """The elements without repetitions; (window, element) in, elements out."""
    kept: list[tuple[int, JSON, JSON]] = []  # (window, element, what it is compared by)
    for number, element in elements:
        plain = _plain(element)
        if any(plain == other or (n != number and _part_of(plain, other)) for n, _, other in kept):
            continue
        kept = [one for one in kept if one[0] == number or not _part_of(one[2], plain)]
        kept.append((number, element, plain))
    return [element for _, element, _ in kept]


def _empty(value: JSON) -> bool:
    return value is None or value == "" or value == [] or value == {}


def _part_of(less: JSON, more: JSON) -> bool:
    """Two objects, and the first says something, but nothing that the second does not."""
    if not isinstance(less, Mapping) or not isinstance(more, Mapping):
        return False
    return all(key in more and value == more[key] for key, value in less.items() if not _empty(value))


def _plain(value: JSON) -> JSON:
    """Equal for values that differ only in letter case and spacing; true is not 1."""
    if isinstance(value, str):
        return " ".join(value.split()).casefold()
    if isinstance(value, Mapping):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_plain(part) for part in value]
    return (value,) if isinstance(value, bool) else value


def _canonical(value: JSON) -> str:
    return json.dumps(_plain(value), sort_keys=True, ensure_ascii=False)
