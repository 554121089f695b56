"""
Relations of the names of a text: lists of {head, relation, tail}, where the relation is one of an enum.

The names of relations that are known, between which kinds of names they are, and how English sentences say them, stand
in `relations.txt`. A sentence is read with a mark for each of its names, so that a form is one regular expression.
Rules only; nothing here asks a model.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from rag.extract.candidates import Candidate
from rag.extract.fields import Field
from rag.extract.lexicon import bag
from rag.extract.likenesses import kind_of

FOLDER = Path(__file__).parent
HEADS = bag("head subject source from entity1 entity_1 a left arg1 parent")
TAILS = bag("tail object target to entity2 entity_2 b right arg2 value")
MARKS = 0xE000  # the first of the private characters that stand for names
ROOM = 256  # names of a sentence of one kind
MANY = 120
KINDS = (
    "person",
    "place",
    "organisation",
    "event",
    "work",
    "product",
    "time",
    "other",
    "country",
    "continent",
    "water",
)
GAP = r"[^.;!?\n]{0,70}?"
ALONE = "(?!(?:,? [\ue000-\uf8ff])*,? and [\ue000-\uf8ff])"  # no list of several
END = re.compile(r"(?<=[.!?])\s+(?=[A-Z\"“(])(?<!\b[A-Z]\.\s)|\n+")
AGAIN = re.compile(r"\b(?:He|She|he|she)\b|(?:(?<=\A)|(?<=\. ))(?:It|They)\b")
CONTINENTS = frozenset({"Africa", "Antarctica", "Asia", "Europe", "Oceania", "North America", "South America"})
WATERS = re.compile(r"\b(?:River|Lake|Sea|Ocean|Bay|Gulf|Creek|Strait|Fjord|Channel|Loch)\b")
VERB = re.compile(r" (?:is|was|has|had|lies|stands|became|won|went|studied|wrote|founded|married|died|lived)\b")
YEAR = re.compile(r"(?:1[0-9]|20)\d\d\Z")
Row = dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class Relation:
    """The kinds of names that stand in a relation, and the forms of sentences that say so."""

    heads: frozenset[str]
    tails: frozenset[str]
    ways: tuple[re.Pattern[str], ...]


@dataclass(frozen=True, slots=True)
class Mention:
    """A name where it stands."""

    start: int
    end: int
    text: str
    kinds: frozenset[str]


def asks_for_relations(wanted: Sequence[Field]) -> bool:
    """Whether the fields of an element are two names and a relation, of which at least half of the values are known."""
    roles = _roles(wanted)
    return roles is not None and 2 * sum(_known(value) is not None for value in roles[1].values) >= len(roles[1].values)


def relations(
    text: str, wanted: Sequence[Field], likenesses: Mapping[str, Mapping[str, float]], found: Sequence[Candidate]
) -> list[Row]:
    """What the sentences of a text say of its names; none if the fields ask for no relation."""
    roles = _roles(wanted)
    if roles is None:
        return []
    head, choice, tail = roles
    asked = {value: known for value in choice.values if (known := _known(value))}
    mentions = list(_mentions(text, likenesses, found))
    said: dict[tuple[str, str, str], None] = {}
    for start, end in _sentences(text):
        inside = [one for one in mentions if start <= one.start and one.end <= end]
        for value, (relation, turned) in asked.items():
            for first, second in _said(text, start, end, inside, relation, mentions):
                pair = (second, first) if turned else (first, second)
                if pair[0] != pair[1]:
                    said[(pair[0], value, pair[1])] = None
    for value in asked:
        said |= dict.fromkeys((a, value, b) for a, b in _through([(a, b) for a, v, b in said if v == value], value))
    rows = [{head.key[1]: [a], choice.key[1]: [value], tail.key[1]: [b]} for a, value, b in said]
    return rows[:MANY]


def _through(pairs: Sequence[tuple[str, str]], value: str) -> Iterator[tuple[str, str]]:
    """What is in a place that is in another is in that, too."""
    if not bag("located in country contains") & set(re.split(r"[\s_]", value)):
        return
    for first, middle in pairs:
        for other, last in pairs:
            if other == middle and last != first:
                yield first, last


def _roles(wanted: Sequence[Field]) -> tuple[Field, Field, Field] | None:
    """The fields of the head, the relation and the tail."""
    if len(wanted) != 3:
        return None
    choice = next((one for one in wanted if one.kind == "choice"), None)
    texts = [one for one in wanted if one.kind == "text"]
    if choice is None or len(texts) != 2:
        return None
    head = next((one for one in texts if one.key[1].casefold() in HEADS), None)
    tail = next((one for one in texts if one.key[1].casefold() in TAILS), None)
    return (head, choice, tail) if head and tail and head is not tail else None


@cache
def _known(name: str) -> tuple[Relation, bool] | None:
    """The relation that a value of an enum names, and whether its head is the other one's tail."""
    plain = re.sub(r"^(?:is|was|has|are) ", "", re.sub(r"[\s_-]+", " ", name.casefold())).strip()
    return _lexicon().get(plain)


