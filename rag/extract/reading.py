"""
Which values of a record rules read in its text, and where: what was taken by its label, told by a sentence, or stands
in a row below the heads of a table. The rest is what a model chose.

Nothing here asks a model.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rag import pointers
from rag.extract.matching import SURE
from rag.extract.near import Near
from rag.extract.plan import resolved
from rag.extract.telling import Told

JSON = Any
DEEP = 8


def read(value: JSON, schema: JSON, near: Near) -> dict[str, Told]:
    """JSON pointer -> what rules read, for the values of a record that say the same."""
    return dict(_read(value, schema, schema, "", "", near, 0))


def _read(
    value: JSON, node: JSON, root: JSON, name: str, pointer: str, near: Near, depth: int
) -> Iterator[tuple[str, Told]]:
    node = resolved(node, root, "#")
    if not isinstance(node, Mapping) or depth > DEEP:
        return
    if isinstance(value, Mapping):
        for key, part in value.items():
            inner = (node.get("properties") or {}).get(key)
            place = f"{pointer}/{pointers.step(key)}"
            yield from _read(part, inner, root, str(key), place, near, depth + 1)
    elif isinstance(value, list):
        element = resolved(node.get("items"), root, "#")
        rows, listed = near.rows.get(id(element), []), near.lists.get((id(element), name), [])
        for n, part in enumerate(value):
            if part in listed:
                yield f"{pointer}/{n}", Told(part, -1, -1, "label")
            elif n < len(rows) and isinstance(part, Mapping):
                said = {key for key, inner in part.items() if inner in rows[n].get(key, [])}
                yield from ((f"{pointer}/{n}/{key}", Told(part[key], -1, -1, "label")) for key in said)
    elif value is not None and (one := _single(value, (id(node), name), near)):
        yield pointer, one


def _single(value: JSON, key: tuple[int, str], near: Near) -> Told | None:
    told, taken = near.told.get(key), near.matches.taken.get(key)
    if told is not None:
        return told if told.value == value else None
    if taken is None or near.matches.of(key, taken) < SURE or value not in near.values_of(near.fields[key], taken):
        return _converted(value, key, near)
    framed = any(one == taken for one, _ in near.matches.framed.get(key, []))
    return Told(value, taken.start, taken.end, "sentence" if framed else "label", (key, taken) in near.converted)


def _converted(value: JSON, key: tuple[int, str], near: Near) -> Told | None:
    """Where a number that a model chose stands in another unit or scale, so that no one finds it by its value."""
    among = near.figures.get(key, ())
    one = next((one for one, said in among if said == value and (key, one) in near.converted), None)
    return Told(value, one.start, one.end, "model", True) if one else None


__all__ = ["read"]
