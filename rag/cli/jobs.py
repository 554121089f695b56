"""`rag jobs`: the extraction jobs of a database, their rows, and why some failed."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from rag.cli.base import App
from rag.cli.common import DEFAULT_DATABASE, Database, Format, Output

app = App(help="Extraction jobs: what was asked, what is done, what failed and why.")
Number = Annotated[int, typer.Argument(help="The number of a job, as rag jobs shows it.", show_default=False)]


@app.callback(invoke_without_command=True)
def listed(context: typer.Context, database: Database = DEFAULT_DATABASE, form: Output = Format.text) -> None:
    """List the jobs, the last used first."""
    if context.invoked_subcommand:
        return
    from rag import render
    from rag.app.open import open_database
    from rag.app.records import job_rows

    with open_database(database) as db:
        rows = job_rows(db)
    if form is Format.text:
        if not rows:
            render.note(f"there are no jobs in {database}")
        render.table(rows)
    else:
        render.rows(rows, form.value)


@app.command()
def show(
    number: Number,
    database: Database = DEFAULT_DATABASE,
    failed: Annotated[bool, typer.Option("--failed", help="Only what failed, with the reason.")] = False,
    pending: Annotated[bool, typer.Option("--pending", help="Only what is not done yet.")] = False,
    raw: Annotated[bool, typer.Option("--raw", help="With what the model wrote.")] = False,
    limit: Annotated[int, typer.Option("--limit", help="At most so many rows; -1: all.")] = 50,
    form: Output = Format.text,
) -> None:
    """Show a job and its rows."""
    from rag import render
    from rag.app import records
    from rag.app.open import open_database

    status = "failed" if failed else "pending" if pending else ""
    with open_database(database) as db:
        head = records.job(db, number, status, limit=limit, raw=raw)
    rows = [] if form is Format.json else head.pop("rows")
    if form is Format.json:
        print(render.as_json(head))
    elif form is Format.text:
        for name, value in head.items():
            print(f"{name:<12} {render.safe(render.as_json(value) if isinstance(value, dict) else str(value))}")
        render.table(rows)
    else:
        render.rows(rows, form.value)


@app.command()
def export(
    number: Number,
    database: Database = DEFAULT_DATABASE,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Write here (.jsonl, .json, .csv), not to stdout.")
    ] = None,
    form: Annotated[str, typer.Option("--format", "-f", help="jsonl, json or csv.")] = "",
    table: Annotated[str, typer.Option("--table", help="Write a table of this name into the database.")] = "",
    evidence: Annotated[bool, typer.Option("--evidence", help="Add where each value stands.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace an --out file that no job wrote.")] = False,
) -> None:
    """Write the records of a job, in input order."""
    from rag.app import records
    from rag.app.open import open_database
    from rag.store import jobs

    target = records.Target.of(out, form, table, evidence)
    with open_database(database) as db:
        job = jobs.get(db, number)
        records.check(db, target, force=force)
        records.write(db, job, target, sys.stdout)


@app.command()
def forget(number: Number, database: Database = DEFAULT_DATABASE) -> None:
    """Delete a job and its rows."""
    from rag import render
    from rag.app.open import open_database
    from rag.store import jobs

    with open_database(database) as db:
        jobs.forget(db, number)
    render.note(f"job {number} is deleted")
