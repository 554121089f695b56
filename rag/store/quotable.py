"""Where words that somebody quotes may stand: passages that have them, and the names that sign quotations."""

from __future__ import annotations

import json

from rag.store.engine import Store
from rag.store.filters import Filters

Place = tuple[int, int, int, int]  # passage, document, start, end


def places(db: Store, match: str, limit: int, author: str = "") -> list[Place]:
    """Passages that hold all of an expression, in the order of the index; of this author's documents only, if named."""
    return _placed(db, db.holding(match, limit, author))


def ranked(db: Store, match: str, limit: int) -> list[Place]:
    """The passages that fit an expression best, best first."""
    return _placed(db, [number for number, _ in db.by_words(match, limit, Filters(), ())])


def _placed(db: Store, numbers: list[int]) -> list[Place]:
    rows = db.execute(
        'select id, document_id, start, "end" from passage where id in (select value from json_each(?))',
        (json.dumps(numbers),),
    )
    found = {number: (number, *place) for number, *place in rows}
    return [(number, *found[number][1:]) for number in numbers if number in found]


def authors(db: Store) -> list[str]:
    """Every author of a document."""
    return [name for (name,) in db.execute("select distinct author from document where author != '' order by author")]


def names(db: Store) -> list[tuple[int, str, str, str]]:
    """(number, key, title, address) of every document."""
    return list(db.execute("select id, key, title, url from document order by id"))
