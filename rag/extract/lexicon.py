"""
What the words of forms mean, in some languages: "Rechnungsdatum", "date de facture" and "invoice_date" say the same.

A word is one or several units: the name of a notion that it stands for, or else its own stem, so that words that are
not listed match themselves. Names of fields and labels in documents go through the same door. Nothing here reads a
document or a schema.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from functools import cache, lru_cache
from pathlib import Path

from rag.extract.cognates import skeleton


def bag(words: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(words.split())


NOTIONS = Path(__file__).parent / "notions.txt"  # notion: words; an underscore stands for a blank
KIN = Path(__file__).parent / "kin.txt"  # how near notions are
FORMS = Path(__file__).parent / "forms.txt"  # the same, by domain, in more languages
SOLID = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0e7f]")
TOKEN = re.compile(r"№|n°|us\$|[€$£¥￥円]|[^\W\d_]+(?:[-.'’][^\W\d_]+)*\.?")
HALF = 0.5
LEAST = 4  # letters of a word that may be a part of a longer one
LONG_FEMININE = 8  # letters from which a word that ends with "in" may be the feminine of another in German
COMPOUND = 2  # words that a hyphen joins
LEAST_OF_FORMS, LEAST_OF_KIN = 6, 7  # the same of a word of `forms.txt`; of one that has cognates
SILENT = bag(
    "the a an of for in on at and or your our my his her its this that is are was it do does what which how much many"
    " der die das den dem des ein eine und oder im am zum zur bei mit für le la les l' du des et au aux en pour el los"
    " las y e il lo della di del dei delle dal per van het een op da do dos das av för och og i with str int"
    " float bool list"
)


NUMBERING, LONG = ("nummer", "number", " nr"), 7  # ends of words for a number of something, longer than by themselves
# Small words that say something where they stand alone, as labels and fields do: "From: …".
ALONE = {"from": "sender", "von": "sender", "de": "sender", "от": "sender", "by": "author"}
ALONE |= dict.fromkeys(("to", "an", "à", "para", "a"), "recipient")


TRANSCRIBED = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})  # "beschluesse"


@cache
def _lines() -> list[str]:
    return NOTIONS.read_text(encoding="utf-8").splitlines()


@cache
def _more() -> list[str]:
    return [line for line in FORMS.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]


@cache
def _of_forms() -> frozenset[str]:
    """The notions that are words of forms: all but those below the second line of `notions.txt` that begins with #."""
    lines = itertools.takewhile(lambda line: not line.startswith("#"), _lines()[1:])
    return frozenset(line.partition(": ")[0] for line in (*lines, *_more()))


@cache
def _words() -> dict[str, frozenset[str]]:
    """Word, or words with a blank between -> the notions that it stands for."""
    found: dict[str, set[str]] = {}
    for line in (*_lines(), *_more()):
        if line.startswith("#"):
            continue
        notion, _, words = line.partition(": ")
        for word in [notion, *words.split()]:
            plain = word.replace("_", " ").rstrip(".:").casefold()
            for form in (plain, _unaccented(plain), plain.translate(TRANSCRIBED)):
                found.setdefault(form, set()).add(notion)
                if plain.endswith(NUMBERING) and len(plain) > LONG:  # "buchungsnummer"
                    found[form].add("number")
    return {word: frozenset(notions) for word, notions in found.items()}


def _umlauts(word: str) -> str:
    """A German word as it is written where umlauts can be: "rueckkehr"."""
    return word.replace("ae", "ä").replace("oe", "ö").replace("ue", "ü")


def _unaccented(word: str) -> str:
    """A word as it is typed where accents are left out: "etapes"."""
    return "".join(char for char in unicodedata.normalize("NFD", word) if not unicodedata.combining(char))


@cache
def _first() -> frozenset[str]:
    """The words of `notions.txt`."""
    return frozenset(word for line in _lines() for word in line.casefold().replace(": ", " ").split())


@cache
def _long() -> list[str]:
    """The words that may be part of a longer one, the longest first."""
    long = (
        word for word in _words() if len(word) >= (LEAST if word in _first() else LEAST_OF_FORMS) and word.isalpha()
    )
    return sorted(long, key=len, reverse=True)


@cache
def _cognates() -> dict[str, frozenset[str]]:
    """What words of one origin have in common -> the notions that they stand for."""
    found: dict[str, frozenset[str]] = {}
    for word, meant in _words().items():
        if len(word) >= LEAST_OF_KIN and (bone := skeleton(word)):
            found[bone] = found.get(bone, frozenset()) | meant
    return found


@cache
def _solid() -> re.Pattern[str]:
    words = sorted((word for word in _words() if SOLID.search(word)), key=len, reverse=True)
    return re.compile("|".join(map(re.escape, words)))


@lru_cache(maxsize=20_000)
def units(text: str) -> frozenset[str]:
    """What the words of a short text mean: notions where they are known, else their stems; small words are none."""
    text = unicodedata.normalize("NFC", text.replace("_", " ")).casefold()
    if text.strip() in ALONE:
        return frozenset({ALONE[text.strip()]})
    found: set[str] = set()
    for match in _solid().finditer(text):
        found |= _words()[match[0]]
    tokens = [match[0].rstrip(".") for match in TOKEN.finditer(text)]
    at = 0
    while at < len(tokens):
        joined = next((n for n in (3, 2) if " ".join(tokens[at : at + n]) in _words() and at + n <= len(tokens)), 1)
        last = at > 0 and at + 1 == len(tokens) and tokens[at] in ("no", "n")  # "PCN No", "prenotazione n."
        found |= frozenset({"number"}) if last else _of_word(" ".join(tokens[at : at + joined]))
        at += joined
    return frozenset(found)


