"""
What is said of a string, as machines: ("pattern" or "format", its text, whether it must hold).

A machine is a lower bound (all that it admits surely fits) unless another sense is asked for: the contrary of a law is
made of its bound on the other side.
"""

from __future__ import annotations

from rag.grammar.regular import formats
from rag.grammar.regular.automaton import EVERYTHING, Machine, minus, search
from rag.grammar.regular.regex import OPPOSITE, Sense

Law = tuple[str, str, bool]


def pattern_of(kind: str, text: str, sense: Sense = "lower") -> str:
    """The pattern of a law."""
    if kind != "format":
        return text
    return (formats.UPPER.get(text) if sense == "upper" else None) or formats.PATTERNS[text]


def machine_of(kind: str, text: str, holds: bool, sense: Sense = "lower", lean: bool = False) -> Machine:
    """The machine of a law; a `lean` one may admit less of a format, in far fewer states."""
    if not holds:
        other = OPPOSITE[sense] if sense != "exact" or kind != "format" else "upper"
        return minus(EVERYTHING, search(pattern_of(kind, text, other), other))
    pattern = formats.LEAN.get(text) if lean and kind == "format" else None
    return search(pattern or pattern_of(kind, text, sense), sense)
