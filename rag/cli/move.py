"""`rag move`: an index from a file to a server, or back."""

from __future__ import annotations

from typing import Annotated

import typer

from rag.address import place
from rag.cli.common import Format, Output, Place, Quiet, progress


def move(
    old: Annotated[Place, typer.Argument(metavar="FROM", parser=place, help="The index as it is.", show_default=False)],
    new: Annotated[
        Place,
        typer.Argument(
            metavar="TO", parser=place, help="Where it is to be: a new file, or postgresql://….", show_default=False
        ),
    ],
    form: Output = Format.text,
    quiet: Quiet = False,
) -> None:
    """Copy an index to another engine, whole, embedding nothing; stopped, the same command goes on. FROM stays."""
    from rag import render
    from rag.store import moving

    with moving.both(old, new) as (source, target), progress("moving", quiet=quiet) as bar:

        def show(done: int, total: int) -> None:
            bar.update(bar.task_ids[0], completed=done, total=total, rate="documents")

        moved = moving.move(source, target, show if bar is not None else None)
        row = {"documents": moved.documents, "there": moved.there, **moved.rows, "digest": moved.digest}
    if form is not Format.text:
        render.rows([row], form.value)
        return
    there = f", {moved.there} were there already" if moved.there else ""
    rest = ", ".join(f"{count} {names}" for name, names in SHOWN.items() if (count := moved.rows.get(name)))
    print(f"{moved.documents} documents moved{there}{', ' + rest if rest else ''}")
    print(f"both hold the same: sha256 {moved.digest[:16]}…; {old} is as it was")


SHOWN = {"answer": "answers", "job": "jobs", "eval_run": "runs", "token": "tokens", "alert": "saved searches"}
