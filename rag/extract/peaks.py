"""
The most and the least of something measured, as sentences say it: a maximum is the largest of several, a single one
stands.

    gusts reaching 115 km/h      around 11 degrees, falling to 4 overnight      höchstens zwölf Stunden

Rules only; nothing here asks a model.
"""

from __future__ import annotations

import re

from rag.extract.fields import Field, in_words
from rag.extract.figures import Figure, Figures, wanted
from rag.extract.lexicon import bag, units
from rag.extract.measuring import Unit
from rag.extract.telling import Told
from rag.extract.worded import NUMBER, number_of

MOST, LEAST = bag("max maximum highest peak top most"), bag("min minimum lowest least")
WEATHER = frozenset({"celsius", "speed"})  # of which a text seldom says others
FALLING = re.compile(
    r"(?<!\w)(?:fall\w*|fell|drop\w*|sink\w*|low(?:s|est)?(?: of)?|min(?:imum)?\.?|at least|no less than|overnight"
    r"|down to"
    r"|zurück|sinkt|tiefst\w*|tief\w*|nachts|mindestens|redescend\w*|descend\w*|baiss\w*|au moins|plus bas\w*"
    r"|minimal\w*"
    r"|baj\w+|descen\w+|mínim\w*|al menos|scend\w*|minim\w*|almeno|daalt|dalen|dalend|minstens|minimaal|ten minste"
    r"|vanaf|ab"
    r"|nuit|noche|notte|nacht)(?!\w)",
    re.IGNORECASE,
)
LEAST_SAID = re.compile(
    r"(?<!\w)(?:at least|no less than|min(?:imum)?\.?|mindestens|wenigstens|au moins|al menos|almeno|minstens"
    r"|ten minste)\W*\Z",
    re.IGNORECASE,
)
DEGREES = re.compile(
    rf"(?<![\w.,/])(?P<sign>minus |moins |menos |meno |min |[-−–])?(?P<n>\d{{1,2}}(?:[.,]\d)?|{NUMBER})"
    r"(?:\s(?:degrees|Grad|degrés|grados|gradi|graden)(?!\w)|\s?°(?!\s?F))",
)
TO = re.compile(
    r"\s(?:to|auf|à|a|bis|naar)\s(?P<n>[-−–]?\d{1,2})(?=\s(?:overnight|in der Nacht|by night|at night)|[.,;]|\s*\Z)"
)
SENTENCE = re.compile(r"(?<=[^\W_]{2})[.!?;]\s|\n|(?<=\))[.]\s")
Found = list[tuple[float | int, int, int, bool, bool]]  # value, place, whether it is spoken of, whether it falls


def peak(text: str, one: Field, figures: Figures) -> Told | None:
    """What a field such as `max_gust_kmh` or `min_temp_c` asks for; None of all others."""
    words = in_words(one.key[1]).split()
    unit = wanted(one)
    if one.kind != "number" or one.element or one.listed or not words or words[0] not in MOST | LEAST or unit is None:
        return None
    if unit.is_money or unit.family == "percent" or unit.family in ("days", "months", "time"):
        return None
    about = frozenset().union(*(units(word) for word in words[1:-1])) if words[1:-1] else frozenset()
    found = [
        (figure.value, figure.one.start, figure.one.end, _speaks(text, figure, about), _is_low(text, figure, unit))
        for figure in figures.fitting(one)
    ]
    if unit.family == "celsius":
        found += _degrees(text, {start for _, start, *_ in found})
    spoken = [one for one in found if one[3]] or (found if unit.family in WEATHER else [])
    return _end(spoken, words[0] in MOST)


def _is_low(text: str, figure: Figure, unit: Unit) -> bool:
    """Whether a number is said to be the least, or a temperature to be low."""
    start = figure.one.start
    if unit.family == "celsius":
        return _falls(text, start)
    return LEAST_SAID.search(text[max(0, start - 24) : start]) is not None


def _end(found: Found, most: bool) -> Told | None:
    """The largest or the smallest; a single one is the least only where it is said to be low, and then not the most."""
    values = {one[0] for one in found}
    if not values:
        return None
    if len(values) == 1:
        if found[0][4] == most:
            return None
        best = found[0]
    else:
        best = max(found) if most else min(found)
    return Told(best[0], best[1], best[2], "sentence")


def _speaks(text: str, figure: Figure, about: frozenset[str]) -> bool:
    """Whether the sentence of a number speaks of what is measured."""
    said = _sentence(text, figure.one.start)
    return bool(about & frozenset().union(*(units(word) for word in re.findall(r"[^\W\d_]+", said)), frozenset()))


def _falls(text: str, start: int) -> bool:
    said = text[max(0, start - 60) : start + 40]
    before = SENTENCE.split(said[: min(60, start)])[-1]
    after = SENTENCE.split(said[min(60, start) :])[0]
    return FALLING.search(f"{before}{after}") is not None


def _sentence(text: str, at: int) -> str:
    before = SENTENCE.split(text[max(0, at - 150) : at])[-1]
    return before + SENTENCE.split(text[at : at + 80])[0]


def _degrees(text: str, known: set[int]) -> Found:
    """Temperatures in words: "around 11 degrees, falling to 4 overnight", "auf -6 Grad"."""
    found: Found = []
    for match in DEGREES.finditer(text):
        value = _read(match["n"])
        if value is not None:
            sign = -1 if match["sign"] else 1
            start = match.start("sign") if match["sign"] else match.start("n")
            found += (
                [(sign * value, start, match.end(), True, _falls(text, start))] if match.start("n") not in known else []
            )
            rest = text[match.end() : match.end() + 60]
            to = TO.search(SENTENCE.split(rest + " ")[0] + ".")
            if to is not None and FALLING.search(rest[: to.start("n") + 12]):
                at = match.end() + to.start("n")
                value = int(to["n"].replace("−", "-").replace("–", "-"))
                found.append((value, at, at + len(to["n"]), True, True))
    return [one for one in found if one[1] not in known]


def _read(said: str) -> float | int | None:
    if re.fullmatch(r"\d+[.,]\d+", said):
        return float(said.replace(",", "."))
    return number_of(said)


__all__ = ["peak"]
