"""
The words of a question: cut to their stems, those that say nothing left out, the rarer the heavier.

A rough English stemmer and stop list: what question and text have in common need not be exact. In other languages a
word is that of the question if they begin alike or the one is a part of the other. Pure functions.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence

from rag import folding, ranking
from rag.ask.irregular import BASE

ASIDE, BESIDE = re.compile(r" \([^()]+\)$"), 0.4  # what a follow-up is about stands at its end, and weighs less
WORD = re.compile(r"\d+(?:[.,:]\d+)+|[^\W_]+")  # a version, a price and a time are one
JOINED = re.compile(r"(?<![\w-])([^\W\d_]+)-([^\W\d_]+)(?![\w-])")
SHORTENED = re.compile(r"['’](?:s|t|re|ve|ll|d|m)\b")  # "what's", "thinkpad's"
STOP_WORDS = """
a an and are as at be been but by can could did do does for from had has have how i in is it its many much my not of on
or our should that the their there these they this those to was we were what when where which who whom whose why
will with would you your
"""
ALIKE = 0.7  # of a word's letters stand at the beginning of its other forms
STOP = frozenset(STOP_WORDS.split())


def stems(text: str) -> list[str]:
    """The words of a text that carry meaning, cut to what their forms have in common; "Pi-hole" is "pihole", too."""
    text = SHORTENED.sub("", text.lower())
    joined = ["".join(parts) for parts in JOINED.findall(text)] if "-" in text else []
    return [_stem(word) for word in [*WORD.findall(text), *joined] if word not in STOP]


def telling(question: str) -> set[str]:
    """The stems of a question's words but the function words of its language."""
    words = re.findall(r"[^\W_]+", question.lower())
    nothing = ranking.function_words(map(folding.fold, words))
    return {stem for stem in stems(question) if folding.fold(stem) not in nothing}


def _stem(word: str) -> str:
    word = BASE.get(word, word)
    for ending in ("ing", "ies", "ied", "es", "ed", "ly", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word.removesuffix(ending)
            break
    return word[:7]


def shares(question: str, texts: Sequence[str]) -> list[float]:
    """For each text the share, 0 to 1, of the question's words that stand in it; the fewer texts have one, the more."""
    if ranking.foreign(question):
        wanted, bags = _told(question, texts)
    else:
        wanted = sorted(telling(question) or set(stems(question)))
        bags = [set(stems(text)) for text in texts]
    common = Counter(word for bag in bags for word in bag)
    rare = {word: math.log(1 + (len(bags) - common[word] + 0.5) / (common[word] + 0.5)) for word in wanted}
    if (aside := ASIDE.search(question)) and (own := telling(question[: aside.start()])):
        rare = {word: value * (1 if word in own else BESIDE) for word, value in rare.items()}
    total = sum(rare.values()) or 1.0
    return [sum(rare[word] for word in wanted if word in bag) / total for bag in bags]


def _told(question: str, texts: Sequence[str]) -> tuple[list[str], list[set[str]]]:
    """The words of a question in any language, and for each text those of them that it has in some form."""
    words = re.findall(r"[^\W_]+", folding.searched(question))
    nothing = ranking.function_words(words)
    wanted = list(dict.fromkeys(word for word in words if word not in nothing))
    known: dict[str, frozenset[str]] = {}

    def those(word: str) -> frozenset[str]:
        if word not in known:
            known[word] = frozenset(one for one in wanted if _alike(one, word))
        return known[word]

    bags = [set[str]().union(*map(those, set(re.findall(r"[^\W_]+", folding.searched(text))))) for text in texts]
    return wanted, bags


def _alike(asked: str, word: str) -> bool:
    """Are two folded words forms of one ("verfällt", "verfallen"), or is the one a part of the other?"""
    if asked == word:
        return True
    shorter = min(len(asked), len(word))
    if shorter < 4:
        return False
    common = next((at for at in range(shorter) if asked[at] != word[at]), shorter)
    return common >= max(4, ALIKE * len(asked)) or any(
        stem and folding.holds(whole, stem)
        for whole, stem in ((word, folding.part(asked, 4)), (asked, folding.part(word, 5)))
    )
