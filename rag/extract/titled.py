"""
Titles, in which nearly all words are capitalised: whether a text is one, and which of its words no dictionary has.
"""

from __future__ import annotations

from collections.abc import Container, Sequence

from rag.extract.german import is_german

MOST = 0.6  # of the words of a title that are capitalised
LONG, MANY = 3, 4  # letters of a word that counts; words of a text that may be a title


def is_titled(text: str, words: Sequence[str]) -> bool:
    """Whether a text of these words is a title; in German all nouns are capitalised, so none is told there."""
    capital = [word[0].isupper() for word in words if word[0].isalpha() and len(word) > LONG]
    capitalised = sum(capital) > MOST * len(capital) and len(words) > MANY
    return capitalised and text.strip().count("\n") < 2 and not is_german(text)


def is_rare(word: str, known: Container[str]) -> bool:
    """Whether a word of a title is one that no dictionary has: SeaKnight, Neploe."""
    return word.isalpha() and len(word) > LONG and word.lower() not in known and word.lower().rstrip("s") not in known


__all__ = ["is_rare", "is_titled"]
