"""
A name for a group of texts, written by a model under a grammar, and no two groups with the same.

A large model writes a few words; a small one chooses among the words that tell the group from the others, alone and in
pairs. Either sees the texts nearest the centre, as many as its budget of tokens holds.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from rag import grammar, prompts
from rag.errors import OutputError
from rag.types import Generator, Sampling

LONGEST = 60  # characters of a name
READ, LITTLE = 400, 160  # characters of a text that a large model sees, and a small one
BUDGET, SMALL = 2000, 600  # tokens of a prompt, likewise
OFFERED = 12  # phrases that a small model chooses among


@dataclass(frozen=True, slots=True)
class Described:
    """A group as a model sees it: texts nearest the centre first, and the words that tell it apart."""

    texts: Sequence[str]
    keywords: Sequence[str]


def name(
    group: Described, taken: Collection[str], generator: Generator, *, capable: bool, prompt: str = "cluster"
) -> str:
    """
    A name of at most 60 characters that is not among those taken.

    Raises ModelError (unreachable, or a prompt that is too long even with one text), OutputError (a hosted model's
    reply does not fit, twice).
    """
    template = prompts.find(prompt, ["texts"])
    used = {_plain(one) for one in taken}
    phrases = [] if capable else [one for one in candidates(group) if _plain(one) not in used][:OFFERED]
    if not capable and len(phrases) < 2:
        return phrases[0] if phrases else _distinct(", ".join(group.keywords[:3]) or "Others", used)
    value: dict[str, Any] = {"enum": phrases} if phrases else {"type": "string", "minLength": 2, "maxLength": LONGEST}
    shape = grammar.compile({"type": "object", "properties": {"name": value}, "required": ["name"]})
    values = {"keywords": ", ".join(group.keywords), "taken": "; ".join(taken) or "none yet"}
    items = [prompts.line(text[: READ if capable else LITTLE]) for text in group.texts]
    budget = min(BUDGET if capable else SMALL, generator.context - (shape.longest or 256) - 8)
    messages, _ = prompts.fit(template, values, "texts", [f"- {item}" for item in items], generator.count, budget)
    for seed in range(2):
        sampling = Sampling(max_tokens=shape.longest or 128, temperature=0.0 if not seed else 0.7, seed=seed)
        produced = grammar.produce(generator, messages, shape, sampling, k=2)
        said = " ".join(str(produced.data["name"]).split()).strip(" .\"'“”")
        if said and _plain(said) not in used:
            return said
    if not said:
        raise OutputError(f"{generator.name} gave a group no name", raw=produced.raw)
    return _distinct(said, used, group.keywords)


def candidates(group: Described) -> list[str]:
    """What may name a group: its three most telling words, the first of them joined by two, telling pairs of words."""
    words = list(group.keywords)
    pairs = [one for one in words if " " in one]
    places = [(one, other) for one, other in ((0, 1), (0, 2), (1, 2), (0, 3)) if other < len(words)]
    joined = [f"{words[one]} and {words[other]}" for one, other in places]
    found = [*words[:3], *joined, *pairs]
    return list(dict.fromkeys(one[:1].upper() + one[1:] for one in found if 2 <= len(one) <= LONGEST))


def _distinct(said: str, used: Collection[str], keywords: Sequence[str] = ()) -> str:
    """The name, told from those taken by a keyword or a number."""
    if _plain(said) not in used:
        return said
    for word in keywords:
        longer = f"{said[: LONGEST - len(word) - 3]} ({word})"
        if _plain(longer) not in used and _plain(word) not in _plain(said):
            return longer
    number, made = 2, said
    while _plain(made) in used:
        made, number = f"{said[: LONGEST - 4]} {number}", number + 1
    return made


def by_keywords(found: Sequence[Sequence[str]]) -> list[str]:
    """A name for each group without a model: its three most telling words, no two alike."""
    names: list[str] = []
    for words in found:
        made = _distinct(", ".join(words[:3]) or "others", {_plain(one) for one in names}, words[3:])
        names.append(made)
    return names


def _plain(text: str) -> str:
    return re.sub(r"\W+", " ", text).strip().casefold()
