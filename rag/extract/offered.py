"""
What a few words about a thing say of it where no label does: its brand, its material, its sizes, for whom it is.

The craft lies in `attributes`, `audience`, `branded` and `dimensions`; here it is brought to the fields.
"""

from __future__ import annotations

from collections.abc import Container

from rag.extract.attributes import WORDS, Nearness, attributes, is_of_thing
from rag.extract.audience import audience
from rag.extract.branded import branded
from rag.extract.dimensions import dimensions
from rag.extract.matching import SURE
from rag.extract.near import Near
from rag.extract.telling import Told


def offered(text: str, near: Near, known: Container[str], nearness: Nearness) -> None:
    """Tell what a text of few words says of fields that nothing tells, and all that others can be."""
    if len(text.split()) > WORDS:
        return
    every, matches = list(near.fields.values()), near.matches.said
    surely = {key for key, said in matches.items() if any(sure >= SURE for _, sure in said)}
    wanted = [one for one in every if one.key not in surely | set(near.told)]
    unsaid = [one for one in wanted if not matches.get(one.key)]  # of the others a label says something, at least
    thing, sexed = is_of_thing(every), any("sex" in one.units for one in every)
    if thing:
        near.told |= {one.key: told for one in unsaid if (told := audience(text, one, sexed))}
        near.classed |= dimensions(text, unsaid)
    said = attributes(text, wanted, thing, nearness)
    near.told |= {key: Told(word.text, word.start, word.end, "sentence") for key, word in said.told.items()}
    among = {key: words for key, words in said.among.items() if not matches.get(key)}
    near.classed |= {key: list(dict.fromkeys(one.text for one in words)) for key, words in among.items()}
    near.classed |= branded(text, every, near, known, nearness)


__all__ = ["offered"]
