"""`rag models`: which there are, and those of the Hugging Face hub to pull and remove."""

from __future__ import annotations

from typing import Annotated

import typer

from rag.cli.base import App
from rag.cli.common import Format, Output, Quiet

app = App(help="Models: which there are, pull others, remove them.")


@app.callback(invoke_without_command=True)
def listed(
    context: typer.Context,
    bench: Annotated[
        bool, typer.Option("--bench", help="Measure the bundled embedder on this machine: tokens a CPU second.")
    ] = False,
    form: Output = Format.text,
) -> None:
    """
    List the models: what each name means, its size, licence and where it is, and which are used where none is named.

    Servers of this machine (Ollama, LM Studio, llama-server) are asked what they have.
    """
    if context.invoked_subcommand:
        return
    from rag import render
    from rag.app.models import benched
    from rag.app.models import listed as rows_of

    rows = benched() if bench else rows_of()
    if form is Format.text:
        render.table(rows)
    else:
        render.rows(rows, form.value)


@app.command()
def pull(
    name: Annotated[
        str, typer.Argument(help="A name of the list, or hf:OWNER/REPOSITORY/FILE.gguf.", show_default=False)
    ] = "",
    quiet: Quiet = False,
    form: Output = Format.text,
) -> None:
    """
    Fetch a model from the Hugging Face hub; without a name, list some that are worth having.

    Run it again if it was cut off: it goes on where it stopped. What arrived is checked against the hub's sha256.
    """
    from dataclasses import asdict

    from rag import render
    from rag.models import hub

    if not name:
        rows = [asdict(one) for one in hub.RECOMMENDED]
        render.table(rows) if form is Format.text else render.rows(rows, form.value)
        return
    pulled = hub.pull(name, quiet=quiet)
    if form is not Format.text:
        render.rows([{"name": pulled.name, "path": str(pulled.path), "bytes": pulled.size}], form.value)
        return
    known = next((one for one in hub.RECOMMENDED if one.file == pulled.path.name), None)
    flag = "--embedder" if known and known.kind == "embedder" else "--model"
    print(f"{render.safe(str(pulled.path))}, {pulled.size / 1e6:,.0f} MB, checked")
    print(f"Use it: {flag} {render.safe(pulled.name)}")


@app.command()
def remove(
    name: Annotated[str, typer.Argument(help="The file's name, or the name it was pulled by.", show_default=False)],
) -> None:
    """Delete a model that was pulled."""
    from rag import render
    from rag.models import hub

    gone = hub.remove(name)
    print(f"removed {render.safe(str(gone.path))}, {gone.size / 1e6:,.0f} MB")
