"""How many bytes an index takes, part by part, and giving back those that nothing uses. Nothing here knows vectors."""

from __future__ import annotations

from rag.store.database import Database

SHORTER = "shorter"  # setting: an upgrade made rows shorter, and their pages are as many as before
# What a part is called: tables and their indexes, by the beginnings of their names.
PARTS = {
    "documents": ("document", "_chronicle_document", "sqlite_autoindex_document", "chronicle"),
    "passages": ("passage", "sqlite_autoindex_passage"),
    "words": ("passage_fts", "compound", "sqlite_autoindex_compound"),
    "vectors": ("vector", "sqlite_autoindex_vector"),
}


def parts(db: Database) -> dict[str, int]:
    """part -> bytes of its pages; every page is looked at. What is none of the parts is "other"."""
    found = dict.fromkeys([*PARTS, "other"], 0)
    for name, size in db.execute("select name, sum(pgsize) from dbstat group by name"):
        fits = [(len(start), part) for part, starts in PARTS.items() for start in starts if name.startswith(start)]
        found[max(fits)[1] if fits else "other"] += size
    free = db.value("select freelist_count * page_size from pragma_freelist_count, pragma_page_size")
    return {**found, "free": int(free or 0)}


def files(db: Database) -> dict[str, int]:
    """The main file and the vector index beside it: bytes."""
    side = db.beside("-index")
    return {"main file": db.real.stat().st_size, "vector index": side.stat().st_size if side.exists() else 0}


def compact(db: Database, *, whole: bool = False) -> None:
    """
    Merge the index of words into one part, give free pages back, let SQLite learn how its tables lie.

    `whole` writes every page anew, as it pays where many rows became shorter; an upgrade may have made them so.
    """
    db.execute("insert into passage_fts(passage_fts) values ('optimize')")
    free, pages = db.value("pragma freelist_count"), db.value("pragma page_count")
    shorter = db.setting(SHORTER, False)
    if whole or shorter or free * 20 > pages:
        # All of it is copied first: into a file, since a writer keeps what is temporary in memory.
        kept = db.value("pragma temp_store")
        db.execute("pragma temp_store = file")
        try:
            db.execute("vacuum")
        finally:
            db.execute(f"pragma temp_store = {kept}")
    if shorter:
        db.execute("delete from setting where key = ?", (SHORTER,))
    db.execute("pragma analysis_limit = 1000; pragma optimize")
    db.execute("pragma wal_checkpoint(truncate)")
