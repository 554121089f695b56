"""`rag shards`: an index on several servers."""

from __future__ import annotations

from typing import Annotated

import typer

from rag.cli.base import App
from rag.cli.common import DEFAULT_DATABASE, Database, Format, Output, Quiet, progress

app = App(help="An index on several servers: what lies where, a server more, divide anew.", no_args_is_help=True)


@app.command()
def status(database: Database = DEFAULT_DATABASE, form: Output = Format.text) -> None:
    """Say what lies on which server; documents that are `misplaced` belong on another one (rag shards rebalance)."""
    from rag import render
    from rag.app import shards

    rows = shards.status(database)
    if form is Format.text:
        render.table([{**row, "bytes": f"{row['bytes']:,}"} for row in rows])
    else:
        render.rows(rows, form.value)


@app.command()
def add(
    server: Annotated[
        str, typer.Argument(metavar="SERVER", help="The new one, empty: postgresql://….", show_default=False)
    ],
    database: Database = DEFAULT_DATABASE,
) -> None:
    """Add a server to an index on one server or on several. Documents move with the next command, which is printed."""
    from rag.app import shards

    print(f"added; now divide the documents anew: rag shards rebalance -d {shards.add(database, server)}")


@app.command()
def rebalance(database: Database = DEFAULT_DATABASE, quiet: Quiet = False) -> None:
    """Bring each document to the server that it belongs on, and no other. Stopped, the same command goes on."""
    from rag.app import shards

    with progress("moving", quiet=quiet) as bar:

        def show(done: int, total: int) -> None:
            bar.update(bar.task_ids[0], completed=done, total=total, rate="documents")

        moved = shards.rebalance(database, show if bar is not None else None)
    print(f"{moved} documents moved; each is where it belongs")
