"""
The passages that hold a question's words, by BM25: those that tell most, other forms of them, what they are a part of.

What weighs less (COMPOUND, FORMS, BESIDE) was measured: docs/decisions.md.
"""

from __future__ import annotations

import math

from rag import folding, ranking
from rag.store import Store, words
from rag.store.filters import Filters

FIELD_WEIGHTS = (2.0, 1.5, 1.0, 0.5)  # BM25 of title, heading, text, identifiers
COMPOUND = 0.1  # of the score of words written together of which a word of the question is a part
COMPOUNDS = 50  # such words at most
FORMS = 0.3  # … of other forms of the question's words, in a language whose words are not stemmed
BESIDE = 0.1  # … of words that questions are asked with: "kostet"
COMMON = 0.3  # a word in more than this share of the passages says nothing


def by_words(db: Store, asked: ranking.Asked, limit: int, filters: Filters) -> ranking.Ranked:
    """BM25 over an OR of the question's words, those that say nothing left out; best first."""
    known, unknown = _words(db, asked)
    known += [half for word in unknown for half in words.parts(db, word)]
    beside = [word for word in known if word in asked.asking]
    known = [word for word in known if word not in asked.asking]
    forms = [folding.forms(word) for word in (*known, *unknown) if word not in asked.asking] if asked.foreign else []
    parts = [folding.part(word, 5) for word in known] + [folding.part(word, 4) for word in unknown]
    parts += [word for word in (*known, *unknown) if len(word) == 3 and word.isalpha() and word.isascii()]
    ranked: ranking.Ranked = matching(
        db, ranking.match_expression(known, [*asked.phrases, *asked.names, *asked.prefixes]), limit, filters
    )
    for weight, match in (
        (COMPOUND, ranking.match_expression(words.compounds(db, parts, known)[:COMPOUNDS])),
        (FORMS, ranking.match_expression((), filter(None, forms))),
        (BESIDE, ranking.match_expression(beside)),
    ):
        ranked = ranking.with_less(ranked, matching(db, match, limit, filters), weight)
    return ranked[:limit]


def matching(db: Store, match: str, limit: int, filters: Filters) -> list[tuple[int, float]]:
    """(passage id, BM25 score) of what an FTS5 expression finds, best first; nothing for an empty one."""
    return db.by_words(match, limit, filters, FIELD_WEIGHTS) if match else []


def held(db: Store, asked: ranking.Asked, ranked: ranking.Ranked) -> float:
    """
    How much of what a question's words could bring its best passage has: its BM25 score by the sum of their inverse
    document frequencies, those of words that stand nowhere too. About 1 where it has each of them once, and 1 for one
    word or two: who types these means them.
    """
    total = db.passages() or 1
    terms = _terms(db, asked)
    if len(terms) < ranking.FEW:
        return 1.0
    frequency = db.frequencies(list(terms))
    counts = [frequency.get(term, 0) for term in terms]
    could = sum(math.log(1 + (total - count + 0.5) / (count + 0.5)) for count in counts)
    return ranked[0][1] / could if ranked and could > 0 else 0.0


def _terms(db: Store, asked: ranking.Asked) -> dict[str, str]:
    """term as the index stores it -> the word; of all but function words, or of these where there are no others."""
    spoken = db.tokens(asked.text)
    return {term: word for word, term in spoken if word not in asked.idle} or {term: word for word, term in spoken}


def _words(db: Store, asked: ranking.Asked) -> tuple[list[str], list[str]]:
    """
    The words worth looking for (no function words, none that stands in too many passages, but at least one), and those
    that stand nowhere.
    """
    terms = _terms(db, asked)
    total = db.passages() or 1
    frequency = db.frequencies(list(terms))
    known = {word: frequency[term] for term, word in terms.items() if term in frequency}
    rare = [word for word, count in known.items() if count <= max(COMMON * total, 10)]
    unknown = [word for term, word in terms.items() if term not in frequency]
    return rare or sorted(known, key=lambda word: known[word])[:3], unknown
