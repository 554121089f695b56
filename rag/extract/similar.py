"""
Which of many examples are like a document: those that share its rare words.

Examples that resemble the document teach a small model far more than examples that do not (docs/extraction.md has the
figures). The measure is the cosine of tf-idf vectors (Salton and Buckley 1988, doi:10.1016/0306-4573(88)90021-0): it
needs no model, gives the same answer everywhere, and takes less than a millisecond beside the seconds of a reply.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from math import log, sqrt

SOLID = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff"  # scripts without blanks between words
WORD = re.compile(rf"[{SOLID}]|[^\W{SOLID}]+")


class Similar:
    """Some texts, to be found by another that is like them."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.size = len(texts)
        counts = [_counts(text) for text in texts]
        among = Counter(word for count in counts for word in count)
        self.weight = {word: log((self.size + 1) / (n + 0.5)) for word, n in among.items()}
        self.holding: defaultdict[str, list[tuple[int, float]]] = defaultdict(list)
        for number, count in enumerate(counts):
            parts = {word: (1 + log(n)) * self.weight[word] for word, n in count.items()}
            length = sqrt(sum(part * part for part in parts.values())) or 1.0
            for word, part in parts.items():
                self.holding[word].append((number, part / length))

    def nearest(self, text: str, count: int) -> list[int]:
        """The numbers of the `count` texts that are most like this one, best first; of equals the earlier one."""
        scores = [0.0] * self.size
        for word, n in _counts(text).items():
            if word in self.weight:
                wanted = (1 + log(n)) * self.weight[word]
                for number, part in self.holding[word]:
                    scores[number] += wanted * part
        return sorted(range(self.size), key=lambda number: (-scores[number], number))[:count]


def _counts(text: str) -> Counter[str]:
    return Counter(WORD.findall(text.casefold()))
