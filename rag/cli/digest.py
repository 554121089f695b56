"""`rag digest`: what is new since the last look, by theme; for people, for cron, for a feed reader."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from rag.cli.common import (
    DEFAULT_DATABASE,
    BaseUrl,
    Database,
    Fresh,
    Model,
    Prefix,
    Source,
    Tags,
    Where,
    freshen,
)


class DigestFormat(str, Enum):  # noqa: UP042
    text = "text"
    html = "html"
    atom = "atom"
    json = "json"


def digest(
    database: Database = DEFAULT_DATABASE,
    source: Source = "",
    prefix: Prefix = "",
    where: Where = "",
    tag: Tags = None,
    alert: Annotated[str, typer.Option("--alert", help="With --format atom: the feed of this saved search.")] = "",
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Write it to this file, whole or not at all.")] = None,
    peek: Annotated[bool, typer.Option("--peek", help="Do not count this as a look.")] = False,
    fresh: Fresh = False,
    model: Model = "none",
    base_url: BaseUrl = "",
    title: Annotated[str, typer.Option("--title", help="Of the page or the feed.")] = "",
    form: Annotated[
        DigestFormat,
        typer.Option("--format", "-f", help="text (Markdown), html (a page), atom (a feed, no look), json."),
    ] = DigestFormat.text,
) -> None:
    """Show what is new since your last look, by theme and with quotes, and what is new for your saved searches."""
    from rag import render
    from rag.app import digest as app
    from rag.app.open import filters, open_generator, open_index
    from rag.app.sources import settled
    from rag.errors import InputError

    if alert and form is not DigestFormat.atom:
        raise InputError("--alert is for a feed", "Add --format atom, or see rag alert run.")
    with open_index(database) as index:
        if fresh:
            freshen(index)
        wanted = settled(index.db, filters(source, prefix, "", "", where, tag or ()))
        name = title or Path(str(index.db.path)).stem
        if form is DigestFormat.atom:
            said = app.feed(index, name, alert, wanted)
        else:
            made = app.digest(index, wanted, open_generator(model, base_url), peek=peek)
            if form is DigestFormat.json:
                said = render.as_json(app.plain(made)) + "\n"
            else:
                said = app.page(made, name) if form is DigestFormat.html else render.safe(app.text(made))
    if out is None:
        print(said, end="")
        return
    _write(out.expanduser(), said)


def _write(path: Path, text: str) -> None:
    from rag import files

    files.refuse(path, lambda head: head.startswith((b"<!doctype html>", b"<?xml", b"# New", b"nothing new", b"{")))
    with files.whole(path) as file:
        file.write(text)
