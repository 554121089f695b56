"""
Names and codes of a question that nothing found says: where it asks for "leave in France" and only other countries
stand there, what comes nearest is no answer.

Only what is surely a name is looked at: a code that begins with letters and has digits, and in an English question a
word with a capital inside it. Pure functions over hits.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence

from rag import folding, languages
from rag.types import Hit

CODE = re.compile(  # "WA7280", "F8"; not "16th", "ps3", which a text may call otherwise
    r"(?<![\w/.:-])(?:[A-Z][A-Za-z]{0,5}[:-]?\d[A-Z0-9-]{0,12}|[a-z]{1,6}-?\d{3,}[a-z0-9-]{0,12})(?![\w/]|[.:-]\w)"
)
NAME = re.compile(r"(?<=[^.!?:]\s)[\"'“‘(]?(?P<name>[^\W\d_a-zà-ÿ][\w’'-]{2,})")
OWNED = re.compile(r"['’]s?\Z")
ENDING, STEM = 3, 4  # letters at the end in which forms of a name differ ("Canadian", "Canada"); that are left at least
SLIP = 0.8  # how alike a word is that is the same name with a slip in it
BREAKS = re.compile(r"[\W_]+")


def unsaid(question: str, hits: Sequence[Hit]) -> list[str]:
    """The names and codes of a question, in its order, that no text, title, heading or file name found has."""
    asked = _things(question)
    if not asked or not hits:
        return []
    found = folding.fold("\n".join(map(_said, hits)))
    solid, words = BREAKS.sub("", found), set(re.findall(r"\w+", found))
    return [one for one in asked if not _stands(folding.fold(one), solid, words)]


def _things(question: str) -> list[str]:
    """What is surely a code or a name."""
    codes = [match[0] for match in CODE.finditer(question)]
    own = languages.languages(question)
    inside = question.split()[1:]
    capitals = sum(word[:1].isupper() for word in inside)
    named = capitals * 2 <= len(inside) or capitals == 1  # "How Do I Change It" is typed so
    names = [OWNED.sub("", match["name"]) for match in NAME.finditer(question)] if named and own <= {"English"} else []
    return list(dict.fromkeys([*codes, *names]))


def _said(hit: Hit) -> str:
    passage, document = hit.passage, hit.passage.document
    return "\n".join((passage.text, passage.heading, document.title, document.author or "", document.key))


def _stands(name: str, solid: str, words: set[str]) -> bool:
    """Does it, or a form of it, or the same with a slip, stand there? `name` is folded."""
    plain = BREAKS.sub("", name)
    stem = plain if any(map(str.isdigit, plain)) else plain[: max(STEM, len(plain) - ENDING)]
    if stem in solid:
        return True
    like = [word for word in words if word[:1] == plain[:1] and abs(len(word) - len(plain)) < 2]
    return plain.isalpha() and bool(difflib.get_close_matches(plain, like, 1, SLIP))


__all__ = ["unsaid"]
