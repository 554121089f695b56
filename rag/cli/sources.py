"""
`rag sources`, `rag watch`, `rag status`, `rag changes`, `rag alert`: what the index is made from, and what is new.

Flags to objects, one verb, one renderer. What a source is, is the business of rag.sources; how it is kept, of
rag.store.sources.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from rag.cli.base import App
from rag.cli.common import DEFAULT_DATABASE, Database, Format, Output, Quiet
from rag.errors import InputError
from rag.terminal import line

if TYPE_CHECKING:
    from rag.app.watch import Refreshed

MIN_SCORE = 0.4  # least cosine of a passage with a saved search, unless all of its words stand there
app = App(help="What the index is made from.", invoke_without_command=True)
alert_app = App(help="Saved searches: what is new since the last run.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="Its name, as it is listed.", show_default=False)]


@app.callback()
def sources(context: typer.Context, database: Database = DEFAULT_DATABASE, form: Output = Format.text) -> None:
    """List the sources of the index: what they are, when they were read, what went wrong."""
    if context.invoked_subcommand:
        return
    from rag.app import sources as listed
    from rag.app.open import open_database

    with open_database(database) as db:
        rows = listed.sources(db)
    if form is Format.text:
        rows = [{name: value for name, value in row.items() if name != "settings"} for row in rows]
    _print(rows, form, "no sources yet")


@app.command("remove")
def remove(name: Name, database: Database = DEFAULT_DATABASE) -> None:
    """Forget a source, and every document that came from it."""
    from rag.app import sources as listed
    from rag.app.open import open_database

    with open_database(database) as db:
        count = listed.remove(db, name)
    print(f"removed {line(name)} with {count} documents")


def status(
    database: Database = DEFAULT_DATABASE,
    peek: Annotated[bool, typer.Option("--peek", help="Do not count this as a look.")] = False,
    form: Output = Format.text,
) -> None:
    """What changed in the index since your last look, by source."""
    from rag.app import sources as listed
    from rag.app.open import open_database

    with open_database(database) as db:
        rows = listed.status(db, peek=peek)
    if form is not Format.text:
        _print(rows, form)
        return
    for row in rows:
        counts = [f"{row[name]} {name}" for name in ("added", "changed", "removed") if row[name]]
        if counts or row["error"]:
            error = f"; {row['error']}" if row["error"] else ""
            print(line(f"{row['source']}: {', '.join(counts) or 'nothing new'}{error}"))
    if not any(row[name] for row in rows for name in ("added", "changed", "removed")):
        print("nothing changed since your last look")


def changes(
    since: Annotated[int, typer.Option("--since", help="The version after which to begin.", min=0)] = 0,
    database: Database = DEFAULT_DATABASE,
    form: Output = Format.jsonl,
) -> None:
    """Documents that were added, changed or removed after a version: for programs that follow the index."""
    from rag.app.open import open_database
    from rag.store import sources as store

    with open_database(database, readonly=True) as db:
        rows = list(store.changes(db, since))
    if form is Format.text:
        for row in rows:
            print(line(f"{row['version']} {MARKS[row['change']]} {row['key']}  ({row['source']})"))
    else:
        _print(rows, form)


MARKS = {"added": "+", "changed": "~", "removed": "-"}


def watch(
    paths: Annotated[list[str] | None, typer.Argument(help="Also index these; else what is remembered.")] = None,
    database: Database = DEFAULT_DATABASE,
    every: Annotated[float, typer.Option("--every", help="Seconds between two looks at web sources.", min=1)] = 3600,
    debounce: Annotated[int, typer.Option("--debounce", help="Milliseconds of quiet before indexing.", min=1)] = 800,
    quiet: Quiet = False,
) -> None:
    """Keep the index fresh: index again whenever a file changes, until you press Ctrl-C. One line a change."""
    from rag.app.open import open_index
    from rag.app.watch import Watching
    from rag.app.watch import watch as events

    with open_index(database, create=bool(paths)) as index:
        for event in events(index, paths or [], every=every, debounce=debounce):
            if isinstance(event, Watching):
                _note(f"watching {', '.join(event.sources)}; Ctrl-C stops")
            else:
                _show(event, quiet=quiet)


def _show(event: Refreshed, *, quiet: bool) -> None:
    """A line a change; what went wrong goes to stderr."""
    from datetime import datetime

    from rag.app.refresh import problem_line

    if event.error:
        _note(line(f"{event.source}: {event.error}"))
    clock = datetime.now().strftime("%H:%M:%S")
    for row in event.changes:
        print(line(f"{clock} {MARKS[row['change']]} {row['key']}"), flush=True)
    for problem in [] if quiet else event.problems:
        _note(problem_line(*problem))
    for note in [] if quiet and event.source else event.notes:
        _note(note)


def _note(text: str) -> None:
    from rag import render

    render.note(text)


# -- saved searches ----------------------------------------------------------------------------------------------------


@alert_app.command("add")
def alert_add(
    name: Name,
    query: Annotated[str, typer.Argument(help="What to look for, as in rag search.", show_default=False)],
    min_score: Annotated[float, typer.Option("--min-score", help="Least cosine, unless all words stand.")] = MIN_SCORE,
    source: Annotated[str, typer.Option("--source", help="Only this source.")] = "",
    all_: Annotated[bool, typer.Option("--all", help="The first run looks at everything.")] = False,
    database: Database = DEFAULT_DATABASE,
) -> None:
    """Save a search."""
    from rag.app.open import open_database
    from rag.store import sources as store

    if not query.strip():
        raise InputError("the query is empty", 'Say what to look for: rag alert add fts "sqlite full text search"')
    with open_database(database) as db:
        if source:
            store.source(db, source)
        store.add_alert(db, name, query, min_score, source, all_=all_)
    print(f"saved; rag alert run {name}")


@alert_app.command("list")
def alert_list(database: Database = DEFAULT_DATABASE, form: Output = Format.text) -> None:
    """List the saved searches."""
    from dataclasses import asdict

    from rag.app.open import open_database
    from rag.store import sources as store

    with open_database(database) as db:
        _print([asdict(one) for one in store.alerts(db)], form, "no alerts yet")


@alert_app.command("remove")
def alert_remove(name: Name, database: Database = DEFAULT_DATABASE) -> None:
    """Forget a saved search."""
    from rag.app.open import open_database
    from rag.store import sources as store

    with open_database(database) as db:
        store.remove_alert(db, name)
    print(f"removed {line(name)}")


@alert_app.command("run")
def alert_run(
    names: Annotated[list[str] | None, typer.Argument(help="Which; else all.", show_default=False)] = None,
    database: Database = DEFAULT_DATABASE,
    k: Annotated[int, typer.Option("-k", help="At most so many passages each.", min=1)] = 20,
    fresh: Annotated[bool, typer.Option("--fresh", help="Refresh the sources first.")] = False,
    peek: Annotated[bool, typer.Option("--peek", help="Do not count this as a run.")] = False,
    form: Output = Format.text,
) -> None:
    """Print the passages that are new since the last run and fit a saved search."""
    from rag.app.locate import Locator
    from rag.app.open import open_index
    from rag.app.refresh import refresh_all
    from rag.app.sources import new_for
    from rag.cli import found
    from rag.store.documents import row_of

    rows: list[dict[str, Any]] = []
    with open_index(database) as index:
        if fresh:
            refresh_all(index)
        for one, hits in new_for(index, names or [], k, peek=peek):
            if form is Format.text and hits:
                print(line(f"{one.name}: {len(hits)} new"))
                found.show(hits, one.query, Locator(index.db))
            rows += [{"alert": one.name, **row_of(hit)} for hit in hits]
    if form is not Format.text:
        _print(rows, form)


def _print(rows: list[dict[str, Any]], form: Format, nothing: str = "") -> None:
    from rag import render

    if form is Format.text:
        if rows:
            render.table(rows)
        elif nothing:
            render.note(nothing)
    else:
        render.rows(rows, form.value)
