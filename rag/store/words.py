"""
Words in the full text index: passages by BM25, how often a word stands, the tokenizer, and compounds.

Texts and questions are folded alike before they come here (rag/folding.py); what is asked for is the business of
rag/ranking.py.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from rag import folding
from rag.store.database import Database
from rag.store.documents import Filters

TOKENIZER = ["unicode61", "remove_diacritics", "2", "categories", "L* N* Co M*"]  # under porter; as in schema.py


def by_words(
    db: Database, match: str, limit: int, filters: Filters, weights: Sequence[float]
) -> list[tuple[int, float]]:
    """(passage id, BM25 score: larger is better), best first. `match` is an FTS5 expression."""
    subquery, values = filters.ids()
    only = f"and rowid in ({subquery})" if subquery else ""
    numbers = ", ".join(str(float(weight)) for weight in weights)
    rows = db.execute(
        f"select rowid, -bm25(passage_fts, {numbers}) as score from passage_fts"
        f" where passage_fts match :match {only} order by score desc, rowid limit :limit",
        {**values, "match": match, "limit": limit},
    )
    return [(number, score) for number, score in rows]


def document_frequencies(db: Database, terms: Sequence[str]) -> dict[str, int]:
    """term (as the tokenizer writes it) -> in how many passages it stands."""
    db.execute("create virtual table if not exists temp.passage_terms using fts5vocab(main, passage_fts, row)")
    rows = db.execute(
        "select term, doc from temp.passage_terms where term in (select value from json_each(?))", (json.dumps(terms),)
    )
    return dict(rows)


def tokens(db: Database, text: str) -> list[tuple[str, str]]:
    """(word, its term as the index stores it: stemmed) of every word of a folded text, in order."""
    tokenizer = db.connection.fts5_tokenizer("porter", TOKENIZER)
    raw = text.encode("utf-8", "replace")
    terms: Iterable[Any] = tokenizer(raw, 1, None, include_colocated=False)
    return [(raw[start:end].decode("utf-8", "replace"), term) for start, end, term in terms]


def compounds(db: Database, stems: Sequence[str]) -> list[str]:
    """The words of this index that are written together of more than one, of which one of the stems is a part."""
    listed = json.dumps([stem for stem in stems if stem])
    rows = db.execute(
        "select c.word, s.value from json_each(?) s cross join compound c where instr(c.word, s.value)", (listed,)
    )
    return sorted({word for word, stem in rows if folding.holds(word, stem)}, key=lambda word: (len(word), word))


def parts(db: Database, word: str) -> tuple[str, ...]:
    """The two words of this index that a word is written together of; none if it is of no two."""
    pairs = folding.halves(word)
    terms = dict(tokens(db, " ".join(sorted({half for pair in pairs for half in pair}))))
    there = document_frequencies(db, list(terms.values()))
    return next((pair for pair in pairs if all(terms[half] in there for half in pair)), ())
