"""
What a file does without while it is filled for the first time, and has at the end.

Hashes come in no order, so each commit would write nearly every page of the lookup of windows by hash anew: it is made
at the end, sorted, and each page is written once. Only what is removed or changed is looked up by it, of which an empty
file has nothing. And the index of words is not merged again and again while it grows, but once.

Whoever is killed leaves a file without that lookup: what needs it is slower and finds the same, and the next that
writes does what is left. So a migration that drops it says `if exists`.
"""

from __future__ import annotations

import apsw

LOOKUP = "passage_window_hash"
MAKE = f"create index if not exists {LOOKUP} on passage_window(substr(hash, 1, 6))"  # as in 020_short.sql
# Of FTS5: parts of one age from which on they are merged, a little with each write, and all at once; and bytes of words
# that are gathered before they make a part.
USUAL = {"automerge": 4, "crisismerge": 16, "hashsize": 4 << 20}  # the first two its own, the third of 014_bulk.sql
FILLING = {"automerge": 0, "crisismerge": 64, "hashsize": 64 << 20}
PAGES = 256  # of the index of words that are merged in one transaction: as many stay free at the end


def begin(connection: apsw.Connection) -> None:
    """Do without, from now on; the file is empty."""
    connection.execute("begin immediate")
    connection.execute(f"drop index if exists {LOOKUP}")
    _words(connection, FILLING)
    connection.execute("commit")


def finish(connection: apsw.Connection) -> None:
    """Make what a first fill did without, some of it at a time, if there was one."""
    if connection.execute("select 1 from sqlite_schema where name = ?", (LOOKUP,)).fetchone():
        return
    pages, before = -PAGES, -2  # below 0: all parts, whatever their age
    while connection.total_changes() - before >= 2:
        before = connection.total_changes()
        connection.execute("insert into passage_fts(passage_fts, rank) values ('merge', ?)", (pages,))
        pages = PAGES
    _words(connection, USUAL)
    connection.execute(MAKE)


def _words(connection: apsw.Connection, options: dict[str, int]) -> None:
    for name, value in options.items():
        connection.execute("insert into passage_fts(passage_fts, rank) values (?, ?)", (name, value))
