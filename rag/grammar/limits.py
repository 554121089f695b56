"""
How far a grammar may go where a schema sets no end, and how it reads what a schema leaves open.

`WRITING` is for a model that writes: everything ends, objects hold only the keys that are named. `READING` says
exactly what the schema says, as a validator would: nothing is bounded, undeclared keys are welcome.
"""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Limits:
    """None means without end. A bound that the schema itself sets always wins over these."""

    string: int | None = 400  # characters of a string
    items: int | None = 50  # elements of an array
    keys: int | None = 40  # undeclared keys of an object
    key: int | None = 64  # characters of an undeclared key
    digits: int = 15  # of a number, before the point
    fraction: int = 17  # digits behind the point
    depth: int | None = 4  # how often a recursive schema may enter itself
    closed: bool = True  # undeclared keys only where the schema names them, untyped schemas by what they speak of
    silent: int = 0  # undeclared keys of an object that names some and does not say whether it has others

    def tighter(self) -> Limits | None:
        """The next smaller ones; None at the end of the ladder."""
        at = (self.string or 10**9, self.items or 10**9)
        for string, items, keys, depth in _LADDER:
            if (string, items) < at and string <= at[0] and items <= at[1]:
                return replace(
                    self,
                    string=string,
                    items=items,
                    keys=min(keys, self.keys or keys),
                    silent=0,
                    key=min(20, self.key or 20),
                    depth=min(depth, self.depth or depth),
                    fraction=min(6, self.fraction),
                    digits=min(12, self.digits),
                )
        return None


_LADDER = [
    (400, 50, 20, 4),
    (300, 20, 10, 3),
    (200, 12, 8, 2),
    (120, 8, 6, 2),
    (80, 6, 4, 1),
    (60, 4, 3, 1),
    (40, 3, 2, 1),
    (24, 2, 2, 1),
    (16, 2, 1, 1),
    (12, 1, 1, 1),
    (8, 1, 1, 1),
]
WRITING = Limits()
READING = Limits(None, None, None, None, 200, 60, None, closed=False)
