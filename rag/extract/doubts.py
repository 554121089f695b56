"""
Does this value stand for this field? Asked of a model by likelihood, once a record is there.

A model that must choose among what stands in a text takes what is nearest, and "Quick Dry" becomes the material of a
shirt. How likely the bundled model thinks the line "Material: Dry" behind the text tells most of these from values
(docs/extraction.md has the figures). One model judges what any model chose: likelihoods of two cannot be compared.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rag import pointers
from rag.extract.attributes import asks_of_part
from rag.extract.candidates import candidates
from rag.extract.evidence import find
from rag.extract.fields import Key
from rag.extract.plan import resolved
from rag.extract.sense import Sense
from rag.extract.shapes import ADDRESS
from rag.types import Scorer

JSON = Any
LEAST = -10.0  # nats of a value that is kept, by SmolLM2-135M
MEANT = 0.55  # how surely a label or a sentence says a value that is not asked about
WORDED = {"name", "opening", "quoted", "cell", "words", "code", "number"}  # kinds that do not say what they are
WHOLE, AROUND = 500, 200  # characters of a text that is shown whole; of a longer one, on either side of the value


def doubted(value: JSON, schema: JSON, sense: Sense, text: str, judge: Scorer) -> list[str]:
    """The JSON pointers of the texts that a model chose, no label says, and the judge thinks unlikely."""
    asked: dict[str, list[tuple[str, tuple[str, str]]]] = {}
    plain = {one.text for one in candidates(text) if one.kind not in WORDED}
    for pointer, key, said in _texts(value, schema, schema):
        if said not in plain and _is_open(sense, text, key, said):
            way = f"\n{_named(key[1])}:", f" {said}\n"
            asked.setdefault(_around(text, said), []).append((pointer, way))
    return [
        pointer
        for shown, some in asked.items()
        for (pointer, _), nats in zip(some, judge.likelihoods(shown, [way for _, way in some]), strict=True)
        if nats < LEAST
    ]


def _is_open(sense: Sense, text: str, key: Key, said: str) -> bool:
    """Whether a field may be null, and its value is one that the model found for it."""
    near = sense.of(text)
    one, matches = sense.fields.get(key), near.matches
    if key in near.told and near.told[key].value == said:  # rules read it
        return False
    if one is None or one.kind != "text" or not one.nullable or one.listed or one.element:
        return False
    if one.phrase or one.summing or one.formed:
        return False
    if said in near.classed.get(key, []) and not one.naming and not asks_of_part(one):  # "Oak" is a material
        return False
    if one.nature == "address" and ADDRESS.search(said):
        return False
    taken = matches.taken.get(key)
    return taken is None or taken.text != said or matches.of(key, taken) < MEANT


def _texts(value: JSON, node: JSON, root: JSON, pointer: str = "", name: str = "") -> Iterator[tuple[str, Key, str]]:
    """The texts of a record that stand in no list, each with its pointer and the key of its field."""
    real = resolved(node, root, "#")
    if isinstance(value, str):
        yield pointer, (id(real), name), value
    elif isinstance(value, Mapping) and isinstance(real, Mapping) and isinstance(real.get("properties"), Mapping):
        for key, part in value.items():
            below = f"{pointer}/{pointers.step(key)}"
            yield from _texts(part, real["properties"].get(key), root, below, key)


def _named(key: str) -> str:
    """A field's name as a label says it: "Return by"."""
    said = key.replace("_", " ").strip()
    return said[:1].upper() + said[1:]


def _around(text: str, said: str) -> str:
    """The text, or of a long one what stands around a value."""
    if len(text) > WHOLE:
        at, end = find(said, text) or (0, 0)
        text = text[max(0, at - AROUND) : end + AROUND]
    return f"Text: {text.strip()}"


__all__ = ["doubted"]
