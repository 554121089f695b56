"""
What of a document is near each field, and so: what the field may say, and what it should rather say.

Plain data, filled by `sense`. Nats are added to a model's own opinion. Nothing here reads a text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rag.extract.candidates import Candidate
from rag.extract.clock import clock
from rag.extract.countries import asks_country, is_country
from rag.extract.fields import Field, Key
from rag.extract.matching import SURE, Matches
from rag.extract.roles import told_only
from rag.extract.telling import Told

JSON = Any
NEAR = 0.45  # cosine from which a candidate is near a field
NUMBER = 0.2  # cosine from which what stands around a number speaks of a field
# nats: what is added to a model's own opinion
NOTHING = 7.0  # null, where nothing is near
NO_CHOICE = 6.0  # null of an enum, where the text speaks of none of its values
TAKEN, STEEP, MOST = 10.0, 8.0, 13.0  # what is just near, how that grows with nearness, and how far
NAME, NAME_STEEP = 0.5, 6.0  # a name, for a field that asks for one
UNLIKE, FAR = -0.25, 0.3  # from which a name is of another kind; as much as it counts to be near one field of several
UNLIKE_LISTED = -0.15  # the same of a list, which admits no others
LISTED = 0.1  # as much surer must be the names of a list, of which there may be none
SINGLE = 8.0  # the same where it need not be held against others of a list
LIKE, LIKE_STEEP, LIKE_MOST = 6.0, 12.0, 12.0  # a name of the kind that is asked for, how that grows, and how far
SPOKEN_OF = 2.0  # a value of an enum that the text speaks of in other words
AGAIN = -0.1  # a name that another field has for sure
FOREIGN = -0.08  # a name so much nearer to a field beside it is no value
MORE = 10.0  # one more object of a list, while there are names that it does not say
ANY = 9.0  # the first of them
SAID_SO, SAID_STEEP, TAKEN_FOR = (
    8.0,
    8.0,
    3.0,
)  # what a label says, how that grows with its sureness, the one that was taken
ELSEWHERE = 6.0  # against what was taken for another field
OF_KIND, LATER = 9.0, 0.3  # the only kind of candidate that a field takes; against each further one
OF_CLASS = 13.0  # a word for what a field asks for, in a text of few words
SURELY = 16.0  # what rules tell
WORDED = re.compile(r"[^\W\d_]")  # an element of a list of texts is no bare number
IN_LIST = 14.0  # what stands in a list whose label speaks of the field


@dataclass(slots=True)
class Near:
    """What is near each field of a document: (what, how near) best first; its names, its numbers, its rows."""

    fields: Mapping[Key, Field]
    matches: Matches = field(default_factory=Matches)
    found: dict[Key, list[tuple[JSON, float]]] = field(default_factory=dict)
    apart: dict[tuple[Key, str], float] = field(default_factory=dict)  # how much nearer than to the fields beside it
    names: list[str] = field(default_factory=list)
    likenesses: dict[str, dict[str, float]] = field(
        default_factory=dict
    )  # name -> kind -> how much more than any other
    sure: bool = True  # whether the names are names, and no words that begin a sentence
    numbers: list[tuple[Candidate, JSON]] = field(default_factory=list)
    wholes: dict[Candidate, int] = field(default_factory=dict)  # the same, where only whole numbers are asked for
    figures: dict[Key, list[tuple[Candidate, JSON]]] = field(default_factory=dict)  # what single fields can say of them
    converted: set[tuple[Key, Candidate]] = field(default_factory=set)  # of those what stands there in another unit
    dates: list[tuple[Candidate, str]] = field(default_factory=list)
    kinds: dict[Key, list[Candidate]] = field(default_factory=dict)  # the candidates of the only kinds that it takes
    formed: dict[Key, list[str]] = field(default_factory=dict)  # what fits the format or the pattern of its schema
    lists: dict[Key, list[JSON]] = field(default_factory=dict)  # what stands in a list that a label speaks of
    told: dict[Key, Told] = field(default_factory=dict)  # what rules tell for sure
    classed: dict[Key, list[str]] = field(default_factory=dict)  # all that a field can be of a thing in few words
    rows: dict[int, list[dict[str, list[JSON]]]] = field(default_factory=dict)  # object -> its elements, field by field
    related: set[int] = field(default_factory=set)  # objects of which rules tell all elements that there are

    def admitted(self, key: Key) -> list[JSON] | None:
        """What a field may say besides null; None if it may be anything that its schema admits."""
        one = self.fields.get(key)
        if one is None or one.kind not in ("text", "number", "date"):
            return None
        if key in self.told:
            return [value for value in [self.told[key].value] if value is not None]
        if one.kind == "number":
            values = [value for _, value in self.fitting(one)]
            return list(dict.fromkeys(values)) if values or one.nullable or one.listed else None
        if one.kind == "date":
            values = [iso for _, iso in self.dates]
            return list(dict.fromkeys(values)) if values or one.nullable or one.listed else None
        return self._texts(key, one)

    def fitting(self, one: Field) -> list[tuple[Candidate, JSON]]:
        """The numbers of the text that a field can say, in its unit."""
        if one.key in self.figures:
            return self.figures[one.key]
        return list(self.wholes.items()) if one.whole else self.numbers

    def _texts(self, key: Key, one: Field) -> list[JSON] | None:
        if key in self.lists:
            return list(self.lists[key])
        if key in self.classed:
            return list(self.classed[key])
        if key in self.formed:
            return list(self.formed[key])
        if one.itemised:
            return []
        said = [candidate.text for candidate, _ in self.matches.said.get(key, [])]
        if one.wants or told_only(one):
            return list(dict.fromkeys([*said, *(candidate.text for candidate in self.kinds.get(key, []))]))
        if asks_country(one) and not one.listed:
            return list(dict.fromkeys([*said, *(name for name in self.names if is_country(name))]))
        if one.naming and not one.phrase:
            names = [name for name in self.names if not (one.listed and one.like) or self._is_like(one, name)]
            return list(dict.fromkeys([*said, *names])) or ([] if one.listed and self.names else None)
        if not one.nullable and not one.listed and not (one.summing and self.found.get(key)):
            return None
        found = [text for text, _ in self.found.get(key, []) if not one.listed or WORDED.search(text)]
        return list(dict.fromkeys([*said, *found]))

    def ways(self, key: Key) -> dict[str, float]:
        """What an open field should rather say, as JSON -> nats."""
        one = self.fields.get(key)
        if key in self.told:
            return {spelled(self.told[key].value): SURELY}
        if one is None or one.kind in ("choice", "flag"):
            return {} if one is None or one.kind == "choice" else dict(self.found.get(key, []))
        if key in self.lists:
            return {spelled(text): IN_LIST for text in self.lists[key]}
        if key in self.classed:
            ways = {spelled(text): OF_CLASS - LATER * n for n, text in reversed(list(enumerate(self.classed[key])))}
            return ways or {"null": NOTHING}
        ways, close = self._near(key, one)
        taken = self.matches.taken.get(key)
        for candidate, sureness in reversed(self.matches.said.get(key, [])):
            for value in self.values_of(one, candidate):
                if value not in self.formed.get(key, [value]):
                    continue
                nats = SAID_SO + SAID_STEEP * sureness + (TAKEN_FOR if candidate == taken else 0.0)
                if taken is not None and candidate != taken:
                    nats -= TAKEN_FOR
                if candidate != taken and self.matches.elsewhere(key, candidate, sureness):
                    nats -= ELSEWHERE
                ways[spelled(value)] = max(ways.get(spelled(value), 0.0), nats)
                close = True
        return ways if close or not one.nullable else {**ways, "null": NOTHING}

    def values_of(self, one: Field, candidate: Candidate) -> list[JSON]:
        """What a field says that takes this candidate."""
        if one.kind == "text":
            return [said for said in [clock(candidate.text) if one.clock else candidate.text] if said]
        among: Sequence[tuple[Candidate, JSON]] = self.fitting(one) if one.kind == "number" else self.dates
        return [value for other, value in among if other == candidate]

    def _near(self, key: Key, one: Field) -> tuple[dict[str, float], bool]:
        """The same by nearness alone, and whether anything is near."""
        near = self.found.get(key, [])
        if key in self.formed:
            ways = {spelled(text): OF_KIND - LATER * n for n, text in reversed(list(enumerate(self.formed[key])))}
            return ways, bool(ways)
        if one.kind == "number":
            return {spelled(value): STEEP * nearness for value, nearness in near}, bool(near) and near[0][1] >= NUMBER
        if one.kind == "date":
            ways = {spelled(value): nearness for value, nearness in reversed(near)}
            return ways, bool(near) and max(ways.values()) > 0
        if one.wants or told_only(one):
            kinds = [other for other in self.kinds.get(key, []) if other not in self.matches.taken.values()]
            return {spelled(c.text): OF_KIND - LATER * n for n, c in reversed(list(enumerate(kinds)))}, bool(kinds)
        if one.naming and self.names and not one.phrase:
            other = {
                c.text for name, c in self.matches.taken.items() if name != key and self.matches.of(name, c) >= SURE
            }
            names = [text for text in self.names if is_country(text)] if asks_country(one) else self.names
            ways = {spelled(text): self._of_name(key, text) if text not in other else AGAIN for text in names}
            return ways, self.sure and any(nats > 0 for nats in ways.values())
        return {spelled(text): min(TAKEN + STEEP * (nearness - NEAR), MOST) for text, nearness in near}, bool(near)

    def _of_name(self, key: Key, text: str) -> float:
        one = self.fields[key]
        apart, like = self.apart.get((key, text), 0.0), self.likeness(one, text)
        if like is not None and (like > 0 or like < UNLIKE or one.listed):
            like -= LISTED if one.listed else 0.0
            nats = (LIKE if like > 0 and one.listed else SINGLE if like > 0 else 0.0) + LIKE_STEEP * like
            return max(min(nats, LIKE_MOST), -LIKE_MOST) + 2 * NAME_STEEP * max(min(apart, FAR), -FAR)
        steep = NAME_STEEP * (2.0 if one.nature else 1.0)  # of such names the vectors know something
        return NAME + steep * apart if apart > FOREIGN else -1.0

    def _is_like(self, one: Field, name: str) -> bool:
        """Whether a name may stand in a list of names of a kind."""
        like = self.likeness(one, name)
        return name.startswith("@") if like is None else like > UNLIKE_LISTED

    def likeness(self, one: Field, text: str) -> float | None:
        """How much more a name is of a kind that a field takes than of any other; None if nobody knows."""
        known = self.likenesses.get(text)
        kinds = one.like & {"person"} or one.like if one.listed else one.like
        return max(known[kind] for kind in kinds) if known and kinds else None

    def ways_of_choice(self, key: Key) -> dict[str, float]:
        """The same of an enum that may be null, where none of its values stands in the text."""
        one = self.fields.get(key)
        if one is None or one.judged:
            return {}
        near = self.found.get(key, [])
        return {spelled(value): SPOKEN_OF for value, _ in near[:1] if value} or {"null": NO_CHOICE}


def spelled(text: JSON) -> str:
    """A value as JSON."""
    return json.dumps(text, ensure_ascii=False)
