"""
Questions whose words stand in very many passages: which passages are worth scoring, the same on every engine.

Those that hold one of the rarer words are scored, by all words: as many words are taken for rare as it takes that no
other passage is to be expected among the first SURE (after MaxScore: Turtle and Flood 1995). What follows those may
lack a passage that holds common words alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import log

LIKELY = 1.3  # times its rarity (idf), what a common word adds to a score at most, but in passages that repeat it
POSTINGS = 25_000  # places of words that are scored at first, in an index in which a question's words have more
MORE = 2  # times as many, if those were too few
SURE = 10  # passages that are to be the best
STRING = re.compile(r'"(?:[^"]|"")*"\*?')  # of an expression: a word, a phrase, the beginning of a word


@dataclass(frozen=True, slots=True)
class Division:
    """Strings of an expression: passages with one of the `rare` are scored; the `common` add `most` to a score."""

    rare: Sequence[str]
    common: Sequence[str] = ()
    most: float = 0.0

    def enough(self, ranked: Sequence[tuple[int, float]]) -> bool:
        """Whether no passage that was left out is to be expected among the first."""
        return not self.common or (len(ranked) >= SURE and ranked[SURE - 1][1] >= self.most)


def divisions(strings: Sequence[str], counts: Mapping[str, int], total: int) -> Iterator[Division]:
    """
    The rarest words come first, until they stand in POSTINGS passages; then more of them, and at last all.

    `counts` are of the strings that are single words: in how many of the `total` passages each stands. All others are
    taken for rare.
    """
    if len(counts) > 1 and total > POSTINGS:
        ordered = sorted(counts, key=lambda string: counts[string])
        spent = list(accumulate(counts[string] for string in ordered))
        budget = POSTINGS
        while spent[-1] > budget:
            common = ordered[max(1, sum(value <= budget for value in spent)) :]
            rare = [string for string in strings if string not in common]
            most = sum(LIKELY * log((total - counts[string] + 0.5) / (counts[string] + 0.5)) for string in common)
            yield Division(rare, common, most)
            budget *= MORE
    yield Division(strings)
