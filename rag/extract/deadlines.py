"""
Which of several deadlines is which field's: "pay by Friday 20th March" and "the slip must be returned by 18th March"
are asked for as `pay_by` and `reply_form_by`.

A deadline is told by "by", "bis", "avant", and so a field that asks until when takes any; what is to be done until then
is said in its sentence. Rules only; nothing here asks a model that writes.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence

from rag.extract.candidates import Candidate
from rag.extract.fields import Field, Key, in_words
from rag.extract.flags import clause_at, unaccented
from rag.extract.happened import speaks
from rag.extract.ranged import due
from rag.extract.telling import Told

MOST = 6  # fields and deadlines of which all ways to pair them are tried
SPEAKS, NAMED = 1.0, 1.0  # that a word for what is done stands in the sentence; that a word of the field's name does
WORD, STEM = 3, 5  # letters of a word of a name; of it that are sought
PLAIN = frozenset(("by", "until", "till", "bis", "date", "due", "deadline", "day", "the"))
Nearness = Callable[[str, str], float]


def shared_out(
    text: str, wanted: Iterable[Field], days: Sequence[tuple[Candidate, str]], nearness: Nearness
) -> dict[Key, Told]:
    """
    What each of several fields that ask until when is told, where the sentences of the deadlines speak of them; null
    (of those that may be) where only those of other fields do. Nothing where no sentence says what is to be done.
    """
    asked = [one for one in wanted if _asks(one)]
    until = [
        (day, iso, said) for day, iso in days if due(text, day) and (said := text[slice(*clause_at(text, day.start))])
    ]
    if not (1 < len(asked) <= MOST and 0 < len(until) <= MOST):
        return {}
    rated = {(one.key, n): _worth(one, said) for one in asked for n, (_, _, said) in enumerate(until)}
    if not any(rated.values()):
        return {}
    near = {(one.key, n): nearness(one.label, said) for one in asked for n, (_, _, said) in enumerate(until)}
    places: list[int | None] = [*range(len(until)), *[None] * max(0, len(asked) - len(until))]
    best = max(
        itertools.permutations(places, len(asked)),
        key=lambda way: sum(
            rated[one.key, n] + near[one.key, n] for one, n in zip(asked, way, strict=True) if n is not None
        ),
    )
    told: dict[Key, Told] = {}
    for one, place in zip(asked, best, strict=True):
        own = [n for n in range(len(until)) if rated[one.key, n]]
        at = place if place is not None else own[0] if own else None
        if at is not None:
            day, iso, _ = until[at]
            told[one.key] = Told(iso, day.start, day.end, "sentence")
        elif one.nullable:
            told[one.key] = Told(None, -1, -1, "sentence")
    return told


def _asks(one: Field) -> bool:
    return one.kind == "date" and "due" in one.units and not (one.element or one.listed or one.owner)


def _worth(one: Field, said: str) -> float:
    """How much a sentence speaks of what is to be done until a field's day."""
    plain = unaccented(said).casefold()
    words = [unaccented(word) for word in in_words(one.key[1]).split() if word not in PLAIN and len(word) >= WORD]
    return SPEAKS * speaks(one, said) + NAMED * any(word[:STEM] in plain for word in words)


__all__ = ["shared_out"]
