"""`rag eval init` and `rag eval add`: a suite of one's own in a minute."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from rag.cli.common import DEFAULT_DATABASE, Database
from rag.errors import InputError
from rag.files import typed


def init(
    suite: Annotated[Path, typer.Argument(help="The suite to write, NAME.toml.", show_default=False)],
    database: Database = DEFAULT_DATABASE,
    cases: Annotated[int, typer.Option("--cases", min=0, help="How many titles to take as first questions.")] = 20,
    task: Annotated[str, typer.Option("--task", help="retrieval or ask.")] = "retrieval",
) -> None:
    """Draft a suite from an index: some of its titles as questions about their own documents."""
    from rag import render
    from rag.app.evaluate.run import draft_suite
    from rag.app.open import open_database

    with open_database(database) as db:
        path, count = draft_suite(db, suite, cases, task)
    print(path)
    render.note(f"{count} cases are in {path.with_suffix('.jsonl')}: replace the titles by real questions")
    render.note(
        f'add more: rag eval add "…" --relevant KEY --to {path}; run it: rag eval run {path} -d {typed(database)}'
    )


def add(
    question: Annotated[str, typer.Argument(help="The question.")] = "",
    to: Annotated[Path | None, typer.Option("--to", help="The suite; needed if there are several here.")] = None,
    relevant: Annotated[list[str] | None, typer.Option("--relevant", help="A document's key (repeatable).")] = None,
    answer: Annotated[list[str] | None, typer.Option("--answer", help="A right answer (repeatable).")] = None,
    unanswerable: Annotated[bool, typer.Option("--unanswerable", help="The documents do not answer it.")] = False,
    good: Annotated[list[int] | None, typer.Option("--good", help="A saved answer that was right.")] = None,
    bad: Annotated[list[int] | None, typer.Option("--bad", help="A saved answer to what has no answer here.")] = None,
    thumbs: Annotated[bool, typer.Option("--thumbs", help="Every answer that got a thumb up on the page.")] = False,
    database: Database = DEFAULT_DATABASE,
) -> None:
    """Add a case to a suite: a question, or saved answers with a thumb up or down."""
    from rag import render
    from rag.app.evaluate.run import judged_cases, rated_cases
    from rag.app.open import open_database
    from rag.evaluate.drafts import add as append
    from rag.evaluate.drafts import case
    from rag.store import documents

    rows, unsettled = [], list[str]()
    if question or not (good or bad or thumbs):
        rows.append(case(question, relevant or [], answer or [], unanswerable=unanswerable))
    if good or bad or relevant or thumbs:
        with open_database(database) as db:
            for key in relevant or []:
                documents.find(db, key)  # a key that the index does not have is an error now, not at every run
            rows += judged_cases(db, [*((n, True) for n in good or []), *((n, False) for n in bad or [])])
            if thumbs:
                rated, unsettled = rated_cases(db)
                rows += rated
    path, new = append(to or _only(), rows, again=thumbs)
    for number in new:
        print(number)
    render.note(f"{len(new)} added to {path}")
    if unsettled:
        render.note(f"{len(unsettled)} answers did not help; say what is right of those that you want to keep:")
    for one in unsettled:
        render.note(f"  rag eval add {shlex.quote(one)} --relevant KEY --answer TEXT --to {path.with_suffix('.toml')}")


def _only() -> Path:
    """The suite that is meant if there is only one with cases of its own, here or in eval/."""
    found = [
        p
        for folder in (Path(), Path("eval"))
        for p in sorted(folder.glob("*.toml"))
        if p.with_suffix(".jsonl").exists()
    ]
    if len(found) == 1:
        return found[0]
    what = "there is no suite with cases of its own here" if not found else f"there are {len(found)} suites here"
    raise InputError(what, "Draft one: rag eval init NAME" if not found else "Say which: --to SUITE.toml")
