"""Where words that somebody quotes may stand: passages that have them, and the names that sign quotations."""

from __future__ import annotations

import json
from collections.abc import Sequence

from rag.store.database import Database
from rag.store.engine import Store
from rag.store.filters import Filters

WEIGHTS = (2.0, 1.5, 1.0, 0.5)  # BM25 of title, heading, text, identifiers, as in a search
WIDER = 4  # times as many passages with any of the words, where all of them cannot be asked for
Place = tuple[int, int, int, int]  # passage, document, start, end


def places(db: Store, words: Sequence[str], limit: int, author: str = "") -> list[Place]:
    """Passages with all of these words, of this author's documents only if named; on a server those with most first."""
    if not isinstance(db, Database):
        found = _spans(db, [number for number, _ in db.by_words(_any(words), WIDER * limit, Filters(), WEIGHTS)])
        return _by(db, found, author)[:limit]
    match = " AND ".join(_any([word]) for word in words)
    only = "and d.author = ?" if author else "and ? = ''"
    rows = db.execute(
        'select p.id, p.document_id, p.start, p."end" from passage_fts f cross join passage p on p.id = f.rowid'
        f" cross join document d on d.id = p.document_id where passage_fts match ? {only} limit ?",
        (match, author, limit),
    )
    return list(rows)


def ranked(db: Store, words: Sequence[str], limit: int) -> list[Place]:
    """The passages with most of these words, best first."""
    return _spans(db, [number for number, _ in db.by_words(_any(words), limit, Filters(), WEIGHTS)])


def phrased(db: Store, phrase: str, limit: int) -> list[Place]:
    """The passages that hold a phrase, as `folding.phrase` writes it."""
    return _spans(db, [number for number, _ in db.by_words(phrase, limit, Filters(), WEIGHTS)])


def _any(words: Sequence[str]) -> str:
    return " OR ".join('"' + word.replace('"', '""') + '"' for word in words)


def _spans(db: Store, numbers: Sequence[int]) -> list[Place]:
    """The places of passages, in the order given."""
    rows = db.execute(
        'select p.id, p.document_id, p.start, p."end" from passage p where p.id in (select value from json_each(?))',
        (json.dumps(list(numbers)),),
    )
    found = {row[0]: row for row in rows}
    return [found[number] for number in numbers if number in found]


def _by(db: Store, found: Sequence[Place], author: str) -> list[Place]:
    """Those in documents of an author, if one is named."""
    if not author:
        return list(found)
    rows = db.execute(
        "select d.id from document d where d.author = ? and d.id in (select value from json_each(?))",
        (author, json.dumps([place[1] for place in found])),
    )
    own = {number for (number,) in rows}
    return [place for place in found if place[1] in own]


def authors(db: Store) -> list[str]:
    """Every author of a document."""
    return [name for (name,) in db.execute("select distinct author from document where author != '' order by author")]


def names(db: Store) -> list[tuple[int, str, str, str]]:
    """(number, key, title, address) of every document."""
    return list(db.execute("select id, key, title, url from document order by id"))
