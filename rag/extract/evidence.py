"""
Where a value stands in the document: exact offsets, or nowhere.

Every leaf of a record is looked for as it is, then with other spacing, then without regard to letter case; whole words
only, in the window it came from before the rest of the text. What is found is a span, `text[start:end] == quote`; what
is not found is null. That a value stands in a text does not prove that it was taken from there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

JSON = Any
Span = tuple[int, int]


def evidence(data: JSON, text: str, windows: Sequence[Span] = ()) -> dict[str, JSON]:
    """JSON pointer of each leaf -> {"start", "end", "quote"}, or None where it stands nowhere."""
    found: dict[str, JSON] = {}
    for pointer, value in leaves(data):
        span = find(value, text, windows)
        found[pointer] = None if span is None else {"start": span[0], "end": span[1], "quote": text[slice(*span)]}
    return found


def leaves(data: JSON, pointer: str = "") -> Iterator[tuple[str, JSON]]:
    """(RFC 6901 pointer, value) of everything in a record that is no object and no list."""
    if isinstance(data, Mapping):
        for key, value in data.items():
            yield from leaves(value, f"{pointer}/{str(key).replace('~', '~0').replace('/', '~1')}")
    elif isinstance(data, list):
        for number, value in enumerate(data):
            yield from leaves(value, f"{pointer}/{number}")
    else:
        yield pointer, data


def find(value: JSON, text: str, windows: Sequence[Span] = ()) -> Span | None:
    """The first place where a text or a number stands, in the windows before elsewhere."""
    ways = list(_ways(value))
    for start, end in [*windows, (0, len(text))]:
        for way in ways:
            if match := way.search(text, start, end):
                return match.span()
    return None


def _ways(value: JSON) -> Iterator[re.Pattern[str]]:
    if isinstance(value, bool) or value is None:
        return
    if isinstance(value, int | float):
        yield re.compile("|".join(rf"(?<![\w.,])-?{re.escape(form)}(?![\w]|[.,]\d)" for form in _numerals(value)))
        return
    words = str(value).split()
    if not words:
        return
    before = r"(?<!\w)" if re.match(r"\w", words[0]) else ""
    after = r"(?!\w)" if re.search(r"\w\Z", words[-1]) else ""
    yield re.compile(before + re.escape(str(value)) + after)
    loose = before + r"\s+".join(map(re.escape, words)) + after
    yield re.compile(loose)
    yield re.compile(loose, re.IGNORECASE)


def _numerals(value: float) -> Iterator[str]:
    """How a number may be written, its sign aside."""
    size = abs(value)
    if isinstance(value, int) or float(value).is_integer():
        yield str(int(size))
        if size >= 1000:
            yield f"{int(size):,}"
            yield f"{int(size):,}".replace(",", ".")
            yield f"{int(size):,}".replace(",", " ")
    if not isinstance(value, int):
        plain = format(size, "f").rstrip("0").rstrip(".") if size < 1e15 else repr(size)
        yield from dict.fromkeys((repr(size), plain, plain.replace(".", ","), f"{size:.2f}"))
