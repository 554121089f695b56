"""
The fields of an object in a record ("wind: {direction, speed_kmh}"), read where the text speaks of the object.

    | Wind | Nordwest, 55 km/h |        Maße: Höhe 24,5 cm, Breite 15 cm        Media contact / Ray Dominguez / press@…

What stands behind the object's name, in its row or in the lines below it, is of the object: an address or a number by
its kind and its unit, a name by what names are, what is left by its place. Rules only; nothing here asks a model.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence

from rag.extract.candidates import Candidate
from rag.extract.countries import asks_country, countries, is_country
from rag.extract.fields import Field, Key
from rag.extract.layout import Layout, Line
from rag.extract.lexicon import alike, bag, units
from rag.extract.likenesses import kind_of
from rag.extract.measuring import UNITS, unit_at, unit_of_name
from rag.extract.telling import is_none

OF_OBJECT = 1.1  # how surely what stands there is the field's
LABELLED = 0.7  # from which a label within that part speaks of a field
SPEAKS = 0.6  # from which a label speaks of the object
CENTIMETRE = UNITS["cm"]
LINES, LONGEST = 4, 90  # lines below the object's name, and characters of one
BEFORE = r"\.?\s?:?\s?(?:cm\s)?\Z"
SIDES = (  # words and letters that stand before a measure
    (bag("height"), re.compile(rf"(?:\b[Hh](?:öhe|eight|auteur|oogte)?|\b[Aa]lt(?:o|ura|ezza)?){BEFORE}")),
    (bag("width"), re.compile(rf"(?:\b[WwBbLl](?:idth|reite|reedte|argeur|arghezza)?|\b[Aa]nch(?:o|ura)){BEFORE}")),
    (bag("depth"), re.compile(rf"(?:\b[DdTtPp](?:epth|iefe|iepte|rof(?:ondeur|ondità|undidad))?){BEFORE}")),
)
# "61.5 x 92 cm": as many as the object has numbers, in their order
TIMES = re.compile(r"\s?(?:[cm]?m)?\s?[x×]\s?(?:[HWDTLBPhwdtlbp]\.?\s?)?")
# "RAMIREZ, ELENA M"
REVERSED = re.compile(
    r"(?=[A-ZÀ-Þ])[\w'’-]{2,}(?:\s[A-ZÀ-Þ][\w'’-]+)?,\s(?=[A-ZÀ-Þ])[\w'’-]{2,}(?:\s[A-ZÀ-Þ][\w'’-]*\.?){0,2}"
)
Told = dict[Key, list[tuple[Candidate, float]]]


def nested(
    text: str,
    layout: Layout,
    found: Sequence[Candidate],
    wanted: Sequence[Field],
    likenesses: Mapping[str, Mapping[str, float]],
) -> tuple[Told, frozenset[Key]]:
    """What is said of the fields of single objects where the text names the object, and which of them have no value."""
    told: Told = {}
    absent: set[Key] = set()
    groups: dict[int, list[Field]] = {}
    for one in wanted:
        if one.owner and not one.element and not one.listed:
            groups.setdefault(one.beside, []).append(one)
    for group in groups.values():
        others = [one for one in wanted if one.beside != group[0].beside and not one.element]
        for start, end in _spans(text, layout, group[0].owner, others):
            if is_none(text[start:end]):  # "Funding: none"
                absent |= {one.key for one in group}
                break
            inside = [c for c in found if start <= c.start and c.end <= end]
            known = _named_here(text, layout, (start, end), group)
            if rows := {**_filled(text, inside, group, likenesses), **known}:
                for key, candidate in rows.items():
                    told.setdefault(key, []).append((candidate, OF_OBJECT))
                absent |= _absent(group, rows)
                break
        else:
            sides = [one for one in group if _is_side(one)]
            if len(sides) > 1:  # "Oil on canvas, 61.5 x 92 cm" names no dimensions
                rows = _measured(text, [c for c in found if c.kind == "number"], sides)
                told.update({key: [(candidate, OF_OBJECT)] for key, candidate in rows.items()})
                absent |= {one.key for one in sides if one.key not in rows}
    return told, frozenset(absent)


def _named_here(text: str, layout: Layout, span: tuple[int, int], group: Sequence[Field]) -> dict[Key, Candidate]:
    """What the part of an object says of its fields by labels of their own, and its country: the last that it names."""
    start, end = span
    told: dict[Key, Candidate] = {}
    pairs = [
        (cell.label or text[before.start : before.end], cell)
        for line in layout.lines
        if start <= line.end and line.start < end
        for before, cell in itertools.pairwise(line.cells)
        if start <= before.start and (cell.label or len(line.cells) > 2)
    ]
    pairs += [
        (text[line.cells[0].start : line.cells[0].end], line.cells[1])
        for line in layout.lines
        if start < line.start and line.end <= end and len(line.cells) == 2
    ]
    for one in group:
        said = [span for span in countries(text) if start <= span[0] and span[1] <= end] if asks_country(one) else []
        for place in said[-1:]:
            told[one.key] = Candidate(text[slice(*place)], *place, "name")
        for label, cell in pairs if one.kind == "text" and one.key not in told else ():
            if alike(one.units, units(label)) >= LABELLED:
                told.setdefault(one.key, Candidate(text[cell.start : cell.end], cell.start, cell.end, "cell"))
    return told


def _absent(group: Sequence[Field], rows: Mapping[Key, Candidate]) -> set[Key]:
    """The measures that are not said where others are: "H 210 cm, W 48 cm" says no depth."""
    sides = [one for one in group if _is_side(one)]
    return {one.key for one in sides if one.key not in rows} if any(one.key in rows for one in sides) else set()


def _is_side(one: Field) -> bool:
    """Whether a field asks for a height, a width, a depth."""
    return one.kind == "number" and any(notions <= one.units for notions, _ in SIDES)


def _measured(text: str, numbers: Sequence[Candidate], sides: Sequence[Field]) -> dict[Key, Candidate]:
    """The sides that a text says anywhere: with a times between them, or with their words before or as their labels."""
    if times := _times(text, numbers):
        return {one.key: candidate for one, candidate in zip(sides, times, strict=False)}
    marked = {one.key: _number(text, one, sides, [c for c in numbers if _is_long(text, c)]) for one in sides}
    return {key: candidate for key, candidate in marked.items() if candidate is not None}


def _is_long(text: str, one: Candidate) -> bool:
    """Whether a number has a unit of length behind it or before it: "cm 18,2"."""
    unit = unit_at(text, one.start, one.end)
    before = re.search(r"\b[cm]?m\s?\Z", text[max(0, one.start - 4) : one.start]) is not None
    return before or (unit is not None and unit.family == CENTIMETRE.family)


def _spans(text: str, layout: Layout, owner: frozenset[str], others: Sequence[Field]) -> Iterator[tuple[int, int]]:
    """Where the text speaks of an object: what stands behind its name, in its row, or below it."""
    lines = layout.lines
    for n, line in enumerate(lines):
        for number, cell in enumerate(line.cells):
            if cell.label and _speaks(owner, cell.label, others):
                if cell.start < cell.end:
                    yield cell.start, max(line.end, cell.end)
                elif number + 1 < len(line.cells) and not line.cells[number + 1].label:  # "Patient:     Ann Lee"
                    yield line.cells[number + 1].start, line.end
                else:
                    yield from _below(text, layout, n, line.end)
            elif not number and len(line.cells) > 1 and _speaks(owner, text[cell.start : cell.end], others):
                yield line.cells[1].start, _indented(text, lines[n:])
            elif len(line.cells) == 1 and not cell.label and _speaks(owner, text[cell.start : cell.end], others):
                yield from _below(text, layout, n, line.end)
        if line.above and (not n or lines[n - 1].above != line.above) and _speaks(owner, line.above, others):
            yield from _below(text, layout, n - 1, line.start)


def _indented(text: str, lines: Sequence[Line]) -> int:
    """Where the lines end that go on below the second cell of the first: "From   Name  …", "       Country  …"."""
    end, column = lines[0].end, lines[0].cells[1].start - (text.rfind("\n", 0, lines[0].start) + 1)
    for line in lines[1 : 1 + LINES]:
        if line.start - (text.rfind("\n", 0, line.start) + 1) != column or "\n\n" in text[end : line.start]:
            break
        end = line.end
    return end


def _speaks(owner: frozenset[str], label: str, others: Sequence[Field]) -> bool:
    """Whether a label is the object's, and none of a field beside it."""
    said = units(label)
    sure = alike(owner, said)
    return len(label) < LONGEST / 2 and sure >= SPEAKS and all(alike(one.units, said) < sure for one in others)


