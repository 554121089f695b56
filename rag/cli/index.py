"""`rag index`: bring an index up to date with files. Flags to objects, one verb, one summary."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rag.cli.common import DEFAULT_DATABASE, Database, EmbedderName, Format, Output, Quiet, Ray, progress
from rag.errors import InputError, PartialError

if TYPE_CHECKING:
    from rag.index.adding import Summary

READABLE = "What can be read: text, Markdown, HTML, PDF, office files, e-mail, tables, code; files, folders, addresses."
MOST = 20  # problems that are named unasked
UNSUPPORTED, KINDS = "unsupported", 6  # of which so many suffixes are named
Text = Annotated[str, typer.Option("--text", help="Columns that are the text, with commas. [tables]")]
Html = Annotated[str, typer.Option("--html-columns", help="Columns that hold HTML, with commas. [tables]")]
Verbose = Annotated[bool, typer.Option("-v", "--verbose", help="Name what was skipped and what was left out.")]
Url = Annotated[str, typer.Option("--url", help="Column, or an address like https://x.org/{id}. [tables]")]


def index(
    paths: Annotated[
        list[str] | None,
        typer.Argument(help="Files, folders, globs, addresses; a table (CSV, JSON, SQLite); - for standard input."),
    ] = None,
    database: Database = DEFAULT_DATABASE,
    source: Annotated[str, typer.Option("--source", help="Name the source; else each path is one of its own.")] = "",
    all_: Annotated[bool, typer.Option("--all", help="Refresh every source that is remembered.")] = False,
    full: Annotated[bool, typer.Option("--full", help="Read and compare everything, changed or not.")] = False,
    prune: Annotated[bool, typer.Option("--prune", help="Remove what is gone even if it is most of a source.")] = False,
    table: Annotated[str, typer.Option("--table", help="Table or view of a SQLite file.")] = "",
    sql: Annotated[str, typer.Option("--sql", help="Query of a SQLite file; its first column is the key.")] = "",
    key: Annotated[str, typer.Option("--key", help="Column that is the key; else the first. [tables]")] = "",
    text: Text = "",
    title: Annotated[str, typer.Option("--title", help="Column that is the title. [tables]")] = "",
    url: Url = "",
    author: Annotated[str, typer.Option("--author", help="Column that is the author. [tables]")] = "",
    date: Annotated[str, typer.Option("--date", help="Column that is the date. [tables]")] = "",
    html_columns: Html = "",
    as_: Annotated[str, typer.Option("--as", help="What the text is: text, markdown, html, code. [tables]")] = "",
    input_: Annotated[str, typer.Option("--input", help="Form of a table: csv, tsv, json, nl; else told.")] = "",
    max_bytes: Annotated[
        int, typer.Option("--max-bytes", help="Larger files are named and left out.", min=1)
    ] = 50_000_000,
    max_pages: Annotated[int, typer.Option("--max-pages", help="Pages of a site that are read.", min=1)] = 1000,
    ocr: Annotated[bool, typer.Option("--ocr", help="Read scanned PDFs and pictures, through Tesseract.")] = False,
    ocr_language: Annotated[str, typer.Option("--ocr-language", help="As Tesseract names it: eng, deu+eng.")] = "eng",
    pictures: Annotated[bool, typer.Option("--pictures", help="Pictures alone, as a model of llm sees them.")] = False,
    allow_private: Annotated[bool, typer.Option("--allow-private", help="Fetch from private addresses too.")] = False,
    embedder: EmbedderName = "",
    ray: Ray = "",
    target: Annotated[int | None, typer.Option("--target", help="Characters a passage aims at.", min=100)] = None,
    store_vectors: Annotated[
        str, typer.Option("--store-vectors", help="How a new index keeps vectors: f16, or f32 of twice the size.")
    ] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change, write nothing.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 6 if something could not be read.")] = False,
    form: Output = Format.text,
    verbose: Verbose = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of what could not be read.")] = False,
    quiet: Quiet = False,
) -> None:
    """Index files: only what changed is read, only text that is new is embedded, what is gone is removed."""
    from rag.app import refresh
    from rag.app.open import open_index
    from rag.sources.columns import Columns
    from rag.sources.items import READ_ALREADY
    from rag.sources.settings import Settings
    from rag.store import sources

    if debug:
        logging.basicConfig(format="%(message)s")
        logging.getLogger("rag").setLevel(logging.DEBUG)
    if bool(paths) == all_:
        raise InputError("name what to index, or --all", "rag index ~/notes, or rag index --all")
    if dry_run and not database.expanduser().exists():
        raise InputError(f"there is no index at {database} to compare with", "Omit --dry-run to make it.")
    columns = Columns(key, _names(text), title, url, author, date, _names(html_columns), as_)
    if ocr and pictures:
        raise InputError("--ocr and --pictures exclude each other", "--ocr reads the texts in them.")
    settings = Settings(
        (), "", columns, input_, table, sql, max_bytes, max_pages, ocr_language if ocr else "", pictures, allow_private
    )
    given = refresh.sources_of(paths or [], settings, source)  # before the index is opened: a wrong path leaves none
    if given and columns != Columns() and not any(one.settings.kind in ("table", "sqlite") for one in given):
        hint = "Omit --key, --text, --title … of tables: rag index -h"
        raise InputError(f"{given[0].name} is no table, and has no columns", hint)
    made = open_index(database, embedder, create=not all_, target=target, store_vectors=store_vectors, ray=ray)
    with made as opened, _bar(quiet) as show:
        before = {one.name for one in sources.sources(opened.db)}
        if all_:
            total = refresh.refresh_all(opened, full=full, prune=prune, dry_run=dry_run, progress=show)
        else:
            total = refresh.refresh_these(opened, given, full=full, prune=prune, dry_run=dry_run, progress=show)
        names = {one.name for one in given}
        kept = total.removed or any(one.documents for one in sources.sources(opened.db) if one.name in names or all_)
        nothing = not total.read and not kept and READ_ALREADY not in total.skipped
        for name in names - before if nothing and not dry_run else ():
            sources.remove(opened.db, name)
    _report(total, form, dry_run=dry_run, quiet=quiet, verbose=verbose, full=full)
    if nothing:
        raise InputError("nothing was indexed", READABLE)
    if total.unread:
        raise InputError(_unread(total), "If one is gone for good: rag sources remove NAME")
    if strict and total.problems:
        raise PartialError(f"{_counted(total)}, and --strict allows none", "See above what could not be read.")


@contextmanager
def _bar(quiet: bool) -> Iterator[Callable[[Summary, int], None] | None]:
    """What shows the progress of one source after the other; None where nobody would see it."""
    with progress("indexing", quiet=quiet) as bar:

        def show(summary: Summary, total: int) -> None:
            if summary.placing:
                bar.update(
                    bar.task_ids[0],
                    completed=summary.placed,
                    total=summary.placing,
                    description="vector index",
                    rate="",
                )
                return
            done = summary.added + summary.changed + summary.unchanged + len(summary.problems)
            bar.update(
                bar.task_ids[0],
                completed=done,
                total=max(total, done),
                description="indexing",
                rate=f"{summary.embedded} embedded",
            )

        yield show if bar is not None else None


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _counted(total: Summary) -> str:
    return "1 problem" if len(total.problems) == 1 else f"{len(total.problems):,} problems"


def _reason(reason: str, count: int, named: Sequence[tuple[str, str]]) -> str:
    """Why so many files are not read; where no reader knows them, by what their names end in."""
    from collections import Counter
    from pathlib import PurePath

    from rag import render

    if not reason.startswith(UNSUPPORTED):
        return f"{count} {reason}"
    ends = Counter(PurePath(path).suffix.lower() or "without a suffix" for path, why in named if why == reason)
    told = [f"{number} {render.line(end)}" for end, number in ends.most_common(KINDS)]
    rest = ends.total() - sum(number for _, number in ends.most_common(KINDS))
    kinds = ", ".join([*told, *([f"{rest} of other kinds"] if rest else [])])
    hint = reason.removeprefix(UNSUPPORTED).strip(" ()")
    return f"{count} {UNSUPPORTED} ({'; '.join(filter(None, (kinds, hint)))})"


def _unread(total: Summary) -> str:
    """The sources of `rag index --all` that are not there; what was indexed of them stays."""
    kept = "what the index has of them" if len(total.unread) > 1 else "what the index has of it"
    return f"could not be read, and {kept} stays: {', '.join(total.unread)}"


def _report(total: Summary, form: Format, *, dry_run: bool, quiet: bool, verbose: bool, full: bool) -> None:
    from rag import render
    from rag.app.refresh import problem_line

    row: dict[str, Any] = {
        name: getattr(total, name) for name in ("added", "changed", "removed", "unchanged", "embedded", "passages")
    }
    shown = total.problems if verbose or len(total.problems) <= MOST + 1 else total.problems[:MOST]
    for problem in shown:
        render.note(problem_line(*problem))
    if hidden := len(total.problems) - len(shown):
        render.note(f"and {hidden:,} more like these; -v names them")
    if total.problems and total.read:
        render.note(f"{_counted(total)}; the rest is indexed")
    if total.reread:
        total.notes.append(f"{total.reread} documents were read again: this version of rag reads them better")
    for note in [] if quiet else total.notes:
        render.note(note)
    for what, why in total.named if verbose else ():
        render.note(f"{why}: {what}")
    if form is not Format.text:
        row |= {
            "skipped": total.skipped,
            "left_out": total.left,
            "problems": [list(problem) for problem in total.problems],
        }
        row["seconds"] = round(total.seconds, 3)
        if form is Format.json:
            print(render.as_json(row))
        else:
            render.rows([row], form.value)
        return
    if quiet:
        return
    counted = ", ".join(f"{row[name]} {name}" for name in ("added", "changed", "removed", "unchanged"))
    would = "would be: " if dry_run else ""
    print(f"{would}{counted}; {row['embedded']} passages embedded in {total.seconds:.1f} s")
    for what, counts, how in (
        ("skipped", total.skipped, "-v names them"),
        ("left out of documents", total.left, "-v names them" if dry_run else "-v --full names them"),  # they are read
    ):
        if counts:
            more = "" if verbose else f"; {how}"
            told = (_reason(reason, count, total.named) for reason, count in sorted(counts.items()))
            print(f"{what}: {', '.join(told)}{more}")
    if verbose and total.unchanged and not full:
        render.note("what is left out of a document is named when it is read: with --full, of unchanged ones too")
