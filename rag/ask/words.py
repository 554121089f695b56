"""
The words of a question: cut to their stems, those that say nothing left out, the rarer the heavier.

A rough English stemmer and stop list: what question and text have in common need not be exact. Pure functions.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence

STOP_WORDS = """
a an and are as at be been but by can could did do does for from had has have how i in is it its many much my not of on
or our should that the their there these they this those to was we were what when where which who whom whose why
will with would you your
"""
STOP = frozenset(STOP_WORDS.split())


def stems(text: str) -> list[str]:
    """The words of a text that carry meaning, cut to what their forms have in common."""
    return [_stem(word) for word in re.findall(r"[^\W_]+", text.lower()) if word not in STOP]


def _stem(word: str) -> str:
    for ending in ("ing", "ies", "ied", "es", "ed", "ly", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word.removesuffix(ending)
            break
    return word[:7]


def shares(question: str, texts: Sequence[str]) -> list[float]:
    """For each text the share, 0 to 1, of the question's words that stand in it; the fewer texts have one, the more."""
    wanted = list(dict.fromkeys(stems(question)))
    bags = [set(stems(text)) for text in texts]
    common = Counter(word for bag in bags for word in bag)
    rare = {word: math.log(1 + (len(bags) - common[word] + 0.5) / (common[word] + 0.5)) for word in wanted}
    total = sum(rare.values()) or 1.0
    return [sum(rare[word] for word in wanted if word in bag) / total for bag in bags]
