"""
The names, days and numbers of a text as a list of {name, type}, where the values of `type` are kinds of names, or as
one list of each kind: {person: [], place: []}.

Rules only: what a name is of is told by `likenesses`. Nothing here asks a model.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from rag.extract.candidates import Candidate
from rag.extract.fields import Field, Key
from rag.extract.likenesses import kind_of

KINDS = {
    "person": "per pers person people human",
    "place": "loc location place gpe city country geo",
    "organisation": "org organisation organization company corporation institution group agency",
    "time": "time date datetime day period",
    "number": "num number numeric quantity cardinal amount money",
    "product": "product prod",
    "work": "work creative-work art work_of_art title",
    "event": "event",
    "other": "misc miscellaneous other",
}
KIND = {word: kind for kind, words in KINDS.items() for word in words.split()}
MANY = 60
TIED = -0.06  # how much less a name may be of a kind than of one that nobody asks for
LISTED = frozenset(KINDS) - {"time", "number", "other"}  # kinds of which there may be a list each
Row = dict[str, list[str]]


def asks_for_entities(wanted: Sequence[Field]) -> bool:
    """Whether the fields of an element are a name and its kind."""
    return _roles(wanted) is not None


def _roles(wanted: Sequence[Field]) -> tuple[Field, Field, dict[str, str]] | None:
    """The field of the name, that of its kind, and kind -> value."""
    texts = [one for one in wanted if one.kind == "text"]
    choices = [one for one in wanted if one.kind == "choice"]
    if len(wanted) != 2 or len(texts) != 1 or len(choices) != 1:
        return None
    values: dict[str, str] = {}
    for value in choices[0].values:
        if kind := KIND.get(value.casefold()):
            values.setdefault(kind, value)
    return (texts[0], choices[0], values) if len(values) > 1 else None


def entities(
    wanted: Sequence[Field],
    likenesses: Mapping[str, Mapping[str, float]],
    found: Sequence[Candidate],
) -> list[Row]:
    """Each name of the text once, in its order, with its kind; days and numbers where they are asked for."""
    roles = _roles(wanted)
    if roles is None:
        return []
    name, kind, values = roles
    rows: dict[str, Row] = {}
    for one in sorted(found, key=lambda one: (one.start, -one.end)):
        told = _kind(one, likenesses)
        value = values.get(told, values.get("other", "") if told not in ("time", "number", "thing") else "")
        if value and one.text not in rows:
            rows[one.text] = {name.key[1]: [one.text], kind.key[1]: [value]}
    return list(rows.values())[:MANY]


def kinds_asked(wanted: Sequence[Field]) -> dict[Key, str]:
    """Fields of an object that are lists of all names of a kind -> the kind, where there are several such."""
    asked = {
        one.key: kind
        for one in wanted
        if one.listed and one.kind == "text" and not one.element and (kind := _asked(one)) in LISTED
    }
    return asked if len(set(asked.values())) > 1 else {}


def _asked(one: Field) -> str:
    """The kind of names that a field is called after: "location", "people", "creative-work"."""
    name = one.key[1].casefold().replace("_", "-")
    singular = re.sub(r"ies\Z", "y", name) if name.endswith("ies") else name.removesuffix("s")
    return KIND.get(name) or KIND.get(singular, "")


def by_kind(
    asked: Mapping[Key, str],
    likenesses: Mapping[str, Mapping[str, float]],
    found: Sequence[Candidate],
    fitting: Callable[[str, Sequence[Key]], Sequence[Key]],
) -> dict[Key, list[str]]:
    """The names of a text by the lists that ask for their kinds; of several of one kind in those that are `fitting`."""
    lists: dict[Key, list[str]] = {key: [] for key in asked}
    placed: set[str] = set()
    for one in sorted(found if asked else (), key=lambda one: (one.start, -one.end)):
        like = likenesses.get(one.text) if one.kind in ("name", "opening") else None
        if not like or one.text in placed:
            continue
        kind = max(asked.values(), key=lambda kind: like[kind])
        if like[kind] >= TIED:
            placed.add(one.text)
            keys = [key for key, other in asked.items() if other == kind]
            for key in fitting(one.text, keys) if len(keys) > 1 else keys:
                lists[key].append(one.text)
    return {key: names[:MANY] for key, names in lists.items()}


def _kind(one: Candidate, likenesses: Mapping[str, Mapping[str, float]]) -> str:
    if one.kind in ("date", "day"):
        return "time"
    if one.kind == "number":
        return "time" if len(one.text) == 4 and one.text[:2] in ("18", "19", "20") else "number"
    known = likenesses.get(one.text) if one.kind == "name" else None
    return kind_of(known) if known else "thing"


__all__ = ["asks_for_entities", "by_kind", "entities", "kinds_asked"]
