"""
`rag sources`, `rag watch`, `rag status`, `rag changes`, `rag alert`: what the index is made from, and what is new.

Flags to objects, one verb, one renderer. What a source is, is the business of rag.sources; how it is kept, of
rag.store.sources.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rag.cli.common import DEFAULT_DATABASE, Database, Format, Output, Quiet, open_index
from rag.errors import InputError, RagError

if TYPE_CHECKING:
    from rag.index import Index
    from rag.store.sources import Alert
    from rag.types import Hit

MIN_SCORE = 0.4
app = typer.Typer(help="What the index is made from.", invoke_without_command=True, rich_markup_mode=None)
alert_app = typer.Typer(
    help="Saved searches: what is new since the last run.", no_args_is_help=True, rich_markup_mode=None
)

Name = Annotated[str, typer.Argument(help="Its name, as it is listed.", show_default=False)]


@app.callback()
def sources(context: typer.Context, database: Database = DEFAULT_DATABASE, form: Output = Format.text) -> None:
    """List the sources of the index: what they are, when they were read, what went wrong."""
    if context.invoked_subcommand:
        return
    from rag.sources.settings import from_json
    from rag.store import Database as Store
    from rag.store import sources as store

    with Store(database.expanduser()) as db:
        rows = [
            {
                "name": one.name,
                "kind": one.kind,
                "documents": one.documents,
                "refreshed": one.refreshed,
                "error": one.error,
                "settings": from_json(one.settings).given(),
            }
            for one in store.sources(db)
        ]
    if form is Format.text:
        rows = [{name: value for name, value in row.items() if name != "settings"} for row in rows]
    _print(rows, form, "no sources yet")


@app.command("remove")
def remove(name: Name, database: Database = DEFAULT_DATABASE) -> None:
    """Forget a source, and every document that came from it."""
    from rag.store import Database as Store
    from rag.store import sources as store
    from rag.store import vectors

    with Store(database.expanduser()) as db, db.writer(), db.transaction():
        count = store.remove(db, name)
        vectors.prune(db)
    print(f"removed {name} with {count} documents")


def status(
    database: Database = DEFAULT_DATABASE,
    peek: Annotated[bool, typer.Option("--peek", help="Do not count this as a look.")] = False,
    form: Output = Format.text,
) -> None:
    """What changed in the index since your last look, by source."""
    from rag.store import Database as Store
    from rag.store import sources as store

    with Store(database.expanduser()) as db:
        since, now = int(db.setting("looked", 0)), store.version(db)
        counted = store.status(db, since)
        errors = {one.name: one.error for one in store.sources(db)}
        rows: list[dict[str, Any]] = [
            {"source": name, **(counted.get(name) or dict.fromkeys(("added", "changed", "removed"), 0)), "error": error}
            for name, error in errors.items()
        ]
        rows += [{"source": name, **row, "error": ""} for name, row in counted.items() if name not in errors]
        if not peek and now != since:
            db.remember("looked", now)
    if form is not Format.text:
        _print(rows, form)
        return
    for row in rows:
        counts = [f"{row[name]} {name}" for name in ("added", "changed", "removed") if row[name]]
        if counts or row["error"]:
            print(
                f"{row['source']}: {', '.join(counts) or 'nothing new'}" + (f"; {row['error']}" if row["error"] else "")
            )
    if not any(row[name] for row in rows for name in ("added", "changed", "removed")):
        print("nothing changed since your last look")


def changes(
    since: Annotated[int, typer.Option("--since", help="The version after which to begin.", min=0)] = 0,
    database: Database = DEFAULT_DATABASE,
    form: Output = Format.jsonl,
) -> None:
    """Documents that were added, changed or removed after a version: for programs that follow the index."""
    from rag.store import Database as Store
    from rag.store import sources as store

    with Store(database.expanduser(), readonly=True) as db:
        rows = list(store.changes(db, since))
    if form is Format.text:
        for row in rows:
            print(f"{row['version']} {MARKS[row['change']]} {row['key']}  ({row['source']})")
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
    from rag.cli import refresh
    from rag.cli.watching import follow
    from rag.sources.settings import Settings, walk

    with open_index(database, create=bool(paths)) as index:
        for path in paths or []:
            settings = Settings((path,))
            walk(settings)
            _tell(index, refresh.source_name(path), settings, quiet=quiet)
        found, notes = refresh.remembered(index)
        if not found:
            raise InputError(f"{index.db.path} has no source that can be watched", "Name one: rag watch ~/notes")
        for note in notes:
            _note(note)
        begun = False
        for changed in follow(found, index.db.path, every=every, debounce=debounce):
            for name, settings in changed:
                _tell(index, name, settings, quiet=quiet)
            if not begun:
                _note(f"watching {', '.join(name for name, _ in found)}; Ctrl-C stops")
                begun = True


def _tell(index: Index, name: str, settings: Any, *, quiet: bool) -> None:
    """Refresh one source and print a line a change; what goes wrong is told and does not stop the watch."""
    from datetime import datetime

    from rag.cli import refresh
    from rag.store import sources as store

    before = store.version(index.db)
    try:
        summary, walk = refresh.refresh(index, name, settings)
    except RagError as error:
        _note(f"{name}: {error.message}")
        return
    clock = datetime.now().strftime("%H:%M:%S")
    for row in store.changes(index.db, before):
        print(f"{clock} {MARKS[row['change']]} {row['key']}", flush=True)
    for problem in [] if quiet else summary.problems:
        _note(refresh.told(*problem))
    for note in [] if quiet else walk.notes:
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
    from rag.store import Database as Store
    from rag.store import sources as store

    if not query.strip():
        raise InputError("the query is empty", 'Say what to look for: rag alert add fts "sqlite full text search"')
    with Store(database.expanduser()) as db:
        if source:
            store.source(db, source)
        store.add_alert(db, name, query, min_score, source, all_=all_)
    print(f"saved; rag alert run {name}")


@alert_app.command("list")
def alert_list(database: Database = DEFAULT_DATABASE, form: Output = Format.text) -> None:
    """List the saved searches."""
    from dataclasses import asdict

    from rag.store import Database as Store
    from rag.store import sources as store

    with Store(database.expanduser()) as db:
        _print([asdict(one) for one in store.alerts(db)], form, "no alerts yet")


@alert_app.command("remove")
def alert_remove(name: Name, database: Database = DEFAULT_DATABASE) -> None:
    """Forget a saved search."""
    from rag.store import Database as Store
    from rag.store import sources as store

    with Store(database.expanduser()) as db:
        store.remove_alert(db, name)
    print(f"removed {name}")


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
    from rag import render
    from rag.cli import refresh
    from rag.store import sources as store
    from rag.store.documents import row_of

    rows: list[dict[str, Any]] = []
    with open_index(database) as index:
        if fresh:
            refresh.refresh_all(index)
        for one in [store.alert(index.db, name) for name in names or []] or store.alerts(index.db):
            newest = store.last_passage(index.db)
            hits = list(new_hits(index, one, k))
            if form is Format.text and hits:
                print(f"{one.name}: {len(hits)} new")
                render.hits(hits, one.query.split())
            rows += [{"alert": one.name, **row_of(hit)} for hit in hits]
            if not peek:
                store.alert_ran(index.db, one.name, newest)
    if form is not Format.text:
        _print(rows, form)


def new_hits(index: Index, alert: Alert, k: int) -> Iterator[Hit]:
    """Passages that came after the alert's last run and fit it: near enough in meaning, or with all of its words."""
    from rag.store import documents

    only = documents.Filters(source=alert.source, after=alert.seen)
    wanted = set(documents.words(index.db, alert.query).values())
    for hit in index.search(alert.query, k, filters=only):
        near = hit.via.get("vectors")
        if near and near.score >= alert.min_score:
            yield hit
        else:
            passage = hit.passage
            text = f"{passage.document.title} {passage.heading} {passage.text}"
            if wanted and wanted <= set(documents.words(index.db, text).values()):
                yield hit


def _print(rows: list[dict[str, Any]], form: Format, nothing: str = "") -> None:
    from rag import render

    if form is Format.text:
        if rows:
            render.table(rows)
        elif nothing:
            render.note(nothing)
    else:
        render.rows(rows, form.value)
