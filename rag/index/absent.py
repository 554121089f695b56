"""
The words of an English question that stand nowhere in an index, though one as large would have them.

How often a word is to be expected is told by its place among the words of English, the commonest first (Zipf 1935: the
r-th is about .1 / r of all words). Of a few pages "shop" may be missing by chance, of a handbook of thousands of
passages "tuition" is not: it says nothing of that.
"""

from __future__ import annotations

import re

from rag import folding, languages
from rag.models import english
from rag.store import Store

WORD = re.compile(r"(?<![\w.:/@#'’-])[^\W\d_]{3,24}(?![\w:/@]|[.'’-]\w)")  # no part of an address or a version
SHARE = 0.1  # of all words, the commonest; the r-th has the r-th part of that
WORDS = 120  # of a passage, on average
EXPECTED = 1.0  # times, at least, that the index would be expected to have the word


def absent(db: Store, question: str) -> list[str]:
    """Those words, as they are typed, in the question's order; none if it is in another language."""
    if languages.foreign(question):
        return []
    nothing = languages.asking(question)
    folded = {word: folding.fold(word) for word in dict.fromkeys(WORD.findall(question))}
    folded = {word: one for word, one in folded.items() if not (one in nothing or languages.idle(one))}
    terms = dict(db.tokens(" ".join(folded.values())))
    common = SHARE * WORDS * db.passages() / EXPECTED  # up to this place a word is to be expected
    rare = {word: one for word, one in folded.items() if 0 < english.place(one) <= common}
    there = db.frequencies([terms[one] for one in rare.values() if terms.get(one)])
    return [word for word, one in rare.items() if terms.get(one) and terms[one] not in there]
