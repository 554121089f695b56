"""How many bytes an index takes on a server, part by part, and giving back those that nothing uses."""

from __future__ import annotations

from rag.store.postgres.server import Postgres

PARTS = {  # tables with their indexes, by the beginnings of their names, the longest that fits
    "documents": ("document", "_chronicle_document"),
    "passages": ("passage",),
    "words": ("words", "term", "total", "compound"),
    "vectors": ("vector",),
    "vector index": ("near",),
}
LARGE = ("document", "passage", "passage_window", "words", "term", "vector", "near")


def sizes(db: Postgres) -> dict[str, int]:
    """part -> bytes of its tables and their indexes; what is none of the parts is "other"."""
    found = dict.fromkeys([*PARTS, "other"], 0)
    for table, size in db.ask(
        "select c.relname, pg_total_relation_size(c.oid) from pg_class c join pg_namespace n on n.oid = c.relnamespace"
        " where n.nspname = %s and c.relkind = 'r'",
        (db.schema,),
    ):
        fits = [(len(start), part) for part, starts in PARTS.items() for start in starts if table.startswith(start)]
        found[max(fits)[1] if fits else "other"] += size
    return found


def compact(db: Postgres, *, whole: bool = False) -> None:
    """
    Make the index of words anew, give the room of removed rows to new ones, and let the planner count.

    Others read and write meanwhile. `whole` writes the stored vectors anew, as it pays where they became shorter; then
    nobody indexes meanwhile.
    """
    with db.patient():
        db.ask("reindex index concurrently words_frequency")
        if whole:
            db.ask("vacuum full vector")
        for table in LARGE:
            db.ask(f"vacuum (analyze) {table}")
