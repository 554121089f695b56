"""`rag config`: which settings hold, and where they come from."""

from __future__ import annotations

from typing import Annotated

import typer

from rag.cli.common import Format, Output


def config(
    given: Annotated[
        str, typer.Option("-d", "--database", metavar="PATH", help="Show them for a command with this index.")
    ] = "",
    form: Output = Format.text,
) -> None:
    """Show the settings of rag.toml (here, or the user's) and of the environment, and where each comes from."""
    import os

    from rag import render
    from rag.config import places, rows

    found = rows()
    if given:
        found[0] |= {"value": given, "from": "-d"}
    if form is not Format.text:
        render.rows(found, form.value)
        return
    render.table([{**row, "value": "none" if row["value"] is None else row["value"]} for row in found])
    for path in places(os.environ):
        there = "is no file, and was not read" if path.exists() else "not there"
        render.note(f"{path}: {'read' if path.is_file() else there}")
