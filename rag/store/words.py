"""
Words in the full text index: compounds, and the parts of a word.

Texts and questions are folded alike before they come here (rag/folding.py); what is asked for is the business of
rag/ranking.py, and finding passages by words that of the engine (`engine.py`).
"""

from __future__ import annotations

from collections.abc import Sequence

from rag import folding
from rag.store.engine import Store


def compounds(db: Store, stems: Sequence[str], known: Sequence[str] = ()) -> list[str]:
    """
    The words of this index that are written together of more than one, of which one of the stems is a part; but none
    that is found by the words that are `known` anyway, because it has the same term.
    """
    rows = db.compounds([stem for stem in stems if stem])
    found = sorted({word for word, stem in rows if folding.holds(word, stem)}, key=lambda word: (len(word), word))
    if not found:
        return []
    terms = dict(db.tokens(" ".join([*found, *known])))
    own = {terms[word] for word in known if word in terms}
    return [word for word in found if terms.get(word) not in own]


def parts(db: Store, word: str) -> tuple[str, ...]:
    """The two words of this index that a word is written together of; none if it is of no two."""
    pairs = folding.halves(word)
    terms = dict(db.tokens(" ".join(sorted({half for pair in pairs for half in pair}))))
    there = db.frequencies(list(terms.values()))
    return next((pair for pair in pairs if all(terms[half] in there for half in pair)), ())
