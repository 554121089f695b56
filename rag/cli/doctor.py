"""`rag doctor`, `rag info`, `rag models`: is the index sound, what is in it, which models are there."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from rag.cli.common import DEFAULT_DATABASE, Database, Format, Output, progress
from rag.errors import DatabaseError, PartialError
from rag.files import typed


def doctor(
    database: Database = DEFAULT_DATABASE,
    fix: Annotated[bool, typer.Option("--fix", help="Mend what is found.")] = False,
    deep: Annotated[bool, typer.Option("--deep", help="Compare every vector of the side file, not a sample.")] = False,
    recover: Annotated[
        Path | None, typer.Option("--recover", help="Save what can be read of a damaged index into this new file.")
    ] = None,
    form: Output = Format.text,
) -> None:
    """Check the index; each problem comes with the command that mends it. Exit code 4 if one is left."""
    if recover is not None:
        _recover(database, recover, form)
        return
    from dataclasses import asdict

    from rag import render
    from rag.app.check import check
    from rag.app.open import open_database

    with open_database(database) as db:
        findings = check(db, fix=fix, deep=deep)
    if form is Format.text:
        for finding in findings:
            state = "ok" if not finding.problem else "mended" if finding.mended else "PROBLEM"
            print(f"{state:8} {finding.check}" + (f": {finding.problem}" if finding.problem else ""))
            if finding.command:
                print(f"         {'then' if finding.mended else 'mend it'}: {finding.command}")
    else:
        render.rows([asdict(finding) for finding in findings], form.value)
    left = [finding.check for finding in findings if finding.problem and not finding.mended]
    if left:
        raise DatabaseError(f"{database} has problems: {', '.join(left)}")


def _recover(damaged: Path, out: Path, form: Format) -> None:
    """Save what can be read; exit code 6 if something was lost."""
    from rag import render
    from rag.address import Address
    from rag.errors import InputError
    from rag.store.recover import counted
    from rag.store.recover import recover as save

    if isinstance(damaged, Address):
        raise InputError(
            f"{damaged} is a server, whose pages its own tools read",
            f"Copy what it still gives: rag backup {out} -d {damaged}. Or restore a backup of the server.",
        )
    rows = list(counted(save(damaged.expanduser(), out.expanduser())))
    if form is Format.text:
        render.table(rows)
    else:
        render.rows(rows, form.value)
    render.note(f"what could be read is in {out}; now look and mend: rag doctor --fix -d {typed(out)}")
    if lost := sum(row["lost"] for row in rows):
        raise PartialError(
            f"{lost} rows or pages could not be read", f"Read them again: rag index --all -d {typed(out)}"
        )


def backup(
    out: Annotated[Path, typer.Argument(help="The new file.", show_default=False)],
    database: Database = DEFAULT_DATABASE,
    form: Output = Format.text,
) -> None:
    """
    Copy the index to a new file while it is in use, check the copy, and make its vector index.

    A server is copied row by row, as of the moment of the beginning; stopped, the same command goes on.
    """
    from rag import render
    from rag.app import check
    from rag.app.open import open_database

    with open_database(database) as db, progress("copying") as bar:

        def show(done: int, total: int) -> None:
            bar.update(bar.task_ids[0], completed=done, total=total, rate="documents")

        def place(done: int, total: int) -> None:
            bar.update(bar.task_ids[0], completed=done, total=total, description="vector index", rate="")

        shown = (show, place) if bar is not None else (None, None)
        counts, problem = check.backup(db, out.expanduser(), *shown)
    if problem:
        render.note(f"its vector index could not be made: {problem}; make it: rag index --all -d {typed(out)}")
    if form is Format.text:
        print(f"{out}: {counts.get('document', 0)} documents, {counts.get('answer', 0)} answers; the copy is sound")
    else:
        render.rows([counts], form.value)


def info(
    database: Database = DEFAULT_DATABASE,
    documents: Annotated[bool, typer.Option("--documents", help="List the documents with their keys.")] = False,
    form: Output = Format.text,
) -> None:
    """Say what is in the index and how it was built."""
    from rag import render
    from rag.app import check
    from rag.app.open import open_database

    with open_database(database) as db:
        if documents:
            rows = check.documents(db)
            render.table(rows) if form is Format.text else render.rows(rows, form.value)
            return
        row = check.info(db)
    if form is Format.text:
        for name, value in row.items():
            if name == "sources":
                for source, count in value.items():
                    print(f"source       {render.line(source)} ({count} documents)")
            elif name == "vector_index":
                print(f"{'near':12} {_near(value)}")
            else:
                print(f"{name:12} {value}")
    else:
        render.rows([row], form.value)


def _near(found: dict[str, Any]) -> str:
    """The vector index, in words."""
    if not found:
        return "no vector index yet: rag index --all makes it"
    size = f"{found['rows']:,} vectors, {found['bytes'] / 1e6:,.1f} MB"
    asked = "pieces of passages" if found.get("asked") == "pieces" else "passages"
    measured = f", recall {found['recall']:.3f} with {asked} as questions" if "recall" in found else ""
    if "links" in found:
        links = f"{found['links']} links of {found['candidates']} candidates"
        if found.get("recall", 1) < found.get("wanted", 0):
            return f"{size}; a search compares all of them, since {links} (HNSW) find too few{measured}"
        return f"{size}; a search goes along {links} (HNSW){measured}; --exact compares all"
    if not found["cells"] or "probes" not in found:
        return f"{size}; a search compares all of them"
    if found["compares all"]:
        needed = f"{found['wanted']} of the nearest are in no fewer than {found['probes']} of {found['cells']} cells"
        return f"{size}; a search compares all of them, since {needed}"
    looked = f"a search looks into {found['probes']} of {found['cells']} cells"
    return f"{size}; {looked}{measured}, {found['wanted']} wanted; --exact compares all"
