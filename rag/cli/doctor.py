"""`rag doctor`, `rag info`, `rag models`: is the index sound, what is in it, which models are there."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from rag.cli.common import DEFAULT_DATABASE, Database, Format, Output
from rag.errors import DatabaseError


def doctor(
    database: Database = DEFAULT_DATABASE,
    fix: Annotated[bool, typer.Option("--fix", help="Mend what is found.")] = False,
    form: Output = Format.text,
) -> None:
    """Check the index; each problem comes with the command that mends it. Exit code 4 if one is left."""
    from contextlib import nullcontext

    from rag import render
    from rag import store as store_
    from rag.doctor import examine

    with store_.Database(database.expanduser()) as db, db.writer() if fix else nullcontext():
        findings = examine(db, fix=fix)
    if form is Format.text:
        for finding in findings:
            state = "ok" if not finding.problem else "mended" if finding.mended else "PROBLEM"
            print(f"{state:8} {finding.check}" + (f": {finding.problem}" if finding.problem else ""))
            if finding.command and not finding.mended:
                print(f"         mend it: {finding.command}")
    else:
        render.rows(
            [{"check": f.check, "problem": f.problem, "command": f.command, "mended": f.mended} for f in findings],
            form.value,
        )
    left = [finding.check for finding in findings if finding.problem and not finding.mended]
    if left:
        raise DatabaseError(f"{database} has problems: {', '.join(left)}")


def info(
    database: Database = DEFAULT_DATABASE,
    documents: Annotated[bool, typer.Option("--documents", help="List the documents with their keys.")] = False,
    form: Output = Format.text,
) -> None:
    """Say what is in the index and how it was built."""
    from rag import render
    from rag import store as store_
    from rag.store import documents as documents_

    with store_.Database(database.expanduser()) as db:
        if documents:
            rows: list[dict[str, Any]] = [
                {"source": d.source, "key": d.key, "title": d.title, "date": d.date, "characters": len(d.text)}
                for d in documents_.all_documents(db)
            ]
            if form is Format.text:
                render.table(rows)
            else:
                render.rows(rows, form.value)
            return
        counts = documents_.counts(db)
        row = {
            "database": str(database),
            "bytes": database.expanduser().stat().st_size,
            "documents": counts.documents,
            "passages": counts.passages,
            "vectors": counts.vectors,
            "embedder": db.setting("embedder"),
            "fingerprint": db.setting("fingerprint"),
            "target": db.setting("target"),
            "sources": dict(counts.sources),
        }
    if form is Format.text:
        for name, value in row.items():
            if name == "sources":
                for source, count in counts.sources:
                    print(f"source       {source} ({count} documents)")
            else:
                print(f"{name:12} {value}")
    else:
        render.rows([row], form.value)


def models(form: Output = Format.text) -> None:
    """List the models: what each name means, its size, licence and where it is."""
    from dataclasses import asdict

    from rag import models as models_
    from rag import render

    rows = [asdict(row) for row in models_.available()]
    if form is Format.text:
        render.table(rows)
    else:
        render.rows(rows, form.value)
