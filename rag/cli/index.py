"""`rag index`: bring an index up to date with files. Flags to objects, one verb, one summary."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rag.cli.common import DEFAULT_DATABASE, Database, EmbedderName, Format, Output, Quiet, open_index, progress
from rag.errors import InputError, PartialError

if TYPE_CHECKING:
    from rag.index import Index, Summary
    from rag.sources import Walk


def index(
    paths: Annotated[list[str], typer.Argument(help="Files, folders or globs.", show_default=False)],
    database: Database = DEFAULT_DATABASE,
    source: Annotated[str, typer.Option("--source", help="Name the source; else each path is one of its own.")] = "",
    embedder: EmbedderName = "",
    target: Annotated[int | None, typer.Option("--target", help="Characters a passage aims at.", min=100)] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change, write nothing.")] = False,
    form: Output = Format.text,
    quiet: Quiet = False,
) -> None:
    """Index files: only what changed is read, only text that is new is embedded, what is gone is removed."""
    from rag.sources import files

    groups = {source: list(paths)} if source else {_name(path): [path] for path in paths}
    walks = [(name, files(group, name)) for name, group in groups.items()]
    if dry_run and not database.expanduser().exists():
        raise InputError(f"there is no index at {database} to compare with", "Leave --dry-run away to make it.")
    with open_index(database, embedder, create=True, target=target) as opened:
        summaries = [_add(opened, name, walk, dry_run=dry_run, quiet=quiet) for name, walk in walks]
    total = _total(summaries)
    _report(total, form, dry_run=dry_run, quiet=quiet, notes=[note for _, walk in walks for note in walk.notes])
    if total.problems:
        raise PartialError(f"{len(total.problems)} could not be read; the rest is indexed")


def _name(path: str) -> str:
    """The source that a path stands for: where it lies, whatever the command's folder."""
    return str(Path(path).expanduser().absolute())


def _add(index: Index, name: str, walk: Walk, *, dry_run: bool, quiet: bool) -> Summary:
    total = 0
    if not quiet:
        total = sum(1 for _ in walk)  # cheap: nothing is opened
    with progress("indexing", quiet=quiet) as bar:

        def show(summary: Summary) -> None:
            if bar is not None:
                done = summary.added + summary.changed + summary.unchanged + len(summary.problems)
                bar.update(bar.task_ids[0], completed=done, total=max(total, done), rate=f"{summary.embedded} embedded")

        summary = index.add(name, walk, dry_run=dry_run, progress=show)
    summary.skipped = dict(walk.skipped)
    summary.problems += walk.problems
    return summary


def _total(summaries: list[Summary]) -> Summary:
    total = summaries[0]
    for other in summaries[1:]:
        for name in ("added", "changed", "removed", "unchanged", "embedded", "passages", "seconds"):
            setattr(total, name, getattr(total, name) + getattr(other, name))
        total.problems += other.problems
        for reason, count in other.skipped.items():
            total.skipped[reason] = total.skipped.get(reason, 0) + count
    return total


def _report(total: Summary, form: Format, *, dry_run: bool, quiet: bool, notes: list[str]) -> None:
    from rag import render

    row: dict[str, Any] = {
        name: getattr(total, name) for name in ("added", "changed", "removed", "unchanged", "embedded", "passages")
    }
    for path, why in total.problems:
        render.note(why if path in why else f"{path}: {why}")
    if form is not Format.text:
        row |= {"skipped": total.skipped, "problems": [list(problem) for problem in total.problems]}
        row["seconds"] = round(total.seconds, 3)
        if form is Format.json:
            print(render.as_json(row))
        else:
            render.rows([row], form.value)
        return
    if quiet:
        return
    for note in notes:
        render.note(note)
    counted = ", ".join(f"{row[name]} {name}" for name in ("added", "changed", "removed", "unchanged"))
    would = "would be: " if dry_run else ""
    print(f"{would}{counted}; {row['embedded']} passages embedded in {total.seconds:.1f} s")
    if total.skipped:
        print("skipped: " + ", ".join(f"{count} {reason}" for reason, count in sorted(total.skipped.items())))