def _below(text: str, layout: Layout, n: int, start: int) -> Iterator[tuple[int, int]]:
    """The short lines below a name, to the next blank line behind the first of them."""
    end = start
    for line in layout.lines[n + 1 : n + 1 + LINES]:
        apart = re.search(r"\n[ \t]*\n", text[end : line.start]) is not None
        if line.end - line.start > LONGEST or (apart and end > start):
            break
        end = line.end
    if end > start:
        yield start, end


def _filled(
    text: str,
    found: Sequence[Candidate],
    group: Sequence[Field],
    likenesses: Mapping[str, Mapping[str, float]],
) -> dict[Key, Candidate]:
    """Which candidates of a part of the text the fields of the object take."""
    taken: dict[Key, Candidate] = {}
    used: list[tuple[int, int]] = []

    def take(one: Field, candidate: Candidate | None) -> None:
        if candidate is not None:
            taken[one.key] = candidate
            used.append((candidate.start, candidate.end))

    def free(kinds: frozenset[str]) -> list[Candidate]:
        return [
            one
            for one in found
            if one.kind in kinds and not any(one.start < end and start < one.end for start, end in used)
        ]

    numbers = [one for one in group if one.kind == "number"]
    for one, candidate in zip(numbers, _times(text, free(bag("number"))), strict=False):
        take(one, candidate)
    for one in numbers if not taken else ():
        take(one, _number(text, one, numbers, free(bag("number"))))
    for one in group:
        if one.kind == "date":
            take(one, next(iter(free(bag("date day"))), None))
        elif one.wants:
            take(one, next(iter(free(one.wants)), None))
    for one in sorted((one for one in group if one.kind == "text" and not one.wants), key=lambda one: not one.naming):
        named = [c for c in free(bag("name opening")) if _may_be(one, c.text, likenesses)] if one.naming else []
        if asks_country(one):
            named = [c for c in named if is_country(c.text)]
        if one.naming and (whole := [c for c in free(bag("cell")) if REVERSED.fullmatch(c.text)]):
            named = whole[:1]
        take(one, max(named, key=lambda c: (_likeness(one, c.text, likenesses), -c.start), default=None))
        if one.key not in taken and not one.naming:
            take(one, next((c for c in free(bag("cell name opening words")) if _is_part(text, c)), None))
    return taken