@cache
def _lexicon() -> dict[str, tuple[Relation, bool]]:
    found: dict[str, tuple[Relation, bool]] = {}
    for line in (FOLDER / "relations.txt").read_text(encoding="utf-8").splitlines():
        names, _, told = line.partition(": ")
        if line.startswith("= "):
            found[names[2:]] = (found[told][0], True)
        elif told and not line.startswith("#"):
            kinds, _, ways = told.partition(": ")
            heads, _, tails = kinds.partition(" > ")
            relation = Relation(frozenset(heads.split()), frozenset(tails.split()), ())
            compiled = tuple(_compiled(way, relation) for way in ways.split(" | "))
            relation = Relation(relation.heads, relation.tails, compiled)
            found |= dict.fromkeys(names.split(" | "), (relation, False))
    return found


def _compiled(way: str, relation: Relation) -> re.Pattern[str]:
    way = way.replace("~", GAP).replace("@", ALONE)
    for mark, kinds in (("A", relation.heads), ("B", relation.tails)):
        marks = "".join(
            f"{chr(MARKS + ROOM * n)}-{chr(MARKS + ROOM * (n + 1) - 1)}" for n, k in enumerate(KINDS) if k in kinds
        )
        way = re.sub(rf"(?<![\w\\\[]){mark}(?![\w\]])", f"(?:[Tt]he )?(?P<{mark}>[{marks}])", way, count=1)
    return re.compile(f"(?={way})")


@cache
def _countries() -> frozenset[str]:
    said = (FOLDER / "countries.txt").read_text(encoding="utf-8")
    whole = [one.strip() for one in said.split(" | ")]
    return frozenset([*whole, *(word for one in whole for word in one.split() if len(word) > 3)])


def _mentions(
    text: str, likenesses: Mapping[str, Mapping[str, float]], found: Sequence[Candidate]
) -> Iterator[Mention]:
    """The names and days of a text, in order, none inside of another."""
    end = 0
    for one in sorted(found, key=lambda one: (one.start, -one.end)):
        kinds = _kinds(one, likenesses)
        if one.kind == "opening" and one.start and " " not in one.text and not VERB.match(text, one.end):
            continue  # mostly "However"
        if kinds and one.start >= end:
            yield Mention(one.start, one.end, one.text, kinds)
            end = one.end


def _kinds(one: Candidate, likenesses: Mapping[str, Mapping[str, float]]) -> frozenset[str]:
    if one.kind in ("date", "day") or (one.kind == "number" and YEAR.match(one.text)):
        return frozenset({"time"})
    if one.kind not in ("name", "opening", "quoted"):
        return frozenset()
    if one.text in _countries():
        return frozenset({"place", "country"})
    if one.text in CONTINENTS:
        return frozenset({"place", "continent"})
    known = likenesses.get(one.text)
    kind = "work" if one.kind == "quoted" else kind_of(known) if known else ""
    if one.kind == "opening" and not kind:
        return frozenset()
    if WATERS.search(one.text):
        return frozenset({"place", "water"})
    return frozenset({kind if kind in KINDS else "other"})


def _sentences(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for match in END.finditer(text):
        yield start, match.start()
        start = match.end()
    yield start, len(text)


def _said(
    text: str, start: int, end: int, inside: Sequence[Mention], relation: Relation, every: Sequence[Mention]
) -> Iterator[tuple[str, str]]:
    """The pairs of a sentence of which it says the relation."""
    masked, names = _masked(text, start, end, inside, relation, every)
    for way in relation.ways:
        for match in way.finditer(masked):
            yield names[match["A"]], names[match["B"]]


def _masked(
    text: str, start: int, end: int, inside: Sequence[Mention], relation: Relation, every: Sequence[Mention]
) -> tuple[str, dict[str, str]]:
    """A sentence with one mark for each name; "he" and "it" are the name that the text begins with."""
    parts, names, at = [], {}, start
    counts = dict.fromkeys(KINDS, 0)

    def mark(one: Mention) -> str:
        kinds = [kind for kind in KINDS if kind in one.kinds]
        wanted = relation.heads | relation.tails
        kind = next((kind for kind in reversed(kinds) if kind in wanted), kinds[-1])
        char = chr(MARKS + ROOM * KINDS.index(kind) + counts[kind] % ROOM)
        counts[kind] += 1
        names[char] = one.text
        return char

    main = every[0] if every else None
    for one in inside:
        parts += [_again(text[at : one.start], main, mark), mark(one)]
        at = one.end
    parts.append(_again(text[at:end], main, mark))
    return "".join(parts), names


def _again(text: str, main: Mention | None, mark: object) -> str:
    if main is None:
        return text
    return AGAIN.sub(lambda _: mark(main), text)  # type: ignore[operator]


__all__ = ["asks_for_relations", "relations"]
