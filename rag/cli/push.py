"""`rag push`: publish an index to another server. Flags to one call, one summary."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from rag.cli.common import DEFAULT_DATABASE, Database, Format, Output, Quiet, progress
from rag.errors import PartialError


def push(
    url: Annotated[
        str,
        typer.Argument(
            help="A rag serve (https://host), or a database of a Datasette 1.0 (https://host/data).", show_default=False
        ),
    ],
    token: Annotated[
        str,
        typer.Option(
            "--token",
            envvar="RAG_PUSH_TOKEN",
            help="The secret that lets in; better in the variable.",
            show_default=False,
        ),
    ] = "",
    database: Database = DEFAULT_DATABASE,
    source: Annotated[list[str] | None, typer.Option("--source", help="Only this source; again: also that.")] = None,
    called: Annotated[str, typer.Option("--as", help="What the only source is called there.")] = "",
    table: Annotated[str, typer.Option("--table", help="The table that passages go into. [Datasette]")] = "passage",
    full: Annotated[bool, typer.Option("--full", help="Send everything again, changed or not.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be sent, send nothing.")] = False,
    form: Output = Format.text,
    quiet: Quiet = False,
) -> None:
    """Publish: send what changed since the last push to this place, and remove what is gone."""
    from rag import render
    from rag.app.open import open_database
    from rag.app.push import Pushed
    from rag.app.push import push as send
    from rag.remote import connect

    with open_database(database) as db, progress("sending", quiet=quiet) as bar, db.writer():
        place = connect(url, token, table)

        def show(done: Pushed, total: int) -> None:
            bar.update(bar.task_ids[0], completed=done.sent + done.removed + done.unchanged, total=total)

        address = f"{url.rstrip('/')}#{table}" if place.kind == "datasette" else url.rstrip("/")
        try:
            done = send(
                db, place, address, names=source or (), called=called, full=full, dry_run=dry_run,
                progress=show if bar is not None else None,
            )  # fmt: skip
        finally:
            place.close()
    for key, why in done.problems:
        render.note(f"{key}: {why}")
    row: dict[str, Any] = {"sent": done.sent, "removed": done.removed, "unchanged": done.unchanged}
    if form is Format.text:
        if not quiet:
            would = "would be: " if dry_run else ""
            print(would + ", ".join(f"{count} {name}" for name, count in row.items()))
    else:
        row["problems"] = [list(problem) for problem in done.problems]
        print(render.as_json(row)) if form is Format.json else render.rows([row], form.value)
    if done.problems:
        raise PartialError(f"{len(done.problems)} documents were refused; the others are sent")
