"""
Forms of the words of English that the vocabulary of the bundled embedder holds whole.

What is none of them is rare, misspelt, of another language, or a name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rag.models.minilm import known, vocabulary

ENDINGS = """
s es d ed ing r st est ly y al age ish ful less ness ment able ible tion ation ity ous ive ist ism ship hood dom wards
ize izes ized izing ization
""".split()  # noqa: SIM905
PREFIXES = "un re de dis in im non pre post over under sub super co mis out inter multi anti auto self".split()  # noqa: SIM905
LEAST = 3  # letters of the word that is left
SHORTEST = 2  # letters of a verb: "go", "do"


def formed(word: str) -> bool:
    """Is a folded word one that is known, or a form of one: "stopped", "rewax", "summarise"; "delete" of "deleted"?"""
    whole = (
        known(base)
        for head in ("", *PREFIXES)
        if word.startswith(head) and len(word) - len(head) >= LEAST
        for base in _bases(word[len(head) :])
    )
    return any(whole) or (word[-1:] == "e" and known(f"{word}d"))


def acts(word: str) -> bool:
    """Is a folded word a verb by its forms: "deploy" by "deployed", "undo" by "doing"?"""
    bare = [word[len(head) :] for head in ("", *PREFIXES) if word.startswith(head)]
    return any(
        known(form)
        for one in bare if len(one) >= SHORTEST
        for form in (f"{one}ed", f"{one}ing", f"{one}{one[-1]}ed", f"{one}{one[-1]}ing", f"{one[:-1]}ied",
                     *((f"{one}d", f"{one[:-1]}ing") if one[-1] == "e" else ()))
    )  # fmt: skip


def place(word: str) -> int:
    """Where a folded word, or the commonest that it is a form of, stands among those known; 0 if it is none."""
    listed = vocabulary()
    return listed.get(word) or min((listed[base] for base in _bases(word) if base in listed), default=0)


def _bases(word: str) -> Iterator[str]:
    """What a word may be a form of: "stopped" of stop, "dries" of dry, "waxing" of wax, "summarise" of summary."""
    for spelled in {word, re.sub("is(?=e|ing|ation)", "iz", word)}:  # as it is written in Britain, in America
        yield spelled
        for ending in ENDINGS:
            base = spelled.removesuffix(ending)
            if base == spelled or len(base) < LEAST:
                continue
            yield from (base, f"{base}e", f"{base}y")
            if base[-1] == base[-2]:
                yield base[:-1]
            if base[-1] == "i":
                yield f"{base[:-1]}y"


__all__ = ["formed", "place"]
