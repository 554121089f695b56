"""`rag optimize`: make the index small and quick again. Flags to one call, its rows to a table."""

from __future__ import annotations

from typing import Annotated

import typer

from rag.cli.common import DEFAULT_DATABASE, Database, Format, Output, Quiet, progress


def optimize(
    database: Database = DEFAULT_DATABASE,
    recall: Annotated[
        float | None,
        typer.Option(
            "--recall", help="Share of the nearest passages that a question is to find; .99 unless you said so."
        ),
    ] = None,
    store_vectors: Annotated[
        str, typer.Option("--store-vectors", help="Keep vectors as f16, or as f32 of twice the size, from now on.")
    ] = "",
    form: Output = Format.text,
    quiet: Quiet = False,
) -> None:
    """
    Make the index small and quick again: before and after.

    Free pages go, the index of words is merged, the vector index is written anew without what was removed, in cells if
    it is large, and how many cells a question must look into is measured on its own vectors. Nothing else changes,
    unless --store-vectors says so.
    """
    from rag import render
    from rag.app.open import open_index
    from rag.app.optimize import optimize as run

    with open_index(database) as index, progress("optimizing", quiet=quiet) as bar:

        def show(done: int, total: int) -> None:
            bar.update(bar.task_ids[0], completed=done, total=total)

        rows = run(index, recall=recall, store_vectors=store_vectors, progress=show if bar is not None else None)
    if form is Format.text:
        shown = [
            {name: f"{value:,}" if isinstance(value, int | float) else value or "" for name, value in row.items()}
            for row in rows
        ]
        render.table(shown)
    else:
        render.rows(rows, form.value)
