"""`rag eval topics`: which kinds of questions fail."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rag.cli.common import DEFAULT_DATABASE, Database, Format, Output


def topics(
    number: Annotated[int, typer.Argument(help="A run's number, as `rag eval history` shows it.", show_default=False)],
    database: Database = DEFAULT_DATABASE,
    measure: Annotated[str, typer.Option("--measure", help="Which measure; else the first of the run.")] = "",
    k: Annotated[int, typer.Option("-k", help="How many topics; 0: chosen by a criterion.", min=0)] = 0,
    groups: Annotated[
        Path | None, typer.Option("--groups", help="The groups that rag cluster made of this index are the topics.")
    ] = None,
    form: Output = Format.text,
) -> None:
    """Show the cases of a run by topic, the worst first: which kinds of questions fail."""
    from contextlib import nullcontext

    from rag import render
    from rag.app.evaluate.topics import topics as by_topic
    from rag.app.open import open_database

    with open_database(database) as db, open_database(groups) if groups else nullcontext() as index:
        rows = by_topic(db, number, measure, k, index)
    if form is not Format.text:
        render.rows(rows, form.value)
        return
    for row in rows:
        interval = f"{row['mean']:.3f} [{row['low']:.3f}, {row['high']:.3f}]"
        mark = render.style("  worse than the whole", "31") if row["worse"] else ""
        print(f"{interval} {row['cases']:5}  {render.style(render.safe(row['topic']), '1')}{mark}")
        for question in row["lowest"] if row["worse"] else ():
            print(render.style(f"       · {render.safe(question)}", "2"))
    print(f"{rows[0]['measure']}, mean of all {rows[0]['all']:.3f}")
