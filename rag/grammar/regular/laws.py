"""
What is said of a string, as machines: ("pattern" or "format", its text, whether it must hold).

A machine is a lower bound (all that it admits surely fits) unless another sense is asked for: the contrary of a law is
made of its bound on the other side.
"""

from __future__ import annotations

from rag.grammar.regular import formats
from rag.grammar.regular.alphabet import EVERYTHING, Machine, TooLarge
from rag.grammar.regular.automaton import meet, minus, search
from rag.grammar.regular.machines import minimise
from rag.grammar.regular.regex import OPPOSITE, Sense

Law = tuple[str, str, bool]
TOGETHER = 200  # states of several patterns that are tried one by one


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


def too_much(laws: tuple[Law, ...]) -> list[Law]:
    """The laws that make too large a machine together with those before them."""
    kept, bad = EVERYTHING, list[Law]()
    for law in laws:
        try:
            if len(bad) > 1:
                raise TooLarge("two were too much already")
            kept = minimise(meet(kept, machine_of(*law), most=TOGETHER))
        except TooLarge:
            bad.append(law)
    return bad or [laws[-1]]
