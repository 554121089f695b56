"""
What a few words about a thing say of it without labels, as titles of offers and lines of catalogues do: what it is made
of, its colour, its pattern, its style, its season, its sport, for whom it is.

    Oak Dining Table Brass Legs, Walnut Finish      Men's Striped Cotton Shirt      Rosewood Fretboard

What such words are stands in `attributes.txt`. A field that asks for one of these takes them, and no other word where a
thing is offered; one that asks it of a part ("frame material") takes what stands beside the word for that part. Rules
only; nothing here asks a model.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from rag.extract.fields import Field, Key, in_words
from rag.extract.lexicon import bag, singular

ATTRIBUTES = Path(__file__).parent / "attributes.txt"
WORDS = 90  # of a text that is a few words about a thing
ASKED = {  # words of a field's name -> what it asks for
    "material": "material materials werkstoff matière matériau matériaux materiale materiali materiaal materialien",
    "fabric": "fabric fabrics textile stoff stoffart tissu tejido tessuto stof",
    "color": "color colors colour colours farbe farben farbton couleur couleurs colore kleur",
    "pattern": "pattern patterns muster motif motivo estampado dessin patroon fantasia",
    "season": "season seasons jahreszeit saison temporada estación stagione seizoen",
    "style": "style styles stil estilo stile stijl",
    "sport": "sport sports sportart deporte",
}
KINDS = {word: kind for kind, words in ASKED.items() for word in words.split()}
PLAIN = bag("type main primary name kind art tipo of the s")  # of a field's name that say no part
JOINED = r"(?:\s?[/&+-]\s?|\s(?:and|und|et|y|e|en)\s)"
HEADED = r"\s(?:wood|leather|alloy|steel|fibre|fiber|wool|holz|leder)"  # "bamboo wood"
NAMED = r"|[^\W\d_]+(?=[\s-](?:style|styles|design)(?![^\W_]))"  # what a style is called
SEVERAL = bag("material fabric color")  # of which one thing may have several
Nearness = Callable[[str, str], float]  # the cosine of two texts
PART, BETWEEN = 0.6, 2  # cosine from which a word means a part; words between what a part is of and its name
WORD = re.compile(r"[^\W\d_]+")
LEADING = re.compile(r"(?:\s(?:is|are|made|of|in|from|solid|aus|en|de|di|in|van|:))+\s\Z|\s?[:(=]\s?\Z")
OPEN = bag("sport")  # of which there are more than the words that are listed
OF_THINGS = bag("pattern season style")  # words that mean something else where no thing is offered
THING = bag("brand model material color size fabric pattern")


@dataclass(frozen=True, slots=True)
class Word:
    """A word for an attribute, or several with what joins them, and where they stand."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Attributes:
    """Of fields: what is told of a part that they ask about; all that they can be, the likeliest first."""

    told: dict[Key, Word] = field(default_factory=dict)
    among: dict[Key, list[Word]] = field(default_factory=dict)


def kind_asked(one: Field) -> str:
    """Which attribute a field asks for: "material", "color", …; "" for none."""
    if one.kind != "text" or one.listed or one.element or one.phrase or one.formed or not one.nullable:
        return ""
    last = [KINDS[word] for word in in_words(one.key[1]).split() if word in KINDS]
    return last[-1] if last and not one.wants else ""


def is_of_thing(wanted: Iterable[Field]) -> bool:
    """Whether fields are those of a thing that is offered: its brand, its material, its size."""
    return len({said for one in wanted for said in (*one.units, kind_asked(one)) if said in THING}) > 1


def part_asked(one: Field) -> frozenset[str]:
    """The words of a field's name for the part that it asks about: "frame" of "Frame Material"."""
    words = in_words(one.key[1]).split()
    return frozenset(word for word in words if word not in KINDS and word not in PLAIN)


def asks_of_part(one: Field) -> bool:
    """Whether a field asks what a part is made of, or its colour."""
    return kind_asked(one) in SEVERAL and bool(part_asked(one))


