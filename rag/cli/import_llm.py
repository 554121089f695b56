"""`rag import-llm`: take over an embeddings database of `llm`, with its vectors: no model is called."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rag.cli.common import DEFAULT_DATABASE, Database


def import_llm(
    path: Annotated[Path, typer.Argument(help="An embeddings database (llm collections path).", show_default=False)],
    names: Annotated[list[str] | None, typer.Argument(help="Which collections; else all.", show_default=False)] = None,
    database: Database = DEFAULT_DATABASE,
) -> None:
    """Take over collections of llm: ids, texts, metadata and vectors, without one call of a model."""
    from rag import render
    from rag.app.import_llm import collections, take
    from rag.app.open import open_database
    from rag.files import home

    wanted = collections(home(path), names or [])  # before the index is made: a wrong name leaves none behind
    with open_database(database, create=True) as db, db.writer():
        for one in wanted:
            count, wrong = take(db, home(path), one)
            print(f"{one.name}: {count} documents with their vectors, 0 embedded")
            for key, why in wrong:
                render.note(f"{one.name}, {key}: {why}")
            if one.rows > one.stored:
                render.note(f"{one.name}: {one.rows - one.stored} rows have no text (embedded without --store)")
            if one.prefix:
                render.note(f"{one.name}: every text began with {one.prefix!r}; it is taken off")
