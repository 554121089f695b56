"""
What is ticked for a field: the value of a choice, the elements of a list, the text of a field whose label stands before
the boxes.

A group of boxes is for the field that its label means, or whose values its options say. Rules only; nothing here asks
a model.
"""

from __future__ import annotations

import re

from rag.extract.boxes import Group, groups
from rag.extract.choices import chosen_in
from rag.extract.fields import Field
from rag.extract.lexicon import alike, units, within
from rag.extract.telling import Told

FEW = 2
MEANS, PART = 0.6, 0.5  # from which a label means a field; from which an option says a value of it


def meant(text: str, one: Field) -> Group | None:
    """The group whose label means a field, with something ticked."""
    best = max(groups(text), key=lambda group: _sureness(group, one), default=None)
    return best if best is not None and _sureness(best, one) >= MEANS and len(best.options) >= FEW else None


def _sureness(group: Group, one: Field) -> float:
    said = units(group.label.rpartition("\n")[2])
    return max(alike(one.units, said), within(one.units, said) if group.label.endswith("?") else 0.0)


def chosen_in_boxes(text: str, one: Field) -> Told | None:
    """
    The value of a choice that is ticked where the options are its values; null where what is ticked is none of them,
    or several are. None if the text has no such group.
    """
    best: tuple[float, Group] | None = None
    for group in groups(text):
        said = {value for option in group.options if (value := _value(one, option.said))}
        sure = _sureness(group, one)
        asked = len(group.options) >= FEW and (len(said) >= FEW or sure >= MEANS)
        if asked and group.ticked and (best is None or len(said) + sure > best[0]):
            best = (len(said) + sure, group)
    if best is None:
        return None
    ticked = best[1].ticked
    values = {_value(one, option.said) or _left(one, best[1]) for option in ticked}
    value = values.pop() if len(values) == 1 else None
    if value is None:
        return Told(None, -1, -1, "label") if one.nullable else None
    return Told(value, ticked[0].start, ticked[0].end, "label")


def _value(one: Field, said: str) -> str | None:
    """The value that an option says: itself, as one of its words, in other words."""
    bare = said.casefold()
    for value in one.values:
        if value.casefold().replace("_", " ") == bare:
            return value
    named = [value for value in one.values if _stands(value, bare)]
    if len(named) == 1:
        return named[0]
    told = chosen_in(said, one) if not named else None
    if told is not None and isinstance(told.value, str):
        return told.value
    near = sorted(((alike(units(value), units(said)), value) for value in one.values), reverse=True)
    return near[0][1] if near and near[0][0] > PART and (len(near) == 1 or near[0][0] > near[1][0]) else None


def _stands(value: str, said: str) -> bool:
    """Whether a value is a word of an option: "Commercial sample" of sample, "Returned goods" of returned."""
    way = re.escape(value.casefold()).replace("_", "[ _-]")
    return re.search(rf"(?<!\w){way}(?:s|es)?(?!\w)", said) is not None


def _left(one: Field, group: Group) -> str | None:
    """The only value that no other option says, for the only option that says none."""
    said = [_value(one, option.said) for option in group.options]
    rest = [value for value in one.values if value not in said]
    return rest[0] if len(rest) == 1 == said.count(None) else None


def ticked_in(text: str, one: Field) -> list[str]:
    """What is ticked in the group whose label means a list."""
    group = meant(text, one)
    return [option.said for option in group.ticked] if group else []


def ticked_for(text: str, one: Field) -> Told | None:
    """The only thing that is ticked where the label means a text."""
    group = meant(text, one)
    only = group.ticked if group else []
    return Told(only[0].said, only[0].start, only[0].end, "label") if len(only) == 1 else None


__all__ = ["chosen_in_boxes", "ticked_for", "ticked_in"]
