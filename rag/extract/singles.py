"""
What the forms of a text tell of one field that stands in no list: each form in turn, the first that says something.

Nothing here asks a model.
"""

from __future__ import annotations

from collections.abc import Iterable

from rag.extract.choices import chosen_by_label, chosen_in
from rag.extract.companies import told_of_firm
from rag.extract.fields import Field, Key
from rag.extract.happened import end_of_range, happened
from rag.extract.identified import identified
from rag.extract.layout import Layout
from rag.extract.lexicon import alike, units
from rag.extract.manuals import manual_told
from rag.extract.matching import SURE
from rag.extract.moments import day_of_period, day_told, hour_told
from rag.extract.near import Near
from rag.extract.releases import release
from rag.extract.rulings import ruled
from rag.extract.scales import rescaled
from rag.extract.scores import score_told
from rag.extract.shaped import shaped
from rag.extract.telling import Told, is_none
from rag.extract.ticked import chosen_in_boxes, ticked_for
from rag.extract.trips import trip_told
from rag.extract.vehicles import of_vehicle

SURELY = 0.95  # from which a label says a value, whatever these say
WAYS = (manual_told, score_told, ruled, told_of_firm, of_vehicle, shaped, hour_told)


def told(text: str, layout: Layout, one: Field, near: Near) -> Told | None:
    """What the forms of a text tell of a single field."""
    if one.kind == "choice":
        boxed = chosen_in_boxes(text, one)
        return boxed or ruled(text, one) or chosen_by_label(text, layout, one) or chosen_in(text, one)
    if one.kind == "text" and (boxed := ticked_for(text, one)):
        return boxed
    if trip := trip_told(text, one, near.dates):
        return trip
    if one.kind == "date":
        if period := manual_told(text, one) or day_of_period(text, one, near.dates):
            return period
        if any(sure >= SURE for _, sure in near.matches.said.get(one.key, [])):
            return None
        if told := release(text, one, near.dates):
            return told
        return happened(text, one, near.dates) or end_of_range(text, one, near.dates) or day_told(text, one, near.dates)
    taken = near.matches.taken.get(one.key)
    labelled = taken is not None and near.matches.of(one.key, taken) >= SURELY
    if not labelled and (version := release(text, one, near.dates)):
        return version
    number = identified(text, one)
    if number and (not labelled or taken is None or number.start <= taken.start < taken.end < number.end):
        return number  # "EM 7741 0932 5", not "EM 7741 0932"
    found = next(((way, said) for way in WAYS if (said := way(text, one))), None)
    if found is None or (labelled and (found[0] is of_vehicle or found[1].value is None)):
        return None
    return rescaled(found[1], one, text) if one.kind == "number" else found[1]


def denied(text: str, layout: Layout, wanted: Iterable[Field], near: Near) -> set[Key]:
    """The numbers and days of which a label says that there is none: "Flash point: not applicable"."""
    cells = [cell for line in layout.lines for cell in line.cells if cell.label]
    labels = [units(cell.label) for cell in cells if is_none(text[cell.start : cell.end])]
    return {
        one.key
        for one in wanted
        if one.kind in ("number", "date")
        and not (one.element or one.listed)
        and not any(sure >= SURE for _, sure in near.matches.said.get(one.key, []))
        and any(alike(one.units, said) >= SURE for said in labels)
    }


__all__ = ["denied", "told"]
