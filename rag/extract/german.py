"""
German writes all nouns with a capital letter: which capitalised word of a German text is no name.

Rules only.
"""

from __future__ import annotations

import re

from rag.extract.lexicon import bag

SMALL, FEW = (
    re.compile(r"\b(?:der|die|das|und|ist|nicht|ein|eine|mit|für|wir|ich|wird|wurde)\b", re.IGNORECASE),
    3,
)
DETERMINERS = bag(
    "der die das den dem des ein kein mein dein sein ihr unser euer im am zum zur beim vom ins ans aufs zwei drei vier"
    " fünf sechs"
)
PLACING = bag("aus unter über hinter neben heute treffen gegen wegen sagte meinte erklärte grüße liebe")


def is_german(text: str) -> bool:
    """Whether a text has small words of German, and some of them."""
    return len(SMALL.findall(text)) >= FEW


def is_noun(text: str, start: int) -> bool:
    """Whether a capitalised word of a German text is no name: behind an article, an adjective, a number."""
    match = re.search(r"([^\W_]+)[ \t]\Z", text[max(0, start - 24) : start])
    if match is None:
        return False
    before = match[1].lower()
    return (
        before in DETERMINERS
        or before.isdigit()
        or (match[1].islower() and before.endswith(("en", "er", "es", "em", "e")) and before not in PLACING)
    )


__all__ = ["is_german", "is_noun"]
