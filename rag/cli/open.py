"""`rag open`: the place of a citation in an editor or a browser."""

from __future__ import annotations

from typing import Annotated

import typer

from rag.cli.common import DEFAULT_DATABASE, Database


def open_(
    citation: Annotated[
        str, typer.Argument(metavar="[ANSWER.N]", help="Like 12.2; .2 is of the last answer, 12 is 12.1.")
    ] = "",
    database: Database = DEFAULT_DATABASE,
    print_: Annotated[bool, typer.Option("--print", help="Print path:line, or the address; open nothing.")] = False,
) -> None:
    """Open what an answer cites: its file in $EDITOR at the line, its page in the browser."""
    import os

    from rag.app.open import open_database
    from rag.app.open_in import cited, show

    with open_database(database) as db:
        spot = cited(db, citation)
    if print_:
        print(spot.shown or spot.url)
    else:
        show(spot, os.environ)
