"""
What of a document is near a field: "Color" is near "Black", "Length" near "55mm", and "city" near nothing here.

A small model fills every field with whatever stands next. How near the meaning of a candidate is to that of a field, by
the bundled embedder, costs some milliseconds and says far better whether there is anything to take, and what
(docs/extraction.md has the figures). Names have no such meaning: fields that ask for one may be any name of the text.
Nothing here asks a model that writes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from rag.extract import rows as tables
from rag.extract import singles
from rag.extract.bylines import written
from rag.extract.candidates import COMMON, Candidate, candidates
from rag.extract.changelog import issues
from rag.extract.clock import clock
from rag.extract.companies import told_of_firm
from rag.extract.counting import Forms
from rag.extract.deadlines import shared_out
from rag.extract.entities import asks_for_entities, by_kind, entities, kinds_asked
from rag.extract.enumerated import listed, spoken_apart, unshared
from rag.extract.extremes import extreme
from rag.extract.fields import Field, Key, fields_of, in_words
from rag.extract.flags import clauses, flagged
from rag.extract.formed import fits, formed
from rag.extract.frames import framed_as
from rag.extract.items import PRICED
from rag.extract.layout import Layout
from rag.extract.letters import head_end
from rag.extract.lexicon import is_name_of_a_field, singular, units
from rag.extract.likenesses import Likenesses, kind_of
from rag.extract.lists import said_in_list, says_none
from rag.extract.manuals import manual_list
from rag.extract.matching import LABELLED, SURE, WORDED, asks_percent, is_money, is_percent, match, measured
from rag.extract.meant import meant
from rag.extract.moments import hour_told
from rag.extract.near import ELSEWHERE, NEAR, Near
from rag.extract.nested import OF_OBJECT
from rag.extract.offered import offered
from rag.extract.peaks import peak
from rag.extract.periods import year_of_paper
from rag.extract.proportions import rated, repeated
from rag.extract.relations import asks_for_relations, relations
from rag.extract.roles import SURE as SURELY
from rag.extract.roles import told_only
from rag.extract.rulings import ruled_list
from rag.extract.scales import asks_small_coin, in_small_coin, rescaled
from rag.extract.spoken import formal, spoken
from rag.extract.stepped import stepped
from rag.extract.telling import Told, is_none
from rag.extract.ticked import ticked_in
from rag.extract.together import lists_of_items
from rag.extract.told import (
    ANSWERING,
    CUES,
    FENCED,
    dated,
    elements,
    is_sentence,
    is_telling,
    is_year,
    of_kinds,
    sentences,
    value_of,
)
from rag.extract.tried import tried
from rag.extract.trips import seats
from rag.models.minilm import vocabulary

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from rag.types import Embedder

    Matrix = NDArray[np.float32]

JSON = Any
LABELLED_WHOLLY = 1.1  # from which a label with the unit of the field does so
LABELLED_SURELY = 0.88  # from which a label or the first cell of a row says a number, whatever a sentence says
FIRST_DATE, ANY_DATE, NO_DATE = 2.0, 8.0, 5.0
APART = 0.05  # as much nearer than to any field beside it
CHOICE = 0.65  # cosine from which a text speaks of a value of an enum that does not stand in it
LONGER = 0.03  # what each further word of a candidate costs
SAID = 0.3  # what it is worth that a field's own word stands beside a number
SPOKEN = 0.2  # cosine from which a sentence speaks of a field
ASKED = 0.3  # what it is worth, to a field that asks what is wanted or what is wrong, that a sentence sounds like it
SENTENCE, SENTENCES = 300, 200  # characters of a sentence that may be a value; sentences that are looked at
KEPT, RECENT = 20_000, 4  # vectors; texts
FLAGGED, UNSPOKEN = 6.0, 14.0  # nats of null of a yes or no of which no word stands there; where nothing comes near it
SPEAKING = 0.45  # cosine of what comes near it
AS_ALL, AS_TITLE, EARLY = 0.5, 0.3, 0.25  # what tells that a sentence says what its text does
AS_PART = 0.12  # that it ends as no sentence does, or begins as an answer
MOST_NEAR = 0.8


class Sense:
    """The fields of a schema, to be held against documents."""

    def __init__(self, schema: JSON, embedder: Embedder) -> None:
        self.embedder = embedder
        self.fields = {one.key: one for one in fields_of(schema)}
        self.items = lists_of_items(self.fields.values())
        self._vectors: dict[str, Any] = {}
        self._last: dict[str, Near] = {}

    @cached_property
    def _known(self) -> frozenset[str]:
        """The words that the bundled vocabulary has whole."""
        return COMMON.union(vocabulary())

    @cached_property
    def _likenesses(self) -> Likenesses:
        return Likenesses(self._embedded)

    def of(self, text: str) -> Near:
        """What is near the fields in this text."""
        if text not in self._last:
            if len(self._last) >= RECENT:
                del self._last[next(iter(self._last))]
            self._last[text] = self._of(text)
        return self._last[text]

    def _of(self, text: str) -> Near:
        layout = Layout(text)
        wanted = list(self.fields.values())
        groups = {
            one.beside: [other for other in wanted if other.beside == one.beside] for one in wanted if one.element
        }
        found = self._found(text, layout)
        names = [one.text for one in found if one.kind in ("name", "opening")]
        listed = kinds_asked(wanted)
        asked = (
            listed
            or any(one.like for one in wanted)
            or any(asks_for_entities(group) or asks_for_relations(group) for group in groups.values())
        )
        likenesses = self._likenesses.of(names) if asked else {}
        near = Near(self.fields, match(text, layout, found, wanted, likenesses), likenesses=likenesses)
        mailed = any("email" in one.wants for one in wanted)
        named = ("name", "url", "handle") if mailed else ("name", "email", "url", "handle")
        near.names = list(dict.fromkeys(one.text for one in found if one.kind in named))
        near.sure = bool(near.names)
        near.names = near.names or list(dict.fromkeys(one.text for one in found if one.kind == "opening"))
        comma = tables.comma_decimal(text)
        numbers = [one for one in found if one.kind == "number"]
        near.numbers = [(one, value) for one in numbers if (value := value_of(one, comma)) is not None]
        wholes = {one: tables.amount(one.text, whole=True, comma=comma) for one in numbers}
        near.wholes = {one: value for one, value in wholes.items() if isinstance(value, int)}
        near.dates = dated(text, found)
        self._figure(near, text, layout, found)
        loose = [one for one in found if one.kind not in ("cell", "day", "time", "stamp", "code", "phone", "term")]
        for kind, among, way in (
            ("text", loose, self._texts),
            ("choice", loose, self._choices),
            ("number", [one for one, _ in near.numbers], self._numbers),
            ("date", [one for one, _ in near.dates], self._dates),
        ):
            fitting = [
                one for one in wanted if one.kind == kind and not one.phrase and not one.wants and not one.summing
            ]
            if fitting and among:
                way(near, among, fitting, text)
        if phrases := [one for one in wanted if one.kind == "text" and one.phrase and not one.summing]:
            self._phrases(near, phrases, text)
        if summing := [one.key for one in wanted if one.summing]:
            near.found.update(dict.fromkeys(summing, self._telling(text, layout)))
        self._tell(near, text, layout, found)
        persons = [
            name
            for name, like in near.likenesses.items()
            if kind_of(like) == "person" and name not in {text[cell.start : cell.end] for cell in layout.datelines}
        ]
        for beside, group in groups.items():
            told = entities(group, near.likenesses, found) or elements(
                text, layout, group, comma, near.names, near.dates, persons, found
            )
            near.rows[beside] = told or relations(text, group, near.likenesses, found)
        for key, said in by_kind(listed, near.likenesses, found, self._fitting).items():
            near.lists.setdefault(key, said)
        offered(text, near, self._known, self._nearness)
        near.related = {beside for beside, group in groups.items() if asks_for_relations(group)}
        return near

    def _figure(self, near: Near, text: str, layout: Layout, found: Sequence[Candidate]) -> None:
        """The numbers that each single field can say, and those that a form of words tells."""
        figures = Forms(text, found, near.matches)
        for one in self.fields.values():
            if one.kind == "number" and not (one.element or one.listed):
                fitting = figures.fitting(one)
                near.figures[one.key] = [(figure.one, figure.value) for figure in fitting]
                near.converted |= {(one.key, figure.one) for figure in fitting if figure.converted}
                taken = near.matches.taken.get(one.key)
                placed = one.owner and taken is not None and near.matches.of(one.key, taken) >= OF_OBJECT
                told = told_of_firm(text, one) or formal(text, one, figures) or peak(text, one, figures)
                told = told or extreme(text, layout, one) or figures.told(one)
                if told and taken and told.how == "sentence" and near.matches.of(one.key, taken) >= LABELLED_WHOLLY:
                    told = None  # "Delay: 38 minutes", whatever a sentence says of 30
                if told is None and not (taken and near.matches.of(one.key, taken) >= LABELLED_SURELY):
                    told = stepped(text, one) or year_of_paper(text, one) or spoken(text, one, figures)
                told = rescaled(told, one, text)
                if not placed and told and not (told.how == "sentence" and repeated(text, told.start)):
                    near.told[one.key] = told

    def _found(self, text: str, layout: Layout) -> list[Candidate]:
        """What of a text may be a value: no choice of the schema, no word for one of its fields."""
        chosen = {value.casefold() for one in self.fields.values() for value in one.values}
        asked = {one.units for one in self.fields.values()}
        return [
            one
            for one in candidates(text, self._known, layout)
            if one.text.casefold() not in chosen
            and not (one.kind in WORDED and units(one.text) in asked and is_name_of_a_field(one.text))
        ]

    def _tell(self, near: Near, text: str, layout: Layout, found: Sequence[Candidate]) -> None:
        """What rules alone say of the fields: candidates of the only kinds, lists, yes or no."""
        unknown = {key for key, c in near.matches.taken.items() if is_none(c.text)}
        unknown |= singles.denied(text, layout, self.fields.values(), near)
        for one in self.fields.values():
            if one.nullable and one.key in near.matches.absent | unknown:
                near.told[one.key] = Told(None, -1, -1, "label")
                continue
            if one.wants:
                near.kinds[one.key] = of_kinds(one, found, head_end(text))
            if one.formed:
                self._form(near, text, layout, one)
                if one.clock and not one.listed and not one.element and (told := hour_told(text, one)):
                    near.told[one.key] = replace(told, value=clock(told.value))
                continue
            if numbered := issues(text, one):
                near.lists[one.key] = list(numbered)
                near.figures[one.key] = [(Candidate(f"#{n}", -1, -1, "number"), n) for n in numbered]
            if one.listed and one.kind == "text":
                said = self._listed(near, text, layout, one)
                if said or told_only(one) or says_none(text, layout, one.units):
                    near.lists[one.key] = said
            if one.kind == "text" and not one.listed and not one.element:
                known, sure = max(near.matches.framed.get(one.key, []), key=lambda pair: pair[1], default=(None, 0.0))
                if known is not None and sure >= SURELY:
                    near.told[one.key] = Told(known.text, known.start, known.end, "sentence")
            if one.kind == "flag":
                self._flag(near, text, layout, one)
            elif not (one.element or one.listed) and (told := singles.told(text, layout, one, near)):
                near.told[one.key] = told
        near.told.update(shared_out(text, self.fields.values(), near.dates, self._nearness))

    def _form(self, near: Near, text: str, layout: Layout, one: Field) -> None:
        """What fits the format or the pattern of a field; what a label or its kind says comes first."""
        surely = [c for c, sure in near.matches.said.get(one.key, []) if sure >= SURE]
        first = [said for c in [*surely, *near.kinds.get(one.key, [])] for said in near.values_of(one, c)]
        fitting = list(dict.fromkeys(first)) if one.clock else formed(text, one.formed, first)
        if fitting is not None:
            near.formed[one.key] = fitting
        if one.listed:
            listed = self._listed(near, text, layout, one)
            near.lists[one.key] = [said for said in listed if fits(said, one.formed)] or fitting or []

    def _flag(self, near: Near, text: str, layout: Layout, one: Field) -> None:
        """Yes or no where the text says so; else null, and for sure where nothing comes near what is asked."""
        if found := flagged(text, layout, one):
            near.told[one.key] = found
        elif one.nullable:
            said = [text[start:end] for start, end in clauses(text)][:SENTENCES]
            near_by = float((self._embedded(said) @ self._embedded([one.label])[0]).max()) if said else 0.0
            near.found[one.key] = [("null", FLAGGED if one.judged or near_by >= SPEAKING else UNSPOKEN)]

    def _listed(self, near: Near, text: str, layout: Layout, one: Field) -> list[str]:
        """The list that a field asks for: by its label, else in a sentence; who took the chair is present, too."""
        found = ticked_in(text, one) or ruled_list(text, one) or seats(text, one) or written(text, one)
        if said := found or manual_list(text, one) or tried(text, one):
            return said
        if (said := said_in_list(text, layout, one.units)) or one.element:
            return said
        if known := [c.text for c, sure in near.matches.framed.get(one.key, []) if sure >= SURELY]:
            return list(dict.fromkeys(known))

        def nearness(items: Sequence[str]) -> float:
            return float((self._embedded(items) @ self._embedded([one.label])[0]).mean())

        said = listed(text, one, nearness)
        if said and "attendees" in one.units:
            said = list(dict.fromkeys([*(c.text for c in framed_as(text, "chair")), *said]))
        spoken = [part for c, _ in near.matches.framed.get(one.key, [])[:1] for part in spoken_apart(c.text)]
        if said and spoken and not any(spoken[0] in item or item in spoken[0] for item in said) and told_only(one):
            return spoken
        return said or spoken

    def _telling(self, text: str, layout: Layout) -> list[tuple[JSON, float]]:
        """The sentence that says most of what a text says: near all of it and its title, and early in it."""
        code = "\n".join(match[0] for match in FENCED.finditer(text))
        said = [one for one in sentences(text, SENTENCE, SENTENCES) if is_telling(one) and one not in code]
        if not said:
            return []
        vectors = self._embedded(said)
        middle = vectors.mean(axis=0)
        titles = [text[cell.start : cell.end] for cell in layout.titled] or said[:1]
        near_title = (vectors @ self._embedded(titles).T).max(axis=1)
        rated = [
            (
                one,
                AS_ALL * float(vectors[n] @ middle)
                + AS_TITLE * float(near_title[n])
                + EARLY / (1 + n)
                - AS_PART * (not one.endswith((".", "!", "?", "。", "…")) or ANSWERING.match(one) is not None),
            )
            for n, one in enumerate(said)
        ]
        return [(max(rated, key=lambda pair: pair[1])[0], MOST_NEAR)]

    def _phrases(self, near: Near, wanted: Sequence[Field], text: str) -> None:
        """A field that is described at length may be a sentence."""
        said = [one for one in sentences(text, SENTENCE, SENTENCES) if is_sentence(one) and not one.endswith(":")]
        if said:
            sims = self._embedded(said) @ self._embedded([one.label for one in wanted]).T
            for column, one in enumerate(wanted):
                cue = next((cue for notion, cue in CUES.items() if notion in one.units), None)
                rated = [
                    (
                        sentence,
                        float(sims[row, column])
                        + (ASKED if cue and cue.search(sentence) else 0.0)
                        - AS_PART * (not sentence.endswith((".", "!", "?", "。", "…"))),
                    )
                    for row, sentence in enumerate(said)
                ]
                near.found[one.key] = [
                    (sentence, NEAR + sim - SPOKEN)
                    for sentence, sim in sorted(rated, key=lambda pair: -pair[1])
                    if sim >= SPOKEN
                ]

    def _texts(self, near: Near, found: Sequence[Candidate], wanted: Sequence[Field], text: str) -> None:
        sims = self._embedded(list(map(meant, found))) @ self._embedded([one.label for one in wanted]).T
        free = sims.copy()
        own = list(map(_own_words, wanted))
        for row, candidate in enumerate(found):
            words = set(map(singular, candidate.text.split()))
            sims[row] -= LONGER * (len(words) - 1)
            free[row] = sims[row]
            for column in range(len(wanted)):
                if words & own[column]:  # "Sport" is no sport
                    sims[row, column] = -1
        for column, one in enumerate(wanted):
            beside = [n for n, other in enumerate(wanted) if other.beside == one.beside and n != column]
            good = []
            for row, candidate in enumerate(found):
                nearness = float(sims[row, column])
                apart = nearness - (float(free[row, beside].max()) if beside else 0.0)
                near.apart[one.key, candidate.text] = apart
                if nearness >= NEAR and apart >= APART:
                    good.append((candidate.text, nearness))
            near.found[one.key] = sorted(good, key=lambda pair: -pair[1])
            if one.listed:
                near.found[one.key] = unshared(near.found[one.key])

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
        own = list(map(_own_words, wanted))
        for row, said in enumerate(around):
            words = set(map(singular, re.findall(r"\w+", said)))
            sims[row] += [SAID * bool(words & name) for name in own]
        best = sims.argmax(axis=1)
        for column, one in enumerate(wanted):
            values, among = [], dict(near.fitting(one))
            for row, number in enumerate(found):
                value = among.get(number)
                against = SAID * (best[row] != column) + SAID * near.matches.elsewhere(one.key, number, LABELLED)
                if one.units & PRICED and not is_money(text, number) and not near.matches.of(one.key, number):
                    against += 1.0  # "480 pixels" is no price
                if (is_percent(text, number) and rated(text, number) - one.units) or repeated(text, number.start):
                    against += 1.0  # "VAT at 5 %" is no other share, "every 15 minutes" nothing else
                if is_percent(text, number) != asks_percent(one) and not near.matches.of(one.key, number):
                    against += SAID  # "20 %" is a rate, and a rate nothing else
                against -= SAID * measured(text, number, one)
                if in_small_coin(text, number) and asks_small_coin(one):
                    against -= 1.0  # "24.67p" of `unit_price_ct`, before pounds
                if number.text.isalpha() and not near.matches.of(one.key, number):
                    against += SAID  # "three" is rarely more than a word
                if number in near.matches.paired and not near.matches.of(one.key, number):
                    against += 1.0  # "user_id=7" is nothing else
                if value is not None:
                    values.append((value, float(sims[row, column]) - against - SAID * is_year(number, one)))
            near.found[one.key] = sorted(values, key=lambda pair: -pair[1])

    def _dates(self, near: Near, found: Sequence[Candidate], wanted: Sequence[Field], text: str) -> None:
        """Without a label the first date, for a field that asks for no special one; of several the one spoken of."""
        sims = self._embedded([_around(text, one) for one in found]) @ self._embedded([one.label for one in wanted]).T
        for column, one in enumerate(wanted):
            plain = not one.units - {"date"} or len({iso for _, iso in near.dates}) == 1
            rated = []
            for row, (candidate, iso) in enumerate(near.dates):
                nats = (
                    ANY_DATE * float(sims[row, column]) + (FIRST_DATE if row == 0 else 0.0) - (0 if plain else NO_DATE)
                )
                if near.matches.elsewhere(one.key, candidate):
                    nats -= ELSEWHERE
                rated.append((iso, nats))
            near.found[one.key] = sorted(rated, key=lambda pair: -pair[1])

    def _fitting(self, name: str, keys: Sequence[Key]) -> Sequence[Key]:
        """The field whose label a name is nearest to, and those that mean the same: "places", "location"."""
        sims = self._embedded([self.fields[key].label for key in keys]) @ self._embedded([name])[0]
        nearest = self.fields[keys[int(sims.argmax())]]
        return [key for key in keys if key == nearest.key or self.fields[key].units & nearest.units]

    def _nearness(self, one: str, other: str) -> float:
        """The cosine of what two texts mean."""
        vectors = self._embedded([one, other])
        return float(vectors[0] @ vectors[1])

    def _embedded(self, texts: Sequence[str]) -> Matrix:
        """The unit vectors of some texts; each text is embedded once."""
        import numpy as np

        if len(self._vectors) > KEPT:
            self._vectors.clear()
        if new := [text for text in dict.fromkeys(texts) if text not in self._vectors]:
            self._vectors.update(zip(new, self.embedder.embed(new), strict=True))
        return np.array([self._vectors[text] for text in texts])


def _around(text: str, one: Candidate) -> str:
    """A number with what is said beside it, in its line and not beside another number."""
    before = re.split(r"\d\S*|\n", text[max(0, one.start - 40) : one.start])[-1].split()[-2:]
    after = re.split(r"\d|\n", text[one.end : one.end + 30])[0].split()[:1]
    return " ".join([*before, one.text, *after])


def _own_words(one: Field) -> set[str]:
    """The words of a field's name, to be compared with those of a text."""
    return set(map(singular, in_words(one.key[1]).split()))