def _times(text: str, numbers: Sequence[Candidate]) -> list[Candidate]:
    """The numbers with a times between them."""
    found: list[Candidate] = []
    for one, other in itertools.pairwise(numbers):
        if TIMES.fullmatch(text, one.end, other.start):
            found += [one, other] if not found else [other] if found[-1] == one else []
    return found


def _number(text: str, one: Field, group: Sequence[Field], numbers: Sequence[Candidate]) -> Candidate | None:
    """The number of a field: by the word before it, at its end of a range, by its unit, or the only one of both."""
    for notions, mark in SIDES:
        if notions <= one.units:
            return next((c for c in numbers if mark.search(text, max(0, c.start - 14), c.start)), None)
    ends = one.units & bag("min max")
    if ends and 0 < len(numbers) < 3:
        return numbers[0 if "min" in ends else -1] if len(numbers) > 1 else None
    wanted = unit_of_name(" ".join(one.label.partition(".")[0].split()))
    measured = [c for c in numbers if wanted and (own := unit_at(text, c.start, c.end)) and own.family == wanted.family]
    if measured:
        return measured[0]
    return numbers[0] if len(group) == 1 and len(numbers) == 1 and not wanted else None


def _may_be(one: Field, name: str, likenesses: Mapping[str, Mapping[str, float]]) -> bool:
    known = likenesses.get(name)
    return not known or not one.like or kind_of(known) in one.like or _likeness(one, name, likenesses) > -0.25


def _likeness(one: Field, name: str, likenesses: Mapping[str, Mapping[str, float]]) -> float:
    known = likenesses.get(name)
    return max((known[kind] for kind in one.like if kind in known), default=0.0) if known else 0.0


def _is_part(text: str, one: Candidate) -> bool:
    """Whether a candidate is all that stands between two marks."""
    before, after = text[: one.start].rstrip(" *_"), text[one.end :].lstrip(" *_.")
    return (not before or before[-1] in ",;|/·(\n:") and (not after or after[0] in ",;|/·)\n")


__all__ = ["nested"]
