"""
What a schema says about one value, gathered from all the places that say it.

`Constraints` holds the conjunction of a schema, its `$ref`, `allOf` and whatever else applies to the same value,
sorted by the kind of value it speaks of. Choices (anyOf, oneOf, if) are kept as groups for `rag.grammar.schema.choices`
to open. Nothing here writes grammar.
"""

from __future__ import annotations

from decimal import Context, Decimal
from typing import Any

from rag.types import JSON

NULL, BOOL, INT, FRAC, STR, ARR, OBJ = 1, 2, 4, 8, 16, 32, 64
NUM = INT | FRAC
ALL = 127
TYPES = {
    "null": NULL,
    "boolean": BOOL,
    "integer": INT,
    "number": NUM,
    "string": STR,
    "array": ARR,
    "object": OBJ,
    "any": ALL,
}
MASK = "\0mask"  # keywords of schemas that we make ourselves
EXCLUDED = "\0but"
UNLIKE = "\0unlike"


_EXACT = Context(prec=5000)  # more digits than a quotient of numbers that can be read has
SINCE = {  # the draft that brought a keyword
    **dict.fromkeys(("const", "contains", "propertyNames"), 6),
    **dict.fromkeys(("if",), 7),
    **dict.fromkeys(("dependentRequired", "dependentSchemas", "unevaluatedItems", "unevaluatedProperties"), 2019),
    "prefixItems": 2020,
}


class Missing:
    """Stands for a schema that is not there."""


MISSING = Missing()


class Constraints:
    """The conjunction of several schemas on one value."""

    __slots__ = (
        "arrays",
        "bare",
        "contains",
        "enum",
        "excluded",
        "exclusive_max",
        "exclusive_min",
        "groups",
        "high",
        "laws",
        "low",
        "mask",
        "max_chars",
        "max_items",
        "max_keys",
        "max_length",
        "min_items",
        "min_keys",
        "min_length",
        "multiples",
        "names",
        "objects",
        "required",
        "rest_items",
        "rest_keys",
        "seen",
        "source",
        "typed",
        "unique",
        "verbatim",
    )  # fmt: skip

    def __init__(self) -> None:
        self.mask = ALL
        self.typed = False  # somebody said which types
        self.bare = True  # nothing but groups so far
        self.seen: set[int] = set()
        self.source: dict[str, JSON] = {}  # keyword: the schema that said it
        self.enum: list[JSON] | None = None
        self.excluded: tuple[JSON, ...] = ()
        self.groups: tuple[tuple[str, list[JSON], JSON], ...] = ()
        self.low: Decimal | None = None
        self.exclusive_min = False
        self.high: Decimal | None = None
        self.exclusive_max = False
        self.multiples: tuple[Decimal, ...] = ()
        self.min_length = 0
        self.max_length: int | None = None
        self.laws: tuple[tuple[str, str, bool], ...] = ()
        self.verbatim: JSON = None
        self.max_chars: int | None = None
        self.arrays: tuple[tuple[list[JSON], Any], ...] = ()
        self.min_items = 0
        self.max_items: int | None = None
        self.unique = False
        self.contains: tuple[tuple[JSON, int, int | None], ...] = ()
        self.rest_items: Any = MISSING
        self.required: dict[str, JSON] = {}
        self.objects: tuple[tuple[dict[str, JSON], dict[str, JSON], Any], ...] = ()
        self.min_keys = 0
        self.max_keys: int | None = None
        self.names: tuple[JSON, ...] = ()
        self.rest_keys: Any = MISSING

    def copy(self) -> Constraints:
        other = Constraints.__new__(Constraints)
        for name in Constraints.__slots__:
            setattr(other, name, getattr(self, name))
        other.seen = set(self.seen)
        other.source = dict(self.source)
        other.required = dict(self.required)
        return other

    @property
    def longest(self) -> int | None:
        """The most characters of a string, by whichever bound is said; None if none is."""
        return min((most for most in (self.max_length, self.max_chars) if most is not None), default=None)

    @property
    def impossible(self) -> bool:
        return self.mask == 0 or self.enum == []

    def speaks_of(self) -> int:
        """The types that the keywords are about, for a schema that names none."""
        mask = 0
        if self.objects or self.required or self.min_keys or self.max_keys is not None or self.names:
            mask |= OBJ
        if self.arrays or self.min_items or self.max_items is not None or self.unique or self.contains:
            mask |= ARR
        if self.min_length or self.max_length is not None or self.laws or self.verbatim:
            mask |= STR
        if self.low is not None or self.high is not None or self.multiples:
            mask |= NUM
        return mask


def mask_of(value: JSON) -> int:
    """The type of a value, as one bit."""
    kind = type(value)
    if kind is str:
        return STR
    if kind is bool:
        return BOOL
    if kind is int:
        return INT
    if kind is float:
        return INT if value.is_integer() else FRAC
    return NULL if value is None else ARR if kind is list else OBJ


def multiple(value: Decimal, step: Decimal) -> bool:
    """Whether a number is a multiple of another, exactly; of 1e308 and 1e-300, too."""
    return not _EXACT.remainder(value, step)


def same(one: JSON, other: JSON) -> bool:
    """Equality as JSON Schema means it: 1 and 1.0 are one number, and neither is true."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(value, other[key]) for key, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)
