"""`rag diff`: what differs between two indexes, or in one since a version or a date."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag.address import place
from rag.cli.common import DEFAULT_DATABASE, Database, Format, Output, Place, Prefix, Source
from rag.errors import InputError

if TYPE_CHECKING:
    from rag.app.differences import AnswerChange, DocumentChange, PassageChange

MARKS = {"added": ("+", "32"), "changed": ("~", "33"), "gone": ("-", "31"), "moved": (">", "36")}
AROUND = 50  # characters of what is the same, on either side of a change
WIDEST = 160  # characters of a passage that came or went
INDENT = "    "


def diff(
    before: Annotated[
        Place | None, typer.Argument(metavar="[A", help="An index.", show_default=False, parser=place)
    ] = None,
    now: Annotated[
        Place | None, typer.Argument(metavar="B]", help="Another.", show_default=False, parser=place)
    ] = None,
    database: Database = DEFAULT_DATABASE,
    since: Annotated[str, typer.Option("--since", help="In one index, after this version or date.")] = "",
    answers: Annotated[
        bool, typer.Option("--answers", help="The answers of the log, asked again without a model.")
    ] = False,
    brief: Annotated[bool, typer.Option("--brief", help="Only which documents, not what changed in them.")] = False,
    source: Source = "",
    prefix: Prefix = "",
    forget: Annotated[
        bool, typer.Option("--forget", help="Drop the earlier texts of documents that the index keeps.")
    ] = False,
    form: Output = Format.text,
) -> None:
    """Show what differs between two indexes, or in one since a version or a date: documents, passages, answers."""
    from rag.app import differences as app
    from rag.app.open import filters, open_database
    from rag.store import past

    if forget:
        with open_database(database) as db:
            print(f"dropped {past.forget(db)} earlier texts")
        return
    if answers:
        _answers(before, now, database, form)
        return
    if (before is None) != (now is None) or bool(before) == bool(since):
        raise InputError(
            "rag diff compares two indexes, or one with itself", "rag diff A.db B.db, or rag diff --since 2024-03-01"
        )
    if before and now:
        with open_database(before) as old, open_database(now) as new:
            found = list(app.between(old, new, filters(source, prefix)))
    else:
        with open_database(database) as db:
            found = [
                one
                for one in app.since(db, since)
                if one.source == (source or one.source) and one.key.startswith(prefix)
            ]
    _print(found, form, brief=brief)


def _answers(before: Path | None, now: Path | None, database: Path, form: Format) -> None:
    """Exit code 1 if one came out differently."""
    from dataclasses import asdict

    from rag import render
    from rag.app import differences as app
    from rag.app.open import open_database, open_index

    if before and now:
        with open_database(before) as logged, open_index(now) as index:
            found = list(app.answers(index, logged))
    else:
        with open_index(before or database) as index:
            found = list(app.answers(index))
    if form is not Format.text:
        render.rows([asdict(one) for one in found], form.value)
    for one in found if form is Format.text else ():
        _answer(one)
    other = sum(not one.same for one in found)
    if form is Format.text:
        print(f"{len(found)} answers, {other} with other excerpts")
    if other:
        raise typer.Exit(1)


def _answer(one: AnswerChange) -> None:
    from rag import render

    state = render.style("same", "32") if one.same else render.style("other excerpts", "33")
    print(f"{one.number}: {state}: {render.line(one.question)}")
    for sign, code, listed in (("-", "31", one.gone), ("+", "32", one.came)):
        for cited in listed:
            quote = " ".join(cited["quote"].split())[:WIDEST]
            print(render.style(f"{INDENT}{sign} {render.line(cited['document'])}: {render.safe(quote)}", code))


def _print(found: list[DocumentChange], form: Format, *, brief: bool) -> None:
    from rag import render
    from rag.app import differences as app

    if form is not Format.text:
        rows = app.rows(found)
        if brief:
            rows = [{name: value for name, value in row.items() if name != "passages"} for row in rows]
        render.rows(rows, form.value)
        return
    for one in found:
        sign, code = MARKS[one.change]
        title = "" if one.title in (one.key, "") else f" · {one.title}"
        was = f" (was {one.was})" if one.was else ""
        print(render.style(render.line(f"{sign} {one.key}{was}{title}"), f"1;{code}"))
        if not one.known:
            print(render.style(f"{INDENT}what it said before is not kept any more", "2"))
        for part in () if brief else one.passages:
            _passage(part, whole=one.change == "changed")
    counts = [
        f"{sum(one.change == name for one in found)} {name}"
        for name in MARKS
        if any(one.change == name for one in found)
    ]
    print(f"{len(found)} documents: {', '.join(counts)}" if found else "nothing differs")


def _passage(part: PassageChange, *, whole: bool) -> None:
    """A passage that changed, with the words that did; of one that came or went its beginning."""
    from rag import render

    if part.change != "changed":
        if whole:
            sign, code = MARKS[part.change]
            text = " ".join((part.now or part.before).split())
            print(render.style(render.safe(f"{INDENT}{sign} {text[:WIDEST]}{'…' if len(text) > WIDEST else ''}"), code))
        return
    line = ""
    listed = part.pieces()
    for number, (sign, text) in enumerate(listed):
        said = render.safe(re.sub(r"\s+", " ", text))
        if sign == "=":
            line += _shortened(said, first=not number, last=number == len(listed) - 1)
            continue
        inner = said.strip()
        marked = render.style(f"[-{inner}-]", "31") if sign == "-" else render.style(f"{{+{inner}+}}", "32")
        line += said.replace(inner, marked) if inner else ""
    print(f"{INDENT}~ {line.strip()}")


def _shortened(text: str, *, first: bool, last: bool) -> str:
    """What is the same, as far as it stands beside a change."""
    if len(text) <= 2 * AROUND:
        return text
    if first:
        return "…" + text[-AROUND:]
    return text[:AROUND] + "…" if last else f"{text[:AROUND]} … {text[-AROUND:]}"
