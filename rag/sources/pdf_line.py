"""A line of a PDF page: what it says and where it stands."""

from __future__ import annotations

from dataclasses import dataclass

FARTHEST = 1e7  # points


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a page: its text, the size of its type, and where it stands (size 0 if that is not known)."""

    text: str
    size: float = 0.0
    left: float = 0.0
    right: float = 0.0  # where its last character begins
    base: float = 0.0  # height of the base line above the foot of the page
    foot: float = 0.0  # and that of its last character: pdfium joins two lines over a divided word
    mono: bool = False
    spaced: bool = False  # whether a space stands before it
    seen: bool = True  # it is drawn, and not only there to be searched
    table: bool = False  # it is a whole table, written out
    ends: bool = False  # the next line begins where it does because it was meant to: in an address, in verse
    height: float = 0.5  # where on the page it stands: 0 at its foot, 1 at its top


def finite(value: float) -> float:
    """A measure of a page; 0 for what a damaged file says that is no place on any page."""
    return value if abs(value) < FARTHEST else 0.0  # False for what is no number, too
