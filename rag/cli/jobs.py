"""`rag jobs`: the extraction jobs of a database, their rows, and why some failed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rag.cli.common import DEFAULT_DATABASE, Database, Format, Output

if TYPE_CHECKING:
    from rag.store.jobs import Job

app = typer.Typer(help="Extraction jobs: what was asked, what is done, what failed and why.", rich_markup_mode=None)
Number = Annotated[int, typer.Argument(help="The number of a job, as rag jobs shows it.", show_default=False)]


@app.callback(invoke_without_command=True)
def listed(context: typer.Context, database: Database = DEFAULT_DATABASE, form: Output = Format.text) -> None:
    """List the jobs, the last used first."""
    if context.invoked_subcommand:
        return
    from rag import render
    from rag.store import Database as Store
    from rag.store import jobs

    with Store(database.expanduser()) as db:
        rows = [_row(db, job) for job in jobs.jobs(db)]
    if form is Format.text:
        if not rows:
            render.note(f"there are no jobs in {database}")
        render.table(rows)
    else:
        render.rows(rows, form.value)


def _row(db: Any, job: Job) -> dict[str, Any]:
    from rag.store import jobs

    counts = jobs.counts(db, job)
    return {
        "job": job.id,
        "model": job.model,
        "schema": job.schema_hash[:12],
        "documents": counts.documents,
        "done": counts.done,
        "failed": counts.failed,
        "pending": counts.pending,
        "tokens": counts.tokens_in + counts.tokens_out,
        "used": job.used,
    }


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
    from rag.extract import grounding
    from rag.store import Database as Store
    from rag.store import jobs

    status = "failed" if failed else "pending" if pending else ""
    with Store(database.expanduser()) as db:
        job = jobs.get(db, number)
        head = _row(db, job) | {"fingerprint": job.fingerprint, "settings": dict(job.settings), "schema": job.schema}
        rows = []
        for entry, result in jobs.results(db, job, status, limit=limit):
            row: dict[str, Any] = {"id": entry.key, "status": result.status, "attempts": result.attempts}
            row |= {"tokens_in": result.tokens_in, "tokens_out": result.tokens_out, "seconds": round(result.seconds, 2)}
            missing = grounding.nowhere(result.data, result.evidence, job.schema)
            row |= {"error": result.error, "note": result.note, "nowhere": missing, "data": result.data}
            rows.append(row | ({"raw": result.raw} if raw else {}))
    if form is Format.json:
        print(render.as_json(head | {"rows": rows}))
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
    from rag.cli import extract_output
    from rag.store import Database as Store
    from rag.store import jobs

    target = extract_output.target(out, form, table)
    with Store(database.expanduser()) as db:
        job = jobs.get(db, number)
        extract_output.check(db, target, force=force, evidence=evidence)
        extract_output.write(db, job, target, evidence=evidence)


@app.command()
def forget(number: Number, database: Database = DEFAULT_DATABASE) -> None:
    """Delete a job and its rows."""
    from rag import render
    from rag.store import Database as Store
    from rag.store import jobs

    with Store(database.expanduser()) as db:
        jobs.forget(db, number)
    render.note(f"job {number} is deleted")
