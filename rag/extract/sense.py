"""
What of a document is near a field: "Color" is near "Black", "Length" near "55mm", and "city" near nothing here.

A small model fills every field with whatever stands next. How near the meaning of a candidate is to that of a field, by
the bundled embedder, costs some milliseconds and says far better whether there is anything to take, and what
(docs/extraction.md has the figures). Names have no such meaning: fields that ask for one may be any name of the text.
Nothing here asks a model that writes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from rag.extract.candidates import COMMON, Candidate, candidates
from rag.extract.fields import Field, Key, fields_of
from rag.models.minilm import VOCABULARY
from rag.quantities import quantities
from rag.sentences import spans

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from rag.types import Embedder

    Matrix = NDArray[np.float32]

JSON = Any
NEAR = 0.45  # cosine from which a candidate is near a field
APART = 0.05  # as much nearer than to any field beside it
CHOICE = 0.65  # cosine from which a text speaks of a value of an enum that does not stand in it
NUMBER = 0.2  # cosine from which what stands around a number speaks of a field
LONGER = 0.03  # what each further word of a candidate costs
SAID = 0.3  # what it is worth that a field's own word stands beside a number
# nats: what is added to a model's own opinion
NOTHING = 7.0  # null, where nothing is near
NO_CHOICE = 6.0  # null of an enum, where the text speaks of none of its values
TAKEN, STEEP, MOST = 10.0, 8.0, 13.0  # what is just near, how that grows with nearness, and how far
NAME, NAME_STEEP = 0.5, 6.0  # a name, for a field that asks for one
SPOKEN_OF = 2.0  # a value of an enum that the text speaks of in other words
FOREIGN = -0.08  # a name so much nearer to a field beside it is no value
MORE = 10.0  # one more object of a list, while there are names that it does not say
ANY = 9.0  # the first of them
UNITS = {
    "mm": "millimeters long", "cm": "centimeters long", "m": "meters long", "km": "kilometers", "in": "inches long",
    "ft": "feet long", "mg": "milligrams", "g": "grams of weight", "kg": "kilograms of weight", "ml": "milliliters",
    "oz": "ounces of weight", "lb": "pounds of weight", "lbs": "pounds of weight", "l": "liters", "V": "volts",
    "W": "watts of power", "A": "amperes", "Hz": "hertz", "GB": "gigabytes", "MB": "megabytes", "h": "hours",
    "min": "minutes", "s": "seconds", "pcs": "pieces", "PCS": "pieces",
}  # fmt: skip
SPOKEN = 0.2  # cosine from which a sentence speaks of a field
SENTENCE, SENTENCES = 300, 200  # characters of a sentence that may be a value; sentences that are looked at
KEPT = 20_000  # vectors


@dataclass(slots=True)
class Near:
    """What is near each field of a document: (what, how near) best first; its names and its numbers."""

    fields: Mapping[Key, Field]
    found: dict[Key, list[tuple[JSON, float]]] = field(default_factory=dict)
    apart: dict[tuple[Key, str], float] = field(default_factory=dict)  # how much nearer than to the fields beside it
    names: list[str] = field(default_factory=list)
    sure: bool = True  # whether the names are names, and no words that begin a sentence
    numbers: list[JSON] = field(default_factory=list)

    def texts(self, key: Key) -> list[str] | None:
        """What a text may be; None if it may be any run of the document."""
        one = self.fields.get(key)
        if one is None or one.kind != "text":
            return None
        if one.naming and not one.phrase:
            return self.names or None
        return [text for text, _ in self.found.get(key, [])] if one.nullable else None

    def ways(self, key: Key) -> dict[str, float]:
        """What an open field should rather say, as JSON -> nats."""
        one = self.fields.get(key)
        if one is None or one.kind == "choice":
            return {}
        near = self.found.get(key, [])
        if one.kind == "number":
            ways = {json.dumps(value): STEEP * nearness for value, nearness in near}
            close = bool(near) and near[0][1] >= NUMBER
        elif one.naming and self.names and not one.phrase:
            ways = {_spelled(text): self._of_name(key, text) for text in self.names}
            close = self.sure and any(nats > 0 for nats in ways.values())
        else:
            ways = {_spelled(text): min(TAKEN + STEEP * (nearness - NEAR), MOST) for text, nearness in near}
            close = bool(near)
        return ways if close or not one.nullable else {**ways, "null": NOTHING}

    def _of_name(self, key: Key, text: str) -> float:
        apart = self.apart.get((key, text), 0.0)
        return NAME + NAME_STEEP * apart if apart > FOREIGN else -1.0

    def ways_of_choice(self, key: Key) -> dict[str, float]:
        """The same of an enum that may be null, where none of its values stands in the text."""
        one = self.fields.get(key)
        if one is None or one.judged:
            return {}
        near = self.found.get(key, [])
        return {_spelled(value): SPOKEN_OF for value, _ in near[:1] if value} if near else {"null": NO_CHOICE}


class Sense:
    """The fields of a schema, to be held against documents."""

    def __init__(self, schema: JSON, embedder: Embedder) -> None:
        self.embedder = embedder
        self.fields = {one.key: one for one in fields_of(schema)}
        self._vectors: dict[str, Any] = {}
        self._last: tuple[str, Near] | None = None

    @cached_property
    def _known(self) -> frozenset[str]:
        """The words that the bundled vocabulary has whole."""
        return frozenset(VOCABULARY.read_text(encoding="utf-8").split()) | COMMON

    def of(self, text: str) -> Near:
        """What is near the fields in this text."""
        if self._last is None or self._last[0] != text:
            self._last = (text, self._of(text))
        return self._last[1]

    def _of(self, text: str) -> Near:
        chosen = {value.casefold() for one in self.fields.values() for value in one.values}
        found = [one for one in candidates(text, self._known) if one.text.casefold() not in chosen]
        near = Near(self.fields)
        near.names = [one.text for one in found if one.kind in ("name", "address")]
        near.sure = bool(near.names)
        near.names = near.names or [one.text for one in found if one.kind == "opening"]
        numbers = [one for one in found if one.kind == "number"]
        near.numbers = list(dict.fromkeys(value_of(one) for one in numbers))
        for kind, among, way in (
            ("text", found, self._texts),
            ("choice", found, self._choices),
            ("number", numbers, self._numbers),
        ):
            wanted = [one for one in self.fields.values() if one.kind == kind and not one.phrase]
            if wanted and among:
                way(near, among, wanted, text)
        if phrases := [one for one in self.fields.values() if one.kind == "text" and one.phrase]:
            self._phrases(near, phrases, text)
        return near

    def _phrases(self, near: Near, wanted: Sequence[Field], text: str) -> None:
        """A field that is described at length may be a sentence."""
        said = [text[span.start : span.end] for span in spans(text)]
        said = [one for one in dict.fromkeys(said) if len(one) <= SENTENCE][:SENTENCES]
        if said:
            sims = self._embedded(said) @ self._embedded([one.label for one in wanted]).T
            for column, one in enumerate(wanted):
                rated = [(sentence, float(sims[row, column])) for row, sentence in enumerate(said)]
                near.found[one.key] = [
                    (sentence, NEAR + sim - SPOKEN)
                    for sentence, sim in sorted(rated, key=lambda pair: -pair[1])
                    if sim >= SPOKEN
                ]

    def _texts(self, near: Near, found: Sequence[Candidate], wanted: Sequence[Field], text: str) -> None:
        sims = self._embedded(list(map(_meant, found))) @ self._embedded([one.label for one in wanted]).T
        for row, candidate in enumerate(found):
            words = {_stem(word) for word in candidate.text.split()}
            sims[row] -= LONGER * (len(words) - 1)
            for column, one in enumerate(wanted):
                if words & one.words:  # "Sport" is no sport
                    sims[row, column] = -1
        for column, one in enumerate(wanted):
            beside = [n for n, other in enumerate(wanted) if other.beside == one.beside and n != column]
            good = []
            for row, candidate in enumerate(found):
                nearness = float(sims[row, column])
                apart = nearness - (float(sims[row, beside].max()) if beside else 0.0)
                near.apart[one.key, candidate.text] = apart
                if nearness >= NEAR and apart >= APART:
                    good.append((candidate.text, nearness))
            near.found[one.key] = sorted(good, key=lambda pair: -pair[1])

    def _choices(self, near: Near, found: Sequence[Candidate], wanted: Sequence[Field], text: str) -> None:
        texts = self._embedded([one.text for one in found])
        for one in wanted:
            said = [*one.values, *(f"{one.label} {value}" for value in one.values), one.label]
            sims = (self._embedded(said) @ texts.T).max(axis=1)
            size = len(one.values)
            best = sorted(((float(max(sims[n], sims[size + n])), value) for n, value in enumerate(one.values)))[::-1]
            near.found[one.key] = [(value, sim) for sim, value in best if sim >= CHOICE]
            if not near.found[one.key] and sims[-1] >= CHOICE:
                near.found[one.key] = [("", float(sims[-1]))]

    def _numbers(self, near: Near, found: Sequence[Candidate], wanted: Sequence[Field], text: str) -> None:
        around = [_around(text, one) for one in found]
        sims = self._embedded(around) @ self._embedded([one.label for one in wanted]).T
        for row, said in enumerate(around):
            words = {_stem(word) for word in re.findall(r"\w+", said)}
            sims[row] += [SAID * bool(words & one.words) for one in wanted]
        best = sims.argmax(axis=1)
        for column, one in enumerate(wanted):
            rated = [(value_of(number), float(sims[row, column])) for row, number in enumerate(found)]
            rated = [(value, sim - SAID * (best[row] != column)) for row, (value, sim) in enumerate(rated)]
            near.found[one.key] = sorted(rated, key=lambda pair: -pair[1])

    def _embedded(self, texts: Sequence[str]) -> Matrix:
        """The unit vectors of some texts; each text is embedded once."""
        import numpy as np

        if len(self._vectors) > KEPT:
            self._vectors.clear()
        if new := [text for text in dict.fromkeys(texts) if text not in self._vectors]:
            self._vectors.update(zip(new, self.embedder.embed(new), strict=True))
        return np.array([self._vectors[text] for text in texts])


def value_of(one: Candidate) -> int | float:
    """The number that a candidate says."""
    value = next(iter(quantities(one.text))).value
    return int(value) if value == value.to_integral() else float(value)


def _around(text: str, one: Candidate) -> str:
    """A number with what is said beside it, in its line and not beside another number."""
    before = re.split(r"\d\S*|\n", text[max(0, one.start - 40) : one.start])[-1].split()[-2:]
    after = re.split(r"\d|\n", text[one.end : one.end + 30])[0].split()[:1]
    return " ".join([*before, one.text, *after])


def _meant(one: Candidate) -> str:
    """A candidate as it is embedded, its unit in words."""
    match = re.fullmatch(r"(.*\d)\s?([^\W\d]+)", one.text) if one.kind == "number" else None
    return f"{match[1]} {UNITS[match[2]]}" if match and match[2] in UNITS else one.text


def _stem(word: str) -> str:
    return word.lower().rstrip("s")


def _spelled(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
