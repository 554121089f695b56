"""
The names, days and numbers of a text as a list of {name, type}, where the values of `type` are kinds of names.

Rules only: what a name is of is told by `likenesses`. Nothing here asks a model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rag.extract.candidates import Candidate
from rag.extract.fields import Field
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


def _kind(one: Candidate, likenesses: Mapping[str, Mapping[str, float]]) -> str:
    if one.kind in ("date", "day"):
        return "time"
    if one.kind == "number":
        return "time" if len(one.text) == 4 and one.text[:2] in ("18", "19", "20") else "number"
    known = likenesses.get(one.text) if one.kind == "name" else None
    return kind_of(known) if known else "thing"


__all__ = ["asks_for_entities", "entities"]
