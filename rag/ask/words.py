"""
The words of a question: cut to their stems, those that say nothing left out, the rarer the heavier.

A rough English stemmer and stop list: what question and text have in common need not be exact. In other languages a
word is that of the question if they begin alike or the one is a part of the other. Pure functions.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence

from rag import folding, languages, unspaced
from rag.ask.irregular import BASE

ASIDE, BESIDE = re.compile(r" \([^()]+\)$"), 0.4  # what a follow-up is about stands at its end, and weighs less
WORD = re.compile(r"\d+(?:[.,:]\d+)+|[^\W_]+")  # a version, a price and a time are one
WORDS = re.compile(r"[^\W_]+")
JOINED = re.compile(r"(?<![\w-])([^\W\d_]+)-([^\W\d_]+)(?![\w-])")
SHORTENED = re.compile(r"['’](?:s|t|re|ve|ll|d|m)\b")  # "what's", "thinkpad's"
STOP_WORDS = """
a an and are as at be been but by can could did do does for from had has have how i in is it its many much my not of on
or our should that the their there these they this those to was we were what when where which who whom whose why
will with would you your
"""
PART = 0.5  # of a word of the question, that a text has which says a part of it: "kamer" of "gastenkamer"
CROSSES = 0.2  # of a pair of characters that stands nowhere, while one beside it does: most cross the end of a word
COMMON, LONG = 0.5, 10  # of the weight of a word that no text has, at least; letters that count of one
SEVERAL, MANY = 0.5, 6  # what the logarithm of the number of words adds, and how many count
STOP = frozenset(STOP_WORDS.split())


def stems(text: str) -> list[str]:
    """The words of a text that carry meaning, cut to what their forms have in common; "Pi-hole" is "pihole", too."""
    text = SHORTENED.sub("", text.lower())
    joined = ["".join(parts) for parts in JOINED.findall(text)] if "-" in text else []
    return [_stem(word) for word in [*WORD.findall(text), *joined] if word not in STOP]


def telling(question: str) -> set[str]:
    """The stems of a question's words but the function words of its language."""
    nothing = languages.asking(question)
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
    if languages.foreign(question):
        wanted, bags = _told(question, texts)
    else:
        wanted = sorted(telling(question) or set(stems(question)))
        bags = [dict.fromkeys(stems(text), 1.0) for text in texts]
    rare = _rare(wanted, bags)
    if (aside := ASIDE.search(question)) and (own := telling(question[: aside.start()])):
        rare = {word: value * (1 if word in own else BESIDE) for word, value in rare.items()}
    return _weighed(rare, bags)


def evidence(question: str, texts: Sequence[str]) -> list[float]:
    """
    For each text how much its words alone speak for it that it answers a question, 0 to 2; .75 is about enough.

    The share of the question's words that it has, long ones (most are nouns) and those that stand nowhere weighing
    more; of a long question a smaller share is enough.
    """
    wanted, bags = _told(question, texts)
    rare, most = _rare(wanted, bags), math.log(2 * len(bags) + 2)
    weights = {word: max(rare[word], COMMON * most) * math.sqrt(min(len(word), LONG)) for word in wanted}
    weights |= {word: rare[word] for word in wanted if unspaced.EAST.match(word)}
    count = sum(0.5 if len(word) == 2 and unspaced.EAST.match(word) else 1.0 for word in wanted)
    more = SEVERAL * math.log(min(max(count, 1.0), MANY))
    return [share and share + more for share in _weighed(weights, bags)]


def _rare(wanted: Sequence[str], bags: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """For each word what it weighs: the more, the fewer texts have it."""
    common = Counter(word for bag in bags for word in bag)
    rare = {word: math.log(1 + (len(bags) - common[word] + 0.5) / (common[word] + 0.5)) for word in wanted}
    for word, beside in _beside(wanted):
        if not common[word] and any(common[one] for one in beside):
            rare[word] *= CROSSES
    return rare


def _weighed(weights: Mapping[str, float], bags: Sequence[Mapping[str, float]]) -> list[float]:
    total = sum(weights.values()) or 1.0
    return [sum(weight * bag.get(word, 0.0) for word, weight in weights.items()) / total for bag in bags]


def _told(question: str, texts: Sequence[str]) -> tuple[list[str], list[dict[str, float]]]:
    """The words of a question in any language, and for each text how much of each of them it has, 0 to 1."""
    folded = folding.fold(question)
    nothing = languages.asking(question)
    words = WORDS.findall(folding.searched(unspaced.without(folded)))
    about = unspaced.about(folded)
    telling_words = [word for word in words if word not in nothing] or ([] if about else words)
    singles = [run for run in about if len(run) == 1]
    pairs = [pair for run in about for pair in folding.whole_pieces(run)]
    wanted = list(dict.fromkeys([*telling_words, *pairs, *singles]))
    known: dict[str, dict[str, float]] = {}

    def has(word: str) -> dict[str, float]:
        if word not in known:
            known[word] = {one: much for one in wanted if (much := _alike(one, word))}
        return known[word]

    bags: list[dict[str, float]] = []
    for text in texts:
        bag: dict[str, float] = {}
        for word in set(WORDS.findall(folding.searched(text))):
            for one, much in has(word).items():
                bag[one] = max(much, bag.get(one, 0.0))
        bags.append(bag)
    return wanted, bags


def _beside(wanted: Sequence[str]) -> list[tuple[str, list[str]]]:
    """Pairs of characters of a script without spaces with those that share a character with them."""
    pairs = [word for word in wanted if len(word) == 2 and unspaced.EAST.fullmatch(word)]
    return [(one, [other for other in pairs if one[0] == other[1] or one[1] == other[0]]) for one in pairs]


def _alike(asked: str, word: str) -> float:
    """
    How much of a folded word of the question another says: 1 if they are forms of one ("verfällt", "verfallen"), or the
    word is written together of it and more, less if it is only a part of what was asked for.
    """
    if asked == word:
        return 1.0
    if unspaced.EAST.match(asked):
        return float(len(asked) == 1 and asked in word)
    shorter = min(len(asked), len(word))
    if shorter < 3:
        return 0.0
    if shorter == 3:
        return float(folding.holds(word, asked))
    common = next((at for at in range(shorter) if asked[at] != word[at]), shorter)
    stem = folding.part(asked, 4)
    if common >= max(4, folding.FORM * len(asked)) or (stem and folding.holds(word, stem)):
        return 1.0
    return PART if (stem := folding.part(word, 5)) and folding.holds(asked, stem) else 0.0
