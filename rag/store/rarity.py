"""
Questions whose words stand in very many passages: which passages are worth scoring, the same on every engine.

Those that hold one of the rarer words are scored, by all words: as many words are taken for rare as it takes that no
other passage is to be expected among the first SURE (after MaxScore: Turtle and Flood 1995). Of these, those that hold
two words or more are scored first, and then those that hold one alone, where one of them is to be expected among the
first SURE. What follows those may lack a passage that holds common words alone, or one word alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from math import log

LIKELY = 1.3  # times its rarity (idf), what a common word adds to a score at most, but in passages that repeat it
POSTINGS = 25_000  # places of words that are scored at first, in an index in which a question's words have more
PLACES = 100_000  # … of all words that are looked up: the commonest beyond are counted in the texts of the best …
LITTLE = 0.25  # … if they are not more than this share of the rarity of all, and others are left …
LEFT = 2  # … so many at least
MANY = 8  # a share of these, from which on it pays to look first for passages with several of the words
MORE = 2  # times as many, if those were too few
SURE = 10  # passages that are to be the best
ALONE = 1.7  # times its rarity, what a word adds to a score at most, but in passages that repeat it often (2.2 at most)
Ranked = Sequence[tuple[int, float]]  # (passage id, score), best first
STRING = re.compile(r'"(?:[^"]|"")*"\*?')  # of an expression: a word, a phrase, the beginning of a word


@dataclass(frozen=True, slots=True)
class Division:
    """
    Strings of an expression: passages with one of the `rare` are scored; the `common` add `most` to a score. A passage
    that holds no string but this word scores `alone` at most (empty: all with a rare string are scored at once). The
    `whole` are phrases and beginnings of words: what holds one of them is scored in any case.
    """

    rare: Sequence[str]
    common: Sequence[str] = ()
    most: float = 0.0
    alone: Mapping[str, float] = field(default_factory=dict)
    whole: Sequence[str] = ()

    def enough(self, ranked: Ranked) -> bool:
        """Whether no passage that was left out is to be expected among the first."""
        return not self.common or (len(ranked) >= SURE and ranked[SURE - 1][1] >= self.most)

    def left(self, ranked: Ranked, limit: int) -> Sequence[str]:
        """Of the rare strings those that a passage may hold alone and still be among the first, as others `ranked`."""
        if not self.alone or len(ranked) < max(limit, SURE):
            return self.rare
        return [string for string in self.rare if self.alone.get(string, 0) > ranked[SURE - 1][1]]


def divisions(strings: Sequence[str], counts: Mapping[str, int], total: int) -> Iterator[Division]:
    """
    The rarest words come first, until they stand in POSTINGS passages; then more of them, and at last all.

    `counts` are of the strings that are single words: in how many of the `total` passages each stands. All others are
    taken for rare.
    """
    alone: dict[str, float] = {}
    whole = [string for string in strings if string not in counts]
    if len(counts) > 1 and total > POSTINGS:
        ordered = sorted(counts, key=lambda string: counts[string])
        spent = list(accumulate(counts[string] for string in ordered))
        if spent[-1] > POSTINGS // MANY:
            alone = {string: ALONE * _rarity(count, total) for string, count in counts.items()}
        budget = POSTINGS
        while spent[-1] > budget:
            common = ordered[max(1, sum(value <= budget for value in spent)) :]
            rare = [string for string in strings if string not in common]
            most = sum(LIKELY * _rarity(counts[string], total) for string in common)
            yield Division(rare, common, most, alone, whole)
            budget *= MORE
    yield Division(strings, alone=alone, whole=whole)


def idle(counts: Mapping[str, int], total: int) -> list[str]:
    """Of single words, `counts` as in `divisions`, those that are too common to be looked up, and add little."""
    ordered = sorted(counts, key=lambda string: counts[string])
    worth = {string: _rarity(count, total) for string, count in counts.items()}
    room, spent = LITTLE * sum(worth.values()), sum(counts.values())
    found: list[str] = []
    while spent > PLACES and len(ordered) > LEFT and (room := room - worth[ordered[-1]]) >= 0:
        found.append(ordered.pop())
        spent -= counts[found[-1]]
    return found


def _rarity(count: int, total: int) -> float:
    """The idf of BM25."""
    return log((total - count + 0.5) / (count + 0.5))
