"""`rag serve` and `rag token`: the index in a browser, for programs, for a team. Flags to settings, one call."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rag.cli.base import App
from rag.cli.common import DEFAULT_DATABASE, BaseUrl, Database, Format, Model, Output, Quiet
from rag.errors import InputError
from rag.files import typed

export_app = App(help="Carry an index away: for a Docker Space, or as plain files.")
Folder = Annotated[Path, typer.Argument(help="A new folder.", show_default=False)]
Title = Annotated[str, typer.Option("--title", help="The name at the top of the page; else that of the source.")]
token_app = App(help="Tokens of the server: who may do what, and for how long.")


def serve(
    database: Database = DEFAULT_DATABASE,
    host: Annotated[
        str, typer.Option("--host", help="Listen here; other than this machine needs tokens.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", "-p", help="0 takes a free one.", min=0, max=65535)] = 8770,
    model: Model = "smollm2",
    base_url: BaseUrl = "",
    readonly: Annotated[
        bool, typer.Option("--readonly", help="Write nothing, and take the file as one that nobody writes.")
    ] = False,
    public: Annotated[bool, typer.Option("--public", help="Let everybody read and ask, without a token.")] = False,
    allow_host: Annotated[
        list[str] | None, typer.Option("--allow-host", help="A further name that it is reached by (a proxy's).")
    ] = None,
    frame: Annotated[str, typer.Option("--frame", help="A site that may show the page in a frame.")] = "",
    title: Title = "",
    readers: Annotated[int, typer.Option("--readers", help="Threads that search.", min=1, max=64)] = 2,
    waiting: Annotated[int, typer.Option("--waiting", help="Questions that may wait at a time.", min=1)] = 64,
    pace: Annotated[int, typer.Option("--pace", help="Requests a minute for a token; 0: no limit.", min=0)] = 6000,
    max_body: Annotated[int, typer.Option("--max-body", help="Bytes of a request.", min=1000)] = 10_000_000,
    open_: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
    quiet: Quiet = False,
) -> None:
    """Serve the index: a page to ask and search, a JSON API, OpenAI's chat API, MCP. Ctrl-C ends it."""
    from rag.web import start

    start.run(
        start.Serving(
            database.expanduser(), host, port, model, base_url, readonly, public, tuple(allow_host or ()), frame, title,
            readers, waiting, pace, max_body, open_, quiet,
        )
    )  # fmt: skip


@export_app.command()
def space(folder: Folder, database: Database = DEFAULT_DATABASE, title: Title = "", model: Model = "none") -> None:
    """Write a folder for a Docker Space: a copy of the index that is only read, Dockerfile, README."""
    from rag import render
    from rag.app.open import open_index
    from rag.app.sources import called, labels
    from rag.web import export

    with open_index(database) as index:
        count = export.space(index, folder.expanduser(), title or called(labels(index.db).values()), model)
    render.note(f"{count} documents in {folder}; answers, jobs, runs and tokens were left out")


@export_app.command()
def site(folder: Folder, database: Database = DEFAULT_DATABASE, title: Title = "") -> None:
    """Write a site of plain files: every document as a page, and a search by words that runs in the browser."""
    from rag import render
    from rag.app.open import open_index
    from rag.app.sources import called, labels
    from rag.web import export

    with open_index(database) as index:
        count = export.site(index, folder.expanduser(), title or called(labels(index.db).values()))
    render.note(f"{count} documents in {folder}; see it: python -m http.server -d {typed(folder)}")


def mcp(database: Database = DEFAULT_DATABASE, model: Model = "smollm2", base_url: BaseUrl = "") -> None:
    """Serve the index to an agent by MCP, over standard input and output."""
    from rag.web import start

    start.agent(database.expanduser(), model, base_url)


@token_app.command()
def create(
    name: Annotated[str, typer.Argument(help="Whose it is.", show_default=False)],
    database: Database = DEFAULT_DATABASE,
    scope: Annotated[
        list[str] | None, typer.Option("--scope", help="read, ask, write or admin; several times.")
    ] = None,
    source: Annotated[list[str] | None, typer.Option("--source", help="Only this source; several times.")] = None,
    expires: Annotated[str, typer.Option("--expires", help="When it ends: 30d, 12h; else never.")] = "",
) -> None:
    """Make a token. It is printed once, on stdout, and kept nowhere."""
    from rag import render
    from rag.app.open import open_database
    from rag.store import tokens

    with open_database(database) as db:
        secret = tokens.create(db, name, tuple(scope or ("read", "ask")), tuple(source or ()), _days(expires))
    print(secret)
    render.note("Keep it: it is shown this once. Send it as: Authorization: Bearer TOKEN")


@token_app.command("list")
def listed(database: Database = DEFAULT_DATABASE, form: Output = Format.text) -> None:
    """List the tokens with what they may do and when they were used last."""
    from rag import render
    from rag.app.open import open_database
    from rag.store import tokens

    with open_database(database) as db:
        rows = [
            {
                "id": one.id, "name": one.name, "scopes": " ".join(one.scopes), "sources": ", ".join(one.sources),
                "state": one.state, "created": one.created, "expires": one.expires, "used": one.used,
            }
            for one in tokens.tokens(db)
        ]  # fmt: skip
    if form is not Format.text:
        render.rows(rows, form.value)
    elif rows:
        render.table(rows)
    else:
        render.note("there are no tokens yet: rag token create NAME")


@token_app.command()
def revoke(
    name: Annotated[str, typer.Argument(help="Its name or number.", show_default=False)],
    database: Database = DEFAULT_DATABASE,
) -> None:
    """End a token. A server that runs takes notice within some seconds."""
    from rag.app.open import open_database
    from rag.store import tokens

    with open_database(database) as db:
        print(f"revoked {tokens.revoke(db, name).name}")


def _days(text: str) -> float:
    """ "30d" or "12h" in days."""
    import re

    if not text:
        return 0
    found = re.fullmatch(r"(\d{1,5})([dhw])", text)
    if not found or not int(found[1]):
        raise InputError(f"--expires {text!r} is not a time", "Write 30d, 12h or 4w.")
    return int(found[1]) * {"d": 1.0, "h": 1 / 24, "w": 7.0}[found[2]]
