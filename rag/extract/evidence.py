"""
Where a value stands in the document: exact offsets, or nowhere.

Every leaf of a record is looked for: a text as it is, then with other spacing, then folded (letter case, composed or
not, dashes, quotes); a number and a date by what they are, however they are written. Whole words only, in the window it
came from before the rest of the text; of several places the nearest (see `nearest`). What is found is a span,
`text[start:end] == quote`; what is not found is null. That a value stands in a text does not prove that it was taken
from there.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cached_property
from typing import Any

from rag import pointers
from rag.dates import date, dates, days, titled_year
from rag.extract.about import about
from rag.extract.clock import clock
from rag.extract.folding import MOST, Folded, fold
from rag.extract.nearest import nearest
from rag.extract.shapes import TIME
from rag.extract.telling import Told
from rag.quantities import number, quantities
from rag.types import Document

JSON = Any
Span = tuple[int, int]
CLOCKED = re.compile(r"[0-2]\d:[0-5]\d")  # how an hour is said in a record


class Places:
    """A document in which values are looked for; what that takes is made once."""

    def __init__(self, text: str, years: frozenset[str] = frozenset()) -> None:
        self.text = text
        self._years = years  # that are known of it besides
        self._folded = Folded(text)
        self._known: dict[tuple[bool, str], list[Span]] = {}

    def of(self, value: JSON) -> list[Span]:
        """Where a value stands, in order; of more and less exact places only the most exact, and at most `MOST`."""
        if isinstance(value, bool) or value is None:
            return []
        said = repr(value) if isinstance(value, int | float) else str(value).strip()
        if (known := (type(value) is str, said)) not in self._known:
            size = Decimal(said) if isinstance(value, int | float) else None
            found = _best(self._numbers.get(size, [])) if size is not None else self._spelled(said) or self._meant(said)
            self._known[known] = found[:MOST]
        return self._known[known]

    def _spelled(self, value: str) -> list[Span]:
        found = self._folded.places(fold(value))
        if not found and "_" in value:  # a value of an enum, "city_centre"
            found = self._folded.places(fold(value.replace("_", " ")))
        return _best([(self._distance(value, span), span) for span in found])

    def _distance(self, value: str, span: Span) -> int:
        said = self.text[slice(*span)]
        if said == value:
            return 0
        return 1 if said.split() == value.split() else 2

    def _meant(self, value: str) -> list[Span]:
        """The places of a text that is a date or a number written in another way."""
        if not any(char.isdecimal() for char in value):
            return []
        if iso := date(value):
            return _best([(doubt, span) for said, doubt, span in self._dates if said == iso]) or self._days(iso)
        if CLOCKED.fullmatch(value):
            return self._hours.get(value, [])
        size = number(value)
        return _best(self._numbers.get(size, [])) if size is not None and not re.match(r"0\d", value) else []

    def _days(self, iso: str) -> list[Span]:
        """The places of a day that is said without its year, if the year stands elsewhere."""
        known = self._years | {said[:4] for said, _, _ in self._dates} | {titled_year(self.text)}
        if len(iso) != 10 or iso[:4] not in known:
            return []
        month, day = int(iso[5:7]), int(iso[8:])
        return [(one.start, one.end) for one in days(self.text) if (one.month, one.day) == (month, day)]

    @cached_property
    def _numbers(self) -> dict[Decimal, list[tuple[int, Span]]]:
        found: dict[Decimal, list[tuple[int, Span]]] = {}
        for one in quantities(self.text):
            found.setdefault(one.value, []).append((one.doubt, (one.start, one.end)))
        return found

    @cached_property
    def _hours(self) -> dict[str, list[Span]]:
        """Where hours are said, by what they are: "02:30" of "2.30 am"."""
        found: dict[str, list[Span]] = {}
        for match in TIME.finditer(self.text):
            found.setdefault(clock(match[0]), []).append(match.span())
        return found

    @cached_property
    def _dates(self) -> list[tuple[str, int, Span]]:
        return [(one.iso, one.doubt, (one.start, one.end)) for one in dates(self.text)]


def _best(found: list[tuple[int, Span]]) -> list[Span]:
    least = min((doubt for doubt, _ in found), default=0)
    return sorted(dict.fromkeys(span for doubt, span in found if doubt == least))


def evidence(
    data: JSON, text: str, windows: Sequence[Span] = (), years: frozenset[str] = frozenset()
) -> dict[str, JSON]:
    """
    JSON pointer of each leaf -> {"start", "end", "quote"}, or None where it stands nowhere. A day that is said without
    its year ("9 June") is found if the text says the year, or if it is one of `years`.
    """
    places = Places(text, years)
    found = {pointer: _first_in(windows, places.of(value)) for pointer, value in leaves(data)}
    return {pointer: _quoted(text, span) for pointer, span in nearest(found, text, places.of).items()}


def standing(data: JSON, document: Document, told: Mapping[str, Told] | None = None) -> dict[str, JSON]:
    """
    The evidence of a document: in the text that the user gave, with the `column` of a row and the `page` of a PDF; or
    in what its format knows, and then `about` names it ("From") and the offsets count in that. `told` is what rules
    read, by its pointer: each span says then `how` it was found, by its "label", in a "sentence" or by the "model".
    """
    text, meta = document.text, document.meta
    known = about(document)
    years = frozenset(when.iso[:4] for said in known.values() for when in dates(said))
    spans = evidence(data, text, years=years)
    for pointer, one in (told or {}).items():
        if 0 <= one.start < one.end:
            spans[pointer] = {**_quoted(text, (one.start, one.end)), **({"converted": True} if one.converted else {})}
    found = in_columns(spans, meta.get("text_columns") or {})
    if starts := meta.get("pages"):
        found = {pointer: span and {**span, "page": _page(starts, span["start"])} for pointer, span in found.items()}
    for pointer, value in leaves(data):
        for name, said in known.items() if found.get(pointer) is None else ():
            if span := find(value, said):
                found[pointer] = {"column" if "row" in meta else "about": name, **_quoted(said, span)}
                break
    if told is None:
        return found
    how = {pointer: one.how for pointer, one in told.items()}
    return {pointer: span and {**span, "how": how.get(pointer, "model")} for pointer, span in found.items()}


def _page(starts: Sequence[int], place: int) -> int:
    """The page of a place, from 1; page n begins at `starts[n - 1]`."""
    return max(bisect_right(starts, place), 1)


def in_columns(found: Mapping[str, JSON], columns: Mapping[str, Sequence[int]]) -> dict[str, JSON]:
    """Evidence with offsets in the column where it stands; column -> [start, end] in the text of the document."""

    def placed(span: Mapping[str, JSON] | None) -> JSON:
        for name, (start, end) in columns.items():
            if span is not None and start <= span["start"] and span["end"] <= end:
                return {**span, "start": span["start"] - start, "end": span["end"] - start, "column": name}
        return span

    return {pointer: placed(span) for pointer, span in found.items()}


def _quoted(text: str, span: Span | None) -> JSON:
    return None if span is None else {"start": span[0], "end": span[1], "quote": text[slice(*span)]}


def _first_in(windows: Sequence[Span], spans: list[Span]) -> list[Span]:
    """The spans of the first window that has any, else all."""
    for start, end in windows:
        if inside := [span for span in spans if start <= span[0] and span[1] <= end]:
            return inside
    return spans


def leaves(data: JSON, pointer: str = "") -> Iterator[tuple[str, JSON]]:
    """(RFC 6901 pointer, value) of everything in a record that is no object and no list."""
    if isinstance(data, Mapping):
        for key, value in data.items():
            yield from leaves(value, f"{pointer}/{pointers.step(key)}")
    elif isinstance(data, list):
        for number, value in enumerate(data):
            yield from leaves(value, f"{pointer}/{number}")
    else:
        yield pointer, data


def find(value: JSON, text: str, windows: Sequence[Span] = ()) -> Span | None:
    """The first of the best places where a text or a number stands, in the windows before elsewhere."""
    return next(iter(_first_in(windows, Places(text).of(value))), None)
