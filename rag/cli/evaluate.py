"""`rag eval`: suites, runs, reports; whether a change made it better, and how sure that is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rag.cli.base import App
from rag.cli.common import DEFAULT_DATABASE, Database, Format, Output, Quiet, progress
from rag.cli.evaluate_drafts import add, init
from rag.cli.evaluate_topics import topics
from rag.errors import InputError, PartialError

if TYPE_CHECKING:
    from rag.evaluate.report import Report
    from rag.evaluate.suite import Suite
    from rag.store import Store

app = App(name="eval", help="Evaluation runs: was a change for the better, and how sure is that?", no_args_is_help=True)

app.command()(init)
app.command()(add)
app.command()(topics)

SuitePath = Annotated[Path, typer.Argument(help="A suite, a TOML file.", show_default=False)]
Root = Annotated[
    Path | None, typer.Option("--data", envvar="RAG_EVAL_DATA", help="The folder in which suites look for their data.")
]
Html = Annotated[Path | None, typer.Option("--html", help="Also write the report as one self-contained page.")]
RunNumber = Annotated[int, typer.Argument(help="A run's number, as `rag eval history` shows it.", show_default=False)]


@app.command()
def run(
    suite: SuitePath,
    database: Database = DEFAULT_DATABASE,
    data: Root = None,
    system: Annotated[
        list[str] | None, typer.Option("--system", help="Only this system of the suite (repeatable).")
    ] = None,
    model: Annotated[
        list[str] | None, typer.Option("--model", "-m", help="This model instead of the suite's systems (repeatable).")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=0, help="Only so many cases, chosen with the suite's seed.")] = 0,
    fresh: Annotated[bool, typer.Option("--fresh", help="Ask every case anew, whatever is known.")] = False,
    html: Html = None,
    baseline: Annotated[
        Path | None, typer.Option("--baseline", help="Write the means to this file, for `rag eval gate`.")
    ] = None,
    trec: Annotated[Path | None, typer.Option("--trec", help="Write TREC runs and qrels into this folder.")] = None,
    quiet: Quiet = False,
    form: Output = Format.text,
) -> None:
    """Run every system of a suite and report what came out. A run that was stopped goes on where it was."""
    from rag.app.evaluate import outputs
    from rag.app.evaluate.run import failures, read_suite
    from rag.app.open import open_database
    from rag.evaluate.cases import so_many

    outputs.check(html, baseline)
    loaded = read_suite(suite, data, limit, model or [])
    with open_database(database, create=True) as db:
        numbers = _run(db, loaded, database, system or [], fresh=fresh, quiet=quiet)
        report = _report(db, numbers, form, html)
        if baseline:
            outputs.write_baseline(baseline, report)
        if trec:
            outputs.write_trec(trec, loaded, report)
        if failed := failures(report):
            raise PartialError(
                f"{so_many(failed)} failed, which scores zero", "They are named above, and kept in the run."
            )


def _run(db: Store, suite: Suite, database: Path, only: list[str], *, fresh: bool, quiet: bool) -> list[int]:
    """The runs of a suite, with a bar for each system."""
    from rag import render
    from rag.app.evaluate.corpora import Corpora, default_cache
    from rag.app.evaluate.run import run_suite

    @contextmanager
    def show(name: str) -> Iterator[Callable[[int, int], None]]:
        with progress(f"{suite.name} · {name}", quiet=quiet) as bar:

            def advance(count: int, total: int) -> None:
                if bar:
                    bar.update(bar.task_ids[0], completed=count, total=total)

            yield advance

    corpora = Corpora(database, default_cache(), (lambda text: None) if quiet else render.note)
    return run_suite(db, suite, corpora, only, fresh=fresh, progress=show)


def _report(store: Store, numbers: list[int], form: Format, html: Path | None) -> Report:
    from rag import render
    from rag.app.evaluate import outputs
    from rag.evaluate import page, tables
    from rag.evaluate.report import plain, report

    made = report(store, numbers)
    if form is Format.text:
        _print(tables.show(made))
    elif form is Format.json:
        print(render.as_json(plain(made)))
    else:
        render.rows(tables.flat(made), form.value)
    if html:
        outputs.write_page(html, page.page(made))
        render.note(f"the report is in {html}")
    return made


def _print(parts: Any) -> None:
    from rag import render

    console = render.console()
    for part in parts:
        console.print(part)


@app.command()
def show(
    runs: Annotated[
        list[int], typer.Argument(help="Numbers of runs, the one to compare with first.", show_default=False)
    ],
    database: Database = DEFAULT_DATABASE,
    html: Html = None,
    form: Output = Format.text,
) -> None:
    """Show the report on runs that were made before."""
    from rag.app.evaluate import outputs
    from rag.app.open import open_database

    outputs.check(html)
    with open_database(database) as store:
        _report(store, runs, form, html)


@app.command()
def diff(
    before: RunNumber,
    after: RunNumber,
    database: Database = DEFAULT_DATABASE,
    measure: Annotated[str, typer.Option("--measure", help="The measure that single cases are shown by.")] = "",
    cases: Annotated[int, typer.Option("--cases", min=0, help="How many of the cases that lost most to show.")] = 10,
    html: Html = None,
    form: Output = Format.text,
) -> None:
    """Compare two runs: settings that changed, paired tests, the cases that lost most."""
    from rag.app.evaluate import outputs
    from rag.app.open import open_database
    from rag.evaluate import tables
    from rag.evaluate.report import changed, differences, report

    outputs.check(html)
    with open_database(database) as store:
        made = _report(store, [before, after], form, html)
        if form is not Format.text:
            return
        made = report(store, [before, after], resamples=100)
        for line in changed(made):
            print(line)
        chosen = measure or made.measures[0]
        if chosen not in made.measures:
            raise InputError(f"the runs have no measure {chosen!r}", f"They have: {', '.join(made.measures)}")
        pairs = differences(made.standings[0], made.standings[1], chosen)
        lines = list(tables.worst(pairs, chosen, cases))
        print(f"\n{chosen}: the cases that lost most" if lines else f"\n{chosen}: no case lost")
        for line in lines:
            print(line)


@app.command()
def history(
    database: Database = DEFAULT_DATABASE,
    suite: Annotated[str, typer.Option("--suite", help="Only runs of this suite.")] = "",
    system: Annotated[str, typer.Option("--system", help="Only runs of this system.")] = "",
    measure: Annotated[str, typer.Option("--measure", help="Default: the first measure of each run.")] = "",
    html: Annotated[Path | None, typer.Option("--html", help="Write a page with a plot over the runs.")] = None,
    form: Output = Format.text,
) -> None:
    """List the runs, oldest first, with one measure over time."""
    from rag import render
    from rag.app.evaluate import outputs
    from rag.app.open import open_database
    from rag.evaluate import page, tables
    from rag.evaluate.report import history as over_time

    with open_database(database) as store:
        listed = over_time(store, suite, system, measure)
    if html:
        outputs.write_page(html, page.history(listed))
        render.note(f"the plot is in {html}")
    if form is Format.text:
        for name in dict.fromkeys(name for _, name, _ in listed):
            render.table(tables.history([(run, interval) for run, other, interval in listed if other == name], name))
        if not listed:
            render.note("there are no runs yet; make one: rag eval run SUITE")
        return
    rows = [
        {"run": run.id, "started": run.started, "suite": run.suite, "system": run.system, "state": run.state}
        | {"measure": name, "mean": interval.mean, "low": interval.low, "high": interval.high, "cases": interval.n}
        for run, name, interval in listed
    ]
    render.rows(rows, form.value)


@app.command()
def gate(
    suite: SuitePath,
    baseline: Annotated[Path, typer.Option("--baseline", help="The file that `rag eval run --baseline` wrote.")],
    max_drop: Annotated[float, typer.Option("--max-drop", min=0, help="How much a mean may be worse.")] = 0.01,
    database: Database = DEFAULT_DATABASE,
    data: Root = None,
    limit: Annotated[int, typer.Option("--limit", min=0, help="Only so many cases, as for the baseline.")] = 0,
    quiet: Quiet = False,
) -> None:
    """Run a suite and fail (exit code 7) if a mean is worse than the committed baseline: for CI."""
    from rag.app.evaluate.outputs import read_baseline
    from rag.app.evaluate.run import read_suite
    from rag.app.open import open_database
    from rag.evaluate.report import gate as judge

    committed = read_baseline(baseline)
    loaded = read_suite(suite, data, limit)
    names = [system.name for system in loaded.systems if system.name in committed.get("systems", {})]
    with open_database(database, create=True) as store:
        numbers = _run(store, loaded, database, names, fresh=False, quiet=quiet)
        made = _report(store, numbers, Format.text, None)
    complaints = judge(made, committed, max_drop)
    for line in complaints:
        print(f"worse: {line}")
    if complaints:
        raise typer.Exit(7)
    print(f"not worse than {baseline} by more than {max_drop}")