def attributes(text: str, wanted: Sequence[Field], thing: bool, nearness: Nearness) -> Attributes:
    """What a text of few words says of fields that ask for an attribute; `thing`: all fields are those of a thing."""
    found = Attributes()
    asked = {one.key: kind for one in wanted if (kind := kind_asked(one)) and (thing or kind not in OF_THINGS)}
    for one in wanted:
        kind = asked.get(one.key, "")
        said = list(_words_for(text, _kinds(kind, asked.values()))) if kind else []
        part = part_asked(one) if kind and asks_of_part(one) else frozenset()
        if part and (beside := _of_part(text, said, part, nearness)):
            found.told[one.key] = beside[0]
        elif part and list(asked.values()).count(kind) > 1:
            found.among[one.key] = []
        elif said or (kind and thing and kind not in OPEN):
            found.among[one.key] = _likeliest(said)
    return found


def _kinds(kind: str, asked: Collection[str]) -> frozenset[str]:
    """The kinds of words that a field takes: jersey is a material, but that of a fabric where one is asked for, too."""
    if kind == "material" and "fabric" not in asked:
        return bag("material fabric")
    return bag("fabric material") if kind == "fabric" and "material" not in asked else frozenset({kind})


def _words_for(text: str, kinds: Container[str]) -> Iterator[Word]:
    """The words for some attributes in a text, those that stand together as one."""
    for kind in ASKED:
        if kind in kinds:
            yield from (Word(match[0], *match.span()) for match in _way(kind).finditer(text))


def is_attribute(word: str) -> bool:
    """Whether a word says what a thing is made of or like."""
    return any(_way(kind).fullmatch(word) for kind in ASKED)


def _likeliest(said: Sequence[Word]) -> list[Word]:
    """Each once, what is said most often first, then what is said first; "ice hockey" before "hockey"."""
    counts: dict[str, int] = {}
    for one in said:
        counts[one.text.casefold()] = counts.get(one.text.casefold(), 0) + 1
    first = {one.text.casefold(): one for one in reversed(said)}
    return sorted(first.values(), key=lambda one: (-counts[one.text.casefold()], one.start))


def _of_part(text: str, said: Sequence[Word], part: frozenset[str], nearness: Nearness) -> list[Word]:
    """What stands beside a word for a part: "Rosewood Fretboard", "frame of steel"."""
    beside = []
    for one in said:
        behind = WORD.findall(re.split(r"[,;.]", text[one.end :])[0])[:BETWEEN]
        before = WORD.findall(text[: match.start()])[-1:] if (match := LEADING.search(text, 0, one.start)) else []
        if any(_means(word, name, nearness) for word in (*behind, *before) for name in part):
            beside.append(one)
    return beside


def _means(word: str, part: str, nearness: Nearness) -> bool:
    return singular(word) == singular(part) or nearness(word.lower(), part) >= PART


@cache
def _listed(kind: str) -> tuple[str, ...]:
    found: list[str] = []
    for line in ATTRIBUTES.read_text(encoding="utf-8").splitlines()[1:]:
        name, _, words = line.partition(": ")
        if name == kind:
            found += [word.replace("_", " ") for word in words.split()]
    return tuple(dict.fromkeys(found))


@cache
def _way(kind: str) -> re.Pattern[str]:
    """A word for an attribute; of a material or a colour with those that it is joined to."""
    words = sorted(_listed(kind), key=len, reverse=True)
    one = "(?:" + "|".join(re.escape(word).replace(r"\ ", r"[\s-]") for word in words) + NAMED * (kind == "style") + ")"
    if kind == "color":
        one = rf"(?:(?:{'|'.join(map(re.escape, _listed('shade')))})[\s-]){{0,2}}{one}"
        more = rf"(?:(?:{JOINED}|\s){one}(?![^\W_]))*"
    else:
        more = rf"(?:{JOINED}{one}(?![^\W_])|{HEADED}(?![^\W_]))*" if kind in SEVERAL else ""
    return re.compile(rf"(?<![^\W_]){one}(?![^\W_]){more}", re.IGNORECASE)


__all__ = ["asks_of_part", "attributes", "is_attribute", "is_of_thing"]
