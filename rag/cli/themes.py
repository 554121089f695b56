"""`rag themes`: what is said, by theme, in the words of those who say it."""

from __future__ import annotations

from typing import Annotated

import typer

from rag.cli.common import (
    DEFAULT_DATABASE,
    BaseUrl,
    Database,
    Format,
    Fresh,
    Model,
    Output,
    Prefix,
    Quiet,
    Since,
    Tags,
    Until,
    Where,
    freshen,
    progress,
)
from rag.errors import InputError


def themes(
    source: Annotated[str, typer.Argument(metavar="[SOURCE]", help="Only this source (see rag sources).")] = "",
    query: Annotated[str, typer.Option("--query", help="Only what is found for this question.")] = "",
    n: Annotated[int, typer.Option("-n", help="How many themes; 0: chosen by a criterion.", min=0)] = 0,
    quotes: Annotated[int, typer.Option("--quotes", help="Quotes of each theme, at most.", min=1)] = 3,
    database: Database = DEFAULT_DATABASE,
    model: Model = "none",
    base_url: BaseUrl = "",
    prompt: Annotated[str, typer.Option("--prompt", help="A prompt of your own, a file.")] = "themes",
    prefix: Prefix = "",
    since: Since = "",
    until: Until = "",
    where: Where = "",
    tag: Tags = None,
    fresh: Fresh = False,
    quiet: Quiet = False,
    form: Output = Format.text,
) -> None:
    """Show what is said, by theme, with quotes and who said them; uncommon opinions apart; who disagrees. Markdown."""
    from rag import render
    from rag.app import themes as app
    from rag.app.open import filters, open_generator, open_index
    from rag.app.sources import settled

    if form is Format.csv:
        raise InputError("themes are no table", "Choose --format text, json or jsonl.")
    with open_index(database) as index, progress("reading", quiet=quiet) as bar:
        if fresh:
            freshen(index)
        wanted = settled(index.db, filters(source, prefix, since, until, where, tag or ()))
        request = app.ThemesRequest(query, wanted, n, quotes, prompt)
        step = (lambda said: bar.advance(bar.task_ids[0])) if bar else None
        made = app.themes(index, request, open_generator(model, base_url), progress=step)
    if form is Format.text:
        print(render.safe(app.markdown(made)), end="")
    elif form is Format.json:
        print(render.as_json(app.plain(made)))
    else:
        render.rows(app.plain(made)["themes"], form.value)
    if made.dropped:
        render.note(f"{made.dropped} quotes did not stand at their place and were left out")
