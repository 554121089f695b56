"""Where words that somebody quotes may stand: passages that have them, and the names that sign quotations."""

from __future__ import annotations

from rag.store.engine import Store

Place = tuple[int, int, int, int]  # passage, document, start, end


def places(db: Store, match: str, limit: int, author: str = "") -> list[Place]:
    """Passages that fit an FTS5 expression, in the order of the index; of this author's documents only, if named."""
    only = "and d.author = ?" if author else "and ? = ''"
    rows = db.execute(
        'select p.id, p.document_id, p.start, p."end" from passage_fts f cross join passage p on p.id = f.rowid'
        f" cross join document d on d.id = p.document_id where passage_fts match ? {only} limit ?",
        (match, author, limit),
    )
    return list(rows)


def ranked(db: Store, match: str, limit: int) -> list[Place]:
    """The passages that fit an FTS5 expression best, best first."""
    rows = db.execute(
        "with best as materialized (select rowid as id, rank from passage_fts where passage_fts match ?"
        " order by rank limit ?)"
        ' select p.id, p.document_id, p.start, p."end" from best b cross join passage p on p.id = b.id order by b.rank',
        (match, limit),
    )
    return list(rows)


def authors(db: Store) -> list[str]:
    """Every author of a document."""
    return [name for (name,) in db.execute("select distinct author from document where author != '' order by author")]


def names(db: Store) -> list[tuple[int, str, str, str]]:
    """(number, key, title, address) of every document."""
    return list(db.execute("select id, key, title, url from document order by id"))
