"""
The brand in the title of an offer: a name in its first words, behind what sellers say of any goods.

    ZELMARK Cordless Drill 18V      2024 New KRAFT & OHM Desk Lamp      iBloom Speaker
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable

from rag.extract.attributes import Nearness, is_attribute
from rag.extract.audience import is_anybody
from rag.extract.fields import Field, Key
from rag.extract.lexicon import bag
from rag.extract.near import Near
from rag.extract.titled import is_rare, is_titled

WORD = re.compile(r"[^\s,;:!?()\[\]{}|\"“”«»]+")
SOLD = bag(  # what sellers say of whatever they sell
    "new hot sale sales free shipping fast original genuine official authentic cheap discount discounted wholesale"
    " custom customized customised personalized personalised handmade factory direct oem odm high top best quality"
    " premium luxury fashion popular special limited edition brand arrival arrivals promotion deal offer the a an in"
    " stock super hot-selling selling for big pro professional portable mini universal trendy stylish"
)
MADE_UP = re.compile(r"[a-zà-ÿ][A-ZÀ-Þ]")  # "SeaKnight"
SAYING = re.compile(r"(?:proof|resistant|like|less|able|ible|ized|ised|ated|free|wear|ware|made|sized?)\Z")  # no name
LIKE = 0.5  # cosine from which a word only says what the thing is: "Eyewear" of sunglasses
MAKER = "brand name of a manufacturer"
OF_MAKER, SURELY = 0.27, 0.4  # cosine of a name with that, from which a word of the dictionary is one; for sure
STANDING = 0.5  # how surely a name is a brand that only stands first
SHORT, LONG = 3, 3  # letters of an abbreviation, if a dictionary has it: "LED"; words of a brand


def branded(
    text: str, wanted: Iterable[Field], near: Near, known: Container[str], nearness: Nearness
) -> dict[Key, list[str]]:
    """What the fields that ask for a brand can be in a title: what it begins with, or nothing."""
    asking = [one for one in wanted if _is_asked(one) and not _is_said(one.key, near)]
    if not asking or not is_titled(text, [match[0] for match in WORD.finditer(text)]):
        return {}
    brand = brand_in(text, known, nearness)
    return {one.key: [brand] if brand else [] for one in asking}


def _is_asked(one: Field) -> bool:
    single = one.kind == "text" and one.nullable and not (one.listed or one.element or one.phrase or one.formed)
    return single and "brand" in one.units and not one.wants


def _is_said(key: Key, near: Near) -> bool:
    """Whether a label or a sentence says it, or a rule of its own."""
    return key in near.told or any(sure > STANDING for _, sure in near.matches.said.get(key, []))


def brand_in(text: str, known: Container[str], nearness: Nearness) -> str | None:
    """The brand that a title begins with; None where it begins with none."""
    words = [match for match in WORD.finditer(text) if match[0].strip("-–—&/.#*'’")]
    first = next((n for n, word in enumerate(words) if not _is_sold(word[0])), len(words))
    if not (begun := words[first:]):
        return None
    run = _capitals([word[0] for word in begun], known)
    if run and sum(word[0].isupper() for word in words) < len(words) / 2:
        return text[begun[0].start() : begun[run - 1].end()]
    name = begun[0][0]
    if MADE_UP.search(name) and name.isalpha():
        return name
    others = {word[0].lower() for word in words if word[0].isalpha() and word[0].lower() != name.lower()}
    if not name.isalpha() or SAYING.search(name) or is_attribute(name) or is_anybody(name):
        return None
    making = nearness(name.lower(), MAKER)  # "Nike" is a word of the dictionary, too
    if not is_rare(name, known):
        return name if name[0].isupper() and making >= OF_MAKER else None
    if sum(other in known for other in others) < len(others) / 2:
        return None  # in another language any word is rare
    like = making < SURELY and any(nearness(name.lower(), other) >= LIKE for other in others)
    return None if like else name


def _is_sold(word: str) -> bool:
    """Whether it says nothing of what is sold: a year, a number of pieces, "New"."""
    return word.lower().rstrip("!") in SOLD or word[:1].isdigit()


def _capitals(words: list[str], known: Container[str]) -> int:
    """How many words at the beginning are written in capitals only, as a brand is; one, if no dictionary has it."""
    size = 0
    while size < min(len(words), LONG) and ((words[size] == "&" and size) or _is_capital(words[size])):
        size += 1
        if size == 1 and words[0].lower() not in known and words[1:2] != ["&"]:
            break
    short = size == 1 and len(words[0]) <= SHORT and words[0].lower() in known
    return 0 if short or (size and words[size - 1] == "&") else size


def _is_capital(word: str) -> bool:
    return word.isalpha() and word.isupper() and len(word) > 1 and word.lower() not in SOLD


__all__ = ["branded"]
