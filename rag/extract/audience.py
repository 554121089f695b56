"""
For whom a thing is, as titles of offers say: "Men's Running Shoes", "for Kids", "Unisex".

A thing that is for both sexes has no gender, but where it says "unisex". Rules only; nothing here asks a model.
"""

from __future__ import annotations

import re

from rag.extract.fields import Field, in_words
from rag.extract.lexicon import bag
from rag.extract.telling import Told

OF = r"(?=(?:['’´]?s|['’]|&#39;s)?(?![^\W_]))"  # "men" of "men's", "mens"
MALE = r"men|man|gentlemen|gents|boys?|herren|männer|jungen|hommes?|garçons?|hombres?|niños|uomo|uomini|bambini"
MALE += r"|heren|mannen|jongens"
FEMALE = r"women|woman|ladies|lady|girls?|damen|frauen|mädchen|femmes?|filles?|mujer(?:es)?|niñas|donna|donne|bambine"
FEMALE += r"|dames|vrouwen|meisjes"
SEXES = {
    "male": re.compile(rf"(?<![^\W_])(?:{MALE}){OF}", re.IGNORECASE),
    "female": re.compile(rf"(?<![^\W_])(?:{FEMALE}){OF}", re.IGNORECASE),
}
ADJECTIVES = {
    "male": re.compile(r"(?<![^\W_])(?:male|masculine)(?![^\W_])", re.IGNORECASE),
    "female": re.compile(r"(?<![^\W_])(?:female|feminine|feminin)(?![^\W_])", re.IGNORECASE),
}
BOTH = re.compile(r"(?<![^\W_])unisex(?![^\W_])", re.IGNORECASE)
AGES = (
    r"adults?|children|child|kids?|bab(?:y|ies)|infants?|toddlers?|teen(?:ager)?s?|youths?|juniors?|seniors?"
    r"|erwachsene|kinder|babys?|adultes?|enfants?|bébés?|adultos?|bebés?|adulti|bambini|neonati|volwassenen|kinderen"
)
OF_AGE = re.compile(rf"(?<![^\W_])(?:{AGES}){OF}", re.IGNORECASE)
ANYBODY = re.compile(rf"(?<![^\W_])(?:unisex|{MALE}|{FEMALE}|{AGES}|students?|beginners?){OF}", re.IGNORECASE)
FOR = re.compile(r"(?<![^\W_])(?:for|für|pour|para|per|voor)\s\Z", re.IGNORECASE)
AUDIENCE = bag("audience department people target")  # words of names: "Target group", "Applicable People"


def audience(text: str, one: Field, sexed: bool) -> Told | None:
    """
    The sex or the people for whom a thing is; null where it says nothing or both, None where nothing is asked. Where
    the sex has a field of its own (`sexed`), the others ask for the age.
    """
    if one.kind != "text" or one.listed or one.element or one.formed or not one.nullable:
        return None
    words = set(in_words(one.key[1]).split())
    if not ("sex" in one.units or words & AUDIENCE):
        return None
    return _sex(text) if "sex" in one.units else _people(text, OF_AGE if sexed else ANYBODY)


def is_anybody(word: str) -> bool:
    """Whether a word says for whom a thing is."""
    return ANYBODY.match(word) is not None


def _sex(text: str) -> Told:
    said = {sex: way.search(text) or ADJECTIVES[sex].search(text) for sex, way in SEXES.items()}
    found = [match for match in said.values() if match]
    match = BOTH.search(text) or (found[0] if len(found) == 1 else None)
    return Told(match[0], *match.span(), "sentence") if match else Told(None, -1, -1, "sentence")


def _people(text: str, way: re.Pattern[str]) -> Told:
    found = list(way.finditer(text))
    match = next((match for match in found if FOR.search(text, 0, match.start())), found[0] if found else None)
    return Told(match[0], *match.span(), "sentence") if match else Told(None, -1, -1, "sentence")


__all__ = ["audience", "is_anybody"]