@lru_cache(maxsize=20_000)
def _of_word(word: str) -> frozenset[str]:
    known = _words()
    for form in (
        word,
        word.rstrip("s"),
        word + ".",
        _without_ending(word),
        _unaccented(word),
        _umlauts(word),
        ELIDED.sub("", word),
    ):
        if form in known:
            return known[form]
    if SOLID.search(word) or word in SILENT or not word[:1].isalpha():
        return frozenset()
    if len(parts := word.split("-")) == COMPOUND and all(len(part) >= LEAST for part in parts):
        return frozenset().union(*map(_of_word, parts))  # "metadata-version" is no version
    heads = {part: notions for part in _long() if word.endswith(part) and (notions := _part(word, part))}
    if heads:  # what a compound is says its end; its beginning only says more of it
        more = {part: notions for part in _long() if word.startswith(part) and (notions := _part(word, part))}
        return frozenset().union(*heads.values(), *more.values())
    if len(word) >= LEAST_OF_KIN and (bone := skeleton(word)) in _cognates():
        return _cognates()[bone]
    if word.endswith("in") and len(word) > LONG_FEMININE and (meant := _of_word(word[:-2])) & all_notions():
        return meant  # "Kontoinhaberin"
    stem = word.rstrip("s")
    return frozenset({stem}) if len(stem) > 1 else frozenset()


def _without_ending(word: str) -> str:
    """A word without the ending of a form of it; not where what is left is as short as "Rom" of "Rome"."""
    bare = re.sub(r"(?:en|e|n|es)$", "", word)
    return bare if len(bare) >= LEAST or bare in _first() else word


def _part(word: str, part: str) -> frozenset[str]:
    """The notions of a word that a compound begins or ends with: "Rechnungsdatum"."""
    rest = len(word) - len(part)
    if rest < 3 or not (word.startswith(part) or word.endswith(part)) or (word.isascii() and part in ENGLISH_ENDS):
        return frozenset()
    return _words()[part]


ELIDED = re.compile(r"^(?:d|l|qu|un|dell|all|nell)['’]")  # "l'adresse"
ENGLISH_ENDS = bag("ende rate sync left note case port host time bill tema card from when unit firm date rent")


def singular(word: str) -> str:
    """An English word in small letters without the ending of a plural, to be compared: "lens" as "lenses"."""
    return re.sub(r"(?:(?<=[sxz])|(?<=[cs]h))es\Z", "", word.lower()).rstrip("s")


def is_phrase(text: str) -> bool:
    """Whether several words mean something together: "country of origin", "best before"."""
    return text.casefold() in _words()


def is_notion(word: str) -> bool:
    """Whether a word is one that forms are made of: "Total"."""
    if SOLID.search(word):
        return re.fullmatch(f"(?:{_solid().pattern})+", word.casefold()) is not None
    meant = units(word)
    return bool(meant) and meant <= _of_forms()


def is_name_of_a_field(text: str) -> bool:
    """Whether a text is no more than the word for something; in scripts without blanks it may hold such a word."""
    return not SOLID.search(text) or is_notion(text)


@lru_cache(maxsize=64)
def notions(text: str) -> frozenset[str]:
    """The notions that the words of a text stand for."""
    return frozenset().union(*(units(word) for word in text.split())) & all_notions()


@cache
def all_notions() -> frozenset[str]:
    """The names of all notions."""
    return frozenset().union(*_words().values())


@cache
def _near() -> dict[frozenset[str], float]:
    """Two notions -> how near they are to one another."""
    lines = (line.partition(": ") for line in KIN.read_text(encoding="utf-8").splitlines()[1:])
    return {frozenset(pair.split()): float(nearness) for nearness, _, pairs in lines for pair in pairs.split(", ")}


SAME_STEM, ENDING = 0.8, 3  # two forms of a word that no notion has, "kind" and "kinder"; letters of its ending


@lru_cache(maxsize=50_000)
def _kin(one: str, other: str) -> float:
    if one == other:
        return 1.0
    short, long = sorted((one, other), key=len)
    ending = len(long) - len(short)
    if not {one, other} & all_notions():
        if len(short) >= LEAST and ending <= ENDING and long.startswith(short):
            return SAME_STEM
        if (bone := skeleton(one)) and bone == skeleton(other):
            return SAME_STEM
    return _near().get(frozenset((one, other)), 0.0)


# What many fields have in common, and what sets a field apart so that a label without it does not speak of it.
GENERIC = bag("date number name time price amount person place title description euro dollar pound yen unit")
APART = bag("previous new next start end min max due birth")


@lru_cache(maxsize=50_000)
def alike(field: frozenset[str], label: frozenset[str]) -> float:
    """How much of a field a label says, and how little else: from 0 to 1."""
    if not field or not label:
        return 0.0
    return _dice(field, label) * _specific(field, label)


@lru_cache(maxsize=50_000)
def within(field: frozenset[str], words: frozenset[str]) -> float:
    """How much of a field some words say, whatever else they say: from 0 to 1."""
    if not field or not words:
        return 0.0
    return sum(max(_kin(one, other) for other in words) for one in field) / len(field) * _specific(field, words)


def _specific(field: frozenset[str], label: frozenset[str]) -> float:
    """Less than 1 if what is special of a field is not said: "Date" is no "due date", "Name" may be the "user name"."""
    if any(max(_kin(one, other) for other in label) < HALF for one in field & APART):
        return 0.0
    special = field - GENERIC
    if special and all(max(_kin(one, other) for other in label) < HALF for one in special):
        return 0.6 if field != special else 0.0
    return 1.0


def _dice(field: frozenset[str], label: frozenset[str]) -> float:
    said = sum(max(_kin(one, other) for other in label) for one in field)
    meant = sum(max(_kin(one, other) for other in field) for one in label)
    return (said + meant) / (len(field) + len(label))
