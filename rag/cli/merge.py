"""`rag merge`: one index out of several that were edited apart."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rag.address import Address, place
from rag.cli.common import DEFAULT_DATABASE, Database, Format, Output
from rag.errors import DatabaseError

COUNTS = ("added", "changed", "removed", "vectors", "answers", "jobs")


def merge(
    others: Annotated[
        list[Path],
        typer.Argument(metavar="OTHER…", help="Indexes to take over: files, or postgresql://….", show_default=False),
    ],
    database: Database = DEFAULT_DATABASE,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would come, and keep nothing.")] = False,
    form: Output = Format.text,
) -> None:
    """Take over what other indexes have: documents (the last change wins), vectors, answers, jobs. Embeds nothing."""
    from rag import render
    from rag.app.merge import into_file
    from rag.app.merge import merge as joined
    from rag.app.open import open_database, open_index

    if isinstance(database, Address):  # before an index is made
        raise DatabaseError(f"{database} is no file", into_file(database))
    for one in map(place, others):
        open_database(one).close()
    with open_index(database, create=True) as index:
        rows = joined(index, list(map(place, others)), dry_run=dry_run)
    if form is not Format.text:
        render.rows(rows, form.value)
        return
    for row in rows:
        counts = [f"{row[name]} {name}" for name in COUNTS if row[name]]
        print(f"{render.line(row['index'])}: {', '.join(counts) or 'nothing new'}")
        print(render.style(f"content {row['content']}", "2"))
